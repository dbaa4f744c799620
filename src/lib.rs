//! seedmill grinds a small YAML model and a seed string into relational datasets of production size, byte for
//! byte the same on every machine.
//!
//! # How data flows
//!
//! ```text
//!  configs/chat/chat.yaml            configs/shop/*_multiply.yaml + seeds
//!        │ yaml, parameters                │ dialect
//!        └──────────────┬─────────────────┘
//!                       ▼ link, promises
//!  WHAT            [`model::Model`]: entities, columns, laws; names bound, promises proved
//!                       ▼
//!  COMES TO        [`resolve::Resolution`]: solved laws, exact totals, what yields
//!                       ▼
//!  HOW CUT         [`plan::GenerationPlan`]: shards, first rows, fingerprints
//!                       ▼ one shard per thread
//!  ROWS            [`family`]: strides of roots → held rows, slices, aggregates
//!                       ▼ [`columns`]: addresses → Arrow arrays, from [`random`] draws by [`laws`]
//!  FILES           [`sinks`]: whole blocks of rows → Parquet or CSV parts, hashed while written
//!                       ▼
//!  DIRECTORY       [`dataset`]: receipts → manifest; reader, digests, checksums
//!                        ▼ files alone, of any tool
//!  VERDICT         [`fidelity`]: what the model claims, counted in the files → GO or NO-GO
//!                        ▼ parts and their ledger rows commit together
//!  DATABASE        [`postgres`]: provisioned, loaded exactly once, verified, torn down
//! ```
//!
//! # Words
//!
//! | word | means |
//! | --- | --- |
//! | entity | one table of the model |
//! | family | a root entity with all its descendants, generated together |
//! | band | a named scale of a model |
//! | law | a probability law, a cardinality law or a time process |
//! | strategy | how a column is declared |
//! | language | every key of a model with a sentence and an example: what reader, schema and reference share |
//! | address | (root row, local row): a row's root, and its own number among its entity's rows under that root |
//! | reach | what a column needs: its address (row), its siblings (parent), descendants (root) |
//! | block | the rows by which a part's bytes are cut, a constant of the format: 8,192 of a CSV.zst frame, 1,024 that Parquet encodes at a time |
//! | stride, slice | stretches of roots and of rows that are worked on at a time; they never reach the bytes |
//! | shard, part | a range of a family's roots; the file that one shard wrote for one entity |
//! | receipt, manifest | what a finished shard, a finished dataset is |
//! | ledger, marker | which dataset lies in which schema, part by part; which database may be written at all |
//! | claim, tally | what a model says of its data; what was counted for it, in whole numbers |
//! | check, counter | a figure with a threshold; a promise whose breaches are counted exactly |
//!
//! # Determinism
//!
//! A value depends on the model, the band, the seed string and [`dataset::fingerprint::VALUES_VERSION`], and on
//! nothing else: keys are made of names, draws are addressed by rows, elementary functions come from the pinned
//! pure-Rust `libm`. A file depends on its values and on the layout: cut, format, writer versions. Neither depends
//! on threads, machine, clock, locale or the order in which shards finish.
//!
//! # Who may import whom
//!
//! Imports run one way; `tests/architecture.rs` keeps it so.
//!
//! | part | modules |
//! | --- | --- |
//! | describe | [`model`], [`laws`], [`random`], [`resolve`], [`dataset`] |
//! | prepare | [`columns`], [`family`], [`plan`], [`sinks`] |
//! | act | [`mod@generate`], [`postgres`], which alone speaks to a database |
//! | judge | [`fidelity`], which sees the description and the evidence, never how rows are made |
//! | tell | [`report`], [`cli`] |
//!
//! Each part sees those above it, but the judge only what describes; [`error`] is seen by all.

pub mod cli;
pub mod columns;
pub mod dataset;
pub mod error;
pub mod family;
pub mod fidelity;
pub mod generate;
pub mod laws;
pub mod model;
pub mod plan;
pub mod postgres;
pub mod random;
pub mod report;
pub mod resolve;
pub mod sinks;
