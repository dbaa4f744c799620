//! [`Alias`]: a weighted choice in constant time, from one draw.
//!
//! `rand_distr`'s table takes two numbers of a generator. A pool's value needs no generator at all, but the one draw of
//! its address: a fifth of the time.

use std::hint::select_unpredictable;

use super::below;

/// Walker's alias table, built as Vose 1991 (doi:10.1109/32.92917), with fixed-point thresholds.
#[derive(Clone, Debug)]
pub struct Alias {
    slots: Vec<Slot>,
}

/// One of as many slots as there are weights: of 2³² draws of it, those below the threshold are its own, the rest its
/// alias's, which may be itself.
#[derive(Clone, Copy, Debug)]
struct Slot {
    threshold: u32,
    alias: u32,
}

impl Alias {
    /// A table of weights, at least one of them positive.
    pub fn new(weights: &[f64]) -> Self {
        let count = weights.len();
        let total: f64 = weights.iter().sum();
        let mut scaled: Vec<f64> = weights.iter().map(|weight| weight / total * count as f64).collect();
        let mut slots: Vec<Slot> =
            (0..count as u32).map(|alias| Slot { threshold: u32::MAX, alias }).collect();
        let (mut small, mut large): (Vec<usize>, Vec<usize>) = (0..count).partition(|&at| scaled[at] < 1.0);
        while let (Some(poor), Some(&rich)) = (small.pop(), large.last()) {
            slots[poor] = Slot { threshold: (scaled[poor] * (1u64 << 32) as f64) as u32, alias: rich as u32 };
            scaled[rich] -= 1.0 - scaled[poor];
            if scaled[rich] < 1.0 {
                large.pop();
                small.push(rich);
            }
        }
        Self { slots }
    }

    /// The choice of a draw.
    #[inline]
    pub fn choose(&self, draw: u64) -> usize {
        let number = below(draw, self.slots.len() as u64) as usize;
        let slot = self.slots[number];
        // The low half is independent of the slot for tables below 2³² entries.
        select_unpredictable((draw as u32) < slot.threshold, number, slot.alias as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Key;

    #[test]
    fn choices_follow_their_weights() {
        let weights = [70.0, 15.0, 10.0, 4.0, 1.0, 0.0];
        let alias = Alias::new(&weights);
        let key = Key::derive("s", "e", "c", "alias");
        let mut counts = [0u32; 6];
        for row in 0..200_000 {
            counts[alias.choose(key.at(row, 0))] += 1;
        }
        for (count, weight) in counts.iter().zip(weights) {
            assert!((f64::from(*count) / 200_000.0 - weight / 100.0).abs() < 0.004, "{counts:?}");
        }
        assert_eq!(counts[5], 0);
    }
}
