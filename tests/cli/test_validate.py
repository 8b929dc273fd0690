from __future__ import annotations

import json
import sys

import pytest

from sample_data import QUICK_OPTIONS

PLAIN = ("validate", "train.csv", "--label", "label", "--id", "key", *QUICK_OPTIONS)
QUICKLY = (*PLAIN, "--repeats", "1", "--kind", "uniform")
FILES = {"validation.json", "reliability.png", "reliability.svg", "precision_recall.png", "precision_recall.svg"}


def test_the_report_goes_to_stdout_and_the_files_to_the_folder(call, folder):
    pytest.importorskip("matplotlib", reason="plots are an extra")
    before = (folder / "train.csv").read_bytes()
    code, out, err = call(*PLAIN, "--repeats", "2", "--rate", "0.2", "--out", "new/found")
    assert code == 0
    assert out.startswith("Of the ")
    assert max(map(len, out.splitlines())) <= 80
    assert {p.name for p in (folder / "new" / "found").iterdir()} == FILES
    assert err.count("new/found/") == len(FILES)
    assert (folder / "train.csv").read_bytes() == before
    document = json.loads((folder / "new" / "found" / "validation.json").read_text())
    assert [k["kind"] for k in document["kinds"]] == ["uniform", "asymmetric", "instance"]
    assert document["options"]["rate"] == 0.2
    for kind in document["kinds"]:
        shown = f"{kind['recall']['mean']:.0%} in the rows" if kind["flagged"]["mean"] else "it flags no row"
        assert shown in " ".join(out.split())
        assert f"{kind['average_precision']['mean']:.2f}" in out


def test_without_a_folder_nothing_is_written(call, folder):
    code, _, err = call(*QUICKLY)
    assert (code, err) == (0, "")
    assert [p.name for p in folder.iterdir()] == ["train.csv"]


def test_quiet_prints_nothing(call, folder):
    assert call(*QUICKLY, "-q", "--out", "found") == (0, "", "")
    assert (folder / "found" / "validation.json").exists()


def test_verbose_says_what_is_being_run(call):
    err = call(*QUICKLY, "-v")[2]
    assert "the data as it is: choosing the encoding" in err
    assert "uniform, repeat 1 of 1: measuring influence" in err


def test_without_matplotlib_one_line_says_so(call, folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    code, _, err = call(*QUICKLY, "--out", "found")
    assert code == 0
    assert err.splitlines()[0] == ("labelaudit: no plots, since they need matplotlib: pip install 'labelaudit[plots]'")
    assert [p.name for p in (folder / "found").iterdir()] == ["validation.json"]


@pytest.mark.parametrize(
    ("further", "words"),
    [
        (("--rate", "0"), "--rate: expected a share above 0, up to 0.5, got 0.0"),
        (("--rate", "0.7"), "--rate"),
        (("--rate", "nan"), "--rate"),
        (("--rate", "many"), "--rate"),
        (("--repeats", "0"), "--repeats"),
        (("--kind", "odd"), "--kind"),
        (("--seed", "-1"), "--seed"),
        (("--out", ""), "--out"),
        (("--rate", "1e-9"), "no error was planted in the 90 rows"),
    ],
)
def test_wrong_usage_ends_with_2_and_writes_nothing(call, folder, further, words):
    code, out, err = call(*PLAIN, *further)
    assert (code, out) == (2, "")
    assert words in err
    assert [p.name for p in folder.iterdir()] == ["train.csv"]


def test_an_output_never_replaces_the_data(call, folder):
    (folder / "validation.json").write_bytes((folder / "train.csv").read_bytes())
    code, _, err = call("validate", "validation.json", "--label", "label", *QUICK_OPTIONS, "--out", ".")
    assert code == 2
    assert "would replace the data file" in err


def test_a_folder_that_cannot_be_is_refused_before_the_work(call, folder):
    code, out, err = call(*PLAIN, "--out", "train.csv/found")
    assert (code, out) == (4, "")
    assert "not a folder" in err


def test_help_lists_every_option_of_audit_but_those_of_its_files(call):
    import re

    options = [set(re.findall(r"--[\w-]+", call(name, "--help")[1])) for name in ("validate", "audit")]
    assert options[1] - options[0] == {
        "--top",
        "--top-only",
        "--pred-probs",
    }  # its model knows the true labels
    assert options[0] - options[1] == {"--kind", "--rate", "--repeats"}
