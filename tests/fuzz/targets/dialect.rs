//! [`run`]: the multiply dialect, from the files of a folder to a checked and resolved model.

use std::path::{Component, Path};

use super::checked::check;
use super::folder::Folder;

/// Begins a line that names the file of the lines after it, such as `=== configs/users_multiply.yaml`.
pub const HEADER: &str = "=== ";

/// The bytes are several files one after another, each under its header.
pub fn run(data: &[u8]) -> bool {
    let folder = Folder::new();
    let mut models = Vec::new();
    for (name, bytes) in files(data) {
        folder.write(name, bytes);
        if let Some((above, file)) = name.rsplit_once('/')
            && file.ends_with("_multiply.yaml")
            && !models.contains(&above)
        {
            models.push(above);
        }
    }
    // Each is checked, whatever the others are.
    models.iter().filter(|model| check(&folder.path(model))).count() > 0
}

/// The files that an input consists of; lines under a header that names none belong to no file.
fn files(data: &[u8]) -> Vec<(&str, &[u8])> {
    let mut found: Vec<(&str, &[u8])> = Vec::new();
    let mut open: Option<(&str, usize)> = None;
    let mut at = 0;
    for line in data.split_inclusive(|&byte| byte == b'\n') {
        if let Some(name) = line.strip_prefix(HEADER.as_bytes()) {
            found.extend(open.take().map(|(name, from)| (name, &data[from..at])));
            open = str::from_utf8(name).ok().and_then(usable).map(|name| (name, at + line.len()));
        }
        at += line.len();
    }
    found.extend(open.map(|(name, from)| (name, &data[from..])));
    found
}

/// The path of a file under `configs` or `seeds`; nothing that leads elsewhere or that no model reads.
fn usable(header: &str) -> Option<&str> {
    let name = header.trim();
    let plain = |part: Component<'_>| match part {
        Component::Normal(name) => name.to_str().is_some_and(|name| {
            name.len() <= 40 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.".contains(&byte))
        }),
        Component::Prefix(_) | Component::RootDir | Component::CurDir | Component::ParentDir => false,
    };
    let parts = Path::new(name).components().count();
    let known = (name.starts_with("configs/") || name.starts_with("seeds/")) && name.ends_with(".yaml");
    (known && (2..=4).contains(&parts) && Path::new(name).components().all(plain)).then_some(name)
}
