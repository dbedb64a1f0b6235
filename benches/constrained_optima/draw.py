"""Random cases, rounded before they are solved so that the file holds exactly what was solved."""

import numpy
from scipy.optimize import nnls

STYLES = ["none", "bounds", "groups", "ratios", "supply", "everything", "everything"]

SHAPES = [(8, 3), (19, 3), (10, 5), (24, 6), (30, 8), (9, 12), (40, 10), (16, 24), (60, 15), (12, 30), (28, 40)]

FACTORS = [None, 0.5, 0.15, 0.05]  # the share of a domain's own noise beside the factor that all domains have in common


def significant(value, digits):
    return float(f"{value:.{digits}g}")


def on_simplex(weights, decimals=4):
    """Rounded so that the decimals add up to one."""
    places = 10**decimals
    counts = numpy.floor(weights / weights.sum() * places).astype(int)
    counts[counts.argmax()] += places - counts.sum()
    return [int(count) / places for count in counts]


def make_bits(models, domains, own, random):
    noise = random.standard_normal((models, domains))
    if own is not None:
        noise = random.standard_normal((models, 1)) + own * noise
    level = random.uniform(0.5, 1.2, domains)
    return (level * (1 + 0.12 * noise)).round(4)


def make_targets(bits, count, random, alike=0.4):
    """Scores by linear laws of a few domains each, with noise; several laws have a part in common."""
    models, domains = bits.shape
    targets, noise = [], random.choice([0.1, 0.5, 1.0, 2.0])
    shared = random.dirichlet(numpy.full(domains, 0.4))
    for _ in range(count):
        law = random.dirichlet(numpy.full(domains, 0.3))
        if count > 1:
            law = alike * shared + (1 - alike) * law
        signal = -bits @ law
        scores = 50 + 8 * ((signal - signal.mean()) / signal.std() + noise * random.standard_normal(models))
        targets.append([significant(score, 4) for score in scores])
    return targets


def free_best(bits, target):
    centred = numpy.array(target) - numpy.mean(target)
    values, _ = nnls(-(bits - bits.mean(axis=0)), centred / numpy.linalg.norm(centred), maxiter=10_000)
    return values / values.sum() if values.sum() > 0 else numpy.full(bits.shape[1], 1 / bits.shape[1])


def row(coefficients, relation, right):
    pairs = [[int(d), significant(a, 5)] for d, a in coefficients if a != 0]
    return {"coefficients": pairs, "relation": relation, "right": significant(right, 4) + 0.0}


def add_bounds(case, free, random):
    domains = len(free)
    greatest, least = numpy.ones(domains), numpy.zeros(domains)
    wanted = free > 0.02
    greatest[wanted] = free[wanted] * random.uniform(0.4, 1.1, wanted.sum())
    others = ~wanted & (random.random(domains) < 0.4)
    greatest[others] = random.uniform(0.03, 0.5, others.sum())
    if greatest.sum() < 1.2:
        greatest *= random.uniform(1.2, 1.6) / greatest.sum()
    some = random.random(domains) < 0.3
    least[some] = numpy.minimum(random.uniform(0.1, 0.6, some.sum()) / domains, 0.7 * greatest[some])
    case["greatest"] = [significant(min(value, 1.0), 3) for value in greatest]
    case["least"] = [significant(value, 2) for value in least]


def add_groups(case, free, random):
    order = random.permutation(len(free))
    groups = numpy.array_split(order, int(random.integers(2, min(4, len(free)) + 1)))
    groups.sort(key=lambda group: -free[group].sum())
    relations = ["<=", ">=", "=", ">="] if random.random() < 0.7 else ["<=", "="]
    for group, relation in zip(groups[: len(groups) - (len(groups) > 2)], relations):
        total = free[group].sum()
        right = total * random.uniform(0.5, 0.95) if relation == "<=" else min(0.35, total + random.uniform(0.02, 0.25))
        case["rows"].append(row([(d, 1.0) for d in sorted(group)], relation, max(right, 0.05)))


def add_ratios(case, free, random):
    """w_a is a fixed fraction of its group: frozen proportions inside a source."""
    order = list(random.permutation(len(free)))
    for _ in range(1 if len(free) < 8 else 2):
        group = sorted(order.pop() for _ in range(int(random.integers(2, 4)))) if len(order) >= 3 else sorted(order)
        ratio = round(random.uniform(0.2, 0.6), 2)
        chosen = random.choice(group)
        case["rows"].append(row([(d, 1 - ratio if d == chosen else -ratio) for d in group], "=", 0.0))


def add_supply(case, free, random):
    """A domain's share of the tokens is at most its supply over the budget: tau_d w_d <= cap_d sum tau_e w_e."""
    domains = len(free)
    tokens = random.uniform(0.18, 0.6, domains)
    caps = random.uniform(0.4, 0.95, domains) * numpy.maximum(free, 1.5 / domains)
    limited = numpy.argsort(-free)[: min(4, max(1, domains // 2))]
    for d in sorted(limited):
        coefficients = [(e, tokens[e] * ((e == d) - caps[d])) for e in range(domains)]
        case["rows"].append(row(coefficients, "<=", 0.0))


def add_constraints(case, style, random):
    bits = numpy.array(case["bits"])
    free = numpy.mean([free_best(bits, target) for target in case["targets"]], axis=0)
    if style in ("bounds", "everything"):
        add_bounds(case, free, random)
    if style in ("groups", "everything"):
        add_groups(case, free, random)
    if style in ("ratios", "everything"):
        add_ratios(case, free, random)
    if style in ("supply", "everything"):
        add_supply(case, free, random)


def spoil(case, random):
    """Rarely: constraints that nothing fulfils, or scores that no domain explains."""
    domains, chance = len(case["least"]), random.random()
    if case["kind"] not in ("best", "worst") or chance > 0.25:
        return
    if chance < 0.1 and domains > 3:
        case["rows"].append(row([(d, 1.0) for d in range(domains // 2)], ">=", 0.7))
        case["rows"].append(row([(d, 1.0) for d in range(domains // 2, domains)], ">=", 0.4))
    else:
        law = numpy.array(case["bits"]).mean(axis=1)
        scores = 50 + 20 * (law - law.mean()) / law.std() + 0.1 * random.standard_normal(len(law))
        case["targets"][0] = [significant(score, 4) for score in scores]


def add_prior(case, random):
    domains = len(case["least"])
    alike = numpy.full(domains, 1 / domains)
    case["prior"] = on_simplex(
        alike if random.random() < 0.3 else 0.7 * random.dirichlet(numpy.ones(domains)) + 0.3 * alike
    )


def add_stages(case, count, random):
    """Budgets in tokens, and a supply that the stages cannot all have as they like."""
    free = [free_best(numpy.array(case["bits"]), target) for target in case["targets"]]
    case["budgets"] = [significant(1e9 * random.uniform(0.5, 5), 3) for _ in range(count)]
    wished = sum(budget * weights for budget, weights in zip(case["budgets"], free))
    total, domains = sum(case["budgets"]), len(wished)
    supply = wished * random.uniform(0.3, 0.75, domains)
    others = (1 - wished / wished.max()) ** 4 * random.uniform(0.1, 1, domains)
    supply += others / others.sum() * max(0.05, random.uniform(1.1, 1.4) - supply.sum() / total) * total
    case["supply"] = [significant(tokens, 3) for tokens in supply]


def make_case(kind, index, random):
    models, domains = SHAPES[int(random.integers(len(SHAPES)))]
    style = STYLES[int(random.integers(len(STYLES)))]
    if kind == "sparse":
        models, domains = int(random.integers(8, 31)), int(random.integers(4, 10 + 1))
        style = str(random.choice(["none", "bounds", "groups", "ratios", "supply"]))
    if kind == "stages":
        models, domains = int(random.integers(8, 31)), int(random.integers(3, 15))
        style = "none"
    own = FACTORS[int(random.integers(len(FACTORS)))]
    bits = make_bits(models, domains, own, random)
    count = {"worst": int(random.integers(2, 5)), "pareto": 2, "stages": int(random.integers(2, 4))}.get(kind, 1)
    targets = make_targets(bits, count, random, 0.8 if kind == "stages" else 0.4)
    if kind != "sparse" and random.random() < 0.15:  # a domain twice: the weights are not unique
        bits[:, 0] = bits[:, free_best(bits, targets[0]).argmax()]
    case = {
        "kind": kind,
        "name": f"{kind} {index}: {models} x {domains}, {'independent' if own is None else f'own part {own}'}, {style}",
        "bits": bits.tolist(),
        "targets": targets,
        "least": [0.0] * domains,
        "greatest": [1.0] * domains,
        "rows": [],
    }
    add_constraints(case, style, random)
    spoil(case, random)
    if kind in ("nearest_quadratic", "nearest_kl", "ridge"):
        add_prior(case, random)
    if kind == "pareto":
        case["alphas"] = [0.0, 0.1, 0.25, 0.5, 0.75, 1.0]
    if kind == "ridge":
        case["ridge"] = float(random.choice([0.001, 0.01, 0.1, 1.0, 10.0]))
    if kind == "sparse":
        case["most_domains"] = int(random.integers(1, min(5, domains - 1) + 1))
    if kind == "stages":
        add_stages(case, count, random)
    return case
