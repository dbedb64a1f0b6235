//! A study and settings made ready for a fit: complete matrices, constraints, controls.

use indexmap::IndexMap;
use mixopt_base::Setting;

use mixopt_fit::{Objective, Problem};
use mixopt_study::{DocumentSums, InputFile, JoinedStudy, Study, StudyError, StudySettings, Target};
use mixopt_trust::DocumentBits;

use crate::error::FitError;
use crate::report::report::CAUTION;
use crate::report::report::{Provenance, Question};
use crate::settings::fit_settings::{FitSettings, Prior};
use crate::setup::controls::controls;
use crate::setup::document_noise::{document_bits, measurement_messages};
use crate::setup::ground::Ground;
use crate::values::Program;

/// See the module.
pub(crate) struct Case {
    /// Models and domains that are complete.
    pub joined: JoinedStudy,
    /// Units, prior, supply and constraints.
    pub ground: Ground,
    /// The matrices.
    pub problem: Problem,
    /// Families by number.
    pub family_names: Vec<String>,
    /// Benchmarks behind the target with their weights.
    pub benchmarks: IndexMap<String, f64>,
    /// Names of the targets under the objective `worst`; else empty.
    pub target_names: Vec<String>,
    /// What the optimum controls for.
    pub optimum_control: Option<String>,
    /// What the recommendation controls for.
    pub recommended_control: Option<String>,
    /// Files read, with checksums.
    pub inputs: Vec<InputFile>,
    /// How the study was read.
    pub study_settings: StudySettings,
    /// What the reader should know.
    pub messages: Vec<String>,
}

impl Case {
    /// Reads the manifest and the prior that the settings name and joins the study.
    ///
    /// # Errors
    /// [`FitError`] where the study, the target, a name, a constraint, the manifest or the prior cannot be used.
    pub fn new(study: &Study, settings: &FitSettings) -> Result<Self, FitError> {
        settings.check()?;
        let target = Target::resolve(&settings.target, &study.definitions, &study.scores)?;
        let joined = study.join(&target, &settings.selection()?)?;
        let mut inputs = study.inputs.clone();
        let ground = Ground::new(settings, &joined.domains, joined.unit.into(), &mut inputs)?;
        let mut messages = study.compression.messages.clone();
        messages.extend(measurement_messages(study));
        messages.extend(study.scores.messages.iter().cloned());
        messages.extend(joined.messages.iter().cloned());
        messages.extend(target.messages());
        messages.extend(target.cautions.iter().map(|caution| format!("{CAUTION}{caution}")));
        messages.extend(ground.messages.iter().cloned());
        let (optimum_control, recommended_control) = controls(study, &joined, settings, &mut messages)?;
        let values = |control: &Option<(String, Vec<f64>)>| control.iter().map(|(_, values)| values.clone()).collect();
        let (families, family_names) = joined.family_numbers();
        let several = match settings.objective {
            Objective::Worst => several_targets(study, &joined, &settings.target)?,
            _ => Vec::new(),
        };
        let mut bits = joined.bits.clone();
        for (mut column, rate) in bits.column_iter_mut().zip(&ground.per_measured) {
            column /= *rate;
        }
        let problem = Problem {
            bits,
            target: if several.is_empty() { joined.target.clone() } else { standardised_mean(&several) },
            targets: several.iter().map(|(_, values)| values.clone()).collect(),
            families,
            optimum_controls: values(&optimum_control),
            recommended_controls: values(&recommended_control),
            constraints: ground.constraints.constraints.clone(),
            center: ground.prior.shares.clone(),
            shrink_to_center: settings.prior != Prior::None,
            most_domains: settings.most_domains,
        };
        let name_of = |control: Option<(String, Vec<f64>)>| control.map(|(name, _)| name);
        let benchmark = |&(column, weight): &(usize, f64)| (study.scores.benchmarks[column].name.clone(), weight);
        Ok(Self {
            benchmarks: target.columns.iter().map(benchmark).collect(),
            target_names: several.into_iter().map(|(name, _)| name).collect(),
            optimum_control: name_of(optimum_control),
            recommended_control: name_of(recommended_control),
            joined,
            ground,
            problem,
            family_names,
            study_settings: study.settings.clone(),
            inputs,
            messages,
        })
    }
}

impl Case {
    /// What is asked, of which study.
    pub fn question(&self, study: &Study, settings: &FitSettings) -> Question {
        Question {
            target: settings.target.clone(),
            benchmarks: self.benchmarks.clone(),
            study: study.name.clone(),
            unit: self.ground.unit,
            models: self.joined.models.len(),
            families: self.family_names.len(),
        }
    }

    /// All that is needed to ask again.
    pub fn record(&self, settings: &FitSettings, messages: Vec<String>) -> Provenance {
        Provenance {
            model_names: self.joined.models.clone(),
            family_names: self.family_names.clone(),
            dropped_models: self.joined.dropped_models.clone(),
            dropped_domains: self.joined.dropped_domains.clone(),
            messages,
            settings: settings.clone(),
            study_settings: self.study_settings.clone(),
            inputs: self.inputs.clone(),
            program: Program::this(),
        }
    }

    /// The documents of this case's models and domains, in the unit of its shares.
    ///
    /// # Errors
    /// Documents that do not fit the study.
    pub fn document_bits(&self, documents: &DocumentSums) -> Result<DocumentBits, FitError> {
        document_bits(documents, &self.joined, Some(&self.ground.per_measured)).map_err(FitError::Documents)
    }
}

/// The targets that an expression names, each on its own, for the models of the study.
fn several_targets(study: &Study, joined: &JoinedStudy, expression: &str) -> Result<Vec<(String, Vec<f64>)>, FitError> {
    let parts = study.parts_of(expression)?;
    if parts.len() < 2 {
        return Err(FitError::Setting {
            setting: Setting::Objective,
            found: "worst".to_string(),
            expected: format!("two or more targets (`{} a,b`)", Setting::Target),
        });
    }
    if parts.iter().any(|part| part.weight != 1.0) {
        return Err(FitError::Setting {
            setting: Setting::Target,
            found: expression.to_string(),
            expected: format!(
                "targets without weights for `{} worst`, which takes the lowest of their correlations",
                Setting::Objective
            ),
        });
    }
    parts
        .iter()
        .map(|part| {
            let target = Target::resolve(&part.name, &study.definitions, &study.scores)?;
            let values: Vec<f64> =
                joined.score_rows.iter().map(|&row| target.value(&study.scores, row).unwrap_or(f64::NAN)).collect();
            if mixopt_fit::statistics::is_constant(&values) {
                return Err(FitError::Study(StudyError::ConstantTarget {
                    target: part.name.clone(),
                    value: values.first().copied().unwrap_or(0.0),
                    models: values.len(),
                }));
            }
            Ok((part.name.clone(), values))
        })
        .collect()
}

/// The mean of the targets, each at mean zero and standard deviation one.
fn standardised_mean(targets: &[(String, Vec<f64>)]) -> Vec<f64> {
    let mut sum = vec![0.0; targets.first().map_or(0, |(_, values)| values.len())];
    for (_, values) in targets {
        let mean = mixopt_fit::statistics::mean(values);
        let spread = mixopt_fit::statistics::standard_deviation(values).unwrap_or(1.0);
        sum.iter_mut().zip(values).for_each(|(sum, value)| *sum += (value - mean) / spread / targets.len() as f64);
    }
    sum
}
