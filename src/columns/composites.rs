//! [`Documents`]: JSON of a row's values; [`Arrays`]: lists of drawn values.

use std::sync::Arc;

use arrow::array::{ArrayRef, StringBuilder};

use super::{ColumnGenerator, RowError, Rows, RowsBuilder, expression};
use crate::laws::{Draw, Sampler};
use crate::model::elements::element_texts;
use crate::model::text_form::array::push_array;
use crate::model::{ColumnType, Document};
use crate::random::Key;

/// Addresses of a row's elements: more than an array has.
const ADDRESSES: u64 = 1_024;

/// Inputs: what the leaves read, leaf after leaf.
pub(super) struct Documents {
    pub document: Document,
}

impl ColumnGenerator for Documents {
    fn generate(&self, rows: &Rows, inputs: &[ArrayRef]) -> Result<ArrayRef, RowError> {
        let mut rest = inputs;
        let mut leaves = Vec::new();
        for leaf in self.document.leaves() {
            let (own, others) = rest.split_at(leaf.sources().len());
            rest = others;
            leaves.push(match leaf {
                Document::Value(bound) => {
                    expression::evaluate(&bound.expression, rows.len(), &mut |symbol| own[symbol].clone())?
                }
                Document::Column(..) | Document::Null | Document::Object(_) | Document::List(_) => {
                    own[0].clone()
                }
            });
        }
        Ok(Arc::new(self.document.texts(&leaves, rows.len())))
    }

    fn may_fail(&self) -> bool {
        let fails =
            |leaf: &&Document| matches!(leaf, Document::Value(bound) if bound.expression.node.may_fail());
        self.document.leaves().iter().any(fails)
    }
}

/// Arrays whose elements read nothing of the row.
pub(super) struct Arrays {
    /// Of the lengths.
    pub key: Key,
    pub length: Sampler,
    pub element: Box<dyn ColumnGenerator>,
    /// The element's type.
    pub ty: ColumnType,
}

impl ColumnGenerator for Arrays {
    fn generate(&self, rows: &Rows, _inputs: &[ArrayRef]) -> Result<ArrayRef, RowError> {
        let mut elements = RowsBuilder::default();
        let mut ends = Vec::with_capacity(rows.len());
        for at in 0..rows.len() {
            let (root, local) = (rows.root[at], rows.local[at]);
            let length = libm::round(self.length.draw(&mut self.key.generator(root, local))).max(0.0) as u64;
            for place in 0..length {
                elements.push(
                    root,
                    local * ADDRESSES + place,
                    rows.ordinal[at],
                    rows.parent[at],
                    rows.row[at],
                );
            }
            ends.push(elements.len());
        }
        let elements = elements.finish();
        let texts = element_texts(&self.element.generate(&elements, &[])?, &self.ty);
        let mut out = StringBuilder::with_capacity(rows.len(), 16 * elements.len());
        let (mut buffer, mut start) = (Vec::new(), 0);
        for end in ends {
            buffer.clear();
            push_array(&mut buffer, texts[start..end].iter().map(|text| text.as_deref().map(str::as_bytes)));
            out.append_value(str::from_utf8(&buffer).expect("elements are texts"));
            start = end;
        }
        Ok(Arc::new(out.finish()))
    }
}
