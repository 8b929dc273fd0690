"""One oddity, as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["leak", "identifier", "alike classes", "rare classes", "lost characters", "formulas"]

MOST_CLASSES = 20  # named in one oddity


@dataclass(frozen=True)
class Oddity:
    """kind, the column or the classes (name and rows, the first MOST_CLASSES) it is about, and a sentence on it.

    The sentence is safe to print.
    """

    kind: Kind
    sentence: str
    column: str | None = None
    classes: tuple[tuple[str, int], ...] = ()

    def as_record(self) -> dict[str, Any]:
        """For audit.json."""
        classes = [{"name": name, "rows": rows} for name, rows in self.classes]
        return {"kind": self.kind, "column": self.column, "classes": classes, "sentence": self.sentence}
