//! The mixtures in `mixtures/` are what the program writes today, byte for byte.

use std::path::Path;

use mixopt_fit::Silent;
use mixopt_mixture::{FitSettings, Kind, MixtureFile, find};
use mixopt_study::EmbeddedStudy;

fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../mixtures"))
}

/// The settings behind each file (the `mixtures` recipe of the justfile).
fn settings(name: &str) -> FitSettings {
    let mut settings = FitSettings::new(name);
    if name == "math" {
        settings.drop_families.push("Qwen".to_string());
    }
    settings
}

#[test]
fn every_recommended_mixture_is_made_again() {
    let study = EmbeddedStudy::find("huang2024").unwrap().read(None).unwrap();
    for name in ["knowledge", "coding", "math", "overall", "mmlu"] {
        let findings = find(&study, &settings(name), &Silent).unwrap();
        let written = MixtureFile::new(&findings, Kind::Recommended).unwrap().to_yaml().unwrap();
        let file = folder().join(format!("{name}.yaml"));
        let committed = std::fs::read_to_string(&file).unwrap();
        assert_eq!(written, committed, "{name}.yaml is stale: `just mixtures` writes it anew");
        let read = MixtureFile::read(&file).unwrap();
        assert_eq!(read.to_yaml().unwrap(), committed, "{name}.yaml changes when it is read and written");
    }
}

#[test]
fn no_mixture_file_is_forgotten() {
    let files = std::fs::read_dir(folder()).unwrap().filter_map(|entry| entry.unwrap().file_name().into_string().ok());
    let mut mixtures: Vec<String> = files.filter(|file| file.ends_with(".yaml")).collect();
    mixtures.sort();
    assert_eq!(mixtures, ["coding.yaml", "knowledge.yaml", "math.yaml", "mmlu.yaml", "overall.yaml"]);
}
