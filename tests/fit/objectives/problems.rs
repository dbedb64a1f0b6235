//! Seeded random problems, and mixtures to compare answers with.

use mixopt_fit::{Bounds, CompressionColumns, Constraints, Design};
use nalgebra::DMatrix;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Bits per character (models × domains) and several scores of each model.
#[derive(Debug, Clone)]
pub struct Problem {
    pub bits: DMatrix<f64>,
    pub targets: Vec<Vec<f64>>,
}

/// A standard normal number (Box and Muller).
pub fn gaussian(random: &mut ChaCha8Rng) -> f64 {
    let radius = (-2.0 * (1.0 - random.random::<f64>()).ln()).sqrt();
    radius * (std::f64::consts::TAU * random.random::<f64>()).cos()
}

pub fn generator(seed: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed)
}

/// A point of the simplex, sparse about half the time.
pub fn mixture(random: &mut ChaCha8Rng, domains: usize) -> Vec<f64> {
    let power = if random.random::<f64>() < 0.5 { 1.0 } else { 6.0 };
    let raw: Vec<f64> = (0..domains).map(|_| (-(1.0 - random.random::<f64>()).ln()).powf(power)).collect();
    let sum: f64 = raw.iter().sum();
    raw.iter().map(|value| value / sum).collect()
}

impl Problem {
    /// Domains with a common factor and the share `own` of their own noise; each target a law of a few domains, noisy.
    pub fn random(models: usize, domains: usize, targets: usize, own: f64, seed: u64) -> Self {
        let mut random = generator(seed);
        let factor: Vec<f64> = (0..models).map(|_| gaussian(&mut random)).collect();
        let bits = DMatrix::from_fn(models, domains, |i, _| 1.0 + 0.1 * (factor[i] + own * gaussian(&mut random)));
        let targets = (0..targets)
            .map(|_| {
                let law = mixture(&mut random, domains);
                (0..models)
                    .map(|i| {
                        let mixed: f64 = (0..domains).map(|d| law[d] * bits[(i, d)]).sum();
                        -mixed + 0.05 * gaussian(&mut random)
                    })
                    .collect()
            })
            .collect();
        Self { bits, targets }
    }

    pub fn columns(&self) -> CompressionColumns {
        CompressionColumns::new(&self.bits).unwrap()
    }

    /// The same with domains in another order: entry `i` of `order` is the old number of the new domain `i`.
    pub fn reordered(&self, order: &[usize]) -> Self {
        Self { bits: self.bits.select_columns(order), targets: self.targets.clone() }
    }

    /// Pearson's correlation of −Bw with each target, by its definition.
    pub fn correlations(&self, weights: &[f64]) -> Vec<f64> {
        let models = self.bits.nrows() as f64;
        let mixed: Vec<f64> = (0..self.bits.nrows())
            .map(|i| -weights.iter().enumerate().map(|(d, w)| w * self.bits[(i, d)]).sum::<f64>())
            .collect();
        let centred = |values: &[f64]| -> Vec<f64> {
            let mean = values.iter().sum::<f64>() / models;
            values.iter().map(|value| value - mean).collect()
        };
        let inner = |a: &[f64], b: &[f64]| -> f64 { a.iter().zip(b).map(|(a, b)| a * b).sum() };
        let x = centred(&mixed);
        self.targets
            .iter()
            .map(|target| {
                let y = centred(target);
                inner(&x, &y) / (inner(&x, &x) * inner(&y, &y)).sqrt()
            })
            .collect()
    }

    pub fn least_correlation(&self, weights: &[f64]) -> f64 {
        self.correlations(weights).into_iter().fold(f64::INFINITY, f64::min)
    }
}

/// One design for each target.
pub fn designs<'a>(columns: &'a CompressionColumns, problem: &Problem) -> Vec<Design<'a>> {
    problem.targets.iter().map(|target| Design::new(columns, target, None, &[]).unwrap()).collect()
}

pub fn bounds(least: Vec<f64>, greatest: Vec<f64>) -> Bounds {
    let names: Vec<String> = (0..least.len()).map(|d| format!("domain {d}")).collect();
    Bounds::new(&names, least, greatest).unwrap()
}

/// Caps at four times the equal share and least weights at a fifth of it.
pub fn moderate_bounds(domains: usize) -> Constraints {
    let share = 1.0 / domains as f64;
    bounds(vec![0.2 * share; domains], vec![(4.0 * share).min(0.6); domains]).into()
}

/// All mixtures of three domains in steps of `1 / steps` that the constraints allow.
pub fn grid(steps: usize, constraints: &Constraints) -> Vec<Vec<f64>> {
    let share = |part: usize| part as f64 / steps as f64;
    (0..=steps)
        .flat_map(|a| (0..=steps - a).map(move |b| vec![share(a), share(b), share(steps - a - b)]))
        .filter(|weights| constraints.contain(weights, 1e-12))
        .collect()
}
