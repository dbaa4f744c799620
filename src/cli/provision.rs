//! `seedmill provision`: an isolated, monitored database with least-privilege roles.

use std::path::{Path, PathBuf};

use clap::Args;

use super::Outcome;
use super::prepare::{ModelArguments, engine};
use super::printer::{Printer, grouped};
use crate::dataset::ddl::{Ddl, Table, quote};
use crate::dataset::format::{Format, ParquetProfile};
use crate::dataset::layout::Layout;
use crate::dataset::seal::outline;
use crate::dataset::table::TableShape;
use crate::error::{Error, Result};
use crate::model::{EntityId, Loaded, Model, Setting};
use crate::plan::{Choices, Cut, DISK_SAMPLE, Estimate, count, estimate};
use crate::postgres::credentials::{self, Credentials};
use crate::postgres::guard::Door;
use crate::postgres::load::make_empty;
use crate::postgres::provision::{
    Band, DATA_SCHEMA, Event, Need, ROLE_PREFIX, Request, Tables, TablesOutcome, provision,
};
use crate::postgres::target::{Environment, RootCertificates, Secret, Target, TargetRequest};

/// Columns between the borders of a box.
const BOX_WIDTH: usize = 59;
/// Variables of a `source`d credentials file: they are the loader's, not an administrator's.
const LOADERS_VARIABLES: &[&str] = &["PGUSER", "PGPASSWORD", "PGDATABASE", "DATABASE_URL"];

/// Arguments of `provision`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  seedmill provision --env dev --user postgres\n  seedmill provision --env staging --host db.example.com --user admin --dry-run\n  seedmill provision --env dev --migrate 'npx prisma migrate deploy'\n\nThe administrator's password comes from PGPASSWORD, .pgpass or the URL in a variable, never from an argument. A\nmigration gets DATABASE_URL and PG* of the role that loads and makes its tables in the schema public; datasets go into\nschemas of their own. A second run changes nothing."
)]
pub(super) struct Arguments {
    /// dev, staging or perf: what the database is for, and the model's band
    #[arg(long, value_name = "ENV")]
    env: Band,
    /// The server; otherwise PGHOST
    #[arg(long)]
    host: Option<String>,
    /// Its port; otherwise PGPORT
    #[arg(long)]
    port: Option<u16>,
    /// An administrator of the server; otherwise PGUSER
    #[arg(long)]
    user: Option<String>,
    /// Read the administrator's connection URL from this environment variable
    #[arg(long, value_name = "VARIABLE")]
    url_from_env: Option<String>,
    /// The database that the administrator connects to first
    #[arg(long, value_name = "NAME", default_value = "postgres")]
    maintenance_db: String,
    /// The database to make; by default MODEL_perf_dev, MODEL_perf_staging or MODEL_perf
    #[arg(long, value_name = "NAME")]
    database: Option<String>,
    /// The model whose tables are made and whose size is expected
    #[arg(long, value_name = "MODEL", default_value = "configs/chat")]
    model: PathBuf,
    /// A JSON or YAML file whose values override the model's parameters
    #[arg(long, value_name = "FILE")]
    spec: Option<PathBuf>,
    /// Override one parameter of the model, or a band's number, such as band.users=500
    #[arg(long = "set", value_name = "PATH=VALUE")]
    settings: Vec<Setting>,
    /// A folder outside the model's own that its files may name
    #[arg(long = "allow-path", value_name = "DIR")]
    allow_paths: Vec<PathBuf>,
    /// Make the tables with this shell command instead of from the model
    #[arg(long, value_name = "CMD")]
    migrate: Option<String>,
    /// What the names of the roles begin with: a second model on the same server needs roles of its own
    #[arg(long, value_name = "PREFIX", default_value = ROLE_PREFIX)]
    role_prefix: String,
    /// The folder of the credentials
    #[arg(long, value_name = "DIR", default_value = ".secrets")]
    secrets: PathBuf,
    /// Print every statement, as a script on stdout, and run none
    #[arg(long)]
    dry_run: bool,
    /// Take over a database that was made by hand
    #[arg(long)]
    adopt: bool,
    /// Set new passwords
    #[arg(long)]
    rotate_password: bool,
    /// Print nothing but the path of the credentials, or the statements of a dry run
    #[arg(long)]
    quiet: bool,
}

pub(super) fn run(arguments: &Arguments, printer: &Printer) -> Result<Outcome> {
    let environment = Environment::of_process();
    let model = ModelArguments {
        model: arguments.model.clone(),
        spec: arguments.spec.clone(),
        settings: arguments.settings.clone(),
        allow_paths: arguments.allow_paths.clone(),
    };
    let loaded = model.load(Some(&arguments.env.to_string()), printer, arguments.quiet)?;
    let expected = expect(&loaded)?;
    let request = request(arguments, &loaded.model, &expected, &environment)?;
    let teller = Teller { arguments, printer };
    teller.open(&request, &loaded.model, &expected);
    let ddl = ddl(&loaded)?;
    let make = |credentials: &Credentials| make_tables(credentials, &environment, &loaded.model, &ddl);
    let tables = Tables { statements: statements(&ddl), make: &make };
    let provisioned = provision(&request, &environment, Some(&tables), &mut |event| teller.tell(event))?;
    teller.close(&request, &loaded.model, provisioned.changed);
    if !arguments.dry_run {
        printer
            .data(&credentials::file(&request.secrets, &request.band.to_string()).display().to_string())?;
    }
    Ok(Outcome::Done)
}

/// The tables of the model.
fn ddl(loaded: &Loaded) -> Result<Ddl> {
    let model = &loaded.model;
    let (engine, _) = engine(loaded, "provision")?;
    let shapes: Vec<&TableShape> = (0..model.entities.len()).map(|at| engine.shape(EntityId(at))).collect();
    Ok(Ddl::of_entities(&outline(model, &shapes), Some(DATA_SCHEMA)))
}

fn make_tables(
    credentials: &Credentials,
    environment: &Environment,
    model: &Model,
    ddl: &Ddl,
) -> Result<TablesOutcome> {
    let door = Door {
        target: credentials.target.clone(),
        marker: credentials.marker.clone(),
        environment: environment.clone(),
    };
    let reader = credentials.reader.as_ref().map(|login| login.user.as_str());
    let created = make_empty(&door, DATA_SCHEMA, (&model.name, &model.band), ddl, reader)?;
    Ok(TablesOutcome { created, present: ddl.tables.len() - created })
}

/// What a dry run shows.
fn statements(ddl: &Ddl) -> String {
    let mut text = format!("CREATE SCHEMA {};\n", quote(DATA_SCHEMA));
    let tables = ddl.tables.iter().map(Table::create);
    for statement in ddl.types.iter().cloned().chain(tables).chain(ddl.constraints()) {
        text.push_str(&statement);
        text.push_str(";\n");
    }
    text
}

/// What the model comes to as CSV, which is nearest to what a heap holds.
fn expect(loaded: &Loaded) -> Result<Estimate> {
    // Rows and bytes do not depend on the seed.
    let (engine, resolution) = engine(loaded, "provision")?;
    let choices = Choices { cut: Cut::Default, format: Format::Csv, profile: ParquetProfile::Standard };
    estimate(&engine, &resolution, &count(&engine)?, &choices, 1, DISK_SAMPLE)
}

fn request(
    arguments: &Arguments,
    model: &Model,
    expected: &Estimate,
    environment: &Environment,
) -> Result<Request> {
    Ok(Request {
        band: arguments.env,
        administrator: administrator(arguments, environment)?,
        database: arguments.database.clone().unwrap_or_else(|| arguments.env.database(&model.name)),
        role_prefix: arguments.role_prefix.clone(),
        secrets: arguments.secrets.clone(),
        need: Need { rows: expected.rows(), csv_bytes: expected.bytes() },
        migrate: arguments.migrate.clone(),
        dry_run: arguments.dry_run,
        adopt: arguments.adopt,
        rotate_password: arguments.rotate_password,
    })
}

/// The administrator's connection. Where the credentials of a loader were `source`d, only its server is taken.
fn administrator(arguments: &Arguments, environment: &Environment) -> Result<Target> {
    let mut environment = environment.clone();
    if environment.get("SEEDMILL_MARKER").is_some() {
        for name in LOADERS_VARIABLES {
            environment.0.remove(*name);
        }
    }
    let url = match &arguments.url_from_env {
        None => None,
        Some(name) => Some(Secret::new(environment.get(name).ok_or_else(|| {
            Error::usage_hint(
                format!("--url-from-env names {name}, which is not set"),
                format!("export {name}='postgresql://…'"),
            )
        })?)),
    };
    let request = TargetRequest {
        url,
        host: arguments.host.clone(),
        port: arguments.port,
        user: arguments.user.clone(),
        database: Some(arguments.maintenance_db.clone()),
    };
    let mut target = Target::resolve(&request, &environment)?;
    // The credentials will be read from another folder.
    if let Some(RootCertificates::File(path)) = &mut target.root_certificates {
        *path = std::path::absolute(&*path).map_err(Error::io("cannot find", path))?;
    }
    Ok(target)
}

struct Teller<'t> {
    arguments: &'t Arguments,
    printer: &'t Printer,
}

impl Teller<'_> {
    fn message(&self, line: &str) {
        if !self.arguments.quiet {
            self.printer.message(line);
        }
    }

    fn boxed(&self, text: &str) {
        let bar = "═".repeat(BOX_WIDTH);
        self.message(&format!("╔{bar}╗"));
        self.message(&format!("║  {text:<width$}║", width = BOX_WIDTH - 2));
        self.message(&format!("╚{bar}╝"));
    }

    fn open(&self, request: &Request, model: &Model, expected: &Estimate) {
        let band = request.band.to_string().to_uppercase();
        self.boxed(&format!("Performance Database Provisioning - {band} Environment"));
        let target = &request.administrator;
        for warning in &target.warnings {
            self.message(&format!("! {warning}"));
        }
        self.message("\nConfiguration:");
        self.message(&format!("  Database: {}", request.database));
        self.message(&format!("  User: {}", request.loader()));
        self.message(&format!("  Host: {}:{}", target.host, target.port));
        for (entity, rows) in largest(model, expected) {
            self.message(&format!("  Target {}: {}", title(&model.entity(entity).name), grouped(rows)));
        }
    }

    fn tell(&self, event: Event) {
        match event {
            Event::Step { number, of, title } => self.message(&format!("\n[{number}/{of}] {title}...")),
            Event::Done(text) => self.message(&format!("✓ {text}")),
            Event::Warning { text, lines } => {
                self.message(&format!("! {text}"));
                for line in lines {
                    self.message(&format!("    {line}"));
                }
            }
            Event::Output(line) => self.message(&format!("    {line}")),
            // A reader that has gone away is no reason to stop: nothing is changed.
            Event::Statement(line) => drop(self.printer.data(&line)),
        }
    }

    fn close(&self, request: &Request, model: &Model, changed: bool) {
        self.message("");
        if request.dry_run {
            let text = if changed {
                "✓ Dry Run Complete: Nothing Was Changed"
            } else {
                "✓ Nothing Is To Be Changed"
            };
            return self.boxed(text);
        }
        self.boxed("✓ Provisioning Complete");
        self.message("\nQuick Start:");
        for line in quick_start(request, model, &self.arguments.model) {
            self.message(&line);
        }
    }
}

/// Commands that work as they stand here.
fn quick_start(request: &Request, model: &Model, path: &Path) -> Vec<String> {
    let band = request.band;
    let seed = format!("{band}_baseline_v1");
    let dataset = Layout::in_output(Path::new("output"), &model.name, &band.to_string(), &seed).root;
    let word = |path: &Path| shell_word(&path.display().to_string());
    let script = request.secrets.join(format!("connect-{band}.sh"));
    // A shell looks for a command without a slash in its PATH.
    let script = if script.components().count() > 1 { script } else { Path::new(".").join(script) };
    let monitor = request.secrets.join(format!("monitor-{band}.sql"));
    let file = credentials::file(&request.secrets, &band.to_string());
    let sections = [
        ("Load environment variables", format!("source {}", word(&file))),
        ("Connect to database", word(&script)),
        ("Generate synthetic data", format!("seedmill generate {} --band {band} --seed {seed}", word(path))),
        ("Load it", format!("seedmill load {}", word(&dataset))),
        ("Watch it", format!("{} -f {}", word(&script), word(&monitor))),
    ];
    let mut lines = Vec::new();
    for (at, (what, command)) in sections.into_iter().enumerate() {
        if at > 0 {
            lines.push(String::new());
        }
        lines.push(format!("  # {what}"));
        lines.push(format!("  {command}"));
    }
    lines
}

fn shell_word(text: &str) -> String {
    let plain = |character: char| character.is_alphanumeric() || "-._/=:,@%+".contains(character);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

/// What there is most of, and the largest root that it does not hang below: messages and users, items and customers.
fn largest(model: &Model, expected: &Estimate) -> Vec<(EntityId, u64)> {
    let rows = |wanted: &dyn Fn(EntityId) -> bool| {
        let entities = expected.entities.iter().filter(|entity| wanted(entity.entity));
        // Of equals the first one.
        entities.rev().max_by_key(|entity| entity.rows).map(|entity| (entity.entity, entity.rows))
    };
    let Some(most) = rows(&|_| true) else { return Vec::new() };
    let mut root = most.0;
    while let Some(parent) = model.parent(root) {
        root = parent;
    }
    let roots: Vec<EntityId> = model.roots().filter(|other| *other != root).collect();
    std::iter::once(most).chain(rows(&|entity| roots.contains(&entity))).collect()
}

/// `order_items` as `Order Items`.
fn title(name: &str) -> String {
    let capitalised = |word: &str| {
        let mut characters = word.chars();
        characters
            .next()
            .map(|first| first.to_uppercase().chain(characters).collect::<String>())
            .unwrap_or_default()
    };
    name.split('_').map(capitalised).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_as_titles() {
        assert_eq!(title("messages"), "Messages");
        assert_eq!(title("order_items"), "Order Items");
    }

    #[test]
    fn words_with_blanks_are_quoted() {
        assert_eq!(shell_word(".secrets/.env.dev"), ".secrets/.env.dev");
        assert_eq!(shell_word("my secrets/it's"), r"'my secrets/it'\''s'");
    }
}
