//! [`Counts`]: rows by entity, in the order of the model.

use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::dataset::manifest::Manifest;

/// Rows by name; a JSON object whose keys keep their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts(Vec<(String, u64)>);

impl Counts {
    /// A dataset's rows by entity, and after them again by the entities' other names, such as `read_receipts` for
    /// `message_reads`.
    pub fn of(manifest: &Manifest) -> Self {
        let mut counts = Self::entities(manifest);
        for entity in &manifest.entities {
            for alias in &entity.aliases {
                if counts.get(alias).is_none() {
                    counts.set(alias, entity.rows);
                }
            }
        }
        counts
    }

    /// A dataset's rows by entity.
    pub fn entities(manifest: &Manifest) -> Self {
        Self(manifest.entities.iter().map(|entity| (entity.name.clone(), entity.rows)).collect())
    }

    /// The same names with no rows.
    pub fn zeroed(&self) -> Self {
        Self(self.0.iter().map(|(name, _)| (name.clone(), 0)).collect())
    }

    /// The rows of a name.
    pub fn get(&self, name: &str) -> Option<u64> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, rows)| *rows)
    }

    /// Sets the rows of a name; a new one comes last.
    pub fn set(&mut self, name: &str, rows: u64) {
        match self.0.iter_mut().find(|(known, _)| known == name) {
            Some((_, known)) => *known = rows,
            None => self.0.push((name.to_owned(), rows)),
        }
    }

    /// Names and rows, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, u64)> {
        self.0.iter().map(|(name, rows)| (name.as_str(), *rows))
    }

    /// The rows of all names together.
    pub fn total(&self) -> u64 {
        self.0.iter().map(|(_, rows)| rows).sum()
    }
}

impl Serialize for Counts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, rows) in &self.0 {
            map.serialize_entry(name, rows)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Counts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(InOrder)
    }
}

struct InOrder;

impl<'de> Visitor<'de> for InOrder {
    type Value = Counts;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("rows by entity")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Counts, A::Error> {
        let mut counts = Counts::default();
        while let Some((name, rows)) = map.next_entry::<String, u64>()? {
            counts.set(&name, rows);
        }
        Ok(counts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_survives_the_text() {
        let text = r#"{"users":5,"conversations":8,"attachments":0}"#;
        let counts: Counts = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&counts).unwrap(), text);
        assert_eq!(
            (counts.total(), counts.get("conversations"), counts.get("messages")),
            (13, Some(8), None)
        );
        assert!(serde_json::from_str::<Counts>(r#"{"users":-1}"#).is_err());
    }
}
