//! [`ResolvedVolumes`]: how many children every parent has, solved from what was declared about them.
//!
//! The total and the count always hold. The other constraints stand in order of priority: each becomes
//! a knot of the curve if the quantile function stays monotone and the total stays within reach, and
//! otherwise yields, with its reason and the value that it came to.

pub use super::declaration::Infeasible;
use super::declaration::{check, figure, knot_of, percent, words};
use super::outcomes::{Outcome, outcome};
use crate::laws::quantiles::{Knot, OutOfReach, QuantileCurve, bent};
use crate::laws::ranked::RankedCounts;
use crate::model::{Anchor, VolumeDeclaration};
use serde::{Deserialize, Serialize};

/// The cap where none is declared: a million, and not over a tenth of the total.
const USUAL_CAP: f64 = 1e6;
/// Halvings when the nearest feasible value of a knob is looked for; it is printed with four digits.
const HALVINGS: u32 = 60;

/// The sizes that a declaration comes to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ResolvedVolumes {
    /// The solved law.
    pub curve: QuantileCurve,
    /// The sum of all sizes.
    pub total: u64,
    /// The number of parents.
    pub count: u64,
    /// What became of each constraint, in order of priority.
    pub outcomes: Vec<Outcome>,
}

impl ResolvedVolumes {
    /// The size of every rank.
    pub fn sizes(&self) -> Result<RankedCounts<QuantileCurve>, String> {
        RankedCounts::new(self.curve.clone(), self.count, self.total)
    }
}

/// Solves the sizes of `count` parents with `total` children together.
pub fn solve(declaration: &VolumeDeclaration, total: u64, count: u64) -> Result<ResolvedVolumes, Infeasible> {
    check(declaration, total, count)?;
    let limits = Limits { mean: total as f64 / count as f64, cap: declaration.cap, count };
    let (knots, yielded) = join(declaration, &limits)?;
    let knots = bend(declaration, &limits, knots)?;
    let cap = limits.cap_over(&knots, total);
    let broken = |message: String| Infeasible {
        knob: "total".to_owned(),
        declared: total as f64,
        nearest: None,
        message,
    };
    let curve = QuantileCurve::with_mean(knots, cap, limits.mean)
        .map_err(broken)?
        .map_err(|reach| broken(reach_message(&limits, reach)))?;
    let sizes = RankedCounts::new(curve, count, total).map_err(broken)?;
    let outcomes = declaration
        .anchors
        .iter()
        .zip(yielded)
        .filter_map(|(anchor, why)| outcome(anchor, why, declaration, &sizes));
    let outcomes = outcomes.collect();
    Ok(ResolvedVolumes { curve: sizes.law().clone(), total, count, outcomes })
}

/// What every curve must meet.
struct Limits {
    mean: f64,
    cap: Option<f64>,
    count: u64,
}

impl Limits {
    /// Why the knots cannot have the mean, if they cannot. An undeclared cap gives way to the total.
    fn refusal(&self, knots: &[Knot]) -> Option<OutOfReach> {
        let highest = knots.last().map_or(1.0, |last| last.value);
        let reach = QuantileCurve::reach(knots, self.cap.unwrap_or(highest).max(highest)).ok()?;
        let too_heavy = reach.least_mean > self.mean * (1.0 + 1e-12);
        let too_light = self.cap.is_some() && reach.most_mean < self.mean * (1.0 - 1e-12);
        (too_heavy || too_light).then_some(reach)
    }

    /// The declared cap, or the usual one, doubled until the total is within reach.
    fn cap_over(&self, knots: &[Knot], total: u64) -> f64 {
        if let Some(cap) = self.cap {
            return cap;
        }
        let highest = knots.last().map_or(1.0, |last| last.value);
        let mut cap = USUAL_CAP.min(total as f64 / 10.0).max(highest);
        while QuantileCurve::reach(knots, cap).is_ok_and(|reach| reach.most_mean < self.mean) {
            cap *= 2.0;
        }
        cap
    }
}

/// The knots that the declared constraints give, and why each constraint is not one of them, if so.
fn join(
    declaration: &VolumeDeclaration,
    limits: &Limits,
) -> Result<(Vec<Knot>, Vec<Option<String>>), Infeasible> {
    let mut knots = vec![Knot { survival: 1.0, value: 1.0 }];
    let mut reasons: Vec<Option<String>> = Vec::with_capacity(declaration.anchors.len());
    for anchor in &declaration.anchors {
        let reason = match (knot_of(anchor), with_knot(&knots, knot_of(anchor), limits)) {
            (None, _) => Some("the total and the constraints before it leave it no freedom".to_owned()),
            (Some(_), Ok(joined)) => {
                knots = joined;
                None
            }
            (Some(_), Err(Refusal::Order(reason))) => Some(reason),
            (Some(knot), Err(Refusal::Mean(reach))) => {
                if let Anchor::RowsAbove { .. } = anchor
                    && reasons.iter().all(Option::is_none)
                    && let Some(nearest) = nearest_fraction(&knots, knot, limits, reach)
                {
                    return Err(infeasible_fraction(anchor, knot, limits, reach, nearest));
                }
                Some(reach_message(limits, reach))
            }
        };
        reasons.push(reason);
    }
    Ok((knots, reasons))
}

/// Why a knot cannot join.
enum Refusal {
    /// It would turn the quantile function back.
    Order(String),
    /// No tail would meet the mean.
    Mean(OutOfReach),
}

fn with_knot(knots: &[Knot], knot: Option<Knot>, limits: &Limits) -> Result<Vec<Knot>, Refusal> {
    let Some(knot) = knot else { return Ok(knots.to_vec()) };
    let at = knots.partition_point(|known| known.survival > knot.survival);
    let percent = |known: &Knot| percent(known.survival);
    if let Some(known) = knots.get(at).filter(|known| known.survival == knot.survival) {
        let reason = format!("{} of the rows reach {} already", percent(known), figure(known.value));
        return if known.value == knot.value { Ok(knots.to_vec()) } else { Err(Refusal::Order(reason)) };
    }
    if let Some(known) = knots[..at].last().filter(|known| known.value > knot.value) {
        let reason = format!(
            "{} of the rows reach {}, so that no quantile above them is smaller",
            percent(known),
            figure(known.value)
        );
        return Err(Refusal::Order(reason));
    }
    if let Some(known) = knots.get(at).filter(|known| known.value < knot.value) {
        let reason = format!(
            "the value that {} of the rows reach is {}, so that more cannot reach beyond",
            percent(known),
            figure(known.value)
        );
        return Err(Refusal::Order(reason));
    }
    if let Some(cap) = limits.cap.filter(|&cap| cap < knot.value) {
        return Err(Refusal::Order(format!("the cap is {}", figure(cap))));
    }
    let mut joined = knots.to_vec();
    joined.insert(at, knot);
    limits.refusal(&joined).map_or(Ok(joined), |reach| Err(Refusal::Mean(reach)))
}

/// The fraction nearest to the knot's that the total allows, on the side where there is one of at least one row.
fn nearest_fraction(knots: &[Knot], knot: Knot, limits: &Limits, reach: OutOfReach) -> Option<f64> {
    let at = knots.partition_point(|known| known.survival > knot.survival);
    let one_row = 1.0 / limits.count as f64;
    let far = if reach.least_mean > limits.mean {
        knots.get(at).map_or(one_row, |next| (next.survival * (1.0 + 1e-9)).max(one_row))
    } else {
        knots[at - 1].survival * (1.0 - 1e-9)
    };
    let feasible = |survival: f64| with_knot(knots, Some(Knot { survival, ..knot }), limits).is_ok();
    nearest_feasible(knot.survival, far, feasible)
}

/// The value nearest to `declared`, between it and a feasible `far`, that is feasible; four digits of it.
fn nearest_feasible(declared: f64, far: f64, feasible: impl Fn(f64) -> bool) -> Option<f64> {
    if !feasible(far) {
        return None;
    }
    let (mut good, mut bad) = (far, declared);
    for _ in 0..HALVINGS {
        let middle = 0.5 * (good + bad);
        *(if feasible(middle) { &mut good } else { &mut bad }) = middle;
    }
    let grain = libm::pow(10.0, libm::floor(libm::log10(good)) - 3.0);
    let steps = if far < declared { libm::floor(good / grain) } else { libm::ceil(good / grain) };
    // Dividing by a whole number gives the double that the decimal digits mean.
    let short = if grain < 1.0 { steps / libm::round(1.0 / grain) } else { steps * grain };
    Some(if feasible(short) { short } else { good })
}

fn infeasible_fraction(
    anchor: &Anchor,
    knot: Knot,
    limits: &Limits,
    reach: OutOfReach,
    nearest: f64,
) -> Infeasible {
    let message = format!(
        "`{}` cannot be: {}; the nearest feasible fraction is {}",
        words(anchor),
        reach_message(limits, reach),
        percent(nearest)
    );
    Infeasible { knob: words(anchor), declared: knot.survival, nearest: Some(nearest), message }
}

/// The knots at the declared alpha: exponents scale by (holds_at-1)/(alpha-1) about the last knot.
fn bend(declaration: &VolumeDeclaration, limits: &Limits, knots: Vec<Knot>) -> Result<Vec<Knot>, Infeasible> {
    let (alpha, holds_at) = (declaration.alpha, declaration.holds_at);
    if alpha == holds_at {
        return Ok(knots);
    }
    let at = |alpha: f64| bent(&knots, (holds_at - 1.0) / (alpha - 1.0));
    let bent = at(alpha);
    let Some(reach) = limits.refusal(&bent) else { return Ok(bent) };
    let nearest = nearest_feasible(alpha, holds_at, |alpha| limits.refusal(&at(alpha)).is_none());
    let hint =
        nearest.map_or_else(String::new, |nearest| format!("; the nearest feasible alpha is {nearest}"));
    let message = format!("alpha = {alpha} cannot be: {}{hint}", reach_message(limits, reach));
    Err(Infeasible { knob: "alpha".to_owned(), declared: alpha, nearest, message })
}

fn reach_message(limits: &Limits, reach: OutOfReach) -> String {
    let mean = figure(limits.mean);
    if reach.least_mean > limits.mean {
        format!(
            "the total leaves a mean of {mean}, and with it the mean is at least {}",
            figure(reach.least_mean)
        )
    } else {
        format!(
            "the total needs a mean of {mean}, and under the cap it is at most {}",
            figure(reach.most_mean)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const BANDS: [(u64, u64); 3] = [(5_000_000, 8_000), (100_000_000, 300_000), (300_000_000, 600_000)];

    fn chat(alpha: f64, fraction: f64) -> VolumeDeclaration {
        let anchors = vec![
            Anchor::Quantile { p: 0.5, value: 15.0 },
            Anchor::Quantile { p: 0.95, value: 500.0 },
            Anchor::RowsAbove { threshold: 10_000.0, fraction },
            Anchor::Quantile { p: 0.99, value: 5_000.0 },
            Anchor::ShareAbove { threshold: 10_000.0, share: 0.3 },
        ];
        VolumeDeclaration { alpha, holds_at: 1.8, anchors, cap: None }
    }

    #[test]
    fn p99_and_the_heavy_share_yield_to_what_stands_before_them() {
        for ((total, count), p99, share) in
            [(BANDS[0], 15_722.0, 0.819), (BANDS[1], 10_666.0, 0.662), (BANDS[2], 14_019.0, 0.774)]
        {
            let volumes = solve(&chat(1.8, 0.02), total, count).unwrap();
            let held: Vec<bool> = volumes.outcomes.iter().map(|outcome| outcome.held).collect();
            assert_eq!(held, [true, true, true, false, false]);
            assert_eq!(volumes.outcomes[2].resolved_value, 0.02);
            assert!((volumes.outcomes[3].resolved_value - p99).abs() < 1.5, "{:?}", volumes.outcomes[3]);
            assert!((volumes.outcomes[4].resolved_value - share).abs() < 5e-4);
            assert_eq!(volumes.outcomes[3].declared, "p99 = 5000");
            assert_eq!(
                volumes.outcomes[3].why,
                "2 % of the rows reach 10000, so that no quantile above them is smaller"
            );
        }
    }

    #[test]
    fn without_the_heavy_anchor_p99_joins() {
        for ((total, count), exponent, heavy) in
            [(BANDS[0], 0.462764, 0.0069), (BANDS[1], 1.064866, 0.0048), (BANDS[2], 0.769277, 0.0058)]
        {
            let volumes = solve(&chat(1.8, 0.0), total, count).unwrap();
            assert!((volumes.curve.tail_exponent() - exponent).abs() < 1e-6, "{:?}", volumes.curve);
            assert!((volumes.curve.survival(10_000.0) - heavy).abs() < 5e-5);
            assert_eq!(volumes.outcomes.len(), 4, "a fraction of 0 declares nothing");
            assert!(volumes.outcomes[..3].iter().all(|outcome| outcome.held));
        }
    }

    #[test]
    fn alpha_turns_the_skew_of_every_band() {
        let table = [
            (1.6, 2.0, 184.0, [69.4, 47.9, 63.1]),
            (1.7, 6.0, 325.0, [66.2, 42.3, 59.1]),
            (1.8, 15.0, 500.0, [62.2, 35.3, 54.1]),
            (1.9, 31.0, 697.0, [57.3, f64::NAN, 48.0]),
            (2.0, 55.0, 910.0, [51.5, f64::NAN, 40.8]),
        ];
        for (alpha, p50, p95, top) in table {
            for ((total, count), top) in BANDS.into_iter().zip(top) {
                let solved = solve(&chat(alpha, 0.02), total, count);
                assert_eq!(solved.is_err(), top.is_nan(), "alpha {alpha}, {count} rows");
                let Ok(volumes) = solved else { continue };
                let curve = &volumes.curve;
                assert_eq!(libm::round(curve.quantile(0.5)), p50);
                // Published of the sizes, where a quantile lies between two of them.
                assert!((curve.quantile(0.05) - p95).abs() < 1.0, "{}", curve.quantile(0.05));
                assert!(
                    (100.0 * curve.share_of_top(0.01) - top).abs() <= 0.05,
                    "{}",
                    curve.share_of_top(0.01)
                );
                assert_eq!(volumes.outcomes[0].held, alpha == 1.8);
                assert!(volumes.outcomes[2].held, "the pivot holds");
            }
        }
    }

    #[test]
    fn an_infeasible_alpha_names_the_nearest_feasible_one() {
        let refused = solve(&chat(2.0, 0.02), 100_000_000, 300_000).unwrap_err();
        let nearest = refused.nearest.unwrap();
        assert_eq!(refused.knob, "alpha");
        assert!((1.8..1.9).contains(&nearest));
        assert!(refused.message.contains(&nearest.to_string()), "{refused}");
        assert!(solve(&chat(nearest, 0.02), 100_000_000, 300_000).is_ok());
        assert!(solve(&chat(nearest + 0.002, 0.02), 100_000_000, 300_000).is_err());
    }

    #[test]
    fn an_infeasible_heavy_fraction_names_the_nearest_feasible_one() {
        let refused = solve(&chat(1.8, 0.0225), 100_000_000, 300_000).unwrap_err();
        let nearest = refused.nearest.unwrap();
        assert_eq!(refused.knob, "rows at 10000 or more = 2.25 %");
        assert!((0.02..0.0225).contains(&nearest), "{refused}");
        assert!(solve(&chat(1.8, nearest), 100_000_000, 300_000).is_ok());
        assert!(solve(&chat(1.8, nearest + 2e-5), 100_000_000, 300_000).is_err());
        assert!(solve(&chat(1.8, 0.0225), 5_000_000, 8_000).is_ok(), "the smallest band has room for it");
    }

    #[test]
    fn a_declared_cap_is_kept_and_yields_what_exceeds_it() {
        let capped = VolumeDeclaration { cap: Some(20_000.0), ..chat(1.8, 0.02) };
        let refused = solve(&capped, 5_000_000, 8_000).unwrap_err();
        let nearest = refused.nearest.unwrap();
        assert!(nearest > 0.02, "a lower cap needs more heavy rows: {refused}");
        let anchors = chat(1.8, nearest).anchors;
        let volumes = solve(&VolumeDeclaration { anchors, ..capped.clone() }, 5_000_000, 8_000).unwrap();
        assert!(volumes.sizes().unwrap().size(0) <= 20_000);
        let low = VolumeDeclaration { cap: Some(5_000.0), ..capped };
        let volumes = solve(&low, 1_000_000, 8_000).unwrap();
        assert_eq!((volumes.outcomes[2].held, volumes.outcomes[2].why.as_str()), (false, "the cap is 5000"));
        assert!(volumes.sizes().unwrap().size(0) <= 5_000);
    }

    #[test]
    fn impossible_requests_are_refused_by_name() {
        let knob = |declaration: &VolumeDeclaration, total, count| {
            solve(declaration, total, count).unwrap_err().knob
        };
        assert_eq!(knob(&chat(1.8, 0.02), 5, 0), "count");
        assert_eq!(knob(&chat(1.8, 0.02), 5, 6), "total");
        assert_eq!(knob(&chat(1.0, 0.02), 5, 5), "alpha");
        assert_eq!(knob(&VolumeDeclaration { cap: Some(2.0), ..chat(1.8, 0.02) }, 500, 10), "cap");
        let anchors = vec![Anchor::Quantile { p: 0.5, value: 0.5 }];
        assert_eq!(knob(&VolumeDeclaration { anchors, ..chat(1.8, 0.02) }, 500, 10), "p50 = 0.5");
    }

    #[test]
    fn few_rows_are_solved_and_said_to_be_few() {
        let volumes = solve(&chat(1.8, 0.02), 7 * 625, 7).unwrap();
        assert!(volumes.outcomes[1].why.contains("too few"), "{:?}", volumes.outcomes);
        let small = solve(&chat(1.8, 0.02), 20, 7).unwrap();
        assert!(small.outcomes[0].why.contains("leaves a mean of 2.9"), "{:?}", small.outcomes);
    }

    #[test]
    fn what_is_resolved_reads_back_the_same() {
        let volumes = solve(&chat(1.7, 0.02), 5_000_000, 8_000).unwrap();
        let text = serde_json::to_string(&volumes).unwrap();
        assert_eq!(serde_json::from_str::<ResolvedVolumes>(&text).unwrap().outcomes.len(), 5);
    }

    proptest! {
        #[test]
        fn any_band_sums_exactly(count in 1u64..40, per in 1.0f64..3_000.0, alpha in 1.3f64..2.2) {
            let total = (count as f64 * per) as u64;
            let Ok(volumes) = solve(&chat(alpha, 0.02), total, count) else {
                // Only the knob of skew can be at fault: constraints yield where rows are few.
                prop_assert!(alpha > 1.8);
                return Ok(());
            };
            let sizes = volumes.sizes().unwrap();
            let sum: u64 = (0..count).map(|rank| sizes.size(rank)).sum();
            prop_assert_eq!(sum, total);
            prop_assert!((0..count).all(|rank| sizes.size(rank) >= 1));
        }
    }
}
