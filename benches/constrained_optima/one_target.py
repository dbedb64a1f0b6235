"""Answers about one target: the best mixture with prices, the nearest, ridge, and the best of few domains."""

import itertools
import math

import cvxpy
import numpy

from .exact import exact_least_squares, exact_nearest
from .problem import Dropped, correlation, correlation_gradient, promising
from .routes import by_slsqp, least_squares, solve_convex, within
from .trust import settle


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
    prices = [None if d is None else -d if row["relation"] == ">=" else d for d, row in zip(derivatives, problem.rows)]
    trust = settle(
        [-other_value, correlation(problem, near, target)],
        value,
        [near, other],
        weights,
        exact.certificate,
        exact.unique,
    )
    return {
        "status": status,
        "correlation": value,
        "weights": weights,
        "row_derivatives": derivatives,
        "row_prices": prices,
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
        "status": "optimal",
        name: value,
        "weights": exact.point,
        "correlation": correlation(problem, exact.point, target),
        **trust,
    }


def answer_ridge(case, problem, random):
    target, prior, C = problem.targets[0], numpy.array(case["prior"]), problem.columns
    if status_of(problem, target, random) != "optimal":
        raise Dropped("no positive correlation")
    strength = case["ridge"] * (C**2).sum() / problem.domains
    toward = numpy.eye(problem.domains) - numpy.outer(prior, numpy.ones(problem.domains))
    A = numpy.vstack([C, math.sqrt(strength) * toward])
    b = numpy.concatenate([target, numpy.zeros(problem.domains)])
    G, E = problem.homogeneous()
    zeros = numpy.zeros(len(G)), numpy.zeros(len(E))
    near = least_squares(A, b, G, zeros[0], E, zeros[1])
    exact = exact_least_squares(A, b, G, zeros[0], E, zeros[1], near)
    if exact.point.sum() < 1e-3:
        raise Dropped("vanishing optimum")
    # For a mixture w the best scale is a quotient, which leaves 1 - <Cw, y>^2 / (|Cw|^2 + strength |w - prior|^2).

    def quotient(w):
        return float(target @ C @ w / numpy.linalg.norm(A @ w))

    def slope(w):
        image = A @ w
        length = numpy.linalg.norm(image)
        return C.T @ target / length - A.T @ image * (target @ C @ w) / length**3

    other, other_value = by_slsqp(lambda w: -quotient(w), lambda w: -slope(w), problem, problem.starts(random, 3))
    scale = exact.point.sum()
    weights, near_weights = exact.point / scale, near / near.sum()
    objective = float(((A @ exact.point - b) ** 2).sum())
    trust = settle(
        [float(((A @ near - b) ** 2).sum()), 1 - other_value**2],
        objective,
        [near_weights, other],
        weights,
        exact.certificate,
        exact.unique,
    )
    return {
        "status": "optimal",
        "objective": objective,
        "scale": scale,
        "weights": weights,
        "correlation": correlation(problem, weights, target),
        **trust,
    }


def answer_sparse(case, problem, random):
    """Every subset of `most_domains` domains, each by both routes."""
    target, found, direct, certificate = problem.targets[0], [], [], 0
    for support in itertools.combinations(range(problem.domains), case["most_domains"]):
        part = problem.only(support)
        try:
            if promising(part, target) < 1e-3:
                continue
            near, exact, weights, value, _ = exact_best(part, target)
            other, other_value = direct_best(part, target, random, starts=2)
        except Dropped as dropped:
            if str(dropped) in ("infeasible", "vanishing optimum"):
                continue
            raise
        spread = [numpy.zeros(problem.domains) for _ in range(3)]
        for full, w in zip(spread, (weights, near, other)):
            full[list(support)] = w
        found.append((value, spread, exact.unique))
        direct.append((-other_value, correlation(part, near, target)))
        certificate = max(certificate, exact.certificate)
    if not found:
        raise Dropped("no positive correlation")
    best = max(range(len(found)), key=lambda i: found[i][0])
    value, (weights, near, other), unique = found[best]
    chosen = tuple(numpy.flatnonzero(weights > 1e-9))
    others = (v for v, (w, _, _), _ in found if tuple(numpy.flatnonzero(w > 1e-9)) != chosen)
    if value - max(others, default=0) < 1e-5:
        raise Dropped("near tie")
    trust = settle(
        [max(v for v, _ in direct), max(v for _, v in direct)], value, [near, other], weights, certificate, unique
    )
    return {
        "status": "optimal",
        "correlation": value,
        "support": [int(d) for d in chosen],
        "weights": weights,
        "subsets_tried": math.comb(problem.domains, case["most_domains"]),
        **trust,
    }
