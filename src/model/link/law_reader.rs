//! Laws as the language spells them.

use super::Linker;
use crate::laws::{BetweenSteps, Law};
use crate::model::diagnostics::did_you_mean;
use crate::model::fields::{self, Fields};
use crate::model::habits;
use crate::model::language::LAW_NAMES;
use crate::model::yaml::{Node, Place, Value};

/// What a law's numbers measure.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Plain,
    Seconds,
}

impl Linker<'_, '_> {
    /// Reads a law: a number, or a mapping of one law with `min` and `max` beside it.
    pub(super) fn law(&mut self, node: &Node, unit: Unit) -> Option<Law> {
        if node.as_str().is_some() {
            return self.measure(node, unit).map(Law::Constant);
        }
        let mut fields = Fields::of(node, "a law", self.diagnostics)?;
        let law = self.law_of(&mut fields, unit);
        fields.finish("a law", self.diagnostics);
        law
    }

    /// Reads a law of whole numbers: counts and lengths.
    pub(super) fn whole_law(&mut self, node: &Node) -> Option<Law> {
        let law = self.law(node, Unit::Plain)?;
        self.in_steps(law, 0, node.place)
    }

    /// As [`Self::law_of`], a law of whole numbers.
    pub(super) fn whole_law_of(&mut self, fields: &mut Fields<'_>) -> Option<Law> {
        let law = self.law_of(fields, Unit::Plain)?;
        self.in_steps(law, 0, fields.place())
    }

    /// The law of values that have so many places after the point.
    pub(super) fn in_steps(&mut self, law: Law, decimals: u8, place: Place) -> Option<Law> {
        let law = match law.in_steps(decimals) {
            Ok(law) => law,
            Err(BetweenSteps { message, hint }) => {
                self.error(place, message, hint);
                return None;
            }
        };
        // Between the bounds beside a law there may be none of its steps.
        match law.validate() {
            Ok(()) => Some(law),
            Err(message) => {
                self.error(place, message, "");
                None
            }
        }
    }

    /// Takes the law out of fields that may hold other keys too.
    pub(super) fn law_of(&mut self, fields: &mut Fields<'_>, unit: Unit) -> Option<Law> {
        let place = fields.place();
        let mut chosen = None;
        for name in LAW_NAMES {
            if let Some(node) = fields.take(name) {
                if let Some((other, _)) = chosen {
                    let both = format!("two laws stand here, `{other}` and `{name}`");
                    self.diagnostics.dead_end(place, both, "keep one of them");
                }
                chosen = Some((name, node));
            }
        }
        let Some((name, node)) = chosen else {
            self.no_law(fields, place);
            return None;
        };
        let law = self.bare_law(name, node, unit);
        let min = fields.take("min").and_then(|node| self.measure(node, unit));
        let max = fields.take("max").and_then(|node| self.measure(node, unit));
        let law = match (min, max) {
            (None, None) => law?,
            (min, max) => Law::Truncated {
                law: Box::new(law?),
                min: min.unwrap_or(f64::NEG_INFINITY),
                max: max.unwrap_or(f64::INFINITY),
            },
        };
        match law.validate() {
            Ok(()) => Some(law),
            Err(message) => {
                self.error(node.place, message, "");
                None
            }
        }
    }

    /// A key that nobody knows is taken for a misspelt law.
    fn no_law(&mut self, fields: &Fields<'_>, place: Place) {
        let all = format!("one of: {}", LAW_NAMES.join(", "));
        let bounds = |name: &str| matches!(name, "min" | "max" | "total" | "by");
        if let Some((key, _)) = fields.rest().iter().find(|(key, _)| !bounds(&key.text)) {
            let habit = || habits::strategy(&key.text).map_or(all.clone(), str::to_owned);
            let hint = did_you_mean(&key.text, LAW_NAMES)
                .map_or_else(habit, |meant| format!("did you mean `{meant}`?"));
            self.diagnostics.dead_end(key.place, format!("there is no law `{}`", key.text), hint);
            return;
        }
        let hint = match fields.rest() {
            [] => all,
            // Bounds alone.
            _ => format!("{all}; {}", habits::example("uniform")),
        };
        self.diagnostics.dead_end(place, "a law is expected here", hint);
    }

    fn bare_law(&mut self, name: &str, node: &Node, unit: Unit) -> Option<Law> {
        match name {
            "mixture" => return self.mixture(node, unit),
            "quantiles" => return self.quantiles(node, unit),
            _ => {}
        }
        let what = format!("`{name}`");
        let mut fields = Fields::of(node, &what, self.diagnostics)?;
        let law = self.parameters_of(name, &mut fields, unit);
        fields.finish(&what, self.diagnostics);
        law
    }

    /// The parameters of a law that has no parts.
    fn parameters_of(&mut self, name: &str, fields: &mut Fields<'_>, unit: Unit) -> Option<Law> {
        let law = match name {
            "uniform" => {
                let (min, max) = (self.required(fields, "min", unit), self.required(fields, "max", unit));
                Law::Uniform { min: min?, max: max? }
            }
            "normal" => {
                let mean = self.required(fields, "mean", unit);
                let deviation = self.required(fields, "stddev", unit);
                Law::Normal { mean: mean?, deviation: deviation? }
            }
            "log_normal" => {
                let sigma = self.required(fields, "sigma", Unit::Plain);
                let mu = match fields.take("median") {
                    Some(node) => self.measure(node, unit).map(libm::log),
                    None => self.required(fields, "mu", Unit::Plain),
                };
                Law::LogNormal { mu: mu?, sigma: sigma? }
            }
            "exponential" => Law::Exponential { mean: self.required(fields, "mean", unit)? },
            "geometric" => {
                let p = self.required(fields, "p", Unit::Plain);
                let (min, max) = (self.required(fields, "min", unit), self.required(fields, "max", unit));
                Law::Geometric { p: p?, min: min?, max: max? }
            }
            "power_law" => {
                let exponent = self.required(fields, "exponent", Unit::Plain);
                let (min, max) = (self.required(fields, "min", unit), self.required(fields, "max", unit));
                Law::PowerLaw { exponent: exponent?, min: min?, max: max? }
            }
            "poisson" => Law::Poisson { mean: self.required(fields, "mean", unit)? },
            "zipf" => {
                let exponent = self.required(fields, "exponent", Unit::Plain);
                let count = fields.require("count", self.diagnostics);
                let count = count.and_then(|node| fields::count(node, self.diagnostics));
                Law::Zipf { exponent: exponent?, count: count? }
            }
            "pareto" => {
                let alpha = self.required(fields, "alpha", Unit::Plain);
                let min = self.required(fields, "min", unit);
                let max = fields.take("max").map(|node| self.measure(node, unit));
                let law = Law::Pareto { alpha: alpha?, min: min? };
                match max {
                    None => law,
                    Some(max) => Law::Truncated { law: Box::new(law), min: f64::NEG_INFINITY, max: max? },
                }
            }
            "histogram" => {
                let edges = fields.require("edges", self.diagnostics);
                let edges = edges.and_then(|node| self.measures(node, unit));
                let weights = fields.require("weights", self.diagnostics);
                let weights = weights.and_then(|node| self.measures(node, Unit::Plain));
                Law::Histogram { edges: edges?, weights: weights? }
            }
            _ => return None,
        };
        Some(law)
    }

    /// `quantiles: {p0: 1, p50: 15, p99.9: 500, p100: 10K}`, in any order.
    fn quantiles(&mut self, node: &Node, unit: Unit) -> Option<Law> {
        let Value::Map(entries) = &node.value else {
            self.error(
                node.place,
                "`quantiles` maps percentiles to values",
                "such as {p0: 1, p50: 15, p95: 500, p100: 10K}",
            );
            return None;
        };
        let mut anchors = Vec::new();
        let mut whole = true;
        for (key, value) in entries {
            let percent = key.text.strip_prefix('p').and_then(|digits| digits.parse::<f64>().ok());
            let Some(percent) = percent.filter(|percent| (0.0..=100.0).contains(percent)) else {
                let message = format!("`{}` is no percentile", key.text);
                self.error(key.place, message, "from p0 to p100, such as p50 or p99.9");
                whole = false;
                continue;
            };
            match self.measure(value, unit) {
                Some(value) => anchors.push((percent, value)),
                None => whole = false,
            }
        }
        anchors.sort_by(|left, right| left.0.total_cmp(&right.0));
        whole.then_some(Law::Quantiles(anchors))
    }

    /// A list of numbers.
    fn measures(&mut self, node: &Node, unit: Unit) -> Option<Vec<f64>> {
        let Value::List(items) = &node.value else {
            self.error(node.place, "a list of numbers is expected here", "such as [0, 10, 100]");
            return None;
        };
        let numbers: Vec<Option<f64>> = items.iter().map(|item| self.measure(item, unit)).collect();
        numbers.into_iter().collect()
    }

    fn mixture(&mut self, node: &Node, unit: Unit) -> Option<Law> {
        let Value::List(items) = &node.value else {
            self.error(node.place, "`mixture` is a list of {weight, law}", habits::example("mixture"));
            return None;
        };
        let mut components = Vec::new();
        for item in items {
            let mut fields = Fields::of(item, "a component of a mixture", self.diagnostics)?;
            let weight = self.required(&mut fields, "weight", Unit::Plain);
            let law = fields.require("law", self.diagnostics).and_then(|node| self.law(node, unit));
            fields.finish("a component of a mixture", self.diagnostics);
            components.push((weight?, law?));
        }
        Some(Law::Mixture(components))
    }

    fn required(&mut self, fields: &mut Fields<'_>, key: &'static str, unit: Unit) -> Option<f64> {
        let node = fields.require(key, self.diagnostics)?;
        self.measure(node, unit)
    }

    fn measure(&mut self, node: &Node, unit: Unit) -> Option<f64> {
        match unit {
            Unit::Plain => fields::number(node, self.diagnostics),
            Unit::Seconds => fields::seconds(node, self.diagnostics),
        }
    }
}
