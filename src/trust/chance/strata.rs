//! Models among which scores may be exchanged.

/// Why models cannot be divided into strata.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StrataError {
    /// No models.
    #[error("there are no models to divide into strata")]
    NoModels,
    /// No stratum has two models.
    #[error("each of the {strata} strata has one model only, so no scores can be exchanged; use fewer strata")]
    AllSingle {
        /// Number of strata.
        strata: usize,
    },
    /// A covariate has no value for a model.
    #[error("model {model} (counted from zero) has no finite value of the covariate that strata are made from")]
    NotFinite {
        /// Position of the model.
        model: usize,
    },
    /// No groups were asked for.
    #[error("a covariate must be cut into at least one group")]
    NoGroups,
}

/// A division of the models into strata. Under the null hypothesis of a stratified permutation test scores are
/// exchangeable among the models of a stratum.
///
/// At least one stratum has two models or more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Strata {
    members: Vec<Vec<usize>>,
    models: usize,
}

impl Strata {
    /// Models with the same label form a stratum; any numbers serve as labels. Strata are numbered in ascending order of
    /// their labels.
    ///
    /// # Errors
    /// No models, or all strata of one model each.
    pub fn new(labels: &[usize]) -> Result<Self, StrataError> {
        let mut distinct = labels.to_vec();
        distinct.sort_unstable();
        distinct.dedup();
        let mut members = vec![Vec::new(); distinct.len()];
        for (model, label) in labels.iter().enumerate() {
            // Every label is among the distinct ones.
            let stratum = distinct.partition_point(|other| other < label);
            members[stratum].push(model);
        }
        if members.is_empty() {
            return Err(StrataError::NoModels);
        }
        if members.iter().all(|models| models.len() == 1) {
            return Err(StrataError::AllSingle { strata: members.len() });
        }
        Ok(Self { members, models: labels.len() })
    }

    /// Cuts a covariate into groups of about as many models each, from small to large values. Models of equal value stay
    /// together, so there may be fewer groups than asked for, and of unequal size.
    ///
    /// A value belongs to the group in which the middle of its run of equals falls: with `m` models below and `t` of this
    /// value among `N`, group `⌊groups (m + t / 2) / N⌋`.
    ///
    /// # Errors
    /// A value that is not finite, no groups, no models, or groups of one model each.
    pub fn from_covariate(values: &[f64], groups: usize) -> Result<Self, StrataError> {
        if let Some(model) = values.iter().position(|value| !value.is_finite()) {
            return Err(StrataError::NotFinite { model });
        }
        if groups == 0 {
            return Err(StrataError::NoGroups);
        }
        let labels: Vec<usize> = values
            .iter()
            .map(|value| {
                let below = values.iter().filter(|other| *other < value).count();
                let equal = values.iter().filter(|other| *other == value).count();
                groups.saturating_mul(2 * below + equal) / (2 * values.len())
            })
            .collect();
        Self::new(&labels)
    }

    /// Number of models.
    pub fn models(&self) -> usize {
        self.models
    }

    /// Positions of the models of each stratum, ascending.
    pub fn members(&self) -> &[Vec<usize>] {
        &self.members
    }

    /// Models that are alone in their stratum: their scores stay where they are. Ascending by stratum.
    pub fn alone(&self) -> Vec<usize> {
        self.members.iter().filter(|models| models.len() == 1).map(|models| models[0]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_become_strata_in_ascending_order() {
        let strata = Strata::new(&[7, 3, 7, 9, 3]).unwrap();
        assert_eq!(strata.members(), [vec![1, 4], vec![0, 2], vec![3]]);
        assert_eq!((strata.models(), strata.alone()), (5, vec![3]));
        assert_eq!(Strata::new(&[]), Err(StrataError::NoModels));
        assert_eq!(Strata::new(&[4, 2, 0]), Err(StrataError::AllSingle { strata: 3 }));
    }

    #[test]
    fn equal_values_stay_together() {
        let thirds = Strata::from_covariate(&[6.0, 1.0, 2.0, 5.0, 3.0, 4.0], 3).unwrap();
        assert_eq!(thirds.members(), [vec![1, 2], vec![4, 5], vec![0, 3]]);
        // The four twos are one group wherever the cut falls among them.
        let tied = Strata::from_covariate(&[1.0, 2.0, 2.0, 2.0, 2.0, 3.0], 2).unwrap();
        assert_eq!(tied.members(), [vec![0], vec![1, 2, 3, 4, 5]]);
        assert_eq!(tied.alone(), [0]);
        let all_equal = Strata::from_covariate(&[1.0; 4], 4).unwrap();
        assert_eq!(all_equal.members(), [vec![0, 1, 2, 3]]);
    }

    #[test]
    fn covariates_that_cannot_be_cut_are_errors() {
        assert_eq!(Strata::from_covariate(&[1.0, f64::NAN], 2), Err(StrataError::NotFinite { model: 1 }));
        assert_eq!(Strata::from_covariate(&[1.0, 2.0], 0), Err(StrataError::NoGroups));
        assert_eq!(Strata::from_covariate(&[], 2), Err(StrataError::NoModels));
        assert_eq!(Strata::from_covariate(&[1.0, 2.0, 3.0], 9), Err(StrataError::AllSingle { strata: 3 }));
    }
}
