//! [`Names`]: names that Postgres keeps whole and that no two things in a schema share.

use std::collections::BTreeSet;

/// The longest name that Postgres keeps, in bytes (NAMEDATALEN - 1).
pub const LONGEST_NAME: usize = 63;

/// Columns that every table has already.
const SYSTEM_COLUMNS: [&str; 6] = ["tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"];

/// Names that are taken. Tables, indexes and sequences share one space, and a table brings a type of its name.
#[derive(Default)]
pub struct Names {
    taken: BTreeSet<String>,
}

impl Names {
    /// The names of a table's columns: what Postgres has itself is taken.
    pub fn of_columns() -> Self {
        Self { taken: SYSTEM_COLUMNS.map(str::to_owned).into() }
    }

    /// Takes declared names: as they are where that is possible, else cut where Postgres would cut them too, so that
    /// a query with the whole name finds them, else with a digest.
    pub fn declare(&mut self, declared: &[&str]) -> Vec<String> {
        // Whole names come first: none must give way to another's beginning.
        let whole: Vec<bool> = declared
            .iter()
            .map(|name| name.len() <= LONGEST_NAME && self.taken.insert((*name).to_owned()))
            .collect();
        let taken = declared.iter().zip(whole);
        taken.map(|(name, whole)| if whole { (*name).to_owned() } else { self.derive(&[name]) }).collect()
    }

    /// Takes a name made of parts, as Postgres makes its own: `orders`, `user_id`, `fkey`. One that is too long or
    /// taken gets a digest of its parts; a single part is cut first.
    pub fn derive(&mut self, parts: &[&str]) -> String {
        let plain = parts.join("_");
        let cut = if parts.len() == 1 { beginning(&plain, LONGEST_NAME) } else { &plain };
        if cut.len() <= LONGEST_NAME && self.taken.insert(cut.to_owned()) {
            return cut.to_owned();
        }
        let mut hasher = blake3::Hasher::new();
        for part in parts {
            hasher.update(&(part.len() as u64).to_le_bytes()).update(part.as_bytes());
        }
        loop {
            let digest = hasher.finalize().to_hex();
            let name = format!("{}_{}", beginning(&plain, LONGEST_NAME - 17), &digest[..16]);
            if self.taken.insert(name.clone()) {
                return name;
            }
            // Someone declared just this name, or the same parts come again.
            hasher.update(digest.as_bytes());
        }
    }
}

/// The longest beginning of so many bytes that ends between two characters.
fn beginning(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn derived_names_are_apart_from_declared_ones_and_from_each_other() {
        let mut names = Names::default();
        names.declare(&["orders", "orders_state"]);
        assert_eq!(names.derive(&["users", "role"]), "users_role");
        let beside_a_table = names.derive(&["orders", "state"]);
        assert!(beside_a_table.starts_with("orders_state_"), "{beside_a_table}");
        assert_eq!(names.derive(&["a", "b_c"]), "a_b_c");
        assert_ne!(names.derive(&["a_b", "c"]), "a_b_c");
        assert_ne!(names.derive(&["a", "b_c"]), "a_b_c");
    }

    #[test]
    fn a_long_name_is_cut_where_postgres_cuts_it_and_gives_way_to_a_whole_one() {
        let (long, beginning) = ("é".repeat(40), "é".repeat(31));
        assert_eq!(Names::default().declare(&[&long]), [beginning.as_str()]);
        let apart = Names::default().declare(&[&long, &beginning]);
        assert_eq!(apart[1], beginning);
        assert_ne!(apart[0], beginning);
        assert_eq!(Names::of_columns().declare(&["a", "ctid"])[0], "a");
        assert_ne!(Names::of_columns().declare(&["a", "ctid"])[1], "ctid");
    }

    proptest! {
        #[test]
        fn whatever_is_declared_and_derived_is_kept_whole_and_differs(
            declared in proptest::collection::btree_set("[aé_]{1,70}", 1..12),
            derived in proptest::collection::vec(("[aé_]{0,40}", "[aé_]{0,40}"), 0..12),
        ) {
            let declared: Vec<&str> = declared.iter().map(String::as_str).collect();
            let mut names = Names::default();
            let mut all = names.declare(&declared);
            for (name, given) in declared.iter().zip(&all) {
                prop_assert!(name.len() > LONGEST_NAME || name == given);
            }
            all.extend(derived.iter().map(|(table, column)| names.derive(&[table, column])));
            prop_assert!(all.iter().all(|name| name.len() <= LONGEST_NAME));
            prop_assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
        }
    }
}
