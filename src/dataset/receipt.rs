//! [`Receipt`]: what one finished shard wrote. A resumed run trusts only receipts.

use serde::{Deserialize, Serialize};

use super::fingerprint::Fingerprints;
use super::layout::Layout;
use super::manifest::Part;
use super::observations::Observations;
use super::write_whole;
use crate::error::{Error, Result};

/// A finished shard.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Receipt {
    /// The shard's number.
    pub shard: usize,
    /// The dataset that it belongs to.
    pub fingerprints: Fingerprints,
    /// Its parts: entity and file.
    pub parts: Vec<(String, Part)>,
    /// Histograms of what it made, as the family observed them.
    pub observations: Observations,
}

impl Receipt {
    /// Reads the receipt of a shard, if it is there and belongs to this dataset and its parts have their
    /// sizes. Anything else means that the shard is to be made again.
    pub fn read(layout: &Layout, shard: usize, fingerprints: &Fingerprints) -> Option<Self> {
        let text = std::fs::read_to_string(layout.receipt(shard)).ok()?;
        let receipt: Self = serde_json::from_str(&text).ok()?;
        let whole = receipt.parts.iter().all(|(_, part)| {
            std::fs::metadata(layout.file(&part.file)).is_ok_and(|metadata| metadata.len() == part.bytes)
        });
        (receipt.shard == shard && receipt.fingerprints == *fingerprints && whole).then_some(receipt)
    }

    /// Writes it whole or not at all.
    ///
    /// # Errors
    ///
    /// The file system's.
    pub fn write(&self, layout: &Layout) -> Result<()> {
        let text = serde_json::to_string(self).map_err(Error::internal)?;
        write_whole(&layout.receipt(self.shard), text.as_bytes())
    }
}
