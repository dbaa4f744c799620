//! [`Settings`]: what a URL, the environment or a service file says of where a database is, by libpq's names.
//!
//! What would change the session, or ask for protection that is not there, is refused by name: a setting that is
//! passed over in silence is how a guard is walked around.

use std::collections::BTreeMap;

use super::{Environment, Secret};
use crate::error::{Error, Result};

/// What can be said of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::postgres) enum Setting {
    Host,
    Address,
    Port,
    Database,
    User,
    Password,
    TlsMode,
    RootCertificates,
    ChannelBinding,
    ConnectTimeout,
    ApplicationName,
    Service,
    PasswordFile,
}

/// libpq's names: in URLs, connection strings and service files; and in the environment.
const UNDERSTOOD: &[(Setting, &str, &str)] = &[
    (Setting::Host, "host", "PGHOST"),
    (Setting::Address, "hostaddr", "PGHOSTADDR"),
    (Setting::Port, "port", "PGPORT"),
    (Setting::Database, "dbname", "PGDATABASE"),
    (Setting::User, "user", "PGUSER"),
    (Setting::Password, "password", "PGPASSWORD"),
    (Setting::TlsMode, "sslmode", "PGSSLMODE"),
    (Setting::RootCertificates, "sslrootcert", "PGSSLROOTCERT"),
    (Setting::ChannelBinding, "channel_binding", "PGCHANNELBINDING"),
    (Setting::ConnectTimeout, "connect_timeout", "PGCONNECT_TIMEOUT"),
    (Setting::ApplicationName, "application_name", "PGAPPNAME"),
    (Setting::Service, "service", "PGSERVICE"),
    (Setting::PasswordFile, "passfile", "PGPASSFILE"),
];

const PASSWORDS_ONLY: &str = "only passwords prove who asks: leave it out, and give the role a password";
const OWN_SESSION: &str = "seedmill sets its sessions itself: leave it out, or set it with ALTER ROLE … SET";
const PRIMARY_ONLY: &str = "leave it out, and name the primary server as the only host";
const NO_POOL: &str = "connect to the server itself, not to a pooler; --jobs says how many connections";
const OWN_PROTOCOL: &str = "TLS 1.2 and 1.3 are spoken, after Postgres' own greeting: leave it out";
const NO_REVOCATION: &str = "lists of revoked certificates are not read: leave it out";
const OWN_KEEPALIVES: &str = "seedmill notices a lost server by itself: leave it out";
const USE_ROOT_FILE: &str = "say sslmode=verify-full with sslrootcert=FILE";

/// Settings of libpq's and of Prisma's that are refused: their name, their variable if they have one, what helps.
const REFUSED: &[(&str, &str, &str)] = &[
    ("options", "PGOPTIONS", OWN_SESSION),
    ("client_encoding", "", OWN_SESSION),
    ("replication", "", OWN_SESSION),
    ("target_session_attrs", "PGTARGETSESSIONATTRS", PRIMARY_ONLY),
    ("load_balance_hosts", "PGLOADBALANCEHOSTS", PRIMARY_ONLY),
    ("sslcert", "", PASSWORDS_ONLY),
    ("sslkey", "", PASSWORDS_ONLY),
    ("sslpassword", "", PASSWORDS_ONLY),
    ("sslcertmode", "", PASSWORDS_ONLY),
    ("require_auth", "PGREQUIREAUTH", PASSWORDS_ONLY),
    ("requirepeer", "PGREQUIREPEER", PASSWORDS_ONLY),
    ("gssencmode", "", PASSWORDS_ONLY),
    ("krbsrvname", "", PASSWORDS_ONLY),
    ("requiressl", "PGREQUIRESSL", "say sslmode=require"),
    ("sslcrl", "PGSSLCRL", NO_REVOCATION),
    ("sslcrldir", "PGSSLCRLDIR", NO_REVOCATION),
    ("sslnegotiation", "PGSSLNEGOTIATION", OWN_PROTOCOL),
    ("ssl_min_protocol_version", "PGSSLMINPROTOCOLVERSION", OWN_PROTOCOL),
    ("ssl_max_protocol_version", "PGSSLMAXPROTOCOLVERSION", OWN_PROTOCOL),
    ("sslsni", "", OWN_PROTOCOL),
    ("sslcompression", "", OWN_PROTOCOL),
    ("fallback_application_name", "", "say application_name"),
    ("keepalives", "", OWN_KEEPALIVES),
    ("keepalives_idle", "", OWN_KEEPALIVES),
    ("keepalives_interval", "", OWN_KEEPALIVES),
    ("keepalives_count", "", OWN_KEEPALIVES),
    ("tcp_user_timeout", "", OWN_KEEPALIVES),
    ("socket_timeout", "", OWN_KEEPALIVES),
    ("connection_limit", "", NO_POOL),
    ("pool_timeout", "", NO_POOL),
    ("pgbouncer", "", NO_POOL),
    ("statement_cache_size", "", NO_POOL),
    ("sslaccept", "", USE_ROOT_FILE),
    ("sslidentity", "", USE_ROOT_FILE),
];

/// A value, and who gave it.
#[derive(Clone)]
pub(in crate::postgres) struct Given {
    /// A secret until it is known to be none.
    pub value: Secret,
    /// `--host`, `PGHOST`, `the URL`.
    pub source: String,
}

/// What one source says, or several that were laid over each other.
#[derive(Clone, Default)]
pub(in crate::postgres) struct Settings(BTreeMap<Setting, Given>);

impl Settings {
    /// What the environment says.
    ///
    /// # Errors
    ///
    /// A variable that asks for what is refused.
    pub fn of_environment(environment: &Environment) -> Result<Self> {
        for (_, variable, advice) in REFUSED {
            if !variable.is_empty() && environment.get(variable).is_some() {
                return Err(Error::usage_hint(
                    format!("{variable} asks for what is not supported"),
                    format!("{advice}; without it: env -u {variable} seedmill …"),
                ));
            }
        }
        let mut settings = Self::default();
        for (setting, _, variable) in UNDERSTOOD {
            if let Some(value) = environment.get(variable) {
                settings.set(*setting, value, variable)?;
            }
        }
        Ok(settings)
    }

    /// Takes what a source says by libpq's name.
    ///
    /// # Errors
    ///
    /// A name that is unknown, refused or there already; an empty value. No value is shown.
    pub fn name(&mut self, name: &str, value: &str, source: &str) -> Result<()> {
        match name {
            // As in JDBC's URLs; libpq takes it too.
            "ssl" if value == "true" => return self.set(Setting::TlsMode, "require", source),
            // Prisma's search path: its default is passed over, since every table is named with its schema.
            "schema" if value == "public" => return Ok(()),
            "schema" => {
                return Err(Error::usage_hint(
                    format!("`schema` in {source} names another schema than public"),
                    "leave it out; the schema that is loaded into is named with --schema",
                ));
            }
            _ => {}
        }
        if let Some((name, _, advice)) = REFUSED.iter().find(|(refused, _, _)| *refused == name) {
            return Err(Error::usage_hint(format!("`{name}` in {source} is not supported"), *advice));
        }
        match UNDERSTOOD.iter().find(|(_, understood, _)| *understood == name) {
            Some((Setting::Password, _, _)) => self.set(Setting::Password, value, source),
            Some((_, name, _)) if value.is_empty() => {
                Err(Error::usage_hint(format!("`{name}` in {source} is empty"), "leave it out"))
            }
            Some((setting, _, _)) => self.set(*setting, value, source),
            None => Err(self.unknown(name, source)),
        }
    }

    /// Whether a name means anything, if only that it is refused.
    pub fn knows(name: &str) -> bool {
        matches!(name, "ssl" | "schema")
            || UNDERSTOOD.iter().any(|(_, understood, _)| *understood == name)
            || REFUSED.iter().any(|(refused, _, _)| *refused == name)
    }

    /// An unquoted blank or `&` may have cut a password in two: what stands behind one is not shown.
    fn unknown(&self, name: &str, source: &str) -> Error {
        let is_word = name.chars().all(|character| character.is_ascii_alphanumeric() || character == '_');
        let names: Vec<_> = UNDERSTOOD.iter().map(|(_, name, _)| *name).collect();
        let understood = format!("understood are {}", names.join(", "));
        if !is_word || name.len() > 40 || self.0.contains_key(&Setting::Password) {
            return Error::usage_hint(format!("{source} has a setting that is unknown"), understood);
        }
        Error::usage_hint(format!("`{name}` in {source} is unknown"), understood)
    }

    /// Takes a value.
    ///
    /// # Errors
    ///
    /// It is there already, or holds a NUL.
    pub fn set(&mut self, setting: Setting, value: &str, source: &str) -> Result<()> {
        let name = setting.name();
        if value.contains('\0') {
            return Err(Error::usage(format!("`{name}` in {source} holds a NUL character")));
        }
        let given = Given { value: Secret::new(value), source: source.to_owned() };
        if self.0.insert(setting, given).is_some() {
            return Err(Error::usage_hint(
                format!("`{name}` stands twice in {source}"),
                "say it once: it would not be clear which one holds",
            ));
        }
        Ok(())
    }

    /// These, and where they say nothing, the others.
    pub fn over(mut self, lower: Self) -> Self {
        for (setting, given) in lower.0 {
            self.0.entry(setting).or_insert(given);
        }
        self
    }

    /// What is said, and by whom.
    pub fn get(&self, setting: Setting) -> Option<&Given> {
        self.0.get(&setting)
    }

    /// What is said of anything but the password.
    pub fn text(&self, setting: Setting) -> Option<&str> {
        self.0.get(&setting).map(|given| given.value.reveal())
    }
}

impl Setting {
    /// libpq's name.
    pub fn name(self) -> &'static str {
        UNDERSTOOD.iter().find(|(setting, _, _)| *setting == self).map_or("", |(_, name, _)| name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(pairs: &[(&str, &str)]) -> Result<Settings> {
        let mut settings = Settings::default();
        for (key, value) in pairs {
            settings.name(key, value, "the URL")?;
        }
        Ok(settings)
    }

    #[test]
    fn every_setting_has_a_name() {
        for (setting, name, _) in UNDERSTOOD {
            assert_eq!(setting.name(), *name);
            assert!(REFUSED.iter().all(|(refused, _, _)| refused != name), "{name}");
        }
        assert_eq!(UNDERSTOOD.len(), Setting::PasswordFile as usize + 1);
    }

    #[test]
    fn what_is_refused_is_named_with_what_helps() {
        for (refused, _, advice) in REFUSED {
            let error = name(&[(refused, "-c search_path=x")]).err().unwrap();
            assert!(error.to_string().contains(&format!("`{refused}`")), "{error}");
            assert_eq!(error.hint(), Some(*advice));
        }
    }

    #[test]
    fn a_variable_that_is_refused_stops_the_command() {
        for variable in ["PGOPTIONS", "PGTARGETSESSIONATTRS", "PGREQUIREAUTH", "PGSSLCRL"] {
            let environment = Environment([(variable.to_owned(), "any".to_owned())].into());
            let error = Settings::of_environment(&environment).err().unwrap();
            assert!(error.to_string().starts_with(variable), "{error}");
        }
    }

    #[test]
    fn a_name_is_said_once() {
        let error = name(&[("host", "a"), ("host", "a")]).err().unwrap();
        assert_eq!(error.to_string(), "`host` stands twice in the URL");
        let error = name(&[("sslmode", "verify-full"), ("ssl", "true")]).err().unwrap();
        assert_eq!(error.to_string(), "`sslmode` stands twice in the URL");
    }

    #[test]
    fn an_unknown_name_is_shown_unless_it_may_be_a_piece_of_a_password() {
        let error = name(&[("sslMode", "x")]).err().unwrap();
        assert_eq!(error.to_string(), "`sslMode` in the URL is unknown");
        assert!(error.hint().unwrap().contains("sslmode"));
        for pairs in [&[("password", "hun"), ("ter2", "x")][..], &[("ter2 x", "")]] {
            let error = name(pairs).err().unwrap();
            assert_eq!(error.to_string(), "the URL has a setting that is unknown");
        }
    }

    #[test]
    fn an_empty_value_says_nothing_and_is_refused_but_for_passwords() {
        assert_eq!(name(&[("host", "")]).err().unwrap().to_string(), "`host` in the URL is empty");
        assert_eq!(name(&[("password", "")]).unwrap().text(Setting::Password), Some(""));
    }

    #[test]
    fn prismas_schema_is_passed_over_where_it_is_the_default() {
        assert!(name(&[("schema", "public"), ("host", "a")]).is_ok());
        assert!(name(&[("schema", "chat")]).err().unwrap().hint().unwrap().contains("--schema"));
    }

    #[test]
    fn the_higher_source_holds() {
        let both = name(&[("host", "a")]).unwrap().over(name(&[("host", "b"), ("port", "1")]).unwrap());
        assert_eq!((both.text(Setting::Host), both.text(Setting::Port)), (Some("a"), Some("1")));
    }
}
