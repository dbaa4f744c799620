//! [`Error`]: what went wrong, by whose fault it is, with a hint that works.

use std::io::ErrorKind::{QuotaExceeded, StorageFull};
use std::path::{Path, PathBuf};

/// The result of anything that can fail here.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What messages call the standard output.
pub const STDOUT: &str = "stdout";

/// An error whose variant says whose fault it is; the command's exit status follows from it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The model is wrong: every mistake found, rendered with its place.
    #[error("{0}")]
    Model(String),
    /// A declaration that cannot be met with a band's numbers.
    #[error("{message}")]
    Infeasible {
        /// The keys that lead to the declaration in the model: `entities`, `orders`, `per_parent`.
        declaration: Vec<String>,
        /// What cannot be.
        message: String,
        /// What would work; may be empty.
        hint: String,
    },
    /// The request is wrong: a flag, a name, a missing dataset.
    #[error("{message}")]
    Usage {
        /// What is wrong.
        message: String,
        /// What would work.
        hint: Option<String>,
    },
    /// The file system failed.
    #[error("{action} `{path}`: {source}", path = path.display())]
    Io {
        /// What was tried, such as `cannot write`.
        action: &'static str,
        /// Where.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file is not what it should be.
    #[error("{path}: {message}", path = path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, with its place inside.
        message: String,
    },
    /// A value cannot be made: an overflow, a division by zero.
    #[error("{entity}, row {row}: {message}")]
    Value {
        /// The entity.
        entity: String,
        /// Root row and local row, or a row number.
        row: String,
        /// What is wrong.
        message: String,
    },
    /// A resource gave out before the work began: disk, memory.
    #[error("{message}")]
    Resource {
        /// What is missing.
        message: String,
        /// What would help.
        hint: Option<String>,
    },
    /// A database is not there, or said no.
    #[error("{message}")]
    Database {
        /// What was tried, where, and what the server said; never a password.
        message: String,
        /// What would help.
        hint: Option<String>,
    },
    /// The user or the system asked the run to stop.
    #[error("interrupted")]
    Interrupted,
    /// A fault of seedmill's own.
    #[error("internal error: {0}")]
    Internal(String),
}

impl Error {
    /// A fan-out that cannot be met.
    pub fn infeasible_fan_out(entity: &str, message: impl Into<String>, hint: impl Into<String>) -> Self {
        let declaration = ["entities", entity, "per_parent"].map(str::to_owned).to_vec();
        Self::Infeasible { declaration, message: message.into(), hint: hint.into() }
    }

    /// A column that cannot be made as it is declared.
    pub fn infeasible_column(
        entity: &str,
        column: &str,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        let declaration = ["entities", entity, "columns", column].map(str::to_owned).to_vec();
        Self::Infeasible { declaration, message: message.into(), hint: hint.into() }
    }

    /// A wrong request without a hint.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::Usage { message: message.into(), hint: None }
    }

    /// A wrong request with what would work.
    pub fn usage_hint(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Usage { message: message.into(), hint: Some(hint.into()) }
    }

    /// Wraps an I/O error with what was tried and where: `.map_err(Error::io("cannot read", path))`.
    pub fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::Io { action, path, source }
    }

    /// A file that is not what it should be.
    pub fn file(path: &Path, message: impl Into<String>) -> Self {
        Self::File { path: path.to_owned(), message: message.into() }
    }

    /// A database that is not there or said no, without a hint.
    pub fn database(message: impl Into<String>) -> Self {
        Self::Database { message: message.into(), hint: None }
    }

    /// A fault of seedmill's own: something that cannot happen has happened.
    pub fn internal(message: impl std::fmt::Display) -> Self {
        Self::Internal(message.to_string())
    }

    /// What would help, on a line of its own.
    pub fn hint(&self) -> Option<&str> {
        match self {
            Self::Usage { hint, .. } | Self::Resource { hint, .. } | Self::Database { hint, .. } => {
                hint.as_deref()
            }
            Self::Infeasible { hint, .. } => Some(hint.as_str()).filter(|hint| !hint.is_empty()),
            Self::Internal(_) => {
                Some("this is a fault of seedmill; please report it with the command that led here")
            }
            Self::Io { source, path, .. }
                if path != Path::new(STDOUT) && matches!(source.kind(), StorageFull | QuotaExceeded) =>
            {
                Some(
                    "make room and give the same command again: the finished parts of a dataset stay and are not made again",
                )
            }
            Self::Model(_) | Self::Io { .. } | Self::File { .. } | Self::Value { .. } | Self::Interrupted => {
                None
            }
        }
    }
}

impl From<rayon::ThreadPoolBuildError> for Error {
    fn from(error: rayon::ThreadPoolBuildError) -> Self {
        Self::Resource {
            message: format!("the system starts no more threads: {error}"),
            hint: Some("ask for fewer with --threads".to_owned()),
        }
    }
}

impl From<arrow::error::ArrowError> for Error {
    fn from(error: arrow::error::ArrowError) -> Self {
        Self::internal(error)
    }
}
