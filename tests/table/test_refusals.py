from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from labelaudit.errors import InputError, UsageError
from labelaudit.table import read_table

Write = Callable[..., str]

GOOD = "x,y\n1,a\n2,a\n3,b\n4,b\n"
NUMBERS = "".join(f"{i},{'ab'[i % 2]}\n" for i in range(200))


def with_cell(cell: str, header: str = "x,y") -> str:
    """201 numbers of which the last, on line 202, is the cell."""
    return f"{header}\n{NUMBERS}{cell},a\n"


REFUSED: list[tuple[str, str | bytes, dict[str, Any], list[str]]] = [
    ("too_short", "x,y\n1,a\n2\n", {}, ["train.csv:3, byte 8:", "expected 2 fields as in the header, got 1."]),
    ("too_long", "x,y\n1,a\n2,a,b\n", {}, ["train.csv:3, byte 8:", "expected 2 fields", "got 3", "in quotes"]),
    ("several_ragged", "x,y\n1\n2,a\n3\n4\n", {}, ["train.csv:2,", "(and 2 errors after it, on lines 4, 5)"]),
    ("ragged_after_quoted_lines", 'x,y\n"1\n\n",a\n2\n', {}, ["train.csv:5, byte 12:"]),
    ("unclosed_quote", 'x,y\n1,a\n2,"b\n3,a\n', {}, ['train.csv:3, column "y", byte 10:', "never closed"]),
    ("text_after_quote", 'x,y\n1,a\n"2"3,b\n', {}, ['train.csv:3, column "x"', 'got "3"', 'twice ("")']),
    ("text_after_long_quote", 'x,y\n1,"a\n2,"b"\n', {}, ["train.csv:3,", "the cell that starts on line 2", 'got "b"']),
    ("bare_quote", 'x,y\n1,a\n2",b\n', {}, ['train.csv:3, column "x", byte 9:', "a quote inside a cell"]),
    ("space_before_quote", 'x,y\n1, "a"\n', {}, ['train.csv:2, column "y", byte 7:', "does not start with one"]),
    ("nul", "x,y\n1,a\0\n", {}, ['train.csv:2, column "y", byte 7:', "a NUL byte"]),
    ("latin_1", b"x,y\n1,\xe9\n", {}, ['column "y", byte 6:', "0xE9 is not valid UTF-8", "--charset cp1252"]),
    ("overlong", b"x,y\n1,\xc0\xaf\n", {}, ["0xC0 is not valid UTF-8"]),
    ("surrogate", b"x,y\n1,\xed\xa0\x80\n", {}, ["0xED is not valid UTF-8"]),
    ("cut_character", b"x,y\n1,\xe2\x82", {}, ["train.csv:2,", "0xE2 is not valid UTF-8"]),
    ("wrong_charset", b"x,y\n1,\x81\n", {"charset": "cp1252"}, ["train.csv:2, byte 6: 0x81 is not valid cp1252"]),
    ("utf_16", GOOD.encode("utf-16"), {}, ["UTF-16", "--charset utf-16."]),
    ("utf_16_without_mark", GOOD.encode("utf-16-le"), {}, ["UTF-16", "--charset utf-16-le."]),
    ("cr_only", GOOD.replace("\n", "\r"), {}, ["train.csv:1,", "CR only (old Mac)", "Convert"]),
    ("bare_cr", "x,y\n1,a\rb\n", {}, ['train.csv:2, column "y", byte 7:', "carriage return outside quotes"]),
    ("empty", "", {}, ["train.csv: the file is empty."]),
    ("only_blank_lines", "\n\n\n", {}, ["there is no header"]),
    ("only_a_mark", b"\xef\xbb\xbf", {}, ["there is no header"]),
    ("all_skipped", GOOD, {"skip": 50}, ["there is no header"]),
    ("header_alone", "x,y\n", {}, ["train.csv:1: a header without rows."]),
    ("header_and_blank_lines", "x,y\n\n\n", {}, ["a header without rows"]),
    ("duplicate_name", "x,y,x\n1,a,2\n", {}, ['the name "x" stands 2 times', "(columns 1, 3)", "Rename"]),
    ("empty_name", ",x,y\n0,1,a\n", {}, ["train.csv:1, column 1: the header has an empty name"]),
    ("blank_name", "x,  ,y\n0,1,a\n", {}, ["train.csv:1, column 2: the header has an empty name"]),
    ("no_label", "x,labels\n1,a\n", {"label": "label"}, ['no label column "label"', 'Did you mean "labels"?', '"x"']),
    ("label_in_other_case", "x,Y\n1,a\n", {}, ['Did you mean "Y"?']),
    ("label_with_space", "x, y\n1,a\n", {}, ['Did you mean " y"?']),
    ("preamble", "My table\n\nby me\n" + GOOD, {}, ["train.csv:1:", "line 4 looks like the header", "--skip 3."]),
    ("semicolons", GOOD.replace(",", ";"), {}, ["separated by semicolon, not by comma.", "--delimiter ';'"]),
    ("tabs", GOOD.replace(",", "\t"), {}, ["separated by tab", "--delimiter $'\\t'"]),
    ("pipes", GOOD.replace(",", "|"), {}, ["separated by pipe", "--delimiter '|'"]),
    ("quoted_semicolons", '"x";"y"\n"1";"a"\n', {}, ["semicolon", "--delimiter ';'"]),
    ("wrong_delimiter", GOOD, {"delimiter": ";"}, ["separated by comma, not by semicolon", "--delimiter ','"]),
    ("decimal_commas", "x;y\n1,5;a\n2,5;b\n", {}, ["train.csv:1: the fields are separated by semicolon"]),
    ("one_class", "x,y\n1,a\n2,a\n", {}, ['label column "y": every label is "a"', "at least two classes"]),
    ("labels_all_empty", "x,y\n1,\n2,\n", {}, ["every cell is empty"]),
    ("one_class_beside_empty", "x,y\n1,a\n2,\n3,a\n", {}, ['every label is "a"']),
    ("all_differ", "x,y\n1,a\n2,b\n3,c\n", {}, ["the label is different in every row (3 rows", "--label"]),
    ("classes_of_one_row", "x,y\n1,a\n2,a\n3,b\n4,c\n", {}, ["two classes with two rows each", "2, 1, 1 rows"]),
    ("question_mark", with_cell("?"), {}, ['train.csv:202, column "x": expected a number, got "?".',
        'Add --missing "?" to treat it as missing, or --categorical x to keep it as categories.']),
    ("hexadecimal", with_cell("0x1F"), {}, ["train.csv:202", '"0x1F"']),
    ("full_width_digits", with_cell("１２"), {}, ["train.csv:202", '"１２"']),
    ("decimal_comma", with_cell('"1,5"'), {}, ["train.csv:202", '"1,5"']),
    ("nan_in_capitals", with_cell("NAN"), {}, ["train.csv:202", '"NAN"']),
    ("a_second_header", with_cell("x"), {}, ["train.csv:202", 'got "x"']),
    ("infinity", with_cell("inf"), {}, ['train.csv:202, column "x": expected a number within float64, got "inf"']),
    ("beyond_float64", with_cell("-1e400"), {}, ["train.csv:202", 'within float64, got "-1e400"']),
    ("long_integer", with_cell("9" * 400), {}, ["train.csv:202", 'within float64, got "99999']),
    ("huge_integer", with_cell("9" * 6000), {}, ["train.csv:202", 'within float64, got "99999', "Empty the cell"]),
    ("huge_integers", f"x,y\n{'9' * 6000},a\n{'8' * 6000},a\n1,b\n2,b\n", {}, ["train.csv:2", "within float64"]),
    ("declared_numeric", "x,y\n1,a\nlow,a\n3,b\n4,b\n", {"numeric": ["x"]}, ["train.csv:3", 'a number, got "low"']),
    ("zip", b"PK\x03\x04rest", {}, ["xlsx", "Export it as CSV"]),
    ("parquet", b"PAR1\x15rest", {}, ["a Parquet file"]),
    ("git_lfs", "version https://git-lfs.github.com/spec/v1\n", {}, ["git-lfs pointer"]),
]  # fmt: skip


@pytest.mark.parametrize(("content", "options", "words"), [case[1:] for case in REFUSED], ids=[c[0] for c in REFUSED])
def test_refused_inputs_say_what_where_and_the_cure(
    write: Write, content: str | bytes, options: dict[str, Any], words: list[str]
) -> None:
    with pytest.raises(InputError) as refused:
        read_table([write(content)], **{"label": "y", **options})
    for expected in words:
        assert expected in str(refused.value)
    assert str(refused.value).isprintable()


MISUSED: list[tuple[str, dict[str, Any], str]] = [
    ("unknown_id", {"ids": ["xx"]}, 'no column "xx". Did you mean "x"?'),
    ("unknown_numeric", {"numeric": ["z"]}, 'no column "z". Columns: "x", "y".'),
    ("unknown_drop", {"drop": ["z"]}, 'no column "z"'),
    ("two_roles", {"numeric": ["x"], "text": ["x"]}, 'column "x" is given both as --numeric and as --text'),
    ("label_as_id", {"ids": ["y"]}, 'column "y" is given both as --label and as --id'),
    ("id_like_the_ranking", {"ids": ["row"]}, 'the id column "row" has the name of a column of the ranking'),
    ("long_delimiter", {"delimiter": ",,"}, "not one ASCII character"),
    ("quote_as_delimiter", {"delimiter": '"'}, "not one ASCII character"),
    ("negative_skip", {"skip": -1}, "--skip must be 0 or more"),
    ("unknown_charset", {"charset": "klingon"}, "there is no charset 'klingon'"),
    ("charset_that_is_none", {"charset": "base64"}, "not a charset for text"),
]


@pytest.mark.parametrize(("options", "words"), [case[1:] for case in MISUSED], ids=[case[0] for case in MISUSED])
def test_wrong_usage_says_what_does_not_fit(write: Write, options: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError) as refused:
        read_table([write(GOOD)], **{"label": "y", **options})
    assert words in str(refused.value)


def test_a_missing_file_is_refused(write: Write) -> None:
    write(GOOD)
    with pytest.raises(InputError, match=r"trian\.csv: no such file"):
        read_table(["trian.csv"], label="y")


def test_a_folder_is_refused(write: Write) -> None:
    write(GOOD)
    with pytest.raises(InputError, match="is a directory"):
        read_table(["."], label="y")


def test_a_device_is_refused() -> None:
    with pytest.raises(InputError, match="not a regular file"):
        read_table(["/dev/zero"], label="y")


def test_standard_input_is_read_once(write: Write) -> None:
    with pytest.raises(UsageError, match="only once"):
        read_table(["-", "-"], label="y")


def test_control_and_bidirectional_characters_in_cells_are_escaped(write: Write) -> None:
    with pytest.raises(InputError) as refused:
        read_table([write(with_cell("\x1b[31m\u202e"))], label="y")
    assert r'got "\x1b[31m\u202e"' in str(refused.value)


def test_structure_and_header_are_refused_without_loading_pandas(write: Write) -> None:
    code = (
        "import sys\n"
        "from labelaudit.errors import InputError\n"
        "from labelaudit.table import read_table\n"
        "for name, label in (('ragged.csv', 'y'), ('good.csv', 'z')):\n"
        "    try:\n"
        "        read_table([name], label=label)\n"
        "    except InputError:\n"
        "        assert not {'pandas', 'torch', 'sklearn'} & set(sys.modules)\n"
        "    else:\n"
        "        raise AssertionError(name)\n"
    )
    write("x,y\n1\n", "ragged.csv")
    write(GOOD, "good.csv")
    subprocess.run([sys.executable, "-c", code], check=True)
