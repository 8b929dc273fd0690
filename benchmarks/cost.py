"""What an audit costs beside plain fits: CPU seconds of its stages, in units of one converged fit.

    python benchmarks/cost.py [--rows 100000] [--columns 50] [--classes 2]

Encoding and L2 are chosen on a sample drawn by content. `the rest` is all that follows the choice: fit, out-of-sample
evidence, noise models, refits, influence. One fit is Newton's method from zero on all rows at the chosen encoding; the
widest encoding is the largest that was tried, fitted to all rows likewise.
"""

from __future__ import annotations

import argparse
import itertools
import time

import numpy as np
from threadpoolctl import threadpool_limits

from labelaudit.assess import Settings, assess, rows_of
from labelaudit.blocks import layout_of
from labelaudit.choose import Rows, hard_objective
from labelaudit.encode.encoder import Encoding, fit_encoder
from labelaudit.encode.rows import encode_blocks
from labelaudit.model.fit import newton, solver_for
from labelaudit.planting import plant
from labelaudit.table.table import Column


def drawn(rows: int, columns: int, classes: int) -> Rows:
    """Gaussian classes that bend in some columns, 10 % of the labels wrong."""
    rng = np.random.default_rng(0)
    true = rng.integers(0, classes, rows)
    x = rng.normal(size=(rows, columns)) + rng.normal(size=(classes, columns))[true] * 3 / np.sqrt(columns)
    x[:, ::5] = np.exp(x[:, ::5])
    given = plant(true, classes, "uniform", 0.1, 0)
    cells = [Column(f"x{i}", "numeric", np.ascontiguousarray(column)) for i, column in enumerate(x.T)]
    return rows_of(cells, given, classes)


def one_fit(rows: Rows, encoding: Encoding, l2: float) -> tuple[float, int]:
    """CPU seconds of the encoding of all rows and a fit from zero, and its parameters."""
    began = time.process_time()
    layout = layout_of(rows.fold)
    encoder = fit_encoder(encoding, rows.columns, rows.hashes, rows.reduced)
    objective = hard_objective(encode_blocks(encoder, rows.columns, layout), rows.given[layout.order], rows.classes, l2)
    newton(objective, solver=solver_for(objective.parameters))
    return time.process_time() - began, objective.parameters


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--rows", type=int, default=100_000)
    ask.add_argument("--columns", type=int, default=50)
    ask.add_argument("--classes", type=int, default=2)
    options = ask.parse_args()
    rows = drawn(options.rows, options.columns, options.classes)
    marks: list[tuple[str, float]] = []
    with threadpool_limits(1):
        found = assess(rows, Settings(), tick=lambda stage: marks.append((stage, time.process_time())))
        marks.append(("done", time.process_time()))
        fit, parameters = one_fit(rows, found.choice.encoding, found.choice.l2)
        tried = [t for t in found.choice.trials if np.isfinite(t.loss)]
        widest = max(tried, key=lambda t: t.parameters)
        wide, wide_parameters = one_fit(rows, widest.encoding, widest.l2)
    stages = [(name, after - at) for (name, at), (_, after) in itertools.pairwise(marks)]
    for name, seconds in stages:
        print(f"{name:44}{seconds:8.2f} s{seconds / fit:8.2f} fits")
    choosing, rest = stages[0][1], sum(seconds for _, seconds in stages[1:])
    print(f"one fit at {found.choice.encoding} ({parameters} parameters){'':8}{fit:8.2f} s")
    print(f"one fit at {widest.encoding}, the widest tried ({wide_parameters} parameters){'':4}{wide:8.2f} s")
    print(f"the rest is {rest / fit:.1f} fits; the whole is {(choosing + rest) / wide:.1f} fits of the widest encoding")


if __name__ == "__main__":
    main()
