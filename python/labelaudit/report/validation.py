"""A validation for a terminal of 80 columns: verdict, what is found, how far to look, how true the figures are."""

from __future__ import annotations

from labelaudit.report.text import WIDTH
from labelaudit.report.validation_words import BINS, CAVEAT, FAR, as_it_is, basis, found, reliability, stated, tenths
from labelaudit.report.validation_words import verdict as verdict_of
from labelaudit.report.words import table, wrapped
from labelaudit.validation.result import Validation


def render(validation: Validation) -> str:
    """The whole report."""
    kinds = validation.kinds
    names, left = [kind.kind for kind in kinds], frozenset(range(len(kinds) + 1))
    repeats = validation.options["repeats"]
    over = f", mean of {repeats} repeats (lowest-highest)" if repeats > 1 else ""
    parts = [
        _lines([verdict_of(kind) for kind in kinds]),
        f"{wrapped(as_it_is(validation), WIDTH)}\n{wrapped(CAVEAT, WIDTH)}",
        f"What is found{over}:\n" + table(["", *names], found(kinds), left=left),
        f"How true the stated figures are{', likewise' if over else ''}:\n"
        + table(["", *names], stated(kinds), left=left),
        wrapped(FAR, WIDTH) + "\n" + table(["first", "rows", *names], tenths(kinds)),
        wrapped(BINS, WIDTH) + "\n" + table(["", *names], reliability(kinds)),
        _lines(basis(validation)),
    ]
    return "\n\n".join(parts) + "\n"


def _lines(sentences: list[str]) -> str:
    return "\n".join(wrapped(line, WIDTH, "    ") for line in sentences)
