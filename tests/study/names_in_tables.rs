//! A name is a name, in every format and shape.

use std::path::Path;

use mixopt_study::{Aliases, CompressionTable, ModelsTable, ScoreOptions, ScoreTable, Table};
use polars_core::prelude::{Column, DataFrame};
use polars_io::prelude::ParquetWriter;
use proptest::prelude::*;

/// Names that readers of tables take for something else.
const HOSTILE: [&str; 22] = [
    "nan",
    "NA",
    "no",
    "null",
    "None",
    "-",
    "?",
    "n/a",
    "1e5",
    "007",
    "7",
    "inf",
    "true",
    "a,b",
    "say \"x\"",
    "two\nlines",
    "a\tb",
    ".hidden.",
    "日本語",
    "=cmd|' /C calc'!A0",
    "#x",
    "a;b",
];

/// A name: no space around it, which belongs to no cell.
fn name() -> impl Strategy<Value = String> {
    let hostile = (0..HOSTILE.len()).prop_map(|index| HOSTILE[index].to_string());
    let any = "[ -~\n\r\t\"',;é日😀]{1,9}".prop_map(|text| text.trim().to_string());
    prop_oneof![hostile, any].prop_filter("a name", |name| !name.is_empty())
}

/// Different names, none of which is one of the columns' own.
fn names(least: usize) -> impl Strategy<Value = Vec<String>> {
    prop::collection::hash_set(name(), least..9).prop_map(|names| {
        let mut names: Vec<String> = names.into_iter().collect();
        names.sort();
        names
    })
}

fn csv(rows: &[Vec<String>]) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    rows.iter().for_each(|row| writer.write_record(row).unwrap());
    writer.into_inner().unwrap()
}

fn json(rows: &[Vec<String>], separator: &str) -> String {
    let object = |row: &Vec<String>| {
        let cell = |(name, text): (&String, &String)| {
            let value = match name.as_str() {
                "bits_per_character" => text.clone(),
                _ => serde_json::to_string(text).unwrap(),
            };
            format!("{}: {value}", serde_json::to_string(name).unwrap())
        };
        format!("{{{}}}", rows[0].iter().zip(row).map(cell).collect::<Vec<_>>().join(", "))
    };
    rows[1..].iter().map(object).collect::<Vec<_>>().join(separator)
}

fn parquet(rows: &[Vec<String>]) -> Vec<u8> {
    let columns = rows[0].iter().enumerate().map(|(index, name)| {
        let texts: Vec<&str> = rows[1..].iter().map(|row| row[index].as_str()).collect();
        match name.as_str() {
            "bits_per_character" => {
                let numbers: Vec<f64> = texts.iter().map(|text| text.parse().unwrap()).collect();
                Column::new(name.as_str().into(), numbers)
            }
            _ => Column::new(name.as_str().into(), texts),
        }
    });
    let mut frame = DataFrame::new(rows.len() - 1, columns.collect()).unwrap();
    let mut bytes = Vec::new();
    ParquetWriter::new(&mut bytes).finish(&mut frame).unwrap();
    bytes
}

/// The same table in every format.
fn formats(rows: &[Vec<String>]) -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("x.csv", csv(rows)),
        ("x.json", format!("[{}]", json(rows, ",")).into_bytes()),
        ("x.jsonl", json(rows, "\n").into_bytes()),
        ("x.parquet", parquet(rows)),
    ]
}

fn read(name: &str, bytes: Vec<u8>) -> CompressionTable {
    let table = Table::parse(Path::new(name), bytes).unwrap();
    CompressionTable::from_table(&table, None, &Aliases::default()).unwrap()
}

/// A value of a model on a domain, different for each.
fn value(model: usize, domain: usize) -> f64 {
    0.1 + (model * 9 + domain) as f64 / 7.0
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn long_tables_keep_names_and_values(models in names(1), domains in names(1)) {
        let mut rows = vec![["model", "domain", "bits_per_character"].map(String::from).to_vec()];
        for (i, model) in models.iter().enumerate() {
            let row = |(j, domain): (usize, &String)| vec![model.clone(), domain.clone(), value(i, j).to_string()];
            rows.extend(domains.iter().enumerate().map(row));
        }
        for (format, bytes) in formats(&rows) {
            let found = read(format, bytes);
            prop_assert_eq!(&found.matrix.rows, &models, "{}", format);
            prop_assert_eq!(&found.matrix.columns, &domains, "{}", format);
            for (i, j) in (0..models.len()).flat_map(|i| (0..domains.len()).map(move |j| (i, j))) {
                prop_assert_eq!(found.matrix.values[(i, j)], value(i, j), "{}", format);
            }
        }
    }

    #[test]
    fn wide_tables_keep_names_and_values(models in names(1), domains in names(1)) {
        // Headers must not be names of the other shapes' columns.
        prop_assume!(domains.iter().all(|domain| domain.len() < 5 || HOSTILE.contains(&domain.as_str())));
        let header = std::iter::once("model".to_string()).chain(domains.clone()).collect();
        let mut rows: Vec<Vec<String>> = vec![header];
        for (i, model) in models.iter().enumerate() {
            let values = (0..domains.len()).map(|j| value(i, j).to_string());
            rows.push(std::iter::once(model.clone()).chain(values).collect());
        }
        for (format, bytes) in formats(&rows) {
            let found = read(format, bytes);
            prop_assert_eq!(&found.matrix.rows, &models, "{}", format);
            prop_assert_eq!(&found.matrix.columns, &domains, "{}", format);
            prop_assert_eq!(found.matrix.values[(0, 0)], value(0, 0), "{}", format);
        }
    }
}

#[test]
fn marks_are_for_numbers_and_only_an_empty_cell_is_no_name() {
    let table = |name: &str, text: &str| Table::parse(Path::new(name), text.as_bytes().to_vec()).unwrap();
    // In a column of numbers a mark is no value, as text in JSON too.
    let text = r#"[{"model": "a", "domain": "nan", "bpc": "nan"}, {"model": "a", "domain": "na", "bpc": 0.5}]"#;
    let found = CompressionTable::from_table(&table("x.json", text), None, &Aliases::default()).unwrap();
    assert_eq!(found.matrix.columns, ["nan", "na"]);
    assert!(found.matrix.values[(0, 0)].is_nan() && found.matrix.values[(0, 1)] == 0.5 && found.faults.is_empty());
    // Numbers that are names of a second column of names measure nothing.
    let found = table("x.csv", "model,model_id,nan\nnan,7,0.5\n007,8,0.25\n");
    let found = CompressionTable::from_table(&found, None, &Aliases::default()).unwrap();
    assert_eq!((found.matrix.rows, found.matrix.columns), (vec!["nan".into(), "007".into()], vec!["nan".to_string()]));

    let models = table("x.csv", "model,family,note\nnan,NA,-\n1e5,,\n");
    let models = ModelsTable::from_table(&models, None, &Aliases::default()).unwrap();
    assert_eq!(models.families, [Some("NA".to_string()), None]);
    let scores = table("x.csv", "model,benchmark,metric,score\nnan,null,none,0.5\n1e5,null,none,0.25\n");
    let scores = ScoreTable::from_table(&scores, &ScoreOptions::default(), &Aliases::default()).unwrap();
    assert_eq!(
        (scores.matrix.rows, scores.matrix.columns),
        (vec!["nan".into(), "1e5".into()], vec!["null/none".to_string()])
    );

    for (name, text) in [
        ("x.csv", "model,domain,bpc\na,,0.5\n"),
        ("x.csv", "model,domain,bpc\na,\" \",0.5\n"),
        ("x.json", r#"[{"model": "a", "domain": null, "bpc": 0.5}]"#),
        ("x.json", r#"[{"model": "a", "domain": "", "bpc": 0.5}]"#),
    ] {
        let error =
            CompressionTable::from_table(&table(name, text), None, &Aliases::default()).unwrap_err().to_string();
        assert!(error.ends_with("`domain`: an empty cell; expected the name of a domain"), "{error}");
    }
}
