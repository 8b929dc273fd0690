"""Faults of accessibility in a page, as axe-core finds them; without it the tests are skipped."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from browser import Page

AXE = Path(os.environ.get("LABELAUDIT_AXE") or Path(__file__).parents[1] / "build" / "axe" / "axe.min.js")
FOUND = """axe.run().then(({ violations, passes }) => ({
  rules: violations.length + passes.length,
  faults: violations.filter((v) => v.impact === 'serious' || v.impact === 'critical').flatMap(
    (v) => v.nodes.map((n) => `${v.id} at ${n.target.join(' ')}: ${n.failureSummary}`)),
}))"""


def faults(page: Page) -> list[str]:
    """The serious and critical ones, each with the element and what to do."""
    if not AXE.exists():
        pytest.skip(f"no axe-core at {AXE}: run tests/fetch_axe.sh, or name the file in LABELAUDIT_AXE")
    page.run(AXE.read_text(encoding="utf-8") + "; 0")
    found = page.run(FOUND)
    assert found["rules"] > 10  # it has looked
    return list(found["faults"])
