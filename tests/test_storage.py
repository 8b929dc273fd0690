"""Arrays in nameless files: the same values, not the process's own memory, nothing left behind."""

from __future__ import annotations

import gc
import os
import sys
import threading
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from labelaudit import _core, storage
from labelaudit.errors import OutputError
from labelaudit.table.rowwise import Growing

LARGE = storage.SMALLEST // 8


def in_a_file(array: np.ndarray) -> bool:
    """Whether the array's memory is a mapping of a file, as the system sees it."""
    address = array.ctypes.data
    for line in Path("/proc/self/maps").read_text().splitlines():
        where, _, _, _, inode, *_ = line.split()
        start, stop = (int(bound, 16) for bound in where.split("-"))
        if start <= address < stop:
            return inode != "0"
    raise AssertionError("not mapped")


def in_use(handler: object) -> int:
    return _core.file_memory_state(handler)[1]


needs_maps = pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="no /proc here")


@needs_maps
def test_large_arrays_live_in_files_inside_only(tmp_path: Path) -> None:
    assert not in_a_file(np.empty(LARGE))
    with storage.on_disk(tmp_path):
        assert storage.is_on_disk()
        values = np.arange(float(LARGE))
        made = {
            "a new one": np.empty(LARGE),
            "zeros": np.zeros(LARGE),
            "a result": values + 1,
            "a sort": np.argsort(-values),
            "a copy": values.copy(),
            "objects": np.full(LARGE, "word", dtype=object),
            "a column": pd.Series(values).rank().to_numpy(),
        }
        assert {name: in_a_file(array) for name, array in made.items()} == dict.fromkeys(made, True)
        assert not in_a_file(np.empty(LARGE - 1))
        with storage.on_disk(None):
            assert in_a_file(np.empty(LARGE))
    assert not storage.is_on_disk()
    assert not in_a_file(np.empty(LARGE))


@needs_maps
def test_threads_of_the_storage_do_as_their_maker_does(tmp_path: Path) -> None:
    def made(_: int) -> bool:
        return in_a_file(np.empty(LARGE))

    with storage.on_disk(tmp_path), storage.threads(2) as pool:
        assert all(pool.map(made, range(8)))
    with storage.threads(2) as pool:
        assert not any(pool.map(made, range(8)))


def test_other_threads_keep_to_memory(tmp_path: Path) -> None:
    seen = []
    with storage.on_disk(tmp_path):
        other = threading.Thread(target=lambda: seen.append(storage.is_on_disk()))
        other.start()
        other.join()
    assert seen == [False]


@pytest.mark.parametrize("size", [10, LARGE - 1, LARGE, 3 * LARGE])
def test_values_are_those_of_memory(tmp_path: Path, size: int) -> None:
    def worked() -> list[np.ndarray]:
        rng = np.random.default_rng(0)
        x = rng.normal(size=size)
        grown = np.array([1.0])
        grown.resize(size, refcheck=False)  # reallocates, and the rest is zero
        grown.resize(2 * size, refcheck=False)
        grown.resize(size // 2, refcheck=False)
        return [x, np.sort(x), np.cumsum(x), np.zeros(size), np.fromiter(iter(x), float), grown, x.astype(np.float32)]

    expected = worked()
    with storage.on_disk(tmp_path):
        found = worked()
    for array, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(array, other)
    assert expected[5][0] == 1.0
    assert not expected[5][1:].any()


def test_arrays_outlive_the_place_and_leave_nothing(tmp_path: Path) -> None:
    with storage.on_disk(tmp_path):
        handler = _core.memory_in_use()
        array = np.arange(4.0 * LARGE)
        assert in_use(handler) >= array.nbytes
    assert array.sum() == len(array) * (len(array) - 1) / 2
    array[0] = 7.0
    assert array[0] == 7.0
    assert list(tmp_path.iterdir()) == []
    del array
    gc.collect()
    assert in_use(handler) == 0
    assert _core.file_memory_state(handler)[2] >= 32 * LARGE


def test_a_folder_that_cannot_hold_it_is_an_error_at_once(tmp_path: Path) -> None:
    missing = "none: cannot hold intermediate values: No such file.*--cache-dir"
    with pytest.raises(OutputError, match=missing), storage.on_disk(tmp_path / "none"):
        np.empty(LARGE)
    full = "Free some space, or name another folder with --cache-dir"
    with pytest.raises(OutputError, match=full), storage.on_disk(tmp_path):
        np.empty(1 << 50, np.int8)
    assert not storage.is_on_disk()


@pytest.mark.skipif(sys.platform != "linux", reason="names of folders are any bytes only there")
def test_a_folder_may_have_any_name(tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode(b"\xff")
    folder.mkdir()
    with storage.on_disk(folder):
        ones = np.ones(LARGE)
        assert in_use(_core.memory_in_use()) >= ones.nbytes


def test_memory_that_is_spent_elsewhere_is_told_as_ever(tmp_path: Path) -> None:
    with pytest.raises(MemoryError, match="spent"), storage.on_disk(tmp_path):
        raise MemoryError("spent")


def test_only_handlers_of_this_kind_are_asked() -> None:
    assert not _core.is_file_memory(_core.memory_in_use())
    for other in (None, 3, _core.memory_in_use()):
        with pytest.raises(ValueError, match="file_memory"):
            _core.file_memory_state(other)


def open_files() -> int:
    here = Path("/proc/self/fd")
    return len(list(here.iterdir())) if here.exists() else 0


@needs_maps
def test_an_array_grows_in_a_file(tmp_path: Path) -> None:
    values = np.random.default_rng(0).integers(0, 99, LARGE * 3)
    for folder in (None, tmp_path):
        with storage.on_disk(folder):
            growing = Growing(np.int64)
            for part in np.array_split(values, 40):
                growing.extend(part)
            np.testing.assert_array_equal(growing.whole(), values)
            assert in_a_file(growing.whole()) is (folder is not None)
    assert len(Growing(np.int64).whole()) == 0


def test_bytes_are_spooled_to_a_nameless_file(tmp_path: Path) -> None:
    before = open_files()
    for folder in (None, tmp_path):
        with storage.on_disk(folder):
            spool = storage.Spool()
            for piece in (b"ab", memoryview(b"cd"), b""):
                spool.write(piece)
            whole = spool.whole()
            assert (whole[:], whole[1:3], len(whole)) == (b"abcd", b"bc", 4)
            assert isinstance(whole, bytes) is (folder is None)
            assert storage.Spool().whole() == b""
    assert list(tmp_path.iterdir()) == []
    del whole
    gc.collect()
    assert open_files() == before


def test_a_spool_that_is_let_go_leaves_nothing_open(tmp_path: Path) -> None:
    before = open_files()
    with storage.on_disk(tmp_path):
        storage.Spool().write(b"ab")
    gc.collect()
    assert open_files() == before
    with pytest.raises(OutputError, match="--cache-dir"), storage.on_disk(tmp_path / "none"):
        storage.Spool()
