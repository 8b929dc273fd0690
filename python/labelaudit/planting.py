"""Label errors planted on purpose, so that what is found can be compared with what is there."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from labelaudit.errors import UsageError

Array = NDArray[np.float64]
Codes = NDArray[np.int64]
ErrorKind = Literal["uniform", "asymmetric", "instance"]
KINDS: tuple[ErrorKind, ...] = ("uniform", "asymmetric", "instance")

KEPT = 2  # right labels that a class must keep: an audit needs two rows of it
ROOM = 0.02  # added to a row's ambiguity: a row that every model is sure of may be wrong as well
LARGEST_CHANCE = 0.9  # of one row's label to go wrong


def check_rate(rate: float) -> None:
    """Raises UsageError for a rate that cannot be planted."""
    if not 0 < rate <= 0.5:
        raise UsageError(f"--rate: expected a share above 0, up to 0.5, got {rate}")


def plant(codes: Codes, classes: int, kind: ErrorKind, rate: float, seed: int, ambiguity: Array | None = None) -> Codes:
    """Class codes with errors planted at about this rate; codes are (rows,) of 0 .. classes - 1.

    uniform: any other class, every row alike. asymmetric: with chance 2 rate, every second class (1, 3, ...) is given
    as the one before it, and no other class goes wrong. instance: the more often, the more probable another class is
    to a model of the clean labels; ambiguity (rows, classes) are its out-of-sample probabilities.
    The draws are those of numpy's default generator from this seed alone. Raises UsageError for a rate outside 0 to
    1/2 or one class.
    """
    check_rate(rate)
    if classes < 2:
        raise UsageError("planting errors needs two classes")
    rng, rows = np.random.default_rng(seed), len(codes)
    if kind == "uniform":
        wrong = rng.random(rows) < rate
        return np.where(wrong, (codes + rng.integers(1, classes, rows)) % classes, codes)
    if kind == "asymmetric":
        wrong = (rng.random(rows) < 2 * rate) & (codes % 2 == 1)
        return np.where(wrong, codes - 1, codes)
    if ambiguity is None:
        raise ValueError("errors that depend on the row need the probabilities of a model of the clean labels")
    others = ambiguity.copy()
    others[np.arange(rows), codes] = 0
    chance = others.max(1) + ROOM
    wrong = rng.random(rows) < np.minimum(chance / chance.mean() * rate, LARGEST_CHANCE)
    return np.where(wrong, others.argmax(1), codes)


def spare_small_classes(codes: Codes, planted: Codes) -> Codes:
    """The planted codes with as many errors taken back, first rows first, as leave every class KEPT right labels.

    A class of fewer rows keeps all of them.
    """
    out = planted.copy()
    sizes = np.bincount(codes)
    missing = np.minimum(sizes, KEPT) - np.bincount(codes[planted == codes], minlength=len(sizes))
    for code in np.flatnonzero(missing > 0):
        back = np.flatnonzero((codes == code) & (planted != codes))[: missing[code]]
        out[back] = code
    return out
