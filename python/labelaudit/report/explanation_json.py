"""The explanation of a row as JSON, by the names of `explanations.result`'s fields; a missing number is null."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from typing import Any

from labelaudit.explanations.result import Explanation


def render(e: Explanation) -> str:
    """One object: that of the ranking's line under `finding`, and every other field of `Explanation`."""
    return json.dumps(_plain(asdict(e)), ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(v) for name, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
