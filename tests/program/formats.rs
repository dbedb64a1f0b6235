//! The same study in every format gives the same fit.

use std::fmt::Write;

use crate::folder::{BPC, FILES, Folder, MODELS, SCORES, assert_near, with};
use polars_core::prelude::{Column, DataFrame};
use polars_io::prelude::ParquetWriter;
use serde_json::{Map, Value};

/// Correlations and shares of two fits of the same numbers may differ by this much.
const TOLERANCE: f64 = 1e-12;

/// Header and rows of a table of the small study.
fn cells(table: &str) -> (Vec<&str>, Vec<Vec<&str>>) {
    let mut lines = table.lines().map(|line| line.split(',').collect::<Vec<_>>());
    (lines.next().unwrap(), lines.collect())
}

/// The fit of the small study, with some of its files named otherwise, less what tells the files apart.
fn fit(folder: &Folder, names: &[(&str, &str)]) -> Value {
    let files = names.iter().fold(FILES.to_string(), |files, (from, to)| with(&files, from, to));
    let mut found = folder.json(&format!("fit --target reading {files}"));
    for key in ["inputs", "study_settings"] {
        found.as_object_mut().unwrap().remove(key).unwrap();
    }
    found
}

fn assert_same(folder: &Folder, names: &[(&str, &str)]) {
    let expected = fit(&Folder::with_study(), &[]);
    assert_near(&fit(folder, names), &expected, TOLERANCE, &format!("{names:?}"));
}

/// Rows of `model, KIND, VALUE` for each cell of a wide table.
fn long(table: &str, kind: &str, value: &str) -> String {
    let (header, rows) = cells(table);
    let mut text = format!("model,{kind},{value}\n");
    for row in &rows {
        for (name, cell) in header[1..].iter().zip(&row[1..]) {
            writeln!(text, "{},{name},{cell}", row[0]).unwrap();
        }
    }
    text
}

/// One row for each column but the first.
fn turned(table: &str, kind: &str) -> String {
    let (header, rows) = cells(table);
    let models: Vec<&str> = rows.iter().map(|row| row[0]).collect();
    let mut text = format!("{kind},{}\n", models.join(","));
    for (index, name) in header.iter().enumerate().skip(1) {
        let values: Vec<&str> = rows.iter().map(|row| row[index]).collect();
        writeln!(text, "{name},{}", values.join(",")).unwrap();
    }
    text
}

/// Rows as JSON objects.
fn objects(table: &str) -> Vec<Value> {
    let (header, rows) = cells(table);
    let cell = |text: &str| text.parse::<f64>().map_or_else(|_| Value::from(text), Value::from);
    rows.iter()
        .map(|row| header.iter().zip(row).map(|(name, text)| (name.to_string(), cell(text))).collect::<Map<_, _>>())
        .map(Value::Object)
        .collect()
}

fn parquet(table: &str) -> Vec<u8> {
    let (header, rows) = cells(table);
    let column = |(index, name): (usize, &&str)| {
        let texts: Vec<&str> = rows.iter().map(|row| row[index]).collect();
        match texts.iter().map(|text| text.parse()).collect::<Result<Vec<f64>, _>>() {
            Ok(numbers) => Column::new((*name).into(), numbers),
            Err(_) => Column::new((*name).into(), texts),
        }
    };
    let columns = header.iter().enumerate().map(column).collect();
    let mut bytes = Vec::new();
    ParquetWriter::new(&mut bytes).finish(&mut DataFrame::new(rows.len(), columns).unwrap()).unwrap();
    bytes
}

#[test]
fn every_file_format() {
    let folder = Folder::empty();
    for (name, table) in [("bpc", BPC), ("scores", SCORES), ("models", MODELS)] {
        let objects = objects(table);
        folder.write(&format!("{name}.tsv"), table.replace(',', "\t"));
        folder.write(&format!("{name}.parquet"), parquet(table));
        folder.write(&format!("{name}.json"), serde_json::to_string_pretty(&objects).unwrap());
        let lines: Vec<String> = objects.iter().map(Value::to_string).collect();
        folder.write(&format!("{name}.jsonl"), lines.join("\n"));
    }
    for ending in ["tsv", "parquet", "json", "jsonl"] {
        let names = ["bpc", "scores", "models"].map(|name| (format!("{name}.csv"), format!("{name}.{ending}")));
        assert_same(&folder, &names.each_ref().map(|(from, to)| (from.as_str(), to.as_str())));
    }
}

#[test]
fn every_shape() {
    let folder = Folder::with_study();
    folder.write("long_bpc.csv", long(BPC, "domain", "bits_per_character"));
    folder.write("long_scores.csv", long(SCORES, "benchmark", "score"));
    folder.write("turned_bpc.csv", turned(BPC, "domain"));
    folder.write("turned_scores.csv", turned(SCORES, "benchmark"));
    for shape in ["long", "turned"] {
        for name in ["bpc.csv", "scores.csv"] {
            assert_same(&folder, &[(name, &format!("{shape}_{name}"))]);
        }
    }
}

#[test]
fn sums_give_the_ratio() {
    let folder = Folder::with_study();
    let (header, rows) = cells(BPC);
    let mut bits = "model,domain,bits,characters,bytes\n".to_string();
    let mut nats = "shard,model,domain,nats,chars\n".to_string();
    for row in &rows {
        for (domain, cell) in header[1..].iter().zip(&row[1..]) {
            let value: f64 = cell.parse().unwrap();
            writeln!(bits, "{},{domain},{},4096,5000", row[0], value * 4096.0).unwrap();
            // Shards of different size and different compression: only their sums have the ratio.
            for (shard, (compression, characters)) in [(0.5 * value, 1000.0), (1.25 * value, 2000.0)].iter().enumerate()
            {
                let sum = compression * characters * std::f64::consts::LN_2;
                writeln!(nats, "{shard},{},{domain},{sum},{characters}", row[0]).unwrap();
            }
        }
    }
    folder.write("bits.csv", bits);
    folder.write("nats.csv", nats);
    let expected = fit(&folder, &[]);
    for name in ["bits.csv", "nats.csv"] {
        let found = fit(&folder, &[("bpc.csv", name)]);
        // The recommendation comes from an iteration that ends a little sooner or later.
        let exact = TOLERANCE;
        for (part, key, tolerance) in
            [("optimum", "weights", exact), ("optimum", "pearson", exact), ("recommended", "weights", 1e-6)]
        {
            assert_near(&found[part][key], &expected[part][key], tolerance, &format!("{name}: {part} {key}"));
        }
        // A wrong unit changes no correlation, only the law.
        assert_near(&found["optimum"]["slope"], &expected["optimum"]["slope"], 1e-9, &format!("{name}: slope"));
        assert_eq!(found["unit"], "characters");
    }
    // Per byte, every number is smaller by the same factor, which the mixture does not notice.
    let bytes =
        folder.json(&format!("fit --target reading {} --bpc-unit bits_per_byte", with(FILES, "bpc.csv", "bits.csv")));
    assert_eq!(bytes["unit"], "bytes");
    assert_near(&bytes["optimum"]["weights"], &expected["optimum"]["weights"], TOLERANCE, "per byte");
}

#[test]
fn marks_line_ends_and_empty_lines_change_nothing() {
    let folder = Folder::with_study();
    for (what, edit) in [
        ("byte order mark", (|text: &str| format!("\u{feff}{text}")) as fn(&str) -> String),
        ("CRLF", |text| text.replace('\n', "\r\n")),
        ("CR", |text| text.replace('\n', "\r")),
        ("mark and CRLF", |text| format!("\u{feff}{}", text.replace('\n', "\r\n"))),
        ("empty lines", |text| format!("\n{}\n\n", text.replace('\n', "\n\n"))),
        ("no end of the last line", |text| text.trim_end().to_string()),
        ("quotes", |text| text.lines().map(|line| format!("\"{}\"\n", line.replace(',', "\",\""))).collect()),
        ("spaces", |text| text.replace(',', " , ")),
    ] {
        println!("{what}");
        for (name, table) in [("bpc.csv", BPC), ("scores.csv", SCORES), ("models.csv", MODELS)] {
            folder.write(name, edit(table));
        }
        assert_same(&folder, &[]);
    }
    for ending in ["json", "jsonl"] {
        let lines: Vec<String> = objects(BPC).iter().map(Value::to_string).collect();
        let text = if ending == "json" { format!("[{}]", lines.join(",")) } else { lines.join("\r\n") };
        let name = format!("marked.{ending}");
        folder.write(&name, format!("\u{feff}{text}"));
        assert_same(&folder, &[("bpc.csv", &name)]);
    }
}

#[test]
fn names_come_out_as_they_are_meant() {
    let folder = Folder::with_study();
    folder.write("bpc.csv", with(BPC, "web,code,books", "\"the \"\"web\"\"\",\"code, all\",a [b]*"));
    let found = folder.json(&format!("fit --target reading {FILES}"));
    let names: Vec<&String> = found["recommended"]["weights"].as_object().unwrap().keys().collect();
    assert_eq!(names, ["the \"web\"", "code, all", "a [b]*"]);
    folder.prints(&format!("fit --target reading {FILES} --out mixture.yaml"));
    let shown = folder.json("show mixture.yaml");
    let names: Vec<&String> = shown["weights"].as_object().unwrap().keys().collect();
    assert_eq!(names, ["the \"web\"", "code, all", "a [b]*"]);
}

#[test]
fn errors_and_perplexities_are_turned_so_that_more_is_better() {
    let expected = fit(&Folder::with_study(), &[]);
    let map = |header: &str, edit: fn(f64) -> f64| -> String {
        let (_, rows) = cells(SCORES);
        let rows = rows.iter().map(|row| format!("{},{}\n", row[0], edit(row[1].parse().unwrap())));
        format!("model,{header}\n{}", rows.collect::<String>())
    };
    let folder = Folder::with_study();
    for (header, edit, options) in [
        ("reading_error", (|score| 100.0 - score) as fn(f64) -> f64, ""),
        ("reading", |score| 100.0 - score, "--metric read*=error"),
        ("reading", |score| 1.0 - score / 100.0, "--metric reading=error --scale reading=fraction"),
        ("reading_ppl", |score| (3.0 - score / 100.0).exp(), ""),
        ("reading", |score| (3.0 - score / 100.0).exp(), "--metric reading=perplexity"),
    ] {
        folder.write("scores.csv", map(header, edit));
        let found = folder.json(&format!("fit --target {header} {FILES} {options}"));
        for key in ["weights", "pearson"] {
            assert_near(&found["optimum"][key], &expected["optimum"][key], 1e-9, &format!("{header} {options}: {key}"));
        }
    }
}
