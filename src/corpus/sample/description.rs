//! What a prepared domain says of itself, and where it stands in its file.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

use crate::error::{CorpusError, Result};
use crate::sample::sampling::Sampling;
use mixopt_base::Place;

/// Version of the format of prepared domains.
const VERSION: u32 = 1;
/// A frame that zstd readers skip, so that the file is also plain JSONL to any of them.
const FRAME: u32 = 0x184d_2a5d;
const TAG: &[u8; 8] = b"mixopt-1";
/// Length of the description and the tag, at the end of the file.
const TRAILER: u64 = 12;
const GREATEST: u32 = 1 << 30;
const EXPECTED: &str = "a complete prepared domain; prepare it again";

/// Counts of a prepared domain. Characters are Unicode code points, bytes those of UTF-8.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct PreparedCounts {
    /// Documents of the corpus that have text.
    pub read_documents: u64,
    /// Their characters.
    pub read_characters: u64,
    /// Their bytes.
    pub read_bytes: u64,
    /// Documents of the corpus without a character, passed over.
    pub empty_documents: u64,
    /// Lines, rows and files of the corpus that hold no document, passed over.
    pub faulty_documents: u64,
    /// Documents kept.
    pub documents: u64,
    /// Characters kept.
    pub characters: u64,
    /// Bytes kept.
    pub bytes: u64,
    /// Kept documents whose end was cut off at the limit: one at most.
    pub cut_documents: u64,
}

/// A file that a domain was prepared from.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct SourceFile {
    /// Its path as named by the user.
    pub path: String,
    /// Its size on disk in bytes.
    pub bytes: u64,
}

/// What a prepared domain says of itself.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Preparation {
    /// Version of the format.
    pub version: u32,
    /// Name of the domain.
    pub domain: String,
    /// Counts of what was read and what was kept.
    pub counts: PreparedCounts,
    /// Limits and seed.
    pub sampling: Sampling,
    /// The text's field; none for plain text.
    pub text_field: Option<String>,
    /// The field of identifiers, where one was named.
    pub id_field: Option<String>,
    /// Names of the metadata columns, in the order of every document's values.
    pub metadata: Vec<String>,
    /// Those of them that no kept document has.
    #[serde(default)]
    pub absent_metadata: Vec<String>,
    /// The files it was read from, in order.
    pub files: Vec<SourceFile>,
    /// SHA-256 of the kept documents in hexadecimal: of each its identifier, text and metadata with their lengths.
    pub sha256: String,
}

impl Preparation {
    pub(crate) const VERSION: u32 = VERSION;

    /// Writes the description as the file's last frame.
    pub(crate) fn write(&self, out: &mut dyn Write) -> std::io::Result<()> {
        let json = serde_json::to_vec(self)?;
        let too_long = || std::io::Error::other("the list of files is too long");
        let length = u32::try_from(json.len()).ok().filter(|length| *length <= GREATEST).ok_or_else(too_long)?;
        out.write_all(&FRAME.to_le_bytes())?;
        out.write_all(&(length + TRAILER as u32).to_le_bytes())?;
        out.write_all(&json)?;
        out.write_all(&length.to_le_bytes())?;
        out.write_all(TAG)
    }

    /// Reads the description at a file's end; gives it with the number of bytes before it, which hold the documents.
    ///
    /// # Errors
    /// Where the file cannot be read or does not end in a description.
    pub(crate) fn read(file: &Path) -> Result<(Self, u64)> {
        let unreadable = |source| CorpusError::unreadable(file, source);
        let fault = |found: &str| CorpusError::malformed(Place::file(file), found, EXPECTED);
        let mut handle = File::open(file).map_err(unreadable)?;
        let size = handle.metadata().map_err(unreadable)?.len();
        let trailer_start = size.checked_sub(TRAILER).ok_or_else(|| fault("too few bytes"))?;
        let mut read_at = |start: u64, bytes: &mut [u8]| -> Result<()> {
            handle.seek(SeekFrom::Start(start)).map_err(unreadable)?;
            handle.read_exact(bytes).map_err(unreadable)
        };
        let (mut length, mut tag) = ([0; 4], [0; 8]);
        read_at(trailer_start, &mut length)?;
        read_at(trailer_start + 4, &mut tag)?;
        if &tag != TAG {
            return Err(fault("no description of a prepared domain at its end"));
        }
        let length = u32::from_le_bytes(length);
        let start = trailer_start.checked_sub(u64::from(length) + 8).filter(|_| length <= GREATEST);
        let start = start.ok_or_else(|| fault("a description longer than the file"))?;
        let (mut frame, mut frame_length) = ([0; 4], [0; 4]);
        read_at(start, &mut frame)?;
        read_at(start + 4, &mut frame_length)?;
        if frame != FRAME.to_le_bytes() || frame_length != (length + TRAILER as u32).to_le_bytes() {
            return Err(fault("a damaged description"));
        }
        let mut json = vec![0; length as usize];
        read_at(start + 8, &mut json)?;
        let version: Versioned =
            serde_json::from_slice(&json).map_err(|error| fault(&format!("a damaged description ({error})")))?;
        if version.version != VERSION {
            let found = format!("a prepared domain of version {}, not {VERSION}", version.version);
            return Err(fault(&found));
        }
        let description =
            serde_json::from_slice(&json).map_err(|error| fault(&format!("a damaged description ({error})")))?;
        Ok((description, start))
    }
}

#[derive(serde::Deserialize)]
struct Versioned {
    version: u32,
}
