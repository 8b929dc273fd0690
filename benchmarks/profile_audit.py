"""Where an audit's time goes: python benchmarks/profile_audit.py FILE.csv LABEL [--threads N] [--lines N].

Prints the wall-clock and processor time of every stage, reading and saving included, and then cProfile's costliest
functions. cProfile counts processor time of all threads and names what the main one does: look at one thread first.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import sys
import tempfile
import time
from pathlib import Path


class Stages:
    """Takes the audit's ticks, and keeps how long each stage took."""

    def __init__(self) -> None:
        self.times: list[tuple[str, float, float]] = []
        self._name, self._since, self._worked = "importing", time.perf_counter(), time.process_time()

    def __call__(self, stage: str) -> None:
        """The stage before ends, this one begins."""
        now, work = time.perf_counter(), time.process_time()
        self.times.append((self._name, now - self._since, work - self._worked))
        self._name, self._since, self._worked = stage, now, work

    def text(self) -> str:
        """One line a stage: seconds on the clock, seconds of work by all threads."""
        return "\n".join(f"{seconds:8.2f} s {work:8.2f} s  {name}" for name, seconds, work in self.times)


def audit(path: str, label: str, threads: int | None, stages: Stages) -> None:
    """Reads, audits and saves, as the command does."""
    from labelaudit.audits.options import AuditOptions
    from labelaudit.audits.run import audit_data

    found = audit_data([path], AuditOptions.of({"label": label, "threads": threads}), tick=stages)
    stages("saving")
    with tempfile.TemporaryDirectory() as folder:
        found.save(Path(folder) / "report")
    stages("end")


def main() -> None:
    """Reads the arguments, runs and prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("file")
    parser.add_argument("label")
    parser.add_argument("--threads", type=int)
    parser.add_argument("--lines", type=int, default=40, help="functions listed; 0 for none, and no profiler")
    parser.add_argument("--sort", default="tottime", choices=("tottime", "cumtime"))
    given = parser.parse_args()
    stages, profile = Stages(), cProfile.Profile(time.process_time)
    if given.lines:
        profile.enable()
    audit(given.file, given.label, given.threads, stages)
    profile.disable()
    print(stages.text())
    if given.lines:
        pstats.Stats(profile, stream=sys.stdout).sort_stats(given.sort).print_stats(given.lines)


if __name__ == "__main__":
    main()
