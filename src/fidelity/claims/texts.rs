//! [`Texts`]: lengths, words and variety of generated texts.

use arrow::array::{Array, AsArray, StringArray};

use super::numbers::{self, Comparison};
use super::{Batch, Bench, Claim, Tally, name_of};
use crate::fidelity::assessment::{Promise, Unit};
use crate::fidelity::findings::{Figure, Findings};
use crate::fidelity::histogram::{Binned, Rounding, Scale};
use crate::fidelity::keys::{shortened, text_key};
use crate::laws::{Expect, Law};
use crate::model::{ColumnId, EntityId, word_list};

/// One text in so many is looked at word by word.
const SAMPLED: usize = 64;
/// One text in so many, chosen by its own digest, is compared with its likes: repeats are chosen together.
const COMPARED: u64 = 64;
/// Shorter texts may well be equal.
const LONG: usize = 40;

/// Sums: words looked at, words of the list.
const WORDS: usize = 0;
const KNOWN: usize = 1;

/// Texts of a law's length.
pub struct Texts {
    /// The entity.
    pub entity: EntityId,
    /// The column.
    pub column: ColumnId,
    /// The law of the length in characters.
    pub length: Law,
    words: Vec<&'static str>,
}

impl Texts {
    /// The claim for a word list.
    pub fn new(entity: EntityId, column: ColumnId, length: &Law, words: &str) -> Self {
        let mut words = word_list(words).unwrap_or_default().to_vec();
        words.sort_unstable();
        Self { entity, column, length: length.clone(), words }
    }

    fn count_words(&self, text: &str, tally: &mut Tally) {
        for word in text.split(' ').filter(|word| !word.is_empty()) {
            tally.sums[WORDS] += 1;
            let bare = word.trim_matches(|character: char| !character.is_alphanumeric());
            tally.sums[KNOWN] += i128::from(self.words.binary_search(&bare).is_ok());
        }
    }
}

/// The number of characters of every text.
fn lengths(texts: &StringArray) -> impl Iterator<Item = (usize, usize)> + '_ {
    let plain = texts.value_data().is_ascii();
    (0..texts.len()).filter(|&row| texts.is_valid(row)).map(move |row| {
        let length = if plain { texts.value_length(row) as usize } else { texts.value(row).chars().count() };
        (row, length)
    })
}

impl Claim for Texts {
    fn start(&self) -> Tally {
        Tally { sums: vec![0, 0], ..Tally::with_bins(Scale::Whole.bins()) }
    }

    fn read(&self, batch: &Batch<'_>, tally: &mut Tally) {
        if batch.entity != self.entity {
            return;
        }
        let Some(array) = &batch.columns[self.column.0] else { return };
        let Some(texts) = array.as_string_opt::<i32>() else { return };
        let (least, most) = self.length.support();
        for (row, length) in lengths(texts) {
            tally.counts[Scale::Whole.bin(length as f64)] += 1;
            tally.breaches.examined += 1;
            if (length as f64) < least - 0.5 || length as f64 > most + 0.5 {
                let found = || shortened(texts.value(row));
                tally.breaches.add(|| batch.origin.place(row, None, found()));
            }
            if length > LONG {
                let digest = text_digest(texts.value(row).as_bytes());
                if digest.is_multiple_of(COMPARED) {
                    *tally.sizes.entry(text_key(texts.value(row)) as u64).or_default() += 1;
                }
            }
        }
        for row in (0..texts.len()).step_by(SAMPLED).filter(|&row| texts.is_valid(row)) {
            self.count_words(texts.value(row), tally);
        }
    }

    fn judge(&self, tally: &Tally, bench: &Bench<'_>, findings: &mut Findings) {
        let subject = name_of(bench.model, self.entity, self.column);
        if tally.total() == 0 {
            findings.remark(&subject, "there are no texts to judge");
            return;
        }
        let (least, most) = self.length.support();
        findings.counter(
            Promise::Domain,
            &subject,
            &format!("every text has {least} to {most} characters"),
            &tally.breaches,
            "bound the lengths, or declare wider bounds",
        );
        let expected = Binned::of_law(Scale::Whole, &*self.length.expectation(), Rounding::Nearest(1.0));
        let (_, family) = numbers::shape(&*self.length.expectation(), true);
        let lengths = format!("{subject}: characters");
        let what = Comparison {
            subject: &lengths,
            unit: "characters",
            family,
            effective: tally.total() as f64,
            critical: false,
        };
        numbers::compare(&what, &tally.counts, &expected, bench, findings);
        let mut figure = |measure: &str, observed: f64, threshold: f64, from: &str, advice| {
            findings.figure(Figure {
                subject: &subject,
                measure,
                declared: None,
                resolved: Some(0.0),
                observed,
                unit: Unit::Share,
                effect: observed,
                threshold,
                from: from.to_owned(),
                noise: 0.0,
                critical: false,
                advice: (advice, ""),
            });
        };
        let words = tally.sum(WORDS) as f64;
        if words > 0.0 {
            let strange = 1.0 - tally.sum(KNOWN) as f64 / words;
            let threshold = bench.tolerance / 3.0;
            figure(
                "words that the list has not",
                strange,
                threshold,
                "a third of the tolerance",
                "make the texts of the declared words",
            );
        }
        let compared: u64 = tally.sizes.values().sum();
        if compared > 0 {
            let repeated = (compared - tally.sizes.len() as u64) as f64 / compared as f64;
            figure(
                "long texts that repeat another",
                repeated,
                bench.tolerance / 15.0,
                "a fifteenth of the tolerance",
                "make every text anew: repeated texts compress better than real ones",
            );
        }
    }
}

/// A quick digest that chooses texts: FNV-1a over the length and the first and last bytes.
fn text_digest(text: &[u8]) -> u64 {
    let ends = text.iter().take(16).chain(text.iter().rev().take(16));
    ends.fold(0xCBF2_9CE4_8422_2325 ^ text.len() as u64, |digest, &byte| {
        (digest ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3)
    }) >> 20
}
