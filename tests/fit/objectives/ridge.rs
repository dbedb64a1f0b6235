//! The best mixture shrunk toward a center, and how much to shrink.

use mixopt_fit::{
    Constraints, Design, Fold, Relation, Row, best_mixture, choose_lambda, chosen_weights, family_folds, held_out_of,
    ridge, search,
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

#[test]
fn the_path_is_that_of_held_out_figures() {
    let families: Vec<usize> = (0..24).map(|i| i % 6).collect();
    let problem = Problem::random(24, 6, 1, 0.8, 77);
    let (target, columns) = (&problem.targets[0], problem.columns());
    let constraints = Constraints::simplex(6);
    let center = vec![1.0 / 6.0; 6];
    let all: Vec<usize> = (0..24).collect();
    let choice = choose_lambda(&problem.bits, target, &families, &all, &[], &constraints, &center).unwrap().unwrap();
    assert_eq!(choice.path.len(), 19);
    let folds = family_folds(&families, target);
    for &(lambda, error, standard_error) in &choice.path {
        let method = |fold: &Fold| {
            let mut counts = vec![0.0; 24];
            fold.training.iter().for_each(|&i| counts[i] = 1.0);
            let design = Design::new(&columns, target, Some(&counts), &[]).ok()?;
            ridge(&design, &constraints, &center, lambda).unwrap()
        };
        let chosen = chosen_weights(&folds, &method, &|| ());
        let figures = held_out_of(&problem.bits, target, &folds, &chosen).unwrap();
        assert!(
            (figures.agreement.rmse.powi(2) - error).abs() < 1e-12,
            "{lambda}: {} {error}",
            figures.agreement.rmse.powi(2)
        );
        // Families of one size: the standard error of a mean of their errors.
        let means: Vec<f64> = (0..6)
            .map(|family| {
                let of: Vec<f64> = figures
                    .predictions
                    .iter()
                    .filter(|(i, _)| families[*i] == family)
                    .map(|(i, predicted)| (predicted - target[*i]).powi(2))
                    .collect();
                of.iter().sum::<f64>() / of.len() as f64
            })
            .collect();
        let mean = means.iter().sum::<f64>() / 6.0;
        let variance = means.iter().map(|m| (m - mean).powi(2)).sum::<f64>() / 5.0;
        assert!((standard_error - (variance / 6.0).sqrt()).abs() < 1e-12);
    }
    let best = choice.path.iter().min_by(|a, b| a.1.total_cmp(&b.1)).unwrap();
    for &(lambda, error, _) in &choice.path {
        assert!(lambda != choice.lambda || error <= best.1 + best.2);
        assert!(lambda <= choice.lambda || error > best.1 + best.2);
    }
}

#[test]
fn models_outside_the_training_set_do_not_count() {
    let families: Vec<usize> = (0..30).map(|i| [7, 2, 9, 4, 11][i % 5]).collect();
    let problem = Problem::random(30, 4, 1, 0.8, 99);
    let training: Vec<usize> = (0..30).filter(|i| families[*i] != 9).collect();
    let control: Vec<f64> = (0..30).map(|i| (f64::from(i) * 1.3).cos()).collect();
    let center = vec![0.25; 4];
    let whole = choose_lambda(
        &problem.bits,
        &problem.targets[0],
        &families,
        &training,
        std::slice::from_ref(&control),
        &Constraints::simplex(4),
        &center,
    )
    .unwrap()
    .unwrap();
    let pick = |values: &[f64]| -> Vec<f64> { training.iter().map(|&i| values[i]).collect() };
    let fewer = choose_lambda(
        &problem.bits.select_rows(&training),
        &pick(&problem.targets[0]),
        &training.iter().map(|&i| families[i]).collect::<Vec<_>>(),
        &(0..training.len()).collect::<Vec<_>>(),
        &[pick(&control)],
        &Constraints::simplex(4),
        &center,
    )
    .unwrap()
    .unwrap();
    assert_eq!(whole.lambda, fewer.lambda);
    for (a, b) in whole.path.iter().zip(&fewer.path) {
        assert!((a.1 - b.1).abs() < 1e-11 && (a.2 - b.2).abs() < 1e-11, "{a:?} {b:?}");
    }
    // One family leaves nothing to validate on.
    let one = vec![0; 30];
    let bits: &DMatrix<f64> = &problem.bits;
    assert!(
        choose_lambda(bits, &problem.targets[0], &one, &training, &[], &Constraints::simplex(4), &center)
            .unwrap()
            .is_none()
    );
}
