"""Where row blocks live: in memory, for the compiled kernels, or on a GPU or streamed to one, for torch's."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal, cast

from labelaudit._core import CsrMatrix
from labelaudit.blocks import MatrixBlock, RowBlocks
from labelaudit.encode.rows import verify
from labelaudit.errors import UsageError

Device = Literal["auto", "cpu", "cuda"]
DRIVER_FILES = ("/dev/nvidiactl", "/dev/dxg")  # Linux and WSL: without one of them, asking torch (a second) is in vain
SLOTS = 3  # streamed blocks that are kept on a GPU, for each thread
RESIDENT_SHARE = 0.8  # of a GPU's free memory, for blocks that stay there; the rest is for what a block in work needs


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


def place(blocks: RowBlocks, torch_device: str, *, free_bytes: float | None = None) -> RowBlocks:
    """The same blocks for torch on a device ("cuda", or "cpu" to exercise the code).

    They live on the device, unless they take more than RESIDENT_SHARE of its free memory (of free_bytes, where given):
    then they stay in the processor's memory, page-locked, and each is copied to the device whenever it is used.
    Sparse blocks stay with the compiled kernels: their rows hold too few numbers for a GPU to be worth the way.
    """
    import torch

    from labelaudit.kernels import torch as resident

    verify(blocks)
    all_blocks = cast("tuple[MatrixBlock, ...]", blocks.blocks)
    dense = [block for block in all_blocks if not isinstance(block.x, CsrMatrix)]
    free = _free_bytes(torch_device) if free_bytes is None else free_bytes
    if sum(block.x.nbytes for block in dense) > RESIDENT_SHARE * free:
        moved = _streamed(dense, torch_device, blocks.threads)
    else:
        moved = [replace(b, x=torch.as_tensor(b.x, device=torch_device), kernel=resident, checksum=None) for b in dense]
    rest = iter(moved)
    return replace(blocks, blocks=tuple(b if isinstance(b.x, CsrMatrix) else next(rest) for b in all_blocks))


def _streamed(dense: Sequence[MatrixBlock], torch_device: str, threads: int) -> list[MatrixBlock]:
    import torch

    from labelaudit.kernels import streamed

    hosts = [torch.as_tensor(block.x) for block in dense]
    if torch.device(torch_device).type == "cuda":
        hosts = [host.pin_memory() for host in hosts]
    feed = streamed.Feed(hosts, torch_device, slots=SLOTS * threads)
    return [replace(b, x=streamed.Streamed(feed, i), kernel=streamed, checksum=None) for i, b in enumerate(dense)]


def _free_bytes(torch_device: str) -> float:
    """What torch may still allocate on a GPU: what is free there, and what torch holds and does not use."""
    import torch

    if torch.device(torch_device).type != "cuda":
        return float("inf")
    held = torch.cuda.memory_reserved(torch_device) - torch.cuda.memory_allocated(torch_device)
    return float(torch.cuda.mem_get_info(torch_device)[0] + held)
