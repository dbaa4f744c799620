//! [`PartFile`]: a part while it is written: hashed, counted, and under its own name only when it is whole and durable.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest, Sha256};

use crate::dataset::TEMPORARY_SUFFIX;
use crate::error::{Error, Result};
use crate::model::text_form::write::hexadecimal;

/// Bytes collected before they are hashed and written: large enough for few system calls, small enough for the
/// second-level cache, where the hash reads them again.
const BUFFER_BYTES: usize = 256 * 1024;

/// Where a part goes.
#[derive(Clone, Debug)]
pub enum Target {
    /// To a file; until it is whole, to the same name with `.inprogress` behind it.
    File(PathBuf),
    /// To memory that the caller shares.
    Memory(Arc<Mutex<Vec<u8>>>),
    /// Nowhere: only counted and hashed.
    Discard,
    /// Nowhere, and not hashed either: for measuring how fast bytes are made. The digest is that of no bytes.
    Forget,
}

impl From<&Path> for Target {
    fn from(path: &Path) -> Self {
        Self::File(path.to_owned())
    }
}

impl From<PathBuf> for Target {
    fn from(path: PathBuf) -> Self {
        Self::File(path)
    }
}

/// Where the bytes go, opened.
#[derive(Debug)]
enum Output {
    File { file: File, temporary: PathBuf },
    Memory(Arc<Mutex<Vec<u8>>>),
    Discard,
}

/// A part that is being written. Dropped before [`PartFile::keep`], it leaves nothing behind.
#[derive(Debug)]
pub struct PartFile {
    output: Output,
    /// The final path, for error messages where there is none.
    path: PathBuf,
    buffer: Vec<u8>,
    hasher: Sha256,
    hashed: bool,
    bytes: u64,
    /// Whether a write failed: then what follows would leave a hole.
    failed: bool,
}

impl PartFile {
    /// Starts a part. A file of the final name is an error: only the caller may remove one. A temporary file of
    /// an earlier, killed run is replaced.
    pub fn create(target: Target) -> Result<Self> {
        let hashed = !matches!(target, Target::Forget);
        let (output, path) = match target {
            Target::File(path) => {
                refuse_existing(&path)?;
                let temporary = temporary_path(&path);
                let file = File::create(&temporary).map_err(Error::io("cannot create", &temporary))?;
                (Output::File { file, temporary }, path)
            }
            Target::Memory(bytes) => (Output::Memory(bytes), PathBuf::from("(memory)")),
            Target::Discard | Target::Forget => (Output::Discard, PathBuf::from("(discarded)")),
        };
        let mut part = Self::over(output, path);
        part.hashed = hashed;
        Ok(part)
    }

    fn over(output: Output, path: PathBuf) -> Self {
        let buffer = Vec::with_capacity(BUFFER_BYTES);
        Self { output, path, buffer, hasher: Sha256::new(), hashed: true, bytes: 0, failed: false }
    }

    /// A part on a device that is always full.
    #[cfg(all(test, target_os = "linux"))]
    pub(crate) fn on_full_disk() -> Self {
        let file = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        Self::over(
            Output::File { file, temporary: PathBuf::from("/nonexistent") },
            PathBuf::from("/full/part"),
        )
    }

    /// The final path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Bytes held in memory.
    pub fn buffered_bytes(&self) -> usize {
        self.buffer.capacity()
    }

    /// Writes all of `bytes`, with the path in the error.
    pub fn put(&mut self, bytes: &[u8]) -> Result<()> {
        self.write_all(bytes).map_err(Error::io("cannot write", &self.path))
    }

    /// Writes what is left; returns the part's bytes and its sha256 in hexadecimal.
    pub fn close(&mut self) -> Result<(u64, String)> {
        self.flush().map_err(Error::io("cannot write", &self.path))?;
        // What waits for the disk needs no buffer.
        self.buffer = Vec::new();
        Ok((self.bytes, hexadecimal(&std::mem::take(&mut self.hasher).finalize())))
    }

    /// Makes a closed part durable under its final name: waits for the disk.
    pub fn keep(mut self) -> Result<()> {
        if let Output::File { file, temporary } = &self.output {
            file.sync_all().map_err(Error::io("cannot sync", temporary))?;
            refuse_existing(&self.path)?;
            fs::rename(temporary, &self.path).map_err(Error::io("cannot rename", temporary))?;
            sync_directory(&self.path)?;
        }
        self.output = Output::Discard;
        Ok(())
    }

    fn drain(&mut self) -> io::Result<()> {
        let buffer = std::mem::take(&mut self.buffer);
        let result = self.pass_on(&buffer);
        self.buffer = buffer;
        self.buffer.clear();
        result
    }

    /// Hashes, counts and writes bytes past the buffer.
    fn pass_on(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.failed {
            return Err(io::Error::other("an earlier write failed"));
        }
        let written = match &mut self.output {
            Output::File { file, .. } => file.write_all(bytes),
            Output::Memory(memory) => {
                memory.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
                Ok(())
            }
            Output::Discard => Ok(()),
        };
        self.failed = written.is_err();
        written?;
        if self.hashed {
            self.hasher.update(bytes);
        }
        self.bytes += bytes.len() as u64;
        Ok(())
    }
}

impl Write for PartFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.buffer.len() + bytes.len() > BUFFER_BYTES {
            self.drain()?;
        }
        if bytes.len() >= BUFFER_BYTES {
            self.pass_on(bytes)?;
        } else {
            self.buffer.extend_from_slice(bytes);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.drain()
    }
}

impl Drop for PartFile {
    fn drop(&mut self) {
        if let Output::File { temporary, .. } = &self.output {
            // Nobody is left to tell; a leftover is replaced by the next run.
            let _ = fs::remove_file(temporary);
        }
    }
}

/// The name of a part that is not whole yet.
pub fn temporary_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(TEMPORARY_SUFFIX);
    PathBuf::from(name)
}

fn refuse_existing(path: &Path) -> Result<()> {
    match path.try_exists() {
        Ok(false) => Ok(()),
        Ok(true) => Err(Error::io("cannot create", path)(io::ErrorKind::AlreadyExists.into())),
        Err(error) => Err(Error::io("cannot look at", path)(error)),
    }
}

/// Makes a rename durable: the name is the directory's data.
fn sync_directory(path: &Path) -> Result<()> {
    let parent = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        Some(_) | None => Path::new("."),
    };
    let directory = File::open(parent).map_err(Error::io("cannot open", parent))?;
    directory.sync_all().map_err(Error::io("cannot sync", parent))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From the standard's examples (FIPS 180-4): sha256("abc").
    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    fn finish(mut part: PartFile) -> Result<(u64, String)> {
        let closed = part.close()?;
        part.keep().map(|()| closed)
    }

    fn names(directory: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            fs::read_dir(directory).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_finished_part_has_its_name_bytes_and_digest() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("part-00000.csv");
        let mut part = PartFile::create(path.as_path().into()).unwrap();
        part.put(b"a").unwrap();
        part.put(b"bc").unwrap();
        assert_eq!(part.close().unwrap(), (3, ABC.to_owned()));
        assert_eq!(names(directory.path()), ["part-00000.csv.inprogress"]);
        part.keep().unwrap();
        assert_eq!(names(directory.path()), ["part-00000.csv"]);
        assert_eq!(fs::read(&path).unwrap(), b"abc");
    }

    #[test]
    fn every_target_counts_and_hashes_alike_across_the_buffer() {
        let memory = Arc::new(Mutex::new(Vec::new()));
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("part");
        let chunks = [vec![1; 100_000], vec![2; 200_000], vec![3; 400_000], vec![4; 7], vec![]];
        let write = |target| {
            let mut part = PartFile::create(target).unwrap();
            chunks.iter().for_each(|chunk| part.put(chunk).unwrap());
            finish(part).unwrap()
        };
        let expected = (700_007, hexadecimal(&Sha256::digest(chunks.concat())));
        assert_eq!(write(Target::Memory(memory.clone())), expected);
        assert_eq!(write(Target::Discard), expected);
        assert_eq!(write(Target::Forget), (700_007, hexadecimal(&Sha256::digest([]))));
        assert_eq!(write(path.as_path().into()), expected);
        assert_eq!(*memory.lock().unwrap(), chunks.concat());
        assert_eq!(fs::read(&path).unwrap(), chunks.concat());
    }

    #[test]
    fn a_dropped_part_leaves_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let mut part = PartFile::create(directory.path().join("part").into()).unwrap();
        part.put(&vec![0; 1_000_000]).unwrap();
        part.close().unwrap();
        assert_eq!(names(directory.path()), ["part.inprogress"]);
        drop(part);
        assert!(names(directory.path()).is_empty());
    }

    #[test]
    fn a_finished_part_is_never_overwritten() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("part");
        let early = PartFile::create(path.as_path().into()).unwrap();
        fs::write(&path, "precious").unwrap();
        let late = PartFile::create(path.as_path().into()).unwrap_err();
        assert!(matches!(&late, Error::Io { source, .. } if source.kind() == io::ErrorKind::AlreadyExists));
        finish(early).unwrap_err();
        assert_eq!(names(directory.path()), ["part"]);
        assert_eq!(fs::read(&path).unwrap(), b"precious");
    }

    #[test]
    fn a_part_replaces_what_a_killed_run_left() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("part");
        fs::write(temporary_path(&path), "a longer leftover than the part").unwrap();
        let mut part = PartFile::create(path.as_path().into()).unwrap();
        part.put(b"abc").unwrap();
        finish(part).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"abc");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_an_error_with_the_path_and_stays_one() {
        let mut part = PartFile::on_full_disk();
        let error = part.put(&vec![0; BUFFER_BYTES]).unwrap_err();
        assert!(matches!(&error, Error::Io { path, source, .. }
            if path == Path::new("/full/part") && source.kind() == io::ErrorKind::StorageFull));
        part.put(&vec![0; BUFFER_BYTES]).unwrap_err();
        finish(part).unwrap_err();
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_seen_by_finish_when_all_was_buffered() {
        let mut part = PartFile::on_full_disk();
        part.put(b"abc").unwrap();
        let error = finish(part).unwrap_err();
        assert!(error.to_string().starts_with("cannot write `/full/part`"), "{error}");
    }

    #[test]
    fn a_missing_directory_is_named() {
        let error = PartFile::create(PathBuf::from("/nonexistent/part").into()).unwrap_err();
        assert!(error.to_string().contains("`/nonexistent/part.inprogress`"), "{error}");
    }
}
