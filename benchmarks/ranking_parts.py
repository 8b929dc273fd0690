"""The ranking of a million rows as CSV: by this process, and in parts by the workers of a cluster.

    python -W ignore benchmarks/ranking_parts.py [--rows 1000000] [--workers 2]

A worker is sent the columns of some rows in the order of the ranking and sends back their lines, made by the same
function; all parts together must be the same bytes.
"""

from __future__ import annotations

import argparse
import pickle
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from labelaudit.audits import csv_text
from labelaudit.cluster.connection import _quietly
from labelaudit.cluster.local import local_cluster

PARTS = (1 << 15, 1 << 18)  # rows


def ranking(rows: int) -> pd.DataFrame:
    """Columns of a ranking's kinds."""
    draw = np.random.default_rng(0)
    words = np.array(["good", "bad"], dtype=object)
    labels = {name: words[draw.integers(0, 2, rows)] for name in ("given_label", "predicted_label")}
    names = ("label_score", "average_influence", "self_influence", "self_confidence", "leverage")
    scores = {name: draw.normal(size=rows) for name in names}
    numbers = {"rank": np.arange(1, rows + 1), "row": draw.permutation(rows), "line": draw.permutation(rows)}
    return pd.DataFrame({**numbers, "id": draw.integers(0, 10**9, rows), **labels, **scores})


def lines(data: bytes) -> bytes:
    """A worker's part."""
    from labelaudit import _core

    columns, rows = pickle.loads(data)
    return _core.csv_records(columns, rows, 0, rows)


def part(columns: list[Any], start: int, stop: int) -> bytes:
    some = [(c[0][start:stop], c[1]) if isinstance(c, tuple) else c[start:stop] for c in columns]
    return pickle.dumps((some, stop - start))


def timed(what: str, work: Callable[[], bytes]) -> bytes:
    began = time.perf_counter()
    found = work()
    print(f"{what}: {time.perf_counter() - began:.2f} s", flush=True)
    return found


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--rows", type=int, default=1_000_000)
    ask.add_argument("--workers", type=int, default=2)
    given = ask.parse_args()
    frame = ranking(given.rows)
    whole = timed("here, columns to codes included", lambda: csv_text.csv_bytes(frame))
    columns = [csv_text._column(frame[name]) for name in frame.columns]
    header = whole[: whole.index(b"\n") + 1]
    timed("here, on one thread, from codes", lambda: csv_text._records(columns, 0, given.rows))
    with _quietly(), local_cluster(given.workers) as client:
        workers = sorted(client.nthreads())
        for rows in PARTS:
            sent = [part(columns, start, min(start + rows, given.rows)) for start in range(0, given.rows, rows)]

            def by_workers(sent: list[bytes] = sent) -> bytes:
                at = [workers[i % len(workers)] for i in range(len(sent))]
                futures = [
                    client.submit(lines, data, workers=[w], pure=False) for data, w in zip(sent, at, strict=True)
                ]
                return b"".join(client.gather(futures))

            for what in ("first", "again"):
                found = timed(f"{given.workers} workers, {rows:,} rows a part, {what}", by_workers)
                assert header + found == whole
            print(f"  {sum(map(len, sent)) / 1e6:.0f} MB sent, {len(found) / 1e6:.0f} MB back")


if __name__ == "__main__":
    main()
