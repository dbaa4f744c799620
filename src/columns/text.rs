//! [`Texts`]: words of a law's length in characters.
//!
//! A corpus of Zipf-distributed words is made once from the seed; a text is put together from slices of it,
//! each beginning at a word, and closes with a word of the exact length that is left. So no text is cut
//! inside a word, copying runs at memory speed, and two texts are equal only if every slice is.

use std::hint::{black_box, select_unpredictable};
use std::sync::Arc;

use arrow::array::{ArrayRef, StringArray};
use arrow::buffer::{BooleanBuffer, Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use rand::{Rng, SeedableRng};
use rand_xoshiro::SplitMix64;

use super::short_texts::push_view;
use super::{ColumnGenerator, RowError, Rows};
use crate::laws::{Draw, Law, Sampler};
use crate::random::{Alias, Key, below};

/// Bytes of the corpus: 90,000 words, which stay in a processor's second-level cache; from a larger one slices wait
/// for memory.
const CORPUS_BYTES: usize = 512 << 10;
/// The rank-frequency exponent of natural language (Zipf 1949; Piantadosi 2014, doi:10.3758/s13423-014-0585-6).
const WORD_EXPONENT: f64 = 1.0;
/// Texts above this many characters are of two slices at least, so that repeats are under one in a million.
const ONE_SLICE: usize = 40;
/// The longest slice.
const SLICE: usize = 112;
/// What a slice leaves to the next one: with fewer characters, the last slice would be a word or two, which repeat.
const LEFT: usize = 16;
/// Characters of the longest word.
const WORD: usize = 15;
/// Bytes that are copied at once: of a slice, of the last one, and of a closing word.
const SLICE_VIEW: usize = 128;
const LAST_VIEW: usize = 64;
const WORD_VIEW: usize = 16;

/// So many texts touch almost every line of the corpus.
const FETCHING_TEXTS: usize = 2_048;
/// Words of each length that a text may close with.
const CLOSING_WORDS: usize = 256;
/// Lengths up to which a law is a table of them.
const TABLED: f64 = 8_192.0;

/// Words in a random order with natural frequencies.
pub(super) struct Corpus {
    text: Vec<u8>,
    /// A bit for each byte of the text: whether it is a space. Eight bits a byte, the lowest first.
    spaces: Vec<u8>,
    /// By length of a word: how many of the closing words have it. None but the empty word has no length.
    closing_counts: Vec<u32>,
    /// Where words of each length stand, so many places for each length: the first ones, and so as frequent as in all
    /// of the text.
    closing_places: Vec<u32>,
}

impl Corpus {
    /// `words` are ASCII and by rank.
    pub(super) fn new(words: &[&'static str], key: Key) -> Self {
        let weights: Vec<f64> =
            (1..=words.len()).map(|rank| libm::pow(rank as f64, -WORD_EXPONENT)).collect();
        let alias = Alias::new(&weights);
        let mut text = Vec::with_capacity(CORPUS_BYTES + SLICE_VIEW);
        let longest = words.iter().map(|word| word.len()).max().unwrap_or(0);
        debug_assert!(longest <= WORD, "a word of {longest} characters");
        let mut closing_counts = vec![0; longest + 1];
        let mut closing_places = vec![0; (longest + 1) * CLOSING_WORDS];
        closing_counts[0] = 1;
        let mut number = 0;
        while text.len() < CORPUS_BYTES {
            let word = words[alias.choose(key.at(0, number))];
            let count = &mut closing_counts[word.len()];
            if (*count as usize) < CLOSING_WORDS {
                closing_places[word.len() * CLOSING_WORDS + *count as usize] = text.len() as u32;
                *count += 1;
            }
            text.extend_from_slice(word.as_bytes());
            text.push(b' ');
            number += 1;
        }
        let mut spaces = vec![0; text.len() / 8 + size_of::<u64>() + 1];
        for (at, _) in text.iter().enumerate().filter(|(_, byte)| **byte == b' ') {
            spaces[at / 8] |= 1 << (at % 8);
        }
        text.resize(text.len() + SLICE_VIEW, b' ');
        Self { text, spaces, closing_counts, closing_places }
    }

    /// Reads all of it in order, into the processor's caches, which whatever was done since the last slice of rows has
    /// emptied: in order it comes by itself, while each leap into it would wait.
    fn fetch(&self) {
        const LINE_BYTES: usize = 64;
        for bytes in [&self.text, &self.spaces] {
            black_box(bytes.iter().step_by(LINE_BYTES).fold(0, |all, byte| all ^ byte));
        }
    }

    /// Appends a text of exactly `length` characters.
    fn write(&self, length: usize, generator: &mut SplitMix64, out: &mut Vec<u8>) {
        let mut left = length;
        let mut next = self.start(generator);
        while left > ONE_SLICE {
            let start = next;
            // Found before the copy, which waits for memory.
            next = self.start(generator);
            let bytes = self.whole_words(start, (left - LEFT).min(SLICE));
            self.copy::<SLICE_VIEW>(start, bytes, out);
            left -= bytes;
        }
        self.close(left, next, generator, out);
    }

    /// Where the next word behind a place that is drawn begins. The words there are as frequent as anywhere, because
    /// none depends on the one before it.
    fn start(&self, generator: &mut SplitMix64) -> usize {
        let place = below(generator.next_u64(), (CORPUS_BYTES - 2 * SLICE_VIEW) as u64) as usize;
        place + self.spaces_from(place).trailing_zeros() as usize + 1
    }

    /// The spaces among the bytes from a place on: a bit for each of 57 at least, more than a last slice has.
    fn spaces_from(&self, place: usize) -> u64 {
        let bytes = self.spaces[place / 8..].first_chunk().expect("behind the last bit stand as many bytes");
        u64::from_le_bytes(*bytes) >> (place % 8)
    }

    /// How many of so many bytes are words with the space behind them; more than a word has, and so some.
    fn whole_words(&self, start: usize, bytes: usize) -> usize {
        let before = WORD + 1;
        bytes - before + behind_last_space(self.spaces_from(start + bytes - before), before)
    }

    /// The last slice: whole words, then one that fills what is left, if anything is.
    fn close(&self, length: usize, start: usize, generator: &mut SplitMix64, out: &mut Vec<u8>) {
        let spaces = self.spaces_from(start);
        // A space in the last place would leave no room for a word behind it.
        let whole_words = behind_last_space(spaces, length - 1);
        let ends_there = spaces >> length & 1 == 1;
        let bytes = select_unpredictable(ends_there, length, whole_words);
        self.copy::<LAST_VIEW>(start, bytes, out);
        self.fill(length - bytes, generator, out);
    }

    /// One word of the length, or two where there is none.
    fn fill(&self, length: usize, generator: &mut SplitMix64, out: &mut Vec<u8>) {
        match self.closing_counts.get(length) {
            Some(&count) if count > 0 => {
                let number = below(generator.next_u64(), u64::from(count)) as usize;
                let start = self.closing_places[length * CLOSING_WORDS + number];
                self.copy::<WORD_VIEW>(start as usize, length, out);
            }
            _ => {
                let first = (length - 1) / 2;
                self.fill(first, generator, out);
                out.push(b' ');
                self.fill(length - 1 - first, generator, out);
            }
        }
    }

    /// Appends bytes of the corpus, at most a view.
    fn copy<const VIEW: usize>(&self, start: usize, bytes: usize, out: &mut Vec<u8>) {
        let view: &[u8; VIEW] =
            self.text[start..].first_chunk().expect("behind the last word stand as many spaces");
        push_view(view, bytes, out);
    }
}

/// The bytes before and with the last space among so many bytes; 0 where there is none.
fn behind_last_space(spaces: u64, bytes: usize) -> usize {
    (u64::BITS - (spaces & ((1 << bytes) - 1)).leading_zeros()) as usize
}

/// How lengths are drawn.
enum Lengths {
    /// From a table of the whole lengths 1, 2, …: one draw, where the law itself takes several and its functions.
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

    fn length(&self, rows: &Rows, at: usize, generator: &mut SplitMix64) -> usize {
        match &self.lengths {
            Lengths::Table(lengths) => lengths.choose(generator.next_u64()) + 1,
            Lengths::Law(law) => {
                let drawn = law.draw(&mut self.key.numbered(1).generator(rows.root[at], rows.local[at]));
                libm::rint(drawn).max(1.0) as usize
            }
        }
    }

    /// The texts of some rows; those of rows that are not wanted are empty.
    fn texts(&self, rows: &Rows, wanted: Option<&BooleanBuffer>) -> Result<StringArray, RowError> {
        // An eighth above the mean: to grow is to copy all that is written.
        let expected = (self.mean_length + 1.0) * rows.len() as f64 * 1.125;
        let mut text: Vec<u8> = Vec::with_capacity(expected as usize + SLICE_VIEW);
        let mut offsets = Vec::with_capacity(rows.len() + 1);
        offsets.push(0);
        if wanted.map_or(rows.len(), BooleanBuffer::count_set_bits) >= FETCHING_TEXTS {
            self.corpus.fetch();
        }
        for (at, draw) in self.key.draws(&rows.root, &rows.local).enumerate() {
            if wanted.is_none_or(|wanted| wanted.value(at)) {
                let mut generator = SplitMix64::seed_from_u64(draw);
                let length = self.length(rows, at, &mut generator);
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
