"""A table with planted errors, of any size, and what two rankings find of them.

    python benchmarks/speed_data.py write FOLDER ROWS linear|curved uniform|asymmetric
    python benchmarks/speed_data.py find FOLDER

`speed.py` runs it: what a process holds in memory would count as its children's.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from labelaudit.metrics import average_precision
from labelaudit.planting import ErrorKind, plant

Flags = NDArray[np.bool_]

NUMBERS, COLOURS, CITIES = 20, 5, 12
ERRORS = 0.1
WRITTEN_ROWS = 500_000  # at a time


def write_table(path: Path, rows: int, shape: str, errors: ErrorKind, seed: int = 0) -> Flags:
    """Writes a CSV of 20 numeric and 2 categorical columns and a label of two classes; which labels are wrong.

    linear: the log-odds are linear in the columns. curved: two numbers also count by their square, and two by their
    product. One label in ten is wrong (asymmetric errors: one in five of one class).
    """
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, NUMBERS))
    colour, city = rng.integers(0, COLOURS, rows), rng.integers(0, CITIES, rows)
    z = x @ rng.normal(0, 2 / NUMBERS**0.5, NUMBERS) + np.linspace(-1, 1, COLOURS)[colour]
    z += rng.normal(0, 0.5, CITIES)[city]
    if shape == "curved":
        z += x[:, 0] ** 2 - x[:, 1] ** 2 + x[:, 2] * x[:, 3]
    true = (rng.random(rows) < 1 / (1 + np.exp(-2 * z))).astype(np.int64)
    given = plant(true, 2, errors, ERRORS, seed)
    for start in range(0, rows, WRITTEN_ROWS):
        part = slice(start, start + WRITTEN_ROWS)
        frame = pd.DataFrame(x[part], columns=[f"x{i + 1}" for i in range(NUMBERS)])
        frame["colour"] = np.array([f"colour {i}" for i in range(COLOURS)])[colour[part]]
        frame["city"] = np.array([f"city {i}" for i in range(CITIES)])[city[part]]
        frame["label"] = np.where(given[part], "yes", "no")
        frame.to_csv(path, index=False, float_format="%.6f", mode="a" if start else "w", header=not start)
    return given != true


def found(folder: Path) -> dict[str, float]:
    """Average precision of both rankings, or of ours where cleanlab was stopped."""
    wrong = np.load(folder / "wrong.npy")
    ranking = pd.read_csv(folder / "report" / "ranking.csv", usecols=["row", "rank"])
    rank = np.empty(len(wrong))
    rank[ranking["row"].to_numpy() - 1] = ranking["rank"]
    out = {"labelaudit": average_precision(wrong, -rank)}
    theirs = folder / "scores.npy"
    return out | ({"cleanlab": average_precision(wrong, -np.load(theirs))} if theirs.exists() else {})


def main(verb: str, folder: str, *how: Any) -> None:
    if verb == "write":
        rows, shape, errors = how
        np.save(Path(folder) / "wrong.npy", write_table(Path(folder) / "table.csv", int(rows), shape, errors))
    else:
        print(json.dumps(found(Path(folder))))


if __name__ == "__main__":
    main(*sys.argv[1:])
