"""The rows of a page as points: arrays of small integers, deflated, in base64.

Base64 has no character that means something in HTML, so nothing in the data can end the element that holds it.
"""

from __future__ import annotations

import zlib
from base64 import b64encode
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from labelaudit.views.result import View

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]

STEPS = 65535  # a point's place is one of so many between the least and the largest: finer than any screen
EDGE = 0.0005  # of the rows beyond each end are drawn at the edge: else an outlier would press all others together
LEVEL = 4  # of deflating: twice as quick as the usual 6, for a twentieth more
LEAST_LINEAR = 1e-4  # of the largest influence: four decades are enough for a picture


def packed_points(view: View) -> tuple[str, dict[str, Any]]:
    """The points, and where each array stands among them, for the page.

    score, influence, x and y are uint16 from 0 to STEPS between their ranges; given uint16; kind uint8, 1
    for a suspect plus 2 for a row without influence. Of influence it is asinh(influence / linear): a scale that is
    linear for the smaller half of the rows and logarithmic beyond.
    """
    ranking = view.audit.ranking
    influence = ranking["average_influence"].to_numpy()[view.drawn]
    known = np.nan_to_num(influence)
    linear = _linear_below(known)
    places: dict[str, Array] = {
        "score": ranking["label_score"].to_numpy()[view.drawn],
        "influence": np.arcsinh(known / linear),
    }
    ranges = {"score": (0.0, 1.0), "influence": _range(places["influence"], 0.0)}
    if view.projection is not None:
        places |= {"x": view.projection.across.astype(np.float64), "y": view.projection.up.astype(np.float64)}
        ranges |= {name: _range(places[name], EDGE) for name in ("x", "y")}
    names = [c["name"] for c in view.audit.summary["classes"]]
    arrays: dict[str, NDArray[Any]] = {name: _steps(values, ranges[name]) for name, values in places.items()}
    arrays["given"] = _codes(ranking["given_label"].iloc[view.drawn], names).astype("<u2")
    issue, unknown = ranking["is_label_issue"].to_numpy()[view.drawn], np.isnan(influence)
    arrays["kind"] = (issue + 2 * unknown).astype("u1")
    starts = dict(zip(arrays, np.cumsum([0, *(a.nbytes for a in arrays.values())]).tolist(), strict=False))
    about = {"count": len(view.drawn), "steps": STEPS, "linear": linear, "ranges": ranges, "starts": starts}
    return packed_bytes(b"".join(a.tobytes() for a in arrays.values())), about


def packed_bytes(content: bytes) -> str:
    """Bytes as the page unpacks them: a zlib stream in base64."""
    return b64encode(zlib.compress(content, LEVEL)).decode("ascii")


def _codes(labels: pd.Series, names: Sequence[str]) -> NDArray[np.int64]:
    """Where each label stands among the names; the last place a uint16 has where there are more."""
    import pandas as pd

    codes: NDArray[np.int64] = pd.Index(names).get_indexer(pd.Index(labels))
    return np.clip(codes, 0, STEPS)


def _steps(values: Array, ends: tuple[float, float]) -> NDArray[np.uint16]:
    low, high = ends
    return np.rint(np.clip((values - low) / (high - low), 0.0, 1.0) * STEPS).astype("<u2")


def _range(values: Array, edge: float) -> tuple[float, float]:
    """Between which the points are drawn: this share of them lies beyond each end."""
    low, high = (float(v) for v in np.quantile(values, (edge, 1 - edge)))
    return (low, high) if high > low else (low - 1.0, high + 1.0)


def _linear_below(influence: Array) -> float:
    """The median size, or something to divide by where half of them are nothing."""
    sizes = np.abs(influence)
    return max(float(np.median(sizes)), float(sizes.max()) * LEAST_LINEAR) or 1.0
