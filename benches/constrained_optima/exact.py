"""Approximate answers made exact, and the conditions of Karush, Kuhn and Tucker that say whether they are."""

import collections

import numpy
from scipy.optimize import nnls

from .problem import Dropped


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
            residual = numpy.concatenate(
                [gradient(w) + price * slope + K.T @ prices, [c * length - point @ target], K @ w - k]
            )
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
