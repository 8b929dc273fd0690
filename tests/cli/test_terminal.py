"""Terminals and colours."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

pty = pytest.importorskip("pty", reason="needs a system with pseudo-terminals")

AUDIT = ("audit", "train.csv", "--label", "label", "--id", "key", "--encoding", "linear", "--l2", "0.01")
BENCHMARK = ("benchmark", "--seeds", "1", "--rows", "200", "--features", "2")
COLOUR = re.compile(rb"\x1b\[(\d+;)*(3[0-8]|9[0-7]|4[0-8])(;\d+)*m")


def on_terminal(spawn, *arguments, **environment):
    """What a command writes to a terminal as standard error, and to a pipe as standard output."""
    ours, theirs = pty.openpty()
    work = spawn(*arguments, stderr=theirs, env={"TERM": "xterm-256color", **environment})
    os.close(theirs)
    seen = b""
    while True:
        try:
            piece = os.read(ours, 65_536)
        except OSError:  # the last writer is gone
            piece = b""
        if not piece:
            break
        seen += piece
    os.close(ours)
    out, _ = work.communicate(timeout=60)
    assert work.returncode == 0
    return seen, out


@pytest.fixture(autouse=True)
def _plain(monkeypatch):
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)


class TestColour:
    def test_a_terminal_gets_colours_but_not_the_results(self, spawn):
        seen, out = on_terminal(spawn, *AUDIT)
        assert COLOUR.search(seen)
        assert b"\x1b" not in out

    def test_no_color_takes_them_away(self, spawn):
        seen, out = on_terminal(spawn, *AUDIT, NO_COLOR="1")
        assert b"\x1b" in seen  # the line still moves
        assert not COLOUR.search(seen)
        assert b"\x1b" not in out

    def test_a_dumb_terminal_gets_no_codes(self, spawn):
        seen, _ = on_terminal(spawn, *AUDIT, TERM="dumb")
        assert not COLOUR.search(seen)

    @pytest.mark.parametrize("arguments", [AUDIT, BENCHMARK], ids=["audit", "benchmark"])
    def test_a_log_gets_none_even_where_colour_is_forced(self, spawn, arguments):
        work = spawn(*arguments, env={"FORCE_COLOR": "1", "TTY_COMPATIBLE": "1", "OMP_NUM_THREADS": "1"})
        out, err = work.communicate(timeout=120)
        assert work.returncode == 0
        assert b"\x1b" not in out + err


def test_the_version_names_kernel_torch_and_cuda(call):
    import torch

    built = "no CUDA" if torch.version.cuda is None else f"CUDA {torch.version.cuda}"
    code, out, _ = call("--version")
    assert code == 0
    pattern = (
        rf"labelaudit \d+\.\d+\.\d+ \(kernel (avx512|avx2|baseline), torch {re.escape(torch.__version__)}, {built}\)\n"
    )
    assert re.fullmatch(pattern, out)
    assert Path(torch.version.__file__).name == "version.py"
