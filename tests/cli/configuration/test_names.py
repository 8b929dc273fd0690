"""Options by their names, and names that are none."""

from __future__ import annotations

import json

import click
import pytest

from labelaudit.cli import COMMANDS, group
from labelaudit.cli.configuration.names import catalogue_of

CATALOGUE = catalogue_of(group, click.Context(group))
OPTIONS = [(command, name) for command, options in CATALOGUE.items() for name in options]


def example(option: click.Option) -> str:
    """A TOML value that the option takes."""
    if option.is_flag:
        return "true"
    if isinstance(option.type, click.Choice):
        text = json.dumps(option.type.choices[0])
    elif isinstance(option.type, click.types.FloatParamType):
        text = "0.5"
    elif isinstance(option.type, click.types.IntParamType):
        text = "200"
    elif isinstance(option.type, click.types.StringParamType | click.Path):
        text = '"x"'
    else:
        text = "1"
    return f"[{text}]" if option.multiple else text


@pytest.mark.parametrize(("command", "name"), OPTIONS, ids=lambda v: str(v))
def test_every_option_can_be_set_by_its_long_name(in_force, folder, command, name):
    option = CATALOGUE[command][name]
    text = example(option)
    for written in {name, name.replace("-", "_")}:
        (folder / "labelaudit.toml").write_text(f"\n[{command}]\n{written} = {text}\n")
        assert in_force(command)[name][1] == "labelaudit.toml:3"


def test_every_command_but_config_can_be_configured():
    assert {*CATALOGUE} == {*COMMANDS} - {"config"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("\nlable = 'y'\n", "labelaudit.toml:2, key \"lable\": 'lable' is no option. Did you mean 'label'?"),
        (
            "[audit]\n\ntpo = 3",
            "labelaudit.toml:3, key \"audit.tpo\": 'tpo' is no option of audit. Did you mean 'top'?",
        ),
        ("[audit]\nbaseline = 'x'", "labelaudit.toml:2, key \"audit.baseline\": 'baseline' is no option of audit."),
        ("seed = 1\n[chek]\n", "labelaudit.toml:2, key \"chek\": 'chek' is no command. Did you mean 'check'?"),
        ("seed = 1\nversion = true", 'labelaudit.toml:2, key "version": --version is for the command line only.'),
        ("[config]\nformat = 'json'", 'labelaudit.toml:1, key "config": this command takes nothing from'),
    ],
)
def test_an_unknown_key_is_refused_with_place_and_nearest_name(refused, text, words):
    assert words in refused(text)


def test_a_wrong_key_of_another_command_is_refused_too(refused):
    assert "labelaudit.toml:2" in refused("[synth]\nrosw = 3\n")


def test_a_misspelt_variable_is_refused(call, monkeypatch):
    monkeypatch.setenv("LABELAUDIT_MAXFDR", "0.1")
    code, _, err = call("audit", "train.csv", "--label", "label")
    assert code == 2
    assert err.endswith("'LABELAUDIT_MAXFDR' is no variable of an option. Did you mean 'LABELAUDIT_MAX_FDR'?\n")


def test_a_variable_that_is_like_no_option_is_let_be_and_listed(call, monkeypatch):
    monkeypatch.setenv("LABELAUDIT_PYDVL_PYTHON", "x")
    code, out, err = call("config")
    assert (code, err) == (0, "")
    assert "not used: LABELAUDIT_PYDVL_PYTHON." in out


def test_config_names_the_nearest_command(call):
    assert call("config", "chek")[::2] == (
        2,
        "labelaudit: config: 'chek' is no command that can be configured. Did you mean 'check'?\n",
    )
