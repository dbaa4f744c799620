//! Strategies that make times: ranges, offsets, betweens, processes.

use super::law_reader::Unit;
use super::strategies::Made;
use super::{ColumnType, EntityId, Linker, Reach};
use crate::laws::Expect;
use crate::laws::rhythm;
use crate::model::diagnostics::did_you_mean;
use crate::model::fields::{self, Fields};
use crate::model::yaml::{Node, Place};
use crate::model::{ProcessDeclaration, RhythmDeclaration, Shape, Source, Strategy};

impl Linker<'_, '_> {
    /// `range: {from, to, shape, not_before}` or `range: {from, to, hourly, weekday_boost | weekly, zone, growth}`.
    pub(super) fn range(&mut self, entity: EntityId, node: &Node) -> Option<Made> {
        let mut fields = Fields::of(node, "`range`", self.diagnostics)?;
        let from =
            fields.require("from", self.diagnostics).and_then(|node| fields::time(node, self.diagnostics));
        let to = fields.require("to", self.diagnostics).and_then(|node| fields::time(node, self.diagnostics));
        let shape_node = fields.take("shape");
        let not_before = fields.take("not_before");
        let rhythm = self.rhythm(&mut fields);
        fields.finish("`range`", self.diagnostics);
        let rhythm = rhythm?;
        if let (Some(_), Some(other)) = (&rhythm, shape_node.or(not_before)) {
            self.error(
                other.place,
                "times with a rhythm have no `shape` and no `not_before`",
                "keep either them, or `hourly`, `weekly`, `weekday_boost`, `zone` and `growth`",
            );
            return None;
        }
        let shape = match shape_node.and_then(Node::as_str) {
            Some("linear") => Shape::Linear,
            Some("rising") => Shape::Rising,
            Some("uniform") => Shape::Uniform,
            None if shape_node.is_none() => Shape::Uniform,
            _ => {
                let place = shape_node.map_or(node.place, |node| node.place);
                self.error(
                    place,
                    "a range is `linear`, `rising` or `uniform`",
                    "most at the end is `rising`, in order of the row is `linear`",
                );
                return None;
            }
        };
        let (from, to) = (from?, to?);
        if from >= to {
            self.error(
                node.place,
                "the range is empty: `from` is not before `to`",
                "`to` is the first time that is not in it",
            );
            return None;
        }
        if let Some(Err(message)) = rhythm.as_ref().map(|rhythm| rhythm.over(from, to)) {
            self.error(node.place, message, "");
            return None;
        }
        if shape == Shape::Linear && self.entities[entity.0].parent.is_some() {
            self.error(
                node.place,
                "times in order of the row need a root entity: a child's rows are ordered under their parents",
                "take shape: uniform or rising",
            );
            return None;
        }
        let not_before = match not_before {
            None => None,
            Some(bound) => {
                let name = fields::text(bound, "`not_before`", self.diagnostics)?;
                let found = self.time_source(entity, name, bound.place)?;
                if !matches!(found.source, Source::Pointed { .. })
                    || found.reach != Reach::Row
                    || found.nullable
                {
                    self.error(
                        bound.place,
                        format!("`{name}` cannot bound these times"),
                        "it must be a time of a referenced row, of row reach and never NULL",
                    );
                    return None;
                }
                if shape == Shape::Linear {
                    self.error(
                        bound.place,
                        "times in order of the row cannot follow a referenced row's time",
                        "take shape: uniform or rising",
                    );
                    return None;
                }
                Some(found.source)
            }
        };
        let strategy = Strategy::Range { from, to, shape, rhythm, not_before };
        Some(Made::of(strategy, ColumnType::Timestamp, Reach::Row))
    }

    /// Takes `hourly`, `weekly` or `weekday_boost`, `zone` and `growth` out of fields: nothing after an error, no
    /// rhythm where there is none of them.
    fn rhythm(&mut self, fields: &mut Fields<'_>) -> Option<Option<RhythmDeclaration>> {
        let place = fields.place();
        let hourly = fields.take("hourly");
        let weekly = fields.take("weekly");
        let boost = fields.take("weekday_boost");
        let zone = fields.take("zone");
        let growth = fields.take("growth");
        if [hourly, weekly, boost, zone, growth].iter().all(Option::is_none) {
            return Some(None);
        }
        if let Some(zone) = zone
            && [hourly, weekly, boost].iter().all(Option::is_none)
        {
            self.error(
                zone.place,
                "a `zone` tells hours and days, and here all of them are alike",
                "beside it stand `hourly`, `weekly` or `weekday_boost`",
            );
            return None;
        }
        let hourly = match hourly {
            Some(node) => self.numbers(node, 24),
            None => Some(vec![1.0; 24]),
        };
        let weekly = match (weekly, boost) {
            (Some(node), None) => self.numbers(node, 7),
            (None, Some(node)) => self.weekdays(node),
            (None, None) => Some(vec![1.0; 7]),
            (Some(_), Some(_)) => {
                self.error(place, "a week is either `weekly` or a positive `weekday_boost`", "");
                None
            }
        };
        let zone = match zone {
            Some(node) => Some(self.zone(node)?),
            None => None,
        };
        let growth = match growth {
            Some(node) => {
                fields::number(node, self.diagnostics).and_then(|growth| self.growth(growth, node.place))
            }
            None => Some(0.0),
        };
        Some(Some(RhythmDeclaration { hourly: hourly?, weekly: weekly?, zone, growth: growth? }))
    }

    /// Monday to Friday by a factor busier than the weekend.
    fn weekdays(&mut self, node: &Node) -> Option<Vec<f64>> {
        let boost = fields::number(node, self.diagnostics)?;
        if boost <= 0.0 {
            self.error(node.place, "a week is either `weekly` or a positive `weekday_boost`", "");
            return None;
        }
        Some(vec![boost, boost, boost, boost, boost, 1.0, 1.0])
    }

    /// The name of a zone as the database spells it.
    fn zone(&mut self, node: &Node) -> Option<String> {
        let name = fields::text(node, "`zone`", self.diagnostics)?;
        match rhythm::zone(name) {
            Ok(zone) => Some(zone.iana_name().unwrap_or(name).to_owned()),
            Err(message) => {
                let names = rhythm::zone_names();
                let hint = did_you_mean(name, names.iter().map(String::as_str)).map_or_else(
                    || "a name of the IANA database, such as Europe/Berlin".to_owned(),
                    |meant| format!("did you mean `{meant}`?"),
                );
                self.error(node.place, message, hint);
                None
            }
        }
    }

    fn growth(&mut self, growth: f64, place: Place) -> Option<f64> {
        if (-0.5..=1.0).contains(&growth) {
            return Some(growth);
        }
        self.error(place, format!("a week grows by -50 % to 100 %, not by {growth}"), "such as growth: 3%");
        None
    }

    /// `after: {base, by, share}`.
    pub(super) fn after(&mut self, entity: EntityId, node: &Node) -> Option<Made> {
        let mut fields = Fields::of(node, "`after`", self.diagnostics)?;
        let base = fields.require("base", self.diagnostics);
        let by = fields.require("by", self.diagnostics);
        let share = fields.take("share").map(|node| self.share(node, "`share`"));
        fields.finish("`after`", self.diagnostics);
        let base_node = base?;
        let base_name = fields::text(base_node, "`base`", self.diagnostics)?;
        let base = self.time_source(entity, base_name, base_node.place)?;
        let by_node = by?;
        let by = self.law(by_node, Unit::Seconds)?;
        if by.support().0 < 0.0 {
            self.error(by_node.place, "a duration is not negative", "truncate the law with `min: 0s`");
            return None;
        }
        let share = match share {
            Some(share) => share?,
            None => 1.0,
        };
        let strategy = Strategy::After { base: base.source, by, share };
        Some(Made { nullable: base.nullable, ..Made::of(strategy, ColumnType::Timestamp, base.reach) })
    }

    /// `between: {from, to}`.
    pub(super) fn between(&mut self, entity: EntityId, node: &Node) -> Option<Made> {
        let mut fields = Fields::of(node, "`between`", self.diagnostics)?;
        let ends = [fields.require("from", self.diagnostics), fields.require("to", self.diagnostics)];
        fields.finish("`between`", self.diagnostics);
        let mut found = Vec::new();
        for end in ends {
            let end = end?;
            let name = fields::text(end, "an end of `between`", self.diagnostics)?;
            found.push(self.time_source(entity, name, end.place)?);
        }
        let reach = found[0].reach.max(found[1].reach);
        let strategy = Strategy::Between { from: found[0].source, to: found[1].source };
        Some(Made {
            nullable: found[0].nullable || found[1].nullable,
            ..Made::of(strategy, ColumnType::Timestamp, reach)
        })
    }

    /// `process: {from, to, hourly, weekday_boost | weekly, zone, growth, bursts}`.
    pub(super) fn process(&mut self, entity: EntityId, node: &Node) -> Option<Made> {
        let Some(window) = self.window else {
            self.error(
                node.place,
                "a time process needs the model's `window`",
                "such as window: {from: 2025-07-28, weeks: 12}",
            );
            return None;
        };
        let mut fields = Fields::of(node, "`process`", self.diagnostics)?;
        let from = fields.require("from", self.diagnostics);
        let to = fields.require("to", self.diagnostics).and_then(|node| fields::time(node, self.diagnostics));
        let rhythm = self.rhythm(&mut fields)?.unwrap_or_else(|| RhythmDeclaration {
            hourly: vec![1.0; 24],
            weekly: vec![1.0; 7],
            zone: None,
            growth: 0.0,
        });
        let (burst_coefficient, burst_gap_seconds) = match fields.take("bursts") {
            None => (1.0, 45.0),
            Some(node) => {
                let mut bursts = Fields::of(node, "`bursts`", self.diagnostics)?;
                let mut number = |key| {
                    let node = bursts.require(key, self.diagnostics)?;
                    fields::number(node, self.diagnostics)
                };
                let (coefficient, gap) = (number("coefficient"), number("gap_seconds"));
                bursts.finish("`bursts`", self.diagnostics);
                (coefficient?, gap?)
            }
        };
        fields.finish("`process`", self.diagnostics);
        if !(1.0..=20.0).contains(&burst_coefficient) || burst_gap_seconds <= 0.0 {
            self.error(node.place, "a burst coefficient lies between 1 and 20, a gap is positive", "");
            return None;
        }
        let from_node = from?;
        let from_name = fields::text(from_node, "`from`", self.diagnostics)?;
        let from = self.time_source(entity, from_name, from_node.place)?;
        if !matches!(from.source, Source::Ancestor { levels: 1, .. })
            || from.nullable
            || from.reach != Reach::Row
        {
            self.error(
                from_node.place,
                "a process begins at a time of the parent, of row reach and never NULL",
                "",
            );
            return None;
        }
        let to = to?;
        if to > window.end() || to <= window.from {
            self.error(node.place, "the process must end inside the window", "such as to: $window.end");
            return None;
        }
        let declaration = ProcessDeclaration {
            rhythm,
            burst_coefficient,
            burst_gap_seconds,
            from: from.source,
            to,
            window_from: window.from,
            weeks: window.weeks,
        };
        if let Err(message) = declaration.intensity() {
            self.error(node.place, message, "");
            return None;
        }
        Some(Made::of(Strategy::Process(declaration), ColumnType::Timestamp, Reach::Parent))
    }
}
