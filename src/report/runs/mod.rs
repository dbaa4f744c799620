//! [`RunRecord`]: the record of a load, where records lie, and how long they are kept.
//!
//! ```text
//! output/perf-data/
//!   run_1729612345.json       one load; `.run_1729612345.json.inprogress` while it runs
//!   latest_run.json           a symlink to the newest
//!   teardown.sh               drops what the last load loaded
//!   archive/                  records that were put away
//!   generation_configs/       what makes the loaded datasets again
//! ```

mod draft;
mod folder;
mod latest;
mod made;
mod name;
mod record;
mod recorder;
mod retention;
mod teardown;

pub use folder::{Contents, PerfData, Stored, Stranger};
pub use made::{generated_at, sums_digest};
pub use name::RunName;
pub use record::{GenerationConfig, Phase, RECORD_VERSION, RunRecord, Status, VerifiedCheck};
pub use recorder::{Beginning, Recorder, Written, write};
pub use retention::{Expired, Kind, age_in_days, is_older};
