from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from labelaudit.errors import InputError, UsageError
from labelaudit.table import read_table
from refusals import GOOD, REFUSED, with_cell

Write = Callable[..., str]


@pytest.mark.parametrize(("content", "options", "words"), [case[1:] for case in REFUSED], ids=[c[0] for c in REFUSED])
def test_refused_inputs_say_what_where_and_the_cure(
    write: Write, content: str | bytes, options: dict[str, Any], words: list[str]
) -> None:
    with pytest.raises(InputError) as refused:
        read_table([write(content)], **{"label": "y", **options})
    for expected in words:
        assert expected in str(refused.value)
    assert str(refused.value).isprintable()
    assert refused.value.exit_code == 3


def test_there_are_enough_refusals() -> None:
    assert len({case[0] for case in REFUSED}) == len(REFUSED) >= 100


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
    (
        "missing_word_that_is_no_text",
        {"missing": ["\udcff"]},
        r"--missing: expected text that UTF-8 can hold, got '\udcff'",
    ),
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
