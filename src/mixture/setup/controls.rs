//! What a fit controls for.

use mixopt_base::Setting;
use mixopt_study::{JoinedStudy, Study, StudyError};

use crate::settings::fit_settings::{Control, FitSettings};

/// Fewest models for which the recommendation controls for model size on its own.
const LEAST_MODELS_TO_CONTROL: usize = 10;
/// The control that a recommendation uses where sizes are known.
pub(crate) const SIZE: &str = "log_parameters";

/// A covariate with its name.
pub(crate) type Covariate = Option<(String, Vec<f64>)>;

/// The controls of the optimum and of the recommendation.
pub(crate) fn controls(
    study: &Study,
    joined: &JoinedStudy,
    settings: &FitSettings,
    messages: &mut Vec<String>,
) -> Result<(Covariate, Covariate), StudyError> {
    let named = |name: &str| -> Result<Vec<f64>, StudyError> {
        let no_table = || StudyError::Setting {
            setting: Setting::Control,
            found: name.to_string(),
            problem: "no models table".to_string(),
            expected: format!("`{}` with that column, or `{} none`", Setting::ModelsTable.to_give(), Setting::Control),
        };
        // A study without one may still know sizes.
        let table = study.models.as_ref().ok_or_else(no_table)?;
        let is_given = study.inputs.iter().any(|input| input.role == "models");
        match table.covariate(name, &joined.models) {
            Err(StudyError::Unknown { .. }) if !is_given => Err(no_table()),
            values => values,
        }
    };
    let without = |values: &[f64]| -> Vec<String> {
        joined.models.iter().zip(values).filter(|(_, value)| value.is_nan()).map(|(model, _)| model.clone()).collect()
    };
    match &settings.control {
        Control::None => Ok((None, None)),
        Control::Column(name) => {
            let values = named(name)?;
            let lacking = without(&values);
            if !lacking.is_empty() {
                return Err(StudyError::Setting {
                    setting: Setting::Control,
                    found: name.clone(),
                    problem: format!("no value for {}", mixopt_base::list(&lacking)),
                    expected: format!(
                        "a column that every model has; fill it or exclude these models with `{}`",
                        Setting::ExcludeModels
                    ),
                });
            }
            let control = Some((name.clone(), values));
            Ok((control.clone(), control))
        }
        Control::Automatic => {
            let values = named(SIZE);
            if let Err(error @ StudyError::Unusable(_)) = values {
                return Err(error);
            }
            let Ok(values) = values else {
                messages.push(
                    "model sizes are unknown, so the recommendation does not control for them (give them as `parameters` in a \
                     models table)"
                        .to_string(),
                );
                return Ok((None, None));
            };
            let lacking = without(&values);
            if !lacking.is_empty() {
                messages.push(format!(
                    "the recommendation does not control for size: no parameters are known for {}",
                    mixopt_base::list(&lacking)
                ));
                return Ok((None, None));
            }
            if joined.models.len() < LEAST_MODELS_TO_CONTROL {
                messages.push(format!(
                    "the recommendation does not control for size: {} models are too few; {LEAST_MODELS_TO_CONTROL} are needed",
                    joined.models.len()
                ));
                return Ok((None, None));
            }
            Ok((None, Some((SIZE.to_string(), values))))
        }
    }
}
