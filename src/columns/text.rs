//! [`Texts`]: words of a law's length in characters.
//!
//! A corpus of Zipf-distributed words is made once from the seed; a text is put together from slices of it,
//! each beginning at a word, and closes with a word of the exact length that is left. So no text is cut
//! inside a word, copying runs at memory speed, and two texts are equal only if every slice is.

use std::sync::Arc;

use arrow::array::{ArrayRef, StringArray};
use arrow::buffer::{BooleanBuffer, Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use rand::{Rng, SeedableRng};
use rand_xoshiro::SplitMix64;

use super::{ColumnGenerator, RowError, Rows};
use crate::laws::{Draw, Law, Sampler};
use crate::random::{Alias, Key, below};

/// Bytes of the corpus: 90,000 words, which stay in a processor's second-level cache. From a larger one most slices
/// wait for memory, five times as long as for everything else.
const CORPUS_BYTES: usize = 512 << 10;
/// The rank-frequency exponent of natural language (Zipf 1949; Piantadosi 2014, doi:10.3758/s13423-014-0585-6).
const WORD_EXPONENT: f64 = 1.0;
/// Texts above this many characters are of two slices at least, so that repeats are under one in a million.
const ONE_SLICE: usize = 40;
/// The longest slice.
const SLICE: usize = 48;
/// Bytes that are looked at from where a slice begins: a bit of a machine word for each.
const VIEW: usize = 64;

/// Words of each length that a text may close with.
const CLOSING_WORDS: usize = 1_024;
/// Lengths up to which a law is a table of them.
const TABLED: f64 = 8_192.0;

/// Words in a random order with natural frequencies.
pub(super) struct Corpus {
    text: Vec<u8>,
    /// A bit for each byte of the text: whether it is a space.
    spaces: Vec<u64>,
    /// Where words of each length stand: the first so many, and so as frequent as in all of the text.
    by_length: Vec<Vec<u32>>,
}

impl Corpus {
    /// `words` are ASCII, by rank.
    pub(super) fn new(words: &[&'static str], key: Key) -> Self {
        let weights: Vec<f64> =
            (1..=words.len()).map(|rank| libm::pow(rank as f64, -WORD_EXPONENT)).collect();
        let alias = Alias::new(&weights);
        let mut text = Vec::with_capacity(CORPUS_BYTES + VIEW);
        let mut number = 0;
        let mut by_length = Vec::new();
        while text.len() < CORPUS_BYTES {
            let word = words[alias.choose(key.at(0, number))];
            if by_length.len() <= word.len() {
                by_length.resize_with(word.len() + 1, Vec::new);
            }
            if by_length[word.len()].len() < CLOSING_WORDS {
                by_length[word.len()].push(text.len() as u32);
            }
            text.extend_from_slice(word.as_bytes());
            text.push(b' ');
            number += 1;
        }
        let mut spaces = vec![0u64; text.len() / VIEW + 2];
        for (at, _) in text.iter().enumerate().filter(|(_, byte)| **byte == b' ') {
            spaces[at / VIEW] |= 1 << (at % VIEW);
        }
        text.resize(text.len() + VIEW, b' ');
        Self { text, spaces, by_length }
    }

    /// Appends a text of exactly `length` characters.
    fn write(&self, length: usize, generator: &mut SplitMix64, out: &mut Vec<u8>) {
        let mut left = length;
        while left > ONE_SLICE {
            let (slice, spaces) = self.slice(generator);
            let taken = last_space(spaces, (left / 2).min(SLICE))
                .expect("words are shorter than half of a slice")
                + 1;
            copy(slice, taken, out);
            left -= taken;
        }
        self.close(left, generator, out);
    }

    /// What follows the next space behind a place that is drawn, and where the spaces are in it. The words there are
    /// as frequent as anywhere, because none depends on the one before it.
    fn slice(&self, generator: &mut SplitMix64) -> (&[u8; VIEW], u64) {
        let places = (CORPUS_BYTES - 2 * VIEW) as u64;
        let place = below(generator.next_u64(), places) as usize;
        let start = place + self.spaces_from(place).trailing_zeros() as usize + 1;
        (self.view(start), self.spaces_from(start))
    }

    /// The spaces among the bytes from a place on.
    fn spaces_from(&self, place: usize) -> u64 {
        let (word, bit) = (place / VIEW, place % VIEW);
        let pair = u128::from(self.spaces[word]) | u128::from(self.spaces[word + 1]) << 64;
        (pair >> bit) as u64
    }

    /// The last slice: whole words, then one that fills what is left.
    fn close(&self, length: usize, generator: &mut SplitMix64, out: &mut Vec<u8>) {
        let (slice, spaces) = self.slice(generator);
        if spaces >> length & 1 == 1 {
            return copy(slice, length, out);
        }
        let mut end = last_space(spaces, length);
        // One character is left for neither a space nor a word: give up the last word too.
        if end.is_some_and(|end| length - end == 1) {
            end = end.and_then(|end| last_space(spaces, end));
        }
        let kept = end.map_or(0, |end| end + 1);
        copy(slice, kept, out);
        self.fill(length - kept, generator, out);
    }

    /// One word of the length, or two where there is none.
    fn fill(&self, length: usize, generator: &mut SplitMix64, out: &mut Vec<u8>) {
        match self.by_length.get(length).filter(|places| !places.is_empty()) {
            Some(places) => {
                let place = places[below(generator.next_u64(), places.len() as u64) as usize] as usize;
                copy(self.view(place), length, out);
            }
            None => {
                let first = (length - 1) / 2;
                self.fill(first, generator, out);
                out.push(b' ');
                self.fill(length - 1 - first, generator, out);
            }
        }
    }

    fn view(&self, place: usize) -> &[u8; VIEW] {
        self.text[place..].first_chunk().expect("behind the last word stand as many spaces")
    }
}

/// Appends the first bytes of a slice. To copy all of it and cut off the rest is faster than to copy a number of
/// bytes that nobody can predict.
fn copy(slice: &[u8; VIEW], bytes: usize, out: &mut Vec<u8>) {
    let end = out.len() + bytes;
    out.extend_from_slice(slice);
    out.truncate(end);
}

/// The last space among the first bytes.
fn last_space(spaces: u64, bytes: usize) -> Option<usize> {
    (spaces & ((1 << bytes) - 1)).checked_ilog2().map(|at| at as usize)
}

/// How lengths are drawn.
enum Lengths {
    /// From a table of the whole lengths 1, 2, …; a fifth of the time that the law itself takes.
    Table(Alias),
    /// From the law, where it reaches too far.
    Law(Sampler),
}

/// Texts of a length law: what the law comes to is rounded, and at least 1.
pub(super) struct Texts {
    key: Key,
    lengths: Lengths,
    mean_length: f64,
    corpus: Arc<Corpus>,
}

impl Texts {
    /// # Errors
    ///
    /// A law that cannot be drawn from.
    pub(super) fn new(key: Key, length: &Law, corpus: Arc<Corpus>) -> Result<Self, String> {
        length.validate()?;
        let law = length.expectation();
        let greatest = libm::rint(law.support().1);
        let lengths = if greatest <= TABLED {
            let upto = |length: usize| if length == 0 { 0.0 } else { law.cumulative(length as f64 + 0.5) };
            let lengths = 1..=(greatest.max(1.0) as usize);
            Lengths::Table(Alias::new(
                &lengths.map(|length| upto(length) - upto(length - 1)).collect::<Vec<_>>(),
            ))
        } else {
            Lengths::Law(Sampler::new(length)?)
        };
        // A heavy tail may have no mean.
        Ok(Self { key, lengths, mean_length: law.mean().min(TABLED), corpus })
    }

    /// The texts of some rows; those of rows that are not wanted are empty.
    fn texts(&self, rows: &Rows, wanted: Option<&BooleanBuffer>) -> Result<StringArray, RowError> {
        // An eighth above the mean: to grow is to copy all that is written.
        let expected = (self.mean_length + 1.0) * rows.len() as f64 * 1.125;
        let mut text: Vec<u8> = Vec::with_capacity(expected as usize + VIEW);
        let mut offsets = Vec::with_capacity(rows.len() + 1);
        offsets.push(0);
        for at in 0..rows.len() {
            if wanted.is_none_or(|wanted| wanted.value(at)) {
                let mut generator = SplitMix64::seed_from_u64(self.key.at(rows.root[at], rows.local[at]));
                let length = match &self.lengths {
                    Lengths::Table(lengths) => lengths.choose(generator.next_u64()) + 1,
                    Lengths::Law(law) => {
                        let drawn =
                            law.draw(&mut self.key.numbered(1).generator(rows.root[at], rows.local[at]));
                        libm::rint(drawn).max(1.0) as usize
                    }
                };
                self.corpus.write(length, &mut generator, &mut text);
            }
            let end = i32::try_from(text.len())
                .map_err(|_| RowError::new(at, "a slice holds over 2 GiB of text"))?;
            offsets.push(end);
        }
        let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
        let nulls = wanted.map(|wanted| NullBuffer::new(wanted.clone()));
        Ok(StringArray::try_new(offsets, Buffer::from_vec(text), nulls)?)
    }
}

impl ColumnGenerator for Texts {
    fn generate(&self, rows: &Rows, _: &[ArrayRef]) -> Result<ArrayRef, RowError> {
        Ok(Arc::new(self.texts(rows, None)?))
    }

    fn generate_where(
        &self,
        rows: &Rows,
        _: &[ArrayRef],
        wanted: &BooleanBuffer,
    ) -> Result<ArrayRef, RowError> {
        Ok(Arc::new(self.texts(rows, Some(wanted))?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{BTreeMap, HashSet};

    use arrow::array::AsArray;

    fn corpus() -> Corpus {
        let words = crate::model::word_list("english").expect("the list");
        Corpus::new(words, Key::derive("seed", "english", "words", "corpus"))
    }

    fn texts(rows: u64) -> Vec<String> {
        let law =
            Law::Truncated { law: Box::new(Law::LogNormal { mu: 4.5, sigma: 1.2 }), min: 1.0, max: 4000.0 };
        let key = Key::derive("seed", "messages", "content", "value");
        let column = Texts::new(key, &law, Arc::new(corpus())).expect("a law");
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
                let mut generator = SplitMix64::seed_from_u64(key.at(length as u64, row));
                corpus.write(length, &mut generator, &mut out);
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
