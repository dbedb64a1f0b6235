//! The bytes of a file, unpacked as they are read.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::{CorpusError, Result};
use mixopt_base::Place;

const BUFFER: usize = 1 << 18;
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
            let expected = format!("a whole {} file, as its name says", promised.name());
            return Err(CorpusError::malformed(Place::file(file), found, expected));
        }
        let reader: Box<dyn BufRead + Send> = match packing {
            Packing::None => Box::new(raw),
            Packing::Gzip => Box::new(BufReader::with_capacity(BUFFER, flate2::bufread::MultiGzDecoder::new(raw))),
            Packing::Zstd => Box::new(BufReader::with_capacity(BUFFER, zstd_decoder(raw).map_err(unreadable)?)),
        };
        Ok(Self { file: file.to_path_buf(), packing, reader, consumed })
    }

    /// Bytes of the packed file that have been taken so far (a buffer ahead of what was given out).
    pub fn consumed(&self) -> u64 {
        self.consumed.load(Ordering::Relaxed)
    }

    /// Appends the bytes up to and with the next line break; gives how many, 0 at the end.
    pub fn read_line(&mut self, line: &mut Vec<u8>) -> Result<usize> {
        self.reader.read_until(b'\n', line).map_err(|error| self.fault(error))
    }

    /// Appends all bytes that are left.
    pub fn read_all(&mut self, bytes: &mut Vec<u8>) -> Result<usize> {
        self.reader.read_to_end(bytes).map_err(|error| self.fault(error))
    }

    fn fault(&self, error: io::Error) -> CorpusError {
        // What the system says has a code; what an unpacker says has none.
        if self.packing == Packing::None || error.raw_os_error().is_some() {
            return CorpusError::unreadable(&self.file, error);
        }
        let name = self.packing.name();
        let found = match error.kind() {
            io::ErrorKind::UnexpectedEof => format!("the {name} data end too early"),
            _ => format!("the {name} data are damaged ({error})"),
        };
        CorpusError::malformed(
            Place::file(&self.file),
            found,
            format!("a whole {name} file; was it copied or written to its end?"),
        )
    }
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
