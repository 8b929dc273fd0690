"""JSON files of our own: one object with its format and version, read again or refused in our words."""

from __future__ import annotations

import json
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

from labelaudit.errors import InputError


@dataclass(frozen=True)
class Form:
    """What a file must say of itself, what it is called, which one to name, and what mends one of another version."""

    format: str
    version: int
    called: str
    which: str
    cure: str


def read_record(path: str | PathLike[str], form: Form) -> dict[str, Any]:
    """The object in the file; raises InputError where there is none, or one of another form."""
    try:
        record = json.loads(Path(path).read_bytes())
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}. {form.which}") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: is no JSON: {error}. {form.which}") from error
    if not isinstance(record, dict) or record.get("format") != form.format:
        raise InputError(f"{path}: is no {form.called}. {form.which}")
    if record.get("format_version") != form.version:
        raise InputError(
            f"{path}: has format version {record.get('format_version')}, this labelaudit reads {form.version}. "
            f"{form.cure}"
        )
    return record
