from __future__ import annotations

import json
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelaudit.jsontext import dumps, is_unsafe

ANY_TEXT = st.text(st.characters(categories=["L", "N", "P", "C", "Z", "M", "S"]), max_size=20)
VALUES = st.recursive(ANY_TEXT | st.integers() | st.floats(allow_nan=False, allow_infinity=False), st.lists)


@given(VALUES, st.sampled_from([None, 1]))
def test_it_parses_back_and_no_character_is_unsafe(value, indent):
    text = dumps(value, indent=indent)
    assert json.loads(text) == value
    assert not any(is_unsafe(c) for c in text if c != "\n")
    assert json.dumps(value, indent=indent) == json.dumps(json.loads(text), indent=indent)


def test_plain_letters_of_any_script_stay_as_they_are():
    assert dumps("Grün 猫 🐱") == '"Grün 猫 🐱"'


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_number_that_is_not_finite_is_refused(value):
    with pytest.raises(ValueError, match="not JSON compliant"):
        dumps([value])


def test_unsafe_is_what_unicode_calls_other_or_a_line_end():
    for code in range(0, sys.maxunicode + 1, 7):
        category = unicodedata.category(chr(code))
        assert is_unsafe(chr(code)) == (category[0] == "C" or category in ("Zl", "Zp"))
