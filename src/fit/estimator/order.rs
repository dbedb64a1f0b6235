//! The models in ascending order of their bits on one domain.

/// Sorts one column after another in memory of its own.
///
/// # Method
/// Plain integers sort faster than pairs of a value and an index. A finite value becomes an integer of the same order,
/// whose lowest bits make room for the index: 7 of 64 for 90 models. Values that differ in these bits alone meet as
/// neighbours, and only such runs are sorted again by the values themselves.
pub(super) struct Sorter {
    words: Vec<u64>,
    index_mask: u64,
}

/// One column's models in ascending order.
pub(super) struct Order<'a> {
    /// Index of a model in the lowest bits.
    words: &'a [u64],
    index_mask: u64,
    column: &'a [f64],
    tied: bool,
}

/// An integer that orders as the finite value does; both zeros are one value.
fn key(value: f64) -> u64 {
    const SIGN: u64 = 1 << 63;
    let bits = (value + 0.0).to_bits();
    if bits & SIGN == 0 { bits | SIGN } else { !bits }
}

impl Sorter {
    /// For columns of this many models.
    pub(super) fn new(models: usize) -> Self {
        let index_bits = usize::BITS - models.saturating_sub(1).leading_zeros();
        Self { words: Vec::with_capacity(models), index_mask: (1 << index_bits) - 1 }
    }

    /// The order of a column; `None` where a value is not finite.
    pub(super) fn sort<'a>(&'a mut self, column: &'a [f64]) -> Option<Order<'a>> {
        if !column.iter().fold(true, |finite, value| finite & value.is_finite()) {
            return None;
        }
        self.fill(0..column.len(), column);
        self.words.sort_unstable();
        Some(self.resolve(column))
    }

    /// The order of a column of finite values, from one that may be wrong only among values that are alike but for their
    /// lowest bits.
    pub(super) fn settle<'a>(&'a mut self, models: impl Iterator<Item = usize>, column: &'a [f64]) -> Order<'a> {
        self.fill(models, column);
        self.resolve(column)
    }

    fn fill(&mut self, models: impl Iterator<Item = usize>, column: &[f64]) {
        self.words.clear();
        self.words.extend(models.map(|model| (key(column[model]) & !self.index_mask) | model as u64));
    }

    /// Orders the runs of like words by the values themselves.
    fn resolve<'a>(&'a mut self, column: &'a [f64]) -> Order<'a> {
        let mask = self.index_mask;
        let value = |word: u64| column[(word & mask) as usize];
        let mut tied = false;
        for run in self.words.chunk_by_mut(|a, b| (a ^ b) & !mask == 0).filter(|run| run.len() > 1) {
            run.sort_unstable_by_key(|&word| (key(value(word)), word));
            tied |= run.iter().zip(run.iter().skip(1)).any(|(&a, &b)| value(a) == value(b));
        }
        Order { words: &self.words, index_mask: mask, column, tied }
    }
}

impl Order<'_> {
    /// Number of models.
    pub(super) fn len(&self) -> usize {
        self.words.len()
    }

    /// Whether any two models have the same bits.
    pub(super) fn is_tied(&self) -> bool {
        self.tied
    }

    /// Indices of the models in ascending order, tied ones beside each other.
    pub(super) fn models(&self) -> impl ExactSizeIterator<Item = usize> {
        self.indices(self.words)
    }

    /// Indices of the models with the same bits, group after group, in ascending order.
    pub(super) fn groups(&self) -> impl Iterator<Item = impl ExactSizeIterator<Item = usize> + Clone> {
        let value = |word: u64| self.column[(word & self.index_mask) as usize];
        self.words.chunk_by(move |&a, &b| value(a) == value(b)).map(|words| self.indices(words))
    }

    fn indices(&self, words: &[u64]) -> impl ExactSizeIterator<Item = usize> + Clone {
        words.iter().map(|word| (word & self.index_mask) as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order_of(column: &[f64]) -> Vec<usize> {
        Sorter::new(column.len()).sort(column).unwrap().models().collect()
    }

    #[test]
    fn values_that_share_all_but_their_lowest_bits_are_told_apart() {
        let mut column: Vec<f64> = (0..100).map(|step| f64::from_bits(1.0_f64.to_bits() + 7 * (step % 100))).collect();
        column.reverse();
        assert!(order_of(&column).into_iter().eq((0..100).rev()));
        let mut sorter = Sorter::new(100);
        assert!(!sorter.sort(&column).unwrap().is_tied());
        column[40] = column[70];
        let order = sorter.sort(&column).unwrap();
        assert!(order.is_tied());
        assert_eq!(order.groups().filter(|group| group.len() == 2).count(), 1);
        assert_eq!(order.groups().count(), 99);
    }

    #[test]
    fn signs_and_zeros_are_in_their_places() {
        let column = [f64::MAX, -1e-300, 0.0, f64::MIN, -0.0, 1e-300];
        let mut sorter = Sorter::new(column.len());
        let order = sorter.sort(&column).unwrap();
        let groups: Vec<Vec<usize>> = order.groups().map(Iterator::collect).collect();
        assert_eq!(groups, [vec![3], vec![1], vec![2, 4], vec![5], vec![0]]);
    }

    #[test]
    fn what_is_not_finite_has_no_order() {
        assert!(Sorter::new(2).sort(&[1.0, f64::NAN]).is_none());
        assert!(Sorter::new(2).sort(&[f64::NEG_INFINITY, 1.0]).is_none());
    }
}
