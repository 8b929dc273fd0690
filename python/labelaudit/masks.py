"""Outputs that nobody can read who cannot read the data they are made of."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from os import PathLike

from labelaudit.addresses import path_of

# what a file's mode lacks, and what is then kept from new files and folders
KEPT = (
    (stat.S_IRGRP, stat.S_IRGRP | stat.S_IXGRP),
    (stat.S_IWGRP, stat.S_IWGRP),
    (stat.S_IROTH, stat.S_IROTH | stat.S_IXOTH),
    (stat.S_IWOTH, stat.S_IWOTH),
)


@contextmanager
def no_wider_than(paths: Iterable[str | PathLike[str]]) -> Iterator[None]:
    """Files made within have the user's mask, and no permission that one of these regular files lacks.

    The mask is the whole process's. Whatever is no regular file, standard input among it, takes nothing away.
    """
    lacking = 0
    for mode in filter(stat.S_ISREG, map(_mode, paths)):
        for bit, kept in KEPT:
            lacking |= 0 if mode & bit else kept
    before = os.umask(0o777)
    os.umask(before | lacking)
    try:
        yield
    finally:
        os.umask(before)


def _mode(path: str | PathLike[str]) -> int:
    try:
        return path_of(path).stat().st_mode
    except (OSError, ValueError):
        return 0
