"""Clusters that cannot be reached or could not give the same answer are refused before the work."""

from __future__ import annotations

import importlib
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("distributed", reason="dask.distributed is not installed")

import labelaudit
from labelaudit.audits.options import AuditOptions
from labelaudit.audits.planning.plan import need_at_most, shape_of
from labelaudit.audits.planning.sampled import sampled
from labelaudit.cli import group
from labelaudit.cli.exits import run
from labelaudit.cluster import connection
from labelaudit.cluster.connection import PACKAGES, _usable, check_address, surroundings
from labelaudit.errors import ClusterError, UsageError
from sample_data import csv_text, sample_rows


class Workers:
    """A client of a scheduler and workers that have these surroundings."""

    def __init__(self, *workers: Any, scheduler: Exception | None = None) -> None:
        self.workers = {f"tcp://w{i}:1": there for i, there in enumerate(workers)}
        self.scheduler = scheduler

    def nthreads(self) -> dict[str, int]:
        return dict.fromkeys(self.workers, 2)

    def run_on_scheduler(self, function: Any, *arguments: Any) -> Any:
        if self.scheduler is not None:
            raise self.scheduler
        return function(*arguments)

    def run(self, function: Any, *arguments: Any, on_error: str) -> Any:
        assert function is surroundings
        return self.workers


def there(**changed: Any) -> dict[str, Any]:
    out = deepcopy(surroundings(PACKAGES))
    out["versions"].update(changed.pop("versions", {}))
    return {**out, **changed}


def usable(*workers: Any, **how: Any) -> dict[str, int]:
    client: Any = Workers(*workers, **how)
    return _usable(client)


def test_workers_like_this_process_are_usable() -> None:
    assert usable(there(), there()) == {"tcp://w0:1": 2, "tcp://w1:1": 2}


@pytest.mark.parametrize("name", ["labelaudit", *PACKAGES])
def test_another_version_is_refused(name: str) -> None:
    here = surroundings(PACKAGES)["versions"][name]
    with pytest.raises(ClusterError, match=rf"the worker tcp://w1:1 has {name} 0\.0\.1, this process has {here}\."):
        usable(there(), there(versions={name: "0.0.1"}))


def test_a_processor_without_the_instructions_in_use_is_refused() -> None:
    with pytest.raises(ClusterError, match="the processor of the worker tcp://w0:1 has no"):
        usable(there(instruction_sets=["none"]))


MISSING = ModuleNotFoundError("No module named 'labelaudit'")


def test_a_worker_without_labelaudit_is_refused() -> None:
    with pytest.raises(ClusterError, match=r"the worker tcp://w1:1 has no labelaudit\. Install 0\.1\.0 there as well"):
        usable(there(), MISSING)
    with pytest.raises(ClusterError, match="the worker tcp://w0:1 cannot take part: of itself"):
        usable(RuntimeError("of itself"))


def test_a_scheduler_without_labelaudit_is_refused() -> None:
    with pytest.raises(ClusterError, match="the scheduler has no labelaudit"):
        usable(there(), scheduler=MISSING)


def test_a_scheduler_without_workers_is_refused() -> None:
    with pytest.raises(ClusterError, match="the scheduler has no workers"):
        usable()


@pytest.mark.parametrize(
    "address", ["local:1", "local:256", "tcp://host:8786", "tls://10.0.0.1:1", "host:8786", "tcp://[::1]:80"]
)
def test_addresses_are_taken(address: str) -> None:
    check_address(address)


@pytest.mark.parametrize(
    "address", ["", "local", "local:0", "local:257", "local:-1", "local:two", "host", "tcp://host", "a b:1"]
)
def test_other_words_are_wrong_usage(address: str) -> None:
    with pytest.raises(UsageError, match="--cluster: expected"):
        check_address(address)
    with pytest.raises(UsageError, match="--cluster: expected"):
        labelaudit.audit("no.csv", "label", cluster=address)


@pytest.mark.parametrize(("name", "address"), [("distributed", "host:1"), ("cryptography", "local:1")])
def test_without_the_extra_it_is_named(name: str, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def without(module: str) -> Any:
        if module == name:
            raise ImportError
        return importlib.__import__(module)

    monkeypatch.setattr(connection.importlib, "import_module", without)  # type: ignore[attr-defined]
    with pytest.raises(UsageError, match=r"pip install 'labelaudit\[dask\]'"):
        check_address(address)


def test_an_address_where_nobody_answers_ends_with_5(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(connection, "ANSWER", 0.3)
    Path("train.csv").write_text(csv_text(sample_rows()))
    assert run(group, ["audit", "train.csv", "--label", "label", "--cluster", "127.0.0.1:1"]) == 5
    assert "labelaudit: --cluster: no dask scheduler answers at 127.0.0.1:1" in capfd.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["train.csv"]


@pytest.mark.parametrize("option", [("--optimizer", "adamw"), ("--device", "cuda")])
def test_what_a_cluster_is_of_no_use_for_is_wrong_usage(
    option: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("train.csv").write_text(csv_text(sample_rows()))
    assert run(group, ["audit", "train.csv", "--label", "label", "--cluster", "local:1", *option]) == 2
    assert option[1] in capfd.readouterr().err


def test_rows_on_other_machines_take_no_memory_of_this_one(tmp_path: Path) -> None:
    path = tmp_path / "train.csv"
    path.write_text(csv_text(sample_rows(20_000)))
    options = AuditOptions.of({"label": "label", "encoding": "spline+kernel"})
    shape = shape_of(sampled([path], options), options)
    here, elsewhere = (need_at_most(shape, options, rows_elsewhere=there) for there in (False, True))
    encoded = 8 * 20_000 * shape.encoded["spline+kernel"]
    assert here.memory - elsewhere.memory == pytest.approx(1.1 * encoded, rel=0.01)
