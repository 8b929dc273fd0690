"""JSON that is safe to print: what no terminal should see stands as an escape, and parses back to what it was."""

from __future__ import annotations

import json
import math
import re
import unicodedata
from typing import Any

_BEYOND_ASCII = re.compile(r"[^\n -~]")


def is_unsafe(c: str) -> bool:
    """Whether a character may act on a terminal or a page: control, format, unassigned, line end."""
    return unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def finite(value: Any) -> Any:
    """The value with null for every number in it that is not finite, and lists for tuples."""
    if isinstance(value, dict):
        return {name: finite(v) for name, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite(v) for v in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def dumps(value: Any, *, indent: int | None = None) -> str:
    """The value as JSON, numbers shortest round-trip; raises ValueError for one that is not finite."""
    return _BEYOND_ASCII.sub(_escaped, json.dumps(value, ensure_ascii=False, allow_nan=False, indent=indent))


def _escaped(match: re.Match[str]) -> str:
    c = match[0]
    return json.dumps(c)[1:-1] if is_unsafe(c) else c
