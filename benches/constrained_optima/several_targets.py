"""Answers about several targets: the best worst case, the front between two, and stages that share a supply."""

import cvxpy
import numpy
from scipy.optimize import linprog

from .exact import exact_least_squares
from .one_target import direct_best, exact_best, status_of
from .problem import Dropped, Problem, correlation, correlation_gradient
from .routes import least_squares, run_slsqp, solve_convex
from .trust import settle


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
    try:
        reach = largest_least(problem)
    except Dropped as dropped:
        if str(dropped) != "infeasible":
            raise
        return {"status": "infeasible", "value": None, "weights": None, "correlations": None, "tolerance": None}
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
    trust = settle([least(near), -other_value], value, [near, other[:-1]], weights, exact.certificate, exact.unique)
    correlations = [correlation(problem, weights, target) for target in problem.targets]
    return {"status": "optimal", "value": value, "weights": weights, "correlations": correlations, **trust}


def answer_pareto(case, problem, random):
    first, second = problem.targets
    kept, approximate, direct, certificate = [], [], [], 0
    for alpha in case["alphas"]:
        mixed = (1 - alpha) * first + alpha * second
        length = numpy.linalg.norm(mixed)
        if length < 0.1 or status_of(problem, mixed / length, random) != "optimal":
            raise Dropped("no positive correlation")
        near, exact, weights, _, _ = exact_best(problem, mixed / length)
        other, _ = direct_best(problem, mixed / length, random)
        certificate = max(certificate, exact.certificate)
        for answers, w in [(kept, weights), (approximate, near), (direct, other)]:
            answers.append([correlation(problem, w, first), correlation(problem, w, second)])

    def mixed_values(points):
        return numpy.array([(1 - a) * one + a * two for a, (one, two) in zip(case["alphas"], points)])

    # The correlations are flat in the direction that alpha does not weigh, so they are compared as weights are.
    off = max(numpy.abs(mixed_values(kept) - mixed_values(points)).max() for points in (approximate, direct))
    both = [numpy.array(points).ravel() for points in (approximate, direct)]
    trust = settle([off], 0.0, both, numpy.array(kept).ravel(), certificate)
    trust["correlations_tolerance"] = trust.pop("weights_tolerance")
    del trust["weights_are_unique"]
    points = [{"alpha": alpha, "correlations": pair} for alpha, pair in zip(case["alphas"], kept)]
    return {"status": "optimal", "points": points, **trust}


def capped(problem, greatest):
    copy = object.__new__(Problem)
    copy.__dict__.update(problem.__dict__)
    copy.greatest = numpy.minimum(problem.greatest, greatest)
    copy.set_polytope([row["right"] for row in problem.rows])
    return copy


def stages_by_cones(problem, targets, alone, budgets, supply):
    """Dinkelbach's iteration: with c the least ratio so far, the largest slack t with <Cw, y> - c alone |Cw| >= t for
    every stage; the mixtures that attain it have a ratio above c until t is zero."""
    ratios, slacks, best = [], [], (0.0, None)
    for _ in range(40):
        value = best[0]
        w, slack = cvxpy.Variable((len(targets), problem.domains)), cvxpy.Variable()
        constraints = [w >= 0, cvxpy.sum(w, axis=1) == 1, (budgets / supply.mean()) @ w <= supply / supply.mean()]
        for stage, target in enumerate(targets):
            image = problem.columns @ w[stage]
            constraints.append(target @ image - value * alone[stage] * cvxpy.norm(image) >= slack)
        mixtures = solve_convex(cvxpy.Maximize(slack), constraints, w)
        least = min(correlation(problem, m, y) / a for m, y, a in zip(mixtures, targets, alone))
        ratios.append(least), slacks.append(float(slack.value))
        if least > best[0]:
            best = (least, mixtures)
        if least <= value + 1e-12:
            break
    return best


def stages_by_slsqp(problem, targets, alone, budgets, supply, random):
    """Variables: the weights of every stage, then the least ratio."""
    stages, domains = len(targets), problem.domains
    size = stages * domains + 1

    def ratio_of(stage, target):
        part = slice(stage * domains, (stage + 1) * domains)

        def slope(x):
            gradient = numpy.zeros((1, size))
            gradient[0, part] = correlation_gradient(problem, x[part], target) / alone[stage]
            gradient[0, -1] = -1
            return gradient

        return {
            "type": "ineq",
            "fun": lambda x: numpy.array([correlation(problem, x[part], target) / alone[stage] - x[-1]]),
            "jac": slope,
        }

    sums = numpy.hstack([numpy.kron(numpy.eye(stages), numpy.ones(domains)), numpy.zeros((stages, 1))])
    drawn = numpy.hstack([numpy.kron(budgets, numpy.eye(domains)), numpy.zeros((domains, 1))]) / supply.mean()
    most = supply / supply.mean()
    constraints = [
        {"type": "eq", "fun": lambda x: sums @ x - 1, "jac": lambda x: sums},
        {"type": "ineq", "fun": lambda x: most - drawn @ x, "jac": lambda x: -drawn},
        {"type": "ineq", "fun": lambda x: x[:-1], "jac": lambda x: numpy.eye(size)[:-1]},
        *(ratio_of(stage, target) for stage, target in enumerate(targets)),
    ]
    starts = []
    for _ in range(4):
        corners = []
        for _ in range(6):
            costs = numpy.append(random.standard_normal(size - 1), 0)
            result = linprog(costs, drawn, most, sums, numpy.ones(stages), bounds=[(0, 1)] * size, method="highs")
            if result.status != 0:
                raise Dropped("infeasible")
            corners.append(result.x)
        start = random.dirichlet(numpy.ones(6)) @ numpy.array(corners)
        mixtures = start[:-1].reshape(stages, domains)
        start[-1] = min(correlation(problem, m, y) / a for m, y, a in zip(mixtures, targets, alone))
        starts.append(start)
    ascent = numpy.append(numpy.zeros(size - 1), -1.0)
    x, value = run_slsqp(lambda x: -x[-1], lambda x: ascent, constraints, starts)
    return -value, x[:-1].reshape(stages, domains)


def answer_stages(case, problem, random):
    budgets, supply = numpy.array(case["budgets"]), numpy.array(case["supply"])
    alone = []
    for target, budget in zip(problem.targets, budgets):
        part = capped(problem, supply / budget)
        if status_of(part, target, random) != "optimal":
            raise Dropped("no positive correlation")
        value = exact_best(part, target)[3]
        if value < 0.05 or abs(-direct_best(part, target, random)[1] - value) > 1e-8:
            raise Dropped("a stage alone")
        alone.append(value)
    value, mixtures = stages_by_cones(problem, problem.targets, alone, budgets, supply)
    if mixtures is None:
        raise Dropped("barely a positive correlation")
    other, _ = stages_by_slsqp(problem, problem.targets, alone, budgets, supply, random)
    overdrawn = max(0.0, (budgets @ mixtures - supply).max() / supply.mean())
    kept = max(value, other)
    if kept > 0.9999 and random.random() < 0.8:
        raise Dropped("supply hardly binds")
    trust = settle([value, other], kept, [], None, overdrawn)
    del trust["weights_tolerance"], trust["weights_are_unique"], trust["certificate"]
    return {"status": "optimal", "value": kept, "alone": alone, **trust}
