//! [`Scale`]: from figures to places on an axis.

/// An axis: its figures and where they stand.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    from: f64,
    to: f64,
    start: f64,
    end: f64,
    logarithmic: bool,
}

impl Scale {
    /// Equal steps of figures stand equally far apart.
    pub(super) fn linear(from: f64, to: f64) -> Self {
        let to = if to > from { to } else { from + 1.0 };
        Self { from, to, start: 0.0, end: 1.0, logarithmic: false }
    }

    /// Equal ratios stand equally far apart; the figures are positive.
    pub(super) fn logarithmic(from: f64, to: f64) -> Self {
        let from = if from > 0.0 { from } else { 1.0 };
        let to = if to > from { to } else { from * 10.0 };
        Self { from, to, start: 0.0, end: 1.0, logarithmic: true }
    }

    /// The same figures between two other places.
    pub(super) fn between(self, start: f64, end: f64) -> Self {
        Self { start, end, ..self }
    }

    /// Both ends, the first one first.
    pub(super) fn places(&self) -> (f64, f64) {
        (self.start, self.end)
    }

    /// Where a figure stands; those beyond an end stand at the end.
    pub(super) fn at(&self, figure: f64) -> f64 {
        let part = if self.logarithmic {
            libm::log10(figure.max(self.from) / self.from) / libm::log10(self.to / self.from)
        } else {
            (figure - self.from) / (self.to - self.from)
        };
        self.start + part.clamp(0.0, 1.0) * (self.end - self.start)
    }

    /// Round figures, about `number` of them.
    pub(super) fn ticks(&self, number: u32) -> Vec<f64> {
        if self.logarithmic { self.decades(number) } else { self.steps(number) }
    }

    /// Those of a list that lie on the axis.
    pub(super) fn within(&self, figures: &[f64]) -> Vec<f64> {
        let (low, high) = (self.from * (1.0 - 1e-9), self.to * (1.0 + 1e-9));
        figures.iter().copied().filter(|figure| (low..=high).contains(figure)).collect()
    }

    fn steps(&self, number: u32) -> Vec<f64> {
        let span = self.to - self.from;
        let unit = power_of_ten(libm::floor(libm::log10(span / f64::from(number))) as i32);
        let step = [1.0, 2.0, 5.0, 10.0]
            .into_iter()
            .map(|factor| factor * unit)
            .find(|step| span / step <= f64::from(number) + 1e-9)
            .unwrap_or(10.0 * unit);
        let first = libm::ceil(self.from / step - 1e-9) as i64;
        let last = libm::floor(self.to / step + 1e-9) as i64;
        (first..=last).map(|at| at as f64 * step).collect()
    }

    fn decades(&self, number: u32) -> Vec<f64> {
        let first = libm::ceil(libm::log10(self.from) - 1e-9) as i32;
        let last = libm::floor(libm::log10(self.to) + 1e-9) as i32;
        let every = ((last - first).max(0) as u32 / number + 1) as usize;
        let decades: Vec<f64> = (first..=last).map(power_of_ten).collect();
        if decades.len() > 2 {
            return decades.into_iter().step_by(every).collect();
        }
        let finer: Vec<f64> = (first - 1..=last)
            .flat_map(|power| [1.0, 2.0, 5.0].map(|factor| factor * power_of_ten(power)))
            .collect();
        self.within(&finer)
    }
}

/// Exact up to 10²².
fn power_of_ten(power: i32) -> f64 {
    let size = (0..power.unsigned_abs()).fold(1.0, |product, _| product * 10.0);
    if power < 0 { 1.0 / size } else { size }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_stand_between_the_ends() {
        let scale = Scale::logarithmic(1.0, 10_000.0).between(50.0, 250.0);
        assert_eq!(
            [scale.at(1.0), scale.at(100.0), scale.at(1e4), scale.at(1e9), scale.at(0.0)],
            [50.0, 150.0, 250.0, 250.0, 50.0]
        );
        let falling = Scale::linear(0.0, 4.0).between(100.0, 0.0);
        assert_eq!([falling.at(1.0), falling.at(-1.0)], [75.0, 100.0]);
    }

    #[test]
    fn ticks_are_round_and_few() {
        assert_eq!(Scale::linear(0.0, 1.0).ticks(5), [0.0, 0.2, 0.4, 0.6000000000000001, 0.8, 1.0]);
        assert_eq!(Scale::linear(0.0, 730.0).ticks(5), [0.0, 200.0, 400.0, 600.0]);
        assert_eq!(Scale::logarithmic(1.0, 319_373.0).ticks(6), [1.0, 10.0, 100.0, 1e3, 1e4, 1e5]);
        assert_eq!(Scale::logarithmic(1e-6, 1e6).ticks(6), [1e-6, 1e-3, 1.0, 1e3, 1e6]);
        assert_eq!(Scale::logarithmic(3.0, 60.0).ticks(6), [5.0, 10.0, 20.0, 50.0]);
    }

    #[test]
    fn an_empty_axis_still_is_one() {
        assert!(Scale::linear(3.0, 3.0).at(3.0).is_finite());
        assert!(Scale::logarithmic(0.0, 0.0).at(0.0).is_finite());
    }
}
