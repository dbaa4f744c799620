//! [`make`]: the roles that load and read, with no right more than that.

use super::work::{Change, Object, Place, Work, identifier};
use super::{DATA_SCHEMA, MONITORING_SCHEMA, files, password};
use crate::dataset::ddl::literal;
use crate::error::{Error, Result};
use crate::postgres::connection::connect;
use crate::postgres::credentials::{Credentials, Login};
use crate::postgres::guard::MARKER_TABLE;
use crate::postgres::ledger;
use crate::postgres::target::{Secret, Target};

/// What a role may be, beside having no attribute that reaches beyond its database.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attributes {
    login: bool,
    /// Connections at a time; -1 is no limit.
    connections: i32,
}

/// Owns, and never connects.
pub(super) const OWNER: Attributes = Attributes { login: false, connections: -1 };
/// Many for a loader on a large machine, few enough to leave a server of 100 connections (the default) to others.
const LOADER: Attributes = Attributes { login: true, connections: 64 };
const READER: Attributes = Attributes { login: true, connections: 16 };

/// A reader that was forgotten ends by itself, and does not hold back VACUUM.
const READER_SETTINGS: &[(&str, &str)] = &[
    ("default_transaction_read_only", "on"),
    ("statement_timeout", "10min"),
    ("idle_in_transaction_session_timeout", "10min"),
];
/// What a loader does to the ledger's tables.
const WRITE: &[&str] = &["SELECT", "INSERT", "UPDATE", "DELETE"];

/// The roles' passwords, and whether they are set now.
pub(super) struct Logins {
    pub loader: Login,
    pub reader: Login,
    set_loader: bool,
    set_reader: bool,
}

/// Decides on the passwords before anything is changed: those of the credentials file stay where they work.
pub(super) fn decide(work: &mut Work<'_>) -> Result<Logins> {
    let known = files::known_credentials(work)?;
    let of_loader = known.as_ref().and_then(|known| known.target.password.clone());
    let of_reader =
        known.as_ref().and_then(|known| known.reader.as_ref()).map(|login| login.password.clone());
    let (loader, set_loader) = decide_one(work, work.request.loader(), of_loader)?;
    let (reader, set_reader) = decide_one(work, work.request.reader(), of_reader)?;
    Ok(Logins { loader, reader, set_loader, set_reader })
}

fn decide_one(work: &mut Work<'_>, role: String, known: Option<Secret>) -> Result<(Login, bool)> {
    if is_there(work, &role)? && !work.request.rotate_password {
        let path = files::credentials_path(work.request);
        let Some(password) = known else {
            return Err(refused_password(format!(
                "the role {role} is there already, but `{}` has no password of it",
                path.display()
            )));
        };
        if !is_right(work, &role, &password)? {
            return Err(refused_password(format!(
                "the password of {role} in `{}` is not the server's",
                path.display()
            )));
        }
        return Ok((Login { user: role, password }, false));
    }
    Ok((Login { user: role, password: password::random()? }, true))
}

fn is_there(work: &mut Work<'_>, role: &str) -> Result<bool> {
    work.holds(Place::Server, "SELECT true FROM pg_roles WHERE rolname = $1", &[&role])
}

fn refused_password(why: String) -> Error {
    Error::usage_hint(
        format!("refused: {why}"),
        "--rotate-password sets new ones, and whoever has the old ones is shut out; --role-prefix names other roles; \
         --secrets names the folder where the credentials are",
    )
}

/// A superuser looks at the verifier; anybody else has to try.
fn is_right(work: &mut Work<'_>, role: &str, password: &Secret) -> Result<bool> {
    if work.superuser {
        let row =
            work.row(Place::Server, "SELECT rolpassword FROM pg_authid WHERE rolname = $1", &[&role])?;
        let verifier = row.and_then(|row| row.get::<_, Option<String>>(0)).unwrap_or_default();
        return Ok(password::matches(&verifier, password));
    }
    let target = Target {
        user: role.to_owned(),
        password: Some(password.clone()),
        ..work.request.administrator.with_database(&work.request.database)
    };
    match connect(&target, "provision") {
        Ok(_) => Ok(true),
        // invalid_password; anything else says nothing about the password
        Err(Error::Database { message, .. }) if message.contains("[28P01]") => Ok(false),
        Err(error) => Err(error),
    }
}

/// Makes a role, or takes from it what it should not have.
pub(super) fn make_role(
    work: &mut Work<'_>,
    role: &str,
    attributes: Attributes,
    password: Option<&Secret>,
) -> Result<()> {
    let query = "SELECT rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls, rolcanlogin, rolconnlimit \
                 FROM pg_roles WHERE rolname = $1";
    let name = identifier(role);
    let row = work.row(Place::Server, query, &[&role])?;
    let is_new = row.is_none();
    let fits = row.is_some_and(|row| {
        !row.get::<_, bool>(0)
            && row.get::<_, bool>(1) == attributes.login
            && row.get::<_, i32>(2) == attributes.connections
    });
    if !fits {
        let verb = if is_new { "CREATE" } else { "ALTER" };
        let login = if attributes.login { "LOGIN" } else { "NOLOGIN" };
        let statement = format!(
            "{verb} ROLE {name} {login} NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS CONNECTION LIMIT {}",
            attributes.connections
        );
        work.change(Place::Server, &Change::new(statement))?;
    }
    if let Some(password) = password {
        let statement = |verifier: &str| format!("ALTER ROLE {name} PASSWORD {}", literal(verifier));
        let change = Change::hiding(statement(&password::verifier(password)), statement("***"));
        work.change(Place::Server, &change)?;
    }
    join(work, role)
}

/// Only a superuser may act for roles that it is no member of.
fn join(work: &mut Work<'_>, role: &str) -> Result<()> {
    let is_member = "SELECT pg_has_role(current_user, to_regrole($1)::oid, 'USAGE')";
    let name = identifier(role);
    if !work.superuser && !work.holds(Place::Server, is_member, &[&name])? {
        work.change(Place::Server, &Change::new(format!("GRANT {name} TO CURRENT_USER")))?;
    }
    Ok(())
}

/// Step 5.
pub(super) fn make(work: &mut Work<'_>) -> Result<()> {
    // Before the server knows the passwords: a run that is killed here leaves nobody without a key.
    files::write_credentials(work)?;
    let logins = work.logins.take().ok_or_else(|| Error::internal("step 4 decides on the passwords"))?;
    let (loader, reader) = (&logins.loader, &logins.reader);
    let is_new = !is_there(work, &loader.user)?;
    make_role(work, &loader.user, LOADER, logins.set_loader.then_some(&loader.password))?;
    make_role(work, &reader.user, READER, logins.set_reader.then_some(&reader.password))?;
    let database = work.request.database.clone();
    let database = Object::Database(&database);
    work.grant_exactly(Place::Server, database, Some(&loader.user), &["CONNECT", "CREATE", "TEMPORARY"])?;
    work.grant_exactly(Place::Server, database, Some(&reader.user), &["CONNECT"])?;
    grant_ledger(work, &loader.user, &reader.user)?;
    grant_loaded(work, &loader.user, &reader.user)?;
    let search_path = format!("{DATA_SCHEMA}, public, {MONITORING_SCHEMA}");
    for role in [&loader.user, &reader.user] {
        work.set(Some(role), "search_path", &search_path, false)?;
    }
    for (name, value) in READER_SETTINGS {
        work.set(Some(&reader.user), name, value, true)?;
    }
    let user = loader.user.clone();
    work.logins = Some(logins);
    let verb = if is_new { "created" } else { "updated" };
    work.made(
        format!("User '{user}' {verb} with least privilege"),
        format!("User '{user}' is there already, with least privilege"),
    );
    warn_of_memberships(work)?;
    advise(work)?;
    try_to_log_in(work);
    Ok(())
}

fn grant_ledger(work: &mut Work<'_>, loader: &str, reader: &str) -> Result<()> {
    for role in [loader, reader] {
        work.grant_exactly(Place::Database, Object::Schema("seedmill"), Some(role), &["USAGE"])?;
        work.grant_exactly(Place::Database, Object::Table(MARKER_TABLE), Some(role), &["SELECT"])?;
    }
    for table in ledger::TABLES {
        work.grant_exactly(Place::Database, Object::Table(table), Some(loader), WRITE)?;
        work.grant_exactly(Place::Database, Object::Table(table), Some(reader), &["SELECT"])?;
    }
    Ok(())
}

/// What the loader will make, the reader may read: in any schema, also in one that is made again.
fn grant_loaded(work: &mut Work<'_>, loader: &str, reader: &str) -> Result<()> {
    let query = "SELECT true FROM pg_default_acl d, aclexplode(d.defaclacl) a WHERE d.defaclrole = to_regrole($1)::oid \
                 AND d.defaclnamespace = 0 AND d.defaclobjtype = $3::text::\"char\" \
                 AND a.grantee = to_regrole($2)::oid AND a.privilege_type = $4";
    let (loader, reader) = (identifier(loader), identifier(reader));
    for (kind, right, objects) in
        [("n", "USAGE", "SCHEMAS"), ("r", "SELECT", "TABLES"), ("S", "SELECT", "SEQUENCES")]
    {
        if !work.holds(Place::Database, query, &[&loader, &reader, &kind, &right])? {
            let statement =
                format!("ALTER DEFAULT PRIVILEGES FOR ROLE {loader} GRANT {right} ON {objects} TO {reader}");
            work.change(Place::Database, &Change::new(statement))?;
        }
    }
    Ok(())
}

fn warn_of_memberships(work: &mut Work<'_>) -> Result<()> {
    let query = "SELECT g.rolname::text, m.rolname::text FROM pg_auth_members a JOIN pg_roles g ON g.oid = a.roleid \
                 JOIN pg_roles m ON m.oid = a.member WHERE m.rolname IN ($1, $2) ORDER BY 1, 2";
    let (loader, reader) = (work.request.loader(), work.request.reader());
    let rows = work.rows(Place::Server, query, &[&loader, &reader])?;
    let lines: Vec<String> = rows
        .iter()
        .map(|row| format!("REVOKE {} FROM {};", identifier(row.get(0)), identifier(row.get(1))))
        .collect();
    if !lines.is_empty() {
        work.warn("Somebody made these roles members of others, whose rights they have, too:", lines);
    }
    Ok(())
}

/// Databases let everybody in who can log in, unless somebody forbade it: only `pg_hba.conf` keeps roles out of others.
fn advise(work: &mut Work<'_>) -> Result<()> {
    let query = "SELECT count(*) FROM pg_database d, aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a \
                 WHERE d.datallowconn AND d.datname <> $1 AND a.grantee = 0 AND a.privilege_type = 'CONNECT'";
    let database = work.request.database.clone();
    let others: i64 = work.row(Place::Server, query, &[&database])?.map_or(0, |row| row.get(0));
    let others = match others {
        0 => "No other database of this server lets everybody in".to_owned(),
        1 => format!(
            "{} can still connect to 1 other database of this server, which lets everybody in",
            work.request.loader()
        ),
        _ => format!(
            "{} can still connect to {others} other databases of this server, which let everybody in",
            work.request.loader()
        ),
    };
    let connection = "SELECT coalesce(host(inet_client_addr()) || '/' || CASE family(inet_client_addr()) WHEN 4 THEN '32' ELSE '128' END, ''), \
                      coalesce((SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()), false)";
    let row = work.row(Place::Server, connection, &[])?;
    let (address, tls) = row.map_or_else(|| (String::new(), false), |row| (row.get(0), row.get(1)));
    let lines = firewall(&database, &work.request.loader(), &work.request.reader(), &address, tls);
    work.warn(format!("{others}. To keep it to its own, put these lines first in pg_hba.conf:"), lines);
    Ok(())
}

/// Lines of `pg_hba.conf`, of which the first that fits decides.
fn firewall(database: &str, loader: &str, reader: &str, address: &str, tls: bool) -> Vec<String> {
    let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
    let roles = format!("{},{}", quoted(loader), quoted(reader));
    let kind = if tls { "hostssl" } else { "host" };
    let enter = match address {
        "" => format!("local  {}  {roles}  scram-sha-256", quoted(database)),
        address => format!("{kind}  {}  {roles}  {address}  scram-sha-256", quoted(database)),
    };
    vec![
        enter,
        format!("local  all  {roles}  reject"),
        format!("host  all  {roles}  all  reject"),
        "# samenet instead of the address lets the server's own networks in; then: SELECT pg_reload_conf();"
            .to_owned(),
    ]
}

/// A password may be right and `pg_hba.conf` still refuse it.
fn try_to_log_in(work: &mut Work<'_>) {
    if work.request.dry_run {
        return;
    }
    let Some(credentials) = work.credentials() else { return };
    let reader = credentials.reader_target();
    let Credentials { target: loader, .. } = credentials;
    for target in std::iter::once(loader).chain(reader) {
        if let Err(error) = connect(&target, "provision") {
            let hint = if target.is_socket() {
                vec![
                    "over a socket servers often ask for a system user of the same name: --host localhost"
                        .to_owned(),
                ]
            } else {
                Vec::new()
            };
            work.warn(format!("{} cannot log in from here: {error}", target.user), hint);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_lets_in_and_the_others_keep_out() {
        let lines = firewall("chat_perf_dev", "l", "r", "10.0.0.7/32", true);
        assert_eq!(lines[0], "hostssl  \"chat_perf_dev\"  \"l\",\"r\"  10.0.0.7/32  scram-sha-256");
        assert!(lines[1..3].iter().all(|line| line.ends_with("reject") && line.contains("all  \"l\",\"r\"")));
        assert!(firewall("d", "l", "r", "", false)[0].starts_with("local  \"d\""));
    }
}
