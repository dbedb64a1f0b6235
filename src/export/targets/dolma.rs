//! Dolma's mixer, which has no weights: each document is kept where a number made from its identifier is below the
//! probability with which its domain is kept.

use mixopt_base::{Setting, ShareUnit};
use mixopt_manifest::ManifestError;

use super::super::error::ExportError;
use super::super::prepared::{Entry, Prepared};
use super::super::target::{FileFormat, Naming, Stages, SumRule, Target, TextPaths, Validation, Zeros};
use super::super::written::{comments, decimal, quoted};

/// `dolma mix`.
pub const DOLMA: Target = Target {
    name: "dolma",
    consumer: "Dolma, dolma mix",
    format: FileFormat::Yaml,
    unit: Some(ShareUnit::Documents),
    draw: "one document, kept where a hash of its identifier is below the domain's probability",
    sum: SumRule::Free,
    zeros: Zeros::LeftOut,
    repetition: "cannot repeat: a domain needed more than once is written as several streams",
    naming: Naming::Sources(TextPaths::Together),
    trainers: &["dolma"],
    place: "documents path",
    stages: Stages::One,
    validation: Validation::Unused,
    traps: &[
        "documents are Dolma's own JSONL below a folder `documents`, and a path may have one `*`",
        "attributes must be created first: the tagger is in the file's comment",
        "Dolma's own random_number_v1 is seeded per process, so its samples are not reproducible",
        "needs counts of documents; without `{Budget}` as much is kept as possible without repeating a domain",
    ],
    source: "allenai/dolma, docs/mixer.md, docs/taggers.md and python/dolma/cli/mixer.py, 669f534",
    write,
    read: None,
};

/// The tagger that the filters need, as a comment.
const TAGGER: &str = r#"
Attributes that the filters need, made once for all documents. Save as mixopt_keep.py:

  import hashlib
  from dolma.core.data_types import DocResult, Document, Span
  from dolma.core.registry import TaggerRegistry
  from dolma.core.taggers import BaseTagger

  @TaggerRegistry.add("hash")
  class Keep(BaseTagger):
      def predict(self, doc: Document) -> DocResult:
          # The first 53 bits of SHA-256 of the identifier, from 0 to a million: Dolma keeps five decimals of a score.
          bits = int.from_bytes(hashlib.sha256(doc.id.encode()).digest()[:8], "big") >> 11
          score = bits / 2**53 * 1e6
          return DocResult(doc=doc, spans=[Span(start=0, end=len(doc.text), type="millionths", score=score)])

and run, in the same folder, for the documents of all streams:
  PYTHONPATH=. dolma tag --experiment mixopt_keep --taggers hash --tagger_modules mixopt_keep --documents ...
"#;

fn write(prepared: &Prepared, notes: &mut Vec<String>) -> Result<String, ExportError> {
    let stage = prepared.single()?;
    let kept = copies(prepared, &stage.datasets)?;
    let mut text = comments(&prepared.provenance);
    for line in TAGGER.trim_end().lines() {
        text += if line.is_empty() { "#" } else { "# " };
        text += line;
        text.push('\n');
    }
    text += "streams:\n";
    for (entry, &copies) in stage.datasets.iter().zip(&kept) {
        let full = copies.floor();
        // All documents as often as they are wanted whole, then the part that is left.
        let mut parts = vec![1.0; full as usize];
        if copies > full {
            parts.push(copies - full);
        }
        if parts.len() > 1 {
            notes.push(format!("`{}` is repeated as {} streams, {copies:.2} times in all", entry.domain, parts.len()));
        }
        for (index, part) in parts.iter().enumerate() {
            let name = if index == 0 { entry.domain.clone() } else { format!("{}-{}", entry.domain, index + 1) };
            text += &stream(entry, &name, *part);
        }
    }
    text += "work_dir:\n  input: work/input\n  output: work/output\nprocesses: 1\n";
    Ok(text)
}

fn stream(entry: &Entry, name: &str, probability: f64) -> String {
    let documents: Vec<String> = entry.places.iter().map(|path| format!("      - {}\n", quoted(path))).collect();
    // A rounded score can reach the million, so a whole copy is not told by an upper bound.
    let bound = if probability < 1.0 { format!("< {}", decimal(probability * 1e6)) } else { ">= 0.0".to_string() };
    let filter = format!("$.attributes[?(@.mixopt_keep__hash__millionths[0][2] {bound})]");
    format!(
        "  - name: {}\n    documents:\n{}    attributes:\n      - mixopt_keep\n    filter:\n      include:\n        - {}\n    output:\n      path: {}\n      max_size_in_bytes: 1000000000\n",
        quoted(name),
        documents.concat(),
        quoted(&filter),
        quoted(&format!("output/{name}"))
    )
}

/// The most streams that a domain may become: more are a mistake in counts or budget.
const MOST_COPIES: f64 = 1000.0;

/// How often each domain's documents are wanted: `documents wanted / documents there are`.
///
/// With a budget of tokens these are its epochs. Without, the largest is 1.
fn copies(prepared: &Prepared, entries: &[Entry]) -> Result<Vec<f64>, ExportError> {
    let target = prepared.target.name;
    let Some(manifest) = prepared.manifest else {
        return Err(ExportError::NeedsManifest { target, what: "the number of documents of each domain" });
    };
    let budgeted = prepared.options.budget.is_some() || prepared.options.stage.is_some();
    let copies: Vec<f64> = if budgeted {
        entries
            .iter()
            .map(|entry| {
                entry.epochs.ok_or_else(|| ManifestError::NoCount {
                    file: manifest.file.clone(),
                    domain: entry.domain.clone(),
                    count: ShareUnit::Tokens.name(),
                    to: ShareUnit::Tokens,
                })
            })
            .collect::<Result<_, _>>()?
    } else {
        let density = entries
            .iter()
            .map(|entry| {
                let documents = manifest.domain(&entry.domain)?.documents.filter(|&documents| documents > 0);
                let documents = documents.ok_or_else(|| ManifestError::NoCount {
                    file: manifest.file.clone(),
                    domain: entry.domain.clone(),
                    count: ShareUnit::Documents.name(),
                    to: ShareUnit::Documents,
                })?;
                Ok(entry.share / documents as f64)
            })
            .collect::<Result<Vec<f64>, ManifestError>>()?;
        let most = density.iter().copied().fold(0.0, f64::max);
        density.into_iter().map(|density| density / most).collect()
    };
    if let Some(most) = copies.iter().copied().find(|&copies| copies > MOST_COPIES) {
        return Err(ExportError::Setting {
            setting: Setting::Budget,
            found: format!("asks for {most:.0} copies of a domain"),
            expected: "at most 1000".to_string(),
        });
    }
    Ok(copies)
}
