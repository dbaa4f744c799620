//! Hard input: what strangers, other systems and accidents give the command. It ends with a clear error or a right
//! result, and the documented exit status; nothing half-written looks whole, and nothing of a user's is lost.

#![expect(clippy::print_stderr, reason = "what is skipped is said")]
#![expect(clippy::disallowed_methods, reason = "runs are bounded in time")]

mod counts;
mod environment;
mod files;
mod output;
mod sizes;
mod streams;
mod support;
