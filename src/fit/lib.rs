//! From a matrix of compression and a target to mixtures, with proof and with honesty about unseen models.
//!
//! Nothing here knows files, formats or text. With `B` the bits per character (models × domains), `C = −(B − means)` and
//! `ŷ` the centred target at unit norm, the correlation of a mixture `w` with the target is
//! `ρ(w) = ⟨Cw, ŷ⟩ / ‖Cw‖`. Its maximum over all mixtures is a projection onto the cone `{Cw : w ≥ 0}`:
//!
//! - [`CompressionColumns`] and [`Design`]: `C` and `ŷ` under model weights and controls;
//! - [`best_mixture`]: the projection, with an upper bound on every mixture's correlation;
//! - [`Constraints`]: bounds and linear rows, under which it stays one; [`prices`] of each, [`clash`] where none is left;
//! - [`nearest_above`] and [`trade_off`]: the mixtures nearest to a center for the correlation they reach;
//! - [`analyse`]: optimum, recommendation and baselines in one call.

mod analysis;
mod constraints;
mod data;
pub mod estimator;
mod nearest;
mod objectives;
mod optimum;
mod reach;
mod solvers;

pub use analysis::analyse::{Analysis, Assessed, analyse};
pub use analysis::folds::{Fold, FoldFault, family_folds};
pub use analysis::held_out::{HeldOut, Method, chosen_weights, held_out_of, held_out_single};
pub use analysis::penalty::{PenaltyChoice, PenaltyPoint};
pub use analysis::problem::{AnalysisSettings, Objective, Problem, Recommender};
pub use analysis::recommendation::{Recommendation, RecommendationStatus};
pub use analysis::refit::{Held, Refit, RefitOptimum, Refits, Refitter, Sample};
pub use analysis::resample::{FamilyBootstrap, Population, family_bootstrap};
pub use constraints::bounds::{Bounds, BoundsError};
pub use constraints::clash::{Part, clash};
pub use constraints::linear::{Constraints, Relation, Row};
pub use data::agreement::{Agreement, Paired};
pub use data::columns::{Columns, CompressionColumns};
pub use data::design::Design;
pub use data::evaluation::{Evaluation, evaluate, mixed_bits};
pub use data::problem_error::ProblemError;
pub use data::statistics;
pub use nearest::above::nearest_above;
pub use nearest::distance::{Distance, distance};
pub use nearest::trade_off::{TradeOffPoint, trade_off};
pub use nearest::within::Within;
pub use objectives::marginal::marginal_mixture;
pub use objectives::pareto::{ParetoPoint, pareto};
pub use objectives::ridge::ridge;
pub use objectives::sparse::{SparseOptimum, best_sparse};
pub use objectives::stage_program::STAGES_TOLERANCE;
pub use objectives::stages::{STAGES_CERTIFIED_GAP, StageProblem, StagesOptimum, best_stages, nearest_stages};
pub use objectives::worst::{WorstOptimum, best_worst};
pub use optimum::best::{CERTIFIED_GAP, Optimum, OptimumStatus, best_mixture, search};
pub use optimum::certificate::{Certificate, certify};
pub use optimum::prices::{Prices, prices};
pub use optimum::support::Support;
pub use optimum::uniqueness::{
    Alternatives, CLEARLY_DIFFERENT, NEARLY_AS_GOOD, Uniqueness, alternatives, total_variation,
};
pub use reach::end::End;
pub use reach::ends::Reach;
pub use solvers::active_set::{Projection, project};

pub use mixopt_base::{Observer, Silent};
/// The matrix type of [`CompressionColumns`] and [`Problem`], so that a caller needs no version of its own.
pub use nalgebra::DMatrix;
