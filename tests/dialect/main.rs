//! The multiply dialect: the document's examples, every strategy, and mistakes with their places.

mod files;
mod models;
mod refusals;
mod strategies;
mod support;
