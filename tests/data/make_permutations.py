"""Writes permutations.json: exact permutation tests of the best mixture, every arrangement enumerated.

    python -m venv venv && venv/bin/pip install numpy scipy
    venv/bin/python tests/data/make_permutations.py > tests/data/permutations.json

Written independently of mixopt. The best correlation of -B w with y over w >= 0 is the length of the projection of the
centred unit y onto the cone of the columns of -B, centred: scipy.optimize.nnls. Arrangements are filtered from all
permutations of six models, so nothing here knows how they are counted.
"""

import itertools
import json
import sys

import numpy
import scipy
from scipy.optimize import nnls

MODELS, DOMAINS = 6, 3
TIE = 1e-9


def best(bits, target, controls):
    """Best (partial) correlation, zero where none is positive."""
    basis = numpy.linalg.qr(numpy.column_stack([numpy.ones(len(target)), *controls]))[0]
    project = lambda matrix: matrix - basis @ (basis.T @ matrix)
    columns, unit = project(-bits), project(target)
    unit = unit / numpy.linalg.norm(unit)
    return numpy.linalg.norm(columns @ nnls(columns, unit)[0])


def fitted(target, controls):
    design = numpy.column_stack([numpy.ones(len(target)), *controls])
    return design @ numpy.linalg.lstsq(design, target, rcond=None)[0]


def every(keep):
    return [p for p in itertools.permutations(range(MODELS)) if keep(p)]


def moves_blocks(families):
    def keep(p):
        to = [{families[p[i]] for i in range(MODELS) if families[i] == f} for f in sorted(set(families))]
        sizes = [families.count(f) for f in sorted(set(families))]
        return all(len(t) == 1 and families.count(next(iter(t))) == n for t, n in zip(to, sizes))

    return keep


def p_value(values):
    """The first value is that of the data."""
    return float(numpy.mean(numpy.array(values) >= values[0] - TIE))


def main():
    random = numpy.random.default_rng(20261123)
    bits = numpy.round(1 + 0.2 * random.standard_normal((MODELS, DOMAINS)), 4)
    target = numpy.round(-bits @ [0.6, 0.3, 0.1] + 0.15 * random.standard_normal(MODELS), 4)
    control = numpy.round(random.standard_normal(MODELS), 3)
    strata, families = [0, 1, 0, 1, 1, 0], [0, 0, 1, 2, 2, 1]
    unequal = [0, 0, 1, 1, 1, 2]
    cases = {}

    def case(name, arrangements, arrange, controls=()):
        values = [best(bits, arrange(p), controls) for p in arrangements]
        cases[name] = {
            "p_value": p_value(values),
            "permutations": len(values) - 1,
            "observed": values[0],
            "null_mean": float(numpy.mean(values[1:])),
            "null_quantiles": numpy.quantile(values[1:], [0.5, 0.9, 0.95]).tolist(),
        }

    rows = lambda p: target[list(p)]
    case("models", every(lambda p: True), rows)
    case("strata", every(lambda p: all(strata[p[i]] == strata[i] for i in range(MODELS))), rows)
    case("family_blocks", every(moves_blocks(families)), rows)
    explained = fitted(target, [control])
    case("control", every(lambda p: True), lambda p: explained + (target - explained)[list(p)], [control])

    groups = [[i for i in range(MODELS) if unequal[i] == f] for f in range(3)]
    means = numpy.array([target[g].mean() for g in groups])
    within = every(lambda p: all(unequal[p[i]] == unequal[i] for i in range(MODELS)))
    pairs = list(itertools.product(itertools.permutations(range(3)), within))
    deviation = target - means[unequal]
    case("family_means", pairs, lambda pair: means[list(pair[0])][unequal] + deviation[list(pair[1])])

    shares = [0.2, 0.5, 0.3]
    held = [numpy.corrcoef(-bits @ shares, rows(p))[0, 1] for p in every(lambda p: True)]
    cases["held"] = {"p_value": p_value(held), "observed": held[0]}

    # Three targets, one score missing of the second: rows of scores are permuted.
    tried = numpy.column_stack([target, target + 0.2 * random.standard_normal(MODELS), random.standard_normal(MODELS)])
    tried = numpy.round(tried, 4)
    tried[2, 1] = numpy.nan
    values = []
    for p in every(lambda p: True):
        scores = tried[list(p)]
        there = ~numpy.isnan(scores)
        values.append([best(bits[there[:, k]], scores[there[:, k], k], []) for k in range(3)])
    values = numpy.array(values)
    raw = numpy.array([[numpy.mean(values[:, k] >= v - TIE) for v in values[:, k]] for k in range(3)]).T
    least = raw.min(axis=1)
    json.dump(
        {
            "made_by": f"make_permutations.py; numpy {numpy.__version__}, scipy {scipy.__version__}",
            "bits": bits.tolist(),
            "target": target.tolist(),
            "control": control.tolist(),
            "strata": strata,
            "families": families,
            "unequal_families": unequal,
            "shares": shares,
            "cases": cases,
            "tried": {
                "scores": [[None if numpy.isnan(s) else s for s in column] for column in tried.T.tolist()],
                "observed": values[0].tolist(),
                "p_values": raw[0].tolist(),
                "adjusted": [float(numpy.mean(least <= p + TIE)) for p in raw[0]],
            },
        },
        sys.stdout,
        indent=1,
    )
    print()


if __name__ == "__main__":
    main()
