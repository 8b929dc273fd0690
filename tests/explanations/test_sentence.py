"""The sentence is true: every claim in it is held against the numbers, for every row of several tables."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from labelaudit.encode.encoder import ENCODINGS
from labelaudit.explanations.explain import explain_row, model_of
from labelaudit.explanations.result import Explanation, worded
from labelaudit.explanations.sentence import is_doubted, sentence_of

NAME = r'"?(.+?)"?'
PERCENT = r"(over 99%|under 1%|[\d.]+%)"


def unquoted(text: str) -> str:
    return text.strip('"')


def agrees(words: str, p: float) -> bool:
    if words == "over 99%":
        return p >= 0.995
    if words == "under 1%":
        return p < 0.005
    return abs(float(words.rstrip("%")) - 100 * p) <= 0.5000001


def check(e: Explanation) -> set[str]:
    """Asserts every clause; returns which forms were met."""
    f, met = e.finding, set()
    clauses = e.sentence.removesuffix(".").split("; ")
    assert re.match(rf"Row {f.row}\b", clauses[0])
    said = {p.label: p.with_row if p.without_row is None else p.without_row for p in e.probabilities}
    best = max(said.values())
    if e.logit_difference is None:
        assert f"is the only row labelled {f.given_label}," in e.sentence
        label, percent = re.search(rf"it gives (\S+) {PERCENT}\.", e.sentence).groups()
        assert said[unquoted(label)] == best
        assert agrees(percent, best)
        return {"alone"}
    assert f"is labelled {f.given_label}, " in clauses[0].replace('"', "")
    told = re.findall(rf"(\S+) {PERCENT}", clauses[0].split("the model gives")[1])
    if ", and without" in clauses[0]:
        met.add("kept")
        assert said[f.given_label] == best
        assert [unquoted(t[0]) for t in told] == [f.given_label]
    elif "about the same" not in clauses[0]:
        met.add("other")
        assert ", but without" in clauses[0]
        assert said[unquoted(told[0][0])] == best > said[f.given_label]
        assert unquoted(told[1][0]) == f.given_label
        assert told[0][1] != told[1][1]
    assert all(agrees(percent, said[unquoted(label)]) for label, percent in told)
    assert ("duplicate" in clauses[0]) == bool(e.duplicates)
    met |= verdict(e, clauses[1], said[f.given_label] == best)
    met |= {rows(e, c) for c in clauses if "weigh" in c and "weighing" not in c}
    met |= {columns(e, c) for c in clauses if "speak" in c}
    return met


def verdict(e: Explanation, clause: str, kept: bool) -> set[str]:
    f = e.finding
    assert f"label_score {f.label_score:.3f}, {'flagged' if f.is_label_issue else 'not flagged'}" in clause
    if "looks right" in clause:
        assert kept
        assert f.predicted_label == f.given_label
        assert f.label_score >= 0.5
        return {"right"}
    if "no other label" in clause:
        assert f.predicted_label == f.given_label
        return {"unsure"}
    named = re.search(rf"(?:so|here,) {NAME} is the most probable label", clause)
    assert named.group(1) == f.predicted_label
    assert not (kept and f.predicted_label == f.given_label)
    return {"named"}


def rows(e: Explanation, clause: str) -> str:
    side = e.opposing if " against its label" in clause else e.supporting
    assert (side is e.opposing) == is_doubted(e)
    if clause.startswith("no "):
        assert side.rows == 0
        return "nobody"
    given = e.finding.given_label
    labels = [n.given_label for n in side.strongest]
    found = re.search(rf"labelled {NAME}( as well)?$", clause)
    assert clause.endswith("as well") == ((found.group(1) if " so as well" not in clause else given) == given)
    name = given if clause.endswith("labelled so as well") else found.group(1)
    count = labels.count(name)
    number = re.match(r"(all )?(\d+|none)( of the (\d+))?", clause.replace("both", "all 2"))
    if number is None:
        assert len(labels) == 1
        assert count == (0 if " not labelled" in clause else 1)
    else:
        stated = 0 if number.group(2) == "none" else int(number.group(2))
        assert count == stated
        assert len(labels) == (stated if number.group(1) else int(number.group(4)))
    return "counted"


def columns(e: Explanation, clause: str) -> str:
    sign = -1 if is_doubted(e) else 1
    favoured = e.against_label if sign < 0 else e.finding.given_label
    assert re.search(rf'speaks? (most )?for "?{re.escape(favoured)}"?( against|$)', clause)
    if clause.startswith("no column"):
        assert not any(sign * c.contribution > 0.1 * abs(e.columns[0].contribution) for c in e.columns)
        return "silent"
    best = [c for c in e.columns if sign * c.contribution > 0][:2]
    for c, words in zip(best, clause.split(" speak")[0].split(" and "), strict=False):
        assert words == (f"{c.column} missing" if c.value is None else f"{c.column} = {worded(c.value)}")
    return "spoken"


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("classes", [2, 3])
def test_every_row_is_explained_and_truly(models, classes, encoding):
    model = models(classes, encoding)
    met = set()
    for row in model.audit.ranking["row"]:
        met |= check(explain_row(model, int(row)))
    assert met >= {"kept", "other", "right", "named", "counted", "spoken"}


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_rows_alone_in_their_class_dates_missing_cells_and_duplicates(mixed, encoding):
    more = [["2011-01-01", "1.5", "red", "true", "alone", "w"], ["", "", "", "", "", "v"]]
    audit = mixed(more, classes=3, encoding=encoding)
    model = model_of(audit)
    met = set()
    for row in audit.ranking["row"]:
        met |= check(explain_row(model, int(row), top=3))
    assert met >= {"alone", "kept", "other", "counted", "spoken"}


def test_rows_with_nothing_to_tell_them_apart(mixed):
    """Three rows a class of one column, some of them the same: ties, and influences of zero."""
    import pandas as pd

    import labelaudit
    from labelaudit.explanations.explain import explain

    frame = pd.DataFrame({"a": [1, 1, 1, 1, 2, 2], "label": ["u", "u", "v", "v", "u", "v"]})
    audit = labelaudit.audit(frame, "label", encoding="linear", l2=0.1)
    for row in range(1, 7):
        found = explain(audit, row, data=frame)
        check(found)
        assert "about the same, 50%" in found.sentence or "and without" in found.sentence


@pytest.fixture
def doubted(models) -> Explanation:
    model = models(2, "linear")
    return next(
        e
        for e in (explain_row(model, int(row)) for row in model.audit.ranking["row"])
        if is_doubted(e) and e.finding.predicted_label != e.finding.given_label and not e.duplicates
    )


def test_probabilities_that_print_alike_get_a_digit_more(doubted):
    given = doubted.finding.given_label
    near = {True: 0.498, False: 0.502}
    probabilities = tuple(replace(p, without_row=near[p.label == given]) for p in doubted.probabilities)
    sentence = sentence_of(replace(doubted, probabilities=probabilities))
    assert "50.2%" in sentence
    assert "49.8%" in sentence


def test_a_verdict_against_the_model_says_why(doubted):
    given = doubted.finding.given_label
    sure = {True: 0.7, False: 0.3}
    probabilities = tuple(replace(p, without_row=sure[p.label == given]) for p in doubted.probabilities)
    found = replace(doubted, probabilities=probabilities)
    assert f"and without it the model gives {given} 70%; yet, weighing how labels go wrong here" in sentence_of(found)
    kept = replace(found.finding, predicted_label=given, label_score=0.4)
    assert "no other label is more probable (label_score 0.400" in sentence_of(replace(found, finding=kept))


def renamed(e: Explanation, name: str) -> Explanation:
    """The same with another name for the given label."""
    given = e.finding.given_label
    probabilities = tuple(replace(p, label=name) if p.label == given else p for p in e.probabilities)
    return replace(e, finding=replace(e.finding, given_label=name), probabilities=probabilities)


def test_labels_that_are_no_words_are_quoted_and_long_ones_cut(doubted):
    assert 'is labelled "1", but' in sentence_of(renamed(doubted, "1"))
    assert 'is labelled "two words", but' in sentence_of(renamed(doubted, "two words"))
    assert f"is labelled {'a' * 39}…, but" in sentence_of(renamed(doubted, "a" * 100))


def test_numbers_are_finite(models):
    found = explain_row(models(3, "kernel"), 9)
    values = [c.contribution for c in found.columns] + [n.influence for n in found.opposing.strongest]
    assert np.isfinite(values).all()
