"""The saved audit: a folder with ranking.csv, model.npz and audit.json, which names the others' SHA-256."""

from __future__ import annotations

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
from labelaudit.files import make_folder, write_bytes

if TYPE_CHECKING:
    import pandas as pd

AUDIT, RANKING, MODEL = "audit.json", "ranking.csv", "model.npz"
FORMAT = "labelaudit audit"
FORMAT_VERSION = 1
ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)  # the oldest time a zip can hold: the same model gives the same bytes


def save(audit: Audit, folder: Path) -> Path:
    """Writes the three files into the folder, audit.json last; raises OutputError when that fails."""
    make_folder(folder)
    contents = {RANKING: ranking_csv(audit.ranking).encode(), MODEL: _model_bytes(audit.model)}
    for name, content in contents.items():
        write_bytes(folder / name, content)
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
    record = {"format": FORMAT, "format_version": FORMAT_VERSION, **audit.record, "files": hashes}
    text = json.dumps(record, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
    write_bytes(folder / AUDIT, text.encode())
    return folder


def ranking_csv(ranking: pd.DataFrame) -> str:
    """The ranking as CSV: cells as they are, floats shortest round-trip, true and false, LF line ends."""
    plain = ranking.assign(is_label_issue=np.where(ranking["is_label_issue"], "true", "false"))
    text: str = plain.to_csv(index=False, lineterminator="\n")
    return text


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
    folder = Path(path)
    folder = folder.parent if folder.name == AUDIT or folder.is_file() else folder
    record = _record(folder / AUDIT)
    contents = {name: _checked(folder / name, record) for name in (RANKING, MODEL)}
    with np.load(io.BytesIO(contents[MODEL]), allow_pickle=False) as archive:
        arrays = dict(archive)
    model = FittedModel(unpack(arrays), arrays["theta"], tuple(json.loads(str(arrays["classes"]))))
    own = {name: record[name] for name in record if name not in ("format", "format_version", "files")}
    return Audit(_ranking(contents[RANKING]), own, model)


def _record(path: Path) -> dict[str, Any]:
    try:
        record = json.loads(path.read_bytes())
    except OSError as error:
        raise InputError(
            f"{path}: cannot be read: {error.strerror}. Name the folder that `labelaudit audit` wrote."
        ) from error
    except ValueError as error:
        raise InputError(f"{path}: is no JSON: {error}. Run `labelaudit audit` again.") from error
    if not isinstance(record, dict) or record.get("format") != FORMAT:
        raise InputError(f"{path}: is no audit of labelaudit. Name the folder that `labelaudit audit` wrote.")
    if record.get("format_version") != FORMAT_VERSION:
        raise InputError(
            f"{path}: has format version {record.get('format_version')}, this labelaudit reads {FORMAT_VERSION}. "
            "Run `labelaudit audit` again."
        )
    return record


def _checked(path: Path, record: dict[str, Any]) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(
            f"{path}: cannot be read: {error.strerror}. It belongs to the audit; run `labelaudit audit` again."
        ) from error
    if hashlib.sha256(content).hexdigest() != record.get("files", {}).get(path.name):
        raise InputError(f"{path}: was changed since the audit wrote it. Run `labelaudit audit` again.")
    return content


def _ranking(content: bytes) -> pd.DataFrame:
    import pandas as pd

    from labelaudit.audits.result import RANKING_COLUMNS, SCORES

    header = pd.read_csv(io.BytesIO(content), nrows=0).columns
    text = [c for c in header if c not in RANKING_COLUMNS or c in ("file", "given_label", "predicted_label")]
    types = {**dict.fromkeys(text, str), **dict.fromkeys(SCORES, float), "is_label_issue": bool}
    missing = {name: [""] for name in ("line", *SCORES)}
    frame: pd.DataFrame = pd.read_csv(
        io.BytesIO(content), dtype=types, na_values=missing, keep_default_na=False, float_precision="round_trip"
    )
    frame["line"] = frame["line"].astype("Int64")
    return frame
