//! Documents of a file with one JSON object per line.

use std::path::Path;

use crate::document::Document;
use crate::domain::file::DomainFile;
use crate::error::{CorpusError, Result};
use crate::formats::byte_stream::{ByteStream, MOST_BYTES, Taken, too_long};
use crate::formats::fault::Fault;
use crate::formats::fields::{DEFAULT_TEXT_FIELDS, Fields};
use crate::formats::not_numbers;
use crate::formats::record::{FieldValue, field_names, read_fields};
use mixopt_base::Place;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
const EXPECTED: &str = "one JSON object per line";

/// Reads one file.
pub(crate) struct JsonLines<'file> {
    file: &'file DomainFile,
    stream: ByteStream,
    line: Vec<u8>,
    number: u64,
    /// The most bytes of a line.
    most: usize,
}

impl<'file> JsonLines<'file> {
    pub fn open(file: &'file DomainFile, most: usize) -> Result<Self> {
        Ok(Self { file, stream: ByteStream::open(&file.path)?, line: Vec::new(), number: 0, most })
    }

    /// Bytes of the file read so far.
    pub fn consumed(&self) -> u64 {
        self.stream.consumed()
    }

    /// The next document, which may be empty; `None` at the end.
    pub fn next(&mut self, fields: &mut Fields) -> Option<Result<Document, Fault>> {
        loop {
            let taken = match self.stream.read_line(&mut self.line, self.most) {
                Err(error) => return Some(Err(Fault::of_file(error))),
                Ok(Taken::Nothing) => return None,
                Ok(taken) => taken,
            };
            self.number += 1;
            let mut line = self.line.as_slice();
            if self.number == 1 {
                line = line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line);
            }
            let line = line.trim_ascii();
            if line.is_empty() && taken == Taken::Whole {
                continue;
            }
            let place = Place::file(&self.file.path).row(format!("line {}", self.number));
            if line.first() == Some(&b'[') && self.number == 1 {
                let expected = format!("{EXPECTED} (`jq -c '.[]' FILE` converts an array)");
                return Some(Err(Fault::of_file(CorpusError::malformed(place, "a JSON array", expected))));
            }
            if taken == Taken::TooMuch {
                return Some(Err(Fault::of_document(too_long(place, self.most))));
            }
            let label = || format!("{}:{}", self.file.label, self.number);
            return Some(read(line, fields, place, label).map_err(Fault::of_document));
        }
    }
}

/// Whether a file's first line is a record with a text field.
///
/// # Errors
/// Where it cannot be read.
pub(crate) fn begins_with_record(file: &Path, text_field: Option<&str>) -> Result<bool> {
    let mut stream = ByteStream::open(file)?;
    let mut line = Vec::new();
    if stream.read_line(&mut line, MOST_BYTES)? == Taken::TooMuch {
        // What is wrong with it is told where it is read.
        return Ok(line.trim_ascii_start().starts_with(b"{"));
    }
    let line = line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&line);
    let Ok(line) = std::str::from_utf8(line) else {
        return Ok(false);
    };
    let candidates = text_field.map_or_else(|| DEFAULT_TEXT_FIELDS.to_vec(), |field| vec![field]);
    let mut values = Vec::new();
    let marked;
    let mut is_object = read_fields(line, &candidates, &mut values).is_ok();
    if !is_object && let Some(line) = not_numbers::marked(line) {
        marked = line;
        is_object = read_fields(&marked, &candidates, &mut values).is_ok();
    }
    Ok(is_object && values.iter().any(|value| *value != FieldValue::Absent))
}

fn read(line: &[u8], fields: &mut Fields, place: Place, label: impl Fn() -> String) -> Result<Document> {
    let line = std::str::from_utf8(line).map_err(|error| {
        let found = format!("bytes that are not UTF-8, after byte {} of the line", error.valid_up_to());
        CorpusError::malformed(place.clone(), found, "text in UTF-8")
    })?;
    let (document, settled) = {
        let candidates = fields.text_candidates();
        let mut paths = candidates.clone();
        paths.push(fields.id());
        paths.extend(fields.metadata().iter().map(String::as_str));
        let marked;
        let mut values = Vec::new();
        let mut line = line;
        if let Err(error) = read_fields(line, &paths, &mut values) {
            marked = not_numbers::marked(line).ok_or_else(|| not_json(&place, &error))?;
            line = &marked;
            read_fields(line, &paths, &mut values).map_err(|error| not_json(&place, &error))?;
            values.iter_mut().for_each(not_numbers::unmark);
        }

        let mut values = values.into_iter();
        let texts: Vec<FieldValue> = values.by_ref().take(candidates.len()).collect();
        let has = |(_, value): &(&&str, FieldValue)| *value != FieldValue::Absent;
        let Some((field, text)) = candidates.iter().zip(texts).find(has) else {
            return Err(fields.no_text(place, &field_names(line)));
        };
        let text = match text {
            FieldValue::Text(text) => text.into_owned(),
            FieldValue::Null | FieldValue::Absent => String::new(),
            FieldValue::Scalar(value) => return Err(no_string(place.column(*field), &value)),
            FieldValue::Nested(value) => return Err(no_string(place.column(*field), &value)),
        };
        let id = match values.next().unwrap_or_default() {
            FieldValue::Text(id) if !id.is_empty() => id.into_owned(),
            FieldValue::Scalar(id) if id != not_numbers::NAN => id,
            _ if !fields.id_is_named() => label(),
            FieldValue::Absent => return Err(fields.no_field(fields.id(), place, &field_names(line))),
            _ => {
                let expected = "an identifier: text or a number";
                return Err(CorpusError::malformed(place.column(fields.id()), "not an identifier", expected));
            }
        };
        let metadata = values.map(|value| match value {
            FieldValue::Absent | FieldValue::Null => None,
            // As Python writes what is missing.
            FieldValue::Scalar(text) if text == not_numbers::NAN => None,
            FieldValue::Text(text) => Some(text.into_owned()),
            FieldValue::Scalar(text) | FieldValue::Nested(text) => Some(text),
        });
        (Document { id, text, metadata: metadata.collect() }, field.to_string())
    };
    fields.settle_text(&settled);
    Ok(document)
}

fn no_string(place: Place, value: &str) -> CorpusError {
    let shown: String = value.chars().take(40).collect();
    let more = if shown.len() < value.len() { "…" } else { "" };
    CorpusError::malformed(place, format!("`{shown}{more}`, which is not text"), "a string, or null for no text")
}

fn not_json(place: &Place, error: &serde_json::Error) -> CorpusError {
    let message = error.to_string();
    let reason = message.split(" at line ").next().unwrap_or(&message);
    let found = match error.classify() {
        _ if reason.contains("surrogate") || reason.contains("end of hex escape") => {
            format!("half of a surrogate pair (column {}), which is not a character", error.column())
        }
        serde_json::error::Category::Eof => format!("truncated JSON ({reason}, column {})", error.column()),
        serde_json::error::Category::Data => format!("JSON that is not an object ({reason})"),
        _ => format!("a line that is not JSON ({reason}, column {})", error.column()),
    };
    CorpusError::malformed(place.clone(), found, EXPECTED)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::DomainSource;

    fn read_line(line: &[u8]) -> Result<Document> {
        let mut fields = Fields::of(&DomainSource::new("web", ["x"]));
        read(line, &mut fields, Place::file("x.jsonl").row("line 7"), || "x.jsonl:7".to_string())
    }

    #[test]
    fn faults_name_what_was_found() {
        for (line, expected) in [
            (&b"hello"[..], "a line that is not JSON (expected value, column 1); expected one JSON object per line"),
            (
                br#"{"text": "a"#,
                "truncated JSON (EOF while parsing a string, column 11); expected one JSON object per line",
            ),
            (
                br#""text""#,
                "JSON that is not an object (invalid type: string \"text\", expected an object); expected one JSON object per line",
            ),
            (
                br#"{"text":"\ud800"}"#,
                "half of a surrogate pair (column 16), which is not a character; expected one JSON object per line",
            ),
            (
                br#"{"text":"\ud800 x"}"#,
                "half of a surrogate pair (column 16), which is not a character; expected one JSON object per line",
            ),
            (
                br#"{"text":"\udc00\ud800"}"#,
                "half of a surrogate pair (column 15), which is not a character; expected one JSON object per line",
            ),
            (b"{\"text\":\"\xff\"}", "bytes that are not UTF-8, after byte 9 of the line; expected text in UTF-8"),
            (
                br#"{"Text":"a","url":"b"}"#,
                "no field `text`, `content`, `raw_content`, `body`, `code`; it has `Text`, `url`; did you mean `Text`?; expected a text field; name it with the domain's `text_field`",
            ),
            (
                br#"{}"#,
                "no field `text`, `content`, `raw_content`, `body`, `code`; it has no fields; expected a text field; name it with the domain's `text_field`",
            ),
        ] {
            let error = read_line(line).expect_err(expected).to_string();
            assert_eq!(error, format!("x.jsonl, line 7: {expected}"));
        }
        assert_eq!(
            read_line(br#"{"content":[1]}"#).unwrap_err().to_string(),
            "x.jsonl, line 7, `content`: `[1]`, which is not text; expected a string, or null for no text"
        );
    }

    #[test]
    fn the_first_default_field_that_is_there_is_the_text() {
        for (line, text) in [
            (&br#"{"code":"c","content":"b"}"#[..], "b"),
            (br#"{"text":null,"content":"b"}"#, ""),
            (br#"{"body":"b","raw_content":"r"}"#, "r"),
        ] {
            assert_eq!(read_line(line).unwrap().text, text);
        }
    }

    #[test]
    fn identifiers_are_the_records_own_or_their_place() {
        for (line, id) in [
            (&br#"{"text":"a","id":"x1"}"#[..], "x1"),
            (br#"{"text":"a","id":18446744073709551615}"#, "18446744073709551615"),
            (br#"{"text":"a","id":null}"#, "x.jsonl:7"),
            (br#"{"text":"a","id":{}}"#, "x.jsonl:7"),
            (br#"{"text":"a"}"#, "x.jsonl:7"),
        ] {
            assert_eq!(read_line(line).unwrap().id, id);
        }
    }
}
