//! `seedmill plan`: everything that can be told before a byte is made.

use clap::Args;

use super::Outcome;
use super::prepare::{FileArguments, ModelArguments, engine};
use super::printer::{Printer, bytes, duration, grouped};
use crate::error::Result;
use crate::family::Engine;
use crate::plan::{Estimate, GenerationPlan, PLAN_SAMPLE, count, estimate, plan};
use crate::resolve::Resolution;

/// Arguments of `plan`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  seedmill plan configs/chat --band staging\n  seedmill plan configs/shop --band dev --format csv --json"
)]
pub(super) struct Arguments {
    #[command(flatten)]
    model: ModelArguments,
    /// The scale, one of the model's bands
    #[arg(long)]
    band: Option<String>,
    /// The seed string; laws resolve alike for every seed but for couplings of times
    #[arg(long, default_value = "plan")]
    seed: String,
    #[command(flatten)]
    files: FileArguments,
    /// Print the plan as JSON
    #[arg(long)]
    json: bool,
    /// List every shard
    #[arg(long)]
    list_shards: bool,
}

pub(super) fn run(arguments: &Arguments, printer: &Printer) -> Result<Outcome> {
    let loaded = arguments.model.load(arguments.band.as_deref(), printer, arguments.json)?;
    let (engine, resolution) = engine(&loaded, &arguments.seed)?;
    let choices = arguments.files.choices();
    let counted = count(&engine)?;
    let plan = plan(&engine, &counted, &arguments.seed, &choices)?;
    let threads = arguments.files.threads().min(plan.shards.len());
    let estimate = estimate(&engine, &resolution, &counted, &choices, threads, PLAN_SAMPLE)?;
    if arguments.json {
        printer.data(&json(arguments, &engine, &resolution, &plan, &estimate, threads).to_string())?;
        return Ok(Outcome::Done);
    }
    for line in lines(arguments, &engine, &resolution, &plan, &estimate, threads) {
        printer.data(&line)?;
    }
    Ok(Outcome::Done)
}

fn lines(
    arguments: &Arguments,
    engine: &Engine<'_>,
    resolution: &Resolution,
    plan: &GenerationPlan,
    estimate: &Estimate,
    threads: usize,
) -> Vec<String> {
    let model = engine.model;
    let mut lines = vec![
        format!(
            "{} / {}: {} rows, {} in {} shards as {}",
            model.name,
            model.band,
            grouped(estimate.rows()),
            bytes(estimate.bytes()),
            plan.shards.len(),
            plan.format
        ),
        format!(
            "  time    about {} on {threads} threads",
            duration(estimate.thread_seconds / threads as f64)
        ),
        format!(
            "  memory  about {} (the largest root has {} rows)",
            bytes(estimate.memory),
            grouped(estimate.largest_root)
        ),
        format!("  disk    {} needed", bytes(estimate.bytes())),
        String::new(),
        format!("  {:<24} {:>15} {:>12} {:>10}", "entity", "rows", "bytes", "B/row"),
    ];
    for entity in &estimate.entities {
        let per_row = entity.bytes as f64 / entity.rows.max(1) as f64;
        let rows = format!("{}{}", if entity.exact { "" } else { "~" }, grouped(entity.rows));
        lines.push(format!(
            "  {:<24} {rows:>15} {:>12} {per_row:>10.1}",
            model.entity(entity.entity).name,
            bytes(entity.bytes)
        ));
    }
    lines.push(String::new());
    lines.push(
        "  reach of columns (row: its address alone; parent: its siblings; root: descendants)".to_owned(),
    );
    for entity in &model.entities {
        let columns: Vec<String> =
            entity.visible().map(|(_, column)| format!("{} {}", column.name, column.reach)).collect();
        lines.push(format!("  {:<24} {}", entity.name, columns.join(", ")));
    }
    if !resolution.figures.is_empty() {
        lines.push(String::new());
        lines.push("  declared                                              resolved".to_owned());
    }
    for figure in &resolution.figures {
        let declared = format!("{}: {}", figure.subject, figure.declared);
        let remark = if figure.held { "holds".to_owned() } else { format!("yields: {}", figure.why) };
        lines.push(format!("  {declared:<52} {:>12.4}  {remark}", figure.resolved_value));
    }
    if arguments.list_shards {
        lines.push(String::new());
        for shard in &plan.shards {
            lines.push(format!(
                "  shard {:>5}  {} {}..{}",
                shard.number,
                model.entity(shard.family).name,
                shard.roots.start,
                shard.roots.end
            ));
        }
    }
    lines
}

fn json(
    arguments: &Arguments,
    engine: &Engine<'_>,
    resolution: &Resolution,
    plan: &GenerationPlan,
    estimate: &Estimate,
    threads: usize,
) -> serde_json::Value {
    let model = engine.model;
    let entities: Vec<_> = estimate
        .entities
        .iter()
        .map(|entity| {
            let declared = model.entity(entity.entity);
            let reach: serde_json::Map<String, serde_json::Value> = declared
                .visible()
                .map(|(_, column)| (column.name.clone(), column.reach.to_string().into()))
                .collect();
            serde_json::json!({
                "name": declared.name,
                "rows": entity.rows,
                "rows_are_exact": entity.exact,
                "bytes": entity.bytes,
                "reach": reach,
            })
        })
        .collect();
    serde_json::json!({
        "model": model.name,
        "band": model.band,
        "seed": arguments.seed,
        "format": plan.format.to_string(),
        "fingerprints": plan.fingerprints,
        "rows": estimate.rows(),
        "bytes": estimate.bytes(),
        "seconds": estimate.thread_seconds / threads as f64,
        "threads": threads,
        "memory_bytes": estimate.memory,
        "largest_root_rows": estimate.largest_root,
        "entities": entities,
        "shards": plan.file(engine, &arguments.seed).shards,
        "resolution": resolution,
    })
}
