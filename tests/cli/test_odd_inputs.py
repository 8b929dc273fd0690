"""Inputs at the edge: no plain files, files that change or would be overwritten, odd tables that are audited."""

from __future__ import annotations

import csv
import io
import json
import os
import random
import socket
from pathlib import Path

import pytest

from labelaudit.table import source
from sample_data import QUICK_OPTIONS, csv_text, sample_rows

AUDIT = ("audit", "train.csv", "--label", "label", *QUICK_OPTIONS)


def table(cells, rows=60, header="x,extra,label"):
    """Rows of two classes: a number, what `cells` makes of row and class, the label."""
    draw = random.Random(0)
    lines = []
    for i in range(rows):
        label = i % 2
        lines.append(f"{draw.gauss(2 * label, 1):.3f},{cells(i, label)},{'pq'[label]}")
    return "\n".join([header, *lines]) + "\n"


def audited(call, text, *options):
    Path("odd.csv").write_text(text)
    code, out, err = call("audit", "odd.csv", "--label", "label", *QUICK_OPTIONS, *options)
    assert code == 0, err
    return json.loads(Path("labelaudit-report/audit.json").read_text()), " ".join(out.split())


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("not_there.csv", "no such file"),
        ("folder", "is a directory; name the files in it"),
        ("/dev/zero", "is not a regular file but a device or socket"),
        ("socket", "cannot be read (No such device or address)"),
        ("loop", "cannot be read (Too many levels of symbolic links)"),
    ],
)
def test_what_is_no_file_is_refused(call, folder, name, words):
    (folder / "folder").mkdir()
    (folder / "loop").symlink_to("loop")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")
        code, out, err = call("audit", name, "--label", "label")
    assert (code, out) == (3, "")
    assert f"labelaudit: {name}: {words}" in " ".join(err.split())
    assert not Path("labelaudit-report").exists()


def test_a_pipe_with_a_name_is_read(spawn, folder):
    os.mkfifo("pipe.csv")
    work = spawn("audit", "pipe.csv", "--label", "label", "-q", *QUICK_OPTIONS)
    Path("pipe.csv").write_text(csv_text(sample_rows()))
    _, err = work.communicate(timeout=60)
    assert work.returncode == 0, err


def test_a_file_that_changes_while_it_is_read_is_refused(call, monkeypatch):
    look = source.compression_of  # which is asked of the first bytes while the rest is still to be read

    def look_and_change(head):
        with Path("train.csv").open("a") as more:
            more.write("1,1,1,red,a\n")
        return look(head)

    monkeypatch.setattr(source, "compression_of", look_and_change)
    code, _, err = call(*AUDIT)
    assert code == 3
    assert "train.csv: the file changed while it was read; run again when it is complete." in err


def test_an_output_that_is_the_data_under_another_name_is_refused(call):
    before = Path("train.csv").read_bytes()
    Path("hard.csv").hardlink_to("train.csv")
    Path("soft.csv").symlink_to("train.csv")
    Path("out").mkdir()
    Path("out/ranking.csv").hardlink_to("train.csv")
    for arguments in (
        [*AUDIT, "--out", "out"],
        ["check", *AUDIT[1:], "-o", "hard.csv"],
        ["check", *AUDIT[1:], "-o", "soft.csv"],
        [*AUDIT, "--rejects", "hard.csv"],
    ):
        assert call(*arguments)[0] == 2
    assert Path("train.csv").read_bytes() == before


@pytest.mark.parametrize("out", ["train.csv", "train.csv/deeper", "/dev/null/deeper", "/proc/deeper"])
def test_a_folder_that_cannot_be_made_is_4(call, out):
    code, _, err = call(*AUDIT, "--out", out)
    assert code == 4, err
    assert "cannot be written" in err


def test_a_full_disk_is_4(call):
    code, _, err = call("check", *AUDIT[1:], "-f", "json", "-o", "/dev/full")
    assert code == 4
    assert "/dev/full: cannot be written: No space left on device" in err


def test_rejects_are_written_though_the_audit_is_refused(call):
    Path("bad.csv").write_text(csv_text(sample_rows()) + "1\n2\n")
    for command in ("audit", "check", "validate"):
        code, _, err = call(command, "bad.csv", "--label", "label", "--rejects", "rejects.csv")
        assert code == 3
        assert "and 1 error after it, on line 93)" in err
        rows = list(csv.DictReader(io.StringIO(Path("rejects.csv").read_text())))
        assert [row["line"] for row in rows] == ["92", "93"]
        Path("rejects.csv").unlink()


def test_another_number_of_rows_is_refused(call):
    for command in ("audit", "check", "validate"):
        code, _, err = call(command, "train.csv", "--label", "label", "--expect-rows", "91")
        assert code == 3
        assert "train.csv: expected 91 rows (--expect-rows), got 90." in err
    assert call(*AUDIT, "--expect-rows", "90")[0] == 0


def test_ids_are_kept_to_the_last_digit(call):
    ids = ["007", "9007199254740993", "1e5", "NA", " 1", "1.0"]
    _, _ = audited(call, table(lambda i, y: ids[i % 6], header="x,key,label"), "--id", "key")
    rows = list(csv.DictReader(io.StringIO(Path("labelaudit-report/ranking.csv").read_text())))
    assert all(row["key"] == ids[(int(row["row"]) - 1) % 6] for row in rows)


def test_a_word_after_many_numbers_is_refused_with_its_line(call):
    Path("long.csv").write_text("x,label\n" + "".join(f"{i},{'ab'[i % 2]}\n" for i in range(200_000)) + "none,a\n")
    code, _, err = call("audit", "long.csv", "--label", "label")
    assert code == 3
    assert 'long.csv:200002, column "x": expected a number, got "none"' in err


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        (["yes", "Yes"], 'The classes "Yes" (30 rows) and "yes" (30 rows) differ only in case'),
        (["yes", "yes "], 'The classes "yes" (30 rows) and "yes " (30 rows) differ only'),
        (["1", "1.0"], 'The classes "1" (30 rows) and "1.0" (30 rows) differ only'),
    ],
)
def test_labels_that_may_be_one_are_named(call, labels, words):
    text = "x,label\n" + "".join(f"{i * 7 % 11},{labels[i % 2]}\n" for i in range(60))
    assert words in audited(call, text)[1]


def test_columns_that_say_nothing_are_left_out_with_the_reason(call):
    record, _ = audited(call, table(lambda i, y: "5,,NA", header="x,same,empty,missing,label"))
    reasons = {column["name"]: column["reason"] for column in record["left_out"]["columns"]}
    assert reasons["same"].startswith("constant")
    assert reasons["empty"].startswith("all missing")
    assert reasons["missing"].startswith("all missing")


def test_a_column_that_gives_the_label_away_is_named(call):
    record, _ = audited(call, table(lambda i, y: "no" if y else "yes"))
    assert [o["column"] for o in record["oddities"] if o["kind"] == "leak"] == ["extra"]


@pytest.mark.parametrize("cells", [lambda i, y: f"{i * 3}", lambda i, y: f"{i % 7},{2 * (i % 7)},{-(i % 7)}"])
def test_collinear_columns_are_audited(call, cells):
    text = table(cells)
    width = len(text.split("\n")[1].split(","))
    header = ",".join(["x", *(f"c{i}" for i in range(width - 2)), "label"])
    record, _ = audited(call, text.replace("x,extra,label", header))
    assert record["summary"]["fit"]["converged"]


@pytest.mark.parametrize("slips", [0, 1])
def test_separated_classes_are_audited(call, slips):
    text = table(lambda i, y: str(100 * y + i if i >= slips else 50))
    record, _ = audited(call, text)
    assert record["summary"]["fit"]["converged"]
    ranking = Path("labelaudit-report/ranking.csv").read_text()
    scores = [float(r["label_score"]) for r in csv.DictReader(io.StringIO(ranking))]
    assert all(0 <= score <= 1 for score in scores)


def test_one_row_in_very_many_is_reported(call):
    text = "x,label\n" + "".join(f"{i * 7919 % 1000},a\n" for i in range(5_000)) + "5,b\n6,b\n"
    record, out = audited(call, text)
    assert record["summary"]["classes"] == [{"name": "a", "rows": 5_000}, {"name": "b", "rows": 2}]
    assert 'The class "b" (2 rows) is too small to learn from' in out


def test_more_columns_than_rows_are_audited(call):
    draw = random.Random(0)
    rows = [[*(f"{draw.gauss(0, 1):.3f}" for _ in range(60)), "pq"[i % 2]] for i in range(20)]
    names = [*(f"c{i}" for i in range(60)), "label"]
    record, _ = audited(call, csv_text(rows, names))
    assert record["summary"]["rows"] == 20


def test_very_many_categories_are_audited(call):
    record, _ = audited(call, table(lambda i, y: f"c{i // 3}", rows=3_000))
    assert record["summary"]["rows"] == 3_000
