"""Writes held_out_figures.json: held-out figures of several methods on small studies, computed without mixopt.

    python -m venv venv && venv/bin/pip install numpy scipy
    venv/bin/python benches/make_held_out_figures.py --out tests/data/held_out_figures.json

Written independently of mixopt: no code is shared. Each family is held out in turn; a method chooses its mixture on the
other families' models, a line from the mixture's bits to the scores is fitted on them by numpy.polyfit, and the held-out
models are predicted. Predictions of all folds are pooled.

Methods: `optimum` by scipy.optimize.nnls on the centred columns, normalised to a sum of one; `uniform`; `best_single`, the
domain whose bits correlate best (negatively) with the scores; and the estimators of arXiv 2409.05816 by their definitions,
as loops over pairs of models, with linear and l2 projections under caps (l2 by bisection on the shift). The optimum is
computed without caps, so every case is stored twice: once with caps of 1, where all methods are told, and once with smaller
caps, without the optimum. There are no ties.

Figures: `pearson` (numpy.corrcoef), `spearman` (scipy.stats.spearmanr), `rmse`, and `order_accuracy`, the share of the pairs
of models with different scores whose predictions stand in the same order, a tie in prediction counting half.
"""

import argparse
import itertools
import json
import pathlib

import numpy
import scipy.optimize
import scipy.stats

ESTIMATORS = ["product", "sign", "sign_cdf", "sign_sign", "spearmanr"]


def estimate(name, x, error):
    """One domain's bits x and the errors, both over models."""
    n = len(x)
    if name == "product":
        return sum(a * b for a, b in zip(x, error)) / n
    if name == "spearmanr":
        return scipy.stats.spearmanr(x, error).statistic
    if name == "sign_cdf":
        x = scipy.stats.rankdata(x) / n
    total = 0.0
    for g, k in itertools.combinations(range(n), 2):
        step = x[g] - x[k]
        total += numpy.sign(error[g] - error[k]) * (numpy.sign(step) if name == "sign_sign" else step)
    return 2 * total / (n * (n - 1))


def project(name, estimates, cap):
    weights = numpy.zeros(len(estimates))
    if name == "linear":
        for domain in numpy.argsort(-estimates):
            weights[domain] = min(cap, 1 - weights.sum())
        return weights
    low, high = -estimates.max() - 1, cap - estimates.min() + 1
    for _ in range(200):
        middle = (low + high) / 2
        if numpy.clip(estimates + middle, 0, cap).sum() < 1:
            low = middle
        else:
            high = middle
    return numpy.clip(estimates + (low + high) / 2, 0, cap)


def choose(method, bits, target, cap):
    domains = bits.shape[1]
    if method == "uniform":
        return numpy.full(domains, 1 / domains)
    if method == "best_single":
        r = [-numpy.corrcoef(bits[:, d], target)[0, 1] for d in range(domains)]
        return numpy.eye(domains)[int(numpy.argmax(r))]
    if method == "optimum":
        centred = bits.mean(axis=0) - bits
        y = target - target.mean()
        weights, _ = scipy.optimize.nnls(centred, y / numpy.linalg.norm(y))
        return weights / weights.sum()
    estimator, projection = method.rsplit("_", 1)
    error = 1 - target if estimator == "product" else -target
    estimates = numpy.array([estimate(estimator, bits[:, d], error) for d in range(domains)])
    return project(projection, estimates, cap)


def figures(method, bits, target, families, cap):
    predicted = numpy.full(len(target), numpy.nan)
    for family in sorted(set(families)):
        test = families == family
        weights = choose(method, bits[~test], target[~test], cap)
        mixed = bits @ weights
        slope, intercept = numpy.polyfit(mixed[~test], target[~test], 1)
        predicted[test] = intercept + slope * mixed[test]
    right = pairs = 0.0
    for i, j in itertools.combinations(range(len(target)), 2):
        if target[i] != target[j]:
            pairs += 1
            sign = numpy.sign(target[i] - target[j]) * numpy.sign(predicted[i] - predicted[j])
            right += (1 + sign) / 2
    return {
        "pearson": numpy.corrcoef(predicted, target)[0, 1],
        "spearman": scipy.stats.spearmanr(predicted, target).statistic,
        "rmse": numpy.sqrt(numpy.mean((predicted - target) ** 2)),
        "order_accuracy": right / pairs,
    }


def make_case(seed, models, families, domains, cap):
    random = numpy.random.default_rng(seed)
    skill = random.normal(size=models)
    loading = random.uniform(0.02, 0.12, size=domains)
    bits = 0.9 - numpy.outer(skill, loading) + 0.04 * random.normal(size=(models, domains))
    bits = numpy.round(bits, 6)
    target = numpy.round(0.5 + 0.12 * skill + 0.04 * random.normal(size=models), 6)
    member = numpy.array([i % families for i in range(models)])
    methods = ["uniform", "best_single"] + [f"{e}_{p}" for e in ESTIMATORS for p in ["linear", "l2"]]
    if cap == 1:
        methods = ["optimum"] + methods
    return {
        "bits": bits.tolist(),
        "target": target.tolist(),
        "families": member.tolist(),
        "cap": cap,
        "expected": {
            method: {name: float(value) for name, value in figures(method, bits, target, member, cap).items()}
            for method in methods
        },
    }


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=pathlib.Path, required=True)
    out = parser.parse_args().out
    shapes = [(11, 18, 6, 4), (12, 24, 8, 7), (13, 15, 5, 3)]
    cases = [make_case(*shape, cap) for shape in shapes for cap in (1, 0.45)]
    made_with = {"numpy": numpy.__version__, "scipy": scipy.__version__}
    out.write_text(json.dumps({"made_with": made_with, "cases": cases}, indent=1) + "\n")


main()
