//! How often intervals of predictions hold on the embedded study: the figures of docs/predict.md.

use crate::FitSettings;
use crate::setup::case::Case;
use mixopt_fit::{Fold, Method, Refitter};
use mixopt_study::EmbeddedStudy;
use mixopt_trust::{Coverage, coverage};

const TARGETS: [&str; 5] = ["mmlu", "math", "coding", "knowledge", "overall"];
const CONFIDENCE: f64 = 0.9;

/// Which mixture is chosen anew in every fold.
#[derive(Debug, Clone, Copy)]
enum Mixture {
    Recommended,
    Optimum,
}

/// Everything as a fit for a target makes it by default, without the families judged.
fn cover(target: &str, mixture: Mixture, drop_families: &[&str]) -> Coverage {
    let study = EmbeddedStudy::find("huang2024").unwrap().read(None).unwrap();
    let mut settings = FitSettings::new(target);
    settings.drop_families = drop_families.iter().map(ToString::to_string).collect();
    let problem = Case::new(&study, &settings).unwrap().problem;
    let analysis = settings.analysis();
    let refitter = Refitter::new(&problem, &analysis).unwrap();
    let recommended = |fold: &Fold| Some(refitter.recommended_in(fold));
    let optimum = |fold: &Fold| refitter.optimum_in(fold);
    let method: &Method = match mixture {
        Mixture::Recommended => &recommended,
        Mixture::Optimum => &optimum,
    };
    coverage(&problem.bits, &problem.target, &problem.families, CONFIDENCE, method).unwrap()
}

fn pooled(found: &[Coverage]) -> f64 {
    let sum = |count: fn(&Coverage) -> usize| found.iter().map(count).sum::<usize>() as f64;
    sum(|found| found.covered) / sum(|found| found.models)
}

#[test]
fn intervals_of_the_optimum_hold_on_families_of_the_embedded_study() {
    let found = TARGETS.map(|target| cover(target, Mixture::Optimum, &[]));
    assert!(found.iter().all(|found| found.models == 19), "{found:?}");
    assert!((0.85..=0.95).contains(&pooled(&found)), "{found:?}");
}

/// Prints the table of docs/predict.md.
#[test]
#[ignore = "many bootstraps"]
fn intervals_hold_on_families_of_the_embedded_study() {
    for mixture in [Mixture::Recommended, Mixture::Optimum] {
        for dropped in [&[][..], &["Qwen"]] {
            let start = std::time::Instant::now();
            let found = TARGETS.map(|target| {
                let found = cover(target, mixture, dropped);
                let width = found.mean_width / found.spread;
                let Coverage { covered, models, .. } = found;
                println!("{mixture:?} without {dropped:?}, {target}: {covered} of {models}, width {width:.2}");
                found
            });
            println!("{mixture:?} without {dropped:?}: {:.1}%, {:?}", 100.0 * pooled(&found), start.elapsed());
            assert!(pooled(&found) <= 0.97, "{found:?}");
        }
    }
}
