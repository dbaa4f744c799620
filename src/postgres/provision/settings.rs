//! [`Band`]: the scales that a database is provisioned for, and the server's parameters for each.

use std::fmt;
use std::str::FromStr;

/// A scale that a database is provisioned for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Band {
    /// Local development.
    Dev,
    /// Validation before production.
    Staging,
    /// Load tests and capacity planning.
    Perf,
}

impl fmt::Display for Band {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Dev => "dev",
            Self::Staging => "staging",
            Self::Perf => "perf",
        })
    }
}

impl FromStr for Band {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        [Self::Dev, Self::Staging, Self::Perf]
            .into_iter()
            .find(|band| band.to_string() == text)
            .ok_or_else(|| "dev, staging or perf".to_owned())
    }
}

impl Band {
    /// The database of a model: `chat_perf_dev`, and `chat_perf` for perf.
    pub fn database(self, model: &str) -> String {
        match self {
            Self::Dev | Self::Staging => format!("{model}_perf_{self}"),
            Self::Perf => format!("{model}_perf"),
        }
    }

    /// Memory of one sort or hash of a query.
    const fn work_mem(self) -> &'static str {
        match self {
            Self::Dev => "64MB",
            Self::Staging => "128MB",
            Self::Perf => "256MB",
        }
    }

    /// Memory of one CREATE INDEX or VACUUM. dev's largest key sorts in it: 5M entries of about 40 bytes are 200 MB.
    /// No memory holds the keys of the others; VACUUM takes no more than 1 GB for its list of dead rows before
    /// PostgreSQL 17, and each worker of autovacuum may take as much.
    const fn maintenance_work_mem(self) -> &'static str {
        match self {
            Self::Dev => "256MB",
            Self::Staging => "512MB",
            Self::Perf => "1GB",
        }
    }

    /// The server's page cache.
    const fn shared_buffers(self) -> &'static str {
        match self {
            Self::Dev => "256MB",
            Self::Staging => "1GB",
            Self::Perf => "2GB",
        }
    }

    /// What is set for the database alone, in the order of telling.
    pub(super) const fn of_database(self) -> [(&'static str, &'static str); 5] {
        [
            ("work_mem", self.work_mem()),
            ("maintenance_work_mem", self.maintenance_work_mem()),
            ("log_min_duration_statement", "1000ms"),
            ("track_io_timing", "on"),
            ("pg_stat_statements.track", "top"),
        ]
    }

    /// What only the whole server can have, with how it is compared.
    pub(super) const fn of_server(self) -> [(&'static str, &'static str, Comparison); 5] {
        [
            ("shared_buffers", self.shared_buffers(), Comparison::BytesAtLeast),
            ("autovacuum_vacuum_scale_factor", "0.05", Comparison::Number),
            ("autovacuum_analyze_scale_factor", "0.02", Comparison::Number),
            ("autovacuum_vacuum_cost_limit", "2000", Comparison::Number),
            ("log_autovacuum_min_duration", "0", Comparison::Number),
        ]
    }
}

/// When a server's parameter is as it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    /// A server that has more for others' sake is not asked to have less.
    BytesAtLeast,
    /// The same number.
    Number,
}

/// Storage parameters of every loaded table, so that autovacuum keeps up with it whatever the server has.
pub const TABLE_SETTINGS: &[(&str, &str)] = &[
    ("autovacuum_vacuum_scale_factor", "0.05"),
    ("autovacuum_analyze_scale_factor", "0.02"),
    ("autovacuum_vacuum_cost_limit", "2000"),
    ("log_autovacuum_min_duration", "0"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_band_is_known_by_its_name() {
        for name in ["dev", "staging", "perf"] {
            assert_eq!(name.parse::<Band>().unwrap().to_string(), name);
        }
        assert!("production".parse::<Band>().is_err());
    }

    #[test]
    fn databases_have_the_documented_names() {
        let names = [Band::Dev, Band::Staging, Band::Perf].map(|band| band.database("chat"));
        assert_eq!(names, ["chat_perf_dev", "chat_perf_staging", "chat_perf"]);
    }

    #[test]
    fn the_server_is_asked_for_no_less_than_each_table() {
        for (name, value) in TABLE_SETTINGS {
            assert!(
                Band::Dev.of_server().iter().any(|(other, same, _)| other == name && same == value),
                "{name}"
            );
        }
    }
}
