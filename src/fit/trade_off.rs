use super::constraints::Constraints;
use super::design::Design;
use super::nearest::Distance;
#[derive(Debug, Clone, PartialEq)]
pub struct TradeOffPoint {
    pub threshold: f64,
    pub correlation: f64,
    pub distance: f64,
    pub weights: Vec<f64>,
}
pub fn trade_off(_: &Design, _: &Constraints, _: &[f64], _: Distance, _: &[f64], _: usize) -> Vec<TradeOffPoint> {
    Vec::new()
}
