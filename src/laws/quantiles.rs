//! [`QuantileCurve`]: a law given by its quantiles, a power law between each two and a capped one above.
//!
//! It is written over the *survival rank* s in (0, 1]: s = 1 is the smallest value, s → 0 the biggest, so
//! that the value of s = 0.05 is the 95th percentile. Every integral is a closed form.

use serde::{Deserialize, Serialize};

/// The least size of the curve: nothing that is counted here is empty.
const FLOOR: f64 = 1.0;
/// Halvings when the tail is solved: more than the bits of a double.
const HALVINGS: u32 = 128;
/// Below this the tail is computed in its limit, the exponential one; the two differ by less than 1e-11.
const EXPONENTIAL_TAIL: f64 = 1e-12;

/// A point that the curve goes through.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Knot {
    /// The fraction of all rows that have at least `value`.
    pub survival: f64,
    /// The value there.
    pub value: f64,
}

/// A quantile function: straight lines in log-log axes through its knots, then a tail that ends at a cap.
///
/// With (s_t, q_t) the last knot and w = (M/q_t)^-a, the tail is q_t·(w + (1-w)·s/s_t)^(-1/a): a power law
/// of exponent 1/a that meets the cap M at s = 0. The less a, the heavier; a may be negative.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(into = "Form", try_from = "Form")]
pub struct QuantileCurve {
    knots: Vec<Knot>,
    tail_exponent: f64,
    cap: f64,
    /// Of the body, between each knot and the next.
    exponents: Vec<f64>,
    /// The integral of the curve, and of what it has over the floor, from 0 to each knot.
    masses: Vec<(f64, f64)>,
}

/// What is written of a curve; the body's exponents follow from the knots and are written for the reader.
#[derive(Serialize, Deserialize)]
struct Form {
    knots: Vec<Knot>,
    #[serde(default)]
    body_exponents: Vec<f64>,
    tail_exponent: f64,
    cap: f64,
}

/// No tail gives the mean that was asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OutOfReach {
    /// The mean with every row of the tail at the last knot's value.
    pub least_mean: f64,
    /// The mean with the rows of the tail at the cap, as near as a double can bring them.
    pub most_mean: f64,
}

impl QuantileCurve {
    /// The curve through `knots` whose tail has this exponent.
    ///
    /// The first knot is at survival 1, survivals fall strictly, values never fall, and the cap is not
    /// below the last value.
    pub fn new(knots: Vec<Knot>, tail_exponent: f64, cap: f64) -> Result<Self, String> {
        check_knots(&knots, cap)?;
        if !tail_exponent.is_finite() {
            return Err(format!("the tail's exponent is {tail_exponent}"));
        }
        let exponents = knots.windows(2).map(|pair| body_exponent(pair[0], pair[1])).collect();
        let mut curve = Self { masses: vec![(0.0, 0.0); knots.len()], knots, tail_exponent, cap, exponents };
        let last = curve.knots.len() - 1;
        let tail = curve.tail_integral(1.0);
        curve.masses[last] = (tail, tail - curve.knots[last].survival * FLOOR);
        for segment in (0..last).rev() {
            let (mass, excess) = curve.segment_integral(segment, curve.knots[segment].survival);
            let (mass_before, excess_before) = curve.masses[segment + 1];
            curve.masses[segment] = (mass_before + mass, excess_before + excess);
        }
        Ok(curve)
    }

    /// The curve through `knots` whose mean is `mean`: the tail's exponent is solved by bisection.
    pub fn with_mean(knots: Vec<Knot>, cap: f64, mean: f64) -> Result<Result<Self, OutOfReach>, String> {
        check_knots(&knots, cap)?;
        let reach = Self::reach(&knots, cap)?;
        // A mean at either end has a tail that is flat to the last digit of a double.
        if !(reach.least_mean * (1.0 - 1e-12)..=reach.most_mean * (1.0 + 1e-12)).contains(&mean) {
            return Ok(Err(reach));
        }
        let (mut low, mut high) = tail_bounds(&knots, cap);
        for _ in 0..HALVINGS {
            let middle = 0.5 * (low + high);
            // The mean falls as the exponent grows.
            if Self::new(knots.clone(), libm::sinh(middle), cap)?.mean() > mean {
                low = middle;
            } else {
                high = middle;
            }
        }
        Self::new(knots, libm::sinh(0.5 * (low + high)), cap).map(Ok)
    }

    /// The means that tails of any exponent give.
    pub fn reach(knots: &[Knot], cap: f64) -> Result<OutOfReach, String> {
        let last = *knots.last().ok_or("a curve without a knot")?;
        let flat = Self::new(knots.to_vec(), 0.0, last.value)?;
        let full = Self::new(knots.to_vec(), libm::sinh(tail_bounds(knots, cap).0), cap)?;
        Ok(OutOfReach { least_mean: flat.mean(), most_mean: full.mean() })
    }

    /// The value of survival rank `survival`, from the cap at 0 to the smallest at 1.
    pub fn quantile(&self, survival: f64) -> f64 {
        let last = self.last();
        if survival <= 0.0 {
            return self.cap;
        }
        if survival < last.survival {
            return self.tail_value(survival / last.survival);
        }
        let segment = self.segment_of(survival);
        match self.exponents.get(segment) {
            Some(exponent) => {
                let from = self.knots[segment];
                from.value * libm::pow(survival.min(1.0) / from.survival, -exponent)
            }
            None => last.value,
        }
    }

    /// The fraction of all rows that have at least `value`: the inverse of [`Self::quantile`].
    pub fn survival(&self, value: f64) -> f64 {
        let last = self.last();
        if value > self.cap {
            return 0.0;
        }
        if value > last.value {
            return last.survival * self.tail_rank(value);
        }
        for (segment, exponent) in self.exponents.iter().enumerate() {
            let (from, to) = (self.knots[segment], self.knots[segment + 1]);
            if value <= from.value {
                return from.survival;
            }
            if value < to.value {
                return from.survival * libm::pow(from.value / value, 1.0 / exponent);
            }
        }
        last.survival
    }

    /// The integral of the curve from 0 to `survival`: what the top fraction holds, per row of all.
    pub fn integral(&self, survival: f64) -> f64 {
        self.integrals(survival).0
    }

    /// The integral of what the curve has over its floor of 1; exactly constant where the curve is 1.
    pub fn excess(&self, survival: f64) -> f64 {
        self.integrals(survival).1
    }

    /// The mean of all rows.
    pub fn mean(&self) -> f64 {
        self.masses[0].0
    }

    /// The share of the total that the top fraction of the rows holds.
    pub fn share_of_top(&self, fraction: f64) -> f64 {
        self.integral(fraction) / self.mean()
    }

    /// The points that the curve goes through, from survival 1 down.
    pub fn knots(&self) -> &[Knot] {
        &self.knots
    }

    /// The exponents of the body, between each knot and the next.
    pub fn body_exponents(&self) -> &[f64] {
        &self.exponents
    }

    /// The exponent a of the tail.
    pub const fn tail_exponent(&self) -> f64 {
        self.tail_exponent
    }

    /// The value that no row exceeds.
    pub const fn cap(&self) -> f64 {
        self.cap
    }

    fn last(&self) -> Knot {
        self.knots[self.knots.len() - 1]
    }

    /// The segment of the body that holds a rank not above the tail.
    fn segment_of(&self, survival: f64) -> usize {
        self.knots.partition_point(|knot| knot.survival >= survival).saturating_sub(1)
    }

    fn integrals(&self, survival: f64) -> (f64, f64) {
        let last = self.last();
        if survival <= 0.0 {
            return (0.0, 0.0);
        }
        if survival < last.survival {
            let mass = self.tail_integral(survival / last.survival);
            return (mass, mass - survival * FLOOR);
        }
        let segment = self.segment_of(survival);
        if segment >= self.exponents.len() {
            return self.masses[self.knots.len() - 1];
        }
        let (mass, excess) = self.segment_integral(segment, survival.min(1.0));
        let (mass_before, excess_before) = self.masses[segment + 1];
        (mass_before + mass, excess_before + excess)
    }

    /// Of one segment, from its end with the larger values to `survival`.
    fn segment_integral(&self, segment: usize, survival: f64) -> (f64, f64) {
        let (from, to, exponent) = (self.knots[segment], self.knots[segment + 1], self.exponents[segment]);
        if exponent == 0.0 {
            let width = survival - to.survival;
            return (from.value * width, (from.value - FLOOR) * width);
        }
        let (low, high) = (libm::log(to.survival / from.survival), libm::log(survival / from.survival));
        let mass = from.value * from.survival * power_integral(low, high, 1.0 - exponent);
        (mass, mass - (survival - to.survival) * FLOOR)
    }

    /// ln(M/q_t): the height of the tail.
    fn tail_height(&self) -> f64 {
        libm::log(self.cap / self.last().value)
    }

    /// ln(w + (1-w)·v), without cancellation.
    fn tail_log(&self, height: f64, rank: f64) -> f64 {
        let exponent = -self.tail_exponent * height;
        if exponent.abs() < 0.5 {
            return libm::log1p(libm::expm1(exponent) * (1.0 - rank));
        }
        if rank <= 0.0 {
            return exponent;
        }
        libm::log(rank + libm::exp(exponent) * (1.0 - rank))
    }

    fn tail_value(&self, rank: f64) -> f64 {
        let height = self.tail_height();
        let steps = if self.tail_exponent.abs() < EXPONENTIAL_TAIL {
            height * (1.0 - rank)
        } else {
            -self.tail_log(height, rank) / self.tail_exponent
        };
        (self.last().value * libm::exp(steps)).min(self.cap)
    }

    /// The rank within the tail, 0 to 1, of a value between the last knot's and the cap.
    fn tail_rank(&self, value: f64) -> f64 {
        let (height, steps) = (self.tail_height(), libm::log(value / self.last().value));
        if self.tail_exponent.abs() < EXPONENTIAL_TAIL {
            return 1.0 - steps / height;
        }
        let (exponent, full) = (-self.tail_exponent * steps, -self.tail_exponent * height);
        if full.abs() < 0.5 {
            return 1.0 - libm::expm1(exponent) / libm::expm1(full);
        }
        (libm::exp(exponent) - libm::exp(full)) / (1.0 - libm::exp(full))
    }

    fn tail_integral(&self, rank: f64) -> f64 {
        let (last, height, exponent) = (self.last(), self.tail_height(), self.tail_exponent);
        let area = if height <= 0.0 {
            rank
        } else if exponent.abs() < EXPONENTIAL_TAIL {
            libm::exp(height) * -libm::expm1(-height * rank) / height
        } else {
            let (from, to) = (-exponent * height, self.tail_log(height, rank));
            // dx = dy/(1-w), where both are negative when the exponent is.
            power_integral(from.min(to), from.max(to), 1.0 - 1.0 / exponent)
                / libm::expm1(-exponent * height).abs()
        };
        last.survival * last.value * area
    }
}

/// The knots with every body exponent multiplied by `factor` about the last knot, floored at 1.
///
/// The first knot is the smallest row and stays. A knot that falls below the floor gives its place to the
/// point where the line to the next one meets the floor.
pub fn bent(knots: &[Knot], factor: f64) -> Vec<Knot> {
    let (Some(first), Some(last)) = (knots.first(), knots.last()) else { return Vec::new() };
    let moved = |knot: &Knot| last.value * libm::pow(knot.value / last.value, factor);
    let mut result = vec![*first];
    for (at, knot) in knots.iter().enumerate().skip(1) {
        let value = moved(knot);
        if value >= FLOOR {
            result.push(Knot { survival: knot.survival, value });
        } else if let Some(next) = knots.get(at + 1).filter(|next| moved(next) > FLOOR) {
            let way = libm::log(moved(next)) / libm::log(moved(next) / value);
            let survival = next.survival * libm::pow(knot.survival / next.survival, way);
            result.push(Knot { survival, value: FLOOR });
        }
    }
    result
}

/// ∫ y^(power-1) dy between two logarithms of y, low ≤ high: the log form where the power is 0.
fn power_integral(low: f64, high: f64, power: f64) -> f64 {
    let width = high - low;
    if power == 0.0 {
        width
    } else if power > 0.0 {
        libm::exp(power * high) * -libm::expm1(-power * width) / power
    } else {
        libm::exp(power * low) * libm::expm1(power * width) / power
    }
}

fn body_exponent(from: Knot, to: Knot) -> f64 {
    if from.value == to.value {
        return 0.0;
    }
    libm::log(to.value / from.value) / libm::log(from.survival / to.survival)
}

/// Where sinh⁻¹ of the tail's exponent lies: (M/q_t)^-a stays a double, and a flat tail is within 1e-12.
fn tail_bounds(knots: &[Knot], cap: f64) -> (f64, f64) {
    let height = knots.last().map_or(0.0, |last| libm::log(cap / last.value));
    (-libm::asinh(500.0 / height.max(1e-3)), 30.0)
}

fn check_knots(knots: &[Knot], cap: f64) -> Result<(), String> {
    let (Some(first), Some(last)) = (knots.first(), knots.last()) else {
        return Err("a curve needs a knot at survival 1".to_owned());
    };
    if first.survival != 1.0 || !(first.value >= FLOOR && first.value.is_finite()) {
        return Err(format!(
            "the first knot is at survival 1 with a value of at least 1, not at {} with {}",
            first.survival, first.value
        ));
    }
    for pair in knots.windows(2) {
        let falls = pair[1].survival > 0.0 && pair[1].survival < pair[0].survival;
        if !(falls && pair[1].value >= pair[0].value && pair[1].value.is_finite()) {
            return Err(format!("knots {:?} and {:?} are not in order", pair[0], pair[1]));
        }
    }
    if !(cap >= last.value && cap.is_finite()) {
        return Err(format!("the cap {cap} is below the last knot's value {}", last.value));
    }
    Ok(())
}

impl From<QuantileCurve> for Form {
    fn from(curve: QuantileCurve) -> Self {
        Self {
            knots: curve.knots,
            body_exponents: curve.exponents,
            tail_exponent: curve.tail_exponent,
            cap: curve.cap,
        }
    }
}

impl TryFrom<Form> for QuantileCurve {
    type Error = String;

    fn try_from(form: Form) -> Result<Self, String> {
        Self::new(form.knots, form.tail_exponent, form.cap)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn chat_knots() -> Vec<Knot> {
        [(1.0, 1.0), (0.5, 15.0), (0.05, 500.0), (0.02, 10_000.0)]
            .map(|(survival, value)| Knot { survival, value })
            .to_vec()
    }

    fn close(left: f64, right: f64, relative: f64) -> bool {
        (left - right).abs() <= relative * right.abs().max(1e-300)
    }

    /// The midpoint rule over equal steps of ln s, an oracle that shares no formula with the curve.
    fn numerical_integral(curve: &QuantileCurve, from: f64, to: f64) -> f64 {
        let steps = 60_000;
        let width = libm::log(to / from) / f64::from(steps);
        (0..steps)
            .map(|step| {
                let survival = from * libm::exp((f64::from(step) + 0.5) * width);
                curve.quantile(survival) * survival * width
            })
            .sum()
    }

    #[test]
    fn tails_of_the_three_bands_have_the_published_exponents() {
        for (mean, cap, exponent) in
            [(625.0, 500_000.0, 1.512362), (1e8 / 3e5, 1e6, 10.748379), (500.0, 1e6, 2.051343)]
        {
            let curve = QuantileCurve::with_mean(chat_knots(), cap, mean).unwrap().unwrap();
            assert!((curve.tail_exponent() - exponent).abs() < 1e-6, "{}", curve.tail_exponent());
            assert!(close(curve.mean(), mean, 1e-12));
        }
    }

    #[test]
    fn integrals_agree_with_sums_for_every_form_of_the_tail() {
        // 1.0 is the log form, 0.0 the exponential form, and each has neighbours that must join it.
        for exponent in
            [-3.0, -0.4, -1e-9, 0.0, 1e-13, 1e-9, 0.4, 1.0 - 1e-9, 1.0, 1.0 + 1e-9, 1.5, 10.7, 1e4]
        {
            let curve = QuantileCurve::new(chat_knots(), exponent, 5e5).unwrap();
            for survival in [1e-4, 0.01, 0.02, 0.03, 0.05, 0.3, 0.5, 0.9, 1.0] {
                let start = 1e-6;
                let expected = numerical_integral(&curve, start, survival);
                let found = curve.integral(survival) - curve.integral(start);
                assert!(close(found, expected, 5e-6), "a {exponent} s {survival}: {found} {expected}");
            }
        }
    }

    #[test]
    fn a_segment_of_exponent_one_takes_the_log_form() {
        let knots = vec![Knot { survival: 1.0, value: 1.0 }, Knot { survival: 0.25, value: 4.0 }];
        let curve = QuantileCurve::new(knots, 2.0, 100.0).unwrap();
        assert_eq!(curve.body_exponents(), [1.0]);
        assert!(close(curve.integral(1.0) - curve.integral(0.25), libm::log(4.0), 1e-14));
    }

    #[test]
    fn the_curve_meets_its_knots_its_floor_and_its_cap() {
        let curve = QuantileCurve::new(chat_knots(), 1.5, 5e5).unwrap();
        for knot in chat_knots() {
            assert!(close(curve.quantile(knot.survival), knot.value, 1e-12));
            assert!(close(curve.survival(knot.value), knot.survival, 1e-12));
        }
        assert_eq!(curve.quantile(0.0), 5e5);
        assert!(close(curve.quantile(1e-12), 5e5, 1e-3));
        assert_eq!((curve.survival(0.5), curve.survival(6e5)), (1.0, 0.0));
    }

    #[test]
    fn bending_keeps_the_ends_and_floors_the_body() {
        for (knot, same) in chat_knots().iter().zip(bent(&chat_knots(), 1.0)) {
            assert!(close(same.value, knot.value, 1e-12) && same.survival == knot.survival);
        }
        assert_eq!(bent(&chat_knots(), 0.8)[0].value, 1.0);
        let knots = bent(&chat_knots(), 0.8 / 0.5);
        assert_eq!(knots[3], chat_knots()[3]);
        assert_eq!((knots[0], knots[1].value), (chat_knots()[0], 1.0));
        // The lines through the moved median and the moved 95th percentile: both still on the curve.
        let curve = QuantileCurve::new(knots.clone(), 1.0, 1e6).unwrap();
        assert!(close(curve.quantile(0.05), 1e4 * libm::pow(0.05, 1.6), 1e-12));
        assert!(knots[1].survival < 0.5 && knots[1].survival > 0.05);
        let (left, right) = (curve.excess(knots[1].survival), curve.excess(1.0));
        assert_eq!(left.to_bits(), right.to_bits(), "the floor adds nothing");
    }

    #[test]
    fn what_is_written_reads_back_as_the_same_curve() {
        let curve = QuantileCurve::new(chat_knots(), 1.5, 5e5).unwrap();
        let text = serde_json::to_string(&curve).unwrap();
        assert_eq!(serde_json::from_str::<QuantileCurve>(&text).unwrap(), curve);
        assert!(serde_json::from_str::<QuantileCurve>(&text.replace("500000", "5000")).is_err());
    }

    proptest! {
        #[test]
        fn quantile_and_survival_invert_each_other(exponent in -4.0f64..12.0, survival in 1e-5f64..1.0) {
            let curve = QuantileCurve::new(chat_knots(), exponent, 5e5).unwrap();
            let value = curve.quantile(survival);
            prop_assert!(close(curve.quantile(curve.survival(value)), value, 1e-9));
            prop_assert!(curve.quantile(survival * 0.99) >= value);
        }

        #[test]
        fn any_mean_in_reach_is_met(place in 0.0f64..1.0, last in 0.001f64..0.04) {
            let mut knots = chat_knots();
            knots[3].survival = last;
            let reach = QuantileCurve::reach(&knots, 1e6).unwrap();
            let mean = reach.least_mean + place * place * (reach.most_mean - reach.least_mean) * 0.95;
            let curve = QuantileCurve::with_mean(knots.clone(), 1e6, mean).unwrap().unwrap();
            prop_assert!(close(curve.mean(), mean, 1e-10), "{} {mean}", curve.mean());
            prop_assert_eq!(QuantileCurve::with_mean(knots, 1e6, reach.most_mean * 1.01).unwrap(), Err(reach));
        }
    }
}
