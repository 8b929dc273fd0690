"""What apply refuses: nothing is written then."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pandas as pd
import pytest

import labelaudit
from applying import DECISIONS, files, lines, rows, store
from labelaudit.decisions.decision import Decision
from labelaudit.errors import InputError, LabelauditError, UsageError
from sample_data import QUICK, csv_text, sample_rows


def _refused(error, words, *arguments, **options):
    before = files()
    with pytest.raises(error) as refused:
        labelaudit.apply(*arguments, **options)
    assert words in str(refused.value)
    assert files() == before


def test_other_data_is_refused(audited):
    Path("other.csv").write_bytes(Path("train.csv").read_bytes() + b"9,1,1,red,u\n")
    _refused(InputError, "its SHA-256 differs", "saved", "other.csv", "clean.csv", undo="u.json")
    _refused(InputError, "no such file", "saved", "nothing.csv", "clean.csv")
    _refused(InputError, "no regular file", "saved", ".", "clean.csv")
    _refused(UsageError, "standard input", "saved", "-", "clean.csv")
    labelaudit.apply("saved", Path("train.csv").rename("moved.csv"), "clean.csv")  # the content counts


def test_an_unknown_row_refuses_everything(decide):
    unknown = Decision("0" * 32, 1, "keep", who="ann")
    for other in (unknown, Decision(decide(0, "keep").fingerprint, 2, "keep"), decide(6, "drop")):
        path = lines(decide(1, "drop"), other, unknown)
        words = "1 decision of 3" if other == decide(6, "drop") else "train.csv has no such row"
        _refused(InputError, words, "saved", "train.csv", "clean.csv", decisions=path, undo="u.json")


def test_decisions_that_disagree_refuse_everything(decide):
    one, two = lines(decide(0, "relabel", "w")), lines(decide(0, "relabel", "v"), path="e.jsonl")
    _refused(
        InputError,
        'relabel as "w" in d.jsonl, relabel as "v" in e.jsonl',
        "saved",
        "train.csv",
        "c",
        decisions=[one, two],
    )
    both = lines(decide(0, "keep"), decide(0, "drop"))
    _refused(InputError, "drop in d.jsonl, keep in d.jsonl", "saved", "train.csv", "c", decisions=both)


def test_a_foreign_label_needs_to_be_meant(decide):
    path = lines(decide(0, "relabel", "x,y"))
    _refused(InputError, '1 new label not among the audited classes: "x,y"', "saved", "train.csv", "c", decisions=path)
    labelaudit.apply("saved", "train.csv", "clean.csv", decisions=path, new_labels=True)
    assert rows("clean.csv") == [[*rows()[0][:-1], "x,y"], *rows()[1:]]


def test_a_label_that_the_charset_does_not_have_is_refused(audited):
    Path("train.csv").write_bytes(csv_text(sample_rows()).replace(",red,", ",rêd,").encode("latin-1"))
    audit = labelaudit.audit("train.csv", "label", id="key", charset="latin-1", **QUICK)
    audit.save("saved")
    frame = pd.read_csv("train.csv", dtype=str, keep_default_na=False, encoding="latin-1")
    from labelaudit.fingerprints import fingerprints

    path = lines(Decision(fingerprints(frame)[0], 1, "relabel", "€"))
    _refused(InputError, "'€', which iso8859-1 cannot", "saved", "train.csv", "c", decisions=path, new_labels=True)


def test_a_label_with_a_nul_is_refused(decide):
    path = lines(decide(0, "relabel", "a\0"))
    _refused(InputError, "NUL", "saved", "train.csv", "c", decisions=path, new_labels=True)


def test_text_that_does_not_come_back_from_its_charset_is_refused(audited):
    Path("train.csv").write_bytes(b"\x1b(B" + csv_text(sample_rows()).encode())  # an escape that changes nothing
    labelaudit.audit("train.csv", "label", id="key", charset="iso2022_jp", **QUICK).save("saved")
    _refused(InputError, "gives other bytes", "saved", "train.csv", "clean.csv")


@pytest.mark.parametrize("how", ["same", "hard link", "link", "path"])
def test_the_input_is_never_the_output(decide, how):
    store(decide(0, "drop"))
    if how == "hard link":
        os.link("train.csv", "out")
    elif how == "link":
        Path("out").symlink_to("train.csv")
    out = {"same": "train.csv", "path": "../" + Path.cwd().name + "/train.csv"}.get(how, "out")
    _refused(UsageError, "which is never written to", "saved", "train.csv", out)
    _refused(UsageError, "which is never written to", "saved", "train.csv", "clean.csv", undo=out)


@pytest.mark.parametrize("out", ["saved/audit.json", "saved/ranking.csv", "saved/model.npz", DECISIONS, "d.jsonl"])
def test_nothing_that_is_read_is_written_to(decide, out):
    path = lines(decide(0, "drop"))
    _refused(UsageError, "which is never written to", "saved", "train.csv", out, decisions=path)
    _refused(UsageError, "which is never written to", "saved", "train.csv", "clean.csv", decisions=path, undo=out)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "name the file to write"),
        ({"output": "-"}, "cannot be standard output"),
        ({"output": "c", "undo": "c"}, "c is the output"),
        ({"output": "c", "undo": "./c"}, "./c is the output"),
        ({"output": "c", "max_label_score": 0.1}, "goes with --accept-suggestions"),
        ({"output": "c", "max_label_score": 2, "accept_suggestions": True}, "from 0 to 1"),
        ({"output": "c", "max_label_score": float("nan"), "accept_suggestions": True}, "from 0 to 1"),
    ],
)
def test_options_that_do_not_fit_are_refused(audited, options, words):
    _refused(UsageError, words, "saved", "train.csv", **options)


def test_a_flag_that_is_there_already_is_refused(audited):
    Path("train.csv").write_text(
        csv_text([[*row, "1"] for row in sample_rows()], ("k", "a", "b", "c", "y", "label_issue"))
    )
    labelaudit.audit("train.csv", "y", id="k", **QUICK).save("saved")
    _refused(InputError, 'has a column "label_issue" already', "saved", "train.csv", "clean.csv", flag=True)


def test_audits_of_several_files_or_of_a_frame_are_refused(audited):
    Path("b.csv").write_text(csv_text(sample_rows(seed=1)))
    labelaudit.audit(["train.csv", "b.csv"], "label", id="key", **QUICK).save("saved")
    _refused(UsageError, "the audit is of 2 files", "saved", "train.csv", "clean.csv")
    labelaudit.audit(pd.read_csv("train.csv"), "label", id="key", **QUICK).save("saved")
    _refused(UsageError, "the audit is of a DataFrame", "saved", "train.csv", "clean.csv")


def test_an_output_that_cannot_be_written_leaves_no_undo_file(decide):
    store(decide(0, "drop"))
    _refused(LabelauditError, "cannot be written", "saved", "train.csv", "no/clean.csv", undo="u.json")


def test_zstd_without_its_package_is_refused(audited, monkeypatch):
    for name in ("compression.zstd", "compression", "zstandard"):
        monkeypatch.setitem(sys.modules, name, None)
    _refused(UsageError, "writing zstd needs the package zstandard", "saved", "train.csv", "clean.csv.zst", undo="u")
