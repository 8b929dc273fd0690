"""Texts that lost characters, and cells that would act in a spreadsheet."""

from __future__ import annotations

from labelaudit.oddities.result import Oddity
from labelaudit.table.table import Source
from labelaudit.table.words import counted, printable


def lost_characters(sources: tuple[Source, ...]) -> list[Oddity]:
    """One oddity for each file with characters that an earlier conversion could not read."""
    return [
        Oddity(
            "lost characters",
            f"{printable(source.path)} holds {counted(source.lost_characters, 'replacement character')} (U+FFFD): an "
            "earlier conversion lost what stood there. Convert the original again, in its own encoding.",
        )
        for source in sources
        if source.lost_characters
    ]


def formulas(cells: int) -> list[Oddity]:
    """What to know before the ranking is opened in a spreadsheet; `cells`: those of it that are formula-like."""
    if not cells:
        return []
    what = "1 cell of the ranking begins" if cells == 1 else f"{cells:,} cells of the ranking begin"
    return [
        Oddity(
            "formulas",
            f"{what} as formulas do (= + - @). ranking.csv holds the data's own cells: for a spreadsheet, write them "
            "with labelaudit report AUDIT -f csv --spreadsheet.",
        )
    ]
