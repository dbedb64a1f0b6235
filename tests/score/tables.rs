//! The tables on disk: what is in them, and that the fit reads them.

use std::fs::File;

use mixopt_score::{Protocol, TableFormat, documents_file};
use mixopt_study::{Aliases, CompressionTable, Unit};
use polars_core::prelude::DataFrame;
use polars_io::prelude::{ParquetReader, SerReader};

use super::mocks::{Provider, Setup, TOKENIZERS, domain, exact_nats, rough_nats, texts};
use super::sums::{column, numbers};

fn models() -> [Provider; 2] {
    ["a", "b"].map(|name| Provider { nats: rough_nats, ..Provider::new(name, TOKENIZERS[0]) })
}

fn parquet(file: &std::path::Path) -> DataFrame {
    ParquetReader::new(File::open(file).unwrap()).finish().unwrap()
}

#[test]
fn both_formats_hold_the_same_numbers_to_the_last_bit() {
    let folder = tempfile::tempdir().unwrap();
    let setup = Setup { protocol: Protocol::Document, ..Setup::default() };
    let models = models();
    let domains = [domain("web", &texts()), domain("code", &texts()[3..])];
    let (_, rows) = setup.score(folder.path(), "bpc.parquet", &[&models[0], &models[1]], &domains).unwrap();
    setup.score(folder.path(), "bpc.csv", &[&models[0], &models[1]], &domains).unwrap();
    for name in ["bpc", "bpc.documents"] {
        let text = std::fs::read_to_string(folder.path().join(format!("{name}.csv"))).unwrap();
        let frame = parquet(&folder.path().join(format!("{name}.parquet")));
        let names: Vec<String> = frame.get_column_names().iter().map(|name| name.to_string()).collect();
        assert_eq!(text.lines().next().unwrap(), names.join(","));
        for column_name in &names {
            let cells = column(&text, column_name);
            let column = frame.column(column_name).unwrap();
            assert_eq!(cells.len(), column.len(), "{name} {column_name}");
            if let Ok(floats) = column.f64() {
                let floats: Vec<f64> = floats.iter().map(Option::unwrap).collect();
                assert_eq!(numbers(&text, column_name), floats, "{name} {column_name}");
            } else if let Ok(counts) = column.u64() {
                let counts: Vec<String> = counts.iter().map(|count| count.unwrap().to_string()).collect();
                assert_eq!(cells, counts, "{name} {column_name}");
            } else {
                let texts: Vec<&str> = column.str().unwrap().iter().map(Option::unwrap_or_default).collect();
                assert_eq!(cells, texts, "{name} {column_name}");
            }
        }
    }
    let frame = parquet(&folder.path().join("bpc.documents.parquet"));
    // Two models on 12 and 9 documents; every other document lacks the metadata.
    assert_eq!(frame.height(), 2 * (12 + 9));
    assert_eq!(frame.column("host").unwrap().null_count(), 2 * (6 + 4));
    let bits: f64 = frame.column("bits").unwrap().f64().unwrap().iter().take(12).flatten().fold(0.0, |a, b| a + b);
    assert_eq!(bits, rows[0].bits, "documents add up to their cell exactly");
    let order: Vec<(&str, &str)> = rows.iter().map(|row| (row.model.as_str(), row.domain.as_str())).collect();
    assert_eq!(order, [("a", "web"), ("a", "code"), ("b", "web"), ("b", "code")]);
}

#[test]
fn the_fit_reads_the_table_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let setup = Setup::default();
    // Bits per character beyond any real model's would be refused.
    let models = models().map(|model| Provider { nats: exact_nats, ..model });
    let domains = [domain("web", &texts()), domain("code", &texts()[3..])];
    for name in ["bpc.parquet", "bpc.csv"] {
        let (_, rows) = setup.score(folder.path(), name, &[&models[0], &models[1]], &domains).unwrap();
        let file = folder.path().join(name);
        for unit in [Unit::Characters, Unit::Bytes] {
            let table = CompressionTable::read(&file, Some(unit), &Aliases::default()).unwrap();
            assert_eq!(table.unit, unit);
            assert_eq!(table.matrix.rows, ["a", "b"]);
            assert_eq!(table.matrix.columns, ["web", "code"]);
            for row in &rows {
                let index = |names: &[String], name: &str| names.iter().position(|other| other == name).unwrap();
                let found = table.matrix.values
                    [(index(&table.matrix.rows, &row.model), index(&table.matrix.columns, &row.domain))];
                let expected = if unit == Unit::Characters { row.bits_per_character } else { row.bits_per_byte };
                assert_eq!(found, expected, "{name}");
            }
        }
        // Without a unit it is bits per character.
        assert_eq!(CompressionTable::read(&file, None, &Aliases::default()).unwrap().unit, Unit::Characters);
    }
}

#[test]
fn names_that_readers_take_for_other_things_are_read_back_as_written() {
    let folder = tempfile::tempdir().unwrap();
    let setup = Setup { protocol: Protocol::Document, ..Setup::default() };
    let names = [
        "nan",
        "NA",
        "no",
        "null",
        "-",
        "1e5",
        "007",
        "a,b",
        "say \"x\"",
        "two\nlines",
        "a\tb",
        ".dots.",
        "日本",
        "=cmd",
        "#x",
    ];
    let models = ["nan", "a,\"b\"\n#"].map(|name| Provider { nats: exact_nats, ..Provider::new(name, TOKENIZERS[0]) });
    let domains = names.map(|name| domain(name, &texts()));
    for name in ["bpc.csv", "bpc.parquet"] {
        let (_, rows) = setup.score(folder.path(), name, &[&models[0], &models[1]], &domains).unwrap();
        let file = folder.path().join(name);
        for file in [file.clone(), documents_file(&file)] {
            let table = CompressionTable::read(&file, None, &Aliases::default()).unwrap();
            assert_eq!(table.matrix.rows, ["nan", "a,\"b\"\n#"], "{}", file.display());
            assert_eq!(table.matrix.columns, names, "{}", file.display());
            for (index, row) in rows.iter().enumerate() {
                let found = table.matrix.values[(index / names.len(), index % names.len())];
                assert!((found - row.bits_per_character).abs() < 1e-12, "{}", file.display());
            }
        }
    }
}

#[test]
fn metadata_that_is_called_like_a_column_keeps_its_values() {
    let folder = tempfile::tempdir().unwrap();
    let mut web = domain("web", &texts());
    web.metadata = vec!["bits".to_string()];
    let model = Provider::new("m", TOKENIZERS[0]);
    Setup::default().score(folder.path(), "bpc.csv", &[&model], &[web, domain("code", &texts())]).unwrap();
    let text = std::fs::read_to_string(folder.path().join("bpc.documents.csv")).unwrap();
    let header = "model,domain,id,bits,characters,bytes,tokens,scored_tokens,metadata_bits,host";
    assert_eq!(text.lines().next().unwrap(), header);
    let values = column(&text, "metadata_bits");
    assert_eq!((values[2].as_str(), values[3].as_str(), values[14].as_str()), ("host2", "", ""));
    assert_eq!(column(&text, "host")[14], "host2");
}

#[test]
fn the_ending_says_the_format() {
    assert_eq!(TableFormat::of("a/bpc.parquet".as_ref()).unwrap(), TableFormat::Parquet);
    assert_eq!(TableFormat::of("bpc.csv".as_ref()).unwrap(), TableFormat::Csv);
    assert!(TableFormat::of("bpc.tsv".as_ref()).unwrap_err().is_usage());
    assert_eq!(documents_file("a/bpc.v2.csv".as_ref()), std::path::Path::new("a/bpc.v2.documents.csv"));
}

#[test]
fn a_table_that_cannot_be_written_leaves_the_old_one_and_the_parts() {
    let folder = tempfile::tempdir().unwrap();
    let model = Provider::new("m", TOKENIZERS[0]);
    let domains = [domain("web", &texts())];
    // A folder stands where the table should.
    std::fs::create_dir(folder.path().join("bpc.csv")).unwrap();
    let error = Setup::default().score(folder.path(), "bpc.csv", &[&model], &domains).unwrap_err();
    assert!(error.to_string().contains("bpc.csv"), "{error}");
    let windows = model.windows();
    std::fs::remove_dir(folder.path().join("bpc.csv")).unwrap();
    Setup::default().score(folder.path(), "bpc.csv", &[&model], &domains).unwrap();
    assert_eq!(model.windows(), windows, "nothing was scored again");
}
