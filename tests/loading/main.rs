//! `seedmill load` and `teardown` against a real server: what arrives, and what every fault leaves behind. Needs
//! SEEDMILL_TEST_POSTGRES and `psql`; without a server everything is skipped, and stderr says so.

#![expect(clippy::print_stderr, reason = "a skipped test says why, and kills are counted")]
#![expect(clippy::disallowed_methods, reason = "loads are timed, to be killed midway")]

mod connections;
mod crashes;
mod datasets;
mod disk;
mod kills;
mod law;
mod own_server;
mod parts;
mod place;
mod proxy;
mod refusals;
mod running;
mod secrets;
mod signals;
mod tampering;
mod teardown;
mod whole;
