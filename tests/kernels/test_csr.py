"""Sparse rows: what is no such matrix is refused by name; what is one never changes and gives the same bits always."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

import oracle
from forms import SPARSE_FORMS, Form, csr
from labelaudit import _core
from labelaudit._core import CsrMatrix
from labelaudit.kernels import native

Array = NDArray[np.float64]

every_sparse_form = pytest.mark.parametrize("form", SPARSE_FORMS, ids=str)
KERNELS: dict[str, Callable[[CsrMatrix, Any], Array]] = {
    "theta": native.forward, "r": native.backward, "w": native.gram, "m": native.quadratic,
}  # fmt: skip


def arrays() -> dict[str, Any]:
    """[[., 1, 2], [., ., .], [3, ., 4]]."""
    return {
        "indptr": np.array([0, 2, 2, 4]),
        "indices": np.array([1, 2, 0, 2]),
        "values": np.array([1.0, 2.0, 3.0, 4.0]),
        "cols": 3,
    }


def others(rows: int, cols: int, outputs: int = 3) -> dict[str, Array]:
    """What the kernels multiply the rows by."""
    rng = np.random.default_rng([rows, cols, outputs])
    shapes = {"theta": (cols, outputs), "r": (rows, outputs), "w": (rows, 2), "m": (2, cols, cols)}
    return {name: rng.normal(size=shape) for name, shape in shapes.items()}


def results(x: CsrMatrix, **given: Array) -> dict[str, Array]:
    return {name: KERNELS[name](x, other) for name, other in (given or others(*x.shape)).items()}


def same_bits(a: dict[str, Array], b: dict[str, Array]) -> bool:
    return all(np.array_equal(a[name], b[name]) for name in a)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("indptr", [], "expected one offset more than rows, got none"),
        ("indptr", [1, 2, 2, 4], "expected 0 first, got 1"),
        ("indptr", [0, 2, 2, 3], "expected the number of entries, 4, last, got 3"),
        ("indptr", [0, 2, 2, 5], "expected the number of entries, 4, last, got 5"),
        ("indptr", [0, 3, 2, 4], "expected offsets that never fall, got 2 after 3"),
        ("indptr", [0, 2**62, 2, 4], "expected offsets that never fall"),
        ("indptr", [0, -1, 2, 4], "expected offsets that never fall, got -1 after 0"),
        ("indices", [1, 3, 0, 2], "expected columns from 0 to 2 that increase within a row, got 3 in row 0"),
        ("indices", [1, 2, -1, 2], "expected columns from 0 to 2 that increase within a row, got -1 in row 2"),
        ("indices", [2, 1, 0, 2], "expected columns from 0 to 2 that increase within a row, got 1 in row 0"),
        ("indices", [1, 2, 2, 2], "expected columns from 0 to 2 that increase within a row, got 2 in row 2"),
        ("indices", [1, 2, 2**40, 2**41], "got 1099511627776 in row 2"),
    ],
)
def test_what_is_no_matrix_is_refused_by_name(name: str, value: list[int], said: str) -> None:
    with pytest.raises(ValueError, match=f"^{name}: .*{said}"):
        CsrMatrix(**{**arrays(), name: np.array(value, dtype=np.int64)})


def test_a_negative_number_of_columns_is_refused() -> None:
    with pytest.raises(ValueError, match="cols: expected 0 or more, got -1"):
        CsrMatrix(np.zeros(1, dtype=np.int64), np.zeros(0, dtype=np.int64), np.zeros(0), -1)


SPOILT: dict[str, Callable[[np.ndarray], Any]] = {
    "bool": lambda a: a.astype(bool),
    "float16": lambda a: a.astype(np.float16),
    "uint64": lambda a: a.astype(np.uint64),
    "complex": lambda a: a.astype(np.complex128),
    "object": lambda a: a.astype(object),
    "text": lambda a: a.astype(str),
    "other byte order": lambda a: a.astype(a.dtype.newbyteorder()),
    "two dimensions": lambda a: a[None],
    "no dimension": lambda a: np.array(a[0]),
    "every second element": lambda a: np.repeat(a, 2)[::2],
    "backwards": lambda a: a[::-1],
    "zero strides": lambda a: np.broadcast_to(a[:1], a.shape),
    "unaligned": lambda a: np.frombuffer(b"x" + a.tobytes(), dtype=np.uint8)[1:].view(a.dtype),
    "masked": lambda a: np.ma.masked_array(a, mask=a > 1),
    "subclass": lambda a: a.view(type("Tagged", (np.ndarray,), {})),
}


@pytest.mark.parametrize("spoil", list(SPOILT))
@pytest.mark.parametrize("name", ["indptr", "indices", "values"])
def test_an_array_of_another_make_is_refused_by_name(name: str, spoil: str) -> None:
    with pytest.raises(ValueError, match=f"^{name}: expected "):
        CsrMatrix(**{**arrays(), name: SPOILT[spoil](arrays()[name])})


@pytest.mark.parametrize("value", [[1, 2], None, 0.5, b"\0" * 32, "text"], ids=repr)
@pytest.mark.parametrize("name", ["indptr", "indices", "values", "cols"])
def test_what_is_no_array_is_not_made_one(name: str, value: object) -> None:
    with pytest.raises(TypeError, match="incompatible"):
        CsrMatrix(**{**arrays(), name: value})


def test_offsets_have_64_bits_and_values_match_the_columns() -> None:
    with pytest.raises(ValueError, match="indptr: expected int64 in native byte order, got int32"):
        CsrMatrix(**{**arrays(), "indptr": arrays()["indptr"].astype(np.int32)})
    with pytest.raises(ValueError, match=r"values: expected shape \(4\), got \(3\)"):
        CsrMatrix(**{**arrays(), "values": np.ones(3)})


def test_it_holds_what_it_was_given_and_lets_nobody_change_it() -> None:
    source = arrays()
    x = CsrMatrix(**source)
    dense = x.to_dense()
    assert dense.tolist() == [[0, 1, 2], [0, 0, 0], [3, 0, 4]]
    assert (x.shape, len(x), x.nnz) == ((3, 3), 3, 4)
    for name in ("indptr", "indices", "values"):
        held = getattr(x, name)
        assert np.array_equal(held, source[name])
        source[name][:] = 0
        with pytest.raises(ValueError, match="read-only"):
            held[0] = 1
        with pytest.raises(ValueError, match="WRITEABLE"):
            held.setflags(write=True)
    assert np.array_equal(x.to_dense(), dense)
    with pytest.raises(AttributeError):
        x.shape = (1, 1)  # type: ignore[misc]


def test_a_view_keeps_the_matrix_alive() -> None:
    values = CsrMatrix(**arrays()).take(np.array([2, 0])).values
    assert values.tolist() == [3, 4, 1, 2]


@every_sparse_form
@pytest.mark.parametrize("shape", [(0, 0), (0, 5), (3, 0), (1, 1), (4, 7)], ids=str)
def test_empty_rows_and_empty_matrices_give_zeros(form: Form, shape: tuple[int, int]) -> None:
    x = form.store(np.zeros(shape))
    assert x.nnz == 0
    for values in results(x).values():
        assert not values.any()


@every_sparse_form
def test_values_that_are_not_finite_come_through(form: Form) -> None:
    x = CsrMatrix(
        **{**arrays(), "values": np.array([np.nan, 2, np.inf, 4], dtype=form.dtype)},
    )
    assert np.isnan(native.forward(x, np.ones((3, 1)))).ravel().tolist() == [True, False, False]
    assert np.isposinf(native.forward(x, np.ones((3, 1)))).ravel().tolist() == [False, False, True]


@pytest.mark.parametrize("outputs", [1, 2, 4, 5, 16, 21, 37])
def test_the_width_of_the_columns_and_the_thread_change_no_bit(outputs: int) -> None:
    dense = SPARSE_FORMS[0].seen(np.random.default_rng(outputs).normal(size=(70, 23)))
    given = others(70, 23, outputs)
    first = results(csr(dense), **given)
    assert same_bits(results(csr(dense, columns=np.int32), **given), first)
    x = csr(dense)
    with ThreadPoolExecutor(4) as pool:
        assert all(same_bits(r, first) for r in pool.map(lambda _: results(x, **given), range(12)))


@pytest.mark.parametrize("outputs", [1, 2, 4, 5, 16, 21, 37])
def test_several_outputs_are_the_columns_one_by_one(outputs: int) -> None:
    x = csr(SPARSE_FORMS[0].seen(np.random.default_rng(outputs).normal(size=(30, 23))))
    given = others(30, 23, outputs)
    for name in ("theta", "r"):
        alone = [KERNELS[name](x, np.ascontiguousarray(given[name][:, c, None])) for c in range(outputs)]
        assert np.array_equal(KERNELS[name](x, given[name]), np.hstack(alone))


@given(st.lists(st.integers(0, 8), max_size=12))
def test_taken_rows_are_those_rows(rows: list[int]) -> None:
    x = SPARSE_FORMS[0].seen(np.random.default_rng(3).normal(size=(9, 5)))
    x[4] = 0.0
    chosen = np.array(rows, dtype=np.int64)
    taken = csr(x).take(chosen)
    assert np.array_equal(taken.to_dense(), x[chosen])
    theta = others(9, 5)["theta"]
    assert np.array_equal(native.forward(taken, theta), native.forward(csr(x), theta)[chosen])


@pytest.mark.parametrize("row", [-1, 3, 2**62])
def test_rows_that_are_not_there_cannot_be_taken(row: int) -> None:
    with pytest.raises(ValueError, match=f"rows: expected positions from 0 to 2, got {row}"):
        CsrMatrix(**arrays()).take(np.array([0, row]))
    with pytest.raises(ValueError, match="rows: expected int64"):
        CsrMatrix(**arrays()).take(np.array([0.0]))  # type: ignore[arg-type]


@every_sparse_form
def test_squares_are_taken_in_float64(form: Form) -> None:
    """1e-30 squared is 0 in float32."""
    x = np.array([[1e-30, 0.0], [0.0, -0.1]])
    stored = csr(x, form.dtype, form.columns)
    squared = stored.squared()
    assert squared.values.dtype == np.float64
    assert oracle.error(squared.to_dense(), stored.to_dense() ** 2) == 0
    assert squared.values[0] > 0


@pytest.mark.parametrize(
    ("function", "changed", "said"),
    [
        ("forward", {"theta": np.ones((4, 2))}, r"theta: expected shape \(3, 2\), got \(4, 2\)"),
        ("forward", {"out": np.ones((4, 2))}, r"out: expected shape \(3, 2\), got \(4, 2\)"),
        ("add_backward", {"r": np.ones((4, 2))}, r"r: expected shape \(3, 2\), got \(4, 2\)"),
        ("add_backward", {"out": np.ones((3, 3))}, r"out: expected shape \(3, 2\), got \(3, 3\)"),
        ("add_gram", {"w": np.ones((2, 2))}, r"w: expected shape \(3, 2\), got \(2, 2\)"),
        ("add_gram", {"out": np.ones((2, 3, 4))}, r"out: expected shape \(2, 3, 3\), got \(2, 3, 4\)"),
        ("quadratic", {"m": np.ones((2, 3, 4))}, r"m: expected shape \(2, 3, 3\), got \(2, 3, 4\)"),
        ("quadratic", {"out": np.ones((2, 2))}, r"out: expected shape \(3, 2\), got \(2, 2\)"),
    ],
)
def test_arrays_that_do_not_fit_the_matrix_are_refused(function: str, changed: dict[str, Array], said: str) -> None:
    shapes: dict[str, dict[str, tuple[int, ...]]] = {
        "forward": {"theta": (3, 2), "out": (3, 2)},
        "add_backward": {"r": (3, 2), "out": (3, 2)},
        "add_gram": {"w": (3, 2), "out": (2, 3, 3)},
        "quadratic": {"m": (2, 3, 3), "out": (3, 2)},
    }
    arguments = {name: np.ones(shape) for name, shape in shapes[function].items()}
    with pytest.raises(ValueError, match=said):
        getattr(_core, function)(CsrMatrix(**arrays()), **{**arguments, **changed})
