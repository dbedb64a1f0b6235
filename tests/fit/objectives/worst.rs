//! The best mixture for the worst of several targets.

use mixopt_fit::{Constraints, Design, OptimumStatus, best_mixture, best_worst};

use super::problems::{Problem, bounds, designs, grid, moderate_bounds};

#[test]
fn no_mixture_of_a_grid_is_better() {
    for seed in 0..60 {
        let own = [0.05, 0.5, 3.0][seed as usize % 3];
        let problem = Problem::random(12, 3, 2 + seed as usize % 3, own, seed);
        let columns = problem.columns();
        for constraints in [
            Constraints::simplex(3),
            bounds(vec![0.1, 0.0, 0.0], vec![1.0, 0.5, 0.6]).into(),
            bounds(vec![0.2, 0.0, 0.0], vec![0.2, 0.5, 0.6]).into(),
        ] {
            let found = best_worst(&designs(&columns, &problem), &constraints).unwrap();
            let grid = grid(100, &constraints);
            let best = grid.iter().map(|w| problem.least_correlation(w)).fold(f64::NEG_INFINITY, f64::max);
            assert!(best <= found.bound + 1e-12, "{seed}: a grid point has {best}, the bound is {}", found.bound);
            match &found.weights {
                Some(weights) => {
                    assert_eq!(found.status, OptimumStatus::Certified, "{seed}: gap {:e}", found.gap());
                    assert!(constraints.contain(weights, 1e-12));
                    assert!((problem.least_correlation(weights) - found.correlation).abs() < 1e-12);
                    assert!(found.correlation >= best - 1e-12, "{seed}: {best} {}", found.correlation);
                    // The grid is fine enough to come near.
                    assert!(best > found.correlation - 2e-2, "{seed}: {best} {}", found.correlation);
                }
                None => {
                    assert_eq!(found.status, OptimumStatus::NoPositiveCorrelation, "{seed}");
                    assert!(best <= 1e-12, "{seed}: {best}");
                }
            }
        }
    }
}

#[test]
fn the_gap_closes_on_many_shapes() {
    let mut widest = 0.0_f64;
    for seed in 0..120 {
        let (models, domains) = [(19, 3), (30, 12), (25, 40), (60, 100), (10, 30), (90, 64)][seed as usize % 6];
        let own = [0.02, 0.3, 2.0][seed as usize / 6 % 3];
        let problem = Problem::random(models, domains, 2 + seed as usize % 5, own, 1000 + seed);
        let columns = problem.columns();
        let designs = designs(&columns, &problem);
        for constraints in [Constraints::simplex(domains), moderate_bounds(domains)] {
            let found = best_worst(&designs, &constraints).unwrap();
            if let Some(weights) = &found.weights {
                widest = widest.max(found.gap());
                assert!(found.gap() < 1e-9, "{seed}: {:e} {:?}", found.gap(), found.status);
                assert!(constraints.contain(weights, 1e-11), "{seed}");
                // The proof, checked without the code that made it: the mixing weighs the worst targets only.
                for (mixing, correlation) in found.mixing.iter().zip(&found.correlations) {
                    assert!(*mixing < 1e-6 || correlation - found.correlation < 1e-6, "{seed}: {found:?}");
                }
            } else {
                assert_eq!(found.status, OptimumStatus::NoPositiveCorrelation, "{seed}");
            }
            assert!((found.mixing.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        }
    }
    println!("widest gap {widest:e}");
}

#[test]
fn one_target_is_the_plain_optimum() {
    for seed in 0..20 {
        let problem = Problem::random(25, 8, 1, 0.4, seed);
        let columns = problem.columns();
        let designs = designs(&columns, &problem);
        let plain = best_mixture(&designs[0], &moderate_bounds(8)).unwrap();
        let worst = best_worst(&designs, &moderate_bounds(8)).unwrap();
        assert!((plain.correlation - worst.correlation).abs() < 1e-14);
        let (Some(a), Some(b)) = (&plain.weights, &worst.weights) else { panic!("{seed}") };
        assert!(a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-12), "{seed}");
        // The same target twice is one target.
        let twice = best_worst(&[designs[0].clone(), designs[0].clone()], &moderate_bounds(8)).unwrap();
        assert!((plain.correlation - twice.correlation).abs() < 1e-12);
    }
}

#[test]
fn the_order_of_domains_and_targets_does_not_matter() {
    for seed in 0..30 {
        let problem = Problem::random(30, 10, 3, 0.4, seed);
        let order = [3, 7, 0, 9, 1, 4, 8, 2, 6, 5];
        let mut other = problem.reordered(&order);
        other.targets.rotate_left(1);
        let (columns, other_columns) = (problem.columns(), other.columns());
        let constraints = moderate_bounds(10);
        let one = best_worst(&designs(&columns, &problem), &constraints).unwrap();
        let two = best_worst(&designs(&other_columns, &other), &constraints).unwrap();
        assert!((one.correlation - two.correlation).abs() < 1e-12);
        let (Some(one), Some(two)) = (one.weights, two.weights) else { continue };
        for (new, &old) in order.iter().enumerate() {
            assert!((one[old] - two[new]).abs() < 1e-7, "{seed}");
        }
    }
}

#[test]
fn targets_that_oppose_each_other_have_no_mixture() {
    let mut problem = Problem::random(20, 6, 1, 0.4, 5);
    problem.targets.push(problem.targets[0].iter().map(|y| -y).collect());
    let columns = problem.columns();
    let found = best_worst(&designs(&columns, &problem), &Constraints::simplex(6)).unwrap();
    assert_eq!(found.status, OptimumStatus::NoPositiveCorrelation);
    assert!(found.weights.is_none() && found.bound < 1e-12 && found.correlations.is_empty());
}

#[test]
fn a_control_counts_for_all_targets() {
    let problem = Problem::random(30, 5, 2, 0.6, 11);
    let columns = problem.columns();
    let control: Vec<f64> = (0..30).map(|i| (f64::from(i) * 0.7).sin()).collect();
    let designs: Vec<Design> = problem
        .targets
        .iter()
        .map(|target| Design::new(&columns, target, None, std::slice::from_ref(&control)).unwrap())
        .collect();
    let found = best_worst(&designs, &Constraints::simplex(5)).unwrap();
    assert!(found.gap() < 1e-10);
    for (design, correlation) in designs.iter().zip(&found.correlations) {
        assert_eq!(design.correlation(found.weights.as_ref().unwrap()), Some(*correlation));
    }
}
