//! [`Work`]: what the steps share: the connections, what was found, and the one way to change something.

use postgres::error::SqlState;
use postgres::types::ToSql;
use postgres::{Client, Row};

use super::roles::Logins;
use super::{Event, Provisioned, Request, Tables, files};
use crate::dataset::ddl::{LONGEST_NAME, literal};
use crate::error::{Error, Result};
use crate::postgres::connection::{blame, connect};
use crate::postgres::credentials::Credentials;
use crate::postgres::guard::Marker;
use crate::postgres::target::Environment;

/// The oldest server that this was tried on, as `server_version_num`.
const OLDEST: i32 = 150_000;

/// Which connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// The administrator's, in the database that others are made from.
    Server,
    /// The administrator's, in the database that is provisioned.
    Database,
}

/// A statement, and how it is shown.
pub(super) struct Change {
    sql: String,
    shown: String,
}

impl Change {
    /// One that may be seen.
    pub(super) fn new(sql: impl Into<String>) -> Self {
        let sql = sql.into();
        Self { shown: sql.clone(), sql }
    }

    /// One with something to hide.
    pub(super) fn hiding(sql: impl Into<String>, shown: impl Into<String>) -> Self {
        Self { sql: sql.into(), shown: shown.into() }
    }
}

/// Something that rights are granted on.
#[derive(Clone, Copy)]
pub(super) enum Object<'o> {
    Database(&'o str),
    Schema(&'o str),
    Table(&'o str),
}

pub(super) struct Work<'w> {
    pub request: &'w Request,
    pub environment: &'w Environment,
    pub tables: Option<&'w Tables<'w>>,
    /// Whether the administrator may do everything.
    pub superuser: bool,
    /// The passwords, once step 4 has decided them.
    pub logins: Option<Logins>,
    /// The database's marker, once it has one.
    pub marker: Option<Marker>,
    /// Whether the files of step 8 were changed before it.
    pub credentials_written: bool,
    tell: &'w mut dyn FnMut(Event),
    server: Option<Client>,
    database: Option<Client>,
    /// Where the last shown statement belongs.
    shown: Option<Place>,
    changed: bool,
    changed_in_step: bool,
}

impl<'w> Work<'w> {
    pub(super) fn new(
        request: &'w Request,
        environment: &'w Environment,
        tables: Option<&'w Tables<'w>>,
        tell: &'w mut dyn FnMut(Event),
    ) -> Self {
        Self {
            request,
            environment,
            tables,
            superuser: false,
            logins: None,
            marker: None,
            credentials_written: false,
            tell,
            server: None,
            database: None,
            shown: None,
            changed: false,
            changed_in_step: false,
        }
    }

    pub(super) fn tell(&mut self, event: Event) {
        if matches!(event, Event::Step { .. }) {
            self.changed_in_step = false;
        }
        (self.tell)(event);
    }

    pub(super) fn done(&mut self, text: impl Into<String>) {
        self.tell(Event::Done(text.into()));
    }

    pub(super) fn warn(&mut self, text: impl Into<String>, lines: Vec<String>) {
        self.tell(Event::Warning { text: text.into(), lines });
    }

    /// Closes a step that changes things: what a dry run would have changed is not done.
    pub(super) fn made(&mut self, changed: impl Into<String>, unchanged: impl Into<String>) {
        if !self.changed_in_step {
            self.done(unchanged);
        } else if !self.request.dry_run {
            self.done(changed);
        }
    }

    /// The credentials, once the database has a marker.
    pub(super) fn credentials(&self) -> Option<Credentials> {
        let (logins, marker) = (self.logins.as_ref()?, self.marker.clone()?);
        let mut target = self.request.administrator.with_database(&self.request.database);
        target.user.clone_from(&logins.loader.user);
        target.password = Some(logins.loader.password.clone());
        target.password_source = Some(files::credentials_path(self.request).display().to_string());
        Some(Credentials { target, marker, reader: Some(logins.reader.clone()) })
    }

    pub(super) fn finish(self) -> Provisioned {
        let credentials = if self.request.dry_run { None } else { self.credentials() };
        Provisioned { credentials, changed: self.changed }
    }

    fn client(&mut self, place: Place) -> Option<&mut Client> {
        match place {
            Place::Server => self.server.as_mut(),
            Place::Database => self.database.as_mut(),
        }
    }

    /// Rows of a query; none from a database that a dry run has not made.
    pub(super) fn rows(
        &mut self,
        place: Place,
        query: &str,
        values: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>> {
        match self.client(place) {
            None => Ok(Vec::new()),
            Some(client) => {
                client.query(query, values).map_err(blame("cannot look at the server's catalogue"))
            }
        }
    }

    /// The first row of a query, if there is one.
    pub(super) fn row(
        &mut self,
        place: Place,
        query: &str,
        values: &[&(dyn ToSql + Sync)],
    ) -> Result<Option<Row>> {
        Ok(self.rows(place, query, values)?.into_iter().next())
    }

    /// Whether a query that asks yes or no says yes; no in a database that a dry run has not made.
    pub(super) fn holds(
        &mut self,
        place: Place,
        query: &str,
        values: &[&(dyn ToSql + Sync)],
    ) -> Result<bool> {
        Ok(self.row(place, query, values)?.and_then(|row| row.get::<_, Option<bool>>(0)).unwrap_or(false))
    }

    /// Runs a statement, or shows it.
    pub(super) fn change(&mut self, place: Place, change: &Change) -> Result<()> {
        self.try_change(place, change)?.map_err(blame(format!("cannot run `{}`", change.shown)))
    }

    /// Runs a statement that a server may keep for its own administrator; then it is told, and no failure.
    pub(super) fn change_if_allowed(&mut self, place: Place, change: &Change) -> Result<bool> {
        match self.try_change(place, change)? {
            Ok(()) => Ok(true),
            Err(error) if error.code() == Some(&SqlState::INSUFFICIENT_PRIVILEGE) => {
                let database = self.request.database.clone();
                self.warn(
                    format!(
                        "{} may not do this; an administrator can, in {database}:",
                        self.request.administrator.user
                    ),
                    vec![format!("{};", change.shown)],
                );
                Ok(false)
            }
            Err(error) => Err(blame(format!("cannot run `{}`", change.shown))(error)),
        }
    }

    fn try_change(
        &mut self,
        place: Place,
        change: &Change,
    ) -> Result<std::result::Result<(), postgres::Error>> {
        if self.request.dry_run {
            self.note_change();
            self.show(place, &change.shown);
            return Ok(Ok(()));
        }
        let client =
            self.client(place).ok_or_else(|| Error::internal("a step came before its connection"))?;
        let result = client.batch_execute(&change.sql);
        if result.is_ok() {
            self.note_change();
        }
        Ok(result)
    }

    /// Notes a change that is no statement.
    pub(super) fn note_change(&mut self) {
        self.changed = true;
        self.changed_in_step = true;
    }

    /// Tells a statement of a dry run, as a script for psql.
    fn show(&mut self, place: Place, statement: &str) {
        if self.shown != Some(place) {
            let database = match place {
                Place::Server => &self.request.administrator.database,
                Place::Database => &self.request.database,
            };
            let user = identifier(&self.request.administrator.user);
            let line = format!("\\connect {} {user}", identifier(database));
            self.shown = Some(place);
            self.tell(Event::Statement(line));
        }
        self.tell(Event::Statement(format!("{};", statement.trim_end().trim_end_matches(';'))));
    }

    /// Tells statements of a dry run that the loader will run.
    pub(super) fn show_as_loader(&mut self, statements: &str) {
        self.note_change();
        self.shown = None;
        let (database, loader) = (identifier(&self.request.database), identifier(&self.request.loader()));
        self.tell(Event::Statement(format!("\\connect {database} {loader}")));
        self.tell(Event::Statement(statements.trim_end().to_owned()));
    }

    /// Connects to the database itself.
    pub(super) fn enter_database(&mut self) -> Result<()> {
        let target = self.request.administrator.with_database(&self.request.database);
        let mut client = connect(&target, "provision")?;
        prepare(&mut client)?;
        self.database = Some(client);
        Ok(())
    }

    pub(super) fn database_client(&mut self) -> Option<&mut Client> {
        self.database.as_mut()
    }

    /// Gives a role, or everybody (`None`), exactly these rights on something.
    pub(super) fn grant_exactly(
        &mut self,
        place: Place,
        object: Object<'_>,
        role: Option<&str>,
        wanted: &[&str],
    ) -> Result<()> {
        let held = self.granted(place, object, role)?;
        let missing: Vec<&str> =
            wanted.iter().copied().filter(|right| !held.iter().any(|other| other == right)).collect();
        let surplus: Vec<&str> =
            held.iter().map(String::as_str).filter(|right| !wanted.contains(right)).collect();
        let grantee = role.map_or_else(|| "PUBLIC".to_owned(), identifier);
        let object = match object {
            Object::Database(name) => format!("DATABASE {}", identifier(name)),
            Object::Schema(name) => format!("SCHEMA {}", identifier(name)),
            Object::Table(name) => format!("TABLE {name}"),
        };
        if !surplus.is_empty() {
            self.change(
                place,
                &Change::new(format!("REVOKE {} ON {object} FROM {grantee}", surplus.join(", "))),
            )?;
        }
        if !missing.is_empty() {
            self.change(
                place,
                &Change::new(format!("GRANT {} ON {object} TO {grantee}", missing.join(", "))),
            )?;
        }
        Ok(())
    }

    /// The rights that a role was granted itself; what a fresh object has by default, where nothing was granted yet.
    fn granted(&mut self, place: Place, object: Object<'_>, role: Option<&str>) -> Result<Vec<String>> {
        let (from, name) = match object {
            Object::Database(name) => (
                "pg_database o, aclexplode(coalesce(o.datacl, acldefault('d', o.datdba))) a WHERE o.datname = $1",
                name,
            ),
            Object::Schema(name) => (
                "pg_namespace o, aclexplode(coalesce(o.nspacl, acldefault('n', o.nspowner))) a WHERE o.nspname = $1",
                name,
            ),
            Object::Table(name) => (
                "pg_class o, aclexplode(coalesce(o.relacl, acldefault('r', o.relowner))) a WHERE o.oid = to_regclass($1)",
                name,
            ),
        };
        let grantee = "CASE WHEN $2::text IS NULL THEN 0::oid ELSE to_regrole($2)::oid END";
        let query = format!("SELECT a.privilege_type FROM {from} AND a.grantee = {grantee} ORDER BY 1");
        // A database that is not made yet has what databases have by default.
        let role = role.map(identifier);
        let rows = self.rows(place, &query, &[&name, &role])?;
        if rows.is_empty()
            && role.is_none()
            && matches!(object, Object::Database(_))
            && !self.database_is_there()?
        {
            return Ok(vec!["CONNECT".to_owned(), "TEMPORARY".to_owned()]);
        }
        Ok(rows.iter().map(|row| row.get(0)).collect())
    }

    pub(super) fn database_is_there(&mut self) -> Result<bool> {
        let name = self.request.database.clone();
        self.holds(Place::Server, "SELECT true FROM pg_database WHERE datname = $1", &[&name])
    }

    /// Sets a parameter of the database, or of a role in it, unless it has the value.
    pub(super) fn set(&mut self, role: Option<&str>, name: &str, value: &str, quoted: bool) -> Result<()> {
        let query = "SELECT true FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase \
                     WHERE d.datname = $1 AND s.setrole = coalesce(to_regrole($2)::oid, 0::oid) AND $3 = ANY (s.setconfig)";
        let database = self.request.database.clone();
        let setting = format!("{name}={value}");
        let known = role.map(identifier);
        let role_is_there = match &known {
            None => true,
            Some(role) => self.holds(Place::Server, "SELECT to_regrole($1) IS NOT NULL", &[role])?,
        };
        if role_is_there && self.holds(Place::Server, query, &[&database, &known, &setting])? {
            return Ok(());
        }
        let database = identifier(&database);
        let what = match &known {
            None => format!("DATABASE {database}"),
            Some(role) => format!("ROLE {role} IN DATABASE {database}"),
        };
        let value = if quoted { literal(value) } else { value.to_owned() };
        self.change_if_allowed(Place::Server, &Change::new(format!("ALTER {what} SET {name} = {value}")))?;
        Ok(())
    }
}

/// Step 1.
pub(super) fn connect_administrator(work: &mut Work<'_>) -> Result<()> {
    let target = &work.request.administrator;
    let mut client = connect(target, "provision")?;
    prepare(&mut client)?;
    work.server = Some(client);
    let query = "SELECT current_setting('server_version_num')::int, pg_is_in_recovery(), \
                 rolsuper, rolsuper OR (rolcreatedb AND rolcreaterole) FROM pg_roles WHERE rolname = current_user";
    let row =
        work.row(Place::Server, query, &[])?.ok_or_else(|| Error::internal("the role is not in pg_roles"))?;
    if row.get::<_, i32>(0) < OLDEST {
        return Err(Error::database(format!("{target} is older than PostgreSQL {}", OLDEST / 10_000)));
    }
    if row.get(1) {
        return Err(Error::usage_hint(format!("refused: {target} is a standby"), "name the primary server"));
    }
    work.superuser = row.get(2);
    if !row.get::<_, bool>(3) {
        return Err(Error::Database {
            message: format!("{} may make no databases and no roles", target.user),
            hint: Some("connect as an administrator, such as --user postgres".to_owned()),
        });
    }
    work.done("Connected to PostgreSQL");
    if !work.request.dry_run {
        wait_for_others(work)?;
    }
    Ok(())
}

/// One run at a time for a set of roles, and for a database. The locks go with the connection.
fn wait_for_others(work: &mut Work<'_>) -> Result<()> {
    let mut waited = false;
    // Roles before databases, in every run: no two can wait for each other.
    for subject in [format!("roles {}", work.request.loader()), format!("database {}", work.request.database)]
    {
        let subject = format!("seedmill provision {subject}");
        if !work.holds(Place::Server, "SELECT pg_try_advisory_lock(hashtextextended($1, 0))", &[&subject])? {
            if !waited {
                work.warn("Another run is provisioning the same; this one waits for it", Vec::new());
                waited = true;
            }
            work.rows(Place::Server, "SELECT pg_advisory_lock(hashtextextended($1, 0))", &[&subject])?;
        }
    }
    Ok(())
}

/// What the administrator's role or database has set must not change what statements mean.
fn prepare(client: &mut Client) -> Result<()> {
    client
        .batch_execute(
            "SET search_path = pg_catalog; SET standard_conforming_strings = on; SET client_min_messages = warning; \
             SET statement_timeout = 0; SET lock_timeout = 0; SET idle_in_transaction_session_timeout = 0; \
             SET default_transaction_read_only = off",
        )
        .map_err(blame("cannot prepare the session"))
}

/// Refuses a name that the server would cut, or that no client can say.
pub(super) fn refuse_long_name(what: &str, name: &str) -> Result<()> {
    if name.is_empty() || name.len() > LONGEST_NAME || name.contains(char::is_control) {
        return Err(Error::usage_hint(
            format!("`{}` is no name of a {what}", name.escape_debug()),
            format!("1 to {LONGEST_NAME} bytes without control characters, such as chat_perf_dev"),
        ));
    }
    Ok(())
}

/// A name as SQL reads it. None of ours is a keyword: they hold `perf`, or are given in full.
pub(super) fn identifier(name: &str) -> String {
    let plain = name.starts_with(|first: char| first.is_ascii_lowercase() || first == '_')
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    if plain { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}
