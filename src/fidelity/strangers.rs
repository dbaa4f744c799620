//! [`profile`]: what stands in columns that the model does not know.

use super::assessment::Remark;
use super::evidence::OpenedFile;
use crate::model::{EntityId, Model};

/// One remark for each column.
pub(super) fn profile(
    model: &Model,
    entity: EntityId,
    files: &[OpenedFile],
    names: &[String],
) -> Vec<Remark> {
    let heads = || files.iter().filter_map(|file| file.columns.as_ref().ok()).flatten();
    let remark = |name: &String| {
        let ty = heads().find(|column| column.name == *name).map(|column| column.data_type.to_string());
        Remark {
            subject: format!("{}.{name}", model.entity(entity).name),
            text: format!("a column that the model does not know, {}", ty.unwrap_or_default()),
        }
    };
    names.iter().map(remark).collect()
}
