"""Influence against another implementation: pyDVL, in the environment whose Python LABELAUDIT_PYDVL_PYTHON names."""

from __future__ import annotations

import logging
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

import oracle
from labelaudit.assess import Settings, assess, rows_of
from labelaudit.benchmark.published import MEASURED, ROWS, TEST, TRAIN, run_published
from labelaudit.choose import ridge_for
from labelaudit.synthetic import draw, flip_share
from labelaudit.table.table import Column

LOG = logging.getLogger(__name__)
PYTHON = os.environ.get("LABELAUDIT_PYDVL_PYTHON")
SCRIPT = Path(__file__).parents[2] / "benchmarks" / "pydvl_influence.py"
TOLERANCE = 1e-8  # of the largest figure: both solve in float64, with condition numbers up to some thousands

pytestmark = pytest.mark.skipif(PYTHON is None, reason="LABELAUDIT_PYDVL_PYTHON names no Python with pyDVL")


def pydvl(folder, x, given, reference_x, reference_given, theta, ridge):
    """pyDVL's average influence and self-influence of the rows."""
    np.savez(
        folder / "in.npz",
        **{"x": x, "given": given, "reference_x": reference_x, "reference_given": reference_given},
        **{"theta": theta, "ridge": ridge},
    )
    done = subprocess.run([PYTHON, SCRIPT, folder / "in.npz", folder / "out.npz"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    with np.load(folder / "out.npz") as out:
        return out["average_influence"], out["self_influence"]


def close(got, expected, name):
    difference = oracle.error(got, expected)
    LOG.info("%s: largest difference %.1e of the largest figure", name, difference)
    assert difference < TOLERANCE


def test_the_published_benchmark_has_the_same_influences(tmp_path):
    run, sample = run_published(0), draw(ROWS, seed=0)
    measured, test = sample.take(TRAIN).take(slice(0, MEASURED)), sample.take(TEST)
    x, there = (np.hstack([s.x, np.ones((len(s), 1))]) for s in (measured, test))
    average, _ = pydvl(tmp_path, x, measured.given, there, test.given, run.theta, np.zeros(3))
    close(run.influences["direct"].before, average, "average influence")


def rows_from(x, given, classes):
    columns = [Column(f"x{i}", "numeric", np.ascontiguousarray(v)) for i, v in enumerate(x.T)]
    return rows_of(columns, given, classes), columns


def three_classes(rows, seed):
    rng = np.random.default_rng(seed)
    given = rng.integers(0, 3, rows)
    return rng.normal(size=(rows, 4)) + np.eye(3, 4)[given], given


def two_classes(rows, seed):
    sample = flip_share(draw(rows, 20, seed=seed), 0.1, seed=seed)
    return sample.x, sample.given


@pytest.mark.parametrize(("make", "classes"), [(two_classes, 2), (three_classes, 3)])
@pytest.mark.parametrize("solver", ["direct", "cg"])
def test_an_audit_with_a_reference_has_the_same_influences(tmp_path, make, classes, solver):
    rows, columns = rows_from(*make(600, 0), classes)
    reference, there = rows_from(*make(200, 1), classes)
    audited = assess(rows, Settings(encoding="linear", l2=0.01, solver=solver), reference=reference)
    x, reference_x = (
        np.ascontiguousarray(audited.encoder.encode(c, np.arange(len(r.given))))
        for r, c in ((rows, columns), (reference, there))
    )
    ridge = ridge_for(x.shape[1], audited.choice.l2)
    average, own = pydvl(tmp_path, x, rows.given, reference_x, reference.given, audited.fit.theta, ridge)
    close(audited.scores.average_influence, average, "average influence")
    close(audited.scores.self_influence, own, "self-influence")
