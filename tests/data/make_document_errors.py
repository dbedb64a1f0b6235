"""Writes document_errors.json: documents of two domains under six models, with errors by NumPy.

Made with Python 3.11 and NumPy (the file names the versions that it was made with):

    python -m venv venv && venv/bin/pip install numpy
    venv/bin/python tests/data/make_document_errors.py

Written independently of mixopt. Domain 0 has 40 documents, domain 1 has 25; the last model was not measured on domain 1.
`sizes` are characters, `bits` bits by model, rounded before anything is computed.

`standard_errors`: of bits per character, by domain and model, from the covariance matrix of the two means (NumPy's `cov`
of bits and sizes) through the gradient of their ratio; that is Cochran's estimator, written otherwise.
`jackknife`: the same by leaving one document out (Quenouille and Tukey), which shares no linearisation.
`bootstrap`: brute force, `draws` draws of documents with replacement, the same for all models: standard deviation of every
cell, covariance of the cells of a domain, standard deviation of every cell less the mean of the domain's measured cells,
and the standard deviation of the correlation of the mixture `weights` (negative bits per character) with `target`; the
last model's bits on domain 1 are held at `measured`.
"""

import json
import pathlib
import platform

import numpy

SEED = 20240917
DRAWS = 400_000
MODELS = 6


def make_domain(documents, models, random):
    sizes = numpy.round(numpy.exp(random.normal(7.0, 0.8, documents)))
    levels = 0.9 - 0.08 * numpy.arange(models)
    hardness = random.normal(0.0, 0.15, (documents, 1))
    own = random.normal(0.0, 0.03, (documents, models))
    bits = numpy.round(sizes[:, None] * (levels + hardness + own), 2)
    assert (bits > 0).all()
    return sizes, bits


def standard_errors(sizes, bits):
    n = len(sizes)
    out = []
    for own in bits.T:
        covariance = numpy.cov(numpy.vstack([own, sizes])) / n
        gradient = numpy.array([1 / sizes.mean(), -own.mean() / sizes.mean() ** 2])
        out.append(float(numpy.sqrt(gradient @ covariance @ gradient)))
    return out


def jackknife(sizes, bits):
    n = len(sizes)
    left = (bits.sum(axis=0) - bits) / (sizes.sum() - sizes)[:, None]
    return [float(x) for x in numpy.sqrt((n - 1) / n * ((left - left.mean(axis=0)) ** 2).sum(axis=0))]


def draw(sizes, bits, random):
    n = len(sizes)
    parts = []
    for _ in range(DRAWS // 20_000):
        times = random.multinomial(n, numpy.full(n, 1 / n), size=20_000)
        parts.append((times @ bits) / (times @ sizes)[:, None])
    return numpy.concatenate(parts)


def main():
    random = numpy.random.default_rng(SEED)
    domains = [make_domain(40, MODELS, random), make_domain(25, MODELS - 1, random)]
    target = [0.21, 0.36, 0.33, 0.49, 0.55, 0.58]
    weights = [0.65, 0.35]
    held = 0.43
    draws = [draw(sizes, bits, random) for sizes, bits in domains]
    whole = [draws[0], numpy.hstack([draws[1], numpy.full((DRAWS, 1), held)])]
    mixture = -(weights[0] * whole[0] + weights[1] * whole[1])
    centred = mixture - mixture.mean(axis=1, keepdims=True)
    y = numpy.array(target) - numpy.mean(target)
    correlations = centred @ y / numpy.sqrt((centred**2).sum(axis=1) * (y @ y))
    file = {
        "python": platform.python_version(),
        "numpy": numpy.__version__,
        "target": target,
        "weights": weights,
        "held": held,
        "domains": [
            {
                "sizes": sizes.tolist(),
                "bits": bits.T.tolist(),
                "measured": (bits.sum(axis=0) / sizes.sum()).tolist(),
                "standard_errors": standard_errors(sizes, bits),
                "jackknife": jackknife(sizes, bits),
                "bootstrap": {
                    "draws": DRAWS,
                    "standard_deviations": drawn.std(axis=0, ddof=1).tolist(),
                    "covariance": numpy.cov(drawn.T).tolist(),
                    "relative": (drawn - drawn.mean(axis=1, keepdims=True)).std(axis=0, ddof=1).tolist(),
                },
            }
            for (sizes, bits), drawn in zip(domains, draws)
        ],
        "correlation_error": float(correlations.std(ddof=1)),
    }
    path = pathlib.Path(__file__).with_name("document_errors.json")
    path.write_text(json.dumps(file, indent=1).replace("\n    ", " ").replace("\n   ]", "]") + "\n")
    for domain in file["domains"]:
        print(domain["standard_errors"], domain["jackknife"], domain["bootstrap"]["standard_deviations"])
    print(file["correlation_error"], correlations.mean())


if __name__ == "__main__":
    main()
