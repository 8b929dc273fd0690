"""The baseline: decisions on rows by their content, as sorted JSON Lines that are fit to be committed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from labelaudit.checks.result import Issue
from labelaudit.errors import InputError
from labelaudit.fingerprints import DIGITS
from labelaudit.jsontext import dumps

ACCEPTED = "accepted"
QUIET = frozenset({ACCEPTED, "keep"})
DECISIONS = (ACCEPTED, "keep", "relabel", "drop", "unsure")
FIELDS = ("fingerprint", "occurrence", "label", "decision")
FINGERPRINT = re.compile(rf"[0-9a-f]{{{DIGITS}}}")

Key = tuple[str, int]
Baseline = dict[Key, dict[str, Any]]  # the line's object by fingerprint and occurrence; further fields are kept


def load_baseline(path: Path) -> Baseline:
    """The baseline in a file; raises InputError with the line that is malformed or contradicts another."""
    try:
        lines = path.read_bytes().decode("utf-8").split("\n")
    except FileNotFoundError:
        raise InputError(f"{path}: no such file. Make it with --update-baseline.") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: byte {error.start} is not UTF-8. {_CURE}") from None
    found: Baseline = {}
    for number, line in enumerate(lines, start=1):
        if line.strip(" \t\r"):
            entry = _entry(line, f"{path}:{number}")
            key = (entry["fingerprint"], entry["occurrence"])
            if found.setdefault(key, entry) != entry:
                raise InputError(f"{path}:{number}: another line says something else of the same row. {_CURE}")
    return found


_CURE = "Mend or remove the line, or make the file anew with --update-baseline."


def _entry(line: str, where: str) -> dict[str, Any]:
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{where}: is no JSON ({error}). {_CURE}") from None
    if not isinstance(entry, dict):
        raise InputError(f"{where}: expected an object with {', '.join(FIELDS)}. {_CURE}")
    for name in FIELDS:
        if name not in entry:
            raise InputError(f"{where}: there is no field {name}. {_CURE}")
    fingerprint, occurrence, label, decision = (entry[name] for name in FIELDS)
    if not isinstance(fingerprint, str) or not FINGERPRINT.fullmatch(fingerprint):
        raise InputError(f"{where}: the fingerprint is not {DIGITS} digits 0-9 a-f. {_CURE}")
    if type(occurrence) is not int or occurrence < 1:
        raise InputError(f"{where}: the occurrence is not a whole number from 1. {_CURE}")
    if not isinstance(label, str):
        raise InputError(f"{where}: the label is not a text. {_CURE}")
    if decision not in DECISIONS:
        raise InputError(f"{where}: the decision is not one of {', '.join(DECISIONS)}. {_CURE}")
    return entry


def is_quiet(baseline: Mapping[Key, Mapping[str, Any]], issue: Issue) -> bool:
    """Whether somebody has accepted or kept the row as it is."""
    entry = baseline.get((issue.fingerprint, issue.occurrence))
    return entry is not None and entry["decision"] in QUIET


def accepting(baseline: Baseline, issues: Iterable[Issue]) -> Baseline:
    """The baseline with these issues as accepted; all other lines stay."""
    values = [(i.fingerprint, i.occurrence, i.finding.given_label, ACCEPTED) for i in issues]
    return {**baseline, **{value[:2]: dict(zip(FIELDS, value, strict=True)) for value in values}}


def baseline_text(baseline: Baseline) -> str:
    """The lines of the file, sorted by fingerprint and occurrence."""
    return "".join(dumps(baseline[key]) + "\n" for key in sorted(baseline))
