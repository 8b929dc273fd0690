"""What the model is fitted to: given labels, or probabilities of every class, served block by block."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

MANY_CLASSES = 50  # beyond, what grows with the square of their number is estimated, or not tried; a guess


def outputs_for(classes: int) -> int:
    """The number of logits: one for two classes, else one per class."""
    return 1 if classes == 2 else classes


def class_probabilities(p: Array) -> Array:
    """From the model's layout (rows, outputs) to one column per class (rows, classes)."""
    return np.hstack([1 - p, p]) if p.shape[1] == 1 else p


class Targets(Protocol):
    """Rows start to stop of the storage order as (rows, outputs), in the layout of the logits."""

    def __call__(self, start: int, stop: int) -> Array:
        """The rows' targets."""
        ...


@dataclass(frozen=True)
class HardTargets:
    """Class codes (rows,), made one-hot where they are used."""

    codes: NDArray[np.int64]
    classes: int

    def __call__(self, start: int, stop: int) -> Array:
        """One-hot rows; for two classes the second column alone."""
        codes = self.codes[start:stop]
        if self.classes == 2:
            return codes[:, None].astype(np.float64)
        out = np.zeros((len(codes), self.classes))
        out[np.arange(len(codes)), codes] = 1.0
        return out


@dataclass(frozen=True)
class SoftTargets:
    """Class probabilities (rows, classes)."""

    probabilities: Array

    def __call__(self, start: int, stop: int) -> Array:
        """The rows; for two classes the second column alone."""
        rows = self.probabilities[start:stop]
        return np.ascontiguousarray(rows[:, 1:] if rows.shape[1] == 2 else rows)


def two_class_rows(targets: Targets) -> Array | NDArray[np.int64] | None:
    """Of two classes what all rows' targets are made from: codes (rows,), or probabilities (rows, 2)."""
    if isinstance(targets, HardTargets) and targets.classes == 2:
        return targets.codes
    if isinstance(targets, SoftTargets) and targets.probabilities.shape[1] == 2:
        return targets.probabilities
    return None
