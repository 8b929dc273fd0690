"""NumPy files that stand beside the data, read with their hash and never with pickle."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from labelaudit.errors import InputError
from labelaudit.table.words import counted, printable

NPY, NPZ = b"\x93NUMPY", b"PK"  # what .npy and .npz files begin with


@dataclass(frozen=True)
class ArraySource:
    """Where an array came from; sha256 is None where it was handed over in memory, and path says what it is."""

    path: str
    sha256: str | None
    shape: tuple[int, ...]
    dtype: str


def name_of(path: str | os.PathLike[str]) -> str:
    """What messages call the file."""
    return printable(os.fspath(path))


def sha256_of(path: str | os.PathLike[str]) -> str:
    """Of the file's bytes; raises InputError where it is gone or cannot be read."""
    try:
        with Path(path).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        raise InputError(f"{name_of(path)}: no such file.") from None
    except OSError as error:
        raise InputError(f"{name_of(path)}: cannot be read ({error.strerror}).") from None


def load_array(path: str | os.PathLike[str]) -> tuple[Any, str]:
    """What numpy.load makes of the file (an array, mapped into memory, or an .npz archive), and its SHA-256."""
    sha256 = sha256_of(path)
    with Path(path).open("rb") as file:
        is_numpy = file.read(len(NPY)).startswith((NPY, NPZ))
    try:
        if is_numpy:
            return np.load(path, mmap_mode="r", allow_pickle=False), sha256
        what = "is not a NumPy file"
    except (ValueError, OSError, EOFError) as error:
        pickled = "Object arrays" in str(error) or "Python objects" in str(error)
        what = "holds Python objects, not numbers" if pickled else "is not a whole NumPy file"
    raise InputError(f"{name_of(path)}: {what}. Save the array with numpy.save.")


def refuse_other_length(where: str, rows: int, expected: int) -> None:
    """Raises InputError unless there is one row for each data row, those without a label included."""
    if rows != expected:
        raise InputError(
            f"{where}: has {counted(rows, 'row')}, the data has {expected:,} (those without a label included). "
            "Give one row for each row of the data, in its order."
        )
