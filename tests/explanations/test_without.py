from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import labelaudit
import oracle
from labelaudit.evidence import leave_one_out
from labelaudit.explanations.explain import model_of
from labelaudit.explanations.without import (
    _closed_form,
    _newton_step,
    belonging,
    duplicates,
    probabilities_at,
    theta_without,
)
from labelaudit.kernels import native
from labelaudit.model.fit import newton
from labelaudit.model.targets import class_probabilities
from labelaudit.report import explanation
from problems import alike
from sample_data import HEADER, csv_text, sample_rows

CASES = [(2, "linear"), (3, "linear"), (2, "kernel"), (3, "spline"), (4, "spline+kernel")]

every_case = pytest.mark.parametrize(("classes", "encoding"), CASES)


def probabilities_without(model, row):
    return probabilities_at(model, row, theta_without(model, row))


def all_rows(model):
    return range(len(model.fitted))


@every_case
def test_the_given_labels_probability_is_the_self_confidence_of_the_ranking(models, classes, encoding):
    model = models(classes, encoding)
    ranked = model.audit.ranking.sort_values("row")["self_confidence"].to_numpy()
    got = [probabilities_without(model, i)[model.rows.given[i]] for i in all_rows(model)]
    np.testing.assert_allclose(got, ranked, rtol=1e-9, atol=1e-12)


@every_case
def test_it_is_the_leave_one_out_of_all_rows(models, classes, encoding):
    model = models(classes, encoding)
    whole = leave_one_out(model.objective, model.theta, alike(model.rows.hashes[model.layout.order]))
    got = np.stack([probabilities_without(model, i) for i in all_rows(model)])
    np.testing.assert_allclose(got, model.layout.to_table_order(whole), rtol=1e-9, atol=1e-12)


@every_case
def test_duplicates_are_left_out_together(models, classes, encoding):
    model = models(classes, encoding)
    assert [len(duplicates(model, i)) for i in range(5)] == [2] * 5
    for i in range(5):
        twin = next(j for j in duplicates(model, i) if j != i)
        assert oracle.error(probabilities_without(model, i), probabilities_without(model, int(twin))) <= 1e-12


@every_case
def test_the_closed_form_is_one_newton_step_without_the_rows(models, classes, encoding):
    model = models(classes, encoding)
    for i in all_rows(model):
        # the slack against a leverage of 1 moves the closed form by its size over one less the leverage
        assert oracle.error(_closed_form(model, i), _newton_step(model, i)) <= 1e-6


@pytest.mark.parametrize("classes", [2, 3])
def test_it_is_what_refitting_without_the_rows_gives_to_first_order(models, classes):
    model = models(classes, "linear")
    moved, refitted = [], []
    for i in all_rows(model):
        weights = np.ones(len(model.fitted))
        weights[model.stored[duplicates(model, i)]] = 0.0
        rest = newton(replace(model.objective, weights=weights), start=model.theta, tolerance=1e-11)
        p = class_probabilities(native.probabilities(model.block(i).forward(rest.theta)))[0]
        with_row = class_probabilities(model.residuals.p[[model.stored[i]]])[0]
        refitted.append(p - with_row)
        moved.append(probabilities_without(model, i) - with_row)
    moved, refitted = np.array(moved), np.array(refitted)
    assert np.corrcoef(moved.ravel(), refitted.ravel())[0, 1] >= 0.99
    small = np.abs(refitted).max(1) < 0.01  # where second order is nothing, the size is right too
    assert small.sum() > 10
    assert np.abs(moved - refitted)[small].max() <= 0.1 * np.abs(refitted)[small].max()


def test_conjugate_gradient_leaves_out_the_same_rows(models):
    direct, by_cg = models(3, "linear"), models(3, "linear", "cg")
    for i in range(0, len(direct.fitted), 7):
        assert oracle.error(probabilities_without(by_cg, i), probabilities_without(direct, i)) <= 1e-6


@pytest.fixture(scope="module")
def grouped(tmp_path_factory):
    path = tmp_path_factory.mktemp("grouped") / "train.csv"
    rows = [[*row, f"p{i // 4}"] for i, row in enumerate(sample_rows(60))]
    path.write_text(csv_text(rows, (*HEADER, "patient")))
    return labelaudit.audit(path, "label", id="key", group="patient", encoding="linear", l2=0.02)


def test_a_rows_group_is_left_out_with_it(grouped):
    model = model_of(grouped)
    for i in (0, 6, 33):
        its = np.arange(len(model.fitted)) // 4 == i // 4
        assert np.array_equal(belonging(model, i), np.flatnonzero(its))
        weights = np.where(its[model.layout.order], 0.0, 1.0)
        refitted = newton(replace(model.objective, weights=weights), tolerance=1e-11)
        expected = probabilities_at(model, i, refitted.theta)
        # a gradient of 1e-7 over an l2 of 0.02
        assert np.abs(probabilities_without(model, i) - expected).max() <= 1e-5


def test_the_explanation_says_that_the_group_was_left_out(grouped):
    found = labelaudit.explain(grouped, 7)
    assert found.group_rows == 4
    assert "its group of 4 rows" in found.sentence
    assert "without its group" in explanation.render(found)
    assert any('every group of "patient" together' in note for note in found.notes)
