//! What every target's file looks like, with and without stages. `MIXOPT_WRITE_SNAPSHOTS=1` writes them anew.

use mixopt_export::{ExportOptions, Stages, TARGETS};

use crate::fixtures::{data, exported, mixture, options};

/// Compares with the committed file; the program's version is no part of it.
fn compare(name: &str, text: &str) {
    let text = text.replace(&format!("mixopt {}", env!("CARGO_PKG_VERSION")), "mixopt VERSION");
    let file = data("written").join(name);
    if std::env::var_os("MIXOPT_WRITE_SNAPSHOTS").is_some() {
        std::fs::create_dir_all(data("written")).unwrap();
        std::fs::write(&file, &text).unwrap();
    }
    let committed = std::fs::read_to_string(&file).unwrap_or_else(|fault| panic!("{name}: {fault}"));
    assert_eq!(text, committed, "{name}");
}

#[test]
fn of_a_mixture() {
    let options = ExportOptions { budget: Some(4_000_000), ..options() };
    for target in TARGETS {
        let found = exported(target, &mixture("mixture.yaml"), &options);
        compare(&format!("{}.{}", target.name, target.format.extension()), &found.text);
    }
}

#[test]
fn of_stages() {
    for target in TARGETS {
        let stages = if target.stages == Stages::Schedule { vec![None] } else { vec![Some("stable"), Some("decay")] };
        for stage in stages {
            let options = ExportOptions { stage: stage.map(String::from), ..options() };
            let found = exported(target, &mixture("plan.yaml"), &options);
            let of = stage.unwrap_or("stages");
            compare(&format!("{}.{of}.{}", target.name, target.format.extension()), &found.text);
        }
    }
}

#[test]
fn every_file_belongs_to_a_target() {
    let mut found: Vec<String> = std::fs::read_dir(data("written"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    found.sort();
    let mut expected: Vec<String> = TARGETS
        .iter()
        .flat_map(|target| {
            let staged = if target.stages == Stages::Schedule { vec!["stages."] } else { vec!["stable.", "decay."] };
            std::iter::once("")
                .chain(staged)
                .map(|of| format!("{}.{of}{}", target.name, target.format.extension()))
                .collect::<Vec<_>>()
        })
        .collect();
    expected.sort();
    assert_eq!(found, expected);
}
