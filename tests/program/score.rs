//! `mixopt score` as a program: settings, refusals, and whole runs with small models.

use std::path::{Path, PathBuf};

use crate::folder::{Folder, Run};

const MODELS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/models");

/// All small models of the project, sorted.
fn all_models() -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir(MODELS)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.join("config.json").exists() && path.join("tokenizer.json").exists())
        .collect();
    found.sort();
    found
}

/// The first few of them; none, with a printed reason, where there are fewer.
fn models(count: usize) -> Option<Vec<PathBuf>> {
    let mut found = all_models();
    if found.len() < count {
        eprintln!("skipped: {MODELS} holds {} models of the {count} that this test needs", found.len());
        return None;
    }
    found.truncate(count);
    Some(found)
}

/// A folder with two domains.
fn with_corpora() -> Folder {
    let folder = Folder::empty();
    let line = |id: usize, text: &str| serde_json::json!({ "id": id, "text": text, "lang": "en" }).to_string() + "\n";
    let web: String = (0..30)
        .map(|i| line(i, &format!("Document {i} tells of {} things; ñandú and 字 too.\n", i * i).repeat(1 + i % 4)))
        .collect();
    let code: String = (0..20).map(|i| line(i, &format!("def f_{i}(x):\n    return x + {i}\n").repeat(3))).collect();
    folder.write("web.jsonl", web);
    folder.write("code.jsonl", code);
    folder
}

const DOMAINS: &str = "--domain web=web.jsonl --domain code=code.jsonl --metadata lang --context 48 --stride 16";

fn command(models: &[PathBuf], more: &str) -> String {
    let models: Vec<String> = models.iter().map(|model| format!("--model {}", model.display())).collect();
    format!("score {} {DOMAINS} {more}", models.join(" "))
}

fn tables(folder: &Folder, name: &str, ending: &str) -> [Vec<u8>; 2] {
    ["", ".documents"].map(|part| std::fs::read(folder.path().join(format!("{name}{part}.{ending}"))).expect("a table"))
}

#[test]
fn settings_come_from_a_file_and_arguments_come_before_it() {
    let folder = Folder::empty();
    folder.write(
        "study.yaml",
        "models: [{path: a}]\ndomains: [{name: web, patterns: [w.jsonl], text_field: body}]\nmax_characters: 3M\ncontext: 1k\n",
    );
    let shown = folder.json("score study.yaml --show-settings --stride 0.1k --seed 7 --metadata url,lang");
    assert_eq!(shown["max_characters"], 3_000_000);
    assert_eq!((&shown["context"], &shown["stride"], &shown["seed"]), (&1000.into(), &100.into(), &7.into()));
    assert_eq!(shown["domains"][0]["text_field"], "body");
    assert_eq!(shown["domains"][0]["metadata"], serde_json::json!(["url", "lang"]));
    assert_eq!((&shown["protocol"], &shown["out"]), (&"paper".into(), &"bpc.parquet".into()));
    // What is shown is itself a study file.
    folder.write("shown.yaml", shown.to_string());
    assert_eq!(folder.json("score shown.yaml --show-settings"), shown);
    let shown = folder.json("score study.yaml --show-settings --model m=b --domain x=c.txt --protocol document");
    assert_eq!(shown["models"], serde_json::json!([{ "path": "b", "name": "m" }]));
    assert_eq!((&shown["domains"][0]["name"], &shown["protocol"]), (&"x".into(), &"document".into()));
}

#[test]
fn wrong_usage_exits_with_2_and_says_what_is_wrong() {
    let folder = with_corpora();
    for (arguments, expected) in [
        ("score", "--model (none)"),
        ("score --model a", "--domain (none)"),
        ("score --model a --domain web", "`=` is missing"),
        ("score --model a --domain w=web.jsonl --stride 5k", "--stride 5000"),
        ("score --model a --domain w=web.jsonl --max-characters 3X", "3X"),
        ("score --model a --domain w=web.jsonl --out bpc.txt", "--out bpc.txt"),
        ("score --model a --domain w=web.jsonl --device cuda", "this build of mixopt has no support for cuda"),
        ("score --model =a --domain w=web.jsonl", "--model ``: the name is empty"),
        ("score --model a --domain w=web.jsonl --plan --restart", "cannot be used with"),
        ("score --model a --domain w=web.jsonl --device metal", "this build of mixopt has no support for metal"),
    ] {
        let Run { code, stdout, stderr } = folder.run(arguments);
        assert_eq!((code, stdout.as_str()), (2, ""), "{arguments}: {stderr}");
        assert!(stderr.contains(expected), "{arguments}: {stderr}");
    }
    folder.write("bad.yaml", "models:\n  - path: a\ncontxt: 3\n");
    let Run { code, stderr, .. } = folder.run("score bad.yaml");
    assert_eq!(code, 1);
    assert!(stderr.contains("bad.yaml") && stderr.contains("contxt"), "{stderr}");
    assert!(!folder.path().join("bpc.run").exists());
}

#[test]
fn a_context_beyond_the_models_positions_is_refused_before_any_work() {
    let gpt2 = Path::new(MODELS).join("gpt2");
    let folder = with_corpora();
    for more in ["", "--quiet", "--plan"] {
        let line = format!("score --model {} --domain web=web.jsonl {more}", gpt2.display());
        let Run { code, stdout, stderr } = folder.run(&line);
        assert_eq!(code, 1, "{stderr}");
        assert!(stderr.contains("64 positions, fewer than `--context 1900`; use `--context 64`"), "{stderr}");
        assert!(!stdout.contains("Bits per character"), "{stdout}");
    }
    // What was refused does not bind the next try.
    folder.prints(&format!("score --model {} --domain web=web.jsonl --context 64 --stride 32", gpt2.display()));
    assert!(folder.path().join("bpc.parquet").exists());
}

#[test]
fn a_whole_run_is_the_same_whatever_the_threads() {
    let Some(models) = models(2) else { return };
    let folder = with_corpora();
    for protocol in ["paper", "document"] {
        let run = |name: &str, more: &str| {
            let out = format!("--protocol {protocol} --out {name}.parquet {more}");
            let cells = folder.json(&command(&models, &out));
            (cells, tables(&folder, name, "parquet"))
        };
        let (cells, first) = run(&format!("{protocol}1"), "--threads 1");
        let (_, second) = run(&format!("{protocol}2"), "--threads 2");
        assert!(first == second, "{protocol}: other tables with two threads");
        assert_eq!(cells.as_array().map(Vec::len), Some(4));
        for cell in cells.as_array().into_iter().flatten() {
            let bits = cell["bits_per_character"].as_f64().expect("a number");
            assert!(bits > 0.1 && bits < 40.0, "{cell}");
            assert_eq!(cell["protocol"], protocol);
        }
    }
}

/// Sums of both protocols as transformers computes them in float64, beside every model (tests/data).
#[test]
fn bits_are_those_of_transformers() {
    if models(1).is_none() {
        return;
    }
    let documents = Path::new(MODELS).join("documents.jsonl");
    let folder = Folder::empty();
    let mut compared = 0;
    for model in all_models() {
        let Ok(text) = std::fs::read_to_string(model.join("reference.json")) else { continue };
        let reference: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        let name = model.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let windows = format!("--context {} --stride {}", reference["context"], reference["stride"]);
        for protocol in ["paper", "document"] {
            let line = format!(
                "score --quiet --model {} --domain texts={} {windows} --protocol {protocol} --out {name}-{protocol}.csv",
                model.display(),
                documents.display()
            );
            let cells = folder.json(&line);
            let sum = |nats: &serde_json::Value| nats.as_f64().expect("nats") * std::f64::consts::LOG2_E;
            let check = |found: f64, expected: f64, what: &str| {
                assert!((found / expected - 1.0).abs() < 2e-5, "{name} {protocol} {what}: {found}, not {expected}");
            };
            let cell = &cells[0];
            check(cell["bits"].as_f64().expect("bits"), sum(&reference[protocol]["nll_nats"]), "in all");
            assert_eq!(cell["scored_tokens"], reference[protocol]["scored"], "{name} {protocol}");
            if protocol == "document" {
                let table = folder.read(&format!("{name}-document.documents.csv"));
                let mut rows = csv::Reader::from_reader(table.as_bytes());
                let rows: Vec<csv::StringRecord> = rows.records().map(|row| row.expect("a row")).collect();
                // The empty one is passed over.
                let expected = reference["documents"].as_array().expect("documents").iter();
                let expected: Vec<_> = expected.filter(|document| document["characters"] != 0).collect();
                assert_eq!(rows.len(), expected.len());
                for (row, document) in rows.iter().zip(&expected) {
                    assert_eq!(
                        (&row[2], &row[7]),
                        (document["id"].as_str().expect("an id"), &*document["scored"].to_string())
                    );
                    check(row[3].parse().expect("bits"), sum(&document["nll_nats"]), &row[2]);
                }
            }
            compared += 1;
        }
    }
    assert!(compared > 0, "no model has a reference");
}

/// A fit of the table is that of the ratios that the program printed, written as a plain wide table.
#[test]
fn a_table_of_scores_fits_as_its_ratios_do() {
    // Random weights that compress worse than any real model could are refused as a wrong unit.
    let models: Vec<PathBuf> = all_models().into_iter().filter(|model| !model.ends_with("gemma3")).collect();
    let folder = with_corpora();
    let names = |cells: &serde_json::Value, key: &str| -> Vec<String> {
        let cells = cells.as_array().into_iter().flatten();
        let mut names: Vec<String> = cells.filter_map(|cell| Some(cell[key].as_str()?.to_string())).collect();
        names.dedup();
        names
    };
    for ending in ["csv", "parquet"] {
        let cells = folder.json(&command(&models, &format!("--quiet --out bpc.{ending}")));
        let models = names(&cells, "model");
        assert!(models.len() >= 3, "{models:?}");
        let scores: String = models
            .iter()
            .enumerate()
            .map(|(i, name)| format!("{name},{}\n", 0.3 + (i * i % 7) as f64 / 20.0))
            .collect();
        folder.write("scores.csv", format!("model,quiz\n{scores}"));
        for unit in ["bits_per_character", "bits_per_byte"] {
            let mut wide = "model,web,code\n".to_string();
            for (name, pair) in models.iter().zip(cells.as_array().expect("cells").chunks(2)) {
                assert_eq!((&pair[0]["domain"], &pair[1]["domain"]), (&"web".into(), &"code".into()));
                wide += &format!("{name},{},{}\n", pair[0][unit], pair[1][unit]);
            }
            folder.write("wide.csv", wide);
            let fit = |table: &str| {
                let line =
                    format!("fit --bpc {table} --scores scores.csv --target quiz --bpc-unit {unit} --replicates 20");
                folder.json(&line)
            };
            let (found, expected) = (fit(&format!("bpc.{ending}")), fit("wide.csv"));
            for key in ["unit", "model_names", "optimum", "baselines"] {
                assert!(!expected[key].is_null() && found[key] == expected[key], "{ending} {unit} {key}: {found}");
            }
        }
    }
}

#[test]
fn a_killed_run_continues_to_the_same_tables() {
    let Some(models) = models(1) else { return };
    let folder = with_corpora();
    folder.write("study.yaml", "piece_tokens: 200\n");
    let run = |out: &str| command(&models, &format!("--quiet --out {out}")).replacen("score", "score study.yaml", 1);
    folder.prints(&run("whole.csv"));
    let expected = tables(&folder, "whole", "csv");
    let parts = |name: &str| {
        let parts = folder.path().join(format!("{name}.run/parts"));
        folder.listing().iter().filter(|file| file.starts_with(&parts) && is_part(file)).count()
    };
    assert!(parts("whole") > 10, "{} parts", parts("whole"));
    // Killed at once, and again, each time a little later, until a run gets through.
    let program = env!("CARGO_BIN_EXE_mixopt");
    for turn in 0_u64.. {
        let line = run("killed.csv");
        let mut child = std::process::Command::new(program)
            .args(line.split_whitespace())
            .current_dir(folder.path())
            .stdout(std::process::Stdio::null())
            .spawn()
            .expect("the program starts");
        std::thread::sleep(std::time::Duration::from_millis(5 + 10 * turn));
        if let Some(status) = child.try_wait().expect("a status") {
            assert!(status.success());
            break;
        }
        child.kill().expect("it can be killed");
        child.wait().expect("it ends");
    }
    assert!(tables(&folder, "killed", "csv") == expected);
    assert!(
        folder.listing().iter().all(|file| !is_unfinished(file) || !file.starts_with(folder.path().join("killed.run")))
    );
}

#[test]
fn a_model_that_fails_is_told_and_the_others_are_scored() {
    let Some(models) = models(1) else { return };
    let folder = with_corpora();
    std::fs::create_dir(folder.path().join("broken")).expect("a folder");
    folder.write("broken/config.json", "{}");
    let line = command(&models, "--model broken --domain none=nowhere/*.jsonl --out bpc.csv");
    let Run { code, stdout, stderr } = folder.run(&line);
    assert_eq!(code, 1, "{stderr}");
    assert!(stderr.contains("2 faults:") && stderr.contains("model `broken`"), "{stderr}");
    assert!(stderr.contains("domain `none`") && stdout.contains("Bits per character"), "{stdout}{stderr}");
    assert_eq!(folder.read("bpc.csv").lines().count(), 3);
}

fn is_part(file: &Path) -> bool {
    file.extension().is_some_and(|ending| ending == "part")
}

fn is_unfinished(file: &Path) -> bool {
    file.file_name().is_some_and(|name| name.to_string_lossy().starts_with(".mixopt-"))
}
