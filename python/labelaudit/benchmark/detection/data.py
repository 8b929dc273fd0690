"""One table of the folder, made ready: the rows that take part, their features and their class codes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from labelaudit.benchmark.detection.manifest import Entry, read_csv
from labelaudit.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

Codes = NDArray[np.int64]
Flags = NDArray[np.bool_]

SMALLEST_CLASS = 10  # rows; five folds of a smaller class say little
SAMPLE_SEED = 0


@dataclass(frozen=True)
class Data:
    """Rows with features and label.

    features: what every tool may see. text: columns of running text among them. label: the name of the label column.
    codes (rows,) index classes, the label words in sorted order; wrong (rows,) marks real errors, None where the
    labels are believed.
    """

    name: str
    features: pd.DataFrame
    text: tuple[str, ...]
    label: str
    classes: tuple[str, ...]
    codes: Codes
    wrong: Flags | None

    def frame(self, codes: Codes) -> pd.DataFrame:
        """The features with the labels of these codes beside them."""
        import pandas as pd

        words = np.array(self.classes, dtype=object)
        return pd.concat([self.features, pd.Series(words[codes], name=self.label, dtype=object)], axis=1)


def read(entry: Entry) -> pd.DataFrame:
    """The labelled rows of a file, label and gold as they are written; raises InputError, with the path and cure."""
    words = [name for name in (entry.label, entry.gold) if name is not None]
    header = read_csv(entry.path, nrows=0)
    for name in entry.columns:
        if name not in header.columns:
            raise InputError(f'{entry.path}: there is no column "{name}", which the manifest names for "{entry.name}".')
    # a label may be 01 or None: only an empty cell is missing
    written = read_csv(entry.path, usecols=words, dtype=str, keep_default_na=False)
    there = written[words].ne("").all(axis=1)
    if not there.any():
        raise InputError(f'{entry.path}: no row has a label in "{entry.label}".')
    return read_csv(entry.path, low_memory=False).assign(**{name: written[name] for name in words})[there]


def prepare(entry: Entry, frame: pd.DataFrame, rows: int) -> Data:
    """At most so many rows, drawn with one seed; then those of classes with SMALLEST_CLASS rows.

    Text takes part where the errors are real. Where they are planted it does not: the tables of such are columns of
    numbers and categories with a name or two among them. Raises InputError where fewer than two classes are left.
    """
    frame = frame.sample(rows, random_state=SAMPLE_SEED) if len(frame) > rows else frame
    counts = frame[entry.label].value_counts()
    frame = frame[frame[entry.label].isin(counts.index[counts >= SMALLEST_CLASS])].reset_index(drop=True)
    classes, codes = np.unique(frame[entry.label].to_numpy(dtype=object), return_inverse=True)
    if len(classes) < 2:
        raise InputError(f'{entry.path}: expected two classes of {SMALLEST_CLASS} rows or more in "{entry.label}".')
    text = () if entry.gold is None else entry.text
    features = frame.drop(columns=[name for name in entry.columns if name not in text])
    if not features.shape[1]:
        raise InputError(f"{entry.path}: no column is left to learn from beside those that the manifest names.")
    wrong = None if entry.gold is None else (frame[entry.label] != frame[entry.gold]).to_numpy(dtype=bool)
    return Data(
        name=entry.name,
        features=_words_as_words(features, text),
        text=text,
        label=entry.label,
        classes=tuple(classes),
        codes=codes.astype(np.int64),
        wrong=wrong,
    )


def _words_as_words(features: pd.DataFrame, text: tuple[str, ...]) -> pd.DataFrame:
    """Columns that are neither numbers nor text, as words."""
    words = set(categories(features, text))
    return features.astype({name: str for name in features if name in words}).copy()


def numbers(features: pd.DataFrame, text: tuple[str, ...]) -> list[str]:
    """The columns of numbers, booleans among them."""
    from pandas.api.types import is_numeric_dtype

    return [name for name in features if is_numeric_dtype(features[name]) and name not in text]


def categories(features: pd.DataFrame, text: tuple[str, ...]) -> list[str]:
    """The other columns, text aside."""
    there = {*numbers(features, text), *text}
    return [name for name in features if name not in there]
