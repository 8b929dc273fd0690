"""Faults on purpose: what do audit, apply and the store of decisions leave behind?

Example: python benchmarks/faults.py --kills 500 --most 40

A process that has everything imported is forked for every fault. Faults: an error injected by strace into the Nth call
of a system call, for every N up to --most; a full file system (where mounting is allowed); limits on the size of files,
on memory and on open files; SIGKILL at random times. Each run must leave every target old or new, as a set unless it
was killed; no temporary file, unless it was killed; a documented exit code; and every decision that was acknowledged.
Ends with 1 if a promise was broken.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from labelaudit.cli import group
from labelaudit.cli.exits import run
from labelaudit.decisions.decision import Decision
from labelaudit.decisions.store import DecisionStore
from labelaudit.errors import LabelauditError

DOCUMENTED = {0, 3, 4, 5}  # what such faults may end with: 70 is a bug, 1 and 2 are something else
QUICK = ("--encoding", "linear", "--threads", "1", "-q")
# unlink is left out: where it fails, nobody could take the temporary file away; brk never fails with an error
ERRORS = {
    "openat": ("ENOSPC", "EIO", "EMFILE", "ENOMEM"),
    "read": ("EIO",),
    "pread64": ("EIO",),
    "write": ("ENOSPC", "EIO"),
    "pwrite64": ("ENOSPC", "EIO"),
    "fsync": ("EIO", "ENOSPC"),
    "fdatasync": ("EIO", "ENOSPC"),
    "rename": ("EIO", "ENOSPC", "EXDEV", "EACCES"),
    "link": ("EIO", "ENOSPC", "EXDEV", "EPERM"),
    "mkdir": ("ENOSPC", "EIO"),
    "close": ("EIO",),
    "newfstatat": ("EIO",),
    "fcntl": ("EIO", "ENOLCK"),
    "ftruncate": ("EIO",),
    "mmap": ("ENOMEM",),
}


@dataclass(frozen=True)
class Task:
    """What is run, on a folder that `prepare` makes from the two saved states, and which of its files it writes."""

    name: str
    work: Callable[[], int]
    targets: tuple[str, ...] = ()
    old: bool = True


@dataclass
class Sweep:
    """The folder at work, the states that are right, and what was found."""

    folder: Path
    old: Path
    new: Path
    counts: Counter[str] = field(default_factory=Counter)
    codes: Counter[int] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)

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
        wrong = [] if killed or code in DOCUMENTED else [f"exit code {code}"]
        states = {name: self.state(task, name) for name in task.targets}
        if "other" in states.values():
            wrong.append(f"neither old nor new: {states}")
        if not killed and len(set(states.values())) > 1:
            wrong.append(f"mixed: {states}")
        if code == 0 and set(states.values()) - {"new"}:
            wrong.append(f"0, but {states}")
        if not killed and (left := [str(p) for p in self.folder.rglob("*.part")]):
            wrong.append(f"left behind: {left}")
        if not task.targets:
            wrong += lost_decisions(self.folder)
        if wrong:
            said = (self.folder.parent / "said.txt").read_text(errors="replace")[-1500:]
            self.broken.append(f"{task.name}, {what}: {'; '.join(wrong)}")
            print(f"{self.broken[-1]}\n{said}", flush=True)

    def state(self, task: Task, name: str) -> str:
        found = content(self.folder / name)
        if found == (content(self.old / name) if task.old else None):
            return "old"
        return "new" if found == content(self.new / name) else "other"


def content(path: Path) -> bytes | None:
    """The bytes; of an audit's record those of its own hash, which leaves its time out; None where there is no file."""
    if not path.exists():
        return None
    raw = path.read_bytes()
    if path.name != "audit.json":
        return raw
    try:
        return str(json.loads(raw)["sha256"]).encode()
    except (ValueError, KeyError):
        return raw


def append_decisions() -> int:
    """Appends 20 decisions; each is told once it is said to be on disk."""
    try:
        with DecisionStore("decisions.sqlite") as store:
            for i in range(20):
                store.append(Decision(f"{i:032x}", 1, "keep"))
                surely(lambda i=i: os.write(TOLD, f"{i}\n".encode()))  # type: ignore[misc]
    except LabelauditError as error:
        return error.exit_code
    return 0


def surely(call: Callable[[], object]) -> None:
    """What is not under test is done again where the fault hits it."""
    try:
        call()
    except OSError:
        call()


def heard() -> list[bytes]:
    """The decisions that were told since the last call."""
    os.set_blocking(HEARD, False)
    with suppress(BlockingIOError):
        return os.read(HEARD, 10_000).split()
    return []


def lost_decisions(folder: Path) -> list[str]:
    """What is missing from the store, which is opened and added to in a copy: there may be no room where it is."""
    said = heard()
    if not said and not (folder / "decisions.sqlite").exists():
        return []
    copy = folder.parent / "copy"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(folder, copy)
    with DecisionStore(copy / "decisions.sqlite") as store:
        kept = [int(d.fingerprint, 16) for d in store.history()]
        store.append(Decision("f" * 32, 1, "keep"))
    lost = set(map(int, said)) - set(kept)
    return [f"lost decisions: {sorted(lost)}"] if lost or kept != sorted(set(kept)) else []


def audit() -> int:
    return run(group, ["audit", "data.csv", "--label", "label", "--out", "out", "--l2", "0.01", *QUICK])


def apply() -> int:
    options = ["--accept-suggestions", "-o", "clean.csv", "--undo", "undo.json", "-q"]
    return run(group, ["apply", "kept", "data.csv", *options])


AUDITED = ("out/ranking.csv", "out/model.npz", "out/audit.json")  # report.html tells its time, and is no part of it
CLEANED = ("clean.csv", "undo.json")
TASKS = (
    Task("audit over an old one", audit, AUDITED),
    Task("audit", audit, AUDITED, old=False),
    Task("apply over an old copy", apply, CLEANED),
    Task("apply", apply, CLEANED, old=False),
    Task("decisions", append_decisions),
)
HEARD, TOLD = os.pipe()  # the decisions that were acknowledged


def forked(sweep: Sweep, task: Task, before: Callable[[], object] = lambda: None) -> tuple[int, int]:
    """A child that waits for a byte and then works; its process id, and where to write the byte."""
    sweep.prepare(task)
    heard()
    reader, writer = os.pipe()
    waiting, waits = os.pipe()
    child = os.fork()
    if child:
        for end in (reader, waits):
            os.close(end)
        os.read(waiting, 1)
        os.close(waiting)
        return child, writer
    code = 99
    try:
        for end in (writer, waiting):
            os.close(end)
        os.chdir(sweep.folder)
        said = os.open(sweep.folder.parent / "said.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(said, 1)
        os.dup2(said, 2)
        os.write(waits, b"x")
        os.close(waits)
        surely(lambda: os.read(reader, 1))
        before()
        code = task.work()
    finally:
        os._exit(code)


def ended(child: int, writer: int) -> int:
    """Lets the child work and waits for its end."""
    os.write(writer, b"x")
    os.close(writer)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def straced(sweep: Sweep, task: Task, options: list[str]) -> int:
    child, writer = forked(sweep, task)
    command = ["strace", *options, "-p", str(child)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as tracer:
        assert tracer.stderr is not None
        if b"attached" not in (line := tracer.stderr.readline()):
            raise SystemExit(f"strace: {line.decode()}")
        code = ended(child, writer)
        tracer.communicate()
    return code


def injected(sweep: Sweep, task: Task, most: int) -> None:
    """Every error in every call, or in `most` of them evenly spread where a system call comes more often."""
    log = sweep.folder.parent / "calls.txt"
    code = straced(sweep, task, ["-o", str(log)])
    sweep.judge(task, "none", code)
    calls = Counter(re.findall(r"^(?:\d+ +)?(\w+)\(", log.read_text(errors="replace"), re.MULTILINE))
    for call, errors in ERRORS.items():
        for error in errors:
            numbers = range(1, calls[call] + 1)
            for n in sorted({numbers[i * len(numbers) // most] for i in range(most)}) if numbers else ():
                inject = ["-o", "/dev/null", "-e", f"trace={call}", "-e", f"inject={call}:error={error}:when={n}"]
                sweep.judge(task, f"{call} {error}: call {n} of {calls[call]}", straced(sweep, task, inject))


def limited(sweep: Sweep, task: Task, most: int) -> None:
    """Limits on the size of a file, on memory beyond what the process has, and on open files."""
    pages = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    limits = [(resource.RLIMIT_FSIZE, "file size", n) for n in (0, 1, 512, 1000, 2000, 4000, 10_000, 100_000)]
    limits += [(resource.RLIMIT_AS, "memory", pages + n * 2**18) for n in range(0, most)]
    limits += [(resource.RLIMIT_NOFILE, "open files", n) for n in range(3, 16)]
    for limit, word, n in limits:
        child, writer = forked(sweep, task, lambda limit=limit, n=n: resource.setrlimit(limit, (n, n)))  # type: ignore[misc]
        sweep.judge(task, f"limit of {word}: {n}", ended(child, writer))


def killed(sweep: Sweep, task: Task, times: int, rng: random.Random) -> None:
    """SIGKILL at random times over the length of one run."""
    begin = time.perf_counter()
    ended(*forked(sweep, task))
    took = time.perf_counter() - begin
    for _ in range(times):
        child, writer = forked(sweep, task)
        os.write(writer, b"x")
        os.close(writer)
        delay = rng.uniform(0, took)
        time.sleep(delay)
        os.kill(child, signal.SIGKILL)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        sweep.judge(task, f"SIGKILL: after {delay:.3f} s", code, killed=True)


@contextmanager
def full_file_system(folder: Path, kilobytes: int) -> Iterator[Path | None]:
    """A small tmpfs; None where it cannot be mounted."""
    folder.mkdir(exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(folder)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        yield None
        return
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def filled(sweep: Sweep, task: Task) -> None:
    """A file system with room for the old state and ever more of the new one."""
    pages = sum(-(-p.stat().st_size // 4096) + 1 for p in sweep.old.rglob("*"))
    for more in range(0, 12):
        with full_file_system(sweep.folder.parent / "small", 4 * (pages + more)) as small:
            if small is None:
                return
            there = Sweep(small, sweep.old, sweep.new, sweep.counts, sweep.codes, sweep.broken)
            there.judge(task, f"full file system: {more} pages left", ended(*forked(there, task)))


def made(root: Path) -> Sweep:
    """The old and the new state; what is imported on the way is there in every child."""
    sweep = Sweep(root / "work", root / "old", root / "new")
    for folder in (sweep.folder, sweep.old, sweep.new):
        folder.mkdir()
    os.chdir(sweep.old)
    assert run(group, ["synth", "data.csv", "--rows", "60"]) == 0
    for out in ("kept", "out"):
        assert run(group, ["audit", "data.csv", "--label", "label", "--out", out, "--l2", "0.1", *QUICK]) == 0
    shutil.copytree(sweep.old, sweep.folder, dirs_exist_ok=True)
    os.chdir(sweep.folder)
    assert audit() == apply() == 0
    shutil.copytree(sweep.folder, sweep.new, dirs_exist_ok=True)
    for name in CLEANED:
        (sweep.old / name).write_text("old\n")
    assert append_decisions() == 0
    assert not lost_decisions(sweep.folder)
    os.chdir(root)
    return sweep


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--most", type=int, default=20, help="faults for each task, system call and error [20]")
    parser.add_argument("--kills", type=int, default=100, help="SIGKILLs in all [100]")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--without-strace", action="store_true", help="only limits, full file systems and SIGKILLs")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        root = Path(name).resolve()
        sweep = made(root)
        rng = random.Random(given.seed)
        for task in TASKS:
            if shutil.which("strace") and not given.without_strace:
                injected(sweep, task, given.most)
            limited(sweep, task, given.most)
            filled(sweep, task)
            killed(sweep, task, given.kills // len(TASKS), rng)
            print(f"{task.name}: {sum(sweep.counts.values())} runs so far, {len(sweep.broken)} broken", flush=True)
    for kind, count in sweep.counts.items():
        print(f"{count:6} {kind}")
    print(f"exit codes: {dict(sorted(sweep.codes.items()))}")
    print(f"{sum(sweep.counts.values())} faults; broken promises: {len(sweep.broken)}")
    return 1 if sweep.broken else 0


if __name__ == "__main__":
    sys.exit(main())
