//! Mixtures under linear rows against solvers and facts that share no code with the library.
//!
//! Expected values come from cvxpy, ECOS and SciPy (`tests/data/constrained_optima.json`, made by
//! `benches/make_constrained_optima.py`), from grids, from differences of optima, or from what must hold for any answer.
//! All generators are seeded: a failure repeats.

mod best;
mod clash;
mod hard;
mod nearest;
mod prices;
mod problems;
mod stored;
mod support;
mod trade_off;
