//! Models simulated from the law that was fitted.

use nalgebra::{DMatrix, DVector};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use crate::chance::strata::Strata;
use crate::more_models::added_models::AddedModels;
use mixopt_fit::statistics::is_constant;
use mixopt_fit::{Problem, mixed_bits};

/// How far simulated models are from their templates, in standard deviations of what size does not explain.
const JITTER: f64 = 0.3;

/// Why more models cannot be simulated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SimulatorError {
    /// Fewer than three families.
    #[error("more models can be simulated from three families or more, not from {families}")]
    FewFamilies {
        /// Families there are.
        families: usize,
    },
    /// The mixture compresses all models alike, or there are too few models for the law and its controls.
    #[error("the mixture compresses all models alike, or too few models are left for a law of scores")]
    NoLaw,
    /// Sizes of another number of models.
    #[error("there are {sizes} sizes for {models} models")]
    OtherModels {
        /// Sizes given.
        sizes: usize,
        /// Models of the problem.
        models: usize,
    },
    /// A size is infinite or not a number.
    #[error("model {model} (counted from zero) has no finite size")]
    NotFinite {
        /// Position of the model.
        model: usize,
    },
}

/// Adds simulated models to a problem.
///
/// # Model
/// Scores: `y_i = a + b (Bw)_i + c · controls_i + u_family(i) + e_i`, the coefficients by least squares, u and e independent
/// and normal. Their variances are those of a one-way analysis of variance of the residuals (method of moments): with F
/// families of `n_f` among N models and `n₀ = (N − Σ n_f² / N) / (F − 1)`,
/// `σ_u² = max(0, (MS_between − MS_within) / n₀)`; both are scaled by `(N − 1) / (N − p)` for the p coefficients. The effect
/// of a family that there is already is its shrunken mean residual `σ_u² / (σ_u² + σ_e² / n_f) r̄_f`.
///
/// Bits: a template row, `m + ((B_i − m) + h R_j) / √(1 + h²)`, with `m` the mean row of the pool that i is drawn from, `R_j`
/// the residual row of any model j after regression of every domain on the constant, the controls and the size, and
/// h = 0.3: a smoothed bootstrap, of nearly the pool's covariance (Silverman and Young 1987). Controls are those of the
/// template. A new family takes the rows of a whole family as templates, with one `R_j` for all.
///
/// # Limits
/// New families resemble those there are in bits; nothing lies far beyond the range of the data.
pub struct Simulator<'a> {
    problem: &'a Problem,
    weights: &'a [f64],
    coefficients: DVector<f64>,
    members: Vec<Vec<usize>>,
    effects: Vec<f64>,
    family_variance: f64,
    model_variance: f64,
    residual_rows: DMatrix<f64>,
    thirds: Option<[Vec<usize>; 2]>,
}

impl<'a> Simulator<'a> {
    /// Fits the law of the mixture `weights` and its variance components.
    ///
    /// # Errors
    /// See [`SimulatorError`].
    pub fn new(problem: &'a Problem, weights: &'a [f64], size: Option<&[f64]>) -> Result<Self, SimulatorError> {
        let models = problem.target.len();
        if let Some(size) = size {
            if size.len() != models {
                return Err(SimulatorError::OtherModels { sizes: size.len(), models });
            }
            if let Some(model) = size.iter().position(|value| !value.is_finite()) {
                return Err(SimulatorError::NotFinite { model });
            }
        }
        let mut members = vec![Vec::new(); problem.families.iter().max().map_or(0, |last| last + 1)];
        problem.families.iter().enumerate().for_each(|(model, &family)| members[family].push(model));
        if members.len() < 3 {
            return Err(SimulatorError::FewFamilies { families: members.len() });
        }
        let mixed = mixed_bits(&problem.bits, weights);
        let design = with_constant(std::iter::once(&mixed).chain(&problem.recommended_controls), models);
        if is_constant(&mixed) || models <= design.ncols() + 1 {
            return Err(SimulatorError::NoLaw);
        }
        let target = DMatrix::from_column_slice(models, 1, &problem.target);
        let coefficients = solve(&design, &target).ok_or(SimulatorError::NoLaw)?;
        let residuals: Vec<f64> = (&target - &design * &coefficients).iter().copied().collect();
        let scale = (models - 1) as f64 / (models - design.ncols()) as f64;
        let (family_variance, model_variance) = components(&residuals, &members);
        let (family_variance, model_variance) = (scale * family_variance, scale * model_variance);
        let effects = members
            .iter()
            .map(|members| {
                let count = members.len().max(1) as f64;
                let mean = members.iter().map(|&model| residuals[model]).sum::<f64>() / count;
                let total = family_variance + model_variance / count;
                if total > 0.0 { family_variance / total * mean } else { 0.0 }
            })
            .collect();

        let size = size.map(<[f64]>::to_vec);
        let covariates = with_constant(problem.recommended_controls.iter().chain(&size), models);
        let slopes = solve(&covariates, &problem.bits).ok_or(SimulatorError::NoLaw)?;
        let residual_rows = &problem.bits - covariates * slopes;
        let thirds = size.and_then(|size| {
            let strata = Strata::from_covariate(&size, 3).ok()?;
            let [small, _, large] = strata.members() else { return None };
            Some([small.clone(), large.clone()])
        });
        Ok(Self {
            problem,
            weights,
            coefficients: coefficients.column(0).into_owned(),
            members,
            effects,
            family_variance,
            model_variance,
            residual_rows,
            thirds,
        })
    }

    /// Variance of scores that families share, in squared units of the score.
    pub fn family_variance(&self) -> f64 {
        self.family_variance
    }

    /// Variance of scores between models of a family.
    pub fn model_variance(&self) -> f64 {
        self.model_variance
    }

    /// Kinds of models that can be added.
    pub fn kinds(&self) -> Vec<AddedModels> {
        let mut kinds = vec![AddedModels::NewFamilies, AddedModels::ExistingFamilies];
        if self.thirds.is_some() {
            kinds.extend([AddedModels::Small, AddedModels::Large]);
        }
        kinds
    }

    /// The problem with so many more models.
    pub fn extended(&self, kind: AddedModels, added: usize, generator: &mut ChaCha8Rng) -> Problem {
        let drawn = self.templates(kind, added, generator);
        let (models, domains) = self.problem.bits.shape();
        let mut bits = self.problem.bits.clone().resize_vertically(models + drawn.len(), 0.0);
        let shrink = 1.0 / (1.0 + JITTER * JITTER).sqrt();
        let centre: Vec<f64> = (0..domains)
            .map(|domain| {
                let pool = self.pool(kind);
                pool.iter().map(|&model| self.problem.bits[(model, domain)]).sum::<f64>() / pool.len() as f64
            })
            .collect();
        for (domain, centre) in centre.into_iter().enumerate() {
            let mut column = bits.column_mut(domain);
            for (row, new) in drawn.iter().enumerate() {
                let from = self.problem.bits[(new.template, domain)] - centre;
                column[models + row] = centre + shrink * (from + JITTER * self.residual_rows[(new.jitter, domain)]);
            }
        }
        let mixed = mixed_bits(&bits, self.weights);
        let extend = |controls: &[Vec<f64>]| -> Vec<Vec<f64>> {
            let longer = |values: &Vec<f64>| {
                values.iter().copied().chain(drawn.iter().map(|new| values[new.template])).collect::<Vec<f64>>()
            };
            controls.iter().map(longer).collect()
        };
        let recommended_controls = extend(&self.problem.recommended_controls);
        let mut target = self.problem.target.clone();
        for (row, new) in drawn.iter().enumerate() {
            let at = models + row;
            let explained = std::iter::once(1.0)
                .chain([mixed[at]])
                .chain(recommended_controls.iter().map(|control| control[at]))
                .zip(self.coefficients.iter())
                .map(|(value, coefficient)| value * coefficient);
            target.push(explained.sum::<f64>() + new.effect + self.model_variance.sqrt() * normal(generator));
        }
        let families = self.problem.families.iter().copied().chain(drawn.iter().map(|new| new.family)).collect();
        Problem {
            bits,
            target,
            // The law is that of one target; several cannot be simulated by it.
            targets: Vec::new(),
            families,
            optimum_controls: extend(&self.problem.optimum_controls),
            recommended_controls,
            constraints: self.problem.constraints.clone(),
            center: self.problem.center.clone(),
            shrink_to_center: self.problem.shrink_to_center,
            most_domains: self.problem.most_domains,
        }
    }

    fn pool(&self, kind: AddedModels) -> Vec<usize> {
        match (kind, &self.thirds) {
            (AddedModels::Small, Some([small, _])) => small.clone(),
            (AddedModels::Large, Some([_, large])) => large.clone(),
            _ => (0..self.problem.target.len()).collect(),
        }
    }

    fn templates(&self, kind: AddedModels, added: usize, generator: &mut ChaCha8Rng) -> Vec<New> {
        let models = self.problem.target.len();
        let mut next_family = self.members.len();
        let mut drawn = Vec::with_capacity(added);
        let pool = self.pool(kind);
        while drawn.len() < added {
            let template = pool[generator.random_range(0..pool.len())];
            let jitter = generator.random_range(0..models);
            match kind {
                AddedModels::ExistingFamilies => {
                    // A family is drawn, not a model, so that large ones do not outgrow the rest.
                    let family = generator.random_range(0..self.members.len());
                    let Some(&template) =
                        self.members[family].get(generator.random_range(0..self.members[family].len().max(1)))
                    else {
                        continue;
                    };
                    drawn.push(New { template, jitter, family, effect: self.effects[family] });
                }
                AddedModels::NewFamilies => {
                    let effect = self.family_variance.sqrt() * normal(generator);
                    let like = &self.members[generator.random_range(0..self.members.len())];
                    let new = like.iter().map(|&template| New { template, jitter, family: next_family, effect });
                    let before = drawn.len();
                    drawn.extend(new.take(added - before));
                    next_family += usize::from(drawn.len() > before);
                }
                AddedModels::Small | AddedModels::Large => {
                    let effect = self.family_variance.sqrt() * normal(generator);
                    drawn.push(New { template, jitter, family: next_family, effect });
                    next_family += 1;
                }
            }
        }
        drawn
    }
}

/// A model to be.
struct New {
    template: usize,
    jitter: usize,
    family: usize,
    effect: f64,
}

fn with_constant<'b>(covariates: impl Iterator<Item = &'b Vec<f64>>, models: usize) -> DMatrix<f64> {
    let columns: Vec<&Vec<f64>> = covariates.collect();
    DMatrix::from_fn(models, 1 + columns.len(), |model, index| if index == 0 { 1.0 } else { columns[index - 1][model] })
}

/// Least squares, the shortest solution where several are best.
fn solve(design: &DMatrix<f64>, values: &DMatrix<f64>) -> Option<DMatrix<f64>> {
    let decomposition = design.clone().svd(true, true);
    decomposition.solve(values, 1e-12 * decomposition.singular_values.max()).ok()
}

/// Variance between families and within them, by the method of moments.
fn components(residuals: &[f64], members: &[Vec<usize>]) -> (f64, f64) {
    let (models, families) = (residuals.len() as f64, members.len() as f64);
    let (mut between, mut within, mut squares) = (0.0, 0.0, 0.0);
    for members in members.iter().filter(|members| !members.is_empty()) {
        let count = members.len() as f64;
        let mean = members.iter().map(|&model| residuals[model]).sum::<f64>() / count;
        // Residuals have mean zero.
        between += count * mean * mean;
        within += members.iter().map(|&model| (residuals[model] - mean).powi(2)).sum::<f64>();
        squares += count * count;
    }
    let all = (between + within) / (models - 1.0);
    if models <= families {
        return (0.0, all);
    }
    let (between, within) = (between / (families - 1.0), within / (models - families));
    let mean_size = (models - squares / models) / (families - 1.0);
    let shared = (between - within) / mean_size;
    if shared > 0.0 { (shared, within) } else { (0.0, all) }
}

/// A standard normal number (Box and Muller).
fn normal(generator: &mut ChaCha8Rng) -> f64 {
    let (radius, angle): (f64, f64) = (1.0 - generator.random::<f64>(), generator.random());
    (-2.0 * radius.ln()).sqrt() * (std::f64::consts::TAU * angle).cos()
}

#[cfg(test)]
pub(crate) mod tests {
    use rand::SeedableRng;

    use super::*;

    /// Families of `each` models; scores follow the mixture (0.5, 0.3, 0.2), and `shared` of the variance of their noise
    /// and of bits is the family's.
    pub fn families_of(families: usize, each: usize, shared: f64, seed: u64) -> Problem {
        let mut generator = ChaCha8Rng::seed_from_u64(seed);
        let numbers: Vec<usize> = (0..families * each).map(|model| model / each).collect();
        let mut column = || -> Vec<f64> {
            let effects: Vec<f64> = (0..families).map(|_| f64::sqrt(shared) * normal(&mut generator)).collect();
            numbers.iter().map(|&f| effects[f] + f64::sqrt(1.0 - shared) * normal(&mut generator)).collect()
        };
        let bits = DMatrix::from_columns(&[column().into(), column().into(), column().into()]);
        let mixed = mixed_bits(&bits, &[0.5, 0.3, 0.2]);
        let target = column().iter().zip(&mixed).map(|(noise, bits)| 0.5 * noise - bits).collect();
        Problem::plain(bits, target, numbers)
    }

    #[test]
    fn variance_components_are_those_put_in() {
        let problem = families_of(400, 3, 0.6, 1);
        let simulator = Simulator::new(&problem, &[0.5, 0.3, 0.2], None).unwrap();
        assert!((simulator.family_variance() / 0.15 - 1.0).abs() < 0.2, "{}", simulator.family_variance());
        assert!((simulator.model_variance() / 0.10 - 1.0).abs() < 0.15, "{}", simulator.model_variance());
    }

    #[test]
    fn simulated_models_are_like_those_there_are() {
        let problem = families_of(60, 2, 0.5, 2);
        let simulator = Simulator::new(&problem, &[0.5, 0.3, 0.2], None).unwrap();
        let mut generator = ChaCha8Rng::seed_from_u64(9);
        let variance = |values: &[f64]| {
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / values.len() as f64
        };
        for kind in [AddedModels::NewFamilies, AddedModels::ExistingFamilies] {
            let extended = simulator.extended(kind, 2001, &mut generator);
            assert_eq!((extended.bits.nrows(), extended.target.len(), extended.families.len()), (2121, 2121, 2121));
            assert_eq!(extended.bits.rows(0, 120), problem.bits);
            let ratio = variance(&extended.target[120..]) / variance(&problem.target);
            assert!((0.75..1.3).contains(&ratio), "{kind:?}: {ratio}");
            let bits: Vec<f64> = extended.bits.column(1).iter().skip(120).copied().collect();
            let before: Vec<f64> = problem.bits.column(1).iter().copied().collect();
            let ratio = variance(&bits) / variance(&before);
            assert!((0.8..1.25).contains(&ratio), "{kind:?}: {ratio}");
            let families = extended.families.iter().max().unwrap() + 1;
            assert_eq!(families, if kind == AddedModels::NewFamilies { 60 + 1001 } else { 60 });
        }
    }
}
