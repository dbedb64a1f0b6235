//! Where llama.cpp's converter has put rows and numbers elsewhere than Hugging Face keeps them, and the way back.

/// Which stored row each row of the Hugging Face tensor is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// The same.
    Stored,
    /// The rotary pairs of a head stand side by side in the file (rows `0, 1`, then `2, 3` …) and half a head apart in
    /// Hugging Face.
    RotaryHalves {
        /// Rows of a head.
        head: usize,
    },
    /// Queries, keys and values are three blocks in the file; in Hugging Face each group of heads has its queries, its
    /// key and its value together.
    Grouped {
        /// Key/value heads.
        groups: usize,
        /// Query heads of each.
        queries: usize,
        /// Rows of a head.
        head: usize,
    },
}

impl Order {
    /// The stored row that row `row` of the Hugging Face tensor is.
    pub(super) fn source(self, row: usize) -> usize {
        match self {
            Self::Stored => row,
            Self::RotaryHalves { head } => {
                let (start, within) = (row - row % head, row % head);
                let half = head / 2;
                start + within % half * 2 + within / half
            }
            Self::Grouped { groups, queries, head } => {
                let (slot, element) = (row / head, row % head);
                let (group, slot) = (slot / (queries + 2), slot % (queries + 2));
                let head_index = if slot < queries {
                    group * queries + slot
                } else {
                    // Keys stand after all queries, values after all keys.
                    groups * (queries + slot - queries) + group
                };
                head_index * head + element
            }
        }
    }

    /// Whether the order is one of `rows` rows.
    pub(super) fn fits(self, rows: usize) -> bool {
        match self {
            Self::Stored => true,
            Self::RotaryHalves { head } => head > 0 && head.is_multiple_of(2) && rows.is_multiple_of(head),
            Self::Grouped { groups, queries, head } => {
                let heads = queries.checked_add(2).and_then(|slots| slots.checked_mul(groups));
                head > 0 && heads.and_then(|heads| heads.checked_mul(head)) == Some(rows)
            }
        }
    }
}

/// What is done to every number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// Nothing.
    None,
    /// One is subtracted: the file holds the factor of a norm, Hugging Face what it differs from one by.
    SubtractOne,
    /// Logarithm of the negated number: the file holds `-exp(a)`, Hugging Face `a`.
    LogNegated,
}

impl Change {
    /// Applies it to all `values`; `false` where one has no logarithm.
    #[must_use]
    pub(super) fn apply(self, values: &mut [f32]) -> bool {
        match self {
            Self::None => true,
            Self::SubtractOne => {
                values.iter_mut().for_each(|value| *value -= 1.0);
                true
            }
            Self::LogNegated => {
                values.iter_mut().for_each(|value| *value = (-*value).ln());
                values.iter().all(|value| value.is_finite())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows numbered as Hugging Face has them, moved as the converter moves them.
    fn stored(rows: usize, convert: impl Fn(usize) -> usize) -> Vec<usize> {
        let mut stored = vec![usize::MAX; rows];
        for row in 0..rows {
            stored[convert(row)] = row;
        }
        assert!(!stored.contains(&usize::MAX), "the order must be a permutation");
        stored
    }

    #[test]
    fn rotary_halves_undo_the_side_by_side_pairs() {
        // A head of 6 rows with Hugging Face's pairs (0,3), (1,4), (2,5) is stored as 0 3 1 4 2 5.
        let order = Order::RotaryHalves { head: 6 };
        assert_eq!(stored(12, |row| order.source(row)), [0, 3, 1, 4, 2, 5, 6, 9, 7, 10, 8, 11]);
        assert!(order.fits(12) && !order.fits(10) && !Order::RotaryHalves { head: 3 }.fits(9));
    }

    #[test]
    fn grouped_undoes_the_three_blocks() {
        // Two groups of two queries, one row a head: q0 q1 k0 v0 q2 q3 k1 v1 is stored as q0 q1 q2 q3 k0 k1 v0 v1.
        let order = Order::Grouped { groups: 2, queries: 2, head: 1 };
        assert_eq!(stored(8, |row| order.source(row)), [0, 1, 4, 5, 2, 6, 3, 7]);
        // Two rows a head.
        let order = Order::Grouped { groups: 2, queries: 1, head: 2 };
        assert_eq!(stored(12, |row| order.source(row)), [0, 1, 6, 7, 2, 3, 8, 9, 4, 5, 10, 11]);
        assert!(order.fits(12) && !order.fits(11));
    }

    #[test]
    fn changes_of_numbers() {
        let mut values = [1.5, -0.25];
        assert!(Change::SubtractOne.apply(&mut values));
        assert_eq!(values, [0.5, -1.25]);
        let mut values = [-1.0, -std::f32::consts::E];
        assert!(Change::LogNegated.apply(&mut values));
        assert_eq!(values[0], 0.0);
        assert!((values[1] - 1.0).abs() < 1e-6);
        assert!(!Change::LogNegated.apply(&mut [1.0]), "a positive number has no logarithm here");
    }
}
