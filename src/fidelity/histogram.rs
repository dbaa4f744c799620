//! [`Scale`]: bins that values are counted in; [`Binned`]: a law or a sample over such bins.

use crate::laws::Expect;

/// Bins of each octave beyond [`EXACT`].
const PER_OCTAVE: usize = 128;
/// Whole numbers below this have a bin each.
const EXACT: usize = 256;
/// Octaves of the logarithmic scale below 1 and above it.
const OCTAVES_BELOW: usize = 30;
const OCTAVES_ABOVE: usize = 63;
/// Bins of a linear scale between its two outer ones.
const LINEAR_BINS: usize = 4_096;

/// How values are put into bins.
#[derive(Clone, Debug, PartialEq)]
pub enum Scale {
    /// Equal bins over an interval, one below it and one above it.
    Linear {
        /// The interval's start.
        from: f64,
        /// The width of a bin.
        width: f64,
    },
    /// 128 bins to the octave; everything up to 2⁻³⁰ is in the first.
    Logarithmic,
    /// Whole numbers from 0: exact up to 255, then 128 bins to the octave; negative ones are in the first.
    Whole,
}

impl Scale {
    /// Equal bins over an interval.
    pub fn linear(from: f64, to: f64) -> Self {
        let width = (to - from) / LINEAR_BINS as f64;
        Self::Linear { from, width: if width > 0.0 { width } else { 1.0 } }
    }

    /// The number of bins.
    pub fn bins(&self) -> usize {
        match self {
            Self::Linear { .. } => LINEAR_BINS + 2,
            Self::Logarithmic => (OCTAVES_BELOW + OCTAVES_ABOVE) * PER_OCTAVE + 1,
            Self::Whole => EXACT + (OCTAVES_ABOVE - 8) * PER_OCTAVE,
        }
    }

    /// The bin of a value.
    #[inline]
    pub fn bin(&self, value: f64) -> usize {
        match *self {
            Self::Linear { from, width } => {
                let place = (value - from) / width + 1.0;
                // A float becomes an integer by saturation: NaN is 0.
                (place.max(0.0) as usize).min(LINEAR_BINS + 1)
            }
            Self::Logarithmic => {
                let first = ((1023 - OCTAVES_BELOW) * PER_OCTAVE) as u64;
                if value <= 0.0 || value.is_nan() {
                    return 0;
                }
                // Exponent and the first seven bits of the mantissa.
                let step = value.to_bits() >> 45;
                ((step + 1).saturating_sub(first) as usize).min(self.bins() - 1)
            }
            Self::Whole => {
                let whole = value as u64;
                if whole < EXACT as u64 {
                    return whole as usize;
                }
                let octave = 63 - whole.leading_zeros() as usize;
                let part = (whole >> (octave - 7)) as usize - PER_OCTAVE;
                (EXACT + (octave - 8) * PER_OCTAVE + part).min(self.bins() - 1)
            }
        }
    }

    /// The lower edge of a bin; whole numbers are in the middle of theirs.
    pub fn edge(&self, bin: usize) -> f64 {
        match *self {
            Self::Linear { from, width } => from + (bin as f64 - 1.0) * width,
            Self::Logarithmic if bin == 0 => 0.0,
            Self::Logarithmic => {
                let first = ((1023 - OCTAVES_BELOW) * PER_OCTAVE) as u64;
                f64::from_bits((first + bin as u64 - 1) << 45)
            }
            Self::Whole if bin <= EXACT => bin as f64 - 0.5,
            Self::Whole => {
                let (octave, part) = ((bin - EXACT) / PER_OCTAVE + 8, (bin - EXACT) % PER_OCTAVE);
                ((PER_OCTAVE + part) as u128).checked_shl(octave as u32 - 7).unwrap_or(0) as f64 - 0.5
            }
        }
    }
}

/// To which side values are rounded to whole grains.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rounding {
    /// Not at all.
    None,
    /// To the nearest multiple.
    Nearest(f64),
    /// To the next multiple above, at least one.
    Up(f64),
}

/// Masses over the bins of a scale.
#[derive(Clone, Debug, PartialEq)]
pub struct Binned {
    /// The bins.
    pub scale: Scale,
    /// The mass below each bin's lower edge, and 1 at the end.
    cumulative: Vec<f64>,
}

impl Binned {
    /// The law of values that are rounded and counted.
    pub fn of_law(scale: Scale, law: &dyn Expect, rounding: Rounding) -> Self {
        let below = |edge: f64| match rounding {
            Rounding::None => law.cumulative(edge.next_down()),
            Rounding::Nearest(grain) => {
                law.cumulative((libm::ceil(edge / grain - 1e-9) * grain - grain / 2.0).next_down())
            }
            Rounding::Up(grain) => law.cumulative(libm::ceil(edge / grain - 1e-9) * grain - grain),
        };
        Self::of_cumulative(scale, below)
    }

    /// The law with these masses below the bins' edges.
    pub fn of_cumulative(scale: Scale, below: impl Fn(f64) -> f64) -> Self {
        let mut cumulative = vec![0.0];
        cumulative.extend((1..scale.bins()).map(|bin| below(scale.edge(bin))));
        cumulative.push(1.0);
        Self { scale, cumulative }
    }

    /// The part of the sum of all values that the greatest `share` of them holds.
    pub fn share_of_top(&self, share: f64) -> f64 {
        let (mut left, mut held) = (share, 0.0);
        for bin in (0..self.scale.bins()).rev() {
            let mass = (self.cumulative[bin + 1] - self.cumulative[bin]).min(left);
            if mass > 0.0 {
                held += mass * 0.5 * (self.scale.edge(bin) + self.scale.edge(bin + 1));
                left -= mass;
            }
        }
        held / self.moments().0
    }

    /// The shares of counts; nothing without any.
    pub fn of_counts(scale: Scale, counts: &[u64]) -> Option<Self> {
        let total: u64 = counts.iter().sum();
        if total == 0 {
            return None;
        }
        let mut reached = 0;
        let mut cumulative = vec![0.0];
        for bin in 0..scale.bins() {
            reached += counts.get(bin).copied().unwrap_or(0);
            cumulative.push(reached as f64 / total as f64);
        }
        Some(Self { scale, cumulative })
    }

    /// The mass below `x`, straight within a bin.
    pub fn below(&self, x: f64) -> f64 {
        if x.is_nan() {
            return 0.0;
        }
        let (mut low, mut high) = (0, self.scale.bins());
        while high - low > 1 {
            let middle = usize::midpoint(low, high);
            if self.scale.edge(middle) <= x {
                low = middle;
            } else {
                high = middle;
            }
        }
        let (start, end) = (self.scale.edge(low), self.scale.edge(low + 1));
        let way = if low == 0 && x < start { 0.0 } else { ((x - start) / (end - start)).clamp(0.0, 1.0) };
        self.cumulative[low] + way * (self.cumulative[low + 1] - self.cumulative[low])
    }

    /// The value that a share of the mass is below, straight within a bin.
    pub fn quantile(&self, share: f64) -> f64 {
        let bin = self.cumulative[1..].partition_point(|&reached| reached < share).min(self.scale.bins() - 1);
        let (start, end) = (self.scale.edge(bin), self.scale.edge(bin + 1));
        let (low, high) = (self.cumulative[bin], self.cumulative[bin + 1]);
        if high <= low {
            return start;
        }
        start + ((share - low) / (high - low)).clamp(0.0, 1.0) * (end - start)
    }

    /// Mean and standard deviation, with each bin's mass in its middle.
    pub fn moments(&self) -> (f64, f64) {
        let (mut first, mut second) = (0.0, 0.0);
        for (middle, mass) in self.masses() {
            first += mass * middle;
        }
        for (middle, mass) in self.masses() {
            second += mass * (middle - first) * (middle - first);
        }
        (first, libm::sqrt(second))
    }

    /// The fourth moment about the mean over the square of the second.
    pub fn kurtosis(&self) -> f64 {
        let (mean, deviation) = self.moments();
        if deviation <= 0.0 {
            return 1.0;
        }
        let fourth = |(middle, mass): (f64, f64)| {
            let step = (middle - mean) / deviation;
            mass * step * step * step * step
        };
        self.masses().map(fourth).sum()
    }

    /// The middle and the mass of every bin that has any.
    fn masses(&self) -> impl Iterator<Item = (f64, f64)> + '_ {
        (0..self.scale.bins()).filter_map(|bin| {
            let mass = self.cumulative[bin + 1] - self.cumulative[bin];
            (mass > 0.0).then(|| (0.5 * (self.scale.edge(bin) + self.scale.edge(bin + 1)), mass))
        })
    }

    /// The greatest distance of the two cumulative functions.
    pub fn distance(&self, other: &Self) -> f64 {
        self.cumulative
            .iter()
            .zip(&other.cumulative)
            .map(|(mine, theirs)| (mine - theirs).abs())
            .fold(0.0, f64::max)
    }

    /// The greatest distance to the same law with every value moved by `back`'s inverse: F(x) against F(back(x)).
    pub fn distance_when(&self, back: impl Fn(f64) -> f64) -> f64 {
        let mut greatest: f64 = 0.0;
        for bin in 1..self.scale.bins() {
            let mass = self.cumulative[bin];
            let empty = self.cumulative[bin + 1] <= mass && mass <= self.cumulative[bin - 1];
            if empty {
                continue;
            }
            greatest = greatest.max((mass - self.below(back(self.scale.edge(bin)))).abs());
        }
        greatest
    }

    /// The part of the law inside an interval, renormalised; nothing without mass.
    pub fn inside(&self, low: f64, high: f64) -> Option<Self> {
        let (below, upto) = (self.below(low), self.below(high));
        if upto - below <= 1e-12 {
            return None;
        }
        let part = |reached: &f64| ((reached - below) / (upto - below)).clamp(0.0, 1.0);
        Some(Self { scale: self.scale.clone(), cumulative: self.cumulative.iter().map(part).collect() })
    }

    /// Edges and masses for a picture with about `bins` bins between the outer 1/5,000ths.
    pub fn coarse(&self, other: &Self, bins: usize) -> (Vec<f64>, Vec<f64>, Vec<f64>) {
        let low = self.scale.bin(self.quantile(2e-4).min(other.quantile(2e-4)));
        let high = self.scale.bin(self.quantile(1.0 - 2e-4).max(other.quantile(1.0 - 2e-4))) + 1;
        let step = (high - low).div_ceil(bins).max(1);
        let mut places: Vec<usize> = (low..high).step_by(step).collect();
        places.push(high.min(self.scale.bins()));
        let mass = |law: &Self| {
            places.windows(2).map(|pair| law.cumulative[pair[1]] - law.cumulative[pair[0]]).collect()
        };
        let edges = places.iter().map(|&bin| self.scale.edge(bin)).collect();
        (edges, mass(other), mass(self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::laws::Law;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_value_lies_between_the_edges_of_its_bin(value in 1e-8f64..1e17, whole in 0u64..1 << 50) {
            for scale in [Scale::Logarithmic, Scale::linear(0.0, 1e17)] {
                let bin = scale.bin(value);
                prop_assert!(scale.edge(bin) <= value && value < scale.edge(bin + 1), "{scale:?} {bin}");
            }
            let bin = Scale::Whole.bin(whole as f64);
            prop_assert!(Scale::Whole.edge(bin) < whole as f64 && (whole as f64) < Scale::Whole.edge(bin + 1));
        }
    }

    #[test]
    fn edges_rise() {
        for scale in [Scale::Logarithmic, Scale::Whole, Scale::linear(-5.0, 7.0)] {
            assert!((1..scale.bins()).all(|bin| scale.edge(bin) < scale.edge(bin + 1)), "{scale:?}");
        }
    }

    #[test]
    fn a_binned_law_keeps_quantiles_moments_and_rounding() {
        let law = Law::LogNormal { mu: 4.5, sigma: 1.2 };
        let binned = Binned::of_law(Scale::Logarithmic, &*law.expectation(), Rounding::None);
        assert!((binned.quantile(0.5) / libm::exp(4.5) - 1.0).abs() < 1e-3);
        assert!((binned.moments().0 / law.mean() - 1.0).abs() < 1e-3);
        assert!((binned.below(200.0) - law.cumulative(200.0)).abs() < 1e-4);
        let die = Law::Uniform { min: 0.5, max: 6.5 };
        let whole = Binned::of_law(Scale::Whole, &*die.expectation(), Rounding::Nearest(1.0));
        assert!((whole.below(3.5) - 0.5).abs() < 1e-9 && (whole.moments().0 - 3.5).abs() < 1e-9);
        let waits = Law::Uniform { min: 0.0, max: 10.0 };
        let up = Binned::of_law(Scale::Whole, &*waits.expectation(), Rounding::Up(1.0));
        assert!((up.below(1.5) - 0.1).abs() < 1e-9 && up.below(0.4) < 1e-9);
    }

    #[test]
    fn distances_are_those_of_the_cumulative_functions() {
        let uniform = |max: f64| {
            let law = Law::Uniform { min: 0.0, max };
            Binned::of_law(Scale::linear(0.0, 2.0), &*law.expectation(), Rounding::None)
        };
        assert!((uniform(1.0).distance(&uniform(1.25)) - 0.2).abs() < 1e-3);
        assert!((uniform(1.0).distance_when(|x| x / 1.25) - 0.2).abs() < 1e-3);
        assert!(Binned::of_counts(Scale::Whole, &[0, 0]).is_none());
    }
}
