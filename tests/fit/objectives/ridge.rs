//! The best mixture shrunk toward a center, and how much to shrink.

use mixopt_fit::statistics::pearson;
use mixopt_fit::{
    AnalysisSettings, CompressionColumns, Constraints, Design, Fold, RecommendationStatus, Refitter, Relation, Row,
    analyse, best_mixture, chosen_weights, held_out_of, marginal_mixture, ridge, search,
};
use nalgebra::{DMatrix, DVector};

use super::problems::{Problem, bounds, designs, generator, grid, mixture, moderate_bounds};

/// The least over `t ≥ 0` of `‖t Cw − ŷ‖² + λ s² t² ‖w − m‖²`, by its definition.
fn objective(problem: &Problem, center: &[f64], lambda: f64, weights: &[f64]) -> f64 {
    let mut columns = -&problem.bits;
    for mut column in columns.column_iter_mut() {
        let mean = column.mean();
        column.add_scalar_mut(-mean);
    }
    let mut target = DVector::from_column_slice(&problem.targets[0]);
    let mean = target.mean();
    target.add_scalar_mut(-mean);
    target.normalize_mut();
    let squared = columns.norm_squared() / columns.ncols() as f64;
    let x = &columns * DVector::from_column_slice(weights);
    let away: f64 = weights.iter().zip(center).map(|(w, m)| (w - m).powi(2)).sum();
    1.0 - x.dot(&target).max(0.0).powi(2) / (x.norm_squared() + lambda * squared * away)
}

#[test]
fn no_mixture_of_a_grid_has_a_smaller_sum() {
    for seed in 0..20 {
        let problem = Problem::random(12, 3, 1, [0.2, 1.0][seed as usize % 2], 10 + seed);
        let columns = problem.columns();
        let design = &designs(&columns, &problem)[0];
        let center = mixture(&mut generator(seed), 3);
        let row = Row { coefficients: vec![(0, 1.0), (1, -1.0)], relation: Relation::AtMost, right: 0.1 };
        for constraints in [
            Constraints::simplex(3),
            bounds(vec![0.1, 0.0, 0.2], vec![1.0; 3]).into(),
            bounds(vec![0.1, 0.0, 0.0], vec![0.7, 0.4, 0.6]).into(),
            Constraints::new(bounds(vec![0.0; 3], vec![1.0; 3]), vec![row]).unwrap(),
        ] {
            for lambda in [1e-3, 0.1, 1.0, 30.0] {
                let best = grid(100, &constraints)
                    .iter()
                    .map(|weights| objective(&problem, &center, lambda, weights))
                    .fold(f64::INFINITY, f64::min);
                match ridge(design, &constraints, &center, lambda).unwrap() {
                    Some(weights) => {
                        assert!(constraints.contain(&weights, 1e-11));
                        let found = objective(&problem, &center, lambda, &weights);
                        assert!(found <= best + 1e-12, "{seed} {lambda}: {found} {best}");
                        assert!(found > best - 2e-2, "{seed} {lambda}: {found} {best}");
                    }
                    None => assert!(best > 1.0 - 1e-12, "{seed} {lambda}: {best}"),
                }
            }
        }
    }
}

#[test]
fn no_penalty_is_the_best_mixture_and_a_great_one_the_center() {
    for seed in 0..12 {
        let domains = [3, 10, 40][seed as usize % 3];
        let problem = Problem::random(25, domains, 1, 0.5, 40 + seed);
        let columns = problem.columns();
        let design = &designs(&columns, &problem)[0];
        let constraints = [Constraints::simplex(domains), moderate_bounds(domains)];
        for constraints in &constraints {
            let center = constraints.nearest(&mixture(&mut generator(seed), domains)).unwrap();
            assert_eq!(ridge(design, constraints, &center, 0.0).unwrap(), search(design, constraints).unwrap());
            assert_eq!(ridge(design, constraints, &center, f64::INFINITY).unwrap(), constraints.nearest(&center));
            assert_eq!(ridge(design, constraints, &center, f64::NAN).unwrap(), None);
            assert_eq!(ridge(design, constraints, &center, -1.0).unwrap(), None);
            let best = best_mixture(design, constraints).unwrap().correlation;
            let small = ridge(design, constraints, &center, 1e-13).unwrap().unwrap();
            assert!(best - design.correlation(&small).unwrap() < 1e-6, "{seed}");
            let Some(great) = ridge(design, constraints, &center, 1e9).unwrap() else { continue };
            assert!(great.iter().zip(&center).all(|(w, m)| (w - m).abs() < 1e-6), "{seed}");
            // In between the correlation falls and the way to the center shortens.
            let mut last = (best, f64::INFINITY);
            for lambda in [1e-6, 1e-3, 1e-1, 1.0, 10.0, 1e3] {
                let weights = ridge(design, constraints, &center, lambda).unwrap().unwrap();
                let away = weights.iter().zip(&center).map(|(w, m)| (w - m).powi(2)).sum::<f64>().sqrt();
                let now = (design.correlation(&weights).unwrap(), away);
                assert!(now.0 <= last.0 + 1e-10 && now.1 <= last.1 + 1e-10, "{seed} {lambda}: {now:?} {last:?}");
                last = now;
            }
        }
    }
}

/// Directions that lead from a mixture to others within the constraints lower the sum nowhere: more domains than a grid can
/// hold, on which whole sets of conditions are exchanged.
#[test]
fn no_step_within_the_constraints_has_a_smaller_sum() {
    let mut found_mixtures = 0;
    for seed in 0..24 {
        let (models, domains) = [(40, 12), (14, 30), (25, 60)][seed as usize % 3];
        let problem = Problem::random(models, domains, 1, [0.2, 0.7][seed as usize % 2], 300 + seed);
        let columns = problem.columns();
        let design = &designs(&columns, &problem)[0];
        let mut random = generator(seed);
        let center = mixture(&mut random, domains);
        let all = |value: f64| vec![value; domains];
        let half: Vec<(usize, f64)> = (0..domains / 2).map(|d| (d, 1.0)).collect();
        let rows = vec![
            Row { coefficients: half.clone(), relation: Relation::AtMost, right: 0.3 },
            Row { coefficients: vec![(0, 1.0), (domains - 1, -2.0)], relation: Relation::Equal, right: 0.0 },
            Row { coefficients: vec![(1, 1.0), (2, 1.0)], relation: Relation::AtLeast, right: 0.05 },
        ];
        for constraints in [
            Constraints::simplex(domains),
            bounds(all(0.2 / domains as f64), all(1.0)).into(),
            bounds(all(0.0), all(2.5 / domains as f64)).into(),
            Constraints::new(bounds(all(0.0), all(1.0)), rows[..1].to_vec()).unwrap(),
            Constraints::new(bounds(all(0.0), all(3.0 / domains as f64)), rows.clone()).unwrap(),
        ] {
            for lambda in [1e-4, 1e-2, 0.3, 3.0, 100.0] {
                let Some(weights) = ridge(design, &constraints, &center, lambda).unwrap() else { continue };
                assert!(constraints.contain(&weights, 1e-11), "{seed} {lambda}");
                found_mixtures += 1;
                let here = objective(&problem, &center, lambda, &weights);
                for _ in 0..40 {
                    let Some(other) = constraints.nearest(&mixture(&mut random, domains)) else { continue };
                    for step in [1e-4, 1e-2, 0.5] {
                        let moved: Vec<f64> = weights.iter().zip(&other).map(|(a, b)| a + step * (b - a)).collect();
                        let there = objective(&problem, &center, lambda, &moved);
                        assert!(there >= here - 1e-12, "{seed} {lambda} {step}: {here} {there}");
                    }
                }
            }
        }
    }
    assert!(found_mixtures > 400, "{found_mixtures}");
}

/// The mixture that looks at each domain alone is what its definition says.
#[test]
fn the_marginal_mixture_is_in_squared_correlations() {
    let problem = Problem::random(20, 5, 1, 0.8, 5);
    let columns = problem.columns();
    let design = &designs(&columns, &problem)[0];
    let found = marginal_mixture(design).unwrap();
    let squares: Vec<f64> = (0..5)
        .map(|d| {
            let bits: Vec<f64> = problem.bits.column(d).iter().map(|value| -value).collect();
            pearson(&bits, &problem.targets[0]).unwrap().max(0.0).powi(2)
        })
        .collect();
    let total: f64 = squares.iter().sum();
    assert!(found.iter().zip(&squares).all(|(share, square)| (share - square / total).abs() < 1e-12));
    let opposite: Vec<f64> = problem.bits.column_sum().iter().copied().collect();
    let alike = DMatrix::from_fn(20, 2, |i, _| opposite[i]);
    let columns = CompressionColumns::new(&alike).unwrap();
    assert_eq!(marginal_mixture(&Design::new(&columns, &opposite, None, &[]).unwrap()), None);
}

/// The families of each fold, dealt by the rule: the largest family first, to the fold with the fewest models.
fn dealt(families: &[usize]) -> Vec<Vec<usize>> {
    let count = families.iter().max().unwrap() + 1;
    let size = |family: usize| families.iter().filter(|f| **f == family).count();
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by_key(|&family| (std::cmp::Reverse(size(family)), family));
    let mut folds = vec![Vec::new(); count.min(5)];
    for family in order {
        let models = |fold: &Vec<usize>| fold.iter().map(|&family| size(family)).sum::<usize>();
        folds.iter_mut().min_by_key(|fold| models(fold)).unwrap().push(family);
    }
    folds
}

#[test]
fn the_penalty_is_the_largest_that_does_as_well_on_families_left_out() {
    for (seed, families_there) in [(77, 6), (78, 13), (79, 24)] {
        let families: Vec<usize> = (0..48).map(|i| (i * i + i / 3) % families_there).collect();
        let families = dense(&families);
        let random = Problem::random(48, 6, 1, 0.8, seed);
        let (target, columns) = (&random.targets[0], random.columns());
        let constraints = Constraints::from(bounds(vec![0.0; 6], vec![0.5; 6]));
        let mut problem = mixopt_fit::Problem::plain(random.bits.clone(), target.clone(), families.clone());
        problem.constraints = constraints.clone();
        let settings = AnalysisSettings { replicates: 2, curve_points: 0, ..AnalysisSettings::default() };
        let found = analyse(&Refitter::new(&problem, &settings).unwrap()).recommended;
        let choice = found.ridge.unwrap();
        assert_eq!(choice.path.len(), 15);
        let folds: Vec<Fold> = dealt(&families)
            .iter()
            .enumerate()
            .map(|(number, held_out)| Fold::new(number as u64, held_out, &families, target).unwrap())
            .collect();
        let predictions = |lambda: f64| {
            let method = |fold: &Fold| {
                let mut counts = vec![0.0; 48];
                fold.training.iter().for_each(|&i| counts[i] = 1.0);
                let design = Design::new(&columns, target, Some(&counts), &[]).ok()?;
                ridge(&design, &constraints, &marginal_mixture(&design)?, lambda).unwrap()
            };
            let chosen = chosen_weights(&folds, &method, &|| ());
            held_out_of(&random.bits, target, &folds, &chosen).unwrap().predictions
        };
        let correlation = |predictions: &[(usize, f64)], without: Option<usize>| {
            let kept = predictions.iter().filter(|(i, _)| Some(families[*i]) != without);
            let (x, y): (Vec<f64>, Vec<f64>) = kept.map(|&(i, predicted)| (predicted, target[i])).unzip();
            pearson(&x, &y).unwrap()
        };
        let all: Vec<Vec<(usize, f64)>> = choice.path.iter().map(|point| predictions(point.lambda)).collect();
        let values: Vec<f64> = all.iter().map(|of| correlation(of, None)).collect();
        let best = values.iter().copied().fold(f64::MIN, f64::max);
        let best_at = values.iter().position(|value| *value == best).unwrap();
        let count = families.iter().max().unwrap() + 1;
        let mut chosen = None;
        for ((point, predictions), value) in choice.path.iter().zip(&all).zip(&values) {
            assert!((point.correlation - value).abs() < 1e-10, "{} {value}", point.correlation);
            let differences: Vec<f64> = (0..count)
                .map(|family| correlation(&all[best_at], Some(family)) - correlation(predictions, Some(family)))
                .collect();
            let mean = differences.iter().sum::<f64>() / count as f64;
            let spread: f64 = differences.iter().map(|difference| (difference - mean).powi(2)).sum();
            let error = ((count - 1) as f64 / count as f64 * spread).sqrt();
            assert!((point.standard_error - error).abs() < 1e-9, "{} {error}", point.standard_error);
            if chosen.is_none() && best - value <= error {
                chosen = Some(point.lambda);
            }
        }
        assert_eq!(chosen, Some(choice.lambda));
        let design = Design::new(&columns, target, None, &[]).unwrap();
        let marginal = marginal_mixture(&design).unwrap();
        let expected = ridge(&design, &constraints, &marginal, choice.lambda).unwrap().unwrap();
        assert!(expected.iter().zip(&found.weights).all(|(a, b)| (a - b).abs() < 1e-10));
    }
}

/// Numbers of families without gaps.
fn dense(families: &[usize]) -> Vec<usize> {
    let mut there: Vec<usize> = families.to_vec();
    there.sort_unstable();
    there.dedup();
    families.iter().map(|family| there.binary_search(family).unwrap()).collect()
}

#[test]
fn too_few_families_leave_what_is_shrunk_toward() {
    let random = Problem::random(20, 4, 1, 0.8, 9);
    let families: Vec<usize> = (0..20).map(|i| i % 2).collect();
    let problem = mixopt_fit::Problem::plain(random.bits.clone(), random.targets[0].clone(), families);
    let settings = AnalysisSettings { curve_points: 0, ..AnalysisSettings::default() };
    let found = analyse(&Refitter::new(&problem, &settings).unwrap()).recommended;
    let columns = random.columns();
    let marginal = marginal_mixture(&designs(&columns, &random)[0]).unwrap();
    assert_eq!((found.status, found.ridge), (RecommendationStatus::TooFewFamilies, None));
    assert!(found.weights.iter().zip(&marginal).all(|(a, b)| (a - b).abs() < 1e-12));
}
