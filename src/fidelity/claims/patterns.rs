//! [`Pattern`]: texts that a template puts together.

use arrow::array::{Array, ArrayRef, AsArray};

use super::{Bench, Claim, Tally, name_of};
use crate::fidelity::assessment::Promise;
use crate::fidelity::findings::Findings;
use crate::fidelity::keys::shortened;
use crate::fidelity::sources::View;
use crate::model::{ColumnId, EntityId, Piece};

/// The pieces of a template in every text, in order.
pub struct Pattern {
    /// The entity.
    pub entity: EntityId,
    /// The column.
    pub column: ColumnId,
    /// The pieces.
    pub pieces: Vec<Piece>,
}

/// A piece on one row.
enum Part<'p> {
    Fixed(&'p str),
    Digits,
    Any,
}

/// Whether a text is made of the parts; [`Part::Any`] takes as little as will do.
fn fits(text: &str, parts: &[Part<'_>]) -> bool {
    let Some((part, rest)) = parts.split_first() else { return text.is_empty() };
    match part {
        Part::Fixed(fixed) => text.strip_prefix(fixed).is_some_and(|left| fits(left, rest)),
        Part::Digits => {
            let most = text.bytes().take_while(u8::is_ascii_digit).count();
            (1..=most).rev().any(|digits| fits(&text[digits..], rest))
        }
        Part::Any => {
            text.char_indices().map(|(at, _)| at).chain([text.len()]).any(|at| fits(&text[at..], rest))
        }
    }
}

impl Claim for Pattern {
    fn look(&self, view: &View<'_>, tally: &mut Tally) {
        let Some(array) = view.value(self.entity, self.column) else { return };
        let Some(texts) = array.as_string_opt::<i32>() else { return };
        let inputs: Vec<Option<ArrayRef>> = self
            .pieces
            .iter()
            .map(|piece| match piece {
                Piece::Column(column) => view.value(self.entity, *column),
                Piece::Text(_) | Piece::Row => None,
            })
            .collect();
        tally.breaches.examined += texts.len() as u64;
        for row in (0..texts.len()).filter(|&row| texts.is_valid(row)) {
            let parts: Vec<Part<'_>> = self
                .pieces
                .iter()
                .zip(&inputs)
                .map(|(piece, input)| match piece {
                    Piece::Text(text) => Part::Fixed(text),
                    Piece::Row => Part::Digits,
                    Piece::Column(_) => match input.as_ref().and_then(|input| input.as_string_opt::<i32>()) {
                        Some(input) if input.is_valid(row) => Part::Fixed(input.value(row)),
                        Some(_) | None => Part::Any,
                    },
                })
                .collect();
            if !fits(texts.value(row), &parts) {
                tally.breaches.add(|| {
                    view.shard.place(self.entity, row, Some(self.column), shortened(texts.value(row)))
                });
            }
        }
    }

    fn judge(&self, tally: &Tally, bench: &Bench<'_>, findings: &mut Findings) {
        if tally.breaches.examined == 0 {
            return;
        }
        let entity = bench.model.entity(self.entity);
        let shown = self.pieces.iter().map(|piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Row => "{row}".to_owned(),
            Piece::Column(column) => format!("{{{}}}", entity.columns[column.0].name),
        });
        findings.counter(
            Promise::Domain,
            &name_of(bench.model, self.entity, self.column),
            &format!("every text is of the form {}", shown.collect::<String>()),
            &tally.breaches,
            "put the texts together as the template says",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_fit_their_template_and_others_do_not() {
        let parts = [Part::Fixed("syn_"), Part::Any, Part::Digits, Part::Fixed("@example.com")];
        for (text, fit) in [
            ("syn_otter12@example.com", true),
            ("syn_7@example.com", true),
            ("syn_otter@example.com", false),
            ("otter12@example.com", false),
            ("syn_otter12@example.com.org", false),
        ] {
            assert_eq!(fits(text, &parts), fit, "{text}");
        }
        assert!(fits("é_9", &[Part::Any, Part::Fixed("_"), Part::Digits]));
    }
}
