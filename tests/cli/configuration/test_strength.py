"""Each source is stronger than the one before."""

from __future__ import annotations

import json
from pathlib import Path

FAST = 'encoding = "linear"\nl2 = 0.01\n'


def test_each_source_is_stronger_than_the_one_before(call, folder, in_force, monkeypatch):
    assert in_force()["max-fdr"] == (0.2, "default")
    (folder / "pyproject.toml").write_text("[tool.labelaudit]\nmax-fdr = 0.11\n")
    assert in_force()["max-fdr"] == (0.11, "pyproject.toml:2")
    (folder / "labelaudit.toml").write_text(FAST + 'label = "label"\nid = ["key"]\nmax-fdr = 0.12\n')
    assert in_force()["max-fdr"] == (0.12, "labelaudit.toml:5")
    assert audited(call) == 0.12
    monkeypatch.setenv("LABELAUDIT_MAX_FDR", "0.13")
    assert in_force()["max-fdr"] == (0.13, "LABELAUDIT_MAX_FDR")
    assert audited(call) == 0.13
    assert audited(call, "--max-fdr", "0.14") == 0.14


def audited(call, *arguments):
    assert call("audit", "train.csv", "-q", *arguments) == (0, "", "")
    options = json.loads(Path("labelaudit-report/audit.json").read_text())["options"]
    assert (options["label"], options["ids"], options["encoding"]) == ("label", ["key"], "linear")
    return options["max_fdr"]


def test_a_commands_own_table_is_stronger_than_the_common_one_of_the_same_source(folder, in_force):
    (folder / "labelaudit.toml").write_text("max-fdr = 0.1\nthreads = 1\n[check]\nmax-fdr = 0.3\n")
    assert in_force("check")["max-fdr"] == (0.3, "labelaudit.toml:4")
    assert in_force("check")["threads"] == (1, "labelaudit.toml:2")
    assert in_force("audit")["max-fdr"] == (0.1, "labelaudit.toml:1")


def test_a_commands_own_variable_is_stronger_than_the_common_one(in_force, monkeypatch):
    monkeypatch.setenv("LABELAUDIT_CHECK_MAX_FDR", "0.3")
    monkeypatch.setenv("LABELAUDIT_MAX_FDR", "0.1")
    assert in_force("check")["max-fdr"] == (0.3, "LABELAUDIT_CHECK_MAX_FDR")
    assert in_force("audit")["max-fdr"] == (0.1, "LABELAUDIT_MAX_FDR")


def test_a_stronger_source_goes_before_a_weaker_ones_own_table(folder, in_force):
    (folder / "pyproject.toml").write_text("[tool.labelaudit.check]\nmax-fdr = 0.3\n")
    (folder / "labelaudit.toml").write_text("max-fdr = 0.1\n")
    assert in_force("check")["max-fdr"] == (0.1, "labelaudit.toml:1")


def test_an_empty_variable_is_none(in_force, monkeypatch):
    monkeypatch.setenv("LABELAUDIT_MAX_FDR", "")
    assert in_force()["max-fdr"] == (0.2, "default")


def test_a_list_replaces_a_weaker_list(call, folder):
    (folder / "labelaudit.toml").write_text(FAST + 'label = "label"\ndrop = ["key", "nothing"]\n')
    assert call("audit", "train.csv", "-q")[0] == 2
    assert call("audit", "train.csv", "-q", "--drop", "key")[0] == 0
