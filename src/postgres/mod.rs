//! The only part that speaks to a database: provisioning one, loading a dataset into it exactly once, tearing
//! down what was loaded.
//!
//! ```text
//!  flags, URL, PG* environment, service file, .pgpass
//!        ▼ [`target`]
//!  WHERE     Target: host, port, database, user, password, TLS
//!        ▼ [`connection`]: rustls, errors without secrets
//!        ├──► [`provision`]: as administrator; database, marker, ledger, roles ──► [`credentials`]
//!        ▼                                                                              │
//!  WHO       [`guard`]: names, the environment, the marker → Door → PerfDatabase  ◄─────┘
//!        ▼ the only way to write
//!  WHAT      [`mod@load`]: tables, then parts as [`binary`] with their [`figures`], then keys, then the figures again
//!        │   [`mod@teardown`]: what the ledger records
//!        ▼
//!  KNOWN     [`ledger`]: which dataset lies in which schema, part by part; committed with the rows
//! ```

pub mod binary;
pub mod connection;
pub mod credentials;
pub mod figures;
pub mod guard;
pub mod hash;
pub mod ledger;
pub mod load;
mod pgpass;
pub mod provision;
mod service;
pub mod target;
pub mod teardown;
mod tls;
