"""What the documents say, run."""

from __future__ import annotations

import importlib.util
import json
import re
import shlex
from pathlib import Path

import click
import pytest

from handmade import checked
from labelaudit.cli import COMMANDS, group
from labelaudit.report import check_json, gitlab
from labelaudit.report import json as report_json

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCS = README + "".join(p.read_text(encoding="utf-8") for p in sorted((ROOT / "docs").glob("*.md")))


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def commands() -> list[list[str]]:
    lines = [line[2:] for block in blocks("console") for line in block.splitlines() if line.startswith("$ ")]
    return [shlex.split(line, comments=True) for line in lines]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_mentioned(name):
    assert f"labelaudit {name}" in DOCS


def test_the_readme_has_examples():
    assert blocks("python")
    assert {words[0] for words in commands()} == {"make", "labelaudit"}


@pytest.mark.parametrize("block", blocks("python"), ids=lambda b: f"{len(b)} characters")
def test_the_python_of_the_readme_runs(block, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    exec(compile(block, "README.md", "exec"), names)
    assert names["again"].ranking.equals(names["audit"].ranking)


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_the_commands_of_the_readme_exist(words):
    if words[0] == "make":
        targets = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
        assert set(words[1:]) <= set(targets)
        return
    assert words[1] in COMMANDS
    if importlib.util.find_spec(f"labelaudit.cli.{words[1]}"):
        command = group.get_command(click.Context(group), words[1])
        known = {name for option in command.params for name in option.opts}
        assert {w.split("=")[0] for w in words[2:] if w.startswith("-") and w != "-"} <= known
        command.make_context(words[1], words[2:])  # Click refuses what does not parse


def fields(value: object) -> set[str]:
    """The names of all fields of a JSON value whose names are our own."""
    if isinstance(value, list):
        return set().union(*map(fields, value)) if value else set()
    if not isinstance(value, dict):
        return set()
    inner = [fields(v) for name, v in value.items() if name not in ("ids", "options", "models", "column_kinds")]
    return {*value}.union(*inner)


def test_every_field_of_the_json_is_documented():
    text = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")
    words = set(re.findall(r"\w+", " ".join(re.findall(r"`[^`]+`", text))))
    check = checked()
    outputs = [check_json.render(check), gitlab.render(check), report_json.render(check.audit)]
    found = fields([json.loads(output) for output in outputs])
    assert found - words == set()


def test_the_documents_keep_to_their_size():
    assert len(README.splitlines()) < 120
    assert len((ROOT / "CONTRIBUTING.md").read_text().splitlines()) < 50
