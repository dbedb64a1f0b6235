//! The frontier between two targets.

use mixopt_fit::{Constraints, best_mixture, best_worst, pareto};

use super::problems::{Problem, bounds, designs, grid, moderate_bounds};

#[test]
fn no_mixture_of_a_grid_beats_the_frontier() {
    for seed in 0..40 {
        let problem = Problem::random(14, 3, 2, [0.1, 0.5, 3.0][seed as usize % 3], seed);
        let columns = problem.columns();
        let designs = designs(&columns, &problem);
        for constraints in [Constraints::simplex(3), bounds(vec![0.1, 0.0, 0.0], vec![1.0, 0.5, 0.6]).into()] {
            let frontier = pareto([&designs[0], &designs[1]], &constraints, 15).unwrap();
            let grid: Vec<Vec<f64>> =
                grid(60, &constraints).iter().map(|weights| problem.correlations(weights)).collect();
            for point in &frontier {
                assert!(constraints.contain(&point.weights, 1e-12));
                let correlations = problem.correlations(&point.weights);
                assert!((0..2).all(|k| (correlations[k] - point.correlations[k]).abs() < 1e-12));
                assert!(point.bound_gap < 1e-9, "{seed}: {:e}", point.bound_gap);
                let value = |rho: &[f64]| (1.0 - point.mixing) * rho[0] + point.mixing * rho[1];
                let best = grid.iter().map(|rho| value(rho)).fold(f64::NEG_INFINITY, f64::max);
                assert!(best <= value(&point.correlations) + point.bound_gap + 1e-12, "{seed}");
                // No mixture is better for both targets.
                assert!(
                    !grid
                        .iter()
                        .any(|rho| rho[0] > point.correlations[0] + 1e-9 && rho[1] > point.correlations[1] + 1e-9)
                );
            }
        }
    }
}

#[test]
fn the_ends_are_the_single_optima_and_the_points_lie_evenly() {
    for seed in 0..30 {
        let domains = [3, 12, 40][seed as usize % 3];
        let problem = Problem::random(40, domains, 2, 0.6, 300 + seed);
        let columns = problem.columns();
        let designs = designs(&columns, &problem);
        for constraints in [Constraints::simplex(domains), moderate_bounds(domains)] {
            let frontier = pareto([&designs[0], &designs[1]], &constraints, 21).unwrap();
            let first = best_mixture(&designs[0], &constraints).unwrap();
            let second = best_mixture(&designs[1], &constraints).unwrap();
            assert!((frontier[0].correlations[0] - first.correlation).abs() < 1e-14);
            assert!((frontier.last().unwrap().correlations[1] - second.correlation).abs() < 1e-14);
            for pair in frontier.windows(2) {
                assert!(pair[0].mixing < pair[1].mixing);
                assert!(pair[0].correlations[0] >= pair[1].correlations[0] - 1e-12);
                assert!(pair[0].correlations[1] <= pair[1].correlations[1] + 1e-12);
            }
            assert!(frontier.len() <= 21);
            if frontier.len() == 21 {
                let gaps: Vec<f64> = frontier
                    .windows(2)
                    .map(|p| {
                        (p[0].correlations[0] - p[1].correlations[0]).hypot(p[0].correlations[1] - p[1].correlations[1])
                    })
                    .collect();
                let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
                assert!(gaps.iter().all(|gap| *gap < 4.0 * mean), "{seed}: {gaps:?}");
            }
        }
    }
}

#[test]
fn the_mixture_for_the_worst_of_both_lies_on_the_frontier() {
    for seed in 0..20 {
        let problem = Problem::random(30, 8, 2, 0.8, 700 + seed);
        let columns = problem.columns();
        let designs = designs(&columns, &problem);
        let constraints = Constraints::simplex(8);
        let worst = best_worst(&designs, &constraints).unwrap();
        let frontier = pareto([&designs[0], &designs[1]], &constraints, 201).unwrap();
        let best = frontier.iter().map(|p| p.correlations[0].min(p.correlations[1])).fold(0.0, f64::max);
        assert!(best <= worst.correlation + 1e-10 && best > worst.correlation - 1e-3, "{seed}: {best} {worst:?}");
    }
}

#[test]
fn one_target_twice_is_one_point() {
    let problem = Problem::random(20, 5, 1, 0.5, 3);
    let columns = problem.columns();
    let design = &designs(&columns, &problem)[0];
    assert_eq!(pareto([design, design], &Constraints::simplex(5), 9).unwrap().len(), 1);
    assert_eq!(pareto([design, design], &Constraints::simplex(5), 0).unwrap().len(), 0);
}
