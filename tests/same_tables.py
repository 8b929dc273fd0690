"""Tables compared to the bit."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from labelaudit.table import Table


def flat(value: Any) -> Any:
    """Arrays as their type, shape and bytes, so that -0.0 is not 0.0 and NaN is itself."""
    if isinstance(value, np.ndarray):
        content = value.tolist() if value.dtype == object else value.tobytes()
        return (value.dtype.str, value.shape, content)
    if isinstance(value, dict):
        return {key: flat(inner) for key, inner in value.items()}
    return [flat(inner) for inner in value] if isinstance(value, list | tuple) else value


def bits(table: Table) -> Any:
    """Everything that a table holds, to be compared with ==."""
    return flat(asdict(table))
