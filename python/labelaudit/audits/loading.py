"""Loading a saved audit, and refusing one that was changed."""

from __future__ import annotations

import hashlib
import io
import json
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from labelaudit.audits.fitted import FittedModel
from labelaudit.audits.frames import plain_texts
from labelaudit.audits.result import RANKING_COLUMNS, SCORES, Audit
from labelaudit.audits.saving import AUDIT, FORMAT, FORMAT_VERSION, MODEL, RANKING, record_hash
from labelaudit.encode.state import unpack
from labelaudit.errors import InputError
from labelaudit.records import Form, read_record

if TYPE_CHECKING:
    import pandas as pd

FORM = Form(
    FORMAT,
    FORMAT_VERSION,
    called="audit of labelaudit",
    which="Name the folder that `labelaudit audit` wrote.",
    cure="Run `labelaudit audit` again.",
)


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
    record = read_record(path, FORM)
    if record.get("sha256") != record_hash(record):
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
    with plain_texts():
        return _parsed(content)


def _parsed(content: bytes) -> pd.DataFrame:
    import pandas as pd

    header = pd.read_csv(io.BytesIO(content), nrows=0).columns
    text = [c for c in header if c not in RANKING_COLUMNS or c in ("file", "given_label", "predicted_label")]
    types = {**dict.fromkeys(text, str), **dict.fromkeys(SCORES, float), "is_label_issue": bool}
    missing = {name: [""] for name in ("line", *SCORES)}
    frame: pd.DataFrame = pd.read_csv(io.BytesIO(content), dtype=types, na_values=missing, keep_default_na=False)
    frame["line"] = frame["line"].astype("Int64")
    return frame
