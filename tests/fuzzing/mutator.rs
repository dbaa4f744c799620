//! [`Mutator`]: inputs that are nearly right, the same for the same number.

/// Numbers that often stand at an edge.
const NUMBERS: [&str; 16] = [
    "0",
    "-1",
    "1",
    "2",
    "0.0",
    "1e308",
    "1e-320",
    "255",
    "65536",
    "2147483648",
    "1099511627776",
    "9223372036854775807",
    "-9223372036854775808",
    "18446744073709551616",
    "99999999999999999999999999999999999999",
    ".5",
];

/// Draws by SplitMix64.
pub struct Mutator(u64);

impl Mutator {
    pub const fn new(number: u64) -> Self {
        Self(number.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    fn one<'t, T: ?Sized>(&mut self, all: &[&'t T]) -> &'t T {
        all[self.below(all.len())]
    }

    /// One of the seeds with one to three changes.
    pub fn mutated(&mut self, seeds: &[&[u8]], words: &[String]) -> Vec<u8> {
        let mut input = self.one(seeds).to_vec();
        for _ in 0..=self.below(3) {
            let other = self.one(seeds);
            self.change(&mut input, other, words);
        }
        input
    }

    fn change(&mut self, input: &mut Vec<u8>, other: &[u8], words: &[String]) {
        match self.below(9) {
            // A span goes.
            0 => drop(input.drain(self.span(input, 40))),
            // A byte changes.
            1 => {
                let (at, byte) = (self.below(input.len()), self.next() as u8);
                input.get_mut(at).into_iter().for_each(|old| *old = byte);
            }
            // A line goes, stands twice, or another input's stands here.
            2 => drop(input.drain(self.line(input))),
            3 => self.put_lines(input, &input.clone()),
            4 => self.put_lines(input, other),
            // A word stands for another, or between others.
            5 => self.put(input, |mutator| mutator.word(words), true),
            6 => self.put(input, |mutator| mutator.word(words), false),
            7 => self.put(input, |mutator| mutator.one(&NUMBERS).as_bytes().to_vec(), true),
            // The end goes.
            _ => {
                let end = self.below(input.len());
                input.truncate(end);
            }
        }
    }

    fn word(&mut self, words: &[String]) -> Vec<u8> {
        words[self.below(words.len())].as_bytes().to_vec()
    }

    fn span(&mut self, input: &[u8], most: usize) -> std::ops::Range<usize> {
        let start = self.below(input.len());
        start..(start + self.below(most)).min(input.len())
    }

    /// The line around a place.
    fn line(&mut self, input: &[u8]) -> std::ops::Range<usize> {
        let at = self.below(input.len());
        let start = input[..at].iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
        let end = input[at..].iter().position(|&byte| byte == b'\n').map_or(input.len(), |end| at + end + 1);
        start..end
    }

    fn put_lines(&mut self, input: &mut Vec<u8>, other: &[u8]) {
        let line = other[self.line(other)].to_vec();
        let at = self.line(input).start;
        input.splice(at..at, line);
    }

    /// Puts a text at a place: for the word that stands there, or before it.
    fn put(&mut self, input: &mut Vec<u8>, text: impl Fn(&mut Self) -> Vec<u8>, instead: bool) {
        let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || b"_.-".contains(byte);
        let at = self.below(input.len());
        let start = input[..at].iter().rposition(|byte| !is_word(byte)).map_or(0, |end| end + 1);
        let end = input[at..].iter().position(|byte| !is_word(byte)).map_or(input.len(), |end| at + end);
        let text = text(self);
        input.splice(start..if instead { end.max(start) } else { start }, text);
    }
}
