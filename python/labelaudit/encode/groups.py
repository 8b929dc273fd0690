"""Folds that keep rows together which belong together: rows of one group, and exact duplicates."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from labelaudit.encode.content import FOLDS, Hashes, by_content, mixed
from labelaudit.threads import importing

Codes = NDArray[np.int64]

DEALS = 20  # orders that are tried until every class stands in two folds


def joined(hashes: Hashes, group: Codes) -> Codes:
    """Which rows belong together, (rows,) numbers from 0: those of one group or with one hash, and so on through both.

    A negative group is no group. Connected components of the graph whose nodes are groups and hashes, a row being an
    edge between its two.
    """
    with importing:
        from scipy.sparse import coo_array
        from scipy.sparse.csgraph import connected_components

    _, content = np.unique(hashes, return_inverse=True)
    _, found = np.unique(group, return_inverse=True)
    contents, nodes = int(content.max(initial=-1)) + 1, len(hashes) + int(found.max(initial=-1)) + 1
    has = group >= 0
    edges = (np.ones(int(has.sum()), dtype=np.int8), (content[has], contents + found[has]))
    _, component = connected_components(coo_array(edges, shape=(nodes, nodes)).tocsr(), directed=False)
    _, of = np.unique(component[content], return_inverse=True)
    return of.astype(np.int64)


def folds_of_groups(hashes: Hashes, codes: Codes, group: Codes, count: int = FOLDS) -> Codes:
    """A fold of 0 .. count - 1 for every row, (rows,), the same for all rows of a group; groups number from 0.

    Every class is to stand in two folds, so that something is left to learn it from: where the first deal does not
    achieve that, others are tried.
    """
    codes = by_content(hashes, codes)
    sums = np.zeros(int(group.max(initial=-1)) + 1, dtype=np.uint64)
    np.add.at(sums, group, hashes)
    for salt in range(DEALS):
        fold = _dealt(mixed(sums + np.uint64(salt)), codes, group, min(count, len(sums)))[group]
        if min((len(np.unique(fold[codes == c])) for c in np.unique(codes)), default=2) > 1:
            break
    return fold


def _dealt(keys: Hashes, codes: Codes, group: Codes, count: int) -> Codes:
    """A fold for every group: class by class, those with the most rows first, back and forth over the folds.

    The class that stands in the fewest groups comes first, and takes all its groups; each class begins with the folds
    that have fewest of its rows. keys (groups,) decide between groups of one size.
    """
    of_class = [np.bincount(group[codes == c], minlength=len(keys)) for c in range(int(codes.max(initial=-1)) + 1)]
    size = np.bincount(group, minlength=len(keys))
    fold = np.full(len(keys), -1, dtype=np.int64)
    for rows in sorted(of_class, key=np.count_nonzero):
        there = fold >= 0
        so_far, filled = (np.bincount(fold[there], weights=w[there], minlength=count) for w in (rows, size))
        turn = np.lexsort((np.arange(count), filled, so_far))
        mine = np.flatnonzero((rows > 0) & ~there)
        mine = mine[np.lexsort((keys[mine], -size[mine], -rows[mine]))]
        place = np.arange(len(mine)) % (2 * count)
        fold[mine] = turn[np.where(place < count, place, 2 * count - 1 - place)]
    return fold
