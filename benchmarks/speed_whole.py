"""Whole commands side by side, each in a process of its own, one after the other and again; `speed.py` prints them.

A peer that takes longer than the limit is stopped, and not run again at that size: its time is then a lower bound.
"""

from __future__ import annotations

import json
import os
import signal
import statistics
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
PEERS = ("cleanlab",)


@dataclass(frozen=True)
class Cost:
    """Of one process: seconds on the clock, of work by all its threads, and its largest resident size in bytes.

    stopped: the limit in seconds that it was stopped at, or None.
    """

    seconds: float
    work: float
    memory: int
    stopped: float | None = None


def cost(*command: str, limit: float | None = None) -> Cost:
    """Runs a command, which has to succeed unless it is stopped at the limit."""
    start = time.perf_counter()
    over = threading.Event()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True) as process:

        def stop() -> None:
            over.set()
            os.killpg(process.pid, signal.SIGKILL)  # its workers as well

        timer = threading.Timer(limit, stop) if limit else None
        if timer:
            timer.start()
        # the process is waited for but not yet reaped while the timer may fire: its number is still its own
        try:
            os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        except BaseException:  # Ctrl-C does not reach a session of its own
            stop()
            raise
        finally:
            if timer:
                timer.cancel()
                timer.join()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - start
    if process.returncode and not over.is_set():
        raise SystemExit(f"{' '.join(command)} failed with exit code {process.returncode}")
    unit = 1 if sys.platform == "darwin" else 1024
    stopped = limit if process.returncode else None
    return Cost(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss * unit, stopped)


def commands(table: Path, folder: Path) -> dict[str, list[str]]:
    """What is timed, by name."""
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


def whole(rows: int, shape: str, errors: str, repeats: int, folder: Path, limit: float) -> dict[str, Any]:
    """Medians of every command's costs at one size, their ratios, and what the rankings find."""
    data, table = [sys.executable, str(HERE / "speed_data.py")], folder / "table.csv"
    (folder / "scores.npy").unlink(missing_ok=True)
    subprocess.run([*data, "write", str(folder), str(rows), shape, errors], check=True)
    runs: dict[str, list[Cost]] = {}
    for _ in range(repeats):
        for name, command in commands(table, folder).items():
            before = runs.setdefault(name, [])
            if not any(c.stopped for c in before):
                before.append(cost(*command, limit=limit if name in PEERS else None))
    found = {name: medians(costs) for name, costs in runs.items()}
    if found["cleanlab"]["stopped"]:
        (folder / "scores.npy").unlink(missing_ok=True)  # it may be cut off
    rankings = subprocess.run([*data, "find", str(folder)], check=True, capture_output=True).stdout
    return {
        "rows": rows,
        "bytes": table.stat().st_size,
        "costs": found,
        "ratios": ratios(found),
        "seconds_above_torch": found["labelaudit"]["seconds"] - found["torch"]["seconds"],
        "average_precision": json.loads(rankings),
    }


def medians(costs: list[Cost]) -> dict[str, float | None]:
    """Of the runs that ended; of one that was stopped, its own."""
    stopped = [c for c in costs if c.stopped]
    kept = stopped or costs
    figures: dict[str, float | None] = {
        name: statistics.median(vars(c)[name] for c in kept) for name in ("seconds", "work", "memory")
    }
    return figures | {"stopped": stopped[0].stopped if stopped else None}


def ratios(found: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Of labelaudit's medians to the others': value, and whether it is only a bound, from above."""
    ours, theirs = found["labelaudit"], found["cleanlab"]
    both = {name: found["read"][name] + found["torch"][name] for name in ("seconds", "work")}
    stopped = theirs["stopped"]
    out = {f"{name}_to_read_and_torch": {"value": ours[name] / both[name], "bound": False} for name in both}
    out["seconds_to_cleanlab"] = {"value": ours["seconds"] / (stopped or theirs["seconds"]), "bound": bool(stopped)}
    if not stopped:
        out |= {
            f"{name}_to_cleanlab": {"value": ours[name] / theirs[name], "bound": False} for name in ("work", "memory")
        }
    return out
