"""The undo file: what makes the original again of a cleaned copy."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from os import PathLike, fspath
from pathlib import Path
from typing import Any

from labelaudit.cleaning.charset import Charset
from labelaudit.cleaning.edits import Edit, edited, inverse
from labelaudit.cleaning.output import refuse_same
from labelaudit.errors import InputError
from labelaudit.files import write_bytes
from labelaudit.masks import no_wider_than
from labelaudit.records import Form, read_record
from labelaudit.table.compression import PLAIN, compress, compression_for, compression_of, decompress
from labelaudit.table.words import printable

FORMAT = "labelaudit undo"
FORMAT_VERSION = 1
FORM = Form(
    FORMAT,
    FORMAT_VERSION,
    called="undo file",
    which="Name the file that apply --undo wrote.",
    cure="Use the labelaudit that wrote it.",
)

Named = dict[str, Any]


def undo_file(data: bytes, edits: Sequence[Edit], charset: Charset, original: Named, cleaned: Named) -> bytes:
    """The undo file of edits of UTF-8 text; SHA-256 are of the files' bytes, decompressed where they are compressed."""
    how = {
        "charset": charset.codec,
        "mark": charset.mark.hex(),
        "edits": [[start, end, old.decode()] for start, end, old in inverse(data, edits)],
    }
    return undo_record(original, cleaned, how)


def undo_record(original: Named, cleaned: Named, how: Mapping[str, Any]) -> bytes:
    """An undo file for both files, and how one is made of the other."""
    head = {"format": FORMAT, "format_version": FORMAT_VERSION, "original": original, "cleaned": cleaned}
    record = {**head, **how}
    return (json.dumps(record, ensure_ascii=False, allow_nan=False) + "\n").encode("utf-8", "backslashreplace")


def named(path: str, content: bytes, compression: str) -> Named:
    """A file as the undo file names it; `content` is decompressed."""
    digest = hashlib.sha256(content).hexdigest()
    return {"name": Path(path).name, "compression": compression, "size_bytes": len(content), "sha256": digest}


def undo(cleaned: str | PathLike[str], undo: str | PathLike[str], output: str | PathLike[str]) -> None:
    """Writes the file that `apply` was given, from its cleaned copy and the undo file of that run.

    Raises InputError if the copy was changed since, or the undo file is none or belongs to another copy; UsageError if
    the output is one of both.
    """
    refuse_same(output, {"the cleaned copy": cleaned, "the undo file": undo})
    record = _record(undo)
    raw = _read(cleaned)
    content = decompress(raw, compression_of(raw), printable(fspath(cleaned)), trust_size=True)
    if hashlib.sha256(content).hexdigest() != record["cleaned"]["sha256"]:
        raise InputError(
            f"{printable(fspath(cleaned))}: is not the copy that {printable(fspath(undo))} belongs to: its SHA-256 "
            "differs. It was changed since, or another apply wrote it."
        )
    restored = _restored(content, record, undo)
    original = record["original"]
    kind = PLAIN if "pieces" in record else compression_for(fspath(output), original["name"], original["compression"])
    with no_wider_than([cleaned]):
        write_bytes(Path(output), compress(restored, kind, fspath(output)))


def _restored(content: bytes, record: Named, path: str | PathLike[str]) -> bytes:
    try:
        if "pieces" in record:
            from labelaudit.cleaning.parquet_undo import joined

            return _proven(joined(content, record["pieces"]), record, path)
        charset = Charset(record["charset"], bytes.fromhex(record["mark"]))
        edits = [Edit(start, end, old.encode()) for start, end, old in record["edits"]]
        restored = charset.encode(edited(charset.decode(content), edits))
    except (ValueError, TypeError, AttributeError, LookupError):
        raise _damaged(path) from None
    return _proven(restored, record, path)


def _proven(restored: bytes, record: Named, path: str | PathLike[str]) -> bytes:
    if hashlib.sha256(restored).hexdigest() != record["original"]["sha256"]:
        raise _damaged(path)
    return restored


def _record(path: str | PathLike[str]) -> Named:
    record = read_record(path, FORM)
    try:
        wanted = [
            *(record["original"][name] for name in ("name", "compression", "sha256")),
            record["cleaned"]["sha256"],
        ]
    except (KeyError, TypeError):
        raise _damaged(path) from None
    if not all(isinstance(text, str) for text in wanted):
        raise _damaged(path)
    return record


def _damaged(path: str | PathLike[str]) -> InputError:
    return InputError(f"{path}: is damaged or was changed by hand: it does not give the original. Nothing was written.")


def _read(path: str | PathLike[str]) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}.") from error
