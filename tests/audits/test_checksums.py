"""Encoded rows on disk are proven to be what was encoded before anything is written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import labelaudit
from labelaudit import assess, choose, sizes, storage
from labelaudit._core import IndicatorMatrix
from labelaudit.blocks import MatrixBlock, RowBlocks
from labelaudit.cli import group
from labelaudit.cli.exits import run
from labelaudit.device import place
from labelaudit.errors import OutputError
from labelaudit.explanations import fitted as explained
from labelaudit.kernels import native
from sample_data import QUICK, csv_text, sample_rows

Write = Callable[..., str]
ON_DISK = {"memory_limit": 1}


@pytest.fixture(autouse=True)
def all_on_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "SMALLEST", 2048)  # bytes: most arrays of a small table
    monkeypatch.setattr(sizes, "MEMORY_FILE_SYSTEMS", set())


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The checksums that were taken."""
    sums, checksum = [], native.checksum

    def kept(x: Any) -> int:
        sums.append(checksum(x))
        return sums[-1]

    monkeypatch.setattr(native, "checksum", kept)
    return sums


def arrays(block: Any) -> list[np.ndarray]:
    x = block.x
    return [x.numbers, x.slots] if isinstance(x, IndicatorMatrix) else [x]


def spoils(monkeypatch: pytest.MonkeyPatch, module: Any, which: int, array: int, byte: int) -> None:
    """From now on one byte of some blocks that the module encodes is another as soon as they all are there."""
    encode = module.encode_blocks

    def spoilt(*arguments: Any, **options: Any) -> RowBlocks:
        blocks: RowBlocks = encode(*arguments, **options)
        bytes_of = arrays(blocks.blocks[which])[array].reshape(-1).view(np.uint8)
        bytes_of[byte] ^= 1
        return blocks

    monkeypatch.setattr(module, "encode_blocks", spoilt)


def categories(classes: int = 2) -> str:
    letters = np.random.default_rng(1).choice(list("abcdefgh"), 200)
    rows = sample_rows(200, classes=classes)
    head, *lines = csv_text(rows).splitlines()
    return "\n".join([f"letter,{head}", *(f"{c},{line}" for c, line in zip(letters, lines, strict=True)), ""])


# name: the table, options, which array of a block
KINDS: dict[str, tuple[int, dict[str, Any], int]] = {
    "numbers of packed rows": (2, QUICK, 0),
    "categories of packed rows": (2, QUICK, 1),
    "dense rows": (4, QUICK, 0),
    "float32": (2, {**QUICK, "precision": "float32"}, 0),
    "conjugate gradient": (4, {**QUICK, "solver": "cg"}, 0),
    "encodings that vote": (2, {}, 0),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("which", "byte"), [(0, 0), (-1, -8)])
def test_another_byte_is_refused(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, which: int, byte: int
) -> None:
    classes, options, array = KINDS[kind]
    path, cache = write(categories(classes)), tmp_path / "cache"
    cache.mkdir()
    spoils(monkeypatch, assess, which, array, byte)
    labelaudit.audit(path, "label", id="key", **options)  # nobody looks in memory
    with pytest.raises(OutputError) as refused:
        labelaudit.audit(path, "label", id="key", cache_dir=cache, **ON_DISK, **options)
    said = str(refused.value)
    assert said.startswith(f"{cache}: encoded rows (1 of ")
    assert said.endswith("Check the disk, or name a folder on another one with --cache-dir.")
    assert list(cache.iterdir()) == []


def test_rows_to_choose_by_and_trusted_rows_are_proven_likewise(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(categories())
    with monkeypatch.context() as patch:
        spoils(patch, choose, 0, 0, 0)
        with pytest.raises(OutputError, match="encoded rows"):
            labelaudit.audit(path, "label", id="key", encoding="linear", **ON_DISK)
    encode, calls = assess.encode_blocks, []

    def second(*arguments: Any, **options: Any) -> RowBlocks:
        calls.append(encode(*arguments, **options))
        if len(calls) == 2:  # the trusted rows
            arrays(calls[1].blocks[0])[0][0, 0] += 1
        return calls[-1]

    monkeypatch.setattr(assess, "encode_blocks", second)
    with pytest.raises(OutputError, match="encoded rows"):
        labelaudit.audit(path, "label", id="key", reference=path, **QUICK, **ON_DISK)
    assert len(calls) == 2


@pytest.mark.parametrize("command", ["audit", "check", "validate"])
def test_a_command_ends_with_4_and_writes_nothing(
    write: Write, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], command: str
) -> None:
    write(categories())
    spoils(monkeypatch, assess, 0, 0, 0)
    words = [command, "train.csv", "--label", "label", "--id", "key", "--encoding", "linear", "--l2", "0.01"]
    words += {"audit": ["--out", "found"], "check": ["-f", "csv", "-o", "found.csv"], "validate": ["--repeats", "1"]}[
        command
    ]
    assert run(group, [*words, "--memory-limit", "1"]) == 4
    out, err = capfd.readouterr()
    assert out == ""
    assert "encoded rows (1 of " in err
    assert [file.name for file in Path().iterdir()] == ["train.csv"]


def test_an_explanation_is_refused_likewise(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    audit = labelaudit.audit(write(categories()), "label", id="key", **QUICK)
    assert labelaudit.explain(audit, 3, **ON_DISK) == labelaudit.explain(audit, 3)
    spoils(monkeypatch, explained, 0, 0, 0)
    with pytest.raises(OutputError, match="encoded rows"):
        labelaudit.explain(audit, 3, **ON_DISK)


def test_each_block_is_hashed_twice_on_disk_and_never_in_memory(write: Write, taken: list[int]) -> None:
    path = write(categories())
    labelaudit.audit(path, "label", id="key", **QUICK)
    assert taken == []
    labelaudit.audit(path, "label", id="key", **QUICK, **ON_DISK)
    assert len(taken) >= 5  # a block for each fold
    assert sorted(taken[: len(taken) // 2]) == sorted(taken[len(taken) // 2 :])


def test_rows_are_proven_before_they_leave_the_disk(tmp_path: Path) -> None:
    with storage.on_disk(tmp_path):
        x = np.ones((9, 3))
        blocks = RowBlocks((MatrixBlock(0, 9, 0, x, checksum=native.checksum(x)),), 9, 3)
        moved = place(blocks, "cpu").blocks[0]
        assert isinstance(moved, MatrixBlock)
        assert moved.checksum is None
        x[3, 1] = 2
        with pytest.raises(OutputError, match=f"{tmp_path.name}: encoded rows"):
            place(blocks, "cpu")


def test_any_byte_changes_the_checksum() -> None:
    x = np.random.default_rng(0).normal(size=(40, 3))
    usual = native.checksum(x)
    for place_ in range(x.nbytes):
        x.reshape(-1).view(np.uint8)[place_] ^= 1 << place_ % 8
        assert native.checksum(x) != usual
        x.reshape(-1).view(np.uint8)[place_] ^= 1 << place_ % 8
    assert native.checksum(x) == usual
