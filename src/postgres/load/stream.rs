//! [`send`]: files to a table by COPY. One thread reads, proves and encodes a part while another sends; the next part
//! is begun meanwhile, so that the server need not wait for its first rows.

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread::{Scope, ScopedJoinHandle};

use arrow::array::RecordBatch;
use postgres::Transaction;

use super::Progress;
use crate::dataset::digest::LogicalDigest;
use crate::dataset::format::Format;
use crate::dataset::manifest::Part;
use crate::dataset::reader::PartReader;
use crate::dataset::table::TableShape;
use crate::error::{Error, Result};
use crate::postgres::binary;
use crate::postgres::connection::blame;
use crate::postgres::figures::Figures;

/// Bytes that are sent at a time: smaller ones cost a system call each, larger ones fall out of a core's cache before
/// they are copied on.
const CHUNK: usize = 64 * 1_024;
/// Rows that are encoded at a time, so that a chunk grows little beyond its size.
const ENCODED_ROWS: usize = 512;
/// Chunks that may wait between the two threads.
const AHEAD: usize = 8;

/// A part, where it lies, and what its rows are.
#[derive(Clone)]
pub(super) struct PartFile<'p> {
    pub path: PathBuf,
    pub part: &'p Part,
    pub shape: &'p TableShape,
    pub format: Format,
}

/// Encoded rows on their way.
struct Chunk {
    bytes: Vec<u8>,
    rows: u64,
}

/// Rows that the progress counts as sent; taken back unless they are kept.
pub(super) struct Counted<'p> {
    progress: &'p Progress,
    rows: u64,
    bytes: u64,
}

impl Counted<'_> {
    fn add(&mut self, chunk: &Chunk) {
        self.rows += chunk.rows;
        self.bytes += chunk.bytes.len() as u64;
        self.progress.add(chunk.rows, chunk.bytes.len() as u64);
    }

    /// The rows are committed.
    pub(super) fn keep(mut self) {
        (self.rows, self.bytes) = (0, 0);
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.progress.take_back(self.rows, self.bytes);
    }
}

/// A part that is being read by a thread of its own, up to a few chunks ahead of the connection. Dropping it ends the
/// thread.
pub(super) struct Reading<'s> {
    chunks: Receiver<Chunk>,
    used: Sender<Vec<u8>>,
    thread: ScopedJoinHandle<'s, Result<Figures>>,
}

impl<'s> Reading<'s> {
    pub(super) fn start(scope: &'s Scope<'s, '_>, file: PartFile<'s>) -> Self {
        let (full, chunks) = sync_channel(AHEAD);
        let (used, empties) = channel();
        let reader = Reader { file, full, empties };
        Self { chunks, used, thread: scope.spawn(move || reader.run()) }
    }

    /// Forwards the rows; what they come to.
    fn forward(self, writer: &mut impl Write, counted: &mut Counted<'_>) -> Result<Figures, Broken> {
        let sent = self.chunks.iter().try_for_each(|chunk| {
            if counted.progress.is_stopped() {
                return Err(Broken::Off(Error::Interrupted));
            }
            writer.write_all(&chunk.bytes).map_err(Broken::Wire)?;
            counted.add(&chunk);
            // A reader that has ended needs none back.
            let _ = self.used.send(chunk.bytes);
            Ok(())
        });
        drop(self.chunks);
        let read =
            self.thread.join().map_err(|_| Broken::Off(Error::internal("a reading thread panicked")))?;
        match (read, sent) {
            // The reader's own fault comes first: the sender only saw it end.
            (Err(error), _) if !matches!(error, Error::Interrupted) => Err(Broken::Off(error)),
            (_, Err(broken)) => Err(broken),
            (read, Ok(())) => read.map_err(Broken::Off),
        }
    }
}

/// Why rows were not sent.
enum Broken {
    /// The connection took no more. The server's own words come with the end of the COPY.
    Wire(io::Error),
    /// For a reason that is known.
    Off(Error),
}

/// A COPY of parts of one table.
pub(super) struct Consignment<'c> {
    /// `COPY … FROM STDIN (FORMAT binary)`.
    pub statement: String,
    /// What is done, as errors say it.
    pub action: &'c str,
}

/// Sends parts inside a transaction; what each comes to, in their order. The first is being read already.
///
/// # Errors
///
/// A file that is not as the manifest records it, the server's, or [`Error::Interrupted`]. Nothing of it is there
/// then: the caller drops the transaction, and the connection with it.
pub(super) fn send<'s, 'p>(
    transaction: &mut Transaction<'_>,
    Consignment { statement, action }: &Consignment<'_>,
    first: Reading<'s>,
    mut others: impl Iterator<Item = Reading<'s>>,
    progress: &'p Progress,
) -> Result<(Vec<Figures>, Counted<'p>)> {
    let mut counted = Counted { progress, rows: 0, bytes: 0 };
    let mut writer = transaction.copy_in(statement).map_err(blame(*action))?;
    let mut figures = Vec::new();
    let pass = || {
        let mut bytes = Vec::new();
        binary::begin(&mut bytes);
        writer.write_all(&bytes).map_err(Broken::Wire)?;
        let mut next = Some(first);
        while let Some(reading) = next.take() {
            next = others.next();
            figures.push(reading.forward(&mut writer, &mut counted)?);
        }
        bytes.clear();
        binary::end(&mut bytes);
        writer.write_all(&bytes).map_err(Broken::Wire)
    };
    match pass() {
        Ok(()) => {}
        // Dropping the writer aborts the COPY.
        Err(Broken::Off(error)) => return Err(error),
        Err(Broken::Wire(error)) => {
            return Err(match writer.finish() {
                Err(said) => blame(*action)(said),
                Ok(_) => Error::database(format!("{action}: {error}")),
            });
        }
    }
    let rows: u64 = figures.iter().map(|figures| figures.rows).sum();
    match writer.finish().map_err(blame(*action))? {
        arrived if arrived == rows => Ok((figures, counted)),
        arrived => Err(Error::database(format!("{action}: {rows} rows were sent, {arrived} arrived"))),
    }
}

/// The thread that reads.
struct Reader<'r> {
    file: PartFile<'r>,
    full: SyncSender<Chunk>,
    empties: Receiver<Vec<u8>>,
}

impl Reader<'_> {
    /// Reads a part to its end, and proves that it holds the rows that the manifest records.
    fn run(self) -> Result<Figures> {
        let PartFile { path, part, shape, format } = &self.file;
        let mut figures = Figures::new(shape);
        let mut digest = LogicalDigest::new(shape);
        let mut chunk = self.empty();
        for batch in PartReader::open(path, shape, *format)? {
            let batch = batch?;
            digest.add(&batch)?;
            figures.add(shape, &batch)?;
            self.encode(&batch, &mut chunk)?;
        }
        if digest.rows() != part.rows || digest.to_string() != part.logical_digest {
            return Err(Error::File {
                path: path.clone(),
                message: format!(
                    "holds other rows than the manifest records ({} instead of {}, digest {digest} instead of {}); \
                     `seedmill verify` lists what has changed",
                    digest.rows(),
                    part.rows,
                    part.logical_digest
                ),
            });
        }
        self.pass_on(chunk)?;
        Ok(figures)
    }

    fn encode(&self, batch: &RecordBatch, chunk: &mut Chunk) -> Result<()> {
        for first in (0..batch.num_rows()).step_by(ENCODED_ROWS) {
            let rows = batch.slice(first, ENCODED_ROWS.min(batch.num_rows() - first));
            binary::encode(self.file.shape, &rows, &mut chunk.bytes);
            chunk.rows += rows.num_rows() as u64;
            if chunk.bytes.len() >= CHUNK {
                self.pass_on(std::mem::replace(chunk, self.empty()))?;
            }
        }
        Ok(())
    }

    /// Nothing yet, where something that was sent has lain before.
    fn empty(&self) -> Chunk {
        let mut bytes = self.empties.try_recv().unwrap_or_else(|_| Vec::with_capacity(CHUNK * 2));
        bytes.clear();
        Chunk { bytes, rows: 0 }
    }

    fn pass_on(&self, chunk: Chunk) -> Result<()> {
        // The sender has ended, and says why.
        self.full.send(chunk).map_err(|_| Error::Interrupted)
    }
}
