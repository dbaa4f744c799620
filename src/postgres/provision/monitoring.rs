//! [`enable`]: the extensions that watch queries, and the parameters that let them.

use super::MONITORING_SCHEMA;
use super::settings::Comparison;
use super::work::{Change, Object, Place, Work, identifier};
use crate::dataset::ddl::literal;
use crate::error::Result;

/// What must be loaded when the server starts.
const PRELOADED: &str = "pg_stat_statements";
/// What is installed into the database.
const EXTENSIONS: &[&str] = &[PRELOADED, "pg_prewarm"];

/// What step 3 says, and step 7 needs to know again.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Server {
    /// The major version, which is part of package names.
    version: i32,
    /// Extensions whose files are not there.
    missing: Vec<&'static str>,
    /// The libraries that are loaded at the start; nothing where only a superuser may know.
    preloaded: Option<Vec<String>>,
}

impl Server {
    fn look(work: &mut Work<'_>) -> Result<Self> {
        let query = "SELECT current_setting('server_version_num')::int / 10000";
        let version = work.row(Place::Server, query, &[])?.map_or(0, |row| row.get(0));
        let mut missing = Vec::new();
        for extension in EXTENSIONS {
            let query = "SELECT true FROM pg_available_extensions WHERE name = $1";
            if !work.holds(Place::Server, query, &[extension])? {
                missing.push(*extension);
            }
        }
        let may_ask = "SELECT pg_has_role(current_user, 'pg_read_all_settings', 'USAGE')";
        let preloaded = if work.superuser || work.holds(Place::Server, may_ask, &[])? {
            let query = "SELECT current_setting('shared_preload_libraries')";
            work.row(Place::Server, query, &[])?.map(|row| libraries(row.get(0)))
        } else {
            None
        };
        Ok(Self { version, missing, preloaded })
    }

    /// Whether the library is loaded, as far as one can know.
    fn is_preloaded(&self) -> bool {
        self.preloaded.as_ref().is_none_or(|libraries| libraries.iter().any(|library| library == PRELOADED))
    }

    fn can_watch(&self) -> bool {
        self.is_preloaded() && !self.missing.contains(&PRELOADED)
    }
}

/// The names of a list setting: `a, "b c"`.
fn libraries(setting: &str) -> Vec<String> {
    setting
        .split(',')
        .map(|name| name.trim().trim_matches('"').to_owned())
        .filter(|name| !name.is_empty())
        .collect()
}

/// Step 3.
pub(super) fn check_extensions(work: &mut Work<'_>) -> Result<()> {
    let server = Server::look(work)?;
    if server.missing.is_empty() && server.is_preloaded() {
        work.done("Extensions configured");
    }
    if !server.missing.is_empty() {
        let version = server.version;
        work.warn(
            format!(
                "{} extension not available: its files are not on the server. There, as root:",
                server.missing.join(" and ")
            ),
            vec![format!(
                "apt-get install postgresql-{version}    # on Debian; elsewhere postgresql{version}-contrib"
            )],
        );
    }
    if !server.is_preloaded() {
        let mut names = server.preloaded.unwrap_or_default();
        names.push(PRELOADED.to_owned());
        let names: Vec<String> = names.iter().map(|name| literal(name)).collect();
        work.warn(
            format!("{PRELOADED} extension not available: shared_preload_libraries does not name it. As superuser:"),
            vec![
                format!("ALTER SYSTEM SET shared_preload_libraries = {};", names.join(", ")),
                "-- Restart PostgreSQL".to_owned(),
                "-- Then run seedmill provision again".to_owned(),
            ],
        );
    }
    Ok(())
}

/// Step 7.
pub(super) fn enable(work: &mut Work<'_>) -> Result<()> {
    make_schema(work)?;
    let server = Server::look(work)?;
    let mut installed = Vec::new();
    for extension in EXTENSIONS.iter().filter(|extension| !server.missing.contains(extension)) {
        if install(work, extension)? {
            installed.push(*extension);
        }
    }
    for (name, value) in work.request.band.of_database() {
        // A parameter of a library that is not there is nobody's yet.
        if name.split_once('.').is_none_or(|(library, _)| installed.contains(&library)) {
            work.set(None, name, value, true)?;
        }
    }
    if server.can_watch() && installed.contains(&PRELOADED) {
        work.made("Query monitoring enabled", "Query monitoring is enabled already");
    } else {
        work.made(
            format!("Slow queries are logged; {PRELOADED} watches none yet, see step 3"),
            format!("Slow queries are logged already; {PRELOADED} watches none yet, see step 3"),
        );
    }
    compare_server(work)
}

fn make_schema(work: &mut Work<'_>) -> Result<()> {
    if !work.holds(Place::Database, "SELECT to_regnamespace($1) IS NOT NULL", &[&MONITORING_SCHEMA])? {
        let statement =
            format!("CREATE SCHEMA {MONITORING_SCHEMA} AUTHORIZATION {}", identifier(&work.request.owner()));
        work.change(Place::Database, &Change::new(statement))?;
    }
    for role in [work.request.loader(), work.request.reader()] {
        work.grant_exactly(Place::Database, Object::Schema(MONITORING_SCHEMA), Some(&role), &["USAGE"])?;
    }
    Ok(())
}

/// Whether the extension is in our schema now, or would be after a run that is not dry.
fn install(work: &mut Work<'_>, extension: &str) -> Result<bool> {
    let query = "SELECT n.nspname::text FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = $1";
    let schema: Option<String> = work.row(Place::Database, query, &[&extension])?.map(|row| row.get(0));
    let statement = match schema.as_deref() {
        Some(MONITORING_SCHEMA) => return Ok(true),
        Some(_) => format!("ALTER EXTENSION {extension} SET SCHEMA {MONITORING_SCHEMA}"),
        None => format!("CREATE EXTENSION {extension} SCHEMA {MONITORING_SCHEMA}"),
    };
    work.change_if_allowed(Place::Database, &Change::new(statement))
}

/// What other databases share is told, not changed.
fn compare_server(work: &mut Work<'_>) -> Result<()> {
    let query = "SELECT setting, unit, current_setting(name), context = 'postmaster', pending_restart \
                 FROM pg_settings WHERE name = $1";
    let mut lines = Vec::new();
    let mut restarts = false;
    for (name, wanted, comparison) in work.request.band.of_server() {
        let Some(row) = work.row(Place::Server, query, &[&name])? else { continue };
        let (setting, unit): (String, Option<String>) = (row.get(0), row.get(1));
        if fits(&setting, unit.as_deref(), wanted, comparison) {
            continue;
        }
        let (shown, restart, pending): (String, bool, bool) = (row.get(2), row.get(3), row.get(4));
        restarts |= restart;
        let remark = match (pending, restart) {
            (true, _) => "; changed already, waits for a restart",
            (false, true) => "; needs a restart",
            (false, false) => "",
        };
        lines.push(format!("ALTER SYSTEM SET {name} = {};  -- is {shown}{remark}", literal(wanted)));
    }
    if lines.is_empty() {
        return Ok(());
    }
    lines.push("SELECT pg_reload_conf();".to_owned());
    if restarts {
        lines.push("-- Restart PostgreSQL".to_owned());
    }
    work.warn(
        "These parameters are the whole server's and not changed here (loaded tables get those of autovacuum as their own). As superuser:",
        lines,
    );
    Ok(())
}

/// Whether a parameter, in its own unit, is as it should be.
fn fits(setting: &str, unit: Option<&str>, wanted: &str, comparison: Comparison) -> bool {
    match comparison {
        Comparison::Number => setting.parse::<f64>().is_ok_and(|is| wanted.parse() == Ok(is)),
        Comparison::BytesAtLeast => {
            let is = setting.parse::<u64>().ok().zip(bytes(unit.unwrap_or("B")));
            let is = is.map(|(count, unit)| count.saturating_mul(unit));
            is.zip(bytes(wanted)).is_some_and(|(is, wanted)| is >= wanted)
        }
    }
}

/// `8kB`, `256MB`, `MB`: PostgreSQL's units of memory, a number before them is 1 where there is none.
fn bytes(text: &str) -> Option<u64> {
    let at = text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len());
    let count: u64 = if at == 0 { 1 } else { text[..at].parse().ok()? };
    let unit: u64 = match &text[at..] {
        "" | "B" => 1,
        "kB" => 1 << 10,
        "MB" => 1 << 20,
        "GB" => 1 << 30,
        "TB" => 1 << 40,
        _ => return None,
    };
    count.checked_mul(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_that_are_there_stay() {
        assert_eq!(libraries("auto_explain, \"my lib\""), ["auto_explain", "my lib"]);
        assert!(libraries("").is_empty());
    }

    #[test]
    fn memory_is_compared_as_bytes() {
        let fits = |setting, wanted| fits(setting, Some("8kB"), wanted, Comparison::BytesAtLeast);
        assert!(fits("32768", "256MB"));
        assert!(!fits("32767", "256MB"));
        assert!(fits("262144", "2GB"));
    }

    #[test]
    fn numbers_are_compared_as_numbers() {
        let fits = |setting, wanted| fits(setting, None, wanted, Comparison::Number);
        assert!(fits("0.05", "0.05") && fits("0.050", "0.05") && fits("0", "0"));
        assert!(!fits("0.2", "0.05") && !fits("-1", "2000"));
    }
}
