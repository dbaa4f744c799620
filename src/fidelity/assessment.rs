//! [`Assessment`]: what the judge found, and its verdict; everything that a report tells.

use serde::Serialize;

/// GATE 1's answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Verdict {
    /// The dataset is what the model declares.
    #[serde(rename = "GO")]
    Go,
    /// It is not.
    #[serde(rename = "NO-GO")]
    NoGo,
}

/// What became of one check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum State {
    /// Inside its threshold.
    Pass,
    /// Outside, but no more than chance allows.
    Warn,
    /// Outside.
    Fail,
}

/// How a figure is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// A number of things.
    Count,
    /// A part of a whole, 0 to 1, printed as a percentage.
    Share,
    /// How many times as much.
    Ratio,
    /// A distance between two laws, 0 to 1.
    Distance,
    /// A plain number in the column's unit.
    Number,
    /// Seconds.
    Seconds,
}

/// A statistical check: one figure of the data against what the model comes to.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Check {
    /// What it is of: `messages.content`, `messages per conversations`, `users`.
    pub subject: String,
    /// What is measured: `KS distance`, `share of the top 1 %`, `median`.
    pub measure: String,
    /// The name that the model gives to a group of checks, such as `content length`.
    pub group: Option<String>,
    /// The declaration in words, where the model declares this very figure.
    pub declared: Option<String>,
    /// What the declaration comes to.
    pub resolved: Option<f64>,
    /// What the data has.
    pub observed: f64,
    /// The unit of `resolved` and `observed`.
    pub unit: Unit,
    /// How far off the data is, in the threshold's unit.
    pub effect: f64,
    /// How far off it may be.
    pub threshold: f64,
    /// Where the threshold comes from, in words.
    pub threshold_from: String,
    /// How far off chance alone puts a true dataset of this size (1.63 standard deviations, or KS at 1 %).
    pub noise: f64,
    /// What became of it.
    pub state: State,
    /// A FAIL alone makes the verdict NO-GO.
    pub critical: bool,
    /// Chance exceeds the threshold: a PASS says little.
    pub low_power: bool,
    /// What to change in the model or the data, after a WARN or FAIL.
    pub advice: Option<String>,
}

/// Which promise of a model a counter counts the breaches of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Promise {
    /// Files can be read, have the columns and types of the model, and agree with the manifest.
    Files,
    /// Primary keys are there and different.
    PrimaryKey,
    /// Declared uniqueness.
    Unique,
    /// Keys point at rows that exist.
    Reference,
    /// Keys that must not be NULL; NULL exactly where the model says.
    Null,
    /// Times rise strictly under one parent.
    Order,
    /// Validation rules.
    Validation,
    /// Columns that follow from others by a rule: copies, expressions, aggregates.
    Derived,
    /// Values that the declaration cannot give.
    Domain,
    /// Who may stand in whose row: a sender is a member, a reader is not the sender.
    Scope,
    /// Numbers of children that a rule fixes.
    Cardinality,
    /// Personal data.
    Privacy,
}

/// Where a breach stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Place {
    /// The file, from the dataset's root.
    pub file: String,
    /// The row in the file, from 1; none where the file as a whole is meant.
    pub row: Option<u64>,
    /// The column.
    pub column: Option<String>,
    /// What stands there, shortened; personal data is redacted.
    pub found: String,
}

/// An exact count of breaches over all rows; anything above 0 is a critical failure.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Counter {
    /// What kind of promise.
    pub promise: Promise,
    /// What it is of: `messages.senderId`.
    pub subject: String,
    /// The promise in words: `every value is an id of users`.
    pub rule: String,
    /// Rows that were looked at.
    pub examined: u64,
    /// Breaches.
    pub violations: u64,
    /// The first of them.
    pub places: Vec<Place>,
    /// What to do about it, where there are any.
    pub advice: Option<String>,
}

/// A quantity of one law beside the same of the data, for pictures. All are exact and bounded in size.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Portrait {
    /// How many children parents have.
    Volumes(Volumes),
    /// A number, a length or a delay.
    Numbers(Numbers),
    /// Categories.
    Categories(Categories),
    /// Times of a rhythm.
    Rhythm(Rhythm),
    /// How evenly times follow each other.
    Gaps(Gaps),
}

/// Children per parent.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Volumes {
    /// `messages per conversations`.
    pub subject: String,
    /// The parent's name.
    pub parent: String,
    /// The child's name.
    pub child: String,
    /// Parents.
    pub parents: u64,
    /// Children.
    pub children: u64,
    /// Size of the data's parent of rank `i` (0 the biggest) for a few hundred ranks: (rank, size), sizes descending.
    pub observed: Vec<(u64, u64)>,
    /// The same ranks by the resolved law.
    pub resolved: Vec<(u64, f64)>,
    /// The declared anchors: (survival, size, whether it holds).
    pub anchors: Vec<(f64, f64, bool)>,
    /// The Lorenz curve: (share of parents from the biggest down, share of children) of the data.
    pub lorenz: Vec<(f64, f64)>,
    /// The same of the resolved law.
    pub lorenz_resolved: Vec<(f64, f64)>,
    /// Parents of 1-10, 11-50, 51-100, 101-500, 501-1K, 1K-5K, 5K+ children, and of none before them: (label, parents, children).
    pub buckets: Vec<(String, u64, u64)>,
}

/// A numeric column, or one case of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Numbers {
    /// `messages.content`, or `attachments.sizeBytes where messages.type = 'IMAGE'`.
    pub subject: String,
    /// `characters`, `rows`, `seconds`, `time` (microseconds since 1970), or empty.
    pub unit: String,
    /// Values spread over orders of magnitude: draw a logarithmic axis.
    pub logarithmic: bool,
    /// Edges of the bins, ascending; one more than `observed`.
    pub edges: Vec<f64>,
    /// Share of the data in each bin.
    pub observed: Vec<f64>,
    /// Share of the resolved law in each bin.
    pub resolved: Vec<f64>,
}

/// A categorical column, or one case of it; also sizes of a few.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Categories {
    /// `messages.type`.
    pub subject: String,
    /// Label, share of the data, share of the resolved law; at most 40, the largest first.
    pub shares: Vec<(String, f64, f64)>,
}

/// Times of a process.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Rhythm {
    /// `messages.createdAt`.
    pub subject: String,
    /// The zone whose wall clocks tell the hours.
    pub zone: String,
    /// Rows by hour of the week, Monday 00:00 first: 168.
    pub observed: Vec<u64>,
    /// Share of the resolved law by hour of the week.
    pub resolved: Vec<f64>,
    /// The first day of `daily`, in ISO form.
    pub first_day: String,
    /// Rows by day.
    pub daily: Vec<u64>,
}

/// The variation of gaps by the size of the family.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Gaps {
    /// `messages.createdAt`.
    pub subject: String,
    /// The declared coefficient.
    pub declared: f64,
    /// Label of a size class, families in it, mean coefficient of variation, and what the law gives there.
    pub classes: Vec<(String, u64, f64, f64)>,
}

/// An entity's rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EntityRows {
    /// Its name.
    pub entity: String,
    /// Other names that reports carry.
    pub aliases: Vec<String>,
    /// Rows in the files.
    pub rows: u64,
    /// Files.
    pub files: u64,
    /// Bytes of the files.
    pub bytes: u64,
}

/// What the model does not know of, or what could not be judged, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Remark {
    /// What it is of.
    pub subject: String,
    /// What there is to say.
    pub text: String,
}

/// The figures of the model's principal volume: how many children its busiest kind of parent has.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HeavySummary {
    /// `conversations`.
    pub parent: String,
    /// `messages`.
    pub child: String,
    /// Parents in the top 1 %.
    pub top_1_percent_parents: u64,
    /// Their share of the children.
    pub top_1_percent_share: f64,
    /// The share of the top 5 %.
    pub top_5_percent_share: f64,
    /// Median, 75th, 90th, 95th and 99th percentile, as `percentile_cont` gives them.
    pub p50: f64,
    /// See `p50`.
    pub p75: f64,
    /// See `p50`.
    pub p90: f64,
    /// See `p50`.
    pub p95: f64,
    /// See `p50`.
    pub p99: f64,
    /// The most.
    pub max: u64,
}

/// The values of a categorical column with their rows.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TypeSummary {
    /// `messages`.
    pub entity: String,
    /// `type`.
    pub column: String,
    /// Value and rows, the most frequent first.
    pub counts: Vec<(String, u64)>,
}

/// The day's rhythm.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HoursSummary {
    /// `messages.createdAt`.
    pub subject: String,
    /// Hours (UTC) with at least nine tenths of the busiest hour's rows.
    pub peak_hours: Vec<u32>,
    /// Rows of the busiest hour over rows of the quietest.
    pub diurnal_variation: f64,
    /// Rows by hour.
    pub hours: Vec<u64>,
}

/// The figures that the quality report of a chat service prints, for whatever model has them.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Summary {
    /// Of the first volume that the model declares.
    pub heavy: Option<HeavySummary>,
    /// Of the columns with an enumerated type.
    pub types: Vec<TypeSummary>,
    /// Of the first time process.
    pub hours: Option<HoursSummary>,
    /// E-mail addresses outside reserved and synthetic domains.
    pub real_emails: u64,
    /// Orphaned rows by entity, for every entity with a key that refers to another.
    pub orphans: Vec<(String, u64)>,
    /// Rows that are not after the one before under the same parent.
    pub out_of_order: u64,
    /// NULL where a key must stand.
    pub null_keys: u64,
}

/// All that the judge found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Assessment {
    /// The model's name.
    pub model: String,
    /// The band's name.
    pub band: String,
    /// The seed string of the dataset, where it has a manifest.
    pub seed: Option<String>,
    /// The dataset's folder, as it was given.
    pub dataset: String,
    /// The tolerance: 0.15 for `normal`.
    pub tolerance: f64,
    /// Its name, or the number.
    pub tolerance_name: String,
    /// GO or NO-GO.
    pub verdict: Verdict,
    /// Why, in sentences.
    pub rationale: Vec<String>,
    /// What to change, one sentence for each thing that failed; empty after a clean GO.
    pub recommendations: Vec<String>,
    /// The figures of the quality report.
    pub summary: Summary,
    /// The rows judged.
    pub entities: Vec<EntityRows>,
    /// The statistical checks, in the order of the model.
    pub checks: Vec<Check>,
    /// The exact counters, in the order of the model.
    pub counters: Vec<Counter>,
    /// Pictures.
    pub portraits: Vec<Portrait>,
    /// Columns that the model does not know, and what could not be judged.
    pub remarks: Vec<Remark>,
}

impl Assessment {
    /// The checks of a state.
    pub fn checks_that(&self, state: State) -> impl Iterator<Item = &Check> {
        self.checks.iter().filter(move |check| check.state == state)
    }

    /// The counters with breaches.
    pub fn broken(&self) -> impl Iterator<Item = &Counter> {
        self.counters.iter().filter(|counter| counter.violations > 0)
    }
}
