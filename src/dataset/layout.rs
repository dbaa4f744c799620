//! [`Layout`]: every path of a dataset's directory.

use std::path::{Path, PathBuf};

use super::format::Format;

/// A dataset's directory.
#[derive(Clone, Debug)]
pub struct Layout {
    /// The directory itself.
    pub root: PathBuf,
}

impl Layout {
    /// The directory of a dataset inside an output folder, such as `output/chat-dev-baseline_v1`.
    pub fn in_output(output: &Path, model: &str, band: &str, seed: &str) -> Self {
        Self { root: output.join(folder_name(model, band, seed)) }
    }

    /// An existing directory.
    pub fn at(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    /// `plan.json`: fingerprints and shards, written first.
    pub fn plan(&self) -> PathBuf {
        self.root.join("plan.json")
    }

    /// `manifest.json`: written last; a directory that has it is complete.
    pub fn manifest(&self) -> PathBuf {
        self.root.join("manifest.json")
    }

    /// `SHA256SUMS`: every part and the manifest, for `sha256sum -c`.
    pub fn checksums(&self) -> PathBuf {
        self.root.join("SHA256SUMS")
    }

    /// `README.md`: what the dataset is.
    pub fn readme(&self) -> PathBuf {
        self.root.join("README.md")
    }

    /// `model.yaml`: the bound model; with the seed it regenerates every byte.
    pub fn model(&self) -> PathBuf {
        self.root.join("model.yaml")
    }

    /// `psql/schema.sql` and its neighbours.
    pub fn psql(&self, name: &str) -> PathBuf {
        self.root.join("psql").join(name)
    }

    /// `receipts/shard-00007.json`: what one finished shard wrote.
    pub fn receipt(&self, shard: usize) -> PathBuf {
        self.root.join("receipts").join(format!("shard-{shard:05}.json"))
    }

    /// A part's path from the root, such as `messages/part-00003.parquet`.
    pub fn part_name(entity: &str, number: usize, format: Format) -> String {
        format!("{entity}/part-{number:05}.{}", format.extension())
    }

    /// A file by its name from the root.
    pub fn file(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }
}

/// Model, band and seed as one safe folder name; what had to be changed is told apart by a digest.
pub fn folder_name(model: &str, band: &str, seed: &str) -> String {
    const LONGEST: usize = 80;
    let whole = format!("{model}-{band}-{seed}");
    let safe: String = whole
        .chars()
        .map(|character| {
            if character.is_ascii_alphanumeric() || matches!(character, '_' | '-' | '.') {
                character
            } else {
                '_'
            }
        })
        .take(LONGEST)
        .collect();
    let safe = safe.trim_start_matches('.').to_owned();
    if safe == whole {
        return safe;
    }
    let digest = blake3::hash(whole.as_bytes()).to_hex();
    format!("{safe}-{}", &digest[..8])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_seeds_name_their_folder_and_others_get_a_digest() {
        assert_eq!(
            folder_name("chat", "dev", "dev_20251022_baseline_v1"),
            "chat-dev-dev_20251022_baseline_v1"
        );
        let slashed = folder_name("chat", "dev", "a/b");
        assert!(slashed.starts_with("chat-dev-a_b-") && slashed.len() == "chat-dev-a_b-".len() + 8);
        assert_ne!(slashed, folder_name("chat", "dev", "a:b"));
        assert!(folder_name("chat", "dev", &"x".repeat(500)).len() < 100);
    }
}
