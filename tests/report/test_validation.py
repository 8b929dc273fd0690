"""The text of a validation made by hand, so that no figure in it comes from a computation."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from labelaudit.metrics import Reliability, Tenths
from labelaudit.report.validation import render
from labelaudit.report.words import width
from labelaudit.validation.result import AsItIs, KindOfError, Run, Validation

NAN = float("nan")
LABELS = pd.DataFrame(
    {"row": [2], "label": ["a"], "planted_label": ["b"], "rank": [1], "label_score": [0.125], "is_label_issue": [True]}
)


def run(kind="uniform", repeat=1, **changes):
    tenths = Tenths(np.arange(100, 1001, 100), np.linspace(0.75, 0.125, 10), np.linspace(0.5, 1, 10))
    stated = np.linspace(0.0625, 0.9996, 10)
    values = {
        **{"kind": kind, "repeat": repeat, "seed": repeat + 3, "rows": 1000, "planted": 125, "taken_back": 0},
        **{"average_precision": 0.8125, "flagged": 80, "precision": 0.625, "recall": 0.4, "precision_at_planted": 0.52},
        **{"stated_false_alarms": 0.1875, "false_alarms_before": 0.9, "stated_rate": 0.1375, "interval": (0.11, 0.16)},
        **{"calibration_error": 0.0211, "brier_skill": -0.3125, "converged": True, "tenths": tenths},
        "reliability": Reliability(np.full(10, 100), stated, stated / 2),
        "labels": LABELS,
    }
    return Run(**{**values, **changes})


def validation(*kinds, **data):
    about = {
        **{"label": "kind", "rows": 1002, "rows_measured": 1000, "rows_left_out": 0, "only_row_of_its_class": 0},
        **{"classes": [{"name": n, "rows": 500} for n in ("a", "b")], "sources": [], "reference_rows": None},
    }
    options = {"rate": 0.125, "repeats": len(kinds[0].runs), "rank_by": "label_score", "max_fdr": 0.2}
    return Validation({**about, **data}, options, AsItIs(30, 0.0175, (0.001, 0.0325)), kinds)


THREE = tuple(
    KindOfError(kind, (run(kind), run(kind, 2, recall=0.5, brier_skill=0.25, flagged=123_456)))
    for kind in ("uniform", "asymmetric", "instance")
)


def test_the_verdict_comes_first_with_the_stated_beside_the_real():
    text = render(validation(KindOfError("uniform", (run(),))))
    first = " ".join(text.split("\n\n")[0].split())
    assert first == (
        "Of the 12.5% of labels planted wrong at random, the audit finds 40% in the rows it flags; 38% of these are "
        "false alarms (stated: 19%)."
    )


def test_what_the_figures_rest_on_is_said():
    text = " ".join(render(validation(*THREE)).split())
    assert "The labels of the file are taken as right" in text
    assert "Planted errors are easier to find than real ones" in text
    assert "the audit flags 30 rows (3.0%) and states a noise rate of 1.8% (95 % interval 0.1% to 3.2%)" in text
    assert '25% of "b" given as "a", no other class' in text
    assert "seeds 4 to 5" in text


def test_figures_have_their_mean_and_range_and_chance_beside_the_average_precision():
    lines = [" ".join(line.split()) for line in render(validation(*THREE)).splitlines()]
    assert "recall 45% (40-50) 45% (40-50) 45% (40-50)" in lines
    assert "average precision 0.81 0.81 0.81" in lines
    assert "by chance 0.12 0.12 0.12" in lines
    assert "Brier skill -3% (-31 to 25) -3% (-31 to 25) -3% (-31 to 25)" in lines
    assert "in the interval 2 of 2 2 of 2 2 of 2" in lines
    assert "10% 100 50% / 75% 50% / 75% 50% / 75%" in lines


def test_no_figure_reads_minus_nothing():
    kind = KindOfError("uniform", (run(brier_skill=-0.001), run(repeat=2, brier_skill=0.1)))
    assert "-0" not in render(validation(kind))


def test_nothing_reads_all_or_none_that_is_not():
    bins = Reliability(np.array([500, 500]), np.array([0.0001, 0.9999]), np.array([0.0, 1.0]))
    text = " ".join(render(validation(KindOfError("uniform", (run(reliability=bins),)))).split())
    assert "1 <0.1% / 0.0% 2 >99.9% / 100.0%" in text


@pytest.mark.parametrize("label", ["kind", "\x1b[31m" + "long " * 30, "漢字" * 20])
def test_it_fits_80_columns(label):
    names = [{"name": label * 3, "rows": 2}, {"name": label, "rows": 2}, {"name": "c", "rows": 1}]
    further = {"rows_left_out": 3, "only_row_of_its_class": 2, "reference_rows": 100, "classes": names}
    kinds = tuple(KindOfError(k.kind, (run(k.kind, taken_back=3, converged=False), *k.runs)) for k in THREE)
    text = render(validation(*kinds, label=label, **further))
    assert max(map(width, text.splitlines())) <= 80
    assert "\x1b" not in text
    for words in (
        "Trusted rows, in which nothing is planted: 100.",
        "Rows left out, without a label: 3.",
        "Rows in no figure, each the only row of its class: 2.",
        "3 uniform, 3 asymmetric, 3 instance.",
        "Warning: 3 of 9 fits did not converge.",
    ):
        assert words in " ".join(text.split())


def test_no_flagged_row_and_no_planted_error_have_words():
    unflagged = KindOfError("uniform", (run(flagged=0, precision=NAN, recall=0.0, stated_false_alarms=NAN),))
    assert "few errors" not in render(validation(unflagged))
    assert "it flags no row" in " ".join(render(validation(unflagged)).split())
    empty = replace(run(), planted=0, recall=NAN, average_precision=NAN, brier_skill=NAN, labels=LABELS[:0])
    text = render(validation(KindOfError("uniform", (empty,))))
    assert text.startswith("No label was planted wrong at random.")
    assert "Warning: few errors were planted (0 uniform)" in text
    assert "nan" not in text
