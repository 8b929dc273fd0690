"""Where the cleaned copy may be written: never over what it is made from."""

from __future__ import annotations

import os
from collections.abc import Mapping
from os import PathLike, fspath
from pathlib import Path

from labelaudit.errors import UsageError
from labelaudit.files import same_file


def refuse_same(output: str | PathLike[str], others: Mapping[str, str | PathLike[str]]) -> None:
    """Raises UsageError if the output is one of the others, by this or by another name (a link, a hard link)."""
    if fspath(output) == "-":
        raise UsageError("the output cannot be standard output: name a file.")
    for what, other in others.items():
        if same_file(Path(output), Path(other)) or os.path.realpath(output) == os.path.realpath(other):
            raise UsageError(f"{fspath(output)} is {what}, which is never written to. Name another file.")
