//! What is told of the model language: [`schema`] for editors, [`reference()`] for readers; both from its description.

mod forms;
mod reference;
mod schema;

pub use reference::reference;
pub use schema::schema;
