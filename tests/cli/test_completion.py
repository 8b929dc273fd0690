"""Completion: what the command answers a shell, and what each shell makes of it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading

import pytest

COMPLETED = [
    ("labelaudit au", ["audit"]),
    ("labelaudit audit x --enc", ["audit", "x", "--encoding"]),
    ("labelaudit audit x --encoding spline+", ["audit", "x", "--encoding", "spline+kernel"]),
    ("labelaudit audit tr", ["audit", "train.csv"]),
]


def needs(shell):
    return pytest.mark.skipif(not shutil.which(shell), reason=f"{shell} is not installed")


def answers(spawn, line, place):
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
        ("labelaudit report x --valid", 3, ["plain,--validation"]),
        ("labelaudit config val", 2, ["plain,validate"]),
        ("labelaudit chek --b", 2, []),
    ],
)
def test_commands_options_choices_and_files_are_completed(spawn, folder, line, place, found):
    (folder / "labelaudit.toml").write_text("no TOML")  # completion does not look at it
    assert answers(spawn, line, place) == found


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_its_script(spawn, folder, shell):
    out, err = (work := spawn(env={"_LABELAUDIT_COMPLETE": f"{shell}_source"})).communicate(timeout=60)
    assert (work.returncode, err) == (0, b"")
    assert b"_LABELAUDIT_COMPLETE" in out
    if path := shutil.which(shell):
        subprocess.run([path, "-n"], input=out, check=True)


def test_an_unknown_shell_is_wrong_usage(spawn):
    work = spawn(env={"_LABELAUDIT_COMPLETE": "nonsense"})
    work.communicate(timeout=60)
    assert work.returncode == 2


@pytest.fixture
def environment(folder):
    """One with a labelaudit that completes as ours does, and, when it is run, says what it was run with."""
    script = folder / "bin" / "labelaudit"
    script.parent.mkdir()
    completes = f"[ -n \"$_LABELAUDIT_COMPLETE\" ] && exec '{sys.executable}' -m labelaudit"
    script.write_text(f"#!/bin/sh\n{completes}\nprintf 'word <%s>\\n' \"$@\"\n")
    script.chmod(0o755)
    path = os.pathsep.join([str(script.parent), os.environ["PATH"]])
    return {**os.environ, "PATH": path, "HOME": str(folder), "XDG_CONFIG_HOME": str(folder), "TERM": "dumb"}


@needs("bash")
def test_bash_completes_with_the_tabulator(environment):
    lines = 'eval "$(_LABELAUDIT_COMPLETE=bash_source labelaudit)"\nCOMP_WORDS=(labelaudit che) COMP_CWORD=1\n'
    lines += "_labelaudit_completion labelaudit\necho ${COMPREPLY[@]}\ncomplete -p labelaudit\n"
    done = subprocess.run(["bash", "--norc", "-c", lines], env=environment, capture_output=True, check=True)
    assert done.stdout.decode().splitlines() == [*("check", "complete -o nosort -F _labelaudit_completion labelaudit")]


@needs("fish")
@pytest.mark.parametrize(("line", "words"), COMPLETED)
def test_fish_completes_by_the_script(environment, line, words):
    script = f"_LABELAUDIT_COMPLETE=fish_source labelaudit | source\ncomplete -C '{line}'\n"
    done = subprocess.run(["fish", "--no-config"], input=script.encode(), env=environment, capture_output=True)
    assert (done.returncode, done.stderr) == (0, b"")
    assert [found.split("\t")[0] for found in done.stdout.decode().splitlines()] == words[-1:]


@needs("zsh")
@pytest.mark.parametrize(("line", "words"), COMPLETED)
def test_zsh_completes_with_the_tabulator(environment, folder, line, words):
    start = "autoload -U compinit && compinit -u -D\nPS1='ready> '\n"
    (folder / ".zshrc").write_text(start + 'eval "$(_LABELAUDIT_COMPLETE=zsh_source labelaudit)"\n')
    said = at_the_prompt(["zsh", "-i", "+m", "--no-globalrcs"], environment | {"ZDOTDIR": str(folder)}, f"{line}\t\n")
    assert [part.split(">")[0] for part in said.split("word <")[1:]] == words


def at_the_prompt(command, environment, typed):
    """What a shell on a terminal says when the line is typed after its prompt, and then exit."""
    pty = pytest.importorskip("pty", reason="needs a system with pseudo-terminals")
    ours, theirs = pty.openpty()
    streams = dict.fromkeys(("stdin", "stdout", "stderr"), theirs)
    with subprocess.Popen(command, env=environment, start_new_session=True, **streams) as shell:
        os.close(theirs)
        said, left = "", [typed, "exit\n"]
        deadline = threading.Timer(60, shell.kill)
        deadline.start()
        while piece := read(ours):
            said += piece
            if left and said.count("ready> ") > 2 - len(left):
                os.write(ours, left.pop(0).encode())
        deadline.cancel()
        os.close(ours)
    return said


def read(terminal):
    """What comes next; nothing where its last writer is gone."""
    try:
        return os.read(terminal, 65_536).decode()
    except OSError:
        return ""
