//! [`Assembler`]: re-cuts an entity's rows into whole blocks, digests them and hands them to a part's sink.

use arrow::compute::concat_batches;
use arrow::record_batch::RecordBatch;

use super::{PartSink, WrittenPart};
use crate::dataset::digest::LogicalDigest;
use crate::dataset::format::BLOCK_ROWS;
use crate::dataset::table::TableShape;
use crate::error::Result;

/// Slices that may wait for their block to be full.
const MOST_PENDING: usize = 4;
/// Rows of a slice that may not wait, but for a copy of what is needed of it.
const LARGE_ROWS: usize = 2 * BLOCK_ROWS;

/// One part on its way: rows come in slices of any size and leave in whole blocks of its format.
pub struct Assembler {
    sink: Box<dyn PartSink>,
    digest: LogicalDigest,
    pending: Vec<RecordBatch>,
    pending_rows: usize,
    received: u64,
}

impl Assembler {
    /// Feeds a sink that is open for the table.
    pub fn new(shape: &TableShape, sink: Box<dyn PartSink>) -> Self {
        Self { sink, digest: LogicalDigest::new(shape), pending: Vec::new(), pending_rows: 0, received: 0 }
    }

    /// Rows taken so far.
    pub const fn received(&self) -> u64 {
        self.received
    }

    /// Takes some rows.
    ///
    /// # Errors
    ///
    /// The sink's.
    pub fn push(&mut self, batch: &RecordBatch) -> Result<()> {
        self.digest.add(batch)?;
        self.received += batch.num_rows() as u64;
        let block_rows = self.sink.block_rows();
        let mut rest = batch.clone();
        if self.pending_rows > 0 {
            rest = self.wait(&rest, block_rows - self.pending_rows);
            if self.pending_rows == block_rows {
                self.flush()?;
            }
        }
        let whole_blocks = rest.num_rows() / block_rows * block_rows;
        if whole_blocks > 0 {
            self.sink.write(&rest.slice(0, whole_blocks))?;
            rest = rest.slice(whole_blocks, rest.num_rows() - whole_blocks);
        }
        if rest.num_rows() > 0 {
            self.wait(&rest, rest.num_rows());
        }
        // What waits keeps the memory of whole slices alive: of few, and of none that is large.
        let large = self.pending_rows > 0 && batch.num_rows() > LARGE_ROWS;
        if large || self.pending.len() > MOST_PENDING {
            self.settle()?;
        }
        Ok(())
    }

    /// Lets so many rows wait, or all; returns the others.
    fn wait(&mut self, rows: &RecordBatch, most: usize) -> RecordBatch {
        let length = most.min(rows.num_rows());
        self.pending.push(rows.slice(0, length));
        self.pending_rows += length;
        rows.slice(length, rows.num_rows() - length)
    }

    fn settle(&mut self) -> Result<()> {
        let schema = self.pending[0].schema();
        let whole = concat_batches(&schema, &self.pending)?;
        self.pending = vec![whole];
        Ok(())
    }

    fn flush(&mut self) -> Result<()> {
        if self.pending.len() > 1 {
            self.settle()?;
        }
        if let Some(block) = self.pending.pop() {
            self.sink.write(&block)?;
        }
        self.pending_rows = 0;
        Ok(())
    }

    /// Writes all that is left.
    ///
    /// # Errors
    ///
    /// The sink's.
    pub fn finish(mut self) -> Result<(WrittenPart, LogicalDigest)> {
        if self.pending_rows > 0 {
            self.flush()?;
        }
        Ok((self.sink.finish()?, self.digest))
    }

    /// Bytes that wait in memory.
    pub fn buffered_bytes(&self) -> usize {
        let pending: usize = self.pending.iter().map(RecordBatch::get_array_memory_size).sum();
        pending + self.sink.buffered_bytes()
    }
}
