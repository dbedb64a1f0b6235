//! Tables as other programs write them: the fixtures in `tests/data/tables` are of Arrow, by its own Parquet writer.

use std::path::{Path, PathBuf};

use mixopt_study::{Aliases, CompressionTable, ModelsTable, Study, StudyFiles, Table};

/// A fixture.
pub fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/tables").join(name)
}

/// Column `name` of a table as text.
fn texts(file: &Path, column: &str) -> Vec<Option<String>> {
    Table::read(file).unwrap().text(column)
}

fn compression(name: &str) -> CompressionTable {
    CompressionTable::read(&fixture(name), None, &Aliases::default()).unwrap()
}

fn models(name: &str, family_column: Option<&str>) -> Result<ModelsTable, String> {
    let table = Table::read(&fixture(name)).map_err(|error| error.to_string())?;
    ModelsTable::from_table(&table, family_column, &Aliases::default()).map_err(|error| error.to_string())
}

#[test]
fn decimals_are_the_numbers_that_text_has() {
    let (decimals, text) = (compression("decimals.parquet"), compression("bpc.csv"));
    assert_eq!(decimals.matrix.rows, text.matrix.rows);
    assert_eq!(decimals.matrix.columns, text.matrix.columns);
    assert_eq!(decimals.matrix.values, text.matrix.values);
    let parameters = &models("models-decimals.parquet", None).unwrap().covariates["parameters"];
    assert!(parameters.iter().all(|&count| count > 0.0 && count.is_finite()), "{parameters:?}");
}

#[test]
fn categories_and_bytes_are_names() {
    let text = compression("bpc.csv");
    for name in ["categories.parquet", "categories-long.parquet"] {
        let found = compression(name);
        assert_eq!(found.matrix.rows, text.matrix.rows, "{name}");
        assert_eq!(found.matrix.columns, text.matrix.columns, "{name}");
        assert_eq!(found.matrix.values, text.matrix.values, "{name}");
    }
    let found = models("models-categories.parquet", None).unwrap();
    assert_eq!(found.names, text.matrix.rows);
    assert_eq!(found.families[0].as_deref(), Some("a"));
    assert_eq!(texts(&fixture("types.parquet"), "binary"), texts(&fixture("types.parquet"), "text"));
    assert_eq!(texts(&fixture("types.parquet"), "dictionary"), texts(&fixture("types.parquet"), "text"));
}

#[test]
fn every_width_of_number_is_a_number() {
    let table = Table::read(&fixture("types.parquet")).unwrap();
    for column in [
        "int8",
        "int16",
        "int32",
        "int64",
        "uint8",
        "uint16",
        "uint32",
        "uint64",
        "float16",
        "float32",
        "float64",
        "decimal32",
        "decimal64",
        "decimal128",
    ] {
        let numbers = table.numbers(column).unwrap();
        assert_eq!(&numbers[..2], [1.0, 2.0], "{column}");
        assert!(numbers[2].is_nan(), "{column}");
        assert!(!table.is_text(column), "{column}");
    }
    for name in ["int8", "int16", "uint8", "uint16", "float16"] {
        let found = models(&format!("models-{name}.parquet"), None).unwrap();
        assert!(found.covariates["parameters"].iter().all(|&count| count >= 1e9), "{name}");
    }
    // Names that are numbers keep all of their digits.
    let id = |text: &str| Some(text.to_string());
    assert_eq!(table.names("large", "document").unwrap(), ["9007199254740993", "9007199254740992", "7"]);
    assert_eq!(texts(&fixture("types.parquet"), "float32"), [id("1"), id("2"), None]);
}

#[test]
fn other_types_are_passed_over_until_they_are_asked_for() {
    for (name, column, kind) in
        [("date", "released", "dates"), ("timestamp", "added", "points in time"), ("list", "tags", "lists")]
    {
        let name = format!("models-{name}.parquet");
        assert_eq!(models(&name, None).unwrap().names.len(), 12, "{name}");
        let message = models(&name, Some(column)).unwrap_err();
        assert!(
            message.ends_with(&format!("{name}, `{column}`: a column of {kind}; expected names of a family")),
            "{message}"
        );
    }
    let table = Table::read(&fixture("types.parquet")).unwrap();
    for (column, kind) in [
        ("bool", "truth values"),
        ("date", "dates"),
        ("timestamp", "points in time"),
        ("time", "times of day"),
        ("duration", "durations"),
        ("list", "lists"),
        ("struct", "structs"),
        // The decoder knows them as lists of pairs.
        ("map", "lists"),
        ("bytes", "bytes that are not UTF-8"),
    ] {
        assert!(table.is_text(column), "{column}");
        let message = table.numbers(column).unwrap_err().to_string();
        assert!(
            message.ends_with(&format!("types.parquet, `{column}`: a column of {kind}; expected numbers")),
            "{message}"
        );
    }
}

#[test]
fn nested_and_true_json_is_passed_over_until_it_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("models.json");
    let rows = r#"[{"model": "a", "tags": ["x"], "chat": true, "about": {"by": "x"}, "year": 2023},
        {"year": "nan", "size": 7, "model": 7.0, "mixed": [1]}, {"model": 9007199254740993, "mixed": "x", "tags": null}]"#;
    std::fs::write(&file, rows).unwrap();
    let table = Table::read(&file).unwrap();
    assert_eq!(table.columns(), ["model", "tags", "chat", "about", "year", "size", "mixed"]);
    assert_eq!(table.names("model", "model").unwrap(), ["a", "7", "9007199254740993"]);
    let years = table.numbers("year").unwrap();
    assert!(years[0] == 2023.0 && years[1].is_nan() && years[2].is_nan());
    for (column, expected) in [
        ("tags", "models.json, `tags`: a column of lists; expected numbers"),
        ("chat", "models.json, `chat`: a column of truth values; expected numbers"),
        ("about", "models.json, `about`: a column of objects; expected numbers"),
        ("mixed", "models.json, row 2, `mixed`: `[1]`; expected a finite number, or an empty cell for no value"),
    ] {
        let message = table.numbers(column).unwrap_err().to_string();
        assert!(message.ends_with(expected), "{message}");
    }
    let message = table.names("mixed", "family").unwrap_err().to_string();
    assert!(message.ends_with("models.json, row 2, `mixed`: `[1]`; expected the name of a family"), "{message}");
}

/// What is wrong with a table, if anything is; a panic fails the test.
fn read(name: &str, bytes: Vec<u8>) -> Option<String> {
    match Table::parse(Path::new(name), bytes) {
        Ok(table) => {
            for column in table.columns() {
                assert_eq!(table.text(&column).len(), table.rows());
            }
            None
        }
        Err(error) => Some(error.to_string()),
    }
}

#[test]
fn damaged_files_are_refused() {
    let mut refused = 0;
    for entry in std::fs::read_dir(fixture("damaged")).unwrap() {
        let file = entry.unwrap().path();
        if let Some(message) = read("x.parquet", std::fs::read(&file).unwrap()) {
            assert!(
                message.starts_with("x.parquet") && message.ends_with("; expected a complete Parquet file"),
                "{message}"
            );
            refused += 1;
        }
    }
    assert!(refused >= 8, "{refused}");
}

#[test]
fn no_changed_byte_ends_the_program() {
    let whole = std::fs::read(fixture("models-date.parquet")).unwrap();
    let mut refused = 0;
    for at in 0..whole.len() {
        for change in [0x01, 0x80, 0xFF] {
            let mut bytes = whole.clone();
            bytes[at] ^= change;
            refused += usize::from(read("x.parquet", bytes).is_some());
        }
        refused += usize::from(read("x.parquet", whole[..at].to_vec()).is_some());
    }
    assert!(refused > whole.len(), "{refused}");
}

#[test]
fn a_small_file_of_millions_of_rows_is_refused() {
    let message = read("x.parquet", std::fs::read(fixture("many-rows.parquet")).unwrap()).unwrap();
    assert!(message.starts_with("x.parquet: 6000000 rows of 1 columns in "), "{message}");
    assert!(
        message.ends_with(" bytes, more than 5000000 cells and more than 8 per byte; expected a complete Parquet file"),
        "{message}"
    );
}

#[test]
fn studies_are_read_from_each_of_them() {
    let of = |bpc: &str| Study::read(&StudyFiles::new(fixture(bpc), fixture("scores.csv"))).unwrap();
    let text = of("bpc.csv");
    for name in ["decimals.parquet", "categories.parquet", "categories-long.parquet"] {
        let study = of(name);
        assert_eq!(study.compression.matrix.values, text.compression.matrix.values, "{name}");
        assert_eq!(study.scores.matrix.rows, text.scores.matrix.rows, "{name}");
    }
}
