"""Where row blocks live: in memory, for the compiled kernels, or on a GPU, for torch's."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Literal, cast

from labelaudit._core import CsrMatrix
from labelaudit.blocks import MatrixBlock, RowBlocks
from labelaudit.errors import UsageError

Device = Literal["auto", "cpu", "cuda"]
DRIVER_FILES = ("/dev/nvidiactl", "/dev/dxg")  # Linux and WSL: without one of them, asking torch (a second) is in vain


def resolve(device: Device) -> Literal["cpu", "cuda"]:
    """The device in use; raises UsageError when CUDA is asked for and torch finds none."""
    if device == "cpu" or (device == "auto" and not _may_have_gpu()):
        return "cpu"
    import torch

    if torch.cuda.is_available():
        return "cuda"
    if device == "cuda":
        raise UsageError("--device cuda: torch finds no CUDA device here. Use --device cpu, or auto.")
    return "cpu"


def _may_have_gpu() -> bool:
    return any(Path(f).exists() for f in DRIVER_FILES) or (sys.platform == "win32" and "CUDA_PATH" in os.environ)


def place(blocks: RowBlocks, torch_device: str) -> RowBlocks:
    """The same blocks as tensors on a torch device (\"cuda\", or \"cpu\" to exercise the code).

    Sparse blocks stay with the compiled kernels: their rows hold too few numbers for a GPU to be worth the way.
    """
    import torch

    from labelaudit.kernels import torch as kernel

    def moved(block: MatrixBlock) -> MatrixBlock:
        if isinstance(block.x, CsrMatrix):
            return block
        return replace(block, x=torch.as_tensor(block.x, device=torch_device), kernel=kernel)

    return replace(blocks, blocks=tuple(map(moved, cast("tuple[MatrixBlock, ...]", blocks.blocks))))
