//! [`seal`]: from receipts to a finished dataset: psql scripts, README, checksums, and the manifest last.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use super::ddl::Ddl;
use super::fingerprint::{Fingerprints, VALUES_VERSION, WRITER_VERSIONS};
use super::format::{Format, ParquetProfile};
use super::layout::Layout;
use super::manifest::{EntityManifest, ForeignKey, IndexColumn, KeyPair, Manifest, Part};
use super::receipt::Receipt;
use super::table::TableShape;
use super::{json_text, psql, readme, write_whole};
use crate::error::{Error, Result};
use crate::model::text_form::write::hexadecimal;
use crate::model::{self, ColumnId, Entity, EntityId, Model};

/// What a dataset is made of, besides its receipts.
pub struct Sealing<'s> {
    /// The model.
    pub model: &'s Model,
    /// The seed string.
    pub seed: &'s str,
    /// The dataset's identity.
    pub fingerprints: &'s Fingerprints,
    /// The parts' format.
    pub format: Format,
    /// The dialect of Parquet.
    pub profile: ParquetProfile,
    /// Each entity's written columns, in the order of the model.
    pub shapes: Vec<&'s TableShape>,
    /// What the declared laws came to.
    pub resolution: serde_json::Value,
    /// How many shards there are.
    pub shards: usize,
}

/// Reads every receipt.
///
/// # Errors
///
/// Names the shards that are missing.
pub fn receipts(layout: &Layout, sealing: &Sealing<'_>) -> Result<Vec<Receipt>> {
    let mut receipts = Vec::with_capacity(sealing.shards);
    let mut missing = Vec::new();
    for shard in 0..sealing.shards {
        match Receipt::read(layout, shard, sealing.fingerprints) {
            Some(receipt) => receipts.push(receipt),
            None => missing.push(shard.to_string()),
        }
    }
    if missing.is_empty() {
        return Ok(receipts);
    }
    let shown = missing.iter().take(10).cloned().collect::<Vec<_>>().join(", ");
    Err(Error::usage_hint(
        format!(
            "{} of {} shards are missing: {shown}{}",
            missing.len(),
            sealing.shards,
            if missing.len() > 10 { ", …" } else { "" }
        ),
        "make them with --only-shards, or run `seedmill generate` again without it",
    ))
}

/// Writes everything that tells of a dataset whose shards are all there; the manifest comes last.
///
/// # Errors
///
/// The file system's.
pub fn seal(layout: &Layout, sealing: &Sealing<'_>, receipts: &[Receipt]) -> Result<Manifest> {
    let manifest = manifest(sealing, receipts);
    let ddl = Ddl::of(&manifest, None);
    write_whole(&layout.psql("schema.sql"), psql::schema(&manifest, &ddl).as_bytes())?;
    write_whole(&layout.psql("load.sql"), psql::load(&manifest, &ddl).as_bytes())?;
    write_whole(&layout.psql("constraints.sql"), psql::constraints(&manifest, &ddl).as_bytes())?;
    write_whole(&layout.readme(), readme::readme(&manifest).as_bytes())?;
    let text = json_text(&manifest)?;
    let mut sums = String::new();
    for part in manifest.parts() {
        let _ = writeln!(sums, "{}  {}", part.sha256, part.file);
    }
    let _ = writeln!(sums, "{}  manifest.json", hexadecimal(&Sha256::digest(text.as_bytes())));
    write_whole(&layout.checksums(), sums.as_bytes())?;
    write_whole(&layout.manifest(), text.as_bytes())?;
    Ok(manifest)
}

fn manifest(sealing: &Sealing<'_>, receipts: &[Receipt]) -> Manifest {
    let model = sealing.model;
    let entities = model
        .entities
        .iter()
        .enumerate()
        .map(|(at, entity)| {
            let parts: Vec<Part> = receipts
                .iter()
                .flat_map(|receipt| &receipt.parts)
                .filter(|(name, _)| *name == entity.name)
                .map(|(_, part)| part.clone())
                .collect();
            entity_manifest(model, EntityId(at), entity, sealing.shapes[at], parts)
        })
        .collect();
    Manifest {
        manifest_version: 1,
        model: model.name.clone(),
        model_version: model.version,
        band: model.band.clone(),
        seed: sealing.seed.to_owned(),
        values_version: VALUES_VERSION,
        fingerprints: sealing.fingerprints.clone(),
        format: sealing.format,
        profile: sealing.profile,
        writers: WRITER_VERSIONS
            .iter()
            .map(|(name, version)| ((*name).to_owned(), (*version).to_owned()))
            .collect(),
        entities,
        resolution: sealing.resolution.clone(),
    }
}

/// The tables of a model, before there are parts.
pub fn outline(model: &Model, shapes: &[&TableShape]) -> Vec<EntityManifest> {
    let entities = model.entities.iter().enumerate();
    entities
        .map(|(at, entity)| entity_manifest(model, EntityId(at), entity, shapes[at], Vec::new()))
        .collect()
}

fn entity_manifest(
    model: &Model,
    id: EntityId,
    entity: &Entity,
    shape: &TableShape,
    parts: Vec<Part>,
) -> EntityManifest {
    let name = |column: &ColumnId| entity.columns[column.0].name.clone();
    let index_column = |column: &model::IndexColumn| IndexColumn {
        column: name(&column.column),
        descending: column.descending,
    };
    let digest = parts
        .iter()
        .map(|part| u128::from_str_radix(&part.logical_digest, 16).unwrap_or(0))
        .fold(0u128, u128::wrapping_add);
    EntityManifest {
        name: entity.name.clone(),
        aliases: entity.aliases.clone(),
        rows: parts.iter().map(|part| part.rows).sum(),
        logical_digest: format!("{digest:032x}"),
        shape: shape.clone(),
        key: entity.key.as_ref().map(&name),
        composite_key: entity.composite_key.iter().map(&name).collect(),
        parent: model.parent(id).map(|parent| model.entity(parent).name.clone()),
        foreign_keys: foreign_keys(model, id, entity),
        unique: entity.unique.iter().map(|set| set.iter().map(&name).collect()).collect(),
        indexes: entity.indexes.iter().map(|index| index.iter().map(&index_column).collect()).collect(),
        parts,
    }
}

/// The foreign keys of an entity's columns. Those that copy a parent's key of several columns are one together.
fn foreign_keys(model: &Model, id: EntityId, entity: &Entity) -> Vec<ForeignKey> {
    let own = |column: ColumnId| entity.columns[column.0].name.clone();
    let composite = model.parent(id).zip(model.composite_link(id));
    let mut keys: Vec<ForeignKey> = entity
        .visible()
        .filter(|(column, _)| {
            composite.as_ref().is_none_or(|(parent, pairs)| {
                let above = pairs.iter().find(|(own, _)| own == column).map(|(_, above)| *above);
                above.is_none_or(|above| model.column(*parent, above).unique)
            })
        })
        .filter_map(|(_, column)| {
            let (target, key) = column.foreign_key?;
            Some(ForeignKey {
                column: column.name.clone(),
                entity: model.entity(target).name.clone(),
                key: model.column(target, key).name.clone(),
                beside: Vec::new(),
            })
        })
        .collect();
    if let Some((parent, pairs)) = composite {
        let mut pairs = pairs.into_iter().map(|(column, above)| KeyPair {
            column: own(column),
            key: model.column(parent, above).name.clone(),
        });
        keys.extend(pairs.next().map(|KeyPair { column, key }| ForeignKey {
            column,
            entity: model.entity(parent).name.clone(),
            key,
            beside: pairs.collect(),
        }));
    }
    keys
}
