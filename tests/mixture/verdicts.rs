//! Sentences of a fit against its numbers, and claims against known truths.

use std::fmt::Write;

use mixopt_fit::{RecommendationStatus, Recommender, Silent};
use mixopt_mixture::{FitReport, FitSettings, Prior, Standing, find, in_words, signed};
use mixopt_study::{Study, StudyFiles};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

/// How bits and scores come about.
#[derive(Debug, Clone, Copy)]
struct Truth {
    domains: usize,
    families: usize,
    models_a_family: usize,
    /// What the score is made of: this share from the first domain, the rest from the mean of all.
    from_first: f64,
    /// Noise of the score beside a signal of standard deviation one.
    noise: f64,
    /// Scores are rounded to this many steps; none where zero.
    steps: usize,
}

/// A study of files in a folder, drawn from a truth: models have a skill, domains follow it with noise of their own, and two
/// benchmarks follow the domains.
fn study(truth: Truth, seed: u64, folder: &std::path::Path) -> Study {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut normal = || (0..12).map(|_| random.random::<f64>()).sum::<f64>() - 6.0;
    let mut bits = "model".to_string();
    (0..truth.domains).for_each(|d| write!(bits, ",d{d}").unwrap());
    let mut scores = "model,target,other\n".to_string();
    let mut models = "model,family\n".to_string();
    bits.push('\n');
    for family in 0..truth.families {
        let shared = 0.5 * normal();
        for model in 0..truth.models_a_family {
            let name = format!("f{family}m{model}");
            let skill = shared + normal();
            let compression: Vec<f64> = (0..truth.domains).map(|_| skill + 0.7 * normal()).collect();
            let mean = compression.iter().sum::<f64>() / truth.domains as f64;
            let signal = truth.from_first * compression[0] + (1.0 - truth.from_first) * mean;
            let score = |noise: f64| {
                let score = 0.5 + 0.08 * (signal + noise).clamp(-5.0, 5.0);
                match truth.steps {
                    0 => score,
                    steps => (score * steps as f64).round() / steps as f64,
                }
            };
            bits += &name;
            compression.iter().for_each(|value| write!(bits, ",{}", 1.5 - 0.05 * value).unwrap());
            bits.push('\n');
            writeln!(scores, "{name},{},{}", score(truth.noise * normal()), score(3.0 * normal())).unwrap();
            writeln!(models, "{name},{family}").unwrap();
        }
    }
    let file = |name: &str, text: &str| {
        let path = folder.join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let mut files = StudyFiles::new(file("bpc.csv", &bits), file("scores.csv", &scores));
    files.models = Some(file("models.csv", &models));
    Study::read(&files).unwrap()
}

/// A mixture file with these shares.
fn mixture_file(folder: &std::path::Path, shares: &[f64]) -> String {
    let mut text = "mixopt_mixture: 1\nunit: characters\nkind: given\nname: today\nweights:\n".to_string();
    shares.iter().enumerate().for_each(|(d, share)| writeln!(text, "  d{d}: {share}").unwrap());
    let path = folder.join("today.yaml");
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}

/// The sentence that begins so.
fn sentence<'a>(report: &'a FitReport, begins: &[&str]) -> Option<&'a str> {
    report.verdict.iter().map(String::as_str).find(|sentence| begins.iter().any(|begin| sentence.starts_with(begin)))
}

/// Holds every sentence of a report against its numbers.
fn check(report: &FitReport, what: &str) {
    let decision = &report.answer.decision;
    let recommended = &report.answer.recommended;
    let text = report.verdict.join("\n");
    assert!(report.verdict.len() <= 4, "{what}: {text}");
    if report.answer.optimum.weights.is_none() {
        assert!(text.contains("No mixture of these domains correlates positively") && !text.contains("etter than"));
        return;
    }
    let train = sentence(report, &["Train on", "Keep"]).unwrap_or_else(|| {
        let worse = report.verdict.iter().find(|sentence| sentence.contains("does worse")).expect(what);
        assert_eq!(decision.train_on.standing, Standing::Worse);
        worse
    });
    let judged = &decision.train_on;
    // The figures are those of the numbers.
    for judged in std::iter::once(judged).chain(&decision.measure_with) {
        if let (Some(ours), Some(theirs), Some(difference)) =
            (judged.held_out, judged.against_held_out, judged.difference)
        {
            assert!((ours - theirs - difference).abs() < 1e-9, "{what}");
        }
        if let Some(interval) = judged.interval {
            match judged.standing {
                Standing::Better => assert!(interval.lower > 0.0),
                Standing::Worse => assert!(interval.upper < 0.0),
                Standing::NotDistinguishable => assert!(
                    interval.contains(0.0) || decision.chance.is_some_and(|chance| !chance.is_beyond),
                    "{what}: {judged:?}"
                ),
                Standing::Same | Standing::NotTested => {}
            }
        } else {
            assert!(matches!(judged.standing, Standing::NotTested | Standing::Same), "{what}: {judged:?}");
        }
    }
    // A claim has its interval, and the one that was computed.
    let claims = ["does better than", "does worse", "cannot be told apart", "better than", "not distinguishable"];
    for sentence in &report.verdict {
        let is_claim = claims.iter().any(|claim| sentence.contains(claim));
        assert!(!is_claim || sentence.contains("interval"), "{what}: {sentence}");
    }
    if let (Standing::Better | Standing::Worse | Standing::NotDistinguishable, Some(interval)) =
        (judged.standing, judged.interval)
    {
        for value in [judged.difference.unwrap(), interval.lower, interval.upper] {
            assert!(train.contains(&signed(value)), "{what}: {train} lacks {}", signed(value));
        }
    }
    // One decision: what is named is what is recommended, and nothing is ahead of itself.
    assert!(train.contains(&in_words(&recommended.weights)), "{what}: {train}");
    assert_eq!(train.contains("does better than"), judged.standing == Standing::Better, "{what}: {train}");
    assert_eq!(train.starts_with("Keep"), judged.keeps, "{what}: {train}");
    assert_eq!(report.answer.candidate.is_some(), judged.keeps);
    if judged.keeps {
        assert_eq!(recommended.weights, recommended.prior_weights, "{what}");
        assert_eq!(recommended.status, RecommendationStatus::KeptCenter);
    }
    let distance: f64 =
        recommended.weights.values().zip(recommended.prior_weights.values()).map(|(a, b)| (a - b).abs()).sum();
    assert!(distance > 1e-9 || judged.standing == Standing::Same || judged.keeps, "{what}: {train}");
    // Chance: the p-value that counts.
    if let Some(chance) = decision.chance {
        assert_eq!(text.contains("beyond chance"), chance.p <= 0.05, "{what}: {text}");
        assert_eq!(text.contains("does not show that these domains are related"), chance.p > 0.05, "{what}: {text}");
        if chance.p > 0.05 {
            assert!(!train.contains("does better"), "{what}: {train}");
        }
        let significance = report.trust.significance.as_ref().unwrap();
        let target = &report.question.target;
        match significance.tried.get(target) {
            Some(tried) => {
                assert_eq!((chance.p, chance.uncorrected_p), (tried.adjusted_p, Some(tried.p)));
                assert!(text.contains("corrected for the 2 targets tried"), "{what}: {text}");
            }
            None => assert_eq!(chance.uncorrected_p, None),
        }
        assert_eq!(text.matches("p = ").count() + text.matches("p ≤ ").count(), 1, "{what}: {text}");
    } else {
        assert!(!text.contains("chance"));
    }
    // Few families are said to be few.
    assert_eq!(decision.provisional, report.question.families < 8);
    assert_eq!(report.warnings.iter().any(|warning| warning.contains("provisional")), decision.provisional);
}

#[test]
fn no_sentence_contradicts_a_number_or_another_sentence() {
    let seen: Vec<Standing> = (0..240_u64)
        .into_par_iter()
        .filter_map(|seed| {
            let mut random = ChaCha8Rng::seed_from_u64(1000 + seed);
            let truth = Truth {
                domains: 2 + (seed % 4) as usize,
                families: [3, 5, 7, 9, 14][(seed % 5) as usize],
                models_a_family: 1 + (seed % 3) as usize,
                from_first: [0.0, 0.5, 1.0][(seed / 2 % 3) as usize],
                noise: [0.3, 1.0, 4.0, 1000.0][(seed / 3 % 4) as usize],
                steps: [0, 0, 6][(seed / 5 % 3) as usize],
            };
            let folder = tempfile::tempdir().unwrap();
            let study = study(truth, seed, folder.path());
            let mut settings = FitSettings { refits: Some(100), ..FitSettings::new("target") };
            match seed % 8 {
                1 => settings.max_weight = 0.6,
                2 | 3 => {
                    let parts: Vec<f64> = (0..truth.domains).map(|_| 0.05 + random.random::<f64>()).collect();
                    let total: f64 = parts.iter().sum();
                    let mut shares: Vec<f64> = parts.iter().map(|part| (part / total * 1e6).round() / 1e6).collect();
                    shares[0] = ((1.0 - shares[1..].iter().sum::<f64>()) * 1e6).round() / 1e6;
                    settings.prior = Prior::Mixture(mixture_file(folder.path(), &shares));
                }
                4 => settings.tried = vec!["all".to_string()],
                5 => settings.recommender = Recommender::LeastChange,
                6 => settings.refits = Some(0),
                _ => {}
            }
            let report = find(&study, &settings, &Silent).ok()?;
            check(&report, &format!("seed {seed}"));
            Some(report.answer.decision.train_on.standing)
        })
        .collect();
    assert!(seen.len() > 200, "{}", seen.len());
    // Every outcome has been seen, but for mixtures that are the same.
    for standing in [Standing::Better, Standing::NotDistinguishable, Standing::NotTested] {
        assert!(seen.iter().filter(|seen| **seen == standing).count() > 10, "{standing:?}");
    }
}

/// How often each standing comes out of studies of a known truth, intervals alone deciding.
fn standings(truth: Truth, studies: u64, seed: u64) -> Vec<Standing> {
    (0..studies)
        .into_par_iter()
        .map(|index| {
            let folder = tempfile::tempdir().unwrap();
            let study = study(truth, seed + index, folder.path());
            let settings = FitSettings { refits: Some(0), replicates: 2, ..FitSettings::new("target") };
            find(&study, &settings, &Silent).unwrap().answer.decision.train_on.standing
        })
        .collect()
}

fn share(standings: &[Standing], of: Standing) -> f64 {
    standings.iter().filter(|standing| **standing == of).count() as f64 / standings.len() as f64
}

/// Where equal shares are the truth no mixture is better, and where one domain is all, it is.
fn truths(families: usize) -> [Truth; 2] {
    let equal = Truth { domains: 4, families, models_a_family: 2, from_first: 0.0, noise: 0.7, steps: 0 };
    [equal, Truth { from_first: 1.0, noise: 0.3, ..equal }]
}

#[test]
fn better_is_said_where_it_is_true() {
    let [equal, first] = truths(12);
    let wrong = share(&standings(equal, 60, 50_000), Standing::Better);
    assert!(wrong <= 0.05, "{wrong}");
    let right = share(&standings(first, 30, 90_000), Standing::Better);
    assert!(right >= 0.9, "{right}");
}

#[test]
#[ignore = "takes minutes and prints a table"]
fn table() {
    for families in [6, 9, 12] {
        let [equal, first] = truths(families).map(|truth| standings(truth, 400, 10_000));
        println!(
            "| {families} | {:.1}% | {:.1}% | {:.1}% |",
            100.0 * share(&equal, Standing::Better),
            100.0 * share(&first, Standing::Better),
            100.0 * share(&first, Standing::NotDistinguishable)
        );
    }
}
