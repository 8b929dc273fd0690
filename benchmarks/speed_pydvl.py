"""The peer of speed_influence.py: pyDVL's DirectInfluence, in float64, in an environment of its own.

    python benchmarks/speed_pydvl.py IN.npz OUT.npz NAME REPEATS THREADS LIMIT

IN.npz is as pydvl_influence.py has it. Prints the seconds of each repeat, a line each: of fitting, which forms the
Hessian and factors it, and of the influences. A repeat that takes over LIMIT seconds ends the process by SIGALRM.
OUT.npz holds the last repeat's figures (of a pairwise matrix, its corner).
"""

from __future__ import annotations

import signal
import sys
import time

import numpy as np
import torch
from pydvl.influence.torch import DirectInfluence
from torch.utils.data import DataLoader, TensorDataset

from pydvl_influence import CHUNK, Penalised, flagged, loss
from speed_problem import CORNER

FEW, WHOLE = 200, ("theta", "ridge")
BATCH = 10_000  # rows of the Hessian at a time; pyDVL takes the mean of the batches' Hessians, so these are alike


def measured(problem: dict[str, np.ndarray], name: str) -> tuple[float, np.ndarray]:
    """Seconds and figures."""
    given, on_given = (torch.from_numpy(problem[n]) for n in ("given", "reference_given"))
    rows, on = (flagged(problem[n], 0.0) for n in ("x", "reference_x"))
    hessian_rows = TensorDataset(flagged(problem["x"], 1.0), given)
    model = Penalised(*(torch.from_numpy(problem[n]) for n in ("theta", "ridge")))
    batch = BATCH if len(rows) % BATCH == 0 else len(rows)
    start = time.perf_counter()
    influence = DirectInfluence(model, loss, regularization=0.0).fit(DataLoader(hessian_rows, batch_size=batch))
    if name == "pairwise influence":
        found = influence.influences(on, on_given, rows, given)
    elif name == "average influence":
        found = influence.influences(on, on_given, rows, given).mean(0)
    else:
        parts = [slice(a, a + CHUNK) for a in range(0, len(rows), CHUNK)]
        found = torch.cat([influence.influences(*(2 * (rows[p], given[p]))).diagonal() for p in parts])
    seconds = time.perf_counter() - start
    values = found.detach().numpy()
    return seconds, values[:CORNER, :CORNER] if values.ndim == 2 else values


def main() -> None:
    source, target, name, repeats, threads, limit = sys.argv[1:]
    torch.set_num_threads(int(threads))
    with np.load(source) as arrays:
        problem = dict(arrays)
    measured({n: v[:FEW] if n not in WHOLE else v for n, v in problem.items()}, name)  # warms up
    for _ in range(int(repeats)):
        signal.alarm(int(limit))
        seconds, values = measured(problem, name)
        signal.alarm(0)
        print(seconds, flush=True)
    np.savez(target, values=values)


if __name__ == "__main__":
    main()
