"""The boundary to C++: what is not exactly the array that a kernel reads is refused, by the argument's name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from labelaudit import _core

ROWS, COLS, OUTPUTS, PAIRS, VECTORS, KINDS, CELLS = 4, 3, 2, 3, 5, 2, 1400

INPUTS: dict[str, dict[str, tuple[int, ...]]] = {
    "forward": {"x": (ROWS, COLS), "theta": (COLS, OUTPUTS)},
    "add_backward": {"x": (ROWS, COLS), "r": (ROWS, OUTPUTS)},
    "add_gram": {"x": (ROWS, COLS), "w": (ROWS, PAIRS)},
    "quadratic": {"x": (ROWS, COLS), "m": (PAIRS, COLS, COLS)},
    "add_logistic_gradient": {"x": (ROWS, COLS), "theta": (COLS,), "t": (ROWS,), "w": (ROWS,)},
    "probabilities": {"z": (ROWS, OUTPUTS)},
    "residual": {"z": (ROWS, OUTPUTS), "t": (ROWS, OUTPUTS), "w": (ROWS,)},
    "curvature": {"p": (ROWS, OUTPUTS), "w": (ROWS,)},
    "apply_curvature": {"p": (ROWS, OUTPUTS), "w": (ROWS,), "u": (ROWS, OUTPUTS, VECTORS)},
    "conjugate_gradient": {"b": (ROWS, COLS), "inverse_diagonal": (COLS,)},
    "label_likelihood": {"log_p": (ROWS, COLS), "weight": (ROWS,), "table": (KINDS, COLS), "v": (1 + COLS,)},
    "search_link": {
        **{"log_p": (ROWS, COLS), "weight": (ROWS,), "table": (KINDS, COLS)},
        **{"low": (1 + COLS,), "high": (1 + COLS,)},
    },
    "average_belief": {"p": (ROWS, 2), "nodes": (KINDS, 4)},
    "add_cells": {"p": (ROWS, 2)},
    "standardise": {"values": (ROWS,), "mean": (2,), "scale": (2,)},
}
OUTPUT: dict[str, dict[str, tuple[int, ...]]] = {
    "forward": {"out": (ROWS, OUTPUTS)},
    "add_backward": {"out": (COLS, OUTPUTS)},
    "add_gram": {"out": (PAIRS, COLS, COLS)},
    "quadratic": {"out": (ROWS, PAIRS)},
    "add_logistic_gradient": {"out": (COLS,)},
    "probabilities": {"out": (ROWS, OUTPUTS)},
    "residual": {"out": (ROWS, OUTPUTS)},
    "curvature": {"out": (ROWS, PAIRS)},
    "apply_curvature": {"out": (ROWS, OUTPUTS, VECTORS)},
    "conjugate_gradient": {"x": (ROWS, COLS)},
    "label_likelihood": {"belief": (KINDS, COLS)},
    "search_link": {"v": (1 + COLS,)},
    "average_belief": {"out": (ROWS, 2)},
    "add_cells": {"total": (CELLS,)},
    "standardise": {"out": (ROWS, COLS)},
}
ARGUMENTS = [(f, name) for f in INPUTS for name in (*INPUTS[f], *OUTPUT[f])]
every_argument = pytest.mark.parametrize(("function", "name"), ARGUMENTS)
every_input = pytest.mark.parametrize(("function", "name"), [(f, n) for f in INPUTS for n in INPUTS[f]])
every_function = pytest.mark.parametrize("function", list(INPUTS))


def arguments(function: str) -> dict[str, Any]:
    rng = np.random.default_rng(1)
    shapes = {**INPUTS[function], **OUTPUT[function]}
    values: dict[str, Any] = {name: rng.uniform(0.1, 0.9, size=shape) for name, shape in shapes.items()}
    if function == "conjugate_gradient":
        values |= {"apply": lambda v, _: v * np.array([1.0, 2.0, 3.0]), "tolerance": 1e-12, "max_steps": 50}
    if function == "label_likelihood":
        values |= {"index": np.array([0, 1, 1, 0]), "slopes": None}
        values |= {"gradient": np.zeros(1 + COLS), "hessian": None}
    if function == "search_link":
        values |= {"index": np.array([0, 1, 1, 0]), "slopes": None, "rows_at_once": 3, "high": values["high"] + 1.0}
    if function in ("average_belief", "add_cells"):
        values |= {"given": np.array([0, 1, 1, 0]), "smallest": 1e-9}
    if function == "add_cells":
        values |= {"a_unit": 16.0, "count": np.zeros(CELLS, dtype=np.int64)}
    if function == "standardise":
        values |= {"rows": np.arange(ROWS), "exponent": 0, "fill": 0.0, "at": 1}
    return values


def call(function: str, **changed: Any) -> Any:
    return getattr(_core, function)(**{**arguments(function), **changed})


def unaligned(a: np.ndarray) -> np.ndarray:
    raw = np.zeros(a.nbytes + 1, dtype=np.uint8)
    out = raw[1:].view(np.float64).reshape(a.shape)
    out[...] = a
    return out


def strided(a: np.ndarray) -> np.ndarray:
    wide = np.repeat(a, 2, axis=-1)
    return wide[..., ::2]


def fortran(a: np.ndarray) -> np.ndarray:
    return np.asfortranarray(a) if a.ndim > 1 else strided(a)


SPOILT: dict[str, Callable[[np.ndarray], Any]] = {
    "float16": lambda a: a.astype(np.float16),
    "int64": lambda a: a.astype(np.int64),
    "bool": lambda a: a.astype(bool),
    "complex": lambda a: a.astype(np.complex128),
    "long double": lambda a: a.astype(np.longdouble),
    "object": lambda a: a.astype(object),
    "text": lambda a: a.astype(str),
    "dates": lambda a: a.astype("M8[s]"),
    "record": lambda a: a.view([("value", np.float64)]),
    "other byte order": lambda a: a.astype(">f8" if np.little_endian else "<f8"),
    "one dimension more": lambda a: a[None],
    "one dimension less": lambda a: np.asarray(a[0]),
    "no dimension": lambda a: np.array(0.5),
    "one row more": lambda a: np.concatenate([a, a[:1]]),
    "one row less": lambda a: np.ascontiguousarray(a[:-1]),
    "every second element": strided,
    "backwards": lambda a: a[..., ::-1],
    "rows backwards": lambda a: a[::-1],
    "Fortran order": fortran,
    "zero strides": lambda a: np.broadcast_to(a.ravel()[0], a.shape),
    "more than 2**31 rows of one": lambda a: np.broadcast_to(a[:1], (2**33, *a.shape[1:])),
    "rows that overlap": lambda a: np.lib.stride_tricks.as_strided(a, a.shape, (4,) * a.ndim),
    "unaligned": unaligned,
    "no row": lambda a: np.empty((0, *a.shape[1:])),
    "masked": lambda a: np.ma.masked_array(a, mask=a > 0.5),
    "matrix subclass": lambda a: a.view(type("Tagged", (np.ndarray,), {})),
}
# Sizes that the function reads off this very argument may be any.
FREE = {"one row more", "one row less", "no row"}
AS_MANY_AS_YOU_LIKE = {("average_belief", "nodes"), ("search_link", "table"), ("standardise", "values")}
LEADING = ("x", "theta", "r", "w", "m", "z", "p", "b", "u", "log_p", "table", "nodes", "values", "mean")


@pytest.mark.parametrize("spoil", list(SPOILT))
@every_argument
def test_an_array_of_another_make_is_refused_by_name(function: str, name: str, spoil: str) -> None:
    argument = SPOILT[spoil](arguments(function)[name])
    if spoil in FREE and (function, name) in AS_MANY_AS_YOU_LIKE:
        argument = argument[:, None]
    leads = name in LEADING and spoil in FREE
    with pytest.raises((ValueError, TypeError)) as caught:
        call(function, **{name: argument})
    said = str(caught.value)
    assert said.startswith(f"{name}: expected ") or leads, said


@pytest.mark.parametrize(
    "value",
    [[[0.5, 0.5]], ((0.5,),), 0.5, None, "text", b"\0" * 64, memoryview(b"\0" * 64), range(3)],
    ids=lambda value: type(value).__name__,
)
@every_argument
def test_what_is_no_array_is_not_made_one(function: str, name: str, value: object) -> None:
    with pytest.raises(TypeError, match=rf"{name}: numpy\.ndarray"):
        call(function, **{name: value})


@every_function
def test_a_list_of_the_right_numbers_is_refused_too(function: str) -> None:
    for name in INPUTS[function]:
        with pytest.raises(TypeError, match="incompatible function arguments"):
            call(function, **{name: arguments(function)[name].tolist()})


@pytest.mark.parametrize(("function", "name"), [(f, n) for f in ("residual", "forward") for n in INPUTS[f] if n != "x"])
def test_float32_is_refused_where_it_is_no_storage(function: str, name: str) -> None:
    with pytest.raises(ValueError, match=f"{name}: expected float64 in native byte order, got float32"):
        call(function, **{name: arguments(function)[name].astype(np.float32)})


@every_function
def test_a_read_only_output_is_refused(function: str) -> None:
    (name,) = OUTPUT[function]
    out = arguments(function)[name]
    out.flags.writeable = False
    with pytest.raises(ValueError, match=f"{name}: expected a writable array, got a read-only one"):
        call(function, **{name: out})


@every_input
def test_read_only_inputs_are_fine_and_left_alone(function: str, name: str) -> None:
    argument = arguments(function)[name]
    before = argument.copy()
    argument.flags.writeable = False
    call(function, **{name: argument})
    assert np.array_equal(argument, before)


@pytest.mark.parametrize("shift", [0, 1, -1])
@every_input
def test_an_output_over_an_input_is_refused(function: str, name: str, shift: int) -> None:
    (out_name,) = OUTPUT[function]
    given, out = arguments(function)[name], arguments(function)[out_name]
    # Two views of one memory that share all, all but the first, or only the first element.
    start = {0: 0, 1: 1, -1: given.size - 1}[shift]
    memory = np.full(max(given.size, start + out.size), 0.5)
    with pytest.raises(ValueError, match=f"{out_name}: expected memory of its own, got an overlap with an input"):
        call(
            function,
            **{name: memory[: given.size].reshape(given.shape)},
            **{out_name: memory[start : start + out.size].reshape(out.shape)},
        )


def test_neighbours_in_memory_do_not_overlap() -> None:
    z = arguments("probabilities")["z"]
    memory = np.concatenate([z.ravel(), np.zeros(z.size)])
    call("probabilities", z=memory[: z.size].reshape(z.shape), out=memory[z.size :].reshape(z.shape))
    expected = np.empty_like(z)
    call("probabilities", z=z, out=expected)
    assert np.array_equal(memory[z.size :].reshape(z.shape), expected)


@every_function
def test_a_refused_call_writes_nothing(function: str) -> None:
    (name,) = OUTPUT[function]
    out = arguments(function)[name]
    before = out.copy()
    other = next(n for n in INPUTS[function])
    with pytest.raises(ValueError, match=other):
        call(function, **{name: out, other: arguments(function)[other].astype(np.complex128)})
    assert np.array_equal(out, before)


@pytest.mark.parametrize("function", ["probabilities", "residual", "curvature", "apply_curvature"])
def test_rows_without_outputs_are_refused(function: str) -> None:
    lead = next(iter(INPUTS[function]))
    shapes = {
        n: tuple(0 if d == OUTPUTS else d for d in s) for n, s in {**INPUTS[function], **OUTPUT[function]}.items()
    }
    with pytest.raises(ValueError, match=f"{lead}: expected one output or more"):
        call(function, **{name: np.zeros(shape) for name, shape in shapes.items()})


def test_an_operator_must_return_the_products() -> None:
    for result in ([[1.0] * COLS] * ROWS, None, 1.0):
        with pytest.raises(ValueError, match="operator: expected it to return an array"):
            call("conjugate_gradient", apply=lambda v, _, result=result: result)
    for spoil in (lambda v: v[:, :2].copy(), lambda v: v.astype(np.float32), lambda v: v.T, lambda v: v[:, ::-1]):
        with pytest.raises(ValueError, match="the operator's result: expected"):
            call("conjugate_gradient", apply=lambda v, _, spoil=spoil: spoil(v))


def test_an_operator_must_be_callable() -> None:
    with pytest.raises(TypeError, match="apply"):
        call("conjugate_gradient", apply=3)


@pytest.mark.parametrize("function", ["label_likelihood", "search_link"])
def test_an_index_outside_the_table_is_refused(function: str) -> None:
    for wrong in ([0, 1, 2, 0], [0, -1, 1, 0]):
        with pytest.raises(ValueError, match="index: expected rows of the table"):
            call(function, index=np.array(wrong))
    for index in (np.zeros(ROWS), np.zeros(ROWS, dtype=np.int32), np.zeros(ROWS - 1, dtype=np.int64)):
        with pytest.raises(ValueError, match="index: expected "):
            call(function, index=index)


@pytest.mark.parametrize("function", ["label_likelihood", "search_link"])
def test_slopes_are_of_the_table_s_shape_and_take_a_parameter_more(function: str) -> None:
    slopes = np.zeros((KINDS, COLS))
    with pytest.raises(ValueError, match=rf"(v|low): expected shape \({2 + COLS}\)"):
        call(function, slopes=slopes)
    for wrong in (slopes[:1], np.zeros((KINDS, COLS + 1)), slopes.astype(np.float32), np.zeros((COLS, KINDS)).T):
        with pytest.raises(ValueError, match="slopes: expected "):
            call(function, slopes=wrong)


def test_a_search_over_no_rows_at_once_is_refused() -> None:
    for wrong in (0, -1):
        with pytest.raises(ValueError, match="rows_at_once: expected one or more"):
            call("search_link", rows_at_once=wrong)
    call("search_link", rows_at_once=2**63 - 1)


def test_sums_that_share_memory_are_refused() -> None:
    memory = np.zeros(KINDS * COLS + COLS)
    belief = memory[: KINDS * COLS].reshape(KINDS, COLS)
    with pytest.raises(ValueError, match="gradient: expected memory of its own"):
        call("label_likelihood", belief=belief, gradient=memory[: 1 + COLS])
    square = np.zeros((1 + COLS, 1 + COLS))
    with pytest.raises(ValueError, match="expected memory of its own"):
        call("label_likelihood", hessian=square, gradient=square[0])
