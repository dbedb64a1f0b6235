//! Scoring: bits per character of language models on domains, the first of the two tables of a fit.
//!
//! ```text
//! cargo run --release --example score
//! ```
//!
//! The models are tiny ones from the tests, with random weights: their numbers mean nothing, but take a second. Put folders
//! of Hugging Face models or GGUF files in their place.

use mixopt::corpus::DomainSource;
use mixopt::model::{Compute, DType, Device};
use mixopt::score::{
    Conduct, Count, DiskModel, Journal, Layout, ModelProvider, ModelSetting, ScoreSettings, Silent, documents_file,
    prepare_domain, run, write_tables,
};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // A folder that is removed at the end. For real work give one that stays: an interrupted run goes on where it was.
    let folder = tempfile::tempdir()?;
    let settings = ScoreSettings {
        models: vec![
            ModelSetting::parse("llama=tests/data/models/llama"),
            ModelSetting::parse("gpt2=tests/data/models/gpt2"),
        ],
        // NAME=FILES; the text is in the field `text` of each line.
        domains: vec![DomainSource::parse("samples=tests/data/models/documents.jsonl")?],
        // These models are small: windows of 32 tokens, each 16 further than the one before.
        context: Count(32),
        stride: Count(16),
        out: folder.path().join("bpc.csv"),
        ..ScoreSettings::default()
    };
    settings.check()?;

    // What decides the numbers is kept with them: a run under other settings would be refused.
    let deciding = settings.deciding("f32", "cpu")?;
    let mut journal = Journal::open(&settings.run_folder(), &deciding, false)?;
    let compute = Compute { dtype: DType::F32, device: Device::Cpu };

    // Models are found and hashed, not loaded yet; each domain is read once.
    let mut models = Vec::new();
    for setting in &settings.models {
        models.push(DiskModel::find(setting, &compute, &Silent)?);
    }
    let mut domains = Vec::new();
    for source in &settings.domains {
        domains.push(prepare_domain(source, &settings.sampling(), &journal, &Silent)?);
    }

    // Anything that can be loaded as a model may stand in this list, not only models on disk.
    let providers: Vec<&dyn ModelProvider> = models.iter().map(|model| model as &dyn ModelProvider).collect();
    let layout =
        Layout { protocol: settings.protocol, extent: settings.extent()?, piece_tokens: settings.piece_tokens.0 };
    let conduct = Conduct { batch_tokens: 1024, plan: false, only_plan: false };
    let outcome = run(&providers, &domains, layout, conduct, &mut journal, &Silent)?;

    // A model that fails does not stop the others.
    for fault in &outcome.faults {
        println!("failed: {fault}");
    }
    // One row for each model and domain, and in a second file one for each document.
    for row in write_tables(&settings.out, &providers, &domains, &deciding, &journal)? {
        println!(
            "{} on {}: {:.3} bits per character ({} documents)",
            row.model, row.domain, row.bits_per_character, row.documents
        );
    }
    let by_document = std::fs::read_to_string(documents_file(&settings.out))?;
    println!("{} rows by document", by_document.lines().count() - 1);
    Ok(())
}
