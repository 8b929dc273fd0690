"""The time of an audit: for each stage a sum of amounts of work, times seconds that were measured.

`constants` holds the seconds, and the speed of the machine they were measured on; `benchmarks/plan.py --fit` writes
them again. A machine's speed scales them, `kernel` what is dense algebra, `plain` the rest.
"""

from __future__ import annotations

from dataclasses import dataclass

from labelaudit.audits.planning.constants import SECONDS, SPEED
from labelaudit.audits.planning.shape import Shape
from labelaudit.audits.planning.speed import Speed
from labelaudit.blocks import CHUNK_ROWS
from labelaudit.choose import SAMPLE_ROWS
from labelaudit.encode.content import FOLDS
from labelaudit.encode.encoder import Encoding
from labelaudit.model.chord import EVERY, MANY_BLOCKS

KERNEL = ("grams", "factors", "products", "forms")
ALONE = ("start", "lines", "ranking", "factors", "directions", "letters", "matrices")  # done by one thread


@dataclass(frozen=True)
class Effort:
    """Seconds on so many threads of a machine with nothing else to do, and processor seconds of all of them."""

    seconds: float
    processor_seconds: float
    stages: dict[str, float]  # processor seconds of each


Amounts = dict[str, dict[str, float]]


def effort(
    shape: Shape, votes: dict[Encoding, float], tried: dict[Encoding, int], threads: int, speed: Speed
) -> Effort:
    """What an audit takes that tries and votes by these encodings."""
    scale = {True: speed.kernel / SPEED.kernel, False: speed.plain / SPEED.plain}
    seconds, stages = 0.0, {}
    for stage, work in amounts(shape, votes, tried).items():
        parts = {what: SECONDS[stage][what] * amount * scale[what in KERNEL] for what, amount in work.items()}
        stages[stage] = sum(parts.values())
        seconds += sum(part if what in ALONE else part / threads for what, part in parts.items())
    return Effort(seconds, sum(stages.values()), stages)


def amounts(shape: Shape, votes: dict[Encoding, float], tried: dict[Encoding, int]) -> Amounts:
    """The work of each stage, in units that the constants are for; 1 where it is the same for all data."""
    voting = {name: shape.encoded[name] for name in votes}
    cells = shape.rows * (shape.columns + shape.words)
    return {
        "start": {"start": 1.0},
        "reading": {"start": 1.0, "lines": shape.text_bytes, "cells": cells},
        "choosing": _choosing(shape, tried),
        "fitting": _fitting(shape, voting),
        "weighing": _weighing(shape, voting),
        "influence": {
            "rows": shape.rows * shape.outputs,
            "ranking": cells + 5.0 * shape.rows,
            "pairs": shape.rows * shape.pairs,
        },
        "saving": _saving(shape, voting),
    }


def _choosing(shape: Shape, tried: dict[Encoding, int]) -> dict[str, float]:
    drawn = _drawn(shape)
    return {
        "start": 1.0,
        "cells": shape.rows * (shape.columns + 3.0),
        **_fits(shape, tried, drawn),
        "noise": drawn * shape.outputs**2 * len(tried),
        "letters": _letters(shape) * drawn,
        "directions": _terms(shape) * drawn,
    }


def _fitting(shape: Shape, voting: dict[Encoding, int]) -> dict[str, float]:
    again = shape.rows > SAMPLE_ROWS  # texts are fitted to all rows, where these are more than the choice was made on
    return {
        "start": float(len(voting)),
        **_fits(shape, voting, _rows_of_hessians(shape)),
        **_passes(shape, voting),
        "texts": _letters(shape) * shape.rows * len(voting),
        "encoding": shape.rows * sum(voting.values()),
        "letters": _letters(shape) * shape.rows if again else 0.0,
        "directions": _terms(shape) * _drawn(shape) if again else 0.0,
    }


def _weighing(shape: Shape, voting: dict[Encoding, int]) -> dict[str, float]:
    several = shape.outputs > 1
    return {
        "start": 1.0,
        **_fits(shape, voting, _rows_of_hessians(shape)),
        **_passes(shape, voting),
        "small systems": shape.rows * shape.outputs**3 * len(voting) if several else 0.0,
        "matrices": _drawn(shape) * shape.outputs**2 if several else 0.0,
        "rates": _drawn(shape) if shape.rows <= SAMPLE_ROWS else 0.0,  # more rows of two classes count as a few cells
    }


def _saving(shape: Shape, voting: dict[Encoding, int]) -> dict[str, float]:
    return {
        "start": 1.0,
        "ranking": float(shape.rows),
        "encoding": _drawn(shape) * max(voting.values()),
        "texts": _letters(shape) * _drawn(shape),
        "vocabulary": sum(text.vocabulary for text in shape.texts),
    }


def _drawn(shape: Shape) -> int:
    return min(shape.rows, SAMPLE_ROWS)


def _letters(shape: Shape) -> float:
    return sum(text.letters for text in shape.texts)


def _terms(shape: Shape) -> float:
    return sum(text.terms for text in shape.texts)


def _rows_of_hessians(shape: Shape) -> float:
    """Where rows are many, Hessians are of some of them."""
    return shape.rows / (EVERY if shape.rows >= MANY_BLOCKS * CHUNK_ROWS / FOLDS else 1)


def _passes(shape: Shape, voting: dict[Encoding, int]) -> dict[str, float]:
    """The work of passes over all rows: quadratic forms, and what is done for each row and output."""
    return {
        "forms": shape.rows * shape.pairs * sum(c * c for c in voting.values()),
        "rows": shape.rows * shape.outputs * len(voting),
    }


def _fits(shape: Shape, encodings: dict[Encoding, int], rows: float) -> dict[str, float]:
    """The work of one fit for each of the encodings: Hessians, their factors, gradients."""
    columns = encodings.values()
    return {
        "grams": rows * shape.pairs * sum(c * c for c in columns),
        "factors": sum((c * shape.outputs) ** 3 for c in columns),
        "products": rows * shape.outputs * sum(columns),
    }
