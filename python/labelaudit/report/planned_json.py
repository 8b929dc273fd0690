"""A plan as JSON."""

from __future__ import annotations

from labelaudit.audits.planning.result import Plan
from labelaudit.jsontext import dumps


def render(plan: Plan) -> str:
    """One object; see docs/formats.md."""
    return dumps(plan.as_record()) + "\n"
