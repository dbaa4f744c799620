//! [`Kind::kept_days`]: how long each file of the folder is kept, as the documents say.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::civil::Date;

use super::folder::{Contents, Stored};
use super::record::Status;

const DAY: i64 = 24 * 60 * 60;

/// What is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The record of a completed load.
    Load,
    /// The record of a failed load.
    FailedLoad,
    /// A configuration.
    Configuration,
    /// The script that tears a load down.
    Teardown,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Load, Self::FailedLoad, Self::Configuration, Self::Teardown];

    /// Days that it is kept: load metadata for a year, generation configurations for two, failed runs for 90 days,
    /// teardown scripts for 30 (or until they were used).
    pub fn kept_days(self) -> i64 {
        match self {
            Self::Load => 365,
            Self::FailedLoad => 90,
            Self::Configuration => 2 * 365,
            Self::Teardown => 30,
        }
    }
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Load => "record of a load",
            Self::FailedLoad => "record of a failed load",
            Self::Configuration => "generation configuration",
            Self::Teardown => "teardown script",
        })
    }
}

/// Whether something of that time is older than so many days. What comes from the future is not.
pub fn is_older(time: Timestamp, days: i64, now: Timestamp) -> bool {
    now.as_second().saturating_sub(time.as_second()) > days.saturating_mul(DAY)
}

/// Whole days from a time to now.
pub fn age_in_days(time: Timestamp, now: Timestamp) -> i64 {
    now.as_second().saturating_sub(time.as_second()).div_euclid(DAY)
}

/// A file whose time has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expired {
    /// The file.
    pub path: PathBuf,
    /// What it is.
    pub kind: Kind,
    /// How old it is, in days.
    pub days: i64,
}

impl Stored {
    /// What it is to the policy.
    pub fn kind(&self) -> Kind {
        match self.record.status {
            Status::Completed => Kind::Load,
            Status::Failed => Kind::FailedLoad,
        }
    }
}

impl Contents {
    /// What the policy lets go at a time: of ours alone, never a stranger.
    pub fn expired(&self, now: Timestamp) -> Vec<Expired> {
        let runs = self.runs.iter().map(|run| (&run.path, run.kind(), Some(run.record.load_started_at)));
        let configurations = self
            .configurations
            .iter()
            .map(|(path, _)| (path, Kind::Configuration, dated(path).or_else(|| modified(path))));
        let teardown = self.teardown.iter().map(|(path, run)| {
            (path, Kind::Teardown, Timestamp::from_second(run.second).ok().or_else(|| modified(path)))
        });
        runs.chain(configurations)
            .chain(teardown)
            .filter_map(|(path, kind, time)| {
                let time = time?;
                let days = age_in_days(time, now);
                is_older(time, kind.kept_days(), now).then(|| Expired { path: path.clone(), kind, days })
            })
            .collect()
    }
}

/// The date in a configuration's name, such as `dev_20251022.json` or `dev_20251022_2.json`: the day's end.
fn dated(path: &Path) -> Option<Timestamp> {
    let stem = path.file_stem()?.to_str()?;
    let day = stem.rsplit('_').take(2).find_map(|piece| {
        let is_date = piece.len() == 8 && piece.bytes().all(|byte| byte.is_ascii_digit());
        is_date.then(|| Date::strptime("%Y%m%d", piece).ok())?
    })?;
    let first = day.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp();
    Timestamp::from_second(first.as_second() + DAY - 1).ok()
}

fn modified(path: &Path) -> Option<Timestamp> {
    Timestamp::try_from(std::fs::metadata(path).ok()?.modified().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documents_periods_hold() {
        assert_eq!(Kind::ALL.map(Kind::kept_days), [365, 90, 730, 30]);
    }

    #[test]
    fn a_period_ends_with_its_last_second() {
        let time = Timestamp::from_second(1_000_000).unwrap();
        let after = |seconds: i64| Timestamp::from_second(1_000_000 + seconds).unwrap();
        assert!(!is_older(time, 30, after(30 * DAY)));
        assert!(is_older(time, 30, after(30 * DAY + 1)));
        assert!(!is_older(after(5), 0, time), "the future is not old");
    }

    #[test]
    fn a_configuration_is_as_old_as_its_name_says() {
        let end = |name: &str| dated(Path::new(name)).map(|time| time.to_string());
        let expected = Some("2025-10-22T23:59:59Z".to_owned());
        for name in ["dev_20251022.json", "dev_20251022_2.json", "my_band_20251022_12.json"] {
            assert_eq!(end(name), expected, "{name}");
        }
        for name in ["dev.json", "dev_2025102.json", "dev_20251399.json"] {
            assert_eq!(end(name), None, "{name}");
        }
    }
}
