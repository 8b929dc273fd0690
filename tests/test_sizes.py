"""Sizes as people write them, and what is free as the system says it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from labelaudit import sizes
from labelaudit.errors import OutputError, UsageError


@pytest.mark.parametrize(
    ("text", "size"),
    [
        *[("1", 1), ("500MB", 500e6), ("500 mb", 500e6), ("2e9", 2e9), ("2e+9", 2e9), ("1.5k", 1500), ("3T", 3e12)],
        *[("1GiB", 2**30), ("0.5kib", 512), ("7b", 7), (2e9, 2e9), (12, 12), (1e17, 1e17)],
    ],
)
def test_a_size_is_read(text, size):
    assert sizes.size_of(text) == size


@pytest.mark.parametrize("text", ["", "x", "GB", "-1", "1 XB", "0", "0.2", "1e99", "nan", "1,5GB", "1 GB free"])
def test_what_is_no_size_is_refused(text):
    with pytest.raises(UsageError, match=r"expected auto or a size such as 500MB, 1GiB or 2e9, got"):
        sizes.size_of(text)


@pytest.mark.parametrize("size", [1, 999, 1e3, 123_456_789, 9.94e9, 5e13])
def test_a_size_is_told_within_a_tenth(size):
    assert sizes.size_of(sizes.told(size).replace("bytes", "B")) == pytest.approx(size, rel=0.1)


@pytest.fixture
def system(tmp_path, monkeypatch):
    """A system with 1,000,000 kB available, and a place for control groups."""
    (tmp_path / "self").mkdir()
    (tmp_path / "meminfo").write_text("MemTotal: 9000000 kB\nMemFree: 1 kB\nMemAvailable:    1000000 kB\n")
    monkeypatch.setattr(sizes, "PROC", tmp_path)
    monkeypatch.setattr(sizes, "CGROUPS", tmp_path / "groups")
    return tmp_path


def group(folder: Path, limit: str, used: str, cached: str, values: tuple[str, int, int]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    most, now, inactive = values
    (folder / limit).write_text(f"{most}\n")
    (folder / used).write_text(f"{now}\n")
    (folder / "memory.stat").write_text(f"anon 5\n{cached} {inactive}\n")


def test_without_a_group_the_system_decides(system):
    assert sizes.free_memory() == int(0.8 * 1_000_000 * 1024)


def test_the_lowest_group_limit_above_the_process_counts(system):
    (system / "self/cgroup").write_text("0::/a/b\n")
    names = ("memory.max", "memory.current", "inactive_file")
    group(system / "groups/a/b", *names, ("max", 900, 0))
    assert sizes.free_memory() == int(0.8 * 1_000_000 * 1024)
    group(system / "groups/a", *names, ("5000", 3000, 500))
    assert sizes.free_memory() == 2000
    group(system / "groups", *names, ("1000", 3000, 0))
    assert sizes.free_memory() == 0


def test_groups_of_version_1_count(system):
    (system / "self/cgroup").write_text("5:cpu:/x\n4:memory:/a\n0::/\n")
    names = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
    group(system / "groups/memory/a", *names, ("9000", 4000, 0))
    group(system / "groups/memory", *names, (str(2**63 - 4096), 4000, 0))
    assert sizes.free_memory() == 4000


def test_a_system_without_proc_is_asked_otherwise(system, monkeypatch):
    (system / "meminfo").unlink()
    assert sizes.free_memory() > 0


def test_a_disk_with_room_is_no_error(tmp_path, monkeypatch):
    monkeypatch.setattr(sizes, "MEMORY_FILE_SYSTEMS", set())
    sizes.refuse_full_disk(tmp_path, 1)


def test_a_full_disk_is_refused_with_figures(tmp_path, monkeypatch):
    monkeypatch.setattr(sizes, "MEMORY_FILE_SYSTEMS", set())
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: shutil._ntuple_diskusage(10**10, 0, 5 * 10**8))
    with pytest.raises(OutputError, match=r"need some 3\.0 GB, and 500 MB are free.*--cache-dir.*--memory-limit"):
        sizes.refuse_full_disk(tmp_path, 3 * 10**9)


def test_a_folder_in_memory_is_refused(tmp_path, system):
    device = tmp_path.stat().st_dev
    line = f"36 35 {device >> 8 & 0xFFF}:{device & 0xFF} / /x rw shared:1 - tmpfs tmpfs rw\n"
    (system / "self/mountinfo").write_text("1 2 0:99 / / rw - ext4 /dev/x rw\n" + line)
    with pytest.raises(OutputError, match=r"is memory and no disk \(tmpfs\).*--cache-dir"):
        sizes.refuse_full_disk(tmp_path, 1)


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(OutputError, match="--cache-dir"):
        sizes.refuse_full_disk(tmp_path / "none", 1)
