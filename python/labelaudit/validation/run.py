"""The validation itself: plant errors in copies of a table, audit each copy, measure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from labelaudit.assess import Tick, rows_of
from labelaudit.audits.inputs import Beside, Inputs, Paths, read_inputs
from labelaudit.audits.options import AuditOptions
from labelaudit.audits.run import audit_inputs, check_features, fitted_rows, sources_of, take
from labelaudit.errors import UsageError
from labelaudit.planting import KINDS, ErrorKind, check_rate, plant, spare_small_classes
from labelaudit.table.table import Table
from labelaudit.validation.ambiguity import ambiguity
from labelaudit.validation.measure import as_it_is, measured
from labelaudit.validation.result import KindOfError, Run, Validation

if TYPE_CHECKING:
    import pandas as pd

Codes = NDArray[np.int64]


@dataclass(frozen=True)
class Planting:
    """What to plant: kinds of errors, their rate, how often; raises UsageError for a value outside its range."""

    kinds: tuple[ErrorKind, ...] = KINDS
    rate: float = 0.1
    repeats: int = 3

    def __post_init__(self) -> None:
        check_rate(self.rate)
        if self.repeats < 1:
            raise UsageError(f"--repeats: expected 1 or more, got {self.repeats}")
        if not self.kinds or not set(self.kinds) <= set(KINDS):
            raise UsageError(f"--kind: expected some of {', '.join(KINDS)}, got {', '.join(self.kinds) or 'none'}")
        object.__setattr__(self, "kinds", tuple(dict.fromkeys(self.kinds)))


@dataclass(frozen=True)
class Copy:
    """A copy of the given codes with errors."""

    kind: ErrorKind
    repeat: int
    seed: int
    given: Codes
    taken_back: int


def validate_data(
    data: Paths | pd.DataFrame,
    options: AuditOptions,
    planting: Planting,
    *,
    reference: Paths | pd.DataFrame | None = None,
    beside: Beside | None = None,
    tick: Tick = lambda stage: None,
) -> Validation:
    """Reads files or a DataFrame once and validates the audit on them; raises the errors of `labelaudit.errors`."""
    tick("reading")
    inputs = read_inputs(data, options, reference=reference, beside=beside)
    if inputs.pred_probs is not None:
        raise UsageError(
            "--pred-probs: the other model has learned the labels without the errors that are planted, so it would "
            "find them too easily. Validate without it."
        )
    return validate_inputs(inputs, options, planting, tick=tick)


def validate_inputs(
    inputs: Inputs, options: AuditOptions, planting: Planting, *, tick: Tick = lambda stage: None
) -> Validation:
    """Audits the table, then copies of it with planted errors; the table and the trusted rows stay as they are.

    The errors of a repeat are drawn from options' seed plus its number.
    """
    table = inputs.table
    check_features(table)
    runs: dict[ErrorKind, list[Run]] = {kind: [] for kind in planting.kinds}
    copies = list(_copies(table, planting, options, tick))
    before = as_it_is(audit_inputs(inputs, options, tick=_stages("the data as it is", tick)))
    for copy in copies:
        stages = _stages(f"{copy.kind}, repeat {copy.repeat} of {planting.repeats}", tick)
        copied = replace(inputs, table=replace(table, given=copy.given))
        audit = audit_inputs(copied, options, tick=stages)
        figures = measured(audit, table, copy.given, before)
        runs[copy.kind].append(Run(copy.kind, copy.repeat, copy.seed, taken_back=copy.taken_back, **figures))
    kinds = tuple(KindOfError(kind, tuple(of_kind)) for kind, of_kind in runs.items())
    record = options.as_record() | {"kinds": list(planting.kinds), "rate": planting.rate, "repeats": planting.repeats}
    return Validation(_about(table, inputs.reference), record, before, kinds)


def _stages(what: str, tick: Tick) -> Tick:
    """Tells the stages of one audit among many."""
    return lambda stage: tick(f"{what}: {stage}")


def _copies(table: Table, planting: Planting, options: AuditOptions, tick: Tick) -> Iterator[Copy]:
    """All copies; rows alone in their class stay as they are, since they are not fitted.

    Raises UsageError when no error is planted in any of them.
    """
    fitted, code = fitted_rows(table)
    true, table_code = code[table.given[fitted]], np.flatnonzero(code >= 0)
    hard = None
    if "instance" in planting.kinds:
        tick("instance: looking for ambiguous rows")
        rows = rows_of(take(table.columns, fitted), true, len(table_code))
        hard = ambiguity(rows, threads=options.settings.threads)
    planted = 0
    for kind in planting.kinds:
        for repeat in range(1, planting.repeats + 1):
            seed = options.settings.seed + repeat - 1
            drawn = plant(true, len(table_code), kind, planting.rate, seed, hard)
            kept = spare_small_classes(true, drawn)
            planted += int((kept != true).sum())
            given = table.given.copy()
            given[fitted] = table_code[kept]
            yield Copy(kind, repeat, seed, given, int((drawn != kept).sum()))
    if not planted:
        raise UsageError(
            f"--rate: at {planting.rate:g} no error was planted in the {len(fitted):,} rows. "
            "Give a larger --rate or more --repeats."
        )


def _about(table: Table, reference: Table | None) -> dict[str, Any]:
    fitted, _ = fitted_rows(table)
    counts = np.bincount(table.given, minlength=len(table.classes))
    return {
        "label": table.label,
        "rows": len(table),
        "rows_measured": len(fitted),
        "rows_left_out": len(table.left_out_rows),
        "only_row_of_its_class": len(table) - len(fitted),
        "classes": [{"name": name, "rows": int(n)} for name, n in zip(table.classes, counts, strict=True)],
        "sources": sources_of(table),
        "reference_rows": None if reference is None else len(reference),
    }
