"""Exit codes of a process: full and closed streams, signals, exhausted memory, bugs."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import click
import pytest

from labelaudit.cli.exits import run
from labelaudit.errors import ResourceError
from sample_data import csv_text, sample_rows

AUDIT = ("audit", "train.csv", "--label", "label", "--id", "key", "--encoding", "linear", "--l2", "0.01")


@pytest.fixture
def saved(call):
    assert call(*AUDIT, "-q")[0] == 0
    return "labelaudit-report"


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (MemoryError(), 5, "memory is exhausted"),
        (OSError(12, "Cannot allocate memory"), 5, "memory is exhausted"),
        (OSError(24, "Too many open files", "/proc/self/maps"), 5, "the system failed: Too many open files"),
        (ImportError("some.so: failed to map segment from shared object"), 5, "memory is exhausted"),
        (RuntimeError("can't start new thread"), 5, "memory is exhausted"),
        (ResourceError("the disk is full"), 5, "the disk is full"),
        (ZeroDivisionError("oops"), 70, "this is a bug of labelaudit"),
        (PermissionError(13, "Permission denied", "somewhere"), 70, "this is a bug of labelaudit"),
        (KeyboardInterrupt(), 130, "interrupted"),
    ],
)
def test_what_goes_wrong_inside_has_its_code(call, monkeypatch, error, code, words):
    def broken(*arguments, **options):
        raise error

    monkeypatch.setattr("labelaudit.audits.run.audit_inputs", broken)
    found, out, err = call(*AUDIT)
    assert (found, out) == (code, "")
    assert words in err
    assert ("Traceback" in err) == (code == 70)
    assert not Path("labelaudit-report").exists()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_the_work_and_writes_nothing(spawn, folder, number, code):
    (folder / "large.csv").write_text(csv_text(sample_rows(20_000)))
    work = spawn("audit", "large.csv", "--label", "label", "--id", "key", "-v")
    assert any(b"choosing the encoding" in line for line in iter(work.stderr.readline, b""))
    time.sleep(0.3)
    assert work.poll() is None
    work.send_signal(number)
    start = time.perf_counter()
    out, err = work.communicate(timeout=30)
    assert (work.returncode, out) == (code, b"")
    assert b"no file is half-written" in err
    assert b"Traceback" not in err
    assert time.perf_counter() - start < 5
    assert not (folder / "labelaudit-report").exists()


@pytest.mark.parametrize("arguments", [("report", "labelaudit-report", "-f", "json"), ("--help",), AUDIT])
def test_a_closed_pipe_is_141(spawn, saved, arguments):
    reader, writer = os.pipe()
    os.close(reader)
    work = spawn(*arguments, stdout=writer)
    os.close(writer)
    _, err = work.communicate(timeout=30)
    assert work.returncode == 141
    assert b"Traceback" not in err
    assert b"Exception ignored" not in err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
class TestFull:
    @pytest.mark.parametrize("arguments", [("report", "labelaudit-report"), ("--version",), AUDIT])
    def test_a_full_standard_output_is_4(self, spawn, saved, arguments):
        with Path("/dev/full").open("wb") as full:
            work = spawn(*arguments, stdout=full)
        _, err = work.communicate(timeout=30)
        assert work.returncode == 4
        assert err.decode().splitlines()[-1].endswith("standard output cannot be written: No space left on device")

    def test_a_full_output_file_is_4_and_stays_a_device(self, call, saved):
        code, _, err = call("report", saved, "-o", "/dev/full")
        assert code == 4
        assert "/dev/full: cannot be written: No space left" in err
        assert Path("/dev/full").is_char_device()

    def test_a_full_standard_error_changes_no_code(self, spawn, folder):
        for arguments, code in ((("audit", "nothing.csv", "--label", "x"), 3), (("audit",), 2)):
            with Path("/dev/full").open("wb") as full:
                work = spawn(*arguments, stderr=full)
            work.communicate(timeout=30)
            assert work.returncode == code


def test_a_closed_standard_output_is_4(saved):
    script = f"exec '{sys.executable}' -m labelaudit report {saved} >&-"
    done = subprocess.run(["bash", "-c", script], stderr=subprocess.PIPE, check=False)
    assert done.returncode == 4
    assert b"standard output is closed" in done.stderr


def test_too_many_open_files_are_5_and_not_the_output(capfd):
    @click.command()
    def opening() -> None:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))  # as a socket or a pipe does: there is no file's name

    assert run(opening, []) == 5
    assert (
        capfd.readouterr().err == "labelaudit: the system failed: Too many open files. Raise its limit (ulimit -n).\n"
    )


def test_a_terminal_without_unicode_gets_escapes(spawn, folder):
    rows = [[*row[:-1], row[-1] + "\u65e5"] for row in sample_rows()]
    (folder / "train.csv").write_text(csv_text(rows))
    work = spawn(*AUDIT, env={"PYTHONIOENCODING": "ascii"})
    out, _ = work.communicate(timeout=30)
    assert work.returncode == 0
    assert b"u\\u65e5" in out


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_permission_is_4(call, folder):
    (folder / "locked").mkdir(mode=0o500)
    code, _, err = call(*AUDIT, "--out", "locked/report")
    assert code == 4
    assert "no permission" in err
