"""Writes scipy_optima.json: small random problems with the answers of SciPy.

Made with Python 3.11.7, numpy 2.4.6 and scipy 1.17.1 (the file names the versions that it was made with):

    python -m venv venv && venv/bin/pip install numpy==2.4.6 scipy==1.17.1
    venv/bin/python make_scipy_optima.py

`optima`: bits per character (rows are models) and scores, with the mixture that correlates best by
scipy.optimize.nnls on the centred data, unit columns. `correlations`: scipy.stats.pearsonr, spearmanr and rankdata of
pairs with and without ties. The numbers of the problems are rounded to four decimals, so that the file stays small and
both sides start from the same ones.
"""

import json
import pathlib
import platform

import numpy
import scipy
from scipy.optimize import nnls
from scipy.stats import pearsonr, rankdata, spearmanr

SEED = 20240404
SHAPES = [(3, 1), (3, 4), (4, 2), (5, 5), (6, 12), (8, 3), (12, 8), (16, 20), (20, 6), (24, 10)]


def make_bits(kind, models, domains, random):
    noise = random.standard_normal((models, domains))
    if kind == "gaussian":
        return 1 + 0.1 * noise
    if kind == "common factor":
        return 1 + 0.1 * (random.standard_normal((models, 1)) + 0.15 * noise)
    if kind == "duplicated":
        return 1 + 0.1 * noise[:, random.integers(0, domains, domains)]
    scales = 10.0 ** random.uniform(-1, 1, domains)
    return 20 + scales * noise


def optimum(bits, scores):
    compression = -(bits - bits.mean(axis=0))
    lengths = numpy.linalg.norm(compression, axis=0)
    target = scores - scores.mean()
    target /= numpy.linalg.norm(target)
    values, _ = nnls(compression / lengths, target, maxiter=1000)
    if values.sum() == 0:
        return 0.0, None
    weights = values / lengths / (values / lengths).sum()
    return float(pearsonr(-bits @ weights, scores).statistic), weights.tolist()


def make_optima(random):
    problems = []
    for kind in ["gaussian", "common factor", "duplicated", "unequal scales"]:
        for models, domains in SHAPES:
            bits = make_bits(kind, models, domains, random).round(4)
            law = bits @ random.dirichlet(numpy.ones(domains))
            scores = random.standard_normal(models) - random.choice([-20, 0, 5, 20]) * law
            if models >= 16 and kind == "gaussian":
                scores = (4 * scores).round() / 4  # ties
            scores = scores.round(4)
            correlation, weights = optimum(bits, scores)
            problems.append(
                {
                    "kind": kind,
                    "bits_per_character": bits.tolist(),
                    "scores": scores.tolist(),
                    "correlation": correlation,
                    "weights": weights,
                }
            )
    return problems


def make_correlations(random):
    pairs = []
    for size in [2, 3, 5, 8, 20, 50]:
        for levels in [None, 2, 5]:
            x, y = random.standard_normal((2, size))
            y += x * random.uniform(-2, 2)
            if levels:
                x, y = ((values * levels).round() / levels for values in (x, y))
            x, y = x.round(4), y.round(4)
            if numpy.ptp(x) == 0 or numpy.ptp(y) == 0:
                continue
            pairs.append(
                {
                    "x": x.tolist(),
                    "y": y.tolist(),
                    "pearson": float(pearsonr(x, y).statistic),
                    "spearman": float(spearmanr(x, y).statistic),
                    "ranks_of_x": rankdata(x).tolist(),
                }
            )
    return pairs


def main():
    random = numpy.random.default_rng(SEED)
    made_with = {
        "python": platform.python_version(),
        "numpy": numpy.__version__,
        "scipy": scipy.__version__,
        "seed": SEED,
    }
    content = {"made_with": made_with, "optima": make_optima(random), "correlations": make_correlations(random)}
    text = json.dumps(content, separators=(",", ":"))
    for first_key in ["kind", "x"]:
        text = text.replace(f'{{"{first_key}"', f'\n{{"{first_key}"')  # a problem a line
    pathlib.Path(__file__).with_name("scipy_optima.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
