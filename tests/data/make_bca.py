"""Writes bca.json: bootstrap replicates and jackknife values with their BCa intervals.

Made with Python 3.11.7, numpy 2.4.6 and scipy 1.17.1 (the file names the versions that it was made with):

    python -m venv venv && venv/bin/pip install numpy==2.4.6 scipy==1.17.1
    venv/bin/python make_bca.py

The statistics are a correlation of pairs, a mean of skewed values and a largest value (with many ties). Ends are computed
by the formula of Efron (1987); on the numbers before rounding the script checks that scipy.stats.bootstrap gives the same.
Replicates and jackknife values are rounded, so that the file stays small and both sides start from the same numbers.
"""

import json
import pathlib
import platform

import numpy
import scipy
from scipy import stats

SEED = 1987


def bca(point, replicates, jackknife, confidence):
    below = (numpy.sum(replicates < point) + numpy.sum(replicates <= point)) / (2 * len(replicates))
    correction = stats.norm.ppf(below)
    influence = numpy.mean(jackknife) - jackknife
    acceleration = numpy.sum(influence**3) / (6 * numpy.sum(influence**2) ** 1.5)
    ends = []
    for probability in ((1 - confidence) / 2, (1 + confidence) / 2):
        moved = correction + stats.norm.ppf(probability)
        ends.append(float(numpy.quantile(replicates, stats.norm.cdf(correction + moved / (1 - acceleration * moved)))))
    return correction, acceleration, ends


def case(name, samples, statistic, confidence, count):
    result = stats.bootstrap(
        samples, statistic, paired=True, vectorized=False, method="BCa", confidence_level=confidence,
        n_resamples=count, rng=numpy.random.default_rng(SEED),
    )
    size = len(samples[0])
    left_out = [[numpy.delete(sample, i) for sample in samples] for i in range(size)]
    jackknife = numpy.array([statistic(*sample) for sample in left_out])
    point, replicates = float(statistic(*samples)), result.bootstrap_distribution
    _, _, ends = bca(point, replicates, jackknife, confidence)
    assert numpy.allclose(ends, list(result.confidence_interval), rtol=0, atol=1e-12), (name, ends, result)
    point, replicates, jackknife = round(point, 5), replicates.round(5), jackknife.round(5)
    correction, acceleration, ends = bca(point, replicates, jackknife, confidence)
    return {
        "name": name, "confidence": confidence, "point": point, "replicates": replicates.tolist(),
        "jackknife": jackknife.tolist(), "correction": float(correction), "acceleration": float(acceleration),
        "interval": ends,
    }


def main():
    random = numpy.random.default_rng(SEED)
    x = random.standard_normal(14)
    y = x + 0.7 * random.standard_normal(14)
    skewed = random.exponential(size=20)
    cases = [
        case("correlation", (x, y), lambda a, b: numpy.corrcoef(a, b)[0, 1], 0.95, 300),
        case("mean", (skewed,), numpy.mean, 0.9, 250),
        case("largest", (skewed,), numpy.max, 0.8, 200),
    ]
    made_with = {"python": platform.python_version(), "numpy": numpy.__version__, "scipy": scipy.__version__, "seed": SEED}
    lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
    text = '{"made_with":' + json.dumps(made_with) + ',"cases":[\n' + lines + "\n]}\n"
    pathlib.Path(__file__).with_name("bca.json").write_text(text)


main()
