//! The mixture whose least correlation over several targets is the greatest.

use clarabel::algebra::CscMatrix;
use clarabel::solver::SupportedConeT;

use crate::constraints::homogeneous::{Homogeneous, span_of_face};
use crate::constraints::limits::Limits;
use crate::constraints::linear::Constraints;
use crate::data::columns::Columns;
use crate::data::design::Design;
use crate::data::problem_error::ProblemError;
use crate::data::vector::{add_scaled, dot, norm, scale};
use crate::optimum::best::{CERTIFIED_GAP, OptimumStatus, best_mixture_of_checked, search_of_checked};
use crate::solvers::active_set::Search;
use crate::solvers::cone_program::{Rows, solve};

/// Steps of Newton's method from one start.
const MOST_STEPS: usize = 50;
/// A gap below this ends the method.
const CLOSE_GAP: f64 = 1e-13;
/// A gap above this is worth a second start.
const WIDE_GAP: f64 = 1e-10;

/// The best mixture for the worst of several targets, and the bound on all others.
#[derive(Debug, Clone, PartialEq)]
pub struct WorstOptimum {
    /// Shares by domain, or `None` where no mixture correlates positively with all targets.
    pub weights: Option<Vec<f64>>,
    /// The least of the correlations; zero where there is no mixture.
    pub correlation: f64,
    /// Correlation with each target; empty where there is no mixture.
    pub correlations: Vec<f64>,
    /// Weights of the targets, non-negative with sum one: no mixture correlates better than `bound` with the targets
    /// (each at unit norm) averaged so. A target that is not among the worst has weight zero.
    pub mixing: Vec<f64>,
    /// The least correlation of every mixture within the constraints is at most this.
    pub bound: f64,
    /// See [`Certificate::holds_above_variation`](crate::optimum::certificate::Certificate::holds_above_variation).
    pub bound_holds_above_variation: Option<f64>,
    /// How it ended.
    pub status: OptimumStatus,
}

impl WorstOptimum {
    /// The optimality gap: how much better than the mixture any other could be, at most.
    pub fn gap(&self) -> f64 {
        (self.bound - self.correlation).max(0.0)
    }
}

/// Finds the mixture within `constraints` with the greatest `min over k of ρ_k(w)`, the designs differing in their
/// targets `ŷ_k` only (columns, model weights and controls are the same).
///
/// # Equation
/// With `K` the cone of the mixtures' compression, `max over w of min_k ρ_k(w) = min over α of ‖P_K(Σ α_k ŷ_k)‖`, α on the
/// simplex and `P_K` the projection onto `K` (Sion 1958: the correlation is linear over the unit ball's part of the cone,
/// and linear in α). Any α proves a bound: the mean of the correlations, weighted with α, is not below the least.
///
/// # Method
/// `½‖P_K(Σ α_k ŷ_k)‖²` is convex, once differentiable with the gradient `⟨P_K, ŷ_k⟩`, and quadratic as long as the
/// projection stays on one face of the cone. Each step minimises that quadratic over the simplex of α (the point of a
/// convex hull nearest to the origin), shortened where the true value does not fall; it ends on the right face with the
/// exact answer. A cone program, `min ½‖Cv‖²` with `⟨Cv, ŷ_k⟩ ≥ 1`, is the second start where that stalls.
///
/// # Edge cases
/// Constraints that leave no mixture end as "no positive correlation", with a bound that means nothing: ask
/// [`Constraints::any`] first.
///
/// # Errors
/// [`ProblemError`]: no designs, designs that differ in models or domains, or constraints of other domains.
pub fn best_worst(designs: &[Design], constraints: &Constraints) -> Result<WorstOptimum, ProblemError> {
    let first = designs.first().ok_or(ProblemError::None { what: "designs" })?;
    for design in designs {
        first.alike(design)?;
    }
    constraints.fit(first.count())?;
    Ok(best_worst_of_checked(designs, constraints))
}

/// As [`best_worst`], of shapes that are known to fit.
pub(crate) fn best_worst_of_checked(designs: &[Design], constraints: &Constraints) -> WorstOptimum {
    let even = vec![1.0 / designs.len() as f64; designs.len()];
    let limits = Limits::new(constraints);
    let mut descent = Descent { designs, constraints, limits: &limits, best: None, lowest: None };
    descent.run(even);
    if descent.gap() > WIDE_GAP {
        for (weights, mixing) in by_cone_program(designs, &limits) {
            if let Some(weights) = constraints.nearest(&weights) {
                descent.offer(&weights);
            }
            if let Some(mixing) = mixing {
                descent.run(mixing);
            }
            if descent.gap() <= WIDE_GAP {
                break;
            }
        }
    }
    descent.finish()
}

/// The targets' weighted sum, each at unit norm.
fn mixed_target(designs: &[Design], mixing: &[f64]) -> Vec<f64> {
    let mut target = vec![0.0; designs[0].dimension()];
    for (design, &weight) in designs.iter().zip(mixing) {
        add_scaled(&mut target, weight, design.target());
    }
    target
}

/// Correlation of a mixture with each target; `None` where it compresses all models alike.
fn correlations(designs: &[Design], weights: &[f64]) -> Option<Vec<f64>> {
    designs.iter().map(|design| design.correlation(weights)).collect()
}

fn least(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::INFINITY, f64::min)
}

/// Weights of the targets, and the projection that they lead to.
#[derive(Debug, Clone)]
struct Point {
    mixing: Vec<f64>,
    /// The mixture that correlates best with the weighted sum; `None` where none correlates positively.
    weights: Option<Vec<f64>>,
    /// Norm of the projection: what no least correlation exceeds.
    value: f64,
    /// Inner product of the projection with each target.
    gradient: Vec<f64>,
}

/// The search over the weights of the targets.
struct Descent<'a> {
    designs: &'a [Design<'a>],
    constraints: &'a Constraints,
    limits: &'a Limits<'a>,
    /// The best mixture met, with its least correlation.
    best: Option<(f64, Vec<f64>)>,
    /// The lowest point met.
    lowest: Option<Point>,
}

impl Descent<'_> {
    fn gap(&self) -> f64 {
        let below = self.best.as_ref().map_or(0.0, |(value, _)| value.max(0.0));
        self.lowest.as_ref().map_or(f64::INFINITY, |point| point.value - below)
    }

    /// Keeps a mixture that is better than the best so far.
    fn offer(&mut self, weights: &[f64]) {
        if let Some(value) = correlations(self.designs, weights).map(|all| least(&all))
            && self.best.as_ref().is_none_or(|(best, _)| value > *best)
        {
            self.best = Some((value, weights.to_vec()));
        }
    }

    fn evaluate(&mut self, mixing: Vec<f64>) -> Point {
        let target = mixed_target(self.designs, &mixing);
        let length = norm(&target);
        let mut point = Point { weights: None, value: 0.0, gradient: vec![0.0; mixing.len()], mixing };
        // Targets that cancel out: whatever is left is rounding, and no mixture correlates with all of them.
        if length > 1e-14
            && let Some(design) = self.designs[0].with_target(&target)
            && let Some(weights) = search_of_checked(&design, self.constraints)
            && let Some(rho) = design.correlation(&weights)
            && rho > 0.0
        {
            self.offer(&weights);
            let projection = {
                let mut compression = design.compression(&weights);
                let size = norm(&compression);
                scale(&mut compression, rho * length / size);
                compression
            };
            point.value = rho * length;
            point.gradient = self.designs.iter().map(|design| dot(&projection, design.target())).collect();
            point.weights = Some(weights);
        }
        if self.lowest.as_ref().is_none_or(|lowest| point.value < lowest.value) {
            self.lowest = Some(point.clone());
        }
        point
    }

    /// Newton's method over the simplex from one start.
    fn run(&mut self, start: Vec<f64>) {
        let mut point = self.evaluate(start);
        for _ in 0..MOST_STEPS {
            let Some(weights) = &point.weights else { return };
            if self.designs.len() == 1 || self.gap() <= CLOSE_GAP {
                return;
            }
            let span = span_of_face(&self.designs[0], self.limits, weights);
            let within: Vec<Vec<f64>> =
                self.designs.iter().map(|d| span.iter().map(|q| dot(q, d.target())).collect()).collect();
            let Some(goal) = nearest_to_origin(&within) else { return };
            let slope: f64 = goal.iter().zip(&point.mixing).zip(&point.gradient).map(|((g, m), s)| (g - m) * s).sum();
            if slope >= -1e-18 {
                return;
            }
            let mut length = 1.0_f64;
            let next = loop {
                let mixing: Vec<f64> =
                    point.mixing.iter().zip(&goal).map(|(m, g)| (m + length * (g - m)).max(0.0)).collect();
                let trial = self.evaluate(mixing);
                if 0.5 * (trial.value.powi(2) - point.value.powi(2)) <= 1e-4 * length * slope {
                    break Some(trial);
                }
                length *= 0.5;
                if length < 1e-6 {
                    break None;
                }
            };
            // At the limit of precision no step lowers the value any more.
            let Some(next) = next else { return };
            point = next;
        }
    }

    fn finish(self) -> WorstOptimum {
        let mixing = self.lowest.map_or_else(Vec::new, |point| point.mixing);
        let target = mixed_target(self.designs, &mixing);
        let length = norm(&target);
        // The least correlation is not above the weighted mean, which is ⟨u, Σ α_k ŷ_k⟩ for a unit vector u.
        let (mut bound, mut holds_above_variation) = (length, None);
        if length > 1e-14
            && let Some(design) = self.designs[0].with_target(&target)
        {
            let optimum = best_mixture_of_checked(&design, self.constraints);
            bound = (length * optimum.bound).min(1.0);
            holds_above_variation = optimum.bound_holds_above_variation;
        }
        let positive = self.best.filter(|(value, _)| *value > 0.0);
        let Some((correlation, weights)) = positive else {
            return WorstOptimum {
                weights: None,
                correlation: 0.0,
                correlations: Vec::new(),
                mixing,
                bound,
                bound_holds_above_variation: holds_above_variation,
                // Above zero by more than rounding, the bound leaves room for a mixture that was not found.
                status: if bound <= CERTIFIED_GAP || self.constraints.any().is_none() {
                    OptimumStatus::NoPositiveCorrelation
                } else {
                    OptimumStatus::NotCertified
                },
            };
        };
        let bound = bound.max(correlation);
        WorstOptimum {
            correlations: correlations(self.designs, &weights).unwrap_or_default(),
            weights: Some(weights),
            correlation,
            mixing,
            bound,
            bound_holds_above_variation: holds_above_variation,
            status: if bound - correlation <= CERTIFIED_GAP {
                OptimumStatus::Certified
            } else {
                OptimumStatus::NotCertified
            },
        }
    }
}

/// The weights of the points whose weighted mean is nearest to the origin: non-negative least squares on the points with
/// a one appended, toward the last unit vector (Lawson and Hanson 1974, chapter 23). `None` without points.
fn nearest_to_origin(points: &[Vec<f64>]) -> Option<Vec<f64>> {
    let last = points.first()?.len();
    let mut unit = vec![0.0; last + 1];
    unit[last] = 1.0;
    let mut search = Search::new(&unit);
    let mut lengths = Vec::with_capacity(points.len());
    for (index, point) in points.iter().enumerate() {
        let mut column = point.clone();
        column.push(1.0);
        let length = norm(&column);
        scale(&mut column, 1.0 / length);
        lengths.push(length);
        search.add(index, column);
    }
    search.run(20 * (points.len() + last) + 200);
    let mut weights = vec![0.0; points.len()];
    for (index, value) in search.held() {
        weights[index] = value / lengths[index];
    }
    let sum: f64 = weights.iter().sum();
    (sum > 0.0).then(|| weights.iter().map(|weight| weight / sum).collect())
}

/// Mixtures and weights of the targets from the homogenised cone program `min ½‖Cv‖²` with `⟨Cv, ŷ_k⟩ ≥ 1`, whose
/// multipliers are the weights of the targets up to a factor.
fn by_cone_program(designs: &[Design], limits: &Limits) -> Vec<(Vec<f64>, Option<Vec<f64>>)> {
    let (matrix, _) = designs[0].by_size();
    let along: Vec<Vec<f64>> = designs
        .iter()
        .map(|design| matrix.column_iter().map(|column| dot(column.as_slice(), design.target())).collect())
        .collect();
    let matrix = if matrix.ncols() < matrix.nrows() { matrix.qr().r() } else { matrix };
    let (height, count) = matrix.shape();
    let first_x = count + 1;
    let variables = first_x + height;

    let homogeneous = Homogeneous::new(limits);
    let mut rows = Rows::default();
    for i in 0..height {
        rows.push((0..count).map(|d| (d, matrix[(i, d)])).chain([(first_x + i, -1.0)]), 0.0);
    }
    for row in homogeneous.equalities {
        rows.push(row, 0.0);
    }
    let equalities = rows.len();
    for row in homogeneous.inequalities {
        rows.push(row, 0.0);
    }
    let first_target = rows.len();
    for along in &along {
        rows.push(along.iter().enumerate().map(|(d, value)| (d, -value)), -1.0);
    }
    let cones = [SupportedConeT::ZeroConeT(equalities), SupportedConeT::NonnegativeConeT(rows.len() - equalities)];
    let xs: Vec<usize> = (first_x..variables).collect();
    let quadratic = CscMatrix::new_from_triplets(variables, variables, xs.clone(), xs, vec![1.0; height]);
    solve(quadratic, &vec![0.0; variables], rows, &cones)
        .into_iter()
        .filter_map(|answer| {
            let sum: f64 = answer.values[..count].iter().sum();
            let weights: Vec<f64> = answer.values[..count].iter().map(|v| v / sum).collect();
            let multipliers: Vec<f64> = answer.multipliers[first_target..].iter().map(|m| m.max(0.0)).collect();
            let total: f64 = multipliers.iter().sum();
            let mixing = (total > 0.0 && total.is_finite()).then(|| multipliers.iter().map(|m| m / total).collect());
            (sum > 0.0).then_some((weights, mixing))
        })
        .collect()
}
