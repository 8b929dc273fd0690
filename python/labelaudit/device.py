"""Where row blocks live: in memory, for the compiled kernels, or on a GPU, for torch's."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Literal, cast

from labelaudit.blocks import DenseBlock, RowBlocks
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
    """The same blocks as tensors on a torch device (\"cuda\", or \"cpu\" to exercise the code)."""
    import torch

    from labelaudit.kernels import torch as kernel

    dense = cast("tuple[DenseBlock, ...]", blocks.blocks)
    moved = tuple(replace(b, x=torch.as_tensor(b.x, device=torch_device), kernel=kernel) for b in dense)
    return replace(blocks, blocks=moved)
