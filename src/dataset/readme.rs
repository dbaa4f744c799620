//! The README of a dataset: what it is, how many rows, how to load, query and make it again.

use std::fmt::Write as _;

use super::format::Format;
use super::manifest::Manifest;

/// The page, in Markdown.
pub fn readme(manifest: &Manifest) -> String {
    let mut page = String::new();
    let _ = writeln!(page, "# {} / {}\n", manifest.model, manifest.band);
    let _ = writeln!(
        page,
        "A synthetic dataset, made by seedmill from a model and the seed `{}`.\n",
        manifest.seed
    );
    page.push_str("| entity | rows | parts | bytes |\n|---|---:|---:|---:|\n");
    for entity in &manifest.entities {
        let bytes: u64 = entity.parts.iter().map(|part| part.bytes).sum();
        let _ =
            writeln!(page, "| {} | {} | {} | {bytes} |", cell(&entity.name), entity.rows, entity.parts.len());
    }
    figures(&mut page, manifest);
    page.push_str("\n## Query\n\n");
    if let Some(entity) = manifest.entities.first() {
        let read = match manifest.format {
            Format::Parquet => "read_parquet",
            Format::Csv | Format::CsvZstd => "read_csv",
        };
        let _ = writeln!(
            page,
            "```sql\n-- DuckDB, in this directory\nSELECT count(*) FROM {read}('{}/*.{}');\n```",
            entity.name.replace('\'', "''"),
            manifest.format.extension()
        );
    }
    page.push_str("\n## Load into Postgres\n\n");
    match manifest.format {
        Format::Parquet => page.push_str(
            "```bash\nseedmill load .\n```\n\npsql does not read Parquet: without seedmill, make the same dataset with \
             `--format csv`, whose scripts load it.\n",
        ),
        Format::Csv | Format::CsvZstd => page.push_str(
            "```bash\nseedmill load .\n\n# or, without seedmill, in this directory\npsql -f psql/schema.sql\n\
             psql -f psql/load.sql\npsql -f psql/constraints.sql\n```\n",
        ),
    }
    let _ = writeln!(
        page,
        "\n## Check it, make it again\n\n```bash\nsha256sum -c SHA256SUMS\nseedmill verify .\nseedmill generate model.yaml --band {} --seed '{}' --format {}\n```",
        manifest.band,
        manifest.seed.replace('\'', "'\\''"),
        manifest.format
    );
    page
}

fn figures(page: &mut String, manifest: &Manifest) {
    let Some(figures) = manifest.resolution.get("figures").and_then(serde_json::Value::as_array) else {
        return;
    };
    if figures.is_empty() {
        return;
    }
    page.push_str(
        "\n## What the declared laws came to\n\n| law | declared | resolved | |\n|---|---|---:|---|\n",
    );
    for figure in figures {
        let text = |key: &str| figure.get(key).and_then(serde_json::Value::as_str).unwrap_or_default();
        let resolved = figure.get("resolved_value").and_then(serde_json::Value::as_f64).unwrap_or_default();
        let held = figure.get("held").and_then(serde_json::Value::as_bool).unwrap_or_default();
        let remark = if held { "holds" } else { text("why") };
        let _ = writeln!(
            page,
            "| {} | {} | {resolved:.4} | {} |",
            cell(text("subject")),
            cell(text("declared")),
            cell(remark)
        );
    }
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace(['\n', '\r'], " ")
}
