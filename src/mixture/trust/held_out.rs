//! Ways of choosing a mixture on families that they have not seen, and what more models would tell: names for both.

use mixopt_base::Observer;
use mixopt_fit::Refitter;
use mixopt_trust::{
    Comparison, ComparisonSettings, DifferenceSettings, FigureDifference, Given, Halves, LearningCurveSettings,
    MethodFigures, PowerSettings, ProtocolFigures, compare, learning_curve, power,
};

use crate::settings::fit_settings::{FitSettings, Prior};
use crate::setup::case::Case;
use crate::setup::controls::SIZE;
use crate::trust::findings::{
    KindFindings, LeadInterval, LearningPoint, MethodFindings, PowerFindings, PowerWidth, ProtocolFindings,
};
use crate::trust::input::Examined;

/// Repeats of random folds.
const REPEATS: usize = 10;
/// The same where domains are many.
const REPEATS_OF_MANY: usize = 2;
/// Draws of each point of the learning curve.
const CURVE_DRAWS: usize = 50;
/// The same where domains are many.
const CURVE_DRAWS_OF_MANY: usize = 4;

/// All ways of choosing a mixture, under both protocols; a mixture that is given is one of them.
pub(crate) fn compared(
    case: &Case,
    settings: &FitSettings,
    refitter: &Refitter,
    given: Option<&[f64]>,
    observer: &dyn Observer,
) -> Comparison {
    let ground = &case.ground;
    let mixtures = Given {
        mixture: given.map(<[f64]>::to_vec),
        natural: ground.natural.clone().filter(|_| settings.prior != Prior::Natural),
        prior: (!matches!(settings.prior, Prior::None | Prior::Uniform)).then(|| ground.prior.shares.clone()),
    };
    let many = FitSettings::are_many(case.joined.domains.len());
    let comparison = ComparisonSettings {
        differences: DifferenceSettings {
            confidence: settings.confidence,
            seed: settings.seed,
            ..DifferenceSettings::default()
        },
        repeats: if many { REPEATS_OF_MANY } else { REPEATS },
        ..ComparisonSettings::default()
    };
    compare(refitter, &mixtures, comparison, observer)
}

/// Both protocols with names.
pub(crate) fn protocols(examined: &Examined, lacking: &mut Vec<String>) -> Vec<ProtocolFindings> {
    let found = examined.comparison;
    for skipped in &found.leave_one_family_out.skipped {
        let names: Vec<&str> =
            skipped.families.iter().map(|&family| examined.case.family_names[family].as_str()).collect();
        lacking.push(format!("family {} held out: {}", names.join(", "), skipped.reason));
    }
    vec![
        protocol("leave_one_family_out", &found.leave_one_family_out),
        protocol("repeated_k_fold", &found.repeated_folds),
    ]
}

/// Families that were held out in turn.
pub(crate) fn families_held_out(found: &ProtocolFigures) -> usize {
    found.folds - found.skipped.len().min(found.folds)
}

fn protocol(name: &str, found: &ProtocolFigures) -> ProtocolFindings {
    ProtocolFindings {
        protocol: name.to_string(),
        folds: if found.repeats == 1 { families_held_out(found) } else { found.folds },
        repeats: found.repeats,
        folds_left_out: found.skipped.len(),
        methods: found.methods.iter().map(|method| (method.method, findings(method))).collect(),
    }
}

fn findings(method: &MethodFigures) -> MethodFindings {
    let agreement = method.agreement.as_ref();
    let differences = method.first_less_this.as_ref();
    let lead = |of: &FigureDifference, sign: f64| {
        Some(LeadInterval {
            difference: sign * of.difference?,
            interval: of.interval.map(|interval| interval.times(sign)),
            is_clear: of.is_clear,
        })
    };
    MethodFindings {
        pearson: agreement.and_then(|agreement| agreement.pearson),
        partial: agreement.and_then(|agreement| agreement.partial),
        spearman: agreement.and_then(|agreement| agreement.spearman),
        rmse: agreement.map(|agreement| agreement.rmse),
        order: agreement.and_then(|agreement| agreement.order_accuracy),
        lead: differences.and_then(|differences| lead(&differences.pearson, 1.0)),
        lead_partial: differences.and_then(|differences| lead(&differences.partial, 1.0)),
        optimum_lead: method.optimum_less_this.as_ref().and_then(|differences| lead(&differences.pearson, 1.0)),
        // A smaller error is better, so the first way leads where its error less the other's is negative.
        lead_rmse: differences.and_then(|differences| lead(&differences.rmse, -1.0)),
        lead_order: differences.and_then(|differences| lead(&differences.order_accuracy, 1.0)),
    }
}

/// What more models would tell.
pub(crate) fn more_models(examined: &Examined, observer: &dyn Observer, lacking: &mut Vec<String>) -> PowerFindings {
    let (refitter, settings) = (examined.refitter, examined.settings);
    let size = examined
        .study
        .models
        .as_ref()
        .and_then(|table| table.covariate(SIZE, &examined.case.joined.models).ok())
        .filter(|values| values.iter().all(|value| value.is_finite()));
    // What the weights would do takes refits and is not told.
    let simulated =
        PowerSettings { refits: 0, confidence: settings.confidence, seed: settings.seed, ..PowerSettings::default() };
    let kinds = match power(refitter, examined.weights(), examined.held(), size.as_deref(), simulated, observer) {
        Ok(found) => found.kinds,
        Err(error) => {
            lacking.push(format!("what more models would tell: {error}"));
            Vec::new()
        }
    };
    let most = 8 * refitter.problem().target.len();
    let kinds = kinds.iter().map(|kind| {
        let (models, most) = match kind.width_halves {
            Some(Halves::After(models)) => (Some(models), most),
            Some(Halves::NotBefore(most)) => (None, most),
            None => (None, most),
        };
        let widths = kind.points.iter().map(|point| PowerWidth { added: point.added, width: point.width }).collect();
        KindFindings { kind: kind.kind, models, most, widths }
    });
    let kinds = kinds.collect();
    let curve = match examined.given {
        None => {
            let curve = LearningCurveSettings {
                draws: if examined.many_domains() { CURVE_DRAWS_OF_MANY } else { CURVE_DRAWS },
                seed: settings.seed,
                ..LearningCurveSettings::default()
            };
            learning_curve(refitter, examined.held(), curve, observer)
        }
        Some(_) => Vec::new(),
    };
    let point = |point: &mixopt_trust::LearningCurvePoint| LearningPoint {
        families: point.families,
        recommended: point.recommended,
        optimum: point.optimum,
        uniform: point.uniform,
        moved: point.recommended_moves,
    };
    PowerFindings { kinds, learning_curve: curve.iter().map(point).collect() }
}
