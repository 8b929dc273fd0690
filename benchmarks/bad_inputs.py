"""A folder of bad and odd CSV files, read and audited: no crash, no hang, and never other cells than two others read.

    python benchmarks/bad_inputs.py ../shared/bad_inputs [--sample N] [--no-audits] [--defaults]

Every file is read with its last column as the label, and audited as by the command line: quickly, or with every choice
left to the tool. Where Python's csv (strict) and pyarrow, if it is installed, read the same cells, so must the reader.
Prints the counts and every failure; exits 1 if there is any.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import os
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import labelaudit.cli
from labelaudit.cli.exits import run
from labelaudit.errors import LabelauditError
from labelaudit.table.reader import read_cells
from labelaudit.table.scan import scan
from labelaudit.table.source import open_text

SECONDS = 10.0  # that one file may take
DELIMITERS = ",;\t|"
QUICK = ("--encoding", "linear", "--l2", "0.01", "--threads", "1")

Rows = list[tuple[str, ...]]


@dataclass(frozen=True)
class Outcome:
    """What the reader or the audit did with a file; `problem` says what is wrong with that, if anything."""

    file: str
    what: str  # read, refused, or the exit code
    seconds: float
    problem: str = ""
    compared: bool = False  # with cells on which all others agree


def files_of(folder: Path) -> list[Path]:
    """All files but the folder's own README.md."""
    return [path for path in sorted(folder.rglob("*")) if path.is_file() and path != folder / "README.md"]


def delimiter_of(path: Path) -> str | None:
    """The delimiter that splits the first line into most cells."""
    try:
        line = open_text(path).data.split(b"\n", 1)[0]
    except LabelauditError:
        return None
    return max(DELIMITERS, key=lambda mark: line.count(mark.encode()))


def label_of(path: Path, delimiter: str | None) -> str:
    """The last name of the header, as the scan finds it; some name where it finds none."""
    try:
        _, header = scan(open_text(path), delimiter=delimiter or ",")
    except LabelauditError:
        return "label"
    return header.names[-1] if header is not None else "label"


def read_one(path: Path) -> Outcome:
    """The file through the reader alone, its cells beside those of others."""
    begun = time.perf_counter()
    mark = delimiter_of(path)
    try:
        frame = read_cells([path], label=label_of(path, mark), delimiter=mark)
    except LabelauditError as error:
        problem = "" if error.exit_code in (2, 3) and str(error).isprintable() else f"unfit error: {error!r}"
        return Outcome(str(path), "refused", time.perf_counter() - begun, problem)
    except Exception as error:
        return Outcome(str(path), "crashed", time.perf_counter() - begun, f"{type(error).__name__}: {error}")
    seconds = time.perf_counter() - begun
    rows: Rows = [tuple(frame.columns), *frame.itertuples(index=False, name=None)]
    expected = agreed(open_text(path).data, mark or ",")
    problem = "" if expected in (None, rows) else "other cells than all others read"
    return Outcome(str(path), "read", seconds, problem, compared=expected is not None)


def agreed(data: bytes, delimiter: str) -> Rows | None:
    """The cells that Python's csv reads; None where it refuses, or where pyarrow reads others."""
    expected, other = by_csv(data, delimiter), by_pyarrow(data, delimiter)
    return None if other is not None and other != expected else expected


def by_csv(data: bytes, delimiter: str) -> Rows | None:
    """By Python's csv, strict; None where it refuses."""
    csv.field_size_limit(sys.maxsize)
    try:
        text = io.StringIO(data.decode("utf-8-sig"), newline="")
        return [tuple(row) for row in csv.reader(text, delimiter=delimiter, strict=True) if row]
    except (csv.Error, UnicodeDecodeError):
        return None


def by_pyarrow(data: bytes, delimiter: str) -> Rows | None:
    """By pyarrow, every column as text; None where it refuses or is not installed."""
    try:
        import pyarrow as pa
        from pyarrow import csv as arrow
    except ImportError:
        return None
    parse = arrow.ParseOptions(delimiter=delimiter, newlines_in_values=True)
    try:
        names = arrow.open_csv(io.BytesIO(data), parse_options=parse).schema.names
        how = arrow.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False)
        table = arrow.read_csv(io.BytesIO(data), parse_options=parse, convert_options=how)
    except (pa.ArrowInvalid, pa.ArrowKeyError, ValueError):
        return None
    return [tuple(names), *zip(*(column.to_pylist() for column in table.columns), strict=True)]


def audit_one(path: Path, how: Sequence[str] = QUICK) -> Outcome:
    """The file audited by the command line, in this process; its standard error must hold no traceback."""
    begun = time.perf_counter()
    mark = delimiter_of(path)
    with tempfile.TemporaryDirectory() as folder:
        error = Path(folder) / "stderr"
        split = ["--delimiter", mark] if mark else []
        options = [f"--label={label_of(path, mark)}", *split, *how, "-q", "--out", f"{folder}/out"]
        code = captured(["audit", str(path), *options], error)
        said = error.read_text(encoding="utf-8", errors="replace")
    problem = "" if code in (0, 3) and "Traceback" not in said else f"exit {code}: {said[-500:]}"
    return Outcome(str(path), f"exit {code}", time.perf_counter() - begun, problem)


def captured(arguments: list[str], error: Path) -> int:
    """The exit code of a command, its standard error in a file."""
    sys.stderr.flush()
    kept, before = os.dup(2), signal.getsignal(signal.SIGTERM)
    with error.open("wb") as file:
        os.dup2(file.fileno(), 2)
        try:
            return run(labelaudit.cli.group, arguments)
        finally:
            signal.signal(signal.SIGTERM, before)
            sys.stderr.flush()
            os.dup2(kept, 2)
            os.close(kept)


class Late(BaseException):
    """A file took far too long."""


def stop(number: int, frame: object) -> None:
    raise Late


def all_of(task: Any, paths: list[Path]) -> list[Outcome]:
    """The outcomes, one after the other; a file that takes longer than allowed is a failure."""
    found = []
    signal.signal(signal.SIGALRM, stop)
    for path in paths:
        signal.setitimer(signal.ITIMER_REAL, 6 * SECONDS)
        try:
            outcome = task(path)
        except Late:
            outcome = Outcome(str(path), "hung", 6 * SECONDS)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        late = "" if outcome.seconds <= SECONDS else f"took {outcome.seconds:.1f} s"
        found.append(replace(outcome, problem=outcome.problem or late))
        if found[-1].problem:
            print(f"  {path}: {outcome.what}: {found[-1].problem}", flush=True)
    return found


def main() -> int:
    """Runs everything and prints what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sample", type=int, help="only so many files, evenly drawn")
    parser.add_argument("--no-audits", action="store_true")
    parser.add_argument("--defaults", action="store_true", help="audit with every choice left to the tool")
    options = parser.parse_args()
    paths = files_of(options.folder)
    if options.sample:
        paths = paths[:: max(1, len(paths) // options.sample)]
    failed = 0
    audit = partial(audit_one, how=()) if options.defaults else audit_one
    for name, task in [("reader", read_one), *([] if options.no_audits else [("audit", audit)])]:
        outcomes = all_of(task, paths)
        problems = [outcome for outcome in outcomes if outcome.problem]
        counts = dict(sorted(Counter(outcome.what for outcome in outcomes).items()))
        slowest = max(outcome.seconds for outcome in outcomes)
        figures = {"files": len(paths), "slowest_s": round(slowest, 2), "failures": len(problems)}
        if name == "reader":
            figures["compared"] = sum(outcome.compared for outcome in outcomes)
        print(json.dumps({name: counts, **figures}), flush=True)
        failed += len(problems)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
