//! [`draws_follow`]: whether a law's draws, its closed forms and an outside library agree.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{Draw, Expect, Law, Moment, Sampler};
use crate::random::Key;

const DRAWS: usize = 200_000;

/// √n times the distance that a true law exceeds once in a hundred times.
const CRITICAL: f64 = 1.63;

/// Draws from a fixed key and holds them against the cumulative function: by the Kolmogorov-Smirnov distance,
/// on both sides of every atom, and for laws of few atoms by total variation too.
#[track_caller]
pub(super) fn draws_follow(law: &Law) {
    let sampler = Sampler::new(law).unwrap();
    let mut generator = Key::derive("seed", "laws", "agreement", "draws").generator(0, 0);
    let mut draws: Vec<f64> = (0..DRAWS).map(|_| sampler.draw(&mut generator)).collect();
    draws.sort_by(f64::total_cmp);
    let expectation = law.expectation();
    let (least, greatest) = expectation.support();
    assert!(draws[0] >= least && draws[DRAWS - 1] <= greatest, "draws of {law:?} leave its support");

    let (mut widest, mut at, mut below) = (0.0, 0.0, 0);
    for equal in draws.chunk_by(|left, right| left == right) {
        let x = equal[0];
        let upto = below + equal.len();
        let before = expectation.cumulative(x.next_down()) - below as f64 / DRAWS as f64;
        let after = expectation.cumulative(x) - upto as f64 / DRAWS as f64;
        let distance = libm::fabs(before).max(libm::fabs(after));
        if distance > widest {
            (widest, at) = (distance, x);
        }
        below = upto;
    }
    let limit = CRITICAL / libm::sqrt(DRAWS as f64);
    assert!(widest < limit, "draws of {law:?} are {widest} from it, near {at}; the limit is {limit}");

    let atoms = draws.chunk_by(|left, right| left == right);
    if law.is_discrete() && atoms.clone().count() <= 1_000 {
        counts_follow(law, atoms.map(|equal| (equal[0], equal.len() as u64)));
    }
}

/// Holds the counts of values against the masses of a discrete law, by total variation. It exceeds its
/// mean, at most Σ √(p(1-p)/n)/2, by t in exp(-2nt²) of all cases (McDiarmid 1989).
#[track_caller]
pub(super) fn counts_follow(law: &Law, counts: impl Iterator<Item = (f64, u64)>) {
    let counts: BTreeMap<u64, u64> = counts.map(|(value, count)| ((value + 0.0).to_bits(), count)).collect();
    let size = counts.values().sum::<u64>() as f64;
    let expectation = law.expectation();
    let (mut variation, mut noise, mut seen) = (0.0, 0.0, 0.0);
    for (value, count) in counts {
        let value = f64::from_bits(value);
        let mass = expectation.cumulative(value) - expectation.cumulative(value.next_down());
        variation += 0.5 * libm::fabs(mass - count as f64 / size);
        noise += 0.5 * libm::sqrt(mass * (1.0 - mass) / size);
        seen += mass;
    }
    variation += 0.5 * (1.0 - seen);
    let limit = noise + 0.5 * (1.0 - seen) + CRITICAL / libm::sqrt(size);
    assert!(variation < limit, "counts are {variation} from {law:?}; the limit is {limit}");
    assert!(seen > 0.99, "values of {law:?} with {} of its mass never came", 1.0 - seen);
}

/// Holds mean, variance and partial moments against sums of the quantile function. A midpoint sum over n
/// cells of a monotone function is wrong by less than its rise times a cell's width.
#[track_caller]
pub(super) fn moments_follow_from_quantiles(law: &Law) {
    const CELLS: u32 = 1_000;
    let law = &*law.expectation();
    for (low, high) in [(0.001, 0.02), (0.02, 0.5), (0.5, 0.995)] {
        let width = (high - low) / f64::from(CELLS);
        let (mut first, mut second) = (0.0, 0.0);
        for cell in 0..CELLS {
            let value = law.quantile(low + (f64::from(cell) + 0.5) * width);
            first += value * width;
            second += value * value * width;
        }
        let (smallest, greatest) = (law.quantile(low), law.quantile(high));
        let mean = law.moment_between(Moment::First, low, high);
        let square = law.moment_between(Moment::Second, low, high);
        let rise = greatest - smallest;
        assert!(
            libm::fabs(mean - first) <= rise * width + 1e-9 * libm::fabs(first),
            "{law:?}: {mean} {first}"
        );
        let rise = smallest * smallest + greatest * greatest;
        assert!(libm::fabs(square - second) <= rise * width, "{law:?}: {square} {second}");
    }
    assert_eq!(law.partial_mean(0.0), 0.0);
    close(law.partial_mean(1.0), law.mean(), 1e-12);
    let parts = law.moment_between(Moment::First, 0.0, 0.99) + law.partial_mean(0.01);
    close(parts, law.mean(), 1e-12);
    let square = law.moment_between(Moment::Second, 0.0, 1.0);
    assert!(libm::fabs(square - law.mean() * law.mean() - law.variance()) < 1e-12 * square);
}

/// Holds a law against figures computed elsewhere: mean, variance, and points (x, F(x)) at which the
/// quantile of F(x) is x again.
#[track_caller]
pub(super) fn figures(law: &Law, mean: f64, variance: f64, points: &[(f64, f64)]) {
    law.validate().unwrap();
    close(law.mean(), mean, 1e-10);
    close(law.variance(), variance, 1e-9);
    for &(x, probability) in points {
        close(law.cumulative(x), probability, 1e-10);
        if law.is_discrete() {
            // Just below the step, which an outside figure meets up to its last digit only.
            assert_eq!(law.quantile(probability - 1e-9), x);
        } else {
            close(law.quantile(probability), x, 1e-9);
        }
    }
}

#[track_caller]
pub(super) fn close(observed: f64, expected: f64, tolerance: f64) {
    let error = libm::fabs(observed - expected);
    assert!(error <= tolerance * libm::fabs(expected), "{observed:?}, but should be {expected:?}");
}

/// Quantiles from random percents and rises.
fn anchored((mut inner, start): (Vec<(f64, f64)>, f64)) -> Law {
    inner.sort_by(|left, right| left.0.total_cmp(&right.0));
    inner.dedup_by_key(|anchor| anchor.0);
    let mut value = start;
    let mut anchors = vec![(0.0, value)];
    anchors.extend(inner.into_iter().map(|(percent, rise)| {
        value += rise;
        (percent, value)
    }));
    anchors.push((100.0, value + 1.0));
    Law::Quantiles(anchors)
}

/// A histogram from random widths and weights.
fn cells((cells, start): (Vec<(f64, f64)>, f64)) -> Law {
    let mut edges = vec![start];
    edges.extend(cells.iter().scan(start, |edge, (width, _)| {
        *edge += width;
        Some(*edge)
    }));
    Law::Histogram { edges, weights: cells.into_iter().map(|(_, weight)| weight).collect() }
}

/// Laws of every kind with all sorts of parameters.
fn any_law() -> impl Strategy<Value = Law> {
    let interval = (-1e6f64..1e6, 1e-3f64..1e6).prop_map(|(min, width)| (min, min + width));
    let integers = (1u32..1_000, 0u32..10_000)
        .prop_map(|(min, count)| (f64::from(min), f64::from(min) + f64::from(count)));
    let simple = prop_oneof![
        (-1e6f64..1e6).prop_map(Law::Constant),
        interval.clone().prop_map(|(min, max)| Law::Uniform { min, max }),
        (-10_000i32..10_000, 0u32..5_000, 0u8..4).prop_map(|(first, more, decimals)| {
            let unit = libm::pow(10.0, f64::from(decimals));
            let min = f64::from(first) / unit;
            Law::UniformSteps { min, max: (f64::from(first) + f64::from(more)) / unit, decimals }
        }),
        interval.prop_map(|(min, max)| Law::Rising { min, max }),
        (-1e3f64..1e3, 1e-2f64..1e3).prop_map(|(mean, deviation)| Law::Normal { mean, deviation }),
        (-10.0f64..20.0, 0.01f64..3.0).prop_map(|(mu, sigma)| Law::LogNormal { mu, sigma }),
        (1e-3f64..1e6).prop_map(|mean| Law::Exponential { mean }),
        (0.001f64..0.999, integers.clone()).prop_map(|(p, (min, max))| Law::Geometric { p, min, max }),
        (0.0f64..6.0, integers).prop_map(|(exponent, (min, max))| Law::PowerLaw { exponent, min, max }),
        (0.0f64..4.0, 1u64..300_000_000).prop_map(|(exponent, count)| Law::Zipf { exponent, count }),
        (0.01f64..1e4).prop_map(|mean| Law::Poisson { mean }),
        (2.2f64..20.0, 1e-3f64..1e6).prop_map(|(alpha, min)| Law::Pareto { alpha, min }),
        (prop::collection::vec((1.0f64..99.0, 0.0f64..1e3), 0..5), -1e3f64..1e3).prop_map(anchored),
        (prop::collection::vec((0.1f64..1e3, 0.01f64..10.0), 1..6), -1e3f64..1e3).prop_map(cells),
        prop::collection::vec((-1e3f64..1e3, 0.01f64..10.0), 1..8).prop_map(Law::Choice),
    ];
    simple.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec((0.1f64..3.0, inner.clone()), 1..4).prop_map(Law::Mixture),
            (inner, 0.0f64..0.4, 0.5f64..1.0).prop_map(|(law, low, high)| {
                let (min, max) = (law.quantile(low), law.quantile(high));
                Law::Truncated { law: Box::new(law), min, max }
            }),
        ]
    })
}

proptest! {
    #[test]
    fn the_quantile_is_the_smallest_value_that_reaches_a_probability(
        law in any_law(), probability in 0.0001f64..0.9999,
    ) {
        prop_assert_eq!(law.validate(), Ok(()));
        let law = law.expectation();
        let x = law.quantile(probability);
        let (least, greatest) = law.support();
        prop_assert!((least..=greatest).contains(&x));
        // Rounding may move a probability by some 1e-16, and thereby x; steep laws multiply that.
        let near = 1e-9 * libm::fabs(x).max(1e-9);
        prop_assert!(law.cumulative(x + near) >= probability - 1e-9, "{:?}: F({}) < {}", law, x, probability);
        prop_assert!(law.cumulative(x - near) <= probability + 1e-9, "{:?}: F({}) > {}", law, x, probability);
    }

    #[test]
    fn the_cumulative_function_rises_from_end_to_end(law in any_law(), first in 0.0f64..1.0, second in 0.0f64..1.0) {
        let law = law.expectation();
        let (low, high) = (law.quantile(first.min(second)), law.quantile(first.max(second)));
        prop_assert!(low <= high);
        prop_assert!(law.cumulative(low) <= law.cumulative(high) + 1e-12);
        prop_assert_eq!(law.cumulative(law.support().1), 1.0);
        prop_assert_eq!(law.cumulative(law.support().0.next_down()), 0.0);
    }

    #[test]
    fn the_greatest_share_has_more_than_its_share_of_the_mean(law in any_law(), share in 0.001f64..0.999) {
        let law = law.expectation();
        let (mean, deviation) = (law.mean(), libm::sqrt(law.variance().max(0.0)));
        let slack = 1e-6 * (libm::fabs(mean) + deviation);
        prop_assert!(law.partial_mean(share) >= share * mean - slack, "{:?}", law);
        prop_assert!(law.variance() >= -slack * slack, "{:?}", law);
    }
}
