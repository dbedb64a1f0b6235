use super::constraints::Constraints;
use super::design::Design;
#[derive(Debug, Clone, PartialEq)]
pub struct Prices {
    pub rows: Vec<f64>,
    pub least: Vec<f64>,
    pub greatest: Vec<f64>,
    pub residual: f64,
}
pub fn prices(_: &Design, c: &Constraints, w: &[f64]) -> Prices {
    Prices { rows: vec![0.0; c.rows().len()], least: vec![0.0; w.len()], greatest: vec![0.0; w.len()], residual: 0.0 }
}
