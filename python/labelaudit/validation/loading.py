"""Loading a saved validation: all of it but which rows were planted, which validation.json does not hold."""

from __future__ import annotations

import math
from collections.abc import Callable
from os import PathLike, fspath
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelaudit.audits.result import Audit
from labelaudit.errors import InputError
from labelaudit.metrics import TENTHS, Reliability, Tenths
from labelaudit.planting import KINDS, ErrorKind
from labelaudit.records import Form, read_record
from labelaudit.validation.result import AsItIs, KindOfError, Run, Validation
from labelaudit.validation.saving import FIGURES
from labelaudit.validation.summary import FORMAT, FORMAT_VERSION

FORM = Form(
    FORMAT,
    FORMAT_VERSION,
    called="validation of labelaudit",
    which="Name the folder that `labelaudit validate --out` wrote.",
    cure="Run `labelaudit validate` again.",
)
COUNTS = ("repeat", "seed", "rows", "planted", "taken_back", "flagged")
SHARES = (
    *("average_precision", "precision", "recall", "precision_at_planted", "stated_false_alarms"),
    *("false_alarms_before", "stated_rate", "calibration_error", "brier_skill"),
)


def load_validation(path: str | PathLike[str]) -> Validation:
    """A saved validation, from its folder or its validation.json; no `Run` has `labels`.

    Raises InputError when the file is missing, is none or does not hold what it should.
    """
    file = validation_file(path)
    record = read_record(file, FORM)
    try:
        return _validation(record)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(f"{file}: is damaged or was changed by hand ({error!r}). {FORM.cure}") from error


def validation_file(path: str | PathLike[str]) -> Path:
    """The validation.json of a saved validation that is named by its folder or by the file."""
    return Path(path) / FIGURES if Path(path).is_dir() else Path(path)


def validation_of(audit: Audit, given: Validation | str | PathLike[str] | None) -> Validation | None:
    """A validation at hand, or the saved one that is named, of the data of an audit; None for none.

    Raises InputError where it is of other data, or of another column of them.
    """
    if given is None:
        return None
    found = given if isinstance(given, Validation) else load_validation(given)
    refuse_other_data(found, audit, "the validation" if isinstance(given, Validation) else fspath(given))
    return found


def refuse_other_data(validation: Validation, audit: Audit, called: str) -> None:
    """Raises InputError where the validation is of other data, or of another column of them, than the audit."""
    label, classes = audit.summary["label"], audit.summary["classes"]
    if validation.data["label"] != label:
        raise InputError(
            f'{called}: is of the column "{validation.data["label"]}", the audit of "{label}". '
            "Run `labelaudit validate` with the audit's --label."
        )
    ours, theirs = (sorted(s["sha256"] for s in of) for of in (audit.record["sources"], validation.data["sources"]))
    if ours != theirs or validation.data["classes"] != classes:
        raise InputError(
            f"{called}: is of other data than the audit, so that it says nothing about it. "
            "Run `labelaudit validate` on the audited files."
        )


def _validation(record: dict[str, Any]) -> Validation:
    before = record["as_it_is"]
    as_it_is = AsItIs(_count(before["flagged"]), _number(before["stated_rate"]), _interval(before["interval"]))
    kinds = tuple(_kind(kind) for kind in record["kinds"])
    if not kinds:
        raise ValueError("no kinds")
    return Validation(_data(record["data"]), _options(record["options"]), as_it_is, kinds, _text(record["labelaudit"]))


def _data(data: dict[str, Any]) -> dict[str, Any]:
    """The record's own, once what is read of it is known to be there."""
    _text(data["label"])
    for name in ("rows", "rows_measured", "rows_left_out", "only_row_of_its_class"):
        _count(data[name])
    if data["reference_rows"] is not None:
        _count(data["reference_rows"])
    for each in data["classes"]:
        _text(each["name"])
        _count(each["rows"])
    for each in data["sources"]:
        _text(each["path"])
        _text(each["sha256"])
    return data


def _options(options: dict[str, Any]) -> dict[str, Any]:
    _count(options["repeats"])
    _text(options["rank_by"])
    for name in ("rate", "max_fdr"):
        _number(options[name])
    return options


def _kind(kind: dict[str, Any]) -> KindOfError:
    if kind["kind"] not in KINDS:
        raise ValueError(f"kind {kind['kind']}")
    runs = tuple(_run(kind["kind"], run) for run in kind["runs"])
    if not runs or len({len(run.reliability.rows) for run in runs}) > 1:
        raise ValueError("runs")
    return KindOfError(kind["kind"], runs)


def _run(kind: ErrorKind, run: dict[str, Any]) -> Run:
    tenths, bins = run["tenths"], run["reliability"]
    if len(tenths) != TENTHS or not bins:
        raise ValueError("tenths or reliability")
    figures: dict[str, Any] = {name: _count(run[name]) for name in COUNTS}
    figures |= {name: _share(run[name]) for name in SHARES}
    if not max(1, figures["planted"], figures["flagged"]) <= figures["rows"]:
        raise ValueError("rows")
    return Run(
        kind=kind,
        **figures,
        interval=_interval(run["interval"]),
        tenths=Tenths(_counts(tenths), _each(tenths, "precision", _number), _each(tenths, "recall", _share)),
        reliability=Reliability(_counts(bins), _each(bins, "stated", _number), _each(bins, "right", _number)),
        converged=run["converged"] is True,
    )


def _counts(parts: list[dict[str, Any]]) -> NDArray[np.int64]:
    return np.array([_count(part["rows"]) for part in parts], dtype=np.int64)


def _each(parts: list[dict[str, Any]], name: str, read: Callable[[Any], float]) -> NDArray[np.float64]:
    return np.array([read(part[name]) for part in parts], dtype=np.float64)


def _interval(values: list[Any]) -> tuple[float, float]:
    low, high = map(_number, values)
    return low, high


def _count(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise TypeError(f"expected a count, got {value!r}")
    return value


def _share(value: Any) -> float:
    """A number as `_number` takes it, or nan where it is not defined."""
    return math.nan if value is None else _number(value)


def _number(value: Any) -> float:
    """A number up to 1; below 0 only where it is a skill."""
    if not isinstance(value, int | float) or isinstance(value, bool) or not -math.inf < value <= 1:
        raise TypeError(f"expected a number up to 1, got {value!r}")
    return float(value)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"expected a text, got {value!r}")
    return value
