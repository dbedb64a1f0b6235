//! A file that is one document.

use crate::document::Document;
use crate::domain::file::DomainFile;
use crate::error::CorpusError;
use crate::formats::byte_stream::{ByteStream, Taken, too_long};
use crate::formats::fault::Fault;
use mixopt_base::Place;

/// Reads a whole file as one document, as it is: byte order mark and line breaks belong to the text.
pub(crate) fn read(file: &DomainFile, metadata_columns: usize, most: usize) -> Result<Document, Fault> {
    let mut bytes = Vec::new();
    let mut stream = ByteStream::open(&file.path).map_err(Fault::of_file)?;
    if stream.read_all(&mut bytes, most).map_err(Fault::of_file)? == Taken::TooMuch {
        return Err(Fault::of_document(too_long(Place::file(&file.path), most)));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let found = format!("bytes that are not UTF-8, after byte {}", error.utf8_error().valid_up_to());
        Fault::of_document(CorpusError::malformed(Place::file(&file.path), found, "text in UTF-8"))
    })?;
    Ok(Document { id: file.label.clone(), text, metadata: vec![None; metadata_columns] })
}
