//! [`NUMBER`] and its like: how scalars are written, as regular expressions that every engine reads alike.

/// A whole scalar that is a parameter.
pub const PARAMETER: &str = r"\$[A-Za-z0-9_.]+";
/// A text with a parameter somewhere in it.
pub const WITH_PARAMETER: &str = r"\$[A-Za-z0-9_.]";
/// A number, plain or with a unit.
pub const NUMBER: &str =
    r"\s*[-+]?([0-9_]*[0-9][0-9_]*\.?[0-9_]*|\.[0-9_]*[0-9][0-9_]*)([eE][-+]?[0-9_]+)?([KkMG]|\s*%)?\s*";
/// A length of time.
pub const DURATION: &str =
    r"\s*[-+]?([0-9_]*[0-9][0-9_]*\.?[0-9_]*|\.[0-9_]*[0-9][0-9_]*)\s*(ms|s|m|h|d|w)?\s*";
/// A date, or a time with its zone.
pub const DATE_TIME: &str = r"\s*([-+][0-9]{2})?[0-9]{4}-?[0-9]{2}-?[0-9]{2}([Tt ][0-9]{2}(:?[0-9]{2}(:?[0-9]{2}([.,][0-9]+)?)?)?\s*([Zz]|[-+][0-9]{2}(:?[0-9]{2}){0,2})(\[.*\])?)?\s*";

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether Postgres' and everybody's regular expressions have nothing in them that only some know.
    #[test]
    fn the_forms_use_what_every_engine_knows() {
        for form in [PARAMETER, WITH_PARAMETER, NUMBER, DURATION, DATE_TIME] {
            assert!(!form.contains("(?") && !form.contains(r"\d") && !form.contains(r"\w"), "{form}");
        }
    }
}
