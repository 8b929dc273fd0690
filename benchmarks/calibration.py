"""How true the stated figures are, and what 100 trusted rows bring, on a folder of tables with planted errors.

    python benchmarks/calibration.py ../shared/data [--seeds 3]

The folder holds manifest.csv: name, file, label, gold, non_feature_cols, text_cols, classes. Sets with a gold column
(real errors) and with more than ten classes are left out; at most 2,500 rows of each are used.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import labelaudit
from labelaudit.benchmark.detection.data import Data, prepare, read
from labelaudit.benchmark.detection.manifest import read_manifest
from labelaudit.metrics import average_precision, brier_skill, precision, reliability
from labelaudit.planting import ErrorKind, plant
from labelaudit.score import flagged

RATE, ROWS, MOST_CLASSES, TRUSTED = 0.1, 2500, 10, 100
SHARES = (0.1, 0.2, 0.3)


def tables(folder: Path) -> Iterator[Data]:
    for entry in read_manifest(folder):
        if entry.gold is None and (entry.classes or 0) <= MOST_CLASSES:
            yield prepare(entry, read(entry), ROWS)


def in_row_order(frame: pd.DataFrame, label: str, **options: Any) -> tuple[pd.DataFrame, dict[str, Any]]:
    audit = labelaudit.audit(frame, label, **options)
    return audit.ranking.sort_values("row").reset_index(drop=True), audit.summary["noise"]


def stated(table: Data, kind: ErrorKind, seed: int) -> dict[str, Any]:
    codes = plant(table.codes, len(table.classes), kind, RATE, seed)
    wrong = codes != table.codes
    ranking, noise = in_row_order(table.frame(codes), table.label)
    score, real = ranking.label_score.to_numpy(), wrong.mean()
    row = {
        "set": table.name,
        "kind": kind,
        "ece": reliability(score, wrong).error,
        "skill": brier_skill(score, wrong),
        "covered": noise["interval"][0] <= real <= noise["interval"][1],
        "within half": 0.5 <= noise["rate"] / real <= 1.5,
    }
    may = (ranking.given_label != ranking.predicted_label).to_numpy()
    for q in SHARES:
        flags = flagged(score, may, q)
        row |= {f"flagged {q}": flags.sum(), f"false {q}": 1 - precision(wrong, flags)}
    return row


def with_trusted(table: Data, seed: int) -> dict[str, Any]:
    codes = plant(table.codes, len(table.classes), "asymmetric", RATE, seed)
    trusted = np.random.default_rng(1000 + seed).choice(len(codes), TRUSTED, replace=False)
    rest = np.setdiff1d(np.arange(len(codes)), trusted)
    wrong, audited = (codes != table.codes)[rest], table.frame(codes).iloc[rest]
    plain, _ = in_row_order(audited, table.label)
    helped, _ = in_row_order(audited, table.label, reference=table.frame(table.codes).iloc[trusted])
    found = {n: average_precision(wrong, -r["rank"].to_numpy()) for n, r in (("without", plain), ("with", helped))}
    return {"set": table.name, **found}


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("folder", type=Path)
    ask.add_argument("--seeds", type=int, default=3)
    options = ask.parse_args()
    seeds, every = range(options.seeds), list(tables(options.folder))
    runs = pd.DataFrame([stated(t, kind, s) for t in every for kind in ("uniform", "asymmetric") for s in seeds])
    by_set = runs.groupby(["kind", "set"]).mean()
    told = by_set.groupby("kind").agg(median_ece=("ece", "median"), sets_with_skill=("skill", lambda v: (v > 0).sum()))
    print(told.round(3).to_string())
    print(f"interval covers: {runs.covered.mean():.1%}; rate within a half: {runs['within half'].mean():.1%}")
    for q in SHARES:
        many = by_set[by_set[f"flagged {q}"] >= 20]
        kept = (many[f"false {q}"] <= q + 0.05).mean()
        print(
            f"max-fdr {q}: false alarms at most {q + 0.05:.2f} on {kept:.0%} of {len(many)} sets with 20 flagged rows"
        )
    trusted = pd.DataFrame([with_trusted(t, s) for t in every for s in seeds]).groupby("set").mean()
    print(trusted.assign(gain=trusted["with"] - trusted["without"]).round(3).to_string())
    print(trusted.mean().round(3).to_string())


if __name__ == "__main__":
    main()
