//! Breaches: expressions that overflow, or read a text that is no number, in rows that the declared values bring about.
//!
//! The columns that an expression is made of are cut into cells of known values; in each combination of cells the
//! expression is foreseen, guards and all. It is refused where it fails in every row of combinations that are likely
//! enough for some row to be among them.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::cells::{Cell, Tie};
use super::written::{Mistake, Placed};
use super::{ColumnId, EntityId, Linker, Strategy};
use crate::model::expression::{self, Breach, Known, Node as Tree};
use crate::model::{BoundExpression, FanOut, Origin, Pick, Source};

/// How far a column is followed through what it is computed from.
const DEPTH: u8 = 24;
/// The most combinations of cells that are looked at.
const MOST_BOXES: usize = 2_048;
/// A share of the rows that is met in practice, however few rows there are.
const OFTEN: f64 = 0.01;
/// So many rows are met where so many are expected.
const EXPECTED: f64 = 1.0;
/// Foreseeing an expression takes less stack than this, in bytes.
const STACK_LEFT: usize = 1 << 20;
const STACK_ADDED: usize = 8 << 20;

/// A step from a row to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Up(u32),
    Along(ColumnId),
}

/// A row, seen from the one whose expression is looked at.
#[derive(Clone, Debug)]
struct Seat {
    entity: EntityId,
    path: Vec<Step>,
    /// The rows there are met as often as they are declared, whatever they hold.
    is_fair: bool,
}

/// A column that others are computed from, and its cells.
struct Axis {
    path: Vec<Step>,
    column: ColumnId,
    tie: Option<Tie>,
    cells: Vec<Cell>,
}

/// The columns that an expression is made of.
struct Scene<'l, 'n, 'd> {
    linker: &'l Linker<'n, 'd>,
    origins: &'l [Option<Origin>],
    axes: Vec<Axis>,
    /// The rows of the entity whose columns are fewest.
    rows: Option<f64>,
}

/// What decides which rows are computed at all.
#[derive(Clone, Default)]
struct Guard<'g> {
    conditions: Vec<&'g BoundExpression>,
    /// The text of a switch that the rows of a case have.
    case: Option<(Source, &'g str)>,
}

impl Guard<'_> {
    fn sources(&self) -> impl Iterator<Item = Source> + '_ {
        let on = self.case.iter().map(|(on, _)| *on);
        self.conditions.iter().flat_map(|bound| bound.sources.iter().copied()).chain(on)
    }

    /// Whether all rows of a combination are surely computed.
    fn lets_in(&self, view: &View<'_, '_, '_, '_>, seat: &Seat) -> bool {
        let holds = |bound: &&BoundExpression| {
            let known = view.sources(seat, bound, DEPTH);
            expression::foresee(&bound.expression.node, &|symbol| known[symbol].clone())
                == Ok(Known::Truth(true))
        };
        let takes = |(on, case): &(Source, &str)| matches!(view.known(seat, *on, DEPTH), Known::Text(text) if text == *case);
        self.case.iter().all(takes) && self.conditions.iter().all(holds)
    }
}

/// Rows in which an operation fails.
pub(super) struct Found<'t> {
    /// The operation and why, in the likeliest of the combinations.
    pub breach: Breach<'t>,
    /// What is known of the columns that the operation reads, in that combination.
    pub symbols: Vec<(usize, Known)>,
    /// All texts that cannot be read.
    pub texts: Vec<String>,
    likeliest: f64,
    share: f64,
}

impl Linker<'_, '_> {
    /// The expressions of a column that fail in some row.
    pub(super) fn breaches(
        &self,
        entity: EntityId,
        column: ColumnId,
        origins: &[Option<Origin>],
    ) -> Vec<Mistake> {
        let (Some(bound), Some(written)) = (self.bound(entity, column), self.written(entity, column)) else {
            return Vec::new();
        };
        let of = |guard: &Guard<'_>, placed: Placed<'_>| {
            self.breach(entity, guard, placed, bound.null_share, origins)
        };
        let mut guard = if written.is_case { self.guard_of_case(entity, column) } else { Guard::default() };
        let mut found = Vec::new();
        if let Some(when) = written.when {
            found.extend(of(&guard, when));
            guard.conditions.push(when.1);
        }
        found.extend(written.values.into_iter().filter_map(|value| of(&guard, value)));
        found
    }

    /// The rows of a switch that take a case.
    fn guard_of_case(&self, entity: EntityId, column: ColumnId) -> Guard<'_> {
        let columns = &self.entities[entity.0].columns;
        let switches = (0..columns.len()).filter_map(|at| self.bound(entity, ColumnId(at)));
        let mut guards = switches.filter_map(|switch| match &switch.strategy {
            Strategy::Switch { on, cases } => {
                let (case, _) = cases.iter().find(|(_, case)| *case == column)?;
                Some(Guard { conditions: switch.when.iter().collect(), case: Some((*on, case.as_str())) })
            }
            _ => None,
        });
        guards.next().unwrap_or_default()
    }

    /// The same of the condition that children depend on; it reads the parent's row.
    pub(super) fn breach_of_count(&self, child: EntityId, origins: &[Option<Origin>]) -> Option<Mistake> {
        let (parent, placed) = self.written_count(child, origins)?;
        self.breach(parent, &Guard::default(), placed, 0.0, origins)
    }

    fn breach(
        &self,
        entity: EntityId,
        guard: &Guard<'_>,
        (place, checked): Placed<'_>,
        null_share: f64,
        origins: &[Option<Origin>],
    ) -> Option<Mistake> {
        let node = &checked.expression.node;
        if !node.may_fail() {
            return None;
        }
        let mut scene = Scene::new(self, entity, origins);
        let seat = Seat { entity, path: Vec::new(), is_fair: true };
        for source in guard.sources().chain(checked.sources.iter().copied()) {
            scene.gather(&seat, source, DEPTH);
        }
        scene.settle();
        let found = scene.search(&seat, guard, checked)?;
        scene.is_met(found.share * (1.0 - null_share)).then(|| {
            let name = |symbol: usize| self.shown(entity, checked.sources[symbol]);
            let (message, hint) = super::told::told(&found, &checked.expression, &name);
            (place, message, hint)
        })
    }
}

impl Linker<'_, '_> {
    /// What a source is in rows that the declared values bring about, all of which `is_wrong` of it.
    pub(super) fn brought_about(
        &self,
        entity: EntityId,
        source: Source,
        origins: &[Option<Origin>],
        is_wrong: &dyn Fn(&Known) -> bool,
    ) -> Option<Known> {
        let mut scene = Scene::new(self, entity, origins);
        let seat = Seat { entity, path: Vec::new(), is_fair: true };
        scene.gather(&seat, source, DEPTH);
        scene.settle();
        let (mut share, mut found) = (0.0, None::<Known>);
        scene.each_box(&mut |view, part| {
            let known = view.known(&seat, source, DEPTH);
            if is_wrong(&known) {
                share += part;
                found = Some(found.take().map_or_else(|| known.clone(), |found| found.or(&known)));
            }
        });
        found.filter(|_| scene.is_met(share))
    }
}

impl<'l, 'n, 'd> Scene<'l, 'n, 'd> {
    fn new(linker: &'l Linker<'n, 'd>, entity: EntityId, origins: &'l [Option<Origin>]) -> Self {
        Self { linker, origins, axes: Vec::new(), rows: linker.about_rows(entity, origins) }
    }

    /// Whether some row is among so large a share.
    fn is_met(&self, share: f64) -> bool {
        match self.rows {
            Some(rows) => rows >= 0.5 && (share >= OFTEN || share * rows >= EXPECTED),
            None => share >= OFTEN,
        }
    }

    /// The row and the column that a source stands for, seen from a row; nothing where it may be NULL or is no column.
    fn step(&self, seat: &Seat, source: Source) -> Option<(Seat, ColumnId)> {
        let mut seat = seat.clone();
        let column = match source {
            Source::Own(column) => column,
            Source::Ancestor { levels, entity, column } => {
                let mut at = seat.entity;
                for _ in 0..levels {
                    let Some(Origin::Child { parent, fan_out }) = self.origins.get(at.0)? else {
                        return None;
                    };
                    // Parents without rows below them are not met.
                    seat.is_fair &= !matches!(fan_out, FanOut::Column(_) | FanOut::When(_));
                    at = *parent;
                }
                match seat.path.last_mut() {
                    Some(Step::Up(below)) => *below += levels,
                    _ => seat.path.push(Step::Up(levels)),
                }
                seat.entity = entity;
                column
            }
            Source::Pointed { by, entity, column } => {
                let pick = self.linker.bound(seat.entity, by)?;
                if pick.nullable {
                    return None;
                }
                seat.is_fair &= matches!(pick.strategy, Strategy::Pick(Pick::Uniform { .. }));
                seat.path.push(Step::Along(by));
                seat.entity = entity;
                column
            }
            Source::Children(_) | Source::Siblings(_) => return None,
        };
        Some((seat, column))
    }

    /// Collects the columns that a source is computed from.
    fn gather(&mut self, seat: &Seat, source: Source, depth: u8) {
        let (Some((seat, id)), Some(depth)) = (self.step(seat, source), depth.checked_sub(1)) else { return };
        let linker = self.linker;
        let Some(column) = linker.bound(seat.entity, id) else { return };
        if let Some(when) = &column.when {
            when.sources.iter().for_each(|source| self.gather(&seat, *source, depth));
        }
        match &column.strategy {
            Strategy::Copy(source) => self.gather(&seat, *source, depth),
            Strategy::Expression(bound) => {
                bound.sources.iter().for_each(|source| self.gather(&seat, *source, depth));
            }
            Strategy::Switch { on, cases } => {
                self.gather(&seat, *on, depth);
                cases.iter().for_each(|(_, case)| self.gather(&seat, Source::Own(*case), depth));
            }
            _ if self.axis(&seat.path, id).is_none() => self.add_axis(seat, id),
            _ => {}
        }
    }

    fn axis(&self, path: &[Step], column: ColumnId) -> Option<usize> {
        self.axes.iter().position(|axis| axis.path == path && axis.column == column)
    }

    fn add_axis(&mut self, seat: Seat, column: ColumnId) {
        let rows = self.linker.about_rows(seat.entity, self.origins);
        let (mut cells, tie) = self.linker.cells(seat.entity, column, rows, self.origins);
        if !seat.is_fair || tie.is_some() && !seat.path.is_empty() {
            cells = merged(cells, usize::MAX);
        }
        if cells.len() > 1 {
            self.rows = match (self.rows, rows) {
                (Some(one), Some(two)) => Some(libm::fmin(one, two)),
                _ => None,
            };
        }
        self.axes.push(Axis { path: seat.path, column, tie, cells });
    }

    /// Lets columns that hang together be one cell each, and the combinations be no more than can be looked at.
    fn settle(&mut self) {
        for at in 0..self.axes.len() {
            let (Some(tie), path) = (self.axes[at].tie, &self.axes[at].path) else { continue };
            let is_shared = self.axes.iter().enumerate().any(|(other, axis)| {
                other != at
                    && axis.path == *path
                    && (axis.tie == Some(tie) || Tie::Column(axis.column) == tie)
            });
            if is_shared {
                self.axes[at].cells = merged(std::mem::take(&mut self.axes[at].cells), usize::MAX);
            }
        }
        let boxes = |axes: &[Axis]| {
            axes.iter().fold(1_usize, |product, axis| product.saturating_mul(axis.cells.len().max(1)))
        };
        while boxes(&self.axes) > MOST_BOXES {
            let Some(longest) = self.axes.iter_mut().max_by_key(|axis| axis.cells.len()) else { return };
            longest.cells = merged(std::mem::take(&mut longest.cells), 2);
        }
    }

    /// The operation that fails in most rows.
    fn search<'t>(&self, seat: &Seat, guard: &Guard<'_>, checked: &'t BoundExpression) -> Option<Found<'t>> {
        let mut all: Vec<Found<'t>> = Vec::new();
        self.each_box(&mut |view, share| {
            if !guard.lets_in(view, seat) {
                return;
            }
            let known = view.sources(seat, checked, DEPTH);
            if let Err(breach) =
                expression::foresee(&checked.expression.node, &|symbol| known[symbol].clone())
            {
                note(&mut all, breach, share, &known);
            }
        });
        all.into_iter().max_by(|one, two| one.share.total_cmp(&two.share))
    }

    /// Each combination of cells, with its share of the rows.
    fn each_box(&self, look: &mut dyn FnMut(&View<'_, 'l, 'n, 'd>, f64)) {
        let mut chosen = vec![0; self.axes.len()];
        loop {
            let shares = self.axes.iter().zip(&chosen).map(|(axis, at)| axis.cells.get(*at));
            let share = shares.map(|cell| cell.map_or(0.0, |cell| cell.share)).product();
            look(&View { scene: self, chosen: &chosen, memory: RefCell::default() }, share);
            if !self.next(&mut chosen) {
                break;
            }
        }
    }

    /// The next combination of cells.
    fn next(&self, chosen: &mut [usize]) -> bool {
        for (at, axis) in chosen.iter_mut().zip(&self.axes) {
            *at += 1;
            if *at < axis.cells.len() {
                return true;
            }
            *at = 0;
        }
        false
    }
}

/// Adds the rows of a combination to those in which the same operation fails.
fn note<'t>(all: &mut Vec<Found<'t>>, breach: Breach<'t>, share: f64, known: &[Known]) {
    let at = all.iter().position(|found| std::ptr::eq(found.breach.node, breach.node)).unwrap_or_else(|| {
        let empty = Found {
            breach: breach.clone(),
            symbols: Vec::new(),
            texts: Vec::new(),
            likeliest: -1.0,
            share: 0.0,
        };
        all.push(empty);
        all.len() - 1
    });
    let found = &mut all[at];
    found.share += share;
    if let expression::Reason::Unreadable { text, .. } = &breach.reason
        && !found.texts.contains(text)
    {
        found.texts.push(text.clone());
    }
    if share > found.likeliest {
        let read: Vec<usize> = Tree::symbols(breach.node);
        found.symbols = read.into_iter().map(|symbol| (symbol, known[symbol].clone())).collect();
        (found.breach, found.likeliest) = (breach, share);
    }
}

/// Cells put together, so many neighbours into one.
fn merged(cells: Vec<Cell>, neighbours: usize) -> Vec<Cell> {
    let mut all: Vec<Cell> = Vec::new();
    for (at, cell) in cells.into_iter().enumerate() {
        match all.last_mut() {
            Some(last) if at % neighbours != 0 => {
                last.known = last.known.or(&cell.known);
                last.share += cell.share;
            }
            _ => all.push(cell),
        }
    }
    all
}

/// A combination of cells.
struct View<'s, 'l, 'n, 'd> {
    scene: &'s Scene<'l, 'n, 'd>,
    chosen: &'s [usize],
    /// What has been found out already.
    memory: RefCell<BTreeMap<(Vec<Step>, ColumnId), Known>>,
}

impl View<'_, '_, '_, '_> {
    fn sources(&self, seat: &Seat, bound: &BoundExpression, depth: u8) -> Vec<Known> {
        bound.sources.iter().map(|source| self.known(seat, *source, depth)).collect()
    }

    fn known(&self, seat: &Seat, source: Source, depth: u8) -> Known {
        let (Some((seat, column)), Some(depth)) = (self.scene.step(seat, source), depth.checked_sub(1))
        else {
            return Known::Anything;
        };
        let key = (seat.path.clone(), column);
        if let Some(known) = self.memory.borrow().get(&key) {
            return known.clone();
        }
        let known = stacker::maybe_grow(STACK_LEFT, STACK_ADDED, || self.column(&seat, column, depth));
        self.memory.borrow_mut().insert(key, known.clone());
        known
    }

    fn column(&self, seat: &Seat, id: ColumnId, depth: u8) -> Known {
        let Some(column) = self.scene.linker.bound(seat.entity, id) else { return Known::Anything };
        let foreseen = |bound: &BoundExpression| {
            let known = self.sources(seat, bound, depth);
            // Where it fails, that has been said of its own column.
            expression::foresee(&bound.expression.node, &|symbol| known[symbol].clone())
                .unwrap_or(Known::Anything)
        };
        match column.when.as_ref().map(foreseen) {
            None | Some(Known::Truth(true)) => {}
            Some(Known::Truth(false) | Known::Null) => return Known::Null,
            Some(_) => return Known::Anything,
        }
        let is_computed =
            matches!(column.strategy, Strategy::Copy(_) | Strategy::Expression(_) | Strategy::Switch { .. });
        if is_computed && column.null_share > 0.0 {
            return Known::Anything;
        }
        match &column.strategy {
            Strategy::Copy(source) => self.known(seat, *source, depth),
            Strategy::Expression(bound) => foreseen(bound),
            Strategy::Switch { on, cases } => match self.known(seat, *on, depth) {
                Known::Null => Known::Null,
                Known::Text(text) => cases
                    .iter()
                    .find(|(case, _)| *case == text)
                    .map_or(Known::Anything, |(_, case)| self.known(seat, Source::Own(*case), depth)),
                _ => Known::Anything,
            },
            _ => {
                let axis = self.scene.axis(&seat.path, id);
                let cell = axis.and_then(|at| self.scene.axes[at].cells.get(self.chosen[at]));
                cell.map_or(Known::Anything, |cell| cell.known.clone())
            }
        }
    }
}
