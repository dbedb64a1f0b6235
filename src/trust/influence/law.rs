//! The line from bits to scores: outliers and influence.

use statrs::distribution::{ContinuousCDF, StudentsT};

use mixopt_fit::statistics::{LinearLaw, mean};

/// Level of a single test of a residual.
const LEVEL: f64 = 0.05;

/// Whether a model's residual is more than chance allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outlying {
    /// It is not.
    No,
    /// Beyond the 0.05 level of one test; among twenty models one such is expected.
    Unusual,
    /// Beyond the 0.05 level of as many tests as there are models (Bonferroni).
    Outlier,
}

/// Where a model lies. Both halves of the residual's sign mean something: above, a model scores better than its
/// compression says, as models do that were trained on text of the benchmark (arXiv 2404.09937, section 4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Better than its compression says.
    Above,
    /// Worse than its compression says.
    Below,
}

/// How one model lies to the law of all models.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ModelOnLaw {
    /// Score less the law's, in units of the score.
    pub residual: f64,
    /// Share of itself in its own fitted value, `1/N + (x − x̄)² / Σ(x − x̄)²`; from 1/N to 1.
    pub leverage: f64,
    /// Externally studentised residual: over its standard error, estimated without this model. `None` for three models
    /// or fewer, for a leverage of one, and where the other models lie exactly on a line.
    pub studentised: Option<f64>,
    /// Two-sided p-value of it, Student's t with N − 3 degrees of freedom. Zero for a model off the line that all others
    /// lie on; `None` where not defined.
    pub p_value: Option<f64>,
    /// Cook's distance: how far leaving the model out moves the law, squared, over its variance. `None` where no residual
    /// variance is left, for two models, or for a leverage of one.
    pub cooks_distance: Option<f64>,
    /// Whether the residual is more than chance allows.
    pub outlying: Outlying,
    /// Above or below the law; `None` for a residual of zero.
    pub side: Option<Side>,
}

/// The law with every model's place.
#[derive(Debug, Clone, PartialEq)]
pub struct LawDiagnostics {
    /// The line, by least squares.
    pub law: LinearLaw,
    /// Each model, in the order given.
    pub models: Vec<ModelOnLaw>,
    /// Studentised residuals beyond this are outliers (Bonferroni); `None` for three models or fewer.
    pub outlier_beyond: Option<f64>,
    /// Studentised residuals beyond this are unusual.
    pub unusual_beyond: Option<f64>,
}

/// Fits `score ≈ a + b × bits` and tells how each model lies to it.
///
/// # Equation
/// With residuals `e`, leverages `h` and `S = Σe²`: `t_i = e_i / √(s_i² (1 − h_i))`, where
/// `s_i² = (S − e_i² / (1 − h_i)) / (N − 3)`, and Cook's `D_i = e_i² h_i / (2 s² (1 − h_i)²)` with `s² = S / (N − 2)`.
///
/// # Shapes
/// `bits`, `score`: models. Models of one family are not independent, so p-values are a little too small where large
/// families lie off the law together.
///
/// # Edge cases
/// `None` where all models have the same bits, for fewer than two models, or for slices of different lengths.
///
/// # Source
/// Belsley, Kuh and Welsch, Regression Diagnostics, 1980, chapter 2; Cook, Technometrics 19 (1977).
pub fn law_diagnostics(bits: &[f64], score: &[f64]) -> Option<LawDiagnostics> {
    if bits.len() != score.len() {
        return None;
    }
    let law = LinearLaw::fit(bits, score)?;
    let count = bits.len() as f64;
    let (mean_bits, mean_score) = (mean(bits), mean(score));
    let variation: f64 = bits.iter().map(|x| (x - mean_bits).powi(2)).sum();
    let size: f64 = score.iter().map(|y| (y - mean_score).abs()).fold(mean_score.abs(), f64::max);
    // Residuals of this size are the rounding of the line.
    let negligible = 1e-13 * size * count.sqrt();
    let residuals: Vec<f64> = bits
        .iter()
        .zip(score)
        .map(|(x, y)| (y - mean_score) - law.slope * (x - mean_bits))
        .map(|residual| if residual.abs() <= negligible { 0.0 } else { residual })
        .collect();
    let squares: f64 = residuals.iter().map(|residual| residual * residual).sum();
    let student = (bits.len() > 3).then(|| StudentsT::new(0.0, 1.0, count - 3.0).ok()).flatten();
    let models = bits
        .iter()
        .zip(&residuals)
        .map(|(x, &residual)| {
            let leverage = (1.0 / count + (x - mean_bits).powi(2) / variation).min(1.0);
            let left = 1.0 - leverage;
            let has_room = left > 1e-12;
            let others = if has_room { squares - residual * residual / left } else { 0.0 };
            let others_vary = others > 1e-12 * squares;
            let studentised = student
                .as_ref()
                .filter(|_| has_room && others_vary)
                .map(|_| residual / (others / (count - 3.0) * left).sqrt());
            let p_value = match (&student, studentised) {
                (Some(student), Some(t)) => Some((2.0 * student.cdf(-t.abs())).clamp(0.0, 1.0)),
                // All others lie exactly on a line: a residual is then this model's alone.
                (Some(_), None) if has_room && squares > 0.0 && residual != 0.0 => Some(0.0),
                _ => None,
            };
            let variance = squares / (count - 2.0);
            let cooks_distance = (has_room && bits.len() > 2 && squares > 0.0)
                .then(|| residual * residual * leverage / (2.0 * variance * left * left));
            let outlying = match p_value {
                Some(p) if p < LEVEL / count => Outlying::Outlier,
                Some(p) if p < LEVEL => Outlying::Unusual,
                _ => Outlying::No,
            };
            let side = match residual {
                0.0 => None,
                above if above > 0.0 => Some(Side::Above),
                _ => Some(Side::Below),
            };
            ModelOnLaw { residual, leverage, studentised, p_value, cooks_distance, outlying, side }
        })
        .collect();
    let beyond = |level: f64| student.as_ref().map(|student| student.inverse_cdf(1.0 - level / 2.0));
    Some(LawDiagnostics { law, models, outlier_beyond: beyond(LEVEL / count), unusual_beyond: beyond(LEVEL) })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made by benches/make_trust_law.py with statsmodels.
    #[derive(serde::Deserialize)]
    struct Stored {
        bits: Vec<f64>,
        score: Vec<f64>,
        leverage: Vec<f64>,
        studentised: Vec<f64>,
        p_value: Vec<f64>,
        cooks_distance: Vec<f64>,
        outlier_beyond: f64,
    }

    #[test]
    fn diagnostics_are_those_of_statsmodels() {
        let text = include_str!("../../../tests/data/trust_law.json");
        let stored: serde_json::Value = serde_json::from_str(text).unwrap();
        let cases: Vec<Stored> = serde_json::from_value(stored["law"].clone()).unwrap();
        assert!(cases.len() >= 4);
        for case in cases {
            let found = law_diagnostics(&case.bits, &case.score).unwrap();
            let near = |a: f64, b: f64| assert!((a - b).abs() <= 1e-8 * (1.0 + b.abs()), "{a} is not {b}");
            near(found.outlier_beyond.unwrap(), case.outlier_beyond);
            for (i, model) in found.models.iter().enumerate() {
                near(model.leverage, case.leverage[i]);
                near(model.studentised.unwrap(), case.studentised[i]);
                near(model.p_value.unwrap(), case.p_value[i]);
                near(model.cooks_distance.unwrap(), case.cooks_distance[i]);
                assert_eq!(model.outlying == Outlying::Outlier, case.studentised[i].abs() > case.outlier_beyond);
            }
        }
    }

    #[test]
    fn what_is_not_defined_is_none() {
        let three = law_diagnostics(&[1.0, 2.0, 3.0], &[0.3, 0.25, 0.1]).unwrap();
        assert!(three.models.iter().all(|m| m.studentised.is_none() && m.p_value.is_none()));
        assert!(three.models.iter().all(|m| m.cooks_distance.is_some() && m.outlying == Outlying::No));
        assert_eq!(three.outlier_beyond, None);
        // All on a line.
        let line = law_diagnostics(&[0.1, 0.2, 0.3, 0.4, 0.5], &[0.9, 0.8, 0.7, 0.6, 0.5]).unwrap();
        assert!(line.models.iter().all(|m| m.residual == 0.0 && m.side.is_none() && m.p_value.is_none()));
        // One model alone decides the slope.
        let alone = law_diagnostics(&[1.0, 1.0, 1.0, 1.0, 2.0], &[0.1, 0.2, 0.3, 0.2, 0.9]).unwrap();
        assert_eq!((alone.models[4].studentised, alone.models[4].cooks_distance), (None, None));
        assert!(law_diagnostics(&[1.0, 1.0, 1.0], &[0.1, 0.2, 0.3]).is_none());
        assert!(law_diagnostics(&[1.0], &[0.1]).is_none());
    }

    #[test]
    fn one_model_off_the_line_of_all_others_is_an_outlier_above_it() {
        let bits: Vec<f64> = (0..8).map(f64::from).collect();
        let mut score: Vec<f64> = bits.iter().map(|x| 1.0 - 0.125 * x).collect();
        score[3] += 0.25;
        let found = law_diagnostics(&bits, &score).unwrap();
        assert_eq!(found.models[3].outlying, Outlying::Outlier);
        assert_eq!(found.models[3].side, Some(Side::Above));
        assert!(found.models.iter().enumerate().all(|(i, m)| i == 3 || m.outlying == Outlying::No));
    }
}
