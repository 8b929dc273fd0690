from __future__ import annotations

import numpy as np
import pytest

import labelaudit
from labelaudit.audits.inputs import read_inputs
from labelaudit.audits.options import AuditOptions
from labelaudit.encode.encoder import feature_columns
from labelaudit.kernels import native
from labelaudit.views import projection
from labelaudit.views.projection import directions, projected
from sample_data import QUICK


def audited(columns, labels, **options):
    import pandas as pd

    frame = pd.DataFrame({**columns, "y": labels})
    audit = labelaudit.audit(frame, label="y", **(QUICK | options))
    table = read_inputs(frame, AuditOptions.of({"label": "y"})).table
    return audit.model, table.columns


def logits_of(model, columns):
    rows = np.arange(len(columns[0].values))
    return native.to_numpy(model.encoder.encode(feature_columns(columns), rows)) @ model.theta


def blobs(classes, rows=600, wide=4.0, seed=0):
    """Classes apart in a, rows spread in b whatever their class, noise in c."""
    rng = np.random.default_rng(seed)
    code = np.arange(rows) % classes
    a, b, c = rng.normal(size=(3, rows))
    return {"a": a + 2 * code, "b": b + wide * rng.integers(0, 2, rows), "c": c}, np.array(list("uvwxyz"))[code]


@pytest.mark.parametrize("encoding", ["linear", "kernel", "terms"])
def test_with_two_classes_across_is_the_log_odds(encoding):
    model, columns = audited(*blobs(2), encoding=encoding)
    rows = np.arange(600)
    points = projected(model, columns, rows, directions(model, columns, rows))
    np.testing.assert_allclose(points[:, 0], logits_of(model, columns)[:, 0], rtol=1e-9, atol=1e-12)


def test_with_two_classes_up_shows_what_else_tells_rows_apart():
    features, labels = blobs(2)
    features["d"] = features["b"] + np.random.default_rng(1).normal(size=600) / 4  # b's direction is the largest spread
    model, columns = audited(features, labels)
    rows = np.arange(600)
    up = projected(model, columns, rows, directions(model, columns, rows))[:, 1]
    assert abs(np.corrcoef(up, features["b"])[0, 1]) > 0.95


def test_a_few_odd_rows_do_not_make_the_direction():
    features, labels = blobs(2)
    features["d"] = features["b"] + np.random.default_rng(1).normal(size=600) / 4
    for name in ("e", "f", "g"):  # together the largest variance, but only of four rows
        features[name] = np.where(np.arange(600) < 4, 100.0, 0.0) + np.random.default_rng(2).normal(size=600) / 100
    model, columns = audited(features, labels)
    rows = np.arange(600)
    up = projected(model, columns, rows, directions(model, columns, rows))[:, 1]
    assert abs(np.corrcoef(up[4:], features["b"][4:])[0, 1]) > 0.9


def test_with_more_classes_both_are_principal_directions_of_the_logits():
    model, columns = audited(*blobs(4))
    rows = np.arange(600)
    points = projected(model, columns, rows, directions(model, columns, rows))
    z = logits_of(model, columns)
    u, s, _ = np.linalg.svd(z - z.mean(0), full_matrices=False)
    centred = np.abs(points - points.mean(0))
    np.testing.assert_allclose(centred, np.abs(u[:, :2] * s[:2]), rtol=1e-8, atol=1e-8 * s[0])


def test_chunks_change_nothing(monkeypatch):
    model, columns = audited(*blobs(3))
    rows = np.arange(600)[::-1].copy()
    along = directions(model, columns, rows)
    whole = projected(model, columns, rows, along)
    monkeypatch.setattr(projection, "CHUNK_ROWS", 7)
    np.testing.assert_allclose(projected(model, columns, rows, along), whole, rtol=1e-12, atol=1e-12)


def test_rows_that_are_all_alike_have_a_place():
    model, columns = audited({"a": np.repeat([0.0, 1.0], 30)}, np.repeat(["u", "v"], 30))
    rows = np.arange(60)
    assert np.isfinite(projected(model, columns, rows, directions(model, columns, rows))).all()
