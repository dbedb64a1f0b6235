//! How far one domain's share can go among the mixtures that correlate well enough.

use crate::reach::end::End;
use nalgebra::DMatrix;

use crate::constraints::bounds::Bounds;
use crate::constraints::linear::Constraints;
use crate::data::columns::Columns;
use crate::data::design::Design;
use crate::data::problem_error::ProblemError;
use crate::optimum::best::search_of_checked;
use crate::reach::cone::{ShareCone, roots_on_face};
use crate::reach::program::reach_by_cone_program;

/// How far a share goes.
#[derive(Debug, Clone, PartialEq)]
pub struct Reached {
    /// The share.
    pub share: f64,
    /// The constraints alone allow no more, and no less correlation would.
    pub is_limit: bool,
    /// A mixture with that share (up to rounding) that reaches the thresholds (up to rounding).
    pub weights: Vec<f64>,
}

/// A share this close to the limit is on it.
const ON_LIMIT: f64 = 1e-10;
/// A correlation this close to the threshold is on it.
const ON_THRESHOLD: f64 = 1e-14;
/// Mixtures tried for one end.
const MOST_TRIALS: usize = 120;

/// The mixtures within constraints whose correlation with every target reaches its threshold, all thresholds above zero.
///
/// # Method
/// With one target and bounds, `φ(t) = max {ρ(w) : w_d = t}` is a cone projection for every `t`. The set is convex, so φ
/// reaches the threshold on one interval, and each end of it is the only crossing between a share of a mixture inside and
/// the limit of the constraints. On the face of the mixture found at `t` the crossing solves a quadratic equation
/// ([`roots_on_face`]): it is tried next, and the search ends where the face stays the same. A bracket that does not halve
/// within three trials is cut in the middle. Linear rows and several targets go to a second-order cone program.
///
/// Mixtures that compress all models alike have no correlation; they belong to the set as limits of mixtures that have.
pub struct Reach<'a> {
    designs: &'a [Design<'a>],
    constraints: &'a Constraints,
    thresholds: &'a [f64],
    inside: &'a [f64],
    /// One target and no greatest weight that binds.
    cone: Option<ShareCone>,
    /// Columns over their largest norm, for the faces.
    matrix: DMatrix<f64>,
    target: Vec<f64>,
}

/// A mixture with a given share of the domain, as good as any.
struct Trial {
    value: f64,
    weights: Vec<f64>,
}

impl<'a> Reach<'a> {
    /// `inside`: a mixture within the constraints that reaches every threshold.
    ///
    /// # Errors
    /// [`ProblemError`]: no designs, designs that differ in models or domains, another number of thresholds than of designs,
    /// a threshold that is not between 0 and 1, or constraints or a mixture of other domains.
    pub fn new(
        designs: &'a [Design<'a>],
        constraints: &'a Constraints,
        thresholds: &'a [f64],
        inside: &'a [f64],
    ) -> Result<Self, ProblemError> {
        let first = designs.first().ok_or(ProblemError::None { what: "designs" })?;
        for design in designs {
            first.alike(design)?;
        }
        constraints.fit(first.count())?;
        ProblemError::of_domains("shares of the mixture inside", inside, first.count())?;
        ProblemError::count("thresholds", "design", thresholds.len(), designs.len())?;
        if let Some(position) = thresholds.iter().position(|threshold| !(*threshold > 0.0 && *threshold <= 1.0)) {
            let (what, expected) = ("threshold", "a correlation above 0 and at most 1");
            return Err(ProblemError::Value { what, position, value: thresholds[position], expected });
        }
        let (matrix, target) = first.by_size_in_few_rows();
        let is_plain = designs.len() == 1 && constraints.is_box() && !constraints.bounds().has_greatest();
        let cone = is_plain.then(|| ShareCone::new(&matrix, target.as_slice(), constraints.bounds().least()));
        Ok(Self { designs, constraints, thresholds, inside, cone, matrix, target: target.as_slice().to_vec() })
    }

    /// The end of a domain's shares; `None` where the solver finds no mixture, or where there is no such domain.
    pub fn end(&self, domain: usize, end: End) -> Option<Reached> {
        let start = *self.inside.get(domain)?;
        let limit = self.limit(domain, end);
        if (start - limit).abs() <= ON_LIMIT {
            return Some(Reached { share: limit, is_limit: true, weights: self.inside.to_vec() });
        }
        if self.designs.len() > 1 || !self.constraints.is_box() {
            let weights =
                reach_by_cone_program(self.designs, self.constraints, self.thresholds, domain, end, self.inside)?;
            let is_limit = (weights[domain] - limit).abs() <= 1e-8;
            return Some(Reached { share: if is_limit { limit } else { weights[domain] }, is_limit, weights });
        }
        Some(self.crossing(domain, start, limit))
    }

    /// The share that constraints alone allow.
    fn limit(&self, domain: usize, end: End) -> f64 {
        let bounds = self.constraints.bounds();
        if self.constraints.is_box() {
            let others = |values: &[f64]| -> f64 {
                1.0 - values.iter().enumerate().filter(|&(d, _)| d != domain).map(|(_, v)| v).sum::<f64>()
            };
            return match end {
                End::Least => bounds.least()[domain].max(others(bounds.greatest())),
                End::Greatest => bounds.greatest()[domain].min(others(bounds.least())),
            };
        }
        let mut values = vec![0.0; bounds.least().len()];
        values[domain] = if end == End::Least { -1.0 } else { 1.0 };
        let value = self.constraints.support_of_checked(&values).value;
        let share = if end == End::Least { -value } else { value };
        share.clamp(bounds.least()[domain], bounds.greatest()[domain])
    }

    /// Where the greatest correlation for a share crosses the threshold between a share inside and the limit.
    fn crossing(&self, domain: usize, start: f64, limit: f64) -> Reached {
        let threshold = self.thresholds[0];
        let mut inside = Trial { value: threshold, weights: self.inside.to_vec() };
        let (mut near, mut far) = (start, limit);
        let at_limit = self.best_at(domain, limit, &inside.weights);
        match at_limit.filter(|trial| trial.value >= threshold) {
            Some(trial) => return Reached { share: limit, is_limit: true, weights: trial.weights },
            None if self.is_approached(domain, start, limit) => {
                return Reached { share: limit, is_limit: true, weights: inside.weights };
            }
            None => {}
        }
        let mut guess = self.guess(domain, &inside.weights, near, far);
        let (mut width, mut since) = ((far - near).abs(), 0);
        for _ in 0..MOST_TRIALS {
            let middle = 0.5 * (near + far);
            let share = match guess {
                Some(guess) if since < 3 => guess,
                _ => {
                    since = 0;
                    middle
                }
            };
            let Some(trial) = self.best_at(domain, share, &inside.weights) else {
                // Nothing correlates positively with that share.
                far = share;
                guess = None;
                continue;
            };
            let next = self.guess(domain, &trial.weights, near, far);
            let (value, is_same) = (trial.value, next.is_some_and(|next| (next - share).abs() <= 1e-15));
            if value >= threshold {
                (near, inside) = (share, trial);
            } else if (value - threshold).abs() <= ON_THRESHOLD || (is_same && threshold - value <= 1e-12) {
                // As exact as rounding lets it be.
                (near, inside) = (share, trial);
                break;
            } else {
                far = share;
            }
            if value - threshold <= ON_THRESHOLD && value >= threshold || (far - near).abs() <= 1e-15 {
                break;
            }
            let now = (far - near).abs();
            if now <= 0.5 * width {
                (width, since) = (now, 0);
            } else {
                since += 1;
            }
            guess = next.filter(|next| (next - near) * (next - far) < 0.0);
        }
        let is_limit = (near - limit).abs() <= ON_LIMIT;
        Reached { share: if is_limit { limit } else { near }, is_limit, weights: inside.weights }
    }

    /// Whether the threshold is reached by all shares just short of the limit though not on it: where domains tell nothing,
    /// or cancel each other out, a share can grow or shrink without moving the correlation.
    fn is_approached(&self, domain: usize, start: f64, limit: f64) -> bool {
        let Some(cone) = &self.cone else { return false };
        if !cone.has_zero() {
            return false;
        }
        let share = limit + ON_LIMIT * (start - limit).signum();
        self.best_at(domain, share, self.inside).is_some_and(|trial| trial.value >= self.thresholds[0])
    }

    /// The best mixture with this share; `None` where none correlates positively.
    fn best_at(&self, domain: usize, share: f64, near: &[f64]) -> Option<Trial> {
        let (value, weights) = match &self.cone {
            Some(cone) => cone.best_at(domain, share, near)?,
            None => {
                let bounds = self.constraints.bounds();
                let (mut least, mut greatest) = (bounds.least().to_vec(), bounds.greatest().to_vec());
                (least[domain], greatest[domain]) = (share, share);
                let bounds = Bounds::new(&vec![String::new(); least.len()], least, greatest).ok()?;
                let weights = search_of_checked(&self.designs[0], &bounds.into())?;
                (self.designs[0].correlation(&weights)?, weights)
            }
        };
        (value > 0.0).then_some(Trial { value, weights })
    }

    /// The crossing on the face of a mixture, where that lies within the bracket; of two the one nearer to the inside.
    fn guess(&self, domain: usize, weights: &[f64], near: f64, far: f64) -> Option<f64> {
        let bounds = self.constraints.bounds();
        let roots = roots_on_face(
            &self.matrix,
            &self.target,
            (bounds.least(), bounds.greatest()),
            weights,
            domain,
            self.thresholds[0],
        )?;
        roots
            .into_iter()
            .filter(|root| (root - near) * (root - far) <= 0.0 && *root != near && *root != far)
            .min_by(|a, b| (a - near).abs().total_cmp(&(b - near).abs()))
    }
}
