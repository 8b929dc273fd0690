"""Audits on the processes of a cluster are those of one process to the last bit, whoever is killed."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import grids
import labelaudit
from labelaudit import assess
from labelaudit.audits.result import Audit
from labelaudit.audits.saving import ranking_csv
from labelaudit.blocks import layout_of
from labelaudit.cli import group
from labelaudit.cli.exits import run
from labelaudit.cluster import local, packing
from labelaudit.cluster.connection import _quietly, _usable
from labelaudit.cluster.current import using
from labelaudit.cluster.grid import Grid
from labelaudit.cluster.local import local_cluster
from labelaudit.cluster.messages import Order, encoded
from labelaudit.cluster.packing import Numbers
from sample_data import HEADER, QUICK, QUICK_OPTIONS, csv_text, sample_rows

distributed = pytest.importorskip("distributed", reason="dask.distributed is not installed")

WORKERS = 4
WORDS = ["red", "green", "blue", "round", "square", "small", "large", "heavy", "light", "old", "new", "good", "bad"]


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    with _quietly(), local_cluster(WORKERS) as client:
        _usable(client)  # which has them import what they need
        yield client


@pytest.fixture(autouse=True)
def many_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that all workers have some, arrays go by number, and chord steps are taken."""
    monkeypatch.setattr(assess, "layout_of", partial(layout_of, chunk_rows=64))
    monkeypatch.setattr(packing, "SMALL_ROWS", 512)


def grid_of(client: Any, workers: int) -> Grid:
    threads = dict(sorted(client.nthreads().items())[:workers])
    return Grid(client, Numbers(), threads)


@cache
def rows(classes: int = 3, count: int = 450) -> pd.DataFrame:
    frame = pd.DataFrame(sample_rows(count, classes), columns=HEADER).astype({"a": float, "b": float})
    rng = np.random.default_rng(3)
    frame["said"] = [" ".join(rng.choice(WORDS, 5)) for _ in range(count)]
    frame["day"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 900, count), unit="D")
    frame.loc[rng.choice(count, 40, replace=False), "a"] = np.nan
    frame.loc[count // 2 : count // 2 + 50, HEADER[1:4]] = frame.loc[:50, HEADER[1:4]].to_numpy()  # some alike
    return frame.drop(columns="key").assign(who=rng.integers(0, 60, count).astype(str))


CASES: dict[str, dict[str, Any]] = {
    "two classes": {"data": rows(2), "drop": ["said", "who"]},
    "several classes": {"data": rows(), "drop": ["said", "who"], "encoding": "spline"},
    "groups": {"data": rows(), "drop": "said", "group": "who"},
    "kernel": {"data": rows(2), "drop": ["said", "who"], "encoding": "spline+kernel"},
    "conjugate gradient": {"data": rows(), "drop": ["said", "who"], "solver": "cg", "l2": 0.1},
    "L-BFGS": {"data": rows(2, 200), "drop": ["said", "who"], "optimizer": "lbfgs"},
    "reference": {
        "data": rows(),
        "drop": ["said", "who"],
        "reference": rows().iloc[:150],
    },
    "float32": {"data": rows(), "drop": ["said", "who"], "precision": "float32"},
    "texts": {"data": rows(), "drop": "who", "text": "said"},
    "sparse texts": {"data": rows(2, 250), "drop": "who", "text": "said", "encoding": "terms"},
    "chosen": {"data": rows(2, 150), "drop": ["said", "who", "day"], "encoding": "auto"},
}


def assert_same(audit: Audit, expected: Audit) -> None:
    assert ranking_csv(audit.ranking) == ranking_csv(expected.ranking)
    assert np.array_equal(audit.model.theta, expected.model.theta)
    ours, theirs = ({**a.record, "created": None} for a in (audit, expected))
    assert ours == theirs


@cache
def alone(case: str) -> Audit:
    return audited(**CASES[case])


def audited(data: Any, **options: Any) -> Audit:
    return labelaudit.audit(data, "label", **{**QUICK, **options})


@pytest.mark.parametrize("case", CASES)
def test_a_cluster_changes_no_bit(case: str) -> None:
    """Without processes, but through the same bytes."""
    with using(grids.grid_of(3)[0]):
        assert_same(audited(**CASES[case]), alone(case))


@pytest.mark.parametrize(("workers", "case"), [(2, "two classes"), (4, "several classes")])
def test_processes_change_no_bit(client: Any, workers: int, case: str) -> None:
    with using(grid_of(client, workers)):
        assert_same(audited(**CASES[case]), alone(case))


def test_a_reply_that_dask_cancels_is_waited_for(client: Any) -> None:
    """Its timeout may cancel the fetching of a result, and then it has neither a result nor an error."""
    grid = grid_of(client, 1)
    (address,) = grid.workers
    told = iter([UnboundLocalError("result"), TimeoutError(), encoded("done")])

    class Reply:
        def result(self, timeout: float) -> bytes:
            found = next(told)
            if isinstance(found, Exception):
                raise found
            return found

    assert grid.reply(address, Reply()) == "done"
    assert next(told, None) is None


def ticked(tick: Callable[[str], None], data: Any, **options: Any) -> Audit:
    """An audit that tells its stages."""
    from labelaudit.audits.options import AuditOptions
    from labelaudit.audits.run import audit_data

    drop = tuple(options.pop("drop"))
    return audit_data(data, AuditOptions.of({"label": "label", "drop": drop, **QUICK, **options}), tick=tick)


def started(command: list[str], said: Path) -> subprocess.Popen[bytes]:
    with said.open("wb") as file:
        return subprocess.Popen([sys.executable, "-m", *command], stdin=subprocess.DEVNULL, stdout=file, stderr=file)


@pytest.fixture
def scheduler(tmp_path: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """The address of a scheduler in a process of its own, with a worker."""
    said = tmp_path / "scheduler.txt"
    how = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard"]
    scheduler = started(["distributed.cli.dask_scheduler", *how], said)
    until = time.monotonic() + 60
    while not (found := re.search(r"Scheduler at:\s+(tcp://\S+)", said.read_text())):
        assert scheduler.poll() is None, said.read_text()
        assert time.monotonic() < until
        time.sleep(0.05)
    worker = started(
        ["distributed.cli.dask_worker", found[1], "--no-nanny", "--no-dashboard", "--local-directory", str(tmp_path)],
        tmp_path / "worker.txt",
    )
    try:
        yield found[1], scheduler
    finally:
        for process in (worker, scheduler):
            process.kill()
            process.wait()


def test_a_lost_scheduler_leaves_nothing_written(
    scheduler: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: Any
) -> None:
    address, process = scheduler
    monkeypatch.chdir(tmp_path)
    Path("train.csv").write_text(csv_text(sample_rows(200)))
    with distributed.Client(address, set_as_default=False) as client:
        client.wait_for_workers(1, timeout=60)
    command = ["audit", "train.csv", "--label", "label", "--id", "key", *QUICK_OPTIONS, "--cluster", address]
    assert run(group, [*command, "--out", "whole", "-q"]) == 0
    asked, orders = Grid.ask, []

    def ask(grid: Grid, address: str, messages: Any) -> Any:
        orders.append(messages)
        if len(orders) == 20:
            process.kill()
        return asked(grid, address, messages)

    monkeypatch.setattr(Grid, "ask", ask)
    capfd.readouterr()
    assert run(group, [*command, "--out", "cut", "-q"]) == 5
    assert capfd.readouterr().err == (
        "labelaudit: the scheduler of the cluster is lost. Nothing was written; start it and audit again.\n"
    )
    assert not Path("cut").exists()
    assert len(orders) >= 20


def test_a_local_cluster_is_started_and_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    processes = []
    begun = local._begun

    def begin(*how: Any) -> Any:
        processes.append(begun(*how))
        return processes[-1]

    monkeypatch.setattr(local, "_begun", begin)
    found = audited(rows(2), drop=["said", "who"], cluster="local:1")
    assert_same(found, alone("two classes"))
    assert [process.poll() is None for process in processes] == [False]


def test_nobody_else_can_give_work_to_a_local_cluster(client: Any) -> None:
    address = client.scheduler.address
    assert address.startswith("tls://127.0.0.1:")
    stranger = distributed.Security.temporary()
    for who in ({"address": address.replace("tls:", "tcp:")}, {"address": address, "security": stranger}):
        with _quietly(), pytest.raises((OSError, TimeoutError)):
            distributed.Client(**who, timeout=1, set_as_default=False)


def test_a_local_worker_that_cannot_begin_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "WORKER", "distributed.cli.no_such_thing")
    with pytest.raises(labelaudit.errors.ClusterError, match=r"No module named distributed\.cli\.no_such"):
        audited(rows(2), cluster="local:1")


@pytest.mark.parametrize("phase", ["fitting the model", "weighing the labels", "measuring influence"])
def test_a_worker_killed_in_any_phase_changes_no_bit(client: Any, phase: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last of the module: each kills a worker of the module's cluster, while it has an order."""
    expected = alone("several classes")
    pids = client.run(os.getpid)
    grid = grid_of(client, WORKERS)
    victim, stages, asked = sorted(grid.workers)[-1], [], grid.ask

    def ask(address: str, messages: Any) -> Any:
        future = asked(address, messages)
        orders = any(isinstance(message, Order) for message in messages)
        if address == victim and orders and stages[-1].startswith(phase) and victim in pids:
            stages.append(phase)
            if stages.count(phase) == 3:
                os.kill(pids.pop(victim), signal.SIGKILL)
        return future

    monkeypatch.setattr(grid, "ask", ask)
    with using(grid):
        found = ticked(stages.append, **CASES["several classes"])
    assert victim not in pids
    assert victim not in grid.workers
    assert_same(found, expected)


@pytest.mark.parametrize("scheme", ["file", "memory"])
def test_other_processes_read_an_address_or_are_sent_its_rows(client: Any, tmp_path: Path, scheme: str) -> None:
    fsspec = pytest.importorskip("fsspec", reason="fsspec is not installed")
    path, address = tmp_path / "train.csv", f"file://{tmp_path}/train.csv"
    path.write_text(csv_text(sample_rows(600)))
    if scheme == "memory":
        address = "memory://train.csv"  # of this process, where others see nothing
        with fsspec.open(address, "wb") as file:
            file.write(path.read_bytes())
    expected = labelaudit.audit(path, "label", id="key", **QUICK)
    with using(grid_of(client, 3)):
        found = labelaudit.audit(address, "label", id="key", **QUICK)
    assert ranking_csv(found.ranking) == ranking_csv(expected.ranking)
    assert np.array_equal(found.model.theta, expected.model.theta)
