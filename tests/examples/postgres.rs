//! Each example in a database: `provision` makes it, `load` fills it, and psql counts what is broken there.

use std::path::Path;
use std::process::{Command, Output};

use super::promises::{model, tiny};
use super::support::{printed, repository, said};

/// The schema that the datasets are loaded into.
const SCHEMA: &str = "examples";

/// What each query counts is wrong.
const LEDGER: &[(&str, &str)] = &[
    ("running balances", "select count(*) from (select t.balance, a.opening_balance + sum(t.amount - t.fee)
        over (partition by t.account_id order by t.booked_at) as counted
        from transactions t join accounts a on a.id = t.account_id) t where balance <> counted"),
    ("closing balances", "select count(*) from accounts a left join (select account_id, sum(amount) as moved from entries
        group by account_id) e on e.account_id = a.id where closing_balance <> opening_balance + coalesce(e.moved, 0)"),
    ("double entry", "select count(*) from (select from entries group by transaction_id having sum(amount) <> 0) e"),
    ("trial balance", "select count(*) from (select sum(amount) as total from entries) e where total <> 0"),
    ("one account for an entry", "select count(*) from entries where (account_id is null) = (gl_code is null)"),
    ("statements", "select count(*) from statements where closing_balance <> opening_balance + credits - debits"),
];
const SENSORS: &[(&str, &str)] = &[
    ("alerts over the threshold", "select count(*) from readings r join sensors s on s.id = r.sensor_id
        left join alerts a on a.reading_id = r.id where coalesce(r.value > s.alarm_above, false) <> (a.id is not null)"),
    ("readings in order of their UUIDs", "select count(*) from (select id, lag(id) over (partition by sensor_id
        order by measured_at) as before from readings) r where before >= id"),
    ("calibrations", "select count(*) from sensors where cardinality(calibration) <> 3 or 0.2 < any (calibration)"),
    ("gaps", "select count(*) from readings where (value is null) <> (quality = 'MISSING')"),
    ("readings in an outage", "select count(*) from outages o join sensors s on s.device_id = o.device_id
        join readings r on r.sensor_id = s.id and r.measured_at >= o.started_at + interval '5 seconds'
        and r.measured_at < o.ended_at where r.quality <> 'MISSING'"),
];
const CLINIC: &[(&str, &str)] = &[
    (
        "circles of departments",
        "with recursive below as (select id from departments where parent_id is null
        union select d.id from departments d join below b on d.parent_id = b.id)
        select count(*) from departments where id not in (select id from below)",
    ),
    (
        "circles of staff",
        "with recursive below as (select id from staff where supervisor_id is null
        union select s.id from staff s join below b on s.supervisor_id = b.id)
        select count(*) from staff where id not in (select id from below)",
    ),
    ("contacts", "select count(*) from patients where contact #>> '{address,postcode}' <> postcode"),
    (
        "vital signs",
        "select count(*) from appointments where (vitals is null) <> (status <> 'COMPLETED')
        or (vitals #>> '{blood_pressure,systolic}')::int <> systolic",
    ),
    (
        "codes of conditions",
        "select count(*) from appointments, unnest(icd_codes) as code
        where code not in (select icd from conditions)",
    ),
    ("totals", "select count(*) from prescriptions where total <> packs * unit_price"),
    (
        "leads",
        "select count(*) from appointments a where not exists (select from appointment_staff s
        where s.appointment_id = a.id and s.staff_id = a.lead_id and s.duty = 'LEAD')",
    ),
];

/// A database of its own with roles of its own, dropped with the value.
struct Place {
    server: String,
    name: String,
    folder: tempfile::TempDir,
}

impl Place {
    fn new(server: String, example: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let place = Self { server, name: format!("example{}_{example}", std::process::id()), folder };
        place.remove();
        place
    }

    fn database(&self) -> String {
        format!("{}_perf", self.name)
    }

    fn secrets(&self) -> std::path::PathBuf {
        self.folder.path().join("secrets")
    }

    /// The program without what the test's own environment says of databases.
    fn program(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_seedmill"));
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy().into_owned();
            if name.starts_with("PG")
                || name.ends_with("_ENV")
                || name == "ENVIRONMENT"
                || name == "DATABASE_URL"
            {
                command.env_remove(name);
            }
        }
        command.args(arguments).args(["--env=dev", "--secrets"]).arg(self.secrets());
        let output = command.env("TEST_SERVER", &self.server).output().expect("the program starts");
        assert!(output.status.success(), "{arguments:?}: {}", said(&output));
        output
    }

    fn psql(&self, database: &str, statement: &str) -> Output {
        let (server, _) = self.server.rsplit_once('/').expect("a URL with a database");
        let url = format!("{server}/{database}");
        let options = format!("-c search_path={SCHEMA} -c timezone=UTC");
        Command::new("psql")
            .args([&url, "-XqAt", "-v", "ON_ERROR_STOP=1", "-c", statement])
            .env("PGOPTIONS", options)
            .output()
            .expect("psql starts")
    }

    fn count(&self, query: &str) -> String {
        let output = self.psql(&self.database(), query);
        assert!(output.status.success(), "{query}: {}", said(&output));
        printed(&output).trim().to_owned()
    }

    fn remove(&self) {
        self.psql("postgres", &format!("drop database if exists {} with (force)", self.database()));
        for role in ["owner", "user", "reader"] {
            self.psql("postgres", &format!("drop role if exists {}_dev_{role}", self.name));
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.remove();
    }
}

#[test]
fn every_example_is_provisioned_loaded_and_whole_in_a_database() {
    let Ok(server) = std::env::var("SEEDMILL_TEST_POSTGRES") else {
        eprintln!("skipped: SEEDMILL_TEST_POSTGRES names no server");
        return;
    };
    for (example, queries) in [("ledger", LEDGER), ("sensors", SENSORS), ("clinic", CLINIC)] {
        let place = Place::new(server.clone(), example);
        let model = repository(&model(example));
        let text = |path: &Path| path.to_str().expect("UTF-8").to_owned();
        let provision = ["provision", "--quiet", "--url-from-env=TEST_SERVER", "--model", &text(&model)];
        place.program(
            &[&provision[..], &["--database", &place.database(), "--role-prefix", &place.name]].concat(),
        );
        let dataset = tiny(example, "parquet");
        let out = text(&place.folder.path().join("out"));
        place.program(&["load", &text(&dataset.path), "--schema", SCHEMA, "--out", &out]);
        for (what, query) in queries {
            assert_eq!(place.count(query), "0", "{example}: {what}");
        }
    }
}
