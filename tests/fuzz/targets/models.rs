//! [`run`]: the native language, from bytes to a checked and resolved model.

use super::checked::check;
use super::folder::Folder;

/// Files that the repository's models name.
const BESIDE: [(&str, &[u8]); 3] = [
    ("distribution-spec.json", include_bytes!("../../../configs/chat/distribution-spec.json")),
    ("places.csv", include_bytes!("../../models/places.csv")),
    ("records.csv", include_bytes!("../../models/invalid/records.csv")),
];

/// The bytes are a model's file.
pub fn run(data: &[u8]) -> bool {
    let folder = Folder::new();
    for (name, bytes) in BESIDE {
        folder.write(name, bytes);
    }
    check(&folder.write("model.yaml", data))
}
