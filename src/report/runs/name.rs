//! [`RunName`]: what a run and its file are called.

use std::fmt;

/// The second in which a run began, and its number among those of that second: `load_1729612345`, in
/// `run_1729612345.json`; a second load of a second is `load_1729612345_2`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RunName {
    /// Seconds since 1970, in UTC.
    pub second: i64,
    /// From 1.
    pub number: u32,
}

impl RunName {
    /// The first name of a second.
    pub fn first(second: i64) -> Self {
        Self { second, number: 1 }
    }

    /// The next name of the same second.
    #[must_use]
    pub fn next(self) -> Self {
        Self { number: self.number + 1, ..self }
    }

    /// The name in a run id.
    pub fn of_id(id: &str) -> Option<Self> {
        Self::of_stamp(id.strip_prefix("load_")?)
    }

    /// The name in a file name.
    pub fn of_file(file: &str) -> Option<Self> {
        Self::of_stamp(file.strip_prefix("run_")?.strip_suffix(".json")?)
    }

    fn of_stamp(stamp: &str) -> Option<Self> {
        let (second, number) = match stamp.split_once('_') {
            Some((second, number)) => (second, number.parse().ok()?),
            None => (stamp, 1),
        };
        let name = Self { second: second.parse().ok()?, number };
        // Only what we would have written: no `+5`, no `007`, no `_1`.
        (name.stamp() == stamp).then_some(name)
    }

    /// `1729612345` or `1729612345_2`.
    pub fn stamp(self) -> String {
        match self.number {
            1 => self.second.to_string(),
            number => format!("{}_{number}", self.second),
        }
    }

    /// `run_1729612345.json`.
    pub fn file(self) -> String {
        format!("run_{}.json", self.stamp())
    }
}

impl fmt::Display for RunName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "load_{}", self.stamp())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_survive_their_texts_and_others_are_none() {
        let first = RunName::first(1_729_612_345);
        assert_eq!(
            (first.to_string(), first.file()),
            ("load_1729612345".into(), "run_1729612345.json".into())
        );
        for name in [first, first.next(), first.next().next()] {
            assert_eq!(RunName::of_id(&name.to_string()), Some(name));
            assert_eq!(RunName::of_file(&name.file()), Some(name));
        }
        for file in
            ["run_.json", "run_x.json", "run_1.json.bak", "run_1_1.json", "run_01.json", "latest_run.json"]
        {
            assert_eq!(RunName::of_file(file), None, "{file}");
        }
    }
}
