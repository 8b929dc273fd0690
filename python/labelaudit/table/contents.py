"""The fingerprints of a text's rows, from its bytes: no cell becomes an object."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from labelaudit._core import row_contents
from labelaudit.fingerprints import Fingerprints, hashed, measured
from labelaudit.table.scan import Structure
from labelaudit.table.source import Text

ROWS = 1 << 14  # whose contents are in memory at a time


def text_fingerprints(texts: Sequence[Text], structures: Sequence[Structure]) -> Fingerprints:
    """The fingerprint of each row of all files, labelled or not, as `labelaudit.fingerprints` has it of their cells."""
    found: list[str] = []
    for text, structure in zip(texts, structures, strict=True):
        for contents in _contents(text, structure):
            found += hashed(contents)
    return np.array(found, dtype=object)


def _contents(text: Text, structure: Structure) -> Iterator[list[bytes]]:
    """What is hashed of each row, ROWS at a time."""
    columns = tuple((structure.header.index(name), measured(name)) for name in sorted(structure.header))
    bounds = [*structure.offsets[::ROWS].tolist(), len(text.body)]
    for first, start, stop in zip(range(0, len(structure.offsets), ROWS), bounds, bounds[1:], strict=False):
        rows = min(ROWS, len(structure.offsets) - first)
        yield row_contents(text.body[start:stop], structure.delimiter, rows, columns)
