//! [`compare`]: comparisons and three-valued logic of what is known.

use std::cmp::Ordering;

use super::{Known, is_value};
use crate::model::expression::ast::{Comparison, Node};

/// NOT, if `not` says so.
pub(super) fn negated(known: &Known, not: bool) -> Known {
    match known {
        Known::Truth(truth) => Known::Truth(*truth != not),
        Known::Null => Known::Null,
        _ => Known::Anything,
    }
}

/// Kleene's AND (`absorbing` false) or OR (true).
pub(super) fn junction(left: &Known, right: &Known, absorbing: bool) -> Known {
    match (left, right) {
        (Known::Truth(truth), _) | (_, Known::Truth(truth)) if *truth == absorbing => Known::Truth(absorbing),
        (Known::Truth(_), Known::Truth(_)) => Known::Truth(!absorbing),
        (Known::Null, Known::Null | Known::Truth(_)) | (Known::Truth(_), Known::Null) => Known::Null,
        _ => Known::Anything,
    }
}

/// `left operator right`
pub(super) fn compare(operator: Comparison, left: (&Known, &Node), right: (&Known, &Node)) -> Known {
    let is_null = |(known, _): (&Known, &Node)| *known == Known::Null;
    let sure = |(known, node): (&Known, &Node)| is_value(known, node);
    match operator {
        Comparison::Distinct | Comparison::NotDistinct => {
            let alike = operator == Comparison::NotDistinct;
            match (is_null(left), is_null(right)) {
                (true, true) => Known::Truth(alike),
                (true, false) if sure(right) => Known::Truth(!alike),
                (false, true) if sure(left) => Known::Truth(!alike),
                (false, false) => {
                    let equal = if alike { Comparison::Equal } else { Comparison::NotEqual };
                    decided(equal, left.0, right.0)
                }
                _ => Known::Anything,
            }
        }
        _ if is_null(left) || is_null(right) => Known::Null,
        _ => decided(operator, left.0, right.0),
    }
}

/// The truth of a comparison of two values, if all of their orders give the same.
fn decided(operator: Comparison, left: &Known, right: &Known) -> Known {
    let mut truths = orders(left, right).into_iter().map(|order| match operator {
        Comparison::Equal | Comparison::NotDistinct => order == Ordering::Equal,
        Comparison::NotEqual | Comparison::Distinct => order != Ordering::Equal,
        Comparison::Less => order == Ordering::Less,
        Comparison::LessOrEqual => order != Ordering::Greater,
        Comparison::Greater => order == Ordering::Greater,
        Comparison::GreaterOrEqual => order != Ordering::Less,
    });
    match truths.next() {
        Some(first) if truths.all(|truth| truth == first) => Known::Truth(first),
        _ => Known::Anything,
    }
}

/// How two values may stand to each other; nothing where one of them may be NULL.
fn orders(left: &Known, right: &Known) -> Vec<Ordering> {
    match (left, right) {
        (Known::Whole { low, high }, Known::Whole { low: least, high: most }) => {
            possible(low.cmp(most), high.cmp(least))
        }
        (Known::Float { low, high }, Known::Float { low: least, high: most }) => {
            match (low.partial_cmp(most), high.partial_cmp(least)) {
                (Some(lowest), Some(highest)) => possible(lowest, highest),
                _ => Vec::new(),
            }
        }
        (Known::Text(left), Known::Text(right)) => vec![left.as_bytes().cmp(right.as_bytes())],
        (Known::Truth(left), Known::Truth(right)) => vec![left.cmp(right)],
        _ => Vec::new(),
    }
}

/// The orders from that of the least to the greatest to that of the greatest to the least.
fn possible(lowest: Ordering, highest: Ordering) -> Vec<Ordering> {
    [Ordering::Less, Ordering::Equal, Ordering::Greater]
        .into_iter()
        .filter(|order| lowest <= *order && *order <= highest)
        .collect()
}
