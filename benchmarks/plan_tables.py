"""Tables that a plan is measured on, each of another shape.

    python benchmarks/plan_tables.py FILE.csv ROWS NUMBERS CATEGORIES CLASSES

ROWS of Gaussian classes in NUMBERS columns, a fifth of them bent, and CATEGORIES columns; one label in ten is wrong.
No numbers and no categories: short free text instead.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

WORDS = 5000
WORDS_A_TEXT = 5, 15
WRITTEN_ROWS = 200_000  # at a time


def write(path: Path, rows: int, numbers: int, categories: int, classes: int, seed: int = 0) -> None:
    """Writes the table; the label column is `label`."""
    rng = np.random.default_rng(seed)
    true = rng.integers(0, classes, rows)
    given = np.where(rng.random(rows) < 0.1, rng.integers(0, classes, rows), true)
    centres = rng.normal(size=(classes, numbers)) * 3 / np.sqrt(max(1, numbers))
    words = _words(rng)
    for start in range(0, rows, WRITTEN_ROWS):
        part = true[start : start + WRITTEN_ROWS]
        frame = _columns(part, centres, categories, rng) if numbers + categories else _texts(part, words, rng)
        frame["label"] = np.array([f"class {i}" for i in range(classes)])[given[start : start + WRITTEN_ROWS]]
        frame.to_csv(path, index=False, float_format="%.6f", mode="a" if start else "w", header=not start)


def _columns(
    true: NDArray[np.int64], centres: NDArray[np.float64], categories: int, rng: np.random.Generator
) -> pd.DataFrame:
    x = rng.normal(size=(len(true), centres.shape[1])) + centres[true]
    x[:, ::5] = np.exp(x[:, ::5])
    frame = pd.DataFrame(x, columns=[f"x{i + 1}" for i in range(x.shape[1])])
    for i in range(categories):
        levels = 5 + 7 * i
        code = (rng.integers(0, levels, len(true)) + true * (rng.random(len(true)) < 0.3)) % levels
        frame[f"c{i + 1}"] = np.array([f"value {j}" for j in range(levels)])[code]
    return frame


def _words(rng: np.random.Generator) -> NDArray[np.str_]:
    letters = list("abcdefghijklmnoprstuv")
    return np.array(["".join(rng.choice(letters, rng.integers(2, 9))) for _ in range(WORDS)])


def _texts(true: NDArray[np.int64], words: NDArray[np.str_], rng: np.random.Generator) -> pd.DataFrame:
    """Words as frequent as in a language (Zipf); three in ten are as frequent as their class says."""
    share = 1 / np.arange(1, WORDS + 1)
    orders = [np.arange(WORDS), *(np.random.default_rng(c).permutation(WORDS) for c in range(int(true.max()) + 1))]
    texts = []
    for label, count in zip(true.tolist(), rng.integers(*WORDS_A_TEXT, len(true)).tolist(), strict=True):
        drawn = rng.choice(WORDS, count, p=share / share.sum())
        own = rng.random(count) < 0.3
        texts.append(" ".join(words[np.where(own, orders[label + 1][drawn], drawn)]))
    return pd.DataFrame({"text": texts})


if __name__ == "__main__":
    write(Path(sys.argv[1]), *map(int, sys.argv[2:6]))
