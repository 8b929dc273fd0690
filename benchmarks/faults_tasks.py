"""What `faults` runs: audits, cleaned copies, the store of decisions, and a review over HTTP."""

from __future__ import annotations

import http.client
import importlib
import json
import os
import re
import shutil
import signal
import threading
import time
from contextlib import suppress
from pathlib import Path

import pandas as pd
from starlette.applications import Starlette

from faults_sweep import STORE, Sweep, Task, ended, forked, tell
from labelaudit import storage
from labelaudit.cli import group
from labelaudit.cli.exits import run
from labelaudit.decisions.decision import Decision
from labelaudit.decisions.store import DecisionStore
from labelaudit.errors import LabelauditError
from labelaudit.review.serve import server_of

QUICK = ("--encoding", "linear", "--threads", "1", "-q")
AUDIT = ("audit", "data.csv", "--label", "label", "--l2", "0.01", *QUICK)
DECISIONS = 20
PATIENCE = 10  # seconds for an answer; a server that is out of open files gives none

FILES = ("ranking.csv", "model.npz", "report.html", "audit.json")
AUDITED = tuple(f"out/{name}" for name in FILES)
AUDITED_ON_DISK = tuple(f"out-disk/{name}" for name in FILES)
CLEANED = ("clean.csv", "undo.json")
CLEANED_PARQUET = ("clean.parquet", "undo.parquet.json")


def audit() -> int:
    return run(group, (*AUDIT, "--out", "out"))


def audit_on_disk() -> int:
    """Arrays from 4 KiB on live in files of the folder `cache`."""
    usual, storage.SMALLEST = storage.SMALLEST, 4096
    try:
        return run(group, (*AUDIT, "--out", "out-disk", "--memory-limit", "1", "--cache-dir", "cache"))
    finally:
        storage.SMALLEST = usual


def apply() -> int:
    options = ("--accept-suggestions", "-o", "clean.csv", "--undo", "undo.json", "-q")
    return run(group, ["apply", "kept", "data.csv", *options])


def apply_parquet() -> int:
    options = ("--accept-suggestions", "-o", "clean.parquet", "--undo", "undo.parquet.json", "-q")
    return run(group, ["apply", "kept-parquet", "data.parquet", *options])


def append_decisions() -> int:
    """Appends decisions; each is told once it is said to be on disk."""
    try:
        with DecisionStore(STORE) as store:
            for i in range(DECISIONS):
                store.append(Decision(f"{i:032x}", 1, "keep", note=str(i)))
                tell(i)
    except LabelauditError as error:
        return error.exit_code
    return 0


def review() -> int:
    return run(group, ["review", "kept", "--decisions", STORE, "--no-browser"])


def reviewer(said: Path, child: int, over: threading.Event) -> None:
    """Decides over HTTP, tells what was acknowledged, and ends the server."""
    while not over.is_set():
        found = re.search(r"http://127\.0\.0\.1:(\d+)(/\?token=\S+)", said.read_text(errors="replace"))
        if found:
            with suppress(OSError, http.client.HTTPException):
                _decide(int(found[1]), found[2])
            break
        time.sleep(0.002)
    with suppress(ProcessLookupError):
        if not over.is_set():
            os.kill(child, signal.SIGTERM)


def _decide(port: int, entrance: str) -> None:
    headers = {"Content-Type": "application/json", "Origin": f"http://127.0.0.1:{port}"}

    def ask(method: str, path: str, body: str | None = None) -> tuple[int, str, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.getheader("set-cookie", "").split(";")[0], answer.read()
        finally:
            connection.close()

    headers["Cookie"] = ask("GET", entrance)[1]
    status, _, told = ask("GET", "/api/rows?scope=all")
    rows = json.loads(told)["rows"] if status == http.client.OK else []
    for i, row in zip(range(DECISIONS), rows, strict=False):
        decision = {"row": row, "decision": "keep", "note": str(i)}
        if ask("POST", "/api/decisions", json.dumps(decision))[0] == http.client.OK:
            tell(i)


TASKS = (
    Task("audit over an old one", audit, AUDITED),
    Task("audit", audit, AUDITED, old=False),
    Task("audit with arrays on disk", audit_on_disk, AUDITED_ON_DISK),
    Task("apply over an old copy", apply, CLEANED),
    Task("apply", apply, CLEANED, old=False),
    Task("apply to Parquet over an old copy", apply_parquet, CLEANED_PARQUET),
    Task("apply to Parquet", apply_parquet, CLEANED_PARQUET, old=False),
    Task("decisions", append_decisions),
    Task("review", review, client=reviewer, ends=frozenset({143})),
)


def import_server() -> None:
    """What `review` and its server import when they are used."""
    for name in ("audits.loading", "explanations.explain", *(f"review.{n}" for n in ("app", "explainer", "suspects"))):
        importlib.import_module(f"labelaudit.{name}")
    server_of(Starlette()).config.load()


def made(root: Path) -> Sweep:
    """The old and the new state; what is imported on the way is there in every child."""
    sweep = Sweep(root / "work", root / "old", root / "new")
    for folder in (sweep.folder, sweep.old, sweep.new):
        folder.mkdir()
    os.chdir(sweep.old)
    assert run(group, ["synth", "data.csv", "--rows", "60"]) == 0
    pd.read_csv("data.csv").to_parquet("data.parquet", row_group_size=20)
    for data, out in (("csv", "kept"), ("parquet", "kept-parquet"), ("csv", "out"), ("csv", "out-disk")):
        assert run(group, ["audit", f"data.{data}", "--label", "label", "--out", out, "--l2", "0.1", *QUICK]) == 0
    Path("cache").mkdir()
    shutil.copytree(sweep.old, sweep.folder, dirs_exist_ok=True)
    os.chdir(sweep.folder)
    assert audit() == audit_on_disk() == apply() == apply_parquet() == 0
    assert json.loads(Path("out-disk/audit.json").read_text())["storage"]["where"] == "disk"
    shutil.copytree(sweep.folder, sweep.new, dirs_exist_ok=True)
    for name in CLEANED + CLEANED_PARQUET:
        (sweep.old / name).write_text("old\n")
    assert append_decisions() == 0
    assert not sweep.lost_decisions()
    os.chdir(root)
    import_server()
    (served,) = (task for task in TASKS if task.client)
    sweep.judge(served, "none", ended(forked(sweep, served)))
    assert sweep.acknowledged == 2 * DECISIONS, sweep.said.read_text()
    sweep.counts.clear()
    sweep.codes.clear()
    sweep.acknowledged = 0
    return sweep
