//! The mixtures and the manifest that tests export.

use std::path::{Path, PathBuf};

use mixopt_export::{Export, ExportOptions, Step, Target, export};
use mixopt_manifest::{Manifest, ManifestDomain};
use mixopt_mixture::MixtureFile;

pub fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/exports").join(name)
}

pub fn text(name: &str) -> String {
    std::fs::read_to_string(data(name)).unwrap()
}

/// The manifest, named as if it lay in the working folder.
pub fn manifest() -> Manifest {
    Manifest::parse(Path::new("corpora.yaml"), &text("corpora.yaml")).unwrap()
}

pub fn mixture(name: &str) -> MixtureFile {
    MixtureFile::parse(Path::new(name), &text(name)).unwrap()
}

/// A manifest of a mixture's domains with counts of documents, under their own names for Axolotl.
pub fn counted(mixture: &MixtureFile) -> Manifest {
    let mut manifest = Manifest::new("counted.yaml");
    for (index, name) in mixture.weights.keys().enumerate() {
        let trainers = [("axolotl".to_string(), vec![name.clone()])].into_iter().collect();
        let domain = ManifestDomain { documents: Some(1000 + 7 * index as u64), trainers, ..ManifestDomain::default() };
        manifest.domains.insert(name.clone(), domain);
    }
    manifest
}

/// Validation data and a step, for all who want them.
pub fn options() -> ExportOptions {
    ExportOptions {
        step: Some(Step { tokens: 8192, sequences: Some(64) }),
        validation: [("held out".to_string(), vec!["/d/valid_text_document".to_string()])].into_iter().collect(),
        ..ExportOptions::default()
    }
}

pub fn exported(target: &'static Target, mixture: &MixtureFile, options: &ExportOptions) -> Export {
    export(target, mixture, Some(&manifest()), options).unwrap_or_else(|error| panic!("{}: {error}", target.name))
}
