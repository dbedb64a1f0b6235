"""Writes constrained_optima.json: mixtures under constraints with the answers of general solvers.

    python -m venv venv && venv/bin/pip install numpy scipy cvxpy ecos
    venv/bin/python benches/make_constrained_optima.py --out tests/data/constrained_optima.json

Written independently of mixopt: no code is shared, and no solver that mixopt uses. Every answer comes by two routes:
the convex form, homogenised, by cvxpy and ECOS; and SciPy's SLSQP on the correlation itself, from several feasible
starts. What is stored is the answer of ECOS made exact: the constraints that hold with equality are fixed, the rest is
linear algebra (or Newton's method), and the conditions of Karush, Kuhn and Tucker are checked. Where a route is off by
more than 1e-6 in value, or the conditions fail, the case is dropped and counted.

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
import itertools
import json
import math
import pathlib
import platform
import warnings

import cvxpy
import ecos
import numpy
import scipy
from scipy.optimize import linprog, minimize, nnls

KINDS = ["best", "nearest_quadratic", "nearest_kl", "worst", "best", "pareto", "ridge", "sparse", "stages"]
STYLES = ["none", "bounds", "groups", "ratios", "supply", "everything"]
SHAPES = [(8, 3), (19, 3), (10, 5), (24, 6), (30, 8), (9, 12), (40, 10), (16, 24), (60, 15), (12, 30), (28, 40)]
FACTORS = [None, 0.5, 0.15, 0.05]  # the share of a domain's own noise beside the factor that all domains have in common
GREATEST_DISAGREEMENT = 1e-6
LEAST_TOLERANCE = 1e-10


class Dropped(Exception):
    """A case that is not worth keeping, with the reason in a few words."""


# ---- the problem -------------------------------------------------------------------------------------------------


class Problem:
    """Numbers of a case as the file has them, and what follows from them."""

    def __init__(self, case):
        self.bits = numpy.array(case["bits"])
        self.columns = -(self.bits - self.bits.mean(axis=0))  # C
        centred = [numpy.array(target) - numpy.mean(target) for target in case["targets"]]
        self.targets = [target / numpy.linalg.norm(target) for target in centred]
        self.domains = self.bits.shape[1]
        self.least, self.greatest = numpy.array(case["least"]), numpy.array(case["greatest"])
        self.rows = case["rows"]
        self.set_polytope([row["right"] for row in self.rows])

    def set_polytope(self, rights):
        """G w <= h and E w = f, the sum of the weights not among them. Greatest weights of one follow from the sum."""
        identity, capped = numpy.eye(self.domains), self.greatest < 1
        G, h = [-identity, identity[capped]], [-self.least, self.greatest[capped]]
        E, f = [numpy.zeros((0, self.domains))], [numpy.zeros(0)]
        self.place_of_row = []  # (is an equality, position among its kind, sign)
        for row, right in zip(self.rows, rights):
            dense = numpy.zeros((1, self.domains))
            for domain, coefficient in row["coefficients"]:
                dense[0, domain] += coefficient
            if row["relation"] == "=":
                self.place_of_row.append((True, sum(map(len, f)), 1))
                E.append(dense), f.append([right])
            else:
                sign = 1 if row["relation"] == "<=" else -1
                self.place_of_row.append((False, sum(map(len, h)), sign))
                G.append(sign * dense), h.append([sign * right])
        self.G, self.h = numpy.vstack(G), numpy.concatenate(h)
        self.E, self.f = numpy.vstack(E), numpy.concatenate(f)

    def with_right(self, row, right):
        copy = object.__new__(Problem)
        copy.__dict__.update(self.__dict__)
        copy.set_polytope([right if i == row else r["right"] for i, r in enumerate(self.rows)])
        return copy

    def only(self, support):
        """The same problem over some domains, the others at zero weight."""
        copy = object.__new__(Problem)
        copy.__dict__.update(self.__dict__)
        support = list(support)
        copy.columns, copy.domains = self.columns[:, support], len(support)
        copy.G, copy.E = self.G[:, support], self.E[:, support]
        return copy

    def homogeneous(self):
        """G v <= 0 and E v = 0 for v = t w, t = sum v."""
        return self.G - self.h[:, None], self.E - self.f[:, None]

    def equalities(self):
        return numpy.vstack([numpy.ones(self.domains), self.E]), numpy.concatenate([[1.0], self.f])

    def extreme(self, costs):
        """The mixture of least cost, a corner of the constraints."""
        E, f = self.equalities()
        result = linprog(costs, self.G, self.h, E, f, bounds=(None, None), method="highs")
        if result.status == 2:
            raise Dropped("infeasible")
        if result.status != 0:
            raise Dropped("linear program")
        return result.x

    def starts(self, random, count):
        """Feasible mixtures: means of corners."""
        for _ in range(count):
            corners = [self.extreme(random.standard_normal(self.domains)) for _ in range(6)]
            yield random.dirichlet(numpy.ones(6)) @ corners


def correlation(problem, weights, target):
    point = problem.columns @ weights
    return float(point @ target / numpy.linalg.norm(point))


def correlation_gradient(problem, weights, target):
    point = problem.columns @ weights
    length = numpy.linalg.norm(point)
    return problem.columns.T @ (target / length - point * (point @ target) / length**3)


# ---- route one: convex forms, by ECOS -----------------------------------------------------------------------------


def solve_convex(objective, constraints, variable):
    program = cvxpy.Problem(objective, constraints)
    for accuracy in [1e-12, 1e-10, 1e-9]:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                program.solve(solver=cvxpy.ECOS, abstol=accuracy, reltol=accuracy, feastol=accuracy, max_iters=400)
        except cvxpy.SolverError:
            continue
        if program.status in ("optimal", "optimal_inaccurate") and variable.value is not None:
            return numpy.array(variable.value)
    raise Dropped("ECOS: " + str(program.status))


def within(problem, weights):
    """The constraints in cvxpy's terms."""
    E, f = problem.equalities()
    return [problem.G @ weights <= problem.h, E @ weights == f]


def least_squares(A, b, G, h, E, f):
    """min |A v - b| subject to G v <= h, E v = f, by ECOS."""
    v = cvxpy.Variable(A.shape[1])
    constraints = [G @ v <= h] + ([E @ v == f] if len(E) else [])
    return solve_convex(cvxpy.Minimize(cvxpy.sum_squares(A @ v - b)), constraints, v)


# ---- route two: SciPy's SLSQP on the correlation itself -----------------------------------------------------------


def by_slsqp(function, gradient, problem, starts, extra=(), bounds=None):
    """The least value of `function` over the mixtures within the constraints, from several starts, each continued
    from where it ended until that gains nothing."""
    E, f = problem.equalities()
    constraints = [
        {"type": "eq", "fun": lambda w: E @ w - f, "jac": lambda w: E},
        {"type": "ineq", "fun": lambda w: problem.h - problem.G @ w, "jac": lambda w: -problem.G},
        *extra,
    ]
    return run_slsqp(function, gradient, constraints, starts, bounds)


def run_slsqp(function, gradient, constraints, starts, bounds=None):
    best = None
    for start in starts:
        point, value = start, math.inf
        for _ in range(6):
            result = minimize(
                function, point, jac=gradient, method="SLSQP", constraints=constraints, bounds=bounds,
                options={"ftol": 1e-15, "maxiter": 1000},
            )
            violated = max(
                numpy.abs(c["fun"](result.x)).max(initial=0) if c["type"] == "eq" else -c["fun"](result.x).min(initial=0)
                for c in constraints
            )
            if not numpy.isfinite(result.fun) or violated > 1e-9:
                break
            gained = value - result.fun
            if gained > 0:
                point, value = result.x, result.fun
            if gained < 1e-13:
                break
        if best is None or value < best[1]:
            best = (point, value)
    if best is None or not math.isfinite(best[1]):
        raise Dropped("SLSQP found nothing feasible")
    return best


# ---- made exact ---------------------------------------------------------------------------------------------------


def null_space(K, size):
    if not len(K):
        return numpy.eye(size)
    _, values, right = numpy.linalg.svd(K)
    rank = int((values > 1e-11 * max(values[0], 1e-300)).sum())
    return right[rank:].T


def multipliers(gradient, G, E):
    """Multipliers mu >= 0 of G, free ones of E, with gradient + G' mu + E' nu = 0 as nearly as can be."""
    matrix = numpy.vstack([G, E, -E]).T
    if matrix.shape[1] == 0:
        return numpy.zeros(0), numpy.zeros(0), numpy.linalg.norm(gradient)
    lengths = numpy.maximum(numpy.linalg.norm(matrix, axis=0), 1e-300)
    values, residual = nnls(matrix / lengths, -gradient, maxiter=100 * matrix.shape[1])
    values = values / lengths
    inequalities, equalities = len(G), len(E)
    free = values[inequalities : inequalities + equalities] - values[inequalities + equalities :]
    return values[:inequalities], free, residual


Exact = collections.namedtuple("Exact", "point prices free certificate unique")


def exact_least_squares(A, b, G, h, E, f, near):
    """min |A v - b|^2 / 2 subject to G v <= h, E v = f, exactly, from an approximate answer: the inequalities that
    hold nearly with equality there are fixed, what remains is ordinary least squares, and the optimality conditions
    say whether that was right."""
    size, scale = len(near), max(1.0, numpy.abs(near).max())
    slacks, lengths = h - G @ near, numpy.maximum(numpy.linalg.norm(G, axis=1), 1e-300)
    best = None
    for threshold in [1e-6, 1e-7, 1e-5, 1e-8, 1e-4, 1e-9]:
        fixed = slacks <= threshold * scale * lengths
        K, k = numpy.vstack([E, G[fixed]]), numpy.concatenate([f, h[fixed]])
        free = null_space(K, size)
        point = near + (numpy.linalg.lstsq(K, k - K @ near, rcond=1e-12)[0] if len(K) else 0)
        for _ in range(2):  # the second time removes rounding
            point = point + free @ numpy.linalg.lstsq(A @ free, b - A @ point, rcond=1e-11)[0]
            point = point + (numpy.linalg.lstsq(K, k - K @ point, rcond=1e-12)[0] if len(K) else 0)
        active = h - G @ point <= 1e-10 * scale * lengths
        prices = numpy.zeros(len(G))
        prices[active], equality_prices, residual = multipliers(A.T @ (A @ point - b), G[active], E)
        violated = max(0.0, (G @ point - h).max(initial=0), numpy.abs(E @ point - f).max(initial=0))
        certificate = max(violated, residual)
        held = numpy.vstack([A, E, G[prices > 1e-9]])
        values = numpy.linalg.svd(held, compute_uv=False)
        unique = len(held) >= size and values[size - 1] > 1e-7 * values[0]
        if best is None or certificate < best.certificate:
            best = Exact(point, prices, equality_prices, certificate, bool(unique))
        if certificate < 1e-12:
            break
    if best.certificate > 1e-10:
        raise Dropped("optimality conditions of least squares")
    return best


def exact_nearest(problem, target, least_correlation, gradient, curvature, near):
    """Newton's method on the optimality conditions of a smooth convex distance under rho(w) >= c."""
    C, c = problem.columns, least_correlation
    E, f = problem.equalities()
    slacks = problem.h - problem.G @ near
    best = None
    for threshold in [1e-6, 1e-7, 1e-5, 1e-8, 1e-4, 1e-9]:
        fixed = slacks <= threshold
        K, k = numpy.vstack([E, problem.G[fixed]]), numpy.concatenate([f, problem.h[fixed]])
        w, price = near, None
        for _ in range(40):
            point = C @ w
            length = numpy.linalg.norm(point)
            slope = C.T @ (c * point / length - target)
            if price is None:
                found = numpy.linalg.lstsq(numpy.vstack([slope, K]).T, -gradient(w), rcond=None)[0]
                price, prices = found[0], found[1:]
            along = C.T @ point / length
            bend = c / length * (C.T @ C - numpy.outer(along, along))
            residual = numpy.concatenate([gradient(w) + price * slope + K.T @ prices, [c * length - point @ target], K @ w - k])
            border = numpy.vstack([slope, K])
            matrix = numpy.block([[curvature(w) + price * bend, border.T], [border, numpy.zeros((len(border),) * 2)]])
            step = numpy.linalg.lstsq(matrix, -residual, rcond=1e-15)[0]
            if not numpy.isfinite(step).all() or (w + step[: len(w)]).min() < -1e-3:
                break
            w, price, prices = w + step[: len(w)], price + step[len(w)], prices + step[len(w) + 1 :]
            if numpy.abs(step[: len(w)]).max() < 1e-15:
                break
        point = C @ w
        length = numpy.linalg.norm(point)
        slope = C.T @ (c * point / length - target)
        active = problem.h - problem.G @ w <= 1e-10
        with numpy.errstate(all="ignore"):
            slope_at = gradient(w)
        if not numpy.isfinite(slope_at).all():
            continue
        found, _, residual = multipliers(slope_at, numpy.vstack([slope, problem.G[active]]), E)
        violated = max(c * length - point @ target, (problem.G @ w - problem.h).max(), numpy.abs(E @ w - f).max(), 0)
        certificate = max(violated, residual)
        if best is None or certificate < best.certificate:
            best = Exact(w, found, None, certificate, True)
        if certificate < 1e-12:
            break
    if best is None or best.certificate > 1e-9:
        raise Dropped("optimality conditions of the nearest mixture")
    return best


# ---- the answers --------------------------------------------------------------------------------------------------


def rounded(value):
    """Twelve significant digits; lists and dictionaries are gone through."""
    if isinstance(value, dict):
        return {key: rounded(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple, numpy.ndarray)):
        return [rounded(entry) for entry in value]
    if isinstance(value, (float, numpy.floating)):
        return 0.0 if abs(value) < 1e-13 else float(f"{value:.12g}")
    return value


def settle(values, kept_value, weights, kept_weights, certificate, unique=True):
    """The fields that say how far the answer is to be trusted; drops what the routes disagree on."""
    off = max(abs(value - kept_value) for value in values)
    if not off <= GREATEST_DISAGREEMENT:
        raise Dropped("routes disagree")
    off_weights = max((numpy.abs(other - kept_weights).max() for other in weights), default=0)
    return {
        "tolerance": float(f"{max(off, LEAST_TOLERANCE):.2g}"),
        "weights_tolerance": float(f"{max(off_weights, LEAST_TOLERANCE):.2g}") if unique else None,
        "weights_are_unique": unique,
        "certificate": float(f"{certificate:.2g}"),
    }


def promising(problem, target):
    """The largest <Cw, y> within the constraints; no mixture correlates positively where it is not positive."""
    w = problem.extreme(-problem.columns.T @ target)
    return float(target @ problem.columns @ w)


def exact_best(problem, target):
    """The optimum by the convex route: approximate weights, exact weights, the correlation, prices of all rows."""
    G, E = problem.homogeneous()
    zeros = numpy.zeros(len(G)), numpy.zeros(len(E))
    near = least_squares(problem.columns, target, G, zeros[0], E, zeros[1])
    exact = exact_least_squares(problem.columns, target, G, zeros[0], E, zeros[1], near)
    total, value = exact.point.sum(), numpy.linalg.norm(problem.columns @ exact.point)
    if value < 1e-4 or total < 1e-4:
        raise Dropped("vanishing optimum")
    # The value of the program is (1 - rho^2)/2, and moving a right side by x adds -mu t x to it: d rho = mu t x / rho.
    derivatives = []
    for is_equality, position, sign in problem.place_of_row:
        price = exact.free[position] if is_equality else sign * exact.prices[position]
        derivatives.append(price * total / value)
    return near / near.sum(), exact, exact.point / total, float(value), derivatives


def direct_best(problem, target, random, starts=3):
    return by_slsqp(
        lambda w: -correlation(problem, w, target),
        lambda w: -correlation_gradient(problem, w, target),
        problem,
        problem.starts(random, starts),
    )


def resolved(problem, target):
    try:
        if promising(problem, target) <= 0:
            return None
        return exact_best(problem, target)[3]
    except Dropped:
        return None


def row_derivatives(problem, target, value, from_duals):
    """d rho / d right by differences of optima solved anew; the dual variable where they confirm it, else null."""
    derivatives = []
    for row, dual in enumerate(from_duals):
        right, sides = problem.rows[row]["right"], {}
        for step in [1e-5, 1e-6]:
            up, down = (resolved(problem.with_right(row, right + sign * step), target) for sign in (1, -1))
            if up is None or down is None:
                break
            sides[step] = ((up - value) / step, (value - down) / step)
        if len(sides) < 2:
            derivatives.append(None)
            continue
        kinks = {step: abs(up - down) for step, (up, down) in sides.items()}
        size = max(1.0, abs(dual))
        smooth = kinks[1e-6] < 1e-6 * size or (kinks[1e-6] < 0.3 * kinks[1e-5] and kinks[1e-5] < 1e-2 * size)
        if not smooth:
            derivatives.append(None)
            continue
        central = sum(sides[1e-5]) / 2
        if abs(central - dual) > 1e-6 * size:
            raise Dropped("price by duals and by differences")
        derivatives.append(float(dual))
    return derivatives


def status_of(problem, target, random):
    try:
        reach = promising(problem, target)
    except Dropped as dropped:
        if str(dropped) == "infeasible":
            return "infeasible"
        raise
    if reach > 1e-3:
        return "optimal"
    if reach > -1e-3 or -direct_best(problem, target, random)[1] > 0:
        raise Dropped("barely a positive correlation")
    return "none"


def answer_best(case, problem, random):
    target = problem.targets[0]
    status = status_of(problem, target, random)
    if status != "optimal":
        return {"status": status, "correlation": None, "weights": None, "tolerance": None}
    near, exact, weights, value, duals = exact_best(problem, target)
    other, other_value = direct_best(problem, target, random)
    derivatives = row_derivatives(problem, target, value, duals)
    prices = [
        None if d is None else -d if row["relation"] == ">=" else d for d, row in zip(derivatives, problem.rows)
    ]
    trust = settle(
        [-other_value, correlation(problem, near, target)], value, [near, other], weights, exact.certificate, exact.unique
    )
    return {
        "status": status, "correlation": value, "weights": weights, "row_derivatives": derivatives, "row_prices": prices,
        **trust,
    }


def quadratic(prior):
    return (
        lambda w: float(((w - prior) ** 2).sum()),
        lambda w: 2 * (w - prior),
        lambda w: 2 * numpy.eye(len(w)),
        lambda w: cvxpy.sum_squares(w - prior),
    )


def divergence(prior):
    def value(w):
        w = numpy.maximum(w, 1e-300)
        return float((w * numpy.log(w / prior)).sum())

    return (
        value,
        lambda w: numpy.log(numpy.maximum(w, 1e-300) / prior) + 1,
        lambda w: numpy.diag(1 / numpy.maximum(w, 1e-300)),
        lambda w: cvxpy.sum(cvxpy.rel_entr(w, prior)),
    )


def answer_nearest(case, problem, random):
    """Chooses the correlation asked for, too: between that of the nearest mixture and the best."""
    target, prior = problem.targets[0], numpy.array(case["prior"])
    is_quadratic = case["kind"] == "nearest_quadratic"
    distance, gradient, curvature, expression = (quadratic if is_quadratic else divergence)(prior)
    if status_of(problem, target, random) != "optimal":
        raise Dropped("no positive correlation")
    w = cvxpy.Variable(problem.domains)
    nearest = solve_convex(cvxpy.Minimize(expression(w)), within(problem, w), w)
    low, high = max(0.05, correlation(problem, nearest, target)), exact_best(problem, target)[3]
    if high - low < 0.01:
        raise Dropped("the nearest mixture is the best")
    asked = math.floor((low + random.choice([0.3, 0.6, 0.9, 0.97]) * (high - low)) * 1e5) / 1e5
    case["correlation_at_least"] = asked
    image = problem.columns @ w
    cone = cvxpy.norm(image) * asked <= target @ image
    near = solve_convex(cvxpy.Minimize(expression(w)), [*within(problem, w), cone], w)
    if numpy.linalg.norm(problem.columns @ near) < 1e-3:
        raise Dropped("a mixture of constant bits")
    exact = exact_nearest(problem, target, asked, gradient, curvature, near)
    extra = {
        "type": "ineq",
        "fun": lambda w: numpy.array([correlation(problem, w, target) - asked]),
        "jac": lambda w: correlation_gradient(problem, w, target)[None],
    }
    starts = itertools.chain([nearest], problem.starts(random, 2))
    other, other_value = by_slsqp(
        distance, gradient, problem, starts, [extra], None if is_quadratic else [(1e-12, 1)] * problem.domains
    )
    name = "distance_squared" if is_quadratic else "divergence"
    value = distance(exact.point)
    trust = settle([distance(near), other_value], value, [near, other], exact.point, exact.certificate)
    return {
        "status": "optimal", name: value, "weights": exact.point,
        "correlation": correlation(problem, exact.point, target), **trust,
    }


def largest_least(problem):
    """The largest over mixtures of the least <Cw, y_k>, by linear programming."""
    size = problem.domains
    E, f = problem.equalities()
    images = numpy.array([target @ problem.columns for target in problem.targets])
    G = numpy.block([[problem.G, numpy.zeros((len(problem.G), 1))], [-images, numpy.ones((len(images), 1))]])
    h = numpy.concatenate([problem.h, numpy.zeros(len(images))])
    E = numpy.hstack([E, numpy.zeros((len(E), 1))])
    result = linprog(numpy.append(numpy.zeros(size), -1), G, h, E, f, bounds=(None, None), method="highs")
    if result.status == 2:
        raise Dropped("infeasible")
    return -result.fun


def answer_worst(case, problem, random):
    def least(w):
        return min(correlation(problem, w, target) for target in problem.targets)

    def constraint(target):
        # Variables: the weights and the least correlation, last.
        return {
            "type": "ineq",
            "fun": lambda x: numpy.array([correlation(problem, x[:-1], target) - x[-1]]),
            "jac": lambda x: numpy.append(correlation_gradient(problem, x[:-1], target), -1)[None],
        }

    E, f = problem.equalities()
    constraints = [
        {"type": "eq", "fun": lambda x: E @ x[:-1] - f, "jac": lambda x: numpy.hstack([E, numpy.zeros((len(E), 1))])},
        {
            "type": "ineq",
            "fun": lambda x: problem.h - problem.G @ x[:-1],
            "jac": lambda x: numpy.hstack([-problem.G, numpy.zeros((len(problem.G), 1))]),
        },
        *map(constraint, problem.targets),
    ]
    ascent = numpy.append(numpy.zeros(problem.domains), -1.0)
    starts = (numpy.append(w, least(w)) for w in problem.starts(random, 4))
    reach = largest_least(problem)
    if reach < 1e-3:
        if reach > -1e-3 or -run_slsqp(lambda x: -x[-1], lambda x: ascent, constraints, starts)[1] > 0:
            raise Dropped("barely a positive correlation")
        return {"status": "none", "value": None, "weights": None, "correlations": None, "tolerance": None}
    other, other_value = run_slsqp(lambda x: -x[-1], lambda x: ascent, constraints, starts)
    G, E = problem.homogeneous()
    images = numpy.array([target @ problem.columns for target in problem.targets])
    G, h = numpy.vstack([G, -images]), numpy.concatenate([numpy.zeros(len(G)), -numpy.ones(len(images))])
    nothing = numpy.zeros(len(problem.columns))
    near = least_squares(problem.columns, nothing, G, h, E, numpy.zeros(len(E)))
    exact = exact_least_squares(problem.columns, nothing, G, h, E, numpy.zeros(len(E)), near)
    weights, near = exact.point / exact.point.sum(), near / near.sum()
    value = least(weights)
    if abs(value * numpy.linalg.norm(problem.columns @ exact.point) - 1) > 1e-10:
        raise Dropped("value of the homogenised program")
    trust = settle(
        [least(near), -other_value], value, [near, other[:-1]], weights, exact.certificate, exact.unique
    )
    correlations = [correlation(problem, weights, target) for target in problem.targets]
    return {"status": "optimal", "value": value, "weights": weights, "correlations": correlations, **trust}


ANSWERS = {
    "best": answer_best,
    "nearest_quadratic": answer_nearest,
    "nearest_kl": answer_nearest,
    "worst": answer_worst,
}


# ---- cases --------------------------------------------------------------------------------------------------------


def significant(value, digits):
    return float(f"{value:.{digits}g}")


def on_simplex(weights, decimals=4):
    """Rounded so that the decimals add up to one."""
    places = 10**decimals
    counts = numpy.floor(weights / weights.sum() * places).astype(int)
    counts[counts.argmax()] += places - counts.sum()
    return [int(count) / places for count in counts]


def make_bits(models, domains, own, random):
    noise = random.standard_normal((models, domains))
    if own is not None:
        noise = random.standard_normal((models, 1)) + own * noise
    level = random.uniform(0.5, 1.2, domains)
    return (level * (1 + 0.12 * noise)).round(4)


def make_targets(bits, count, random):
    """Scores by linear laws of a few domains each, with noise."""
    models, domains = bits.shape
    targets, noise = [], random.choice([0.1, 0.5, 1.0, 2.0])
    shared = random.dirichlet(numpy.full(domains, 0.4))
    for _ in range(count):
        law = random.dirichlet(numpy.full(domains, 0.3))
        if count > 1:
            law = 0.4 * shared + 0.6 * law
        signal = -bits @ law
        scores = 50 + 8 * ((signal - signal.mean()) / signal.std() + noise * random.standard_normal(models))
        targets.append([significant(score, 4) for score in scores])
    return targets


def free_best(bits, target):
    centred = numpy.array(target) - numpy.mean(target)
    values, _ = nnls(-(bits - bits.mean(axis=0)), centred / numpy.linalg.norm(centred), maxiter=10_000)
    return values / values.sum() if values.sum() > 0 else numpy.full(bits.shape[1], 1 / bits.shape[1])


def row(coefficients, relation, right):
    pairs = [[int(d), significant(a, 5)] for d, a in coefficients if a != 0]
    return {"coefficients": pairs, "relation": relation, "right": significant(right, 4) + 0.0}


def add_bounds(case, free, random):
    domains = len(free)
    greatest, least = numpy.ones(domains), numpy.zeros(domains)
    wanted = free > 0.02
    greatest[wanted] = free[wanted] * random.uniform(0.4, 1.1, wanted.sum())
    others = ~wanted & (random.random(domains) < 0.4)
    greatest[others] = random.uniform(0.03, 0.5, others.sum())
    if greatest.sum() < 1.2:
        greatest *= random.uniform(1.2, 1.6) / greatest.sum()
    some = random.random(domains) < 0.3
    least[some] = numpy.minimum(random.uniform(0.1, 0.6, some.sum()) / domains, 0.7 * greatest[some])
    case["greatest"] = [significant(min(value, 1.0), 3) for value in greatest]
    case["least"] = [significant(value, 2) for value in least]


def add_groups(case, free, random):
    order = random.permutation(len(free))
    groups = numpy.array_split(order, int(random.integers(2, min(4, len(free)) + 1)))
    groups.sort(key=lambda group: -free[group].sum())
    relations = ["<=", ">=", "=", ">="] if random.random() < 0.7 else ["<=", "="]
    for group, relation in zip(groups[: len(groups) - (len(groups) > 2)], relations):
        total = free[group].sum()
        right = total * random.uniform(0.5, 0.95) if relation == "<=" else min(0.35, total + random.uniform(0.02, 0.25))
        case["rows"].append(row([(d, 1.0) for d in sorted(group)], relation, max(right, 0.05)))


def add_ratios(case, free, random):
    """w_a is a fixed fraction of its group: frozen proportions inside a source."""
    order = list(random.permutation(len(free)))
    for _ in range(1 if len(free) < 8 else 2):
        group = sorted(order.pop() for _ in range(int(random.integers(2, 4)))) if len(order) >= 3 else sorted(order)
        ratio = round(random.uniform(0.2, 0.6), 2)
        chosen = random.choice(group)
        case["rows"].append(row([(d, 1 - ratio if d == chosen else -ratio) for d in group], "=", 0.0))


def add_supply(case, free, random):
    """A domain's share of the tokens is at most its supply over the budget: tau_d w_d <= cap_d sum tau_e w_e."""
    domains = len(free)
    tokens = random.uniform(0.18, 0.6, domains)
    caps = random.uniform(0.4, 0.95, domains) * numpy.maximum(free, 1.5 / domains)
    limited = numpy.argsort(-free)[: min(4, max(1, domains // 2))]
    for d in sorted(limited):
        coefficients = [(e, tokens[e] * ((e == d) - caps[d])) for e in range(domains)]
        case["rows"].append(row(coefficients, "<=", 0.0))


def add_constraints(case, style, random):
    bits = numpy.array(case["bits"])
    free = numpy.mean([free_best(bits, target) for target in case["targets"]], axis=0)
    if style in ("bounds", "everything"):
        add_bounds(case, free, random)
    if style in ("groups", "everything"):
        add_groups(case, free, random)
    if style in ("ratios", "everything"):
        add_ratios(case, free, random)
    if style in ("supply", "everything"):
        add_supply(case, free, random)


def spoil(case, random):
    """Rarely: constraints that nothing fulfils, or scores that no domain explains."""
    domains, chance = len(case["least"]), random.random()
    if case["kind"] not in ("best", "worst") or chance > 0.12:
        return
    if chance < 0.05 and domains > 3:
        case["rows"].append(row([(d, 1.0) for d in range(domains // 2)], ">=", 0.7))
        case["rows"].append(row([(d, 1.0) for d in range(domains // 2, domains)], ">=", 0.4))
    else:
        law = numpy.array(case["bits"]).mean(axis=1)
        scores = 50 + 20 * (law - law.mean()) / law.std() + 0.1 * random.standard_normal(len(law))
        case["targets"][0] = [significant(score, 4) for score in scores]


def add_prior(case, random):
    domains = len(case["least"])
    alike = numpy.full(domains, 1 / domains)
    case["prior"] = on_simplex(alike if random.random() < 0.3 else 0.7 * random.dirichlet(numpy.ones(domains)) + 0.3 * alike)


def make_case(kind, index, random):
    models, domains = SHAPES[int(random.integers(len(SHAPES)))]
    style = STYLES[int(random.integers(len(STYLES)))]
    if kind == "sparse":
        models, domains = int(random.integers(8, 31)), int(random.integers(4, 10 + 1))
        style = str(random.choice(["none", "bounds", "groups", "ratios", "supply"]))
    if kind == "stages":
        models, domains = int(random.integers(8, 31)), int(random.integers(3, 15))
        style = "none"
    own = FACTORS[int(random.integers(len(FACTORS)))]
    bits = make_bits(models, domains, own, random)
    count = {"worst": int(random.integers(2, 5)), "pareto": 2, "stages": int(random.integers(2, 4))}.get(kind, 1)
    case = {
        "kind": kind,
        "name": f"{kind} {index}: {models} x {domains}, {'independent' if own is None else f'own part {own}'}, {style}",
        "bits": bits.tolist(),
        "targets": make_targets(bits, count, random),
        "least": [0.0] * domains,
        "greatest": [1.0] * domains,
        "rows": [],
    }
    add_constraints(case, style, random)
    spoil(case, random)
    if kind in ("nearest_quadratic", "nearest_kl", "ridge"):
        add_prior(case, random)
    if kind == "pareto":
        case["alphas"] = [0.0, 0.1, 0.25, 0.5, 0.75, 1.0]
    if kind == "ridge":
        case["ridge"] = float(random.choice([0.001, 0.01, 0.1, 1.0, 10.0]))
    if kind == "sparse":
        case["most_domains"] = int(random.integers(1, min(5, domains - 1) + 1))
    if kind == "stages":
        add_stages(case, count, random)
    return case


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
    raise SystemExit(f"{kind} {index}: nothing in 30 draws")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=63)
    parser.add_argument("--seed", type=int, default=20261123)
    parser.add_argument("--kinds", nargs="+", default=KINDS, help="gone through in turn")
    parser.add_argument("--out", type=pathlib.Path, required=True)
    arguments = parser.parse_args()
    dropped, cases = collections.Counter(), []
    for index in range(arguments.cases):
        kind = arguments.kinds[index % len(arguments.kinds)]
        cases.append(make_answered_case(kind, index, arguments.seed, dropped))
        expected = cases[-1]["expected"]
        print(cases[-1]["name"], expected["status"], expected["tolerance"], expected.get("weights_tolerance"), flush=True)
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
