"""Two Gaussian classes whose best classifier is known, and labels that are wrong on purpose.

The classes are equally likely, with covariance 0.2 I; their means are 0 and sqrt(2 / d) in every coordinate. For two
features these are the (0, 0) and (1, 1) of the published benchmark; for any number of features the means are sqrt(2)
apart, so that the Bayes rule is right for the same 94.31 % of the rows. Every draw follows from its seed alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from labelaudit.errors import UsageError

Array = NDArray[np.float64]
Codes = NDArray[np.int64]

VARIANCE = 0.2
DISTANCE = math.sqrt(2)
LABELS = ("a", "b")
CSV_CHUNK_ROWS = 4096


@dataclass(frozen=True)
class Sample:
    """Rows x (rows, features) with their given and their true class codes (rows,)."""

    x: Array
    given: Codes
    true: Codes

    def __len__(self) -> int:
        return len(self.given)

    @property
    def wrong(self) -> NDArray[np.bool_]:
        """Which given labels are wrong."""
        out: NDArray[np.bool_] = self.given != self.true
        return out

    def take(self, rows: slice) -> Sample:
        """Some consecutive rows."""
        return Sample(self.x[rows], self.given[rows], self.true[rows])


def means(features: int) -> Array:
    """The two class means, (2, features)."""
    if features < 1:
        raise UsageError(f"expected at least one feature, got {features}.")
    return np.stack([np.zeros(features), np.full(features, DISTANCE / math.sqrt(features))])


def draw(rows: int, features: int = 2, *, seed: int | tuple[int, ...]) -> Sample:
    """Independent rows with true labels; each class has probability 1/2."""
    if rows < 1:
        raise UsageError(f"expected at least one row, got {rows}.")
    centre = means(features)
    rng = np.random.default_rng(seed)
    true = rng.integers(0, 2, rows)
    x = centre[true] + math.sqrt(VARIANCE) * rng.standard_normal((rows, features))
    return Sample(x, true.copy(), true)


def flip(sample: Sample, rows: Codes | slice) -> Sample:
    """The same rows with the other label given to these rows (positions, each once)."""
    given = sample.given.copy()
    given[rows] = 1 - given[rows]
    return Sample(sample.x, given, sample.true)


def flip_share(sample: Sample, rate: float, *, seed: int) -> Sample:
    """The other label for round(rate * rows) rows, drawn uniformly."""
    if not 0 <= rate <= 1:
        raise UsageError(f"expected an error rate from 0 to 1, got {rate:g}.")
    # apart from the stream that drew the rows, so that the same rows come at every rate
    rng = np.random.default_rng([seed, 1])
    return flip(sample, rng.permutation(len(sample))[: round(rate * len(sample))])


def bayes_posterior(x: Array) -> Array:
    """P(second class | x), (rows,), from the densities themselves."""
    normal, offset = optimal_plane(x.shape[1])
    out: Array = 1 / (1 + np.exp((offset - x @ normal) / VARIANCE))
    return out


def bayes_rule(x: Array) -> Codes:
    """The class of the nearer mean, (rows,): no classifier is right more often."""
    normal, offset = optimal_plane(x.shape[1])
    return (x @ normal > offset).astype(np.int64)


def bayes_accuracy() -> float:
    """How often the Bayes rule is right: Phi(distance of the means / (2 sigma))."""
    return NormalDist().cdf(DISTANCE / (2 * math.sqrt(VARIANCE)))


def optimal_plane(features: int) -> tuple[Array, float]:
    """The points x at equal distance from both means, normal . x = offset: the best line between the classes."""
    first, second = means(features)
    return second - first, float(second @ second - first @ first) / 2


def csv_lines(sample: Sample, *, truth: bool = False) -> Iterator[bytes]:
    """The rows as CSV, some at a time: x1, .., xd, label, perhaps true_label; numbers in their shortest exact form."""
    names = [*(f"x{i + 1}" for i in range(sample.x.shape[1])), "label", *(["true_label"] if truth else [])]
    yield (",".join(names) + "\n").encode()
    for start in range(0, len(sample), CSV_CHUNK_ROWS):
        part = sample.take(slice(start, start + CSV_CHUNK_ROWS))
        labels = zip(part.given.tolist(), part.true.tolist(), strict=True)
        words = ([LABELS[given], LABELS[true]][: 1 + truth] for given, true in labels)
        lines = (",".join([*map(repr, x), *word]) for x, word in zip(part.x.tolist(), words, strict=True))
        yield "".join(line + "\n" for line in lines).encode()
