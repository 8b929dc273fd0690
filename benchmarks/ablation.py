"""What each part of the method is worth: average precision on planted errors with that part left out.

    python benchmarks/ablation.py ../shared/data [--seeds 1] [--rows 1500] [--only NAME]

The folder is described in docs/benchmarks.md; tables with real errors or more than ten classes are left out.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pandas as pd

import labelaudit
from labelaudit import assess, choose, evidence, score
from labelaudit.benchmark.detection.data import prepare, read
from labelaudit.benchmark.detection.manifest import read_manifest
from labelaudit.benchmark.detection.peers import Peers
from labelaudit.metrics import average_precision
from labelaudit.noise import link, models, rates
from labelaudit.planting import KINDS, plant

RATE, MOST_CLASSES = 0.1, 10
Part = Callable[[], Any]


@contextmanager
def patched(*changes: tuple[Any, str, Any]) -> Iterator[None]:
    if not changes:
        yield
        return
    (module, name, value), *rest = changes
    with patch.object(module, name, value), patched(*rest):
        yield


def plain_loss(p: np.ndarray, given: np.ndarray) -> float:
    return -float(np.log(np.maximum(p[np.arange(len(p)), given], 1e-12)).mean())


def by_folds(objective: Any, theta: np.ndarray, *ways: Any) -> np.ndarray:
    return evidence.out_of_fold(objective, theta)


def only(kept: str) -> Callable[..., Any]:
    candidates = models._candidates

    def some(labels: Any) -> Any:
        found, known = candidates(labels)
        chosen = [i for i, name in enumerate(found) if name == kept]
        return {kept: found[kept]}, [known[i] for i in chosen]

    return some


PARTS: dict[str, tuple[Part, dict[str, Any]]] = {
    "everything": (patched, {}),
    "one encoding, linear": (patched, {"encoding": "linear"}),
    "the best encoding votes alone": (lambda: patched((choose, "VOTE_TEMPER", 1e-9)), {}),
    "encodings by plain loss": (lambda: patched((choose, "explained_loss", plain_loss)), {}),
    "five folds, not leave-one-out": (
        lambda: patched(*((module, "out_of_sample", by_folds) for module in (assess, choose, score))),
        {},
    ),
    "no refit to what labels probably are": (lambda: patched((score, "EM_ROUNDS", 0)), {}),
    "probabilities as they are, no link": (lambda: patched((link, "SHARPNESS", (1.0, 1.0)), (link, "SHIFT", 0.0)), {}),
    "one rate for all classes": (lambda: patched((models, "_candidates", only("one rate"))), {}),
    "the full matrix alone": (lambda: patched((models, "_candidates", only("full matrix"))), {}),
    "the best rate, not all rates": (lambda: patched((rates, "NARROW", 1e9)), {}),
}


def runs(folder: Path, seeds: int, rows: int, names: list[str]) -> Iterator[dict[str, Any]]:
    for entry in read_manifest(folder, tuple(names)):
        if entry.gold is not None or (entry.classes or 0) > MOST_CLASSES:
            continue
        data = prepare(entry, read(entry), rows)
        peers = Peers(data, 1)
        for kind in KINDS:
            for seed in range(seeds):
                ambiguity = peers.ambiguity if kind == "instance" else None
                codes = plant(data.codes, len(data.classes), kind, RATE, seed, ambiguity)
                frame, wrong = data.frame(codes), codes != data.codes
                for part, (without, options) in PARTS.items():
                    with without():
                        ranking = labelaudit.audit(frame, data.label, **options).ranking.sort_values("row")
                    yield {"part": part, "kind": kind, "ap": average_precision(wrong, -ranking["rank"].to_numpy())}
            print(f"{entry.name}, {kind}", file=sys.stderr, flush=True)


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("folder", type=Path)
    ask.add_argument("--seeds", type=int, default=1)
    ask.add_argument("--rows", type=int, default=1500)
    ask.add_argument("--only", action="append", default=[])
    options = ask.parse_args()
    table = pd.DataFrame(runs(options.folder, options.seeds, options.rows, options.only))
    means = table.pivot_table(index="part", columns="kind", values="ap", sort=False)[
        ["asymmetric", "instance", "uniform"]
    ]
    means["mean"] = means.mean(axis=1)
    print(means.round(3).to_string())


if __name__ == "__main__":
    main()
