"""Empty arrays of any number of rows, which take no memory: a kernel returns at once, or refuses, and touches nothing.

A loop in the extension cannot be interrupted, so the calls are made in a process of their own.
"""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from labelaudit import _core
from sanitized import SANITIZED

HUGE = (2**28, 2**36)  # rows, columns: of as many cells of scratch, and of as many steps of a loop
SMALL = 2
MOST_SECONDS = 60.0
SHAPES: dict[str, dict[str, str]] = {
    "forward": {"x": "nc", "theta": "ck", "out": "nk"},
    "add_backward": {"x": "nc", "r": "nk", "out": "ck"},
    "add_gram": {"x": "nc", "w": "nk", "out": "kcc"},
    "quadratic": {"x": "nc", "m": "kcc", "out": "nk"},
    "add_logistic_gradient": {"x": "nc", "theta": "c", "t": "n", "w": "n", "out": "c"},
    "probabilities": {"z": "nk", "out": "nk"},
    "residual": {"z": "nk", "t": "nk", "w": "n", "out": "nk"},
    "curvature": {"p": "nk", "w": "n", "out": "nv"},
    "apply_curvature": {"p": "nk", "w": "n", "u": "nkv", "out": "nkv"},
    "conjugate_gradient": {"b": "nc", "inverse_diagonal": "c", "x": "nc"},
}
MORE: dict[str, dict[str, Any]] = {
    "conjugate_gradient": {"apply": lambda v, _: v, "tolerance": 1e-9, "max_steps": 5},
}


def cases() -> Iterator[tuple[str, dict[str, int]]]:
    """Each function with each choice of sizes of which one is huge, and all arrays are small in memory."""
    for function, shapes in SHAPES.items():
        letters = sorted(set("".join(shapes.values())))
        for sizes in itertools.product((0, SMALL, *HUGE), repeat=len(letters)):
            size = dict(zip(letters, sizes, strict=True))
            cells = [np.prod([float(size[letter]) for letter in shape]) for shape in shapes.values()]
            if max(sizes) in HUGE and max(cells) <= SMALL**3:
                yield function, size


def arrays(function: str, size: dict[str, int]) -> dict[str, np.ndarray] | None:
    """The arguments of these sizes, or None where numpy itself makes no such shape."""
    try:
        return {name: np.full([size[i] for i in shape], 0.5) for name, shape in SHAPES[function].items()}
    except ValueError:
        return None


def sparse(function: str, size: dict[str, int]) -> Any:
    if "x" not in SHAPES[function] or SHAPES[function]["x"] != "nc" or size["n"] in HUGE:
        return None
    nothing = np.zeros(0, dtype=np.int64)
    return _core.CsrMatrix(np.zeros(size["n"] + 1, dtype=np.int64), nothing, np.zeros(0), size["c"])


def call(function: str, given: dict[str, Any]) -> None:
    output = given["x" if function == "conjugate_gradient" else "out"]
    before, refused = output.copy(), ""
    try:
        getattr(_core, function)(**given, **MORE.get(function, {}))
    except ValueError as error:
        refused = str(error)
    if refused:
        assert any(refused.startswith(f"{name}: expected ") for name in given), refused
        assert np.array_equal(output, before)


def main() -> None:
    """Makes every call, and names it before."""
    made = 0
    for function, size in cases():
        given = arrays(function, size)
        if given is None:
            continue
        sys.stdout.write(f"{function} {size}\n")
        sys.stdout.flush()
        call(function, given)
        made += 1
        x = None if function in ("add_logistic_gradient", "conjugate_gradient") else sparse(function, size)
        if x is not None:
            call(function, {**given, "x": x})
    sys.stdout.write(f"calls {made}\n")


def test_empty_arrays_of_any_size_end_at_once() -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    limited = [] if SANITIZED else ["prlimit", f"--as={8 * 2**30}"]  # a sanitizer reserves more
    command = [*limited, sys.executable, str(Path(__file__).resolve())]
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=MOST_SECONDS)
    except subprocess.TimeoutExpired as late:
        raise AssertionError(f"no end of {(late.stdout or b'').decode().splitlines()[-1]}") from None
    assert done.returncode == 0, done.stdout[-300:] + done.stderr[-2000:]
    assert int(done.stdout.split()[-1]) > 50, done.stdout.splitlines()[-1]


if __name__ == "__main__":
    main()
