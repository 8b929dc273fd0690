"""Predicted probabilities that stand beside the data, matched to its classes by name."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from labelaudit.errors import InputError
from labelaudit.table.arrays import ArraySource, load_array, name_of, refuse_other_length
from labelaudit.table.delimiter import delimiter_of
from labelaudit.table.scan import scan, structure
from labelaudit.table.source import open_text
from labelaudit.table.table import Table
from labelaudit.table.values import read_values
from labelaudit.table.words import listed, nearest, quoted

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]

IN_MEMORY = "a DataFrame"
SUM_TOLERANCE = 1e-2  # of a row's sum from 1: what rounding to two digits or to float16 leaves
PROBABILITIES, CLASSES = "pred_probs", "classes"  # the arrays of an .npz file


def read_pred_probs(given: pd.DataFrame | str | os.PathLike[str], table: Table) -> tuple[Array, ArraySource]:
    """The labelled rows' probabilities (rows, classes) in the order of table.classes, and where they came from.

    given has a row for every data row, in its order, and a column for every class by its name: a DataFrame, a CSV
    file, an .npy file of a structured array, or an .npz file of two arrays, pred_probs and classes. Each row sums to 1.
    Raises InputError where classes do not match by name, or for anything that is no probability.
    """
    names, values, source = _read(given)
    _refuse_other_classes(names, table, source.path)
    refuse_other_length(source.path, len(values), len(table) + len(table.left_out_rows))
    place = {name: i for i, name in enumerate(names)}
    ordered = values[:, [place[name] for name in table.classes]]
    _refuse_no_probabilities(ordered, table.classes, source.path)
    own = np.clip(ordered[table.row - 1], 0.0, 1.0)
    return own / own.sum(1, keepdims=True), source


def _read(given: pd.DataFrame | str | os.PathLike[str]) -> tuple[list[str], Array, ArraySource]:
    if hasattr(given, "columns"):
        names, values, path, sha256 = [str(c) for c in given.columns], _numbers(given, IN_MEMORY), IN_MEMORY, None
    elif not isinstance(given, str | os.PathLike):
        what = type(given).__name__
        raise InputError(f"pred_probs: expected a DataFrame with the classes' names as columns, or a path, got {what}.")
    else:
        path = os.fspath(given)
        is_numpy = PurePath(path.lower()).suffix in (".npy", ".npz")
        names, values, sha256 = _read_numpy(path) if is_numpy else _read_csv(path)
    return names, values, ArraySource(path, sha256, values.shape, "float64")


def _read_csv(path: str) -> tuple[list[str], Array, str]:
    text = open_text(path)
    delimiter = delimiter_of(path, None)
    scanner, header = scan(text, delimiter=delimiter)
    found = structure(text, scanner, header, delimiter=delimiter)
    names = list(found.header)
    _refuse_twice(names, text.name)
    frame = read_values([text], [found], columns=names, as_text=(), features=(), missing=())
    return names, _numbers(frame, text.name), text.sha256


def _read_numpy(path: str) -> tuple[list[str], Array, str]:
    loaded, sha256 = load_array(path)
    where = name_of(path)
    if isinstance(loaded, np.ndarray):
        if loaded.dtype.names is None:
            raise InputError(
                f"{where}: has no names of classes. Save numpy.savez(FILE, pred_probs=p, classes=names) as .npz, or a "
                "CSV file with the classes in its header."
            )
        columns = [np.asarray(loaded[name], dtype=np.float64) for name in loaded.dtype.names]
        return list(loaded.dtype.names), np.stack(columns, 1), sha256
    try:
        lacking = [name for name in (PROBABILITIES, CLASSES) if name not in loaded]
        if lacking:
            raise InputError(f"{where}: has no array {quoted(lacking[0])}; expected {PROBABILITIES} and {CLASSES}.")
        values, classes = loaded[PROBABILITIES], loaded[CLASSES]
    except ValueError:
        raise InputError(f"{where}: holds Python objects. Save the classes as an array of str or numbers.") from None
    names = [str(name) for name in classes.tolist()]
    _refuse_twice(names, where)
    if values.ndim != 2 or values.shape[1] != len(names) or values.dtype.kind not in "fiu":
        raise InputError(f"{where}: expected numbers of shape (rows, {len(names)}), got {values.dtype} {values.shape}.")
    return names, values.astype(np.float64), sha256


def _numbers(frame: pd.DataFrame, where: str) -> Array:
    for name in frame.columns:
        if frame[name].dtype.kind not in "fiu":
            raise InputError(f"{where}, column {quoted(str(name))}: expected probabilities, got other text or values.")
    numbers: Array = frame.to_numpy(dtype=np.float64)
    return numbers


def _refuse_twice(names: Sequence[str], where: str) -> None:
    twice = [name for i, name in enumerate(names) if name in names[:i]]
    if twice:
        raise InputError(f"{where}: the class {quoted(twice[0])} stands there twice.")


def _refuse_other_classes(names: Sequence[str], table: Table, where: str) -> None:
    unknown = [name for name in names if name not in set(table.classes)]
    lacking = [name for name in table.classes if name not in set(names)]
    if not unknown and not lacking:
        return
    if unknown:
        guess = nearest(unknown[0], table.classes)
        meant = "" if guess is None else f" Did you mean {quoted(guess)}?"
        what = f"the column {quoted(unknown[0])} is no class of the label {quoted(table.label)}.{meant}"
    else:
        what = f"there is no column for the class {quoted(lacking[0])}."
    raise InputError(f"{where}: {what} The columns must be the classes by name: {listed(table.classes)}.")


def _refuse_no_probabilities(values: Array, classes: Sequence[str], where: str) -> None:
    bad = np.argwhere(~((values >= -1e-6) & (values <= 1 + 1e-6)))
    if len(bad):
        row, column = (int(i) for i in bad[0])
        cell: Any = values[row, column]
        raise InputError(f"{where}: row {row + 1}, class {quoted(classes[column])}: {cell} is no probability.")
    sums = values.sum(1)
    off = np.abs(sums - 1) > SUM_TOLERANCE
    if off.any():
        row = int(off.argmax())
        raise InputError(f"{where}: row {row + 1} sums to {sums[row]:.6g}; the probabilities of a row sum to 1.")
