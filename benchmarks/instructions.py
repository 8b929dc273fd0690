"""How many instructions the kernels take, by valgrind's callgrind: fails where one takes over 5 % more than it did.

    python benchmarks/instructions.py [--update] [-v] [--build build/instructions]

Unlike seconds, instructions hardly depend on what else a machine does. They do depend on the compiler, so the
reference, instructions.json, has a table for each (name, major version, processor); with no table for this one the
counts are printed and nothing fails. --update writes this compiler's table anew: after a kernel was changed on purpose.

A count is of the extension's own code, built as it ships, on the baseline instruction set, an element: a cell of the
block times the outputs, a byte of a CSV file, a cell that is written. What the C and C++ libraries do inside is not
ours and differs from machine to machine, so their calls are counted on their own.
"""

from __future__ import annotations

import argparse
import json
import platform
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
TABLE = Path(__file__).with_suffix(".json")
PROGRAM = "instructions"
ALLOWED = 0.05

Counts = dict[str, float]


@dataclass(frozen=True)
class Measured:
    """The compiler, the instruction sets that valgrind's processor has, and each kernel's counts an element."""

    compiler: str
    sets: tuple[str, ...]
    counts: Counts


def why_not() -> str | None:
    """Why nothing can be counted here, if so."""
    if shutil.which("valgrind") is None:
        return "valgrind is not installed (apt-get install valgrind)"
    return None


def build(folder: Path) -> Path:
    """The program, compiled with the flags of the extension."""
    import pybind11

    options = ("-DCMAKE_BUILD_TYPE=Release", "-DLABELAUDIT_INSTRUCTIONS=ON")
    python = (f"-Dpybind11_DIR={pybind11.get_cmake_dir()}", f"-DPython_EXECUTABLE={sys.executable}")
    _run("cmake", "-S", str(ROOT), "-B", str(folder), *options, *python)
    _run("cmake", "--build", str(folder), "--target", PROGRAM, "-j", "2")
    return folder / PROGRAM


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        said = done.stdout + done.stderr
        raise SystemExit(f"{said}\n{' '.join(command)} failed with exit code {done.returncode}")
    return done.stdout


def measure(program: Path) -> Measured:
    """One run under callgrind, which dumps a file for every kernel; its processor has no AVX-512."""
    out = program.parent / "callgrind"
    for old in out.parent.glob(f"{out.name}.*"):
        old.unlink()
    how = ("--collect-atstart=no", "--dump-line=no", "--compress-strings=no", f"--callgrind-out-file={out}")
    said = [line.split("\t") for line in _run("valgrind", "--tool=callgrind", "-q", *how, str(program)).splitlines()]
    dumps = [path.read_text() for path in out.parent.glob(f"{out.name}.*")]
    found = {match[1]: counted(text) for text in dumps if (match := re.search(r"Client Request: (.*)", text))}
    counts = {}
    for name, elements in (line[1:] for line in said if line[0] == "kernel"):
        for what, count in found[name].items():
            counts[f"{name}, {what}"] = round(count / int(elements), 6)
    compiler = next(s[1] for s in said if s[0] == "compiler")
    return Measured(f"{compiler} {platform.machine()}", tuple(s[1] for s in said if s[0] == "set")[1:], counts)


def counted(dump: str) -> dict[str, int]:
    """Instructions of the program's own code in one dump, and the calls that leave it while instructions count."""
    instructions, calls, pending = 0, 0, None  # pending: of a call, whose next line is what it cost inside
    own = callee_own = False
    for line in dump.splitlines():
        name, _, value = line.partition("=")
        if name == "ob":
            own = callee_own = value.endswith(f"/{PROGRAM}")
        elif name == "cob":
            callee_own = value.endswith(f"/{PROGRAM}")
        elif name == "calls":
            pending = int(value.split()[0]) if own and not callee_own else 0
            callee_own = own
        elif re.match(r"[\d+*-]", line):
            cost = int(line.split()[1])
            instructions += cost if own and pending is None else 0
            calls += pending if pending and cost else 0
            pending = None
    return {"instructions": instructions, "library calls": calls}


def compare(measured: Measured, reference: dict[str, Counts]) -> tuple[list[str], list[str]]:
    """What is too much, and what else there is to say, a sentence each."""
    table = reference.get(measured.compiler)
    if table is None:
        return [], [f"no reference for {measured.compiler}: recorded only"]
    grown, notes = [], []
    for name, new in measured.counts.items():
        old = table.get(name)
        if old is None:
            notes.append(f"{name}: no reference, recorded only; --update adds it")
        elif abs(new - old) > ALLOWED * old:
            change = f"{new / old - 1:+.1%}" if old else "none before"
            sentence = f"{name}: {new:.4g} an element, {old:.4g} in the reference ({change})"
            (grown if new > old else notes).append(sentence)
    notes += [
        f"{name}: in the reference, no longer measured; --update drops it" for name in table.keys() - measured.counts
    ]
    return grown, notes


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--update", action="store_true", help="write this compiler's table anew")
    parser.add_argument("-v", "--verbose", action="store_true", help="print every count")
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "instructions")
    given = parser.parse_args(arguments)
    if reason := why_not():
        print(f"instructions: skipped: {reason}.")
        return 0
    measured = measure(build(given.build.resolve()))
    reference: dict[str, Counts] = json.loads(TABLE.read_text()) if TABLE.exists() else {}
    grown, notes = compare(measured, reference)
    if given.verbose or measured.compiler not in reference:
        print("\n".join(f"{count:14.6f}  {name}" for name, count in measured.counts.items()))
    if given.update:
        TABLE.write_text(json.dumps(reference | {measured.compiler: measured.counts}, indent=1, sort_keys=True) + "\n")
        notes.append(f"the table of {measured.compiler} was written")
        grown, notes = [], grown + notes
    print("\n".join(f"instructions: {sentence}" for sentence in notes + grown))
    sets = f"instruction sets found under valgrind: {', '.join(measured.sets)}; counted on {measured.sets[-1]}"
    print(f"instructions: {len(measured.counts) // 2} kernels, {measured.compiler}; {sets}.")
    if grown:
        print(f"instructions: FAILED: more than {ALLOWED:.0%} above the reference. Mend it, or --update with a reason.")
    return 1 if grown else 0


if __name__ == "__main__":
    sys.exit(main())
