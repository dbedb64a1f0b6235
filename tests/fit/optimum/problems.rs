//! Seeded random problems of the kinds that solvers find hard.

use mixopt_fit::{Bounds, CompressionColumns, Constraints, Design, Optimum, best_mixture};
use nalgebra::DMatrix;
use proptest::test_runner::{Config, RngSeed};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Bits per character (models × domains) and a score of each model.
#[derive(Debug, Clone)]
pub struct Problem {
    pub bits: DMatrix<f64>,
    pub target: Vec<f64>,
}

/// What makes the columns of a problem hard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Independent columns.
    Gaussian,
    /// One factor common to all columns: they correlate at 0.998, as documents do on real models.
    CommonFactor,
    /// Every column occurs more than once.
    Duplicated,
    /// Some domains tell nothing.
    Constant,
    /// Columns with their mirror images, so that the cone contains lines.
    Opposite,
    /// Standard deviations from 1e-3 to 1e3.
    BadlyScaled,
    /// Scores from a few levels, as on a small benchmark.
    TiedTarget,
}

pub const KINDS: [Kind; 7] = [
    Kind::Gaussian,
    Kind::CommonFactor,
    Kind::Duplicated,
    Kind::Constant,
    Kind::Opposite,
    Kind::BadlyScaled,
    Kind::TiedTarget,
];

/// Proptest with a fixed seed: the same cases on every run.
pub fn cases(count: u32) -> Config {
    Config { cases: count, rng_seed: RngSeed::Fixed(20_240_404), failure_persistence: None, ..Config::default() }
}

pub fn generator(seed: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed)
}

/// A standard normal number (Box and Muller).
pub fn gaussian(random: &mut ChaCha8Rng) -> f64 {
    let radius = (-2.0 * (1.0 - random.random::<f64>()).ln()).sqrt();
    radius * (std::f64::consts::TAU * random.random::<f64>()).cos()
}

/// A number from 0 to `count − 1`.
pub fn below(random: &mut ChaCha8Rng, count: usize) -> usize {
    ((random.random::<f64>() * count as f64) as usize).min(count - 1)
}

/// A point of the simplex, sparse about half the time.
pub fn mixture(random: &mut ChaCha8Rng, domains: usize) -> Vec<f64> {
    let power = if random.random::<f64>() < 0.5 { 1.0 } else { 6.0 };
    let raw: Vec<f64> = (0..domains).map(|_| (-(1.0 - random.random::<f64>()).ln()).powf(power)).collect();
    let sum: f64 = raw.iter().sum();
    raw.iter().map(|value| value / sum).collect()
}

impl Problem {
    /// A problem of one kind; the same seed gives the same problem.
    pub fn random(kind: Kind, models: usize, domains: usize, seed: u64) -> Self {
        let mut random = generator(seed);
        let factor: Vec<f64> = (0..models).map(|_| gaussian(&mut random)).collect();
        let mut bits = DMatrix::from_fn(models, domains, |_, _| 0.0);
        for domain in 0..domains {
            let source = below(&mut random, domain + 1).min(domain / 2);
            let size = 10_f64.powf(6.0 * random.random::<f64>() - 3.0);
            for model in 0..models {
                let noise = gaussian(&mut random);
                bits[(model, domain)] = match kind {
                    Kind::Gaussian | Kind::TiedTarget => 1.0 + 0.1 * noise,
                    Kind::CommonFactor => 1.0 + 0.1 * (factor[model] + 0.002_f64.sqrt() * noise),
                    Kind::Duplicated if domain > 0 && domain % 2 == 1 => bits[(model, source)],
                    Kind::Duplicated => 1.0 + 0.1 * noise,
                    Kind::Constant if domain % 3 == 1 => 0.7,
                    Kind::Constant => 1.0 + 0.1 * noise,
                    Kind::Opposite if domain % 3 == 1 => 2.0 - bits[(model, domain - 1)],
                    Kind::Opposite => 1.0 + 0.1 * noise,
                    Kind::BadlyScaled => size * (2.0 + noise),
                };
            }
        }
        let target = Self::random_target(kind, &bits, &factor, &mut random);
        Self { bits, target }
    }

    /// Scores between pure noise and an exact law of some mixture's bits.
    fn random_target(kind: Kind, bits: &DMatrix<f64>, factor: &[f64], random: &mut ChaCha8Rng) -> Vec<f64> {
        let (models, domains) = bits.shape();
        if kind == Kind::CommonFactor {
            return factor.iter().map(|f| 0.5 - 0.1 * f + 0.05 * gaussian(random)).collect();
        }
        let law = mixture(random, domains);
        let signal: Vec<f64> =
            (0..models).map(|model| -(0..domains).map(|d| law[d] * bits[(model, d)]).sum::<f64>()).collect();
        let centre = signal.iter().sum::<f64>() / models as f64;
        let spread = signal.iter().map(|s| (s - centre).powi(2)).sum::<f64>().sqrt().max(1e-6);
        let strength = [0.0, 0.5, 1.0, 4.0][below(random, 4)];
        let scores = signal.iter().map(|s| strength * (s - centre) / spread + 0.3 * gaussian(random));
        match kind {
            Kind::TiedTarget => scores.map(|score| (2.0 * score).round() / 4.0).collect(),
            _ => scores.collect(),
        }
    }

    pub fn models(&self) -> usize {
        self.bits.nrows()
    }

    pub fn domains(&self) -> usize {
        self.bits.ncols()
    }

    /// The best mixture within `bounds` (`None`: the simplex); `None` where the target is constant.
    pub fn solve(&self, bounds: Option<&Bounds>) -> Option<Optimum> {
        let columns = CompressionColumns::new(&self.bits).unwrap();
        let design = Design::new(&columns, &self.target, None, &[]).ok()?;
        let constraints = match bounds {
            Some(bounds) => bounds.clone().into(),
            None => Constraints::simplex(self.domains()),
        };
        Some(best_mixture(&design, &constraints).unwrap())
    }
}
