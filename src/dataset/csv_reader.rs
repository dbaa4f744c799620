//! [`CsvReader`]: records of a CSV file, with NULL (bare) told from the empty text (quoted).
//!
//! RFC 4180 as Postgres means it: quotes double inside quotes, lines end with LF or CRLF, quoted values may hold
//! both. Anything looser is an error with its line, since a loader would read it differently.

use std::io::{self, BufRead, BufReader, Read};

/// Bytes read at a time.
const READ_BYTES: usize = 256 * 1024;

/// Reads records.
pub struct CsvReader<R> {
    source: BufReader<R>,
    /// The line that is being read, from 1.
    line: u64,
    state: State,
}

/// Where in a record the next byte stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// At the first byte of a record.
    RecordStart,
    /// At the first byte of a value that is not its record's first.
    ValueStart,
    /// In a bare value.
    Bare,
    /// In a quoted value.
    Quoted,
    /// Behind a quote in a quoted value: its end, or the first of two.
    QuoteSeen,
    /// Behind a carriage return outside quotes.
    ReturnSeen,
}

/// What is wrong with a file.
#[derive(Debug, thiserror::Error)]
pub enum CsvError {
    /// It cannot be read.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// It is not CSV.
    #[error("line {line}: {message}")]
    Syntax {
        /// The line, from 1.
        line: u64,
        /// What is wrong.
        message: &'static str,
    },
}

/// One record's values, in buffers that the next record uses again.
#[derive(Debug, Default)]
pub struct CsvRecord {
    bytes: Vec<u8>,
    values: Vec<ValueEnd>,
    line: u64,
}

#[derive(Clone, Copy, Debug)]
struct ValueEnd {
    end: usize,
    quoted: bool,
}

impl CsvRecord {
    /// How many values.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there is no value: only before the first record.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The line on which the record begins.
    pub fn line(&self) -> u64 {
        self.line
    }

    /// A value; `None` is NULL.
    pub fn value(&self, index: usize) -> Option<&[u8]> {
        let ValueEnd { end, quoted } = self.values[index];
        let start = if index == 0 { 0 } else { self.values[index - 1].end };
        (quoted || start < end).then(|| &self.bytes[start..end])
    }

    fn end_value(&mut self, quoted: bool) {
        self.values.push(ValueEnd { end: self.bytes.len(), quoted });
    }
}

impl<R: Read> CsvReader<R> {
    /// A reader at the beginning of a file.
    pub fn new(source: R) -> Self {
        Self { source: BufReader::with_capacity(READ_BYTES, source), line: 1, state: State::RecordStart }
    }

    /// Reads the next record; false at the end of the file.
    pub fn read(&mut self, record: &mut CsvRecord) -> Result<bool, CsvError> {
        record.bytes.clear();
        record.values.clear();
        record.line = self.line;
        loop {
            let chunk = match self.source.fill_buf() {
                Ok(chunk) => chunk,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error.into()),
            };
            if chunk.is_empty() {
                return self.end_of_file(record);
            }
            let mut steps = Steps { state: self.state, line: self.line };
            let result = steps.take(chunk, record);
            (self.state, self.line) = (steps.state, steps.line);
            let Taken { bytes, complete } = result?;
            self.source.consume(bytes);
            if complete {
                return Ok(true);
            }
        }
    }

    /// The last line may lack its end.
    fn end_of_file(&mut self, record: &mut CsvRecord) -> Result<bool, CsvError> {
        let state = std::mem::replace(&mut self.state, State::RecordStart);
        match state {
            State::RecordStart => return Ok(false),
            State::ValueStart | State::Bare => record.end_value(false),
            State::QuoteSeen => record.end_value(true),
            State::Quoted => return Err(syntax(record.line, "a quoted value of this record has no end")),
            State::ReturnSeen => return Err(syntax(self.line, "a bare carriage return")),
        }
        Ok(true)
    }
}

/// The state while a chunk is taken.
struct Steps {
    state: State,
    line: u64,
}

struct Taken {
    bytes: usize,
    complete: bool,
}

impl Steps {
    /// Takes bytes up to the end of the record or of the chunk.
    fn take(&mut self, chunk: &[u8], record: &mut CsvRecord) -> Result<Taken, CsvError> {
        let mut at = 0;
        while at < chunk.len() {
            let rest = &chunk[at..];
            at += match self.state {
                State::Bare => self.bare(rest, record),
                State::Quoted => self.quoted(rest, record),
                State::RecordStart | State::ValueStart | State::QuoteSeen | State::ReturnSeen => {
                    let before = self.state;
                    let used = self.step(rest[0], record)?;
                    if self.state == State::RecordStart && used == 1 {
                        return Ok(Taken { bytes: at + 1, complete: true });
                    }
                    debug_assert!(
                        used == 1 || self.state != before,
                        "a step takes a byte or changes the state"
                    );
                    used
                }
            };
        }
        Ok(Taken { bytes: at, complete: false })
    }

    /// Copies a bare value up to the byte that may end it.
    fn bare(&mut self, rest: &[u8], record: &mut CsvRecord) -> usize {
        let length = find_byte(rest, ends_bare_value);
        record.bytes.extend_from_slice(&rest[..length.unwrap_or(rest.len())]);
        if length.is_some() {
            // What ends a bare value ends an empty one too, and a quote is refused by both.
            self.state = State::ValueStart;
        }
        length.unwrap_or(rest.len())
    }

    /// Copies a quoted value up to the next quote.
    fn quoted(&mut self, rest: &[u8], record: &mut CsvRecord) -> usize {
        let length = find_byte(rest, |byte| byte == b'"');
        let text = &rest[..length.unwrap_or(rest.len())];
        record.bytes.extend_from_slice(text);
        self.line += text.iter().map(|byte| u64::from(*byte == b'\n')).sum::<u64>();
        if length.is_some() {
            self.state = State::QuoteSeen;
        }
        text.len() + usize::from(length.is_some())
    }

    /// Takes one byte, or none if the state before it has to change.
    fn step(&mut self, byte: u8, record: &mut CsvRecord) -> Result<usize, CsvError> {
        let quoted = self.state == State::QuoteSeen;
        match (self.state, byte) {
            (State::ReturnSeen, b'\n') => self.end_record(),
            (State::ReturnSeen, _) => return Err(syntax(self.line, "a bare carriage return")),
            (State::QuoteSeen, b'"') => {
                record.bytes.push(b'"');
                self.state = State::Quoted;
            }
            (_, b',') => {
                record.end_value(quoted);
                self.state = State::ValueStart;
            }
            (_, b'\n') => {
                record.end_value(quoted);
                self.end_record();
            }
            (_, b'\r') => {
                record.end_value(quoted);
                self.state = State::ReturnSeen;
            }
            (State::QuoteSeen, _) => return Err(syntax(self.line, "text behind a quoted value")),
            (_, b'"') => {
                if record.bytes.len() > record.values.last().map_or(0, |value| value.end) {
                    return Err(syntax(self.line, "a quote inside a bare value"));
                }
                self.state = State::Quoted;
            }
            (_, _) => {
                self.state = State::Bare;
                return Ok(0);
            }
        }
        Ok(1)
    }

    fn end_record(&mut self) {
        self.line += 1;
        self.state = State::RecordStart;
    }
}

/// Whether a byte cannot stand in a bare value. Without short circuits, so that registers of bytes are asked at once.
pub fn ends_bare_value(byte: u8) -> bool {
    (byte == b'"') | (byte == b',') | (byte == b'\n') | (byte == b'\r')
}

/// Whether any byte is as asked. Without short circuits too: short texts are looked at in one go, and what is behind the
/// last whole register of a longer one in a register that overlaps it.
pub fn any_byte(text: &[u8], asked: impl Fn(u8) -> bool) -> bool {
    let any = |bytes: &[u8]| bytes.iter().fold(false, |found, byte| found | asked(*byte));
    let (blocks, rest) = text.as_chunks::<16>();
    let behind = text.last_chunk::<16>().map_or_else(|| any(rest), |last| any(last));
    behind || blocks.iter().any(|block| any(block))
}

/// Where the first byte stands that is as asked: by blocks of one vector register.
pub fn find_byte(text: &[u8], asked: impl Fn(u8) -> bool) -> Option<usize> {
    let (blocks, rest) = text.as_chunks::<16>();
    let in_block = |block: &[u8; 16]| block.iter().fold(0, |found, byte| found | u8::from(asked(*byte))) != 0;
    let (start, last) = match blocks.iter().position(in_block) {
        Some(block) => (block * 16, &blocks[block][..]),
        None => (text.len() - rest.len(), rest),
    };
    last.iter().position(|byte| asked(*byte)).map(|at| start + at)
}

fn syntax(line: u64, message: &'static str) -> CsvError {
    CsvError::Syntax { line, message }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Records = Vec<Vec<Option<String>>>;

    fn read_all(source: impl Read) -> Result<(Records, Vec<u64>), CsvError> {
        let mut reader = CsvReader::new(source);
        let (mut record, mut records, mut lines) = (CsvRecord::default(), Vec::new(), Vec::new());
        while reader.read(&mut record)? {
            let value = |i| record.value(i).map(|v: &[u8]| String::from_utf8(v.to_vec()).unwrap());
            records.push((0..record.len()).map(value).collect());
            lines.push(record.line());
        }
        Ok((records, lines))
    }

    /// Gives one byte a read, so that every state meets the end of a chunk.
    struct Drip<'a>(&'a [u8]);

    impl Read for Drip<'_> {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            let Some((first, rest)) = self.0.split_first() else { return Ok(0) };
            out[0] = *first;
            self.0 = rest;
            Ok(1)
        }
    }

    #[test]
    fn null_and_empty_text_are_two_things() {
        let (records, _) = read_all(&b"a,,\"\"\n,\n\n\"\"\n"[..]).unwrap();
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(records, [vec![some("a"), None, some("")], vec![None, None], vec![None], vec![some("")]]);
    }

    #[test]
    fn lines_count_through_quoted_values_and_either_line_end() {
        let (records, lines) = read_all(&b"a\r\n\"b\nb\r\nb\",\"x\"\"\"\r\nc"[..]).unwrap();
        assert_eq!(lines, [1, 2, 5]);
        assert_eq!(records[1], [Some("b\nb\r\nb".to_owned()), Some("x\"".to_owned())]);
        assert_eq!(records[2], [Some("c".to_owned())]);
    }

    #[test]
    fn loose_csv_is_refused_with_its_line() {
        for (text, message) in [
            ("a\nb\"c\n", "line 2: a quote inside a bare value"),
            ("a\n\"b\"c\n", "line 2: text behind a quoted value"),
            ("a\n\n\"b\nc\n", "line 3: a quoted value of this record has no end"),
            ("a\rb\n", "line 1: a bare carriage return"),
            ("a\nb\r", "line 2: a bare carriage return"),
        ] {
            for error in
                [read_all(text.as_bytes()).unwrap_err(), read_all(Drip(text.as_bytes())).unwrap_err()]
            {
                assert_eq!(error.to_string(), message, "{text:?}");
            }
        }
    }

    fn any_text() -> impl Strategy<Value = String> {
        let evil =
            prop::sample::select(vec!["\"", ",", "\n", "\r", "\\.", " ", "é", "😀", "a", "\0", "\u{feff}"]);
        prop_oneof![any::<String>(), prop::collection::vec(evil, 0..6).prop_map(|pieces| pieces.concat())]
    }

    proptest! {
        #[test]
        fn what_another_writer_writes_is_read(
            records in prop::collection::vec(prop::collection::vec(any_text(), 2), 0..8)
        ) {
            let mut writer = ::csv::WriterBuilder::new()
                .quote_style(::csv::QuoteStyle::Always)
                .terminator(::csv::Terminator::CRLF)
                .from_writer(Vec::new());
            records.iter().for_each(|record| writer.write_record(record).unwrap());
            let written = writer.into_inner().unwrap();
            let expected: Records = records.into_iter().map(|r| r.into_iter().map(Some).collect()).collect();
            prop_assert_eq!(&read_all(&written[..]).unwrap().0, &expected);
            prop_assert_eq!(&read_all(Drip(&written)).unwrap().0, &expected);
        }
    }
}
