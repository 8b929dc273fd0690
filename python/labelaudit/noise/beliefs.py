"""What rows' true classes probably are, under noise models that are averaged."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from labelaudit import _core
from labelaudit.blocks import on_threads
from labelaudit.noise.link import SMALLEST_PROBABILITY, Linked, log_probabilities
from labelaudit.noise.matrices import dense, likelihoods

Array = NDArray[np.float64]
Codes = NDArray[np.int64]

SMALLEST_SUM = 1e-300
PIECE = 8192  # rows at a time: what is worked on stays in the cache

Nodes = Sequence[tuple[float, Linked]]
Belief = Callable[[Array, Codes, Array], None]  # of rows with p and given labels, into the array


def averaged_belief(nodes: Nodes, p: Array, given: Codes, threads: int = 1) -> Array:
    """P(true | x, given) of rows (rows, classes), averaged over matrices with links by weights that sum to 1.

    p (rows, classes): out-of-sample probabilities.
    """
    of_rows = _of_two_classes(nodes) if p.shape[1] == 2 else _of_classes(nodes)
    out = np.empty(p.shape)

    def work(start: int) -> None:
        here = slice(start, start + PIECE)
        of_rows(p[here], given[here], out[here])

    for _ in on_threads(work, range(0, len(p), PIECE), threads):
        pass
    return out


def _of_classes(nodes: Nodes) -> Belief:
    """Worked out class by class, and without normalising the links: the posterior is."""

    def of_rows(p: Array, given: Codes, out: Array) -> None:
        by_class = np.ascontiguousarray(log_probabilities(p).T)
        by_class -= by_class.max(0)
        total = np.zeros_like(by_class)
        for weight, node in nodes:
            shift = node.link.shift - node.link.shift.max()
            joint = np.exp(node.link.sharpness * by_class + shift[:, None])
            joint *= likelihoods(node.noise, given)
            joint *= weight / np.maximum(joint.sum(0), SMALLEST_SUM)
            total += joint
        out[:] = total.T

    return of_rows


def _of_two_classes(nodes: Nodes) -> Belief:
    """The same as a sum of logistic functions of the log-odds."""
    table = np.empty((len(nodes), 4))
    for i, (weight, node) in enumerate(nodes):
        noise = np.maximum(dense(node.noise), SMALLEST_SUM)
        odds = np.log(noise[:, 1] / noise[:, 0])
        offsets = np.array([-1.0, 1.0]) * (odds + node.link.shift[1] - node.link.shift[0])
        table[i] = weight, node.link.sharpness, *offsets

    def of_rows(p: Array, given: Codes, out: Array) -> None:
        _core.average_belief(np.ascontiguousarray(p), given, SMALLEST_PROBABILITY, table, out)

    return of_rows
