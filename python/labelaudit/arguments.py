"""What the public functions are called with, as the parts below take it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from inspect import signature
from os import PathLike
from typing import Any

from labelaudit.audits.inputs import Beside
from labelaudit.audits.options import AuditOptions
from labelaudit.audits.planning.placing import Storage

LISTS = ("id", "drop", "numeric", "categorical", "text", "missing")
MAY_BE_FILES = ("reference", "embeddings", "reference_embeddings", "pred_probs")


@dataclass(frozen=True)
class Asked:
    """What an audit was called with: its options, the trusted rows, what stands beside the data, where values live."""

    options: AuditOptions
    reference: Any
    beside: Beside
    storing: Storage


def audit_options(values: dict[str, Any]) -> Asked:
    """From the arguments of `labelaudit.audit` by their names."""
    values = {name: names(v) if name in LISTS else v for name, v in values.items() if name != "data"}
    values["ids"] = values.pop("id")
    values["rejects"] = None if values["rejects"] is None else str(values["rejects"])
    reference = values["reference"]
    beside = Beside(*(values[name] for name in ("embeddings", "reference_embeddings", "pred_probs")))
    for name in MAY_BE_FILES:
        values[name] = called(values[name])
    storing = Storage.of(values["memory_limit"], values["cache_dir"], values["cluster"])
    return Asked(AuditOptions.of(values), None if reference is None else paths(reference), beside, storing)


def bound_options(audit: Callable[..., Any], data: Any, label: str, options: dict[str, Any]) -> Asked:
    """The same of another function's options, which it hands on to `audit`; TypeError for an unknown one."""
    bound = signature(audit).bind(data, label, **options)
    bound.apply_defaults()
    return audit_options(bound.arguments)


def paths(data: Any) -> Any:
    """One path as a list; anything else as it is."""
    return [data] if isinstance(data, (str, PathLike)) else data


def called(given: Any) -> str | None:
    """What the record calls an option's value."""
    if given is None or isinstance(given, (str, PathLike)):
        return None if given is None else str(given)
    return "a DataFrame" if hasattr(given, "columns") else "an array"


def names(given: str | Sequence[str]) -> tuple[str, ...]:
    """One name or several, as several."""
    return (given,) if isinstance(given, str) else tuple(given)
