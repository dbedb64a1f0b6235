//! Names from files that would drive a terminal: none of them does, whoever prints them.

use std::process::Command;

use crate::folder::Folder;

/// Sets a window's title, rings, clears the screen, turns red, moves back, and more by C1 and bidirectional controls.
const HOSTILE: &str = "N\u{1b}]0;T\u{7}\u{1b}[2J\u{1b}[31mX\r\u{9b}2J\u{7f}\u{202e}\u{2066}";
/// The same for YAML and JSON.
const ESCAPED: &str = "N\\u001b]0;T\\u0007\\u001b[2J\\u001b[31mX\\r\\u009b2J\\u007f\\u202e\\u2066";

fn with_hostile_names() -> Folder {
    let folder = Folder::empty();
    let mut bpc = format!("model,web{HOSTILE},code\n").replace('\r', "");
    let mut scores = format!("model,mmlu,gsm{HOSTILE}\n").replace('\r', "");
    for (index, family) in ["a", "a", "b", "b", "c", "c", "d", "d"].iter().enumerate() {
        let name = format!("{family}{index}{}", if index == 0 { HOSTILE.replace('\r', "") } else { String::new() });
        let bits = 0.9 - 0.04 * index as f64;
        bpc += &format!("{name},{bits:.3},{:.3}\n", bits - 0.1 - 0.01 * (index % 3) as f64);
        scores += &format!("{name},{:.3},{:.3}\n", 0.3 + 0.05 * index as f64, 0.2 + 0.04 * index as f64);
    }
    scores += "left\u{1b}[31mX,0.5,0.5\n";
    folder.write("bpc.csv", bpc);
    folder.write("scores.csv", scores);
    let mixture = format!(
        "mixopt_mixture: 1\nunit: tokens\nweights: {{\"web{ESCAPED}\": 0.5, code: 0.5}}\nkind: given\nname: \"a{ESCAPED}\"\nsource: \"b{ESCAPED}\\nc\"\n"
    );
    folder.write("mix.yaml", mixture);
    folder.write(
        "corpora.yaml",
        format!("mixopt_corpora: 1\ntokenizer: \"t{ESCAPED}\"\ndomains:\n  web: {{licence: \"x{ESCAPED}\", tags: [\"q{ESCAPED}\"], paths: [\"no{ESCAPED}file\"]}}\n"),
    );
    folder
}

/// What remains of an output once the program's own styles are taken out.
fn without_own_styles(text: &str) -> String {
    ["\u{1b}[1m\u{1b}[31m", "\u{1b}[0m", "\u{1b}[1m", "\u{1b}[36m"]
        .iter()
        .fold(text.to_string(), |text, style| text.replace(style, ""))
}

#[test]
fn names_drive_no_terminal() {
    let folder = with_hostile_names();
    let study = "--bpc bpc.csv --scores scores.csv";
    let quick = "--replicates 10 --refits 20";
    for format in ["table", "json"] {
        for arguments in [
            format!("correlate {study}"),
            format!("targets {study}"),
            format!("fit --target mmlu {study} {quick} -v"),
            format!("evaluate --mixture mix.yaml --target mmlu {study} {quick}"),
            format!("fit --target nothing {study}"),
            "show mix.yaml".to_string(),
            "show missing.yaml".to_string(),
            "diff mix.yaml mix.yaml".to_string(),
            "diff mix.yaml pile".to_string(),
            "corpora check corpora.yaml".to_string(),
            "corpora count corpora.yaml".to_string(),
            "export mix.yaml --to levanter --out exported.yaml".to_string(),
            format!("show {HOSTILE}.yaml"),
            format!("show mix.yaml more{HOSTILE}"),
        ] {
            let output = Command::new(env!("CARGO_BIN_EXE_mixopt"))
                .args(arguments.split(' '))
                .args(["--format", format])
                .current_dir(folder.path())
                // As on a terminal: styles are not taken out on their way.
                .env("CLICOLOR_FORCE", "1")
                .env_remove("NO_COLOR")
                .output()
                .unwrap();
            for stream in [output.stdout, output.stderr] {
                let shown = without_own_styles(&String::from_utf8(stream).unwrap());
                let drives = |c: char| {
                    (c.is_control() && c != '\n')
                        || ('\u{202a}'..='\u{202e}').contains(&c)
                        || ('\u{2066}'..='\u{2069}').contains(&c)
                };
                assert!(!shown.contains(drives), "{arguments} --format {format}: {shown:?}");
            }
        }
    }
}

#[test]
fn names_are_shown_escaped_and_data_stay_as_they_are() {
    let folder = with_hostile_names();
    let shown = folder.prints("show mix.yaml");
    assert!(shown.contains(r"web") && shown.contains(r"N\x1b]0;T\x07\x1b[2J\x1b[31mX\r\x9b2J\x7f\u{202e}"), "{shown}");
    // A line break of a name begins no line.
    assert!(shown.contains(r"\nc"), "{shown}");
    let csv = folder.prints("correlate --bpc bpc.csv --scores scores.csv --format csv");
    assert!(csv.contains("\u{1b}[31mX"), "{csv:?}");
    // What is printed for a file is what the file would hold.
    folder.prints("export mix.yaml --to levanter --out exported.yaml -q");
    assert_eq!(folder.prints("export mix.yaml --to levanter -q"), folder.read("exported.yaml"));
    let found = folder.json("show mix.yaml");
    assert!(found["weights"].as_object().unwrap().contains_key(&format!("web{HOSTILE}")), "{found}");
}
