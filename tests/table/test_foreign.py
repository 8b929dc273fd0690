from __future__ import annotations

import pytest

from labelaudit.table.foreign import how_to_write, is_foreign_number

FOREIGN = [
    "1,5",
    "-1,5e3",
    "1,234",
    "1,234.5",
    "12,34,567",
    "1.234,5",
    "1 000",
    "1'000",
    "'1.5'",
    "'7'",
    "１２",
    "−5",
    " ",
]
OTHER = ["", "a", "1,2,3", "192.168.0.1", "12.03.2020", "1-2", "0x1F", "'a'", "5 cm", "1,", ",5", "1.2.3", "12:30"]


@pytest.mark.parametrize("word", FOREIGN)
def test_numbers_in_other_notations_are_known(word):
    assert is_foreign_number(word)
    assert how_to_write(word)


@pytest.mark.parametrize("word", OTHER)
def test_words_are_not_taken_for_numbers(word):
    assert not is_foreign_number(word)
    assert how_to_write(word) == ""
