//! The cone programs of several stages that draw on one supply, and the bound that their multipliers prove.

use clarabel::algebra::CscMatrix;
use clarabel::solver::SupportedConeT;
use nalgebra::{DMatrix, DVector};

use crate::constraints::bounds::Bounds;
use crate::constraints::linear::{Constraints, Relation};
use crate::data::columns::Columns;
use crate::data::design::Design;
use crate::data::vector::norm;
use crate::solvers::cone_program::{Answer, Rows, solve};

/// One stage as the programs see it.
pub(crate) struct Stage<'a> {
    pub design: &'a Design<'a>,
    pub constraints: &'a Constraints,
    /// The bounds, and no more of a domain than its whole supply.
    pub tight: Bounds,
    /// The stage's part of all budgets.
    pub part: f64,
    /// Columns in bits per character over `size`, in few rows with all inner products kept.
    matrix: DMatrix<f64>,
    /// `⟨c_d, ŷ⟩` over `size`.
    along: Vec<f64>,
    /// Largest norm of a column, in bits per character.
    pub size: f64,
}

impl<'a> Stage<'a> {
    pub fn new(design: &'a Design<'a>, constraints: &'a Constraints, tight: Bounds, part: f64) -> Self {
        let (matrix, target) = design.by_size_in_few_rows();
        let along = matrix.tr_mul(&target).as_slice().to_vec();
        let size = design.column_norms().into_iter().fold(f64::MIN_POSITIVE, f64::max);
        Self { design, constraints, tight, part, matrix, along, size }
    }

    /// `‖C w‖` over `size`.
    pub fn length(&self, weights: &[f64]) -> f64 {
        norm(&self.design.compression(weights)) / self.size
    }
}

/// All stages and the supply that they share, as parts of all budgets.
pub(crate) struct Joint<'a> {
    pub stages: Vec<Stage<'a>>,
    /// Domains whose supply the stages could exceed together, with the supply.
    limited: Vec<(usize, f64)>,
    domains: usize,
}

/// What a program found: a mixture for each stage, and the multipliers of what ties the stages together.
#[derive(Debug, Clone)]
pub(crate) struct JointAnswer {
    pub weights: Vec<Vec<f64>>,
    /// Multiplier of each stage's correlation.
    pub stage_prices: Vec<f64>,
    /// For each stage the direction that the cone's multipliers give in place of `C w / ‖C w‖`, at most of unit length, in the
    /// rows of the stage's matrix.
    directions: Vec<DVector<f64>>,
    /// Multiplier of each domain's supply; zero where it is not limited.
    pub supply_prices: Vec<f64>,
    /// Multiplier of each stage's rows, positive where a greater right side would help.
    row_prices: Vec<Vec<f64>>,
}

/// Where the multipliers of a program are.
#[derive(Debug, Default)]
struct Places {
    /// Place, stage, row, and the sign that the row was written with.
    rows: Vec<(usize, usize, usize, f64)>,
    /// Place and domain.
    supply: Vec<(usize, usize)>,
    /// Place of each stage's cone.
    stages: Vec<usize>,
}

impl<'a> Joint<'a> {
    /// `supply`: by domain, as parts of all budgets.
    pub fn new(stages: Vec<Stage<'a>>, supply: &[f64]) -> Self {
        let limited = supply
            .iter()
            .enumerate()
            .filter(|&(d, &supply)| {
                let most: f64 = stages.iter().map(|stage| stage.part * stage.constraints.bounds().greatest()[d]).sum();
                supply < most
            })
            .map(|(d, &supply)| (d, supply))
            .collect();
        Self { stages, limited, domains: supply.len() }
    }

    fn shares(&self) -> usize {
        self.stages.len() * self.domains
    }

    /// The conditions on shares. With `slack`, the rows and the supply may be exceeded by the variable of that number.
    fn conditions(&self, slack: Option<usize>) -> (Rows, Places, usize) {
        let (mut rows, mut places) = (Rows::default(), Places::default());
        let exceed = |sign: f64| slack.map(|variable| (variable, sign));
        for (s, stage) in self.stages.iter().enumerate() {
            let first = s * self.domains;
            rows.push((0..self.domains).map(|d| (first + d, 1.0)), 1.0);
            let bounds = stage.constraints.bounds();
            for (d, (&least, &greatest)) in bounds.least().iter().zip(bounds.greatest()).enumerate() {
                if least == greatest {
                    rows.push([(first + d, 1.0)], least);
                }
            }
            for (r, row) in stage.constraints.rows().iter().enumerate() {
                if row.relation == Relation::Equal && slack.is_none() {
                    places.rows.push((rows.len(), s, r, 1.0));
                    rows.push(row.coefficients.iter().map(|&(d, a)| (first + d, a)), row.right);
                }
            }
        }
        let equalities = rows.len();
        for (s, stage) in self.stages.iter().enumerate() {
            let first = s * self.domains;
            let bounds = stage.constraints.bounds();
            for (d, (&least, &greatest)) in bounds.least().iter().zip(bounds.greatest()).enumerate() {
                if least < greatest {
                    rows.push([(first + d, -1.0)], -least);
                    if greatest < 1.0 {
                        rows.push([(first + d, 1.0)], greatest);
                    }
                }
            }
            for (r, row) in stage.constraints.rows().iter().enumerate() {
                let signs: &[f64] = match row.relation {
                    Relation::AtMost => &[1.0],
                    Relation::AtLeast => &[-1.0],
                    Relation::Equal if slack.is_some() => &[1.0, -1.0],
                    Relation::Equal => &[],
                };
                for &sign in signs {
                    places.rows.push((rows.len(), s, r, sign));
                    let left = row.coefficients.iter().map(|&(d, a)| (first + d, sign * a));
                    rows.push(left.chain(exceed(-1.0)), sign * row.right);
                }
            }
        }
        for &(d, supply) in &self.limited {
            places.supply.push((rows.len(), d));
            let used = self.stages.iter().enumerate().map(|(s, stage)| (s * self.domains + d, stage.part));
            rows.push(used.chain(exceed(-1.0)), supply);
        }
        (rows, places, equalities)
    }

    /// By how much rows and supply must be exceeded at least, as a share; `None` where the solver finds no answer.
    pub fn least_excess(&self) -> Option<f64> {
        let excess = self.shares();
        let (mut rows, _, equalities) = self.conditions(Some(excess));
        rows.push([(excess, -1.0)], 0.0);
        let cones = [SupportedConeT::ZeroConeT(equalities), SupportedConeT::NonnegativeConeT(rows.len() - equalities)];
        let mut linear = vec![0.0; excess + 1];
        linear[excess] = 1.0;
        let answers = solve(CscMatrix::zeros((excess + 1, excess + 1)), &linear, rows, &cones);
        answers.iter().map(|answer| answer.values[excess]).min_by(f64::total_cmp)
    }

    /// Maximises the slack `τ` in `⟨C w_s, ŷ_s⟩ − cosines_s ‖C w_s‖ ≥ units_s τ` over all stages' mixtures.
    ///
    /// Lengths are in units of each stage's [`size`](Stage::size). A stage with unit zero has to hold without slack.
    pub fn greatest_slack(&self, cosines: &[f64], units: &[f64]) -> Vec<JointAnswer> {
        let slack = self.shares();
        let (mut rows, mut places, equalities) = self.conditions(None);
        let mut cones =
            vec![SupportedConeT::ZeroConeT(equalities), SupportedConeT::NonnegativeConeT(rows.len() - equalities)];
        self.push_cones(cosines, Some((slack, units)), &mut rows, &mut cones, &mut places);
        let mut linear = vec![0.0; slack + 1];
        linear[slack] = -1.0;
        let answers = solve(CscMatrix::zeros((slack + 1, slack + 1)), &linear, rows, &cones);
        answers.into_iter().map(|answer| self.read(&answer, &places)).collect()
    }

    /// Minimises `Σ_s part_s ‖w_s − centers_s‖²` over mixtures with `ρ_s ≥ cosines_s`.
    pub fn nearest(&self, centers: &[Vec<f64>], cosines: &[f64]) -> Vec<JointAnswer> {
        let (mut rows, mut places, equalities) = self.conditions(None);
        let mut cones =
            vec![SupportedConeT::ZeroConeT(equalities), SupportedConeT::NonnegativeConeT(rows.len() - equalities)];
        self.push_cones(cosines, None, &mut rows, &mut cones, &mut places);
        let all: Vec<usize> = (0..self.shares()).collect();
        let curvature: Vec<f64> =
            self.stages.iter().flat_map(|stage| std::iter::repeat_n(stage.part, self.domains)).collect();
        let linear: Vec<f64> = curvature.iter().zip(centers.iter().flatten()).map(|(part, m)| -part * m).collect();
        let quadratic = CscMatrix::new_from_triplets(all.len(), all.len(), all.clone(), all, curvature);
        let answers = solve(quadratic, &linear, rows, &cones);
        answers.into_iter().map(|answer| self.read(&answer, &places)).collect()
    }

    fn push_cones(
        &self,
        cosines: &[f64],
        slack: Option<(usize, &[f64])>,
        rows: &mut Rows,
        cones: &mut Vec<SupportedConeT<f64>>,
        places: &mut Places,
    ) {
        for (s, stage) in self.stages.iter().enumerate() {
            let first = s * self.domains;
            places.stages.push(rows.len());
            let left = stage.along.iter().enumerate().map(|(d, value)| (first + d, -value));
            rows.push(left.chain(slack.map(|(variable, units)| (variable, units[s]))), 0.0);
            for i in 0..stage.matrix.nrows() {
                rows.push((0..self.domains).map(|d| (first + d, -cosines[s] * stage.matrix[(i, d)])), 0.0);
            }
            cones.push(SupportedConeT::SecondOrderConeT(stage.matrix.nrows() + 1));
        }
    }

    /// The answer's mixtures, on the simplex and within the bounds, and its multipliers.
    fn read(&self, answer: &Answer, places: &Places) -> JointAnswer {
        let weights = self
            .stages
            .iter()
            .zip(answer.values.chunks_exact(self.domains.max(1)))
            .map(|(stage, weights)| on_bounds(stage.constraints.bounds(), weights))
            .collect();
        let mut row_prices: Vec<Vec<f64>> =
            self.stages.iter().map(|stage| vec![0.0; stage.constraints.rows().len()]).collect();
        for &(place, stage, row, sign) in &places.rows {
            row_prices[stage][row] += sign * answer.multipliers[place];
        }
        for (prices, stage) in row_prices.iter_mut().zip(&self.stages) {
            for (price, row) in prices.iter_mut().zip(stage.constraints.rows()) {
                *price = match row.relation {
                    Relation::AtMost => price.max(0.0),
                    Relation::AtLeast => price.min(0.0),
                    Relation::Equal => *price,
                };
            }
        }
        let mut supply_prices = vec![0.0; self.domains];
        for &(place, domain) in &places.supply {
            supply_prices[domain] = answer.multipliers[place].max(0.0);
        }
        let stage_prices: Vec<f64> = places.stages.iter().map(|&place| answer.multipliers[place].max(0.0)).collect();
        let directions = self
            .stages
            .iter()
            .zip(places.stages.iter().zip(&stage_prices))
            .map(|(stage, (&place, &price))| {
                let across = &answer.multipliers[place + 1..place + 1 + stage.matrix.nrows()];
                let mut direction = -DVector::from_column_slice(across);
                // A little shorter than one, so that rounding cannot make it longer.
                let length = direction.norm().max(price) / (1.0 - 1e-15);
                if length > 0.0 {
                    direction /= length;
                }
                direction
            })
            .collect();
        JointAnswer { weights, stage_prices, directions, supply_prices, row_prices }
    }

    /// The greatest amount by which the mixtures exceed the supply together, as a part of all budgets.
    pub fn excess(&self, weights: &[Vec<f64>]) -> f64 {
        self.limited
            .iter()
            .map(|&(d, supply)| {
                self.stages.iter().zip(weights).map(|(stage, weights)| stage.part * weights[d]).sum::<f64>() - supply
            })
            .fold(0.0, f64::max)
    }

    /// Prepares the bound that an answer's multipliers prove.
    pub fn proof(&self, answer: &JointAnswer) -> Proof<'_, 'a> {
        let terms = self
            .stages
            .iter()
            .enumerate()
            .map(|(s, stage)| {
                let price = answer.stage_prices[s];
                let constant = stage.along.iter().zip(&answer.supply_prices);
                let mut constant: Vec<f64> =
                    constant.map(|(along, supply)| price * along - stage.part * supply).collect();
                let mut fixed = 0.0;
                for (row, row_price) in stage.constraints.rows().iter().zip(&answer.row_prices[s]) {
                    fixed += row_price * row.right;
                    row.coefficients.iter().for_each(|&(d, a)| constant[d] -= row_price * a);
                }
                let per_cosine = (stage.matrix.tr_mul(&answer.directions[s]) * price).as_slice().to_vec();
                Term { constant, per_cosine, fixed }
            })
            .collect();
        let supply = self.limited.iter().map(|&(d, supply)| answer.supply_prices[d] * supply).sum();
        Proof { joint: self, terms, supply }
    }
}

/// What one stage adds to a bound.
struct Term {
    constant: Vec<f64>,
    per_cosine: Vec<f64>,
    fixed: f64,
}

/// A proof by Lagrangian relaxation.
///
/// # Equation
/// For stage multipliers `μ_s ≥ 0`, supply prices `λ ≥ 0`, row prices `η` and any `‖u_s‖ ≤ 1`, mixtures with
/// `ρ_s ≥ c_s` for all stages within supply and rows have
///
/// `0 ≤ Σ_s μ_s (⟨C w_s, ŷ_s⟩ − c_s ‖C w_s‖) + λ·(supply − Σ_s b_s w_s) + Σ_s η_s·(h_s − G_s w_s)`
/// `  ≤ Σ_s max over w of [μ_s Cᵀ(ŷ_s − c_s u_s) − b_s λ − G_sᵀ η_s]·w + λ·supply + Σ_s η_s·h_s`,
///
/// each maximum over the mixtures within bounds, where it is exact. Where that is below zero there are none.
pub(crate) struct Proof<'j, 'a> {
    joint: &'j Joint<'a>,
    terms: Vec<Term>,
    supply: f64,
}

impl Proof<'_, '_> {
    /// Whether no mixtures reach these correlations together.
    pub fn excludes(&self, cosines: &[f64]) -> bool {
        let (mut sum, mut magnitude) = (self.supply, self.supply.abs());
        let mut models = 0;
        for ((term, stage), cosine) in self.terms.iter().zip(&self.joint.stages).zip(cosines) {
            let values: Vec<f64> =
                term.constant.iter().zip(&term.per_cosine).map(|(a, b)| a - cosine.max(0.0) * b).collect();
            sum += stage.tight.support_function(&values) + term.fixed;
            let most = |values: &[f64]| values.iter().fold(0.0_f64, |most, value| most.max(value.abs()));
            magnitude += most(&term.constant) + most(&term.per_cosine) + term.fixed.abs();
            models = models.max(stage.design.dimension());
        }
        sum < -4.0 * (models + self.joint.domains) as f64 * f64::EPSILON * magnitude
    }
}

/// A mixture within bounds, shares nearly on a bound being set onto it.
fn on_bounds(bounds: &Bounds, weights: &[f64]) -> Vec<f64> {
    const NEAR: f64 = 1e-11;
    let nearest = bounds.nearest(weights);
    let snapped: Vec<f64> = nearest
        .iter()
        .zip(bounds.least().iter().zip(bounds.greatest()))
        .map(|(weight, (least, greatest))| {
            if weight - least < NEAR {
                *least
            } else if greatest - weight < NEAR {
                *greatest
            } else {
                *weight
            }
        })
        .collect();
    // What snapping took or gave goes to the largest share that has room for it.
    let missing = 1.0 - snapped.iter().sum::<f64>();
    let room = |d: &usize| snapped[*d] + missing > bounds.least()[*d] && snapped[*d] + missing < bounds.greatest()[*d];
    let receiver = (0..snapped.len()).filter(room).max_by(|&a, &b| snapped[a].total_cmp(&snapped[b]).then(b.cmp(&a)));
    match receiver {
        Some(receiver) => {
            let mut balanced = snapped;
            balanced[receiver] += missing;
            balanced
        }
        None => nearest,
    }
}

/// Whether mixtures obey their stages' constraints and the supply, up to the tolerance.
pub(crate) fn obeys(joint: &Joint, weights: &[Vec<f64>]) -> bool {
    joint.excess(weights) <= STAGES_TOLERANCE
        && joint.stages.iter().zip(weights).all(|(stage, weights)| {
            let largest = stage.constraints.rows().iter().flat_map(|row| &row.coefficients);
            let largest = largest.fold(1.0_f64, |most, (_, a)| most.max(a.abs()));
            stage.constraints.contain(weights, STAGES_TOLERANCE * largest)
        })
}

/// Supply, rows and sums of shares may be missed by this much (a share, or a part of all budgets).
pub const STAGES_TOLERANCE: f64 = 1e-9;
