"""The audited file, read again with what is needed to write it back."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from os import PathLike, fspath
from pathlib import Path
from typing import Any

from labelaudit.addresses import is_address, shown
from labelaudit.audits.result import Audit
from labelaudit.cleaning.charset import UTF8, Charset, charset_of
from labelaudit.cleaning.records import Records, records_of
from labelaudit.errors import InputError, UsageError
from labelaudit.fingerprints import Fingerprints, fingerprints
from labelaudit.table.compression import decompress
from labelaudit.table.contents import text_fingerprints
from labelaudit.table.opening import open_input
from labelaudit.table.parquet.file import Parquet
from labelaudit.table.scan import scan, structure
from labelaudit.table.source import STDIN, Text


@dataclass(frozen=True)
class Original:
    """The audited file: its bytes on disk, those bytes decompressed, and the same as UTF-8 text with its records."""

    text: Text
    raw: bytes
    content: bytes
    charset: Charset
    records: Records

    @property
    def name(self) -> str:
        """What messages call it."""
        return self.text.name

    @property
    def header(self) -> tuple[str, ...]:
        """The names of its columns."""
        return self.records.structure.header


def read_original(audit: Audit, data: str | PathLike[str]) -> Original | Parquet:
    """The one file that was audited, text or Parquet; raises InputError unless its SHA-256 is the recorded one."""
    source, path = _only_source(audit), fspath(data)
    if path == STDIN:
        raise UsageError("DATA cannot be standard input: name the file that was audited, so that it is not replaced.")
    if is_address(path):
        raise UsageError(f"{shown(path)}: DATA is an address. Fetch the file that was audited, and name the copy.")
    if Path(path).exists() and not Path(path).is_file():
        raise InputError(f"{path}: is no regular file. Name the file that was audited.")
    trusted = bool(audit.record.get("options", {}).get("trust_size"))
    text = open_input(path, charset=source["charset"] or "utf-8", trust_size=trusted)
    if text.sha256 != source["sha256"]:
        raise InputError(
            f"{text.name}: is not the data that was audited: its SHA-256 differs. Name the audited file, or audit this "
            "one."
        )
    if isinstance(text, Parquet):
        return text
    raw = _raw(Path(path), text)
    content = decompress(raw, text.compression, text.name, trust_size=trusted)
    charset = Charset("utf-8") if text.charset in UTF8 else charset_of(content, text.data, text.charset, text.name)
    scanner, header = scan(text, delimiter=source["delimiter"], skip=source["skip"])
    found = structure(text, scanner, header, delimiter=source["delimiter"])
    return Original(text, raw, content, charset, records_of(text.data, found))


def fingerprints_of(original: Original | Parquet) -> Fingerprints:
    """The fingerprint of every row, in file order."""
    if isinstance(original, Parquet):
        from labelaudit.table.parquet.reader import parquet_cells

        return fingerprints(parquet_cells([original], original.header[0]))
    return text_fingerprints([original.text], [original.records.structure])


def _only_source(audit: Audit) -> dict[str, Any]:
    sources = audit.record["sources"]
    if not sources:
        raise UsageError(
            "the audit is of a DataFrame: apply writes a copy of a file. Save the data and audit the file."
        )
    if len(sources) > 1:
        raise UsageError(
            f"the audit is of {len(sources)} files; apply works on an audit of one. Audit each file that is "
            "to be cleaned by itself."
        )
    only: dict[str, Any] = sources[0]
    return only


def _raw(path: Path, text: Text) -> bytes:
    """The bytes that the text was made of."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise InputError(f"{text.name}: cannot be read again: {error.strerror}.") from error
    if hashlib.sha256(raw).hexdigest() != text.sha256:
        raise InputError(f"{text.name}: the file changed while it was read; run again when it is complete.")
    return raw
