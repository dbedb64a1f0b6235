//! Files that are written whole or not at all.

use std::io::{self, BufWriter, Write};
use std::path::Path;

/// A file that cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {}: {source}", .file.display())]
pub struct WriteError {
    /// The file.
    pub file: std::path::PathBuf,
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
/// # Errors
/// [`WriteError`] with the file, or what the function gives.
pub fn write_whole_with<T, E: From<WriteError>>(
    file: &Path,
    write: impl FnOnce(&mut dyn Write) -> Result<T, E>,
) -> Result<T, E> {
    let fault = |source: io::Error| WriteError::new(file, source);
    let mut beside = temporary_beside(file)?;
    let mut buffered = BufWriter::with_capacity(1 << 20, beside.as_file_mut());
    let value = write(&mut buffered)?;
    buffered.flush().map_err(fault)?;
    drop(buffered);
    beside.as_file().sync_all().map_err(fault)?;
    set_usual_permissions(beside.as_file()).map_err(fault)?;
    beside.persist(file).map_err(|error| fault(error.error))?;
    Ok(value)
}

/// Checks that [`write_whole`] could write a file, without touching it.
///
/// # Errors
/// [`WriteError`] with the file.
pub fn check_writable(file: &Path) -> Result<(), WriteError> {
    temporary_beside(file).map(|_| ())
}

/// A file in the same folder, which goes away with the value.
fn temporary_beside(file: &Path) -> Result<tempfile::NamedTempFile, WriteError> {
    let fault = |problem: String| WriteError::new(file, std::io::Error::other(problem));
    if file.is_dir() {
        return Err(fault("it is a directory".to_string()));
    }
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !folder.exists() {
        return Err(fault(format!("there is no directory {}; make it first", folder.display())));
    }
    if !folder.is_dir() {
        return Err(fault(format!("{} is no directory", folder.display())));
    }
    tempfile::Builder::new()
        .prefix(".mixopt-")
        .tempfile_in(folder)
        .map_err(|error| fault(format!("{} takes no new file ({})", folder.display(), without_path(&error))))
}

/// What the system said, without the temporary file's name, which means nothing to a reader.
fn without_path(error: &std::io::Error) -> String {
    let inner = error.get_ref().and_then(|inner| inner.source());
    inner.map_or_else(|| error.to_string(), ToString::to_string)
}

/// A temporary file is private to its owner; the file it becomes should be as readable as any other.
#[cfg(unix)]
fn set_usual_permissions(file: &std::fs::File) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(std::fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn set_usual_permissions(_file: &std::fs::File) -> std::io::Result<()> {
    Ok(())
}
