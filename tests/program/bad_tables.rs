//! Tables that cannot be used: one error that names the place, what stands there and what should.

use crate::folder::{BPC, FILES, Folder, MODELS, SCORES, with};
use polars_core::prelude::{Column, DataFrame};
use polars_io::prelude::ParquetWriter;

fn fit() -> String {
    format!("fit --target reading {FILES}")
}

/// Asserts the error for each content of one table of the small study.
fn refused(table: &str, cases: &[(String, &str)]) {
    for (content, expected) in cases {
        let folder = Folder::with_study();
        folder.write(table, content);
        // What was noted while the files were read follows the error.
        assert_eq!(folder.refuses(1, &fit()).lines().next(), Some(*expected), "{content}");
    }
}

#[test]
fn delimited_text_must_be_whole() {
    let cases = [
        (
            with(BPC, "0.70,0.50,0.62", "0.70,0.50"),
            "bpc.csv, line 3, `books`: 3 cells; expected 4 cells as in the header",
        ),
        (
            with(BPC, "0.70,0.50,0.62", "0.70,0.50,0.62,0.1"),
            "bpc.csv, line 3: 5 cells; expected 4 cells as in the header",
        ),
        (
            with(BPC, "0.62\n", "\"0.62\n"),
            "bpc.csv, line 3: an unclosed quote; expected a closing quote, or two quotes for each one \
             that belongs to the text",
        ),
        (
            with(BPC, "a-7b", "\"a-7b"),
            "bpc.csv, line 3: an unclosed quote; expected a closing quote, or two quotes for each one \
             that belongs to the text",
        ),
        (
            with(BPC, "0.62", "fast"),
            "bpc.csv, line 3, `books`: `fast`; expected a finite number, or an empty cell for no value",
        ),
        (String::new(), "bpc.csv: no header; expected a header and at least one row"),
        ("\n\r\n".to_string(), "bpc.csv: no header; expected a header and at least one row"),
        ("model,web,code\n".to_string(), "bpc.csv: no rows; expected a header and at least one row"),
        (
            with(BPC, "web,code,books", "web,,books"),
            "bpc.csv, line 1: column 3 has no name; expected a name for every column",
        ),
        (
            with(BPC, "model,", ","),
            "bpc.csv: columns (no name), web, code, books; expected a column `model` (one row per model, or per model and \
             domain) or `domain` (one row per domain)",
        ),
        (BPC.replace(',', ";"), "bpc.csv, line 1: semicolons between the names; expected commas (or tabs in a .tsv)"),
        (with(BPC, "a-7b", ""), "bpc.csv, line 3, `model`: an empty cell; expected the name of a model"),
        (
            with(BPC, "0.62", "0.62\n\n").replace('\n', "\r\n").replace("0.79,0.52", "0.79,low"),
            "bpc.csv, line 10, `code`: `low`; expected a finite number, or an empty cell for no value",
        ),
    ];
    refused("bpc.csv", &cases);
}

#[test]
fn text_must_be_utf8() {
    let folder = Folder::with_study();
    let mut latin = with(BPC, "c-3b", "c#3b").into_bytes();
    let at = latin.iter().position(|&byte| byte == b'#').unwrap();
    latin[at] = 0xE9;
    folder.write("bpc.csv", &latin);
    let expected = "line 6: the byte 0xE9 is not UTF-8; expected UTF-8 text; save the file as UTF-8";
    assert_eq!(folder.refuses(1, &fit()), format!("bpc.csv, {expected}"));
    let folder = Folder::with_study();
    folder.write("models.jsonl", b"{\"model\": \"a\"}\n\n{\"model\": \"\xE9\"}\n");
    let message = folder.refuses(1, &fit().replace("models.csv", "models.jsonl"));
    assert!(message.starts_with("models.jsonl, line 3: the byte 0xE9 is not UTF-8"), "{message}");
}

#[test]
fn names_must_be_unique() {
    let twice = "appears twice; keep one of the two or give them different names";
    let folder = Folder::with_study();
    let bpc_long = "model,domain,bits_per_character\na-1b,web,0.8\na-7b,web,0.7\na-1b,web,0.8\n";
    let sums = "model,domain,bits,characters\na-1b,web,8,10\na-1b,web,8,10\n";
    let scores_long = "model,benchmark,score\na-1b,reading,0.8\na-1b,reading,0.7\n";
    let turned = "benchmark,a-1b,a-7b\nreading,0.8,0.7\nreading,0.2,0.3\n";
    for (table, content, expected) in [
        ("bpc.csv", format!("{BPC}a-1b,0.7,0.6,0.5\n"), "bpc.csv, line 9, `model`: model `a-1b`"),
        ("bpc.csv", with(BPC, "books", "web"), "bpc.csv, line 1: column `web`"),
        ("bpc.csv", with(BPC, "books", " web "), "bpc.csv, line 1: column `web`"),
        ("bpc.csv", bpc_long.to_string(), "bpc.csv, line 4, `domain`: model and domain `a-1b on web`"),
        ("bpc.csv", sums.to_string(), "bpc.csv, line 3, `domain`: model and domain `a-1b on web`"),
        ("scores.csv", with(SCORES, "coding", "reading"), "scores.csv, line 1: column `reading`"),
        (
            "scores.csv",
            scores_long.to_string(),
            "scores.csv, line 3, `benchmark`: model and benchmark `a-1b on reading`",
        ),
        ("scores.csv", turned.to_string(), "scores.csv, line 3, `benchmark`: benchmark `reading`"),
        ("models.csv", format!("{MODELS}a-1b,a,1,2022\n"), "models.csv, line 9, `model`: model `a-1b`"),
    ] {
        let study = Folder::with_study();
        study.write(table, content);
        assert_eq!(study.refuses(1, &fit()), format!("{expected} {twice}"));
    }
    // Readers of JSON keep one of the two without a word.
    folder
        .write("bpc.json", "[{\"model\": \"a-1b\", \"web\": 0.8},\n{\"model\": \"a-7b\", \"web\": 0.7, \"web\": 0.6}]");
    let message = folder.refuses(1, &fit().replace("bpc.csv", "bpc.json"));
    assert_eq!(message, format!("bpc.json, row 2: key `web` {twice}"));
    folder.write("aliases.csv", "alias,model\nx,a-1b\nx,a-7b\n");
    let message = folder.refuses(1, &format!("{} --aliases aliases.csv", fit()));
    assert_eq!(message, format!("aliases.csv, line 3, `alias`: alias `x` {twice}"));
}

#[test]
fn bits_per_character_must_be_possible() {
    let place = "bpc.csv, line 3, `books`:";
    let range =
        "expected bits per character above 0 and at most 20 (is the unit right? `--exclude-models` leaves a model out)";
    let finite = "expected a finite number, or an empty cell for no value";
    for (cell, expected) in [
        ("-0.62", format!("{place} the compression is -0.62; {range}")),
        ("0", format!("{place} the compression is 0; {range}")),
        ("62", format!("{place} the compression is 62; {range}")),
        ("inf", format!("{place} `inf`; {finite}")),
        ("1e400", format!("{place} `1e400`; {finite}")),
        ("\"0,62\"", format!("{place} `0,62`; {finite}")),
    ] {
        refused("bpc.csv", &[(with(BPC, "0.62", cell), expected.as_str())]);
    }
    let counts = "model,domain,bits,characters\na-1b,web,8,10\na-7b,web,7,0\n";
    let count = "bpc.csv, line 3, `characters`: a count is 0; expected more than 0";
    let no_count = "bpc.csv: columns model, domain, bits; expected `bits_per_character`, or `bits` (or `nats`) with \
                    `characters`";
    let cases = [(counts.to_string(), count), ("model,domain,bits\na,web,8\n".to_string(), no_count)];
    refused("bpc.csv", &cases);
}

#[test]
fn scores_must_be_possible() {
    let percent = "expected a percent from 0 to 100 (if it is a perplexity: `--metric reading=perplexity`), or any real \
                   number with `--metric reading=score`";
    let place = "scores.csv, line 2, `reading`:";
    for (cell, expected) in [
        ("141.2", format!("{place} the accuracy is 141.2; {percent}")),
        ("-4", format!("{place} the accuracy is -4; {percent}")),
        (
            "0.412",
            format!(
                "{place} 0.412 looks like a fraction where 55.9 (line 3) looks like a percent; use one scale, or declare it \
                 with `--scale reading=percent` or `--scale reading=fraction`"
            ),
        ),
    ] {
        refused("scores.csv", &[(with(SCORES, "41.2", cell), expected.as_str())]);
    }
    let folder = Folder::with_study();
    folder.write("scores.csv", with(SCORES, "41.2", "0.412"));
    folder.prints(&format!("{} --scale reading=percent", fit()));
    let message = folder.refuses(1, &format!("{} --scale reading=fraction", fit()));
    assert_eq!(
        message.lines().next().unwrap(),
        "scores.csv, line 3, `reading`: the accuracy is 55.9; expected a fraction from 0 to 1 (`--scale \
         reading=percent`?), or any real number with `--metric reading=score`"
    );
    let message = folder.refuses(1, &format!("{} --metric reading=perplexity", fit()));
    let expected = "scores.csv, line 2, `reading`: the perplexity is 0.412; expected a perplexity, 1 or more";
    assert_eq!(message.lines().next(), Some(expected));
}

#[test]
fn a_score_that_is_no_number_leaves_its_model_out() {
    for cell in ["inf", "fast", "\"41,2\""] {
        let folder = Folder::with_study();
        folder.write("scores.csv", with(SCORES, "41.2", cell));
        let dropped = &folder.json(&fit())["dropped_models"];
        assert_eq!(dropped.as_array().map(Vec::len), Some(1), "{dropped}");
        let reason = format!(
            "no score on reading: `{}` is not a number (scores.csv, line 2, `reading`)",
            cell.trim_matches('"')
        );
        assert_eq!((&dropped[0]["name"], &dropped[0]["reason"]), (&"a-1b".into(), &reason.into()));
    }
}

#[test]
fn the_models_table_must_be_usable() {
    let parameters = "models.csv, line 2, `parameters_b`:";
    let zero = format!("{parameters} the number of parameters is 0; expected more than 0");
    let negative = format!("{parameters} the number of parameters is -1; expected more than 0");
    let text = format!("{parameters} `1B`; expected a finite number, or an empty cell for no value");
    let cases = [
        (
            with(MODELS, "model,", "name,"),
            "models.csv: columns name, family, parameters_b, year; expected a column `model`",
        ),
        (with(MODELS, "a-1b,a,1", "a-1b,a,0"), zero.as_str()),
        (with(MODELS, "a-1b,a,1", "a-1b,a,-1"), negative.as_str()),
        (with(MODELS, "a-1b,a,1", "a-1b,a,1B"), text.as_str()),
    ];
    refused("models.csv", &cases);
}

#[test]
fn other_formats_must_be_what_they_promise() {
    let folder = Folder::with_study();
    let files = [
        ("x.txt", BPC, "unknown extension `.txt`; expected a table ending in .csv, .tsv, .parquet, .json or .jsonl"),
        ("x", BPC, "the name has no extension; expected a table ending in .csv, .tsv, .parquet, .json or .jsonl"),
        ("three.json", "3", "the number 3; expected an object with `results`, or a list of rows"),
        (
            "object.json",
            "{\"model\": \"a-1b\", \"web\": 0.8}",
            "the key is missing; expected `results` as lm-evaluation-harness and lighteval write it, `metrics` as OLMES \
             does, or an array of flat objects (one a row)",
        ),
        ("empty.json", "[]", "no rows; expected an array of flat objects"),
        (
            "nested.json",
            "[{\"model\": \"a-1b\", \"web\": [1]}]",
            "columns model, web; expected one column of bits per character for each domain",
        ),
        (
            "cut.json",
            "[{\"model\": \"a-1b\",",
            "not JSON (EOF while parsing a value at line 1 column 18); expected the JSON file of a result",
        ),
        (
            "list.jsonl",
            "{\"model\": \"a-1b\", \"web\": 0.8}\n\n[2]\n",
            "line 3: not a flat object; expected one flat object per line",
        ),
        (
            "cut.jsonl",
            "{\"model\": \"a-1b\", \"web\": 0.8}\n{\"model\":\n",
            "line 2: not JSON (EOF while parsing a value at column 9); expected one flat object per line",
        ),
        (
            "big.jsonl",
            "{\"model\": \"a-1b\", \"web\": 1e400}\n",
            "line 1: not JSON (number out of range at column 30); expected one flat object per line",
        ),
        ("empty.jsonl", "\n", "no rows; expected one flat object per line"),
        (
            "noise.parquet",
            "PAR1 but nothing else",
            "parquet: File out of specification: The file must end with PAR1; expected a complete Parquet file",
        ),
        ("gone.csv", "", "No such file or directory (os error 2)"),
    ];
    for (name, content, expected) in files {
        if name != "gone.csv" {
            folder.write(name, content);
        }
        let message = folder.refuses(1, &fit().replace("bpc.csv", name));
        assert!(message.contains(name) && message.ends_with(expected), "{message}\n{expected}");
    }
}

#[test]
fn a_cut_parquet_file_is_refused() {
    let folder = Folder::with_study();
    let models: Vec<String> = (0..200).map(|model| format!("model-{model}")).collect();
    let columns = vec![Column::new("model".into(), models), Column::new("web".into(), vec![0.8; 200])];
    let mut bytes = Vec::new();
    ParquetWriter::new(&mut bytes).finish(&mut DataFrame::new(200, columns).unwrap()).unwrap();
    for length in [0, 3, 11, bytes.len() / 2, bytes.len() - 1] {
        folder.write("bpc.parquet", &bytes[..length]);
        let message = folder.refuses(1, &fit().replace("bpc.csv", "bpc.parquet"));
        assert!(message.starts_with("bpc.parquet: ") && message.contains("complete Parquet file"), "{message}");
    }
}

#[test]
fn damaged_parquet_files_say_so_and_nothing_of_a_panic() {
    let damaged = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/tables/damaged");
    let mut seen = 0;
    for entry in std::fs::read_dir(damaged).unwrap() {
        let folder = Folder::with_study();
        folder.write("x.parquet", std::fs::read(entry.unwrap().path()).unwrap());
        for option in ["--bpc x.parquet --scores scores.csv", "--bpc bpc.csv --scores scores.csv --aliases x.parquet"] {
            let run = folder.run(&format!("correlate {option}"));
            assert!(run.code <= 1 && !run.stderr.contains("panicked"), "{}", run.stderr);
            seen += usize::from(run.stderr.contains("; expected a complete Parquet file"));
        }
    }
    assert!(seen >= 16, "{seen}");
}

#[test]
fn averages_are_left_out_unless_they_are_asked_for() {
    let folder = Folder::with_study();
    folder.write("bpc.csv", BPC.replace("books", "bpc_avg"));
    let domains = |options: &str| {
        let rows = folder.json(&format!("correlate --target reading --bpc bpc.csv --scores scores.csv {options}"));
        rows.as_array().unwrap().iter().filter(|row| row["domain"] == "bpc_avg").count()
    };
    assert_eq!((domains(""), domains("--exclude bpc_avg"), domains("--keep-averages")), (0, 0, 1));
    let run = folder.run("correlate --bpc bpc.csv --scores scores.csv");
    assert!(run.stderr.contains("`--keep-averages` keeps it") || run.stdout.contains("`--keep-averages` keeps it"));
}

#[test]
fn correlations_in_csv_keep_names_as_they_are() {
    let folder = Folder::with_study();
    let names = ["nan", "a,\"b\"", "two\nlines"];
    let mut text = BPC.to_string();
    for (old, new) in ["web", "code", "books"].into_iter().zip(names) {
        text = text.replace(old, &format!("\"{}\"", new.replace('"', "\"\"")));
    }
    folder.write("bpc.csv", text);
    let run = folder.run("correlate --target reading --bpc bpc.csv --scores scores.csv --format csv");
    let mut reader = csv::Reader::from_reader(run.stdout.as_bytes());
    let domains: Vec<String> = reader.records().map(|row| row.unwrap()[0].to_string()).collect();
    for name in names {
        assert!(domains.iter().any(|domain| domain == name), "{domains:?}");
    }
}

#[test]
fn a_directory_must_hold_results() {
    let folder = Folder::with_study();
    std::fs::create_dir(folder.path().join("results")).unwrap();
    folder.write("results/notes.json", "{}");
    let message = folder.refuses(1, &fit().replace("scores.csv", "results"));
    assert!(
        message.starts_with(
            "results: no result file with benchmark scores among its one JSON file or table: 1 is not from a known tool"
        ),
        "{message}"
    );
    let message = folder.refuses(1, &fit().replace("models.csv", "results"));
    assert_eq!(message, "cannot read results: Is a directory (os error 21)");
}
