"""Files that are TOML, and the lines of their keys."""

from __future__ import annotations

from pathlib import Path

import pytest

from labelaudit.cli.configuration.toml_file import TomlFile


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("seed = 1\nlabel = \n", "labelaudit.toml: expected TOML: Invalid value (at line 2, column 9)."),
        ("seed = 1\n[audit\n", "(at line 2, column"),
        ("seed = 1\nseed = 2\n", "(at line 2, column"),
        ("a = 1\nb = '''\n\n", "(at the end, line 2)"),
        ("a = " + "[" * 3000, "nested too deep"),
    ],
)
def test_what_is_no_toml_is_refused_with_its_line(refused, text, words):
    assert words in refused(text)


def test_other_bytes_than_utf8_are_refused(call, folder):
    (folder / "labelaudit.toml").write_bytes(b'label = "\xe9"\n')
    code, _, err = call("audit", "train.csv")
    assert (code, err) == (2, "labelaudit: labelaudit.toml: expected UTF-8, got other bytes at byte 10.\n")


def test_a_table_of_ours_must_be_one(call, folder):
    (folder / "pyproject.toml").write_text("[tool]\nlabelaudit = 3\n")
    assert call("config")[::2] == (2, "labelaudit: pyproject.toml: expected a table [tool.labelaudit].\n")


def test_a_byte_order_mark_and_windows_line_ends_do_not_matter(folder, in_force):
    (folder / "labelaudit.toml").write_bytes(b"\xef\xbb\xbf# one\r\nseed = 3\r\n")
    assert in_force()["seed"] == (3, "labelaudit.toml:2")


def test_a_key_is_found_at_the_line_where_it_begins():
    text = '# label = 1\nx = """\nlabel = 2\n"""\n\nlist = [ # one\n  1,\n\n  2,\n]\n"la.bel" = 4\n'
    text += "a.b.c = 5\n[t]\n[t.u]\nz = {q = 1}\n"
    import tomllib

    lines = TomlFile(Path("x"), text, (), tomllib.loads(text)).lines
    assert {".".join(k): n for k, n in lines.items()} == {
        **{"x": 2, "list": 6, "la.bel": 11, "a": 12, "a.b": 12, "a.b.c": 12},
        **{"t": 13, "t.u": 14, "t.u.z": 15, "t.u.z.q": 15},
    }
