"""What the ranking states, against the formulas written out densely from the saved model."""

from __future__ import annotations

import numpy as np
import pytest

import labelaudit
from labelaudit.encode.encoder import feature_columns
from labelaudit.table import read_table
from sample_data import csv_text, sample_rows

CASES = [(2, "linear"), (3, "linear"), (2, "kernel"), (3, "spline+kernel")]


class Dense:
    """Encoded rows, gradients and the whole Hessian of the mean loss of a saved audit."""

    def __init__(self, audit, table, l2):
        encoder, self.theta, _ = audit.model.encoder, audit.model.theta, audit.model.classes
        self.encode = lambda t: encoder.encode(feature_columns(t.columns), np.arange(len(t)))
        self.classes = len(audit.model.classes)
        self.x = self.encode(table)
        p = self.probabilities(self.x)
        n, cols = self.x.shape
        k = self.theta.shape[1]
        curvature = np.einsum("na,ab->nab", p, np.eye(k)) - np.einsum("na,nb->nab", p, p)
        each = np.einsum("nab,ni,nj->naibj", curvature, self.x, self.x).reshape(n, k * cols, k * cols)
        ridge = np.tile(np.append(np.full(cols - 1, l2), 0.0), k)
        self.each = each
        # with a logit a class the intercepts share a null direction, to which no gradient has a component
        self.inverse = np.linalg.pinv(each.mean(0) + np.diag(ridge), rcond=1e-12, hermitian=True)

    def probabilities(self, x):
        logits = x @ self.theta
        if self.classes == 2:
            return 1 / (1 + np.exp(-logits))
        e = np.exp(logits - logits.max(1, keepdims=True))
        return e / e.sum(1, keepdims=True)

    def gradients(self, table):
        x = self.encode(table)
        y = np.eye(self.classes)[table.given]
        r = self.probabilities(x) - (y[:, 1:] if self.classes == 2 else y)
        return np.einsum("na,ni->nai", r, x).reshape(len(x), -1)


@pytest.fixture(params=CASES, ids=lambda c: f"{c[1]}-{c[0]}")
def case(request, write):
    classes, encoding = request.param
    path = write(csv_text(sample_rows(classes=classes)))
    options = {"id": "key", "encoding": encoding, "l2": 0.02}
    return path, options, read_table([path], label="label", ids=["key"])


def saved(path, options, **more):
    audit = labelaudit.load(labelaudit.audit(path, "label", **options, **more).save("report"))
    by_row = audit.ranking.set_index("row").sort_index()
    return audit, by_row


def test_average_influence_over_credible_rows_is_the_direct_formula(case):
    path, options, table = case
    audit, by_row = saved(path, options)
    dense = Dense(audit, table, 0.02)
    g = dense.gradients(table)
    weights = by_row["label_score"].to_numpy()
    direct = g @ dense.inverse @ (weights @ g / weights.sum())
    np.testing.assert_allclose(by_row["average_influence"], direct, rtol=1e-8, atol=1e-8)


def test_average_influence_over_a_reference_is_the_direct_formula(case, write):
    path, options, table = case
    trusted = csv_text(sample_rows(40, len(table.classes), wrong=0.0, seed=7))
    reference = write(trusted, "trusted.csv")
    audit, by_row = saved(path, options, reference=reference)
    dense = Dense(audit, table, 0.02)
    mean = dense.gradients(read_table([reference], label="label", ids=["key"], expect=table)).mean(0)
    np.testing.assert_allclose(
        by_row["average_influence"], dense.gradients(table) @ dense.inverse @ mean, rtol=1e-8, atol=1e-8
    )
    assert audit.summary["reference_rows"] == 40
    assert audit.summary["average_influence_over"] == "trusted rows"


def test_self_influence_and_leverage_are_the_direct_formulas(case):
    path, options, table = case
    audit, by_row = saved(path, options)
    dense = Dense(audit, table, 0.02)
    g = dense.gradients(table)
    own = np.einsum("ni,ij,nj->n", g, dense.inverse, g)
    np.testing.assert_allclose(by_row["self_influence"], own, rtol=1e-8, atol=1e-8)
    hat = np.einsum("nij,ji->n", dense.each, dense.inverse) / len(table)
    np.testing.assert_allclose(by_row["leverage"], hat, rtol=1e-8, atol=1e-8)


def test_the_restored_model_stands_at_the_optimum_of_the_audit(case):
    path, options, table = case
    audit, _ = saved(path, options)
    dense = Dense(audit, table, 0.02)
    ridge = np.append(np.full(dense.x.shape[1] - 1, 0.02), 0.0)[:, None]
    gradient = dense.gradients(table).mean(0) + (ridge * audit.model.theta).T.ravel()
    assert np.abs(gradient).max() <= audit.summary["fit"]["tolerance"]


def test_the_restored_torch_module_gives_the_same_logits(case):
    import torch

    path, options, table = case
    audit, _ = saved(path, options)
    x = Dense(audit, table, 0.02).x
    with torch.no_grad():
        logits = audit.model.module()(torch.from_numpy(x)).numpy()
    np.testing.assert_allclose(logits, x @ audit.model.theta, rtol=1e-12, atol=1e-12)
