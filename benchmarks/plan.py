"""How true a plan is: predicted over actual rows, memory, disk and time of real audits.

    python benchmarks/plan.py [--shapes name ..] [--threads 2] [--fit] [--out build/plan]

Each shape is written, planned and audited, the audit in a process of its own: once in memory, whose processor time of
each stage and peak memory beside the imported program are taken, and once on disk for the peak of the files. Time is
processor time of all threads, which other programs disturb less than the clock. --fit measures further shapes too and
writes audits/planning/constants.py: seconds for each unit of work, by least squares of relative errors without negative
ones. Run it on a quiet machine.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import nnls

from labelaudit import storage
from labelaudit._core import file_memory_state, memory_in_use
from labelaudit.assess import Settings
from labelaudit.audits.options import AuditOptions
from labelaudit.audits.planning import constants, effort
from labelaudit.audits.planning.choice import tried
from labelaudit.audits.planning.plan import plan_data, shape_of
from labelaudit.audits.planning.result import Limit
from labelaudit.audits.planning.sampled import sampled
from labelaudit.audits.planning.shape import Shape, Texts
from labelaudit.audits.planning.speed import Speed, measured
from plan_tables import write

HERE = Path(__file__).parent
CONSTANTS = Path(constants.__file__)
SHAPES = {  # rows, numbers, categories, classes; without columns: text
    "small": (10_000, 5, 0, 2),
    "mixed": (100_000, 20, 2, 2),
    "wide": (100_000, 60, 0, 5),
    "text": (20_000, 0, 0, 3),
    "classes": (300_000, 10, 0, 12),
}
MORE = {  # for the fit alone
    "tiny": (1_000, 10, 1, 3),
    "few columns": (200_000, 3, 0, 2),
    "many rows": (400_000, 8, 1, 2),
    "four": (30_000, 30, 2, 4),
    "eight": (50_000, 5, 1, 8),
    "short text": (4_000, 0, 0, 2),
    "long text": (40_000, 0, 0, 5),
    "three": (150_000, 12, 0, 3),
}


def status(name: str) -> float:
    """Bytes of a figure of this process, from /proc."""
    text = Path("/proc/self/status").read_text()
    return float(text.split(f"{name}:")[1].split()[0]) * 1024


def audit(path: str, threads: int, on_disk: bool) -> dict[str, Any]:
    """One audit: processor seconds of each stage, peak bytes, rows, and what voted."""
    import pandas  # noqa: F401 - what every audit imports does not count as its memory
    import scipy.linalg  # noqa: F401
    import sklearn.feature_extraction.text  # noqa: F401

    from labelaudit.audits.inputs import read_inputs
    from labelaudit.audits.run import audit_inputs
    from labelaudit.report import html
    from labelaudit.views.view import view_of

    ticks: list[tuple[str, float]] = []
    base, began = status("VmRSS"), time.process_time()

    def tick(stage: str) -> None:
        ticks.append((stage, time.process_time()))

    with tempfile.TemporaryDirectory() as folder, storage.on_disk(Path(folder) if on_disk else None):
        options = AuditOptions.of({"label": "label", "threads": threads})
        tick("reading")
        inputs = read_inputs([path], options)
        found = audit_inputs(inputs, options, tick=tick)
        tick("saving")
        page = html.render(view_of(found, inputs.table))
        found.save(Path(folder) / "report", page=page)
        tick("end")
        files = file_memory_state(memory_in_use())[2] if on_disk else 0
    stages: dict[str, float] = {"start": began}
    for (name, at), (_, after) in itertools.pairwise(ticks):
        short = {"fi": "fitting", "we": "weighing", "me": "influence", "ch": "choosing"}.get(name[:2], name)
        stages[short] = stages.get(short, 0.0) + after - at
    fit = found.summary["fit"]
    return {
        "stages": stages,
        "memory": status("VmHWM") - base,
        "disk": files,
        "rows": found.summary["rows"],
        "columns": fit["encoded_columns"],
        "votes": {vote["encoding"]: vote["weight"] for vote in fit["votes"]},
    }


def audited(path: Path, threads: int, on_disk: bool) -> dict[str, Any]:
    """`audit` in a process of its own."""
    command = [sys.executable, __file__, "--audit", str(path), "--threads", str(threads)]
    done = subprocess.run([*command, *(["--on-disk"] if on_disk else [])], check=True, stdout=subprocess.PIPE)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def compared(name: str, shape: tuple[int, int, int, int], threads: int, folder: Path, disk: bool) -> dict[str, Any]:
    """The plan of a shape, its audit, and the work that the audit's own choice makes."""
    path = folder / f"{name.replace(' ', '_')}.csv"
    if not path.exists():
        write(path, *shape)
    options = AuditOptions.of({"label": "label", "threads": threads})
    speed, began = measured(), time.process_time()
    plan = plan_data([path], options, Limit(1, True, os.fspath(folder)))
    planning = time.process_time() - began
    actual = audited(path, threads, False)
    actual["disk"] = audited(path, threads, True)["disk"] if disk else 0
    seen = shape_of(sampled([path], options), options)
    about = {"shape": asdict(seen), "speed": vars(speed)}
    return {"plan": plan.as_record(), "planning": planning, "actual": actual, **about}


def ratios(found: dict[str, Any]) -> dict[str, float]:
    """Predicted over actual."""
    plan, actual = found["plan"], found["actual"]
    return {
        "rows": plan["rows"] / actual["rows"],
        "columns": plan["encoded_columns"] / actual["columns"],
        "memory": plan["memory_bytes"] / actual["memory"],
        "disk": plan["disk_bytes"] / actual["disk"] if actual["disk"] else float("nan"),
        "time": plan["processor_seconds"] / sum(actual["stages"].values()),
    }


def work_of(found: dict[str, Any]) -> effort.Amounts:
    """The work of each stage of an audit with the encodings that it chose."""
    texts = tuple(Texts(**text) for text in found["shape"]["texts"])
    shape = Shape(**{**found["shape"], "texts": texts})
    return effort.amounts(shape, found["actual"]["votes"], tried(shape, Settings()))


def fitted(results: list[dict[str, Any]], reference: Speed) -> dict[str, dict[str, float]]:
    """Seconds for each unit of work on a machine of the reference's speed."""
    seconds: dict[str, dict[str, float]] = {}
    works = [work_of(r) for r in results]
    for stage in works[0]:
        names = sorted({name for work in works for name in work[stage]})
        rows, weights = [], []
        for r, work in zip(results, works, strict=True):
            scale = {name: r["speed"]["kernel" if name in effort.KERNEL else "plain"] for name in names}
            base = {name: vars(reference)["kernel" if name in effort.KERNEL else "plain"] for name in names}
            took = max(r["actual"]["stages"].get(stage, 0.0), 1e-3)
            floor = took + 0.02 * sum(r["actual"]["stages"].values())  # a stage that hardly counts may be wrong
            rows.append([work[stage].get(name, 0.0) * scale[name] / base[name] / floor for name in names])
            weights.append(took / floor)
        matrix = np.array(rows)
        size = np.where(matrix.max(0) > 0, matrix.max(0), 1.0)
        found, _ = nnls(matrix / size, np.array(weights))
        seconds[stage] = {name: float(v) for name, v in zip(names, found / size, strict=True)}
    return seconds


def constants_text(speed: Speed, seconds: dict[str, dict[str, float]]) -> str:
    """The module that holds them."""
    lines = ['"""Seconds for each unit of work of `effort.amounts`; written by benchmarks/plan.py --fit."""', ""]
    lines += ["from __future__ import annotations", "", "from labelaudit.audits.planning.speed import Speed", ""]
    lines += [f"SPEED = Speed(kernel={speed.kernel:.4g}, plain={speed.plain:.4g})"]
    lines += ["SECONDS: dict[str, dict[str, float]] = {"]
    for stage, work in seconds.items():
        lines += [f'    "{stage}": {{', *(f'        "{name}": {v:.4g},' for name, v in work.items()), "    },"]
    return "\n".join([*lines, "}", ""])


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--shapes", nargs="*", default=list(SHAPES))
    ask.add_argument("--threads", type=int, default=2)
    ask.add_argument("--fit", action="store_true")
    ask.add_argument("--again", action="store_true", help="fit to what --out already holds, without a measurement")
    ask.add_argument("--no-disk", action="store_true", help="leave out the audits on disk")
    ask.add_argument("--out", type=Path, default=Path("build/plan"))
    ask.add_argument("--audit", help=argparse.SUPPRESS)
    ask.add_argument("--on-disk", action="store_true", help=argparse.SUPPRESS)
    given = ask.parse_args()
    if given.audit:
        print(json.dumps(audit(given.audit, given.threads, given.on_disk)))
        return
    given.out.mkdir(parents=True, exist_ok=True)
    every = {**SHAPES, **MORE}
    file = given.out / "plan.json"
    results: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {}
    print(f"{'predicted / actual':18}{'rows':>9}{'columns':>9}{'memory':>9}{'disk':>9}{'time':>9}{'plan took':>11}")
    for name in [] if given.again else [*given.shapes, *(MORE if given.fit else ())]:
        results[name] = compared(name, every[name], given.threads, given.out, not given.no_disk and name in SHAPES)
        shown = "".join(f"{ratio:9.2f}" for ratio in ratios(results[name]).values())
        print(f"{name:18}{shown}{results[name]['planning']:9.2f} s", flush=True)
        file.write_text(json.dumps(results, indent=1, default=float) + "\n")
    if given.fit or given.again:
        speeds = [r["speed"] for r in results.values()]
        speed = Speed(*(float(np.median([s[k] for s in speeds])) for k in ("kernel", "plain")))
        CONSTANTS.write_text(constants_text(speed, fitted(list(results.values()), speed)))


if __name__ == "__main__":
    main()
