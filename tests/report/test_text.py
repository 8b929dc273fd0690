from __future__ import annotations

import unicodedata

import pytest

from handmade import handmade
from labelaudit.report import text
from labelaudit.report.words import printable, shortened, width

HOSTILE = [
    "\x1b[31mred\x1b[0m",
    "\x1b]0;title\x07",
    "a\rb",
    "a\nb",
    "a\tb",
    "\u202egnp.exe",
    "\u2066x\u2069",
    "\u200b",
    "\ufeff",
    "\x00",
    "\x7f",
    "\x9b31m",
    "\u2028",
    "\ud800",
    "\U000e0041",
]


def lines(audit, **options):
    return text.render(audit, **options).split("\n")


@pytest.mark.parametrize("cell", HOSTILE, ids=ascii)
def test_no_control_or_bidirectional_character_reaches_the_terminal(cell):
    labels = (f"{cell}a", f"b{cell}", cell)
    ids = {cell: [cell, "", "1", cell * 50]}
    audit = handmade(labels, ids=ids, files=[cell] * 4, label=cell)
    audit.record["left_out"]["columns"].append({"name": cell, "reason": f"like {cell}"})
    report = text.render(audit)
    bad = {c for c in report if c != "\n" and unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")}
    assert bad == set()
    assert len(report.split("\n")) == len(lines(handmade(files=["f"] * 4))) + 1


def test_what_is_escaped_can_be_read():
    assert printable("a\x1b\u202e\n") == "a\\x1b\\u202e\\n"
    assert printable("naïve 日本 𝄞 +") == "naïve 日本 𝄞 +"


@pytest.mark.parametrize("letter", ["x", "日", "e\u0301", "\x1b"], ids=ascii)
@pytest.mark.parametrize("files", [None, ["north.csv"] * 4])
def test_long_labels_keep_to_80_columns(letter, files):
    labels = tuple(f"{i}{letter * 200}" for i in range(3))
    audit = handmade(labels, ids={"code": [letter * 200] * 4}, files=files, label=letter * 200)
    audit.record["left_out"]["columns"].append({"name": letter * 200, "reason": "constant"})
    assert max(width(line) for line in lines(audit)) <= 80
    assert "…" in text.render(audit)


def test_eight_long_classes_keep_to_80_columns():
    names = [f"{i} is a rather long name" for i in range(8)]
    noise = {
        "rate": 0.0,
        "interval": [0.0, 0.1],
        "without_reference": None,
        "classes": names,
        "matrix": [[1.0] * 8] * 8,
    }
    report = lines(handmade(noise=noise))
    assert max(map(len, report)) <= 80
    assert any(line.startswith("  true \\ given") for line in report)


def test_wide_characters_are_aligned_by_terminal_cells():
    rows = [line for line in lines(handmade(("日本", "b", "c"), ids={})) if line[:6].strip().isdigit()]
    assert len(rows) == 4
    at = [width(line[: line.index(".")]) for line in rows]
    assert len(set(at)) == 1


def test_a_shortened_text_has_at_most_so_many_cells():
    for cells in range(1, 12):
        assert width(shortened("日本語の長いラベル", cells)) <= cells
        assert width(shortened("plain and long", cells)) <= cells
    assert shortened("exactly", 7) == "exactly"
    assert len(shortened("z" + "\u0301" * 10_000, 16)) < 100


def test_top_rows_are_shown():
    assert sum(line[:6].strip().isdigit() for line in lines(handmade(), top=2)) == 2
    assert "by label_score" not in text.render(handmade(), top=0)


def test_many_columns_left_out_are_counted_and_not_listed():
    audit = handmade()
    audit.record["left_out"]["columns"] = [{"name": f"c{i}", "reason": "constant"} for i in range(50)]
    report = text.render(audit)
    assert report.count('  left out "') == 20
    assert "and 30 columns more" in report


def test_a_fit_that_stopped_short_is_a_warning():
    fit = {**handmade().summary["fit"], "converged": False, "gradient_norm": 0.125}
    report = text.render(handmade(fit=fit))
    assert "Warning: the fit did not converge (gradient 1.2e-01, expected 1e-09)" in report
    assert "stopped after 5 steps" in report


def test_an_estimated_self_influence_is_said_to_be_one():
    audit = handmade()
    assert "estimated, relative" not in text.render(audit)
    audit.summary["fit"]["self_influence_error"] = 0.1
    assert "Self-influence and leverage: estimated, relative standard error 10%." in text.render(audit)
