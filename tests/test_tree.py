"""The fixed tree over the parts of a sum."""

from __future__ import annotations

import random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from labelaudit.tree import Collected, folded


@given(st.integers(1, 40), st.randoms(use_true_random=False))
def test_parts_in_any_order_have_the_bits_of_parts_in_order(count: int, order: random.Random) -> None:
    parts = [(np.array(value),) for value in np.random.default_rng(count).normal(size=count) ** 9]
    numbers = list(range(count))
    order.shuffle(numbers)
    collected = Collected()
    for number in numbers:
        collected.add(number, parts[number])
    assert collected.whole() == folded(parts)


def test_parts_are_added_as_soon_as_may_be() -> None:
    collected = Collected()
    for number in range(1000):
        collected.add(number, (np.ones(1),))
        assert len(collected._nodes) <= 10  # of as many bits as the number has
    assert collected.whole()[0] == 1000
