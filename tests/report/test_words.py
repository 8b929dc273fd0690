from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from labelaudit.report import words
from labelaudit.report.words import printable, shortened, width

# letters, an accent that takes no cell, a wide character, one that prints as an escape
TEXTS = st.text("ab é\u0301\u0300\u4e2d\u200b\x07", max_size=40)


@given(TEXTS, st.integers(1, 12))
def test_a_shortened_text_is_the_longest_beginning_that_leaves_a_cell_for_the_ellipsis(text: str, cells: int) -> None:
    whole, shown = printable(text[: 1 + 4 * cells]), shortened(text, cells)
    if width(whole) <= cells:
        assert shown == whole
        return
    kept = shown.removesuffix("…")
    assert whole.startswith(kept)
    assert width(shown) <= cells
    assert width(whole[: len(kept) + 1]) >= cells


@given(TEXTS)
def test_a_width_is_the_sum_of_its_characters(text: str) -> None:
    assert width(text) == sum(width(c) for c in text)


def test_each_character_is_measured_twice_at_the_most(monkeypatch) -> None:
    seen: list[str] = []
    cells_of = words._cells
    monkeypatch.setattr(words, "_cells", lambda c: seen.append(c) or cells_of(c))
    shortened("\u4e2d" * 10_000, 200)
    assert 0 < len(seen) <= 2 * (1 + 4 * 200)
