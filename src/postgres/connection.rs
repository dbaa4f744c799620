//! [`connect`]: a connection to a target, and the server's errors in our words.

use std::error::Error as StdError;
use std::io;
use std::net::{IpAddr, ToSocketAddrs};
use std::sync::mpsc;
use std::time::Duration;

use postgres::config::{ChannelBinding as DriverBinding, SslMode};
use postgres::error::SqlState;
use postgres::{Client, Config, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::target::{ChannelBinding, Target, TlsMode};
use super::tls;
use crate::error::{Error, Result};

/// A server that has vanished is noticed after five minutes, whether it should have spoken (idle + interval × count)
/// or listened. Less would end connections to a server that takes a pause, since a pause in listening counts too.
const KEEPALIVE_IDLE: Duration = Duration::from_secs(60);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(30);
const KEEPALIVE_COUNT: u32 = 8;
const LISTENING_TIMEOUT: Duration = Duration::from_secs(300);

/// How the driver's errors of a handshake begin; it tells their kind in no other way.
const HANDSHAKE_FAILED: &str = "error performing TLS handshake";
/// How the driver says that the server asked for a password and there is none.
const PASSWORD_MISSING: &str = "password missing";

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
    error.to_string() == HANDSHAKE_FAILED
        || error.code() == Some(&SqlState::INVALID_AUTHORIZATION_SPECIFICATION)
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
            Self::Refused(error) => error.code().is_none() && is_connection_lost(error),
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
    if chain(error).any(|cause| cause.to_string() == PASSWORD_MISSING) {
        return Some(password_hint(target));
    }
    match error.code() {
        Some(code) if *code == SqlState::INVALID_PASSWORD => {
            let source = target.password_source.as_deref().unwrap_or("nowhere");
            Some(format!("the password came from {source}; is it the one of role `{}`?", target.user))
        }
        Some(_) => None,
        None if is_connection_lost(error) => Some(is_it_there(target)),
        None => None,
    }
}

fn password_hint(target: &Target) -> String {
    let line = format!("{}:{}:{}:{}:PASSWORD", target.host, target.port, target.database, target.user);
    let warnings: String = target.warnings.iter().map(|warning| format!("{warning}. ")).collect();
    format!("{warnings}Set PGPASSWORD, or write a line into ~/.pgpass (mode 0600), such as {line}")
}

/// Wraps an error of the server with what was tried: `.map_err(blame("cannot copy into messages"))`.
pub(super) fn blame(action: impl Into<String>) -> impl FnOnce(postgres::Error) -> Error {
    let action = action.into();
    move |error| Error::Database { message: format!("{action}: {}", describe(&error)), hint: hint(&error) }
}

/// Everything that an error says, in one line.
fn describe(error: &postgres::Error) -> String {
    let Some(said) = error.as_db_error() else {
        let mut causes: Vec<String> = Vec::new();
        for cause in chain(error) {
            let text = cause.to_string();
            if causes.last().is_none_or(|above| !above.ends_with(&text)) {
                causes.push(text);
            }
        }
        return causes.join(": ");
    };
    let quoted = |what: &str, name: Option<&str>| name.map(|name| format!("{what} `{name}`"));
    let table = said.table().map(|table| match said.schema() {
        Some(schema) => format!("{schema}.{table}"),
        None => table.to_owned(),
    });
    let more: Vec<String> = [
        said.detail().map(str::to_owned),
        said.where_().map(str::to_owned),
        quoted("table", table.as_deref()),
        quoted("column", said.column()),
        quoted("type", said.datatype()),
        quoted("constraint", said.constraint()),
    ]
    .into_iter()
    .flatten()
    .map(|text| text.lines().collect::<Vec<_>>().join(" / "))
    .collect();
    let more = if more.is_empty() { String::new() } else { format!(" ({})", more.join("; ")) };
    format!("{}{more} [{}]", said.message(), said.code().code())
}

/// What helps, as the server says it, or as we know it.
fn hint(error: &postgres::Error) -> Option<String> {
    if let Some(said) = error.as_db_error() {
        return said.hint().map(str::to_owned).or_else(|| known_hint(said.code()).map(str::to_owned));
    }
    chain(error)
        .find_map(|cause| cause.downcast_ref::<rustls::Error>())
        .map(|why| tls::advice(why).to_owned())
}

fn known_hint(code: &SqlState) -> Option<&'static str> {
    Some(match code.code() {
        "28P01" => "is it the role's password? PGPASSWORD, ~/.pgpass and the URL may hold one",
        "28000" => {
            "pg_hba.conf on the server says who may connect from where, with TLS or without; does the role exist?"
        }
        "3D000" => "make the database with `seedmill provision`, or look at its name",
        "53300" => "ask for fewer connections with --jobs, or raise max_connections or the role's own limit",
        "53100" => "make room on the server's disk and give the same command again",
        "57P03" => "the server is starting or stopping: try again when it accepts connections",
        "42501" => "the role is not allowed to: use the credentials that `seedmill provision` wrote",
        _ => return None,
    })
}

/// Whether the connection is gone, or never came to be, so that the same may succeed on a new one.
pub(super) fn is_connection_lost(error: &postgres::Error) -> bool {
    match error.code() {
        Some(code) => matches!(code.code(), "57P01" | "57P02" | "57P03") || code.code().starts_with("08"),
        None => error.is_closed() || chain(error).filter_map(|cause| cause.downcast_ref()).any(is_broken),
    }
}

/// An I/O error of the network, not one by which a library says that bytes are wrong.
fn is_broken(error: &io::Error) -> bool {
    use io::ErrorKind as Kind;
    let is_wrong = matches!(error.kind(), Kind::PermissionDenied | Kind::InvalidInput | Kind::InvalidData);
    let is_known = matches!(
        error.kind(),
        Kind::UnexpectedEof | Kind::BrokenPipe | Kind::ConnectionReset | Kind::TimedOut | Kind::WriteZero
    );
    !is_wrong && (is_known || error.raw_os_error().is_some())
}

/// An error and its causes; also that which an I/O error wraps, which it does not give as its source.
fn chain<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |&cause| match cause.downcast_ref::<io::Error>() {
        Some(wrapper) => wrapper.get_ref().map(|inner| inner as &(dyn StdError + 'static)),
        None => cause.source(),
    })
}
