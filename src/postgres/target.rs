//! [`Target`]: where a database is, and as whom to ask for it.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

/// The variables of a process's environment, as a value so that tests can make one.
#[derive(Clone, Default)]
pub struct Environment(
    /// Name and value.
    pub BTreeMap<String, String>,
);

impl Environment {
    /// This process's own; what is not UTF-8 is left out.
    pub fn of_process() -> Self {
        Self(
            std::env::vars_os()
                .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
                .collect(),
        )
    }

    /// A variable that is set and not empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }
}

/// A text that never shows itself.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps it.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text, for a server or a file of mode 0600 only.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// How a connection is protected, as libpq names it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TlsMode {
    /// Never.
    Disable,
    /// If the server can; libpq's default.
    #[default]
    Prefer,
    /// Always, without looking at the certificate.
    Require,
    /// The certificate must lead to a trusted root.
    VerifyCa,
    /// And it must be the host's own.
    VerifyFull,
}

/// Where a database is, and as whom to ask for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// A name, an address, or the folder of a Unix socket.
    pub host: String,
    /// TCP port, or the number in the socket's name.
    pub port: u16,
    /// The database.
    pub database: String,
    /// The role.
    pub user: String,
    /// Its password, if one is known.
    pub password: Option<Secret>,
    /// Protection.
    pub tls: TlsMode,
    /// PEM file of trusted roots; the system's where there is none.
    pub root_certificates: Option<PathBuf>,
}

impl Target {
    /// The same server and role, another database.
    pub fn with_database(&self, database: &str) -> Self {
        Self { database: database.to_owned(), ..self.clone() }
    }
}

impl fmt::Display for Target {
    /// `perf_dev_user@localhost:5432/chat_perf_dev`; never the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}:{}/{}", self.user, self.host, self.port, self.database)
    }
}
