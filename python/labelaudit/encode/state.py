"""Encoders as plain arrays and one JSON text, and back: what `model.npz` holds. No pickle."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelaudit.encode.columns import OneHot, Rank, Spline, Standardised
from labelaudit.encode.components import Components
from labelaudit.encode.embedding import Embedding
from labelaudit.encode.encoder import Encoder
from labelaudit.encode.kernel import KernelMap
from labelaudit.encode.text import Terms, TfIdf

Arrays = dict[str, NDArray[Any]]
TYPES: dict[str, Any] = {c.kind: c for c in (Standardised, Rank, Spline, OneHot, TfIdf, Terms, Components, Embedding)}
TYPES["kernel"] = KernelMap


def pack(encoder: Encoder) -> Arrays:
    """The encoder's state; `unpack` restores it."""
    arrays: Arrays = {}
    columns = [_pack(e, e.kind, f"columns/{i}", arrays) for i, e in enumerate(encoder.columns)]
    # what is a base column as well, of which a text's state is large, is held once: by its position
    held = {id(e): i for i, e in enumerate(encoder.columns)}
    parts: dict[str, Any] = {
        "encoding": encoder.encoding,
        "columns": columns,
        "base": [
            held[id(e)] if id(e) in held else _pack(e, e.kind, f"base/{i}", arrays) for i, e in enumerate(encoder.base)
        ],
        "kernel": None if encoder.kernel is None else _pack(encoder.kernel, "kernel", "kernel", arrays),
    }
    return {"encoder": np.array(json.dumps(parts)), **arrays}


def unpack(arrays: Arrays) -> Encoder:
    """The encoder that `pack` made this state of."""
    parts = json.loads(str(arrays["encoder"]))
    columns = tuple(_unpack(part, arrays) for part in parts["columns"])
    base = tuple(columns[part] if isinstance(part, int) else _unpack(part, arrays) for part in parts["base"])
    kernel = None if parts["kernel"] is None else _unpack(parts["kernel"], arrays)
    return Encoder(parts["encoding"], columns, base, kernel)


def _pack(part: Any, kind: str, key: str, arrays: Arrays) -> dict[str, Any]:
    plain: dict[str, Any] = {"kind": kind, "key": key, "values": {}, "parts": {}}
    for field in fields(part):
        value = getattr(part, field.name)
        if isinstance(value, np.ndarray):
            arrays[f"{key}/{field.name}"] = value
        elif isinstance(value, Terms | TfIdf):
            plain["parts"][field.name] = _pack(value, value.kind, f"{key}/{field.name}", arrays)
        else:
            plain["values"][field.name] = value
    return plain


def _unpack(plain: dict[str, Any], arrays: Arrays) -> Any:
    values = {name: tuple(v) if isinstance(v, list) else v for name, v in plain["values"].items()}
    prefix = f"{plain['key']}/"
    own = {name.removeprefix(prefix): a for name, a in arrays.items() if name.startswith(prefix)}
    own = {name: a for name, a in own.items() if "/" not in name}
    parts = {name: _unpack(part, arrays) for name, part in plain["parts"].items()}
    return TYPES[plain["kind"]](**values, **own, **parts)
