"""The explanation of a row as JSON, by the names of `explanations.result`'s fields; a missing number is null."""

from __future__ import annotations

import json
from dataclasses import asdict

from labelaudit.explanations.result import Explanation
from labelaudit.jsontext import finite


def render(e: Explanation) -> str:
    """One object: that of the ranking's line under `finding`, and every other field of `Explanation`."""
    return json.dumps(finite(asdict(e)), ensure_ascii=False, indent=1, allow_nan=False) + "\n"
