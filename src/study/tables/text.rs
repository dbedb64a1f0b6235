//! Delimited text, checked so that an error can name the line.

use std::collections::HashSet;
use std::path::Path;

use crate::error::{Result, StudyError};
use mixopt_base::Place;

/// Rows of delimited text, as many cells in each as the header has.
pub(crate) struct Delimited {
    pub(crate) header: csv::StringRecord,
    pub(crate) rows: Vec<csv::StringRecord>,
    /// Line on which each row begins.
    pub(crate) lines: Vec<u64>,
}

/// Text without the byte order mark that some programs put before it.
///
/// # Errors
/// The line with the first byte that is not UTF-8.
pub(crate) fn utf8(file: &Path, bytes: Vec<u8>) -> Result<String> {
    let text = String::from_utf8(bytes).map_err(|error| {
        let (at, bytes) = (error.utf8_error().valid_up_to(), error.as_bytes());
        let place = Place::file(file).row(format!("line {}", 1 + line_ends(&bytes[..at])));
        let found = format!("the byte 0x{:02X} is not UTF-8", bytes[at]);
        StudyError::malformed(place, found, "UTF-8 text; save the file as UTF-8")
    })?;
    Ok(match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_string(),
        None => text,
    })
}

/// Reads delimited text.
///
/// # Errors
/// A header with a name that is missing or stands there twice, a row that is too short or too long, a quote that is not
/// closed, no rows.
pub(crate) fn read_delimited(file: &Path, text: &str, separator: u8) -> Result<Delimited> {
    let malformed = |place: Place, found: String, expected: &str| Err(StudyError::malformed(place, found, expected));
    let at_line = |line: u64| Place::file(file).row(format!("line {line}"));
    let fault = |error: csv::Error| StudyError::malformed(Place::file(file), error.to_string(), "delimited text");
    if let Some(line) = unclosed_quote(text.as_bytes(), separator) {
        let expected = "a closing quote, or two quotes for each one that belongs to the text";
        return malformed(at_line(line), "an unclosed quote".to_string(), expected);
    }
    let mut reader = csv::ReaderBuilder::new().delimiter(separator).flexible(true).from_reader(text.as_bytes());
    let header = reader.headers().map_err(fault)?.clone();
    if header.iter().all(str::is_empty) {
        return malformed(Place::file(file), "no header".to_string(), "a header and at least one row");
    }
    check_header(&header, at_line(1 + line_ends(&text.as_bytes()[..first_character(text, 0)])), separator)?;

    let (mut rows, mut lines) = (Vec::new(), Vec::new());
    let (mut line, mut counted_to) = (1, 0);
    for row in reader.into_records() {
        let row = row.map_err(fault)?;
        let begins = first_character(text, row.position().map_or(0, |position| position.byte() as usize));
        line += line_ends(&text.as_bytes()[counted_to..begins]);
        counted_to = begins;
        if row.len() != header.len() {
            let place = match header.get(row.len()) {
                Some(first_missing) => at_line(line).column(first_missing),
                None => at_line(line),
            };
            let found = format!("{} cells", row.len());
            return malformed(place, found, &format!("{} cells as in the header", header.len()));
        }
        rows.push(row);
        lines.push(line);
    }
    if rows.is_empty() {
        return malformed(Place::file(file), "no rows".to_string(), "a header and at least one row");
    }
    Ok(Delimited { header, rows, lines })
}

fn check_header(header: &csv::StringRecord, place: Place, separator: u8) -> Result<()> {
    let others = [(';', "semicolons"), ('\t', "tabs"), (',', "commas")];
    let other = others.into_iter().find(|&(mark, _)| header.len() == 1 && header[0].contains(mark));
    if let Some((_, found)) = other {
        let expected = if separator == b'\t' { "tabs, as the extension says" } else { "commas (or tabs in a .tsv)" };
        return Err(StudyError::malformed(place, format!("{found} between the names"), expected));
    }
    let mut seen = HashSet::new();
    for (index, name) in header.iter().map(str::trim).enumerate() {
        // Tools that number their rows leave the first name empty.
        if name.is_empty() && index > 0 {
            let found = format!("column {} has no name", index + 1);
            return Err(StudyError::malformed(place, found, "a name for every column"));
        }
        if !seen.insert(name) {
            return Err(StudyError::Duplicate { place, kind: "column", name: name.to_string() });
        }
    }
    Ok(())
}

/// The line on which a quoted cell begins that never ends.
///
/// The reader takes the rest of the file into such a cell without a word.
fn unclosed_quote(bytes: &[u8], separator: u8) -> Option<u64> {
    let mut opened = None;
    // A quote opens a cell only where the cell begins; elsewhere it is a character like any other.
    let mut at_start = true;
    let mut index = 0;
    while let Some(&byte) = bytes.get(index) {
        match opened {
            Some(_) if byte == b'"' && bytes.get(index + 1) == Some(&b'"') => index += 1,
            Some(_) if byte == b'"' => opened = None,
            Some(_) => {}
            None if byte == b'"' && at_start => opened = Some(index),
            None => {}
        }
        at_start = opened.is_none() && (byte == separator || byte == b'\n' || byte == b'\r');
        index += 1;
    }
    opened.map(|at| 1 + line_ends(&bytes[..at]))
}

/// Ends of lines: `\n`, `\r\n` or `\r`.
fn line_ends(bytes: &[u8]) -> u64 {
    let is_end = |index: usize| match bytes[index] {
        b'\n' => true,
        b'\r' => bytes.get(index + 1) != Some(&b'\n'),
        _ => false,
    };
    (0..bytes.len()).filter(|&index| is_end(index)).count() as u64
}

/// The first character from `start` that is not the end of a line: readers pass over empty lines.
fn first_character(text: &str, start: usize) -> usize {
    text.len() - text[start..].trim_start_matches(['\n', '\r']).len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<u64> {
        read_delimited(Path::new("x.csv"), text, b',').unwrap().lines
    }

    #[test]
    fn rows_have_the_line_on_which_they_begin() {
        assert_eq!(lines("a,b\n1,2\n3,4\n"), [2, 3]);
        assert_eq!(lines("a,b\r\n1,2\r\n3,4"), [2, 3]);
        assert_eq!(lines("a,b\r1,2\r3,4"), [2, 3]);
        assert_eq!(lines("a,b\n\n1,2\n\n\n3,4\n\n"), [3, 6]);
        assert_eq!(lines("\n\na,b\r\n\r\n1,\"x\r\ny\"\r\n3,4\n"), [5, 7]);
    }

    #[test]
    fn a_quote_that_is_not_closed_is_found_where_it_opens() {
        let line = |text: &str| unclosed_quote(text.as_bytes(), b',');
        assert_eq!(line("a,b\n1,\"2\n3,4\n"), Some(2));
        assert_eq!(line("a,b\n\"1\"\"\",\"2\n"), Some(2));
        assert_eq!(line("a,b\n1,5\" disk\n"), None);
        assert_eq!(line("a,\"b \"\"c\"\"\"\n\"\",2\n"), None);
    }

    #[test]
    fn cells_come_out_unescaped() {
        let read = read_delimited(Path::new("x.csv"), "\"the \"\"web\"\"\",b\nc\"d,\"e,\nf\"\n", b',').unwrap();
        assert_eq!(&read.header[0], "the \"web\"");
        assert_eq!(&read.rows[0], &csv::StringRecord::from(vec!["c\"d", "e,\nf"]));
    }
}
