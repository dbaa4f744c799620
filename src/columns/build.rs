//! [`build`]: from a column's declaration to the generator that makes it.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use arrow::array::{ArrayRef, Int64Array};
use arrow::buffer::BooleanBuffer;

use super::after::After;
use super::between::Between;
use super::chance::Chance;
use super::composites::{Arrays, Documents};
use super::constant::Constant;
use super::expression;
use super::forest::{BeforePick, OthersPick};
use super::law::{Numbers, Way};
use super::pass::{Counts, Pass};
use super::permutation::Ranks;
use super::pick::{DistinctPick, EarlierPick, FAMILY_SIZE, UniformPick, WithinPick, ZipfPick};
use super::pool::WeightedPool;
use super::process::ProcessTimes;
use super::range::Range;
use super::record::Field;
use super::running::RunningSum;
use super::sequence::{Ordinals, Sequence};
use super::switch::Switch;
use super::template::{Part, Template};
use super::text::{Corpus, Texts};
use super::uuid::{TimeUuids, Uuids};
use super::{ColumnGenerator, RowError, Rows};
use crate::error::{Error, Result};
use crate::laws::bursts::{Bursts, Process};
use crate::laws::{Expect, Law, Sampler, ZipfFamily};
use crate::model::{
    BoundExpression, Column, ColumnId, ColumnType, Document, EntityId, Model, Pick, Piece,
    ProcessDeclaration, Source, Strategy, literals, word_list,
};
use crate::random::{Key, Permutation};
use crate::resolve::coupling::Coupling;
use crate::resolve::ranks;

/// What every column of a run is built from.
pub struct Context<'m> {
    /// The model.
    pub model: &'m Model,
    /// The seed string.
    pub seed: &'m str,
    /// The solved couplings of times that follow a referenced row's time.
    pub couplings: &'m BTreeMap<(EntityId, ColumnId), Arc<Coupling>>,
    /// Of the one list that the linker admits for texts.
    corpus: OnceLock<Arc<Corpus>>,
}

impl<'m> Context<'m> {
    /// A context whose corpus is made when the first text column asks for it.
    pub const fn new(
        model: &'m Model,
        seed: &'m str,
        couplings: &'m BTreeMap<(EntityId, ColumnId), Arc<Coupling>>,
    ) -> Self {
        Self { model, seed, couplings, corpus: OnceLock::new() }
    }

    /// The key of a column for a purpose.
    pub fn key(&self, entity: EntityId, column: &str, purpose: &str) -> Key {
        Key::derive(self.seed, &self.model.entity(entity).name, column, purpose)
    }

    fn corpus(&self, words: &str) -> Result<Arc<Corpus>> {
        let list = word_list(words).ok_or_else(|| Error::internal(format!("no word list `{words}`")))?;
        let key = Key::derive(self.seed, "", words, "corpus");
        Ok(self.corpus.get_or_init(|| Arc::new(Corpus::new(list, key))).clone())
    }
}

/// A column that can be made: its generator, and what it reads.
pub struct BuiltColumn {
    /// The inputs of the generator, then those of the condition.
    pub sources: Vec<Source>,
    generator: Box<dyn ColumnGenerator>,
    inputs: usize,
    when: Option<BoundExpression>,
    nulls: Option<Chance>,
}

impl BuiltColumn {
    /// The values of rows; `inputs` are aligned with them, in the order of `sources`.
    ///
    /// # Errors
    ///
    /// The first row whose value cannot be made.
    pub fn generate(&self, rows: &Rows, inputs: &[ArrayRef]) -> Result<ArrayRef, RowError> {
        let own = &inputs[..self.inputs];
        match self.wanted(rows, &inputs[self.inputs..])? {
            None => self.generator.generate(rows, own),
            Some(wanted) => self.generator.generate_where(rows, own, &wanted),
        }
    }

    /// The values of the rows that are taken, and NULL for the others; what could not be made of those is no failure.
    ///
    /// # Errors
    ///
    /// The first row that is taken whose value cannot be made.
    pub fn generate_where(
        &self,
        rows: &Rows,
        inputs: &[ArrayRef],
        taken: &BooleanBuffer,
    ) -> Result<ArrayRef, RowError> {
        let wanted = self.wanted(rows, &inputs[self.inputs..])?;
        let wanted = wanted.map_or_else(|| taken.clone(), |wanted| &wanted & taken);
        self.generator.generate_where(rows, &inputs[..self.inputs], &wanted)
    }

    /// The rows that have a value, as the inputs of the condition decide; nothing where they all have.
    ///
    /// # Errors
    ///
    /// The first row whose condition cannot be evaluated.
    pub fn wanted(&self, rows: &Rows, condition: &[ArrayRef]) -> Result<Option<BooleanBuffer>, RowError> {
        let holds = match &self.when {
            Some(bound) => Some(expression::holds(&bound.expression, rows.len(), &mut |symbol| {
                condition[symbol].clone()
            })?),
            None => None,
        };
        let kept = self.nulls.as_ref().map(|chance| !&chance.mask(rows));
        Ok(match (holds, kept) {
            (None, None) => None,
            (Some(wanted), None) | (None, Some(wanted)) => Some(wanted),
            (Some(holds), Some(kept)) => Some(&holds & &kept),
        })
    }

    /// How many sources are inputs of the generator; those behind them are the condition's.
    pub const fn inputs(&self) -> usize {
        self.inputs
    }

    /// As [`ColumnGenerator::takes`].
    pub fn takes(&self, first: &ArrayRef, input: usize) -> Option<BooleanBuffer> {
        self.generator.takes(first, input)
    }
}

/// Builds a column. Aggregates have no generator: the family folds them.
///
/// # Errors
///
/// A law whose tables cannot be made.
pub fn build(context: &Context<'_>, entity: EntityId, column: &Column) -> Result<Option<BuiltColumn>> {
    let Some((mut sources, generator)) = strategy(context, entity, column)? else { return Ok(None) };
    let inputs = sources.len();
    if context.model.entity(entity).pick_of(column).is_some() {
        // It is NULL where no row was chosen, which the pick has decided.
        return Ok(Some(BuiltColumn { sources, generator, inputs, when: None, nulls: None }));
    }
    let declared = declared(context.model, entity, column);
    if let Some(when) = &declared.when {
        sources.extend(&when.sources);
    }
    let nulls = (declared.null_share > 0.0)
        .then(|| Chance::new(context.key(entity, &declared.name, "null"), declared.null_share));
    Ok(Some(BuiltColumn { sources, generator, inputs, when: declared.when.clone(), nulls }))
}

/// The column whose share of NULL and whose condition hold: for the row that a reference chose, those of the reference.
/// So what is copied of the row is NULL where the reference is.
fn declared<'m>(model: &'m Model, entity: EntityId, column: &'m Column) -> &'m Column {
    model.entity(entity).reference_of(column).unwrap_or(column)
}

type Made = (Vec<Source>, Box<dyn ColumnGenerator>);

fn strategy(context: &Context<'_>, entity: EntityId, column: &Column) -> Result<Option<Made>> {
    let model = context.model;
    let key = context.key(entity, &column.name, "value");
    let made: Made = match &column.strategy {
        Strategy::RunningSum { of, from } => {
            let sources = std::iter::once(of).chain(from).copied().collect();
            (sources, Box::new(RunningSum { ty: column.ty.clone() }))
        }
        Strategy::Json(document) => {
            let sources = document.leaves().into_iter().flat_map(Document::sources).copied().collect();
            (sources, Box::new(Documents { document: document.clone() }))
        }
        Strategy::Array { element, length } => array(context, entity, column, element, length)?,
        Strategy::Uuid => (vec![], Box::new(Uuids { key })),
        Strategy::TimeUuid { time } => (vec![Source::Own(*time)], Box::new(TimeUuids { key })),
        Strategy::Sequence { start } => (vec![], Box::new(Sequence { start: *start })),
        Strategy::Constant(value) => {
            let value = literal_array(std::slice::from_ref(value), column)?;
            (vec![], Box::new(Constant { value }))
        }
        Strategy::Ordinal => (vec![], Box::new(Ordinals)),
        Strategy::Permutation { beside: None } => {
            (vec![], Box::new(Ranks::new(key, model.root_rows(entity))))
        }
        Strategy::Permutation { beside: Some(beside) } => (
            vec![Source::Own(beside.column)],
            Box::new(Ranks::beside(key, model.root_rows(entity), beside.top, beside.avoids_last)),
        ),
        Strategy::Chance(share) => (vec![], Box::new(Chance::new(key, *share))),
        Strategy::Pool(pool) => {
            let values = literal_array(&pool.values, column)?;
            (vec![], Box::new(WeightedPool::new(key, values, &pool.weights)))
        }
        Strategy::Record(records) => {
            let numbers = Arc::new(Int64Array::from_iter_values(0..records.records.len() as i64));
            (vec![], Box::new(WeightedPool::new(key, numbers, &records.weights)))
        }
        Strategy::Field { record, values } => {
            (vec![Source::Own(*record)], Box::new(Field { values: literal_array(&values.values, column)? }))
        }
        Strategy::Law { law, by: None } => {
            let way = Way::Drawn(key, sampler(law)?);
            (vec![], Box::new(Numbers { way, ty: column.ty.clone() }))
        }
        Strategy::Law { law, by: Some(rank) } => {
            let ranked = ranks::mixture(law, model.root_rows(entity)).map_err(Error::internal)?;
            (vec![Source::Own(*rank)], Box::new(Numbers { way: Way::Ranked(ranked), ty: column.ty.clone() }))
        }
        Strategy::Range { from, to, shape, rhythm, not_before } => {
            let id = model.entity(entity).find(&column.name).map(|id| (entity, id));
            let coupling = match (not_before, id.and_then(|id| context.couplings.get(&id))) {
                (Some(_), None) => {
                    return Err(Error::internal(format!("the coupling of `{}` is not solved", column.name)));
                }
                (_, coupling) => coupling.cloned(),
            };
            // Times in order of the row are declared on roots.
            let rows = model.root_rows(entity);
            let rhythm = rhythm.as_ref().map(|rhythm| rhythm.over(*from, *to)).transpose();
            let rhythm = rhythm.map_err(Error::internal)?;
            let range = Range { key, from: *from, to: *to, shape: *shape, rhythm, rows, coupling };
            (not_before.iter().copied().collect(), Box::new(range))
        }
        Strategy::Template(pieces) => template(model, entity, pieces),
        Strategy::Text { length, words } => {
            let corpus = context.corpus(words)?;
            (vec![], Box::new(Texts::new(key, length, corpus).map_err(Error::internal)?))
        }
        Strategy::Pick(pick) => self::pick(context, entity, column, pick)?,
        Strategy::Copy(source) => (vec![*source], Box::new(Pass)),
        Strategy::After { base, by, share } => {
            let share = Chance::new(context.key(entity, &column.name, "share"), *share);
            (vec![*base], Box::new(After { key, share, sampler: sampler(by)? }))
        }
        Strategy::Between { from, to } => (vec![*from, *to], Box::new(Between { key })),
        Strategy::Process(declaration) => (vec![declaration.from], Box::new(process(key, declaration)?)),
        Strategy::Expression(bound) => {
            (bound.sources.clone(), Box::new(Evaluated { expression: bound.clone() }))
        }
        Strategy::Children(child) => (vec![Source::Children(*child)], Box::new(Counts)),
        Strategy::Aggregate { .. } => return Ok(None),
        Strategy::Switch { on, cases } => {
            let mut sources = vec![*on];
            sources.extend(cases.iter().map(|(_, column)| Source::Own(*column)));
            (sources, Box::new(Switch { cases: cases.iter().map(|(case, _)| case.clone()).collect() }))
        }
    };
    Ok(Some(made))
}

fn array(
    context: &Context<'_>,
    entity: EntityId,
    column: &Column,
    element: &Strategy,
    length: &Law,
) -> Result<Made> {
    let ColumnType::Array { element: ty } = &column.ty else {
        return Err(Error::internal(format!("`{}` is no array", column.name)));
    };
    let elements = Column {
        name: format!("{}@element", column.name),
        ty: (**ty).clone(),
        strategy: element.clone(),
        ..column.clone()
    };
    let (_, element) = strategy(context, entity, &elements)?
        .ok_or_else(|| Error::internal(format!("no generator for the elements of `{}`", column.name)))?;
    let key = context.key(entity, &column.name, "length");
    Ok((vec![], Box::new(Arrays { key, length: sampler(length)?, element, ty: (**ty).clone() })))
}

fn literal_array(values: &[crate::model::Literal], column: &Column) -> Result<ArrayRef> {
    literals::array(values, &column.ty)
        .map_err(|message| Error::internal(format!("`{}`: {message}", column.name)))
}

fn sampler(law: &Law) -> Result<Sampler> {
    Sampler::new(law).map_err(Error::internal)
}

fn template(model: &Model, entity: EntityId, pieces: &[Piece]) -> Made {
    let (mut sources, mut types) = (Vec::new(), Vec::new());
    let parts = pieces
        .iter()
        .map(|piece| match piece {
            Piece::Text(text) => Part::Text(text.clone()),
            Piece::Row => Part::Row,
            Piece::Column(column) => {
                sources.push(Source::Own(*column));
                types.push(model.column(entity, *column).ty.clone());
                Part::Input(sources.len() - 1)
            }
        })
        .collect();
    (sources, Box::new(Template { parts, types }))
}

fn process(key: Key, declaration: &ProcessDeclaration) -> Result<ProcessTimes> {
    let rhythm = declaration.intensity().map_err(Error::internal)?;
    let bursts = Bursts {
        coefficient: declaration.burst_coefficient,
        fast_gap_ms: declaration.burst_gap_seconds * 1_000.0,
        fast_ratio_cap: 0.1,
    };
    let process = Process::new(rhythm, bursts);
    Ok(ProcessTimes { key, process, to: declaration.to })
}

fn pick(context: &Context<'_>, entity: EntityId, column: &Column, pick: &Pick) -> Result<Made> {
    let model = context.model;
    // The draws belong to the reference, which gives the hidden column its name.
    let key = context.key(entity, &column.name, "pick");
    // Two references to one entity favour different rows.
    let zipf = |target: EntityId, exponent: f64| -> Result<ZipfPick> {
        let count = model.root_rows(target);
        let sampler = sampler(&Law::Zipf { exponent, count: count.max(1) })?;
        let scatter = Permutation::new(context.key(entity, &column.name, "scatter"), count.max(1));
        Ok(ZipfPick { key, sampler, scatter })
    };
    Ok(match pick {
        Pick::Uniform { entity: target } => {
            (vec![], Box::new(UniformPick { key, rows: model.root_rows(*target) }))
        }
        Pick::Zipf { entity: target, exponent } => (vec![], Box::new(zipf(*target, *exponent)?)),
        Pick::Distinct { entity: target, exponent, pairs } => {
            let parent =
                model.parent(entity).ok_or_else(|| Error::internal("a distinct pick without a parent"))?;
            let sources: Vec<Source> =
                pairs.iter().map(|&column| Source::Ancestor { levels: 1, entity: parent, column }).collect();
            let parents = pairs.map(|_| model.root_rows(parent));
            (sources, Box::new(DistinctPick { zipf: zipf(*target, *exponent)?, parents }))
        }
        Pick::Within { entity: target, exponent, except } => {
            let mut sources = vec![Source::Siblings(*target)];
            sources.extend(except);
            let zipf = (*exponent > 0.0)
                .then(|| ZipfFamily::new(*exponent, FAMILY_SIZE))
                .transpose()
                .map_err(Error::internal)?;
            (sources, Box::new(WithinPick { key, zipf }))
        }
        Pick::Earlier { lag } => (vec![], Box::new(EarlierPick::new(key, distances(lag)))),
        Pick::Before { lag, roots, .. } => {
            let roots = Chance::new(context.key(entity, &column.name, "roots"), *roots);
            (vec![], Box::new(BeforePick { key, cumulative: lag.as_ref().map(distances), roots }))
        }
        Pick::Others { entity: target } => {
            (vec![], Box::new(OthersPick { key, rows: model.root_rows(*target) }))
        }
    })
}

/// The cumulative masses of a lag's distances from 1 on.
fn distances(lag: &Law) -> Vec<f64> {
    let longest = libm::floor(lag.support().1).min(65_536.0) as usize;
    (1..=longest.max(1)).map(|distance| lag.cumulative(distance as f64)).collect()
}

/// A SQL expression as a generator.
struct Evaluated {
    expression: BoundExpression,
}

impl ColumnGenerator for Evaluated {
    fn generate(&self, rows: &Rows, inputs: &[ArrayRef]) -> Result<ArrayRef, RowError> {
        expression::evaluate(&self.expression.expression, rows.len(), &mut |symbol| inputs[symbol].clone())
    }

    fn may_fail(&self) -> bool {
        self.expression.expression.node.may_fail()
    }
}
