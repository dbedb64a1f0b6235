//! What `-v` prints beside the first screen, by subject.

use clap::ValueEnum;

/// A part of the output of `mixopt fit` and `mixopt evaluate`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Section {
    /// Everything.
    All,
    /// How the recommendation was made, the proof of the optimum, active constraints, the trade-off curve.
    Mixture,
    /// How sure each share is: intervals, selection, ranges among mixtures as good.
    Stability,
    /// In-sample figures and the correlation with every benchmark.
    Benchmarks,
    /// All ways of choosing on unseen families, under both protocols.
    Families,
    /// Permutation tests.
    Chance,
    /// What each family and model changes, outliers, the robust fit.
    Influence,
    /// Independent and interchangeable domains, measurement noise.
    Domains,
    /// How many more models would narrow the intervals.
    Power,
    /// Models and domains left out.
    Inputs,
}

/// The sections asked for.
#[derive(Debug, Clone, Copy)]
pub struct Sections<'a>(pub &'a [Section]);

impl Sections<'_> {
    /// Whether any is asked for.
    pub fn any(self) -> bool {
        !self.0.is_empty()
    }

    /// Whether this one is.
    pub fn has(self, section: Section) -> bool {
        self.0.iter().any(|asked| *asked == section || *asked == Section::All)
    }
}

/// What `-v` and the names behind it ask for.
pub fn sections_asked(verbose: bool, named: &[Section]) -> Vec<Section> {
    match (verbose, named) {
        (true, []) => vec![Section::All],
        (_, named) => named.to_vec(),
    }
}
