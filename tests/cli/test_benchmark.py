from __future__ import annotations

import json
import sys

import pytest
from click.testing import CliRunner

from labelaudit.cli.benchmark import benchmark
from labelaudit.errors import InputError, OutputError, UsageError
from labelled_tables import write_folder

SMALL = ("--seeds", 1, "--rows", 200, "--features", 2)


def run(*arguments: object):
    return CliRunner().invoke(benchmark, [str(a) for a in arguments])


def test_tables_go_to_stdout_and_files_to_the_folder(tmp_path):
    pytest.importorskip("matplotlib", reason="plots are an extra")
    result = run(*SMALL, "--out", tmp_path / "new" / "out")
    assert result.exit_code == 0
    assert "The published recipe, 1 seed" in result.stdout
    assert "label_score" in result.stdout
    names = {p.name for p in (tmp_path / "new" / "out").iterdir()}
    assert names == {
        "benchmark.json", "blobs.png", "losses.png", "confusion.png", "influence.png", "planted.png",
    }  # fmt: skip
    assert result.stderr.count("Wrote ") == len(names)


def test_json_alone_needs_no_folder(tmp_path):
    result = run(*SMALL, "--seed", 3, "--json", tmp_path / "b.json", "-q")
    assert result.stderr == ""
    document = json.loads((tmp_path / "b.json").read_text())
    assert [r["seed"] for r in (*document["published"], *document["planted"]["runs"])] == [3, 3]


def test_plots_without_matplotlib_are_refused_before_any_work(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    result = run("--plots", "--out", tmp_path)
    assert isinstance(result.exception, UsageError)
    assert "pip install 'labelaudit[plots]'" in str(result.exception)


def test_a_folder_without_matplotlib_gets_the_json_and_a_word(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    result = run(*SMALL, "--out", tmp_path)
    assert result.exit_code == 0
    assert result.stderr.startswith("No plots: ")
    assert [p.name for p in tmp_path.iterdir()] == ["benchmark.json"]


@pytest.mark.parametrize("options", [("--plots",), ("--quick", "--full")])
def test_options_that_do_not_fit_are_wrong_usage(options):
    assert isinstance(run(*options).exception, UsageError)


def test_a_file_in_the_place_of_the_folder_is_an_output_error(tmp_path):
    (tmp_path / "file").write_text("")
    assert isinstance(run(*SMALL, "--out", tmp_path / "file" / "out").exception, OutputError)


def test_help_fits_80_columns_and_has_examples():
    text = run("--help").stdout
    assert "Examples:" in text
    assert max(map(len, text.splitlines())) <= 80


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    return write_folder(tmp_path_factory.mktemp("data") / "tables")


def test_a_folder_of_tables_is_measured(tables, tmp_path):
    pytest.importorskip("matplotlib", reason="plots are an extra")
    result = run("--data", tables, "--kinds", "uniform,real", "--seeds", 1, "--seed", 4, "--out", tmp_path / "out")
    assert result.exit_code == 0
    assert result.stdout.startswith("Average precision of finding wrong labels")
    names = {p.name for p in (tmp_path / "out").iterdir()}
    assert names == {"benchmark.json", "detection.png", "detection.svg"}
    document = json.loads((tmp_path / "out" / "benchmark.json").read_text())
    assert [(r["name"], r["kind"], r["seed"]) for r in document["runs"]] == [
        ("blobs", "uniform", 4),
        ("verified", "real", 0),
    ]


def test_rows_and_rate_reach_a_folder_of_tables(tables, tmp_path):
    options = ("--only", "blobs", "--kinds", "uniform", "--rows", 100, "--rate", 0.4, "--seeds", 1)
    assert run("--data", tables, *options, "--json", tmp_path / "b.json", "-q").stderr == ""
    document = json.loads((tmp_path / "b.json").read_text())
    assert (document["error_rate"], document["most_rows"]) == (0.4, 100)
    assert 90 <= document["runs"][0]["rows"] <= 100
    assert document["runs"][0]["errors"] > 25


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--features", 2), "--features is only without --data"),
        (("--quick",), "--quick is only without --data"),
        (("--full",), "--full is only without --data"),
        (("--rows", 200, "--rows", 300), "--rows: with --data expected one number"),
        (("--kinds", "uniform,none"), "--kinds: expected some of"),
        (("--rate", 0.9), "--rate: expected a share"),
        (("--only", "blob"), 'Did you mean "blobs"'),
    ],
)
def test_options_that_do_not_fit_a_folder_are_wrong_usage(tables, options, words):
    result = run("--data", tables, *options)
    assert isinstance(result.exception, UsageError)
    assert words in str(result.exception)


@pytest.mark.parametrize("option", [("--kinds", "real"), ("--rate", 0.2), ("--classes", 3), ("--only", "x")])
def test_options_of_a_folder_need_one(option):
    result = run(*option)
    assert isinstance(result.exception, UsageError)
    assert f"{option[0]} is only for --data" in str(result.exception)


def test_a_folder_that_is_not_there_is_refused_input(tmp_path):
    assert isinstance(run("--data", tmp_path / "nowhere").exception, InputError)
