//! The result: a mixture, what it is worth, and the file that holds it.

mod correlate;
mod diff;
mod error;
mod evidence;
mod file;
mod find;
mod findings;
mod fit_record;
mod known;
mod settings;
mod shares;
mod verdict;

pub use correlate::{Correlation, EQUAL_SHARES, correlate};
pub use diff::{
    Both, Change, DiffError, DiffSide, DomainDiff, FitFigures, Limit, LimitKind, MixtureDiff, Reason, Side, diff,
    in_unit,
};
pub use error::{FitError, MixtureError};
pub use evidence::{DomainEvidence, Evidence, TargetEvidence};
pub use file::{DomainSupply, Kind, MixtureFile, Stage, Supply, VERSION};
pub use find::find;
pub use findings::{
    Baselines, Figures, Findings, HeldOutBaselines, HeldOutFigures, HeldOutFindings, LeadFigures, OptimumFindings,
    Program, RecommendedFindings, Weights,
};
pub use fit_record::{
    FileBaseline, FileBaselines, FileFigures, FileHeldOut, FileOptimum, FileRecommendation, FitRecord,
};
pub use known::{KnownMixture, known_mixture, known_mixtures, read_or_known};
pub use settings::{Control, DomainBound, FitSettings};
pub use shares::{Percentages, decimals_for, exact_shares, exact_units, percentages};
