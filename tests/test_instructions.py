"""The guard of the kernels' instructions: what it counts in callgrind's dumps, and when it fails."""

from __future__ import annotations

import importlib.util
import json
import shutil
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "benchmarks" / "instructions.py"

DUMP = """# callgrind format
desc: Trigger: Client Request: dense gram
positions: line
events: Ir
summary: 1000

ob=/build/instructions
fl=???
fn=main
cfn=gram
calls=1 0
0 700
0 3

fn=gram
0 10
+2 20
cob=/usr/lib/libm.so.6
cfn=exp
calls=4 31
0 500
* 5
cfn=helper
calls=2 0
0 50
cob=/usr/lib/libc.so.6
cfn=malloc
calls=9 3
0 0

ob=/usr/lib/libm.so.6
fn=exp
31 500
cob=/usr/lib/libc.so.6
cfn=raise
calls=3 3
0 9
"""


@pytest.fixture(scope="module")
def guard():
    spec = importlib.util.spec_from_file_location("instructions", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


def test_only_the_programs_own_instructions_and_its_calls_of_libraries_count(guard):
    # not: what a call took inside, calls before the kernel began (which took nothing), calls from library to library
    assert guard.counted(DUMP) == {"instructions": 3 + 10 + 20 + 5, "library calls": 4}


def measured(guard, compiler="gcc 12 x86_64", **counts):
    return guard.Measured(compiler, ("avx2", "baseline"), counts)


def test_more_than_five_percent_fails_and_says_what(guard):
    reference = {"gcc 12 x86_64": {"gram": 2.0, "forward": 1.0, "scan": 0.0}}
    grown, notes = guard.compare(measured(guard, gram=2.2, forward=1.04, scan=0.0), reference)
    assert (grown, notes) == (["gram: 2.2 an element, 2 in the reference (+10.0%)"], [])
    grown, _ = guard.compare(measured(guard, gram=2.0, forward=1.0, scan=0.001), reference)
    assert grown == ["scan: 0.001 an element, 0 in the reference (none before)"]
    grown, notes = guard.compare(measured(guard, gram=1.0, forward=1.0, scan=0.0), reference)
    assert (grown, notes) == ([], ["gram: 1 an element, 2 in the reference (-50.0%)"])


def test_what_has_no_reference_is_recorded_only(guard):
    reference = {"gcc 12 x86_64": {"gram": 2.0, "gone": 1.0}}
    grown, notes = guard.compare(measured(guard, gram=2.0, new=7.0), reference)
    assert not grown
    assert [note.split(":")[0] for note in notes] == ["new", "gone"]
    assert guard.compare(measured(guard, "clang 19 aarch64", gram=9.0), reference) == (
        [],
        ["no reference for clang 19 aarch64: recorded only"],
    )


@pytest.fixture
def run(guard, monkeypatch, tmp_path, capsys):
    """The guard on a count of our choosing, with a table of its own: exit code and what it prints."""
    monkeypatch.setattr(guard, "TABLE", tmp_path / "table.json")
    monkeypatch.setattr(guard, "why_not", lambda: None)
    monkeypatch.setattr(guard, "build", lambda folder: folder)

    def run_on(gram, *arguments, compiler="gcc 12 x86_64"):
        monkeypatch.setattr(guard, "measure", lambda program: measured(guard, compiler, gram=gram))
        return guard.main(list(arguments)), capsys.readouterr().out

    return run_on


def test_update_writes_this_compilers_table_and_no_other(guard, run):
    assert run(2.0)[0] == 0
    assert run(2.0, "--update")[0] == run(9.0, "--update", compiler="clang 19 x86_64")[0] == 0
    code, out = run(2.2)
    assert code == 1
    assert "instructions: gram: 2.2 an element, 2 in the reference (+10.0%)\n" in out
    assert run(9.1, compiler="clang 19 x86_64")[0] == 0
    assert run(2.2, "--update")[0] == run(2.2)[0] == 0
    assert json.loads(guard.TABLE.read_text()) == {"clang 19 x86_64": {"gram": 9.0}, "gcc 12 x86_64": {"gram": 2.2}}


def test_without_valgrind_it_says_that_it_is_skipped(guard, monkeypatch, capsys):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert guard.main([]) == 0
    assert capsys.readouterr().out == "instructions: skipped: valgrind is not installed (apt-get install valgrind).\n"
