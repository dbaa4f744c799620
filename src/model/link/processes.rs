//! Processes: whether their parents' times leave them a stretch of the window, on every row.

use super::written::Mistake;
use super::{ColumnId, EntityId, Linker, Origin, Strategy};
use crate::laws::Expect;
use crate::model::expression::Known;
use crate::model::text_form::calendar::SECOND;
use crate::model::yaml::Node;
use crate::model::{FanOut, ProcessDeclaration, Source, scalars};

/// A chance below it comes true in less than one row of a dataset of 10¹² rows.
const NEGLIGIBLE: f64 = 1e-12;

/// How far a time is followed through what it is derived from.
const DEPTH: u8 = 24;

/// The times that a column comes to, in microseconds.
#[derive(Clone, Copy, Debug)]
struct Times {
    first: f64,
    last: f64,
    /// An expression is among what it is made of, so that the ends may be wider than the times.
    computed: bool,
}

impl<'n> Linker<'n, '_> {
    /// A column's process, and the node that names the time it begins with.
    fn begun(&self, entity: EntityId, column: ColumnId) -> Option<(&ProcessDeclaration, &'n Node)> {
        let Strategy::Process(process) = &self.bound(entity, column)?.strategy else { return None };
        Some((process, self.declaration(entity, column)?.get("process")?.get("from")?))
    }

    /// A process whose parent's time lies outside the window, or after its own end.
    pub(super) fn process_outside(
        &self,
        entity: EntityId,
        column: ColumnId,
        origins: &[Option<Origin>],
    ) -> Option<Mistake> {
        let (process, node) = self.begun(entity, column)?;
        let mut times = self.times(entity, process.from, DEPTH)?;
        times.computed |= self.chooses_parents(entity, origins);
        let (message, hint) = outside(process, times, node.as_str()?)?;
        Some((node.place, message, hint))
    }

    /// A process whose parent's time leaves fewer microseconds than the rows that each parent has.
    pub(super) fn process_crowded(
        &self,
        entity: EntityId,
        column: ColumnId,
        origins: &[Option<Origin>],
    ) -> Option<Mistake> {
        let (process, node) = self.begun(entity, column)?;
        let name = node.as_str()?;
        let rows = self.children_bounds(entity, origins).map_or(1.0, |(least, _)| least.max(1.0)) as i128;
        let left = |from: i128| i128::from(process.to) - from;
        let is_wrong = |known: &Known| matches!(known, Known::Whole { low, .. } if left(*low) < rows);
        let Known::Whole { low, .. } = self.brought_about(entity, process.from, origins, &is_wrong)? else {
            return None;
        };
        let room = match left(low) {
            ..=0 => "no time".to_owned(),
            few => format!("{few} µs for at least {rows} rows"),
        };
        let message = format!(
            "`{name}` comes to {} or later in some rows, which leaves {room} before the process ends at {}",
            shown(low as f64),
            shown(process.to as f64)
        );
        let column = name.rsplit('.').next().unwrap_or(name);
        let hint = format!(
            "let that time end before; a column {{expression: \"least({column}, $window.end - interval '1 hour')\"}} does"
        );
        Some((node.place, message, hint))
    }

    /// Whether a condition or a computed count may leave parents without rows.
    fn chooses_parents(&self, entity: EntityId, origins: &[Option<Origin>]) -> bool {
        match origins.get(entity.0) {
            Some(Some(Origin::Child { parent, fan_out: FanOut::Column(column) })) => {
                let counts = self.bound(*parent, *column).map(|column| &column.strategy);
                !matches!(counts, Some(Strategy::Law { .. } | Strategy::Constant(_) | Strategy::Pool(_)))
            }
            Some(Some(Origin::Child { fan_out: FanOut::When(_), .. })) => true,
            _ => false,
        }
    }

    /// Between which times a column stays but for a negligible chance; nothing where that is not known.
    fn times(&self, entity: EntityId, source: Source, depth: u8) -> Option<Times> {
        let (home, column) = self.column_at(entity, source)?;
        let of = |source: Source| self.times(home, source, depth.checked_sub(1)?);
        match &column.strategy {
            Strategy::Range { from, to, .. } => {
                Some(Times { first: *from as f64, last: *to as f64, computed: false })
            }
            Strategy::Copy(source) => of(*source),
            Strategy::After { base, by, share } => {
                let base = of(*base)?;
                let least = if *share < 1.0 { 0.0 } else { by.quantile(NEGLIGIBLE) };
                let most = if *share > 0.0 { by.quantile(1.0 - NEGLIGIBLE) } else { 0.0 };
                let [least, most] = [least, most].map(|seconds| seconds * SECOND as f64);
                Some(Times { first: base.first + least, last: base.last + most, ..base })
            }
            Strategy::Between { from, to } => {
                let (from, to) = (of(*from)?, of(*to)?);
                Some(Times { first: from.first, last: to.last, computed: from.computed || to.computed })
            }
            Strategy::Switch { cases, .. } => {
                let mut all = cases.iter().map(|(_, case)| of(Source::Own(*case)));
                let first = all.next()??;
                all.try_fold(first, |all, case| {
                    let case = case?;
                    Some(Times {
                        first: all.first.min(case.first),
                        last: all.last.max(case.last),
                        computed: all.computed || case.computed,
                    })
                })
            }
            Strategy::Constant(_) | Strategy::Pool(_) | Strategy::Field { .. } | Strategy::Expression(_) => {
                let (first, last) = match source {
                    Source::Own(column) => self.column_bounds(entity, column)?,
                    Source::Ancestor { entity, column, .. } | Source::Pointed { entity, column, .. } => {
                        self.column_bounds(entity, column)?
                    }
                    Source::Children(_) | Source::Siblings(_) => return None,
                };
                let computed = matches!(column.strategy, Strategy::Expression(_));
                Some(Times { first, last, computed })
            }
            _ => None,
        }
    }
}

/// Why a process cannot begin at some or at all of these times.
fn outside(process: &ProcessDeclaration, times: Times, name: &str) -> Option<(String, String)> {
    let Times { first, last, computed } = times;
    let (window, end) = (process.window_from as f64, process.to as f64);
    if first < window && (!computed || last < window) {
        let way = if first == last { "is" } else { "goes back to" };
        let message = format!(
            "`{name}` {way} {}, and a process begins inside the model's window, from {} on",
            shown(first),
            shown(window)
        );
        let column = name.rsplit('.').next().unwrap_or(name);
        let hint = format!(
            "let that time begin at $window.from; a column {{expression: \"greatest({column}, $window.from)\"}} does"
        );
        return Some((message, hint));
    }
    if last > end && !computed || first >= end {
        let way = if first == last { "is" } else { "goes up to" };
        let message = format!("`{name}` {way} {}, and the process ends at {}", shown(last), shown(end));
        let hint = "let that time end before, or the process later: at $window.end at the latest";
        return Some((message, hint.to_owned()));
    }
    None
}

fn shown(microseconds: f64) -> String {
    scalars::format_time(microseconds as i64)
}
