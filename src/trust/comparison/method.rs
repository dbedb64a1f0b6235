//! The methods that a comparison knows.

use std::borrow::Cow;

use mixopt_fit::estimator::{Estimator, Projection};
use mixopt_fit::{Fold, Refitter};

use crate::comparison::given::Given;

/// A way to choose a mixture, in the order in which a comparison tells them.
///
/// In files it is a name in snake case: `best_single`, `sign_cdf_linear`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum ComparedMethod {
    /// A given mixture, the same in all folds: only the line from bits to scores is fitted.
    Given,
    /// The recommendation, its standard error or penalty made in each fold.
    Recommended,
    /// The certified optimum.
    Optimum,
    /// Equal shares, whether the constraints allow them or not.
    Uniform,
    /// The shares of the text that there is.
    Natural,
    /// The prior, as it is.
    Prior,
    /// All on the domain that is best alone.
    BestSingle,
    /// A published estimator of each domain alone, and how its estimates become a mixture.
    Published(Estimator, Projection),
}

/// The methods that are no published estimators, with their names.
const NAMES: [(ComparedMethod, &str); 7] = [
    (ComparedMethod::Given, "given"),
    (ComparedMethod::Recommended, "recommended"),
    (ComparedMethod::Optimum, "optimum"),
    (ComparedMethod::Uniform, "uniform"),
    (ComparedMethod::Natural, "natural"),
    (ComparedMethod::Prior, "prior"),
    (ComparedMethod::BestSingle, "best_single"),
];

impl ComparedMethod {
    /// All of them, in their order.
    pub fn all() -> impl Iterator<Item = Self> {
        let published = Estimator::ALL
            .into_iter()
            .flat_map(|estimator| Projection::ALL.map(|projection| Self::Published(estimator, projection)));
        NAMES.into_iter().map(|(method, _)| method).chain(published)
    }

    /// Its name in files.
    pub fn name(self) -> String {
        match self {
            Self::Published(estimator, projection) => format!("{}_{}", estimator.name(), projection.name()),
            plain => NAMES.iter().find(|(method, _)| *method == plain).map_or("", |(_, name)| name).to_string(),
        }
    }

    /// Whether there is such a method here: mixtures that are given have to be.
    pub(crate) fn is_there(self, given: &Given) -> bool {
        match self {
            Self::Given => given.mixture.is_some(),
            Self::Natural => given.natural.is_some(),
            Self::Prior => given.prior.is_some(),
            _ => true,
        }
    }

    /// The mixture that it chooses on the training models of a fold. `None` where it has no answer there.
    pub(crate) fn choose(self, refitter: &Refitter, given: &Given, fold: &Fold) -> Option<Vec<f64>> {
        let domains = refitter.columns().domains();
        match self {
            Self::Given => given.mixture.clone(),
            Self::Recommended => Some(refitter.recommended_in(fold)),
            Self::Optimum => refitter.optimum_in(fold),
            Self::Uniform => Some(vec![1.0 / domains as f64; domains]),
            Self::Natural => given.natural.clone(),
            Self::Prior => given.prior.clone(),
            Self::BestSingle => refitter.best_single_in(fold),
            Self::Published(estimator, projection) => refitter.estimated_in(estimator, projection, fold),
        }
    }
}

impl From<ComparedMethod> for String {
    fn from(method: ComparedMethod) -> Self {
        method.name()
    }
}

impl TryFrom<String> for ComparedMethod {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        Self::all().find(|method| method.name() == name).ok_or_else(|| {
            let known: Vec<String> = Self::all().map(Self::name).collect();
            format!("`{name}` is no way of choosing a mixture; known: {}", known.join(", "))
        })
    }
}

impl schemars::JsonSchema for ComparedMethod {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "ComparedMethod".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "enum": Self::all().map(Self::name).collect::<Vec<_>>() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_methods_are_in_order_and_names_lead_back() {
        let all: Vec<ComparedMethod> = ComparedMethod::all().collect();
        assert!(all.is_sorted() && all.len() == 17);
        for method in all {
            assert_eq!(ComparedMethod::try_from(method.name()), Ok(method));
        }
        let published = ComparedMethod::Published(Estimator::SignCdf, Projection::L2);
        assert_eq!(serde_json::to_value(published).unwrap(), "sign_cdf_l2");
        assert!(serde_json::from_str::<ComparedMethod>("\"best\"").is_err());
    }
}
