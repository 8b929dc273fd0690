"""A family of noise matrices along one error rate, integrated over what the labels leave open of that rate.

The rate of highest likelihood alone would be zero wherever errors cannot be told from overlap of the classes, and with
it every row's probability of being wrong. Weighing every rate by its likelihood keeps the order of the rows, and says
how little is known.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from labelaudit.noise.link import Labels, Link, Linked, fit_link, fit_rate, link_at, vector_of
from labelaudit.noise.matrices import OneRate, dense, error_rates
from labelaudit.threads import importing

Array = NDArray[np.float64]

LARGEST_RATE = 0.6  # of any class
LEAST_RATE = 1e-5  # of the largest: a matrix without errors would make a label certain
DROP = 6.0  # nats below the best, where a rate no longer counts: 0.25 % of its likelihood
NODES = 9
FINE = 400  # points a family's likelihood is interpolated to, for quantiles
HALVINGS = 7
NARROW = 0.1  # of the rate itself: then one node says it all


class Family(Protocol):
    """Noise matrices along one rate; smooth: whether a search begins where two known links point to."""

    smooth: ClassVar[bool]

    def top(self, largest: float) -> float:
        """The rate at which a class errs with this probability at the most."""
        ...

    def fit_rate(self, labels: Labels, top: float, start: Link | None = None) -> tuple[float, Linked]:
        """The rate in [0, top] and the link under which the labels are most probable."""
        ...

    def fit_link(self, labels: Labels, rate: float, start: Link | None = None) -> Linked:
        """The link under which the labels are most probable, at this rate."""
        ...


@dataclass(frozen=True)
class Along:
    """The matrices 1 + rate * direction; see link.fit_rate."""

    direction: Array
    smooth: ClassVar[bool] = False

    def top(self, largest: float) -> float:
        """See Family."""
        return largest / float(-np.diagonal(self.direction).min())

    def fit_rate(self, labels: Labels, top: float, start: Link | None = None) -> tuple[float, Linked]:
        """See Family."""
        return fit_rate(labels, self.direction, top, start)

    def fit_link(self, labels: Labels, rate: float, start: Link | None = None) -> Linked:
        """See Family."""
        return fit_link(labels, np.eye(labels.classes) + rate * self.direction, start)


@dataclass(frozen=True)
class Integrated:
    """Matrices with links at rates that the labels allow, with weights (sum 1).

    evidence: the logarithm of the likelihood's mean over all rates, a flat prior up to LARGEST_RATE.
    fine (2, FINE): overall error rates and their probabilities.
    """

    nodes: tuple[Linked, ...]
    weights: Array
    evidence: float
    fine: Array

    @property
    def rate(self) -> float:
        """The expected overall error rate."""
        return float(self.fine[0] @ self.fine[1])

    @property
    def noise(self) -> Array:
        """The expected matrix."""
        out: Array = np.tensordot(self.weights, np.stack([dense(n.noise) for n in self.nodes]), 1)
        return out

    @property
    def best(self) -> Linked:
        """The node of highest weight."""
        return self.nodes[int(self.weights.argmax())]


@dataclass
class _Profile:
    """The likelihood as a function of the rate, each at its best link."""

    labels: Labels
    family: Family
    known: dict[float, Linked] = field(default_factory=dict)

    def __call__(self, rate: float) -> float:
        return self.at(rate).value

    def at(self, rate: float) -> Linked:
        """The matrix of this rate; searches start from the nearest rate that is known.

        Of two at the same distance, as halvings make them, from the likelier one: from the other a search may end in
        another optimum, and rounding must not decide between them.
        """
        rate = float(rate)
        if rate not in self.known:
            near = min(self.known, key=lambda other: (float(f"{abs(other - rate):.9g}"), -self.known[other].value))
            self.known[rate] = self.family.fit_link(self.labels, rate, self._start(rate, near))
        return self.known[rate]

    def _start(self, rate: float, near: float) -> Link:
        """Of many classes, where every step costs, on the line through the links of the two nearest rates."""
        others = [other for other in self.known if other != near]
        if not self.family.smooth or not others:
            return self.known[near].link
        other = min(others, key=lambda other: (abs(other - rate), other))
        here, there = vector_of(self.known[near].link), vector_of(self.known[other].link)
        return link_at(here + np.clip((rate - near) / (other - near), -1.0, 1.0) * (there - here))


def integrate(labels: Labels, family: Family, start: Link | None = None) -> Integrated:
    """The family, for rates up to where a class errs with LARGEST_RATE."""
    top = family.top(LARGEST_RATE)
    rate, linked = family.fit_rate(labels, top, start)
    floor = LEAST_RATE * top
    best = max(rate, floor)
    if rate < floor:
        linked = family.fit_link(labels, floor, linked.link)
    profile = _Profile(labels, family, {best: linked})
    low, high = _edge(profile, best, floor), _edge(profile, best, top)
    rates = np.array([best]) if high - low < NARROW * best else np.linspace(low, high, NODES)
    values = np.array([profile(r) for r in rates])
    weights = np.exp(values - values.max())
    if len(rates) > 1:
        weights[[0, -1]] /= 2  # the trapezoidal rule
    overall, density = _fine(profile, low, high)
    evidence = linked.likelihood + float(np.log(max(density.mean() * (high - low), floor) / top))
    fine = np.stack([overall, density / density.sum()])
    return Integrated(tuple(profile.at(r) for r in rates), weights / weights.sum(), evidence, fine)


def _edge(profile: _Profile, best: float, far: float) -> float:
    """Where, from the best rate towards `far`, the likelihood has fallen by DROP; `far` if nowhere."""
    enough = profile(best) - DROP
    if profile(far) >= enough:
        return far
    near = best
    for _ in range(HALVINGS):
        middle = (near + far) / 2
        near, far = (middle, far) if profile(middle) >= enough else (near, middle)
    return near


def _fine(profile: _Profile, low: float, high: float) -> tuple[Array, Array]:
    """Overall error rates between low and high, and the likelihood there, 1 at its best; (FINE,) each."""
    with importing:
        from scipy.interpolate import PchipInterpolator  # late, as the optimiser in noise.search

    rates = np.array(sorted(profile.known))
    values = np.array([profile(r) for r in rates])
    overall = np.array([_overall(profile.labels, profile.at(r)) for r in rates])
    grid = np.linspace(low, high, FINE)
    smooth = PchipInterpolator(rates, values)(grid) if len(rates) > 1 else np.repeat(values, FINE)
    return np.interp(grid, rates, overall), np.exp(smooth - values.max())


def _overall(labels: Labels, linked: Linked) -> float:
    """The share of all labels that is wrong: the classes' rates, weighted by how frequent the classes are."""
    if isinstance(linked.noise, OneRate):
        return linked.noise.rate  # of every class
    weights = labels.weights[labels.audited]
    frequent = weights @ linked.link(labels.log_p[labels.audited]) / weights.sum()
    return float(frequent @ error_rates(linked.noise))
