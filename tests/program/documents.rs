//! Tables by document: beside `--bpc`, in its place, and where they cannot be used.

use crate::folder::{BPC, Folder, with};

/// Lengths of the documents of a domain.
const SIZES: [u64; 4] = [1000, 2500, 400, 1600];
/// How much harder than the domain each document is, in bits per character; sums over characters to zero.
const HARDER: [f64; 4] = [0.08, -0.064, 0.2, 0.0];
const FILES: &str = "--scores scores.csv --models models.csv --replicates 20";

/// The documents of the small study: seven models, three domains, four documents each.
fn rows() -> Vec<[String; 7]> {
    let mut lines = BPC.lines();
    let domains: Vec<&str> = lines.next().unwrap().split(',').skip(1).collect();
    let mut rows = Vec::new();
    for line in lines {
        let mut cells = line.split(',');
        let model = cells.next().unwrap();
        for (domain, level) in domains.iter().zip(cells) {
            let level: f64 = level.parse().unwrap();
            for (k, (size, harder)) in SIZES.iter().zip(HARDER).enumerate() {
                let bits = *size as f64 * (level + harder);
                let bytes = size + 10 * k as u64;
                let cells = [model.to_string(), domain.to_string(), format!("{domain}-{k}"), bits.to_string()];
                let [model, domain, id, bits] = cells;
                rows.push([model, domain, id, bits, size.to_string(), bytes.to_string(), "a tag".to_string()]);
            }
        }
    }
    rows
}

fn csv(rows: &[[String; 7]]) -> String {
    let lines = rows.iter().map(|row| row.join(",") + "\n");
    format!("model,domain,id,bits,characters,bytes,tag\n{}", lines.collect::<String>())
}

fn folder() -> Folder {
    let folder = Folder::with_study();
    folder.write("bpc.documents.csv", csv(&rows()));
    folder
}

/// Notes of a run, one line each.
fn notes(folder: &Folder, arguments: &str) -> String {
    let run = folder.run(arguments);
    assert_eq!(run.code, 0, "{arguments}: {}", run.stderr);
    run.stderr.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn a_table_by_document_can_stand_for_bpc() {
    let folder = folder();
    let by_domain = folder.json(&format!("fit --target reading --bpc bpc.csv {FILES}"));
    let by_document = folder.json(&format!("fit --target reading --bpc bpc.documents.csv {FILES}"));
    for of in ["optimum", "recommended"] {
        let weight = |found: &serde_json::Value| found[of]["weights"]["books"].as_f64().unwrap();
        assert!((weight(&by_domain) - weight(&by_document)).abs() < 1e-6, "{of}");
    }
    let messages = by_document["messages"].to_string();
    assert!(messages.contains("bpc.documents.csv has a row for each document: they were added up"), "{messages}");
    assert!(messages.contains("standard errors of bits per character from the sample of documents"), "{messages}");
    let inputs = by_document["inputs"].to_string();
    assert!(inputs.contains("bpc.documents.csv"), "{inputs}");
}

#[test]
fn documents_beside_bpc_tell_the_noise_of_measurement() {
    let folder = folder();
    let given = format!("fit --target reading --bpc bpc.csv --documents bpc.documents.csv {FILES}");
    let messages = notes(&folder, &given);
    // By hand: residuals are size × harder, so the error is √(4/3 · Σ (size · harder)²) / 5500, for every cell alike.
    // √(4/3 · (80² + 160² + 80² + 0²)) / 5500 = 0.0411, and what all models share is all of it.
    assert!(messages.contains("from the sample of documents: median 0.041, largest 0.041 ("), "{messages}");
    assert!(messages.contains("on the same documents: median 0.0000"), "{messages}");
    let found = folder.json(&given);
    assert_eq!(found["inputs"].to_string().matches("\"documents\"").count(), 1);
    // The same without: the notes are all that differs yet.
    let without = folder.json(&format!("fit --target reading --bpc bpc.csv {FILES}"));
    assert_eq!(found["optimum"], without["optimum"]);
}

#[test]
fn every_command_of_a_study_takes_documents() {
    let folder = folder();
    let study = "--bpc bpc.csv --documents bpc.documents.csv --scores scores.csv --models models.csv";
    let by_document = "--bpc bpc.documents.csv --scores scores.csv --models models.csv";
    assert!(notes(&folder, &format!("correlate {study}")).contains("standard errors of bits per character"));
    let pearson = |arguments: &str| folder.json(arguments)[0]["pearson"].as_f64().unwrap();
    let plain = pearson("correlate --bpc bpc.csv --scores scores.csv --models models.csv");
    assert!((pearson(&format!("correlate {by_document}")) - plain).abs() < 1e-12);
    folder.write("a.yaml", "mixopt_mixture: 1\nunit: characters\nweights: {web: 0.5, code: 0.5}\nkind: given\n");
    folder.write("b.yaml", "mixopt_mixture: 1\nunit: characters\nweights: {web: 0.4, books: 0.6}\nkind: given\n");
    for study in [study, by_document] {
        let found = folder.json(&format!("diff a.yaml b.yaml --target reading {study}"));
        assert!(found["evidence"].is_object(), "{found}");
    }
    folder.prints(&format!("targets {study}"));
}

#[test]
fn json_lines_and_nats_are_read() {
    let folder = folder();
    let lines: String = rows()
        .iter()
        .map(|[model, domain, id, bits, characters, ..]| {
            let nats = bits.parse::<f64>().unwrap() * std::f64::consts::LN_2;
            let row = serde_json::json!({ "model": model, "domain": domain, "document": id, "nats": nats,
                "characters": characters.parse::<u64>().unwrap() });
            format!("{row}\n")
        })
        .collect();
    folder.write("documents.jsonl", lines);
    let given = format!("fit --target reading --bpc bpc.csv --documents documents.jsonl {FILES}");
    assert!(notes(&folder, &given).contains("from the sample of documents: median 0.041, largest 0.041 ("));
}

#[test]
fn a_model_on_other_documents_is_told_and_not_compared() {
    let folder = folder();
    let mut rows = rows();
    // One document of a-1b on web is gone, one of b-7b on code has no bits, and c-9b has one more on web.
    rows.retain(|row| !(row[0] == "a-1b" && row[2] == "web-2"));
    rows.iter_mut().filter(|row| row[0] == "b-7b" && row[2] == "code-0").for_each(|row| row[3] = String::new());
    let more = ["c-9b", "web", "web-9", "70", "100", "100", ""].map(String::from);
    rows.push(more);
    folder.write("bpc.documents.csv", csv(&rows));
    let expected = "bpc.documents.csv: not measured on the documents that most models were measured on, so their documents \
                    are not used: a-1b on web (1 missing, 0 extra, such as `web-2`), c-9b on web (0 missing, 1 extra, \
                    such as `web-9`), b-7b on code (1 missing, 0 extra, such as `code-0`)";
    let beside = format!("fit --target reading --bpc bpc.csv --documents bpc.documents.csv {FILES}");
    assert!(notes(&folder, &beside).contains(expected), "{}", notes(&folder, &beside));
    assert_eq!(folder.json(&beside)["models"], 7, "the table by domain has them all");
    let instead = format!("fit --target reading --bpc bpc.documents.csv --missing drop-domain {FILES}");
    let found = folder.json(&instead);
    assert!(found["messages"].to_string().contains("a-1b on web"), "{found}");
    assert_eq!(found["dropped_domains"].as_array().unwrap().len(), 2);
}

#[test]
fn a_domain_of_one_document_counts_as_exact() {
    let folder = folder();
    let rows: Vec<_> = rows().into_iter().filter(|row| row[1] != "web" || row[2] == "web-3").collect();
    folder.write("bpc.documents.csv", csv(&rows));
    let messages = notes(&folder, &format!("fit --target reading --bpc bpc.csv --documents bpc.documents.csv {FILES}"));
    let expected = "fewer than 2 documents in common between models, so the measurement counts as exact on: web";
    assert!(messages.contains(expected), "{messages}");
}

#[test]
fn documents_that_cannot_be_used_are_refused_by_name() {
    let whole = csv(&rows());
    let fit = format!("fit --target reading --bpc bpc.csv --documents bpc.documents.csv {FILES}");
    let cases = [
        (
            with(&whole, "model,domain,id,", "model,domain,number,"),
            "bpc.documents.csv: columns model, domain, number, bits, characters, bytes, tag; expected `model`, `domain`, \
             `id`, `bits` and `characters` (or `bytes`), a row for each model and document, as `mixopt score` writes next to \
             its table",
        ),
        (
            with(&whole, "characters", "letters"),
            "bpc.documents.csv: columns model, domain, id, bits, letters, bytes, tag; expected a column `characters`, \
             since the compression is in bits per character",
        ),
        (
            with(&whole, "880,1000", "880,0"),
            "bpc.documents.csv, line 2, `characters`: a document's size is 0; expected more than 0",
        ),
        (
            with(&whole, "880,1000", "880,-1000"),
            "bpc.documents.csv, line 2, `characters`: a document's size is -1000; expected more than 0",
        ),
        (
            with(&whole, "880,1000", "880,"),
            "bpc.documents.csv, line 2, `characters`: an empty cell; expected a document's size, more than 0",
        ),
        (
            with(&whole, "880,1000", "-880,1000"),
            "bpc.documents.csv, line 2, `bits`: a document's bits is -880; expected 0 or more",
        ),
        (
            with(&whole, "880,1000", "many,1000"),
            "bpc.documents.csv, line 2, `bits`: `many`; expected a finite number, or an empty cell for no value",
        ),
        (
            with(&whole, "web-1", "web-0"),
            "bpc.documents.csv, line 3, `characters`: document `web-0` has 2500 characters here but 1000 at line 2; \
             expected the same documents for every model",
        ),
        (with(&whole, "web-1", ""), "bpc.documents.csv, line 3, `id`: an empty cell; expected the name of a document"),
        (
            format!("{whole}{}\n", whole.lines().nth(1).unwrap()),
            "bpc.documents.csv, line 86, `id`: document `web-0 of web under a-1b` appears twice; keep one of the two or \
             give them different names",
        ),
        (
            with(&whole, "880,1000", "880.1,1000"),
            "bpc.documents.csv: `a-1b` has 0.80001818 bits per character on `web` summed over its documents but \
             0.80000000 in bpc.csv; expected the table by document of the same run, or that table as `--bpc` too",
        ),
        (
            whole.replace("web", "Web").replace("code", "Code").replace("books", "Books"),
            "bpc.documents.csv: models a-1b, a-7b, b-1b, b-7b, c-3b, c-9b, d-2b on domains Web, Code, Books; expected \
             models a-1b, a-7b, b-1b, b-7b, c-3b, c-9b, d-2b on domains web, code, books",
        ),
    ];
    for (content, expected) in cases {
        let folder = folder();
        folder.write("bpc.documents.csv", &content);
        assert_eq!(folder.refuses(1, &fit), expected);
    }
}

#[test]
fn documents_twice_or_alone_are_wrong_usage() {
    let folder = folder();
    folder.write("more.csv", csv(&rows()));
    let twice = format!("fit --target reading --bpc bpc.documents.csv --documents more.csv {FILES}");
    assert_eq!(
        folder.refuses(2, &twice),
        "--documents `more.csv`: bpc.documents.csv is itself a table by document; expected one of the two"
    );
    let alone = folder.refuses(2, "fit --target mmlu --documents more.csv");
    assert!(alone.contains("--bpc"), "{alone}");
}

#[test]
fn a_table_of_sums_that_only_repeats_a_cell_stays_refused() {
    let folder = Folder::with_study();
    folder.write("bpc.csv", "model,domain,bits,characters\na-1b,web,8,10\na-1b,web,8,10\n");
    let message = folder.refuses(1, &format!("fit --target reading --bpc bpc.csv {FILES}"));
    assert!(message.contains("model and domain `a-1b on web` appears twice"), "{message}");
}
