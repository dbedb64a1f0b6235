//! The files of a domain and the documents in them.

use crate::document::{Document, DocumentSource, Documents};
use crate::domain::file::DomainFile;
use crate::domain::source::{DomainSource, OnFault};
use crate::error::Result;
use crate::formats::byte_stream::MOST_BYTES;
use crate::formats::fault::Fault;
use crate::formats::fields::Fields;
use crate::formats::file_format::FileFormat;
use crate::formats::json_lines::JsonLines;
use crate::formats::parquet::ParquetRows;
use crate::formats::plain_text;

/// A domain whose files have been found, in sorted order.
#[derive(Debug, Clone)]
pub struct DomainFiles {
    source: DomainSource,
    files: Vec<DomainFile>,
}

impl DomainFiles {
    pub(crate) fn new(source: DomainSource, files: Vec<DomainFile>) -> Self {
        Self { source, files }
    }

    /// The domain as the user named it.
    pub fn source(&self) -> &DomainSource {
        &self.source
    }

    /// The files, in the order in which they are read.
    pub fn files(&self) -> &[DomainFile] {
        &self.files
    }

    /// Bytes of all files on disk.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }

    /// The same domain in parts of consecutive files, each of at least so many bytes on disk but the last, which can be
    /// read at the same time.
    ///
    /// The text field is that of the first record of all, as it is where one reader goes through all files.
    pub fn parts(&self, least_bytes: u64) -> Vec<Self> {
        let mut source = self.source.clone();
        if source.text_field.is_none() {
            let mut reader = self.reader();
            // A fault in the first record is met again by whoever reads the first part.
            let _ = reader.next();
            source.text_field = reader.text_field().map(str::to_string);
        }
        let mut parts: Vec<Self> = Vec::new();
        let mut bytes = 0;
        for file in &self.files {
            match parts.last_mut().filter(|_| bytes < least_bytes) {
                Some(part) => part.files.push(file.clone()),
                None => {
                    parts.push(Self { source: source.clone(), files: vec![file.clone()] });
                    bytes = 0;
                }
            }
            bytes += file.bytes;
        }
        parts
    }

    /// Reads the documents from the start, with counts of what was passed over.
    pub fn reader(&self) -> DocumentReader<'_> {
        DocumentReader {
            domain: self,
            fields: Fields::of(&self.source),
            remaining: self.files.iter(),
            current: None,
            counts: ReadCounts::default(),
            bytes_of_finished: 0,
            failed: false,
        }
    }
}

impl DocumentSource for DomainFiles {
    fn domain(&self) -> &str {
        &self.source.name
    }

    fn documents(&self) -> Result<Documents<'_>> {
        Ok(Box::new(self.reader()))
    }
}

/// What was read of a domain so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReadCounts {
    /// Documents given out; none of them is empty.
    pub documents: u64,
    /// Documents passed over as they have no character.
    pub empty: u64,
    /// Lines, rows and files passed over as they hold no document.
    pub faulty: u64,
}

/// The documents of a domain one after the other. It ends after an error.
pub struct DocumentReader<'domain> {
    domain: &'domain DomainFiles,
    fields: Fields,
    remaining: std::slice::Iter<'domain, DomainFile>,
    current: Option<(&'domain DomainFile, FileReader<'domain>)>,
    counts: ReadCounts,
    bytes_of_finished: u64,
    failed: bool,
}

enum FileReader<'file> {
    JsonLines(JsonLines<'file>),
    Parquet(Box<ParquetRows<'file>>),
    /// The file, until it has been read.
    PlainText(Option<&'file DomainFile>),
}

impl<'file> FileReader<'file> {
    fn open(file: &'file DomainFile, fields: &mut Fields) -> Result<Self> {
        Ok(match file.format {
            FileFormat::JsonLines => Self::JsonLines(JsonLines::open(file, MOST_BYTES)?),
            FileFormat::Parquet => Self::Parquet(Box::new(ParquetRows::open(file, fields, MOST_BYTES)?)),
            FileFormat::PlainText => Self::PlainText(Some(file)),
        })
    }

    fn next(&mut self, fields: &mut Fields) -> Option<Result<Document, Fault>> {
        match self {
            Self::JsonLines(lines) => lines.next(fields),
            Self::Parquet(rows) => rows.next(fields),
            Self::PlainText(file) => {
                file.take().map(|file| plain_text::read(file, fields.metadata().len(), MOST_BYTES))
            }
        }
    }

    fn consumed(&self) -> u64 {
        match self {
            Self::JsonLines(lines) => lines.consumed(),
            Self::Parquet(rows) => rows.consumed(),
            Self::PlainText(_) => 0,
        }
    }
}

impl DocumentReader<'_> {
    /// What was read so far.
    pub fn counts(&self) -> ReadCounts {
        self.counts
    }

    /// Bytes of the files, as they lie on disk, read so far.
    pub fn bytes_read(&self) -> u64 {
        self.bytes_of_finished + self.current.as_ref().map_or(0, |(_, reader)| reader.consumed())
    }

    /// The text field, given or settled by the first record; `None` before it and for plain text.
    pub fn text_field(&self) -> Option<&str> {
        self.fields.text()
    }

    fn advance(&mut self) -> Result<Option<Document>> {
        loop {
            let Some((file, reader)) = &mut self.current else {
                let Some(file) = self.remaining.next() else {
                    return Ok(None);
                };
                self.current = Some((file, FileReader::open(file, &mut self.fields)?));
                continue;
            };
            match reader.next(&mut self.fields) {
                None => {
                    self.bytes_of_finished += file.bytes;
                    self.current = None;
                }
                Some(Ok(document)) if document.text.is_empty() => self.counts.empty += 1,
                Some(Ok(document)) => {
                    self.counts.documents += 1;
                    return Ok(Some(document));
                }
                Some(Err(fault)) if fault.of_one_document && self.domain.source.on_fault == OnFault::Skip => {
                    self.counts.faulty += 1;
                }
                Some(Err(fault)) => return Err(fault.error),
            }
        }
    }
}

impl Iterator for DocumentReader<'_> {
    type Item = Result<Document>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let next = self.advance().transpose();
        self.failed = matches!(next, Some(Err(_)) | None);
        next
    }
}
