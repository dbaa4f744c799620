//! [`send`]: files to a table by COPY. One thread reads, proves and encodes while another sends.

use std::io::Write;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};

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
const CHUNK: usize = 256 * 1_024;
/// Rows that are encoded at a time, so that a chunk grows little beyond its size.
const ENCODED_ROWS: usize = 512;
/// Chunks that may wait between the two threads.
const AHEAD: usize = 3;

/// A part and where it lies.
#[derive(Clone)]
pub(super) struct PartFile<'p> {
    pub path: PathBuf,
    pub part: &'p Part,
}

/// What is sent in one COPY: the parts of one entity.
pub(super) struct Consignment<'c> {
    pub shape: &'c TableShape,
    pub format: Format,
    pub parts: &'c [PartFile<'c>],
    /// `COPY … FROM STDIN (FORMAT binary)`.
    pub statement: String,
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

/// Sends the parts inside a transaction; what was read of each, in their order.
///
/// # Errors
///
/// A file that is not as the manifest records it, the server's, or [`Error::Interrupted`]. Nothing of it is there
/// then: the caller drops the transaction, and the connection with it.
pub(super) fn send<'p>(
    transaction: &mut Transaction<'_>,
    consignment: &Consignment<'_>,
    progress: &'p Progress,
) -> Result<(Vec<Figures>, Counted<'p>)> {
    let mut counted = Counted { progress, rows: 0, bytes: 0 };
    std::thread::scope(|scope| {
        let (full, chunks) = sync_channel(AHEAD);
        let (used, empties) = channel();
        let reader = Reader { consignment, full, empties };
        let reading = scope.spawn(move || reader.run());
        let sent = forward(transaction, consignment, chunks, &used, &mut counted);
        let read = reading.join().map_err(|_| Error::internal("a reading thread panicked"))?;
        match (read, sent) {
            // The reader's own fault comes first: the sender only saw it end.
            (Err(error), _) if !matches!(error, Error::Interrupted) => Err(error),
            (_, Err(error)) => Err(error),
            (read, Ok(finish)) => {
                let (figures, rows) = read?;
                finish(rows)?;
                Ok((figures, counted))
            }
        }
    })
}

/// Forwards chunks until the reader ends. COPY is closed by what is returned, when the reader is known to have
/// read everything; dropping it aborts the COPY.
fn forward<'t>(
    transaction: &'t mut Transaction<'_>,
    consignment: &'t Consignment<'_>,
    chunks: Receiver<Chunk>,
    used: &Sender<Vec<u8>>,
    counted: &mut Counted<'_>,
) -> Result<impl FnOnce(u64) -> Result<()> + use<'t>> {
    let place = format!("cannot copy {} into {}", consignment.parts[0].part.file, consignment.shape.entity);
    let mut writer = transaction.copy_in(&consignment.statement).map_err(blame(place.clone()))?;
    for chunk in chunks {
        if counted.progress.is_stopped() {
            return Err(Error::Interrupted);
        }
        if let Err(error) = writer.write_all(&chunk.bytes) {
            // The server's own words come with the end of the COPY.
            return match writer.finish() {
                Err(said) => Err(blame(place)(said)),
                Ok(_) => Err(Error::database(format!("{place}: {error}"))),
            };
        }
        counted.add(&chunk);
        // A reader that has ended needs none back.
        let _ = used.send(chunk.bytes);
    }
    Ok(move |rows: u64| {
        let arrived = writer.finish().map_err(blame(place.clone()))?;
        if arrived == rows {
            Ok(())
        } else {
            Err(Error::database(format!("{place}: {rows} rows were sent, {arrived} arrived")))
        }
    })
}

/// The thread that reads.
struct Reader<'r> {
    consignment: &'r Consignment<'r>,
    full: SyncSender<Chunk>,
    empties: Receiver<Vec<u8>>,
}

impl Reader<'_> {
    /// The figures of each part, and all rows.
    fn run(self) -> Result<(Vec<Figures>, u64)> {
        let mut chunk = Chunk { bytes: Vec::with_capacity(CHUNK * 2), rows: 0 };
        binary::begin(&mut chunk.bytes);
        let mut figures = Vec::with_capacity(self.consignment.parts.len());
        let mut rows = 0;
        for part in self.consignment.parts {
            figures.push(self.read(part, &mut chunk)?);
            rows += part.part.rows;
        }
        binary::end(&mut chunk.bytes);
        self.pass_on(&mut chunk)?;
        Ok((figures, rows))
    }

    /// Reads a part to its end, and proves that it holds the rows that the manifest records.
    fn read(&self, file: &PartFile<'_>, chunk: &mut Chunk) -> Result<Figures> {
        let shape = self.consignment.shape;
        let mut figures = Figures::new(shape);
        let mut digest = LogicalDigest::new(shape);
        for batch in PartReader::open(&file.path, shape, self.consignment.format)? {
            let batch = batch?;
            digest.add(&batch)?;
            figures.add(shape, &batch)?;
            self.encode(&batch, chunk)?;
        }
        if digest.rows() != file.part.rows || digest.to_string() != file.part.logical_digest {
            return Err(Error::File {
                path: file.path.clone(),
                message: format!(
                    "holds other rows than the manifest records ({} instead of {}, digest {digest} instead of {}); \
                     `seedmill verify` lists what has changed",
                    digest.rows(),
                    file.part.rows,
                    file.part.logical_digest
                ),
            });
        }
        Ok(figures)
    }

    fn encode(&self, batch: &RecordBatch, chunk: &mut Chunk) -> Result<()> {
        for first in (0..batch.num_rows()).step_by(ENCODED_ROWS) {
            let rows = batch.slice(first, ENCODED_ROWS.min(batch.num_rows() - first));
            binary::encode(self.consignment.shape, &rows, &mut chunk.bytes);
            chunk.rows += rows.num_rows() as u64;
            if chunk.bytes.len() >= CHUNK {
                self.pass_on(chunk)?;
            }
        }
        Ok(())
    }

    fn pass_on(&self, chunk: &mut Chunk) -> Result<()> {
        let mut next = self.empties.try_recv().unwrap_or_else(|_| Vec::with_capacity(CHUNK * 2));
        next.clear();
        let full = std::mem::replace(chunk, Chunk { bytes: next, rows: 0 });
        // The sender has ended, and says why.
        self.full.send(full).map_err(|_| Error::Interrupted)
    }
}
