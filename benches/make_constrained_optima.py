"""Writes constrained_optima.json: mixtures under constraints with the answers of general solvers.

    python -m venv venv && venv/bin/pip install numpy scipy cvxpy ecos
    venv/bin/python benches/make_constrained_optima.py --out tests/data/constrained_optima.json

Written independently of mixopt: no code is shared, and no solver that mixopt uses. Every answer comes by two routes:
the convex form, homogenised, by cvxpy and ECOS; and SciPy's SLSQP on the correlation itself, from several feasible
starts. What is stored is the answer of ECOS made exact: the constraints that hold with equality are fixed, the rest is
linear algebra (or Newton's method), and the conditions of Karush, Kuhn and Tucker are checked. Where a route is off by
more than 1e-6 in value, or the conditions fail, the case is dropped and counted.

A case has `kind`, `name`, `bits`, `targets` (a list of lists), `least`, `greatest`, `rows`, what its kind needs, and
`expected`. Inputs are rounded before they are solved, so that the file holds exactly what was solved.

Notation: `bits` B (models x domains), a target y; C = -(B - column means); y centred, of unit length; the correlation
of a mixture w is rho(w) = <Cw, y> / |Cw|. Every mixture has w >= 0, sum w = 1, least <= w <= greatest and the rows
`sum of a_d w_d (<=|>=|=) right`, `coefficients` being pairs [d, a_d].

Kinds, and what is `expected`:
  best               the largest rho: `correlation`, `weights`; for every row `row_derivatives`, d rho / d right, and
                     `row_prices`, the same with the sign that makes loosening positive (as it is for <= and =, negated
                     for >=); null where the derivatives from left and right differ or one side has no mixture
  nearest_quadratic  the mixture nearest to `prior` with rho >= `correlation_at_least`: `distance_squared`, `weights`
  nearest_kl         the same by sum w ln(w / prior): `divergence` in nats, `weights`
  worst              the largest min over targets of rho: `value`, `weights`, `correlations` with every target
  pareto             for each of `alphas`, the largest <Cw/|Cw|, (1-alpha) y_1 + alpha y_2>: `points`
  ridge              min |Cv - y|^2 + `ridge` s^2 |v - (sum v) prior|^2 over v = (sum v) w, s^2 the mean squared column
                     length of C: `objective`, `scale` (sum v), `weights`, `correlation`
  sparse             the largest rho with at most `most_domains` nonzero weights, by trying every subset:
                     `correlation`, `support`, `weights`
  stages             one mixture a stage, a target each, `budgets` b_s, a shared `supply`: sum over stages of
                     b_s w_sd <= supply_d; the largest min over stages of rho_s(w_s) / alone_s, where alone_s is the
                     stage's best under its supply alone, w_sd <= supply_d / b_s: `value`, `alone`

`status` is `optimal`, `none` (no mixture within the constraints has a positive correlation; for worst: with all
targets) or `infeasible`. `tolerance` is the larger disagreement of the two routes with the stored value,
`weights_tolerance` with any weight; at least 1e-10. `weights_are_unique` false: others are as good, compare the value.
`certificate` is the largest violation of the optimality conditions by the stored answer before it was rounded.
"""

import argparse
import collections
import json
import pathlib
import platform

import cvxpy
import ecos
import numpy
import scipy
from constrained_optima.draw import make_case
from constrained_optima.one_target import answer_best, answer_nearest, answer_ridge, answer_sparse
from constrained_optima.problem import Dropped, Problem
from constrained_optima.several_targets import answer_pareto, answer_stages, answer_worst
from constrained_optima.trust import rounded

KINDS = ["best", "nearest_quadratic", "nearest_kl", "worst", "best", "pareto", "ridge", "sparse", "stages"]
ANSWERS = {
    "best": answer_best,
    "nearest_quadratic": answer_nearest,
    "nearest_kl": answer_nearest,
    "worst": answer_worst,
    "pareto": answer_pareto,
    "ridge": answer_ridge,
    "sparse": answer_sparse,
    "stages": answer_stages,
}


def make_answered_case(kind, index, seed, dropped):
    """The first of up to 30 draws on which the routes agree. A case depends on seed and index alone."""
    for attempt in range(30):
        random = numpy.random.default_rng([seed, index, attempt])
        case = make_case(kind, index, random)
        try:
            problem = Problem(case)
            answer = ANSWERS[kind](case, problem, random)
        except Dropped as reason:
            dropped[kind, str(reason)] += 1
            continue
        tolerances = {key: answer.pop(key) for key in list(answer) if "tolerance" in key or key == "certificate"}
        case["expected"] = {**rounded(answer), **tolerances}
        return case
    raise SystemExit(f"{kind} {index}: nothing in 30 draws; {dict(dropped)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=72)
    parser.add_argument("--seed", type=int, default=20261123)
    parser.add_argument("--kinds", nargs="+", default=KINDS, help="gone through in turn")
    parser.add_argument("--out", type=pathlib.Path, required=True)
    arguments = parser.parse_args()
    dropped, cases = collections.Counter(), []
    for index in range(arguments.cases):
        kind = arguments.kinds[index % len(arguments.kinds)]
        cases.append(make_answered_case(kind, index, arguments.seed, dropped))
        expected = cases[-1]["expected"]
        print(
            cases[-1]["name"], expected["status"], expected["tolerance"], expected.get("weights_tolerance"), flush=True
        )
    for (kind, reason), times in sorted(dropped.items()):
        print(f"drawn again: {kind}, {reason}: {times}")
    made_by = (
        f"make_constrained_optima.py --cases {arguments.cases} --seed {arguments.seed}; Python {platform.python_version()}, "
        f"numpy {numpy.__version__}, scipy {scipy.__version__}, cvxpy {cvxpy.__version__}, ecos {ecos.__version__}"
    )
    lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
    arguments.out.write_text(f'{{"made_by":{json.dumps(made_by)},"cases":[\n{lines}\n]}}\n')
    print(f"{len(cases)} cases, {arguments.out.stat().st_size / 1000:.0f} kB; {sum(dropped.values())} drawn again")


if __name__ == "__main__":
    main()
