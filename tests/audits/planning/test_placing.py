"""Where large values live changes no bit of a result."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import labelaudit
from labelaudit import _core, sizes, storage
from labelaudit.audits.options import AuditOptions
from labelaudit.audits.planning.placing import LEAST, Storage, _bound, placed
from labelaudit.audits.planning.plan import need_at_most, shape_of
from labelaudit.audits.planning.sampled import sampled
from labelaudit.audits.saving import ranking_csv
from labelaudit.cli import group
from labelaudit.cli.exits import run
from labelaudit.errors import OutputError, UsageError
from sample_data import QUICK, csv_text, sample_rows

SMALLEST = 2048  # bytes: nearly every array of a small table then lives in a file


@pytest.fixture(autouse=True)
def handlers(monkeypatch):
    """The handlers that put arrays into files, in the order they were made; any file system will do."""
    made, make = [], _core.file_memory

    def kept(*arguments: Any) -> object:
        made.append(make(*arguments))
        return made[-1]

    monkeypatch.setattr(_core, "file_memory", kept)
    monkeypatch.setattr(storage, "SMALLEST", SMALLEST)
    monkeypatch.setattr(sizes, "MEMORY_FILE_SYSTEMS", set())
    return made


def in_files(handlers: list[object]) -> int:
    """Bytes that were in files at the most."""
    return sum(_core.file_memory_state(handler)[2] for handler in handlers)


def texts(rows: int = 60) -> str:
    rng = np.random.default_rng(3)
    words = np.array(["good", "fine", "bad", "poor", "tea", "cake", "rain", "sun", "road", "town"])
    lines = []
    for i in range(rows):
        share = np.where(np.arange(10) < 2, 5, 1) if i % 2 else np.where(np.arange(10) // 2 == 1, 5, 1)
        lines.append(f"{' '.join(words[rng.choice(10, 7, p=share / share.sum())])},{'uv'[i % 2]}")
    return "\n".join(["remark,label", *lines, ""])


TABLES = {
    "two classes": (csv_text(sample_rows(120, classes=2)), {"id": "key", **QUICK}),
    "several classes": (csv_text(sample_rows(150, classes=5)), {"id": "key"}),
    "groups": (
        csv_text([[f"{i // 3}", *row[1:]] for i, row in enumerate(sample_rows(150))]),
        {"group": "key", **QUICK},
    ),
    "text": (texts(), {"text": "remark", **QUICK}),
    "sparse text": (texts(), {"text": "remark", "encoding": "terms", "l2": 0.01}),
    "conjugate gradient": (csv_text(sample_rows(120)), {"id": "key", "solver": "cg", **QUICK}),
}


@pytest.mark.parametrize("name", TABLES)
def test_an_audit_on_disk_has_the_same_bits(write, tmp_path, handlers, name):
    text, options = TABLES[name]
    path = write(text)
    usual = labelaudit.audit(path, "label", **options)
    assert not handlers
    cache = tmp_path / "cache"
    cache.mkdir()
    found = labelaudit.audit(path, "label", memory_limit=1, cache_dir=cache, **options)
    assert in_files(handlers) > len(text)
    assert list(cache.iterdir()) == []
    assert ranking_csv(found.ranking) == ranking_csv(usual.ranking)
    np.testing.assert_array_equal(found.model.theta, usual.model.theta)
    records = [dict(audit.record) for audit in (usual, found)]
    places = [record.pop("storage") for record in records]
    for record in records:
        del record["created"]
    assert records[0] == records[1]
    assert places[0] == {"where": "memory", "predicted_bytes": None}
    assert places[1]["where"] == "disk"
    assert places[1]["predicted_bytes"] > len(text)
    assert not storage.is_on_disk()


def test_a_data_frame_is_audited_on_disk_likewise(handlers):
    frame = pd.read_csv(io.StringIO(csv_text(sample_rows(120))))
    usual, found = (
        labelaudit.audit(frame, "label", id="key", memory_limit=limit, **QUICK) for limit in ("8GiB", "1 kB")
    )
    assert in_files(handlers)
    assert found.record["storage"]["where"] == "disk"
    assert ranking_csv(found.ranking) == ranking_csv(usual.ranking)


@pytest.fixture
def call(write, tmp_path, capfdbinary):
    """Runs a command on train.csv: exit code, stdout, stderr."""
    write(csv_text(sample_rows(120)))

    def call_command(*arguments: str) -> tuple[int, str, str]:
        capfdbinary.readouterr()
        code = run(group, arguments)
        out, err = capfdbinary.readouterr()
        return code, out.decode(), err.decode()

    return call_command


def test_the_command_writes_the_same_files(call, handlers):
    words = ("audit", "train.csv", "--label", "label", "--id", "key", "--encoding", "linear")
    assert call(*words, "--out", "usual", "-q") == (0, "", "")
    code, _, err = call(*words, "--out", "new/found", "--memory-limit", "1", "-v")
    assert code == 0
    assert in_files(handlers)
    assert f"large values lived in files of {Path.cwd()}, predicted need" in err.replace("\n", " ")
    for name in ("ranking.csv", "model.npz"):
        assert Path("usual", name).read_bytes() == Path("new/found", name).read_bytes()
    usual, found = (json.loads(Path(folder, "audit.json").read_text()) for folder in ("usual", "new/found"))
    assert usual["sha256"] == found["sha256"]  # which leaves out the time and the place
    assert (usual.pop("storage")["where"], found.pop("storage")["where"]) == ("memory", "disk")
    assert labelaudit.load("new/found").record["storage"]["where"] == "disk"
    assert {p.name for p in Path().iterdir()} == {"train.csv", "usual", "new"}


def test_every_command_that_reads_the_data_can_do_so_on_disk(call, handlers):
    quick = ("--label", "label", "--id", "key", "--encoding", "linear", "--l2", "0.01")
    assert call("audit", "train.csv", *quick, "-q")[0] == 0
    commands: list[tuple[str, ...]] = [
        ("check", "train.csv", *quick, "-f", "csv"),
        ("validate", "train.csv", *quick, "--kind", "uniform", "--repeats", "1"),
        ("explain", "labelaudit-report", "7", "-f", "json"),
    ]
    for words in commands:
        usual = call(*words)
        assert not handlers
        assert call(*words, "--memory-limit", "1") == usual
        assert in_files(handlers)
        handlers.clear()


def test_a_review_reads_its_model_on_disk(call, handlers, tmp_path):
    from labelaudit.explanations.explain import model_of
    from labelaudit.review.explainer import Explainer

    assert call("audit", "train.csv", "--label", "label", "--id", "key", "-q")[0] == 0
    audit, found = labelaudit.load("labelaudit-report"), []
    for storing in (Storage(), Storage(1, tmp_path)):
        explainer = Explainer(lambda storing=storing: model_of(audit, storing=storing))
        explainer.start()
        assert explainer.wait(60)
        found.append(explainer.explanation(7))
    assert found[0] == found[1]
    assert in_files(handlers)


def test_standard_input_is_read_once(call, handlers, monkeypatch):
    words = ("--label", "label", "--id", "key", "--encoding", "linear", "--l2", "0.01", "-q")
    rankings = []
    for out, *more in (("usual",), ("found", "--memory-limit", "1")):
        with Path("train.csv").open() as file:
            monkeypatch.setattr(sys, "stdin", file)
            assert call("audit", "-", *words, "--out", out, *more)[0] == 0
        rankings.append(Path(out, "ranking.csv").read_bytes())
    assert rankings[0] == rankings[1]
    assert in_files(handlers)


def test_a_folder_without_room_is_refused_before_any_work(write, monkeypatch):
    path = write(csv_text(sample_rows(9000)))
    monkeypatch.setattr(sizes.shutil, "disk_usage", lambda folder: sizes.shutil._ntuple_diskusage(10, 0, 10))
    with pytest.raises(OutputError, match="10 bytes are free"):
        labelaudit.audit(path, "label", id="key", memory_limit=1)


@pytest.mark.parametrize("text", ["a,label\n1\n", "a,label\n1,x\n2,\n", "", "a,b\n1,2\n"])
def test_what_cannot_be_read_is_refused_as_ever(write, text):
    path, said = write(text), []
    for limit in ("auto", 1):
        with pytest.raises(labelaudit.errors.InputError) as refused:
            labelaudit.audit(path, "label", memory_limit=limit)
        said.append(str(refused.value))
    assert said[0] == said[1]


def test_no_size_is_refused():
    with pytest.raises(UsageError, match="expected auto or a size"):
        labelaudit.audit("train.csv", "label", memory_limit="much")


def test_the_folder_is_the_nearest_to_the_results(tmp_path):
    storing = Storage(5)
    assert storing.limit(tmp_path / "a" / "b").folder == str(tmp_path)
    assert Storage(5, tmp_path / "c").limit(tmp_path).folder == str(tmp_path / "c")
    assert Path(storing.limit().folder).is_dir()
    assert storing.limit().given
    assert not Storage.of("auto", None).limit().given


@pytest.mark.parametrize("name", TABLES)
def test_data_that_is_not_looked_at_twice_needs_less_than_its_bound(write, name):
    text, options = TABLES[name]
    path = write(text)
    values = {"label": "label", "ids": (options.get("id", "key"),) if "id" in options else (), "threads": 16}
    asked = AuditOptions.of(values)
    assert need_at_most(shape_of(sampled([path], asked), asked), asked).memory < LEAST + _bound([path])


def test_far_below_the_limit_nothing_is_predicted(write):
    asked = AuditOptions.of({"label": "label"})
    with placed([write(csv_text(sample_rows(30)))], asked, Storage(10**10)) as placement:
        assert (placement.where, placement.predicted_bytes) == ("memory", None)
    with placed([write(csv_text(sample_rows(30)))], asked, Storage(10**8)) as placement:
        assert placement.where == "memory"
        assert placement.predicted_bytes is not None
