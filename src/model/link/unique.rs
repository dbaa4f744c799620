//! Uniqueness: proved from how a column is made, or refused.

use super::{Column, ColumnId, EntityId, Linker, Strategy};
use crate::model::yaml::Place;
use crate::model::{Literal, Piece};

impl Linker<'_, '_> {
    /// The sets of columns that are unique together.
    pub(super) fn unique_sets(&mut self, entity: EntityId) -> Vec<Vec<ColumnId>> {
        let Some(node) = self.entities[entity.0].unique else { return Vec::new() };
        let lists = self.name_lists(
            node,
            "unique",
            "unique: [[conversationId, userId]]; a single column says unique: true itself",
        );
        let mut sets = Vec::new();
        for (names, place) in lists {
            let mut columns = Vec::new();
            for name in &names {
                match self.find_column(entity, name) {
                    Some(column) if columns.contains(&column) => {
                        self.error(place, format!("`{name}` stands twice in a set"), "keep one of them");
                    }
                    Some(column) if self.bound(entity, column).is_some_and(|bound| bound.hidden) => {
                        let message = format!("`{name}` is hidden, so that no table has it");
                        self.error(place, message, "name a visible column");
                    }
                    Some(column) => columns.push(column),
                    None => {
                        let hint = self.column_hint(entity, name);
                        self.error(place, format!("there is no column `{name}`"), hint);
                    }
                }
            }
            let bound = columns.iter().all(|&column| self.bound(entity, column).is_some());
            if columns.is_empty() || columns.len() < names.len() || !bound {
                continue;
            }
            if self.identifies(entity, &columns) {
                sets.push(columns);
            } else {
                self.not_together(place);
            }
        }
        sets
    }

    /// Requires that a column declared unique is so by construction.
    pub(super) fn prove_unique(&mut self, entity: EntityId, column: &Column, place: Place) -> Option<()> {
        if is_unique(column) && column.null_share == 0.0 || self.follows_parent_alone(entity, column) {
            return Some(());
        }
        let reason = match &column.strategy {
            _ if column.null_share > 0.0 => {
                let message = format!("`{}` cannot be unique: a share of it is NULL", column.name);
                self.error(place, message, "drop `null`, or say with `when` which rows have a value");
                return None;
            }
            Strategy::Template(pieces) => match self.ambiguity(entity, pieces) {
                None => return Some(()),
                Some(reason) => reason,
            },
            Strategy::Pool(pool) => format!("it draws from {} values", pool.values.len()),
            Strategy::Field { values, .. } => format!("it is a field of {} records", values.values.len()),
            Strategy::Ordinal => "each parent counts its rows from 0 again".to_owned(),
            Strategy::Copy(_) => "it repeats another row's values".to_owned(),
            _ => "its values are drawn, so that they may repeat".to_owned(),
        };
        self.error(
            place,
            format!("`{}` cannot be unique: {reason}", column.name),
            "a template with {row}, a UUID or a sequence is unique",
        );
        None
    }

    /// Why two rows could give a template the same text. A template is unambiguous if a number that only one row has
    /// can be read back: it is the first run of digits, or the last one.
    fn ambiguity(&mut self, entity: EntityId, pieces: &[Piece]) -> Option<String> {
        let numbers: Vec<usize> =
            (0..pieces.len()).filter(|&at| self.numbers_the_row(entity, &pieces[at])).collect();
        if numbers.is_empty() {
            return Some(match text_of(pieces).contains("{row}") {
                true => "`{{row}}` is the text {row}, and no number".to_owned(),
                false => "the template has no {row}".to_owned(),
            });
        }
        let unambiguous = numbers.into_iter().any(|at| {
            let before = self.digits(entity, &pieces[..at]);
            let after = self.digits(entity, &pieces[at + 1..]);
            (!before.any && !after.starts) || (!after.any && !before.ends)
        });
        if unambiguous {
            return None;
        }
        Some("the row number cannot be read back: digits stand next to it, as \"Lee1\" + \"1\" and \"Lee\" + \"11\"".to_owned())
    }

    /// Whether a piece is digits that no other row has. A number below 0 has a sign, which a text before it may end in.
    fn numbers_the_row(&mut self, entity: EntityId, piece: &Piece) -> bool {
        match piece {
            Piece::Text(_) => false,
            Piece::Row => true,
            Piece::Column(column) => self.bind(entity, *column).is_some_and(|bound| {
                let counts = match bound.strategy {
                    Strategy::Sequence { start } => start >= 0,
                    Strategy::Permutation { .. } => true,
                    _ => false,
                };
                counts && !bound.nullable
            }),
        }
    }

    fn digits(&mut self, entity: EntityId, pieces: &[Piece]) -> Digits {
        let mut all = Digits { any: false, starts: false, ends: false };
        for (at, piece) in pieces.iter().enumerate() {
            let digits = match piece {
                Piece::Text(text) => Digits::of(std::iter::once(text.as_str())),
                Piece::Row => Digits { any: true, starts: true, ends: true },
                Piece::Column(column) => match self.bind(entity, *column).map(|bound| &bound.strategy) {
                    Some(Strategy::Pool(pool) | Strategy::Field { values: pool, .. }) => {
                        let texts: Vec<&str> =
                            pool.values.iter().filter_map(|Literal(text)| text.as_deref()).collect();
                        Digits::of(texts.into_iter())
                    }
                    _ => Digits { any: true, starts: true, ends: true },
                },
            };
            all.any |= digits.any;
            if at == 0 {
                all.starts = digits.starts;
            }
            all.ends = digits.ends;
        }
        all
    }
}

/// A template's fixed text.
fn text_of(pieces: &[Piece]) -> String {
    pieces.iter().map(|piece| if let Piece::Text(text) = piece { text.as_str() } else { "" }).collect()
}

/// Where digits may stand in a piece of text. An empty value counts as a digit at both ends.
struct Digits {
    any: bool,
    starts: bool,
    ends: bool,
}

impl Digits {
    fn of<'t>(texts: impl Iterator<Item = &'t str>) -> Self {
        let mut digits = Self { any: false, starts: false, ends: false };
        for text in texts {
            let is_digit = |character: char| character.is_ascii_digit();
            digits.any |= text.contains(is_digit);
            digits.starts |= text.starts_with(is_digit);
            digits.ends |= text.ends_with(is_digit);
            if text.is_empty() {
                digits.starts = true;
                digits.ends = true;
            }
        }
        digits
    }
}

/// Unique whatever the other rows are.
pub(super) fn is_unique(column: &Column) -> bool {
    column.null_share == 0.0
        && match column.strategy {
            Strategy::Uuid
            | Strategy::TimeUuid { .. }
            | Strategy::Sequence { .. }
            | Strategy::Permutation { .. } => true,
            Strategy::Constant(_)
            | Strategy::Ordinal
            | Strategy::Chance(_)
            | Strategy::Pool(_)
            | Strategy::Record(_)
            | Strategy::Field { .. }
            | Strategy::Law { .. }
            | Strategy::Range { .. }
            | Strategy::Template(_)
            | Strategy::Text { .. }
            | Strategy::Pick(_)
            | Strategy::Copy(_)
            | Strategy::After { .. }
            | Strategy::Between { .. }
            | Strategy::Process(_)
            | Strategy::Expression(_)
            | Strategy::RunningSum { .. }
            | Strategy::Json(_)
            | Strategy::Array { .. }
            | Strategy::Children(_)
            | Strategy::Aggregate { .. }
            | Strategy::Switch { .. } => false,
        }
}
