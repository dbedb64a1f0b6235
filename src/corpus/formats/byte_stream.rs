//! The bytes of a file, unpacked as they are read.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::{CorpusError, Result};
use crate::formats::gzip_members::GzipMembers;
use mixopt_base::Place;

/// The most bytes that a document may have, as a line, a text or a cell: 1 GiB.
pub(crate) const MOST_BYTES: usize = 1 << 30;
const BUFFER: usize = 1 << 18;
/// Bytes that are kept of what is too long, to tell what it is.
const BEGINNING: usize = 64;
const GZIP: [u8; 2] = [0x1f, 0x8b];
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// How a file is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Packing {
    None,
    Gzip,
    Zstd,
}

impl Packing {
    fn name(self) -> &'static str {
        match self {
            Self::None => "plain",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        }
    }

    /// What the first bytes say, whatever the name: files lose and gain endings on their way.
    fn of_bytes(bytes: &[u8]) -> Self {
        let word = bytes.first_chunk::<4>().map(|word| u32::from_le_bytes(*word));
        if bytes.starts_with(&GZIP) {
            Self::Gzip
        } else if bytes.starts_with(&ZSTD) || word.is_some_and(|word| (0x184d_2a50..=0x184d_2a5f).contains(&word)) {
            Self::Zstd
        } else {
            Self::None
        }
    }

    fn of_name(file: &Path) -> Self {
        match file.extension().and_then(|ending| ending.to_str()).map(str::to_ascii_lowercase).as_deref() {
            Some("gz") => Self::Gzip,
            Some("zst" | "zstd") => Self::Zstd,
            _ => Self::None,
        }
    }
}

/// What was taken of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Taken {
    /// Nothing: it is at its end.
    Nothing,
    /// A line or text, which is there.
    Whole,
    /// More than is kept; only a beginning of it is there.
    TooMuch,
}

/// The fault of a document of more than `most` bytes.
pub(crate) fn too_long(place: Place, most: usize) -> CorpusError {
    let limit = match most >> 30 {
        0 => format!("{most} bytes"),
        gibibytes => format!("{gibibytes} GiB"),
    };
    let expected = format!("documents of at most {limit}; is a line break or an end of text missing?");
    CorpusError::malformed(place, format!("a document of more than {limit}"), expected)
}

/// A file's bytes, unpacked: plain, gzip of any number of members, zstd of any number of frames.
pub(crate) struct ByteStream {
    file: PathBuf,
    packing: Packing,
    reader: Box<dyn BufRead + Send>,
    consumed: Arc<AtomicU64>,
}

impl ByteStream {
    /// Opens a file.
    ///
    /// # Errors
    /// Where it cannot be read or its name promises a packing that it has not.
    pub fn open(file: &Path) -> Result<Self> {
        let unreadable = |source| CorpusError::unreadable(file, source);
        let handle = File::open(file).map_err(unreadable)?;
        let consumed = Arc::new(AtomicU64::new(0));
        let mut raw = BufReader::with_capacity(BUFFER, Counted { handle, consumed: consumed.clone() });
        let packing = Packing::of_bytes(raw.fill_buf().map_err(unreadable)?);
        let promised = Packing::of_name(file);
        if promised != Packing::None && packing != promised {
            let found = format!("the file is not {} data", promised.name());
            let expected = format!("a complete {} file, as its name says", promised.name());
            return Err(CorpusError::malformed(Place::file(file), found, expected));
        }
        let reader: Box<dyn BufRead + Send> = match packing {
            Packing::None => Box::new(raw),
            Packing::Gzip => Box::new(BufReader::with_capacity(BUFFER, GzipMembers::new(raw))),
            Packing::Zstd => Box::new(BufReader::with_capacity(BUFFER, zstd_decoder(raw).map_err(unreadable)?)),
        };
        Ok(Self { file: file.to_path_buf(), packing, reader, consumed })
    }

    /// Bytes of the packed file that have been taken so far (a buffer ahead of what was given out).
    pub fn consumed(&self) -> u64 {
        self.consumed.load(Ordering::Relaxed)
    }

    /// Takes the bytes up to and with the next line break into an empty line, of which no more than `most` are kept.
    pub fn read_line(&mut self, line: &mut Vec<u8>, most: usize) -> Result<Taken> {
        line.clear();
        self.take(line, most, true).map_err(|error| self.fault(error))
    }

    /// Takes all bytes that are left, but keeps no more than `most`.
    pub fn read_all(&mut self, bytes: &mut Vec<u8>, most: usize) -> Result<Taken> {
        bytes.clear();
        self.take(bytes, most, false).map_err(|error| self.fault(error))
    }

    fn take(&mut self, bytes: &mut Vec<u8>, most: usize, ends_at_line: bool) -> io::Result<Taken> {
        let mut taken = Taken::Nothing;
        loop {
            let buffer = match self.reader.fill_buf() {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                buffer => buffer?,
            };
            if buffer.is_empty() {
                return Ok(taken);
            }
            let end = if ends_at_line { memchr::memchr(b'\n', buffer) } else { None };
            let count = end.map_or(buffer.len(), |end| end + 1);
            // The line break itself is no part of what is limited.
            let content = bytes.len() + count - usize::from(end.is_some());
            if taken == Taken::TooMuch || content > most {
                // A text without end is read to its end, as what follows may be sound, and not kept.
                taken = Taken::TooMuch;
                bytes.truncate(BEGINNING);
                bytes.shrink_to_fit();
            } else {
                taken = Taken::Whole;
                grow(bytes, count, most.saturating_add(1))?;
                bytes.extend_from_slice(buffer.get(..count).unwrap_or(buffer));
            }
            self.reader.consume(count);
            if end.is_some() {
                return Ok(taken);
            }
        }
    }

    fn fault(&self, error: io::Error) -> CorpusError {
        // What memory there is says nothing about the file.
        if error.kind() == io::ErrorKind::OutOfMemory || error.to_string().contains("not enough memory") {
            let problem = "there is not enough memory to decompress it or to hold one of its documents";
            return CorpusError::unreadable(&self.file, io::Error::other(problem));
        }
        // What the system says has a code; what an unpacker says has none.
        if self.packing == Packing::None || error.raw_os_error().is_some() {
            return CorpusError::unreadable(&self.file, error);
        }
        let name = self.packing.name();
        let found = match error.kind() {
            io::ErrorKind::UnexpectedEof => format!("the {name} data are truncated"),
            _ => format!("the {name} data are damaged ({error})"),
        };
        CorpusError::malformed(
            Place::file(&self.file),
            found,
            format!("a complete {name} file; was it copied or written completely?"),
        )
    }
}

/// Makes room for more bytes, twice as much each time, but for no more than `most` in all.
fn grow(bytes: &mut Vec<u8>, more: usize, most: usize) -> io::Result<()> {
    let needed = bytes.len() + more;
    if needed > bytes.capacity() {
        let wanted = needed.max(bytes.capacity().saturating_mul(2).min(most));
        let room = bytes.try_reserve_exact(wanted - bytes.len());
        room.map_err(|_| io::Error::from(io::ErrorKind::OutOfMemory))?;
    }
    Ok(())
}

/// A decoder that takes frames of any window, as `zstd --long=31` writes them.
pub(crate) fn zstd_decoder<R: BufRead>(reader: R) -> io::Result<zstd::Decoder<'static, R>> {
    let mut decoder = zstd::Decoder::with_buffer(reader)?;
    decoder.window_log_max(31)?;
    Ok(decoder)
}

/// Counts what goes through.
struct Counted {
    handle: File,
    consumed: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.handle.read(buffer)?;
        self.consumed.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_than_the_limit_is_kept_and_what_follows_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a");
        // Lines of 5, 6 and 7 bytes without their breaks, one over two buffers, an empty one, and a last one without break.
        let long = "x".repeat(BUFFER * 2 + 100);
        std::fs::write(&file, format!("12345\n123456\n1234567\n{long}\n\n12")).unwrap();
        let mut stream = ByteStream::open(&file).unwrap();
        let mut line = Vec::new();
        let mut next = || {
            let taken = stream.read_line(&mut line, 6).unwrap();
            assert!(line.capacity() <= 64, "{}", line.capacity());
            (taken, String::from_utf8(line.clone()).unwrap())
        };
        assert_eq!(next(), (Taken::Whole, "12345\n".to_string()));
        assert_eq!(next(), (Taken::Whole, "123456\n".to_string()));
        assert_eq!(next().0, Taken::TooMuch);
        assert_eq!(next().0, Taken::TooMuch);
        assert_eq!(next(), (Taken::Whole, "\n".to_string()));
        assert_eq!(next(), (Taken::Whole, "12".to_string()));
        assert_eq!(next().0, Taken::Nothing);

        let read_all = |most| ByteStream::open(&file).unwrap().read_all(&mut Vec::new(), most).unwrap();
        let bytes = std::fs::metadata(&file).unwrap().len() as usize;
        assert_eq!((read_all(bytes), read_all(bytes - 1)), (Taken::Whole, Taken::TooMuch));
    }
}
