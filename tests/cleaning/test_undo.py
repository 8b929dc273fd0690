from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

import labelaudit
from labelaudit.errors import InputError, UsageError


@pytest.fixture
def cleaned(audited):
    labelaudit.apply("saved", "train.csv", "clean.csv", accept_suggestions=True, undo="u.json")
    assert Path("clean.csv").read_bytes() != Path("train.csv").read_bytes()


def test_the_original_comes_back_even_from_a_copy_that_was_packed_since(cleaned):
    Path("clean.csv.gz").write_bytes(gzip.compress(Path("clean.csv").read_bytes()))
    for copy in ("clean.csv", "clean.csv.gz"):
        labelaudit.undo(copy, "u.json", "back.csv")
        assert Path("back.csv").read_bytes() == Path("train.csv").read_bytes()


def test_a_copy_that_was_changed_is_refused(cleaned):
    for copy, content in (("other.csv", Path("clean.csv").read_bytes() + b"\n"), ("empty.csv", b"")):
        Path(copy).write_bytes(content)
        with pytest.raises(InputError, match="its SHA-256 differs"):
            labelaudit.undo(copy, "u.json", "back.csv")
    assert not Path("back.csv").exists()


@pytest.mark.parametrize("out", ["clean.csv", "u.json", "./u.json"])
def test_what_is_read_is_not_written_to(cleaned, out):
    with pytest.raises(UsageError, match="never written to"):
        labelaudit.undo("clean.csv", "u.json", out)


def _changed(name, value):
    def change(record):
        record[name] = value

    return change


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_changed("format", "x"), "is no undo file"),
        (_changed("format_version", 2), "format version 2, this labelaudit reads 1"),
        (_changed("edits", []), "is damaged"),
        (_changed("edits", [[5, 2, "u"]]), "is damaged"),
        (_changed("edits", [[10**9, 10**9, "u"]]), "is damaged"),
        (_changed("edits", [["a", 2, 3]]), "is damaged"),
        (_changed("edits", 7), "is damaged"),
        (_changed("charset", "nothing"), "is damaged"),
        (_changed("mark", 5), "is damaged"),
        (_changed("original", None), "is damaged"),
        (_changed("cleaned", {}), "is damaged"),
        (lambda record: record.pop("edits"), "is damaged"),
    ],
)
def test_an_undo_file_that_was_changed_is_refused(cleaned, change, words):
    record = json.loads(Path("u.json").read_text())
    change(record)
    Path("u.json").write_text(json.dumps(record))
    with pytest.raises(InputError, match=words):
        labelaudit.undo("clean.csv", "u.json", "back.csv")
    assert not Path("back.csv").exists()


@pytest.mark.parametrize(
    ("content", "words"), [(b"{", "is no JSON"), (b"\xff", "is no JSON"), (b"[]", "is no undo file")]
)
def test_what_is_no_undo_file_is_refused(cleaned, content, words):
    Path("u.json").write_bytes(content)
    with pytest.raises(InputError, match=words):
        labelaudit.undo("clean.csv", "u.json", "back.csv")
    with pytest.raises(InputError, match="cannot be read"):
        labelaudit.undo("clean.csv", "nothing", "back.csv")
