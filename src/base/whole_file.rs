//! Files that are written whole or not at all.

use std::fs::{File, Metadata};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::stream::Stream;

/// A file that cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {}: {source}", .file.display())]
pub struct WriteError {
    /// The file.
    pub file: PathBuf,
    /// What the system said.
    pub source: io::Error,
}

impl WriteError {
    /// A fault with a file.
    pub fn new(file: &Path, source: io::Error) -> Self {
        Self { file: file.to_path_buf(), source }
    }
}

/// Writes a text whole or not at all: beside its place first, then renamed.
///
/// # Errors
/// [`WriteError`] with the file.
pub fn write_whole(file: &Path, text: &str) -> Result<(), WriteError> {
    write_whole_with(file, |out| out.write_all(text.as_bytes()).map_err(|source| WriteError::new(file, source)))
}

/// Writes a file whole or not at all by a function that is given the place beside it.
///
/// A link stays and what it leads to is written. A new file has the permissions that the process gives new files (0666 less
/// the umask), one that was there keeps its own. What is there and is no plain file (a pipe, a terminal, `/dev/null`), and
/// what standard output or standard error leads to, is written into as it is.
///
/// # Errors
/// [`WriteError`] with the file, or what the function gives.
pub fn write_whole_with<T, E: From<WriteError>>(
    file: &Path,
    write: impl FnOnce(&mut dyn Write) -> Result<T, E>,
) -> Result<T, E> {
    let fault = |source: io::Error| WriteError::new(file, source);
    match Destination::of(file)? {
        Destination::Stream(stream) => {
            let mut stream = stream.open().map_err(fault)?;
            let mut buffered = BufWriter::with_capacity(1 << 20, &mut stream);
            let value = write(&mut buffered)?;
            buffered.flush().map_err(fault)?;
            Ok(value)
        }
        Destination::File { target, before } => {
            let mut beside = temporary_beside(file, &target, before.as_ref())?;
            let mut buffered = BufWriter::with_capacity(1 << 20, beside.as_file_mut());
            let value = write(&mut buffered)?;
            buffered.flush().map_err(fault)?;
            drop(buffered);
            beside.as_file().sync_all().map_err(fault)?;
            if let Some(before) = &before {
                keep_permissions(beside.as_file(), before);
            }
            beside.persist(&target).map_err(|error| fault(error.error))?;
            Ok(value)
        }
    }
}

/// Checks that [`write_whole`] could write a file, without touching it.
///
/// # Errors
/// [`WriteError`] with the file.
pub fn check_writable(file: &Path) -> Result<(), WriteError> {
    match Destination::of(file)? {
        // To open a pipe is to wait for its reader.
        Destination::Stream(_) => Ok(()),
        Destination::File { target, before } => temporary_beside(file, &target, before.as_ref()).map(|_| ()),
    }
}

/// What a file's name leads to.
enum Destination {
    /// A plain file, or none yet, with what is there now.
    File { target: PathBuf, before: Option<Metadata> },
    /// What takes bytes one after the other and must not be replaced.
    Stream(Stream),
}

impl Destination {
    fn of(file: &Path) -> Result<Self, WriteError> {
        let fault = |problem: &str| WriteError::new(file, io::Error::other(problem.to_string()));
        let before = match std::fs::metadata(file) {
            Ok(metadata) => metadata,
            Err(_) => {
                let target = end_of_links(file).map_err(|source| WriteError::new(file, source))?;
                return Ok(Self::File { target, before: None });
            }
        };
        if before.is_dir() {
            return Err(fault("it is a directory"));
        }
        if let Some(stream) = Stream::of(file, &before) {
            return Ok(Self::Stream(stream));
        }
        if !before.is_file() {
            return Err(fault("it is a disk or socket, not a file"));
        }
        let target = file.canonicalize().map_err(|source| WriteError::new(file, source))?;
        Ok(Self::File { target, before: Some(before) })
    }
}

/// Where links lead that end at no file, as far as they can be followed.
fn end_of_links(file: &Path) -> io::Result<PathBuf> {
    // As many as Linux follows.
    const MOST_LINKS: usize = 40;
    let mut target = file.to_path_buf();
    for _ in 0..MOST_LINKS {
        match std::fs::read_link(&target) {
            Ok(link) => target = folder_of(&target).join(link),
            Err(_) => return Ok(target),
        }
    }
    Err(io::Error::other("its links form a loop"))
}

/// A file in the same folder, which goes away with the value; `file` is what the user called `target`.
fn temporary_beside(
    file: &Path,
    target: &Path,
    before: Option<&Metadata>,
) -> Result<tempfile::NamedTempFile, WriteError> {
    let fault = |problem: String| WriteError::new(file, io::Error::other(problem));
    let folder = folder_of(target);
    if !folder.exists() {
        return Err(fault(format!("no directory {}; create it first", folder.display())));
    }
    if !folder.is_dir() {
        return Err(fault(format!("{} is not a directory", folder.display())));
    }
    let mut builder = tempfile::Builder::new();
    builder.prefix(".mixopt-");
    // What replaces a file is its owner's alone until it is whole and has that file's permissions.
    if before.is_none() {
        permissions_of_new_files(&mut builder);
    }
    builder
        .tempfile_in(folder)
        .map_err(|error| fault(format!("cannot create a file in {} ({})", folder.display(), without_path(&error))))
}

fn folder_of(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// What the system said, without the temporary file's name, which means nothing to a reader.
fn without_path(error: &io::Error) -> String {
    let inner = error.get_ref().and_then(|inner| inner.source());
    inner.map_or_else(|| error.to_string(), ToString::to_string)
}

/// The system takes the umask off.
#[cfg(unix)]
fn permissions_of_new_files(builder: &mut tempfile::Builder<'_, '_>) {
    use std::os::unix::fs::PermissionsExt;
    builder.permissions(std::fs::Permissions::from_mode(0o666));
}

#[cfg(not(unix))]
fn permissions_of_new_files(_builder: &mut tempfile::Builder<'_, '_>) {}

/// Gives a file owner, group and permissions of the one that it replaces, as far as the file system and the user's rights
/// allow.
#[cfg(unix)]
fn keep_permissions(file: &File, before: &Metadata) {
    use std::os::unix::fs::{MetadataExt, fchown};
    if let Ok(now) = file.metadata() {
        let owner = (now.uid() != before.uid()).then(|| before.uid());
        let group = (now.gid() != before.gid()).then(|| before.gid());
        if owner.is_some() || group.is_some() {
            let _ = fchown(file, owner, group);
        }
    }
    let _ = file.set_permissions(before.permissions());
}

#[cfg(not(unix))]
fn keep_permissions(_file: &File, _before: &Metadata) {}
