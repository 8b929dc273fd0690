"""Plots as bytes: one style, the same bytes each time, no window; matplotlib is imported when one is drawn."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any, Literal

from labelaudit.errors import UsageError

# Okabe and Ito 2008: apart for every kind of colour vision
BLUE, ORANGE, GREEN, GREY = "#0072B2", "#E69F00", "#009E73", "#555555"
STYLE: dict[Any, Any] = {
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlelocation": "left",
    "font.size": 10,
    "svg.hashsalt": "labelaudit",  # else an SVG's names of its parts are drawn at random
}
METADATA: dict[str, dict[str, Any]] = {
    "png": {"Software": "labelaudit"},
    "svg": {"Creator": "labelaudit", "Date": None},
}


def require_matplotlib() -> None:
    """Raises UsageError, with the cure, where matplotlib is not installed."""
    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise UsageError("plots need matplotlib: pip install 'labelaudit[plots]'.") from error


def picture(fill: Callable[[Any], None], form: Literal["png", "svg"] = "png") -> bytes:
    """What `fill` draws on an empty figure; raises UsageError where matplotlib is not installed."""
    require_matplotlib()
    import matplotlib as mpl
    from matplotlib.figure import Figure

    buffer = BytesIO()
    with mpl.rc_context(STYLE):
        figure = Figure(dpi=150, layout="constrained")  # of its own, not pyplot's: no global state, no window
        fill(figure)
        figure.savefig(buffer, format=form, metadata=METADATA[form])
    return buffer.getvalue()
