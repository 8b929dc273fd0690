"""Numbers that are none: infinities and nan, wherever they are written."""

from __future__ import annotations

import pytest

from labelaudit.cli import group
from labelaudit.cli.exits import run

NUMBERS = {
    "audit": ["l2", "max-fdr"],
    "check": ["max-issue-rate", "min-confidence"],
    "validate": ["rate"],
    "apply": ["max-label-score"],
    "review": ["idle"],
    "synth": ["error-rate"],
    "benchmark": ["rate"],
}
OPTIONS = [(command, option) for command, options in NUMBERS.items() for option in options]


@pytest.mark.parametrize("text", ["inf", "-inf", "nan", "1e999"])
@pytest.mark.parametrize(("command", "option"), OPTIONS)
def test_a_number_that_is_not_finite_is_refused(folder, capfd, command, option, text):
    (folder / "labelaudit.toml").write_text(f"[{command}]\n{option} = {text}\n")
    assert run(group, ["config", command, "-f", "json"]) == 2
    assert f'key "{command}.{option}": expected ' in capfd.readouterr().err


@pytest.mark.parametrize("text", ["INF", "nan"])
@pytest.mark.parametrize(("command", "option"), OPTIONS)
def test_so_is_a_variable(folder, monkeypatch, capfd, command, option, text):
    name = f"LABELAUDIT_{command}_{option}".upper().replace("-", "_")
    monkeypatch.setenv(name, text)
    assert run(group, ["config", command, "-f", "json"]) == 2
    assert f"{name}: expected" in capfd.readouterr().err


@pytest.mark.parametrize("text", ["INF", "nan", "-1", "2", "much"])
def test_bounds_are_told(folder, capfd, text):
    assert run(group, ["synth", "--error-rate", text]) == 2
    assert f"expected a number from 0 to 1, got '{text}'" in capfd.readouterr().err
