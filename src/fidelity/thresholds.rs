//! How far a dataset may be off: thresholds follow from the law itself and the tolerance, not from a table.
//!
//! A tolerance of 15 % means: as far as the same law is off when its scale or its shape is 15 % wrong. Distances are
//! computed from the resolved law at run time; the least of them is the threshold.

use super::histogram::Binned;

/// 1 % of true samples exceed this over √n in the Kolmogorov-Smirnov distance (Smirnov 1948).
pub const KS_ONE_PERCENT: f64 = 1.63;
/// 1 % of true samples are further off than so many standard errors.
pub const NORMAL_ONE_PERCENT: f64 = 2.576;
/// No distance is asked to be smaller: bins and rounding are that coarse.
const LEAST: f64 = 0.002;

/// What may be wrong with a law.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Positive and spread over orders of magnitude: its scale, and its spread of logarithms about the median.
    Magnitudes,
    /// Sizes whose shape is anchored: their scale alone.
    Sizes,
    /// Numbers on a line: their spread about the median, and their scale if positive.
    Line,
    /// Numbers of references: as [`Self::Line`], and only their shape is compared, since their sum is given.
    Counts,
    /// Positions in an interval: the power that bends them.
    Positions {
        /// Whether the values are positions in a range of times, from and to in the column's unit.
        from: i64,
        /// The end.
        to: i64,
    },
}

/// The threshold of the Kolmogorov-Smirnov distance.
pub fn distance(law: &Binned, family: Family, tolerance: f64) -> f64 {
    let median = law.quantile(0.5);
    let positive = law.quantile(1e-4) >= 0.0;
    let mut least = f64::INFINITY;
    for factor in [1.0 - tolerance, 1.0 + tolerance] {
        let scale = || law.distance_when(|x| x / factor);
        match family {
            Family::Sizes => least = least.min(scale()),
            Family::Magnitudes => {
                least = least.min(scale());
                least = least.min(law.distance_when(|x| {
                    if x <= 0.0 || median <= 0.0 { x } else { median * libm::pow(x / median, 1.0 / factor) }
                }));
            }
            Family::Line | Family::Counts => {
                if positive && median > 0.0 {
                    least = least.min(scale());
                }
                least = least.min(law.distance_when(|x| median + (x - median) / factor));
            }
            Family::Positions { from, to } => {
                let length = (to - from) as f64;
                least = least.min(law.distance_when(|x| {
                    let position = ((x - from as f64) / length).clamp(0.0, 1.0);
                    from as f64 + length * libm::pow(position, 1.0 / factor)
                }));
            }
        }
    }
    least.max(LEAST)
}

/// Half the sum of the differences of two lists of shares.
pub fn total_variation(mine: &[f64], theirs: &[f64]) -> f64 {
    0.5 * mine.iter().zip(theirs).map(|(mine, theirs)| (mine - theirs).abs()).sum::<f64>()
}

/// Up to so many categories the likeliest one's share is a parameter of its own.
pub const FEW: usize = 16;

/// The threshold of the total variation of categories: the odds raised to 1 ± tolerance; beside it, of few the rarer side
/// of the likeliest off by the tolerance, of many one half of them likelier by it and the other half rarer.
pub fn variation(shares: &[f64], categories: usize, tolerance: f64) -> f64 {
    let likeliest = shares.iter().copied().fold(0.0, f64::max);
    let mut least =
        if categories > FEW { 0.5 * tolerance } else { tolerance * likeliest.min(1.0 - likeliest) };
    for factor in [1.0 - tolerance, 1.0 + tolerance] {
        let bent =
            normalised(shares.iter().map(|&share| if share > 0.0 { libm::pow(share, factor) } else { 0.0 }));
        let distance = total_variation(&bent, shares);
        // Equal shares stay equal whatever the power, and nearly equal ones nearly so: that tells nothing of them.
        if distance > 0.5 * least {
            least = least.min(distance);
        }
    }
    least.max(LEAST)
}

/// The threshold of the total variation of a rhythm: its peaks lower by the tolerance, beside its troughs.
pub fn rhythm_variation(shares: &[f64], tolerance: f64) -> f64 {
    let highest = shares.iter().copied().fold(0.0, f64::max);
    let lowest = shares.iter().copied().fold(f64::INFINITY, f64::min);
    // Of a flat rhythm the last days of a range that is no whole week may make a little more than nothing.
    if lowest <= 0.0 || highest < 1.05 * lowest {
        return (tolerance / 10.0).max(LEAST);
    }
    // Raised to the power that multiplies the ratio of highest to lowest by the factor.
    let ratio = libm::log(highest / lowest);
    let power = ((ratio + libm::log(1.0 - tolerance)) / ratio).max(0.0);
    let bent = normalised(shares.iter().map(|&share| libm::pow(share, power)));
    total_variation(&bent, shares).max(LEAST)
}

/// What chance puts between `n` draws and their law in total variation: the expectation, and 2.58 deviations.
pub fn variation_noise(shares: &[f64], n: f64) -> f64 {
    let mean: f64 = shares
        .iter()
        .map(|&share| libm::sqrt(share * (1.0 - share) / (2.0 * std::f64::consts::PI * n)))
        .sum();
    // One draw moves the distance by at most 1/n, so that its deviation is at most 1/(2√n) (Efron and Stein 1981);
    // it is less by the share of the likeliest.
    let likeliest = shares.iter().copied().fold(0.0, f64::max);
    mean + NORMAL_ONE_PERCENT * 0.5 * libm::sqrt((1.0 - likeliest).max(0.0) / n)
}

/// Shares that sum to 1.
pub fn normalised(weights: impl Iterator<Item = f64>) -> Vec<f64> {
    let weights: Vec<f64> = weights.collect();
    let total: f64 = weights.iter().sum();
    weights.iter().map(|weight| if total > 0.0 { weight / total } else { 0.0 }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fidelity::histogram::{Rounding, Scale};
    use crate::laws::Law;

    #[test]
    fn content_lengths_are_bound_by_sigma_as_published() {
        let law =
            Law::Truncated { law: Box::new(Law::LogNormal { mu: 4.5, sigma: 1.2 }), min: 1.0, max: 4000.0 };
        let binned = Binned::of_law(Scale::Whole, &*law.expectation(), Rounding::Nearest(1.0));
        // Computed with scipy for 5, 15 and 30 %.
        for (tolerance, published) in [(0.05, 0.0118), (0.15, 0.0338), (0.30, 0.0631)] {
            let found = distance(&binned, Family::Magnitudes, tolerance);
            assert!((found / published - 1.0).abs() < 0.06, "{tolerance}: {found} instead of {published}");
        }
    }

    #[test]
    fn a_days_rhythm_is_bound_by_its_peak_ratio_as_published() {
        let hours = [
            1.25, 1.1, 1.0, 1.0, 1.0, 1.1, 1.35, 1.7, 2.1, 2.5, 2.5, 2.5, 2.2, 2.0, 1.9, 1.9, 2.0, 2.2, 2.5,
            2.5, 2.5, 2.1, 1.75, 1.45,
        ];
        let shares = normalised(hours.into_iter());
        for (tolerance, published) in [(0.05, 0.0061), (0.15, 0.0198), (0.30, 0.0454)] {
            let found = rhythm_variation(&shares, tolerance);
            assert!((found / published - 1.0).abs() < 0.1, "{tolerance}: {found} instead of {published}");
        }
    }

    #[test]
    fn the_share_of_a_rare_case_may_be_off_by_the_tolerance() {
        assert!((variation(&[0.85, 0.15], 2, 0.15) - 0.0225).abs() < 1e-9);
        assert!((variation(&[0.2; 5], 5, 0.15) - 0.03).abs() < 1e-9);
        assert!(variation(&[0.7, 0.25, 0.05], 3, 0.15) < 0.045);
        // Seven groups of a pool of equal values, whose last one is cut short.
        let groups = [0.15, 0.15, 0.15, 0.15, 0.15, 0.15, 0.1];
        assert!((variation(&groups, 7, 0.15) - 0.0225).abs() < 1e-9, "{}", variation(&groups, 7, 0.15));
    }

    #[test]
    fn noise_falls_with_the_root_of_the_rows() {
        let shares = [0.5, 0.3, 0.2];
        assert!((variation_noise(&shares, 100.0) / variation_noise(&shares, 10_000.0) - 10.0).abs() < 1e-9);
    }
}
