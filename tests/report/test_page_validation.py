"""The page's section on a validation: every figure of the text, and diagrams whose dots stand where the figures are."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from handmade import handmade
from labelaudit.metrics import Tenths
from labelaudit.report import html
from labelaudit.report import validation as text
from labelaudit.report.page_validation import SIDE
from labelaudit.validation.result import KindOfError
from pages import parsed, view
from report.hostile import HOSTILE, assert_safe
from report.test_validation import NAN, THREE, run, validation

WHITE = re.compile(r"\s+")
ONE = KindOfError("uniform", (run(),))


def page(found, **changes):
    audit = handmade()
    audit.record["options"] |= changes
    return html.render(view(audit), found)


def section(found, **changes):
    """The section's own markup."""
    return re.search(r'<section id="validation">.*?</section>', page(found, **changes), re.DOTALL)[0]


def shown(found, **changes):
    return WHITE.sub(" ", parsed(section(found, **changes)).text)


def diagrams(found):
    """Of each diagram the values at its circles, at its squares, and along each line, as (across, up) from 0 to 1."""
    for svg in re.findall(r"<svg.*?</svg>", section(found), re.DOTALL):
        circles = re.findall(r'<circle class="first" cx="(\S+)" cy="(\S+)"', svg)
        corners = re.findall(r'<rect class="second" x="(\S+)" y="(\S+)" width="8" height="8"', svg)
        lines = [line.split() for line in re.findall(r'<polyline class="\w+" points="(.*?)"', svg)]
        yield (
            values(circles),
            values(corners, 4),
            [values([dot.split(",") for dot in line]) for line in lines],
        )


def values(dots, away=0.0):
    places = np.array(dots, dtype=float).reshape(-1, 2) + away
    return np.stack([places[:, 0], SIDE - places[:, 1]], 1) / SIDE


def near(a, b):
    return np.allclose(a, b, atol=0.051 / SIDE)  # places are rounded to a tenth


def test_dots_of_the_reliability_diagram_are_at_what_was_stated_and_what_was_so():
    kinds = tuple(KindOfError(k.kind, (*k.runs, run(k.kind, 3))) for k in THREE)
    found = list(diagrams(validation(*kinds)))
    assert len(found) == 2 * len(kinds)
    for (dots, squares, lines), kind in zip(found[:3], kinds, strict=True):
        bins = kind.reliability
        assert near(dots, np.stack([bins.stated, bins.right], 1))
        assert len(squares) == 0
        each = [np.stack([r.reliability.stated, r.reliability.right], 1) for r in kind.runs]
        assert [near(a, b) for a, b in zip(lines, [*each, dots], strict=True)] == [True] * 4


def test_dots_of_the_other_diagram_are_recall_and_precision_of_the_first_rows():
    tenths = Tenths(np.arange(100, 1001, 100), np.linspace(0.9, 0.1, 10), np.linspace(0.4, 1, 10) ** 2)
    found = validation(KindOfError("uniform", (run(), run(repeat=2, tenths=tenths))))
    _, (dots, squares, lines) = diagrams(found)
    part = np.arange(1, 11) / 10
    both = [r.tenths for r in found.kinds[0].runs]
    recall, precision = (np.mean([getattr(t, name) for t in both], axis=0) for name in ("recall", "precision"))
    assert near(dots, np.stack([part, recall], 1))
    assert near(squares, np.stack([part, precision], 1))
    assert near(lines[0], np.concatenate([[[0, 0]], dots]))
    assert near(lines[1], squares)


def test_every_figure_of_the_text_is_on_the_page():
    found = validation(*THREE)
    on_page = shown(found)
    for line in text.render(found).splitlines():
        cells = [cell for cell in re.split(r"\s{2,}", line) if cell]
        if line.startswith("  ") and len(cells) >= 4:  # a row of a table
            assert " ".join(cells) in on_page
    for words in ("seeds 4 to 5", "the audit finds 45% in the rows it flags", "Measured by labelaudit"):
        assert words in on_page


def test_a_page_without_a_validation_has_no_section_for_it():
    found = page(None)
    assert 'id="validation"' not in found
    assert 'href="#validation"' not in found
    assert 'href="#validation"' in page(validation(ONE))


def test_options_that_differ_are_named():
    found = validation(ONE)
    assert "other options" not in shown(found)
    assert "max_fdr 0.2 (here 0.3)" in shown(found, max_fdr=0.3)


def test_figures_that_are_not_defined_have_no_dot():
    empty = Tenths(np.arange(100, 1001, 100), np.zeros(10), np.full(10, NAN))
    nothing = replace(run(), planted=0, recall=NAN, average_precision=NAN, brier_skill=NAN, tenths=empty)
    found = validation(KindOfError("uniform", (nothing,)))
    assert "nan" not in section(found).lower()
    assert "No label was planted wrong at random." in shown(found)
    _, (dots, squares, _) = diagrams(found)
    assert (len(dots), len(squares)) == (0, 10)


def hostile_page(words):
    """The page of a validation whose label, classes, options and version hold the text."""
    classes = [{"name": words + end, "rows": 500} for end in "ab"]
    found = replace(validation(*THREE, label=words, classes=classes), labelaudit=words)
    found.options["encoding"] = words
    return page(found, encoding="auto")


@pytest.mark.parametrize("words", [*HOSTILE, "</script><img src=x onerror=alert(1)>", "{{ 7 * 7 }}"])
def test_no_text_of_a_validation_becomes_markup(words):
    odd, plain = hostile_page(words), hostile_page("plain")
    assert parsed(odd).tags == parsed(plain).tags
    assert parsed(odd).scripts == parsed(plain).scripts
    assert_safe(odd)
