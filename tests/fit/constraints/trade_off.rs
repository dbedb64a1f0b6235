//! The curve from the center to the best mixture.

use mixopt_fit::{Constraints, Distance, best_mixture, distance, trade_off};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::problems::{mixture, problem};

#[test]
fn the_curve_rises_from_the_center_to_the_optimum() {
    let mut curves = 0;
    for seed in 0..30 {
        let problem = problem(seed);
        let (design, constraints) = (problem.design(), problem.constraints());
        let optimum = best_mixture(&design, &constraints).unwrap();
        let Some(best) = &optimum.weights else { continue };
        let center = mixture(&mut ChaCha8Rng::seed_from_u64(seed), problem.domains(), 0.5);
        for measure in [Distance::Quadratic, Distance::KullbackLeibler] {
            let curve = trade_off(&design, &constraints, &center, measure, best, 21).unwrap();
            if curve.len() == 1 {
                // The mixture nearest to the center is as good as the best.
                assert!((curve[0].correlation - optimum.correlation).abs() < 1e-12, "{seed} {measure:?}");
                continue;
            }
            assert_eq!(curve.len(), 21, "{seed} {measure:?}");
            for point in &curve {
                assert!(constraints.contain(&point.weights, 1e-11), "{seed} {measure:?}");
                assert_eq!(point.correlation, design.correlation(&point.weights).unwrap());
                assert_eq!(point.distance, distance(measure, &point.weights, &center));
                assert!(point.correlation >= point.threshold, "{seed} {measure:?}");
            }
            for pair in curve.windows(2) {
                assert!(pair[1].distance >= pair[0].distance && pair[1].threshold > pair[0].threshold, "{seed}");
            }
            // The middle between the neighbours may be above a point's threshold, and is then no nearer.
            for triple in curve.windows(3) {
                let middle: Vec<f64> =
                    triple[0].weights.iter().zip(&triple[2].weights).map(|(a, b)| 0.5 * (a + b)).collect();
                if design.correlation(&middle).is_some_and(|rho| rho >= triple[1].threshold) {
                    let there = distance(measure, &middle, &center);
                    assert!(triple[1].distance <= there + 1e-9, "{seed} {measure:?}");
                }
            }
            assert_eq!(curve[20].weights, *best);
            curves += 1;
        }
    }
    assert!(curves > 40, "{curves}");
}

#[test]
fn threads_change_nothing() {
    let problem = problem(5);
    let (design, constraints) = (problem.design(), problem.constraints());
    let best = best_mixture(&design, &constraints).unwrap().weights.unwrap();
    let center = vec![1.0 / problem.domains() as f64; problem.domains()];
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| trade_off(&design, &constraints, &center, Distance::KullbackLeibler, &best, 21).unwrap())
    };
    assert_eq!(on(1), on(3));
}

#[test]
fn a_center_that_is_best_is_the_whole_curve() {
    let problem = problem(2);
    let (design, simplex) = (problem.design(), Constraints::simplex(problem.domains()));
    let best = best_mixture(&design, &simplex).unwrap().weights.unwrap();
    let curve = trade_off(&design, &simplex, &best, Distance::Quadratic, &best, 21).unwrap();
    assert_eq!(curve.len(), 1);
    assert!(curve[0].distance < 1e-12);
}
