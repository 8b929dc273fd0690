"""What is done ahead for large data: it changes no byte of the results, and none of it can fail an audit."""

import subprocess
import sys
from pathlib import Path

import pytest

from labelaudit.cli import ahead
from sanitized import SANITIZED

FILES = ("ranking.csv", "model.npz")
# faults of a block that is taken and freed again and again, with and without keeping what is freed
FAULTS = """
import resource, sys
from labelaudit._core import keep_freed_memory
import numpy as np

if "keep" in sys.argv:
    assert keep_freed_memory()
np.ones(1 << 23)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20):
    np.ones(1 << 19)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.fixture
def kept(monkeypatch):
    """How often memory was to be kept; this process is left as it is."""
    calls = []
    monkeypatch.setattr(ahead, "keep_freed_memory", lambda: calls.append(True))
    return calls


@pytest.mark.parametrize("method", [ahead.METHOD, ("labelaudit.no_such_module",)])
def test_an_audit_is_the_same(call, folder, kept, monkeypatch, method):
    found = []
    for least, out in ((1 << 60, "small"), (0, "large")):
        monkeypatch.setattr(ahead, "LARGE", least)
        monkeypatch.setattr(ahead, "METHOD", method)
        words = ("--label", "label", "--id", "key", "--threads", "2", "-q", "--out", out)
        assert call("audit", "train.csv", *words)[0] == 0
        found.append([Path(out, name).read_bytes() for name in FILES])
    assert found[0] == found[1]
    assert kept == [True]


def test_memory_below_a_limit_is_given_back(call, folder, kept, monkeypatch):
    monkeypatch.setattr(ahead, "LARGE", 0)
    words = ("train.csv", "--label", "label", "--encoding", "linear", "--l2", "0.01", "-q")
    for more in (("--memory-limit", "8GiB"), ()):
        assert call("audit", *words, *more)[0] == 0
        assert call("check", *words, "--exit-zero", *more)[0] == 0
        assert len(kept) == (0 if more else 2)


@pytest.mark.skipif(sys.platform != "linux" or SANITIZED, reason="only glibc can be told to keep memory")
def test_what_is_freed_is_kept():
    counts = [
        int(subprocess.run([sys.executable, "-c", FAULTS, how], capture_output=True, check=True).stdout)
        for how in ("keep", "usual")
    ]
    assert counts[0] * 10 < counts[1]


def test_an_error_is_not_followed_by_what_was_done_ahead(tmp_path):
    """The refusal ends the process while modules are imported, in which they can no longer start threads."""
    large = tmp_path / "large.csv"
    large.write_bytes(b"a,b\n" + b"1.5,x\n" * (ahead.LARGE // 6))
    command = [sys.executable, "-m", "labelaudit", "audit", str(large), "--label", "c", "--threads", "2"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert done.stderr.splitlines() == [f'labelaudit: {large}:1: there is no label column "c". Columns: "a", "b".']
