"""One oddity, as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["leak", "identifier", "alike classes", "rare classes", "separation", "lost characters", "formulas"]

MOST_CLASSES = 20  # named in one oddity


@dataclass(frozen=True)
class Oddity:
    """kind, the column or the classes (name and rows, the first MOST_CLASSES) it is about, and a sentence on it.

    columns: of a separation, one or several, none of which can be spared.
    The sentence is safe to print.
    """

    kind: Kind
    sentence: str
    column: str | None = None
    classes: tuple[tuple[str, int], ...] = ()
    columns: tuple[str, ...] = ()

    def as_record(self) -> dict[str, Any]:
        """For audit.json."""
        classes = [{"name": name, "rows": rows} for name, rows in self.classes]
        record = {"kind": self.kind, "column": self.column, "classes": classes, "sentence": self.sentence}
        return record | {"columns": list(self.columns)} if self.columns else record
