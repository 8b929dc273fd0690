"""The report as JSON: the record of the audit and its findings."""

from __future__ import annotations

import json
import math
from typing import Any

from labelaudit.audits.result import Audit


def render(audit: Audit, *, top: int | None = None) -> str:
    """{"summary": .., "options": .., .., "ranking": [..]}, the first `top` rows or all; a missing number is null."""
    ranking = [_plain(vars(finding)) for finding in audit.findings(top)]
    return json.dumps({**audit.record, "ranking": ranking}, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {k: None if isinstance(v, float) and math.isnan(v) else v for k, v in values.items()}
