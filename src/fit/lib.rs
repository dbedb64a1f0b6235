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

mod active_set;
mod agreement;
mod analysis;
mod bounds;
mod certificate;
mod chosen;
mod clash;
mod columns;
mod cone_program;
mod conic;
mod constrained;
mod constraints;
mod corners;
mod criterion;
mod design;
mod estimated;
pub mod estimator;
mod evaluation;
mod face;
mod folds;
mod held_out;
mod homogeneous;
mod limits;
mod multipliers;
mod nearest;
mod nearest_all;
mod nearest_rows;
mod optimum;
mod pareto;
mod polytope;
mod prices;
mod principal_pivoting;
mod problem;
mod rank;
mod reach;
mod reach_cone;
mod reach_program;
mod recommendation;
mod refine;
mod refit;
mod resample;
mod ridge;
mod sparse;
mod stage_levels;
mod stage_program;
mod stages;
pub mod statistics;
mod support;
mod thin_qr;
mod trade_off;
mod uniqueness;
mod vector;
mod vertex;
mod within;
mod worst;

pub use active_set::{Projection, project};
pub use agreement::{Agreement, Paired};
pub use analysis::{Analysis, Assessed, analyse};
pub use bounds::{Bounds, BoundsError};
pub use certificate::{Certificate, certify};
pub use clash::{Part, clash};
pub use columns::{Columns, CompressionColumns};
pub use constraints::{Constraints, Relation, Row};
pub use design::Design;
pub use evaluation::{Evaluation, evaluate, mixed_bits};
pub use folds::{Fold, FoldFault, family_folds};
pub use held_out::{HeldOut, Method, chosen_weights, held_out_of, held_out_single};
pub use nearest::{Distance, distance, nearest_above};
pub use optimum::{CERTIFIED_GAP, Optimum, OptimumStatus, best_mixture, search};
pub use pareto::{ParetoPoint, pareto};
pub use prices::{Prices, prices};
pub use problem::{AnalysisSettings, Objective, Problem, Recommender};
pub use reach::{End, Reach};
pub use recommendation::{Recommendation, RecommendationStatus};
pub use refit::{Held, Refit, RefitOptimum, Refits, Refitter, Sample};
pub use resample::{FamilyBootstrap, Population, family_bootstrap};
pub use ridge::{RidgeChoice, choose_lambda, ridge};
pub use sparse::{SparseOptimum, best_sparse};
pub use stages::{STAGES_CERTIFIED_GAP, STAGES_TOLERANCE, StageProblem, StagesOptimum, best_stages, nearest_stages};
pub use support::Support;
pub use trade_off::{TradeOffPoint, trade_off};
pub use uniqueness::{Alternatives, CLEARLY_DIFFERENT, NEARLY_AS_GOOD, Uniqueness, alternatives, total_variation};
pub use within::Within;
pub use worst::{WorstOptimum, best_worst};

pub use mixopt_base::{Observer, Silent};
