//! Settings and mixtures: YAML and what trainers write.

use std::path::Path;

use mixopt::export::{ImportOptions, TARGETS, import};
use mixopt::manifest::Manifest;
use mixopt::mixture::{MixtureFile, PlanSettings};
use mixopt::study::TargetDefinitions;

use crate::mutation::{survive, survive_as_file};

const MIXTURES: [&str; 3] = [
    include_str!("../../mixtures/math.yaml"),
    include_str!("../../mixtures/known/llama_1.yaml"),
    "mixopt_mixture: 1\nkind: recommended\nunit: characters\nweights:\n  web: 0.5\n  code: 0.5\n",
];

const MANIFEST: &str = "mixopt_corpora: 1\ntokenizer: t\ndomains:\n  web:\n    paths: 'data/*.jsonl'\n    tokens: 1000\n    \
                        characters: 4000\n    tags: [a]\n  code: {paths: [c.jsonl], max_epochs: 2}\n";

const PLAN: &str =
    "mixopt_plan: 1\ncorpora: corpora.yaml\nprior: uniform\nstages:\n  - {name: one, target: mmlu, budget: 1B}\n";

fn bytes(texts: &[&str]) -> Vec<Vec<u8>> {
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}

#[test]
fn mixtures_and_manifests() {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    survive("mixture", &bytes(&MIXTURES), |bytes| {
        if let Ok(mixture) = MixtureFile::parse(Path::new("m.yaml"), &text(bytes)) {
            let sum: f64 = mixture.weights.values().sum();
            assert!((sum - 1.0).abs() < 1e-6, "shares are shares: {sum}");
        }
    });
    survive("manifest", &bytes(&[MANIFEST]), |bytes| drop(Manifest::parse(Path::new("c.yaml"), &text(bytes))));
    let targets = include_str!("../../benchmarks/targets.yaml");
    survive("targets", &bytes(&[targets]), |bytes| drop(TargetDefinitions::parse(Path::new("t.yaml"), &text(bytes))));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("plan.yaml");
    survive_as_file("plan", &file, &bytes(&[PLAN]), || drop(PlanSettings::read(&file)));
}

#[test]
fn files_of_trainers() {
    let exports = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/exports");
    let manifest = Manifest::parse(Path::new("c.yaml"), MANIFEST).ok();
    let mut endings: std::collections::BTreeMap<String, Vec<Vec<u8>>> = Default::default();
    let mut folders = vec![exports];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.extension().and_then(|ending| ending.to_str()) {
                _ if path.is_dir() => folders.push(path),
                Some(ending) => endings.entry(ending.to_string()).or_default().push(std::fs::read(&path).unwrap()),
                None => {}
            }
        }
    }
    assert!(!endings.is_empty() && !TARGETS.is_empty());
    let folder = tempfile::tempdir().unwrap();
    for (ending, seeds) in endings {
        let file = folder.path().join(format!("mix.{ending}"));
        survive_as_file(&format!("import-{ending}"), &file, &seeds, || {
            let _ = import(&file, None, manifest.as_ref(), &ImportOptions::default());
        });
    }
}
