//! [`normal_cumulative`], [`normal_quantile`], [`power_sum`]: functions that several laws share.
//!
//! All through `libm`; the error function itself is `libm::erf` and `libm::erfc`.

use std::f64::consts::{FRAC_1_SQRT_2, TAU};

/// The density of the standard normal law.
pub fn normal_density(z: f64) -> f64 {
    libm::exp(-0.5 * z * z) / libm::sqrt(TAU)
}

/// The cumulative function of the standard normal law, exact in both tails.
pub fn normal_cumulative(z: f64) -> f64 {
    0.5 * libm::erfc(-z * FRAC_1_SQRT_2)
}

/// The quantile of the standard normal law: Wichura 1988, "Algorithm AS 241: The Percentage Points of
/// the Normal Distribution", doi:10.2307/2347330, routine PPND16, accurate to about one part in 10¹⁶.
pub fn normal_quantile(probability: f64) -> f64 {
    if probability <= 0.0 {
        return f64::NEG_INFINITY;
    }
    if probability >= 1.0 {
        return f64::INFINITY;
    }
    let centred = probability - 0.5;
    if libm::fabs(centred) <= 0.425 {
        let r = 0.180_625 - centred * centred;
        return centred * ratio(r, &CENTRE);
    }
    let tail = if centred < 0.0 { probability } else { 1.0 - probability };
    let r = libm::sqrt(-libm::log(tail));
    let z = if r <= 5.0 { ratio(r - 1.6, &MIDDLE) } else { ratio(r - 5.0, &FAR) };
    libm::copysign(z, centred)
}

/// Coefficients of two polynomials of degree 7, from the highest power down.
type Ratio = ([f64; 8], [f64; 8]);

fn ratio(r: f64, (numerator, denominator): &Ratio) -> f64 {
    let polynomial =
        |coefficients: &[f64; 8]| coefficients.iter().fold(0.0, |sum, coefficient| sum * r + coefficient);
    polynomial(numerator) / polynomial(denominator)
}

/// |p - 1/2| up to 0.425, by 0.425² - (p - 1/2)².
#[expect(clippy::excessive_precision, reason = "digits as published")]
const CENTRE: Ratio = (
    [
        2.5090809287301226727e+3,
        3.3430575583588128105e+4,
        6.7265770927008700853e+4,
        4.5921953931549871457e+4,
        1.3731693765509461125e+4,
        1.9715909503065514427e+3,
        1.3314166789178437745e+2,
        3.3871328727963666080,
    ],
    [
        5.2264952788528545610e+3,
        2.8729085735721942674e+4,
        3.9307895800092710610e+4,
        2.1213794301586595867e+4,
        5.3941960214247511077e+3,
        6.8718700749205790830e+2,
        4.2313330701600911252e+1,
        1.0,
    ],
);

/// √(-ln tail) up to 5, by its distance from 1.6.
#[expect(clippy::excessive_precision, reason = "digits as published")]
const MIDDLE: Ratio = (
    [
        7.74545014278341407640e-4,
        2.27238449892691845833e-2,
        2.41780725177450611770e-1,
        1.27045825245236838258,
        3.64784832476320460504,
        5.76949722146069140550,
        4.63033784615654529590,
        1.42343711074968357734,
    ],
    [
        1.05075007164441684324e-9,
        5.47593808499534494600e-4,
        1.51986665636164571966e-2,
        1.48103976427480074590e-1,
        6.89767334985100004550e-1,
        1.67638483018380384940,
        2.05319162663775882187,
        1.0,
    ],
);

/// √(-ln tail) above 5, by its distance from 5.
#[expect(clippy::excessive_precision, reason = "digits as published")]
const FAR: Ratio = (
    [
        2.01033439929228813265e-7,
        2.71155556874348757815e-5,
        1.24266094738807843860e-3,
        2.65321895265761230930e-2,
        2.96560571828504891230e-1,
        1.78482653991729133580,
        5.46378491116411436990,
        6.65790464350110377720,
    ],
    [
        2.04426310338993978564e-15,
        1.42151175831644588870e-7,
        1.84631831751005468180e-5,
        7.86869131145613259100e-4,
        1.48753612908506148525e-2,
        1.36929880922735805310e-1,
        5.99832206555887937690e-1,
        1.0,
    ],
);

/// ∫ t^-s dt from `from` to `to`, both above 0; continuous in s through the logarithm at s = 1.
pub fn power_integral(from: f64, to: f64, exponent: f64) -> f64 {
    let (logarithm, slope) = (libm::log(to / from), 1.0 - exponent);
    let scale = libm::exp(slope * libm::log(from));
    if slope == 0.0 { logarithm } else { scale * libm::expm1(slope * logarithm) / slope }
}

/// Σ k^-s over the integers k of `from..=to`, at the cost of a few dozen powers however many there are:
/// the first terms one by one, the rest by the Euler-Maclaurin formula (DLMF 2.10.1,
/// <https://dlmf.nist.gov/2.10>) up to the tenth Bernoulli number. Any real s, `from` at least 1.
pub fn power_sum(from: f64, to: f64, exponent: f64) -> f64 {
    if from > to {
        return 0.0;
    }
    let power = |k: f64| libm::exp(-exponent * libm::log(k));
    let direct = libm::ceil(16.0 + 4.0 * libm::fabs(exponent));
    let start = from + direct;
    let last_direct = if start < to { start - 1.0 } else { to };
    // From the smallest terms (of a decreasing power) to the largest.
    let mut head = 0.0;
    let mut k = last_direct;
    while k >= from {
        head += power(k);
        k -= 1.0;
    }
    if start >= to {
        return head;
    }
    let mut sum = power_integral(start, to, exponent) + 0.5 * (power(start) + power(to));
    // Rising factor s(s+1)…(s+2j-2) · k^-(s+2j-1), at both ends.
    let (mut low, mut high) = (exponent * power(start) / start, exponent * power(to) / to);
    let mut order = exponent;
    for bernoulli in BERNOULLI_OVER_FACTORIAL {
        sum += bernoulli * (low - high);
        let step = (order + 1.0) * (order + 2.0);
        low *= step / (start * start);
        high *= step / (to * to);
        order += 2.0;
    }
    head + sum
}

/// B₂ⱼ / (2j)! for j = 1 to 5.
const BERNOULLI_OVER_FACTORIAL: [f64; 5] =
    [1.0 / 12.0, -1.0 / 720.0, 1.0 / 30_240.0, -1.0 / 1_209_600.0, 1.0 / 47_900_160.0];

/// The smallest integer of `from..=to` for which `holds`, which must stay true once it is; else `to`.
pub fn smallest_integer(from: f64, to: f64, holds: impl Fn(f64) -> bool) -> f64 {
    let (mut low, mut high) = (from, to);
    while low < high {
        let middle = libm::floor(low + (high - low) / 2.0);
        if holds(middle) {
            high = middle;
        } else {
            low = middle + 1.0;
        }
    }
    low
}

/// The smallest float of `from..=to` for which `holds`, which must stay true once it is; else `to`.
/// Halves the ordered bit patterns, so it ends after 64 steps and meets atoms exactly.
pub fn smallest_float(from: f64, to: f64, holds: impl Fn(f64) -> bool) -> f64 {
    let (mut low, mut high) = (ordered(from), ordered(to));
    while low < high {
        let middle = ((i128::from(low) + i128::from(high)) >> 1) as i64;
        if holds(unordered(middle)) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    unordered(low)
}

/// An integer that orders as the float does.
fn ordered(x: f64) -> i64 {
    // Zero has one place in the order: -0 becomes 0.
    let bits = (x + 0.0).to_bits() as i64;
    if bits < 0 { i64::MIN.wrapping_sub(bits) } else { bits }
}

fn unordered(order: i64) -> f64 {
    f64::from_bits(if order < 0 { i64::MIN.wrapping_sub(order) } else { order } as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn close(observed: f64, expected: f64, tolerance: f64) {
        let error = libm::fabs(observed / expected - 1.0);
        assert!(error < tolerance, "{observed:?} should be {expected:?}");
    }

    #[test]
    fn normal_quantiles_are_scipys_in_all_three_branches() {
        // scipy.special.ndtri([.3, .7, .999, .02, 1e-20, 1e-300])
        for (probability, quantile) in [
            (0.3, -0.5244005127080409),
            (0.7, 0.5244005127080407),
            (0.999, 3.090232306167813),
            (0.02, -2.053748910631823),
            (1e-20, -9.262340089798409),
            (1e-300, -37.0470962993612),
        ] {
            close(normal_quantile(probability), quantile, 1e-15);
        }
        assert_eq!(normal_quantile(0.5), 0.0);
        assert_eq!((normal_quantile(0.0), normal_quantile(1.0)), (f64::NEG_INFINITY, f64::INFINITY));
    }

    #[test]
    fn power_sums_are_mpmaths() {
        // mpmath: zeta(s, from) - zeta(s, to + 1) with 30 digits
        for (from, to, exponent, sum) in [
            (1.0, 3e8, 0.7, 1_161.388_175_947_994_7),
            (1.0, 3e8, 1.0, 20.096_508_699_188_675),
            (1.0, 3e8, 1.5, 2.612_259_878_631_747),
            (21.0, 256.0, 2.5, 0.007_017_586_352_590_157),
            (21.0, 256.0, 0.5, 22.975_630_293_384_24),
            (1.0, 1e6, -1.3, 27_432_959_568_751.984),
            (7.0, 1e9, 12.0, 9.184_645_598_948_394e-11),
            (1.0, 1_000.0, 1.000_000_1, 7.485_468_481_632_99),
        ] {
            close(power_sum(from, to, exponent), sum, 2e-14);
        }
    }

    proptest! {
        #[test]
        fn normal_quantile_undoes_the_cumulative(z in -8.0f64..5.0) {
            prop_assert!(libm::fabs(normal_quantile(normal_cumulative(z)) - z) < 1e-9);
        }

        #[test]
        fn power_sums_add_up(from in 1u32..300, first in 0u32..500, second in 1u32..500, exponent in -2.0f64..6.0) {
            let (from, middle) = (f64::from(from), f64::from(from + first));
            let to = middle + f64::from(second);
            let whole = power_sum(from, to, exponent);
            let parts = power_sum(from, middle, exponent) + power_sum(middle + 1.0, to, exponent);
            prop_assert!(libm::fabs(whole / parts - 1.0) < 1e-13, "{whole} {parts}");
        }

        #[test]
        fn smallest_float_finds_the_threshold_itself(threshold: f64) {
            prop_assume!(!threshold.is_nan());
            let found = smallest_float(f64::NEG_INFINITY, f64::INFINITY, |x| x >= threshold);
            prop_assert_eq!(found, threshold);
        }

        #[test]
        fn smallest_integer_finds_the_threshold_itself(threshold in 0u32..1000) {
            let found = smallest_integer(0.0, 1_000.0, |k| k >= f64::from(threshold));
            prop_assert_eq!(found, f64::from(threshold));
        }
    }
}
