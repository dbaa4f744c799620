//! [`probe`], and every other connection to a target, with the server's errors in our words.

use std::net::{IpAddr, ToSocketAddrs};
use std::sync::mpsc;
use std::time::Duration;

use postgres::config::{ChannelBinding as DriverBinding, SslMode};
use postgres::error::SqlState;
use postgres::{Client, Config, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

pub(super) use self::blame::{blame, is_connection_lost};
use self::blame::{describe, has_failed_handshake, hint, lacks_password};
use super::target::{ChannelBinding, Target, TlsMode};
use super::tls;
use crate::error::{Error, Result};

mod blame;

/// A server that has vanished is noticed after five minutes, whether it should have spoken (idle + interval × count)
/// or listened. Less would end connections to a server that takes a pause, since a pause in listening counts too.
const KEEPALIVE_IDLE: Duration = Duration::from_secs(60);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(30);
const KEEPALIVE_COUNT: u32 = 8;
const LISTENING_TIMEOUT: Duration = Duration::from_secs(300);

/// What a server says of itself and of a connection to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerFacts {
    /// As in `15.18`.
    pub version: String,
    /// As in `150018`.
    pub version_number: i32,
    /// The server's own address; none behind a Unix socket.
    pub address: Option<IpAddr>,
    /// The TLS version of the connection, if it is encrypted.
    pub encryption: Option<String>,
    /// The database that was reached.
    pub database: String,
    /// The role that it was reached as.
    pub user: String,
}

/// Connects and asks who is there.
///
/// # Errors
///
/// [`Error::Database`], without the password.
pub fn probe(target: &Target) -> Result<ServerFacts> {
    let query = "SELECT current_setting('server_version'), current_setting('server_version_num')::int, \
                 host(inet_server_addr()), \
                 (SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid()), \
                 current_database()::text, current_user::text";
    let row =
        connect(target, "probe")?.query_one(query, &[]).map_err(blame("cannot ask the server who it is"))?;
    let address: Option<String> = row.get(2);
    Ok(ServerFacts {
        version: row.get(0),
        version_number: row.get(1),
        address: address.and_then(|address| address.parse().ok()),
        encryption: row.get(3),
        database: row.get(4),
        user: row.get(5),
    })
}

/// Opens a connection. The purpose is shown in `pg_stat_activity`, as `seedmill load`.
///
/// # Errors
///
/// [`Error::Database`], without the password.
pub(super) fn connect(target: &Target, purpose: &str) -> Result<Client> {
    let config = configuration(target, purpose);
    let mut last = None;
    for address in addresses(target)? {
        let mut config = config.clone();
        if let Some(address) = address {
            config.hostaddr(address);
        }
        match attempt(target, &config)? {
            Ok(client) => return Ok(client),
            // Only who was not reached may be another's address; who has answered has decided.
            Err(failure) if failure.is_unreached() => last = Some(failure),
            Err(failure) => return Err(failure.explain(target)),
        }
    }
    Err(last.map_or_else(|| unknown_host(target, "it has no address"), |failure| failure.explain(target)))
}

fn configuration(target: &Target, purpose: &str) -> Config {
    let mut config = Config::new();
    let purpose = format!("seedmill {purpose}");
    let name = target.application_name.as_ref().map_or(purpose.clone(), |name| format!("{purpose} ({name})"));
    config
        .host(&target.host)
        .port(target.port)
        .dbname(&target.database)
        .user(&target.user)
        .application_name(&name)
        .channel_binding(match target.channel_binding {
            ChannelBinding::Disable => DriverBinding::Disable,
            ChannelBinding::Prefer => DriverBinding::Prefer,
            ChannelBinding::Require => DriverBinding::Require,
        })
        .keepalives_idle(KEEPALIVE_IDLE)
        .keepalives_interval(KEEPALIVE_INTERVAL)
        .keepalives_retries(KEEPALIVE_COUNT)
        .tcp_user_timeout(LISTENING_TIMEOUT);
    if let Some(password) = &target.password {
        config.password(password.reveal());
    }
    config
}

/// Where to try, in order; nothing but the host itself for a socket.
fn addresses(target: &Target) -> Result<Vec<Option<IpAddr>>> {
    if target.is_socket() || target.address.is_some() {
        return Ok(vec![target.address]);
    }
    let found = (target.host.as_str(), target.port)
        .to_socket_addrs()
        .map_err(|error| unknown_host(target, &error.to_string()))?;
    Ok(found.map(|address| Some(address.ip())).collect())
}

fn unknown_host(target: &Target, why: &str) -> Error {
    Error::Database {
        message: format!("cannot connect to {target}: the host `{}` is not found: {why}", target.host),
        hint: Some("look at the host's name; hostaddr=ADDRESS connects to an address".to_owned()),
    }
}

/// Why there is no connection.
enum Failure {
    /// The driver's or the server's reason.
    Refused(postgres::Error),
    /// With TLS, and without it.
    RefusedTwice(postgres::Error, postgres::Error),
    /// No answer in this time.
    Silent(Duration),
}

/// One address, with TLS as the target wants it. As libpq, who prefers TLS does without where it fails.
fn attempt(target: &Target, config: &Config) -> Result<std::result::Result<Client, Failure>> {
    let (mode, may_do_without) = match target.tls {
        TlsMode::Disable => (SslMode::Disable, false),
        _ if target.is_socket() => (SslMode::Disable, false),
        TlsMode::Prefer => (SslMode::Prefer, target.channel_binding != ChannelBinding::Require),
        TlsMode::Require | TlsMode::VerifyCa | TlsMode::VerifyFull => (SslMode::Require, false),
    };
    let connector = match mode {
        SslMode::Disable => None,
        _ => Some(tls::connector(target.tls, target.root_certificates.as_ref())?),
    };
    let dial =
        |mode, connector| open(config.clone().ssl_mode(mode).clone(), connector, target.connect_timeout);
    let first = match dial(mode, connector)? {
        Err(Failure::Refused(error)) if may_do_without && wants_no_tls(&error) => error,
        outcome => return Ok(outcome),
    };
    Ok(match dial(SslMode::Disable, None)? {
        Err(Failure::Refused(second)) => Err(Failure::RefusedTwice(first, second)),
        outcome => outcome,
    })
}

/// A failed handshake, or a server that lets this role in without TLS only.
fn wants_no_tls(error: &postgres::Error) -> bool {
    has_failed_handshake(error) || error.code() == Some(&SqlState::INVALID_AUTHORIZATION_SPECIFICATION)
}

/// Opens a connection in a thread of its own: the driver's timeout ends when the server has taken the call, and a
/// server that hangs then never answers. A thread that is given up ends with the connection or with the process.
fn open(
    config: Config,
    connector: Option<MakeRustlsConnect>,
    timeout: Option<Duration>,
) -> Result<std::result::Result<Client, Failure>> {
    let (sender, receiver) = mpsc::sync_channel(1);
    let work = move || {
        let outcome = match connector {
            Some(connector) => config.connect(connector),
            None => config.connect(NoTls),
        };
        // Nobody listens any more after the timeout; then the connection is closed here.
        drop(sender.send(outcome));
    };
    std::thread::Builder::new().name("connect".to_owned()).spawn(work).map_err(|error| Error::Resource {
        message: format!("the system starts no more threads: {error}"),
        hint: Some("ask for fewer connections with --jobs".to_owned()),
    })?;
    let received = match timeout {
        Some(timeout) => receiver.recv_timeout(timeout).map_err(|error| (error, timeout)),
        None => receiver.recv().map_err(|_| (mpsc::RecvTimeoutError::Disconnected, Duration::ZERO)),
    };
    match received {
        Ok(outcome) => Ok(outcome.map_err(Failure::Refused)),
        Err((mpsc::RecvTimeoutError::Timeout, timeout)) => Ok(Err(Failure::Silent(timeout))),
        Err((mpsc::RecvTimeoutError::Disconnected, _)) => {
            Err(Error::internal("a connecting thread panicked"))
        }
    }
}

impl Failure {
    /// Whether no server was there to say anything.
    fn is_unreached(&self) -> bool {
        match self {
            Self::Refused(error) => {
                error.code().is_none() && is_connection_lost(error) && !has_failed_handshake(error)
            }
            Self::RefusedTwice(..) => false,
            Self::Silent(_) => true,
        }
    }

    fn explain(self, target: &Target) -> Error {
        let action = format!("cannot connect to {target}");
        match self {
            Self::Silent(timeout) => Error::Database {
                message: format!("{action}: no answer within {} s", timeout.as_secs()),
                hint: Some(format!("{}; connect_timeout=SECONDS waits longer", is_it_there(target))),
            },
            Self::Refused(error) => {
                let hint = connecting_hint(&error, target).or_else(|| hint(&error));
                Error::Database { message: format!("{action}: {}", describe(&error)), hint }
            }
            Self::RefusedTwice(with, without) => {
                let hint = connecting_hint(&with, target).or_else(|| hint(&with));
                let message =
                    format!("{action}: {}; and without TLS: {}", describe(&with), describe(&without));
                Error::Database { message, hint }
            }
        }
    }
}

fn is_it_there(target: &Target) -> String {
    if target.is_socket() {
        return format!(
            "is the server running, with its socket in {} for port {}?",
            target.host, target.port
        );
    }
    format!("is the server running at {}:{}, and does a firewall let you through?", target.host, target.port)
}

/// What helps who cannot connect, where the target is known.
fn connecting_hint(error: &postgres::Error, target: &Target) -> Option<String> {
    if lacks_password(error) {
        return Some(password_hint(target));
    }
    match error.code() {
        Some(code) if *code == SqlState::INVALID_PASSWORD => {
            let source = target.password_source.as_deref().unwrap_or("nowhere");
            Some(format!("the password came from {source}; is it the one of role `{}`?", target.user))
        }
        Some(_) => None,
        None if has_failed_handshake(error) => None,
        None if is_connection_lost(error) => Some(is_it_there(target)),
        None => None,
    }
}

fn password_hint(target: &Target) -> String {
    let line = format!("{}:{}:{}:{}:PASSWORD", target.host, target.port, target.database, target.user);
    let warnings: String = target.warnings.iter().map(|warning| format!("{warning}. ")).collect();
    format!("{warnings}Set PGPASSWORD, or write a line into ~/.pgpass (mode 0600), such as {line}")
}
