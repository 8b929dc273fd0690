from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

import oracle
from forms import DENSE_FORMS, FORMS, Form, every_form
from labelaudit import _core
from labelaudit.kernels import native

Array = NDArray[np.float64]

TOLERANCE = 1e-10  # what the project promises; sums this short stay near 1e-15
# rows, cols, outputs: nothing, one row, and sizes around the widths of vectors (2, 4, 8), tiles (16) and panels (64)
SHAPES = [
    *[(0, 3, 1), (0, 5, 3), (1, 1, 1), (1, 4, 2), (1, 17, 3), (2, 3, 1), (3, 2, 17), (5, 7, 3), (7, 34, 5)],
    *[(8, 16, 2), (9, 15, 16), (63, 9, 2), (64, 16, 1), (65, 17, 3), (67, 8, 4), (130, 33, 1)],
]


@dataclass(frozen=True)
class Case:
    x: Array
    theta: Array
    r: Array
    w: Array
    m: Array


@cache
def case(rows: int, cols: int, outputs: int) -> Case:
    rng = np.random.default_rng([rows, cols, outputs])
    pairs = native.pair_count(outputs)
    return Case(
        rng.normal(size=(rows, cols)),
        rng.normal(size=(cols, outputs)),
        rng.normal(size=(rows, outputs)),
        rng.normal(size=(rows, pairs)),
        rng.normal(size=(pairs, cols, cols)),
    )


@cache
def _expected(shape: tuple[int, int, int], storage: type[np.floating], sparse: bool) -> dict[str, Array]:
    c = case(*shape)
    x = next(f for f in FORMS if f.dtype is storage and (f.columns is not None) == sparse).seen(c.x)
    return {
        "forward": oracle.forward(x, c.theta),
        "backward": oracle.backward(x, c.r),
        "gram": oracle.gram(x, c.w),
        "quadratic": oracle.quadratic(x, c.m),
        "squares": oracle.backward(x * x, c.r),
    }


def expected(shape: tuple[int, int, int], form: Form) -> dict[str, Array]:
    """Of the rows as the form stores them; forms that store them alike share it."""
    return _expected(shape, form.dtype, form.columns is not None)


@every_form
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_every_kernel_in_every_form_is_the_plain_loop(form: Form, shape: tuple[int, int, int]) -> None:
    c = case(*shape)
    with form.used():
        x = form.store(c.x)
        got = {
            "forward": form.kernel.forward(x, c.theta),
            "backward": form.kernel.backward(x, c.r),
            "gram": form.kernel.gram(x, c.w),
            "quadratic": form.kernel.quadratic(x, c.m),
            "squares": form.kernel.squares(x, c.r),
        }
    for name, values in expected(shape, form).items():
        assert got[name].dtype == np.float64
        assert oracle.error(got[name], values) <= TOLERANCE, name


@every_form
@pytest.mark.parametrize("shape", [(0, 3, 1), (1, 1, 1), (63, 9, 2), (64, 16, 1), (65, 17, 3), (130, 33, 1)], ids=str)
def test_loss_and_gradient_are_those_of_the_plain_loops(form: Form, shape: tuple[int, int, int]) -> None:
    c, (rows, _, outputs) = case(*shape), shape
    rng = np.random.default_rng(shape)
    t, w = rng.dirichlet(np.ones(max(2, outputs)), rows)[:, :outputs].copy(), rng.uniform(size=rows)
    with form.used():
        loss, gradient = form.kernel.loss_and_gradient(form.store(c.x), c.theta, t, w)
    seen = form.seen(c.x)
    r, expected_loss = oracle.residual(oracle.forward(seen, c.theta), t, w)
    assert loss == pytest.approx(expected_loss, rel=TOLERANCE, abs=0)
    assert oracle.error(gradient, oracle.backward(seen, r)) <= TOLERANCE


@every_form
def test_rows_come_back_as_float64(form: Form) -> None:
    x = case(5, 7, 3).x
    with form.used():
        assert np.array_equal(form.kernel.to_numpy(form.store(x)), form.seen(x))


@pytest.mark.parametrize("form", [f for f in FORMS if f.library == "native"], ids=str)
def test_backward_and_gram_add_to_what_is_there(form: Form) -> None:
    c = case(65, 17, 3)
    x = form.store(c.x)
    rng = np.random.default_rng(0)
    gradient, gram = rng.normal(size=(17, 3)), rng.normal(size=(6, 17, 17))
    with form.used():
        after, grown = gradient.copy(), gram.copy()
        _core.add_backward(x, c.r, after)
        _core.add_gram(x, c.w, grown)
    values = expected((65, 17, 3), form)
    assert oracle.error(after, gradient + values["backward"]) <= TOLERANCE
    assert oracle.error(grown, gram + values["gram"]) <= TOLERANCE
    below = np.tril_indices(17, -1)
    assert np.array_equal(grown[:, below[0], below[1]], gram[:, below[0], below[1]])


@pytest.mark.parametrize("form", [f for f in DENSE_FORMS if f.library == "native"], ids=str)
def test_the_same_block_gives_the_same_bits_at_any_address(form: Form) -> None:
    c = case(67, 8, 4)
    shifted = np.empty(c.x.size + 1, dtype=form.dtype)
    elsewhere = shifted[1:].reshape(c.x.shape)
    elsewhere[:] = c.x
    with form.used():
        for name, other in (("forward", c.theta), ("backward", c.r), ("gram", c.w), ("quadratic", c.m)):
            kernel = getattr(native, name)
            assert np.array_equal(kernel(form.store(c.x), other), kernel(elsewhere, other)), name


def test_the_best_instruction_set_is_in_use_and_the_baseline_is_there() -> None:
    assert _core.instruction_set() == _core.instruction_sets()[0]
    assert _core.instruction_sets()[-1] == "baseline"


def test_an_unknown_instruction_set_is_refused_by_name() -> None:
    before = _core.instruction_set()
    with pytest.raises(ValueError, match='instruction set "mmx" is not in this build'):
        _core.use_instruction_set("mmx")
    assert _core.instruction_set() == before
