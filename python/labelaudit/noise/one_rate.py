"""The likelihood of labels under one error rate for all classes, in time and memory of rows times classes.

Every likelihood is one of two numbers, so a belief is a multiple of q and something at the label: neither a noise
matrix nor a Hessian of all pairs of classes is formed. Newton's method takes products with the Hessian alone.
Checked against the dense matrices in test_one_rate.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from labelaudit.noise.link import FIRST_RATE, Labels, Link, Linked, link_at, link_bounds, no_link, vector_of
from labelaudit.noise.matrices import SMALLEST_LIKELIHOOD, OneRate
from labelaudit.noise.newton import newton_within

Array = NDArray[np.float64]

STEP_TOLERANCE = 1e-6  # of the parameters, that the next step would move: a value is exact to 1e-8 nats and better


@dataclass(frozen=True)
class OneRatePlace:
    """Minus the log-likelihood of the labels and the log-priors, at the link's vector v and this rate.

    free: whether the rate is a parameter, the last one. See noise.newton.Point.
    """

    labels: Labels
    v: Array
    rate: float
    free: bool = False

    @cached_property
    def _q(self) -> Array:
        link = link_at(self.v)
        z = self.labels.rows * link.sharpness  # within 21 * 5 of 0, by the bounds of both: no power overflows
        z += link.shift
        np.exp(z, out=z)
        z *= (1 / (z @ np.ones(z.shape[1])))[:, None]
        return z

    @cached_property
    def _row(self) -> _RowTerms:
        return _RowTerms.of(self)

    @cached_property
    def log_likelihood(self) -> float:
        """Of all labels, in nats."""
        return float(self.labels.weights @ np.log(self._row.likelihood))

    @property
    def value(self) -> float:
        """In nats."""
        return -(self.log_likelihood - float(self.v @ self.v) / 2)

    @cached_property
    def gradient(self) -> Array:
        """By v, and by the rate."""
        t, w, given = self._row, self.labels.weights, self.labels.given
        by_shift = self._pulled + np.bincount(given, w * t.own, self.labels.classes)
        by_sharpness = t.sharpness * (w @ ((t.share - 1) * t.mean + t.own * t.at_label))
        out = -np.concatenate([[by_sharpness], by_shift, [w @ t.slope] if self.free else []])
        out[: len(self.v)] += self.v
        return out

    @cached_property
    def _pulled(self) -> Array:
        return self._q.T @ (self.labels.weights * (self._row.share - 1))

    @cached_property
    def _second(self) -> _SecondTerms:
        return _SecondTerms.of(self)

    def apply(self, u: Array) -> Array:
        """The Hessian by v and the rate, times u."""
        t, s, w, given = self._row, self._second, self.labels.weights, self.labels.given
        size, k = len(self.v), self.labels.classes
        shifts = u[1:size]
        along_q = u[0] * t.sharpness * t.mean + self._q @ shifts
        along_label = u[0] * t.sharpness * t.at_label + shifts[given]
        along_b = t.share * along_q + t.own * along_label
        out = np.zeros_like(u)
        at_label = w * t.own * (along_label - along_b)
        out[1:size] = self._q.T @ (w * (along_q - t.share * along_b)) + np.bincount(given, at_label, k)
        out[1:size] += shifts * self._pulled + u[0] * t.sharpness * s.pulled
        bent = t.mean * (along_q - t.share * along_b)
        out[0] = t.sharpness * (w @ bent + at_label @ t.at_label + s.pulled @ shifts) + u[0] * s.sharp
        if self.free:
            out[:size] += u[-1] * s.cross
            out[-1] = s.cross @ u[:size] - u[-1] * (w @ t.slope**2)
        out *= -1
        out[:size] += u[:size]
        return out

    @cached_property
    def diagonal(self) -> Array:
        """The Hessian's, (parameters,)."""
        t, w, given, k = self._row, self.labels.weights, self.labels.given, self.labels.classes
        squares = (self._q * self._q).T @ (w * (1 - t.share**2))
        at_label = w * t.own * (1 - 2 * t.share * t.chosen - t.own)
        first = np.zeros(len(self.v) + self.free)
        first[0] = 1.0
        shifts = 1 - (self._pulled + squares + np.bincount(given, at_label, k))
        return np.concatenate([self.apply(first)[:1], shifts, [w @ t.slope**2] if self.free else []])


@dataclass(frozen=True)
class _RowTerms:
    """Of every row, (rows,): its likelihood; belief = share q + own at the label; slope: of its log-likelihood.

    chosen: q of the label; mean: q's mean of log_p; at_label: the label's log_p.
    """

    likelihood: Array
    share: Array
    own: Array
    slope: Array
    chosen: Array
    mean: Array
    at_label: Array
    sharpness: float

    @classmethod
    def of(cls, place: OneRatePlace) -> _RowTerms:
        labels, q, k = place.labels, place._q, place.labels.classes
        each = np.arange(len(q))
        trusted = each >= labels.audited.stop
        other = np.where(trusted, 0.0, place.rate / (k - 1))
        right = np.where(trusted, 1.0, 1 - place.rate)
        chosen = q[each, labels.given]
        likelihood = np.maximum(other + (right - other) * chosen, SMALLEST_LIKELIHOOD)
        slope = np.where(trusted, 0.0, (1 - k * chosen) / (k - 1) / likelihood)
        own = (right - other) * chosen / likelihood
        mean = np.einsum("ij,ij->i", q, labels.rows)
        at_label = labels.rows[each, labels.given]
        return cls(likelihood, other / likelihood, own, slope, chosen, mean, at_label, link_at(place.v).sharpness)


@dataclass(frozen=True)
class _SecondTerms:
    """What products with the Hessian share: sums over rows by class, and by sharpness and rate."""

    pulled: Array  # of (share - 1) q log_p, (classes,)
    sharp: float  # by log sharpness twice, but for what goes through the rows' means
    cross: Array  # by v and the rate

    @classmethod
    def of(cls, place: OneRatePlace) -> _SecondTerms:
        t, w, given, k = place._row, place.labels.weights, place.labels.given, place.labels.classes
        weighted = place._q * place.labels.rows
        pull = w * (t.share - 1)
        pulled = weighted.T @ pull
        squares = np.einsum("ij,ij->i", weighted, place.labels.rows)
        sharp = t.sharpness**2 * (pull @ squares) + t.sharpness * (pull @ t.mean + (w * t.own) @ t.at_label)
        audited = np.arange(len(given)) < place.labels.audited.stop
        by_q = np.where(audited, w * (1 / ((k - 1) * t.likelihood) - t.slope * t.share), 0.0)
        by_label = np.where(audited, -w * (k / (k - 1) * t.chosen / t.likelihood + t.slope * t.own), 0.0)
        shifts = place._q.T @ by_q + np.bincount(given, by_label, k)
        cross = np.concatenate([[t.sharpness * (by_q @ t.mean + by_label @ t.at_label)], shifts])
        return cls(pulled, float(sharp), cross)


@dataclass(frozen=True)
class OneRateFamily:
    """The matrices of one rate for all classes (see rates.Family), by sums of rows times classes."""

    classes: int
    smooth: ClassVar[bool] = True

    def top(self, largest: float) -> float:
        """The highest rate."""
        return largest

    def fit_rate(self, labels: Labels, top: float, start: Link | None = None) -> tuple[float, Linked]:
        """The rate in [0, top] and the link under which the labels are most probable."""

        def at(v: Array) -> OneRatePlace:
            return OneRatePlace(labels, v[:-1], float(v[-1]), free=True)

        begin = np.append(vector_of(start or no_link(self.classes)), min(FIRST_RATE, top / 2))
        bounds = [*link_bounds(self.classes), (0.0, top)]
        _, found = newton_within(at, begin, bounds, STEP_TOLERANCE)
        return found.rate, self._linked(found)

    def fit_link(self, labels: Labels, rate: float, start: Link | None = None) -> Linked:
        """The link under which the labels are most probable, at this rate."""

        def at(v: Array) -> OneRatePlace:
            return OneRatePlace(labels, v, rate)

        begin, bounds = vector_of(start or no_link(self.classes)), link_bounds(self.classes)
        _, found = newton_within(at, begin, bounds, STEP_TOLERANCE)
        return self._linked(found)

    def _linked(self, place: OneRatePlace) -> Linked:
        noise = OneRate(place.rate, self.classes)
        return Linked(noise, link_at(place.v), place.log_likelihood, -place.value)
