"""Decisions as JSON Lines, CSV and JSON, and what of them is read again."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from dataclasses import asdict, fields
from os import PathLike
from pathlib import Path
from typing import Any

from labelaudit.decisions.decision import Decision
from labelaudit.decisions.store import DecisionStore
from labelaudit.errors import InputError, UsageError
from labelaudit.files import write_bytes

SQLITE = b"SQLite format 3\0"
ACCEPTED = "accepted"  # what `check --update-baseline` writes: the row may stay as it is
NAMES = tuple(field.name for field in fields(Decision))


def json_lines(decisions: Iterable[Decision]) -> str:
    """One {fingerprint, occurrence, label, decision} a line, sorted; the same decisions give the same bytes.

    The label is the new one for relabel, else the one that the row has.
    """
    return "".join(_line(d) for d in sorted(decisions, key=lambda d: (d.key, d.decision, d.label or "")))


def _line(decision: Decision) -> str:
    label = (decision.given_label or "") if decision.label is None else decision.label
    record = {
        "fingerprint": decision.fingerprint,
        "occurrence": decision.occurrence,
        "label": label,
        "decision": decision.decision,
    }
    return json.dumps(record, ensure_ascii=False) + "\n"


def as_json(decisions: Iterable[Decision]) -> str:
    """A list of objects with every field."""
    return json.dumps([asdict(d) for d in decisions], ensure_ascii=False, indent=1) + "\n"


def as_csv(decisions: Iterable[Decision]) -> str:
    """Every field as a column; texts are quoted, so that every label comes back as it is."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
    writer.writerow(NAMES)
    writer.writerows([getattr(d, name) for name in NAMES] for d in decisions)
    return out.getvalue()


def read_decisions(path: str | PathLike[str]) -> list[Decision]:
    """The present decisions of a file, which `review` wrote or which is JSON Lines.

    Of JSON Lines every line counts: two that disagree are for the caller to refuse. Raises InputError with the line.
    """
    content = _content(Path(path))
    if content.startswith(SQLITE):
        with DecisionStore(path, create=False) as store:
            return store.current()
    return read_json_lines(content, str(path))


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            start = file.read(len(SQLITE))
            return start if start == SQLITE else start + file.read()
    except OSError as error:
        raise InputError(f"{path}: the decisions cannot be read: {error.strerror}.") from error


def read_json_lines(content: bytes, name: str) -> list[Decision]:
    """The decisions of JSON Lines; empty lines are passed over. Raises InputError with the line."""
    found = []
    for number, line in enumerate(content.removeprefix(b"\xef\xbb\xbf").split(b"\n"), start=1):
        if line.strip():
            found.append(_decision(line, f"{name}:{number}"))
    return found


def _decision(line: bytes, where: str) -> Decision:
    try:
        record = json.loads(line.decode())
    except (ValueError, RecursionError) as error:
        raise InputError(f"{where}: is no JSON: {error}. Decisions are JSON Lines, or what `review` wrote.") from None
    if not isinstance(record, dict):
        raise InputError(f"{where}: expected an object with fingerprint, occurrence, label and decision.")
    lacking = [name for name in ("fingerprint", "occurrence", "decision") if name not in record]
    if lacking:
        raise InputError(
            f"{where}: there is no {lacking[0]!r}. A decision has fingerprint, occurrence, label, decision."
        )
    if record["decision"] == "undo":
        raise InputError(f"{where}: an undo takes back a decision in its own file only. Remove both lines.")
    try:
        return Decision(**_fields(record))
    except UsageError as error:
        raise InputError(f"{where}: {error}") from None


def _fields(record: dict[str, Any]) -> dict[str, Any]:
    """A record's fields as a Decision's: of a row that is not relabelled, the label is the one it has."""
    known = {name: record[name] for name in NAMES if name in record}
    if known["decision"] == ACCEPTED:
        known["decision"] = "keep"
    if known["decision"] != "relabel":
        label = known.pop("label", None)
        known["given_label"] = known.get("given_label", label)
    return known


WRITERS = {".jsonl": json_lines, ".csv": as_csv, ".json": as_json}  # by the suffix of the file


def export(path: Path, decisions: Iterable[Decision]) -> None:
    """Writes decisions in the form that the file's suffix names; raises UsageError for another suffix."""
    writer = WRITERS.get(path.suffix.lower())
    if writer is None:
        raise UsageError(f"{path}: expected a name that ends in {', '.join(WRITERS)}.")
    write_bytes(path, writer(decisions).encode())
