//! [`Target`]: where a database is, and as whom to ask for it.
//!
//! Flags win over the URL, the URL over a service file, that over the PG* variables, those over libpq's defaults:
//! libpq's own order, so that psql and seedmill reach the same database from the same words.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use self::settings::{Given, Setting, Settings};
use super::pgpass::{self, Answer, Question};
use super::service;
use crate::error::{Error, Result};

pub(super) mod settings;
mod url;

const DEFAULT_PORT: u16 = 5432;
/// Where Debian's server has its socket, and where its libpq looks for one.
const SOCKET_FOLDER: &str = "/var/run/postgresql";
/// How long a server may take to answer, unless told otherwise; libpq would wait for ever.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The variables of a process's environment, as a value so that tests can make one.
#[derive(Clone, Default)]
pub struct Environment(
    /// Name and value.
    pub BTreeMap<String, String>,
);

impl Environment {
    /// This process's own. What is not UTF-8 stays, as near as text comes to it: the guard must see it.
    pub fn of_process() -> Self {
        Self::of(std::env::vars_os())
    }

    fn of(variables: impl Iterator<Item = (OsString, OsString)>) -> Self {
        let text = |text: OsString| text.to_string_lossy().into_owned();
        Self(variables.map(|(name, value)| (text(name), text(value))).collect())
    }

    /// A variable that is set and not empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }
}

/// A text that never shows itself.
#[derive(Clone, Default, PartialEq, Eq)]
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
    /// `disable`: never.
    Disable,
    /// `prefer`: if the server can; libpq's default. `allow` is taken for it.
    #[default]
    Prefer,
    /// `require`: always, without looking at the certificate unless there are root certificates.
    Require,
    /// `verify-ca`: the certificate must lead to a trusted root.
    VerifyCa,
    /// `verify-full`: and it must be the host's own.
    VerifyFull,
}

impl TlsMode {
    fn read(given: &Given) -> Result<Self> {
        match given.value.reveal() {
            "disable" => Ok(Self::Disable),
            "allow" | "prefer" => Ok(Self::Prefer),
            "require" => Ok(Self::Require),
            "verify-ca" => Ok(Self::VerifyCa),
            "verify-full" => Ok(Self::VerifyFull),
            other => Err(Error::usage_hint(
                format!("`{other}` in {} is no sslmode", given.source),
                "disable, allow, prefer, require, verify-ca, verify-full",
            )),
        }
    }

    /// libpq's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Disable => "disable",
            Self::Prefer => "prefer",
            Self::Require => "require",
            Self::VerifyCa => "verify-ca",
            Self::VerifyFull => "verify-full",
        }
    }
}

/// Whom a server's certificate must lead to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RootCertificates {
    /// One of those in a PEM file.
    File(PathBuf),
    /// One of those that the system trusts.
    System,
}

/// Whether the password's proof is tied to the server's certificate, as libpq names it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ChannelBinding {
    /// Never.
    Disable,
    /// If server and certificate can.
    #[default]
    Prefer,
    /// Always.
    Require,
}

impl ChannelBinding {
    fn read(given: &Given) -> Result<Self> {
        match given.value.reveal() {
            "disable" => Ok(Self::Disable),
            "prefer" => Ok(Self::Prefer),
            "require" => Ok(Self::Require),
            other => Err(Error::usage_hint(
                format!("`{other}` in {} is no channel_binding", given.source),
                "disable, prefer, require",
            )),
        }
    }
}

/// What the command line says.
#[derive(Clone, Debug, Default)]
pub struct TargetRequest {
    /// A URL, or libpq's `host=… dbname=…`.
    pub url: Option<Secret>,
    /// `--host`.
    pub host: Option<String>,
    /// `--port`.
    pub port: Option<u16>,
    /// `--user`.
    pub user: Option<String>,
    /// `--database`.
    pub database: Option<String>,
}

/// Where a database is, and as whom to ask for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// A name, an address, or the folder of a Unix socket.
    pub host: String,
    /// Where to connect instead of looking up the host, which the certificate must still name.
    pub address: Option<IpAddr>,
    /// TCP port, or the number in the socket's name.
    pub port: u16,
    /// The database.
    pub database: String,
    /// The role.
    pub user: String,
    /// Its password, if one is known.
    pub password: Option<Secret>,
    /// Who gave the password: `the URL`, `PGPASSWORD`, a file.
    pub password_source: Option<String>,
    /// Protection.
    pub tls: TlsMode,
    /// Trusted roots; without them nothing can be verified.
    pub root_certificates: Option<RootCertificates>,
    /// Whether the password's proof is tied to the certificate.
    pub channel_binding: ChannelBinding,
    /// How long to wait for the server; for ever if there is none.
    pub connect_timeout: Option<Duration>,
    /// What to show in `pg_stat_activity` beside the command.
    pub application_name: Option<String>,
    /// What was passed over, to be told to the user.
    pub warnings: Vec<String>,
}

impl Target {
    /// Where a database is that flags, a URL, the environment and libpq's files speak of.
    ///
    /// # Errors
    ///
    /// Who says something wrong, refused or contradictory; never a password.
    pub fn resolve(request: &TargetRequest, environment: &Environment) -> Result<Self> {
        let settings = gather(request, environment)?;
        let (host, address) = read_host(&settings)?;
        let user = match settings.text(Setting::User).filter(|user| !user.is_empty()) {
            Some(user) => user.to_owned(),
            None => system_user()?,
        };
        let database =
            settings.text(Setting::Database).filter(|name| !name.is_empty()).unwrap_or(&user).to_owned();
        let (tls, root_certificates) = read_tls(&settings, environment)?;
        let mut target = Self {
            host,
            address,
            port: read_port(settings.get(Setting::Port))?.unwrap_or(DEFAULT_PORT),
            database,
            user,
            password: None,
            password_source: None,
            tls,
            root_certificates,
            channel_binding: settings
                .get(Setting::ChannelBinding)
                .map_or(Ok(<_>::default()), ChannelBinding::read)?,
            connect_timeout: read_timeout(settings.get(Setting::ConnectTimeout))?,
            application_name: settings.text(Setting::ApplicationName).map(str::to_owned),
            warnings: Vec::new(),
        };
        target.find_password(&settings, environment)?;
        Ok(target)
    }

    /// The same server and role, another database.
    pub fn with_database(&self, database: &str) -> Self {
        Self { database: database.to_owned(), ..self.clone() }
    }

    /// A URL that leads here, for a file of mode 0600: it holds the password.
    pub fn to_url(&self) -> Secret {
        let password = self.password.as_ref().map(|password| format!(":{}", url::encode(password.reveal())));
        let host = match self.host.contains(':') {
            true => format!("[{}]", self.host),
            false => url::encode(&self.host),
        };
        let roots = self.root_certificates.as_ref().map(|roots| match roots {
            RootCertificates::File(path) => url::encode(&path.to_string_lossy()),
            RootCertificates::System => "system".to_owned(),
        });
        let is_usual = self.tls == TlsMode::default();
        let query = [
            ("hostaddr", self.address.map(|address| url::encode(&address.to_string()))),
            ("sslmode", (!is_usual).then(|| self.tls.name().to_owned())),
            ("sslrootcert", roots),
        ];
        let query: Vec<_> =
            query.into_iter().filter_map(|(name, value)| Some(format!("{name}={}", value?))).collect();
        Secret::new(format!(
            "postgresql://{}{}@{host}:{}/{}{}{}",
            url::encode(&self.user),
            password.unwrap_or_default(),
            self.port,
            url::encode(&self.database),
            if query.is_empty() { "" } else { "?" },
            query.join("&"),
        ))
    }

    /// Whether it is reached by a Unix socket: in the machine, and without TLS.
    pub fn is_socket(&self) -> bool {
        self.host.starts_with('/')
    }

    /// The password that was given, or else the password file's.
    fn find_password(&mut self, settings: &Settings, environment: &Environment) -> Result<()> {
        if let Some(given) = settings.get(Setting::Password).filter(|given| !given.value.reveal().is_empty())
        {
            self.password = Some(given.value.clone());
            self.password_source = Some(given.source.clone());
            return Ok(());
        }
        let path = settings.text(Setting::PasswordFile).map(PathBuf::from);
        let Some(path) = path.or_else(|| Some(home(environment)?.join(".pgpass"))) else { return Ok(()) };
        let question =
            Question { host: &self.host, port: self.port, database: &self.database, user: &self.user };
        match pgpass::find(&path, &question)? {
            Answer::Nothing => {}
            Answer::Password(password) => {
                self.password = Some(password);
                self.password_source = Some(path.display().to_string());
            }
            Answer::PassedOver(why) => self.warnings.push(why),
        }
        Ok(())
    }
}

impl fmt::Display for Target {
    /// `perf_dev_user@localhost:5432/chat_perf_dev`; never the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.user, self.host)?;
        if let Some(address) = self.address.filter(|address| address.to_string() != self.host) {
            write!(f, "({address})")?;
        }
        write!(f, ":{}/{}", self.port, self.database)
    }
}

/// What everybody says, laid over each other.
fn gather(request: &TargetRequest, environment: &Environment) -> Result<Settings> {
    let url = match &request.url {
        Some(text) => url::read(text.reveal().trim())?,
        None => Settings::default(),
    };
    let explicit = lay_over(flags(request)?, url)?;
    let variables = Settings::of_environment(environment)?;
    let named = explicit.get(Setting::Service).or_else(|| variables.get(Setting::Service));
    let service = match named {
        Some(given) => service::find(given.value.reveal(), environment)?,
        None => Settings::default(),
    };
    lay_over(lay_over(explicit, service)?, variables)
}

fn flags(request: &TargetRequest) -> Result<Settings> {
    let mut flags = Settings::default();
    let port = request.port.map(|port| port.to_string());
    for (setting, value, flag) in [
        (Setting::Host, &request.host, "--host"),
        (Setting::Port, &port, "--port"),
        (Setting::User, &request.user, "--user"),
        (Setting::Database, &request.database, "--database"),
    ] {
        match value.as_deref() {
            Some("") => return Err(Error::usage_hint(format!("{flag} is empty"), "leave it out")),
            Some(value) => flags.set(setting, value, flag)?,
            None => {}
        }
    }
    Ok(flags)
}

/// libpq would connect to a forgotten PGHOSTADDR whatever host is asked for; that is how one loads into another server.
fn lay_over(upper: Settings, lower: Settings) -> Result<Settings> {
    if let (Some(host), None, Some(address)) =
        (upper.get(Setting::Host), upper.get(Setting::Address), lower.get(Setting::Address))
    {
        return Err(Error::usage_hint(
            format!("{} names a host, and {} an address beside it", host.source, address.source),
            "name both in one place, or leave the address out",
        ));
    }
    Ok(upper.over(lower))
}

/// The host, and the address to use in its place.
fn read_host(settings: &Settings) -> Result<(String, Option<IpAddr>)> {
    let host = settings.get(Setting::Host).filter(|given| !given.value.reveal().is_empty());
    let address = settings.get(Setting::Address);
    for given in [host, address].into_iter().flatten() {
        let text = given.value.reveal();
        if text.contains(',') {
            return Err(Error::usage_hint(
                format!("{} names several hosts", given.source),
                "name the primary server alone",
            ));
        }
        if text.starts_with('@') {
            return Err(Error::usage_hint(
                format!("{} names an abstract socket", given.source),
                "name the folder of the server's socket, or its host",
            ));
        }
    }
    let address = match address {
        None => None,
        Some(given) => Some(given.value.reveal().parse::<IpAddr>().map_err(|_| {
            Error::usage_hint(
                format!("`hostaddr` in {} is no IP address", given.source),
                "names of hosts stand in `host`",
            )
        })?),
    };
    let host = match (host, address) {
        (Some(given), Some(_)) if given.value.reveal().starts_with('/') => {
            return Err(Error::usage(format!(
                "{} names the folder of a socket, and `hostaddr` an address beside it",
                given.source
            )));
        }
        (Some(given), _) => given.value.reveal().to_owned(),
        (None, Some(address)) => address.to_string(),
        (None, None) if cfg!(unix) && Path::new(SOCKET_FOLDER).is_dir() => SOCKET_FOLDER.to_owned(),
        (None, None) => "localhost".to_owned(),
    };
    Ok((host, address))
}

fn read_port(given: Option<&Given>) -> Result<Option<u16>> {
    let Some(given) = given else { return Ok(None) };
    // The value is not shown: in a URL it may be a password whose host was forgotten.
    let port = given.value.reveal().parse().ok().filter(|port| *port > 0).ok_or_else(|| {
        Error::usage(format!("the port in {} is not a number from 1 to 65535", given.source))
    })?;
    Ok(Some(port))
}

/// In seconds; zero and less is for ever.
fn read_timeout(given: Option<&Given>) -> Result<Option<Duration>> {
    let Some(given) = given else { return Ok(Some(CONNECT_TIMEOUT)) };
    let seconds: i32 = given.value.reveal().trim().parse().map_err(|_| {
        Error::usage_hint(
            format!("`connect_timeout` in {} is not a number of seconds", given.source),
            "such as 10; 0 waits for ever",
        )
    })?;
    Ok(u64::try_from(seconds).ok().filter(|seconds| *seconds > 0).map(Duration::from_secs))
}

/// As libpq, roots that are there are used even where nobody asked to verify.
fn read_tls(settings: &Settings, environment: &Environment) -> Result<(TlsMode, Option<RootCertificates>)> {
    let mode = settings.get(Setting::TlsMode).map(TlsMode::read).transpose()?;
    match settings.text(Setting::RootCertificates) {
        // Anybody can have a certificate that the system trusts: without the name it proves nothing.
        Some("system") => match mode {
            None | Some(TlsMode::VerifyFull) => Ok((TlsMode::VerifyFull, Some(RootCertificates::System))),
            Some(mode) => Err(Error::usage_hint(
                format!("sslmode={} is too weak for sslrootcert=system", mode.name()),
                "say sslmode=verify-full",
            )),
        },
        Some(path) => Ok((mode.unwrap_or_default(), Some(RootCertificates::File(path.into())))),
        None => {
            let usual = home(environment).map(|home| home.join(".postgresql/root.crt"));
            Ok((mode.unwrap_or_default(), usual.filter(|path| path.exists()).map(RootCertificates::File)))
        }
    }
}

fn home(environment: &Environment) -> Option<&Path> {
    environment.get("HOME").map(Path::new)
}

fn system_user() -> Result<String> {
    whoami::username().map_err(|error| {
        Error::usage_hint(
            format!("the system does not say who you are: {error}"),
            "say it with --user or PGUSER",
        )
    })
}

#[cfg(test)]
mod tests;
