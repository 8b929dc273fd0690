"""The runs of `faults`: a child at work on a folder, and whether it left the folder as was promised."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from labelaudit.cli.lost_threads import ended_by_lost_threads
from labelaudit.cli.signals import end_on_signals
from labelaudit.decisions.decision import Decision
from labelaudit.decisions.store import DecisionStore

DOCUMENTED = {0, 3, 4, 5}  # what such faults may end with: 70 is a bug, 1 and 2 are something else
STUCK_SECONDS = 150  # SQLite waits 30 s for a lock, which a failed unlock leaves for ever
TIME = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00")
STORE = "decisions.sqlite"
HEARD, TOLD = os.pipe()  # the numbers of decisions that were acknowledged


@dataclass(frozen=True)
class Task:
    """What is run, on a folder that `prepare` makes from the two saved states, and which of its files it writes.

    A client talks to the child from here: it gets the file of what the child said, the child's id, and an event that
    tells of its end. What it may end with besides the documented codes: `ends`.
    """

    name: str
    work: Callable[[], int]
    targets: tuple[str, ...] = ()
    old: bool = True
    client: Callable[[Path, int, threading.Event], None] | None = None
    ends: frozenset[int] = frozenset()


@dataclass
class Sweep:
    """The folder at work, the states that are right, and what was found."""

    folder: Path
    old: Path
    new: Path
    counts: Counter[str] = field(default_factory=Counter)
    codes: Counter[int] = field(default_factory=Counter)
    acknowledged: int = 0
    broken: list[str] = field(default_factory=list)

    @property
    def said(self) -> Path:
        """What the child wrote on standard output and error."""
        return self.folder.parent / "said.txt"

    def prepare(self, task: Task) -> None:
        for entry in self.folder.iterdir():
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
        shutil.copytree(self.old, self.folder, dirs_exist_ok=True)
        for name in task.targets if not task.old else ():
            (self.folder / name).unlink()

    def judge(self, task: Task, what: str, code: int, *, killed: bool = False) -> None:
        kind = what.split(":")[0]
        self.counts[kind] += 1
        self.codes[code] += 1
        wrong = [] if killed or code in DOCUMENTED | task.ends else [f"exit code {code}"]
        states = {name: self.state(task, name) for name in task.targets}
        if "other" in states.values():
            wrong.append(f"neither old nor new: {states}")
        if not killed and len(set(states.values())) > 1:
            wrong.append(f"mixed: {states}")
        if code == 0 and set(states.values()) - {"new"}:
            wrong.append(f"0, but {states}")
        if not killed and (left := self.left_behind(task)):
            wrong.append(f"left behind: {left}")
        if not task.targets:
            wrong += self.lost_decisions()
        if wrong:
            said = self.said.read_text(errors="replace")[-1500:]
            self.broken.append(f"{task.name}, {what}: {'; '.join(wrong)}")
            print(f"{self.broken[-1]}\n{said}", flush=True)

    def state(self, task: Task, name: str) -> str:
        found = content(self.folder / name)
        if found == (content(self.old / name) if task.old else None):
            return "old"
        return "new" if found == content(self.new / name) else "other"

    def left_behind(self, task: Task) -> list[str]:
        """Files that are in neither state; SQLite's own beside a store are its way to be safe."""
        there = {str(p.relative_to(self.folder)) for p in self.folder.rglob("*") if p.is_file()}
        known = {str(p.relative_to(self.old)) for p in self.old.rglob("*")} | set(task.targets)
        return sorted(name for name in there - known if not name.startswith(STORE))

    def lost_decisions(self) -> list[str]:
        """What is missing from the store, which is opened and added to in a copy: there may be no room where it is."""
        said = heard()
        self.acknowledged += len(said)
        if not said and not (self.folder / STORE).exists():
            return []
        copy = self.folder.parent / "copy"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(self.folder, copy)
        with DecisionStore(copy / STORE) as store:
            kept = [int(d.note) for d in store.history()]
            store.append(Decision("f" * 32, 1, "keep"))
        lost = set(said) - set(kept)
        return [f"lost decisions: {sorted(lost)}"] if lost or kept != sorted(set(kept)) else []


def content(path: Path) -> bytes | None:
    """The bytes but for the time of an audit; of its record those of its own hash; None where there is no file."""
    if not path.exists():
        return None
    raw = path.read_bytes()
    if path.name == "report.html":
        return TIME.sub(b"TIME", raw)
    if path.name != "audit.json":
        return raw
    try:
        return str(json.loads(raw)["sha256"]).encode()
    except (ValueError, KeyError):
        return raw


def surely(call: Callable[[], object]) -> None:
    """What is not under test is done again where the fault hits it."""
    try:
        call()
    except OSError:
        call()


def tell(number: int) -> None:
    """Says that a decision was acknowledged."""
    surely(lambda: os.write(TOLD, f"{number}\n".encode()))


def heard() -> list[int]:
    """The decisions that were told since the last call."""
    os.set_blocking(HEARD, False)
    with suppress(BlockingIOError):
        return [int(word) for word in os.read(HEARD, 10_000).split()]
    return []


@dataclass
class Run:
    """A child that waits for a byte and then works."""

    child: int
    writer: int
    client: threading.Thread | None
    over: threading.Event

    def begin(self) -> None:
        os.write(self.writer, b"x")
        os.close(self.writer)
        if self.client is not None:
            self.client.start()

    def end(self, number: int | None = None) -> int:
        """Waits for its end, after a signal if there is one; a child that hangs is killed. Its exit code."""
        if number is not None:
            os.kill(self.child, number)
        stuck = threading.Timer(STUCK_SECONDS, os.kill, (self.child, signal.SIGKILL))
        stuck.start()
        code = os.waitstatus_to_exitcode(os.waitpid(self.child, 0)[1])
        stuck.cancel()
        self.over.set()
        if self.client is not None:
            self.client.join()
        return code


def forked(sweep: Sweep, task: Task, before: Callable[[], object] = lambda: None) -> Run:
    """A child with everything imported, which works once it is told to, as the command line does."""
    sweep.prepare(task)
    heard()
    sweep.said.write_bytes(b"")
    reader, writer = os.pipe()
    waiting, waits = os.pipe()
    child = os.fork()
    if child:
        for end in (reader, waits):
            os.close(end)
        os.read(waiting, 1)
        os.close(waiting)
        over = threading.Event()
        client = task.client and threading.Thread(target=task.client, args=(sweep.said, child, over))
        return Run(child, writer, client or None, over)
    code = 99
    try:
        for end in (writer, waiting):
            os.close(end)
        os.chdir(sweep.folder)
        said = os.open(sweep.said, os.O_WRONLY | os.O_APPEND)
        os.dup2(said, 1)
        os.dup2(said, 2)
        end_on_signals()
        with ended_by_lost_threads():
            os.write(waits, b"x")
            os.close(waits)
            surely(lambda: os.read(reader, 1))
            before()
            code = task.work()
    finally:
        os._exit(code)


def ended(run: Run) -> int:
    """Lets the child work and waits for its end."""
    run.begin()
    return run.end()
