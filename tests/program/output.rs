//! What the program prints: numbers of its own study, formats, streams.

use std::process::{Command, Stdio};

use crate::folder::{Folder, QUICK, assert_near};
use serde_json::{Value, json};

fn weights(found: &Value) -> Vec<f64> {
    found["optimum"]["weights"].as_object().unwrap().values().map(|weight| weight.as_f64().unwrap()).collect()
}

fn near(found: &[f64], expected: &[f64], tolerance: f64) -> bool {
    found.len() == expected.len() && found.iter().zip(expected).all(|(a, b)| (a - b).abs() <= tolerance)
}

#[test]
fn the_fits_of_the_program_s_own_study() {
    let folder = Folder::empty();
    let mmlu = folder.json("fit --target mmlu");
    assert_eq!((&mmlu["models"], &mmlu["families"]), (&json!(19), &json!(9)));
    assert!(near(&weights(&mmlu), &[0.3163, 0.0, 0.6837], 1e-3), "{:?}", weights(&mmlu));
    assert!(near(&[mmlu["optimum"]["pearson"].as_f64().unwrap()], &[0.9767], 5e-5));
    assert!(mmlu["optimum"]["gap"].as_f64().unwrap() < 1e-9);
    assert_eq!(mmlu["optimum"]["status"], "certified");
    let overall = folder.json(&format!("fit --target overall {QUICK}"));
    assert!(near(&weights(&overall), &[0.0, 0.556, 0.444], 1e-3), "{:?}", weights(&overall));
    assert!(near(&[overall["optimum"]["pearson"].as_f64().unwrap()], &[0.9682], 5e-5));
}

#[test]
fn averages_are_weighted_as_written() {
    let folder = Folder::empty();
    let found = folder.json(&format!("fit --target gsm8k,math {QUICK}"));
    // math is the mean of four benchmarks, gsm8k among them.
    let expected = json!({ "gsm8k": 0.625, "hendrycks_math": 0.125, "sat_math": 0.125, "mmlu_math": 0.125 });
    assert_near(&found["benchmarks"], &expected, 1e-15, "gsm8k,math");

    let study = concat!(env!("CARGO_MANIFEST_DIR"), "/benchmarks/huang2024");
    let scores = std::fs::read_to_string(format!("{study}/scores.csv")).unwrap();
    let header: Vec<&str> = scores.lines().next().unwrap().split(',').collect();
    let column = |name: &str| header.iter().position(|column| *column == name).unwrap();
    let mut table = "model,average\n".to_string();
    for line in scores.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let score = |name: &str| cells[column(name)].parse::<f64>().ok();
        let math = ["gsm8k", "hendrycks_math", "sat_math", "mmlu_math"].map(score);
        if let [Some(gsm8k), Some(b), Some(c), Some(d)] = math {
            table.push_str(&format!("{},{}\n", cells[0], (gsm8k + (gsm8k + b + c + d) / 4.0) / 2.0));
        }
    }
    folder.write("average.csv", table);
    let files = format!("--bpc {study}/bits_per_character.csv --models {study}/models.csv --scores average.csv");
    let by_hand = folder.json(&format!("fit --target average {files} {QUICK}"));
    for part in ["optimum", "recommended"] {
        for key in ["weights", "pearson"] {
            assert_near(&found[part][key], &by_hand[part][key], 1e-9, &format!("{part} {key}"));
        }
    }

    let halves = folder.json(&format!("fit --target math=0.5,coding=0.5 {QUICK}"));
    let (eighth, sixth) = (0.125, 1.0 / 6.0);
    let expected = json!({
        "humaneval": sixth, "mbpp": sixth, "ds1000": sixth,
        "gsm8k": eighth, "hendrycks_math": eighth, "sat_math": eighth, "mmlu_math": eighth
    });
    assert_near(&halves["benchmarks"], &expected, 1e-15, "math=0.5,coding=0.5");
    let plain = folder.json(&format!("fit --target math,coding {QUICK}"));
    assert_near(&halves["optimum"], &plain["optimum"], 1e-15, "halves");
}

#[test]
fn weights_in_the_file_sum_to_one_as_printed() {
    let folder = Folder::empty();
    for target in ["mmlu", "coding", "overall"] {
        for kind in ["recommended", "optimum"] {
            folder.prints(&format!("fit --target {target} {QUICK} --out m.yaml --out-mixture {kind}"));
            let text = folder.read("m.yaml");
            let (_, after) = text.split_once("\nweights:\n").unwrap();
            let units = after.lines().take_while(|line| line.starts_with("  ")).map(|line| {
                let (whole, decimals) = line.split_once(": ").unwrap().1.split_once('.').unwrap();
                assert!(decimals.len() <= 6, "{line}");
                format!("{whole}{decimals:0<6}").parse::<u64>().unwrap()
            });
            assert_eq!(units.sum::<u64>(), 1_000_000, "{target} {kind}");
        }
    }
}

#[test]
fn the_result_does_not_depend_on_threads() {
    let folder = Folder::empty();
    let results = [1, 2].map(|threads| {
        let run = folder.prints(&format!("fit --target math {QUICK} --threads {threads} --format json --out m.yaml"));
        (run, folder.read("m.yaml"))
    });
    assert_eq!(results[0], results[1]);
}

/// Every command that prints a result, with the schema of its JSON where it has one.
const COMMANDS: [(&str, Option<&str>); 10] = [
    ("fit --target mmlu --replicates 20", Some("fit")),
    ("fit --target coding --objective spearman --replicates 20", Some("fit")),
    ("fit --target math --control log_parameters --replicates 20", Some("fit")),
    ("correlate", Some("correlate")),
    ("correlate --statistic models --target mmlu,math --exclude-models Qwen-*", Some("correlate")),
    ("show mixture.yaml", Some("mixture")),
    ("show optimum.yaml", Some("mixture")),
    ("refit mixture.yaml", Some("refit")),
    ("targets", None),
    ("studies", None),
];

fn with_mixtures() -> Folder {
    let folder = Folder::empty();
    for (file, kind) in [("mixture.yaml", "recommended"), ("optimum.yaml", "optimum")] {
        folder.prints(&format!("fit --target mmlu {QUICK} --out {file} --out-mixture {kind}"));
    }
    folder
}

#[test]
fn every_format_of_every_command_can_be_read() {
    let folder = with_mixtures();
    for (command, schema) in COMMANDS {
        let found = folder.json(command);
        if let Some(schema) = schema {
            let validator = jsonschema::validator_for(&folder.json(&format!("schema {schema}"))).unwrap();
            let faults: Vec<String> = validator.iter_errors(&found).map(|fault| fault.to_string()).collect();
            assert!(faults.is_empty(), "{command}: {faults:?}");
            // The schema would notice: without any of its keys the document is not valid.
            let mut cut = if found.is_array() { found[0].clone() } else { found.clone() };
            let first = cut.as_object().unwrap().keys().next().unwrap().clone();
            cut.as_object_mut().unwrap().remove(&first);
            let cut = if found.is_array() { json!([cut]) } else { cut };
            assert!(!validator.is_valid(&cut), "{command}");
        }
        let text = folder.prints(&format!("{command} --format csv"));
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        assert!(reader.headers().unwrap().iter().all(|name| !name.is_empty()), "{command}");
        let rows = reader.records().collect::<Result<Vec<_>, _>>().unwrap_or_else(|fault| panic!("{command}: {fault}"));
        assert!(!rows.is_empty(), "{command}");
        let table = folder.prints(&format!("{command} --format table"));
        assert!(table.lines().count() > 1 && table.lines().all(|line| line == line.trim_end()), "{table}");
    }
    let targets = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/benchmarks/targets.yaml")).unwrap();
    let targets: Value = serde_saphyr::from_str(&targets).unwrap();
    assert!(jsonschema::is_valid(&folder.json("schema targets"), &targets));
    assert!(!jsonschema::is_valid(&folder.json("schema targets"), &json!({ "version": 1 })));
}

#[test]
fn csv_of_the_fit_holds_its_shares() {
    let folder = Folder::empty();
    let found = folder.json(&format!("fit --target mmlu {QUICK}"));
    let text = folder.prints(&format!("fit --target mmlu {QUICK} --format csv"));
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers().unwrap().clone();
    assert_eq!(header.iter().take(4).collect::<Vec<_>>(), ["domain", "recommended", "optimum", "prior"]);
    for row in reader.records() {
        let row = row.unwrap();
        for (cell, part) in [(&row[1], "recommended"), (&row[2], "optimum")] {
            assert_eq!(Some(cell.parse::<f64>().unwrap()), found[part]["weights"][&row[0]].as_f64(), "{part}");
        }
        assert!(near(&[row[3].parse().unwrap()], &[1.0 / 3.0], 1e-15), "{row:?}");
    }
}

#[test]
fn pipes_get_plain_text_and_quiet_means_quiet() {
    let folder = with_mixtures();
    for (command, _) in COMMANDS {
        let loud = folder.run(command);
        assert_eq!(loud.code, 0);
        assert!(!loud.stdout.contains('\u{1b}') && !loud.stderr.contains('\u{1b}'), "{command}");
        let quiet = folder.run(&format!("{command} --quiet"));
        assert_eq!((quiet.stdout, quiet.stderr.as_str()), (loud.stdout, ""), "{command}");
    }
    let loud = folder.run(&format!("fit --target gsm8k {QUICK} --out gsm8k.yaml"));
    assert!(loud.stdout.contains("! The Qwen models of this study saw GSM8K"), "{}", loud.stdout);
    assert!(loud.stderr.ends_with("note: wrote gsm8k.yaml\n"), "{}", loud.stderr);
    assert_eq!(folder.run(&format!("fit --target gsm8k {QUICK} --out gsm8k.yaml -q")).stderr, "");
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let program = env!("CARGO_BIN_EXE_mixopt");
    for command in ["correlate --format json", "fit --target mmlu --replicates 20", "man"] {
        let mut child = Command::new(program)
            .args(command.split(' '))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // Closed before anything is printed: the first write fails.
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success() && !stderr.contains("error"), "{command}: {stderr}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_a_failure() {
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_mixopt")).arg("studies").stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(message, "error: cannot print to standard output: No space left on device (os error 28)\n");
}

#[test]
fn completions_and_manual_know_the_commands() {
    let folder = Folder::empty();
    let commands = ["fit", "correlate", "refit", "score", "targets", "studies", "show", "schema", "completions", "man"];
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = folder.prints(&format!("completions {shell}"));
        assert!(script.contains("--drop-family") || script.contains("drop-family"), "{shell}");
        assert!(commands.iter().all(|command| script.contains(command)), "{shell}");
    }
    let bash = folder.prints("completions bash");
    assert!(bash.starts_with("_mixopt()"));
    for suggested in ["hendrycks_math", "huang2024", "slimpajama", "natural"] {
        assert!(bash.contains(suggested), "{suggested}");
    }
    let manual = folder.prints("man");
    assert!(manual.contains(".TH mixopt 1"), "{}", &manual[..200]);
    for command in commands {
        assert!(manual.contains(&format!(".SH COMMAND {}", command.to_uppercase())), "{command}");
    }
    assert!(folder.prints("--version").starts_with("mixopt "));
    let help = folder.prints("fit --help");
    assert!(help.contains("--target <TARGET>") && help.contains("Examples:"), "{help}");
    assert!(!help.contains("slimpajama"), "suggestions are for completions: {help}");
}
