//! The best mixture under rows: facts that hold for any solver.

use mixopt_fit::{Bounds, CERTIFIED_GAP, Constraints, OptimumStatus, Relation, best_mixture};

use super::problems::{Problem, problem, problem_of, row};

#[test]
fn the_bound_holds_and_is_met() {
    let mut certified = 0;
    let mut close = 0;
    for seed in 0..120 {
        let problem = problem(seed);
        let (design, constraints) = (problem.design(), problem.constraints());
        let optimum = best_mixture(&design, &constraints).unwrap();
        let Some(weights) = &optimum.weights else { continue };
        assert!(constraints.contain(weights, 1e-12), "{seed}");
        assert!(optimum.bound >= optimum.correlation, "{seed}");
        for other in problem.feasible(300, seed) {
            let correlation = design.correlation(&other).unwrap();
            assert!(correlation <= optimum.correlation + 1e-10, "{seed}: {correlation} {}", optimum.correlation);
            assert!(correlation <= optimum.bound + 1e-12);
        }
        assert!(optimum.gap() <= CERTIFIED_GAP, "{seed}: gap {}", optimum.gap());
        certified += usize::from(optimum.status == OptimumStatus::Certified);
        close += usize::from(optimum.gap() <= 1e-11);
    }
    assert!(certified >= 100, "{certified}");
    assert!(close * 20 >= certified * 19, "{close} of {certified}");
}

/// All mixtures of three domains in steps of 1/400.
#[test]
fn no_mixture_of_a_grid_is_better() {
    const STEPS: usize = 400;
    for seed in (0..70).step_by(7) {
        let problem = problem_of(12, 3, 0.5, seed);
        let (design, constraints) = (problem.design(), problem.constraints());
        let Some(weights) = best_mixture(&design, &constraints).unwrap().weights else { continue };
        let best = design.correlation(&weights).unwrap();
        let mut greatest: f64 = -1.0;
        for i in 0..=STEPS {
            for j in 0..=STEPS - i {
                let mixture = [i, j, STEPS - i - j].map(|count| count as f64 / STEPS as f64);
                // Equalities are met by no grid: within a step they count.
                let meets = |row: &mixopt_fit::Row| match row.relation {
                    Relation::Equal => row.excess(&mixture) <= row.size() / STEPS as f64,
                    _ => row.excess(&mixture) <= 0.0,
                };
                let is_exact = problem.rows.iter().all(|row| row.relation != Relation::Equal);
                if problem.bounds().contain(&mixture, 0.0 + 1e-12) && problem.rows.iter().all(meets) {
                    let correlation = design.correlation(&mixture).unwrap();
                    assert!(correlation <= best + if is_exact { 1e-12 } else { 0.02 }, "{seed} {mixture:?}");
                    greatest = greatest.max(correlation);
                }
            }
        }
        assert!(greatest > best - 0.02, "{seed}: {greatest} {best}");
    }
}

fn permuted(problem: &Problem, order: &[usize]) -> Problem {
    let place = |d: usize| order.iter().position(|&o| o == d).unwrap();
    let models = problem.columns.models();
    let bits = nalgebra::DMatrix::from_fn(models, order.len(), |i, d| {
        -problem.columns.column(order[d])[i] * problem.columns.norms()[order[d]]
    });
    let pick = |values: &[f64]| order.iter().map(|&d| values[d]).collect();
    let rows = problem
        .rows
        .iter()
        .rev()
        .map(|r| row(&r.coefficients.iter().map(|&(d, a)| (place(d), a)).collect::<Vec<_>>(), r.relation, r.right))
        .collect();
    Problem {
        columns: mixopt_fit::CompressionColumns::new(&bits).unwrap(),
        target: problem.target.clone(),
        least: pick(&problem.least),
        greatest: pick(&problem.greatest),
        rows,
        inside: pick(&problem.inside),
    }
}

#[test]
fn the_order_of_domains_and_rows_does_not_matter() {
    for seed in 0..40 {
        let problem = problem(seed);
        let order: Vec<usize> = (0..problem.domains()).map(|d| (d * 7 + 3) % problem.domains()).collect();
        let mut seen = order.clone();
        seen.sort_unstable();
        seen.dedup();
        if seen.len() < order.len() {
            continue;
        }
        let other = permuted(&problem, &order);
        let one = best_mixture(&problem.design(), &problem.constraints()).unwrap();
        let two = best_mixture(&other.design(), &other.constraints()).unwrap();
        assert!((one.correlation - two.correlation).abs() < 1e-11, "{seed}: {} {}", one.correlation, two.correlation);
    }
}

#[test]
fn another_row_never_helps_and_one_that_does_not_bind_changes_nothing() {
    for seed in 0..40 {
        let problem = problem(seed);
        let design = problem.design();
        let mut last = f64::INFINITY;
        for count in 0..=problem.rows.len() {
            let constraints = Constraints::new(problem.bounds(), problem.rows[..count].to_vec()).unwrap();
            let optimum = best_mixture(&design, &constraints).unwrap();
            assert!(optimum.correlation <= last + 1e-11, "{seed} {count}: {} after {last}", optimum.correlation);
            last = optimum.correlation;
        }
        let mut rows = problem.rows.clone();
        rows.push(row(&[(0, 1.0), (1, 1.0)], Relation::AtMost, 2.0));
        let optimum = best_mixture(&design, &Constraints::new(problem.bounds(), rows).unwrap()).unwrap();
        assert!((optimum.correlation - last).abs() < 1e-12, "{seed}");
    }
}

#[test]
fn rows_that_say_what_bounds_say_give_the_same_mixture() {
    for seed in 0..40 {
        let problem = problem(seed);
        let design = problem.design();
        let by_bounds = best_mixture(&design, &problem.bounds().into()).unwrap();
        let mut rows = Vec::new();
        for d in 0..problem.domains() {
            rows.push(row(&[(d, 5.0)], Relation::AtLeast, 5.0 * problem.least[d]));
            rows.push(row(&[(d, 0.1)], Relation::AtMost, 0.1 * problem.greatest[d]));
        }
        let simplex = Bounds::simplex(problem.domains());
        let by_rows = best_mixture(&design, &Constraints::new(simplex, rows).unwrap()).unwrap();
        assert_eq!(by_bounds.weights.is_some(), by_rows.weights.is_some(), "{seed}");
        let difference = (by_bounds.correlation - by_rows.correlation).abs();
        assert!(difference < 1e-11, "{seed}: {} {}", by_bounds.correlation, by_rows.correlation);
        if problem.domains() < problem.columns.models()
            && let (Some(one), Some(two)) = (by_bounds.weights, by_rows.weights)
        {
            assert!(one.iter().zip(&two).all(|(a, b)| (a - b).abs() < 1e-8), "{seed}");
        }
    }
}

#[test]
fn equalities_that_fix_every_share_leave_that_mixture() {
    let problem = problem(2);
    let rows = (0..problem.domains()).map(|d| row(&[(d, 1.0)], Relation::Equal, problem.inside[d])).collect();
    let constraints = Constraints::new(Bounds::simplex(problem.domains()), rows).unwrap();
    let optimum = best_mixture(&problem.design(), &constraints).unwrap();
    let weights = optimum.weights.clone().unwrap();
    assert!(weights.iter().zip(&problem.inside).all(|(a, b)| (a - b).abs() < 1e-12));
    assert!(optimum.gap() <= CERTIFIED_GAP);
}
