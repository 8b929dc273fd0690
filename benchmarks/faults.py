"""Faults on purpose: what do audit, apply, review and the store of decisions leave behind?

Example: python benchmarks/faults.py --kills 500 --most 40

A process that has everything imported is forked for every fault (`faults_sweep`) and does one of the tasks
(`faults_tasks`). Faults: an error injected by strace into the Nth call of a system call by a thread, for every N up to
--most; a full file system (where mounting is allowed); limits on the size of files, on memory and on open files;
SIGKILL at random times. Each run must leave every target old or new, as a set unless it was killed; no temporary file,
unless it was killed; a documented exit code; and every decision that was acknowledged, over HTTP too.
Ends with 1 if a promise was broken.
"""

from __future__ import annotations

import argparse
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
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from faults_sweep import Sweep, Task, ended, forked
from faults_tasks import TASKS, made

# unlink is left out: where it fails, nobody could take the temporary file away; brk never fails with an error
ERRORS = {
    "openat": ("ENOSPC", "EIO", "EMFILE", "ENOMEM"),
    "read": ("EIO",),
    "pread64": ("EIO",),
    "write": ("ENOSPC", "EIO"),
    "pwrite64": ("ENOSPC", "EIO"),
    "fsync": ("EIO", "ENOSPC"),
    "fdatasync": ("EIO", "ENOSPC"),
    "fallocate": ("EIO", "ENOSPC"),
    "rename": ("EIO", "ENOSPC", "EXDEV", "EACCES"),
    "link": ("EIO", "ENOSPC", "EXDEV", "EPERM"),
    "mkdir": ("ENOSPC", "EIO"),
    "close": ("EIO",),
    "newfstatat": ("EIO",),
    "fcntl": ("EIO", "ENOLCK"),
    "ftruncate": ("EIO",),
    "mmap": ("ENOMEM",),
}


def straced(sweep: Sweep, task: Task, options: list[str]) -> int:
    run = forked(sweep, task)
    command = ["strace", "-f", *options, "-p", str(run.child)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as tracer:
        assert tracer.stderr is not None
        if b"attached" not in (line := tracer.stderr.readline()):
            raise SystemExit(f"strace: {line.decode()}")
        code = ended(run)
        tracer.communicate()
    return code


def most_calls(log: str) -> Counter[str]:
    """How often the thread that does so most often calls each system call: strace counts by thread."""
    most: Counter[str] = Counter()
    for (_, call), n in Counter(re.findall(r"^(\d+) +(\w+)\(", log, re.MULTILINE)).items():
        most[call] = max(most[call], n)
    return most


def injected(sweep: Sweep, task: Task, most: int) -> None:
    """Every error in every call, or in `most` of them evenly spread where a system call comes more often."""
    log = sweep.folder.parent / "calls.txt"
    code = straced(sweep, task, ["-o", str(log)])
    sweep.judge(task, "none", code)
    calls = most_calls(log.read_text(errors="replace"))
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
        run = forked(sweep, task, lambda limit=limit, n=n: resource.setrlimit(limit, (n, n)))  # type: ignore[misc]
        sweep.judge(task, f"limit of {word}: {n}", ended(run))


def killed(sweep: Sweep, task: Task, times: int, rng: random.Random) -> None:
    """SIGKILL at random times over the length of one run."""
    begin = time.perf_counter()
    ended(forked(sweep, task))
    took = time.perf_counter() - begin
    for _ in range(times):
        run = forked(sweep, task)
        run.begin()
        delay = rng.uniform(0, took)
        time.sleep(delay)
        sweep.judge(task, f"SIGKILL: after {delay:.3f} s", run.end(signal.SIGKILL), killed=True)


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
            there = replace(sweep, folder=small)  # with the same lists
            there.judge(task, f"full file system: {more} pages left", ended(forked(there, task)))
            sweep.acknowledged = there.acknowledged


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--most", type=int, default=20, help="faults for each task, system call and error [20]")
    parser.add_argument("--kills", type=int, default=100, help="SIGKILLs in all [100]")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--tasks", default="", help="only those whose name has this word")
    parser.add_argument("--without-strace", action="store_true", help="only limits, full file systems and SIGKILLs")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        root = Path(name).resolve()
        sweep = made(root)
        rng = random.Random(given.seed)
        tasks = [task for task in TASKS if given.tasks in task.name]
        for task in tasks:
            if shutil.which("strace") and not given.without_strace:
                injected(sweep, task, given.most)
            limited(sweep, task, given.most)
            filled(sweep, task)
            killed(sweep, task, -(-given.kills // len(tasks)), rng)
            print(f"{task.name}: {sum(sweep.counts.values())} runs so far, {len(sweep.broken)} broken", flush=True)
    for kind, count in sweep.counts.items():
        print(f"{count:6} {kind}")
    print(f"acknowledged decisions: {sweep.acknowledged}")
    print(f"exit codes: {dict(sorted(sweep.codes.items()))}")
    print(f"{sum(sweep.counts.values())} faults; broken promises: {len(sweep.broken)}")
    return 1 if sweep.broken else 0


if __name__ == "__main__":
    sys.exit(main())
