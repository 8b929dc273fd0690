"""Amounts of memory and disk: as people write them, and how much of both is free."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

from labelaudit.errors import OutputError, UsageError

UNITS = {"": 1, "b": 1}
UNITS |= {f"{letter}{end}": 1000**i for i, letter in enumerate("kmgtp", 1) for end in ("", "b")}
UNITS |= {f"{letter}ib": 1024**i for i, letter in enumerate("kmgtp", 1)}
SIZE = re.compile(r"\s*([0-9]+\.?[0-9]*(?:e\+?[0-9]+)?)\s*([a-z]*)\s*", re.IGNORECASE)
UNUSED_SHARE = 0.2  # of what is free is left to others
MEMORY_FILE_SYSTEMS = {"tmpfs", "ramfs"}
PROC, CGROUPS = Path("/proc"), Path("/sys/fs/cgroup")


def size_of(text: str | float) -> int:
    """Bytes of a size such as 1GiB, 500MB or 2e9; raises UsageError for anything else."""
    found = SIZE.fullmatch(str(text))
    if found is None or found[2].lower() not in UNITS or not 1 <= float(found[1]) * UNITS[found[2].lower()] < 2**62:
        raise UsageError(f"expected auto or a size such as 500MB, 1GiB or 2e9, got {text!r}")
    return int(float(found[1]) * UNITS[found[2].lower()])


def told(size: float) -> str:
    """A size for people: 430 MB, 1.2 GB."""
    for unit, name in ((10**12, "TB"), (10**9, "GB"), (10**6, "MB"), (10**3, "kB")):
        if size >= unit:
            return f"{size / unit:.{1 if size < 10 * unit else 0}f} {name}"
    return f"{size:.0f} bytes"


def free_memory() -> int:
    """Bytes that this process may take, less a margin: of the system, or of its control group where that has less."""
    return int((1 - UNUSED_SHARE) * min([_of_system(), *_of_groups()]))


def _of_system() -> int:
    try:
        found = re.search(r"^MemAvailable:\s+(\d+) kB", (PROC / "meminfo").read_text(), re.MULTILINE)
        if found is not None:
            return int(found[1]) * 1024
    except OSError:
        pass
    pages = "SC_AVPHYS_PAGES" if "SC_AVPHYS_PAGES" in os.sysconf_names else "SC_PHYS_PAGES"
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf(pages)


def _of_groups() -> list[int]:
    """What is left of the limits of this process' control group and of those above it (versions 2 and 1)."""
    left = []
    for limit, used, cached in _group_files():
        try:
            most, now = int(limit.read_text()), int(used.read_text())
        except (OSError, ValueError):  # "max": no limit
            continue
        left.append(max(0, most - now + _inactive(cached)))
    return left


def _group_files() -> list[tuple[Path, Path, Path]]:
    try:
        lines = (PROC / "self/cgroup").read_text().splitlines()
    except OSError:
        return []
    found = []
    for line in lines:
        number, controllers, path = line.split(":", 2)
        if number == "0" and not controllers:
            root, names = CGROUPS, ("memory.max", "memory.current")
        elif "memory" in controllers.split(","):
            root, names = CGROUPS / "memory", ("memory.limit_in_bytes", "memory.usage_in_bytes")
        else:
            continue
        folder = root / path.lstrip("/")
        within = [f for f in (folder, *folder.parents) if f == root or root in f.parents]
        found += [(f / names[0], f / names[1], f / "memory.stat") for f in within]
    return found


def _inactive(stat: Path) -> int:
    """Pages of files that count as used and go as soon as memory is wanted."""
    try:
        found = re.search(r"^(?:total_)?inactive_file (\d+)", stat.read_text(), re.MULTILINE)
    except OSError:
        return 0
    return 0 if found is None else int(found[1])


def refuse_full_disk(folder: Path, needed: int) -> None:
    """Raises OutputError where the folder is missing, is memory itself, or has less than so many bytes free."""
    if not folder.is_dir():
        raise OutputError(f"{folder}: is not a folder that intermediate values can go to. Name another --cache-dir.")
    kind = _file_system(folder)
    if kind in MEMORY_FILE_SYSTEMS:
        raise OutputError(
            f"{folder}: is memory and no disk ({kind}), so that values there would need as much memory. Name a folder "
            "on a disk with --cache-dir."
        )
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise OutputError(
            f"{folder}: intermediate values need some {told(needed)}, and {told(free)} are free. Free some space, name "
            "a folder on another disk with --cache-dir, or allow more memory with --memory-limit."
        )


def _file_system(folder: Path) -> str:
    """The type of the file system that a folder is on; empty where the system does not say."""
    try:
        lines = (PROC / "self/mountinfo").read_text().splitlines()
    except OSError:
        return ""
    device = folder.stat().st_dev
    wanted = f"{os.major(device)}:{os.minor(device)}"
    kinds = [line.split(" - ", 1)[1].split()[0] for line in lines if line.split()[2] == wanted and " - " in line]
    return kinds[-1] if kinds else ""
