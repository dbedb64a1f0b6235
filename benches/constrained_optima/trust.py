"""How far an answer is to be trusted, and how many digits of it are written."""

import numpy

from .problem import Dropped

GREATEST_DISAGREEMENT = 1e-6

LEAST_TOLERANCE = 1e-10


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
