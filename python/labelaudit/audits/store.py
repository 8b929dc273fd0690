"""The saved audit: a folder with ranking.csv, model.npz and audit.json, which names the others' SHA-256."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from labelaudit.audits.result import Audit, FittedModel
from labelaudit.encode.state import Arrays, pack, unpack
from labelaudit.errors import InputError
from labelaudit.files import make_folder, write_files

if TYPE_CHECKING:
    import pandas as pd

AUDIT, RANKING, MODEL = "audit.json", "ranking.csv", "model.npz"
FORMAT = "labelaudit audit"
FORMAT_VERSION = 1
ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)  # the oldest time a zip can hold: the same model gives the same bytes


def save(audit: Audit, folder: Path) -> Path:
    """Writes the three files into the folder, audit.json last; raises OutputError when that fails."""
    make_folder(folder)
    contents = {RANKING: encoded(ranking_csv(audit.ranking)), MODEL: _model_bytes(audit.model)}
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
    record = {"format": FORMAT, "format_version": FORMAT_VERSION, **audit.record, "files": hashes}
    text = json.dumps(record | {"sha256": _hash(record)}, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
    contents[AUDIT] = encoded(text)
    write_files({folder / name: content for name, content in contents.items()})
    return folder


def encoded(text: str) -> bytes:
    """UTF-8; what it cannot hold (a file name that is no text, a lone surrogate) as an escape, which is JSON's own."""
    return text.encode("utf-8", "backslashreplace")


def _hash(record: dict[str, Any]) -> str:
    """The SHA-256 of the record less its time: it tells a record that was changed by hand, and not when it was made."""
    rest = {name: value for name, value in record.items() if name not in ("created", "sha256")}
    return hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()


def ranking_csv(ranking: pd.DataFrame) -> str:
    """The ranking as CSV: cells as they are, floats shortest round-trip, true and false, LF line ends."""
    lines = _Lines()
    writer = csv.writer(lines, lineterminator=_Lines.END)
    writer.writerow(ranking.columns)
    writer.writerows(zip(*(_cells(ranking[name]) for name in ranking.columns), strict=True))
    return "".join(lines.lines)


class _Lines:
    """Takes a csv writer's lines, and ends them with LF; before Python 3.13 it quotes a CR only if lines end in one."""

    END = "\r\n"

    def __init__(self) -> None:
        self.lines: list[str] = []

    def write(self, line: str) -> None:
        self.lines.append(line.removesuffix(self.END) + "\n")


def _cells(column: pd.Series) -> list[Any]:
    values = np.where(column, "true", "false") if column.dtype == bool else column.astype(object)
    cells: list[Any] = np.where(column.isna(), "", values).tolist()
    return cells


def _model_bytes(model: FittedModel) -> bytes:
    arrays: Arrays = {"theta": model.theta, "classes": np.array(json.dumps(model.classes)), **pack(model.encoder)}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, values in arrays.items():
            buffer = io.BytesIO()
            np.lib.format.write_array(buffer, values, allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy", ZIP_EPOCH), buffer.getvalue(), zipfile.ZIP_DEFLATED)
    return out.getvalue()


def load(path: str | PathLike[str]) -> Audit:
    """A saved audit, from its folder or its audit.json; raises InputError when a file is missing or was changed."""
    file = audit_file(path)
    record, folder = _record(file), file.parent
    contents = {name: _checked(folder / name, record) for name in (RANKING, MODEL)}
    with np.load(io.BytesIO(contents[MODEL]), allow_pickle=False) as archive:
        arrays = dict(archive)
    model = FittedModel(unpack(arrays), arrays["theta"], tuple(json.loads(str(arrays["classes"]))))
    own = {name: record[name] for name in record if name not in ("format", "format_version", "files", "sha256")}
    return Audit(_ranking(contents[RANKING]), own, model)


def audit_file(path: str | PathLike[str]) -> Path:
    """The audit.json of a saved audit that is named by its folder or by the file."""
    return Path(path) / AUDIT if Path(path).is_dir() else Path(path)


def _record(path: Path) -> dict[str, Any]:
    try:
        record = json.loads(path.read_bytes())
    except OSError as error:
        raise InputError(
            f"{path}: cannot be read: {error.strerror}. Name the folder that `labelaudit audit` wrote."
        ) from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: is no JSON: {error}. Run `labelaudit audit` again.") from error
    if not isinstance(record, dict) or record.get("format") != FORMAT:
        raise InputError(f"{path}: is no audit of labelaudit. Name the folder that `labelaudit audit` wrote.")
    if record.get("format_version") != FORMAT_VERSION:
        raise InputError(
            f"{path}: has format version {record.get('format_version')}, this labelaudit reads {FORMAT_VERSION}. "
            "Run `labelaudit audit` again."
        )
    if record.get("sha256") != _hash(record):
        raise _changed(path)
    return record


def _checked(path: Path, record: dict[str, Any]) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(
            f"{path}: cannot be read: {error.strerror}. It belongs to the audit; run `labelaudit audit` again."
        ) from error
    if hashlib.sha256(content).hexdigest() != record.get("files", {}).get(path.name):
        raise _changed(path)
    return content


def _changed(path: Path) -> InputError:
    return InputError(f"{path}: was changed since the audit wrote it. Run `labelaudit audit` again.")


def _ranking(content: bytes) -> pd.DataFrame:
    import pandas as pd

    from labelaudit.audits.result import RANKING_COLUMNS, SCORES

    header = pd.read_csv(io.BytesIO(content), nrows=0).columns
    text = [c for c in header if c not in RANKING_COLUMNS or c in ("file", "given_label", "predicted_label")]
    types = {**dict.fromkeys(text, str), **dict.fromkeys(SCORES, float), "is_label_issue": bool}
    missing = {name: [""] for name in ("line", *SCORES)}
    frame: pd.DataFrame = pd.read_csv(io.BytesIO(content), dtype=types, na_values=missing, keep_default_na=False)
    frame["line"] = frame["line"].astype("Int64")
    return frame
