//! [`Need`]: what a loaded dataset takes of the server's disk, and step 2, which asks whether it is there.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use super::work::{Place, Work};
use crate::dataset::directory::free_bytes;
use crate::error::{Error, Result};

/// Bytes that a row takes beside its values: `HeapTupleHeaderData` with its padding (23 + 1), and its line pointer (4).
/// <https://www.postgresql.org/docs/current/storage-page-layout.html>
const ROW_OVERHEAD: u64 = 24 + 4;
/// Bytes of a row in the indexes: a primary key and two foreign keys of 16 bytes, each with an index tuple header (8)
/// and a line pointer (4), in pages that are 90 % full (the B-tree's fill factor); and the temporary files of the
/// largest one while it is sorted.
const INDEX_BYTES_PER_ROW: u64 = 3 * (16 + 8 + 4) * 10 / 9 + (16 + 8 + 4);
/// Bytes of values in the heap for each byte of CSV. Text takes what it takes in CSV, numbers and keys take less (a
/// UUID 16 instead of 37), so that 1 is an upper bound.
const HEAP_BYTES_PER_CSV_BYTE: f64 = 1.0;
/// Where `max_wal_size` cannot be asked: PostgreSQL's default.
const DEFAULT_WAL: u64 = 1 << 30;

/// What a dataset comes to, as `plan` estimates it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Need {
    /// Rows of all tables.
    pub rows: u64,
    /// Their bytes as CSV.
    pub csv_bytes: u64,
}

impl Need {
    /// Bytes of tables and indexes.
    pub fn stored(&self) -> u64 {
        let values = (self.csv_bytes as f64 * HEAP_BYTES_PER_CSV_BYTE) as u64;
        self.rows.saturating_mul(ROW_OVERHEAD + INDEX_BYTES_PER_ROW).saturating_add(values)
    }

    /// Bytes of the write-ahead log while it is loaded: every byte once, but no more than is kept between checkpoints.
    fn log(&self, kept: u64) -> u64 {
        self.stored().min(kept)
    }
}

/// Step 2.
pub(super) fn check(work: &mut Work<'_>) -> Result<()> {
    let need = work.request.need;
    let kept = work
        .row(Place::Server, "SELECT pg_size_bytes(current_setting('max_wal_size'))", &[])?
        .map_or(DEFAULT_WAL, |row| row.get::<_, i64>(0).unsigned_abs());
    let there = stored_already(work)?;
    let needed = need.stored().saturating_sub(there) + need.log(kept);
    match data_directory(work)? {
        Ok(folder) => {
            let free = free_bytes(&folder)?;
            if free < needed {
                let error = too_small(free, needed);
                if !work.request.dry_run {
                    return Err(error);
                }
                work.warn(format!("{error}: without --dry-run, this is where it ends"), Vec::new());
                return Ok(());
            }
            work.done(format!("Disk space sufficient ({} available, ~{} needed)", size(free), size(needed)));
        }
        Err(reason) => work.warn(
            format!("Disk space cannot be measured: {reason}; ~{} are needed there", size(needed)),
            Vec::new(),
        ),
    }
    Ok(())
}

fn too_small(free: u64, needed: u64) -> Error {
    Error::Resource {
        message: format!("Insufficient disk space ({} available, ~{} needed)", size(free), size(needed)),
        hint: Some("free up space or use a smaller environment (dev instead of staging)".to_owned()),
    }
}

/// What a second run finds loaded need not be stored again.
fn stored_already(work: &mut Work<'_>) -> Result<u64> {
    let name = work.request.database.clone();
    let query = "SELECT CASE WHEN has_database_privilege(oid, 'CONNECT') THEN pg_database_size(oid) ELSE 0 END \
                 FROM pg_database WHERE datname = $1";
    Ok(work.row(Place::Server, query, &[&name])?.map_or(0, |row| row.get::<_, i64>(0).unsigned_abs()))
}

/// The folder of the server's data, if it is on this machine; else why it cannot be looked at.
fn data_directory(work: &mut Work<'_>) -> Result<std::result::Result<PathBuf, String>> {
    let query = "SELECT inet_server_addr(), current_setting('data_directory', true)";
    let readable = "SELECT pg_has_role(current_user, 'pg_read_all_settings', 'USAGE')";
    if !work.superuser && !work.holds(Place::Server, readable, &[])? {
        return Ok(Err("only a superuser may ask where the server keeps its data".to_owned()));
    }
    let Some(row) = work.row(Place::Server, query, &[])? else {
        return Err(Error::internal("a SELECT without a table has one row"));
    };
    let address: Option<IpAddr> = row.get(0);
    let folder: Option<String> = row.get(1);
    if address.is_some_and(|address| !address.is_loopback()) {
        return Ok(Err(format!("the server is on another machine ({})", work.request.administrator.host)));
    }
    let folder = folder.unwrap_or_default();
    match Path::new(&folder).try_exists() {
        Ok(true) => Ok(Ok(PathBuf::from(folder))),
        Ok(false) => Ok(Err(format!("the server's folder {folder} is not on this machine"))),
        Err(error) => Ok(Err(format!("the server's folder {folder}: {error}"))),
    }
}

/// `50GB`, as people speak of disks.
fn size(bytes: u64) -> String {
    let [mega, giga] = [1_000_000, 1_000_000_000];
    if bytes >= 10 * giga {
        format!("{}GB", bytes / giga)
    } else if bytes >= giga {
        format!("{}.{}GB", bytes / giga, bytes % giga * 10 / giga)
    } else {
        format!("{}MB", bytes.div_ceil(mega))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_takes_its_values_its_header_and_its_place_in_the_indexes() {
        assert_eq!(Need { rows: 0, csv_bytes: 0 }.stored(), 0);
        assert_eq!(Need { rows: 10, csv_bytes: 1_000 }.stored(), 10 * (28 + 93 + 28) + 1_000);
    }

    #[test]
    fn the_log_is_kept_for_two_checkpoints_at_most() {
        let need = Need { rows: 0, csv_bytes: 500 };
        assert_eq!((need.log(1_000), need.log(100)), (500, 100));
    }

    #[test]
    fn sizes_are_round() {
        assert_eq!(size(50_900_000_000), "50GB");
        assert_eq!(size(9_990_000_000), "9.9GB");
        assert_eq!(size(1_500_000), "2MB");
    }

    #[test]
    fn too_little_is_a_resource_that_is_missing() {
        let error = too_small(1, 2_000_000_000);
        assert!(matches!(&error, Error::Resource { .. }), "{error:?}");
        assert!(error.hint().unwrap().contains("dev instead of staging"));
    }
}
