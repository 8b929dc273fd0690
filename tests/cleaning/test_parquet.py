"""The cleaned copy of a Parquet file: its labels changed, all else as it was; undo gives the bytes back."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

import labelaudit
from labelaudit.decisions.decision import Decision
from labelaudit.decisions.exchange import json_lines
from labelaudit.errors import InputError
from parquet_copies import LABELS, NESTED, audit_of, keys, options_of, pages, rows, table_of, written
from parquets import DRAWN, pq

SEEDS = range(40)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("seed", SEEDS)
def test_no_decision_changes_no_byte(folder: Path, seed: int) -> None:
    audit, _ = written(seed)
    labelaudit.apply(audit, "data.parquet", "clean.parquet", undo="u.json")
    assert Path("clean.parquet").read_bytes() == Path("data.parquet").read_bytes()
    labelaudit.undo("clean.parquet", "u.json", "back.parquet")
    assert Path("back.parquet").read_bytes() == Path("data.parquet").read_bytes()


@pytest.mark.parametrize("seed", SEEDS)
def test_decisions_change_their_cells_alone_and_undo_takes_them_back(folder: Path, seed: int) -> None:
    audit, before = written(seed)
    draw = random.Random(-1 - seed)
    classes = {str(int(v) if v == 1.0 and not isinstance(v, bool) else v): v for v in before["the label"].to_pylist()}
    classes.pop("None", None)
    labels, drops, decided = {}, set(), []
    for i, key in enumerate(keys(audit)):
        word = draw.choice(["keep", "relabel", "drop", "unsure", None, None])
        label = draw.choice(list(classes)) if word == "relabel" else None
        if label is not None:
            labels[i] = classes[label]
        if word == "drop":
            drops.add(i)
        if word is not None:
            decided.append(Decision(*key, word, label))
    Path("d.jsonl").write_text(json_lines(decided), encoding="utf-8")
    expected = [
        {**row, **({"the label": labels[i]} if i in labels else {})} for i, row in enumerate(before.to_pylist())
    ]
    done = labelaudit.apply(audit, "data.parquet", "clean.parquet", decisions=["d.jsonl"], undo="u.json")
    after = pq.read_table("clean.parquet")
    assert (done.relabelled, done.dropped) == (len(labels), len(drops))
    assert rows(after) == [repr(row) for i, row in enumerate(expected) if i not in drops]
    assert after.schema.equals(before.schema, check_metadata=True)
    old, new = pages("data.parquet"), pages("clean.parquet")
    assert [new[i] for i in (1, 3, 4)] == [old[i] for i in (1, 3, 4)]
    assert [c[:4] for c in new[0]] == [c[:4] for c in old[0]]
    size = old[2][0]
    kept = [sum(j not in drops for j in range(i, min(i + size, 50))) for i in range(0, 50, size)]
    assert new[2] == [n for n in kept if n]
    labelaudit.undo("clean.parquet", "u.json", "back.parquet")
    assert Path("back.parquet").read_bytes() == Path("data.parquet").read_bytes()


@pytest.mark.parametrize("seed", SEEDS[:15])
def test_a_flag_adds_a_last_column_and_changes_nothing_else(folder: Path, seed: int) -> None:
    audit, before = written(seed)
    Path("d.jsonl").write_text(json_lines([Decision(*keys(audit)[3], "drop")]))
    done = labelaudit.apply(audit, "data.parquet", "clean.parquet", decisions=["d.jsonl"], flag=True, undo="u.json")
    after = pq.read_table("clean.parquet")
    assert done.flagged == 1
    assert after["label_issue"].to_pylist() == [i == 3 for i in range(50)]
    assert rows(after.drop_columns(["label_issue"])) == rows(before)
    assert after.drop_columns(["label_issue"]).schema.equals(before.schema, check_metadata=True)
    old, new = pages("data.parquet"), pages("clean.parquet")
    assert (new[0][:-1], new[1][:-1], new[2], new[4]) == (old[0], old[1], old[2], old[4])
    assert new[0][-1][2] == next(c[2] for c in old[0] if c[0] == "the label")
    labelaudit.undo("clean.parquet", "u.json", "back.parquet")
    assert Path("back.parquet").read_bytes() == Path("data.parquet").read_bytes()
    again = audit_of("clean.parquet")
    with pytest.raises(InputError, match='has a column "label_issue" already'):
        labelaudit.apply(again, "clean.parquet", "flagged.parquet", flag=True)


def test_the_tables_are_of_every_kind() -> None:
    found = [table_of(seed).schema for seed in SEEDS]
    assert {str(schema.field("the label").type) for schema in found} == {str(kind) for kind, _ in LABELS.values()}
    assert {*DRAWN, *NESTED} <= set(found[0].names)
    for name in ("version", "store_schema", "use_compliant_nested_type", "data_page_version", "write_statistics"):
        assert len({str(options_of(seed)[name]) for seed in SEEDS}) > 1
