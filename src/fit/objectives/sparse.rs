//! The best mixture of few domains.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use crate::constraints::bounds::Bounds;
use crate::constraints::linear::{Constraints, Relation, Row};
use crate::data::columns::Columns;
use crate::data::design::Design;
use crate::data::problem_error::ProblemError;
use crate::data::vector::{add_scaled, norm, scale};
use crate::optimum::best::{CERTIFIED_GAP, Optimum, OptimumStatus, best_mixture_of_checked, search_of_checked};

/// A node whose bound is this close to the best mixture cannot hold a better one that matters.
const SAME: f64 = 1e-10;
/// Shares below this are rounding.
const LEAST_SHARE: f64 = 1e-12;
/// Domains that the start tries in each place.
const CANDIDATES: usize = 48;
/// Rounds of exchanges of the start.
const MOST_ROUNDS: usize = 8;

/// The best mixture of at most so many domains, and the bound on all others.
#[derive(Debug, Clone, PartialEq)]
pub struct SparseOptimum {
    /// Shares by domain, or `None` where no mixture of so few domains correlates positively (or none is allowed).
    pub weights: Option<Vec<f64>>,
    /// (Partial) correlation of the mixture; zero where there is none.
    pub correlation: f64,
    /// No mixture of so few domains within the constraints correlates better than this.
    pub bound: f64,
    /// See [`Certificate::holds_above_variation`](crate::optimum::certificate::Certificate::holds_above_variation): where domains
    /// cancel each other out, the bounds of some sets of domains hold only so.
    pub bound_holds_above_variation: Option<f64>,
    /// How it ended; not certified where the limit of nodes came first.
    pub status: OptimumStatus,
    /// Sets of domains on which a best mixture was found in the search.
    pub nodes: usize,
}

/// Finds the mixture within `constraints` of at most `most` domains with a share above zero that correlates best.
///
/// Domains with a least weight above zero are always in, and count.
///
/// # Method
/// Branch and bound (Land and Doig 1960): in a node some domains are in and some are out; without the limit on their
/// number the best mixture of those not out is one convex solve, and its certificate bounds all mixtures of the node. The
/// node with the greatest bound is split on the domain that contributes most to its mixture and is not decided. The start is
/// greedy forward selection with exchanges. Where `most_nodes` sets have been solved the best mixture so far is returned
/// with the bound that is proven by then.
///
/// # Errors
/// [`ProblemError`]: constraints of another number of domains.
pub fn best_sparse(
    design: &Design,
    constraints: &Constraints,
    most: usize,
    most_nodes: usize,
) -> Result<SparseOptimum, ProblemError> {
    constraints.fit(design.count())?;
    Ok(best_sparse_of_checked(design, constraints, most, most_nodes))
}

/// As [`best_sparse`], of shapes that are known to fit.
pub(crate) fn best_sparse_of_checked(
    design: &Design,
    constraints: &Constraints,
    most: usize,
    most_nodes: usize,
) -> SparseOptimum {
    let mut tree = Tree { design, constraints, most, best: None, nodes: 0, conditional: None };
    let domains = design.count();
    let required: Vec<usize> = (0..domains).filter(|&d| constraints.bounds().least()[d] > 0.0).collect();
    if most == 0 || required.len() > most {
        return tree.finish(0.0);
    }
    tree.start(&required);
    let mut root = vec![State::Open; domains];
    required.iter().for_each(|&d| root[d] = State::In);
    if required.len() == most {
        root.iter_mut().filter(|state| **state == State::Open).for_each(|state| *state = State::Out);
    }
    let mut queue = BinaryHeap::new();
    let mut order = 0;
    if let Some(node) = tree.solve(root, f64::INFINITY, order) {
        queue.push(node);
    }
    // Nodes that are left without splitting bound what they hold, too.
    let mut left: f64 = 0.0;
    while let Some(node) = queue.pop() {
        if node.bound <= tree.value() + SAME || tree.nodes >= most_nodes {
            left = left.max(node.bound);
            break;
        }
        let Some(domain) = node.branch else {
            left = left.max(node.bound);
            continue;
        };
        for decision in [State::In, State::Out] {
            let mut states = node.states.clone();
            states[domain] = decision;
            order += 1;
            let in_all = states.iter().filter(|state| **state == State::In).count();
            if decision == State::In && in_all < most {
                // Nothing is taken away, so the mixture and its bound stay.
                let branch = tree.branch(&states, &node.weights);
                queue.push(Node { states, branch, order, ..node.clone() });
                continue;
            }
            if in_all == most {
                states.iter_mut().filter(|state| **state == State::Open).for_each(|state| *state = State::Out);
            }
            if let Some(child) = tree.solve(states, node.bound, order) {
                queue.push(child);
            }
        }
    }
    tree.finish(left)
}

/// What is decided of a domain in a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    In,
    Out,
}

/// A set of mixtures: those of the domains that are not out.
#[derive(Debug, Clone)]
struct Node {
    states: Vec<State>,
    /// The best of them, however many domains it has.
    weights: Vec<f64>,
    bound: f64,
    /// The domain to decide next; `None` where the mixture has few enough domains.
    branch: Option<usize>,
    order: usize,
}

impl PartialEq for Node {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Node {}

impl PartialOrd for Node {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Node {
    /// The greatest bound first; among equals the one that came first, so that the search is the same each time.
    fn cmp(&self, other: &Self) -> Ordering {
        self.bound.total_cmp(&other.bound).then(other.order.cmp(&self.order))
    }
}

struct Tree<'a> {
    design: &'a Design<'a>,
    constraints: &'a Constraints,
    most: usize,
    /// The best mixture of few enough domains, with its correlation.
    best: Option<(f64, Vec<f64>)>,
    nodes: usize,
    /// The variation above which all bounds hold; `None` where they hold without condition.
    conditional: Option<f64>,
}

impl Tree<'_> {
    fn value(&self) -> f64 {
        self.best.as_ref().map_or(0.0, |(value, _)| *value)
    }

    /// Keeps a mixture of few enough domains where it is the best so far.
    fn offer(&mut self, weights: &[f64]) {
        if weights.iter().filter(|weight| **weight > 0.0).count() <= self.most
            && let Some(value) = self.design.correlation(weights)
            && value > self.value()
        {
            self.best = Some((value, weights.to_vec()));
        }
    }

    /// Solves a node; `None` where it holds no mixture, or none better than the best.
    fn solve(&mut self, states: Vec<State>, above: f64, order: usize) -> Option<Node> {
        self.nodes += 1;
        let members: Vec<usize> = (0..states.len()).filter(|&d| states[d] != State::Out).collect();
        let optimum = self.optimum_of(&members)?;
        if let Some(variation) = optimum.bound_holds_above_variation {
            self.conditional = Some(self.conditional.map_or(variation, |other| other.max(variation)));
        }
        let bound = optimum.bound.min(above);
        let Some(weights) = optimum.weights else {
            // None correlates positively, up to rounding.
            return (bound > self.value() + SAME).then(|| Node {
                weights: vec![0.0; states.len()],
                states,
                bound,
                branch: None,
                order,
            });
        };
        let support = support(&weights);
        if support.len() <= self.most {
            let cleared: Vec<f64> =
                weights.iter().map(|&weight| if weight > LEAST_SHARE { weight } else { 0.0 }).collect();
            self.offer(&cleared);
        } else {
            let few = self.greatest(&weights, &states);
            self.try_members(&few);
        }
        let branch = self.branch(&states, &weights);
        Some(Node { states, weights, bound, branch, order })
    }

    /// The undecided domain that contributes most to a mixture; `None` where the mixture and what is in are few enough.
    fn branch(&self, states: &[State], weights: &[f64]) -> Option<usize> {
        let count = (0..states.len()).filter(|&d| states[d] == State::In || weights[d] > LEAST_SHARE).count();
        if count <= self.most {
            return None;
        }
        let norms = self.design.column_norms();
        let contribution = |d: usize| weights[d] * norms[d];
        (0..states.len())
            .filter(|&d| states[d] == State::Open && weights[d] > LEAST_SHARE)
            .max_by(|&a, &b| contribution(a).total_cmp(&contribution(b)).then(b.cmp(&a)))
    }

    /// What is in and, as far as there is room, the domains that contribute most.
    fn greatest(&self, weights: &[f64], states: &[State]) -> Vec<usize> {
        let norms = self.design.column_norms();
        let mut order: Vec<usize> = support(weights).into_iter().filter(|&d| states[d] != State::In).collect();
        order.sort_by(|&a, &b| (weights[b] * norms[b]).total_cmp(&(weights[a] * norms[a])).then(a.cmp(&b)));
        let mut members: Vec<usize> = (0..states.len()).filter(|&d| states[d] == State::In).collect();
        members.extend(order.into_iter().take(self.most.saturating_sub(members.len())));
        members.sort_unstable();
        members
    }

    /// The problem over some domains; `None` where their bounds and rows leave no mixture at first sight.
    fn constraints_of(&self, members: &[usize]) -> Option<Constraints> {
        let bounds = self.constraints.bounds();
        let pick = |values: &[f64]| -> Vec<f64> { members.iter().map(|&d| values[d]).collect() };
        let names = vec![String::new(); members.len()];
        let bounds = Bounds::new(&names, pick(bounds.least()), pick(bounds.greatest())).ok()?;
        let mut rows = Vec::new();
        for row in self.constraints.rows() {
            let coefficients: Vec<(usize, f64)> = row
                .coefficients
                .iter()
                .filter_map(|&(d, a)| members.binary_search(&d).ok().map(|position| (position, a)))
                .collect();
            if coefficients.iter().any(|&(_, a)| a != 0.0) {
                rows.push(Row { coefficients, relation: row.relation, right: row.right });
            } else {
                let tolerance = 1e-12 * row.size();
                let holds = match row.relation {
                    Relation::AtMost => row.right >= -tolerance,
                    Relation::AtLeast => row.right <= tolerance,
                    Relation::Equal => row.right.abs() <= tolerance,
                };
                if !holds {
                    return None;
                }
            }
        }
        Some(Constraints::of_checked(bounds, rows))
    }

    fn spread(&self, members: &[usize], weights: &[f64]) -> Vec<f64> {
        let mut spread = vec![0.0; self.design.count()];
        members.iter().zip(weights).for_each(|(&d, &weight)| spread[d] = weight);
        spread
    }

    /// The best mixture of some domains (ascending) with its bound; `None` where they have no mixture.
    fn optimum_of(&self, members: &[usize]) -> Option<Optimum> {
        let constraints = self.constraints_of(members)?;
        let columns = self.design.columns_of(members);
        let mut optimum = best_mixture_of_checked(&self.design.select(&columns, members), &constraints);
        if optimum.weights.is_none() && !constraints.is_box() && constraints.any().is_none() {
            return None;
        }
        optimum.weights = optimum.weights.map(|weights| self.spread(members, &weights));
        Some(optimum)
    }

    /// Offers the best mixture of some domains and returns its correlation.
    fn try_members(&mut self, members: &[usize]) -> Option<f64> {
        let constraints = self.constraints_of(members)?;
        let columns = self.design.columns_of(members);
        let weights = search_of_checked(&self.design.select(&columns, members), &constraints)?;
        let weights = self.spread(members, &weights);
        self.offer(&weights);
        self.design.correlation(&weights)
    }

    /// Greedy forward selection from the domains that must be in, then exchanges of one domain while they gain.
    fn start(&mut self, required: &[usize]) {
        let mut members = required.to_vec();
        let mut value = self.try_members(&members).unwrap_or(0.0);
        while members.len() < self.most {
            let Some((best, next)) = self.best_of(&members, &self.promising(&members)) else { break };
            if best <= value {
                break;
            }
            (value, members) = (best, next);
        }
        for _ in 0..MOST_ROUNDS {
            let before = value;
            for leaving in members.clone() {
                if required.contains(&leaving) || !members.contains(&leaving) {
                    continue;
                }
                let rest: Vec<usize> = members.iter().copied().filter(|&d| d != leaving).collect();
                if let Some((best, next)) = self.best_of(&rest, &self.promising(&rest))
                    && best > value + SAME
                {
                    (value, members) = (best, next);
                }
            }
            if value <= before + SAME {
                break;
            }
        }
    }

    /// The best of the sets with one domain more.
    fn best_of(&mut self, members: &[usize], candidates: &[usize]) -> Option<(f64, Vec<usize>)> {
        let mut best: Option<(f64, Vec<usize>)> = None;
        for &candidate in candidates {
            let mut trial = members.to_vec();
            trial.push(candidate);
            trial.sort_unstable();
            if let Some(value) = self.try_members(&trial)
                && best.as_ref().is_none_or(|(so_far, _)| value > *so_far)
            {
                best = Some((value, trial));
            }
        }
        best
    }

    /// The domains not among the members that explain most of what their best mixture leaves of the target.
    fn promising(&self, members: &[usize]) -> Vec<usize> {
        let mut residual = self.design.target().to_vec();
        if let Some(constraints) = self.constraints_of(members) {
            let columns = self.design.columns_of(members);
            let design = self.design.select(&columns, members);
            if let Some(weights) = search_of_checked(&design, &constraints)
                && let Some(rho) = design.correlation(&weights)
            {
                let mut compression = design.compression(&weights);
                let length = norm(&compression);
                scale(&mut compression, rho / length);
                add_scaled(&mut residual, -1.0, &compression);
            }
        }
        let mut prices = vec![0.0; self.design.count()];
        self.design.inner_products(&residual, &mut prices);
        let mut others: Vec<usize> = (0..prices.len()).filter(|d| !members.contains(d)).collect();
        others.sort_by(|&a, &b| prices[b].total_cmp(&prices[a]).then(a.cmp(&b)));
        others.truncate(CANDIDATES);
        others
    }

    fn finish(self, left: f64) -> SparseOptimum {
        let value = self.value();
        let bound = left.max(value);
        let status = match (&self.best, bound - value <= CERTIFIED_GAP) {
            (_, false) => OptimumStatus::NotCertified,
            (Some(_), true) => OptimumStatus::Certified,
            (None, true) => OptimumStatus::NoPositiveCorrelation,
        };
        SparseOptimum {
            weights: self.best.map(|(_, weights)| weights),
            correlation: value,
            bound,
            bound_holds_above_variation: self.conditional,
            status,
            nodes: self.nodes,
        }
    }
}

/// Domains with a share.
fn support(weights: &[f64]) -> Vec<usize> {
    (0..weights.len()).filter(|&d| weights[d] > LEAST_SHARE).collect()
}
