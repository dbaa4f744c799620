//! [`GenerationPlan`]: how much is made and how it is cut: a value that can be printed and tested.

mod count;
mod estimate;
mod weights;

use std::collections::BTreeMap;
use std::ops::Range;

use serde::{Deserialize, Serialize};

pub use count::{Counted, count};
pub use estimate::{DISK_SAMPLE, Estimate, PLAN_SAMPLE, estimate};

use crate::dataset::fingerprint::Fingerprints;
use crate::dataset::format::{Format, ParquetProfile};
use crate::dataset::layout::Layout;
use crate::error::{Error, Result};
use crate::family::{Engine, FirstRows};
use crate::model::EntityId;

/// Rows in a shard of the default cut, with all that is below its roots: parts of a size that loads well, and
/// enough shards for many cores.
const SHARD_ROWS: u64 = 1 << 19;
/// More shards than this only slow a file system down.
const MOST_SHARDS: usize = 100_000;

/// A range of a family's roots: the unit of parallel work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShardPlan {
    /// Its number among all shards.
    pub number: usize,
    /// Its number among those of its family, which names its parts.
    pub part: usize,
    /// The family's root entity.
    pub family: EntityId,
    /// Its roots.
    pub roots: Range<u64>,
    /// The global number of each entity's first row, where rows are counted.
    pub first_rows: FirstRows,
    /// About how many rows it has, roots and all that is below them: its weight.
    pub rows: u64,
}

/// Everything that a run will write.
#[derive(Clone, Debug)]
pub struct GenerationPlan {
    /// The shards, family by family.
    pub shards: Vec<ShardPlan>,
    /// The dataset's identity.
    pub fingerprints: Fingerprints,
    /// The parts' format.
    pub format: Format,
    /// The dialect of Parquet.
    pub profile: ParquetProfile,
}

/// `plan.json`: what the directory is going to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanFile {
    /// Tells our directories from others.
    pub seedmill_plan: u32,
    /// The model's name.
    pub model: String,
    /// The band.
    pub band: String,
    /// The seed string.
    pub seed: String,
    /// The dataset's identity.
    pub fingerprints: Fingerprints,
    /// The parts' format.
    pub format: Format,
    /// The dialect of Parquet.
    pub profile: ParquetProfile,
    /// The shards.
    pub shards: Vec<PlannedShard>,
}

/// A shard of `plan.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedShard {
    /// Its number.
    pub shard: usize,
    /// The family's root entity.
    pub family: String,
    /// First root and the one after the last.
    pub roots: (u64, u64),
    /// The parts that it writes.
    pub parts: Vec<String>,
}

/// What the caller decides about the cut and the files.
#[derive(Clone, Debug)]
pub struct Choices {
    /// Where families are cut.
    pub cut: Cut,
    /// The parts' format.
    pub format: Format,
    /// The dialect of Parquet.
    pub profile: ParquetProfile,
}

/// Where families are cut into shards.
#[derive(Clone, Debug)]
pub enum Cut {
    /// A function of model, band and seed.
    Default,
    /// So many shards of equal numbers of roots for each family.
    Even(usize),
    /// As a dataset has it already: the ends of each family's shards.
    Ends(BTreeMap<String, Vec<u64>>),
}

/// Plans a dataset whose rows are counted: cuts every family into shards.
///
/// # Errors
///
/// Too many shards, or a count that cannot be made.
pub fn plan(
    engine: &Engine<'_>,
    counted: &[Counted],
    seed: &str,
    choices: &Choices,
) -> Result<GenerationPlan> {
    let model = engine.model;
    let mut shards = Vec::new();
    for counted in counted {
        let family = counted.family();
        let ends = match &choices.cut {
            Cut::Default => counted.ends(SHARD_ROWS),
            Cut::Even(wanted) => even_ends(counted.roots(), *wanted),
            Cut::Ends(ends) => ends.get(&model.entity(family).name).cloned().unwrap_or_default(),
        };
        too_many_shards(shards.len() + ends.len())?;
        let mut first = 0;
        for (part, end) in ends.into_iter().enumerate() {
            shards.push(ShardPlan {
                number: shards.len(),
                part,
                family,
                roots: first..end,
                first_rows: counted.before(engine, first)?,
                rows: counted.weight(first..end),
            });
            first = end;
        }
    }
    let cut: Vec<(String, u64, u64)> = shards
        .iter()
        .map(|shard| (model.entity(shard.family).name.clone(), shard.roots.start, shard.roots.end))
        .collect();
    let fingerprints = Fingerprints::of(model, seed, choices.format, choices.profile, &cut);
    Ok(GenerationPlan { shards, fingerprints, format: choices.format, profile: choices.profile })
}

fn too_many_shards(shards: usize) -> Result<()> {
    if shards <= MOST_SHARDS {
        return Ok(());
    }
    Err(Error::usage_hint(
        format!("{shards} shards are more than {MOST_SHARDS}"),
        "ask for fewer with --shards, or for fewer rows",
    ))
}

/// Ends of `wanted` ranges of equal length; at least one, even without roots.
fn even_ends(roots: u64, wanted: usize) -> Vec<u64> {
    let wanted = (wanted.max(1) as u64).min(roots.max(1));
    (1..=wanted).map(|at| (u128::from(roots) * u128::from(at) / u128::from(wanted)) as u64).collect()
}

impl PlanFile {
    /// The ends of each family's shards.
    pub fn cut(&self) -> Cut {
        let mut ends: BTreeMap<String, Vec<u64>> = BTreeMap::new();
        for shard in &self.shards {
            ends.entry(shard.family.clone()).or_default().push(shard.roots.1);
        }
        Cut::Ends(ends)
    }

    /// Reads the `plan.json` of a directory.
    ///
    /// # Errors
    ///
    /// [`Error::Usage`] if there is none, [`Error::File`] if it is not ours.
    pub fn read(layout: &Layout) -> Result<Self> {
        let path = layout.plan();
        if !path.exists() {
            return Err(Error::usage_hint(
                format!("`{}` is no dataset", layout.root.display()),
                "name the directory that `seedmill generate` printed",
            ));
        }
        let text = std::fs::read_to_string(&path).map_err(Error::io("cannot read", &path))?;
        serde_json::from_str(&text)
            .map_err(|error| Error::file(&path, format!("not a plan of seedmill: {error}")))
    }
}

impl GenerationPlan {
    /// The plan as `plan.json` has it.
    pub fn file(&self, engine: &Engine<'_>, seed: &str) -> PlanFile {
        let model = engine.model;
        let shards = self
            .shards
            .iter()
            .map(|shard| PlannedShard {
                shard: shard.number,
                family: model.entity(shard.family).name.clone(),
                roots: (shard.roots.start, shard.roots.end),
                parts: model
                    .family(shard.family)
                    .into_iter()
                    .map(|entity| Layout::part_name(&model.entity(entity).name, shard.part, self.format))
                    .collect(),
            })
            .collect();
        PlanFile {
            seedmill_plan: 1,
            model: model.name.clone(),
            band: model.band.clone(),
            seed: seed.to_owned(),
            fingerprints: self.fingerprints.clone(),
            format: self.format,
            profile: self.profile,
            shards,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::even_ends;

    #[test]
    fn even_cuts_cover_all_roots_and_leave_no_shard_empty() {
        assert_eq!(even_ends(10, 3), [3, 6, 10]);
        assert_eq!(even_ends(2, 7), [1, 2]);
        assert_eq!(even_ends(0, 4), [0]);
    }
}
