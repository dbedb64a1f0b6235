//! What a fit is asked.

use nalgebra::DMatrix;

use crate::constraints::linear::Constraints;
use crate::data::problem_error::ProblemError;
use crate::data::statistics::is_constant;
use crate::estimator::{Estimator, Projection};
use crate::nearest::distance::Distance;
use crate::nearest::within::Within;

/// What a fit maximises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[cfg_attr(feature = "clap", derive(clap::ValueEnum))]
#[serde(rename_all = "snake_case")]
pub enum Objective {
    /// Pearson's correlation, with a proof.
    #[default]
    Pearson,
    /// Spearman's rank correlation, without.
    ///
    /// It is searched, not certified.
    Spearman,
    /// The least correlation with several targets, with a proof.
    Worst,
}

/// How the recommendation is made.
#[derive(Debug, Clone, Copy, PartialEq, Default, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Recommender {
    /// The best mixture under a penalty on the distance from a named mixture or, where none is named, from the marginal
    /// mixture; the largest penalty that does as well as the best on families left out.
    #[default]
    Ridge,
    /// The same under this penalty.
    RidgeOf(f64),
    /// The mixture nearest to the center among those that correlate nearly as well as the best.
    LeastChange,
    /// What a published estimator and projection make of each domain alone, under the constraints; controls and center
    /// have no say.
    Estimator(Estimator, Projection),
}

/// The data of a fit: matrices and vectors over the same models.
#[derive(Debug, Clone)]
pub struct Problem {
    /// Bits per character (or per what shares count), models × domains, all finite.
    pub bits: DMatrix<f64>,
    /// Target of each model, higher is better; under [`Objective::Worst`] the mean of the standardised targets.
    pub target: Vec<f64>,
    /// All targets under [`Objective::Worst`]; otherwise empty.
    pub targets: Vec<Vec<f64>>,
    /// Family number of each model, from 0 without gaps.
    pub families: Vec<usize>,
    /// Covariates that the optimum controls for.
    pub optimum_controls: Vec<Vec<f64>>,
    /// Covariates that the recommendation controls for.
    pub recommended_controls: Vec<Vec<f64>>,
    /// What mixtures must obey.
    pub constraints: Constraints,
    /// The mixture that there is already, or equal shares.
    pub center: Vec<f64>,
    /// Whether a ridge shrinks toward the center; else it does toward the marginal mixture
    /// ([`marginal_mixture`](crate::marginal_mixture)).
    pub shrink_to_center: bool,
    /// The most domains with a weight above zero.
    pub most_domains: Option<usize>,
}

impl Problem {
    /// A problem without constraints, controls or a prior: the mixture that there is already is equal shares.
    ///
    /// # Shapes
    /// `bits`: models × domains, bits per character. `target`, `families`: models. [`Refitter::new`](crate::Refitter::new)
    /// checks them.
    pub fn plain(bits: DMatrix<f64>, target: Vec<f64>, families: Vec<usize>) -> Self {
        let domains = bits.ncols();
        Self {
            bits,
            target,
            targets: Vec::new(),
            families,
            optimum_controls: Vec::new(),
            recommended_controls: Vec::new(),
            constraints: Constraints::simplex(domains),
            center: vec![1.0 / domains as f64; domains],
            shrink_to_center: false,
            most_domains: None,
        }
    }

    /// Checks that all parts are of the same models and domains, that their numbers are finite, and that the target
    /// varies. Whether any mixture obeys the constraints is not looked at.
    ///
    /// # Errors
    /// [`ProblemError`] says what does not fit.
    pub fn check(&self) -> Result<(), ProblemError> {
        let (models, domains) = self.bits.shape();
        for target in std::iter::once(&self.target).chain(&self.targets) {
            ProblemError::of_models("targets", target, models)?;
            if is_constant(target) {
                return Err(ProblemError::ConstantTarget);
            }
        }
        ProblemError::count("families", "model", self.families.len(), models)?;
        if let Some(&found) = self.families.iter().find(|&&family| family >= models) {
            return Err(ProblemError::Position { what: "family", found, count: models });
        }
        for control in self.optimum_controls.iter().chain(&self.recommended_controls) {
            ProblemError::of_models("values of a control", control, models)?;
        }
        ProblemError::of_domains("shares of the center", &self.center, domains)?;
        self.constraints.fit(domains)
    }
}

/// How a fit is made.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AnalysisSettings {
    /// What the optimum maximises.
    pub objective: Objective,
    /// How the recommendation is made.
    pub recommender: Recommender,
    /// How far below the best it may stay.
    pub within: Within,
    /// What "near" means.
    pub distance: Distance,
    /// Points of the trade-off curve; none where zero.
    pub curve_points: usize,
    /// Nodes of the search for at most so many domains.
    pub most_nodes: usize,
    /// Bootstrap replicates for the standard error.
    pub replicates: usize,
    /// Seed of the random draws.
    pub seed: u64,
}

impl Default for AnalysisSettings {
    fn default() -> Self {
        Self {
            objective: Objective::Pearson,
            recommender: Recommender::default(),
            within: Within::default(),
            distance: Distance::Quadratic,
            curve_points: 21,
            most_nodes: 20_000,
            replicates: 1000,
            seed: 0,
        }
    }
}
