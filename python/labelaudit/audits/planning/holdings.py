"""The memory that an audit holds at its peak, as a sum of named holdings, and what of it would live on disk.

An audit goes through stages; each holds the table and what it makes itself. The need is that of the costliest stage.
`benchmarks/plan.py` compares these figures with real audits.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from labelaudit.audits.planning.shape import NUMBER, Shape, Texts
from labelaudit.blocks import CHUNK_ROWS
from labelaudit.choose import SAMPLE_ROWS
from labelaudit.encode.components import COMPONENTS
from labelaudit.encode.content import FOLDS
from labelaudit.encode.encoder import Encoding
from labelaudit.evidence import FORMS_BYTES
from labelaudit.storage import SMALLEST

WORD_BYTES = 60  # a Python string of a cell, beside its pointer
TERM_BYTES = 150  # a term of a text in a dictionary, with its count
IDLE = 45e6  # what is loaded on the way and held of small things, whatever the data; measured
SLACK = 1.1  # of memory over what is held, for the gaps that freed arrays leave; measured


@dataclass(frozen=True)
class Holding:
    """Some arrays of one size, `each` in bytes; loose: not arrays, so that they live in memory whatever happens."""

    what: str
    each: float
    count: float = 1.0
    loose: bool = False

    @property
    def memory(self) -> float:
        """Bytes."""
        return self.each * self.count

    @property
    def disk(self) -> float:
        """Bytes that go to disk where large arrays do."""
        return 0.0 if self.loose or self.each < SMALLEST else self.memory


@dataclass(frozen=True)
class Need:
    """Bytes at the peak, beside the program itself; of those on disk where large arrays are to live there."""

    memory: float
    disk: float


def need(shape: Shape, votes: dict[Encoding, float], tried: dict[Encoding, int], threads: int, value: int) -> Need:
    """What an audit needs that tries and votes by these encodings; value: bytes of an encoded value."""
    each = stages(shape, votes, tried, threads, value)
    memory = max(sum(h.memory for h in stage) for stage in each)
    return Need(IDLE + SLACK * memory, max(sum(h.disk for h in stage) for stage in each))


def stages(
    shape: Shape, votes: dict[Encoding, float], tried: dict[Encoding, int], threads: int, value: int
) -> list[list[Holding]]:
    """What is held while reading, choosing and fitting, before both while texts are, and ranking."""
    drawn = min(shape.rows, SAMPLE_ROWS)
    return [
        [*_reading(shape, threads)],
        [*_table(shape), *_text_fits(shape, drawn)],
        [*_table(shape), *_choosing(shape, tried, threads), *_texts(shape, drawn, threads)],
        [*_table(shape), *_text_fits(shape, shape.rows)],
        [*_table(shape), *_fitting(shape, votes, threads, value), *_texts(shape, shape.rows, threads)],
        [*_table(shape), *_ranking(shape)],
    ]


def _reading(shape: Shape, threads: int) -> Iterator[Holding]:
    column = NUMBER * shape.rows
    yield Holding("the file and its text", shape.text_bytes, 1.0, loose=True)
    if shape.file_bytes < shape.text_bytes:
        yield Holding("the compressed file", shape.file_bytes, 1.0, loose=True)
    yield Holding("places of the rows", column, 4)
    yield Holding("parsed cells", column, shape.cells * (2.0 if threads > 1 else 1.5))
    yield Holding("words", WORD_BYTES * shape.rows, shape.words + len(shape.texts), loose=True)


def _table(shape: Shape) -> Iterator[Holding]:
    column = NUMBER * shape.rows
    yield Holding("the table's columns", column, shape.columns + shape.words + 4)
    yield Holding("hashes, folds and their orders", column, 6)
    for text in shape.texts:
        yield Holding("texts", (WORD_BYTES + text.letters) * shape.rows, loose=True)


def _choosing(shape: Shape, tried: dict[Encoding, int], threads: int) -> Iterator[Holding]:
    rows = min(shape.rows, SAMPLE_ROWS)
    widest = sorted(tried.values())[-min(threads, len(tried)) :] if tried else []
    for cols in widest:
        yield Holding("rows of a trial", NUMBER * rows / FOLDS * cols, FOLDS)
        yield from _hessian(shape, cols)
        yield Holding("probabilities and forms of a trial", NUMBER * rows * (6 * shape.classes + shape.pairs))


def _fitting(shape: Shape, votes: dict[Encoding, float], threads: int, value: int) -> Iterator[Holding]:
    block = min(shape.rows, CHUNK_ROWS) / FOLDS
    blocks = shape.rows / block
    for encoding in votes:
        chunk = block * FOLDS  # whose blocks live in one array
        yield Holding(f"encoded rows ({encoding})", chunk * shape.stored(encoding, value), blocks / FOLDS)
        yield Holding("encoded trusted rows", value * shape.reference_rows * shape.encoded[encoding])
        yield from _hessian(shape, shape.encoded[encoding])
    widest = max(shape.encoded[encoding] for encoding in votes)
    yield Holding("rows that are being encoded", NUMBER * block * widest, 1.0 * threads)
    of_classes = NUMBER * shape.rows * shape.classes
    yield Holding("probabilities and beliefs", of_classes, 3.0 + 2.0 * len(votes))
    forms = NUMBER * shape.rows * shape.pairs
    if forms <= FORMS_BYTES:
        yield Holding("quadratic forms", forms, 1.0 * len(votes))
    yield Holding("forms of rows in work", NUMBER * block * (shape.pairs + 2 * shape.outputs**2), 2.0 * threads)
    yield Holding("scores", NUMBER * shape.rows, 12)


def _hessian(shape: Shape, cols: int) -> Iterator[Holding]:
    yield Holding("Hessian, its factor and inverse", NUMBER * (cols * shape.outputs) ** 2, 3.0)


def _text_fits(shape: Shape, rows: int) -> Iterator[Holding]:
    """While texts' directions are found: before anything is encoded by them."""
    for text in shape.texts:
        weights, directions = max(1.0, 12.0 * min(rows, SAMPLE_ROWS) * text.terms), _directions(text)
        yield Holding("terms", TERM_BYTES * _all_terms(text, rows), loose=True)
        # put together from two halves; later beside the directions as found, in order, signed, and in float32
        yield Holding("weights of the terms", weights, max(1.0, 3.0 - 3.5 * directions / weights))
        yield Holding("directions of the terms", directions, 3.5)


def _texts(shape: Shape, rows: int, threads: int) -> Iterator[Holding]:
    """Beside rows that are being encoded: directions are kept in float32, and multiply in float64."""
    for text in shape.texts:
        yield Holding("terms", TERM_BYTES * _all_terms(text, rows), loose=True)
        yield Holding("directions of the terms", _directions(text), 0.5 + threads)


def _directions(text: Texts) -> float:
    return COMPONENTS * NUMBER * text.vocabulary


def _all_terms(text: Texts, rows: int) -> float:
    """Different terms, those of one row included: about as many again as stand in several."""
    return min(3.0 * text.vocabulary, rows * text.terms)


def _ranking(shape: Shape) -> Iterator[Holding]:
    yield Holding("ranking and report", NUMBER * shape.rows, 34.0 + shape.words)
    yield Holding("scores", NUMBER * shape.rows, 12)
