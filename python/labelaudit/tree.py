"""One fixed binary tree over the parts of a sum: the same bits however the parts are handed out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from operator import attrgetter
from threading import Lock

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Sum = tuple[Array, ...]


@dataclass(frozen=True)
class Node:
    """The sum of 2 ** height parts from `start` on, a multiple of 2 ** height: a whole subtree of the fixed tree."""

    start: int
    height: int
    total: Sum


def subtrees(nodes: Iterable[Node]) -> list[Node]:
    """Subtrees in the order of their parts, joined as far as the fixed tree joins them; sums given may be added to."""
    stack: list[Node] = []
    for node in nodes:
        while stack and _are_siblings(stack[-1], node):
            left = stack.pop()
            node = Node(left.start, left.height + 1, _add(left.total, node.total, into_left=left.height > 0))
        stack.append(node)
    return stack


def _are_siblings(left: Node, right: Node) -> bool:
    return left.height == right.height and left.start % (2 << left.height) == 0 and _are_neighbours(left, right)


def with_end_joined(nodes: Iterable[Node], count: int) -> list[Node]:
    """Subtrees with those at the end of all `count` parts as one, which the tree joins to no other but at the last.

    These are the ones that follow a higher one: whatever stands before, nothing of their height comes to stand there.
    """
    left = list(nodes)
    if not left or left[-1].start + (1 << left[-1].height) != count:
        return left
    end: list[Node] = []
    while len(left) > 1 and left[-2].height > left[-1].height and _are_neighbours(left[-2], left[-1]):
        end.insert(0, left.pop())
    return [*left, Node(end[0].start, -1, whole(end))] if end else left


def _are_neighbours(left: Node, right: Node) -> bool:
    return left.start + (1 << left.height) == right.start


def whole(nodes: Iterable[Node]) -> Sum:
    """The sum of all parts from their subtrees, in order; what the tree does not join is added from the last one on."""
    joined = subtrees(nodes)
    total = joined.pop().total
    while joined:
        left = joined.pop()
        total = _add(left.total, total, into_left=left.height > 0)
    return total


def folded(parts: Iterable[Sum]) -> Sum:
    """A binary-counter sum, (0 + 1) + (2 + 3), ..: one tree over all parts; `csrc/tree_sum.hpp` adds alike."""
    return whole(Node(i, 0, part) for i, part in enumerate(parts))


class Collected:
    """Parts of a sum that come in any order, from any thread, each added as soon as the tree lets it: few are held."""

    def __init__(self) -> None:
        self._nodes: dict[tuple[int, int], Node] = {}  # by height and start
        self._lock = Lock()

    def add(self, number: int, part: Sum) -> None:
        """The part of this number, from 0."""
        node = Node(number, 0, part)
        while True:
            with self._lock:
                other = self._nodes.pop((node.height, node.start ^ (1 << node.height)), None)
                if other is None:
                    self._nodes[node.height, node.start] = node
                    return
            left, right = sorted((node, other), key=attrgetter("start"))
            node = Node(left.start, left.height + 1, _add(left.total, right.total, into_left=left.height > 0))

    def whole(self) -> Sum:
        """The sum of all parts, none of which is missing: what `folded` makes of them."""
        return whole(sorted(self._nodes.values(), key=attrgetter("start")))


def _add(left: Sum, right: Sum, *, into_left: bool) -> Sum:
    """The sum of both; into_left: left is a sum itself, which nobody else holds, and takes it if it can."""

    def added(a: Array, b: Array) -> Array:
        here = into_left and isinstance(a, np.ndarray) and a.flags.writeable
        return np.add(a, b, out=a) if here else a + b

    return tuple(added(a, b) for a, b in zip(left, right, strict=True))
