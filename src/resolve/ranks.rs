//! Laws as exact tables over ranks.

use crate::laws::Law;
use crate::laws::tables::{DiscreteTable, MixtureRanks};

/// The values of `rows` rows in order of rank, for a law of whole numbers or a mixture of such.
///
/// # Errors
///
/// A law that is not of whole numbers within a few thousand values.
pub fn mixture(law: &Law, rows: u64) -> Result<MixtureRanks, String> {
    let components = match law {
        Law::Mixture(components) => components
            .iter()
            .map(|(weight, law)| Ok((*weight, table(law)?)))
            .collect::<Result<Vec<_>, String>>()?,
        law => vec![(1.0, table(law)?)],
    };
    MixtureRanks::new(&components, rows)
}

/// A law of whole numbers as a table.
///
/// # Errors
///
/// As [`mixture`].
pub fn table(law: &Law) -> Result<DiscreteTable, String> {
    match law {
        Law::Constant(value) => Ok(DiscreteTable::constant(libm::round(*value) as i64)),
        Law::Geometric { p, min, max } => DiscreteTable::geometric(*p, *min as i64, *max as i64),
        Law::PowerLaw { exponent, min, max } => DiscreteTable::power_law(*exponent, *min as i64, *max as i64),
        Law::Zipf { exponent, count } => DiscreteTable::power_law(*exponent, 1, *count as i64),
        Law::Poisson { mean } => DiscreteTable::poisson(*mean),
        Law::UniformSteps { min, max, decimals: 0 } => DiscreteTable::uniform(*min as i64, *max as i64),
        Law::Truncated { law, min, max } => table(law)?.inside(*min, *max),
        Law::Choice(values) => {
            DiscreteTable::new(&values.iter().map(|(value, weight)| (libm::round(*value) as i64, *weight)).collect::<Vec<_>>())
        }
        Law::Uniform { .. }
        | Law::UniformSteps { .. }
        | Law::Normal { .. }
        | Law::LogNormal { .. }
        | Law::Exponential { .. }
        | Law::Rising { .. }
        | Law::Pareto { .. }
        | Law::Quantiles(_)
        | Law::Histogram { .. }
        | Law::Mixture(_) => {
            Err("a law over ranks is one of whole numbers: a constant, uniform, geometric, poisson, power_law, zipf, or a mixture of those".to_owned())
        }
    }
}
