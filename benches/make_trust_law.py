"""Writes trust_law.json: diagnostics of a line by statsmodels, and robust mixtures by cvxpy.

    python -m venv venv && venv/bin/pip install numpy scipy statsmodels cvxpy
    venv/bin/python benches/make_trust_law.py --out tests/data/trust_law.json

Written independently of mixopt. For a robust mixture the convex program of Huber's loss is solved at a scale s, and s is
moved to 1.4826 times the median size of the residuals until it stands.
"""

import argparse
import json

import cvxpy
import numpy as np
import statsmodels.api as sm
from scipy.stats import t
from statsmodels.stats.outliers_influence import OLSInfluence

TUNING = 1.345
NORMAL = 1.482602218505602


def law(generator, models, outlier):
    bits = generator.uniform(0.4, 0.9, models).round(3)
    score = (1.1 - bits + generator.normal(0, 0.03, models)).round(4)
    score[1] += outlier
    fitted = sm.OLS(score, sm.add_constant(bits)).fit()
    influence = OLSInfluence(fitted)
    studentised = influence.resid_studentized_external
    return {
        "bits": bits.tolist(),
        "score": score.tolist(),
        "leverage": influence.hat_matrix_diag.tolist(),
        "studentised": studentised.tolist(),
        "p_value": (2 * t.sf(np.abs(studentised), models - 3)).tolist(),
        "cooks_distance": influence.cooks_distance[0].tolist(),
        "outlier_beyond": float(t.ppf(1 - 0.025 / models, models - 3)),
    }


def huber(bits, target, scale):
    v, a = cvxpy.Variable(bits.shape[1], nonneg=True), cvxpy.Variable()
    loss = cvxpy.sum(cvxpy.huber((target - a + bits @ v) / scale, TUNING))
    cvxpy.Problem(cvxpy.Minimize(loss)).solve(
        solver=cvxpy.CLARABEL, tol_gap_abs=1e-13, tol_gap_rel=1e-13, tol_feas=1e-13
    )
    return np.maximum(v.value, 0), float(a.value)


def robust(generator, models, domains, outliers):
    bits = generator.uniform(0.3, 0.9, (models, 1)) * 0.8 + generator.uniform(0, 0.3, (models, domains))
    truth = generator.dirichlet(np.ones(domains))
    target = 1.2 - bits @ truth + generator.normal(0, 0.02, models)
    target[:outliers] += generator.choice([-1, 1], outliers) * generator.uniform(0.2, 0.6, outliers)
    scale = float(np.std(target))
    for _ in range(300):
        v, a = huber(bits, target, scale)
        next_scale = NORMAL * float(np.median(np.abs(target - a + bits @ v)))
        if abs(next_scale - scale) < 1e-9 * scale:
            break
        scale = next_scale
    return {
        "bits": bits.tolist(),
        "target": target.tolist(),
        "scale": scale,
        "weights": (v / v.sum()).tolist(),
        "slope": -float(v.sum()),
        "intercept": a,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", required=True)
    out = parser.parse_args().out
    generator = np.random.default_rng(20240915)
    laws = [law(generator, models, outlier) for models, outlier in [(4, 0), (5, 0.2), (12, 0.15), (19, 0), (40, -0.3)]]
    mixtures = [robust(generator, *shape) for shape in [(24, 3, 2), (30, 4, 3), (40, 6, 6), (19, 3, 1)]]
    with open(out, "w") as file:
        json.dump({"law": laws, "robust": mixtures}, file)
        file.write("\n")


main()
