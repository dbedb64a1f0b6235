//! Fits made again from their mixture files.

use std::path::{Path, PathBuf};

use mixopt_fit::Silent;
use mixopt_mixture::{FitSettings, Kind, MixtureFile, RecordedFit, find};
use mixopt_study::{EmbeddedStudy, Study, StudyFiles, StudySettings};

const BPC: &str = "model,web,code,books\na-1b,0.80,0.60,0.70\na-7b,0.70,0.50,0.62\nb-1b,0.82,0.55,0.72\n\
                   b-7b,0.69,0.46,0.60\nc-3b,0.75,0.58,0.64\nc-9b,0.66,0.47,0.57\nd-2b,0.79,0.52,0.69\n";
const SCORES: &str = "model,reading,coding\na-1b,41.2,12.5\na-7b,55.9,24.0\nb-1b,38.7,19.5\nb-7b,57.3,33.1\n\
                      c-3b,50.4,14.2\nc-9b,61.8,30.6\nd-2b,43.6,22.3\n";
const MODELS: &str =
    "model,family,parameters_b\na-1b,a,1\na-7b,a,7\nb-1b,b,1\nb-7b,b,7\nc-3b,c,3\nc-9b,c,9\nd-2b,d,2\n";

#[test]
fn every_recommended_mixture_is_what_its_own_file_makes_again() {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../mixtures"));
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files: Vec<PathBuf> = files.filter(|file| file.extension().is_some_and(|ending| ending == "yaml")).collect();
    assert!(files.len() >= 5, "{files:?}");
    for file in files {
        let recorded = RecordedFit::read(file.to_str().unwrap(), None).unwrap();
        let made = recorded.again(&Silent).unwrap();
        assert!(!made.report.is_changed(), "{}: {:?}", file.display(), made.report);
        assert_eq!(made.report.verdict, "Nothing changed: the same inputs give the same mixture.");
        assert_eq!(made.mixture.to_yaml().unwrap(), std::fs::read_to_string(&file).unwrap(), "{}", file.display());
    }
}

/// A study of files, and a mixture fitted on it.
fn fitted(folder: &Path, settings: &FitSettings) -> PathBuf {
    for (name, text) in [("bpc.csv", BPC), ("scores.csv", SCORES), ("models.csv", MODELS)] {
        std::fs::write(folder.join(name), text).unwrap();
    }
    let mut files = StudyFiles::new(folder.join("bpc.csv"), folder.join("scores.csv"));
    files.models = Some(folder.join("models.csv"));
    let study = Study::read(&files).unwrap();
    let report = find(&study, settings, &Silent).unwrap();
    let file = folder.join("mix.yaml");
    std::fs::write(&file, MixtureFile::new(&report, Kind::Recommended).unwrap().to_yaml().unwrap()).unwrap();
    file
}

fn quick() -> FitSettings {
    FitSettings { replicates: 20, refits: Some(0), ..FitSettings::new("reading") }
}

#[test]
fn the_file_of_an_older_version_is_made_again_from_its_inputs() {
    let folder = tempfile::tempdir().unwrap();
    let file = fitted(folder.path(), &quick());
    let mut mixture = MixtureFile::read(&file).unwrap();
    let study = mixture.fit.as_ref().unwrap().study_settings.clone().unwrap();
    mixture.fit.as_mut().unwrap().study_settings = None;
    // A setting that there was once, and one that there was not yet.
    let text = mixture.to_yaml().unwrap();
    let text = text.replace("    max_weight: 1.0\n", "    shrinkage: 0.25\n");
    assert!(text.contains("shrinkage"), "{text}");
    std::fs::write(&file, text).unwrap();
    let recorded = RecordedFit::read(file.to_str().unwrap(), None).unwrap();
    assert_eq!(recorded.asked.study, study);
    assert_eq!(recorded.unknown_settings, ["shrinkage: 0.25"]);
    let report = recorded.again(&Silent).unwrap().report;
    assert_eq!((report.moved, &report.figures.before), (0.0, &report.figures.now));
    assert_eq!(report.verdict, "The mixture did not move, with 1 setting less.");
}

#[test]
fn another_table_moves_the_mixture_by_the_sum_of_what_domains_win() {
    let folder = tempfile::tempdir().unwrap();
    let file = fitted(folder.path(), &quick());
    // Web tells more of reading than it did, one model is gone and one is new.
    let bpc = BPC.replace("c-9b,0.66", "c-9b,0.61").replace("a-1b,0.80", "a-1b,0.86").replace("d-2b", "d-9b");
    let scores = SCORES.replace("d-2b", "d-9b");
    std::fs::write(folder.path().join("bpc.csv"), bpc).unwrap();
    std::fs::write(folder.path().join("scores.csv"), scores).unwrap();
    std::fs::write(folder.path().join("models.csv"), MODELS.replace("d-2b", "d-9b")).unwrap();
    let made = RecordedFit::read(file.to_str().unwrap(), None).unwrap().again(&Silent).unwrap();
    let report = &made.report;
    assert_eq!(report.changes.models_came, ["d-9b"]);
    assert_eq!(report.changes.models_went.iter().map(|model| model.name.as_str()).collect::<Vec<_>>(), ["d-2b"]);
    let roles: Vec<&str> = report.changes.inputs.iter().map(|input| input.role.as_str()).collect();
    assert_eq!((roles, report.changes.same_inputs), (vec!["models", "compression", "scores"], 0));
    assert!(report.changes.inputs.iter().all(|input| input.before != input.now && input.before.is_some()));
    let won: f64 = report.domains.values().map(|domain| domain.difference.max(0.0)).sum();
    let lost: f64 = report.domains.values().map(|domain| (-domain.difference).max(0.0)).sum();
    assert!(report.moved > 0.001 && (report.moved - won).abs() < 1e-8 && (won - lost).abs() < 1e-8, "{report:?}");
    assert!(report.verdict.starts_with("The mixture moved by "), "{}", report.verdict);
    assert!(report.verdict.ends_with(" with 3 changed inputs and 2 models added or removed."), "{}", report.verdict);
    // What is written is the fit of today: made again, it does not change.
    std::fs::write(&file, made.mixture.to_yaml().unwrap()).unwrap();
    let again = RecordedFit::read(file.to_str().unwrap(), None).unwrap().again(&Silent).unwrap();
    assert!(!again.report.is_changed(), "{:?}", again.report);
}

#[test]
fn what_no_fit_made_is_told_as_what_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |name: &str, text: &str| {
        let file = folder.path().join(name);
        std::fs::write(&file, text).unwrap();
        let error = RecordedFit::read(file.to_str().unwrap(), None).unwrap_err();
        assert!(error.is_usage(), "{error}");
        error.to_string()
    };
    let given = refused("a.yaml", "mixopt_mixture: 1\nkind: given\nunit: bytes\nweights: {a: 1}\n");
    assert!(given.contains("published, imported or written by hand"), "{given}");
    let plan = refused("b.yaml", "mixopt_mixture: 1\nkind: plan\nunit: bytes\nweights: {a: 1}\n");
    assert!(plan.contains("a plan of stages") && plan.contains("`mixture::plan` with the plan file"), "{plan}");
    let bare = refused("c.yaml", "mixopt_mixture: 1\nkind: recommended\nunit: bytes\nweights: {a: 1}\n");
    assert!(bare.contains("it has no `fit`"), "{bare}");
    let published = RecordedFit::read("pile", None).unwrap_err().to_string();
    assert!(published.starts_with("pile: a published mixture, not the result of a fit; expected "), "{published}");
}

#[test]
fn a_study_of_the_program_keeps_what_else_was_asked() {
    let study = StudySettings { family_column: Some("creator".into()), ..StudySettings::default() }.read().unwrap();
    let settings = FitSettings { target: "mmlu".to_string(), ..quick() };
    let report = find(&study, &settings, &Silent).unwrap();
    let record = MixtureFile::new(&report, Kind::Optimum).unwrap().fit.unwrap();
    assert_eq!(record.study_settings.unwrap().family_column.as_deref(), Some("creator"));
    let plain = EmbeddedStudy::find("huang2024").unwrap().read(None).unwrap();
    let record = MixtureFile::new(&find(&plain, &settings, &Silent).unwrap(), Kind::Optimum).unwrap().fit.unwrap();
    assert_eq!(record.study_settings, None);
}
