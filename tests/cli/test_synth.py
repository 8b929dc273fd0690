from __future__ import annotations

import pytest
from click.testing import CliRunner

from labelaudit.cli.synth import synth
from labelaudit.errors import OutputError, UsageError


def run(*arguments: object):
    return CliRunner().invoke(synth, [str(a) for a in arguments])


def test_a_file_is_written_and_said_on_stderr_alone(tmp_path):
    path = tmp_path / "blobs.csv"
    result = run(path, "--rows", 50, "--features", 3, "--error-rate", 0.1)
    assert result.exit_code == 0
    assert result.stdout == ""
    assert result.stderr == f"Wrote 50 rows with 3 features to {path}; 5 labels are wrong.\n"
    lines = path.read_text().splitlines()
    assert lines[0] == "x1,x2,x3,label"
    assert len(lines) == 51


def test_the_truth_differs_in_the_planted_rows(tmp_path):
    path = tmp_path / "blobs.csv"
    run(path, "--rows", 200, "--error-rate", 0.25, "--truth")
    labels = [line.split(",")[-2:] for line in path.read_text().splitlines()[1:]]
    assert sum(given != true for given, true in labels) == 50


def test_the_same_seed_gives_the_same_bytes(tmp_path):
    for name, seed in (("a", 4), ("b", 4), ("c", 5)):
        run(tmp_path / name, "--rows", 30, "--seed", seed)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert (tmp_path / "a").read_bytes() != (tmp_path / "c").read_bytes()


def test_a_dash_is_standard_output(tmp_path):
    run(tmp_path / "a", "--rows", 30)
    assert run("-", "--rows", 30).stdout_bytes == (tmp_path / "a").read_bytes()


def test_a_file_that_is_there_is_replaced_only_by_force(tmp_path):
    path = tmp_path / "blobs.csv"
    path.write_text("mine")
    result = run(path, "--rows", 5)
    assert isinstance(result.exception, UsageError)
    assert "--force" in str(result.exception)
    assert path.read_text() == "mine"
    assert run(path, "--rows", 5, "--force").exit_code == 0
    assert path.read_text().startswith("x1,x2,label\n")


def test_a_folder_that_is_missing_is_an_output_error(tmp_path):
    assert isinstance(run(tmp_path / "missing" / "blobs.csv").exception, OutputError)


@pytest.mark.parametrize("option", [("--rows", 0), ("--features", 0), ("--error-rate", 1.1), ("--seed", -1)])
def test_senseless_sizes_are_wrong_usage(tmp_path, option):
    assert run(tmp_path / "blobs.csv", *option).exit_code == 2
    assert not list(tmp_path.iterdir())


def test_the_product_reads_its_own_file(tmp_path):
    from labelaudit.synthetic import draw
    from labelaudit.table import read_table

    path = tmp_path / "blobs.csv"
    run(path, "--rows", 40, "--error-rate", 0, "--truth")
    table = read_table([path], label="label", drop=["true_label"])
    assert table.classes == ("a", "b")
    assert [column.values.tolist() for column in table.columns] == draw(40, seed=0).x.T.tolist()
    assert table.given.tolist() == draw(40, seed=0).given.tolist()
