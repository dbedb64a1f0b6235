use super::constraints::Constraints;
use super::design::Design;
use super::optimum::OptimumStatus;
pub struct StageProblem<'a> {
    pub design: &'a Design<'a>,
    pub constraints: &'a Constraints,
    pub budget: f64,
}
#[derive(Debug, Clone)]
pub struct StagesOptimum {
    pub weights: Vec<Vec<f64>>,
    pub share_of_best: f64,
    pub correlations: Vec<f64>,
    pub alone: Vec<f64>,
    pub bound: f64,
    pub supply_prices: Vec<f64>,
    pub status: OptimumStatus,
}
pub fn best_stages(_: &[StageProblem], _: &[f64]) -> StagesOptimum {
    StagesOptimum {
        weights: vec![],
        share_of_best: 0.0,
        correlations: vec![],
        alone: vec![],
        bound: 1.0,
        supply_prices: vec![],
        status: OptimumStatus::NotCertified,
    }
}
pub fn nearest_stages(
    _: &[StageProblem],
    _: &[f64],
    _: &[Vec<f64>],
    _: &[f64],
    _: &[Vec<f64>],
) -> Option<Vec<Vec<f64>>> {
    None
}
