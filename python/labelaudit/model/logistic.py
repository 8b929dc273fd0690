"""The torch side of the model: the module on logits, and the optimisers that are torch's own."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from labelaudit.blocks import RowBlocks
from labelaudit.model.fit import TOLERANCE, Fit, Optimizer
from labelaudit.model.objective import Objective

Array = NDArray[np.float64]

POLISH = 100  # a guess; each is one evaluation of the gradient


class LogisticModel(torch.nn.Module):
    """Logits of encoded rows: x (rows, cols), the last column 1, to (rows, outputs); float64.

    One output for two classes (the logit of the second), else one per class.
    """

    def __init__(self, cols: int, outputs: int) -> None:
        super().__init__()
        self.theta = torch.nn.Parameter(torch.zeros(cols, outputs, dtype=torch.float64))

    @classmethod
    def of(cls, theta: Array) -> LogisticModel:
        """The module with these coefficients."""
        model = cls(*theta.shape)
        with torch.no_grad():
            model.theta.copy_(torch.from_numpy(theta))
        return model

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Logits."""
        return x.double() @ self.theta

    def set_gradient(self, objective: Objective) -> float:
        """Evaluates the objective at theta by its blocks' kernels, stores the gradient and returns the loss."""
        loss, gradient = objective.loss_and_gradient(self.coefficients)
        self.theta.grad = torch.from_numpy(gradient)
        return loss

    @property
    def coefficients(self) -> Array:
        """theta as a NumPy array, (cols, outputs)."""
        out: Array = self.theta.detach().numpy()
        return out


def lbfgs(
    objective: Objective, *, start: Array | None = None, tolerance: float = TOLERANCE, max_steps: int = 1000
) -> Fit:
    """Minimises the objective by torch's L-BFGS with strong Wolfe line search, then by at most POLISH unit steps.

    The line search compares losses, which rounding makes equal at a gradient of some 1e-8; the last steps go by the
    gradient alone and are kept only where it shrinks.
    """
    model = LogisticModel.of(_start(objective, start))
    optimizer = torch.optim.LBFGS(
        model.parameters(),
        max_iter=max_steps,
        max_eval=4 * max_steps,
        tolerance_grad=1.0,  # of the gradient over the tolerance
        tolerance_change=0.0,
        history_size=20,
        line_search_fn="strong_wolfe",
    )
    # torch calls the closure with gradients enabled, but ours come from the kernels. Torch forgets steps whose
    # curvature is below an absolute 1e-10: the scale keeps those near the optimum above it.
    closure: Any = partial(_scaled, model, objective, 1 / tolerance if tolerance > 0 else 1.0)
    step: Any = optimizer.step
    step(closure)
    fit = _fit(objective, model, _iterations(optimizer, model), "lbfgs", tolerance)
    if fit.converged or fit.iterations >= max_steps:
        return fit
    optimizer.param_groups[0].update(line_search_fn=None, max_iter=min(POLISH, max_steps - fit.iterations))
    step(closure)
    polished = _fit(objective, model, _iterations(optimizer, model), "lbfgs", tolerance)
    return polished if polished.gradient_norm < fit.gradient_norm else fit


def _scaled(model: LogisticModel, objective: Objective, scale: float) -> torch.Tensor:
    loss = model.set_gradient(objective)
    if model.theta.grad is not None:
        model.theta.grad *= scale
    return torch.tensor(scale * loss, dtype=torch.float64)


def _iterations(optimizer: torch.optim.LBFGS, model: LogisticModel) -> int:
    return int(optimizer.state[model.theta]["n_iter"])


@dataclass(frozen=True)
class Schedule:
    """AdamW as in the published benchmark: cosine decay of the step size to zero over all batches' epochs."""

    learning_rate: float = 0.05
    weight_decay: float = 0.05
    epochs: int = 50
    batch_rows: int = 256
    seed: int = 0


def adamw(
    objective: Objective,
    schedule: Schedule = Schedule(),
    *,
    start: Array | None = None,
    after_epoch: Callable[[int, Array], None] | None = None,
) -> Fit:
    """Runs the schedule; it stops short of the optimum, and `converged` says whether the gradient met the tolerance.

    Batches stay within a block; blocks and rows are shuffled anew every epoch. `after_epoch` gets the epoch and theta.
    """
    model = LogisticModel.of(_start(objective, start))
    optimizer = torch.optim.AdamW(model.parameters(), lr=schedule.learning_rate, weight_decay=schedule.weight_decay)
    cosine = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=schedule.epochs)
    rng = np.random.default_rng(schedule.seed)
    for epoch in range(schedule.epochs):
        for batch in _batches(objective, schedule.batch_rows, rng):
            model.set_gradient(batch)
            optimizer.step()
        cosine.step()
        if after_epoch is not None:
            after_epoch(epoch, model.coefficients.copy())
    return _fit(objective, model, schedule.epochs, "adamw", TOLERANCE)


def _batches(objective: Objective, batch_rows: int, rng: np.random.Generator) -> Iterator[Objective]:
    """Objectives of one epoch's batches, each with the rows' own targets and weights."""
    blocks = [b for b in objective.blocks.blocks if objective.keep is None or objective.keep(b)]
    for i in rng.permutation(len(blocks)):
        order = rng.permutation(blocks[i].stop - blocks[i].start)
        for part in np.array_split(order, math.ceil(len(order) / batch_rows)):
            rows = blocks[i].start + part
            alone = RowBlocks((blocks[i].take(part),), len(part), objective.blocks.cols)
            targets = objective.targets(blocks[i].start, blocks[i].stop)[part]
            yield replace(objective, blocks=alone, targets=_Slice(targets), weights=objective.weights[rows], keep=None)


@dataclass(frozen=True)
class _Slice:
    values: Array

    def __call__(self, start: int, stop: int) -> Array:
        return self.values[start:stop]


def _start(objective: Objective, start: Array | None) -> Array:
    return np.zeros((objective.blocks.cols, objective.outputs)) if start is None else np.ascontiguousarray(start)


def _fit(objective: Objective, model: LogisticModel, steps: int, name: Optimizer, tolerance: float) -> Fit:
    theta = model.coefficients.copy()
    loss, gradient = objective.loss_and_gradient(theta)
    norm = float(np.abs(gradient).max())
    return Fit(theta, loss, norm, steps, norm <= tolerance, name, tolerance)
