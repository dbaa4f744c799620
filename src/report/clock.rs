//! The wall clock: reports and archives are stamped, datasets never are.

use jiff::Timestamp;

/// The time of day, in UTC.
#[expect(clippy::disallowed_methods, reason = "reports are stamped with the time of the run")]
pub fn now() -> Timestamp {
    let now = std::time::SystemTime::now();
    // A clock outside the calendar is no reason to fail a run.
    Timestamp::try_from(now).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// Today as `20251022`.
pub fn date() -> String {
    now().strftime("%Y%m%d").to_string()
}

/// A seed for a run that was given none: `dev_20251022_1a2b3c`.
pub fn new_seed(band: &str) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&now().as_nanosecond().to_le_bytes());
    hasher.update(&std::process::id().to_le_bytes());
    format!("{band}_{}_{}", date(), &hasher.finalize().to_hex()[..6])
}
