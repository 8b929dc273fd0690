"""What identifies a row whatever its place: a hash of its content, and a count of exact repeats.

The fingerprint of a row is the SHA-256 of its cells, shortened to 128 bits and written as 32 hexadecimal digits. What
is hashed is, for each column in the order of the names (by code point), the name and then the cell, each in UTF-8
behind its length in bytes and a colon: `5:label3:cat`. The label is a cell like any other. So shuffled rows, added rows
and reordered columns keep their fingerprints; any change of a cell or of a column's name makes another one.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

DIGITS = 32
CHUNK = 1 << 16  # rows whose cells stand in lists at a time

Fingerprints = NDArray[np.object_]


def fingerprints(cells: pd.DataFrame) -> Fingerprints:
    """The fingerprint of each row, as str, in the order of the rows; cells are texts as in the file, unquoted."""
    columns = [_measured_cells(name, cells[name]) for name in sorted(cells.columns)]
    found: list[str] = []
    for start in range(0, len(cells), CHUNK):
        rows = zip(*(column[start : start + CHUNK].tolist() for column in columns), strict=True)
        found += hashed(map(b"".join, rows))
    return np.array(found, dtype=object)


def hashed(contents: Iterable[bytes]) -> list[str]:
    """The fingerprints of rows by what is hashed of each."""
    return [sha256(content).hexdigest()[:DIGITS] for content in contents]


def occurrences(found: Fingerprints) -> NDArray[np.int64]:
    """1 for the first row with a fingerprint, 2 for the second, and so on, in the order of the rows."""
    import pandas as pd

    codes = pd.factorize(found)[0]
    order = np.argsort(codes, kind="stable")
    counts = np.bincount(codes)
    first = np.repeat(np.cumsum(counts) - counts, counts)
    out = np.empty(len(found), dtype=np.int64)
    out[order] = np.arange(len(found)) - first + 1
    return out


def _measured_cells(name: str, column: pd.Series) -> NDArray[np.object_]:
    """Name and cell of each row as they are hashed; each distinct cell is encoded once."""
    import pandas as pd

    codes, words = pd.factorize(column.to_numpy(dtype=object))
    head = measured(name)
    cells = np.empty(len(words), dtype=object)
    cells[:] = [head + measured(word) for word in words]
    out: NDArray[np.object_] = cells[codes]
    return out


def measured(text: str) -> bytes:
    """A name or a cell as it is hashed: in UTF-8 behind its length in bytes and a colon."""
    raw = text.encode("utf-8", "surrogatepass")  # a lone surrogate, which only a DataFrame can hold
    return b"%d:%b" % (len(raw), raw)
