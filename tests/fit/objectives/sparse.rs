//! The best mixture of few domains.

use mixopt_fit::{Constraints, OptimumStatus, Relation, Row, best_mixture, best_sparse};

use super::problems::{Problem, bounds, designs, moderate_bounds};

/// The greatest correlation over all sets of `most` domains, each solved alone with the others at zero.
fn by_enumeration(problem: &Problem, constraints: &Constraints, most: usize) -> f64 {
    let domains = problem.bits.ncols();
    let columns = problem.columns();
    let design = &designs(&columns, problem)[0];
    let mut best = 0.0_f64;
    for set in 0_u32..1 << domains {
        if set.count_ones() as usize != most {
            continue;
        }
        let is_in = |d: usize| set >> d & 1 == 1;
        let greatest: Vec<f64> =
            constraints.bounds().greatest().iter().enumerate().map(|(d, u)| if is_in(d) { *u } else { 0.0 }).collect();
        let least = constraints.bounds().least().to_vec();
        if greatest.iter().sum::<f64>() < 1.0 || least.iter().zip(&greatest).any(|(l, u)| l > u) {
            continue;
        }
        let restricted = Constraints::new(bounds(least, greatest), constraints.rows().to_vec()).unwrap();
        if restricted.any().is_some() {
            best = best.max(best_mixture(design, &restricted).unwrap().correlation);
        }
    }
    best
}

#[test]
fn no_set_of_domains_is_better() {
    for seed in 0..24 {
        let domains = 5 + seed as usize % 4;
        let problem = Problem::random(16, domains, 1, [0.1, 0.5, 2.0][seed as usize % 3], 20 + seed);
        let columns = problem.columns();
        let design = &designs(&columns, &problem)[0];
        let mut least = vec![0.0; domains];
        least[1] = 0.1;
        let group = Row {
            coefficients: (0..domains / 2).map(|d| (d, 1.0)).collect(),
            relation: Relation::AtLeast,
            right: 0.35,
        };
        for constraints in [
            Constraints::simplex(domains),
            bounds(least.clone(), vec![0.45; domains]).into(),
            Constraints::new(bounds(least, vec![1.0; domains]), vec![group]).unwrap(),
        ] {
            for most in 1..=4 {
                let found = best_sparse(design, &constraints, most, 10_000).unwrap();
                let best = by_enumeration(&problem, &constraints, most);
                assert!((found.correlation - best).abs() < 1e-9, "{seed} {most}: {found:?} {best}");
                assert!(found.bound >= best - 1e-12 && found.bound - best < 1e-7, "{seed} {most}: {found:?}");
                let Some(weights) = found.weights else {
                    assert_eq!(found.status, OptimumStatus::NoPositiveCorrelation);
                    continue;
                };
                assert_eq!(found.status, OptimumStatus::Certified);
                assert!(weights.iter().filter(|weight| **weight > 0.0).count() <= most);
                assert!(constraints.contain(&weights, 1e-11));
                assert!((problem.correlations(&weights)[0] - found.correlation).abs() < 1e-12);
            }
        }
    }
}

#[test]
fn as_many_domains_as_there_are_is_the_plain_optimum() {
    for seed in 0..10 {
        let problem = Problem::random(30, 12, 1, 0.5, 60 + seed);
        let columns = problem.columns();
        let design = &designs(&columns, &problem)[0];
        for constraints in [Constraints::simplex(12), moderate_bounds(12)] {
            let plain = best_mixture(design, &constraints).unwrap();
            let found = best_sparse(design, &constraints, 12, 100).unwrap();
            assert!((plain.correlation - found.correlation).abs() < 1e-12);
            assert_eq!(found.status, plain.status);
        }
    }
}

#[test]
fn the_limit_of_nodes_leaves_a_true_bound() {
    let mut open = 0;
    for seed in 0..6 {
        let problem = Problem::random(60, 40, 1, 0.3, 90 + seed);
        let columns = problem.columns();
        let design = &designs(&columns, &problem)[0];
        let constraints = Constraints::simplex(40);
        let short = best_sparse(design, &constraints, 4, 5).unwrap();
        let long = best_sparse(design, &constraints, 4, 3_000).unwrap();
        println!(
            "{seed}: {} ≤ {} after {} nodes, {} ≤ {} after {}",
            short.correlation, short.bound, short.nodes, long.correlation, long.bound, long.nodes
        );
        assert!(short.nodes <= 7);
        assert!(short.correlation <= long.correlation + 1e-12);
        assert!(short.bound >= long.correlation && long.bound <= short.bound + 1e-12);
        open += usize::from(short.status == OptimumStatus::NotCertified);
    }
    assert!(open > 0);
}

#[test]
fn the_order_of_domains_does_not_matter() {
    for seed in 0..8 {
        let problem = Problem::random(30, 10, 1, 0.4, 130 + seed);
        let order = [3, 7, 0, 9, 1, 4, 8, 2, 6, 5];
        let other = problem.reordered(&order);
        let (columns, other_columns) = (problem.columns(), other.columns());
        let one = best_sparse(&designs(&columns, &problem)[0], &Constraints::simplex(10), 3, 10_000).unwrap();
        let two = best_sparse(&designs(&other_columns, &other)[0], &Constraints::simplex(10), 3, 10_000).unwrap();
        assert!((one.correlation - two.correlation).abs() < 1e-10, "{seed}");
    }
}

#[test]
fn more_required_domains_than_allowed_have_no_mixture() {
    let problem = Problem::random(20, 5, 1, 0.5, 1);
    let columns = problem.columns();
    let design = &designs(&columns, &problem)[0];
    let constraints: Constraints = bounds(vec![0.1, 0.1, 0.1, 0.0, 0.0], vec![1.0; 5]).into();
    assert!(best_sparse(design, &constraints, 2, 100).unwrap().weights.is_none());
    let exactly = best_sparse(design, &constraints, 3, 100).unwrap();
    assert!(exactly.weights.is_some_and(|weights| weights[3] == 0.0 && weights[4] == 0.0));
    assert!(best_sparse(design, &Constraints::simplex(5), 0, 100).unwrap().weights.is_none());
}
