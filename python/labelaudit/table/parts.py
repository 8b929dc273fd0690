"""The cells of files in parts, on several threads: each part is parsed, put into arrays of the whole, and let go."""

from __future__ import annotations

import csv
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from labelaudit import storage
from labelaudit.table.cells import Cells
from labelaudit.table.distinct import Distinct
from labelaudit.table.parser import body, options_for, parsed
from labelaudit.table.pieces import Piece, Verdict, joined, piece_of, verdict
from labelaudit.table.plain import Kind, Plain, expected
from labelaudit.table.scan import Structure
from labelaudit.table.source import Text
from labelaudit.table.table import FloatArray
from labelaudit.table.values import refuse_other_rows

if TYPE_CHECKING:
    import pandas as pd

PART_BYTES = 4 << 20  # fits a processor's cache; larger parts take up to twice as long
PART_ROWS = 2000  # at the least: each column of each part costs some time of its own. The first of several has no more


@dataclass(frozen=True)
class Part:
    """Some records of one file, bytes `start` to `stop`, which are these rows of all files."""

    file: int
    start: int
    stop: int
    rows: slice


def parts_of(structures: Sequence[Structure], sizes: Sequence[int]) -> list[Part]:
    """The records of all files in parts of some size; `sizes`: the bytes of each text.

    The first part of several is a small one: it tells what to expect of the others.
    """
    parts: list[Part] = []
    first = 0
    for file, (structure, size) in enumerate(zip(structures, sizes, strict=True)):
        rows = len(structure.offsets)
        marks = np.searchsorted(structure.offsets, np.arange(structure.body, size, PART_BYTES)[1:])
        cuts = [0]
        small = [PART_ROWS] if len(marks) and not parts else []
        for mark in [*small, *marks.tolist()]:
            if mark - cuts[-1] >= PART_ROWS and rows - mark >= PART_ROWS:
                cuts.append(mark)
        bounds = [structure.body, *structure.offsets[cuts[1:]].tolist(), size]
        spans = zip(pairwise(bounds), pairwise([*cuts, rows]), strict=True)
        parts += [Part(file, start, stop, slice(first + a, first + b)) for (start, stop), (a, b) in spans]
        first += rows
    return parts


def read_columns(
    texts: Sequence[Text],
    structures: Sequence[Structure],
    *,
    columns: Collection[str],
    as_text: Collection[str],
    features: Collection[str],
    missing: Sequence[str],
    threads: int,
) -> dict[str, pd.Series | Cells]:
    """The named columns of all files, each of the type that pandas infers from the whole of it.

    `as_text` columns are words; the missing words count for `features` only. A column whose parts do not tell what the
    whole is (numbers beyond 64 bits, a minus zero among integers and floats) is read once more as a whole.
    Raises RuntimeError if pandas finds another number of rows than the scan: a bug of ours.
    """
    options = options_for(structures[0], columns, as_text, features, missing)
    reading = _Reading(texts, structures, options, columns)
    plain = Plain(structures[0].header, structures[0].delimiter, features, missing, reading.minus_zero)
    reading.expect(plain, as_text)
    _each(threads, [partial(reading.read, i, columns) for i in range(len(reading.parts))])
    verdicts = {name: verdict(reading.pieces[name]) for name in columns}
    for name in as_text:
        if name in verdicts:
            verdicts[name] = "words"
    _each(threads, reading.amendments(verdicts))
    whole = reading.whole([name for name, found in verdicts.items() if found == "whole"])
    return {name: whole[name] if name in whole else reading.cells(name, found) for name, found in verdicts.items()}


def _each(threads: int, tasks: Sequence[Callable[[], None]]) -> None:
    if threads == 1 or len(tasks) < 2:
        for task in tasks:
            task()
        return
    with storage.threads(min(threads, len(tasks))) as pool:
        futures = [pool.submit(task) for task in tasks]
        try:
            for future in futures:
                future.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


class _Reading:
    """Arrays of the whole that are filled part by part."""

    def __init__(
        self, texts: Sequence[Text], structures: Sequence[Structure], options: dict[str, Any], columns: Iterable[str]
    ) -> None:
        self.texts, self.structures, self.options = texts, structures, options
        self.parts = parts_of(structures, [len(text.body) for text in texts])
        rows = self.parts[-1].rows.stop
        self.slots: dict[str, FloatArray] = {name: np.empty(rows) for name in columns}
        self.pieces = {name: [Piece("nothing")] * len(self.parts) for name in columns}
        self.minus_zero = any(text.has_minus_zero for text in texts)
        self.plain: Plain | None = None
        self.kinds: dict[str, Kind] = {}

    def read(self, number: int, columns: Collection[str], words: bool = False) -> None:
        """Reads one part; `words`: as words, whatever they look like."""
        part = self.parts[number]
        slots = {name: self.slots[name][part.rows] for name in columns}
        found = self._plain_cells(part, dict.fromkeys(columns, "as they stand") if words else self.kinds, slots)
        left = [name for name in columns if name not in found]
        if left:
            types = dict.fromkeys(left, object) if words else self.options["dtype"]
            frame = parsed(self._body(part), {**self.options, "usecols": left, "dtype": types})
            refuse_other_rows(len(frame), part.rows.stop - part.rows.start)
            found |= {name: piece_of(frame[name], slots[name], self.minus_zero) for name in left}
        for name, piece in found.items():
            self.pieces[name][number] = piece

    def expect(self, plain: Plain, as_text: Collection[str]) -> None:
        """Lets parts be read without pandas where they are what the first is; `as_text` columns whatever it is."""
        part = self.parts[0]
        slots = {name: whole[part.rows] for name, whole in self.slots.items()}
        _, lines, *_ = self._body(part)
        inferred = [name for name in slots if name not in as_text]
        self.kinds = expected(plain, lines, inferred, slots)
        self.kinds |= dict.fromkeys((name for name in slots if name in as_text), "as they stand")
        self.plain = plain

    def _plain_cells(self, part: Part, kinds: Mapping[str, Kind], slots: dict[str, FloatArray]) -> dict[str, Piece]:
        if self.plain is None:
            return {}
        _, lines, *_ = self._body(part)
        return self.plain.read(lines, {name: kind for name, kind in kinds.items() if name in slots}, slots)

    def amendments(self, verdicts: dict[str, Verdict]) -> list[Callable[[], None]]:
        """What is to be read again: the parts that look like numbers in columns of words."""
        tasks: list[Callable[[], None]] = []
        words = [name for name, found in verdicts.items() if found == "words"]
        for i in range(len(self.parts)):
            again = [name for name in words if self.pieces[name][i].made not in ("words", "nothing")]
            if again:
                tasks.append(partial(self.read, i, again, words=True))
        return tasks

    def whole(self, columns: Sequence[str]) -> dict[str, pd.Series]:
        """These columns as one parse of all files has them; they alone are held in memory."""
        if not columns:
            return {}
        names = [name for name in self.options["names"] if name in columns]
        options = {**self.options, "names": names, "usecols": names, "dtype": {}}
        frame = parsed(self._cells_of(names), options)
        refuse_other_rows(len(frame), self.parts[-1].rows.stop)
        return {name: frame[name] for name in columns}

    def _cells_of(self, names: list[str]) -> Iterator[memoryview]:
        """These columns as a file of their own, part by part, after an empty line; in quotes, so that none is blank."""
        yield memoryview(b"\n")
        as_they_stand = {**self.options, "usecols": names, "dtype": dict.fromkeys(names, object), "na_values": {}}
        how: dict[str, Any] = {"sep": self.options["sep"], "quoting": csv.QUOTE_ALL, "lineterminator": "\n"}
        for part in self.parts:
            frame = parsed(self._body(part), as_they_stand)
            yield memoryview(frame.to_csv(index=False, header=False, **how).encode())

    def _body(self, part: Part) -> list[memoryview]:
        return body(self.texts[part.file], self.structures[part.file], part.start, part.stop)

    def cells(self, name: str, found: Verdict) -> Cells:
        """The column as the parts have left it."""
        slots = self.slots[name]
        if found != "words":
            for part, piece in zip(self.parts, self.pieces[name], strict=True):
                if piece.made == "nothing":
                    slots[part.rows] = np.nan
            return Cells("boolean" if found == "boolean" else "numeric", slots)
        codes = slots.view(np.int64)
        words = joined(self.pieces[name], [codes[part.rows] for part in self.parts])
        return Cells("words", found=Distinct(codes, words))
