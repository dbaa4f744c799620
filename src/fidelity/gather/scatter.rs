//! [`Gathering::scatter`]: rows to the files of their buckets.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array, RecordBatch, UInt32Array};
use arrow::compute::{concat_batches, take_record_batch};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::util::display::array_value_to_string;
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;
use rayon::prelude::*;

use super::join::{Buckets, Counted, LOST, NOWHERE, push_key};
use super::{Gathered, Gathering, PLACE_COLUMN, PLACE_ROW_BITS, PLACES};
use crate::dataset::format::Format;
use crate::error::{Error, Result};
use crate::fidelity::assessment::Place;
use crate::fidelity::evidence::TableFile;
use crate::fidelity::keys::joint_keys;
use crate::fidelity::reading::{Piece, Rows, Wanted, shortened};
use crate::fidelity::spill::{Router, Spill};
use crate::model::text_form::write::uuid_text;
use crate::model::{ColumnId, EntityId};

/// Files open at the same time, at most; systems allow 1,024.
const OPEN_FILES: usize = 512;

/// Rows that are not in any bucket.
#[derive(Default)]
struct Loose {
    count: u64,
    places: Vec<Place>,
}

impl Loose {
    fn add(&mut self, place: impl FnOnce() -> Place) {
        self.count += 1;
        if self.places.len() < PLACES {
            self.places.push(place());
        }
    }

    /// Of consecutive files.
    fn then(&mut self, next: Self) {
        self.count += next.count;
        self.places.extend(next.places);
        self.places.truncate(PLACES);
    }
}

/// What came of a run of pieces.
#[derive(Default)]
struct Outcome {
    orphans: Loose,
    nulls: Loose,
    /// By bucket.
    files: Vec<Option<PathBuf>>,
}

/// What a run of pieces is scattered with.
struct Scatter<'s> {
    wanted: &'s [Wanted],
    schema: SchemaRef,
    /// Among the wanted; none where the entity is a root, or where no child asks.
    link: Vec<usize>,
    key: Vec<usize>,
    counted: &'s Counted,
    buckets: &'s Buckets,
    keys: Option<&'s Spill>,
}

impl Gathering<'_> {
    /// Reads an entity's rows again and writes them where they belong; its keys with their buckets go to `keys`.
    #[expect(clippy::too_many_arguments, reason = "one call, and each is of another kind")]
    pub(super) fn scatter(
        &self,
        entity: EntityId,
        wanted: &[Wanted],
        link: &[ColumnId],
        counted: &Counted,
        buckets: &Buckets,
        keys: Option<&Spill>,
        gathered: &mut Gathered,
    ) -> Result<()> {
        let places = |ids: &[ColumnId]| {
            let place = |id: &ColumnId| wanted.iter().position(|column| column.column == *id);
            ids.iter().map(place).collect::<Option<Vec<usize>>>().unwrap_or_default()
        };
        let model = self.model.entity(entity);
        let mut fields: Vec<Field> =
            wanted.iter().map(|column| column.ty.field(&model.columns[column.column.0].name, true)).collect();
        fields.push(Field::new(PLACE_COLUMN, DataType::Int64, false));
        let scatter = Scatter {
            wanted,
            schema: Arc::new(Schema::new(fields)),
            link: places(link),
            key: places(super::key_columns(model)),
            counted,
            buckets,
            keys,
        };
        let (files, pieces) = (self.files(entity), &counted.pieces);
        let threads = self.pool.current_num_threads().min(OPEN_FILES / self.buckets as usize).max(1);
        let run_pieces = pieces.len().div_ceil(threads).max(1);
        let waiting_bytes = self.limits.waiting_bytes / threads;
        let run = |(number, pieces): (usize, &[(usize, Piece)])| {
            let name = format!("{}-{number:03}.parquet", entity.0);
            let writer =
                Writer::new(&self.folder, &name, scatter.schema.clone(), self.buckets, waiting_bytes);
            scatter.run(files, pieces, writer)
        };
        let outcomes: Vec<Outcome> = self
            .pool
            .install(|| pieces.par_chunks(run_pieces).enumerate().map(run).collect::<Result<_>>())?;

        let (mut orphans, mut nulls) = (Loose::default(), Loose::default());
        let mut tables: Vec<Vec<TableFile>> = vec![Vec::new(); self.buckets as usize];
        for outcome in outcomes {
            orphans.then(outcome.orphans);
            nulls.then(outcome.nulls);
            for (bucket, path) in outcome.files.into_iter().enumerate() {
                tables[bucket].extend(path.map(|path| table_file(&self.folder, path, bucket)));
            }
        }
        if !link.is_empty() {
            gathered.orphans.push((entity, orphans.count, orphans.places));
            gathered.nulls.push((entity, nulls.count, nulls.places));
        }
        for (shard, files) in gathered.shards.iter_mut().zip(tables) {
            shard.tables.push((entity, files));
        }
        Ok(())
    }
}

fn table_file(folder: &Path, path: PathBuf, bucket: usize) -> TableFile {
    let name = path.strip_prefix(folder).unwrap_or(&path).to_string_lossy().into_owned();
    TableFile { path, name, format: Format::Parquet, shard: Some(bucket) }
}

impl Scatter<'_> {
    /// Consecutive pieces of files.
    fn run(&self, files: &[TableFile], pieces: &[(usize, Piece)], mut writer: Writer) -> Result<Outcome> {
        let mut outcome = Outcome::default();
        let mut cursor = self.buckets.cursor();
        let mut router = self.keys.map(Router::new);
        let mut buckets = Vec::new();
        let mut of_batch = Vec::new();
        for (number, piece) in pieces {
            let file = &files[*number];
            // What cannot be read is told of where all rows are heard.
            let Ok(rows) = Rows::open_piece(file, piece, self.wanted) else { continue };
            let mut row = piece.first_row;
            for batch in rows.map_while(std::result::Result::ok) {
                cursor.take(self.counted.starts[*number] + row, batch.num_rows(), &mut buckets)?;
                self.note_loose(file, row, &batch, &buckets, &mut outcome);
                if let (Some(router), Some(keys_spill)) = (&mut router, self.keys) {
                    of_batch.clear();
                    joint_keys(self.key.iter().map(|&key| batch.column(key)), &mut of_batch);
                    for (key, bucket) in of_batch.iter().zip(&buckets) {
                        let Some(key) = key else { continue };
                        push_key(router, keys_spill.partitions(), *key, (*bucket).min(LOST))?;
                    }
                }
                let place = (*number as u64) << PLACE_ROW_BITS | row;
                writer.write(&self.placed(&batch, place)?, &buckets)?;
                row += batch.num_rows() as u64;
            }
        }
        router.map_or(Ok(()), Router::finish)?;
        outcome.files = writer.finish()?;
        Ok(outcome)
    }

    /// The batch under the model's names, with its rows' places.
    fn placed(&self, batch: &RecordBatch, place: u64) -> Result<RecordBatch> {
        let places = Int64Array::from_iter_values((place..).take(batch.num_rows()).map(u64::cast_signed));
        let mut columns = batch.columns().to_vec();
        columns.push(Arc::new(places));
        Ok(RecordBatch::try_new(self.schema.clone(), columns)?)
    }

    fn note_loose(
        &self,
        file: &TableFile,
        first: u64,
        batch: &RecordBatch,
        buckets: &[u32],
        outcome: &mut Outcome,
    ) {
        let Some(leading) = self.link.first() else { return };
        let links: Vec<&ArrayRef> = self.link.iter().map(|&link| batch.column(link)).collect();
        for row in (0..buckets.len()).filter(|row| buckets[*row] == NOWHERE) {
            let place = || Place {
                file: file.name.clone(),
                row: Some(first + row as u64 + 1),
                column: Some(self.schema.field(*leading).name().clone()),
                found: links.iter().map(|links| shown(links, row)).collect::<Vec<_>>().join(", "),
            };
            if links.iter().any(|links| links.is_null(row)) {
                outcome.nulls.add(place)
            } else {
                outcome.orphans.add(place)
            }
        }
    }
}

pub(super) fn shown(array: &ArrayRef, row: usize) -> String {
    let uuid = array.as_fixed_size_binary_opt().filter(|uuids| uuids.is_valid(row));
    match uuid.and_then(|uuids| uuids.value(row).try_into().ok()) {
        Some(bytes) => String::from_utf8_lossy(&uuid_text(bytes)).into_owned(),
        None if array.is_null(row) => "NULL".to_owned(),
        None => shortened(&array_value_to_string(array, row).unwrap_or_default()),
    }
}

/// The files of a run, one for each bucket that gets a row.
struct Writer {
    folder: PathBuf,
    name: String,
    schema: SchemaRef,
    /// By bucket: rows that wait, in order.
    waiting: Vec<Vec<RecordBatch>>,
    waiting_bytes: usize,
    most_bytes: usize,
    files: Vec<Option<(PathBuf, ArrowWriter<File>)>>,
}

impl Writer {
    fn new(folder: &Path, name: &str, schema: SchemaRef, buckets: u32, most_bytes: usize) -> Self {
        Self {
            folder: folder.to_owned(),
            name: name.to_owned(),
            schema,
            waiting: vec![Vec::new(); buckets as usize],
            waiting_bytes: 0,
            most_bytes,
            files: (0..buckets).map(|_| None).collect(),
        }
    }

    /// Puts every row with those of its bucket.
    fn write(&mut self, batch: &RecordBatch, buckets: &[u32]) -> Result<()> {
        let mut order: Vec<u32> =
            (0..).take(buckets.len()).filter(|row| buckets[*row as usize] < LOST).collect();
        let Some(first) = order.first().map(|row| buckets[*row as usize]) else { return Ok(()) };
        if order.len() == buckets.len() && buckets.iter().all(|bucket| *bucket == first) {
            self.wait(first, batch.clone());
        } else {
            // Stable: rows stay in order.
            order.sort_by_key(|row| buckets[*row as usize]);
            let sorted = take_record_batch(batch, &UInt32Array::from(order.clone()))?;
            let mut start = 0;
            for run in order.chunk_by(|left, right| buckets[*left as usize] == buckets[*right as usize]) {
                self.wait(buckets[run[0] as usize], sorted.slice(start, run.len()));
                start += run.len();
            }
        }
        // Slices keep their whole batch in memory: all wait and are written together.
        self.waiting_bytes += batch.get_array_memory_size();
        if self.waiting_bytes > self.most_bytes { self.flush() } else { Ok(()) }
    }

    fn wait(&mut self, bucket: u32, rows: RecordBatch) {
        self.waiting[bucket as usize].push(rows);
    }

    /// A row group for every bucket with rows that wait.
    fn flush(&mut self) -> Result<()> {
        self.waiting_bytes = 0;
        for bucket in 0..self.waiting.len() {
            let waiting = std::mem::take(&mut self.waiting[bucket]);
            if waiting.is_empty() {
                continue;
            }
            let rows = concat_batches(&self.schema, &waiting)?;
            drop(waiting);
            let (path, writer) = self.file(bucket)?;
            let written = writer.write(&rows).and_then(|()| writer.flush());
            written.map_err(|error| blame(path, error))?;
        }
        Ok(())
    }

    fn file(&mut self, bucket: usize) -> Result<&mut (PathBuf, ArrowWriter<File>)> {
        let place = &mut self.files[bucket];
        if place.is_none() {
            let folder = self.folder.join(format!("bucket-{bucket:03}"));
            std::fs::create_dir_all(&folder).map_err(Error::io("cannot make the folder", &folder))?;
            let path = folder.join(&self.name);
            let file = File::create(&path).map_err(Error::io("cannot write", &path))?;
            let writer = ArrowWriter::try_new(file, self.schema.clone(), Some(properties(&self.schema)));
            *place = Some((path.clone(), writer.map_err(|error| blame(&path, error))?));
        }
        place.as_mut().ok_or_else(|| Error::internal("a file that was opened is not open"))
    }

    /// By bucket.
    fn finish(mut self) -> Result<Vec<Option<PathBuf>>> {
        self.flush()?;
        let close = |(path, writer): (PathBuf, ArrowWriter<File>)| {
            writer.close().map_err(|error| blame(&path, error))?;
            Ok(path)
        };
        self.files.into_iter().map(|file| file.map(close).transpose()).collect()
    }
}

/// Read once, soon: light compression of what compresses, and nothing that only helps to find rows.
fn properties(schema: &Schema) -> WriterProperties {
    let texts = schema.fields().iter().filter(|field| *field.data_type() == DataType::Utf8);
    let builder = WriterProperties::builder()
        .set_dictionary_enabled(false)
        .set_statistics_enabled(EnabledStatistics::None);
    texts
        .fold(builder, |builder, text| {
            let path = ColumnPath::from(vec![text.name().clone()]);
            builder.set_column_compression(path, Compression::SNAPPY)
        })
        .build()
}

fn blame(path: &Path, error: ParquetError) -> Error {
    match error {
        ParquetError::External(source) => match source.downcast::<std::io::Error>() {
            Ok(source) => Error::io("cannot write", path)(*source),
            Err(source) => Error::file(path, source.to_string()),
        },
        other => Error::file(path, other.to_string()),
    }
}
