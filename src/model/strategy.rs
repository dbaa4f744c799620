//! [`Strategy`]: how a column is declared, with every name and number bound.
//!
//! To add one: a variant here, its reading in `link/strategies.rs`, a file in `columns/` and an arm in
//! `columns::build`. The matches are exhaustive, so the compiler names what is missing.

use serde::Serialize;

use super::document::Document;
use super::expression::Expression;
use super::{ColumnId, EntityId};
use crate::laws::Law;
use crate::laws::rhythm::{Rates, Rhythm};

/// Where the input of a column comes from, seen from the row that is being made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub enum Source {
    /// A column of the same row.
    Own(ColumnId),
    /// A column of an ancestor: 1 level up is the parent.
    Ancestor {
        /// Steps towards the root.
        levels: u32,
        /// The ancestor.
        entity: EntityId,
        /// Its column.
        column: ColumnId,
    },
    /// A column of the row that a pick of the same row points at.
    Pointed {
        /// The column that holds the pick.
        by: ColumnId,
        /// The entity that it points into.
        entity: EntityId,
        /// The column there.
        column: ColumnId,
    },
    /// How many children of an entity the row has.
    Children(EntityId),
    /// How many rows of an entity stand under the row's root.
    Siblings(EntityId),
}

/// An expression with its names bound to sources.
#[derive(Clone, Debug, Serialize)]
pub struct BoundExpression {
    /// The typed expression; a symbol is an index into `sources`.
    #[serde(serialize_with = "source_text")]
    pub expression: Expression,
    /// What each symbol stands for.
    pub sources: Vec<Source>,
}

fn source_text<S: serde::Serializer>(expression: &Expression, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("{} as {}", expression.source, expression.ty))
}

/// One value, as constants, choices and pools hold it. Parsed into the column's type when built.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Literal(
    /// The text; nothing for NULL.
    pub Option<String>,
);

/// A weighted list of values.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Pool {
    /// The values, by rank.
    pub values: Vec<Literal>,
    /// Their weights, not normalised; as long as `values`.
    pub weights: Vec<f64>,
}

/// Rows of fields that agree with each other.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Records {
    /// The names of the fields.
    pub fields: Vec<String>,
    /// The values, record by record in the order of the fields.
    pub records: Vec<Vec<Literal>>,
    /// The records' weights, not normalised.
    pub weights: Vec<f64>,
}

impl Records {
    /// One field's values, with the weights of their records.
    pub fn field(&self, field: usize) -> Pool {
        let values = self.records.iter().map(|record| record[field].clone()).collect();
        Pool { values, weights: self.weights.clone() }
    }
}

/// A piece of a template.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Piece {
    /// Text as it stands.
    Text(String),
    /// The global row number, from 0.
    Row,
    /// A column of the same row, as text.
    Column(ColumnId),
}

/// How times spread over a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Shape {
    /// Uniform density, in order of the row.
    Linear,
    /// F(x) = 1 - √(1 - x): more of them late.
    Rising,
    /// Uniform and independent.
    Uniform,
}

/// Which rows a reference chooses, and how.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum Pick {
    /// Any row of a root entity, uniformly.
    Uniform {
        /// The entity.
        entity: EntityId,
    },
    /// Any row of a root entity, by Zipf over scattered ranks.
    Zipf {
        /// The entity.
        entity: EntityId,
        /// The exponent.
        exponent: f64,
    },
    /// Rows of a root entity, all different under one parent; by Zipf over scattered ranks.
    Distinct {
        /// The entity.
        entity: EntityId,
        /// The exponent; 0 is uniform.
        exponent: f64,
        /// The parent's permutation column whose last ranks are the parents with two rows; those get
        /// pairs that no other such parent has.
        pairs: Option<ColumnId>,
    },
    /// A row of an entity of the same family under the same root.
    Within {
        /// The entity.
        entity: EntityId,
        /// Zipf's exponent over their numbers; 0 is uniform.
        exponent: f64,
        /// A pick among the same rows that must not be chosen again.
        except: Option<Source>,
    },
    /// An earlier row of the same entity under the same parent; NULL for the first.
    Earlier {
        /// The law of the distance in rows, truncated to the rows there are.
        lag: Law,
    },
    /// An earlier row of the same root entity; NULL for the first, and for others that are roots of a forest.
    Before {
        /// The entity.
        entity: EntityId,
        /// The law of the distance in rows, truncated to the rows there are; without one, any earlier row.
        lag: Option<Law>,
        /// The share of the later rows that have NULL all the same.
        roots: f64,
    },
    /// Any other row of the same root entity, uniformly.
    Others {
        /// The entity.
        entity: EntityId,
    },
}

impl Pick {
    /// The entity whose rows are numbered over all of it; nothing where numbers are those under a root or parent.
    pub const fn numbered_over(&self) -> Option<EntityId> {
        match self {
            Self::Uniform { entity }
            | Self::Zipf { entity, .. }
            | Self::Distinct { entity, .. }
            | Self::Before { entity, .. }
            | Self::Others { entity } => Some(*entity),
            Self::Within { .. } | Self::Earlier { .. } => None,
        }
    }
}

/// What an aggregate folds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Fold {
    /// The sum; 0 without rows.
    Sum,
    /// The least; NULL without rows.
    Min,
    /// The greatest; NULL without rows.
    Max,
    /// The value of the first child; NULL without rows.
    First,
}

/// How an aggregated row finds the row that it is folded into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Edge {
    /// Up the family: the target is an ancestor, so many levels up.
    Ancestor(u32),
    /// Along a pick of the aggregated row.
    Pick(ColumnId),
}

/// How busy hours, days and weeks are (`laws::rhythm`).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RhythmDeclaration {
    /// 24 relative rates by hour of the day.
    pub hourly: Vec<f64>,
    /// 7 relative rates, Monday first.
    pub weekly: Vec<f64>,
    /// The zone whose wall clocks tell hours and days, as the IANA database spells it; UTC without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// By how much a week is busier than the one before it.
    #[serde(skip_serializing_if = "is_zero")]
    pub growth: f64,
}

// Models without growth keep their fingerprint.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn is_zero(number: &f64) -> bool {
    *number == 0.0
}

impl RhythmDeclaration {
    fn rates(&self) -> Rates<'_> {
        Rates { hourly: &self.hourly, weekly: &self.weekly, zone: self.zone.as_deref(), growth: self.growth }
    }

    /// The rhythm over a range of microseconds.
    ///
    /// # Errors
    ///
    /// Rates that are no rhythm, or a range that its table cannot hold.
    pub fn over(&self, from: i64, to: i64) -> Result<Rhythm, String> {
        Rhythm::over(self.rates(), from, to)
    }

    /// Whether all hours and days are alike.
    pub fn is_flat(&self) -> bool {
        let alike = |rates: &[f64]| rates.windows(2).all(|pair| pair[0] == pair[1]);
        alike(&self.hourly) && alike(&self.weekly)
    }

    /// The zone that hours are told in.
    pub fn zone_name(&self) -> &str {
        self.zone.as_deref().unwrap_or("UTC")
    }
}

/// The parameters of a time process under a parent (`laws::bursts`).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ProcessDeclaration {
    /// How busy hours, days and weeks are.
    #[serde(flatten)]
    pub rhythm: RhythmDeclaration,
    /// The coefficient of variation of the gaps in operational time; 1 is Poisson.
    pub burst_coefficient: f64,
    /// Mean gap inside a burst, in seconds.
    pub burst_gap_seconds: f64,
    /// Where the process begins: a time of the parent.
    pub from: Source,
    /// Where it ends, in microseconds.
    pub to: i64,
    /// First Monday of the rhythm's table, in microseconds.
    pub window_from: i64,
    /// Weeks of the table.
    pub weeks: u32,
}

impl ProcessDeclaration {
    /// The rhythm over the window.
    ///
    /// # Errors
    ///
    /// Rates that are no rhythm.
    pub fn intensity(&self) -> Result<Rhythm, String> {
        Rhythm::of_weeks(self.rhythm.rates(), self.window_from, self.weeks)
    }
}

/// How a column's values are made.
#[derive(Clone, Debug, Serialize)]
pub enum Strategy {
    /// Random UUIDs of version 4.
    Uuid,
    /// Time-ordered UUIDs of version 7, from a time of the same row.
    TimeUuid {
        /// The time.
        time: ColumnId,
    },
    /// Consecutive numbers over all rows.
    Sequence {
        /// The first row's number.
        start: i64,
    },
    /// One value.
    Constant(Literal),
    /// The row's number under its parent, from 0.
    Ordinal,
    /// The row's keyed rank among all rows of its root entity.
    Permutation {
        /// Another permutation column whose first ranks avoid the last ones here.
        beside: Option<Beside>,
    },
    /// True with a probability.
    Chance(f64),
    /// A weighted value: choices and pools.
    Pool(Pool),
    /// Which of some records a row has, as its number from 0.
    Record(Records),
    /// A field of the record that the row has.
    Field {
        /// The column that chooses the record.
        record: ColumnId,
        /// The field's values, by record.
        values: Pool,
    },
    /// A number by a law; `by` makes it stratified over a permutation column's ranks.
    Law {
        /// The law.
        law: Law,
        /// The permutation column that it is laid out over; rank 0 has the greatest value.
        by: Option<ColumnId>,
    },
    /// A time in a range.
    Range {
        /// First microsecond.
        from: i64,
        /// Microsecond after the last.
        to: i64,
        /// How times spread.
        shape: Shape,
        /// The hours, days and weeks that uniform times are spread by instead.
        #[serde(skip_serializing_if = "Option::is_none")]
        rhythm: Option<RhythmDeclaration>,
        /// A time of a referenced row that none may be before.
        not_before: Option<Source>,
    },
    /// Pieces put together.
    Template(Vec<Piece>),
    /// Words of a law's length in characters.
    Text {
        /// The law of the length.
        length: Law,
        /// The list of words.
        words: String,
    },
    /// The number of a row that a reference chose: global in another family, under the root in its own.
    Pick(Pick),
    /// A column of another row.
    Copy(Source),
    /// A time and a drawn duration.
    After {
        /// The base.
        base: Source,
        /// The law of the seconds added.
        by: Law,
        /// The share of rows that get one; the others equal the base.
        share: f64,
    },
    /// A uniform time between two.
    Between {
        /// The first.
        from: Source,
        /// The last.
        to: Source,
    },
    /// Strictly increasing times under a parent.
    Process(ProcessDeclaration),
    /// A SQL expression.
    Expression(BoundExpression),
    /// The sum of a column over the row and its siblings before it.
    RunningSum {
        /// The column.
        of: Source,
        /// What each parent's sum begins with.
        from: Option<Source>,
    },
    /// A JSON document of the row's values.
    Json(Document),
    /// A list of drawn values.
    Array {
        /// How each element is made; it reads nothing of the row.
        element: Box<Strategy>,
        /// The law of their number.
        length: Law,
    },
    /// How many children the row has.
    Children(EntityId),
    /// A fold over rows of the family.
    Aggregate {
        /// What is folded.
        fold: Fold,
        /// The entity of the rows.
        entity: EntityId,
        /// Their column.
        column: ColumnId,
        /// How they find this row.
        edge: Edge,
    },
    /// One of several strategies, by the value of a text.
    Switch {
        /// The text.
        on: Source,
        /// Value and the hidden column that makes its case.
        cases: Vec<(String, ColumnId)>,
    },
}

/// A coupling of two permutations: the first `top` rows of `column` never fall among the last
/// `avoids_last` here. Apart from that the two are independent.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Beside {
    /// The other permutation.
    pub column: ColumnId,
    /// Share of all rows.
    pub top: f64,
    /// Share of all rows.
    pub avoids_last: f64,
}
