"""The two independent routes: convex forms by cvxpy and ECOS, and SciPy's SLSQP on the correlation itself."""

import math
import warnings

import cvxpy
import numpy
from scipy.optimize import minimize

from .problem import Dropped


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
    G, h = G[G.any(axis=1)], h[G.any(axis=1)]
    E, f = E[E.any(axis=1)], f[E.any(axis=1)]
    constraints = [G @ v <= h] + ([E @ v == f] if len(E) else [])
    return solve_convex(cvxpy.Minimize(cvxpy.sum_squares(A @ v - b)), constraints, v)


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
                function,
                point,
                jac=gradient,
                method="SLSQP",
                constraints=constraints,
                bounds=bounds,
                options={"ftol": 1e-15, "maxiter": 1000},
            )
            violated = max(
                numpy.abs(c["fun"](result.x)).max(initial=0)
                if c["type"] == "eq"
                else -c["fun"](result.x).min(initial=0)
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
