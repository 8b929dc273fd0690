"""A plan's figures are the audit's where all of the data was read, and close to it where not."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, get_args

import numpy as np
import pandas as pd
import pytest

import labelaudit
from labelaudit import _core, storage
from labelaudit.audits.options import AuditOptions
from labelaudit.audits.planning import effort, excerpt
from labelaudit.audits.planning.constants import SECONDS, SPEED
from labelaudit.audits.planning.holdings import _text_fits, need, stages
from labelaudit.audits.planning.plan import need_at_most, shape_of
from labelaudit.audits.planning.sampled import sampled
from labelaudit.audits.planning.shape import Shape, Texts, encoded_columns, one_hot_columns, texts_of
from labelaudit.blocks import layout_of
from labelaudit.encode.components import Components
from labelaudit.encode.content import row_hashes
from labelaudit.encode.encoder import TRIED, Encoding, fit_encoder
from labelaudit.encode.rows import encode_blocks
from labelaudit.errors import InputError, UsageError
from labelaudit.storage import SMALLEST
from labelaudit.table.table import Column
from sample_data import csv_text, sample_rows

ENCODED: dict[Encoding, int] = {"linear": 11, "spline": 61, "kernel": 151, "rank-kernel": 151, "spline+kernel": 211}
SHAPE = Shape(20_000, 1e6, 1e6, 11, 1, 10, 3, ENCODED)


def mixed(rows: int = 300) -> str:
    """Numbers with gaps, truth values, dates, categories of which some are rare, an identifier, a constant."""
    rng = np.random.default_rng(1)
    code = rng.integers(0, 3, rows)
    frame = pd.DataFrame({"x": rng.normal(size=rows) + code, "y": (rng.normal(size=rows) - code).round(2)})
    frame.loc[::7, "y"] = np.nan
    frame["flag"] = np.where(rng.random(rows) < 0.3, "true", "false")
    frame["day"] = [f"2020-01-{1 + i % 28:02d}" for i in range(rows)]
    frame["kind"] = np.array([f"k{i}" for i in range(40)])[np.minimum(39, rng.geometric(0.2, rows))]
    frame["key"] = [f"id {i}" for i in range(rows)]
    frame["same"] = "one"
    frame["label"] = np.array(["u", "v", "w"])[code]
    frame.loc[5:9, "label"] = None
    frame.loc[20, "label"] = "lone"
    return frame.to_csv(index=False)


@pytest.mark.parametrize("encoding", get_args(Encoding))
def test_what_is_read_whole_is_told_exactly(write, encoding):
    path = write(mixed())
    plan = labelaudit.plan(path, "label", encoding=encoding)
    audit = labelaudit.audit(path, "label", encoding=encoding, l2=0.01)
    summary = audit.summary
    assert plan.exact
    assert (plan.rows, plan.rows_without_label) == (summary["rows"], summary["rows_left_out"])
    assert plan.encoded_columns == summary["fit"]["encoded_columns"]
    assert plan.classes == summary["fit"]["parameters"] // plan.encoded_columns
    kinds = {c.name: c.kind for c in plan.columns if c.reason is None}
    assert kinds == {c["name"]: c["kind"] for c in summary["columns"]}
    left_out = {c.name: c.reason for c in plan.columns if c.reason is not None}
    assert left_out == {c["name"]: c["reason"] for c in audit.record["left_out"]["columns"]}


@pytest.fixture
def _in_part(monkeypatch):
    """Some of a small file is read, as of a large one."""
    for name, size in (("WHOLE_BYTES", 5000), ("HEAD_BYTES", 20_000), ("PIECE_BYTES", 4000)):
        monkeypatch.setattr(excerpt, name, size)


@pytest.mark.usefixtures("_in_part")
def test_what_is_read_in_part_is_told_closely(write):
    path = write(mixed(12_000))
    plan = labelaudit.plan(path, "label", encoding="spline")
    found = sampled([path], AuditOptions.of({"label": "label"}))
    assert not plan.exact
    assert plan.read_rows == len(found.table) < 6000
    audit = labelaudit.audit(path, "label", encoding="spline", l2=0.01)
    assert plan.rows == pytest.approx(audit.summary["rows"], rel=0.03)
    assert plan.encoded_columns == pytest.approx(audit.summary["fit"]["encoded_columns"], abs=4)
    assert {c.name: c.kind for c in plan.columns if c.reason is None} == {
        c["name"]: c["kind"] for c in audit.summary["columns"]
    }


def test_frames_are_planned_as_files_are(write, monkeypatch):
    path = write(mixed())
    frame = pd.read_csv(path)
    of_file, of_frame = labelaudit.plan(path, "label"), labelaudit.plan(frame, "label")
    for name in ("rows", "rows_without_label", "classes", "encoded_columns", "encodings"):
        assert getattr(of_file, name) == getattr(of_frame, name)
    large = pd.concat([frame] * 100, ignore_index=True)
    assert labelaudit.plan(large, "label").rows == pytest.approx(100 * of_file.rows, rel=0.01)


def test_parquet_is_planned_as_csv_is(write, tmp_path, monkeypatch):
    pytest.importorskip("pyarrow")
    from labelaudit.audits.planning import parquet_excerpt

    frame = pd.read_csv(write(mixed(2000)))
    frame.to_parquet(tmp_path / "x.parquet", row_group_size=500)
    plan = labelaudit.plan(tmp_path / "x.parquet", "label", encoding="linear")
    usual = labelaudit.plan(tmp_path / "train.csv", "label", encoding="linear")
    assert plan.exact
    assert (plan.rows, plan.encoded_columns) == (usual.rows, usual.encoded_columns)
    monkeypatch.setattr(parquet_excerpt, "SAMPLE_ROWS", 400)
    part = labelaudit.plan(tmp_path / "x.parquet", "label", encoding="linear")
    assert not part.exact
    assert part.read_rows <= 400
    assert part.rows == pytest.approx(usual.rows, rel=0.02)


@pytest.mark.parametrize(
    ("text", "options", "kind"),
    [
        ("a,label\n1,x\n2,y\n", {"label": "lable"}, InputError),
        ("a,label\n1\n", {"label": "label"}, InputError),
        ("label\nx\ny\nx\ny\n", {"label": "label"}, InputError),
        (csv_text(sample_rows()), {"label": "label", "drop": "nothing"}, UsageError),
        (csv_text(sample_rows()), {"label": "label", "expect_rows": 7}, InputError),
        (csv_text(sample_rows()), {"label": "label", "l2": -1}, UsageError),
    ],
)
def test_what_an_audit_refuses_a_plan_refuses_in_the_same_words(write, text, options, kind):
    path = write(text)
    said = []
    for function in (labelaudit.plan, labelaudit.audit):
        with pytest.raises(kind) as refused:
            function(path, **options)
        said.append(str(refused.value))
    assert said[0] == said[1]


@pytest.mark.usefixtures("_in_part")
def test_an_error_in_a_part_is_told_with_the_files_own_line(write):
    lines = mixed(12_000).splitlines()
    lines[40] += ",too,many"
    with pytest.raises(InputError, match=r"train.csv:41, byte .*: expected 8 fields.*a plan does not read all of it"):
        labelaudit.plan(write("\n".join([*lines, ""])), "label")


@pytest.mark.usefixtures("_in_part")
def test_a_file_that_is_sorted_by_label_is_planned(write):
    rows = sorted(mixed(12_000).splitlines()[1:], key=lambda line: line.rsplit(",", 1)[1])
    header = mixed(10).splitlines()[0]
    assert labelaudit.plan(write("\n".join([header, *rows, ""])), "label", encoding="linear").classes in (3, 4)


def grown(**changes: Any) -> Shape:
    return replace(SHAPE, **changes)


LARGER = {
    "rows": grown(rows=200_000),
    "columns": grown(columns=100, cells=101, encoded={name: 10 * n for name, n in ENCODED.items()}),
    "classes": grown(classes=12),
    "texts": grown(texts=(Texts(50.0, 150.0, 60_000.0),)),
}


@pytest.mark.parametrize("what", LARGER)
def test_more_data_needs_more(what):
    votes: dict[Encoding, float] = {"spline": 1.0}
    tried: dict[Encoding, int] = {"linear": 11}
    small, large = (need(shape, votes, tried, 2, 8) for shape in (SHAPE, LARGER[what]))
    assert large.memory > small.memory
    assert large.disk > small.disk
    times = [effort.effort(shape, votes, tried, 2, SPEED) for shape in (SHAPE, LARGER[what])]
    assert times[1].processor_seconds > times[0].processor_seconds
    assert times[1].seconds > times[0].seconds


def test_disk_takes_large_arrays_alone():
    votes: dict[Encoding, float] = {"kernel": 1.0}
    for stage in stages(SHAPE, votes, ENCODED, 2, 8):
        for holding in stage:
            assert holding.disk in (0.0, holding.memory)
            assert holding.disk == 0 or (holding.each >= SMALLEST and not holding.loose)


def test_smaller_values_and_fewer_threads_need_less():
    shape, votes = LARGER["rows"], {"spline": 1.0}
    usual = need(shape, votes, {}, 4, 8)  # type: ignore[arg-type]
    assert need(shape, votes, {}, 4, 4).memory < usual.memory  # type: ignore[arg-type]
    assert need(shape, votes, {}, 1, 8).memory < usual.memory  # type: ignore[arg-type]


def test_the_need_at_the_most_covers_every_encoding(write):
    path = write(mixed())
    most = need_at_most(
        shape_of(sampled([path], AuditOptions.of({"label": "label"})), AuditOptions.of({"label": "l"})),
        AuditOptions.of({"label": "l"}),
    )
    for encoding in TRIED:
        options = AuditOptions.of({"label": "label", "encoding": encoding, "l2": 0.01})
        assert need_at_most(shape_of(sampled([path], options), options), options).memory <= most.memory


@pytest.mark.parametrize("levels", [2, 30])
@pytest.mark.parametrize("encoding", ["linear", "spline", "kernel", "spline+kernel"])
def test_encoded_rows_take_as_many_bytes_as_is_told(encoding, levels):
    """Of two classes: of few levels as dense rows, of many as numbers and the places of ones."""
    rng = np.random.default_rng(2)
    names = tuple(map(str, range(levels)))
    columns = [Column("x", "numeric", rng.normal(size=600)), Column("y", "numeric", rng.normal(size=600))]
    columns += [Column(name, "categorical", rng.integers(0, levels, 600), names) for name in ("a", "b")]
    fitted = fit_encoder(encoding, columns, row_hashes(columns, 600))
    blocks = encode_blocks(fitted, columns, layout_of(np.arange(600) % 5), packed=True).blocks
    held = [x.nbytes if isinstance(x, np.ndarray) else x.numbers.nbytes + x.slots.nbytes for x in (b.x for b in blocks)]
    shape = grown(classes=2, encoded=encoded_columns(columns, 600, [encoding]), one_hot=one_hot_columns(columns, 600))
    assert 600 * shape.stored(encoding, 8) == sum(held)
    assert replace(shape, classes=3).stored(encoding, 8) == 8 * len(fitted.names)


def test_a_slower_machine_takes_longer():
    votes: dict[Encoding, float] = {"spline": 1.0}
    slow = replace(SPEED, kernel=2 * SPEED.kernel, plain=2 * SPEED.plain)
    once, twice = (effort.effort(SHAPE, votes, ENCODED, 2, speed) for speed in (SPEED, slow))
    assert twice.processor_seconds == pytest.approx(2 * once.processor_seconds)
    assert twice.seconds == pytest.approx(2 * once.seconds)
    alone = effort.effort(SHAPE, votes, ENCODED, 1, SPEED)
    assert alone.seconds == pytest.approx(alone.processor_seconds)
    assert alone.seconds > once.seconds


def test_every_unit_of_work_has_its_seconds():
    found = effort.amounts(LARGER["texts"], {"spline": 1.0}, ENCODED)
    assert {stage: set(work) <= set(SECONDS[stage]) for stage, work in found.items()} == dict.fromkeys(SECONDS, True)


def test_the_record_is_json(write):
    plan = labelaudit.plan(write(mixed()), "label", memory_limit="1kB")
    record = json.loads(json.dumps(plan.as_record()))
    assert record["storage"] == "disk"
    assert record["limit"]["memory_bytes"] == 1000
    assert sum(record["stages"].values()) == pytest.approx(record["processor_seconds"])
    assert sum(record["encodings"].values()) == pytest.approx(1)


def test_trusted_rows_count_and_need_not_be_readable_alone(write):
    path = write(mixed())
    write("x,y,flag,day,kind,key,same,label\n" + "1,1,true,2020-01-01,k1,id,one,u\n" * 100, "trusted.csv")
    options = AuditOptions.of({"label": "label", "reference": "trusted.csv"})
    some = sampled([path], options)
    shape = shape_of(some, options, ["trusted.csv"])
    assert shape.reference_rows == pytest.approx(100, rel=0.5)
    assert shape_of(some, options, pd.DataFrame({"label": ["u"] * 7})).reference_rows == 7
    assert labelaudit.plan(path, "label", reference="trusted.csv").memory_bytes > 0


@pytest.mark.parametrize("words", [4, 40])
def test_fitting_texts_takes_as_many_bytes_of_files_as_is_told(tmp_path, monkeypatch, words):
    """Of short texts the directions decide, of long ones the weights."""
    rng = np.random.default_rng(3)
    known = np.array(["".join(rng.choice(list("abcdefghij"), 6)) for _ in range(400)])
    texts = Column("said", "text", np.array([" ".join(rng.choice(known, words)) for _ in range(1500)], dtype=object))
    hashes = row_hashes([texts], 1500)
    monkeypatch.setattr(storage, "SMALLEST", 1 << 15)
    with storage.on_disk(tmp_path):
        Components.fit(texts, hashes)
        actual = _core.file_memory_state(_core.memory_in_use())[2]
    shape = grown(rows=1500, texts=(texts_of(texts, 1500),))
    assert sum(h.memory for h in _text_fits(shape, 1500) if not h.loose) == pytest.approx(actual, rel=0.25)


def test_texts_without_terms_take_little():
    empty = grown(rows=1500, texts=(Texts(letters=0.0, terms=0.0, vocabulary=1.0),))
    assert sum(h.memory for h in _text_fits(empty, 1500)) < 1e6
