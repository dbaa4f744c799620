//! [`Groups`]: the digits of a number as people write them, with single separators and brackets.

use std::ops::Range;

use super::edges::ends_word;

/// More groups than a telephone number or a card has.
const MOST: usize = 8;

/// Consecutive groups of digits.
pub(super) struct Groups {
    all: Vec<Group>,
}

/// Digits without a separator between them.
#[derive(Clone, Debug)]
pub(super) struct Group {
    /// Where its digits are.
    pub digits: Range<usize>,
    /// In round brackets.
    pub bracketed: bool,
    /// The sign before it, if there is one.
    pub separator: Option<u8>,
}

impl Group {
    /// The place after it.
    pub const fn end(&self) -> usize {
        self.digits.end + self.bracketed as usize
    }
}

impl Groups {
    /// Reads the groups that begin at a digit or a bracket.
    pub fn read(text: &[u8], start: usize) -> Self {
        let mut all: Vec<Group> = Vec::new();
        let (mut at, mut separator) = (start, None);
        while all.len() < MOST {
            let Some(group) = group(text, at, separator) else { break };
            at = group.end();
            all.push(group);
            separator = text.get(at).copied().filter(|sign| b" -./".contains(sign));
            at += usize::from(separator.is_some());
        }
        Self { all }
    }

    /// The groups from the first to each one after which a word ends, the longest run first.
    pub fn runs<'a>(&'a self, text: &'a [u8]) -> impl Iterator<Item = &'a [Group]> {
        (1..=self.all.len())
            .rev()
            .map(|count| &self.all[..count])
            .filter(|run| run.last().is_some_and(|last| ends_word(text, last.end())))
    }
}

fn group(text: &[u8], at: usize, separator: Option<u8>) -> Option<Group> {
    let bracketed = text.get(at) == Some(&b'(');
    let start = at + usize::from(bracketed);
    let count = text.get(start..)?.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let digits = start..start + count;
    let closed = !bracketed || text.get(digits.end) == Some(&b')');
    (count > 0 && closed).then_some(Group { digits, bracketed, separator })
}

/// How many digits each group has.
pub(super) fn lengths(run: &[Group]) -> Vec<usize> {
    run.iter().map(|group| group.digits.len()).collect()
}

/// The values of all digits, without separators.
pub(super) fn digits(text: &[u8], run: &[Group]) -> Vec<u8> {
    run.iter().flat_map(|group| &text[group.digits.clone()]).map(|digit| digit - b'0').collect()
}

/// Each group after the first follows this sign.
pub(super) fn separated_by(run: &[Group], sign: u8) -> bool {
    run.iter().skip(1).all(|group| group.separator == Some(sign)) && run.iter().all(|group| !group.bracketed)
}
