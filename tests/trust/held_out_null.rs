//! What a fold predicts, it has not seen: on pure noise nothing works, and a family's own scores never move its predictions.

use mixopt_fit::{AnalysisSettings, Problem, Refitter, Silent, analyse};
use mixopt_trust::{ComparedMethod, ComparisonSettings, DifferenceSettings, Given, ProtocolFigures, compare};
use nalgebra::DMatrix;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const DATA_SETS: u64 = 40;

/// Scores that have nothing to do with compression: 24 models of 8 families.
fn noise(domains: usize, seed: u64) -> Problem {
    let mut generator = ChaCha8Rng::seed_from_u64(seed);
    let models = 24;
    let bits = DMatrix::from_fn(models, domains, |_, _| 1.0 + 0.1 * generator.random::<f64>());
    let target = (0..models).map(|_| generator.random::<f64>()).collect();
    Problem::plain(bits, target, (0..models).map(|model| model / 3).collect())
}

fn settings() -> AnalysisSettings {
    AnalysisSettings { replicates: 50, ..AnalysisSettings::default() }
}

/// Each family held out in turn.
fn held_out(refitter: &Refitter) -> ProtocolFigures {
    let settings = ComparisonSettings {
        repeats: 0,
        differences: DifferenceSettings { replicates: 0, ..DifferenceSettings::default() },
        ..ComparisonSettings::default()
    };
    compare(refitter, &Given::default(), settings, &Silent).leave_one_family_out
}

#[test]
fn held_out_correlations_of_noise_average_to_none() {
    let (mut optimum, mut recommended, mut single, mut in_sample) = (0.0, 0.0, 0.0, 0.0);
    for seed in 0..DATA_SETS {
        let problem = noise(4, seed);
        let settings = settings();
        let refitter = Refitter::new(&problem, &settings).unwrap();
        let fitted = analyse(&refitter).optimum;
        let found = held_out(&refitter);
        let pearson = |method| found.held_out(method).and_then(|held_out| held_out.agreement.pearson).unwrap_or(0.0);
        in_sample += fitted.correlation;
        optimum += fitted.weights.map_or(0.0, |_| pearson(ComparedMethod::Optimum));
        recommended += pearson(ComparedMethod::Recommended);
        single += pearson(ComparedMethod::BestSingle);
    }
    // One correlation of 24 pairs has a standard deviation of 0.2, the mean of 40 one of about 0.035; leaving families out
    // pulls it below zero.
    let count = DATA_SETS as f64;
    for (name, sum) in [("optimum", optimum), ("recommended", recommended), ("single", single)] {
        assert!(sum / count < 0.08, "{name}: {}", sum / count);
    }
    assert!(in_sample / count > 0.15, "noise fits in sample: {}", in_sample / count);
}

/// With more domains than models many mixtures fit the training models exactly; which of them is taken must not depend on
/// what is held out.
#[test]
fn scores_of_a_family_do_not_move_its_predictions() {
    let predicted = |problem: &Problem, family: usize| -> Vec<(usize, f64)> {
        let settings = settings();
        let found = held_out(&Refitter::new(problem, &settings).unwrap());
        [ComparedMethod::Optimum, ComparedMethod::Recommended, ComparedMethod::BestSingle]
            .into_iter()
            .flat_map(|method| found.held_out(method).unwrap().predictions.clone())
            .filter(|&(model, _)| problem.families[model] == family)
            .collect()
    };
    for (domains, seed) in [(4, 1), (60, 2), (60, 3), (60, 4)] {
        let mut problem = noise(domains, seed);
        let family = seed as usize;
        let before = predicted(&problem, family);
        assert_eq!(before.len(), 9);
        for (value, _) in problem.target.iter_mut().zip(&problem.families).filter(|(_, f)| **f == family) {
            *value = 1.0 - *value;
        }
        assert_eq!(before, predicted(&problem, family), "{domains} domains, data set {seed}");
    }
}
