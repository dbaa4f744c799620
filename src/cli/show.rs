//! `seedmill show`: one row with its parents, made without the rest of the dataset.

use std::path::PathBuf;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{Date32Type, Float64Type, TimestampMicrosecondType};
use arrow::record_batch::RecordBatch;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use clap::Args;

use super::Outcome;
use super::prepare::engine;
use super::printer::Printer;
use super::seal::{Stored, unplanned};
use crate::dataset::layout::Layout;
use crate::dataset::manifest::Manifest;
use crate::error::{Error, Result};
use crate::family::{Engine, Shown, show};
use crate::model::EntityId;
use crate::model::column_type::ColumnType;
use crate::model::text_form::write::{push_date, push_datetime, push_float, push_timestamp, push_uuid};

/// Arguments of `show`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  seedmill show output/chat-dev-baseline_v1 messages 123456")]
pub(super) struct Arguments {
    /// The dataset's directory
    dataset: PathBuf,
    /// The entity
    entity: String,
    /// The row's number in the order of the parts, from 0
    #[arg(value_parser = row_number, allow_hyphen_values = true)]
    row: u64,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

fn row_number(text: &str) -> std::result::Result<u64, String> {
    text.parse().map_err(|_| "rows are numbered 0, 1, 2, …".to_owned())
}

pub(super) fn run(arguments: &Arguments, printer: &Printer) -> Result<Outcome> {
    let layout = Layout::at(&arguments.dataset);
    let manifest = Manifest::read(&arguments.dataset)?;
    let stored = Stored::open(&layout)?;
    let (engine, _) = engine(&stored.loaded, &stored.plan.seed)?;
    let entity = manifest.entity(&arguments.entity)?;
    let id = engine.model.find(&entity.name).ok_or_else(|| Error::internal("an entity without a model"))?;
    if arguments.row >= entity.rows {
        return Err(Error::usage_hint(
            format!("`{}` has no row {}", entity.name, arguments.row),
            format!("its rows are numbered from 0 to {}", entity.rows.saturating_sub(1)),
        ));
    }
    // The part that holds the row, and the row's place in it.
    let mut before = 0;
    let part = entity.parts.iter().find(|part| {
        let holds = arguments.row < before + part.rows;
        if !holds {
            before += part.rows;
        }
        holds
    });
    let part = part.ok_or_else(|| Error::internal("rows outside all parts"))?;
    let plan = stored.replan(&engine)?;
    let shard = plan.shards.get(part.shard).ok_or_else(|| unplanned(&layout, part.shard))?;
    let rows =
        show(&engine, shard.family, shard.roots.clone(), &shard.first_rows, id, arguments.row - before)?;
    if arguments.json {
        let shown: Vec<serde_json::Value> =
            rows.iter().map(|shown| json(&engine, shown)).collect::<Result<_>>()?;
        printer.data(&serde_json::Value::from(shown).to_string())?;
        return Ok(Outcome::Done);
    }
    for (depth, shown) in rows.iter().enumerate() {
        let title = if depth == 0 {
            format!("{} {}", engine.model.entity(shown.entity).name, arguments.row)
        } else {
            format!("of {}", engine.model.entity(shown.entity).name)
        };
        printer.data(&title)?;
        for (name, value) in values(&engine, shown.entity, &shown.row)? {
            printer.data(&format!("  {name:<20} {}", value.as_deref().unwrap_or("NULL")))?;
        }
    }
    Ok(Outcome::Done)
}

fn values(engine: &Engine<'_>, entity: EntityId, row: &RecordBatch) -> Result<Vec<(String, Option<String>)>> {
    let columns = engine.shape(entity).columns.iter().zip(row.columns());
    columns
        .map(|(column, array)| {
            let text = if array.is_null(0) { None } else { Some(value_text(&column.ty, array)?) };
            Ok((column.name.clone(), text))
        })
        .collect()
}

/// The value of an array's first row, as a CSV part spells it but for the quotes.
fn value_text(ty: &ColumnType, array: &ArrayRef) -> Result<String> {
    let mut text = Vec::new();
    match ty {
        ColumnType::Uuid => {
            let bytes = array.as_fixed_size_binary().value(0);
            push_uuid(&mut text, bytes.try_into().expect("a UUID has 16 bytes"));
        }
        ColumnType::Timestamp => {
            push_timestamp(&mut text, array.as_primitive::<TimestampMicrosecondType>().value(0));
        }
        ColumnType::DateTime => {
            push_datetime(&mut text, array.as_primitive::<TimestampMicrosecondType>().value(0));
        }
        ColumnType::Date => push_date(&mut text, array.as_primitive::<Date32Type>().value(0)),
        ColumnType::Float => push_float(&mut text, array.as_primitive::<Float64Type>().value(0)),
        ColumnType::Text
        | ColumnType::Enum { .. }
        | ColumnType::Json
        | ColumnType::Array { .. }
        | ColumnType::Integer
        | ColumnType::BigInteger
        | ColumnType::Decimal { .. }
        | ColumnType::Boolean
        | ColumnType::Interval => {
            return Ok(ArrayFormatter::try_new(array, &FormatOptions::default())?.value(0).to_string());
        }
    }
    String::from_utf8(text).map_err(Error::internal)
}

fn json(engine: &Engine<'_>, shown: &Shown) -> Result<serde_json::Value> {
    let columns: serde_json::Map<String, serde_json::Value> = values(engine, shown.entity, &shown.row)?
        .into_iter()
        .map(|(name, value)| (name, value.into()))
        .collect();
    Ok(serde_json::json!({"entity": engine.model.entity(shown.entity).name, "row": columns}))
}
