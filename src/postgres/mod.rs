//! The only part that speaks to a database: provisioning one, loading a dataset into it exactly once, tearing
//! down what was loaded.
//!
//! ```text
//!  flags, URL, PG* environment, service file, .pgpass
//!        ▼ [`target`]
//!  WHERE     Target: host, port, database, user, password, TLS
//!        ▼ [`connection`]: rustls, errors without secrets
//!  WHO       [`guard`]: names, the environment, the marker → PerfDatabase, the only way to write
//!        ▼
//!  WHAT      [`ledger`]: which dataset lies in which schema, part by part; committed with the rows
//! ```

pub mod connection;
pub mod guard;
mod pgpass;
mod service;
pub mod target;
mod tls;
