use super::constraints::Row;
#[derive(Debug, Clone)]
pub struct Part {
    pub rows: Vec<Row>,
}
pub fn clash(_: &[Part], _: usize) -> Option<Vec<usize>> {
    None
}
