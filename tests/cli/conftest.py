from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from labelaudit.cli import group
from labelaudit.cli.exits import run
from sample_data import csv_text, sample_rows


@pytest.fixture(autouse=True, scope="session")
def interruptible() -> None:
    """Where the tests run in the background, INT is ignored, and every process that they start would ignore it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, with train.csv in it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    (tmp_path / "train.csv").write_text(csv_text(sample_rows()))
    return tmp_path


@pytest.fixture
def call(folder: Path, capfdbinary: Any) -> Callable[..., tuple[int, str, str]]:
    """Runs a command in this process: exit code, stdout, stderr."""

    def call_command(*arguments: str) -> tuple[int, str, str]:
        capfdbinary.readouterr()
        code = run(group, arguments)
        out, err = capfdbinary.readouterr()
        return code, out.decode(), err.decode()

    return call_command


@pytest.fixture
def spawn(folder: Path) -> Callable[..., subprocess.Popen[bytes]]:
    """Starts a command in a process of its own, with pipes where nothing else is said."""

    def spawn_command(*arguments: str, **options: Any) -> subprocess.Popen[bytes]:
        streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        environment = {**os.environ, "PYTHONUNBUFFERED": "", **options.pop("env", {})}
        command = [sys.executable, "-m", "labelaudit", *arguments]
        return subprocess.Popen(command, env=environment, **{**streams, **options})

    return spawn_command
