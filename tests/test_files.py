from __future__ import annotations

import errno
import io
import os
import stat
import sys

import pytest

from labelaudit.errors import InputError, OutputError
from labelaudit.files import begin_to_write_out, write_atomically, write_files


def writes(content: bytes):
    def write(stream):
        stream.write(content)

    return write


def fails(error: BaseException):
    def write(stream):
        stream.write(b"half")
        raise error

    return write


def test_the_content_is_written_and_nothing_else_left(tmp_path):
    write_atomically(tmp_path / "out.csv", writes(b"whole"))
    assert [p.name for p in tmp_path.iterdir()] == ["out.csv"]
    assert (tmp_path / "out.csv").read_bytes() == b"whole"


@pytest.mark.parametrize("error", [InputError("no"), KeyboardInterrupt(), ValueError("no")])
def test_an_error_on_the_way_keeps_the_old_file_and_leaves_no_other(tmp_path, error):
    path = tmp_path / "out.csv"
    path.write_bytes(b"old")
    with pytest.raises(type(error)):
        write_atomically(path, fails(error))
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_is_an_output_error_that_names_the_file(tmp_path):
    with pytest.raises(OutputError, match=r"out\.csv: cannot be written: No space left"):
        write_atomically(tmp_path / "out.csv", fails(OSError(28, "No space left on device")))
    assert not list(tmp_path.iterdir())


def test_a_missing_folder_is_an_output_error(tmp_path):
    with pytest.raises(OutputError, match="No such file"):
        write_atomically(tmp_path / "missing" / "out.csv", writes(b""))


def test_a_folder_in_its_place_is_an_output_error(tmp_path):
    (tmp_path / "out").mkdir()
    with pytest.raises(OutputError, match="cannot be written"):
        write_atomically(tmp_path / "out", writes(b""))
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


@pytest.mark.skipif(sys.platform == "win32", reason="links and permission bits are POSIX's")
def test_links_are_followed_and_permissions_are_the_usual(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link.csv").symlink_to(tmp_path / "real" / "out.csv")
    umask = os.umask(0o022)
    try:
        write_atomically(tmp_path / "link.csv", writes(b"x"))
    finally:
        os.umask(umask)
    assert (tmp_path / "link.csv").is_symlink()
    assert stat.S_IMODE((tmp_path / "real" / "out.csv").stat().st_mode) == 0o644


@pytest.mark.skipif(sys.platform == "win32", reason="/dev/null is POSIX's")
def test_a_device_is_written_to_and_not_replaced():
    from pathlib import Path

    write_atomically(Path(os.devnull), writes(b"x"))
    assert Path(os.devnull).is_char_device()


def test_files_that_belong_together_are_all_replaced_or_none(tmp_path, monkeypatch):
    first, second, third = (tmp_path / name for name in ("a", "b", "c"))
    first.write_bytes(b"old")
    third.mkdir()  # renaming a file over a folder fails, after the first two have been replaced
    with pytest.raises(OutputError, match=r"c: cannot be written"):
        write_files({first: b"new", second: b"new", third: b"new"})
    assert first.read_bytes() == b"old"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a", "c"]


def test_files_are_replaced_where_links_cannot_be_made(tmp_path, monkeypatch):
    def refuse(*names):
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    path = tmp_path / "out.csv"
    path.write_bytes(b"old")
    write_atomically(path, writes(b"new"))
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("error", [errno.EIO, errno.ENOSPC])
def test_a_folder_that_cannot_be_synced_brings_the_old_file_back(tmp_path, monkeypatch, error):
    sync = os.fsync

    def refuse(handle):
        if stat.S_ISDIR(os.fstat(handle).st_mode):
            raise OSError(error, os.strerror(error))
        sync(handle)

    monkeypatch.setattr(os, "fsync", refuse)
    path = tmp_path / "out.csv"
    path.write_bytes(b"old")
    with pytest.raises(OutputError, match="Nothing was changed there"):
        write_atomically(path, writes(b"new"))
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def writes_out_between(stream):
    stream.write(b"first ")
    begin_to_write_out(stream)
    stream.write(b"second")


@pytest.mark.parametrize("hint", ["taken", "refused", "unknown"])
def test_a_file_may_be_sent_to_the_disk_while_it_is_made(tmp_path, monkeypatch, hint):
    """Where the system takes no such hint, nothing is lost by it."""
    asked = []

    def posix_fadvise(file, start, length, advice):
        asked.append(os.fstat(file).st_size)
        if hint == "refused":
            raise OSError(errno.ESPIPE, "no")

    monkeypatch.setattr(os, "posix_fadvise", posix_fadvise, raising=False)
    if hint == "unknown":
        monkeypatch.delattr(os, "posix_fadvise")
    write_atomically(tmp_path / "out.csv", writes_out_between)
    assert (tmp_path / "out.csv").read_bytes() == b"first second"
    assert asked == ([] if hint == "unknown" else [len(b"first ")])


class Full(io.BytesIO):
    """Whose system has no space for what is in its buffer."""

    def flush(self):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_disk_that_is_full_by_then_is_an_error_all_the_same(tmp_path):
    def fails_to_flush(stream):
        stream.write(b"first")
        begin_to_write_out(Full())

    (tmp_path / "out.csv").write_bytes(b"old")
    with pytest.raises(OutputError, match="No space left"):
        write_atomically(tmp_path / "out.csv", fails_to_flush)
    assert [p.name for p in tmp_path.iterdir()] == ["out.csv"]
    assert (tmp_path / "out.csv").read_bytes() == b"old"
