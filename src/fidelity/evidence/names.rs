//! [`Closeness`]: how sure it is that two spellings name one thing.

/// Smaller is surer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Closeness {
    /// The same text.
    Same,
    /// But for capitals.
    Case,
    /// But for capitals and what parts words: `user_id` and `userId`.
    Words,
    /// But for these and a last `s`.
    Plural,
}

/// How close two spellings of a column are.
pub fn of_columns(left: &str, right: &str) -> Option<Closeness> {
    if left == right {
        Some(Closeness::Same)
    } else if left.to_lowercase() == right.to_lowercase() {
        Some(Closeness::Case)
    } else {
        (words(left) == words(right)).then_some(Closeness::Words)
    }
}

/// How close two spellings of a table are.
pub fn of_tables(left: &str, right: &str) -> Option<Closeness> {
    of_columns(left, right).or_else(|| {
        let (left, right) = (words(left), words(right));
        let one = |name: &str, other: &str| name.strip_suffix('s') == Some(other);
        (one(&left, &right) || one(&right, &left)).then_some(Closeness::Plural)
    })
}

/// A name without capitals and without what parts its words.
fn words(name: &str) -> String {
    name.chars()
        .filter(|character| !matches!(character, '_' | '-' | ' ' | '.'))
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_name_are_close_and_others_are_not() {
        assert_eq!(of_columns("userId", "userId"), Some(Closeness::Same));
        assert_eq!(of_columns("userId", "USERID"), Some(Closeness::Case));
        assert_eq!(of_columns("userId", "user_id"), Some(Closeness::Words));
        assert_eq!(of_columns("userIds", "user_id"), None);
        assert_eq!(of_tables("message_reads", "MessageRead"), Some(Closeness::Plural));
        assert_eq!(of_tables("message_reads", "messages"), None);
        assert_eq!(of_tables("ss", ""), None);
    }
}
