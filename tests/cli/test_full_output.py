"""Every command with a standard output that is full, and with outputs on a full file system: 4, and nothing is left."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from pathlib import Path

import click
import pytest

from labelaudit.cli import group
from labelaudit.cli.exits import run
from sample_data import csv_text, sample_rows

FULL = Path("/dev/full")
COMMANDS = set(group.list_commands(click.Context(group)))
QUICK = ("train.csv", "--label", "label", "--id", "key", "--encoding", "linear", "--l2", "0.01")
PRINTS: dict[str, tuple[str, ...]] = {
    "audit": QUICK,
    "check": QUICK,
    "report": ("saved",),
    "explain": ("saved", "1"),
    "review": ("--help",),  # it says all to standard error
    "validate": (*QUICK, "--kind", "uniform", "--repeats", "1"),
    "plan": QUICK,
    "apply": ("saved", "train.csv", "--accept-suggestions", "--dry-run"),
    "undo": ("--help",),  # likewise
    "config": ("audit",),
    "synth": ("-",),
    "benchmark": ("--seeds", "1", "--rows", "100", "--features", "2", "--no-plots"),
}
WRITES: dict[str, tuple[str, ...]] = {
    "audit": (*QUICK, "--out", "small/report"),
    "check": (*QUICK, "--max-issues", "1000", "-f", "json", "-o", "small/check.json"),
    "report": ("saved", "-f", "csv", "-o", "small/report.csv"),
    "page": ("report", "saved", "-f", "html", "-o", "small/report.html"),
    "explain": ("saved", "1", "-o", "small/explained.txt"),
    "review": ("saved", "--decisions", "decided.sqlite", "--export", "small/decided.json"),
    "validate": (*QUICK, "--kind", "uniform", "--repeats", "1", "--out", "small/validation"),
    "apply": ("saved", "train.csv", "--accept-suggestions", "-o", "small/clean.csv"),
    "apply and undo": (
        "apply",
        "saved",
        "train.csv",
        "--accept-suggestions",
        "-o",
        "clean2.csv",
        "--undo",
        "small/u.json",
    ),
    "undo": ("clean.csv", "u.json", "-o", "small/back.csv"),
    "synth": ("small/made.csv",),
    "benchmark": ("--seeds", "1", "--rows", "100", "--features", "2", "--json", "small/figures.json"),
}

pytestmark = pytest.mark.skipif(not FULL.exists(), reason="needs /dev/full")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The working folder: a data file, its audit, decisions, a cleaned copy and its undo file."""
    from labelaudit.decisions.decision import Decision
    from labelaudit.decisions.store import DecisionStore

    folder = tmp_path_factory.mktemp("full")
    with chdir(folder):
        Path("train.csv").write_text(csv_text(sample_rows()))
        assert run(group, ("audit", *QUICK, "-q", "--out", "saved")) == 0
        applied = ("apply", "saved", "train.csv", "--accept-suggestions", "-q")
        assert run(group, (*applied, "-o", "clean.csv", "--undo", "u.json")) == 0
        with DecisionStore("decided.sqlite") as store:
            store.append([Decision(f"{i:032x}", 1, "drop") for i in range(200)])
        yield folder


def files(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def ended(*arguments: str) -> tuple[int, str]:
    with FULL.open("wb") as full:
        command = [sys.executable, "-m", "labelaudit", *arguments]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, timeout=120, check=False)
    return done.returncode, done.stderr.decode()


def test_every_command_is_tested() -> None:
    assert set(PRINTS) == COMMANDS
    assert set(WRITES) >= COMMANDS - {"plan", "config"}  # which write no file


@pytest.mark.parametrize("command", list(PRINTS))
def test_a_full_standard_output_is_4(made: Path, command: str) -> None:
    before = files(made)
    code, said = ended(command, *PRINTS[command])
    assert code == 4, said
    assert said.splitlines()[-1] == "labelaudit: standard output cannot be written: No space left on device"
    assert "Traceback" not in said
    after = files(made)
    if command == "audit":  # the audit is written first, and stays
        after = {name: content for name, content in after.items() if not name.startswith("labelaudit-report/")}
    assert after == before


@contextmanager
def full_file_system(folder: Path) -> Iterator[None]:
    """A file system of 16 kB on the folder, with no byte left."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", str(folder)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        folder.rmdir()
        pytest.skip("no file system can be mounted here")
    try:
        with pytest.raises(OSError, match="No space left"):
            (folder / "filler").write_bytes(b"x" * 65_536)
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)
        folder.rmdir()


@pytest.mark.parametrize("case", list(WRITES))
def test_a_full_file_system_is_4_and_holds_what_it_held(
    made: Path, capfd: pytest.CaptureFixture[str], case: str
) -> None:
    arguments = WRITES[case] if WRITES[case][0] in COMMANDS else (case, *WRITES[case])
    before = files(made)
    with full_file_system(made / "small"):
        held = files(made / "small")
        code = run(group, arguments)
        assert code == 4, capfd.readouterr().err
        assert "No space left on device" in capfd.readouterr().err
        assert files(made / "small") == held
    assert files(made) == before
