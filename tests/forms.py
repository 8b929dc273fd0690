"""Every form in which a block of rows can be held and worked on: storage type, instruction set, library, device."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from labelaudit import _core
from labelaudit._core import CsrMatrix
from labelaudit.kernels import native


@dataclass(frozen=True)
class Form:
    """How rows are stored and which library works on them, with which instruction set or device.

    `columns` is the type of a sparse form's column indices; a dense form has none.
    """

    library: str
    where: str
    dtype: type[np.floating[Any]]
    columns: type[np.signedinteger[Any]] | None = None

    @property
    def kernel(self) -> Any:
        if self.library == "native":
            return native
        from labelaudit.kernels import streamed
        from labelaudit.kernels import torch as kernel

        return streamed if self.library == "streamed" else kernel

    def store(self, x: NDArray[np.float64]) -> Any:
        if self.columns is not None:
            return csr(self.seen(x), self.dtype, self.columns)
        stored = np.ascontiguousarray(x, dtype=self.dtype)
        if self.library == "native":
            return stored
        import torch

        if self.library == "streamed":
            from labelaudit.kernels.streamed import Feed, Streamed

            host = torch.as_tensor(stored)
            return Streamed(Feed([host.pin_memory() if self.where == "cuda" else host], self.where, 2), 0)
        return torch.as_tensor(stored, device=self.where)

    def seen(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """The rows as this form stores them, in float64; a sparse form drops about half of the entries."""
        seen = x.astype(self.dtype).astype(np.float64)
        return seen if self.columns is None else np.where(np.floor(8 * seen) % 2 == 0, seen, 0.0)

    @contextmanager
    def used(self) -> Iterator[None]:
        """Works with this form's instruction set; skips where its device is missing."""
        if self.where == "cuda":
            import torch

            if not torch.cuda.is_available():
                pytest.skip("torch finds no CUDA device here")
        before = _core.instruction_set()
        if self.library == "native":
            _core.use_instruction_set(self.where)
        try:
            yield
        finally:
            _core.use_instruction_set(before)

    def __str__(self) -> str:
        columns = () if self.columns is None else (f"csr-{self.columns.__name__}",)
        return "-".join((self.library, self.where, self.dtype.__name__, *columns))


def csr(x: NDArray[np.float64], dtype: Any = np.float64, columns: Any = np.int64) -> CsrMatrix:
    """The rows without their zeros."""
    row, col = np.nonzero(x)
    indptr = np.searchsorted(row, np.arange(len(x) + 1)).astype(np.int64)
    return CsrMatrix(indptr, col.astype(columns), x[row, col].astype(dtype), x.shape[1])


STORAGE: tuple[type[np.floating[Any]], ...] = (np.float64, np.float32)
PLACES = (
    *(("native", name) for name in _core.instruction_sets()),
    *(("torch", "cpu"), ("torch", "cuda")),
    *(("streamed", "cpu"), ("streamed", "cuda")),
)
DENSE_FORMS = tuple(Form(library, where, dtype) for library, where in PLACES for dtype in STORAGE)
SPARSE_FORMS = tuple(Form("native", "baseline", dtype, cols) for dtype in STORAGE for cols in (np.int64, np.int32))
FORMS = (*DENSE_FORMS, *SPARSE_FORMS)

every_form = pytest.mark.parametrize("form", FORMS, ids=str)
