//! `seedmill provision` on a real server: what it makes, what it refuses, what it leaves alone. Needs
//! SEEDMILL_TEST_POSTGRES and `psql`; without a server everything is skipped, and stderr says so.

mod files;
mod laws;
mod place;
mod refusals;
mod roles;
