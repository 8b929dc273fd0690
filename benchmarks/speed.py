"""How fast an audit is, each figure beside its peer's from the same minutes.

    python benchmarks/speed.py [--rows 10000 100000 1000000] [--repeats 3] [--shape linear] [--errors uniform]
        [--out build/speed]

Whole commands, each in a process of its own, one after the other and again: reading with pandas, `import torch`,
`labelaudit audit` with the full ranking written, and cleanlab with 5-fold logistic regression. Then the kernels, see
speed_kernels.py. Figures are medians; ratios are of medians. Writes speed.json and speed.png, prints tables.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labelaudit.pictures import BLUE, GREY, ORANGE, picture

SHAPES, ERRORS = ("linear", "curved"), ("uniform", "asymmetric")

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Cost:
    """Of one process: seconds on the clock, of work by all its threads, and its largest resident size in bytes."""

    seconds: float
    work: float
    memory: int


def cost(*command: str) -> Cost:
    """Runs a command that has to succeed."""
    start = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - start
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} failed with exit code {process.returncode}")
    unit = 1 if sys.platform == "darwin" else 1024
    return Cost(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss * unit)


def commands(table: Path, folder: Path) -> dict[str, list[str]]:
    run = [sys.executable, "-c"]
    return {
        "read": [*run, f"import pandas; pandas.read_csv({str(table)!r})"],
        "torch": [*run, "import torch"],
        "labelaudit": [
            *(sys.executable, "-m", "labelaudit", "audit", str(table), "--label", "label"),
            *("--out", str(folder / "report"), "-q"),
        ],
        "cleanlab": [sys.executable, str(HERE / "speed_cleanlab.py"), str(table), "label", str(folder / "scores.npy")],
    }


def whole(rows: int, shape: str, errors: str, repeats: int, folder: Path) -> dict[str, Any]:
    """Medians of every command's costs at one size, their ratios, and what the two rankings find."""
    data, table = [sys.executable, str(HERE / "speed_data.py")], folder / "table.csv"
    subprocess.run([*data, "write", str(folder), str(rows), shape, errors], check=True)
    runs: dict[str, list[Cost]] = {}
    for _ in range(repeats):
        for name, command in commands(table, folder).items():
            runs.setdefault(name, []).append(cost(*command))
    found = {name: _medians(costs) for name, costs in runs.items()}
    rankings = subprocess.run([*data, "find", str(folder)], check=True, capture_output=True).stdout
    ours, theirs = found["labelaudit"], found["cleanlab"]
    ratios = {
        f"{what}_to_{name}": ours[what] / beside[what]
        for what in ("seconds", "work")
        for name, beside in (("read_and_torch", _sum(found["read"], found["torch"])), ("cleanlab", theirs))
    }
    return {
        "rows": rows,
        "bytes": table.stat().st_size,
        "costs": found,
        "ratios": ratios | {"memory_to_cleanlab": ours["memory"] / theirs["memory"]},
        "seconds_above_torch": ours["seconds"] - found["torch"]["seconds"],
        "average_precision": json.loads(rankings),
    }


def _medians(costs: list[Cost]) -> dict[str, float]:
    return {name: statistics.median(vars(c)[name] for c in costs) for name in vars(costs[0])}


def _sum(a: dict[str, float], b: dict[str, float]) -> dict[str, float]:
    return {name: a[name] + b[name] for name in a}


def kernels(threads: int, repeats: int) -> list[dict[str, Any]]:
    """The figures of speed_kernels.py on so many threads."""
    command = [sys.executable, str(HERE / "speed_kernels.py"), "--threads", str(threads), "--repeats", str(repeats)]
    out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found: list[dict[str, Any]] = json.loads(out)["kernels"]
    return found


def text(result: dict[str, Any]) -> str:
    lines = [f"{'rows':>9} {'':12}{'seconds':>9}{'work':>9}{'GB':>7}{'AP':>8}"]
    for size in result["whole"]:
        for name, c in size["costs"].items():
            ap = size["average_precision"].get(name)
            shown = "" if ap is None else f"{ap:8.4f}"
            lines.append(
                f"{size['rows']:9} {name:12}{c['seconds']:9.2f}{c['work']:9.2f}{c['memory'] / 1e9:7.2f}{shown}"
            )
        lines += [f"{'':10}{name:28}{value:6.2f}" for name, value in size["ratios"].items()]
        lines.append(f"{'':10}{'seconds_above_torch':28}{size['seconds_above_torch']:6.2f}")
    for k in result["kernels"]:
        lines += _kernel_lines(k)
    return "\n".join(lines)


def _kernel_lines(k: dict[str, Any]) -> list[str]:
    both, gram = k["forward_backward"], k["gram"]
    return [
        f"{k['rows']} x {k['columns']}, {k['threads']} threads: a read {k['gigabytes_a_second']:.1f} GB/s, "
        f"a product {k['gigaflops_of_a_product']:.0f} GFLOP/s",
        f"  forward and backward: {k['read'] / both:.0%} of the read's rate; "
        f"numpy {k['forward_backward_numpy'] / both:.2f}, torch {k['forward_backward_torch'] / both:.2f} times as long",
        f"  gram: {k['gram_limit'] / gram:.0%} of what binds; "
        f"numpy {k['gram_numpy'] / gram:.2f}, torch {k['gram_torch'] / gram:.2f} times as long",
    ]


def plot(figure: Any, sizes: list[dict[str, Any]]) -> None:
    """Seconds and memory against rows."""
    rows = [size["rows"] for size in sizes]
    for i, (what, title, unit) in enumerate((("seconds", "Seconds", 1.0), ("memory", "Memory, GB", 1e9))):
        axes = figure.add_subplot(1, 2, i + 1, title=title, xlabel="rows", xscale="log", yscale="log")
        for name, colour in (("labelaudit", BLUE), ("cleanlab", ORANGE), ("read", GREY)):
            axes.plot(rows, [s["costs"][name][what] / unit for s in sizes], marker="o", color=colour, label=name)
        axes.legend(frameon=False)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, nargs="*", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--shape", choices=SHAPES, default="linear")
    parser.add_argument("--errors", choices=ERRORS, default="uniform")
    parser.add_argument("--threads", type=int, nargs="*", default=[1, 2], help="of the kernels; none to leave them out")
    parser.add_argument("--out", type=Path, default=Path("build/speed"))
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        sizes = [whole(rows, given.shape, given.errors, given.repeats, Path(folder)) for rows in given.rows]
    measured = [found for threads in given.threads for found in kernels(threads, given.repeats)]
    about = {
        "shape": given.shape,
        "errors": given.errors,
        "repeats": given.repeats,
        "cores": os.cpu_count(),
        "machine": platform.machine(),
    }
    result = {**about, "whole": sizes, "kernels": measured}
    (given.out / "speed.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    if sizes:
        (given.out / "speed.png").write_bytes(picture(lambda figure: plot(figure, sizes)))
    print(text(result))


if __name__ == "__main__":
    main()
