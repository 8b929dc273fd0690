"""What changes beyond MANY_CLASSES classes: nothing grows with the square of their number, and little is estimated."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from labelaudit._core import CsrMatrix
from labelaudit.assess import Settings, assess, rows_of
from labelaudit.blocks import MatrixBlock, RowBlocks
from labelaudit.choose import UNTRIED, choose, hard_objective
from labelaudit.choose import __name__ as choose_module
from labelaudit.curvature import PRODUCT_ERROR, CgCurvature, DirectCurvature, quadratic_error
from labelaudit.encode.rows import thinned
from labelaudit.influence import residuals
from labelaudit.model import system
from labelaudit.model.fit import newton, solver_for
from labelaudit.model.objective import Objective
from labelaudit.model.system import KroneckerProduct, solve_hessian
from labelaudit.model.targets import MANY_CLASSES
from labelaudit.table.table import Column

ROWS, CLASSES = 600, 60


def labels(rng: np.random.Generator) -> np.ndarray:
    """Of two rows a class and more, some classes far more frequent than others."""
    y = (rng.zipf(1.3, ROWS) - 1) % CLASSES
    y[: 2 * CLASSES] = np.repeat(np.arange(CLASSES), 2)
    return y


def numbers(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    y = labels(rng)
    x = 1.2 * rng.normal(size=(CLASSES, 8))[y] + rng.normal(size=(ROWS, 8))
    return np.hstack([(x - x.mean(0)) / x.std(0), np.ones((ROWS, 1))]), y


def levels(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    y = labels(rng)
    seen = [
        np.where(rng.random(ROWS) < 0.7, rng.integers(0, n, CLASSES)[y], rng.integers(0, n, ROWS)) for n in (20, 15)
    ]
    return np.hstack([np.eye(20)[seen[0]], np.eye(15)[seen[1]], np.ones((ROWS, 1))]), y


def objective_of(x: np.ndarray, y: np.ndarray, l2: float) -> Objective:
    cut = ROWS // 3
    blocks = MatrixBlock(0, cut, 0, x[:cut]), MatrixBlock(cut, ROWS, 1, x[cut:])
    return hard_objective(RowBlocks(blocks, ROWS, x.shape[1]), y, CLASSES, l2)


def test_from_how_many_classes_on_the_hessian_is_not_formed() -> None:
    assert solver_for(500, outputs=MANY_CLASSES) == "direct"
    assert solver_for(500, outputs=MANY_CLASSES + 1) == "cg"
    assert solver_for(500, "direct", outputs=MANY_CLASSES + 1) == "direct"


@pytest.mark.parametrize(("l2", "most", "least"), [(0.1, 0.7, 0.97), (0.01, 0.7, 0.97), (0.001, PRODUCT_ERROR, 0.89)])
@pytest.mark.parametrize("table", [numbers, levels])
def test_self_influence_and_leverage_are_within_the_stated_error(table, l2: float, most: float, least: float) -> None:
    objective = objective_of(*table(), l2)
    theta = newton(objective, solver="cg", tolerance=1e-7).theta
    rows = residuals(objective.blocks, objective.targets, theta)
    exact = DirectCurvature(objective, theta).row_forms(rows.blocks, rows.r, rows.p)
    found = CgCurvature(objective, theta).row_forms(rows.blocks, rows.r, rows.p)
    assert quadratic_error(objective.parameters, "cg", CLASSES) == PRODUCT_ERROR
    assert quadratic_error(objective.parameters, "direct", CLASSES) == 0
    too_wide = (system.WIDEST + 1) * CLASSES  # for the product: then the forms are estimated
    assert quadratic_error(too_wide, "cg", CLASSES) == quadratic_error(too_wide, "cg")
    assert np.sqrt(np.mean((found / exact - 1) ** 2, 0)).max() < most
    assert np.abs(found.sum(0) / exact.sum(0) - 1).max() < 0.3  # from four images; 0.26 was measured
    order, expected = found.argsort(0).argsort(0), exact.argsort(0).argsort(0)
    assert min(np.corrcoef(order[:, i], expected[:, i])[0, 1] for i in (0, 1)) > least


def test_the_product_takes_fewer_steps_with_intercepts_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    objective = objective_of(*numbers(), 0.1)
    theta = newton(objective, solver="cg", tolerance=1e-7).theta
    _, gradient = objective.without_fold(0).loss_and_gradient(theta)
    rhs = np.ascontiguousarray(gradient.T).reshape(1, -1)
    found = solve_hessian(objective, theta, rhs, tolerance=1e-8)
    hessian = objective.hessian(theta)
    assert np.abs(found.x[0] @ hessian - rhs[0]).max() <= 1e-6 * np.abs(rhs).max()
    monkeypatch.setattr(system, "MANY_CLASSES", CLASSES)
    before = solve_hessian(objective, theta, rhs, tolerance=1e-8)
    assert found.steps[0] < 0.7 * before.steps[0]
    np.testing.assert_allclose(found.x, before.x, atol=1e-5 * np.abs(before.x).max())


def test_where_curvature_does_not_depend_on_the_row_the_product_is_the_hessian() -> None:
    x, y = levels()
    objective = objective_of(x, y, 0.01)
    theta = np.zeros((x.shape[1], CLASSES))
    theta[-1] = np.linspace(-1, 1, CLASSES)  # the intercepts alone
    product, hessian = KroneckerProduct.of(objective, theta), objective.hessian(theta)
    whitened = product.whiten(product.whiten(hessian).T)
    values = np.linalg.eigvalsh((whitened + whitened.T) / 2)
    assert np.median(np.abs(values - 1)) < 1e-6
    assert (np.abs(values - 1) > 1e-4).sum() <= 2 * x.shape[1]  # what all classes share has the gauge instead


def test_sparse_rows_give_the_same_fit_and_forms() -> None:
    x, y = levels()
    dense = objective_of(x, y, 0.01)
    sparse = replace(dense, blocks=thinned(dense.blocks))
    assert all(isinstance(block, MatrixBlock) and isinstance(block.x, CsrMatrix) for block in sparse.blocks.blocks)
    fits = [newton(o, solver="cg", tolerance=1e-9).theta for o in (dense, sparse)]
    np.testing.assert_allclose(*fits, atol=1e-5)
    forms = []
    for objective in (dense, sparse):
        rows = residuals(objective.blocks, objective.targets, fits[0])
        forms.append(CgCurvature(objective, fits[0]).row_forms(rows.blocks, rows.r, rows.p))
    np.testing.assert_allclose(*forms, rtol=1e-3)


def test_dense_rows_stay_dense() -> None:
    blocks = objective_of(*numbers(), 0.01).blocks
    assert thinned(blocks) is blocks


def assessed(monkeypatch: pytest.MonkeyPatch | None) -> tuple[np.ndarray, np.ndarray]:
    """Label scores of a table with planted errors, and where these are."""
    x, y = numbers(3)
    rng = np.random.default_rng(4)
    wrong = np.flatnonzero(np.bincount(y)[y] > 12)
    wrong = rng.choice(wrong, len(wrong) // 8, replace=False)
    given = y.copy()
    given[wrong] = (y[wrong] + rng.integers(1, 6, len(wrong))) % CLASSES
    columns = tuple(Column(f"c{i}", "numeric", x[:, i]) for i in range(8))
    rows = rows_of(columns, given, CLASSES)
    if monkeypatch is not None:
        for module in ("choose", "assess", "curvature", "model.system", "model.fit", "model.optimize", "noise.models"):
            monkeypatch.setattr(f"labelaudit.{module}.MANY_CLASSES", CLASSES)
        monkeypatch.setattr("labelaudit.noise.models.MOST_CLASSES", 50)
    scores = assess(rows, Settings(encoding="linear", l2=0.01)).scores
    return scores.label_score, np.isin(np.arange(ROWS), wrong)


def average_precision(score: np.ndarray, wrong: np.ndarray) -> float:
    hits = wrong[np.argsort(score, kind="stable")]
    return float((np.cumsum(hits) / np.arange(1, len(hits) + 1))[hits].mean())


def test_errors_are_found_as_well_as_with_every_matrix_formed(monkeypatch: pytest.MonkeyPatch) -> None:
    found, before = assessed(None), assessed(monkeypatch)
    assert average_precision(*found) > 0.3
    assert average_precision(*found) > average_precision(*before) - 0.05
    assert np.corrcoef(found[0], before[0])[0, 1] > 0.9


def test_beyond_some_work_the_middle_strength_is_taken_untried(monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = numbers()
    rows = rows_of(tuple(Column(f"c{i}", "numeric", x[:, i]) for i in range(8)), y, CLASSES)
    monkeypatch.setattr(f"{choose_module}.LARGEST_TRIED", 0)
    assert all(trial.note != UNTRIED for trial in choose(rows).trials)
    monkeypatch.setattr(f"{choose_module}.MOST_WORK", 1)
    choice = choose(rows)
    assert (choice.encoding, choice.l2) == ("linear", 0.01)
    assert choice.trials[0].note == UNTRIED
