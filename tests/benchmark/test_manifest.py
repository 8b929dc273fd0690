from __future__ import annotations

import re

import pytest

from labelaudit.benchmark.detection.data import prepare, read
from labelaudit.benchmark.detection.manifest import read_manifest
from labelaudit.errors import InputError, UsageError

HEAD = "name,file,label,gold,non_feature_cols,text_cols,classes\n"
LINE = "one,one.csv,y,,,,\n"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "one.csv").write_text("x,y\n" + "1,a\n2,b\n" * 10)
    (tmp_path / "manifest.csv").write_text(HEAD + LINE)
    return tmp_path


def test_a_manifest_is_read_in_its_order_with_other_columns_ignored(tables):
    first, second = read_manifest(tables)
    assert (first.name, first.path, first.label) == ("blobs", tables / "tables" / "blobs.csv", "kind")
    assert (first.gold, first.no_features, first.text, first.classes) == (None, ("key",), ("remark",), 3)
    assert (second.gold, second.no_features, second.text, second.classes) == ("gold", ("who", "when"), (), None)
    assert read_manifest(tables, ["verified"]) == (second,)


def test_columns_that_may_be_absent_may_be(folder):
    (folder / "manifest.csv").write_text("label,file,name\ny,one.csv,one\n")
    (entry,) = read_manifest(folder)
    assert (entry.gold, entry.no_features, entry.text, entry.classes) == (None, (), (), None)


@pytest.mark.parametrize(
    ("manifest", "words"),
    [
        (None, "manifest.csv: cannot be read: No such file"),
        ("", "is not a CSV file"),
        ("name,file\na,b\n", 'no column "label". Needed: name, file, label'),
        (HEAD, "describes no table"),
        (HEAD + "one,two.csv,y,,,,\n", r'table 1 ("one"): FOLDER/two.csv is not there'),
        (HEAD + LINE + LINE, 'the name "one" stands 2 times'),
        (HEAD + LINE + "two,,y,,,,\n", 'table 2: "file" is empty'),
        (HEAD + "one,one.csv,y,,,,few\n", 'table 1, "classes": expected a whole number or nothing, got "few"'),
        (HEAD + 'one,"one.csv,y,,,,\n', "is not a CSV file"),
    ],
)
def test_a_manifest_that_says_too_little_is_refused(folder, manifest, words):
    (folder / "manifest.csv").unlink()
    if manifest is not None:
        (folder / "manifest.csv").write_text(manifest)
    with pytest.raises(InputError, match=re.escape(words.replace("FOLDER", str(folder)))):
        read_manifest(folder)


def test_a_manifest_not_in_utf_8_is_refused(folder):
    (folder / "manifest.csv").write_bytes(HEAD.encode() + b"caf\xe9,one.csv,y,,,,\n")
    with pytest.raises(InputError, match="UTF-8"):
        read_manifest(folder)


def test_an_unknown_name_gets_the_nearest(tables):
    with pytest.raises(UsageError, match=r'no table "blob"\. Did you mean "blobs"'):
        read_manifest(tables, ["blob"])


@pytest.mark.parametrize(
    "line", ["one,one.csv,z,,,,", "one,one.csv,y,z,,,", "one,one.csv,y,,x z,,", "one,one.csv,y,,,z,"]
)
def test_a_column_that_the_file_lacks_is_refused(folder, line):
    (folder / "manifest.csv").write_text(HEAD + line)
    (entry,) = read_manifest(folder)
    with pytest.raises(InputError, match=r'one\.csv: there is no column "z", which the manifest names for "one"'):
        read(entry)


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ("x,y\n", "no row has a label"),
        ("x,y\n1,\n", "no row has a label"),
        ("x,y\n" + "1,a\n" * 20 + "2,b\n" * 9, "expected two classes of 10 rows or more"),
        ("y\n" + "a\nb\n" * 10, "no column is left"),
        ('x,y\n1,"a\n', "is not a CSV file"),
    ],
)
def test_a_table_without_enough_in_it_is_refused(folder, cells, words):
    (folder / "one.csv").write_text(cells)
    (entry,) = read_manifest(folder)
    with pytest.raises(InputError, match=rf"one\.csv: {words}"):
        prepare(entry, read(entry), 100)


def test_label_words_stay_as_they_are_written(folder):
    (folder / "one.csv").write_text("x,y\n" + "1,01\n2,None\n" * 10)
    (entry,) = read_manifest(folder)
    assert prepare(entry, read(entry), 100).classes == ("01", "None")
