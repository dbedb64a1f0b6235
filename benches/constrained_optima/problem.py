"""A case as numbers: centred columns, targets of unit length, and the polytope of its mixtures."""

import numpy
from scipy.optimize import linprog


class Dropped(Exception):
    """A case that is not worth keeping, with the reason in a few words."""


class Problem:
    """Numbers of a case as the file has them, and what follows from them."""

    def __init__(self, case):
        self.bits = numpy.array(case["bits"])
        self.columns = -(self.bits - self.bits.mean(axis=0))  # C
        centred = [numpy.array(target) - numpy.mean(target) for target in case["targets"]]
        self.targets = [target / numpy.linalg.norm(target) for target in centred]
        self.domains = self.bits.shape[1]
        self.least, self.greatest = numpy.array(case["least"]), numpy.array(case["greatest"])
        self.rows = case["rows"]
        self.set_polytope([row["right"] for row in self.rows])

    def set_polytope(self, rights):
        """G w <= h and E w = f, the sum of the weights not among them. Greatest weights of one follow from the sum."""
        identity, capped = numpy.eye(self.domains), self.greatest < 1
        G, h = [-identity, identity[capped]], [-self.least, self.greatest[capped]]
        E, f = [numpy.zeros((0, self.domains))], [numpy.zeros(0)]
        self.place_of_row = []  # (is an equality, position among its kind, sign)
        for row, right in zip(self.rows, rights):
            dense = numpy.zeros((1, self.domains))
            for domain, coefficient in row["coefficients"]:
                dense[0, domain] += coefficient
            if row["relation"] == "=":
                self.place_of_row.append((True, sum(map(len, f)), 1))
                E.append(dense), f.append([right])
            else:
                sign = 1 if row["relation"] == "<=" else -1
                self.place_of_row.append((False, sum(map(len, h)), sign))
                G.append(sign * dense), h.append([sign * right])
        self.G, self.h = numpy.vstack(G), numpy.concatenate(h)
        self.E, self.f = numpy.vstack(E), numpy.concatenate(f)

    def with_right(self, row, right):
        copy = object.__new__(Problem)
        copy.__dict__.update(self.__dict__)
        copy.set_polytope([right if i == row else r["right"] for i, r in enumerate(self.rows)])
        return copy

    def only(self, support):
        """The same problem over some domains, the others at zero weight."""
        copy = object.__new__(Problem)
        copy.__dict__.update(self.__dict__)
        support = list(support)
        copy.columns, copy.domains = self.columns[:, support], len(support)
        copy.G, copy.E = self.G[:, support], self.E[:, support]
        return copy

    def homogeneous(self):
        """G v <= 0 and E v = 0 for v = t w, t = sum v."""
        return self.G - self.h[:, None], self.E - self.f[:, None]

    def equalities(self):
        empty = ~self.E.any(axis=1) & (self.f == 0)  # a row about other domains; SLSQP stops at 0 = 0
        return numpy.vstack([numpy.ones(self.domains), self.E[~empty]]), numpy.concatenate([[1.0], self.f[~empty]])

    def extreme(self, costs):
        """The mixture of least cost, a corner of the constraints."""
        E, f = self.equalities()
        result = linprog(costs, self.G, self.h, E, f, bounds=(None, None), method="highs")
        if result.status == 2:
            raise Dropped("infeasible")
        if result.status != 0:
            raise Dropped("linear program")
        return result.x

    def starts(self, random, count):
        """Feasible mixtures: means of corners."""
        for _ in range(count):
            corners = [self.extreme(random.standard_normal(self.domains)) for _ in range(6)]
            yield random.dirichlet(numpy.ones(6)) @ corners


def correlation(problem, weights, target):
    point = problem.columns @ weights
    return float(point @ target / numpy.linalg.norm(point))


def correlation_gradient(problem, weights, target):
    point = problem.columns @ weights
    length = numpy.linalg.norm(point)
    return problem.columns.T @ (target / length - point * (point @ target) / length**3)


def promising(problem, target):
    """The largest <Cw, y> within the constraints; no mixture correlates positively where it is not positive."""
    w = problem.extreme(-problem.columns.T @ target)
    return float(target @ problem.columns @ w)
