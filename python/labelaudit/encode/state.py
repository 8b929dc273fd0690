"""Encoders as plain arrays and one JSON text, and back: what `model.npz` holds. No pickle."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelaudit.encode.columns import OneHot, Rank, Spline, Standardised
from labelaudit.encode.encoder import Encoder
from labelaudit.encode.kernel import KernelMap

Arrays = dict[str, NDArray[Any]]
TYPES: dict[str, Any] = {c.kind: c for c in (Standardised, Rank, Spline, OneHot)} | {"kernel": KernelMap}


def pack(encoder: Encoder) -> Arrays:
    """The encoder's state; `unpack` restores it."""
    arrays: Arrays = {}
    parts: dict[str, Any] = {"encoding": encoder.encoding}
    for group in ("columns", "base"):
        encoders = getattr(encoder, group)
        parts[group] = [_pack(e, e.kind, f"{group}/{i}", arrays) for i, e in enumerate(encoders)]
    parts["kernel"] = None if encoder.kernel is None else _pack(encoder.kernel, "kernel", "kernel", arrays)
    return {"encoder": np.array(json.dumps(parts)), **arrays}


def unpack(arrays: Arrays) -> Encoder:
    """The encoder that `pack` made this state of."""
    parts = json.loads(str(arrays["encoder"]))
    columns, base = (tuple(_unpack(p, arrays) for p in parts[group]) for group in ("columns", "base"))
    kernel = None if parts["kernel"] is None else _unpack(parts["kernel"], arrays)
    return Encoder(parts["encoding"], columns, base, kernel)


def _pack(part: Any, kind: str, key: str, arrays: Arrays) -> dict[str, Any]:
    plain: dict[str, Any] = {"kind": kind, "key": key, "values": {}}
    for field in fields(part):
        value = getattr(part, field.name)
        if isinstance(value, np.ndarray):
            arrays[f"{key}/{field.name}"] = value
        else:
            plain["values"][field.name] = value
    return plain


def _unpack(plain: dict[str, Any], arrays: Arrays) -> Any:
    values = {name: tuple(v) if isinstance(v, list) else v for name, v in plain["values"].items()}
    prefix = f"{plain['key']}/"
    own = {name.removeprefix(prefix): a for name, a in arrays.items() if name.startswith(prefix)}
    return TYPES[plain["kind"]](**values, **own)
