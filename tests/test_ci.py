"""What is ready to wire into continuous integration, run as far as that goes without the services."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import labelaudit
from sample_data import QUICK, csv_text, sample_rows

ROOT = Path(__file__).parents[1]
DOC = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
ACTION = (ROOT / "action.yml").read_text(encoding="utf-8")
QUICK_ARGUMENTS = "--encoding linear --l2 0.01"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """data/train.csv with a few wrong labels, a labelaudit command, and the variables of a GitHub step."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "train.csv").write_text(csv_text(sample_rows()))
    (tmp_path / "bin").mkdir()
    command = tmp_path / "bin" / "labelaudit"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m labelaudit "$@"\n')
    command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    for name in ("RUNNER_TEMP", "GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT"):
        monkeypatch.setenv(name, str(tmp_path / name))
    (tmp_path / "RUNNER_TEMP").mkdir()
    return tmp_path


def last_step():
    """The script of the action's last step, and the inputs that its environment takes."""
    body = ACTION.split("- name: Check the labels", 1)[1]
    script = re.search(r"run: \|\n((?: {8}.*\n?)+)", body)[1]
    return re.sub(r"^ {8}", "", script, flags=re.MULTILINE), re.findall(r"(\w+): \$\{\{ inputs\.(\w+) \}\}", body)


def run_action(**inputs):
    script, names = last_step()
    assert [name for _, name in names] == ["data", "label", "arguments"]
    environment = {**os.environ, **{variable: inputs.get(name, "") for variable, name in names}}
    # how GitHub runs `shell: bash`
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
    return subprocess.run(command, env=environment, capture_output=True, text=True)


def test_the_actions_step_fails_with_annotations_a_summary_and_sarif(folder):
    done = run_action(data="data/train.csv", label="label", arguments=f"--id key {QUICK_ARGUMENTS}")
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.startswith("::error title=labelaudit::failed: ")
    assert Path("GITHUB_STEP_SUMMARY").read_text().startswith("### labelaudit failed: ")
    sarif = re.fullmatch(r"sarif=(.*)\n", Path("GITHUB_OUTPUT").read_text())[1]
    results = json.loads(Path(sarif).read_text())["runs"][0]["results"]
    assert len(results) == done.stdout.count("::warning ")


def test_the_actions_step_passes_and_refuses_as_the_command_does(folder):
    done = run_action(data="data/train.csv", label="label", arguments=f"--id key {QUICK_ARGUMENTS} --max-issues 90")
    assert done.returncode == 0
    done = run_action(data="data/none.csv", label="label")
    assert done.returncode == 3
    assert "no such file" in done.stderr


def test_the_actions_label_may_stand_in_a_configuration_file(folder):
    (folder / "labelaudit.toml").write_text('label = "label"\n')
    done = run_action(data="data/train.csv", label="", arguments=f"--id key {QUICK_ARGUMENTS} --max-issues 90")
    assert done.returncode == 0, done.stderr


def test_an_input_is_never_run(folder):
    run_action(data="$(touch owned)", label='"; touch owned; "', arguments="; touch owned")
    assert not Path("owned").exists()


def test_no_script_of_the_action_has_an_input_in_it():
    scripts = re.findall(r"run: (?:\|\n(?: {8}.*\n?)+|.*)", ACTION)
    assert len(scripts) == 2
    assert not any("${{" in script for script in scripts)


def test_the_pytest_example_runs(folder, monkeypatch):
    example = re.search(r"```python\n(.*?)```", DOC, re.DOTALL)[1].replace('"species"', '"label"')
    names: dict[str, object] = {}
    exec(compile(example, "ci.md", "exec"), names)
    test = names["test_the_labels_of_the_training_data"]
    original = labelaudit.check
    monkeypatch.setattr(labelaudit, "check", lambda *a, **o: original(*a, id="key", **QUICK, **o))
    labelaudit.check("data/train.csv", "label", baseline="labels.jsonl", update_baseline=True)
    test()
    Path("labels.jsonl").write_text("")
    with pytest.raises(AssertionError, match="failed: "):
        test()


@pytest.mark.parametrize("command", re.findall(r"labelaudit check [^\n`]*(?:\n {6}-[^\n]*)?", DOC))
def test_every_command_of_the_document_parses(command):
    import shlex

    import click

    from labelaudit.cli import group

    words = [w for w in shlex.split(command) if w not in ("..", "--help")][2:]
    if "--label" in words:
        group.get_command(click.Context(group), "check").make_context("check", words)


def test_the_hook_runs_the_command_on_whole_files():
    hook = (ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")
    assert "id: labelaudit-check" in hook
    assert "entry: labelaudit check\n" in hook
    assert "require_serial: true" in hook
    assert DOC.count("id: labelaudit-check") == 1
