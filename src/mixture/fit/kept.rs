//! Where the mixture that there is already is kept, it is the recommended one.

use mixopt_fit::{Analysis, Recommendation, RecommendationStatus, Refitter};

/// The analysis with the center in the place of the recommendation that was found.
pub(crate) fn with_center_kept(analysis: &Analysis, refitter: &Refitter) -> Analysis {
    let center = refitter.problem().center.clone();
    Analysis {
        recommended: Recommendation {
            correlation: refitter.value(Default::default(), &center),
            weights: center,
            status: RecommendationStatus::KeptCenter,
            ..analysis.recommended.clone()
        },
        recommended_assessed: analysis.center.clone(),
        ..analysis.clone()
    }
}
