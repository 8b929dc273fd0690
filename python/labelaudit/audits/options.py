"""What an audit was asked to do, checked once."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, get_args

from labelaudit.addresses import shown
from labelaudit.assess import Settings
from labelaudit.device import Device
from labelaudit.encode.encoder import ENCODINGS
from labelaudit.errors import UsageError
from labelaudit.kernels.native import Precision
from labelaudit.model.fit import Optimizer
from labelaudit.score import RankBy

LARGEST_L2 = 1e6  # beyond, every coefficient is zero for all purposes


@dataclass(frozen=True)
class Reading:
    """How to read the data: see the command line's options of the same names."""

    label: str
    ids: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    numeric: tuple[str, ...] = ()
    categorical: tuple[str, ...] = ()
    text: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    group: str | None = None
    skip: int = 0
    delimiter: str | None = None
    charset: str = "utf-8"
    expect_rows: int | None = None
    rejects: str | None = None
    trust_size: bool = False


@dataclass(frozen=True)
class AuditOptions:
    """Everything that shapes an audit; raises UsageError for a value outside its range."""

    reading: Reading
    settings: Settings = field(default_factory=Settings)
    reference: str | None = None  # what the trusted rows are called
    embeddings: str | None = None  # where the arrays beside the data are, or what they are called
    only_embeddings: bool = False
    reference_embeddings: str | None = None
    pred_probs: str | None = None
    rank_by: RankBy = "label_score"
    max_fdr: float = 0.2
    strict: bool = False

    def __post_init__(self) -> None:
        s = self.settings
        _one_of("encoding", s.encoding, ("auto", *ENCODINGS))
        _one_of("solver", s.solver, ("auto", "direct", "cg"))
        _one_of("optimizer", s.optimizer, get_args(Optimizer))
        _one_of("device", s.device, get_args(Device))
        _one_of("precision", s.precision, get_args(Precision))
        _one_of("rank-by", self.rank_by, get_args(RankBy))
        if s.l2 != "auto" and not (isinstance(s.l2, int | float) and 0 <= s.l2 <= LARGEST_L2):
            raise UsageError(f"--l2: expected auto or a number from 0 to {LARGEST_L2:g}, got {s.l2!r}")
        if not 0 <= self.max_fdr <= 1:
            raise UsageError(f"--max-fdr: expected a share from 0 to 1, got {self.max_fdr}")
        if self.embeddings is None and self.only_embeddings:
            raise UsageError("--only-embeddings: there are none; name their file with --embeddings.")
        if self.embeddings and self.reference and not self.reference_embeddings:
            raise UsageError("--reference: its rows have no embeddings; name them with --reference-embeddings.")
        if self.reference_embeddings and not (self.embeddings and self.reference):
            raise UsageError("--reference-embeddings: goes with --embeddings and --reference.")
        if s.threads < 1:
            raise UsageError(f"--threads: expected 1 or more, got {s.threads}")
        if s.seed < 0:
            raise UsageError(f"--seed: expected 0 or more, got {s.seed}")
        if self.reading.skip < 0:
            raise UsageError(f"--skip: expected 0 or more lines, got {self.reading.skip}")
        if self.reading.expect_rows is not None and self.reading.expect_rows < 1:
            raise UsageError(f"--expect-rows: expected 1 or more, got {self.reading.expect_rows}")

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> AuditOptions:
        """From values by name, all in one place, as the command line and `labelaudit.audit` have them."""
        values = {**values, "threads": default_threads() if values.get("threads") is None else values["threads"]}
        reading = Reading(**{f.name: values[f.name] for f in fields(Reading) if f.name in values})
        settings = Settings(**{f.name: values[f.name] for f in fields(Settings) if f.name in values})
        return cls(reading, settings, **{f.name: values[f.name] for f in fields(cls) if f.name in values})

    def as_record(self) -> dict[str, Any]:
        """The options for audit.json; threads are left out, since no result depends on them."""
        record = asdict(self)
        flat = {**record.pop("reading"), **record.pop("settings"), **record}
        flat.pop("threads")
        flat.pop("rejects")  # an output of the reading that failed or not, and not how to read again
        for name in ("reference", "pred_probs"):
            flat[name] = None if flat[name] is None else shown(flat[name])
        return {name: list(v) if isinstance(v, tuple) else v for name, v in flat.items()}


def _one_of(option: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise UsageError(f"--{option}: expected one of {', '.join(choices)}, got {value!r}")


def default_threads() -> int:
    """The processors that this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1
