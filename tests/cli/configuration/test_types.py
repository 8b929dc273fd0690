"""Values of the type that the option takes, and others."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("label = 3", 'labelaudit.toml:1, key "label": expected a text in quotes, got 3.'),
        ("label = ['y']", 'key "label": expected a text in quotes, got ["y"].'),
        ("strict = 'yes'", 'key "strict": expected true or false, got "yes".'),
        ("strict = 1", 'key "strict": expected true or false, got 1.'),
        ("threads = 1.5", 'key "threads": expected a whole number, got 1.5.'),
        ("threads = true", 'key "threads": expected a whole number, got true.'),
        ("threads = 0", 'key "threads": 0 is not in the range x>=1.'),
        ("max-fdr = '0.1'", 'key "max-fdr": expected a number, got "0.1".'),
        ("max-fdr = 2", "--max-fdr: expected a share from 0 to 1, got 2.0"),
        ("l2 = 'much'", "key \"l2\": expected auto or a finite number, got 'much'."),
        ("l2 = true", 'key "l2": expected auto or a number, got true.'),
        ("drop = ['a', 3]", 'key "drop": expected a list of texts in quotes, got ["a", 3].'),
        ("drop = 2020-01-01", 'key "drop": expected a list of texts in quotes, got "2020-01-01".'),
        ("encoding = 'splin'", "key \"encoding\": 'splin' is not one of 'auto', 'linear'"),
        ("encoding = 1", 'key "encoding": expected one of "auto", "linear"'),
    ],
)
def test_a_wrong_type_is_refused_with_what_is_expected(refused, text, words):
    found = refused(text if text.startswith("label") else f"{text}\nlabel = 'y'\n")
    assert words in " ".join(found.split())


def test_one_value_stands_for_a_list_of_one(folder, in_force):
    (folder / "labelaudit.toml").write_text('drop = "mean radius"\n')
    assert in_force()["drop"] == (["mean radius"], "labelaudit.toml:1")


@pytest.mark.parametrize(
    ("variable", "text", "option", "value"),
    [
        ("LABELAUDIT_DROP", "mean radius", "drop", ["mean radius"]),
        ("LABELAUDIT_DROP", '["mean radius", "x"]', "drop", ["mean radius", "x"]),
        ("LABELAUDIT_STRICT", "true", "strict", True),
        ("LABELAUDIT_STRICT", "0", "strict", False),
        ("LABELAUDIT_L2", "0.5", "l2", 0.5),
        ("LABELAUDIT_AUDIT_TOP", "7", "top", 7),
    ],
)
def test_variables_are_texts_or_lists(in_force, monkeypatch, variable, text, option, value):
    monkeypatch.setenv(variable, text)
    assert in_force()[option] == (value, variable)


@pytest.mark.parametrize(
    ("variable", "text", "words"),
    [
        ("LABELAUDIT_STRICT", "perhaps", "LABELAUDIT_STRICT: 'perhaps' is not a valid boolean"),
        ("LABELAUDIT_THREADS", "two", "LABELAUDIT_THREADS: 'two' is not a valid integer"),
        ("LABELAUDIT_DROP", "[x", "LABELAUDIT_DROP: expected a list of texts in quotes, got [x."),
        ("LABELAUDIT_DROP", "[1]", "LABELAUDIT_DROP: expected a list of texts in quotes"),
    ],
)
def test_a_variable_that_does_not_fit_is_refused_by_name(call, monkeypatch, variable, text, words):
    monkeypatch.setenv(variable, text)
    code, out, err = call("audit", "train.csv", "--label", "label")
    assert (code, out) == (2, "")
    assert words in err


def test_a_flag_of_a_file_can_be_turned_off_by_a_variable(folder, in_force, monkeypatch):
    (folder / "labelaudit.toml").write_text("strict = true\n")
    assert in_force()["strict"][0] is True
    monkeypatch.setenv("LABELAUDIT_STRICT", "false")
    assert in_force()["strict"][0] is False


def test_the_wrong_form_for_one_command_names_the_table(call, folder):
    (folder / "labelaudit.toml").write_text('format = "sarif"\n')
    code, _, err = call("explain", "x", "1")
    assert code == 2
    assert "What one command alone takes stands in a table of its name." in err


def test_debug_may_stand_in_a_file(call, folder):
    (folder / "labelaudit.toml").write_text('debug = true\nlabel = "label"\n')
    code, _, err = call("audit", "nothing.csv")
    assert code == 3
    assert "Traceback" in err
