//! What a trainer's file says, before names become domains.

use mixopt_base::ShareUnit;

use super::document::Node;
use super::error::ImportError;

/// What a trainer's file says.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadBack {
    /// What its weights count, where the file tells.
    pub unit: Option<ShareUnit>,
    /// Its stages; one without a name where it has none.
    pub stages: Vec<ReadStage>,
    /// What was taken from the trainer's defaults instead of the file.
    pub notes: Vec<String>,
}

/// One stage.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadStage {
    /// Its name, where it has one.
    pub name: Option<String>,
    /// When it starts.
    pub start: Start,
    /// Its weights, in the file's order.
    pub weights: Vec<ReadWeight>,
    /// What the weights are.
    pub weighing: Weighing,
}

/// What the weights of a stage are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weighing {
    /// Shares, up to a factor that all have in common.
    Shares,
    /// Multiples of the size of each dataset: the trainer draws from a dataset as much as it holds, so often. The text says
    /// so in words, with the trainer's name.
    OfSizes(&'static str),
}

/// When a stage starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// It is the whole training.
    Whole,
    /// After so many steps.
    Step(u64),
    /// After so many tokens, and how many it takes.
    Tokens {
        /// Tokens before it.
        start: u64,
        /// Its tokens.
        budget: u64,
    },
}

/// One weight.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadWeight {
    /// What the file calls the dataset.
    pub name: String,
    /// Its weight, not normalised.
    pub weight: f64,
    /// Where it stands, for errors: a key, or `line 3`.
    pub key: String,
}

impl ReadBack {
    /// A file with one mixture.
    pub fn whole(weights: Vec<ReadWeight>) -> Self {
        let stage = ReadStage { name: None, start: Start::Whole, weights, weighing: Weighing::Shares };
        Self { unit: None, stages: vec![stage], notes: Vec::new() }
    }

    /// A file with one mixture whose weights are multiples of the sizes of its datasets.
    pub fn of_sizes(weights: Vec<ReadWeight>, rule: &'static str) -> Self {
        let stage = ReadStage { name: None, start: Start::Whole, weights, weighing: Weighing::OfSizes(rule) };
        Self { unit: None, stages: vec![stage], notes: Vec::new() }
    }

    /// The same with a note on what was taken from the trainer's defaults.
    pub fn noting(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }
}

impl ReadWeight {
    /// A weight at a value.
    ///
    /// # Errors
    /// Where the value is no weight.
    pub fn at(name: &str, node: &Node) -> Result<Self, ImportError> {
        Ok(Self { name: name.to_string(), weight: node.weight()?, key: node.key.clone() })
    }

    /// A weight of 1 for a name that stands without one.
    ///
    /// # Errors
    /// Where the value is no name.
    pub fn one(name: &Node) -> Result<Self, ImportError> {
        Ok(Self { name: name.name()?, weight: 1.0, key: name.key.clone() })
    }
}

/// The weights of an object `name: weight`.
///
/// # Errors
/// Where it is no such object.
pub fn by_name(node: &Node) -> Result<Vec<ReadWeight>, ImportError> {
    node.entries()?.iter().map(|(name, node)| ReadWeight::at(name, node)).collect()
}

/// The weights of a list `weight, name, weight, name`, or a list of names alone, whose sizes are their weights.
///
/// # Errors
/// Where names and weights do not come in pairs.
pub fn zipped(node: &Node, without_weights: &'static str) -> Result<ReadBack, ImportError> {
    let nodes = node.list()?;
    if nodes.is_empty() {
        return Err(node.fault("an empty list", "pairs of a weight and a path"));
    }
    if nodes.iter().all(|node| node.value.is_string() && node.weight().is_err()) {
        let names = nodes.iter().map(ReadWeight::one).collect::<Result<_, _>>()?;
        return Ok(ReadBack::of_sizes(names, without_weights));
    }
    if nodes.len() % 2 == 1 {
        return Err(node.fault(format!("a list of {}", nodes.len()), "pairs of a weight and a path"));
    }
    let pairs = nodes.chunks_exact(2).map(|pair| match pair {
        [weight, name] => ReadWeight::at(&name.name()?, weight),
        _ => Err(node.fault("an incomplete pair", "pairs of a weight and a path")),
    });
    Ok(ReadBack::whole(pairs.collect::<Result<_, _>>()?))
}

/// The weights of two lists of one length.
///
/// # Errors
/// Where their lengths differ.
pub fn side_by_side(names: &Node, weights: &Node) -> Result<Vec<ReadWeight>, ImportError> {
    let (name_nodes, weight_nodes) = (names.list()?, weights.list()?);
    if name_nodes.len() != weight_nodes.len() {
        return Err(weights.fault(
            format!("{} weights", weight_nodes.len()),
            format!("as many as there are names in `{}`: {}", names.key, name_nodes.len()),
        ));
    }
    name_nodes.iter().zip(&weight_nodes).map(|(name, weight)| ReadWeight::at(&name.name()?, weight)).collect()
}
