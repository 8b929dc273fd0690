"""`labelaudit config`, and what reads no configuration."""

from __future__ import annotations

import json

import click
import pytest

from labelaudit.cli import group
from labelaudit.cli.configuration.names import catalogue_of

CATALOGUE = catalogue_of(group, click.Context(group))


def test_without_anything_it_says_so(call):
    assert call("config") == (0, "No configuration file.\nNothing is set: every option has its default.\n", "")


def test_it_says_what_is_set_and_for_which_commands(call, folder):
    (folder / "labelaudit.toml").write_text('label = "y"\n[check]\nformat = ["sarif"]\n')
    code, out, _ = call("config")
    assert code == 0
    rows = [line.split() for line in out.splitlines()]
    assert ["label", '"y"', "labelaudit.toml:1", "audit,", "check", "and", "2", "more"] in rows
    assert ["format", '["sarif"]', "labelaudit.toml:3", "check"] in rows
    assert max(map(len, out.splitlines())) <= 80


def test_of_a_command_it_lists_all_options(call, folder):
    listed = json.loads(call("config", "check", "-f", "json")[1])["settings"]
    assert [s["option"] for s in listed] == list(CATALOGUE["check"])
    assert {s["source"] for s in listed} == {"default"}


def test_hostile_values_are_shown_as_escapes(call, folder):
    (folder / "labelaudit.toml").write_text('label = "\\u001b[31m"\n')
    assert "\x1b" not in call("config")[1] + call("config", "-f", "json")[1]


def test_values_are_refused_for_every_command(call, folder):
    (folder / "labelaudit.toml").write_text("[synth]\nrows = 'many'\n")
    assert (
        call("audit", "train.csv", "--label", "label", "--top", "0", "-q", "--id", "key", "--encoding", "linear")[0]
        == 0
    )
    assert call("config")[0] == 2


def test_help_and_version_do_not_read_configuration(call, folder):
    (folder / "labelaudit.toml").write_text("no TOML")
    assert call("audit", "--help")[0] == call("audit", "--version")[0] == call("--help")[0] == 0


def test_python_reads_no_configuration(folder, monkeypatch):
    import labelaudit
    from labelaudit.errors import UsageError

    (folder / "labelaudit.toml").write_text("no TOML")
    monkeypatch.setenv("LABELAUDIT_MAX_FDR", "7")
    with pytest.raises(UsageError, match="max-fdr: expected a share from 0 to 1, got 8"):
        labelaudit.audit("train.csv", "label", max_fdr=8)
