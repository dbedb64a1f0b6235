//! Files to write that cannot be written; mixture files and target definitions that cannot be read.

use crate::folder::{FILES, Folder, QUICK, with};

#[test]
fn a_place_that_cannot_be_written_is_told_before_the_fit() {
    let folder = Folder::with_study();
    std::fs::create_dir(folder.path().join("folder")).unwrap();
    for (out, expected) in [
        ("missing/x.yaml", "cannot write missing/x.yaml: no directory missing; create it first"),
        ("folder", "cannot write folder: it is a directory"),
        ("scores.csv/x.yaml", "cannot write scores.csv/x.yaml: scores.csv is not a directory"),
    ] {
        // More replicates than anyone would wait for: the answer comes first.
        let arguments = format!("fit --target mmlu --replicates 1000000 --out {out}");
        assert_eq!(folder.refuses(1, &arguments), expected);
    }
}

#[test]
#[cfg(unix)]
fn a_directory_that_takes_no_file_is_told() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::empty();
    let closed = folder.path().join("closed");
    std::fs::create_dir(&closed).unwrap();
    std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o555)).unwrap();
    if std::fs::write(closed.join("probe"), "").is_ok() {
        std::fs::remove_file(closed.join("probe")).unwrap();
        println!("skipped: this user may write anywhere");
        return;
    }
    let message = folder.refuses(1, "fit --target mmlu --out closed/x.yaml");
    assert_eq!(message, "cannot write closed/x.yaml: cannot create a file in closed (Permission denied (os error 13))");
}

#[test]
fn a_failed_fit_leaves_the_old_file_alone() {
    let folder = Folder::with_study();
    folder.write("mixture.yaml", "precious");
    folder.refuses(2, &format!("fit --target nothing {FILES} --out mixture.yaml"));
    folder.write("scores.csv", "model,reading\n");
    folder.refuses(1, &format!("fit --target reading {FILES} --out mixture.yaml"));
    assert_eq!(folder.read("mixture.yaml"), "precious");
}

#[test]
fn there_is_no_optimum_to_write_where_nothing_correlates() {
    let folder = Folder::with_study();
    let turned = crate::folder::SCORES.replace("reading", "reading_error");
    folder.write("scores.csv", &turned);
    let message = folder.refuses(1, &format!("fit --target reading_error {FILES} --out x.yaml --out-mixture optimum"));
    assert_eq!(message, "no mixture correlates positively with reading_error, so there is no optimum to write");
}

#[test]
fn a_mixture_file_must_be_one() {
    let folder = Folder::empty();
    folder.prints(&format!("fit --target mmlu {QUICK} --out mixture.yaml"));
    let good = folder.read("mixture.yaml");
    let weight = good.lines().find(|line| line.contains("common_crawl:")).unwrap();
    let form = "expected a mixture file as described in docs/mixture-file.md";
    for (content, expected) in [
        (
            with(&good, "mixopt_mixture: 1", "mixopt_mixture: 2"),
            "format version 2; expected version 1, the only one this version of mixopt reads".to_string(),
        ),
        (
            with(&good, "mixopt_mixture: 1\n", ""),
            "no `mixopt_mixture` version; expected a mixture file of mixopt".into(),
        ),
        (
            with(&good, weight, "  common_crawl: -0.5"),
            "weight -0.5 of `common_crawl`; expected shares from 0 to 1".into(),
        ),
        (with(&good, weight, "  common_crawl: many"), format!("line 5: invalid floating point; {form}")),
        (
            with(&good, "unit: characters", "unit: letters"),
            format!("line 3: unknown variant `letters`, expected one of characters, bytes, tokens, documents; {form}"),
        ),
        ("weights: [".into(), "line 1: unclosed bracket '['; expected a mixture file of mixopt".into()),
        ("some text".into(), "line 1: expected mapping start; expected a mixture file of mixopt".into()),
        (String::new(), "no `mixopt_mixture` version; expected a mixture file of mixopt".into()),
    ] {
        folder.write("bad.yaml", content);
        assert_eq!(folder.refuses(1, "show bad.yaml"), format!("bad.yaml: {expected}"));
    }
    folder.write("bad.yaml", with(&good, "\nkind:", "\nkindness: 1\nkind:"));
    let message = folder.refuses(1, "show bad.yaml");
    assert!(
        message.starts_with("bad.yaml: line 8: unknown field `kindness`, expected one of mixopt_mixture, "),
        "{message}"
    );
    let twice: f64 = 2.0 * weight.trim().strip_prefix("common_crawl: ").unwrap().parse::<f64>().unwrap();
    folder.write("bad.yaml", with(&good, weight, &format!("  common_crawl: {twice:.6}")));
    let message = folder.refuses(1, "show bad.yaml");
    assert!(message.starts_with("bad.yaml: weights that sum to 1."), "{message}");
    assert!(message.contains(" too much; expected weights that sum to exactly 1: take "), "{message}");
    // Thirds of six digits, and what mends them.
    let thirds = "mixopt_mixture: 1\nunit: tokens\nweights: {a: 0.333333, b: 0.333333, c: 0.333333}\nkind: given\n";
    folder.write("bad.yaml", thirds);
    assert_eq!(
        folder.refuses(1, "show bad.yaml"),
        "bad.yaml: weights that sum to 0.999999, 0.000001 too little; expected weights that sum to exactly 1: add 0.000001 to `a`, or let `mixopt import` normalise them"
    );
    folder.write("mended.yaml", with(thirds, "a: 0.333333", "a: 0.333334"));
    folder.prints("show mended.yaml");
    folder.prints("import bad.yaml --out imported.yaml");
    folder.prints("show imported.yaml");
    assert_eq!(folder.refuses(1, "show gone.yaml"), "cannot read gone.yaml: No such file or directory (os error 2)");
    assert!(folder.prints("show mixture.yaml").contains("Recommended mixture for mmlu"));
}

#[test]
fn target_definitions_must_be_sound() {
    let folder = Folder::with_study();
    let definition = |parts: &str| format!("version: 1\ntargets:\n  x:\n    description: y\n    mean_of: [{parts}]\n");
    let form = "expected target definitions, version 1";
    for (content, expected) in [
        (with(&definition("reading"), "version: 1", "version: 2"), format!(": version 2; {form}")),
        (
            with(&definition("reading"), "mean_of", "mean"),
            format!(": line 5: unknown field `mean`, expected one of description, mean_of, metric, caution; {form}"),
        ),
        ("targets: {}\n".to_string(), format!(": line 1: missing field `version`; {form}")),
        ("version: 1\ntargets:\n  x: reading\n".to_string(), format!(": line 3: expected mapping start; {form}")),
        (definition("x"), ", `x`: is circular (x → x); expected definitions that lead to benchmarks".into()),
        (
            definition("reading, z") + "  z:\n    description: y\n    mean_of: [x]\n",
            ", `x`: is circular (x → z → x); expected definitions that lead to benchmarks".into(),
        ),
        (definition(""), ", `x`: the mean of nothing; expected at least one name in `mean_of`".into()),
    ] {
        folder.write("targets.yaml", content);
        let message = folder.refuses(1, &format!("fit --target reading {FILES} --targets targets.yaml"));
        assert_eq!(message, format!("targets.yaml{expected}"));
    }
    folder.write("targets.yaml", definition("reading, codng"));
    let message = folder.refuses(2, &format!("fit --target x {FILES} --targets targets.yaml"));
    assert_eq!(
        message,
        "target `x` needs the benchmark `codng`, which is not in the scores, did you mean `coding`?; known: reading, \
         coding"
    );
    // Sound by itself, but not together with the definitions of the program.
    folder.write("targets.yaml", "version: 1\ntargets:\n  gsm8k: {description: y, mean_of: [math]}\n");
    let message = folder.refuses(2, "fit --target overall --targets targets.yaml");
    assert_eq!(
        message,
        "--target `math`: its definition is circular (overall → math → gsm8k → math); expected definitions that lead to \
         benchmarks"
    );
    let message = folder.refuses(1, "targets --targets gone.yaml");
    assert_eq!(message, "cannot read gone.yaml: No such file or directory (os error 2)");
}

#[test]
fn a_benchmark_may_have_the_name_of_an_area() {
    // `coding` is an area of the program's definitions, and a benchmark of the small study.
    let folder = Folder::with_study();
    let found = folder.json(&format!("fit --target coding {FILES}"));
    assert_eq!(found["benchmarks"], serde_json::json!({ "coding": 1.0 }));
    let targets = folder.json("targets --scores scores.csv");
    let names: Vec<&str> =
        targets.as_array().unwrap().iter().map(|target| target["target"].as_str().unwrap()).collect();
    assert_eq!(names, ["coding", "reading"]);
    assert_eq!(folder.json("correlate --bpc bpc.csv --scores scores.csv").as_array().unwrap().len(), 8);
}
