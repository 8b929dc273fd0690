"""Average influence and self-influence of logistic rows by pyDVL's DirectInfluence, in float64.

    python benchmarks/pydvl_influence.py IN.npz OUT.npz

It runs in an environment of its own with pyDVL, not labelaudit. IN.npz holds x (rows, cols) with the constant column
last, given (rows,) class codes, reference_x and reference_given likewise, theta (cols, outputs: one logit for two
classes, else one a class) and ridge (cols,). OUT.npz gets average_influence (rows,), the mean over the reference rows,
and self_influence (rows,).

labelaudit penalises the objective, not the rows: the Hessian is that of mean loss, ridge / 2 * theta^2 and the gauge
of several logits, while the gradients of rows are of their loss alone. pyDVL's loss sees a row and the model's output
for it. So every row carries a flag, which says whether its loss counts the penalty: those of the Hessian do, those
whose influence is measured do not.
"""

from __future__ import annotations

import sys
from importlib.metadata import version

import numpy as np
import torch
from pydvl.influence.torch import DirectInfluence
from torch.utils.data import DataLoader, TensorDataset

CHUNK = 100  # rows whose influence on each other is held at a time


class Penalised(torch.nn.Module):
    """Logits of a row, and behind them the penalty times the row's flag."""

    def __init__(self, theta: torch.Tensor, ridge: torch.Tensor):
        super().__init__()
        self.theta = torch.nn.Parameter(theta)
        self.ridge = ridge

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        x, flag = rows[:, :-1], rows[:, -1:]
        penalty = (self.ridge[:, None] * self.theta**2).sum() / 2
        if self.theta.shape[1] > 1:
            penalty = penalty + (self.theta[self.ridge == 0].sum(1) ** 2).sum() / 2
        return torch.cat([x @ self.theta, penalty * flag], dim=1)


def loss(output: torch.Tensor, given: torch.Tensor) -> torch.Tensor:
    logits, penalty = output[:, :-1], output[:, -1]
    if logits.shape[1] == 1:
        own = torch.nn.functional.binary_cross_entropy_with_logits(logits[:, 0], given.to(logits.dtype))
    else:
        own = torch.nn.functional.cross_entropy(logits, given)
    return own + penalty.mean()


def flagged(x: np.ndarray, flag: float) -> torch.Tensor:
    return torch.from_numpy(np.hstack([x, np.full((len(x), 1), flag)]))


def influences(problem: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    given, reference_given = (torch.from_numpy(problem[name]) for name in ("given", "reference_given"))
    rows, reference = (flagged(problem[name], 0.0) for name in ("x", "reference_x"))
    model = Penalised(*(torch.from_numpy(problem[name]) for name in ("theta", "ridge")))
    # one batch: pyDVL takes the mean of the batches' Hessians
    hessian_rows = DataLoader(TensorDataset(flagged(problem["x"], 1.0), given), batch_size=len(rows))
    influence = DirectInfluence(model, loss, regularization=0.0).fit(hessian_rows)
    average, own = [], []
    for start in range(0, len(rows), CHUNK):
        some = slice(start, start + CHUNK)
        on_reference = influence.influences(reference, reference_given, rows[some], given[some])
        average.append(on_reference.mean(0))
        own.append(influence.influences(rows[some], given[some], rows[some], given[some]).diagonal())
    return {
        "average_influence": torch.cat(average).detach().numpy(),
        "self_influence": torch.cat(own).detach().numpy(),
    }


def main() -> None:
    source, target = sys.argv[1:]
    with np.load(source) as arrays:
        np.savez(target, **influences(dict(arrays)))
    print(f"pyDVL {version('pydvl')}, torch {version('torch')}, numpy {version('numpy')}")


if __name__ == "__main__":
    main()
