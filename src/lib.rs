//! mixopt finds the pretraining mixture whose compression tracks a benchmark best.
//!
//! Let `B` hold the bits per character of models (rows) on domains (columns) and `y` the models' benchmark scores. A
//! mixture `w` (shares of characters, `w ≥ 0`, `Σw = 1`) compresses at `Bw`, and
//!
//! ```text
//! max over w of  corr(−Bw, y)
//! ```
//!
//! is a projection onto a convex cone: it has one global optimum, found exactly, with an upper bound on every other
//! mixture. The idea that compression tracks skill linearly is that of Huang et al., *Compression Represents Intelligence
//! Linearly* (arXiv 2404.09937).
//!
//! Data flows one way: [`corpus`] (documents) → [`model`] (language models) → [`score`] (bits per character) → [`study`]
//! (tables and their join) → [`fit`] (matrices and numbers) → [`mixture`] (the answer and its file). Each of them is a
//! crate of its own; this one is their front door.
//!
//! Each section below is a start for one kind of work; `examples/` has the same at more length, to run.
//!
//! # Own tables
//!
//! Bits per character and scores from files, joined by the names of models, and the whole fit with a verdict.
//!
//! ```
//! use mixopt::fit::Silent;
//! use mixopt::mixture::{FitSettings, find};
//! use mixopt::study::{Study, StudyFiles};
//!
//! let mut files =
//!     StudyFiles::new("benchmarks/huang2024/bits_per_character.csv", "benchmarks/huang2024/scores.csv");
//! files.models = Some("benchmarks/huang2024/models.csv".into());
//! let study = Study::read(&files)?;
//!
//! // No intervals, for speed.
//! let settings = FitSettings { refits: Some(0), ..FitSettings::new("mmlu") };
//! let report = find(&study, &settings, &Silent)?;
//! assert_eq!(report.question.models, 19);
//! assert!(report.answer.optimum.gap.unwrap() < 1e-9);
//! assert!(report.answer.recommended.weights["arxiv_math"] > 0.5);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Own matrix
//!
//! The fit alone, on numbers. Shapes that do not fit together are a [`fit::ProblemError`].
//!
//! ```
//! use mixopt::fit::{AnalysisSettings, CompressionColumns, Constraints, DMatrix, Design, Problem};
//! use mixopt::fit::{OptimumStatus, ProblemError, Refitter, analyse, best_mixture};
//!
//! // Bits per character: four models (rows) on two domains (columns).
//! let bits = DMatrix::from_row_slice(4, 2, &[1.0, 0.8, 0.9, 0.9, 0.8, 0.6, 0.6, 0.7]);
//! let scores = [0.2, 0.3, 0.5, 0.6];
//!
//! let columns = CompressionColumns::new(&bits)?;
//! let design = Design::new(&columns, &scores, None, &[])?;
//! let optimum = best_mixture(&design, &Constraints::simplex(2))?;
//! // Certified: no mixture correlates better than the bound.
//! assert_eq!(optimum.status, OptimumStatus::Certified);
//! assert!(optimum.bound - optimum.correlation < 1e-9);
//!
//! // With a recommendation and baselines; the last argument numbers the models' families.
//! let problem = Problem::plain(bits, scores.to_vec(), vec![0, 0, 1, 2]);
//! let analysis = analyse(&Refitter::new(&problem, &AnalysisSettings::default())?);
//! assert_eq!(analysis.single.len(), 2);
//!
//! let error = Design::new(&columns, &scores[..3], None, &[]).unwrap_err();
//! assert_eq!(error.to_string(), "3 targets, expected 4: one for each model");
//! # Ok::<(), ProblemError>(())
//! ```
//!
//! # Constraints
//!
//! ```
//! use mixopt::fit::Silent;
//! use mixopt::mixture::{DomainBound, FitSettings, GroupBound, find};
//! use mixopt::study::EmbeddedStudy;
//!
//! let study = EmbeddedStudy::find("huang2024")?.read(None)?;
//! let settings = FitSettings {
//!     bounds: vec![DomainBound::parse("common_crawl=0.4..")?],
//!     groups: vec![GroupBound::parse("technical:python+arxiv_math<=0.5")?],
//!     refits: Some(0),
//!     ..FitSettings::new("mmlu")
//! };
//! let optimum = find(&study, &settings, &Silent)?.answer.optimum;
//! let weights = optimum.weights.expect("some mixture correlates positively");
//! assert!(weights["common_crawl"] >= 0.5 - 1e-9);
//! // What holds it back, with what loosening it would gain.
//! assert!(!optimum.binding.is_empty());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # A mixture file, exported
//!
//! ```
//! use std::path::Path;
//!
//! use mixopt::export::{ExportOptions, export, target};
//! use mixopt::manifest::Manifest;
//! use mixopt::mixture::MixtureFile;
//!
//! let mixture = MixtureFile::read(Path::new("mixtures/overall.yaml"))?;
//! // Trainers count tokens; the manifest knows how many there are to a character.
//! let manifest = Manifest::read(Path::new("docs/examples/corpora.yaml"))?;
//! let written = export(target("megatron-text")?, &mixture, Some(&manifest), &ExportOptions::default())?;
//! assert!(written.text.contains("/data/python_text_document"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Scoring
//!
//! Bits per character of models on texts: a run keeps what it has done in a folder and goes on there.
//!
//! ```
//! use mixopt::corpus::DomainSource;
//! use mixopt::model::{Compute, DType, Device};
//! use mixopt::score::{
//!     Conduct, Count, DiskModel, Journal, Layout, ModelProvider, ModelSetting, ScoreSettings, Silent, prepare_domain,
//!     run, write_tables,
//! };
//!
//! let folder = tempfile::tempdir()?;
//! let settings = ScoreSettings {
//!     context: Count(32),
//!     stride: Count(16),
//!     out: folder.path().join("bpc.csv"),
//!     ..ScoreSettings::default()
//! };
//! let deciding = settings.deciding("f32", "cpu")?;
//! let mut journal = Journal::open(&settings.run_folder(), &deciding, false)?;
//!
//! let compute = Compute { dtype: DType::F32, device: Device::Cpu };
//! let model = DiskModel::find(&ModelSetting::parse("tests/data/models/llama"), &compute, &Silent)?;
//! let source = DomainSource::new("samples", ["tests/data/models/documents.jsonl"]);
//! let domains = [prepare_domain(&source, &settings.sampling(), &journal, &Silent)?];
//!
//! let models: [&dyn ModelProvider; 1] = [&model];
//! let layout =
//!     Layout { protocol: settings.protocol, extent: settings.extent()?, piece_tokens: settings.piece_tokens.0 };
//! let conduct = Conduct { batch_tokens: 1024, plan: false, only_plan: false };
//! let outcome = run(&models, &domains, layout, conduct, &mut journal, &Silent)?;
//! assert!(outcome.faults.is_empty());
//!
//! let rows = write_tables(&settings.out, &models, &domains, &deciding, &journal)?;
//! assert_eq!((rows[0].model.as_str(), rows[0].domain.as_str()), ("llama", "samples"));
//! assert!(rows[0].bits_per_character > 0.0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod error;

pub use error::Error;

pub use mixopt_base as base;
pub use mixopt_base::{count, place, whole_file};
pub use mixopt_corpus as corpus;
pub use mixopt_export as export;
pub use mixopt_fit as fit;
pub use mixopt_manifest as manifest;
pub use mixopt_mixture as mixture;
#[cfg(feature = "score")]
pub use mixopt_model as model;
#[cfg(feature = "score")]
pub use mixopt_score as score;
pub use mixopt_study as study;
pub use mixopt_trust as trust;
