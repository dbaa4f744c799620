//! [`Coupling`]: a child's time that is never before the time of the row it refers to.
//!
//! The reference law holds exactly and the child's time law F yields where it must: both can hold if and
//! only if F lies below the arrivals A everywhere (Strassen 1965, doi:10.1214/aoms/1177700153). Children
//! are consumed in proportion from the pool of those whose referenced row has arrived, which costs one
//! draw and one search of a table for each row.

/// Cells of the child's range.
pub const CELLS: usize = 4_096;
/// A hazard that no draw outlives: a unit draw is above e⁻³⁷, so whatever waits in such a cell leaves it.
const CERTAIN: f64 = 64.0;

/// The solved law of the child's time, given the time of its referenced row.
#[derive(Clone, Debug, PartialEq)]
pub struct Coupling {
    /// ∫ dF̃/R up to each boundary between cells.
    hazard: Vec<f64>,
    /// F̃ at each boundary.
    feasible: Vec<f64>,
    deviation: f64,
}

impl Coupling {
    /// The slot of a referenced row's time, given as its position in the child's range: slot 0 is before
    /// the range, slot k+1 is cell k. A row is of use from boundary number `slot` on.
    pub fn slot(position: f64) -> usize {
        if position < 0.0 { 0 } else { (position * CELLS as f64) as usize + 1 }
    }

    /// Solves the law for a declared CDF on [0, 1] of the child's range and the weight of the referenced
    /// rows in each slot, [`CELLS`] + 1 of them.
    pub fn solve(declared_cumulative: &dyn Fn(f64) -> f64, weight_by_slot: &[f64]) -> Result<Self, String> {
        let arrived = arrivals(weight_by_slot)?;
        let declared = declared_at_boundaries(declared_cumulative)?;
        // What a cell consumes must have arrived by its start.
        let mut feasible: Vec<f64> = vec![0.0];
        feasible.extend((0..CELLS).map(|cell| declared[cell + 1].min(arrived[cell])));
        let mut hazard = vec![0.0];
        for cell in 0..CELLS {
            let pool = arrived[cell] - feasible[cell];
            let consumed = feasible[cell + 1] - feasible[cell];
            let step = if cell + 1 == CELLS || (consumed > 0.0 && consumed >= pool) {
                CERTAIN
            } else if consumed > 0.0 {
                (-libm::log1p(-consumed / pool)).min(CERTAIN)
            } else {
                0.0
            };
            hazard.push(hazard[cell] + step);
        }
        // What arrives in the last cell is consumed there, between its arrival and the end.
        feasible[CELLS] = 1.0;
        let excess = declared.iter().zip(&arrived).map(|(declared, arrived)| declared - arrived);
        let deviation = excess.fold(0.0, f64::max);
        Ok(Self { hazard, feasible, deviation })
    }

    /// The child's time as a position in its range, for a referenced row at position `referenced` and a
    /// draw `unit` inside (0, 1). It is never below `referenced`.
    pub fn time(&self, referenced: f64, unit: f64) -> f64 {
        let slot = Self::slot(referenced);
        if slot >= CELLS {
            return (referenced + (1.0 - referenced).max(0.0) * unit).max(referenced);
        }
        let sought = self.hazard[slot] - libm::log(unit);
        // The first boundary by which the draw has left the pool; the last cell lets nothing through.
        let after = slot + 1 + self.hazard[slot + 1..].partition_point(|&hazard| hazard < sought);
        let cell = after.min(CELLS) - 1;
        let width = self.hazard[cell + 1] - self.hazard[cell];
        let way = libm::expm1(self.hazard[cell] - sought) / libm::expm1(-width);
        (cell as f64 + way.clamp(0.0, 1.0)) / CELLS as f64
    }

    /// The child's time in microseconds within `from_us..=to_us`: never before `referenced_us`, exactly.
    pub fn time_us(&self, from_us: i64, to_us: i64, referenced_us: i64, unit: f64) -> i64 {
        let span = (to_us - from_us) as f64;
        let position = self.time((referenced_us - from_us) as f64 / span, unit);
        // Cells end at multiples of 2⁻¹², so only the last cell's times can be rounded below the referenced.
        (from_us + libm::floor(position * span) as i64).max(referenced_us)
    }

    /// sup(F - A)⁺: by how much the declared law had to yield.
    pub const fn deviation(&self) -> f64 {
        self.deviation
    }

    /// F̃, the law that the child's times have instead of the declared one.
    pub fn feasible(&self, position: f64) -> f64 {
        let place = position.clamp(0.0, 1.0) * CELLS as f64;
        let cell = (place as usize).min(CELLS - 1);
        let way = place - cell as f64;
        self.feasible[cell] * (1.0 - way) + self.feasible[cell + 1] * way
    }
}

/// A at each boundary: the share of the weight in slots up to its number.
fn arrivals(weight_by_slot: &[f64]) -> Result<Vec<f64>, String> {
    if weight_by_slot.len() != CELLS + 1 {
        return Err(format!("{} slots of weight instead of {}", weight_by_slot.len(), CELLS + 1));
    }
    let total: f64 = weight_by_slot.iter().sum();
    if weight_by_slot.iter().any(|weight| weight.is_nan() || *weight < 0.0)
        || !(total > 0.0 && total.is_finite())
    {
        return Err("the referenced rows' weights are not negative and not all 0".to_owned());
    }
    let mut running = 0.0;
    let mut arrived: Vec<f64> = Vec::with_capacity(weight_by_slot.len());
    for weight in weight_by_slot {
        running += weight;
        arrived.push((running / total).min(1.0));
    }
    Ok(arrived)
}

fn declared_at_boundaries(declared_cumulative: &dyn Fn(f64) -> f64) -> Result<Vec<f64>, String> {
    let at = |boundary: usize| declared_cumulative(boundary as f64 / CELLS as f64);
    let declared: Vec<f64> = (0..=CELLS).map(at).collect();
    let rises = declared.windows(2).all(|pair| pair[0] <= pair[1]);
    if !rises || (declared[0].abs() > 1e-9) || ((declared[CELLS] - 1.0).abs() > 1e-9) {
        return Err("the declared law does not rise from 0 to 1 over the child's range".to_owned());
    }
    Ok(declared)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Key, Permutation, unit};
    use proptest::prelude::*;

    const USERS: u64 = 100_000;

    /// Zipf weights (exponent 1.2) scattered over users whose times are linear in their number.
    struct Users {
        cumulative: Vec<f64>,
        scatter: Permutation,
    }

    impl Users {
        fn new(seed: &str) -> Self {
            let mut reached = 0.0;
            let cumulative = (1..=USERS).map(|rank| {
                reached += libm::pow(rank as f64, -1.2);
                reached
            });
            let cumulative = cumulative.collect();
            Self {
                cumulative,
                scatter: Permutation::new(Key::derive(seed, "orders", "userId", "scatter"), USERS),
            }
        }

        fn position(user: u64) -> f64 {
            (user as f64 + 0.5) / USERS as f64
        }

        fn draw(&self, draw: f64) -> u64 {
            let sought = draw * self.cumulative[USERS as usize - 1];
            self.scatter.apply(self.cumulative.partition_point(|&reached| reached < sought) as u64)
        }

        fn slots(&self) -> Vec<f64> {
            let mut slots = vec![0.0; CELLS + 1];
            for rank in 0..USERS {
                let user = self.scatter.apply(rank);
                slots[Coupling::slot(Self::position(user))] += libm::pow((rank + 1) as f64, -1.2);
            }
            slots
        }
    }

    fn late(x: f64) -> f64 {
        1.0 - libm::sqrt(1.0 - x)
    }

    /// Draws orders: how many come before their user, and the KS distance of their times to F̃.
    fn simulate(users: &Users, coupling: &Coupling, orders: u64) -> (u64, f64) {
        let (who, when) =
            (Key::derive("s", "orders", "userId", "value"), Key::derive("s", "orders", "at", "value"));
        let mut early = 0;
        let mut times: Vec<f64> = (0..orders)
            .map(|order| {
                let referenced = Users::position(users.draw(unit(who.at(order, 0))));
                let time = coupling.time(referenced, unit(when.at(order, 0)));
                early += u64::from(time < referenced);
                time
            })
            .collect();
        times.sort_by(f64::total_cmp);
        let distance =
            |(at, time): (usize, &f64)| (at as f64 / orders as f64 - coupling.feasible(*time)).abs();
        (early, times.iter().enumerate().map(distance).fold(0.0, f64::max))
    }

    #[test]
    fn orders_follow_the_feasible_law_and_none_is_before_its_user() {
        let users = Users::new("seed");
        let coupling = Coupling::solve(&late, &users.slots()).unwrap();
        let (early, distance) = simulate(&users, &coupling, 400_000);
        assert_eq!(early, 0);
        // The noise of 400,000 draws is 0.0022 at the 5 % level.
        assert!(distance < 0.0035, "KS distance {distance}");
    }

    #[test]
    fn what_leaves_the_pool_by_each_boundary_is_the_feasible_law() {
        let slots = Users::new("seed").slots();
        let total: f64 = slots.iter().sum();
        let laws: [&dyn Fn(f64) -> f64; 2] = [&late, &|x| x];
        for law in laws {
            let coupling = Coupling::solve(law, &slots).unwrap();
            for boundary in (1..CELLS).step_by(63) {
                let stays = |slot: usize| libm::exp(coupling.hazard[slot] - coupling.hazard[boundary]);
                let left: f64 = (0..boundary).map(|slot| slots[slot] / total * (1.0 - stays(slot))).sum();
                assert!((left - coupling.feasible[boundary]).abs() < 1e-9, "boundary {boundary}: {left}");
            }
        }
    }

    #[test]
    fn laws_that_run_ahead_of_the_users_deviate_more() {
        let mut deviations: Vec<[f64; 2]> = (0..12)
            .map(|seed| {
                let slots = Users::new(&format!("seed {seed}")).slots();
                let of = |law: &dyn Fn(f64) -> f64| Coupling::solve(law, &slots).unwrap().deviation();
                [of(&late), of(&|x| x)]
            })
            .collect();
        assert!(deviations.iter().all(|[late, even]| late < even));
        for (law, median, most) in [(0, 0.012, 0.05), (1, 0.18, 0.35)] {
            deviations.sort_by(|left, right| left[law].total_cmp(&right[law]));
            assert!(deviations[6][law] < median && deviations[11][law] < most, "{deviations:?}");
        }
        assert!(deviations[11][1] > 0.02, "an even law must yield: {deviations:?}");
    }

    #[test]
    fn an_even_law_yields_and_still_no_order_is_early() {
        let users = Users::new("seed");
        let coupling = Coupling::solve(&|x| x, &users.slots()).unwrap();
        let (early, distance) = simulate(&users, &coupling, 100_000);
        assert_eq!(early, 0);
        assert!(distance < 0.007, "KS distance {distance} to the feasible law");
    }

    #[test]
    fn rows_that_all_came_before_leave_the_declared_law_untouched() {
        let mut slots = vec![0.0; CELLS + 1];
        slots[0] = 3.0;
        let coupling = Coupling::solve(&late, &slots).unwrap();
        assert_eq!(coupling.deviation(), 0.0);
        for step in 1..1_000 {
            let draw = f64::from(step) / 1_000.0;
            let time = coupling.time(-0.5, draw);
            // A draw is the fraction that is still waiting; cells are straight, the law's last one is not.
            assert!((coupling.feasible(time) - (1.0 - draw)).abs() < 1e-9, "{draw}");
            assert!((late(time) - (1.0 - draw)).abs() < if draw < 0.05 { 0.005 } else { 1e-4 }, "{draw}");
        }
    }

    #[test]
    fn everything_at_once_is_consumed_where_it_arrives() {
        let mut slots = vec![0.0; CELLS + 1];
        slots[2_001] = 1.0;
        let coupling = Coupling::solve(&|x| x, &slots).unwrap();
        assert!((coupling.deviation() - 2_000.0 / 4_096.0).abs() < 1e-12);
        let first = 2_001.0 / 4_096.0;
        let all = (1..100).map(|step| coupling.time(2_000.5 / 4_096.0, f64::from(step) / 100.0));
        assert!(all.clone().all(|time| time >= first));
        // Of what is declared by then, all comes in the first cell.
        let soon = all.filter(|time| *time < first + 1.0 / 4_096.0).count() as f64;
        assert!((soon / 99.0 - 2_002.0 / 4_096.0).abs() < 0.02, "{soon}");
    }

    #[test]
    fn laws_and_weights_that_make_no_sense_are_refused() {
        let good = vec![1.0; CELLS + 1];
        assert!(Coupling::solve(&|x| x, &good[1..]).is_err());
        assert!(Coupling::solve(&|x| x, &vec![0.0; CELLS + 1]).is_err());
        assert!(Coupling::solve(&|x| 0.5 * x, &good).is_err());
        assert!(Coupling::solve(&|x| if x > 0.9 { 1.0 } else { (2.0 * x).min(0.95) - x }, &good).is_err());
    }

    proptest! {
        #[test]
        fn no_child_is_before_its_referenced_row(
            weights in prop::collection::vec((0usize..=CELLS, 0.0f64..1.0), 1..40),
            referenced in -1_000_000i64..63_072_000_000_000, draw in any::<u64>(),
        ) {
            let mut slots = vec![1e-9; CELLS + 1];
            for (slot, weight) in weights {
                slots[slot] += weight;
            }
            let coupling = Coupling::solve(&late, &slots).unwrap();
            let (from, to) = (1_000_003, 1_000_003 + 63_072_000_000_000);
            for referenced in [from + referenced, to - referenced.abs() % 1_000, to] {
                let time = coupling.time_us(from, to, referenced, unit(draw));
                prop_assert!(time >= referenced && time >= from && time <= to);
            }
            let (at, unit) = (referenced as f64 / 63_072_000_000_000.0, unit(draw));
            prop_assert!(coupling.time(at, unit) >= at);
        }
    }
}
