from __future__ import annotations

import csv
import io
import json

import pytest

from labelaudit.decisions.decision import Decision
from labelaudit.decisions.exchange import as_csv, as_json, json_lines, read_decisions, read_json_lines
from labelaudit.decisions.store import DecisionStore
from labelaudit.errors import InputError

A, B = "0" * 31 + "a", "0" * 31 + "b"
SEVERAL = [
    Decision(B, 1, "drop", None, "old"),
    Decision(A, 10, "keep", None, 'o,"\r\n;é\u202e'),
    Decision(A, 2, "relabel", 'n,"\r\n;é\u202e', "old", "why\rnot", "ann", "2026-01-01T00:00:00.000+00:00"),
    Decision(A, 3, "unsure"),
]


def test_json_lines_are_sorted_and_hold_what_a_baseline_holds():
    lines = [json.loads(line) for line in json_lines(SEVERAL).split("\n")[:-1]]
    assert [list(line.values()) for line in lines] == [
        [A, 2, 'n,"\r\n;é\u202e', "relabel"],
        [A, 3, "", "unsure"],
        [A, 10, 'o,"\r\n;é\u202e', "keep"],
        [B, 1, "old", "drop"],
    ]
    assert all(list(line) == ["fingerprint", "occurrence", "label", "decision"] for line in lines)
    assert json_lines(reversed(SEVERAL)) == json_lines(SEVERAL)


def test_json_lines_come_back(tmp_path):
    text = json_lines(SEVERAL)
    back = read_json_lines(text.encode(), "d.jsonl")
    assert json_lines(back) == text
    with DecisionStore(tmp_path / "d.sqlite") as store:
        store.append(back)
        assert json_lines(store.current()) == text
    assert json_lines(read_decisions(tmp_path / "d.sqlite")) == text
    (tmp_path / "d.jsonl").write_bytes(b"\xef\xbb\xbf\r\n" + text.replace("\n", "\r\n").encode())
    assert json_lines(read_decisions(tmp_path / "d.jsonl")) == text


def test_a_database_gives_its_present_decisions(tmp_path):
    with DecisionStore(tmp_path / "d.sqlite") as store:
        store.append([Decision(A, 1, "drop"), Decision(B, 1, "keep"), Decision(A, 1, "undo"), Decision(B, 1, "drop")])
    assert [(d.key, d.decision) for d in read_decisions(tmp_path / "d.sqlite")] == [((B, 1), "drop")]


def test_json_and_csv_hold_every_field():
    assert [Decision(**fields) for fields in json.loads(as_json(SEVERAL))] == SEVERAL
    rows = list(csv.DictReader(io.StringIO(as_csv(SEVERAL), newline="")))
    for row, decision in zip(rows, SEVERAL, strict=True):
        assert row == {name: "" if value is None else str(value) for name, value in vars(decision).items()}


def test_what_a_baseline_accepts_is_kept():
    line = json.dumps({"fingerprint": A, "occurrence": 1, "label": "u", "decision": "accepted", "further": 1})
    assert read_json_lines(line.encode(), "b") == [Decision(A, 1, "keep", given_label="u")]


def with_a(fields):
    return f'{{"fingerprint": "{A}", {fields}}}'


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{", "is no JSON"),
        ("[1]", "expected an object"),
        ("[" * 10**5, "is no JSON"),
        ("\udcff", "is no JSON"),
        (with_a('"occurrence": 1'), "no 'decision'"),
        ('{"fingerprint": "xy", "occurrence": 1, "decision": "keep"}', "a fingerprint is 32 digits"),
        (with_a('"occurrence": 1.0, "decision": "keep"'), "an occurrence counts from 1"),
        (with_a('"occurrence": 1, "decision": "delete"'), "a decision is keep"),
        (with_a('"occurrence": 1, "decision": ["keep"]'), "a decision is keep"),
        (with_a('"occurrence": 1, "decision": "undo"'), "takes back a decision"),
        (with_a('"occurrence": 1, "decision": "relabel"'), "needs a new label"),
        (with_a('"occurrence": 1, "decision": "relabel", "label": 1'), "expected a text"),
    ],
)
def test_a_line_that_is_no_decision_is_named(line, words):
    good = json_lines(SEVERAL[:1])
    with pytest.raises(InputError, match=r"^d\.jsonl:2: ") as refused:
        read_json_lines(good.encode() + line.encode("utf-8", "surrogateescape"), "d.jsonl")
    assert words in str(refused.value)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        read_decisions(tmp_path / "nothing")
