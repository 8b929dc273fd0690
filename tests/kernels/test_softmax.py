from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

import oracle
from labelaudit import _core
from labelaudit.kernels import native

Array = NDArray[np.float64]

TOLERANCE = 1e-10
SHAPES = [(0, 1), (0, 4), (1, 1), (1, 2), (1, 3), (7, 1), (7, 2), (65, 3), (33, 12)]


def logits(rows: int, outputs: int) -> tuple[Array, Array, Array]:
    """Logits, soft targets and weights."""
    rng = np.random.default_rng([rows, outputs])
    t = rng.dirichlet(np.ones(max(outputs, 2)), size=rows)[:, -outputs:]
    return 4 * rng.normal(size=(rows, outputs)), np.ascontiguousarray(t), rng.uniform(size=rows)


@pytest.mark.parametrize(("rows", "outputs"), SHAPES)
def test_softmax_kernels_are_the_plain_loops(rows: int, outputs: int) -> None:
    z, t, w = logits(rows, outputs)
    p = native.probabilities(z)
    assert oracle.error(p, oracle.probabilities(z)) <= TOLERANCE
    r, loss = native.residual(z, t, w)
    expected, expected_loss = oracle.residual(z, t, w)
    assert oracle.error(r, expected) <= TOLERANCE
    assert loss == pytest.approx(expected_loss, rel=TOLERANCE, abs=0)
    assert oracle.error(native.curvature(p, w), oracle.curvature(p, w)) <= TOLERANCE
    for vectors in (0, 1, 5):
        u = np.random.default_rng(vectors).normal(size=(rows, outputs, vectors))
        assert oracle.error(native.apply_curvature(p, w, u), oracle.apply_curvature(p, w, u)) <= TOLERANCE


@pytest.mark.parametrize(("rows", "outputs"), [s for s in SHAPES if s[0]])
def test_the_residual_is_the_gradient_that_autograd_finds(rows: int, outputs: int) -> None:
    z, t, w = logits(rows, outputs)
    leaf = torch.tensor(z, requires_grad=True)
    free = torch.cat([torch.zeros(rows, 1, dtype=torch.float64), leaf], 1) if outputs == 1 else leaf
    whole = torch.tensor(np.hstack([1 - t, t]) if outputs == 1 else t)
    # targets of several logits need not sum to 1 in the kernel's formula, so it is written out
    loss = (torch.tensor(w) * (torch.logsumexp(free, 1) - (whole * free).sum(1))).sum()
    loss.backward()
    r, value = native.residual(z, t, w)
    assert value == pytest.approx(loss.item(), rel=TOLERANCE, abs=0)
    assert oracle.error(r, leaf.grad.numpy()) <= TOLERANCE


@given(arrays(np.float64, st.tuples(st.integers(1, 5), st.integers(1, 5)), elements=st.floats(-1e4, 1e4)))
def test_any_logits_give_probabilities_and_a_loss_that_is_finite(z: Array) -> None:
    p = native.probabilities(z)
    assert ((p >= 0) & (p <= 1)).all()
    if z.shape[1] > 1:
        assert np.allclose(p.sum(1), 1, rtol=0, atol=1e-14)
    r, loss = native.residual(z, np.zeros_like(z), np.ones(len(z)))
    assert np.array_equal(r, p)
    assert math.isfinite(loss)


@given(st.floats(-700, 700))
def test_one_logit_is_two_logits_with_the_first_at_zero(z: float) -> None:
    two = native.probabilities(np.array([[0.0, z]]))
    one = native.probabilities(np.array([[z]]))
    assert one[0, 0] == pytest.approx(two[0, 1], rel=1e-12, abs=0)
    for target in (0.0, 1.0):
        _, loss = native.residual(np.array([[z]]), np.array([[target]]), np.ones(1))
        _, same = native.residual(np.array([[0.0, z]]), np.array([[1 - target, target]]), np.ones(1))
        assert loss == pytest.approx(same, rel=1e-12, abs=1e-12)  # log-sum-exp less z cancels where z is large


def every_set() -> list[str]:
    return list(_core.instruction_sets())


@pytest.fixture(params=every_set())
def instruction_set(request: pytest.FixtureRequest) -> Iterator[str]:
    before = _core.instruction_set()
    _core.use_instruction_set(request.param)
    yield request.param
    _core.use_instruction_set(before)


def spread_logits() -> Array:
    """Of every size and both signs, as far as exp gives normal numbers."""
    rng = np.random.default_rng(0)
    sizes = [rng.normal(0, scale, 2000) for scale in (1e-12, 1e-6, 1e-2, 1, 5, 40, 300)]
    edges = np.array([0.0, -0.0, 5e-324, -5e-324, 36.7, -36.7, 700, -700, 707.9, -707.9])
    z = np.concatenate([*sizes, edges])
    return z[np.abs(z) < 708]


@pytest.mark.skipif(np.finfo(np.longdouble).nmant < 60, reason="no wider floating-point type to compare with here")
@pytest.mark.usefixtures("instruction_set")
def test_one_logit_is_exact_to_a_few_units_in_the_last_place() -> None:
    z = spread_logits()
    wide = z.astype(np.longdouble)
    p = native.probabilities(z[:, None])[:, 0]
    assert np.abs((p - 1 / (1 + np.exp(-wide))) / np.spacing(p)).max() <= 4
    loss = np.array([native.residual(np.array([[v]]), np.zeros((1, 1)), np.ones(1))[1] for v in z])
    exact = np.maximum(wide, 0) + np.log1p(np.exp(-np.abs(wide)))
    assert np.abs((loss - exact) / np.spacing(loss)).max() <= 4


@pytest.mark.usefixtures("instruction_set")
def test_a_value_has_the_same_bits_wherever_it_stands() -> None:
    z = spread_logits()[:101, None]
    alone = np.concatenate([native.probabilities(z[i : i + 1]) for i in range(len(z))])
    assert np.array_equal(native.probabilities(z), alone)


@pytest.mark.usefixtures("instruction_set")
def test_logits_beyond_all_numbers() -> None:
    z = np.array([[np.inf], [-np.inf], [np.nan], [800.0], [-800.0]])
    np.testing.assert_array_equal(native.probabilities(z)[:, 0], [1, 0, np.nan, 1, 0])
    rows = np.array([[0.0, np.nan], [0.0, -np.inf], [-800.0, 0.0]])
    np.testing.assert_array_equal(native.probabilities(rows), [[np.nan] * 2, [1, 0], [0, 1]])
