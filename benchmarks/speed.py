"""How fast an audit is, each figure beside its peer's from the same minutes.

    python benchmarks/speed.py [--rows 10000 100000 1000000] [--repeats 5] [--shape linear] [--errors uniform]
        [--limit 120] [--threads 1 2] [--influence-share 1] [--out build/speed]

Whole commands, each in a process of its own, one after the other and again (speed_whole.py): reading with pandas,
`import torch`, `labelaudit audit` with the full ranking written, and cleanlab with 5-fold logistic regression. Then the
kernels (speed_kernels.py), and influences beside pyDVL's where LABELAUDIT_PYDVL_PYTHON names an environment with it
(speed_influence.py). Figures are medians; ratios are of medians. A peer is stopped at the limit, in seconds, and shown
so. Writes speed.json and speed.png, prints tables. Up to 10,000,000 rows: those take 2 GB of temporary files.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from labelaudit.pictures import picture
from speed_text import plot, text
from speed_whole import HERE, whole

SHAPES, ERRORS = ("linear", "curved"), ("uniform", "asymmetric")


def beside(script: str, **options: Any) -> Any:
    """What another script prints as JSON."""
    command = [sys.executable, str(HERE / script)]
    command += [word for name, value in options.items() for word in (f"--{name}", str(value))]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)


def measured(given: argparse.Namespace) -> dict[str, Any]:
    """All figures."""
    with tempfile.TemporaryDirectory() as folder:
        sizes = [
            whole(rows, given.shape, given.errors, given.repeats, Path(folder), given.limit) for rows in given.rows
        ]
    kernels = [
        beside("speed_kernels.py", threads=n, repeats=given.repeats, rows=given.kernel_rows) for n in given.threads
    ]
    influence = []
    if given.influence_share:
        most = max(given.threads, default=1)
        options = {"threads": most, "limit": given.limit, "share": given.influence_share}
        influence = beside("speed_influence.py", repeats=given.repeats, **options)
    return {
        "shape": given.shape,
        "errors": given.errors,
        "repeats": given.repeats,
        "limit": given.limit,
        "cores": os.cpu_count(),
        "machine": platform.machine(),
        "whole": sizes,
        "kernels": [k for found in kernels for k in found["kernels"]],
        "calls": [c for found in kernels for c in found["calls"]],
        "influence": influence,
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, nargs="*", default=[10_000, 100_000, 1_000_000], help="of whole audits")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--shape", choices=SHAPES, default="linear")
    parser.add_argument("--errors", choices=ERRORS, default="uniform")
    parser.add_argument("--limit", type=int, default=120, help="seconds that a peer may take")
    parser.add_argument("--threads", type=int, nargs="*", default=[1, 2], help="of the kernels; none to leave them out")
    parser.add_argument("--kernel-rows", type=int, default=1_000_000)
    parser.add_argument("--influence-share", type=float, default=1.0, help="of its rows; 0 to leave it out")
    parser.add_argument("--out", type=Path, default=Path("build/speed"))
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    result = measured(given)
    (given.out / "speed.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    if result["whole"] or any(task["pydvl"] for task in result["influence"]):
        (given.out / "speed.png").write_bytes(picture(lambda figure: plot(figure, result)))
    print(text(result))


if __name__ == "__main__":
    main()
