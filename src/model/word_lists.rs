//! The word lists that come with seedmill; `seeds/SOURCES.md` tells where they are from.

use std::sync::LazyLock;

static ENGLISH: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| lines(include_str!("../../seeds/words/english.txt")));
static TOPICS: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| lines(include_str!("../../seeds/words/topics.txt")));
static FIRST_NAMES: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| lines(include_str!("../../seeds/names/first_names.txt")));
static LAST_NAMES: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| lines(include_str!("../../seeds/names/last_names.txt")));

/// The names that a model may use.
pub const NAMES: [&str; 4] = ["english", "first_names", "last_names", "topics"];

/// A list by its name.
pub fn word_list(name: &str) -> Option<&'static [&'static str]> {
    match name {
        "english" => Some(&ENGLISH),
        "topics" => Some(&TOPICS),
        "first_names" => Some(&FIRST_NAMES),
        "last_names" => Some(&LAST_NAMES),
        _ => None,
    }
}

fn lines(text: &'static str) -> Vec<&'static str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).collect()
}

/// BLAKE3 of a list: values depend on it.
pub fn digest(words: &[&str]) -> String {
    blake3::hash(words.join("\n").as_bytes()).to_hex().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_named_list_has_distinct_entries() {
        for name in NAMES {
            let words = word_list(name).expect("a list of that name");
            let distinct: std::collections::BTreeSet<_> = words.iter().collect();
            assert_eq!(distinct.len(), words.len(), "{name}");
            assert!(words.len() > 200, "{name}");
        }
    }

    #[test]
    fn text_has_at_least_five_thousand_words_of_every_short_length() {
        let words = word_list("english").expect("the list");
        assert!(words.len() >= 5_000);
        for length in 1..=14 {
            assert!(words.iter().any(|word| word.len() == length), "no word of {length} letters");
        }
    }
}
