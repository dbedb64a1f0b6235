//! What must not change an optimum: units, offsets, order, and counting a model twice.

use mixopt_fit::{CompressionColumns, Constraints, Design, Optimum, best_mixture};
use nalgebra::DMatrix;
use proptest::prelude::*;

use super::problems::{Kind, Problem, below, cases, gaussian, generator};

/// Kinds whose optimum is unique where models outnumber domains.
const UNIQUE: [Kind; 3] = [Kind::Gaussian, Kind::CommonFactor, Kind::BadlyScaled];

fn unique_problem(kind: usize, domains: usize, seed: u64) -> Problem {
    Problem::random(UNIQUE[kind], 2 * domains + 4, domains, seed)
}

fn same(before: &Optimum, after: &Optimum) -> Result<(), TestCaseError> {
    prop_assert_eq!(before.status, after.status);
    prop_assert!(
        (before.correlation - after.correlation).abs() <= 1e-10,
        "{} became {}",
        before.correlation,
        after.correlation
    );
    let (Some(old), Some(new)) = (&before.weights, &after.weights) else { return Ok(()) };
    for (d, (a, b)) in old.iter().zip(new).enumerate() {
        prop_assert!((a - b).abs() <= 1e-8, "domain {}: {} became {}", d, a, b);
    }
    Ok(())
}

/// A random order of `count` things.
fn order(count: usize, seed: u64) -> Vec<usize> {
    let mut random = generator(seed ^ 0x0dde);
    let mut order: Vec<usize> = (0..count).collect();
    for last in (1..count).rev() {
        order.swap(last, below(&mut random, last + 1));
    }
    order
}

fn solve_weighted(problem: &Problem, model_weights: &[f64]) -> Option<Optimum> {
    let columns = CompressionColumns::new(&problem.bits).unwrap();
    let design = Design::new(&columns, &problem.target, Some(model_weights), &[]).ok()?;
    Some(best_mixture(&design, &Constraints::simplex(problem.domains())).unwrap())
}

/// The problem with model `i` written `counts[i]` times.
fn repeated(problem: &Problem, counts: &[usize]) -> Problem {
    let rows: Vec<usize> = counts.iter().enumerate().flat_map(|(i, &count)| vec![i; count]).collect();
    Problem {
        bits: DMatrix::from_fn(rows.len(), problem.domains(), |i, d| problem.bits[(rows[i], d)]),
        target: rows.iter().map(|&i| problem.target[i]).collect(),
    }
}

proptest! {
    #![proptest_config(cases(60))]

    #[test]
    fn the_units_of_the_scores_do_not_matter(
        kind in 0..UNIQUE.len(), domains in 1_usize..=20, seed in any::<u64>(), scale in -4_i32..=4, shift in -50.0..50.0
    ) {
        let problem = unique_problem(kind, domains, seed);
        let mut other = problem.clone();
        let factor = 10_f64.powi(scale);
        other.target.iter_mut().for_each(|score| *score = factor * (*score + shift));
        same(&problem.solve(None).unwrap(), &other.solve(None).unwrap())?;
    }

    #[test]
    fn what_all_models_share_on_a_domain_does_not_matter(
        kind in 0..UNIQUE.len(), domains in 1_usize..=20, seed in any::<u64>()
    ) {
        let problem = unique_problem(kind, domains, seed);
        let mut other = problem.clone();
        let mut random = generator(seed ^ 1);
        for mut column in other.bits.column_iter_mut() {
            let size = column.amax();
            column.add_scalar_mut(size * gaussian(&mut random));
        }
        same(&problem.solve(None).unwrap(), &other.solve(None).unwrap())?;
    }

    #[test]
    fn bits_may_be_nats(kind in 0..UNIQUE.len(), domains in 1_usize..=20, seed in any::<u64>(), scale in 1e-3..1e3) {
        let problem = unique_problem(kind, domains, seed);
        let other = Problem { bits: &problem.bits * scale, target: problem.target.clone() };
        same(&problem.solve(None).unwrap(), &other.solve(None).unwrap())?;
    }

    #[test]
    fn the_order_of_the_models_does_not_matter(
        kind in 0..UNIQUE.len(), domains in 1_usize..=20, seed in any::<u64>()
    ) {
        let problem = unique_problem(kind, domains, seed);
        let order = order(problem.models(), seed);
        let other = Problem {
            bits: problem.bits.select_rows(&order),
            target: order.iter().map(|&i| problem.target[i]).collect(),
        };
        same(&problem.solve(None).unwrap(), &other.solve(None).unwrap())?;
    }

    #[test]
    fn the_order_of_the_domains_does_not_matter(
        kind in 0..UNIQUE.len(), domains in 1_usize..=20, seed in any::<u64>()
    ) {
        let problem = unique_problem(kind, domains, seed);
        let order = order(domains, seed);
        let other = Problem { bits: problem.bits.select_columns(&order), target: problem.target.clone() };
        let mut permuted = problem.solve(None).unwrap();
        permuted.weights = permuted.weights.map(|weights| order.iter().map(|&d| weights[d]).collect());
        same(&permuted, &other.solve(None).unwrap())?;
    }

    #[test]
    fn the_order_of_the_domains_does_not_matter_to_the_correlation_where_many_mixtures_are_best(
        models in 3_usize..=10, domains in 20_usize..=60, seed in any::<u64>()
    ) {
        let problem = Problem::random(Kind::Duplicated, models, domains, seed);
        let other = Problem { bits: problem.bits.select_columns(&order(domains, seed)), target: problem.target.clone() };
        let (before, after) = (problem.solve(None).unwrap(), other.solve(None).unwrap());
        prop_assert!((before.correlation - after.correlation).abs() <= 1e-10);
    }

    #[test]
    fn a_model_weight_is_a_count(
        kind in 0..UNIQUE.len(), domains in 1_usize..=12, seed in any::<u64>(), all_twice in any::<bool>()
    ) {
        let problem = Problem::random(UNIQUE[kind], 4 * domains + 8, domains, seed);
        let mut random = generator(seed ^ 2);
        let counts: Vec<usize> =
            (0..problem.models()).map(|_| if all_twice { 2 } else { below(&mut random, 4) }).collect();
        let weights: Vec<f64> = counts.iter().map(|&count| count as f64).collect();
        let weighted = solve_weighted(&problem, &weights).unwrap();
        same(&repeated(&problem, &counts).solve(None).unwrap(), &weighted)?;
        if all_twice {
            same(&problem.solve(None).unwrap(), &weighted)?;
        }
    }
}

/// A model that counts zero times is not there, however strange its numbers.
#[test]
fn a_model_of_weight_zero_does_not_matter() {
    for seed in 0..10 {
        let problem = Problem::random(Kind::Gaussian, 20, 6, seed);
        let mut odd = problem.clone();
        odd.bits.row_mut(7).fill(40.0);
        odd.target[7] = -300.0;
        let mut weights = vec![1.0; 20];
        weights[7] = 0.0;
        let (plain, strange) = (solve_weighted(&problem, &weights).unwrap(), solve_weighted(&odd, &weights).unwrap());
        same(&plain, &strange).unwrap();
        let columns = CompressionColumns::new(&problem.bits).unwrap();
        let design = Design::new(&columns, &problem.target, Some(&weights), &[]).unwrap();
        assert_eq!((design.models_used(), design.degrees_of_freedom()), (19, 18));
    }
}

/// The same bits come out on every run and whatever the number of threads.
#[test]
fn the_number_of_threads_does_not_change_a_bit() {
    let problem = Problem::random(Kind::CommonFactor, 60, 6000, 11);
    let once = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| problem.solve(None).unwrap())
    };
    let (one, many) = (once(1), once(3));
    assert_eq!(one, many);
    assert_eq!(one.correlation.to_bits(), many.correlation.to_bits());
}
