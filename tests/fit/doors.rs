//! What a caller gives in another shape is answered with an error that says so, never with a panic.

use mixopt_fit::estimator::{Estimator, EstimatorMixtureError, Projection, mixture_by_estimator};
use mixopt_fit::statistics::{LinearLaw, pearson, spearman};
use mixopt_fit::{
    Agreement, AnalysisSettings, Bounds, BoundsError, CompressionColumns, Constraints, Design, Distance, Fold, Held,
    Paired, Part, Population, Problem, ProblemError, Reach, Refitter, Relation, Row, Sample, StageProblem,
    alternatives, best_mixture, best_sparse, best_stages, best_worst, certify, clash, distance, evaluate,
    family_bootstrap, family_folds, held_out_of, held_out_single, mixed_bits, nearest_above, nearest_stages, pareto,
    prices, project, ridge, search, total_variation, trade_off,
};
use nalgebra::DMatrix;

const TARGET: [f64; 5] = [0.1, 0.3, 0.2, 0.6, 0.5];
const FAMILIES: [usize; 5] = [0, 0, 1, 1, 2];

/// Five models on three domains.
fn bits() -> DMatrix<f64> {
    DMatrix::from_row_slice(5, 3, &[1.0, 0.9, 0.7, 0.8, 0.8, 0.75, 0.9, 0.7, 0.6, 0.5, 0.65, 0.8, 0.6, 0.6, 0.55])
}

fn columns() -> CompressionColumns {
    CompressionColumns::new(&bits()).unwrap()
}

fn problem() -> Problem {
    Problem::plain(bits(), TARGET.to_vec(), FAMILIES.to_vec())
}

fn is_count<T: std::fmt::Debug>(answer: Result<T, ProblemError>) {
    assert!(matches!(answer, Err(ProblemError::Count { .. })), "{answer:?}");
}

fn is_value<T: std::fmt::Debug>(answer: Result<T, ProblemError>) {
    assert!(matches!(answer, Err(ProblemError::Value { .. })), "{answer:?}");
}

#[test]
fn a_matrix_holds_finite_bits_of_models_and_domains() {
    for (models, domains) in [(0, 3), (3, 0), (0, 0)] {
        let found = CompressionColumns::new(&DMatrix::zeros(models, domains)).map(|_| ());
        assert_eq!(found, Err(ProblemError::NoData { models, domains }));
    }
    let mut holed = bits();
    holed[(3, 1)] = f64::INFINITY;
    let found = CompressionColumns::new(&holed).map(|_| ());
    assert_eq!(found, Err(ProblemError::BitsNotFinite { model: 3, domain: 1, value: f64::INFINITY }));
    holed[(3, 1)] = 1e300;
    assert_eq!(CompressionColumns::new(&holed).map(|_| ()), Err(ProblemError::TooLarge { domain: 1 }));
    assert_eq!(columns().column(3), &[] as &[f64]);
}

#[test]
fn a_design_has_a_target_weights_and_controls_of_its_models() {
    let columns = columns();
    let error = Design::new(&columns, &TARGET[..4], None, &[]).unwrap_err();
    assert_eq!(error.to_string(), "4 targets, expected 5: one for each model");
    is_count(Design::new(&columns, &TARGET, Some(&[1.0; 6]), &[]));
    is_count(Design::new(&columns, &TARGET, None, &[vec![1.0; 2]]));
    is_value(Design::new(&columns, &[0.1, f64::NAN, 0.2, 0.3, 0.4], None, &[]));
    is_value(Design::new(&columns, &TARGET, Some(&[1.0, 1.0, 1.0, -1.0, 1.0]), &[]));
    is_value(Design::new(&columns, &TARGET, None, &[vec![f64::NAN; 5]]));
    assert_eq!(Design::new(&columns, &[0.5; 5], None, &[]).map(|_| ()), Err(ProblemError::ConstantTarget));
    assert_eq!(Design::new(&columns, &TARGET, None, &[TARGET.to_vec()]).map(|_| ()), Err(ProblemError::ConstantTarget));
    assert_eq!(Design::new(&columns, &TARGET, Some(&[0.0; 5]), &[]).map(|_| ()), Err(ProblemError::ConstantTarget));
}

#[test]
fn conditions_are_on_the_domains_that_there_are() {
    let names: Vec<String> = ["a", "b", "c"].map(String::from).to_vec();
    let found = Bounds::new(&names, vec![0.0; 2], vec![1.0; 3]);
    assert_eq!(found, Err(BoundsError::Count { which: "least", found: 2, domains: 3 }));
    let found = Bounds::new(&names, vec![0.0; 3], vec![1.0; 4]);
    assert_eq!(found, Err(BoundsError::Count { which: "greatest", found: 4, domains: 3 }));

    let row = |domain, coefficient, right| Row {
        coefficients: vec![(domain, coefficient)],
        relation: Relation::AtMost,
        right,
    };
    let with = |row| Constraints::new(Bounds::simplex(3), vec![row]);
    assert_eq!(with(row(3, 1.0, 0.5)), Err(ProblemError::Position { what: "domain", found: 3, count: 3 }));
    is_value(with(row(2, f64::NAN, 0.5)));
    is_value(with(row(2, 1.0, f64::INFINITY)));
    assert!(with(row(2, 1.0, 0.5)).is_ok());
    assert!(clash(&[Part { rows: vec![row(3, 1.0, 0.5)] }], 3).is_err());
    assert_eq!(row(7, 1.0, 0.5).left(&[1.0]), 0.0);

    let constraints = with(row(2, 1.0, 0.5)).unwrap();
    assert_eq!(constraints.domains(), 3);
    assert!(!constraints.contain(&[0.5, 0.5], 1e-9) && !constraints.contain(&[0.5, 0.5, 0.0, 0.0], 1e-9));
    assert_eq!((constraints.nearest(&[1.0]), Constraints::simplex(0).any()), (None, None));
    is_count(constraints.support(&[1.0; 4]));
    is_value(constraints.support(&[1.0, f64::NAN, 1.0]));
    assert_eq!(constraints.bounds().best_corner(&[0.0, 1.0, 0.5, 9.0]), [0.0, 1.0, 0.0]);
    assert_eq!(constraints.only(&[true]).bounds().greatest(), [1.0, 0.0, 0.0]);
}

#[test]
fn an_optimum_is_under_constraints_of_its_own_domains() {
    let columns = columns();
    let design = Design::new(&columns, &TARGET, None, &[]).unwrap();
    let (ours, others) = (Constraints::simplex(3), Constraints::simplex(4));
    let equal = [1.0 / 3.0; 3];
    is_count(best_mixture(&design, &others));
    is_count(search(&design, &others));
    is_count(certify(&design, &others, &TARGET));
    is_count(certify(&design, &ours, &TARGET[..3]));
    is_count(prices(&design, &others, &equal));
    is_count(prices(&design, &ours, &[1.0]));
    is_count(alternatives(&design, &ours, &equal, 0.9, &[1.0]));
    is_value(alternatives(&design, &ours, &equal, f64::NAN, &equal));
    is_count(best_sparse(&design, &others, 2, 100));
    is_count(project(&design, &TARGET[..2]));
    let near = |constraints, center: &[f64], threshold, inside: &[f64]| {
        nearest_above(&design, constraints, center, threshold, Distance::Quadratic, inside)
    };
    is_count(near(&others, &equal, 0.5, &equal));
    is_count(near(&ours, &[1.0], 0.5, &equal));
    is_count(near(&ours, &equal, 0.5, &[1.0; 4]));
    is_value(near(&ours, &equal, f64::NAN, &equal));
    is_count(trade_off(&design, &ours, &[1.0], Distance::KullbackLeibler, &equal, 5));
    is_count(trade_off(&design, &others, &equal, Distance::Quadratic, &equal, 5));
    is_count(ridge(&design, &ours, &[0.5, 0.5], 1.0));
    is_count(ridge(&design, &others, &equal, 1.0));
}

#[test]
fn several_designs_are_alike() {
    let columns = columns();
    let fewer = CompressionColumns::new(&bits().columns(0, 2).into_owned()).unwrap();
    let design = Design::new(&columns, &TARGET, None, &[]).unwrap();
    let other = Design::new(&fewer, &TARGET, None, &[]).unwrap();
    let ours = Constraints::simplex(3);
    let equal = [1.0 / 3.0; 3];
    let two = [design.clone(), other.clone()];
    assert!(matches!(best_worst(&[], &ours), Err(ProblemError::None { .. })));
    is_count(best_worst(&two, &ours));
    is_count(best_worst(&two[..1], &Constraints::simplex(2)));
    is_count(pareto([&design, &other], &ours, 5));
    is_count(Reach::new(&two, &ours, &[0.5, 0.5], &equal).map(|_| ()));
    is_count(Reach::new(&two[..1], &ours, &[0.5, 0.5], &equal).map(|_| ()));
    is_value(Reach::new(&two[..1], &ours, &[0.0], &equal).map(|_| ()));
    assert!(matches!(Reach::new(&[], &ours, &[], &equal).map(|_| ()), Err(ProblemError::None { .. })));

    let constraints = Constraints::simplex(4);
    let stage = |constraints| StageProblem { design: &design, constraints, budget: 10.0 };
    assert!(matches!(best_stages(&[], &[]), Err(ProblemError::None { .. })));
    is_count(best_stages(&[stage(&ours)], &[10.0; 2]));
    is_count(best_stages(&[stage(&constraints)], &[10.0; 3]));
    let nearest = |supply: &[f64], centers: &[Vec<f64>]| {
        nearest_stages(&[stage(&ours)], supply, centers, &[0.1], &[equal.to_vec()])
    };
    assert_eq!((nearest(&[10.0; 2], &[equal.to_vec()]), nearest(&[10.0; 3], &[vec![1.0]])), (None, None));
}

#[test]
fn a_problem_is_checked_before_it_is_fitted() {
    let settings = AnalysisSettings::default();
    let refused = |change: &dyn Fn(&mut Problem)| -> ProblemError {
        let mut problem = problem();
        change(&mut problem);
        let error = Refitter::new(&problem, &settings).unwrap_err();
        // As text, since a value that is not a number equals nothing.
        let checked = problem.check().map_err(|error| error.to_string());
        assert!(error == ProblemError::NoMixture || checked == Err(error.to_string()), "{error:?}");
        error
    };
    let names: Vec<String> = ["a", "b", "c"].map(String::from).to_vec();
    let at_least_all = Row { coefficients: vec![(0, 1.0)], relation: Relation::AtLeast, right: 0.9 };
    let capped = Bounds::new(&names, vec![0.0; 3], vec![0.5; 3]).unwrap();
    let clashing = Constraints::new(capped, vec![at_least_all]).unwrap();
    for change in [
        &(|problem: &mut Problem| problem.target.truncate(3)) as &dyn Fn(&mut Problem),
        &|problem| problem.targets.push(vec![1.0]),
        &|problem| problem.families.truncate(1),
        &|problem| problem.optimum_controls.push(vec![1.0; 6]),
        &|problem| problem.recommended_controls.push(vec![1.0; 6]),
        &|problem| problem.center.push(0.0),
        &|problem| problem.constraints = Constraints::simplex(2),
    ] {
        assert!(matches!(refused(change), ProblemError::Count { .. }));
    }
    assert!(matches!(refused(&|problem| problem.target[2] = f64::NAN), ProblemError::Value { .. }));
    assert_eq!(refused(&|problem| problem.target = vec![0.5; 5]), ProblemError::ConstantTarget);
    assert!(matches!(refused(&|problem| problem.families[0] = 9), ProblemError::Position { .. }));
    assert_eq!(refused(&|problem| problem.constraints = clashing.clone()), ProblemError::NoMixture);
}

#[test]
fn nothing_is_defined_on_a_draw_of_another_shape() {
    let (problem, settings) = (problem(), AnalysisSettings::default());
    let refitter = Refitter::new(&problem, &settings).unwrap();
    let fewer = CompressionColumns::new(&bits().columns(0, 2).into_owned()).unwrap();
    let targets = [vec![1.0, 2.0]];
    for sample in [
        Sample { model_weights: Some(&[1.0; 4]), ..Sample::default() },
        Sample { columns: Some(&fewer), ..Sample::default() },
        Sample { targets: Some(&targets), ..Sample::default() },
        Sample { targets: Some(&[]), ..Sample::default() },
    ] {
        assert_eq!((refitter.optimum(sample), refitter.recommended(sample, Held::default())), (None, None));
        assert_eq!(refitter.best_value(sample), None);
        let both = refitter.both(sample, Held::default());
        assert_eq!((both.optimum, both.recommended), (None, None));
    }
    // Folds of more models than there are.
    let fold = Fold::new(0, &[1], &[0, 0, 1, 1, 2, 3, 3], &[0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8]).unwrap();
    assert_eq!(fold.model_weights(5), [1.0, 1.0, 0.0, 0.0, 1.0]);
    assert_eq!(refitter.best_single_in(&fold), None);
    assert!(refitter.optimum_in(&fold).is_some());
    assert_eq!(refitter.recommended_in(&fold).len(), 3);
    assert_eq!(held_out_of(&bits(), &TARGET, std::slice::from_ref(&fold), &[None]), None);
    assert_eq!(held_out_single(&TARGET, &TARGET, &[fold]), None);
}

#[test]
fn held_out_figures_need_one_choice_for_each_fold() {
    let folds = family_folds(&FAMILIES, &TARGET);
    assert!(folds.len() > 1 && family_folds(&FAMILIES, &TARGET[..2]).is_empty());
    assert_eq!(held_out_of(&bits(), &TARGET, &folds, &[None]), None);
    assert_eq!(held_out_of(&bits(), &TARGET, &folds, &vec![Some(vec![1.0]); folds.len()]), None);
    assert_eq!(held_out_of(&bits(), &TARGET[..4], &folds, &vec![None; folds.len()]), None);
    assert_eq!(held_out_single(&TARGET[..4], &TARGET, &folds), None);
}

#[test]
fn a_bootstrap_draws_families_that_there_are() {
    let targets = [TARGET.to_vec()];
    let short = [vec![1.0]];
    let whole = Population { bits: &TARGET, targets: &targets, families: &FAMILIES, drawn: &[0, 1, 2], controls: &[] };
    let refused = |population| family_bootstrap(population, 10, 0, 0);
    is_count(refused(Population { bits: &TARGET[..4], ..whole }));
    is_count(refused(Population { families: &FAMILIES[..4], ..whole }));
    is_count(refused(Population { controls: &short, ..whole }));
    assert!(matches!(refused(Population { drawn: &[0, 3], ..whole }), Err(ProblemError::Position { .. })));
    assert!(matches!(refused(Population { bits: &[f64::NAN; 5], ..whole }), Err(ProblemError::BitsNotFinite { .. })));
}

#[test]
fn figures_of_values_that_are_not_paired_are_not_defined() {
    let (long, short) = ([1.0, 2.0, 4.0], [1.0, 3.0]);
    assert_eq!((pearson(&long, &short), spearman(&long, &short), LinearLaw::fit(&long, &short)), (None, None, None));
    let found = evaluate(&long, &short);
    assert_eq!((found.pearson, found.spearman, found.law), (None, None, None));
    assert_eq!(Agreement::of(&long, &short), None);
    assert!(Paired::new(&long, &long, &[0, 1]).is_none());
    let paired = Paired::new(&long, &long, &[0, 1, 1]).unwrap();
    assert_eq!((paired.agreement(&[1.0]), paired.pearson(&[1.0; 3])), (None, None));
    // A domain that a mixture does not name has no share in it.
    assert_eq!(mixed_bits(&bits(), &[1.0]), bits().column(0).as_slice());
    assert_eq!(total_variation(&[0.5, 0.5], &[0.5, 0.0, 0.5]), 0.5);
    assert_eq!(distance(Distance::Quadratic, &[1.0], &[1.0, 0.0]), 0.0);
    assert_eq!(distance(Distance::KullbackLeibler, &[0.5, 0.5], &[1.0]), f64::INFINITY);
}

#[test]
fn an_estimator_makes_mixtures_of_the_domains_under_the_constraints() {
    let found = mixture_by_estimator(Estimator::Spearman, Projection::L2, &bits(), &TARGET, &Constraints::simplex(4));
    assert!(matches!(found, Err(EstimatorMixtureError::Problem(ProblemError::Count { .. }))), "{found:?}");
    let found =
        mixture_by_estimator(Estimator::Spearman, Projection::L2, &bits(), &TARGET[..3], &Constraints::simplex(3));
    assert!(matches!(found, Err(EstimatorMixtureError::Estimate(_))), "{found:?}");
}
