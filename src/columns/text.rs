//! [`Texts`]: words of a law's length in characters.
//!
//! A corpus of Zipf-distributed words is made once from the seed; a text is put together from slices of it,
//! each beginning at a word, and closes with a word of the exact length that is left. So no text is cut
//! inside a word, copying runs at memory speed, and two texts are equal only if every slice is.

use std::sync::Arc;

use arrow::array::{ArrayRef, StringArray};
use arrow::buffer::{Buffer, OffsetBuffer, ScalarBuffer};
use rand::Rng;
use rand_xoshiro::Xoshiro256PlusPlus;

use super::{ColumnGenerator, RowError, Rows};
use crate::laws::{Draw, Sampler};
use crate::random::{Alias, Key, below};

/// Bytes of the corpus: 1.4 million words, and it stays in a processor's cache.
const CORPUS_BYTES: usize = 8 << 20;
/// The rank-frequency exponent of natural language (Zipf 1949; Piantadosi 2014, doi:10.3758/s13423-014-0585-6).
const WORD_EXPONENT: f64 = 1.0;
/// Texts above this many characters are of two slices at least, so that repeats are under one in a million.
const ONE_SLICE: usize = 40;
/// The longest slice.
const SLICE: usize = 96;

type WordsOfLength = (Vec<&'static [u8]>, Alias);

/// Words in a random order with natural frequencies.
pub(super) struct Corpus {
    text: Vec<u8>,
    starts: Vec<u32>,
    /// Words by their length, with their weights.
    by_length: Vec<Option<WordsOfLength>>,
}

impl Corpus {
    /// `words` are ASCII, by rank.
    pub(super) fn new(words: &[&'static str], key: Key) -> Self {
        let weights: Vec<f64> =
            (1..=words.len()).map(|rank| libm::pow(rank as f64, -WORD_EXPONENT)).collect();
        let alias = Alias::new(&weights);
        let mut text = Vec::with_capacity(CORPUS_BYTES + 32);
        let mut starts = Vec::with_capacity(CORPUS_BYTES / 5);
        let mut number = 0;
        while text.len() < CORPUS_BYTES {
            starts.push(text.len() as u32);
            text.extend_from_slice(words[alias.choose(key.at(0, number))].as_bytes());
            text.push(b' ');
            number += 1;
        }
        // No slice runs over the end.
        let last = text.len() - 2 * SLICE;
        starts.retain(|&start| (start as usize) < last);
        let longest = words.iter().map(|word| word.len()).max().unwrap_or(0);
        let by_length = (0..=longest)
            .map(|length| {
                let of_length = || words.iter().zip(&weights).filter(move |(word, _)| word.len() == length);
                let weights: Vec<f64> = of_length().map(|(_, weight)| *weight).collect();
                (!weights.is_empty())
                    .then(|| (of_length().map(|(word, _)| word.as_bytes()).collect(), Alias::new(&weights)))
            })
            .collect();
        Self { text, starts, by_length }
    }

    /// Appends a text of exactly `length` characters.
    fn write(&self, length: usize, generator: &mut Xoshiro256PlusPlus, out: &mut Vec<u8>) {
        let mut left = length;
        while left > ONE_SLICE {
            let budget = (left / 2).min(SLICE);
            let slice = self.slice(generator);
            let taken = whole_words(&slice[..budget]);
            out.extend_from_slice(&slice[..taken]);
            out.push(b' ');
            left -= taken + 1;
        }
        self.close(left, generator, out);
    }

    fn slice(&self, generator: &mut Xoshiro256PlusPlus) -> &[u8] {
        let start = self.starts[below(generator.next_u64(), self.starts.len() as u64) as usize] as usize;
        &self.text[start..start + 2 * SLICE]
    }

    /// The last slice: whole words, then one that fills what is left.
    fn close(&self, length: usize, generator: &mut Xoshiro256PlusPlus, out: &mut Vec<u8>) {
        let slice = self.slice(generator);
        if slice[length] == b' ' && slice[length - 1] != b' ' {
            out.extend_from_slice(&slice[..length]);
            return;
        }
        let mut end = last_space(&slice[..length]);
        // One character is left for neither a space nor a word: give up the last word too.
        if end.is_some_and(|end| length - end == 1) {
            end = end.and_then(|end| last_space(&slice[..end]));
        }
        let kept = end.map_or(0, |end| end + 1);
        out.extend_from_slice(&slice[..kept]);
        self.fill(length - kept, generator, out);
    }

    /// One word of the length, or two where there is none.
    fn fill(&self, length: usize, generator: &mut Xoshiro256PlusPlus, out: &mut Vec<u8>) {
        match self.by_length.get(length).and_then(Option::as_ref) {
            Some((words, alias)) => out.extend_from_slice(words[alias.choose(generator.next_u64())]),
            None => {
                let first = (length - 1) / 2;
                self.fill(first, generator, out);
                out.push(b' ');
                self.fill(length - 1 - first, generator, out);
            }
        }
    }
}

/// The length of the whole words at the beginning of a slice that starts with one; the first word counts
/// even if it is longer than the slice, which no budget here allows.
fn whole_words(slice: &[u8]) -> usize {
    last_space(slice).unwrap_or(slice.len())
}

fn last_space(slice: &[u8]) -> Option<usize> {
    slice.iter().rposition(|&byte| byte == b' ')
}

pub(super) struct Texts {
    pub key: Key,
    pub length: Sampler,
    pub corpus: Arc<Corpus>,
}

impl ColumnGenerator for Texts {
    fn generate(&self, rows: &Rows, _: &[ArrayRef]) -> Result<ArrayRef, RowError> {
        let mut text: Vec<u8> = Vec::with_capacity(rows.len() * 160);
        let mut offsets = Vec::with_capacity(rows.len() + 1);
        offsets.push(0);
        for at in 0..rows.len() {
            let mut generator = self.key.generator(rows.root[at], rows.local[at]);
            let length = libm::rint(self.length.draw(&mut generator)).max(1.0) as usize;
            self.corpus.write(length, &mut generator, &mut text);
            let end = i32::try_from(text.len())
                .map_err(|_| RowError::new(at, "a slice holds over 2 GiB of text"))?;
            offsets.push(end);
        }
        let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
        Ok(Arc::new(StringArray::try_new(offsets, Buffer::from_vec(text), None)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{BTreeMap, HashSet};

    use crate::laws::Law;
    use arrow::array::AsArray;

    fn corpus() -> Corpus {
        let words = crate::model::word_list("english").expect("the list");
        Corpus::new(words, Key::derive("seed", "english", "words", "corpus"))
    }

    fn texts(rows: u64) -> Vec<String> {
        let law =
            Law::Truncated { law: Box::new(Law::LogNormal { mu: 4.5, sigma: 1.2 }), min: 1.0, max: 4000.0 };
        let column = Texts {
            key: Key::derive("seed", "messages", "content", "value"),
            length: Sampler::new(&law).expect("a law"),
            corpus: Arc::new(corpus()),
        };
        let array = column.generate(&Rows::roots(0..rows), &[]).expect("texts");
        array.as_string::<i32>().iter().flatten().map(str::to_owned).collect()
    }

    #[test]
    fn every_length_is_met_exactly_with_whole_words() {
        let corpus = corpus();
        let known: HashSet<&str> =
            crate::model::word_list("english").expect("the list").iter().copied().collect();
        let key = Key::derive("seed", "e", "c", "lengths");
        for length in 1..600 {
            for row in 0..20 {
                let mut out = Vec::new();
                corpus.write(length, &mut key.generator(length as u64, row), &mut out);
                let text = String::from_utf8(out).expect("UTF-8");
                assert_eq!(text.len(), length, "{text:?}");
                assert!(text.split(' ').all(|word| known.contains(word)), "{text:?}");
            }
        }
    }

    #[test]
    fn word_ranks_follow_zipf_with_an_exponent_near_one() {
        let mut counts: BTreeMap<String, u32> = BTreeMap::new();
        for text in texts(30_000) {
            for word in text.split(' ') {
                *counts.entry(word.to_owned()).or_default() += 1;
            }
        }
        assert!(counts.len() > 5_000, "{} distinct words", counts.len());
        let mut frequencies: Vec<f64> = counts.into_values().map(f64::from).collect();
        frequencies.sort_by(|a, b| b.total_cmp(a));
        let points: Vec<(f64, f64)> =
            (5..1_000).map(|at| (libm::log((at + 1) as f64), libm::log(frequencies[at]))).collect();
        let count = points.len() as f64;
        let (mean_x, mean_y) = (
            points.iter().map(|p| p.0).sum::<f64>() / count,
            points.iter().map(|p| p.1).sum::<f64>() / count,
        );
        let slope = points.iter().map(|p| (p.0 - mean_x) * (p.1 - mean_y)).sum::<f64>()
            / points.iter().map(|p| (p.0 - mean_x) * (p.0 - mean_x)).sum::<f64>();
        assert!((0.9..1.2).contains(&-slope), "exponent {}", -slope);
    }

    #[test]
    fn contents_over_forty_characters_hardly_ever_repeat() {
        let mut seen = HashSet::new();
        let long: Vec<String> = texts(100_000).into_iter().filter(|text| text.len() > 40).collect();
        let repeated = long.iter().filter(|text| !seen.insert(text.as_str())).count();
        assert!((repeated as f64) < 0.0002 * long.len() as f64, "{repeated} of {}", long.len());
    }
}
