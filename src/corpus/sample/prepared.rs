//! A prepared domain read back.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Take};
use std::path::{Path, PathBuf};

use indexmap::IndexMap;

use crate::document::{Document, DocumentSource, Documents};
use crate::error::{CorpusError, Result};
use crate::formats::byte_stream::zstd_decoder;
use crate::sample::description::{Preparation, PreparedCounts};
use crate::sample::digest::DocumentDigest;
use mixopt_base::Place;

const BUFFER: usize = 1 << 18;
const EXPECTED: &str = "the documents that were written; prepare the domain again";

/// A domain that was read once and written as one file: see [`prepare`](crate::sample::prepare).
#[derive(Debug, Clone)]
pub struct PreparedDomain {
    file: PathBuf,
    description: Preparation,
    /// Bytes of the file that hold documents.
    document_bytes: u64,
}

impl PreparedDomain {
    /// Opens a file that [`prepare`](crate::sample::prepare) has written. Reading its documents to their end checks them.
    ///
    /// # Errors
    /// [`CorpusError`] where the file cannot be read or is no whole prepared domain.
    pub fn open(file: &Path) -> Result<Self> {
        let (description, document_bytes) = Preparation::read(file)?;
        Ok(Self { file: file.to_path_buf(), description, document_bytes })
    }

    /// Reads all documents and checks them against counts and digest.
    ///
    /// # Errors
    /// [`CorpusError`] where they are not those that were written.
    pub fn verify(&self) -> Result<()> {
        self.documents()?.try_for_each(|document| document.map(drop))
    }

    /// The file.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// All that the file says of itself.
    pub fn description(&self) -> &Preparation {
        &self.description
    }

    /// Counts of what was read and what was kept.
    pub fn counts(&self) -> &PreparedCounts {
        &self.description.counts
    }

    /// SHA-256 of the kept documents in hexadecimal.
    pub fn sha256(&self) -> &str {
        &self.description.sha256
    }
}

impl DocumentSource for PreparedDomain {
    fn domain(&self) -> &str {
        &self.description.domain
    }

    /// All kept documents. After the last one follows an error if they are not those that were written.
    fn documents(&self) -> Result<Documents<'_>> {
        let unreadable = |source| CorpusError::unreadable(&self.file, source);
        let handle = File::open(&self.file).map_err(unreadable)?;
        let packed = BufReader::with_capacity(BUFFER, handle.take(self.document_bytes));
        let decoder = zstd_decoder(packed).map_err(unreadable)?;
        Ok(Box::new(PreparedDocuments {
            domain: self,
            reader: BufReader::with_capacity(BUFFER, decoder),
            line: Vec::new(),
            digest: DocumentDigest::default(),
            documents: 0,
            characters: 0,
            finished: false,
        }))
    }
}

struct PreparedDocuments<'domain> {
    domain: &'domain PreparedDomain,
    reader: BufReader<zstd::Decoder<'static, BufReader<Take<File>>>>,
    line: Vec<u8>,
    digest: DocumentDigest,
    documents: u64,
    characters: u64,
    finished: bool,
}

impl PreparedDocuments<'_> {
    fn advance(&mut self) -> Result<Option<Document>> {
        let place = || Place::file(&self.domain.file).row(format!("line {}", self.documents + 1));
        let fault = |found: String| CorpusError::malformed(place(), found, EXPECTED);
        self.line.clear();
        if self.reader.read_until(b'\n', &mut self.line).map_err(|error| fault(format!("damaged data ({error})")))? == 0
        {
            return self.check_end().map(|()| None);
        }
        let written: WrittenDocument<String> =
            serde_json::from_slice(&self.line).map_err(|error| fault(format!("not a document ({error})")))?;
        let document = written.into_document(&self.domain.description.metadata);
        self.documents += 1;
        self.characters += document.characters();
        self.digest.add(&document);
        Ok(Some(document))
    }

    fn check_end(&mut self) -> Result<()> {
        let fault = |found: String| CorpusError::malformed(Place::file(&self.domain.file), found, EXPECTED);
        let counts = self.domain.counts();
        if (self.documents, self.characters) != (counts.documents, counts.characters) {
            return Err(fault(format!(
                "{} documents of {} characters, but {} of {} were written",
                self.documents, self.characters, counts.documents, counts.characters
            )));
        }
        let sha256 = std::mem::take(&mut self.digest).finish();
        if sha256 != self.domain.sha256() {
            return Err(fault(format!("documents of SHA-256 {sha256}, not {}", self.domain.sha256())));
        }
        Ok(())
    }
}

impl Iterator for PreparedDocuments<'_> {
    type Item = Result<Document>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.finished {
            return None;
        }
        let next = self.advance().transpose();
        self.finished = matches!(next, Some(Err(_)) | None);
        next
    }
}

/// A document as a line of the file.
#[derive(serde::Serialize, serde::Deserialize)]
pub(crate) struct WrittenDocument<Text: std::hash::Hash + Eq> {
    id: Text,
    text: Text,
    #[serde(default = "IndexMap::new", skip_serializing_if = "IndexMap::is_empty")]
    metadata: IndexMap<Text, Option<Text>>,
}

impl<'a> WrittenDocument<&'a str> {
    pub fn new(document: &'a Document, columns: &'a [String]) -> Self {
        let values = document.metadata.iter().map(Option::as_deref);
        let metadata = columns.iter().map(String::as_str).zip(values).collect();
        Self { id: &document.id, text: &document.text, metadata }
    }
}

impl WrittenDocument<String> {
    fn into_document(mut self, columns: &[String]) -> Document {
        let metadata = columns.iter().map(|column| self.metadata.swap_remove(column).flatten()).collect();
        Document { id: self.id, text: self.text, metadata }
    }
}
