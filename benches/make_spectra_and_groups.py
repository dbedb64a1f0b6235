"""Writes spectra.json and interchangeable_groups.json: effective numbers of domains by NumPy, clusters by SciPy.

    python -m venv venv && venv/bin/pip install numpy scipy
    venv/bin/python benches/make_spectra_and_groups.py --out tests/data

Written independently of mixopt. Columns are bits (models x domains) with their means and the controls projected out by
least squares. Spectra come from singular values (shares of the squares), of the columns as they are and at unit length
without the constant ones. Clusters come from scipy.cluster.hierarchy.linkage(method="complete") on one less the
correlations, cut by fcluster(criterion="distance"); groups of one are left out. Some domains are exact copies of others,
whose distances are exactly zero, or exact negatives.
"""

import argparse
import json
import pathlib

import numpy
import scipy
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

SHAPES = [(10, 4), (12, 30), (30, 12), (25, 40), (8, 8)]


def draw(models, domains, own, with_control, random):
    factors = random.standard_normal((models, 3))
    loads = random.dirichlet(numpy.full(3, 0.3), domains).T
    bits = (0.9 + 0.1 * (factors @ loads + own * random.standard_normal((models, domains)))).round(4)
    if domains > 6:
        bits[:, 3] = 0.8
        bits[:, 5] = bits[:, 0]
        bits[:, domains - 1] = bits[:, 0]
        bits[:, 2] = (2 - bits[:, 1]).round(4)
    controls = [factors[:, 0].round(3).tolist()] if with_control else []
    return bits, controls


def residuals(bits, controls):
    basis = numpy.column_stack([numpy.ones(len(bits)), *controls])
    left = -(bits - basis @ numpy.linalg.lstsq(basis, bits, rcond=None)[0])
    left[:, numpy.linalg.norm(left, axis=0) < 1e-12] = 0
    return left


def spectrum(matrix):
    values = numpy.linalg.svd(matrix, compute_uv=False) ** 2
    shares = values / values.sum()
    positive = shares[shares > 1e-300]
    return {
        "shares": shares.tolist(),
        "participation_ratio": float(1 / (shares**2).sum()),
        "effective_rank": float(numpy.exp(-(positive * numpy.log(positive)).sum())),
    }


def groups(columns, norms, correlation):
    varying = numpy.flatnonzero(norms > 0)
    unit = columns[:, varying] / norms[varying]
    # Copies are exactly alike, which one less their inner product need not be.
    distance = numpy.array([[0.5 * ((a - b) ** 2).sum() for b in unit.T] for a in unit.T])
    labels = fcluster(linkage(squareform(distance), method="complete"), 1 - correlation + 1e-14, criterion="distance")
    found = []
    for label in set(labels):
        members = varying[labels == label]
        if len(members) > 1:
            inner = numpy.corrcoef(columns[:, members].T)
            found.append({"members": sorted(members.tolist()), "least_correlation": float(inner.min())})
    return sorted(found, key=lambda group: group["members"])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=20261123)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    arguments = parser.parse_args()
    made_by = f"make_spectra_and_groups.py --seed {arguments.seed}; numpy {numpy.__version__}, scipy {scipy.__version__}"
    spectra, clusters = [], []
    for index in range(10):
        random = numpy.random.default_rng([arguments.seed, index])
        bits, controls = draw(*SHAPES[index % len(SHAPES)], [0.05, 0.3][index % 2], index % 3 == 1, random)
        columns = residuals(bits, controls)
        norms = numpy.linalg.norm(columns, axis=0)
        unit = columns / numpy.where(norms > 0, norms, 1)
        problem = {"bits": bits.tolist(), "controls": controls}
        spectra.append({**problem, "covariance": spectrum(columns), "correlation": spectrum(unit)})
        cuts = [{"correlation": level, "groups": groups(columns, norms, level)} for level in [0.5, 0.8, 0.95, 0.99, 1.0]]
        clusters.append({**problem, "cuts": cuts})
    for name, cases in [("spectra", spectra), ("interchangeable_groups", clusters)]:
        lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
        path = arguments.out / f"{name}.json"
        path.write_text(f'{{"made_by":{json.dumps(made_by)},"cases":[\n{lines}\n]}}\n')
        print(path, path.stat().st_size // 1000, "kB")
    print([sum(len(cut["groups"]) for cut in case["cuts"]) for case in clusters])


if __name__ == "__main__":
    main()
