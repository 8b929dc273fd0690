"""The saved audit: a folder with ranking.csv, model.npz and audit.json, which names the others' SHA-256."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from labelaudit.audits.csv_text import csv_bytes
from labelaudit.audits.fitted import FittedModel
from labelaudit.encode.state import Arrays, pack
from labelaudit.files import make_folder, write_files

if TYPE_CHECKING:
    import pandas as pd

AUDIT, RANKING, MODEL = "audit.json", "ranking.csv", "model.npz"
FORMAT = "labelaudit audit"
FORMAT_VERSION = 1
ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)  # the oldest time a zip can hold: the same model gives the same bytes


def save(folder: Path, ranking: pd.DataFrame, record: dict[str, Any], model: FittedModel) -> Path:
    """Writes the three files of an audit into the folder, audit.json last; raises OutputError when that fails."""
    make_folder(folder)
    contents = {RANKING: csv_bytes(ranking), MODEL: _model_bytes(model)}
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
    whole = {"format": FORMAT, "format_version": FORMAT_VERSION, **record, "files": hashes}
    text = json.dumps(whole | {"sha256": record_hash(whole)}, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
    contents[AUDIT] = encoded(text)
    write_files({folder / name: content for name, content in contents.items()})
    return folder


def encoded(text: str) -> bytes:
    """UTF-8; what it cannot hold (a file name that is no text, a lone surrogate) as an escape, which is JSON's own."""
    return text.encode("utf-8", "backslashreplace")


def record_hash(record: dict[str, Any]) -> str:
    """The SHA-256 of the record less its time: it tells a record that was changed by hand, and not when it was made."""
    rest = {name: value for name, value in record.items() if name not in ("created", "sha256")}
    return hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()


def ranking_csv(ranking: pd.DataFrame) -> str:
    """The ranking as CSV: see `csv_bytes`."""
    return csv_bytes(ranking).decode("utf-8")


def _model_bytes(model: FittedModel) -> bytes:
    arrays: Arrays = {"theta": model.theta, "classes": np.array(json.dumps(model.classes)), **pack(model.encoder)}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, values in arrays.items():
            buffer = io.BytesIO()
            np.lib.format.write_array(buffer, values, allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy", ZIP_EPOCH), buffer.getvalue(), zipfile.ZIP_DEFLATED)
    return out.getvalue()
