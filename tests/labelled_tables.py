"""A generated folder of two tables: one to plant errors in, one with real errors and verified labels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

MANIFEST = """name,file,label,gold,non_feature_cols,text_cols,classes,notes
blobs,tables/blobs.csv,kind,,key,remark,3,"generated, with gaps"
verified,verified.csv,given,gold,who when,,,
"""
ROWS, SHOWN = 240, 200  # of blobs.csv; how many take part


def blobs(rng: np.random.Generator) -> pd.DataFrame:
    """Three classes that overlap a little, a class of four rows, rows without a label, gaps in numbers."""
    code = rng.integers(0, 3, ROWS)
    x = rng.normal(size=(ROWS, 3)) + 2.5 * np.eye(3)[code]
    label = np.array(["north", "east", "west"], dtype=object)[code]
    frame = pd.DataFrame(x.round(3), columns=["a", "b", "c"])
    frame.loc[rng.choice(ROWS, 9, replace=False), "b"] = np.nan
    frame["soil"] = np.where(rng.random(ROWS) < 0.8, np.array(["clay", "sand", "peat"])[code], "rock")
    frame["remark"] = "some words " + pd.Series(label)
    frame["key"] = np.arange(ROWS)
    label[:4], label[4:10] = "lone", ""
    return frame.assign(kind=label).sample(frac=1, random_state=1)


def verified(rng: np.random.Generator) -> pd.DataFrame:
    """Numbered classes; a tenth of the given labels is wrong, and one row was never verified."""
    gold = rng.integers(1, 3, 120)
    given = np.where(rng.random(120) < 0.1, 3 - gold, gold)
    x = rng.normal(size=(120, 2)) + 2 * gold[:, None]
    words = [*map(str, gold[:-1]), ""]
    return pd.DataFrame({"x": x[:, 0], "y": x[:, 1], "given": given, "gold": words, "who": "me", "when": gold})


def write_folder(folder: Path) -> Path:
    """Writes the tables with their manifest."""
    rng = np.random.default_rng(0)
    (folder / "tables").mkdir(parents=True)
    blobs(rng).to_csv(folder / "tables" / "blobs.csv", index=False)
    verified(rng).to_csv(folder / "verified.csv", index=False)
    (folder / "manifest.csv").write_text(MANIFEST)
    return folder
