//! Outputs that are no plain files: pipes, terminals and devices.

use std::fs::{File, Metadata};
use std::io;
use std::path::{Path, PathBuf};

/// What takes bytes one after the other.
pub(crate) enum Stream {
    /// A pipe, a terminal or another device, by its name.
    Named(PathBuf),
    /// What standard output leads to.
    Output,
    /// What standard error leads to.
    Error,
}

impl Stream {
    /// The stream that a file's name leads to; `None` for a plain file, a disk and a socket.
    #[cfg(unix)]
    pub(crate) fn of(file: &Path, metadata: &Metadata) -> Option<Self> {
        use std::os::unix::fs::{FileTypeExt, MetadataExt};
        let identity = Some((metadata.dev(), metadata.ino()));
        // Opened by another name, a plain file would be written from its start, over what is printed there.
        for (stream, found) in [(Self::Output, standard_output()), (Self::Error, standard_error())] {
            if found.ok().and_then(|found| found.metadata().ok()).map(|found| (found.dev(), found.ino())) == identity {
                return Some(stream);
            }
        }
        let kind = metadata.file_type();
        (kind.is_fifo() || kind.is_char_device()).then(|| Self::Named(file.to_path_buf()))
    }

    /// The stream that a file's name leads to: elsewhere whatever is no plain file.
    #[cfg(not(unix))]
    pub(crate) fn of(file: &Path, metadata: &Metadata) -> Option<Self> {
        (!metadata.is_file()).then(|| Self::Named(file.to_path_buf()))
    }

    /// Opens it. A pipe waits for its reader.
    pub(crate) fn open(&self) -> io::Result<File> {
        match self {
            Self::Named(file) => File::options().write(true).open(file),
            Self::Output => standard_output(),
            Self::Error => standard_error(),
        }
    }
}

#[cfg(unix)]
fn standard_output() -> io::Result<File> {
    use std::os::fd::AsFd;
    Ok(File::from(io::stdout().as_fd().try_clone_to_owned()?))
}

#[cfg(unix)]
fn standard_error() -> io::Result<File> {
    use std::os::fd::AsFd;
    Ok(File::from(io::stderr().as_fd().try_clone_to_owned()?))
}

#[cfg(not(unix))]
fn standard_output() -> io::Result<File> {
    Err(io::Error::other("standard output has no name"))
}

#[cfg(not(unix))]
fn standard_error() -> io::Result<File> {
    Err(io::Error::other("standard error has no name"))
}
