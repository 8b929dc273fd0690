"""A table with planted errors, of any size, and what a ranking finds of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from labelaudit.planting import ErrorKind, plant

Flags = NDArray[np.bool_]

NUMBERS, COLOURS, CITIES = 20, 5, 12
ERRORS = 0.1
SHAPES = ("linear", "curved")


def write_table(path: Path, rows: int, shape: str, errors: ErrorKind, seed: int = 0) -> Flags:
    """Writes a CSV of 20 numeric and 2 categorical columns and a label of two classes; which labels are wrong.

    linear: the log-odds are linear in the columns. curved: two numbers also count by their square, and two by their
    product. One label in ten is wrong (asymmetric errors: one in five of one class).
    """
    import pandas as pd

    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, NUMBERS))
    colour, city = rng.integers(0, COLOURS, rows), rng.integers(0, CITIES, rows)
    z = x @ rng.normal(0, 2 / NUMBERS**0.5, NUMBERS) + np.linspace(-1, 1, COLOURS)[colour]
    z += rng.normal(0, 0.5, CITIES)[city]
    if shape == "curved":
        z += x[:, 0] ** 2 - x[:, 1] ** 2 + x[:, 2] * x[:, 3]
    true = (rng.random(rows) < 1 / (1 + np.exp(-2 * z))).astype(np.int64)
    given = plant(true, 2, errors, ERRORS, seed)
    frame = pd.DataFrame(x, columns=[f"x{i + 1}" for i in range(NUMBERS)])
    frame["colour"] = np.array([f"colour {i}" for i in range(COLOURS)])[colour]
    frame["city"] = np.array([f"city {i}" for i in range(CITIES)])[city]
    frame["label"] = np.where(given, "yes", "no")
    frame.to_csv(path, index=False, float_format="%.6f")
    return given != true
