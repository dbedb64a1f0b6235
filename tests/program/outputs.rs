//! Where outputs go: through links, into pipes, with which permissions, and never over an input.

use crate::folder::{FILES, Folder, QUICK, SCORES};

const LLAMA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/models/llama");
const MANIFEST: &str = "mixopt_corpora: 1\ndomains:\n  web: {tokens: 1000000, characters: 4000000}\n  code: {tokens: 1000000, characters: 3000000}\n  books: {tokens: 500000, characters: 2000000}\n";
const MIXTURE: &str = "mixopt_mixture: 1\nkind: given\nname: m\nsource: s\nunit: characters\nweights: {web: 0.5, code: 0.25, books: 0.25}\n";
const DOCUMENT: &str = "{\"text\":\"The ferry left before sunrise, when the harbour was still.\"}\n";

fn with_inputs() -> Folder {
    let folder = Folder::with_study();
    folder.write("corpora.yaml", MANIFEST);
    folder.write("mix.yaml", MIXTURE);
    folder.write(
        "plan.yaml",
        "mixopt_plan: 1\ncorpora: corpora.yaml\nprior: mix.yaml\nstages:\n- {name: only, target: reading, budget: 1M}\n",
    );
    folder.write("documents.jsonl", DOCUMENT);
    folder.write("targets.yaml", "{}\n");
    std::fs::create_dir(folder.path().join("below")).unwrap();
    folder
}

/// A run that must be refused as wrong usage, after which a file is as it was.
fn keeps(folder: &Folder, file: &str, arguments: &str) {
    let before = std::fs::read(folder.path().join(file)).unwrap();
    let message = folder.refuses(2, arguments);
    assert!(message.contains("one of the input files, which would be overwritten"), "{arguments}: {message}");
    assert_eq!(std::fs::read(folder.path().join(file)).unwrap(), before, "{arguments}");
}

#[test]
fn an_output_is_never_an_input() {
    let folder = with_inputs();
    let tables = "--bpc bpc.csv --scores scores.csv --models models.csv";
    let fit = format!("fit --target reading {FILES}");
    for file in ["bpc.csv", "scores.csv", "models.csv", "./bpc.csv", "below/../scores.csv"] {
        keeps(&folder, file, &format!("{fit} --out {file}"));
    }
    keeps(&folder, "corpora.yaml", &format!("{fit} --corpora corpora.yaml --out corpora.yaml"));
    keeps(&folder, "mix.yaml", &format!("{fit} --prior mix.yaml --out mix.yaml"));
    keeps(&folder, "targets.yaml", &format!("{fit} --targets targets.yaml --out targets.yaml"));
    for file in ["plan.yaml", "corpora.yaml", "mix.yaml", "bpc.csv"] {
        keeps(&folder, file, &format!("plan plan.yaml {tables} --out {file}"));
    }
    for file in ["mix.yaml", "corpora.yaml"] {
        keeps(&folder, file, &format!("export mix.yaml --to levanter --corpora corpora.yaml --out {file}"));
        keeps(&folder, file, &format!("import mix.yaml --corpora corpora.yaml --out {file}"));
    }
    let study = "--study-bpc bpc.csv --study-scores scores.csv";
    for file in ["bpc.csv", "scores.csv"] {
        keeps(&folder, file, &format!("predict mix.yaml --target reading --bpc bpc.csv {study} --out {file}"));
    }
}

#[test]
fn a_result_file_in_a_folder_is_an_input() {
    let folder = with_inputs();
    std::fs::create_dir(folder.path().join("results")).unwrap();
    for (index, line) in SCORES.lines().skip(1).enumerate() {
        let (model, score) =
            line.split_once(',').and_then(|(model, rest)| Some((model, rest.split_once(',')?.0))).unwrap();
        let score: f64 = score.parse().unwrap();
        let result = serde_json::json!({
            "results": { "reading": { "alias": "reading", "acc,none": score / 100.0 } },
            "versions": { "reading": 1 },
            "n-shot": { "reading": 5 },
            "config": { "model": "hf", "model_args": format!("pretrained={model}") },
            "model_name": model,
        });
        folder.write(&format!("results/results_{index}.json"), result.to_string());
    }
    let fit = "fit --target reading --bpc bpc.csv --scores results --refits 0 -q";
    folder.prints(&format!("{fit} {QUICK} --out results/new.yaml"));
    keeps(&folder, "results/results_3.json", &format!("{fit} {QUICK} --out results/results_3.json"));
}

#[test]
fn tables_of_scores_are_none_of_what_is_scored() {
    let folder = with_inputs();
    let score = format!("score --model {LLAMA} --protocol document --context 16 --stride 8");
    folder.write("study.csv", format!("models: [{{path: {LLAMA}}}]\ndomains: [{{name: web, patterns: [documents.jsonl]}}]\ncontext: 16\nstride: 8\nprotocol: document\nout: study.csv\n"));
    keeps(&folder, "study.csv", "score study.csv");
    folder.write("model.csv", "GGUF");
    keeps(&folder, "model.csv", "score --model model.csv --domain web=documents.jsonl --out model.csv");

    // What a run has prepared would be thrown away before it is read.
    folder.prints(&format!("{score} --domain web=documents.jsonl --out bpc.csv -q"));
    let prepared = std::fs::read_dir(folder.path().join("bpc.run/corpora")).unwrap().flatten();
    let prepared = prepared.map(|entry| entry.path()).find(|path| path.extension().is_some_and(|e| e == "zst"));
    let prepared = prepared.expect("prepared documents");
    let name = prepared.strip_prefix(folder.path()).unwrap().to_str().unwrap().to_string();
    keeps(&folder, &name, &format!("{score} --domain web={name} --out bpc.csv --restart"));
}

#[test]
fn a_file_of_the_corpus_is_no_table() {
    use polars_core::prelude::{Column, DataFrame};
    use polars_io::prelude::ParquetWriter;
    let folder = with_inputs();
    for name in ["web.parquet", "below/web.documents.parquet"] {
        let column = Column::new("text".into(), ["The ferry left before sunrise."]);
        let mut frame = DataFrame::new(1, vec![column]).unwrap();
        ParquetWriter::new(std::fs::File::create(folder.path().join(name)).unwrap()).finish(&mut frame).unwrap();
    }
    let score = format!("score --model {LLAMA} --protocol document --context 16 --stride 8");
    keeps(&folder, "web.parquet", &format!("{score} --domain web=web.parquet --out web.parquet"));
    keeps(&folder, "web.parquet", &format!("{score} --domain web=*.parquet --out below/../web.parquet"));
    // The table of documents goes beside the table that was named.
    let file = "below/web.documents.parquet";
    keeps(&folder, file, &format!("{score} --domain web=below --out below/web.parquet"));
}

#[test]
fn a_count_keeps_all_that_it_reads() {
    let folder = with_inputs();
    folder.write("count.yaml", "mixopt_corpora: 1\ndomains:\n  web: {paths: documents.jsonl}\n");
    keeps(&folder, "count.yaml", "corpora count count.yaml --out below/../count.yaml");
    keeps(&folder, "documents.jsonl", "corpora count count.yaml --out documents.jsonl");
    std::fs::copy(format!("{LLAMA}/tokenizer.json"), folder.path().join("below/tokenizer.json")).unwrap();
    for tokenizer in ["below", "below/tokenizer.json"] {
        let count = format!("corpora count count.yaml --tokenizer {tokenizer} --out below/tokenizer.json");
        keeps(&folder, "below/tokenizer.json", &count);
    }
    // In its own place it is asked for.
    folder.prints("corpora count count.yaml --in-place -q");
    assert!(folder.read("count.yaml").contains("documents: 1"));
}

#[test]
fn only_a_run_has_a_run_folder() {
    let folder = with_inputs();
    let score =
        format!("score --model {LLAMA} --domain web=documents.jsonl --protocol document --context 16 --stride 8");
    for part in ["data.run/corpora", "data.run/parts", "empty.run"] {
        std::fs::create_dir_all(folder.path().join(part)).unwrap();
    }
    folder.write("data.run/corpora/thesis.txt", "mine");
    for more in ["", "--restart", "--plan"] {
        let message = folder.refuses(2, &format!("{score} --out data.csv {more}"));
        assert!(message.starts_with("data.run contains `corpora` but no run settings"), "{message}");
    }
    // The settings of another program are none of a run.
    folder.write("data.run/settings.json", "{\"theme\":\"dark\"}");
    assert!(folder.refuses(2, &format!("{score} --out data.csv --restart")).contains("no run settings"));
    assert_eq!(folder.read("data.run/corpora/thesis.txt"), "mine");
    folder.prints(&format!("{score} --out empty.csv -q"));
    folder.prints(&format!("{score} --out empty.csv --restart -q"));
}

#[test]
fn a_run_of_nothing_leaves_nothing() {
    let folder = with_inputs();
    for arguments in ["--model no --domain web=no.jsonl", "--model no --domain web=no.jsonl --plan"] {
        let before = folder.listing();
        let run = folder.run(&format!("score {arguments} --out new.csv"));
        assert_eq!((run.code, run.stdout.as_str()), (1, ""), "{}", run.stderr);
        assert!(!run.stderr.contains("Plan"), "{}", run.stderr);
        assert_eq!(folder.listing(), before);
    }
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{FileTypeExt, PermissionsExt, symlink};
    use std::process::{Command, Stdio};

    use super::*;

    const FIT: &str = "fit --target reading --bpc bpc.csv --scores scores.csv --replicates 10 --refits 0 -q";

    fn shell(folder: &Folder, script: &str) -> std::process::Output {
        let script = script.replace("mixopt", env!("CARGO_BIN_EXE_mixopt"));
        Command::new("sh").args(["-c", &script]).current_dir(folder.path()).output().expect("a shell")
    }

    fn mode(folder: &Folder, file: &str) -> u32 {
        std::fs::metadata(folder.path().join(file)).unwrap().permissions().mode() & 0o7777
    }

    #[test]
    fn a_pipe_is_written_into() {
        let folder = with_inputs();
        let made = Command::new("mkfifo").arg(folder.path().join("pipe")).status().expect("mkfifo");
        assert!(made.success());
        symlink("pipe", folder.path().join("link")).unwrap();
        for name in ["pipe", "link"] {
            let pipe = folder.path().join("pipe");
            let reader = std::thread::spawn(move || std::fs::read_to_string(pipe).unwrap());
            folder.prints(&format!("{FIT} --out {name}"));
            assert!(reader.join().unwrap().contains("mixopt_mixture: 1"));
            let kind = |name: &str| folder.path().join(name).symlink_metadata().unwrap().file_type();
            assert!(kind("pipe").is_fifo() && kind("link").is_symlink());
        }
    }

    #[test]
    fn standard_output_is_written_into() {
        let folder = with_inputs();
        symlink("/dev/stdout", folder.path().join("link")).unwrap();
        for (name, command) in [
            ("a pipe", format!("mixopt {FIT} --out link | cat > found")),
            ("a file", format!("mixopt {FIT} --out link > found")),
        ] {
            assert!(shell(&folder, &command).status.success(), "{name}");
            let found = folder.read("found");
            assert!(found.starts_with("# Mixture") && found.contains("Shares"), "{name}: {found}");
        }
    }

    #[test]
    fn links_stay_and_lead_where_they_led() {
        let folder = with_inputs();
        symlink("below/there.yaml", folder.path().join("link.yaml")).unwrap();
        symlink("link.yaml", folder.path().join("twice.yaml")).unwrap();
        for _ in 0..2 {
            folder.prints(&format!("{FIT} --out twice.yaml"));
            assert!(folder.path().join("twice.yaml").is_symlink() && folder.path().join("link.yaml").is_symlink());
            assert!(folder.read("below/there.yaml").contains("mixopt_mixture: 1"));
            std::fs::write(folder.path().join("below/there.yaml"), "old").unwrap();
        }
        symlink("round.yaml", folder.path().join("round.yaml")).unwrap();
        assert!(folder.refuses(1, &format!("{FIT} --out round.yaml")).contains("form a loop"));
        // The same link to an input is that input.
        symlink("bpc.csv", folder.path().join("table.csv")).unwrap();
        std::fs::hard_link(folder.path().join("bpc.csv"), folder.path().join("twin.csv")).unwrap();
        for file in ["table.csv", "twin.csv"] {
            keeps(&folder, "bpc.csv", &format!("{FIT} --out {file}"));
        }
    }

    #[test]
    fn permissions_are_those_of_the_umask_or_of_the_file_before() {
        let folder = with_inputs();
        let score =
            format!("score --model {LLAMA} --domain s=documents.jsonl --protocol document --context 16 --stride 8 -q");
        let run = |umask: &str, arguments: &str| {
            let output = shell(&folder, &format!("umask {umask}; mixopt {arguments}"));
            assert!(output.status.success(), "{arguments}: {}", String::from_utf8_lossy(&output.stderr));
        };
        run("077", &format!("{FIT} --out private.yaml"));
        run("077", &format!("{score} --out x.csv"));
        run("002", &format!("{FIT} --out group.yaml"));
        assert_eq!([mode(&folder, "private.yaml"), mode(&folder, "group.yaml")], [0o600, 0o664]);
        for file in folder.listing().into_iter().filter(|path| path.is_file()) {
            let name = file.strip_prefix(folder.path()).unwrap().to_str().unwrap();
            assert!(!name.starts_with("x.") || mode(&folder, name) == 0o600, "{name}: {:o}", mode(&folder, name));
        }
        for bits in [0o640, 0o600, 0o666] {
            std::fs::set_permissions(folder.path().join("group.yaml"), std::fs::Permissions::from_mode(bits)).unwrap();
            run("022", &format!("{FIT} --out group.yaml"));
            assert_eq!(mode(&folder, "group.yaml"), bits);
        }
    }

    #[test]
    fn a_closed_output_is_a_failure_and_a_reader_that_leaves_is_none() {
        let folder = with_inputs();
        for arguments in [
            "show mix.yaml",
            "show mix.yaml --format json",
            "mixtures --format csv",
            "completions bash",
            "--help",
            "fit --help",
            "--version",
        ] {
            let output = shell(&folder, &format!("mixopt {arguments} >&-"));
            assert_eq!(output.status.code(), Some(1), "{arguments}");
            assert_eq!(
                String::from_utf8(output.stderr).unwrap(),
                "error: cannot print to standard output: it is closed\n"
            );
        }
        // A place of its own that takes everything is no closed one.
        let output = Command::new(env!("CARGO_BIN_EXE_mixopt"))
            .args(["show", "mix.yaml"])
            .current_dir(folder.path())
            .stdout(Stdio::null())
            .status();
        assert!(output.unwrap().success());
        for arguments in ["man", "schema fit", "mixtures", "--help", "fit --help"] {
            let output = shell(&folder, &format!("mixopt {arguments} | head -1"));
            assert!(output.stderr.is_empty(), "{arguments}: {}", String::from_utf8_lossy(&output.stderr));
        }
    }
}
