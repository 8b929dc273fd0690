"""300 files in every dialect: what is not meant to change does not, to the byte, and undo gives the original."""

from __future__ import annotations

import csv
import io
import random
from pathlib import Path

import pandas as pd
import pytest

import labelaudit
from dialects import PACKERS, File, drawn, labels_for
from labelaudit.audits.result import Audit
from labelaudit.decisions.decision import Decision
from labelaudit.decisions.exchange import json_lines
from labelaudit.fingerprints import fingerprints, occurrences
from labelaudit.table.compression import compression_of, decompress
from spreadsheets import is_formula

SEEDS = range(300)


def audit_of(file: File) -> Audit:
    """As much of an audit as applying needs; its ranking is empty."""
    classes = sorted({row.cells[file.column] for row in file.rows})
    summary = {"label": file.label, "classes": [{"name": name} for name in classes]}
    ranking = pd.DataFrame({"row": [], "is_label_issue": pd.Series([], dtype=bool), "predicted_label": []})
    return Audit(ranking, {"sources": [file.source()], "summary": summary}, None)  # type: ignore[arg-type]


def keys(file: File) -> list[tuple[str, int]]:
    frame = pd.DataFrame([row.cells for row in file.rows], columns=list(file.header.cells), dtype=object)
    found = fingerprints(frame)
    return list(zip(found.tolist(), occurrences(found).tolist(), strict=True))


def write(folder: Path, file: File) -> Path:
    path = folder / ("data.csv" + file.suffix)
    path.write_bytes(file.raw)
    return path


def content(path: Path) -> bytes:
    raw = path.read_bytes()
    return decompress(raw, compression_of(raw), path.name)


@pytest.mark.parametrize("seed", SEEDS)
def test_no_decision_changes_no_byte(seed, tmp_path):
    file = drawn(seed)
    data = write(tmp_path, file)
    out = tmp_path / ("out.csv" + file.suffix)
    labelaudit.apply(audit_of(file), data, out, undo=tmp_path / "undo.json")
    assert out.read_bytes() == file.raw
    labelaudit.undo(out, tmp_path / "undo.json", tmp_path / ("back" + file.suffix))
    assert content(tmp_path / ("back" + file.suffix)) == file.content


@pytest.mark.parametrize("seed", SEEDS)
def test_decisions_change_their_rows_alone_and_undo_takes_them_back(seed, tmp_path):
    file, draw = drawn(seed), random.Random(-1 - seed)
    labels, drops, decided = {}, set(), []
    for i, key in enumerate(keys(file)):
        word = draw.choice(["keep", "relabel", "relabel", "drop", "unsure", None])
        label = labels_for(draw, file) if word == "relabel" else None
        if label is not None:
            labels[i] = label
        if word == "drop":
            drops.add(i)
        if word is not None:
            decided.append(Decision(*key, word, label))
    (tmp_path / "decisions.jsonl").write_text(json_lines(decided), encoding="utf-8")
    data, out, suffix = write(tmp_path, file), tmp_path / "out.csv", draw.choice(list(PACKERS))
    out = out.with_name(out.name + suffix)
    done = labelaudit.apply(
        audit_of(file), data, out, decisions=tmp_path / "decisions.jsonl", new_labels=True, undo=tmp_path / "undo.json"
    )
    expected = file.changed(labels, drops)
    assert (done.relabelled, done.dropped, sum(done.decisions.values())) == (len(labels), len(drops), len(decided))
    assert content(out) == expected.content
    assert cells(content(out), file) == [list(row.cells) for row in [expected.header, *expected.rows]]
    assert done.formula_like == formulas(content(out), file)
    assert data.read_bytes() == file.raw
    labelaudit.undo(out, tmp_path / "undo.json", tmp_path / "back.csv")
    assert (tmp_path / "back.csv").read_bytes() == file.content


@pytest.mark.parametrize("seed", SEEDS[:60])
def test_a_flag_adds_a_last_column_and_changes_nothing_else(seed, tmp_path):
    file = drawn(seed)
    key = keys(file)[0]
    (tmp_path / "decisions.jsonl").write_text(json_lines([Decision(*key, "drop")]))
    data, out = write(tmp_path, file), tmp_path / "out.csv"
    audit = audit_of(file)
    told = {"decisions": tmp_path / "decisions.jsonl", "undo": tmp_path / "undo.json"}
    done = labelaudit.apply(audit, data, out, flag=True, **told)
    assert done.formula_like == formulas(out.read_bytes(), file)
    flags = ["label_issue", "true", *["false"] * (len(file.rows) - 1)]
    rows = [file.header, *file.rows]
    assert cells(out.read_bytes(), file) == [[*row.cells, flag] for row, flag in zip(rows, flags, strict=True)]
    labelaudit.undo(out, tmp_path / "undo.json", tmp_path / "back.csv")
    assert (tmp_path / "back.csv").read_bytes() == file.content


def cells(raw: bytes, file: File) -> list[list[str]]:
    """What Python's own reader sees."""
    text = raw[len(file.charset[2]) :].decode(file.charset[1])[len(file.preamble) :]
    return [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=file.delimiter, strict=True) if row]


def formulas(raw: bytes, file: File) -> int:
    """The cells and names that a spreadsheet would take for formulas."""
    return sum(is_formula(cell) for row in cells(raw, file) for cell in row)


def test_the_files_are_of_every_kind():
    files = [drawn(seed) for seed in SEEDS]
    assert len({f.charset[:3] for f in files}) == 11
    assert {f.suffix for f in files} == set(PACKERS)
    assert {f.delimiter for f in files} == set(",;\t|:^ -]")
    assert {r.end for f in files for r in f.rows} == {"\n", "\r\n", ""}
    assert sum(bool(f.preamble) for f in files) > 50
    assert sum(any(r.before for r in f.rows) for f in files) > 50
    assert sum(all(all(r.quoted) for r in f.rows) for f in files) > 50
    assert sum(formulas(f.content, f) > 0 for f in files) > 100
    assert {c[0] for f in files for r in f.rows for c in r.cells if is_formula(c)} == set("=+-@\uff1d\t\r")
