"""The published recipe: a logistic model trained with AdamW, and influences before and after ten labels are flipped.

As in pyDVL's notebook on influence functions for synthetic data: 10,000 rows of two features, split 70/10/20; the
influence of the first 100 training rows on the 2,000 test rows, with the Hessian on those 100 rows alone and no L2;
then the first 10 of them get the other label. The model is not trained again, and the Hessian does not depend on the
labels, so only the flipped rows' own gradients change.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labelaudit.blocks import MatrixBlock, RowBlocks
from labelaudit.curvature import curvature_at
from labelaudit.influence import average_influence, mean_gradient, residuals
from labelaudit.kernels.blas import one_thread
from labelaudit.model.fit import Solver
from labelaudit.model.logistic import Schedule, adamw
from labelaudit.model.objective import Objective
from labelaudit.model.targets import HardTargets
from labelaudit.synthetic import Sample, bayes_rule, draw, flip

Array = NDArray[np.float64]

ROWS = 10_000
TRAIN = slice(0, 7000)  # rows are drawn independently, so consecutive ones are a random split
VALIDATE = slice(7000, 8000)
TEST = slice(8000, ROWS)
MEASURED = 100  # training rows whose influence is measured, and on which the Hessian is taken
FLIPPED = 10
SOLVERS: tuple[Solver, ...] = ("direct", "cg")


@dataclass(frozen=True)
class Influences:
    """Average influence on the test rows of each measured row, (MEASURED,), with the labels as drawn and flipped."""

    before: Array
    after: Array

    @property
    def of_flipped(self) -> float:
        """The mean over the flipped rows."""
        return float(self.after[:FLIPPED].mean())

    @property
    def of_others(self) -> float:
        """The mean over the rows that kept their label."""
        return float(self.after[FLIPPED:].mean())


@dataclass(frozen=True)
class PublishedRun:
    """One seed's run. losses (epochs, 2): mean log-loss on training and validation rows; confusion[true, predicted]."""

    seed: int
    measured: Sample
    theta: Array
    losses: Array
    confusion: NDArray[np.int64]
    bayes_accuracy: float
    influences: dict[Solver, Influences]

    @property
    def accuracy(self) -> float:
        """The share of test rows that the model has right; `bayes_accuracy` is the Bayes rule's on the same rows."""
        return float(np.trace(self.confusion) / self.confusion.sum())

    @property
    def solver_difference(self) -> float:
        """The largest difference between an influence by the direct solver and by conjugate gradient."""
        direct, cg = self.influences["direct"], self.influences["cg"]
        return float(max(np.abs(direct.before - cg.before).max(), np.abs(direct.after - cg.after).max()))


def run_published(seed: int) -> PublishedRun:
    """Draws, trains and measures, all from one seed."""
    with one_thread():
        sample = draw(ROWS, seed=seed)
        train, validate, test = (sample.take(part) for part in (TRAIN, VALIDATE, TEST))
        theta, losses = _train(train, validate, seed)
        measured = train.take(slice(0, MEASURED))
        return PublishedRun(
            seed=seed,
            measured=measured,
            theta=theta,
            losses=losses,
            confusion=_confusion(test, theta),
            bayes_accuracy=float((bayes_rule(test.x) == test.true).mean()),
            influences={solver: _influences(measured, test, theta, solver) for solver in SOLVERS},
        )


def _objective(sample: Sample) -> Objective:
    """The unpenalised mean log-loss of the rows as they are, without standardising."""
    x = np.hstack([sample.x, np.ones((len(sample), 1))])
    blocks = RowBlocks((MatrixBlock(0, len(x), 0, x),), *x.shape)
    return Objective(blocks, HardTargets(sample.given, 2), np.ones(len(sample)), np.zeros(x.shape[1]), outputs=1)


def _train(train: Sample, validate: Sample, seed: int) -> tuple[Array, Array]:
    fitted, held = _objective(train), _objective(validate)
    losses: list[tuple[float, float]] = []

    def record(epoch: int, theta: Array) -> None:
        losses.append((fitted.loss_and_gradient(theta)[0], held.loss_and_gradient(theta)[0]))

    fit = adamw(fitted, Schedule(seed=seed), after_epoch=record)
    return fit.theta, np.array(losses)


def _confusion(test: Sample, theta: Array) -> NDArray[np.int64]:
    there = _objective(test)
    predicted = residuals(there.blocks, there.targets, theta).p[:, 0] > 0.5
    return np.bincount(2 * test.true + predicted, minlength=4).reshape(2, 2)


def _influences(measured: Sample, test: Sample, theta: Array, solver: Solver) -> Influences:
    flipped = flip(measured, slice(0, FLIPPED))
    return Influences(*(_average_influence(rows, test, theta, solver) for rows in (measured, flipped)))


def _average_influence(measured: Sample, test: Sample, theta: Array, solver: Solver) -> Array:
    here, there = _objective(measured), _objective(test)
    gradient = mean_gradient(residuals(there.blocks, there.targets, theta), np.ones(len(test)))
    rows = residuals(here.blocks, here.targets, theta)
    return average_influence(rows, curvature_at(here, theta, solver), gradient)
