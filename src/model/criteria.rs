//! [`Criteria`]: names that a model gives to groups of checks, with conditions of its own.

use super::{BoundExpression, ColumnId, EntityId};

/// A named group of checks.
#[derive(Clone, Debug)]
pub struct Criteria {
    /// The name, such as `heavy rooms`.
    pub name: String,
    /// What its checks are of: an entity, `entity.column` or `child per parent`.
    pub subjects: Vec<String>,
    /// The parameters that move its figures, for advice.
    pub parameters: Option<String>,
    /// Conditions beside what the laws promise.
    pub conditions: Vec<Criterion>,
}

/// A figure of the data that must lie between bounds, whatever the laws come to.
#[derive(Clone, Debug)]
pub struct Criterion {
    /// The figure.
    pub measure: Measure,
    /// The least that it may be.
    pub at_least: Option<f64>,
    /// The most that it may be.
    pub at_most: Option<f64>,
}

/// What is measured.
#[derive(Clone, Debug)]
pub enum Measure {
    /// The share of a child's rows under the so great a share of parents that have most.
    TopShare {
        /// The child.
        child: EntityId,
        /// The share of the parents.
        top: f64,
    },
    /// One quantile of a child's rows for each parent over another.
    QuantileRatio {
        /// The child.
        child: EntityId,
        /// The probability of the numerator.
        upper: f64,
        /// The probability of the denominator.
        lower: f64,
    },
    /// The share of parents with at least so many.
    ParentsAbove {
        /// The child.
        child: EntityId,
        /// The number of children.
        threshold: u64,
    },
    /// How many different values a column has.
    Variety {
        /// The entity.
        entity: EntityId,
        /// The column.
        column: ColumnId,
    },
    /// Rows of the busiest hour of the day over rows of the quietest.
    HourRatio {
        /// The entity.
        entity: EntityId,
        /// The column.
        column: ColumnId,
    },
    /// The share of rows where a condition holds, of all rows of the entity or of another.
    Share {
        /// The entity.
        entity: EntityId,
        /// The condition.
        condition: BoundExpression,
        /// The entity whose rows are the whole.
        of: EntityId,
    },
}
