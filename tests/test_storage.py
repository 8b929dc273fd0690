"""Arrays in nameless files: the same values, off the process's own memory, nothing left behind."""

import gc
import threading
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from pathlib import Path

import numpy as np
import pytest

from labelaudit import storage
from labelaudit.errors import OutputError

LARGE = storage.SMALL // 8 + 1


def in_a_file(array):
    """Whether the array's memory is a mapping of a file, as the system sees it."""
    address = array.ctypes.data
    for line in Path("/proc/self/maps").read_text().splitlines():
        where, _, _, _, inode, *_ = line.split()
        start, stop = (int(bound, 16) for bound in where.split("-"))
        if start <= address < stop:
            return inode != "0"
    raise AssertionError("not mapped")


def open_files():
    here = Path("/proc/self/fd")
    return len(list(here.iterdir())) if here.exists() else 0


needs_maps = pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="no /proc here")


@needs_maps
def test_large_arrays_live_in_files_inside_only(tmp_path):
    assert not in_a_file(storage.empty(LARGE))
    with storage.on_disk(tmp_path):
        assert in_a_file(storage.empty(LARGE))
        assert in_a_file(storage.empty((LARGE, 2), np.int8).T) is (2 * LARGE >= storage.SMALL)
        assert not in_a_file(storage.empty(10))
        assert not in_a_file(storage.empty(LARGE, object))
        with storage.on_disk(None):
            assert not in_a_file(storage.empty(LARGE))
    assert not in_a_file(storage.empty(LARGE))


@needs_maps
def test_threads_started_in_their_makers_context_follow_it(tmp_path):
    with storage.on_disk(tmp_path), ThreadPoolExecutor(1) as pool:
        assert in_a_file(pool.submit(copy_context().run, storage.empty, LARGE).result())


def test_kept_values_are_the_same(tmp_path):
    values = np.random.default_rng(0).normal(size=(LARGE, 3))
    assert storage.kept(values) is values
    with storage.on_disk(tmp_path):
        there = storage.kept(values)
    np.testing.assert_array_equal(there, values)
    there[0, 0] = 7.0  # and can be written to
    assert there[0, 0] == 7.0
    assert there.shape == values.shape


def test_nothing_has_a_name_and_nothing_is_left_open(tmp_path):
    before = open_files()
    with storage.on_disk(tmp_path):
        array = storage.empty(LARGE)
        assert list(tmp_path.iterdir()) == []
        assert open_files() <= before + 1
    del array
    gc.collect()
    assert open_files() == before


def test_a_folder_that_cannot_hold_it_is_an_error_at_once(tmp_path):
    with storage.on_disk(tmp_path / "none"), pytest.raises(OutputError, match="--cache-dir"):
        storage.empty(LARGE)
    with storage.on_disk(tmp_path), pytest.raises(OutputError, match=r"cannot hold .* GB"):
        storage.empty(1 << 60, np.int8)


def test_each_thread_has_its_own_place(tmp_path):
    seen = []
    with storage.on_disk(tmp_path):
        other = threading.Thread(target=lambda: seen.append(storage.is_on_disk()))
        other.start()
        other.join()
        assert storage.is_on_disk()
    assert seen == [False]


@needs_maps
def test_an_array_grows_in_a_file(tmp_path):
    values = np.random.default_rng(0).integers(0, 99, LARGE * 3)
    for folder in (None, tmp_path):
        with storage.on_disk(folder):
            growing = storage.Growing(np.int64)
            for part in np.array_split(values, 40):
                growing.extend(part)
            np.testing.assert_array_equal(growing.whole(), values)
            assert in_a_file(growing.whole()) is (folder is not None)
    assert len(storage.Growing(np.int64).whole()) == 0


def test_bytes_are_spooled_to_a_nameless_file(tmp_path):
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


def test_a_spool_that_is_let_go_leaves_nothing_open(tmp_path):
    before = open_files()
    with storage.on_disk(tmp_path):
        storage.Spool().write(b"ab")
    gc.collect()
    assert open_files() == before
    with storage.on_disk(tmp_path / "none"), pytest.raises(OutputError, match="--cache-dir"):
        storage.Spool()
