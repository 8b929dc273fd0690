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
from labelaudit.kernels import native


@dataclass(frozen=True)
class Form:
    """How rows are stored (`dtype`) and which library works on them, with which instruction set or device."""

    library: str
    where: str
    dtype: type[np.floating[Any]]

    @property
    def kernel(self) -> Any:
        if self.library == "native":
            return native
        from labelaudit.kernels import torch as kernel

        return kernel

    def store(self, x: NDArray[np.float64]) -> Any:
        stored = np.ascontiguousarray(x, dtype=self.dtype)
        if self.library == "native":
            return stored
        import torch

        return torch.as_tensor(stored, device=self.where)

    def seen(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """The rows as this form stores them, in float64."""
        return x.astype(self.dtype).astype(np.float64)

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
        return f"{self.library}-{self.where}-{self.dtype.__name__}"


STORAGE: tuple[type[np.floating[Any]], ...] = (np.float64, np.float32)
PLACES = (*(("native", name) for name in _core.instruction_sets()), ("torch", "cpu"), ("torch", "cuda"))
FORMS = tuple(Form(library, where, dtype) for library, where in PLACES for dtype in STORAGE)

every_form = pytest.mark.parametrize("form", FORMS, ids=str)
