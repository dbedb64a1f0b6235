//! Prices against differences of optima solved again.

use mixopt_fit::{Bounds, Constraints, Design, Relation, best_mixture, prices};

use super::problems::{Problem, problem};

/// Half the step of a difference.
const STEP: f64 = 1e-6;

/// The slopes of the optimum to both sides as one constraint moves.
fn slopes(design: &Design, moved: impl Fn(f64) -> Option<Constraints>) -> Option<[f64; 2]> {
    let at = |step: f64| -> Option<f64> {
        let constraints = moved(step)?;
        constraints.any()?;
        let optimum = best_mixture(design, &constraints).unwrap();
        (optimum.weights.is_some() && optimum.gap() < 1e-11).then_some(optimum.correlation)
    };
    let (below, here, above) = (at(-STEP)?, at(0.0)?, at(STEP)?);
    Some([(here - below) / STEP, (above - here) / STEP])
}

/// Whether the difference tells the derivative: both sides agree.
fn derivative(sides: [f64; 2]) -> Option<f64> {
    let [below, above] = sides;
    ((below - above).abs() < 1e-4 * below.abs().max(0.1)).then_some(0.5 * (below + above))
}

fn agree(price: f64, slope: f64, what: &str) {
    assert!((price - slope).abs() < 1e-4 * slope.abs().max(1.0), "{what}: {price} {slope}");
}

fn with_bounds(problem: &Problem, least: Vec<f64>, greatest: Vec<f64>) -> Option<Constraints> {
    let names: Vec<String> = (0..least.len()).map(|d| d.to_string()).collect();
    Some(Constraints::new(Bounds::new(&names, least, greatest).ok()?, problem.rows.clone()).unwrap())
}

#[test]
fn prices_are_derivatives_of_the_best_correlation() {
    let (mut rows, mut bounds) = (0, 0);
    for seed in 0..50 {
        let problem = problem(seed);
        let (design, constraints) = (problem.design(), problem.constraints());
        let optimum = best_mixture(&design, &constraints).unwrap();
        let Some(weights) = &optimum.weights else { continue };
        let found = prices(&design, &constraints, weights).unwrap();
        assert!(found.residual < 1e-9, "{seed}: {}", found.residual);
        for (index, row) in problem.rows.iter().enumerate() {
            if row.relation != Relation::Equal {
                assert!(found.rows[index] >= 0.0);
            }
            let size = row.size();
            let sides = slopes(&design, |step| {
                let mut rows = problem.rows.clone();
                rows[index].right += step * size;
                Some(Constraints::new(problem.bounds(), rows).unwrap())
            });
            let Some(slope) = sides.and_then(derivative) else { continue };
            let sign = if row.relation == Relation::AtLeast { -1.0 } else { 1.0 };
            agree(sign * size * found.rows[index], slope, &format!("{seed} row {index}"));
            rows += usize::from(slope.abs() > 1e-3);
        }
        for domain in 0..problem.domains() {
            if problem.least[domain] > 0.0 {
                let sides = slopes(&design, |step| {
                    let mut least = problem.least.clone();
                    least[domain] += step;
                    with_bounds(&problem, least, problem.greatest.clone())
                });
                if let Some(slope) = sides.and_then(derivative) {
                    agree(-found.least[domain], slope, &format!("{seed} least {domain}"));
                    bounds += usize::from(slope.abs() > 1e-3);
                }
            }
            if problem.greatest[domain] < 1.0 {
                let sides = slopes(&design, |step| {
                    let mut greatest = problem.greatest.clone();
                    greatest[domain] += step;
                    with_bounds(&problem, problem.least.clone(), greatest)
                });
                if let Some(slope) = sides.and_then(derivative) {
                    agree(found.greatest[domain], slope, &format!("{seed} greatest {domain}"));
                    bounds += usize::from(slope.abs() > 1e-3);
                }
            }
        }
    }
    assert!(rows >= 40 && bounds >= 40, "{rows} {bounds}");
}

#[test]
fn away_from_the_optimum_prices_do_not_explain_the_gradient() {
    let problem = problem(1);
    let residual = prices(&problem.design(), &problem.constraints(), &problem.inside).unwrap().residual;
    assert!(residual > 1e-3, "{residual}");
}
