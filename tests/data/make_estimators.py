"""Writes estimators.json: small random problems with the answers of the package perplexity-correlations.

Made with Python 3.11.7, numpy 2.4.6 and perplexity-correlations 0.1.2 (the file names the versions it was made with):

    python -m venv venv && venv/bin/pip install numpy==2.4.6 perplexity-correlations==0.1.2
    venv/bin/python make_estimators.py

`estimates`: bits (rows are models) and errors, with the package's estimates. Where values tie, only those of its
functions are stored that treat ties as ties: `sign_cdf` and `spearmanr` break ties of bits by the order of rows, and
`spearmanr` those of errors. Numbers of the problems are rounded, so that the file stays small and both sides start from
the same ones. `projections`: estimates and caps with both projections; the package's `linear` is in single precision, and
its `l2` stops within 1e-12 of the shift.
"""

import importlib.metadata
import json
import pathlib
import platform

import numpy
from perplexity_correlations import estimation, projection

SEED = 20240910
SHAPES = [(2, 3), (3, 5), (5, 8), (16, 12), (40, 6), (64, 5), (65, 5), (90, 7), (130, 4)]
RIGHT = {
    "no ties": ["product", "sign", "sign_cdf", "sign_sign", "spearmanr"],
    "one factor": ["product", "sign", "sign_cdf", "sign_sign", "spearmanr"],
    "tied errors": ["product", "sign", "sign_cdf", "sign_sign"],
    "tied bits and errors": ["product", "sign", "sign_sign"],
}


def has_ties(values):
    return any(len(set(column)) < len(column) for column in numpy.atleast_2d(values.T).tolist())


def make_problem(kind, models, domains, random):
    factor = random.standard_normal((models, 1))
    noise = random.standard_normal((models, domains))
    bits = 1 + 0.1 * (factor + 0.07 * noise if kind == "one factor" else noise + 0.5 * factor)
    error = 0.5 + 0.1 * factor[:, 0] + 0.05 * random.standard_normal(models)
    bits, error = bits.round(7), error.round(7)
    if kind.startswith("tied"):
        error = (20 * error).round() / 20
    if kind == "tied bits and errors":
        bits = (10 * bits).round() / 10
        bits[:, -1] = 1.25  # a constant domain
    elif has_ties(bits):
        raise ValueError("ties in bits; take another seed")
    if not kind.startswith("tied") and has_ties(error):
        raise ValueError("ties in errors; take another seed")
    return bits, error


def make_estimates(random):
    problems = []
    for kind, names in RIGHT.items():
        for models, domains in SHAPES:
            bits, error = make_problem(kind, models, domains, random)
            estimates = {name: getattr(estimation, name)(bits, error).tolist() for name in names}
            problems.append({"kind": kind, "bits": bits.tolist(), "error": error.tolist(), "estimates": estimates})
    return problems


def make_projections(random):
    problems = []
    for domains in [2, 3, 8, 30, 100]:
        for slack in [1.01, 1.5, 10.0]:
            estimates = (random.choice([0.01, 0.2, 2.0]) * random.standard_normal(domains)).round(6)
            caps = random.dirichlet(numpy.ones(domains))
            caps = (slack * numpy.maximum(caps, 1e-4) / numpy.maximum(caps, 1e-4).sum()).round(6)
            caps = numpy.maximum(caps, 1e-6)
            problems.append(
                {
                    "estimates": estimates.tolist(),
                    "caps": caps.tolist(),
                    "linear": projection.linear(estimates, caps).astype(float).round(9).tolist(),
                    "l2": projection.l2(estimates, caps).tolist(),
                }
            )
    return problems


def main():
    random = numpy.random.default_rng(SEED)
    stored = {
        "python": platform.python_version(),
        "numpy": numpy.__version__,
        "perplexity_correlations": importlib.metadata.version("perplexity-correlations"),
        "estimates": make_estimates(random),
        "projections": make_projections(random),
    }
    path = pathlib.Path(__file__).with_name("estimators.json")
    path.write_text(json.dumps(stored, separators=(",", ":")).replace('{"', '\n{"') + "\n")


if __name__ == "__main__":
    main()
