//! Which rows of a stored matrix a linear map has, in which order: a rule, from which the numbers of the rows are made only
//! when the matrix is known to have them.

/// An order of the rows of a stored matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Selection {
    /// Queries, then keys, then values of a matrix that holds, for each of `groups`, `queries` query heads, a key head and a
    /// value head of `width` rows each.
    Grouped {
        /// Key and value heads.
        groups: usize,
        /// Query heads of each.
        queries: usize,
        /// Rows of a head.
        width: usize,
    },
    /// Queries, then keys, then values of `blocks` blocks that each hold `part` rows of the queries, of the values and of the
    /// keys.
    Blocks {
        /// Blocks.
        blocks: usize,
        /// Rows of each of the three in a block.
        part: usize,
    },
}

impl Selection {
    /// How many rows there are.
    pub fn count(self) -> usize {
        match self {
            Self::Grouped { groups, queries, width } => groups * (queries + 2) * width,
            Self::Blocks { blocks, part } => 3 * blocks * part,
        }
    }

    /// Their numbers in the stored matrix.
    pub fn rows(self) -> Vec<u32> {
        let run = |start: usize, length: usize| (start..start + length).map(|row| row as u32);
        match self {
            Self::Grouped { groups, queries, width } => {
                let part = |offset: usize, heads: usize| {
                    (0..groups).flat_map(move |group| run((group * (queries + 2) + offset) * width, heads * width))
                };
                part(0, queries).chain(part(queries, 1)).chain(part(queries + 1, 1)).collect()
            }
            Self::Blocks { blocks, part } => {
                let kind = |kind: usize| (0..blocks).flat_map(move |block| run((3 * block + kind) * part, part));
                kind(0).chain(kind(2)).chain(kind(1)).collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_those_of_queries_then_keys_then_values() {
        // Two groups of two query heads, one row a head: q0 q1 k0 v0 q2 q3 k1 v1.
        let grouped = Selection::Grouped { groups: 2, queries: 2, width: 1 };
        assert_eq!(grouped.rows(), [0, 1, 4, 5, 2, 6, 3, 7]);
        // One group with heads of two rows.
        assert_eq!(Selection::Grouped { groups: 1, queries: 1, width: 2 }.rows(), [0, 1, 2, 3, 4, 5]);
        // Two blocks: q0 v0 k0 q1 v1 k1.
        let blocks = Selection::Blocks { blocks: 2, part: 1 };
        assert_eq!(blocks.rows(), [0, 3, 2, 5, 1, 4]);
        assert_eq!((grouped.count(), blocks.count()), (8, 6));
    }
}
