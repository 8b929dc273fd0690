"""Signals at random times: does an audit end at once, with its exit code, and leave nothing half-written?

Example: python benchmarks/interrupts.py --rows 200000 --times 40

Every other run replaces an old audit. The signal falls anywhere from the start of main() to the end; before main()
runs, Python itself answers it. A signal that comes when all is written changes nothing: the exit code is
0. Ends with 1 if a promise was broken.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from hashlib import sha256
from pathlib import Path

MOST_SECONDS = 0.5
CODES = {signal.SIGINT: 130, signal.SIGTERM: 143}
# the command line, which also says when signals are being heard
COMMAND = """import sys
import labelaudit.cli as cli
listen = cli.end_on_signals
def begun():
    listen()
    print("begun", file=sys.stderr, flush=True)
cli.end_on_signals = begun
cli.main(sys.argv[1:])
"""


def started(folder: Path, arguments: list[str]) -> subprocess.Popen[bytes]:
    """The command, once it hears signals."""
    work = subprocess.Popen(
        [sys.executable, "-c", COMMAND, *arguments], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    assert work.stderr is not None
    assert work.stderr.readline() == b"begun\n"
    return work


def finished(folder: Path, arguments: list[str]) -> None:
    work = started(folder, arguments)
    _, err = work.communicate()
    if work.returncode:
        raise SystemExit(err.decode())


def state(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in folder.iterdir()} if folder.exists() else {}


def whole(found: dict[str, bytes], old: dict[str, bytes]) -> bool:
    """Whether the folder holds the old audit, or a new one that is whole."""
    if found == old:
        return True
    if set(found) != {"ranking.csv", "model.npz", "report.html", "audit.json"}:
        return False
    return all(sha256(found[name]).hexdigest() == sha for name, sha in json.loads(found["audit.json"])["files"].items())


def interrupted(folder: Path, arguments: list[str], delay: float, number: signal.Signals) -> dict[str, object]:
    """What one signal did: exit code, seconds to the end (None if it had ended), what was wrong."""
    old = state(folder / "out")
    work = started(folder, arguments)
    try:
        work.wait(delay)
        seconds = None
    except subprocess.TimeoutExpired:
        work.send_signal(number)
        begin = time.perf_counter()
        work.wait(60)
        seconds = time.perf_counter() - begin
    _, err = work.communicate()
    code = work.returncode
    wrong = []
    if code not in (0, CODES[number]):
        wrong.append(f"exit code {code}")
    if code and seconds is not None and seconds > MOST_SECONDS:
        wrong.append("slow")
    if not whole(state(folder / "out"), old):
        wrong.append("half-written")
    if b"Traceback" in err:
        wrong.append("traceback")
    return {"signal": number.name, "delay": round(delay, 3), "code": code, "seconds": seconds, "wrong": wrong}


def swept(rows: int, times: int, seed: int, options: list[str]) -> list[dict[str, object]]:
    rng = random.Random(seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        finished(folder, ["synth", "data.csv", "--rows", str(rows)])
        arguments = ["audit", "data.csv", "--label", "label", "--out", "out", "-q", *options]
        begin = time.perf_counter()
        finished(folder, arguments)
        took = time.perf_counter() - begin
        found = []
        for i in range(times):
            if i % 2:
                shutil.rmtree(folder / "out", ignore_errors=True)
            number = (signal.SIGINT, signal.SIGTERM)[i // 2 % 2]
            found.append(interrupted(folder, arguments, rng.uniform(0, took), number))
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--options", default="", help="of audit, in one word: '--encoding linear --l2 0.01'")
    given = parser.parse_args()
    signal.signal(
        signal.SIGINT, signal.default_int_handler
    )  # what a shell runs behind ignores it, and its children too
    found = swept(given.rows, given.times, given.seed, given.options.split())
    seconds = sorted(float(f["seconds"]) for f in found if f["code"] and f["seconds"] is not None)  # type: ignore[arg-type]
    broken = [f for f in found if f["wrong"]]
    for one in broken:
        print(one)
    times = f"; longest {seconds[-1]:.3f} s, median {seconds[len(seconds) // 2]:.3f} s" if seconds else ""
    print(f"{len(found)} signals, {len(seconds)} before the end{times}; broken promises: {len(broken)}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
