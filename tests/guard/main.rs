//! Never production: `load`, `teardown` and `provision` against somebody who points them there, by malice or by
//! mistake. Whatever is tried ends with a refusal that says why, no password in any output, and a production that
//! is as it was. Needs SEEDMILL_TEST_POSTGRES; without a server everything is skipped, and stderr says so.

mod aliases;
mod environment;
mod files;
mod markers;
mod names;
mod pooler;
mod provisioning;
mod schemas;
mod shadows;
mod standby;
mod support;
mod switching;
mod urls;
