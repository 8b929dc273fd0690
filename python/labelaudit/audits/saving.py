"""The saved audit: a folder with ranking.csv, model.npz and audit.json, which names the others' SHA-256.

report.html may stand beside them. It is made from the others, so its hash is not kept and nothing misses it.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from labelaudit._core import formula_like
from labelaudit.audits.csv_text import csv_bytes, csv_pieces
from labelaudit.audits.fitted import FittedModel
from labelaudit.encode.state import Arrays, pack
from labelaudit.files import Write, begin_to_write_out, make_folder, remove_file, write_files
from labelaudit.masks import no_wider_than

if TYPE_CHECKING:
    import pandas as pd

Page = str | Callable[[], str]
AUDIT, RANKING, MODEL, PAGE = "audit.json", "ranking.csv", "model.npz", "report.html"
PAGE_MARK = b'<meta name="generator" content="labelaudit report">'  # in the first bytes of a page of ours
PAGE_HEAD = 2000
PIECES_OUT = 8  # of the ranking, some 35 MB, that are sent on their way to the disk at a time
FORMAT = "labelaudit audit"
FORMAT_VERSION = 1
ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)  # the oldest time a zip can hold: the same model gives the same bytes


def save(
    folder: Path, ranking: pd.DataFrame, record: dict[str, Any], model: FittedModel, page: Page | None = None
) -> Path:
    """Writes the files of an audit into the folder, audit.json last; raises OutputError when that fails.

    page: its text, or what gives it when all rows are written. Without a page, an older audit's page there is removed:
    it would be of another audit.
    """
    packed, hashed = _model_bytes(model), hashlib.sha256()

    def write_ranking(file: BinaryIO) -> None:
        for i, piece in enumerate(csv_pieces(ranking)):
            hashed.update(piece)
            file.write(piece)
            if i % PIECES_OUT == PIECES_OUT - 1:
                begin_to_write_out(file)

    def write_audit(file: BinaryIO) -> None:
        hashes = {RANKING: hashed.hexdigest(), MODEL: hashlib.sha256(packed).hexdigest()}
        whole = {"format": FORMAT, "format_version": FORMAT_VERSION, **record, "files": hashes}
        text = json.dumps(whole | {"sha256": record_hash(whole)}, ensure_ascii=False, indent=1, allow_nan=False)
        file.write(encoded(text + "\n"))

    contents: dict[str, bytes | Write] = {RANKING: write_ranking, MODEL: packed}
    contents |= {} if page is None else {PAGE: lambda file: file.write(encoded(page() if callable(page) else page))}
    contents[AUDIT] = write_audit
    with no_wider_than(source["path"] for source in record["sources"]):
        make_folder(folder)
        write_files({folder / name: content for name, content in contents.items()})
    if page is None and _is_page(folder / PAGE):
        remove_file(folder / PAGE)
    return folder


def _is_page(path: Path) -> bool:
    """Whether the file is a page that an audit wrote, not somebody's report of the same name."""
    try:
        with path.open("rb") as file:
            return PAGE_MARK in file.read(PAGE_HEAD)
    except OSError:
        return False


def encoded(text: str) -> bytes:
    """UTF-8; what it cannot hold (a file name that is no text, a lone surrogate) as an escape, which is JSON's own."""
    return text.encode("utf-8", "backslashreplace")


def record_hash(record: dict[str, Any]) -> str:
    """The SHA-256 of the record less what may differ between equal audits: its time, and where large values lived."""
    rest = {name: value for name, value in record.items() if name not in ("created", "storage", "sha256")}
    return hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()


def ranking_csv(ranking: pd.DataFrame) -> str:
    """The ranking as CSV: see `csv_bytes`."""
    return csv_bytes(ranking).decode("utf-8")


def is_formula_like(cell: str) -> bool:
    """Whether a spreadsheet would take the cell for a formula; a plain number is none. See csrc/formulas.hpp."""
    return formula_like(cell.encode("utf-8", "surrogatepass"))


def formula_like_cells(ranking: pd.DataFrame, ids: Sequence[str], classes: Sequence[str]) -> int:
    """How many cells and names of the ranking's ids and labels are formula-like; labels are names of classes."""
    cells = sum(map(is_formula_like, ids))
    for name in ids:
        cells += sum(n for cell, n in ranking[name].value_counts().items() if is_formula_like(str(cell)))
    like = list(filter(is_formula_like, classes))
    return int(cells + sum(ranking[name].isin(like).sum() for name in ("given_label", "predicted_label") if like))


def _model_bytes(model: FittedModel) -> bytes:
    arrays: Arrays = {"theta": model.theta, "classes": np.array(json.dumps(model.classes)), **pack(model.encoder)}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, values in arrays.items():
            buffer = io.BytesIO()
            np.lib.format.write_array(buffer, values, allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy", ZIP_EPOCH), buffer.getvalue(), zipfile.ZIP_DEFLATED)
    return out.getvalue()
