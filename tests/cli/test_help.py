from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import click
import pytest

from labelaudit.cli import COMMANDS, group

PRESENT = [name for name in COMMANDS if importlib.util.find_spec(f"labelaudit.cli.{name}")]
ROOT = Path(__file__).parents[2]
HEAVY = {"torch", "numpy", "pandas", "scipy", "sklearn", "rich"}


def command(name):
    return group.get_command(click.Context(group), name)


@pytest.mark.parametrize("name", PRESENT)
def test_help_fits_in_80_columns_and_has_an_example(call, name):
    code, out, err = call(name, "--help")
    assert (code, err) == (0, "")
    assert max(map(len, out.splitlines())) <= 80
    assert re.search(rf"Examples?:\n +(\$ )?labelaudit {name} ", out)


@pytest.mark.parametrize("name", PRESENT)
def test_every_option_has_a_help_text(name):
    for option in command(name).params:
        if isinstance(option, click.Option):
            assert len(re.sub(r"\[.*?\]", "", option.help or "").split()) > 1, option.name


def test_the_groups_help_lists_every_command(call):
    code, out, _ = call("--help")
    assert code == 0
    assert max(map(len, out.splitlines())) <= 80
    assert re.findall(r"^  (\w+)  ", out.split("Commands:\n")[1], re.MULTILINE) == list(COMMANDS)


@pytest.mark.parametrize("name", PRESENT)
def test_help_has_a_short_form(folder, name):
    # in a process of its own: Click keeps the help option that a command had when it was first called, by any test
    done = [
        subprocess.run([sys.executable, "-m", "labelaudit", name, word], capture_output=True, check=True).stdout
        for word in ("-h", "--help")
    ]
    assert done[0] == done[1] != b""


def test_the_audits_help_lists_the_contracts_options(call):
    out = call("audit", "--help")[1]
    wanted = (
        "label id drop numeric categorical text missing skip delimiter charset reference rank-by max-fdr l2 encoding"
    )
    wanted += (
        " solver optimizer device precision threads seed top out strict debug embeddings pred-probs group top-only"
    )
    assert set(re.findall(r"--[\w-]+", out)) >= {f"--{name}" for name in wanted.split()}
    assert {"-q", "-v"} <= set(re.findall(r"(?<![\w-])-\w\b", out))


def test_a_check_takes_what_an_audit_takes_and_the_contracts_own(call):
    audit, check = ({word for o in command(name).params for word in o.opts} for name in ("audit", "check"))
    assert audit - check == {"--out", "--top", "--top-only"}
    own = "max-issues max-issue-rate min-confidence baseline update-baseline diff-base exit-zero format output"
    assert check - audit == {*(f"--{name}" for name in own.split()), "-f", "-o"}


def test_without_a_command_it_shows_the_help_as_wrong_usage(call):
    code, out, err = call()
    assert (code, out) == (2, "")
    assert "Commands:" in err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["audti", "x.csv"], "no command 'audti'. Did you mean 'audit'?"),
        (["rapport"], "no command 'rapport'. Did you mean 'report'?"),
        (["zzz"], "no command 'zzz'."),
        (["audit", "x.csv", "--lable", "y"], "No such option '--lable'. Did you mean '--label'?"),
        (["report", "x", "--spreadshet"], "Did you mean '--spreadsheet'?"),
        (["--versoin"], "Did you mean '--version'?"),
    ],
)
def test_what_is_misspelt_gets_the_nearest(call, arguments, words):
    code, out, err = call(*arguments)
    assert (code, out) == (2, "")
    assert words.replace("'", "").replace(":", "") in err.replace("'", "").replace(":", "")


def imported(arguments, folder):
    """The exit code of the command in a new process, and which of the heavy packages it imported."""
    code = (
        "import sys\nfrom labelaudit.cli import main\ntry:\n    main(sys.argv[1:])\nexcept SystemExit as end:\n"
        "    print(end.code, *{m.split('.')[0] for m in sys.modules})"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=folder, capture_output=True, check=True, env=dict(os.environ)
    )
    words = done.stdout.decode().splitlines()[-1].split()
    return int(words[0]), HEAVY & set(words)


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["audit", "--help"], ["report", "--help"], ["audti"]])
def test_help_imports_nothing_heavy(folder, arguments):
    assert imported(arguments, folder) == (2 if arguments == ["audti"] else 0, set())


@pytest.mark.parametrize(
    "arguments",
    [["audit", "train.csv", "--label", "nothing"], ["audit", "nothing.csv", "--label", "x"], ["report", "nothing"]],
)
def test_a_refusal_imports_neither_torch_nor_scikit_learn(folder, arguments):
    code, heavy = imported(arguments, folder)
    assert code == 3
    assert not heavy & {"torch", "sklearn"}


def test_the_installed_command_is_the_modules():
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    assert scripts == {"labelaudit": "labelaudit.cli:main"}
    done = subprocess.run([sys.executable, "-m", "labelaudit", "--version"], capture_output=True, check=True)
    assert done.stdout.startswith(b"labelaudit ")
