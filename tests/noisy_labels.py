"""Labels with planted errors, and links, that the tests of noise models share."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from labelaudit.noise.link import Link, Linked

Array = NDArray[np.float64]
Codes = NDArray[np.int64]


def planted(rows: int, noise: Array, seed: int = 0, sharpness: float = 0.3) -> tuple[Array, Codes]:
    """Probabilities and the labels that this noise matrix makes of labels drawn from them."""
    rng = np.random.default_rng(seed)
    classes = len(noise)
    p = rng.dirichlet(np.full(classes, sharpness), size=rows)
    true = (p.cumsum(1) < rng.uniform(size=(rows, 1))).sum(1).clip(0, classes - 1)
    given_labels = (noise[:, true].T.cumsum(1) < rng.uniform(size=(rows, 1))).sum(1).clip(0, classes - 1)
    return p, given_labels


def drawn(rows: int, classes: int, seed: int) -> tuple[Array, Codes]:
    rng = np.random.default_rng(seed)
    return rng.dirichlet(np.full(classes, 0.5), size=rows), rng.integers(0, classes, size=rows)


def linked(noise: Array, link: Link) -> Linked:
    return Linked(noise, link, 0.0, 0.0)
