//! The embedded study's fits against figures computed elsewhere (cvxpy with clarabel, brute force).

use mixopt_fit::{
    AnalysisSettings, CompressionColumns, Constraints, Design, Objective, OptimumStatus, Problem, RecommendationStatus,
    Recommender, Refitter, Silent, Uniqueness, alternatives, analyse, best_mixture, evaluate, mixed_bits,
};
use mixopt_mixture::{FitReport, FitSettings, find};
use mixopt_study::{EmbeddedStudy, JoinedStudy, Selection, Target};
use mixopt_trust::{ComparedMethod, ComparisonSettings, Given, compare};

fn joined(target: &str) -> JoinedStudy {
    let study = EmbeddedStudy::find("huang2024").unwrap().read(None).unwrap();
    let target = Target::resolve(target, &study.definitions, &study.scores).unwrap();
    study.join(&target, &Selection::default()).unwrap()
}

fn fitted(target: &str) -> FitReport {
    let study = EmbeddedStudy::find("huang2024").unwrap().read(None).unwrap();
    find(&study, &FitSettings::new(target), &Silent).unwrap()
}

fn assert_shares(weights: &[f64], expected: [f64; 3], tolerance: f64) {
    for (weight, share) in weights.iter().zip(expected) {
        assert!((weight - share).abs() <= tolerance, "{weights:?} are not {expected:?}");
    }
}

#[test]
fn the_best_mixtures_are_those_of_an_independent_solver() {
    // Common Crawl, Python, arXiv-math, and the correlation.
    let known = [("mmlu", [0.316, 0.0, 0.684], 0.9767), ("overall", [0.0, 0.556, 0.444], 0.9683)];
    for (target, shares, correlation) in known {
        let findings = fitted(target);
        let weights: Vec<f64> = findings.answer.optimum.weights.as_ref().unwrap().values().copied().collect();
        assert_shares(&weights, shares, 5.01e-4);
        assert!((findings.answer.optimum.correlation - correlation).abs() < 1.01e-4);
        assert_eq!(findings.answer.optimum.status, OptimumStatus::Certified);
        assert!(findings.answer.optimum.gap.unwrap() < 1e-12);
    }
    let findings = fitted("mmlu");
    let common_crawl = findings.baselines.single["common_crawl"].pearson.unwrap();
    assert!((common_crawl - 0.890).abs() < 5e-4 && (findings.baselines.uniform.pearson.unwrap() - 0.9579).abs() < 5e-5);
}

#[test]
fn mixtures_near_equal_shares_are_those_of_an_independent_solver() {
    // Nearest to equal shares with 0.999 of the best correlation, by cvxpy and clarabel: 35.2 / 2.9 / 61.9%.
    let study = joined("mmlu");
    let columns = CompressionColumns::new(&study.bits).unwrap();
    let design = Design::new(&columns, &study.target, None, &[]).unwrap();
    let constraints = Constraints::simplex(3);
    let best = best_mixture(&design, &constraints).unwrap();
    let found =
        alternatives(&design, &constraints, best.weights.as_ref().unwrap(), best.correlation, &[1.0 / 3.0; 3]).unwrap();
    assert_eq!(found.uniqueness, Uniqueness::Unique);
    // 0.001 below the best is 0.99898 of it: a little farther than 0.999.
    assert_shares(&found.nearly_as_good.unwrap(), [0.352, 0.029, 0.619], 1.5e-3);
}

#[test]
fn a_least_change_is_the_nearest_within_one_standard_error() {
    let study = EmbeddedStudy::find("huang2024").unwrap().read(None).unwrap();
    let settings = FitSettings { recommender: Recommender::LeastChange, ..FitSettings::new("mmlu") };
    let findings = find(&study, &settings, &Silent).unwrap();
    let recommended = &findings.answer.recommended;
    assert_eq!(recommended.status, RecommendationStatus::NearestToCenter);
    assert_eq!(recommended.criterion.to_string(), "pearson given log_parameters");
    let threshold = recommended.best - recommended.standard_error.unwrap();
    assert!((recommended.threshold.unwrap() - threshold).abs() < 1e-15);
    assert!(recommended.correlation.unwrap() >= threshold);

    // No mixture of a fine grid that reaches the threshold is nearer to equal shares.
    let data = joined("mmlu");
    let columns = CompressionColumns::new(&data.bits).unwrap();
    let size = study.models.as_ref().unwrap().covariate("log_parameters", &data.models).unwrap();
    let design = Design::new(&columns, &data.target, None, &[size]).unwrap();
    let distance = |weights: &[f64]| weights.iter().map(|w| (w - 1.0 / 3.0).powi(2)).sum::<f64>().sqrt();
    let weights: Vec<f64> = recommended.weights.values().copied().collect();
    let steps = 400;
    for i in 0..=steps {
        for j in 0..=steps - i {
            let grid = [i as f64, j as f64, (steps - i - j) as f64].map(|part| part / steps as f64);
            if design.correlation(&grid).is_some_and(|rho| rho >= threshold) {
                assert!(distance(&grid) >= distance(&weights) - 1e-6, "{grid:?} is nearer than {weights:?}");
            }
        }
    }
}

#[test]
fn the_rank_search_finds_what_a_grid_finds() {
    let data = joined("mmlu");
    let (families, _) = data.family_numbers();
    let problem = Problem::plain(data.bits.clone(), data.target.clone(), families);
    let settings = AnalysisSettings { objective: Objective::Spearman, ..AnalysisSettings::default() };
    let found = analyse(&Refitter::new(&problem, &settings).unwrap()).optimum;
    assert_eq!(found.status, OptimumStatus::NotCertified);
    let steps = 200;
    let mut best = f64::MIN;
    for i in 0..=steps {
        for j in 0..=steps - i {
            let grid = [i as f64, j as f64, (steps - i - j) as f64].map(|part| part / steps as f64);
            best = best.max(evaluate(&mixed_bits(&data.bits, &grid), &data.target).spearman.unwrap());
        }
    }
    assert!(found.correlation >= best - 1e-12, "{} is below the grid's {best}", found.correlation);
}

#[test]
fn bounds_and_exclusions_are_obeyed_and_certified() {
    let study = EmbeddedStudy::find("huang2024").unwrap().read(None).unwrap();
    let mut settings = FitSettings::new("mmlu");
    settings.max_weight = 0.5;
    settings.min_weight = 0.1;
    let findings = find(&study, &settings, &Silent).unwrap();
    let optimum = findings.answer.optimum.weights.as_ref().unwrap();
    assert!(optimum.values().all(|weight| (0.1..=0.5).contains(weight)), "{optimum:?}");
    assert!((optimum["arxiv_math"] - 0.5).abs() < 1e-12);
    assert_eq!(findings.answer.optimum.status, OptimumStatus::Certified);
    assert!(findings.answer.recommended.weights.values().all(|weight| (0.1..=0.5).contains(weight)));

    let mut settings = FitSettings::new("mmlu");
    settings.exclude_domains.push("arxiv_math".to_string());
    let findings = find(&study, &settings, &Silent).unwrap();
    assert_eq!(findings.domains().collect::<Vec<_>>(), ["common_crawl", "python"]);
    assert_eq!(findings.record.dropped_domains.len(), 1);
}

#[test]
fn held_out_figures_do_not_see_the_family_they_predict() {
    // A family whose scores are nonsense changes its own predictions' errors, not the weights used to predict it.
    let mut data = joined("mmlu");
    let (families, names) = data.family_numbers();
    let yi = names.iter().position(|name| name == "Yi").unwrap();
    let problem = |data: &JoinedStudy| Problem::plain(data.bits.clone(), data.target.clone(), families.clone());
    let settings = AnalysisSettings::default();
    let predicted = |data: &JoinedStudy| -> Vec<(usize, f64)> {
        let problem = problem(data);
        let refitter = Refitter::new(&problem, &settings).unwrap();
        let comparison = ComparisonSettings { repeats: 0, ..ComparisonSettings::default() };
        let found = compare(&refitter, &Given::default(), comparison, &Silent).leave_one_family_out;
        [ComparedMethod::Optimum, ComparedMethod::Recommended]
            .into_iter()
            .flat_map(|method| found.held_out(method).unwrap().predictions.clone())
            .filter(|&(model, _)| families[model] == yi)
            .collect()
    };
    let before = predicted(&data);
    for (value, &family) in data.target.iter_mut().zip(&families) {
        if family == yi {
            *value = 0.99 - *value;
        }
    }
    assert_eq!(before.len(), 4);
    assert_eq!(before, predicted(&data));
}
