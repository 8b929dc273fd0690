"""What the documents say, run."""

from __future__ import annotations

import importlib.util
import json
import re
import shlex
import signal
from pathlib import Path

import click
import pytest

from documents import agrees, printed, steps
from handmade import checked
from labelaudit.cli import COMMANDS, group
from labelaudit.cli.exits import run
from labelaudit.report import check_json, gitlab
from labelaudit.report import json as report_json

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCS = README + "".join(p.read_text(encoding="utf-8") for p in sorted((ROOT / "docs").glob("*.md")))


@pytest.fixture(autouse=True)
def _signals():
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


def blocks(language: str, text: str = README) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def commands(text: str = README) -> list[list[str]]:
    joined = "".join(blocks("console", text)).replace("\\\n", " ")
    lines = [line[2:] for line in joined.splitlines() if line.startswith("$ ")]
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


@pytest.mark.parametrize("words", [w for w in commands(DOCS) if w[0] in ("make", "labelaudit")], ids=" ".join)
def test_the_commands_of_the_documents_exist(words):
    if words[0] == "make":
        targets = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
        assert set(words[1:]) <= set(targets)
        return
    if words[1].startswith("--"):
        assert words[1:] in (["--version"], ["--help"])
        return
    assert words[1] in COMMANDS
    if importlib.util.find_spec(f"labelaudit.cli.{words[1]}"):
        command = group.get_command(click.Context(group), words[1])
        known = {name for option in command.params for name in option.opts}
        assert {w.split("=")[0] for w in words[2:] if w.startswith("-") and w != "-"} <= known
        configured = {} if words in commands() else {"label": "x"}  # by the labelaudit.toml that a document shows
        command.make_context(words[1], words[2:], default_map=configured)  # Click refuses what does not parse


@pytest.mark.parametrize("name", ["python.md", "tutorial.md"])
def test_every_step_of_a_document_prints_what_it_says(name, tmp_path, monkeypatch, capfdbinary):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    text = (ROOT / "docs" / name).read_text(encoding="utf-8")

    def call(words: list[str]) -> tuple[int, str]:
        capfdbinary.readouterr()
        code = run(group, words)
        return code, b"".join(capfdbinary.readouterr()).decode()

    done = list(printed(text, call))
    assert len(done) >= 6
    for what, out, said in done:
        assert agrees(out, said), f"{what}\nprinted\n{out}\nand not\n{said}"


def test_the_example_of_a_configuration_file_is_one(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    text = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    (example,) = (content for language, content in steps(text) if language == "toml")
    Path("labelaudit.toml").write_text(example)
    assert run(group, ["config"]) == 0
    assert capfd.readouterr().out.startswith("Configuration file: labelaudit.toml.\n7 options set:\n")


def test_links_between_documents_lead_somewhere():
    for path in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\((?!https?:)([^)#]*)(?:#[^)]*)?\)", path.read_text(encoding="utf-8")):
            assert (path.parent / target).exists(), f"{path.name}: {target}"


def test_the_readme_leads_to_every_document():
    assert {p.name for p in (ROOT / "docs").glob("*.md")} <= set(re.findall(r"\(docs/([\w-]+\.md)\)", README))


def fields(value: object) -> set[str]:
    """The names of all fields of a JSON value whose names are our own."""
    if isinstance(value, list):
        return set().union(*map(fields, value)) if value else set()
    if not isinstance(value, dict):
        return set()
    inner = [fields(v) for name, v in value.items() if name not in ("ids", "options", "models", "column_kinds")]
    return {*value}.union(*inner)


def test_every_field_of_the_json_is_documented(capfd):
    text = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")
    words = set(re.findall(r"\w+", " ".join(re.findall(r"`[^`]+`", text))))
    check = checked()
    assert run(group, ["config", "audit", "-f", "json"]) == 0
    outputs = [capfd.readouterr().out]
    outputs += [check_json.render(check), gitlab.render(check), report_json.render(check.audit)]
    found = fields([json.loads(output) for output in outputs])
    assert found - words == set()


def test_the_documents_keep_to_their_size():
    assert len(README.splitlines()) < 120
    assert len((ROOT / "CONTRIBUTING.md").read_text().splitlines()) < 50
