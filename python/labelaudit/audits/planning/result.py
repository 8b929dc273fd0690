"""What a plan says, as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

FORMAT = "labelaudit plan"
FORMAT_VERSION = 1


@dataclass(frozen=True)
class Limit:
    """The memory that an audit may take in bytes, whether it was given or found free, and where the rest would go."""

    memory_bytes: int
    given: bool
    folder: str


@dataclass(frozen=True)
class Placement:
    """Where large values live, what was predicted of the memory (None: far below the limit), and the data to read."""

    where: Literal["memory", "disk"]
    predicted_bytes: int | None
    data: Any
    limit: Limit

    def taken(self) -> Any:
        """The data, which is no longer held here: what was opened can go as soon as it is read."""
        if not isinstance(self.data, list):
            return self.data
        found = list(self.data)
        self.data.clear()
        return found


@dataclass(frozen=True)
class PlannedColumn:
    """A column of the data: its kind, or None and why it would be left out."""

    name: str
    kind: str | None
    reason: str | None = None


@dataclass(frozen=True)
class Plan:
    """What an audit of this data will probably need.

    rows: labelled ones; exact says that everything was read. read_rows: those that this rests on. encodings: with the
    weight of their vote. memory_bytes: beside the program itself, with all values in memory; most_bytes where the
    costliest encoding is chosen. disk_bytes: what would live on disk beyond the limit, most_disk_bytes likewise.
    seconds: on so many threads with nothing else to do; processor_seconds: of all threads together.
    """

    label: str
    files: tuple[str, ...]
    rows: int
    rows_without_label: int
    exact: bool
    read_rows: int
    columns: tuple[PlannedColumn, ...]
    classes: int
    encodings: dict[str, float]
    encoded_columns: int
    memory_bytes: int
    most_bytes: int
    disk_bytes: int
    most_disk_bytes: int
    seconds: float
    processor_seconds: float
    stages: dict[str, float]
    threads: int
    limit: Limit

    @property
    def to_disk(self) -> bool:
        """Whether large values would live on disk."""
        return self.most_bytes > self.limit.memory_bytes

    def as_record(self) -> dict[str, Any]:
        """The plan for JSON."""
        fields = {name: value for name, value in vars(self).items() if name not in ("columns", "limit", "files")}
        return {
            "format": FORMAT,
            "format_version": FORMAT_VERSION,
            **fields,
            "files": list(self.files),
            "columns": [{"name": c.name, "kind": c.kind} for c in self.columns if c.reason is None],
            "left_out": [{"name": c.name, "reason": c.reason} for c in self.columns if c.reason is not None],
            "limit": vars(self.limit),
            "storage": "disk" if self.to_disk else "memory",
        }
