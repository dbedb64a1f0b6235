//! `mixopt refit`: a fit made again from its mixture file.

use crate::folder::{BPC, FILES, Folder, QUICK, SCORES, with};

const MANIFEST: &str = "mixopt_corpora: 1\ndomains:\n  web: {tokens: 1000000, characters: 4000000}\n  code: {tokens: 1000000, characters: 3000000}\n  books: {tokens: 500000, characters: 2000000}\n";
const PRIOR: &str = "mixopt_mixture: 1\nkind: given\nunit: characters\nweights: {web: 0.5, code: 0.25, books: 0.25}\n";
const UNCHANGED: &str = "Nothing changed: the same inputs give the same mixture.";

#[test]
fn whatever_a_fit_writes_is_made_again_the_same() {
    let folder = Folder::with_study();
    folder.write("corpora.yaml", MANIFEST);
    folder.write("prior.yaml", PRIOR);
    folder.write("prior", PRIOR);
    folder.write("aliases.csv", "alias,model\nA One,a-1b\n");
    folder.write("scores_of.csv", with(SCORES, "a-1b", "A One"));
    folder.write("domains.csv", "alias,domain\nnet,web\n");
    folder.write("net.csv", with(BPC, "web", "net"));
    folder.write(
        "targets.yaml",
        "version: 1\ntargets:\n  both:\n    description: mean\n    mean_of: [reading, coding]\n",
    );
    let files = format!("--target reading {FILES}");
    for arguments in [
        format!("{files} --out-mixture optimum"),
        format!("{files} --family-column year --max-weight 0.7 --keep code=0.1 --drop books --seed 3"),
        format!(
            "{files} --metric coding=score --scale reading=percent --shots 5 --bpc-unit bits_per_byte --keep-averages"
        ),
        format!("{files} --corpora corpora.yaml --budget 1M --max-epochs 3 --prior natural"),
        format!("{files} --prior prior.yaml --distance kl --freeze two:web+books"),
        format!("{files} --prior prior --recommend ridge"),
        format!("{files} --estimator sign --projection l2"),
        format!("{files} --control year --within 0.99 --refits 0 --exclude-models d-2b"),
        format!("--target reading,coding --objective worst {FILES}"),
        format!("--target both --targets targets.yaml {FILES}"),
        "--target reading --bpc net.csv --scores scores_of.csv --aliases aliases.csv --domain-aliases domains.csv \
         --replicates 20"
            .to_string(),
        format!("--target mmlu --family-column creator --prior slimpajama {QUICK} --domain-aliases known.csv"),
        format!("--target mmlu --objective spearman {QUICK}"),
    ] {
        folder.write("known.csv", "alias,domain\ngithub,python\ncommoncrawl,common_crawl\n");
        for file in ["mix.yaml", "mix.json"] {
            let fit = folder.run(&format!("fit {arguments} -q --out {file}"));
            assert_eq!(fit.code, 0, "{arguments}: {}", fit.stderr);
            let found = folder.json(&format!("refit {file} --out again_{file}"));
            assert_eq!(found["verdict"], UNCHANGED, "{arguments}: {found}");
            assert_eq!(folder.read(&format!("again_{file}")), folder.read(file), "{arguments}");
        }
    }
}

#[test]
fn what_changed_is_told_first_and_the_shares_side_by_side() {
    let folder = Folder::with_study();
    folder.prints(&format!("fit --target reading {FILES} --refits 0 --out mix.yaml"));
    assert!(folder.prints("refit mix.yaml").ends_with(&format!("\n{UNCHANGED}\n")));
    folder.write("bpc.csv", with(&with(BPC, "c-9b,0.66", "c-9b,0.58"), "a-1b,0.80", "a-1b,0.90"));
    folder.write("scores.csv", with(SCORES, "d-2b,43.6,22.3\n", ""));
    let text = folder.prints("refit mix.yaml");
    let places: Vec<usize> = [
        "Fit of mix.yaml repeated for reading",
        "compression  bpc.csv",
        "scores       scores.csv",
        "1 input is the same.",
        "Models removed: d-2b (no scores).",
        "share  before    now",
        "pearson with reading",
        "held-out pearson with reading",
        "The mixture moved by ",
    ]
    .iter()
    .map(|part| text.find(part).unwrap_or_else(|| panic!("{part} in {text}")))
    .collect();
    assert!(places.is_sorted(), "{text}");
    let csv = folder.prints("refit mix.yaml --format csv");
    assert!(csv.starts_with("domain,before,now,difference\nweb,"), "{csv}");
    assert_eq!(csv.lines().count(), 4);
}

#[test]
fn a_folder_of_results_is_read_as_a_whole_again() {
    let folder = Folder::with_study();
    let results = folder.path().join("results");
    std::fs::create_dir(&results).unwrap();
    let write = |model: &str, value: f64| {
        let text = format!(
            "{{\"results\": {{\"reading\": {{\"acc,none\": {value}, \"alias\": \"reading\"}}}}, \"model_name\": \"{model}\", \
             \"n-shot\": {{\"reading\": 0}}, \"config\": {{\"model\": \"hf\"}}, \"versions\": {{\"reading\": 1}}}}"
        );
        std::fs::write(results.join(format!("results_{model}.json")), text).unwrap();
    };
    let lines: Vec<(&str, f64)> = SCORES
        .lines()
        .skip(1)
        .filter_map(|line| {
            let mut cells = line.split(',');
            Some((cells.next()?, cells.next()?.parse::<f64>().ok()? / 100.0))
        })
        .collect();
    lines[1..].iter().for_each(|(model, value)| write(model, *value));
    folder.prints(
        "fit --target reading --bpc bpc.csv --scores results --models models.csv --replicates 20 --out mix.yaml",
    );
    write(lines[0].0, lines[0].1);
    let found = folder.json("refit mix.yaml");
    assert_eq!(found["changes"]["models_came"], serde_json::json!(["a-1b"]), "{found}");
    assert_eq!(found["changes"]["inputs"][0]["before"], serde_json::Value::Null, "{found}");
}

#[test]
fn files_are_found_beside_the_mixture_and_in_a_folder() {
    let folder = Folder::with_study();
    folder.prints(&format!("fit --target reading {FILES} --refits 0 --out mix.yaml"));
    let below = folder.path().join("below");
    std::fs::create_dir(&below).unwrap();
    for name in ["bpc.csv", "scores.csv", "models.csv", "mix.yaml"] {
        std::fs::rename(folder.path().join(name), below.join(name)).unwrap();
    }
    let found = folder.json("refit below/mix.yaml");
    assert_eq!((&found["verdict"], &found["folder"]), (&UNCHANGED.into(), &"below".into()));
    std::fs::rename(below.join("mix.yaml"), folder.path().join("mix.yaml")).unwrap();
    let message = folder.refuses(1, "refit mix.yaml");
    assert_eq!(
        message,
        "mix.yaml: bpc.csv, scores.csv, models.csv of the fit are not in the working directory; put them there, or give the \
         folder with `--folder DIR`"
    );
    assert_eq!(folder.json("refit mix.yaml --folder below")["verdict"], UNCHANGED);
    for file in ["mix.yaml", "below/bpc.csv"] {
        let message = folder.refuses(2, &format!("refit mix.yaml --folder below --out {file}"));
        assert!(message.contains("one of the input files"), "{message}");
    }
}

#[test]
fn what_cannot_be_made_again_is_one_error() {
    let folder = Folder::with_study();
    folder.write("given.yaml", PRIOR);
    folder.write("broken.yaml", "mixopt_mixture: 1\nweights: 7\n");
    folder.prints(&format!("fit --target reading {FILES} --refits 0 --out mix.yaml"));
    for (arguments, code, expected) in [
        (
            "refit given.yaml",
            2,
            "given.yaml: a mixture that was published, imported or written by hand, not the result of a fit; expected the file of a fit: `mixopt fit --out FILE` writes one; `mixopt evaluate --mixture` evaluates this mixture on a study",
        ),
        ("refit pile", 2, "pile: a published mixture, not the result of a fit; expected "),
        ("refit nothing", 2, "unknown mixture `nothing`"),
        ("refit gone.yaml", 1, "cannot read gone.yaml: "),
        ("refit broken.yaml", 1, "broken.yaml: line "),
        ("refit bpc.csv", 1, "bpc.csv: "),
        ("refit mix.yaml --folder gone", 1, "mix.yaml: bpc.csv, scores.csv, models.csv of the fit are not in gone; "),
    ] {
        let message = folder.refuses(code, arguments);
        assert!(message.starts_with(expected), "{message}");
    }
    // A key that is known nowhere, outside the settings.
    folder.write("mix.yaml", with(&folder.read("mix.yaml"), "kind: recommended", "kind: recommended\nkid: 1"));
    assert!(folder.refuses(1, "refit mix.yaml").starts_with("mix.yaml: line "));
    // A table in which the target is gone.
    folder.prints(&format!("fit --target reading {FILES} --refits 0 --out mix.yaml"));
    folder.write("scores.csv", with(SCORES, "reading", "readings"));
    let message = folder.refuses(2, "refit mix.yaml");
    assert_eq!(message, "unknown target `reading`, did you mean `readings`?; known: coding, readings");
}
