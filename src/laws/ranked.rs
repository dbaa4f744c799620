//! [`RankedCounts`]: exact counts by rank, so that a total is met to the last row and nothing is sampled.

use super::quantiles::QuantileCurve;

/// A law as the integral of its quantile function over the survival rank: what the top fraction holds.
pub trait TopIntegral {
    /// The integral from 0 to `survival`, per row of all.
    fn integral(&self, survival: f64) -> f64;

    /// The least value of the law; ranks never fall below it.
    fn least(&self) -> u64 {
        0
    }

    /// The integral of what the law has over its least value. A law that is constant somewhere should
    /// return the very same double there, so that rounding cannot move a unit between equal ranks.
    fn excess(&self, survival: f64) -> f64 {
        self.integral(survival) - survival * self.least() as f64
    }
}

impl TopIntegral for QuantileCurve {
    fn integral(&self, survival: f64) -> f64 {
        Self::integral(self, survival)
    }

    fn least(&self) -> u64 {
        1
    }

    fn excess(&self, survival: f64) -> f64 {
        Self::excess(self, survival)
    }
}

/// The sizes of `count` rows in order of rank, rank 0 the biggest, whose sum is exactly `total`.
///
/// The first i ranks together hold round(count·G(i/count)), scaled to the total: sizes are differences of
/// a rounded cumulative law, so they telescope, and any of them costs two evaluations.
#[derive(Clone, Debug, PartialEq)]
pub struct RankedCounts<L> {
    law: L,
    count: u64,
    total: u64,
    /// Rows over the least size per unit of the law's excess.
    scale: f64,
}

impl<L: TopIntegral> RankedCounts<L> {
    /// The sizes of `count` ranks under `law`; refuses a total below the law's least size for each.
    pub fn new(law: L, count: u64, total: u64) -> Result<Self, String> {
        let floor = law.least().checked_mul(count).filter(|&floor| floor <= total);
        let Some(floor) = floor else {
            return Err(format!("{count} rows of at least {} do not fit a total of {total}", law.least()));
        };
        let (excess, over) = (law.excess(1.0), total - floor);
        if over > 0 && (excess.is_nan() || excess <= 0.0) {
            return Err(format!("a law that is constantly {} cannot reach a total of {total}", law.least()));
        }
        let scale = if over == 0 { 0.0 } else { over as f64 / excess };
        Ok(Self { law, count, total, scale })
    }

    /// What the ranks below `rank` hold together; of `count` it is the total.
    pub fn before(&self, rank: u64) -> u64 {
        if rank >= self.count {
            return self.total;
        }
        let survival = rank as f64 / self.count as f64;
        let over = settled(self.scale * self.law.excess(survival));
        (rank * self.law.least() + over).min(self.total)
    }

    /// The size of the row of `rank`, which is below the count.
    pub fn size(&self, rank: u64) -> u64 {
        self.before(rank + 1).saturating_sub(self.before(rank))
    }

    /// The law of the sizes.
    pub const fn law(&self) -> &L {
        &self.law
    }

    /// The number of ranks.
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// The sum of all sizes.
    pub const fn total(&self) -> u64 {
        self.total
    }
}

/// Rounds half up, after noise below 2⁻¹⁶ is taken away: equal ranks must not differ by a rounding error.
fn settled(cumulative: f64) -> u64 {
    const GRAIN: f64 = 65_536.0;
    libm::floor(libm::round(cumulative * GRAIN) / GRAIN + 0.5) as u64
}

/// Exact numbers of rows for weighted parts, by largest remainder; ties go to the earlier part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quotas {
    /// The first row of each part, then the number of all rows.
    starts: Vec<u64>,
}

impl Quotas {
    /// Divides `rows` in proportion to `weights`, which need not sum to 1.
    pub fn new(weights: &[f64], rows: u64) -> Result<Self, String> {
        let sum: f64 = weights.iter().sum();
        if weights.iter().any(|weight| weight.is_nan() || *weight < 0.0) || !(sum > 0.0 && sum.is_finite()) {
            return Err(format!("weights are not negative and not all 0, unlike {weights:?}"));
        }
        let exact: Vec<f64> = weights.iter().map(|weight| rows as f64 * (weight / sum)).collect();
        let mut counts: Vec<u64> = exact.iter().map(|&rows| libm::floor(rows) as u64).collect();
        let mut order: Vec<usize> = (0..weights.len()).filter(|&part| weights[part] > 0.0).collect();
        let remainder = |part: usize| exact[part] - libm::floor(exact[part]);
        order.sort_by(|&left, &right| remainder(right).total_cmp(&remainder(left)).then(left.cmp(&right)));
        let mut missing = rows.saturating_sub(counts.iter().sum());
        for &part in order.iter().cycle() {
            if missing == 0 {
                break;
            }
            counts[part] += 1;
            missing -= 1;
        }
        let mut starts = vec![0];
        for count in counts {
            starts.push((starts[starts.len() - 1] + count).min(rows));
        }
        Ok(Self { starts })
    }

    /// The number of rows of each part, in the order of the weights.
    pub fn counts(&self) -> Vec<u64> {
        self.starts.windows(2).map(|pair| pair[1] - pair[0]).collect()
    }

    /// The part that holds `rank`, and the rank's place inside it, when parts lie one after the other.
    pub fn locate(&self, rank: u64) -> (usize, u64) {
        let part = self.starts.partition_point(|&start| start <= rank).clamp(1, self.starts.len() - 1) - 1;
        (part, rank - self.starts[part])
    }
}

#[cfg(test)]
mod tests {
    use super::super::quantiles::Knot;
    use super::*;
    use proptest::prelude::*;

    fn chat(mean: f64, cap: f64) -> QuantileCurve {
        let knots = [(1.0, 1.0), (0.5, 15.0), (0.05, 500.0), (0.02, 10_000.0)]
            .map(|(survival, value)| Knot { survival, value });
        QuantileCurve::with_mean(knots.to_vec(), cap, mean).unwrap().unwrap()
    }

    /// The quantile of the sizes themselves, between two of them by linear interpolation.
    fn quantile(rooms: &RankedCounts<QuantileCurve>, probability: f64) -> u64 {
        let place = (rooms.count() - 1) as f64 * (1.0 - probability);
        let (above, below) = (rooms.size(place as u64), rooms.size(place as u64 + 1));
        let way = place - libm::floor(place);
        libm::round(above as f64 * (1.0 - way) + below as f64 * way) as u64
    }

    #[test]
    fn rooms_of_the_three_bands_have_the_published_sizes() {
        for (count, total, biggest, heavy, quantiles, heavy_share, top_one, top_five) in [
            (8_000u64, 5_000_000u64, 319_373, 160, [15, 174, 499, 15_722], 81.9, 62.2, 94.3),
            (300_000, 100_000_000, 24_770, 6_000, [15, 174, 500, 10_666], 66.2, 35.3, 89.3),
            (600_000, 300_000_000, 825_729, 12_000, [15, 174, 500, 14_019], 77.4, 54.1, 92.9),
        ] {
            let cap = (total as f64 / 10.0).min(1e6);
            let rooms = RankedCounts::new(chat(total as f64 / count as f64, cap), count, total).unwrap();
            assert_eq!(rooms.size(0), biggest);
            assert!(rooms.size(heavy - 1) >= 10_000 && rooms.size(heavy) < 10_000);
            for (probability, published) in [0.5, 0.9, 0.95, 0.99].into_iter().zip(quantiles) {
                // The last digit of a published one depends on how it was rounded.
                let found = quantile(&rooms, probability);
                assert!(found.abs_diff(published) <= u64::from(published > 500), "{found} {published}");
            }
            for (fraction, percent) in [(0.02, heavy_share), (0.01, top_one), (0.05, top_five)] {
                let share = rooms.before((count as f64 * fraction) as u64) as f64 / total as f64;
                assert!((100.0 * share - percent).abs() <= 0.05, "{share}");
                assert!((rooms.law().share_of_top(fraction) - share).abs() < 1e-4);
            }
            assert_eq!(rooms.size(count - 1), 1);
        }
    }

    #[test]
    fn every_room_of_the_smallest_band_is_counted_once() {
        let rooms = RankedCounts::new(chat(625.0, 5e5), 8_000, 5_000_000).unwrap();
        let sizes: Vec<u64> = (0..8_000).map(|rank| rooms.size(rank)).collect();
        assert_eq!(sizes.iter().sum::<u64>(), 5_000_000);
        assert!(sizes.windows(2).all(|pair| pair[1] <= pair[0] + 1), "non-increasing but for rounding");
    }

    #[test]
    fn a_constant_stretch_gives_equal_sizes() {
        struct Half;
        impl TopIntegral for Half {
            fn integral(&self, survival: f64) -> f64 {
                3.5 * survival.min(0.1) + 2.0 * (survival - 0.1).max(0.0)
            }
        }
        let rooms = RankedCounts::new(Half, 10, 20 + 1).unwrap();
        assert_eq!((0..10).map(|rank| rooms.size(rank)).sum::<u64>(), 21);
        // Nine ranks of 2·21/21.5 units; the cumulative law never turns back.
        assert!((1..10).all(|rank| (1..=2).contains(&rooms.size(rank))));
    }

    #[test]
    fn totals_out_of_reach_are_refused() {
        let curve = chat(625.0, 5e5);
        assert!(RankedCounts::new(curve.clone(), 10, 9).is_err());
        assert!(RankedCounts::new(curve.clone(), u64::MAX, 9).is_err());
        let one = QuantileCurve::new(vec![Knot { survival: 1.0, value: 1.0 }], 0.0, 1.0).unwrap();
        assert!(RankedCounts::new(one.clone(), 10, 11).is_err());
        assert!((0..10).all(|rank| RankedCounts::new(one.clone(), 10, 10).unwrap().size(rank) == 1));
    }

    #[test]
    fn seventy_twenty_five_five_is_exact() {
        let parts = |rows| Quotas::new(&[0.7, 0.25, 0.05], rows).unwrap().counts();
        assert_eq!(parts(8_000), [5_600, 2_000, 400]);
        assert_eq!(parts(300_000), [210_000, 75_000, 15_000]);
        assert_eq!(parts(1), [1, 0, 0]);
        assert_eq!(Quotas::new(&[1.0, 1.0, 1.0], 5).unwrap().counts(), [2, 2, 1], "ties in order");
        assert!(Quotas::new(&[0.0], 5).is_err() && Quotas::new(&[1.0, -0.1], 5).is_err());
    }

    proptest! {
        #[test]
        fn sizes_sum_to_any_total_and_do_not_rise(count in 1u64..3_000, per in 1.0f64..2_000.0, tail in -2.0f64..8.0) {
            let total = (count as f64 * per) as u64;
            let knots = [(1.0, 1.0), (0.5, 15.0), (0.05, 500.0)].map(|(survival, value)| Knot { survival, value });
            let curve = QuantileCurve::new(knots.to_vec(), tail, 1e5).unwrap();
            let rooms = RankedCounts::new(curve, count, total).unwrap();
            let sizes: Vec<u64> = (0..count).map(|rank| rooms.size(rank)).collect();
            prop_assert_eq!(sizes.iter().sum::<u64>(), total);
            prop_assert!(sizes.iter().all(|&size| size >= 1));
            prop_assert!(sizes.windows(2).all(|pair| pair[1] <= pair[0] + 1));
        }

        #[test]
        fn quotas_sum_and_stay_within_one_of_their_share(
            weights in prop::collection::vec(0.0f64..5.0, 1..9), rows in 0u64..100_000,
        ) {
            let sum: f64 = weights.iter().sum();
            prop_assume!(sum > 0.0);
            let quotas = Quotas::new(&weights, rows).unwrap();
            let counts = quotas.counts();
            prop_assert_eq!(counts.iter().sum::<u64>(), rows);
            for (count, weight) in counts.iter().zip(&weights) {
                prop_assert!((*count as f64 - rows as f64 * weight / sum).abs() < 1.0 + 1e-6);
            }
            for rank in (0..rows).step_by(977) {
                let (part, inside) = quotas.locate(rank);
                prop_assert!(inside < counts[part]);
                prop_assert_eq!(counts[..part].iter().sum::<u64>() + inside, rank);
            }
        }
    }
}
