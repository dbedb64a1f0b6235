//! The mixture nearest to a center above a correlation, under rows and by divergence.

use mixopt_fit::{Constraints, Distance, best_mixture, distance, nearest_above};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::problems::{Problem, mixture, problem};

const MEASURES: [Distance; 2] = [Distance::Quadratic, Distance::KullbackLeibler];

/// Mixtures within the constraints that correlate at the threshold or better: from the best one part of the way to others.
fn above(problem: &Problem, best: &[f64], threshold: f64, seed: u64) -> Vec<Vec<f64>> {
    let design = problem.design();
    let reaches = |w: &[f64]| design.correlation(w).is_some_and(|rho| rho >= threshold);
    problem
        .feasible(120, seed)
        .into_iter()
        .map(|to| {
            let at = |step: f64| -> Vec<f64> { best.iter().zip(&to).map(|(b, t)| b + step * (t - b)).collect() };
            let (mut low, mut high) = (0.0, 1.0);
            for _ in 0..40 {
                let middle = 0.5 * (low + high);
                if reaches(&at(middle)) { low = middle } else { high = middle }
            }
            at(low)
        })
        .collect()
}

#[test]
fn nothing_above_the_threshold_is_nearer() {
    let mut compared = [0, 0];
    for seed in 0..60 {
        let problem = problem(seed);
        let (design, constraints) = (problem.design(), problem.constraints());
        let optimum = best_mixture(&design, &constraints).unwrap();
        let Some(best) = &optimum.weights else { continue };
        let center = mixture(&mut ChaCha8Rng::seed_from_u64(seed), problem.domains(), 0.5);
        for (which, measure) in MEASURES.into_iter().enumerate() {
            for part in [0.5, 0.9, 0.999] {
                let threshold = part * optimum.correlation;
                let nearest = nearest_above(&design, &constraints, &center, threshold, measure, best)
                    .unwrap()
                    .unwrap_or_else(|| panic!("{seed} {measure:?} {part}: none found"));
                assert!(constraints.contain(&nearest, 1e-11), "{seed} {measure:?} {part}");
                let reached = design.correlation(&nearest).unwrap();
                assert!(reached >= threshold, "{seed} {measure:?} {part}");
                let here = distance(measure, &nearest, &center);
                for other in above(&problem, best, threshold, seed) {
                    let there = distance(measure, &other, &center);
                    assert!(here <= there + 1e-8, "{seed} {measure:?} {part}: {here} {there}");
                    // Nor anything on the way there, which is above the threshold too.
                    let between: Vec<f64> = nearest.iter().zip(&other).map(|(n, o)| 0.999 * n + 0.001 * o).collect();
                    let there = distance(measure, &between, &center);
                    assert!(here <= there + 1e-9, "{seed} {measure:?} {part}: {here} {there} near");
                }
                // The threshold is met exactly where the center does not reach it.
                let free = nearest_above(&design, &constraints, &center, -1.0, measure, best).unwrap().unwrap();
                if design.correlation(&free).is_none_or(|rho| rho < threshold) {
                    assert!(reached <= threshold + 1e-9, "{seed} {measure:?} {part}: {reached} {threshold}");
                    compared[which] += 1;
                }
            }
        }
    }
    assert!(compared.iter().all(|&count| count > 70), "{compared:?}");
}

#[test]
fn the_divergence_uses_no_domain_that_the_center_has_not() {
    for seed in 0..20 {
        let problem = problem(seed);
        let (design, simplex) = (problem.design(), Constraints::simplex(problem.domains()));
        let mut center = vec![1.0 / (problem.domains() - 1) as f64; problem.domains()];
        center[1] = 0.0;
        let mut capped = vec![1.0; problem.domains()];
        capped[1] = 0.0;
        let names: Vec<String> = (0..problem.domains()).map(|d| d.to_string()).collect();
        let without = mixopt_fit::Bounds::new(&names, vec![0.0; problem.domains()], capped).unwrap();
        let best = best_mixture(&design, &without.into()).unwrap();
        let Some(inside) = &best.weights else { continue };
        let threshold = 0.95 * best.correlation;
        let found =
            nearest_above(&design, &simplex, &center, threshold, Distance::KullbackLeibler, inside).unwrap().unwrap();
        assert_eq!(found[1], 0.0, "{seed}");
        assert!(distance(Distance::KullbackLeibler, &found, &center).is_finite());
    }
    // A center of one domain leaves that domain, which is not good enough.
    let problem = problem(3);
    let design = problem.design();
    let best = best_mixture(&design, &Constraints::simplex(problem.domains())).unwrap();
    let mut alone = vec![0.0; problem.domains()];
    let worst = (0..problem.domains())
        .min_by(|&a, &b| {
            let of = |d: usize| {
                let mut one = vec![0.0; problem.domains()];
                one[d] = 1.0;
                design.correlation(&one).unwrap()
            };
            of(a).total_cmp(&of(b))
        })
        .unwrap();
    alone[worst] = 1.0;
    let simplex = Constraints::simplex(problem.domains());
    let inside = best.weights.clone().unwrap();
    let measure = Distance::KullbackLeibler;
    assert!(nearest_above(&design, &simplex, &alone, 0.99 * best.correlation, measure, &inside).unwrap().is_none());
}

#[test]
fn distances_are_what_they_are_called() {
    assert!((distance(Distance::Quadratic, &[1.0, 0.0], &[0.0, 1.0]) - 2.0_f64.sqrt()).abs() < 1e-15);
    let half = distance(Distance::KullbackLeibler, &[1.0, 0.0], &[0.5, 0.5]);
    assert!((half - 2.0_f64.ln()).abs() < 1e-15);
    assert!(distance(Distance::KullbackLeibler, &[0.5, 0.5], &[1.0, 0.0]).is_infinite());
    assert_eq!(distance(Distance::KullbackLeibler, &[0.5, 0.5], &[0.5, 0.5]), 0.0);
}
