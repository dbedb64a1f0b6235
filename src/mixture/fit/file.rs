//! The mixture file of a fit.

use crate::file::file_trust::FileTrust;
use crate::file::fit_record::{
    FileBaseline, FileBaselines, FileHeldOut, FileOptimum, FileRecommendation, FileTracked, FileTradeOff, FitRecord,
};
use crate::file::format::{MixtureFile, VERSION, exact};
use crate::file::rounding::{rounded, significant};
use crate::fit::findings::{FitReport, RidgeFindings, TradeOff};
use crate::report::figures::{HeldOutFigures, Tracked};
use crate::values::Kind;
use mixopt_study::StudySettings;

impl MixtureFile {
    /// The file of a fit's recommended mixture or optimum. `None` for [`Kind::Optimum`] where no mixture correlates
    /// positively.
    pub fn new(report: &FitReport, kind: Kind) -> Option<Self> {
        let (optimum, recommended) = (&report.answer.optimum, &report.answer.recommended);
        let (weights, figures, held_out) = match kind {
            Kind::Optimum => (optimum.weights.as_ref()?, optimum.figures, report.held_out.optimum),
            _ => (&recommended.weights, recommended.figures, report.held_out.recommended),
        };
        let pearson = |figures: Option<HeldOutFigures>| figures.and_then(|f| f.pearson);
        let record = FitRecord {
            target: report.question.target.clone(),
            benchmarks: report.question.benchmarks.clone(),
            in_sample: figures,
            held_out: held_out.map(|held_out| FileHeldOut {
                protocol: report.held_out.protocol.clone(),
                folds: report.held_out.folds,
                pearson: held_out.pearson,
                spearman: held_out.spearman,
                rmse: held_out.rmse,
            }),
            optimum: FileOptimum {
                weights: optimum.weights.as_ref().map(exact),
                criterion: optimum.criterion.clone(),
                correlation: optimum.correlation,
                bound: optimum.bound,
                gap: optimum.gap,
                status: optimum.status,
                uniqueness: optimum.uniqueness,
                binding: optimum.binding.clone(),
            },
            recommendation: FileRecommendation {
                status: recommended.status,
                criterion: recommended.criterion.clone(),
                prior: recommended.prior.clone(),
                prior_weights: report.baselines.prior.is_some().then(|| exact(&recommended.prior_weights)),
                best: recommended.best,
                standard_error: recommended.standard_error,
                threshold: recommended.threshold,
                correlation: recommended.correlation,
                ridge: recommended.ridge.as_ref().map(|ridge| RidgeFindings { path: Vec::new(), ..ridge.clone() }),
            },
            baselines: FileBaselines {
                uniform: FileBaseline {
                    name: "uniform".to_string(),
                    pearson: report.baselines.uniform.pearson,
                    held_out_pearson: pearson(report.held_out.baselines.uniform),
                },
                prior: report.baselines.prior.map(|figures| FileBaseline {
                    name: recommended.prior.clone(),
                    pearson: figures.pearson,
                    held_out_pearson: pearson(report.held_out.baselines.prior),
                }),
                best_single: report.best_single().map(|(name, figures)| FileBaseline {
                    name: name.to_string(),
                    pearson: figures.pearson,
                    held_out_pearson: pearson(report.held_out.best_single),
                }),
            },
            by_target: report.answer.by_target.clone(),
            trade_off: report.answer.trade_off.iter().map(FileTradeOff::of).collect(),
            tracked: report
                .tracked
                .iter()
                .map(|(name, tracked)| (name.clone(), FileTracked::of(tracked, kind)))
                .collect(),
            trust: Some(FileTrust::of(&report.trust, kind, report.answer.candidate.is_some())),
            prediction: None,
            models: report.record.model_names.clone(),
            families: report.record.family_names.clone(),
            dropped_models: report.record.dropped_models.clone(),
            dropped_domains: report.record.dropped_domains.clone(),
            settings: report.record.settings.clone(),
            study: report.question.study.clone(),
            study_settings: Some(report.record.study_settings.clone())
                .filter(|study| *study != StudySettings::embedded(&report.question.study)),
            inputs: report.record.inputs.clone(),
        };
        let prediction = report.answer.prediction.as_ref().and_then(|prediction| match kind {
            Kind::Optimum => prediction.optimum.clone(),
            _ => prediction.recommended.clone(),
        });
        let record = FitRecord { prediction: significant(prediction), ..rounded(record) };
        Some(Self {
            mixopt_mixture: VERSION,
            unit: report.question.unit,
            weights: exact(weights),
            kind,
            name: None,
            source: None,
            tokenizer: None,
            stages: Vec::new(),
            supply: report.answer.supply.clone().filter(|_| kind != Kind::Optimum),
            fit: Some(record),
            plan: None,
            program: Some(report.record.program.clone()),
        })
    }
}

impl FileTracked {
    fn of(tracked: &Tracked, kind: Kind) -> Self {
        let pearson = if kind == Kind::Optimum { tracked.optimum } else { tracked.recommended };
        Self { models: tracked.models, pearson, prior: tracked.prior }
    }
}

impl FileTradeOff {
    fn of(point: &TradeOff) -> Self {
        Self { distance: point.distance, correlation: point.correlation }
    }
}
