from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from handmade import checked, handmade
from labelaudit.checks.compare import Content, relative_path
from labelaudit.checks.result import Limits
from labelaudit.checks.run import Gate, limits_of
from labelaudit.errors import UsageError
from labelaudit.fingerprints import fingerprints


def test_without_anything_else_every_issue_counts():
    check = checked()
    assert [(i.finding.row, i.path, i.reason) for i in check.issues] == [
        (7, "train.csv", "only row of its class"),
        (2, "train.csv", None),
    ]
    assert (check.known, check.rows, check.unchanged, check.weak) == ((), 4, 0, 0)


def test_a_confidence_on_the_border_counts():
    assert [i.finding.row for i in checked(min_confidence=0.9375).issues] == [7, 2]
    check = checked(min_confidence=0.94)
    assert [i.finding.row for i in check.issues] == [7]
    assert check.weak == 1


def test_what_the_baseline_keeps_is_known_and_does_not_count():
    one = checked().issues[1]
    check = checked(baseline={(one.fingerprint, one.occurrence): {"decision": "keep"}})
    assert [i.finding.row for i in check.known] == [2]
    assert [i.finding.row for i in check.issues] == [7]


@pytest.mark.parametrize(
    ("limits", "passed"),
    [
        (Limits(), True),
        (Limits(max_issues=1), False),
        (Limits(max_issues=2), True),
        (Limits(max_issue_rate=0.5), True),
        (Limits(max_issue_rate=0.49), False),
        (Limits(2, 0.49), False),
        (Limits(1, 0.5), False),
    ],
)
def test_it_passes_where_no_limit_is_exceeded(limits, passed):
    check = checked(limits=limits)
    assert check.rate == 0.5
    assert check.passed == passed


def test_no_issue_is_allowed_unless_a_limit_says_so():
    assert limits_of(None, None) == Limits(max_issues=0)
    assert limits_of(None, 0.1) == Limits(None, 0.1)
    assert limits_of(3, None) == Limits(3, None)


def test_of_several_files_each_has_its_own_path():
    check = checked(handmade(files=["a/n.csv", "./b.csv", "./b.csv", "a/n.csv"]), sources=["a/n.csv", "./b.csv"])
    assert [i.path for i in check.issues] == ["a/n.csv", "b.csv"]


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=12), st.lists(st.sampled_from("abcd"), max_size=12))
def test_as_many_equal_rows_are_unchanged_as_the_older_version_has(now, before):
    content = Content.of(fingerprints(pd.DataFrame({"y": now})))
    old = fingerprints(pd.DataFrame({"y": before}, dtype=object))
    changed = content.changed(old)
    for letter in "abc":
        beyond = max(0, now.count(letter) - before.count(letter))
        places = [i for i, each in enumerate(now) if each == letter]
        assert changed[places].tolist() == [False] * (len(places) - beyond) + [True] * beyond


def test_rows_without_a_label_have_their_place():
    # rows 3, 4 and 6 of the handmade audit have no label: its row 7 is the seventh fingerprint
    base = np.array([f"{i:032x}" for i in range(1, 7)], dtype=object)
    check = checked(base=base)
    assert [i.fingerprint for i in check.issues] == [f"{7:032x}"]
    assert (check.rows, check.unchanged, check.rate) == (1, 3, 1.0)


@pytest.mark.parametrize(
    "values",
    [
        {"limits": Limits(max_issues=-1)},
        {"limits": Limits(max_issue_rate=1.5)},
        {"limits": Limits(max_issue_rate=float("nan"))},
        {"min_confidence": -0.1},
        {"update_baseline": True},
    ],
)
def test_a_value_out_of_its_range_is_wrong_usage(values):
    with pytest.raises(UsageError):
        Gate(**values)


def test_a_path_is_relative_where_it_lies_below_the_working_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert relative_path("./data/../a b.csv") == "a b.csv"
    assert relative_path(str(tmp_path / "data" / "x.csv")) == "data/x.csv"
    assert relative_path("../x.csv") == (Path(tmp_path).parent / "x.csv").as_posix()
    assert relative_path("-") is None
