from __future__ import annotations

import csv
import io

import pandas as pd
import pytest

from labelaudit.errors import InputError
from labelaudit.table.frame import cells_of_frame
from labelaudit.table.reader import read_cells, read_table
from labelaudit.table.source import open_text

CONTENT = 'x,note,y\n1.0,NA,a\n01,"say ""hi"", you",b\n 1 ,"two\nlines",\nnan,,a\n1e3,ü\u202e,b\n'


@pytest.fixture
def path(tmp_path):
    file = tmp_path / "train.csv"
    file.write_bytes(CONTENT.encode())
    return file


def expected():
    header, *rows = csv.reader(io.StringIO(CONTENT, newline=""))
    return header, rows


def test_cells_are_the_texts_of_the_file_with_rows_that_have_no_label(path):
    cells = read_cells([path], label="y")
    header, rows = expected()
    assert cells.columns.tolist() == header
    assert cells.to_numpy().tolist() == rows


def test_how_the_file_is_written_does_not_matter(tmp_path, path):
    out = io.StringIO(newline="")
    out.write("preamble\n")
    header, rows = expected()
    csv.writer(out, delimiter=";", quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows([header, *rows])
    other = tmp_path / "other.csv"
    other.write_bytes(out.getvalue().encode("utf-16"))
    cells = read_cells([other], label="y", skip=1, delimiter=";", charset="utf-16")
    assert cells.equals(read_cells([path], label="y"))


def test_files_follow_each_other(path):
    assert len(read_cells([path, path], label="y")) == 10


def test_a_text_that_was_read_already_serves_as_its_file(path):
    text = open_text(path)
    path.unlink()
    assert len(read_cells([text], label="y")) == 5
    assert read_table([text], label="y", drop=["x"]).sources[0].sha256 == text.sha256


def test_a_file_that_is_not_well_formed_is_refused(path):
    path.write_text("x,y\n1\n")
    with pytest.raises(InputError, match=r"train\.csv:2"):
        read_cells([path], label="y")


def test_cells_of_a_dataframe_are_what_a_file_would_hold():
    frame = pd.DataFrame({"a": [1.0, None, 2.5], "b": ["x", None, "1"], "c": [True, False, True], "d": [1, 2, 3]})
    rows = [["1", "x", "True", "1"], ["", "", "False", "2"], ["2.5", "1", "True", "3"]]
    assert cells_of_frame(frame.set_index(pd.Index([7, 7, 7]))).to_numpy().tolist() == rows
