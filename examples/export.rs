//! Export: a mixture file is read and written as a trainer reads it, and read back.
//!
//! ```text
//! cargo run --release --example export
//! ```

use std::path::Path;

use mixopt::export::{ExportOptions, ImportOptions, TARGETS, export, import_text, target};
use mixopt::manifest::Manifest;
use mixopt::mixture::MixtureFile;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // A mixture: shares of characters, as the fit measured them.
    let mixture = MixtureFile::read(Path::new("mixtures/mmlu.yaml"))?;
    // A manifest says what text there is: how many tokens and characters, and where each trainer finds it. Trainers count
    // tokens, so shares of characters need it.
    let manifest = Manifest::read(Path::new("docs/examples/corpora.yaml"))?;

    println!("{} targets, such as:", TARGETS.len());
    for known in TARGETS.iter().take(4) {
        println!("  {}", known.name);
    }

    // An unknown name would be an error that suggests the nearest.
    let megatron = target("megatron-text")?;
    let written = export(megatron, &mixture, Some(&manifest), &ExportOptions::default())?;
    println!("\nfor {} in shares of {}:\n{}", written.target, written.unit, written.text);
    // What the file cannot say, and what a reader should know.
    for note in &written.notes {
        println!("note: {note}");
    }

    // And back: names become domains again through the manifest.
    let options = ImportOptions::default();
    let read = import_text(Path::new("blend.txt"), written.text, Some(megatron), Some(&manifest), &options)?;
    for (domain, share) in &read.mixture.weights {
        println!("{domain:>14} {share:.6}");
    }
    Ok(())
}
