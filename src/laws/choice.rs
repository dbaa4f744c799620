//! [`Choice`]: one of several values, each with a weight.
//!
//! Drawn by `rand_distr`'s alias table (Walker 1977, doi:10.1145/355744.355749; Vose 1991,
//! doi:10.1109/32.92917).

use super::{Expect, Moment, finite, weights};

/// P(value) = weight / Σ weights.
#[derive(Clone, Debug)]
pub struct Choice {
    /// Values with a weight above 0 in ascending order, each once, with its share.
    atoms: Vec<Atom>,
}

#[derive(Clone, Copy, Debug)]
struct Atom {
    value: f64,
    share: f64,
    /// The shares up to and including this one; 1 at the last.
    cumulative: f64,
}

pub(super) fn validate(options: &[(f64, f64)]) -> Result<(), String> {
    if options.is_empty() {
        return Err("the choice is empty: give at least one value with a weight".to_owned());
    }
    for (value, _) in options {
        finite("value", *value)?;
    }
    weights(options.iter().map(|(_, weight)| *weight))
}

impl Choice {
    /// The law of valid options, (value, weight); a value that stands twice has both weights.
    pub fn new(options: &[(f64, f64)]) -> Self {
        let mut sorted: Vec<(f64, f64)> =
            options.iter().copied().filter(|(_, weight)| *weight > 0.0).collect();
        sorted.sort_by(|(left, _), (right, _)| left.total_cmp(right));
        sorted.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            if same {
                kept.1 += next.1;
            }
            same
        });
        let total: f64 = sorted.iter().map(|(_, weight)| weight).sum();
        let mut below = 0.0;
        let atoms = sorted
            .iter()
            .map(|(value, weight)| {
                below += weight;
                Atom { value: *value, share: weight / total, cumulative: below / total }
            })
            .collect();
        Self { atoms }
    }

    fn first(&self) -> f64 {
        self.atoms.first().expect("validated: one weight is above 0").value
    }

    fn last(&self) -> f64 {
        self.atoms.last().expect("validated: one weight is above 0").value
    }
}

impl Expect for Choice {
    fn cumulative(&self, x: f64) -> f64 {
        let count = self.atoms.partition_point(|atom| atom.value <= x);
        if count == 0 { 0.0 } else { self.atoms[count - 1].cumulative }
    }
    fn quantile(&self, probability: f64) -> f64 {
        let count = self.atoms.partition_point(|atom| atom.cumulative < probability);
        self.atoms.get(count).map_or(self.last(), |atom| atom.value)
    }
    fn mean(&self) -> f64 {
        self.moment_between(Moment::First, 0.0, 1.0)
    }
    fn variance(&self) -> f64 {
        let mean = self.mean();
        let squares = self.atoms.iter().map(|atom| atom.share * (atom.value - mean) * (atom.value - mean));
        squares.sum()
    }
    fn support(&self) -> (f64, f64) {
        (self.first(), self.last())
    }
    fn is_discrete(&self) -> bool {
        true
    }
    fn moment_between(&self, moment: Moment, low: f64, high: f64) -> f64 {
        let mut below = 0.0;
        let mut sum = 0.0;
        for atom in &self.atoms {
            let taken = atom.cumulative.min(high) - low.max(below);
            sum += taken.max(0.0) * moment.of(atom.value);
            below = atom.cumulative;
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use crate::laws::{Expect, Law, agreement};

    fn law() -> Law {
        Law::Choice(vec![(5.0, 20.0), (-1.0, 70.0), (2.5, 10.0), (5.0, 0.5), (99.0, 0.0)])
    }

    #[test]
    fn draws_follow_it() {
        agreement::draws_follow(&law());
        agreement::draws_follow(&Law::Choice(vec![(3.0, 0.1)]));
    }

    #[test]
    fn values_that_stand_twice_have_both_weights() {
        assert!(libm::fabs(1.0 - law().cumulative(4.9) - 20.5 / 100.5) < 1e-15);
    }

    #[test]
    fn values_of_weight_zero_do_not_exist() {
        assert_eq!(law().support(), (-1.0, 5.0));
        assert_eq!(law().quantile(1.0), 5.0);
    }

    #[test]
    fn figures_are_scipys() {
        agreement::moments_follow_from_quantiles(&law());
        // mpmath, weights 70, 10, 20.5
        agreement::figures(
            &law(),
            0.572139303482587,
            6.090567065171654,
            &[(-1.0, 0.6965174129353234), (2.5, 0.7960199004975125)],
        );
    }
}
