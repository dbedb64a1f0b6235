//! `mixopt corpora new`: a first manifest.

use mixopt::corpus::{CorpusError, DomainSource};
use mixopt::manifest::{Manifest, ManifestDomain, ManifestError};
use mixopt::score::TextTokenizer;
use mixopt::whole_file::write_whole;

use super::args::NewArgs;
use crate::cli::exit::BadArgument;
use crate::cli::text::output::Output;

/// What stands above a first manifest.
const HEADER: &str = "\
# The text available for training. `mixopt corpora count FILE --in-place` fills in the counts.
# A domain can also have: text_field, trainers, tokens, licence, languages, tags, max_epochs.
";

/// Writes a manifest of the domains named, whose paths must lead to files.
pub fn run(args: &NewArgs, output: Output) -> anyhow::Result<()> {
    if args.out.exists() {
        return Err(BadArgument::error(
            "--out",
            &args.out.display().to_string(),
            "the file exists",
            "the name of a new file",
        ));
    }
    // Paths are those of the current folder until the manifest has its place.
    let mut manifest = Manifest::new("corpora.yaml");
    for text in &args.domain {
        let source = DomainSource::parse(text).map_err(|error| match error {
            CorpusError::Setting { found, problem, expected, .. } => {
                BadArgument { argument: "--domain", found, problem, expected }.into()
            }
            source => anyhow::Error::from(ManifestError::Corpus { domain: text.clone(), source }),
        })?;
        source.resolve().map_err(|fault| ManifestError::Corpus { domain: source.name.clone(), source: fault })?;
        let domain = ManifestDomain { paths: source.patterns, ..ManifestDomain::default() };
        if manifest.domains.insert(source.name.clone(), domain).is_some() {
            let expected = "each domain once, its paths separated by commas";
            return Err(BadArgument::error("--domain", &source.name, "it is listed twice", expected));
        }
    }
    if let Some(tokenizer) = &args.tokenizer {
        TextTokenizer::open(tokenizer)?;
        manifest.tokenizer = Some(tokenizer.to_string_lossy().into_owned());
    }
    let manifest = manifest.relocated(&args.out);
    let text = format!("{HEADER}{}", manifest.to_yaml()?);
    // What cannot be read back should not be left to be found out later.
    Manifest::parse(&args.out, &text)?;
    write_whole(&args.out, &text)?;
    let out = args.out.display();
    let tokenizer = if args.tokenizer.is_none() { " --tokenizer PATH" } else { "" };
    output.note(&format!("wrote {out}; next: mixopt corpora count {out}{tokenizer} --in-place"));
    Ok(())
}
