//! [`Ziggurat`]: standard normal and exponential draws without a logarithm in 98 of 100 cases.
//!
//! Marsaglia and Tsang 2000, "The Ziggurat Method for Generating Random Variables", Journal of
//! Statistical Software 5(8), doi:10.18637/jss.v005.i08, with 256 layers, and with the layer and the
//! place inside it taken from different bits (Doornik 2005, "An Improved Ziggurat Method to Generate
//! Normal Random Samples"). `rand_distr` has the same method for f64, but its rare cases call the
//! platform's `exp` and `ln`. Here the tables too are computed through `libm`, once at the first draw.

use std::sync::LazyLock;

use rand::Rng;
use rand_distr::{Distribution, Exp1, StandardNormal};

use super::{Real, unit};

const LAYERS: usize = 256;
/// Where the normal's tail begins: the one number for which 256 layers of equal area close at the peak.
const NORMAL_TAIL: f64 = 3.654_152_885_361_009;
/// Where the exponential's tail begins.
const EXPONENTIAL_TAIL: f64 = 7.697_117_470_131_05;

static NORMAL: LazyLock<Ziggurat> = LazyLock::new(|| {
    // exp(-x²/2) is not normalised: its tail area is √(π/2) · erfc(x/√2).
    let tail_area =
        libm::sqrt(std::f64::consts::FRAC_PI_2) * libm::erfc(NORMAL_TAIL * std::f64::consts::FRAC_1_SQRT_2);
    Ziggurat::new(NORMAL_TAIL, tail_area, normal_density, |height| libm::sqrt(-2.0 * libm::log(height)))
});

static EXPONENTIAL: LazyLock<Ziggurat> = LazyLock::new(|| {
    let tail_area = exponential_density(EXPONENTIAL_TAIL);
    Ziggurat::new(EXPONENTIAL_TAIL, tail_area, exponential_density, |height| -libm::log(height))
});

fn normal_density(x: f64) -> f64 {
    libm::exp(-0.5 * x * x)
}

fn exponential_density(x: f64) -> f64 {
    libm::exp(-x)
}

/// Layers of equal area under a decreasing density: layer 0 holds the tail, the last one the peak.
struct Ziggurat {
    /// Right edges; the first is the width of a rectangle with the area of the base layer, tail included.
    edges: [f64; LAYERS + 1],
    /// The density at each edge.
    heights: [f64; LAYERS + 1],
}

impl Ziggurat {
    fn new(tail: f64, tail_area: f64, density: fn(f64) -> f64, inverse: fn(f64) -> f64) -> Self {
        let area = tail * density(tail) + tail_area;
        let mut edges = [0.0; LAYERS + 1];
        edges[0] = area / density(tail);
        edges[1] = tail;
        for layer in 2..LAYERS {
            let previous = edges[layer - 1];
            edges[layer] = inverse(area / previous + density(previous));
        }
        Self { edges, heights: edges.map(density) }
    }

    /// Whether a point of `layer`, under the step but outside the layer above, lies under the density.
    #[cold]
    fn accepts(&self, layer: usize, height: f64, density: f64) -> bool {
        let (low, high) = (self.heights[layer], self.heights[layer + 1]);
        high + (low - high) * height < density
    }
}

/// The layer from the lowest 8 bits and, from the highest 52, a number in (0, 1).
#[inline]
fn layer_and_unit(word: u64) -> (usize, f64) {
    ((word & 0xff) as usize, unit(word))
}

impl Distribution<Real> for StandardNormal {
    #[inline]
    fn sample<R: Rng + ?Sized>(&self, generator: &mut R) -> Real {
        let ziggurat = &*NORMAL;
        loop {
            let (layer, place) = layer_and_unit(generator.next_u64());
            let side = 2.0 * place - 1.0;
            let x = side * ziggurat.edges[layer];
            if libm::fabs(x) < ziggurat.edges[layer + 1] {
                return Real(x);
            }
            if layer == 0 {
                return Real(normal_tail(generator, side));
            }
            if ziggurat.accepts(layer, unit(generator.next_u64()), normal_density(x)) {
                return Real(x);
            }
        }
    }
}

/// A draw beyond the last edge, on the side of the sign (Marsaglia 1964, "Generating a Variable from the
/// Tail of the Normal Distribution", doi:10.1080/00401706.1964.10490150).
#[cold]
fn normal_tail<R: Rng + ?Sized>(generator: &mut R, side: f64) -> f64 {
    loop {
        let beyond = -libm::log(unit(generator.next_u64())) / NORMAL_TAIL;
        let twice = -2.0 * libm::log(unit(generator.next_u64()));
        if twice >= beyond * beyond {
            return libm::copysign(NORMAL_TAIL + beyond, side);
        }
    }
}

impl Distribution<Real> for Exp1 {
    #[inline]
    fn sample<R: Rng + ?Sized>(&self, generator: &mut R) -> Real {
        let ziggurat = &*EXPONENTIAL;
        loop {
            let (layer, place) = layer_and_unit(generator.next_u64());
            let x = place * ziggurat.edges[layer];
            if x < ziggurat.edges[layer + 1] {
                return Real(x);
            }
            if layer == 0 {
                // The exponential has no memory: beyond the edge it begins anew.
                return Real(EXPONENTIAL_TAIL - libm::log(unit(generator.next_u64())));
            }
            if ziggurat.accepts(layer, unit(generator.next_u64()), exponential_density(x)) {
                return Real(x);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Key;

    /// Draws that reach every branch: a tail holds 1 in 3,700 of the normal's.
    const COUNT: usize = 1_000_000;

    fn draws(distribution: impl Distribution<Real>, purpose: &str) -> Vec<f64> {
        let mut generator = Key::derive("seed", "tests", "ziggurat", purpose).generator(0, 0);
        let mut draws: Vec<f64> = (0..COUNT).map(|_| distribution.sample(&mut generator).0).collect();
        draws.sort_by(f64::total_cmp);
        draws
    }

    /// The Kolmogorov-Smirnov distance of sorted draws, times √n (1.63 is its 99 % point).
    fn distance(draws: &[f64], cumulative: impl Fn(f64) -> f64) -> f64 {
        let size = draws.len() as f64;
        let widest = draws.iter().enumerate().fold(0.0, |widest: f64, (index, &x)| {
            let expected = cumulative(x);
            let (below, above) = (index as f64 / size, (index + 1) as f64 / size);
            widest.max(expected - below).max(above - expected)
        });
        widest * libm::sqrt(size)
    }

    #[test]
    fn the_top_layer_has_the_area_of_the_others() {
        for ziggurat in [&*NORMAL, &*EXPONENTIAL] {
            let area = ziggurat.edges[0] * ziggurat.heights[1];
            for layer in 1..LAYERS {
                let height = ziggurat.heights[layer + 1] - ziggurat.heights[layer];
                assert!(libm::fabs(ziggurat.edges[layer] * height - area) < 1e-12 * area.max(1.0), "{layer}");
            }
        }
        // Marsaglia and Tsang 2000, section 4: the areas for 256 layers.
        assert!(libm::fabs(NORMAL.edges[0] * NORMAL.heights[1] - 0.004_928_673_233_99) < 1e-13);
        assert!(libm::fabs(EXPONENTIAL.edges[0] * EXPONENTIAL.heights[1] - 0.003_949_659_822_58) < 1e-13);
    }

    #[test]
    fn normal_draws_follow_the_normal_law_into_both_tails() {
        let draws = draws(StandardNormal, "normal");
        let cumulative = |x: f64| 0.5 * libm::erfc(-x * std::f64::consts::FRAC_1_SQRT_2);
        assert!(distance(&draws, cumulative) < 1.63);
        let below = draws.partition_point(|&x| x < -NORMAL_TAIL);
        let above = COUNT - draws.partition_point(|&x| x <= NORMAL_TAIL);
        // The tail on one side: 1.290e-4 of the draws, 129 ± 11.4.
        assert!(
            (129.0 - below as f64).abs() < 46.0 && (129.0 - above as f64).abs() < 46.0,
            "{below} {above}"
        );
    }

    /// The tail alone, of which a million draws hold too few.
    #[test]
    fn the_normal_tail_is_the_normal_law_beyond_its_edge() {
        let mut generator = Key::derive("seed", "tests", "ziggurat", "tail").generator(0, 0);
        let mut tail: Vec<f64> = (0..200_000).map(|_| normal_tail(&mut generator, 1.0)).collect();
        tail.sort_by(f64::total_cmp);
        let survival = |x: f64| libm::erfc(x * std::f64::consts::FRAC_1_SQRT_2);
        assert!(distance(&tail, |x| 1.0 - survival(x) / survival(NORMAL_TAIL)) < 1.63);
    }

    #[test]
    fn exponential_draws_follow_the_exponential_law_into_the_tail() {
        let draws = draws(Exp1, "exponential");
        assert!(distance(&draws, |x| -libm::expm1(-x)) < 1.63);
        let above = COUNT - draws.partition_point(|&x| x <= EXPONENTIAL_TAIL);
        // exp(-7.697) = 4.54e-4 of the draws, 454 ± 21.3.
        assert!((454.0 - above as f64).abs() < 86.0, "{above}");
        assert!(distance(&draws[COUNT - above..], |x| -libm::expm1(EXPONENTIAL_TAIL - x)) < 1.63);
    }

    /// Freezes every branch: the wrapping sum of the bits of a million draws.
    #[test]
    fn draws_are_frozen() {
        let digest = |draws: &[f64]| draws.iter().fold(0u64, |sum, x| sum.wrapping_add(x.to_bits()));
        insta::assert_debug_snapshot!([digest(&draws(StandardNormal, "frozen")), digest(&draws(Exp1, "frozen"))], @r#"
            [
                3071264995391744144,
                12833306444794430462,
            ]
            "#);
    }
}
