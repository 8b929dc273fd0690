"""Rows with the places of their categories' ones: every kernel gives the bits that the same rows give as dense ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from labelaudit import _core
from labelaudit._core import IndicatorMatrix
from labelaudit.kernels import native

Array = NDArray[np.float64]


def arrays() -> dict[str, Any]:
    """[[1, 1, 0, 2, 0, 1], [3, 0, 1, 4, 0, 1], [5, 0, 0, 6, 1, 1]]: numbers in columns 0 and 3."""
    return {
        "numbers": np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]),
        "slots": np.array([[1, -1], [2, -1], [-1, 4]], dtype=np.int32),
        "places": np.array([0, 3]),
        "cols": 6,
    }


@st.composite
def matrices(draw: st.DrawFn) -> tuple[IndicatorMatrix, Array]:
    """Rows, and the same ones laid out by numpy: numbers and categories in any order, the constant last."""
    rows = draw(st.sampled_from([0, 1, 3, 63, 64, 65, 300]))
    widths = draw(st.lists(st.integers(0, 9), max_size=6))  # 0: a number, else the levels of a category
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    places = [sum(max(1, w) for w in widths[:i]) for i in range(len(widths))]
    cols = sum(max(1, w) for w in widths) + 1
    numbers = rng.normal(size=(rows, widths.count(0)))
    dense = np.zeros((rows, cols))
    dense[:, [p for p, w in zip(places, widths, strict=True) if not w]] = numbers
    dense[:, -1] = 1.0
    slots = np.empty((rows, len(widths) - widths.count(0)), dtype=np.int32)
    for k, (place, width) in enumerate((p, w) for p, w in zip(places, widths, strict=True) if w):
        level = rng.integers(-1, width, rows)
        slots[:, k] = np.where(level < 0, -1, place + level)
        seen = np.flatnonzero(level >= 0)
        dense[seen, place + level[seen]] = 1.0
    of_numbers = np.array([p for p, w in zip(places, widths, strict=True) if not w], dtype=np.int64)
    return IndicatorMatrix(numbers, slots, of_numbers, cols), dense


@given(matrices())
def test_it_is_the_matrix_that_numpy_lays_out(made: tuple[IndicatorMatrix, Array]) -> None:
    x, dense = made
    assert x.shape == dense.shape
    assert len(x) == len(dense)
    assert np.array_equal(x.to_dense(), dense)


@given(matrices(), st.sampled_from(_core.instruction_sets()), st.integers(1, 3))
def test_every_kernel_gives_the_dense_rows_bits(
    made: tuple[IndicatorMatrix, Array], instruction_set: str, outputs: int
) -> None:
    x, dense = made
    rows, cols = dense.shape
    rng = np.random.default_rng([rows, cols])
    before = _core.instruction_set()
    _core.use_instruction_set(instruction_set)
    try:
        for name, other, shape in (
            ("forward", rng.normal(size=(cols, outputs)), (rows, outputs)),
            ("add_backward", rng.normal(size=(rows, outputs)), (cols, outputs)),
            ("add_gram", rng.normal(size=(rows, outputs)), (outputs, cols, cols)),
            ("quadratic", rng.normal(size=(outputs, cols, cols)), (rows, outputs)),
        ):
            found, expected = np.ones(shape), np.ones(shape)
            getattr(_core, name)(x, other, found)
            getattr(_core, name)(dense, other, expected)
            assert np.array_equal(found, expected), name
        theta, t, w = rng.normal(size=cols), rng.random(rows), rng.random(rows)
        found, expected = np.ones(cols), np.ones(cols)
        losses = [_core.add_logistic_gradient(each, theta, t, w, out) for each, out in ((x, found), (dense, expected))]
        assert losses[0] == losses[1]
        assert np.array_equal(found, expected)
    finally:
        _core.use_instruction_set(before)


@given(matrices())
def test_squares_and_some_rows_are_those_of_the_dense_rows(made: tuple[IndicatorMatrix, Array]) -> None:
    x, dense = made
    w = np.random.default_rng(1).random((len(dense), 1))
    assert np.array_equal(native.squares(x, w), native.squares(dense, w))
    chosen = np.arange(len(dense))[::-2]
    assert np.array_equal(native.to_numpy(native.take(x, chosen)), dense[chosen])


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("places", [3, 0], "places: expected columns that increase, below 5, got 0"),
        ("places", [0, 0], "places: expected columns that increase, below 5, got 0"),
        ("places", [-1, 3], "places: expected columns that increase, below 5, got -1"),
        ("places", [0, 5], "places: expected columns that increase, below 5, got 5"),
        ("places", [0], r"places: expected shape \(2\), got \(1\)"),
        ("cols", 0, "cols: expected 1 or more, got 0"),
        ("cols", -(2**62), "cols: expected 1 or more"),
        ("slots", [[1, -1], [2, -1], [-2, 4]], "slots: expected -1 or a column that holds no number, below 5, got -2"),
        ("slots", [[1, -1], [2, -1], [3, 4]], "slots: expected -1 or a column that holds no number, below 5, got 3"),
        ("slots", [[1, -1], [2, -1], [0, 4]], "got 0"),
        ("slots", [[1, -1], [2, -1], [5, 4]], "got 5"),
        ("slots", [[1, -1], [2, -1]], r"slots: expected shape \(3, any\), got \(2, 2\)"),
    ],
)
def test_what_is_no_such_matrix_is_refused_by_name(name: str, value: Any, said: str) -> None:
    given = {**arrays(), name: value if name == "cols" else np.array(value, dtype=arrays()[name].dtype)}
    with pytest.raises(ValueError, match=said):
        IndicatorMatrix(**given)


@pytest.mark.parametrize("name", ["numbers", "slots", "places"])
def test_arrays_of_another_make_are_refused_by_name(name: str) -> None:
    right = arrays()[name]
    for wrong in (right.astype(np.float32), right.astype(object), right.astype(right.dtype.newbyteorder())):
        with pytest.raises(ValueError, match=f"{name}: expected .* in native byte order"):
            IndicatorMatrix(**{**arrays(), name: wrong})
    with pytest.raises(ValueError, match=f"{name}: expected a C-contiguous array"):
        IndicatorMatrix(**{**arrays(), name: np.repeat(right, 2, axis=-1)[..., ::2]})
    with pytest.raises(ValueError, match=f"{name}: expected a plain numpy array"):
        IndicatorMatrix(**{**arrays(), name: np.ma.masked_array(right)})


def test_an_output_over_either_of_its_arrays_is_refused() -> None:
    given = arrays() | {"slots": np.full((3, 2), -1, dtype=np.int32)}
    x = IndicatorMatrix(**given)
    theta = np.zeros((6, 1))
    for memory in (given["numbers"], given["slots"].view(np.float64)):
        with pytest.raises(ValueError, match="out: expected memory of its own, got an overlap with an input"):
            _core.forward(x, theta, memory.ravel()[:3].reshape(3, 1))


def test_places_that_are_written_afterwards_never_lead_outside_the_rows() -> None:
    """The sanitizers' run proves it; here no other row or column changes."""
    given = arrays()
    x = IndicatorMatrix(**given)
    given["slots"][1] = [2**31 - 1, -(2**31)]
    assert np.array_equal(x.to_dense()[[0, 2]], IndicatorMatrix(**arrays()).to_dense()[[0, 2]])
    assert np.array_equal(x.to_dense()[1], [3.0, 0.0, 0.0, 4.0, 0.0, 1.0])


def test_it_holds_the_arrays_that_it_borrows() -> None:
    given = arrays()
    expected = IndicatorMatrix(**arrays()).to_dense()
    x = IndicatorMatrix(**given)
    del given
    assert np.array_equal(x.to_dense(), expected)
    assert np.array_equal(x.numbers, arrays()["numbers"])
    assert np.array_equal(x.slots, arrays()["slots"])
    assert np.array_equal(x.places, arrays()["places"])


def test_sparse_rows_have_no_logistic_gradient() -> None:
    x = _core.CsrMatrix(np.zeros(2, dtype=np.int64), np.zeros(0, dtype=np.int64), np.zeros(0), 1)
    with pytest.raises((ValueError, TypeError), match="x: "):
        _core.add_logistic_gradient(x, np.zeros(1), np.zeros(1), np.zeros(1), np.zeros(1))  # type: ignore[arg-type]
