from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from labelaudit.encode.content import duplicates
from labelaudit.oddities.conflicts import conflicts

SCORES = st.sampled_from([0.0, 0.25, 0.5, 1.0])
tables = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 2), SCORES), max_size=30)


@given(tables)
def test_conflicts_are_those_of_comparing_every_pair(rows: list[tuple[int, int, float]]) -> None:
    content, label, score = (list(part) for part in zip(*rows, strict=True)) if rows else ([], [], [])
    got = conflicts(duplicates(np.array(content, dtype=np.uint64)), np.array(label, dtype=np.int64), np.array(score))
    expected = set()
    for i in range(len(rows)):
        twins = tuple(j for j in range(len(rows)) if content[j] == content[i])
        if any(label[j] != label[i] for j in twins):
            expected.add(twins)
    groups = [tuple(group.tolist()) for group in got.first(len(rows))]
    assert {tuple(sorted(group)) for group in groups} == expected
    for group in groups:
        assert list(group) == sorted(group, key=lambda i: (score[i], i))
    assert len(got) == len(groups) == len(expected)
    assert got.rows == sum(map(len, expected))
    worst = [(score[group[0]], group[0]) for group in groups]
    assert worst == sorted(worst)
    assert [tuple(group.tolist()) for group in got.first(2)] == groups[:2]
