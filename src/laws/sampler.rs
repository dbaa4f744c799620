//! [`Sampler`]: draws of a [`Law`], with the tables that they need built once.

use rand::Rng;
use rand_xoshiro::Xoshiro256PlusPlus;

use super::pareto::ParetoDrawing;
use super::poisson::PoissonDrawing;
use super::power_law::{PowerLaw, RejectionInversion};
use super::truncated::TruncatedDrawing;
use super::zipf::LongZipf;
use super::{
    Constant, Exponential, Geometric, Histogram, Interpolated, Law, LogNormal, Normal, Pareto, Rising,
    Uniform, UniformSteps, Zipf,
};
use crate::random::Alias;

/// Keeps what [`Expect`](super::Expect) promises. A draw takes as many numbers of the generator as it needs,
/// so each row has a generator of its own ([`Key::generator`](crate::random::Key::generator)).
pub trait Draw {
    /// One value of the law.
    fn draw(&self, generator: &mut Xoshiro256PlusPlus) -> f64;
}

/// A law ready to be drawn from, by any number of threads.
#[derive(Debug)]
pub struct Sampler(Drawing);

#[derive(Debug)]
enum Drawing {
    Constant(Constant),
    Uniform(Uniform),
    UniformSteps(UniformSteps),
    Normal(Normal),
    LogNormal(LogNormal),
    Exponential(Exponential),
    Rising(Rising),
    Geometric(Geometric),
    /// Integers from the first on, by an alias table.
    Table {
        first: f64,
        table: Alias,
    },
    LongRange(RejectionInversion),
    LongZipf(LongZipf),
    Poisson(PoissonDrawing),
    Pareto(ParetoDrawing),
    Quantiles(Interpolated),
    Histogram(Histogram),
    Choice {
        values: Vec<f64>,
        table: Alias,
    },
    Mixture {
        parts: Vec<Sampler>,
        table: Alias,
    },
    Truncated(TruncatedDrawing),
}

impl Sampler {
    /// Validates the law and builds its tables.
    pub fn new(law: &Law) -> Result<Self, String> {
        law.validate()?;
        Ok(Self(match law {
            Law::Constant(value) => Drawing::Constant(Constant { value: *value }),
            Law::Uniform { min, max } => Drawing::Uniform(Uniform { min: *min, max: *max }),
            Law::UniformSteps { min, max, decimals } => {
                Drawing::UniformSteps(UniformSteps::new(*min, *max, *decimals))
            }
            Law::Normal { mean, deviation } => Drawing::Normal(Normal { mean: *mean, deviation: *deviation }),
            Law::LogNormal { mu, sigma } => Drawing::LogNormal(LogNormal { mu: *mu, sigma: *sigma }),
            Law::Exponential { mean } => Drawing::Exponential(Exponential { mean: *mean }),
            Law::Rising { min, max } => Drawing::Rising(Rising { min: *min, max: *max }),
            Law::Geometric { p, min, max } => Drawing::Geometric(Geometric::new(*p, *min, *max)),
            Law::PowerLaw { exponent, min, max } => {
                let law = PowerLaw::new(*exponent, *min, *max);
                if law.fits_table() {
                    table_from(*min, &law)
                } else {
                    Drawing::LongRange(RejectionInversion::new(law))
                }
            }
            Law::Zipf { exponent, count } => {
                let law = Zipf::new(*exponent, *count).power_law();
                if law.fits_table() {
                    table_from(1.0, &law)
                } else {
                    Drawing::LongZipf(LongZipf::new(*exponent, *count))
                }
            }
            Law::Poisson { mean } => Drawing::Poisson(PoissonDrawing::new(*mean)),
            Law::Pareto { alpha, min } => {
                Drawing::Pareto(ParetoDrawing::new(&Pareto { alpha: *alpha, min: *min }))
            }
            Law::Quantiles(anchors) => Drawing::Quantiles(Interpolated::new(anchors)),
            Law::Histogram { edges, weights } => Drawing::Histogram(Histogram::new(edges, weights)),
            Law::Choice(options) => {
                let (values, weights): (_, Vec<f64>) = options.iter().copied().unzip();
                Drawing::Choice { values, table: Alias::new(&weights) }
            }
            Law::Mixture(parts) => Drawing::Mixture {
                parts: parts.iter().map(|(_, law)| Self::new(law)).collect::<Result<_, _>>()?,
                table: Alias::new(&parts.iter().map(|(weight, _)| *weight).collect::<Vec<_>>()),
            },
            Law::Truncated { law, min, max } => Drawing::Truncated(TruncatedDrawing::new(law, *min, *max)?),
        }))
    }

    /// The law of numbers with a fixed number of places, where it is one: its steps can be drawn exactly.
    pub fn steps(&self) -> Option<&UniformSteps> {
        if let Drawing::UniformSteps(law) = &self.0 { Some(law) } else { None }
    }
}

fn table_from(first: f64, law: &PowerLaw) -> Drawing {
    Drawing::Table { first, table: Alias::new(&law.weights()) }
}

impl Draw for Sampler {
    #[inline]
    fn draw(&self, generator: &mut Xoshiro256PlusPlus) -> f64 {
        match &self.0 {
            Drawing::Constant(law) => law.draw(generator),
            Drawing::Uniform(law) => law.draw(generator),
            Drawing::UniformSteps(law) => law.draw(generator),
            Drawing::Normal(law) => law.draw(generator),
            Drawing::LogNormal(law) => law.draw(generator),
            Drawing::Exponential(law) => law.draw(generator),
            Drawing::Rising(law) => law.draw(generator),
            Drawing::Geometric(law) => law.draw(generator),
            Drawing::Table { first, table } => first + table.choose(generator.next_u64()) as f64,
            Drawing::LongRange(law) => law.draw(generator),
            Drawing::LongZipf(law) => law.draw(generator),
            Drawing::Poisson(law) => law.draw(generator),
            Drawing::Pareto(law) => law.draw(generator),
            Drawing::Quantiles(law) => law.draw(generator),
            Drawing::Histogram(law) => law.draw(generator),
            Drawing::Choice { values, table } => values[table.choose(generator.next_u64())],
            Drawing::Mixture { parts, table } => parts[table.choose(generator.next_u64())].draw(generator),
            Drawing::Truncated(law) => law.draw(generator),
        }
    }
}
