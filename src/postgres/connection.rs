//! [`connect`]: a connection to a target, and the server's errors in our words.

use std::time::Duration;

use postgres::{Client, Config, NoTls};

use super::target::Target;
use crate::error::{Error, Result};

/// How long to wait for a server to answer.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Opens a connection. The purpose is shown in `pg_stat_activity`, as `seedmill load`.
///
/// # Errors
///
/// [`Error::Database`], without the password.
pub(super) fn connect(target: &Target, purpose: &str) -> Result<Client> {
    let mut config = Config::new();
    config
        .host(&target.host)
        .port(target.port)
        .dbname(&target.database)
        .user(&target.user)
        .application_name(&format!("seedmill {purpose}"))
        .connect_timeout(CONNECT_TIMEOUT);
    if let Some(password) = &target.password {
        config.password(password.reveal());
    }
    config.connect(NoTls).map_err(blame(format!("cannot connect to {target}")))
}

/// Wraps an error of the server with what was tried: `.map_err(blame("cannot copy into messages"))`.
pub(super) fn blame(action: impl Into<String>) -> impl FnOnce(postgres::Error) -> Error {
    let action = action.into();
    move |error| {
        let message = match error.as_db_error() {
            None => format!("{action}: {error}"),
            Some(said) => {
                let detail = said.detail().map(|detail| format!(" ({detail})")).unwrap_or_default();
                format!("{action}: {}{detail} [{}]", said.message(), said.code().code())
            }
        };
        Error::Database { message, hint: error.as_db_error().and_then(|said| said.hint()).map(str::to_owned) }
    }
}
