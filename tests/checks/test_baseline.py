from __future__ import annotations

import json
import random

import pytest

from handmade import checked
from labelaudit.checks.baseline import DECISIONS, accepting, baseline_text, is_quiet, load_baseline
from labelaudit.errors import InputError

LINE = {"fingerprint": "0f" * 16, "occurrence": 1, "label": "cat", "decision": "accepted"}


@pytest.fixture
def write(tmp_path):
    def write_lines(*lines):
        path = tmp_path / "base.jsonl"
        path.write_bytes(
            b"".join(line if isinstance(line, bytes) else json.dumps(line).encode() + b"\n" for line in lines)
        )
        return path

    return write_lines


def test_what_is_written_is_read_again(write):
    lines = [LINE | {"fingerprint": f"{i:032x}", "occurrence": 1 + i % 3, "label": "\u202e\n|"} for i in range(20)]
    random.Random(0).shuffle(lines)
    text = baseline_text(load_baseline(write(*lines)))
    keys = [(each["fingerprint"], each["occurrence"]) for each in map(json.loads, text.splitlines())]
    assert keys == sorted(keys)
    assert len(keys) == 20
    assert text.isascii()
    assert baseline_text(load_baseline(write(text.encode()))) == text


def test_further_fields_and_other_lines_stay_when_issues_are_accepted(write):
    noted = LINE | {"decision": "relabel", "note": "see ticket", "by": "ann"}
    before = load_baseline(write(noted))
    issues = checked().issues
    after = accepting(before, issues)
    assert after[LINE["fingerprint"], 1] == noted
    assert len(after) == 1 + len(issues)
    assert all(is_quiet(after, issue) for issue in issues)
    assert not any(is_quiet(before, issue) for issue in issues)


@pytest.mark.parametrize("decision", DECISIONS)
def test_only_what_is_accepted_or_kept_is_quiet(write, decision):
    issue = checked().issues[0]
    line = LINE | {"fingerprint": issue.fingerprint, "decision": decision}
    assert is_quiet(load_baseline(write(line)), issue) == (decision in ("accepted", "keep"))
    other = line | {"occurrence": 2}
    assert not is_quiet(load_baseline(write(other)), issue)


def test_empty_lines_and_repeated_lines_do_no_harm(write):
    assert load_baseline(write(LINE, b"\n", LINE)) == {(LINE["fingerprint"], 1): LINE}
    assert load_baseline(write()) == {}


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"<<<<<<< HEAD\n", "is no JSON"),
        (b"[" * 100_000 + b"\n", "is no JSON"),
        ([1], "expected an object with fingerprint, occurrence, label, decision"),
        ({"fingerprint": "0f" * 16}, "there is no field occurrence"),
        (LINE | {"fingerprint": "0F" * 16}, "the fingerprint is not 32 digits"),
        (LINE | {"fingerprint": 7}, "the fingerprint is not 32 digits"),
        (LINE | {"occurrence": 0}, "the occurrence is not a whole number from 1"),
        (LINE | {"occurrence": True}, "the occurrence is not a whole number from 1"),
        (LINE | {"label": None}, "the label is not a text"),
        (LINE | {"decision": "fine"}, "the decision is not one of accepted, keep"),
        (LINE | {"decision": ["keep"]}, "the decision is not one of accepted, keep"),
        (LINE | {"decision": "drop"}, "another line says something else of the same row"),
    ],
)
def test_a_malformed_line_is_refused_with_its_number(write, line, words):
    with pytest.raises(InputError) as refused:
        load_baseline(write(LINE, line))
    assert f"base.jsonl:2: {words}" in str(refused.value)
    assert "Mend or remove the line" in str(refused.value)


def test_what_cannot_be_read_is_refused(write, tmp_path):
    for path, words in [(tmp_path / "none", "no such file"), (tmp_path, "cannot be read"), (write(b"\xff"), "UTF-8")]:
        with pytest.raises(InputError, match=words):
            load_baseline(path)
