from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest

import oracle
from labelaudit.audits.run import take
from labelaudit.encode.content import sample
from labelaudit.encode.encoder import feature_columns
from labelaudit.explanations.columns import DRAWN, Pushes, _difference, _outcomes, pushes
from labelaudit.explanations.explain import explain_row, model_of
from labelaudit.explanations.result import Value
from labelaudit.explanations.without import theta_without
from labelaudit.influence import Residuals, perturbation_influence
from labelaudit.table.table import Column

ADDITIVE = [(2, "linear"), (3, "linear"), (3, "spline")]
MIXING = [(2, "kernel"), (3, "spline+kernel")]


def pushed(model, row: int, given: int, against: int) -> Pushes:
    return pushes(model, row, theta_without(model, row), given, against)


def logits(model, cells: list[Column], theta):
    """Of rows with these cells, by the encoder and a plain product."""
    x = model.audit.model.encoder.encode(feature_columns(cells), np.arange(len(cells[0].values)))
    return x @ theta


def codes(model, row: int) -> tuple[int, int]:
    given = int(model.rows.given[row])
    return given, (given + 1) % model.rows.classes


@pytest.mark.parametrize("case", [*ADDITIVE, *MIXING], ids=lambda c: f"{c[1]}-{c[0]}")
def test_a_contribution_is_what_replacing_the_value_costs_on_average(models, case):
    model = models(*case)
    drawn = sample(model.rows.hashes, DRAWN)
    for row in (0, 7, 33):
        given, against = codes(model, row)
        theta = theta_without(model, row)
        got = pushes(model, row, theta, given, against)
        assert got.logit_difference == pytest.approx(
            _difference(logits(model, list(take(model.cells, np.array([row]))), theta), given, against)[0], rel=1e-9
        )
        for j, column in enumerate(model.columns):
            lost = []
            for other in drawn:
                cells = [
                    Column(c.name, c.kind, c.values[[other if c.name == column.name else row]], c.levels)
                    for c in model.cells
                ]
                lost.append(got.logit_difference - _difference(logits(model, cells, theta), given, against)[0])
            assert got.contributions[j] == pytest.approx(np.mean(lost), rel=1e-8, abs=1e-10)


@pytest.mark.parametrize("case", ADDITIVE, ids=lambda c: f"{c[1]}-{c[0]}")
def test_contributions_sum_to_the_logit_difference_where_the_encoding_adds_columns_up(models, case):
    model = models(*case)
    for row in range(len(model.fitted)):
        got = pushed(model, row, *codes(model, row))
        assert got.contributions.sum() == pytest.approx(got.logit_difference - got.average, rel=1e-9, abs=1e-9)


def test_in_the_linear_encoding_they_are_coefficients_times_the_distance_from_the_mean(models):
    model = models(2, "linear")  # fewer rows than are drawn: all are
    encoder = model.audit.model.encoder
    x = encoder.encode(model.rows.columns, np.arange(len(model.fitted)))
    parts = np.cumsum([0, *(len(c.names) for c in encoder.columns)])
    for row in (0, 11):
        given, against = codes(model, row)
        each = (x[row] - x.mean(0)) * model.theta[:, 0] * (given - against)
        expected = [each[a:b].sum() for a, b in itertools.pairwise(parts)]
        assert oracle.error(pushes(model, row, model.theta, given, against).contributions, expected) <= 1e-9


def test_swapping_the_labels_turns_the_contributions_round(models):
    model = models(3, "spline+kernel")
    one, two = pushed(model, 5, 0, 2), pushed(model, 5, 2, 0)
    np.testing.assert_allclose(one.contributions, -two.contributions, rtol=1e-12)
    assert one.average == -two.average


def test_perturbation_influence_is_the_average_influence_lost_with_the_value(models):
    model = models(2, "kernel")
    ranking = model.audit.ranking.sort_values("row")["average_influence"].to_numpy()
    drawn = sample(model.rows.hashes, DRAWN)
    for row in (2, 20):
        got = pushed(model, row, *codes(model, row)).perturbations
        for j, column in enumerate(model.columns):
            cells = take(model.cells, np.full(len(drawn), row))
            next(c for c in cells if c.name == column.name).values[:] = column.values[drawn]
            _, influence = _outcomes(model, cells, int(model.rows.given[row]), model.theta)
            assert got[j] == pytest.approx(ranking[row] - influence.mean(), rel=1e-7, abs=1e-9)


@pytest.mark.parametrize("classes", [2, 3])
def test_small_perturbations_agree_with_the_derivative_by_the_encoded_column(models, classes):
    """The derivative of the average influence is that of the pairwise ones, averaged with the same weights."""
    model = models(classes, "linear")
    row, step = 4, 1e-5
    block = model.block(row)
    at = model.stored[[row]]
    one = Residuals(
        replace(model.objective.blocks, blocks=(block,), rows=1), model.residuals.p[at], model.residuals.r[at]
    )
    weights = model.score[model.layout.order]
    derivative = np.zeros(model.objective.blocks.cols)
    for where, part in perturbation_influence(one, model.residuals, model.curvature, model.theta):
        derivative += (part[0] * weights[where, None]).sum(0) / weights.sum()
    for column in range(2):  # a and b, each one encoded column
        encoder = model.audit.model.encoder.columns[column]
        influence = []
        for sign in (1, -1):
            cells = take(model.cells, np.array([row]))
            cells[column].values[:] += sign * step
            influence.append(_outcomes(model, cells, int(model.rows.given[row]), model.theta)[1][0])
        by_value = (influence[0] - influence[1]) / (2 * step)
        scale = float(encoder.scale[0]) * 2.0**encoder.exponent
        assert by_value == pytest.approx(derivative[column] / scale, rel=1e-5, abs=1e-8)


def test_the_logit_difference_is_that_of_the_probabilities_without_the_row(models):
    model = models(3, "kernel")
    for row in range(0, 60, 7):
        found = explain_row(model, row + 1)
        p = {c.label: c.without_row for c in found.probabilities}
        odds = np.log(p[found.finding.given_label] / p[found.against_label])
        assert found.logit_difference == pytest.approx(odds, rel=1e-8)


def test_every_kind_of_column_gets_its_values(mixed):
    model = model_of(mixed())
    found = explain_row(model, 6)
    by_name = {c.column: c for c in found.columns}
    assert set(by_name) == {"when", "size", "colour", "ok", "note"}
    cells: dict[str, Value] = {name: c.value for name, c in by_name.items()}
    assert cells | {"note": None} == {"when": "2016-06-11", "size": None, "colour": "green", "ok": True, "note": None}
    assert isinstance(cells["note"], str)
    assert all(np.isfinite([c.contribution, c.perturbation_influence]).all() for c in found.columns)


def test_the_order_of_the_drawn_batches_changes_nothing(models, monkeypatch):
    model = models(3, "spline")
    whole = pushed(model, 3, 0, 1)
    monkeypatch.setattr("labelaudit.explanations.columns.BATCH_BYTES", 1)
    one_by_one = pushed(model, 3, 0, 1)
    np.testing.assert_allclose(one_by_one.contributions, whole.contributions, rtol=1e-12)
