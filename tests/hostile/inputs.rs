//! Tables.

use mixopt::study::{Aliases, CompressionTable, DocumentSums, ScoreOptions, ScoreTable, Table};
use polars_core::prelude::{Column, DataFrame};
use polars_io::prelude::ParquetWriter;

use crate::mutation::survive_as_file;

/// Reads a table in all roles.
fn read(file: &std::path::Path) {
    let aliases = Aliases::default();
    let _ = CompressionTable::read(file, None, &aliases);
    let _ = ScoreTable::read(file, &ScoreOptions::default(), &aliases);
    let _ = DocumentSums::read(file, None, &aliases);
    let _ = Aliases::read(file);
    if let Ok(table) = Table::read(file) {
        for column in table.columns() {
            let _ = (table.text(&column), table.numbers(&column), table.is_text(&column));
        }
    }
}

fn survive_tables(ending: &str, seeds: &[Vec<u8>]) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(format!("table.{ending}"));
    survive_as_file(ending, &file, seeds, || read(&file));
}

#[test]
fn delimited_tables() {
    let seeds = [
        "model,web,code\na/m1,0.8,0.6\na/m2,\"0.7\",\n",
        "model,domain,bits,characters\nm1,web,8,10\nm2,web,7.5,10\n",
        "benchmark,m1,m2\narc,40.5,NA\n\"p,q\",55,60\n",
        "model,domain,id,bits,characters\nm1,web,d1,8,10\nm1,web,d2,7,9\n",
        "dataset,version,metric,mode,o\narc,1,accuracy,ppl,40\n",
        "metric,version,model,python\nbpc,1,o,0.5\n",
        "fullname,Model sha,Submission Date,IFEval Raw,IFEval,#Params (B)\norg/m,abc,2024-06-13,0.5,50,7\n",
        "benchmark,\"('f', 'org/m')\"\npiqa,0.5\n",
        "alias,model\na,b\n",
    ];
    survive_tables("csv", &seeds.map(|text| text.as_bytes().to_vec()));
}

#[test]
fn tables_of_json() {
    let rows = [r#"[{"model": "m1", "web": 0.8, "code": null}, {"model": "m2", "web": "0.7", "list": [1]}]"#];
    survive_tables("json", &rows.map(|text| text.as_bytes().to_vec()));
    let lines = [
        "{\"model\": \"m1\", \"domain\": \"web\", \"bits_per_character\": 0.8}\n{\"model\": \"m2\", \"domain\": \"web\"}\n",
    ];
    survive_tables("jsonl", &lines.map(|text| text.as_bytes().to_vec()));
}

#[test]
fn tables_of_parquet() {
    let parquet = |columns: Vec<Column>| {
        let mut bytes = Vec::new();
        let mut frame = DataFrame::new(columns[0].len(), columns).unwrap();
        ParquetWriter::new(&mut bytes).finish(&mut frame).unwrap();
        bytes
    };
    let models = || Column::new("model".into(), ["a/m1", "a/m2", "a/m3"]);
    let seeds = [
        parquet(vec![
            models(),
            Column::new("web".into(), [0.8, 0.7, 0.6]),
            Column::new("code".into(), [Some(0.5), None, Some(0.4)]),
        ]),
        parquet(vec![
            models(),
            Column::new("count".into(), [1i64, 2, 3]),
            Column::new("flag".into(), [true, false, true]),
        ]),
    ];
    survive_tables("parquet", &seeds);
}
