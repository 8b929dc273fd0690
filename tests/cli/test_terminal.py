"""Terminals, colours, completion."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
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


class TestCompletion:
    def complete(self, spawn, line, place):
        work = spawn(env={"_LABELAUDIT_COMPLETE": "bash_complete", "COMP_WORDS": line, "COMP_CWORD": str(place)})
        out, err = work.communicate(timeout=60)
        assert (work.returncode, err) == (0, b"")
        return out.decode().split()

    @pytest.mark.parametrize(
        ("line", "place", "found"),
        [
            ("labelaudit che", 1, ["plain,check"]),
            ("labelaudit check x --max-iss", 3, ["plain,--max-issues", "plain,--max-issue-rate"]),
            ("labelaudit audit x --encoding sp", 4, ["plain,spline", "plain,spline+kernel"]),
            ("labelaudit audit tr", 2, ["file,tr"]),
            ("labelaudit check x --baseline b", 4, ["file,b"]),
            ("labelaudit config val", 2, ["plain,validate"]),
            ("labelaudit chek --b", 2, []),
        ],
    )
    def test_commands_options_choices_and_files_are_completed(self, spawn, folder, line, place, found):
        (folder / "labelaudit.toml").write_text("no TOML")  # completion does not look at it
        assert self.complete(spawn, line, place) == found

    @pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
    def test_each_shell_gets_its_script(self, spawn, folder, shell):
        out, err = (work := spawn(env={"_LABELAUDIT_COMPLETE": f"{shell}_source"})).communicate(timeout=60)
        assert (work.returncode, err) == (0, b"")
        assert b"_LABELAUDIT_COMPLETE" in out
        if path := shutil.which(shell):
            subprocess.run([path, "-n"], input=out, check=True)

    def test_an_unknown_shell_is_wrong_usage(self, spawn):
        work = spawn(env={"_LABELAUDIT_COMPLETE": "nonsense"})
        work.communicate(timeout=60)
        assert work.returncode == 2

    @pytest.mark.skipif(not shutil.which("bash"), reason="needs bash")
    def test_bash_completes_with_the_tabulator(self, folder):
        script = folder / "bin" / "labelaudit"
        script.parent.mkdir()
        script.write_text(f"#!/bin/sh\nexec '{sys.executable}' -m labelaudit \"$@\"\n")
        script.chmod(0o755)
        lines = 'eval "$(_LABELAUDIT_COMPLETE=bash_source labelaudit)"\nCOMP_WORDS=(labelaudit che) COMP_CWORD=1\n'
        lines += "_labelaudit_completion labelaudit\necho ${COMPREPLY[@]}\ncomplete -p labelaudit\n"
        environment = {**os.environ, "PATH": f"{script.parent}:{os.environ['PATH']}"}
        done = subprocess.run(["bash", "--norc", "-c", lines], env=environment, capture_output=True, check=True)
        assert done.stdout.decode().splitlines() == [
            *("check", "complete -o nosort -F _labelaudit_completion labelaudit")
        ]


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
