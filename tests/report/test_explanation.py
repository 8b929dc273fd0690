from __future__ import annotations

import json
import unicodedata
from dataclasses import fields, replace

import pytest

from handmade import handmade
from labelaudit.audits.result import Finding
from labelaudit.explanations.result import NOBODY, Agreement, ClassProbability, Explanation, Neighbour, Push, Side
from labelaudit.report import explanation, explanation_json
from labelaudit.report.words import width, wrapped

HOSTILE = ["\x1b[31mred\x1b[0m", "a\nb", "\u202egnp.exe", "\x00", "\u2028", "\ud800"]


def neighbour(row: int, influence: float, name: str = "size", **changes) -> Neighbour:
    agrees = (Agreement(name, 1.23456789), Agreement("colour", None))
    plain = Neighbour(row, None, row + 1, {"code": f"k{row}"}, "dog", 0.5, influence, False, agrees, 3)
    return replace(plain, **changes)


def made(given: str = "cat", against: str = "dog", name: str = "size", **changes) -> Explanation:
    """An explanation made by hand; name is that of a column."""
    finding = replace(next(handmade().findings(1)), given_label=given, predicted_label=against, ids={name: given})
    columns = (
        Push(name, "numeric", 1.23456789, 2, None, -1.5, -0.25),
        Push("colour", "categorical", None, given, against, 0.125, 1e-7),
        *(Push(f"c{i}", "boolean", True, False, True, 0.01, 0.0) for i in range(9)),
    )
    plain = Explanation(
        finding=finding,
        of_rows=1234,
        against_label=against,
        probabilities=(ClassProbability(given, 0.75, 0.25), ClassProbability(against, 0.25, 0.75)),
        duplicates={},
        opposing=Side(20, -8.0, (neighbour(1, -4.0, name), neighbour(2, -2.0, name, same_features=True))),
        supporting=Side(1, 3.0, (neighbour(3, 6.0, name),)),
        columns=columns,
        logit_difference=-1.0,
        average_logit_difference=0.25,
        notes=("A note.",),
        sentence=f"Row 7 is labelled {given}.",
    )
    return replace(plain, **changes)


def lines(e: Explanation) -> list[str]:
    return explanation.render(e).split("\n")


def test_the_usual_report(golden):
    golden("explanation.txt", explanation.render(made()))
    golden("explanation.json", explanation_json.render(made()))


def test_a_row_that_was_not_fitted_has_no_columns_and_rows(golden):
    probabilities = tuple(replace(p, without_row=None) for p in made().probabilities)
    alone = made(opposing=NOBODY, supporting=NOBODY, columns=(), logit_difference=None, probabilities=probabilities)
    text = explanation.render(alone)
    assert "by its columns" in text
    assert "Columns" not in text
    assert "weigh" not in text
    assert json.loads(explanation_json.render(alone))["probabilities"][0]["without_row"] is None


def test_the_share_is_of_what_the_rows_weigh():
    text = explanation.render(made())
    assert "20 rows weigh against its label; the first 2 have 38% of the weight:" in text  # (4 + 2) / 2 of 8
    assert "1 row weighs for its label:" in text
    assert "No row weighs for its label." in explanation.render(made(supporting=NOBODY))
    assert "20 rows weigh against its label.\n" in explanation.render(made(opposing=Side(20, -8.0, ())))


def test_json_has_every_field_and_no_nan():
    text = explanation_json.render(made())
    assert "NaN" not in text
    found = json.loads(text)
    assert set(found) == {f.name for f in fields(Explanation)}
    assert set(found["finding"]) == {f.name for f in fields(Finding)}
    assert found["finding"]["average_influence"] is None  # of the first row made by hand there is none
    assert found["opposing"]["strongest"][0]["agrees"][1] == {"column": "colour", "value": None}


@pytest.mark.parametrize("cell", HOSTILE, ids=ascii)
def test_no_control_character_reaches_the_terminal(cell):
    e = made(cell, f"x{cell}", cell, sentence=f"Row 7 is labelled {cell}.")
    text = explanation.render(e)
    bad = {c for c in text if c != "\n" and unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")}
    assert bad == set()
    assert max(map(width, text.split("\n"))) <= 80


@pytest.mark.parametrize("letter", ["x", "日", "e\u0301"], ids=ascii)
def test_long_names_keep_to_80_columns(letter):
    long = letter * 90
    rows = tuple(
        neighbour(10**7 + i, -1e-300, long, file=long, given_label=long, ids={long: long, "b": "c"}, line=10**7)
        for i in range(3)
    )
    more = tuple(ClassProbability(f"{i}{long}", 0.0, 0.0) for i in range(9))
    e = made(long, f"a{long}", long, sentence=f"Row 7 is labelled {long}, {long}.", opposing=Side(9, -1.0, rows))
    e = replace(e, probabilities=(*e.probabilities, *more))
    assert max(map(width, lines(e))) <= 80
    assert "those of 7 labels left out here" in explanation.render(e)


def test_ids_and_files_stand_beside_the_rows():
    rows = (neighbour(5, -2.0, file="b.csv"),)
    header, line = [x for x in lines(made(opposing=Side(1, -1.0, rows))) if "agrees in" in x or "k5" in x][:2]
    assert header.split()[:5] == ["row", "file", "line", "code", "label"]
    assert line.split()[:5] == ["5", "b.csv", "6", "k5", "dog"]


@pytest.mark.parametrize("cells", [10, 20, 33])
def test_wrapped_lines_fit_and_hold_every_word(cells):
    text = "some words 日本語の長い言葉 and averyveryverylongwordthatdoesnotfit e\u0301e\u0301e\u0301 end"
    found = wrapped(text, cells, "  ")
    assert max(map(width, found.split("\n"))) <= cells
    assert "".join(found.split()) == "".join(text.split())
    assert all(line.startswith("  ") for line in found.split("\n")[1:])
