from __future__ import annotations

import numpy as np
import pytest
import torch

import oracle
from forms import csr
from labelaudit import device as device_module
from labelaudit.blocks import MatrixBlock, RowBlocks
from labelaudit.device import place, resolve
from labelaudit.errors import UsageError
from labelaudit.evidence import leave_one_out
from labelaudit.model.fit import newton
from problems import DATA, alike, blocks_of


def test_the_processor_is_there() -> None:
    assert resolve("cpu") == "cpu"


def test_auto_takes_what_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    assert resolve("auto") == ("cuda" if torch.cuda.is_available() else "cpu")
    monkeypatch.setattr(device_module, "DRIVER_FILES", ())
    assert resolve("auto") == "cpu"


def test_a_gpu_that_is_not_there_is_wrong_usage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(UsageError, match="--device cuda: torch finds no CUDA device here"):
        resolve("cuda")


@pytest.mark.parametrize("where", ["cpu", "cuda"])
@pytest.mark.parametrize("name", ["iris", "breast_cancer"])
def test_blocks_in_torch_give_the_same_fit_and_evidence(where: str, name: str) -> None:
    if where == "cuda" and not torch.cuda.is_available():
        pytest.skip("torch finds no CUDA device here")
    data = DATA[name]()
    blocks = blocks_of(data.x, (20, 20, 55), threads=2)
    objectives = [data.objective(blocks), data.objective(place(blocks, where))]
    fits = [newton(objective, tolerance=1e-11) for objective in objectives]
    assert oracle.error(fits[1].theta, fits[0].theta) <= 1e-8
    same = alike(np.arange(len(data.x)).astype(np.uint64))
    native, moved = (leave_one_out(o, fits[0].theta, same) for o in objectives)
    assert oracle.error(moved, native) <= 1e-8


def test_sparse_blocks_stay_with_the_compiled_kernels() -> None:
    x = np.eye(4)
    blocks = RowBlocks((MatrixBlock(0, 4, 0, csr(x)), MatrixBlock(4, 8, 0, x)), 8, 4)
    sparse, dense = place(blocks, "cpu").blocks
    assert sparse is blocks.blocks[0]
    assert isinstance(dense, MatrixBlock)
    assert isinstance(dense.x, torch.Tensor)
    assert np.array_equal(sparse.forward(x), dense.forward(x))
