"""What a spreadsheet takes for a formula, said once more and plainly, for comparison."""

from __future__ import annotations

import re

LEADS = "=+-@\uff1d\uff0b\uff0d\uff20\t\r"
PLAIN_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")


def is_formula(cell: str) -> bool:
    """A cell that starts so (OWASP, CSV injection), unless it is a plain number."""
    return cell[:1] in tuple(LEADS) and PLAIN_NUMBER.fullmatch(cell) is None
