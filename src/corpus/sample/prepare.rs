//! A domain read once and written as one file.

use std::io::{self, Write};
use std::path::Path;

use mixopt_base::{Observer, Setting, check_not_input};

use crate::document::Document;
use crate::domain::files::DomainFiles;
use crate::error::{CorpusError, Result};
use crate::sample::description::{Preparation, PreparedCounts, SourceFile};
use crate::sample::digest::DocumentDigest;
use crate::sample::prepared::{PreparedDomain, WrittenDocument};
use crate::sample::sampling::{Sampler, Sampling};
use mixopt_base::whole_file::{WriteError, write_whole_with};

const COMPRESSION_LEVEL: i32 = 3;

/// Reads a domain's files once and writes its sample, or without limits all of it, to one file of zstd-compressed JSONL,
/// whole or not at all.
///
/// Memory is bounded by the sample's limits, without them by the greatest document.
///
/// # Errors
/// [`CorpusError`] where the files cannot be read, the file cannot be written or is one of those read, no document has
/// text, or `observer` interrupts.
pub fn prepare(
    source: &DomainFiles,
    sampling: &Sampling,
    file: &Path,
    observer: &dyn Observer,
) -> Result<PreparedDomain> {
    sampling.check()?;
    check_not_input(Setting::Out, file, source.files().iter().map(|read| &read.path))?;
    write_whole_with(file, |out| {
        let mut writer = DocumentWriter::new(out, source, file)?;
        let mut reader = source.reader();
        let mut sampler = sampling.is_limited().then(|| Sampler::new(sampling, &source.source().name));
        let mut heard = 0;
        while let Some(document) = reader.next() {
            let document = document?;
            observer.advance(reader.bytes_read() - heard);
            heard = reader.bytes_read();
            if observer.interrupted() {
                return Err(CorpusError::Interrupted);
            }
            let characters = document.characters();
            writer.counts.read_characters += characters;
            writer.counts.read_bytes += document.text.len() as u64;
            match &mut sampler {
                Some(sampler) => sampler.take(document, characters),
                None => writer.write(&document, characters)?,
            }
        }
        observer.advance(reader.bytes_read() - heard);
        for sampled in sampler.map(Sampler::finish).unwrap_or_default() {
            if observer.interrupted() {
                return Err(CorpusError::Interrupted);
            }
            writer.counts.cut_documents += u64::from(sampled.cut);
            writer.write(&sampled.document, sampled.document.characters())?;
        }
        let read = reader.counts();
        if read.documents == 0 {
            let domain = source.source().name.clone();
            return Err(CorpusError::NoDocuments { domain, empty: read.empty, faulty: read.faulty });
        }
        writer.counts.read_documents = read.documents;
        writer.counts.empty_documents = read.empty;
        writer.counts.faulty_documents = read.faulty;
        writer.finish(source, sampling, reader.text_field())
    })?;
    PreparedDomain::open(file)
}

struct DocumentWriter<'a> {
    file: &'a Path,
    columns: &'a [String],
    encoder: zstd::Encoder<'static, &'a mut dyn Write>,
    line: Vec<u8>,
    digest: DocumentDigest,
    counts: PreparedCounts,
    /// For each column whether a document has it.
    present: Vec<bool>,
}

impl<'a> DocumentWriter<'a> {
    fn new(out: &'a mut dyn Write, source: &'a DomainFiles, file: &'a Path) -> Result<Self> {
        let fault = |source| CorpusError::from(WriteError::new(file, source));
        let mut encoder = zstd::Encoder::new(out, COMPRESSION_LEVEL).map_err(fault)?;
        encoder.include_checksum(true).map_err(fault)?;
        Ok(Self {
            file,
            columns: &source.source().metadata,
            encoder,
            line: Vec::new(),
            digest: DocumentDigest::default(),
            counts: PreparedCounts::default(),
            present: vec![false; source.source().metadata.len()],
        })
    }

    fn write(&mut self, document: &Document, characters: u64) -> Result<()> {
        self.counts.documents += 1;
        self.counts.characters += characters;
        self.counts.bytes += document.text.len() as u64;
        for (present, value) in self.present.iter_mut().zip(&document.metadata) {
            *present |= value.is_some();
        }
        self.digest.add(document);
        self.line.clear();
        let written = WrittenDocument::new(document, self.columns);
        let fault = |source: io::Error| CorpusError::from(WriteError::new(self.file, source));
        serde_json::to_writer(&mut self.line, &written).map_err(|error| fault(error.into()))?;
        self.line.push(b'\n');
        self.encoder.write_all(&self.line).map_err(fault)
    }

    fn finish(self, source: &DomainFiles, sampling: &Sampling, text_field: Option<&str>) -> Result<()> {
        let fault = |source: io::Error| CorpusError::from(WriteError::new(self.file, source));
        let files = source.files().iter();
        let files = files.map(|file| SourceFile { path: file.path.display().to_string(), bytes: file.bytes });
        let columns = self.columns.iter().zip(&self.present);
        let description = Preparation {
            version: Preparation::VERSION,
            domain: source.source().name.clone(),
            counts: self.counts,
            sampling: *sampling,
            text_field: text_field.map(str::to_string),
            id_field: source.source().id_field.clone(),
            metadata: source.source().metadata.clone(),
            absent_metadata: columns.filter(|(_, present)| !**present).map(|(column, _)| column.clone()).collect(),
            files: files.collect(),
            sha256: self.digest.finish(),
        };
        let out = self.encoder.finish().map_err(fault)?;
        description.write(out).map_err(fault)
    }
}
