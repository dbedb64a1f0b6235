//! A folder with bits per character and results of eight models.

use std::path::PathBuf;

use mixopt_study::{JoinedStudy, Result, ScoreOptions, Selection, Study, StudyFiles, Target};

/// Bits per character on `web` and `code` of `acme/m1` to `acme/m8`.
pub const BITS: [[f64; 2]; 8] =
    [[0.81, 0.62], [0.78, 0.60], [0.75, 0.61], [0.73, 0.57], [0.71, 0.55], [0.68, 0.56], [0.66, 0.52], [0.63, 0.50]];

/// Accuracy of the same on `arc`.
pub const ARC: [f64; 8] = [0.28, 0.32, 0.39, 0.41, 0.45, 0.50, 0.53, 0.59];

/// A folder with `bpc.csv` and result files.
pub struct Folder {
    folder: tempfile::TempDir,
    /// How the scores are read.
    pub options: ScoreOptions,
}

impl Folder {
    /// Bits per character of eight models with these names.
    pub fn new(name: impl Fn(usize) -> String) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let rows = BITS.iter().enumerate().map(|(i, [web, code])| format!("\"{}\",{web},{code}\n", name(i + 1)));
        let table = format!("model,web,code\n{}", rows.collect::<String>());
        std::fs::write(folder.path().join("bpc.csv"), table).unwrap();
        Self { folder, options: ScoreOptions::default() }
    }

    /// The same with a result of every model, of which `tasks` gives the entries beside `arc`.
    pub fn with_results(tasks: impl Fn(usize) -> String) -> Self {
        let folder = Self::new(|i| format!("acme/m{i}"));
        for (i, accuracy) in ARC.iter().enumerate() {
            let more = tasks(i + 1);
            let comma = if more.is_empty() { "" } else { ", " };
            folder.result(
                &format!("acme__m{}/results_2024-06-14T00-00-00.000000.json", i + 1),
                &format!(r#""arc": {{"acc,none": {accuracy}}}{comma}{more}"#),
                &format!(r#""model_name": "acme/m{}", "n-shot": {{"arc": 0}}"#, i + 1),
            );
        }
        folder
    }

    /// Writes a result file of the evaluation harness: entries of `results`, and the keys beside it.
    pub fn result(&self, file: &str, results: &str, keys: &str) {
        self.write(&format!("results/{file}"), &format!(r#"{{"results": {{{results}}}, {keys}}}"#));
    }

    /// Writes a file.
    pub fn write(&self, file: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    /// The study of `bpc.csv` and the folder `results`.
    pub fn study(&self) -> Study {
        self.read("results").unwrap()
    }

    /// The study of `bpc.csv` and scores of this name.
    pub fn read(&self, scores: &str) -> Result<Study> {
        let path = self.folder.path();
        let options = self.options.clone();
        Study::read(&StudyFiles { score_options: options, ..StudyFiles::new(path.join("bpc.csv"), path.join(scores)) })
    }

    /// The study joined for a target.
    pub fn join(&self, target: &str) -> Result<JoinedStudy> {
        join(&self.study(), target)
    }
}

/// A study joined for a target.
pub fn join(study: &Study, target: &str) -> Result<JoinedStudy> {
    let target = Target::resolve(target, &study.definitions, &study.scores)?;
    study.join(&target, &Selection::default())
}

/// Asserts that a join has all eight models, with these scores.
pub fn assert_whole(joined: &JoinedStudy, scores: &[f64]) {
    assert_eq!(joined.models.len(), 8, "{:?}", joined.dropped_models);
    assert_eq!(joined.target, scores);
}
