"""The scripts of the speed benchmark: what is stopped, what is shown, and that both sides compute the same."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks"
PYDVL = os.environ.get("LABELAUDIT_PYDVL_PYTHON")


pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are stopped and looked at as on Linux")


@pytest.fixture
def scripts(monkeypatch):
    """The modules speed_whole and speed_text, as they import each other."""
    monkeypatch.syspath_prepend(FOLDER)
    import speed_text
    import speed_whole

    yield speed_whole, speed_text
    for name in [n for n in sys.modules if n.startswith("speed_")]:
        del sys.modules[name]


def runs(number):
    """Whether a process is there and does not merely wait for its parent to note its end."""
    try:
        status = Path(f"/proc/{number}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return status.rsplit(")", 1)[1].split()[0] not in "ZX"


def test_what_takes_too_long_is_stopped_with_its_workers(scripts, tmp_path):
    whole, _ = scripts
    number = tmp_path / "number"
    start = time.perf_counter()
    assert whole.cost("sh", "-c", f"sleep 90 & echo $! > '{number}'; wait", limit=3.0).stopped == 3.0
    assert time.perf_counter() - start < 30
    end = time.monotonic() + 30  # its signal is sent, but it may take a moment to go
    while runs(number.read_text().strip()):
        assert time.monotonic() < end, "the worker lives on"
        time.sleep(0.05)


def test_what_ends_in_time_is_not(scripts):
    whole, _ = scripts
    assert whole.cost(sys.executable, "-c", "", limit=60.0).stopped is None
    with pytest.raises(SystemExit, match="failed with exit code 3"):
        whole.cost(sys.executable, "-c", "raise SystemExit(3)", limit=60.0)


def size(whole, stopped):
    """One size's figures, with cleanlab stopped or not."""
    runs = {name: [whole.Cost(s, s, 10**9) for s in (1.0, 3.0, 2.0)] for name in ("read", "torch", "labelaudit")}
    ended = [whole.Cost(s, s, 4 * 10**9) for s in (8.0, 9.0)]
    runs["cleanlab"] = [*ended, whole.Cost(121.0, 200.0, 10**9, 120.0)] if stopped else ended
    costs = {name: whole.medians(c) for name, c in runs.items()}
    return {
        "rows": 1000,
        "costs": costs,
        "ratios": whole.ratios(costs),
        "seconds_above_torch": 0.0,
        "average_precision": {"labelaudit": 0.5},
    }


def test_a_peer_that_was_stopped_gives_a_bound_and_is_shown_so(scripts):
    whole, text = scripts
    tasks = [
        {"name": "self-influence", "rows": 10, "on": 0, "columns": 3, "threads": 1, "seconds": 2.0, "pydvl": theirs}
        for theirs in (None, {"seconds": 120.0, "stopped": 120.0, "ratio": 60.0})
    ]
    result = {"whole": [size(whole, True)], "kernels": [], "calls": [], "influence": tasks}
    shown = text.text(result)
    assert "cleanlab      stopped at 120 s" in shown
    assert result["whole"][0]["ratios"]["seconds_to_cleanlab"] == {"value": 2.0 / 120.0, "bound": True}
    assert "memory_to_cleanlab" not in result["whole"][0]["ratios"]
    assert "pyDVL stopped at 120 s, more than 60 times as long" in shown
    assert "pyDVL not run" in shown
    usual = size(whole, False)["ratios"]
    assert usual["seconds_to_cleanlab"] == {"value": 2.0 / 8.5, "bound": False}
    assert usual["memory_to_cleanlab"]["value"] == 0.25


def test_a_stopped_peers_marker_is_open(scripts):
    from matplotlib.figure import Figure

    whole, text = scripts
    stopped = {"seconds": 120.0, "stopped": 120.0, "ratio": 60.0}
    task = {"name": "self-influence", "rows": 10, "on": 0, "seconds": 2.0, "pydvl": stopped}
    figure = Figure()
    text.plot(figure, {"whole": [size(whole, True)], "influence": [task]})
    lines = {line.get_label(): line for axes in figure.axes for line in axes.get_lines() if len(line.get_xdata())}
    assert lines["cleanlab, stopped at 120 s"].get_markerfacecolor() == "none"
    assert list(lines["cleanlab, stopped at 120 s"].get_ydata()) == [120.0]
    assert lines["pyDVL, stopped there"].get_markerfacecolor() == "none"
    assert lines["labelaudit"].get_markerfacecolor() != "none"


def influence(*options):
    command = [sys.executable, FOLDER / "speed_influence.py", "--share", "0.02", "--repeats", "1", "--threads", "1"]
    return json.loads(subprocess.run([*command, *options], check=True, capture_output=True, text=True).stdout)


def test_influences_are_timed_without_a_peer(monkeypatch):
    monkeypatch.delenv("LABELAUDIT_PYDVL_PYTHON", raising=False)
    found = influence()
    assert [(t["name"], t["rows"], t["on"], t["pydvl"]) for t in found] == [
        ("pairwise influence", 200, 200, None),
        ("average influence", 2000, 20, None),
        ("self-influence", 200, 0, None),
    ]
    assert all(0 < t["seconds"] < 60 for t in found)


@pytest.mark.skipif(PYDVL is None, reason="LABELAUDIT_PYDVL_PYTHON names no Python with pyDVL")
def test_pydvl_times_the_same_influences():
    for task in influence("--limit", "60"):
        assert task["pydvl"]["difference"] < 1e-8
        assert task["pydvl"]["ratio"] == pytest.approx(task["pydvl"]["seconds"] / task["seconds"])
