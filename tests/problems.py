"""Small objectives and data sets that the numerical tests share."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelaudit.blocks import MatrixBlock, RowBlocks
from labelaudit.choose import hard_objective
from labelaudit.encode.content import duplicates
from labelaudit.evidence import Alike
from labelaudit.model.fit import newton
from labelaudit.model.objective import Objective
from labelaudit.model.targets import SoftTargets, outputs_for

Array = NDArray[np.float64]


def blocks_of(x: Array, cuts: tuple[int, ...] = (), *, folds: int = 1, threads: int = 1, form: Any = None) -> RowBlocks:
    """Rows cut into blocks at these positions; the folds go round. `form` (of forms.py) says how they are stored."""
    edges = [0, *sorted(cuts), len(x)]
    blocks = tuple(
        MatrixBlock(start, stop, n % folds, x[start:stop])
        if form is None
        else MatrixBlock(start, stop, n % folds, form.store(x[start:stop]), form.kernel)
        for n, (start, stop) in enumerate(itertools.pairwise(edges))
    )
    return RowBlocks(blocks, len(x), x.shape[1], threads)


@dataclass(frozen=True)
class Problem:
    """Rows x (the last column 1), soft targets of every class, weights and ridge."""

    x: Array
    targets: Array
    weights: Array
    ridge: Array

    @property
    def outputs(self) -> int:
        return outputs_for(self.targets.shape[1])

    @property
    def t(self) -> Array:
        """Targets in the layout of the logits."""
        return SoftTargets(self.targets)(0, len(self.x))

    def theta(self, seed: int = 0) -> Array:
        """Some parameters."""
        return np.random.default_rng(seed).normal(size=(self.x.shape[1], self.outputs))

    def objective(self, cuts: tuple[int, ...] = (), **how: Any) -> Objective:
        blocks = blocks_of(self.x, cuts, **how)
        return Objective(blocks, SoftTargets(self.targets), self.weights, self.ridge, self.outputs)


def problem(rows: int, cols: int, classes: int, seed: int = 0, l2: float = 0.3) -> Problem:
    """A random one; weights and soft targets vary."""
    rng = np.random.default_rng([seed, rows, cols, classes])
    x = np.hstack([rng.normal(size=(rows, cols - 1)), np.ones((rows, 1))])
    ridge = np.full(cols, l2)
    ridge[-1] = 0.0
    return Problem(x, rng.dirichlet(np.ones(classes), size=rows), rng.uniform(0.2, 2.0, size=rows), ridge)


@dataclass(frozen=True)
class Data:
    """Standardised rows with a constant, class codes, and rows held back as a trusted reference."""

    x: Array
    given: NDArray[np.int64]
    reference_x: Array
    reference: NDArray[np.int64]
    l2: float

    @property
    def classes(self) -> int:
        return int(self.given.max()) + 1

    def objective(self, blocks: RowBlocks | None = None) -> Objective:
        return hard_objective(blocks or blocks_of(self.x), self.given, self.classes, self.l2)

    def fit_without(self, rows: Any, theta: Array) -> Array:
        """The optimum on all other rows, the strength of L2 in total unchanged; theta is the start."""
        weights = np.ones(len(self.x))
        weights[rows] = 0.0
        fit = newton(replace(self.objective(), weights=weights), start=theta, tolerance=1e-11)
        assert fit.converged
        return fit.theta


def _data(x: Array, y: NDArray[np.int64], rows: int, l2: float, flips: int) -> Data:
    """The first `rows` after a shuffle, `flips` of them with another label; the rest is the reference."""
    rng = np.random.default_rng(7)
    order = rng.permutation(len(x))
    x, y = x[order], y[order].astype(np.int64)
    x = np.hstack([(x - x.mean(0)) / x.std(0), np.ones((len(x), 1))])
    given = y[:rows].copy()
    given[:flips] = (given[:flips] + 1) % (int(y.max()) + 1)
    return Data(x[:rows], given, x[rows:], y[rows:], l2)


def iris() -> Data:
    from sklearn.datasets import load_iris

    return _data(*load_iris(return_X_y=True), rows=100, l2=0.01, flips=8)


def wine() -> Data:
    from sklearn.datasets import load_wine

    return _data(*load_wine(return_X_y=True), rows=120, l2=0.05, flips=8)


def breast_cancer() -> Data:
    from sklearn.datasets import load_breast_cancer

    return _data(*load_breast_cancer(return_X_y=True), rows=300, l2=0.01, flips=15)


DATA = {"iris": iris, "wine": wine, "breast_cancer": breast_cancer}


def alike(hashes: NDArray[np.uint64], *, by_fold: bool = False) -> Alike:
    """Rows of the same hash are left out together."""
    same = duplicates(hashes)
    return Alike(same.of, same.count, by_fold)
