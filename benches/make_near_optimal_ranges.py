"""Writes near_optimal_ranges.json: the least and greatest share of each domain above a correlation, by cone programs.

    python -m venv venv && venv/bin/pip install numpy scipy cvxpy ecos
    venv/bin/python benches/make_near_optimal_ranges.py --out tests/data/near_optimal_ranges.json

Written independently of mixopt: every end is a second-order cone program of its own, written with cvxpy and solved twice,
by ECOS and by Clarabel. Where the two differ by more than 3e-8 the case is drawn again and counted; what is stored is the
mean of both, `tolerance` their largest difference.

Notation: `bits` B (models x domains), targets y_k; C = -(B - column means), controls projected out of C and y_k by least
squares, y_k of unit length; a mixture w has w >= 0, sum w = 1, least <= w <= greatest and the rows
`sum of a_d w_d (<=|>=|=) right`, `coefficients` being pairs [d, a_d]. The set is {w : <Cw, y_k> >= c_k |Cw| for all k}.

`best` is a mixture in the set from which a solver may start, `thresholds` the c_k: `share` times the correlations of the best
mixture for the first target (several targets: times the least of the correlations of the mixture that is best for the
worst). The first case is the embedded study: 19 general models, MMLU, 0.99 of the best correlation.
"""

import argparse
import csv
import json
import pathlib
import platform
import warnings

import cvxpy
import ecos
import numpy

# That a solver missed its own tolerance does not matter here: two of them must agree.
warnings.filterwarnings("ignore", message="Solution may be inaccurate")

SHAPES = [(19, 3), (10, 5), (24, 6), (30, 8), (9, 12), (20, 16), (12, 20)]
STYLES = ["simplex", "simplex", "controls", "least", "caps", "rows", "targets"]
SHARES = [0.99, 0.9, 0.999, 0.6]
SOLVERS = [
    ("ECOS", dict(abstol=1e-10, reltol=1e-10, feastol=1e-10, max_iters=500)),
    ("CLARABEL", dict(tol_gap_abs=1e-10, tol_gap_rel=1e-10, tol_feas=1e-10, max_iter=500)),
]


class Redraw(Exception):
    pass


def residuals(values, controls, models):
    basis = numpy.column_stack([numpy.ones(models), *controls])
    return values - basis @ numpy.linalg.lstsq(basis, values, rcond=None)[0]


class Problem:
    def __init__(self, case):
        bits = numpy.array(case["bits"])
        self.models, self.domains = bits.shape
        controls = [numpy.array(control) for control in case["controls"]]
        self.matrix = residuals(-bits, controls, self.models)
        self.size = numpy.linalg.norm(self.matrix, axis=0).max()
        targets = [residuals(numpy.array(target), controls, self.models) for target in case["targets"]]
        self.targets = [target / numpy.linalg.norm(target) for target in targets]
        self.case = case

    def constraints(self, weights):
        case = self.case
        found = [cvxpy.sum(weights) == 1, weights >= numpy.array(case["least"]), weights <= numpy.array(case["greatest"])]
        for row in case["rows"]:
            left = sum(value * weights[domain] for domain, value in row["coefficients"])
            found.append({"<=": left <= row["right"], ">=": left >= row["right"], "=": left == row["right"]}[row["relation"]])
        return found

    def above(self, weights, thresholds):
        compression = (self.matrix / self.size) @ weights
        return [
            cvxpy.norm(compression - (compression @ target) * target) * c / numpy.sqrt(1 - c * c) <= compression @ target
            for target, c in zip(self.targets, thresholds)
        ]

    def correlations(self, weights):
        compression = self.matrix @ weights
        return [compression @ target / numpy.linalg.norm(compression) for target in self.targets]

    def best(self):
        """The best mixture for the worst target, by bisection on the correlation."""
        low, high, best = 0.0, 1.0, None
        for _ in range(45):
            middle = 0.5 * (low + high)
            weights, slack = cvxpy.Variable(self.domains), cvxpy.Variable()
            compression = (self.matrix / self.size) @ weights
            program = cvxpy.Problem(
                cvxpy.Maximize(slack),
                self.constraints(weights)
                + [compression @ target - middle * cvxpy.norm(compression) >= slack for target in self.targets],
            )
            program.solve(solver="CLARABEL")
            if weights.value is not None and slack.value is not None and slack.value >= 0:
                low, best = middle, weights.value
            else:
                high = middle
        if best is None:
            raise Redraw("no mixture correlates positively")
        return best

    def end(self, domain, sign, thresholds):
        answers = []
        for solver, options in SOLVERS:
            weights = cvxpy.Variable(self.domains)
            program = cvxpy.Problem(
                cvxpy.Minimize(sign * weights[domain]), self.constraints(weights) + self.above(weights, thresholds)
            )
            try:
                program.solve(solver=solver, **options)
            except cvxpy.error.SolverError:
                raise Redraw(f"{solver} failed") from None
            if program.status not in ("optimal", "optimal_inaccurate") or weights.value is None:
                raise Redraw(f"{solver} says {program.status}")
            answers.append(float(weights.value[domain]))
        if abs(answers[0] - answers[1]) > 3e-8:
            raise Redraw("the solvers differ")
        return sum(answers) / 2, abs(answers[0] - answers[1])


def answered(case, share):
    problem = Problem(case)
    best = problem.best()
    least = min(problem.correlations(best))
    case["thresholds"] = [float(f"{share * least:.12g}")] * len(case["targets"])
    # A mixture that obeys the constraints exactly, up to rounding: the solver's own, cleaned.
    best = numpy.clip(best, case["least"], case["greatest"])
    case["best"] = [float(value) for value in best]
    ranges, tolerance = [], 0.0
    for domain in range(problem.domains):
        ends = [problem.end(domain, sign, case["thresholds"]) for sign in (1, -1)]
        ranges.append([float(f"{max(ends[0][0], 0):.12g}"), float(f"{min(ends[1][0], 1):.12g}")])
        tolerance = max(tolerance, ends[0][1], ends[1][1])
    case["ranges"], case["tolerance"] = ranges, float(f"{tolerance:.2g}")
    return case


def draw(index, random):
    models, domains = SHAPES[index % len(SHAPES)]
    style = STYLES[(index // 2) % len(STYLES)]
    own = [0.05, 0.3, 1.0][index % 3]
    factor = random.standard_normal((models, 1))
    bits = (random.uniform(0.5, 1.2, domains) * (1 + 0.12 * (factor + own * random.standard_normal((models, domains))))).round(4)
    case = {"name": f"{style}, {models} x {domains}", "bits": bits.tolist(), "controls": [], "rows": []}
    case["least"], case["greatest"] = [0.0] * domains, [1.0] * domains
    count = 2 if style == "targets" else 1
    case["targets"] = [
        (50 - 8 * factor[:, 0] + 4 * random.standard_normal(models)).round(2).tolist() for _ in range(count)
    ]
    if style == "controls":
        case["controls"] = [(20 - 2 * factor[:, 0] + random.standard_normal(models)).round(3).tolist()]
    if style == "least":
        case["least"] = (random.dirichlet(numpy.ones(domains)) * 0.4).round(4).tolist()
    if style == "caps":
        case["greatest"] = [float(min(1, round(2.2 / domains, 3)))] * domains
        case["least"][0] = 0.05
    if style == "rows":
        half = domains // 2
        case["rows"] = [
            {"coefficients": [[d, 1.0] for d in range(half)], "relation": "<=", "right": 0.6},
            {"coefficients": [[0, 1.0], [domains - 1, -2.0]], "relation": ">=", "right": -0.5},
        ]
    return case


def embedded():
    folder = pathlib.Path(__file__).parent.parent / "benchmarks/huang2024"
    read = lambda name: {row["model"]: row for row in csv.DictReader((folder / name).open())}
    bits, scores, models = (read(name) for name in ["bits_per_character.csv", "scores.csv", "models.csv"])
    names = [name for name in bits if models[name]["category"] == "general"]
    columns = ["common_crawl", "python", "arxiv_math"]
    return {
        "name": "embedded study, MMLU",
        "bits": [[float(bits[name][column]) for column in columns] for name in names],
        "controls": [],
        "rows": [],
        "least": [0.0] * 3,
        "greatest": [1.0] * 3,
        "targets": [[float(scores[name]["mmlu"]) for name in names]],
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=28)
    parser.add_argument("--seed", type=int, default=20261123)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    arguments = parser.parse_args()
    cases, drawn_again = [answered(embedded(), 0.99)], 0
    print(cases[0]["name"], cases[0]["ranges"], cases[0]["tolerance"], flush=True)
    for index in range(arguments.cases):
        for attempt in range(20):
            random = numpy.random.default_rng([arguments.seed, index, attempt])
            try:
                cases.append(answered(draw(index, random), SHARES[index % len(SHARES)]))
                break
            except Redraw as reason:
                drawn_again += 1
                print(f"{index} is drawn again: {reason}", flush=True)
        else:
            raise SystemExit(f"{index}: nothing in 20 draws")
        print(cases[-1]["name"], cases[-1]["tolerance"], flush=True)
    made_by = (
        f"make_near_optimal_ranges.py --cases {arguments.cases} --seed {arguments.seed}; Python {platform.python_version()}, "
        f"numpy {numpy.__version__}, cvxpy {cvxpy.__version__}, ecos {ecos.__version__}"
    )
    lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
    arguments.out.write_text(f'{{"made_by":{json.dumps(made_by)},"cases":[\n{lines}\n]}}\n')
    print(f"{len(cases)} cases, {arguments.out.stat().st_size / 1000:.0f} kB; {drawn_again} drawn again")


if __name__ == "__main__":
    main()
