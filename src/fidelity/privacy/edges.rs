//! [`starts_word`] and [`ends_word`]: where a number stands alone, and where it is a part of something longer.

const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// A sign between two words makes one of them: `SKU-123`, `1.2.3`, `a/b`. A colon or comma does between digits.
const fn joins(sign: u8, word: u8) -> bool {
    match sign {
        b'.' | b'-' | b'/' => is_word(word),
        b':' | b',' => word.is_ascii_digit(),
        _ => false,
    }
}

/// Nothing before this place belongs to what begins here.
pub(super) fn starts_word(text: &[u8], at: usize) -> bool {
    match &text[..at] {
        [] => true,
        [.., before] if is_word(*before) => false,
        [.., word, sign] => !joins(*sign, *word),
        [_] => true,
    }
}

/// Nothing from this place on belongs to what ends here.
pub(super) fn ends_word(text: &[u8], end: usize) -> bool {
    match &text[end..] {
        [] => true,
        [after, ..] if is_word(*after) || *after == b'@' => false,
        [sign, word, ..] => !joins(*sign, *word),
        [_] => true,
    }
}

/// As [`ends_word`] for an address, which a port or the length of a prefix may follow.
pub(super) fn ends_address(text: &[u8], end: usize) -> bool {
    matches!(text[end..].first(), Some(b':' | b'/')) || ends_word(text, end)
}
