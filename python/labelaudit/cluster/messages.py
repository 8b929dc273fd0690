"""What goes between the coordinator and the workers: orders, what to keep, and replies, each as bytes."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from labelaudit.kernels.native import Precision
from labelaudit.table.table import Column
from labelaudit.tree import Node

Verb = Literal["ready", "sum", "map"]
Bounds = tuple[int, int, int]
Lack = tuple[Literal["blocks", "columns", "object", "rows", "whole"], int]  # of a unit, an object or an array


@dataclass(frozen=True)
class There:
    """What the coordinator knows of a block: its bounds, and in `x` an empty CsrMatrix where its rows are sparse."""

    start: int
    stop: int
    fold: int
    x: Any = None


@dataclass(frozen=True)
class Unit:
    """Blocks that live together: rows start to stop of the storage order."""

    number: int
    start: int
    stop: int
    bounds: tuple[Bounds, ...]


@dataclass(frozen=True)
class Job:
    """Some blocks of a unit, by their place in it, and the number that each has among all chosen blocks."""

    unit: int
    blocks: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Order:
    """Work on blocks: the part is `call`, as `packing.packed` has it.

    keep_as: what the results of a map are called. count: how many blocks are chosen for a sum, at all workers.
    """

    verb: Verb
    blocks: int
    jobs: tuple[Job, ...]
    call: bytes = b""
    keep_as: int = -1
    count: int = 0


@dataclass(frozen=True)
class KeepObject:
    """An object, or a whole array, under its number."""

    number: int
    value: Any


@dataclass(frozen=True)
class KeepRows:
    """Rows start to stop of an array, in storage order, under its number."""

    number: int
    start: int
    stop: int
    values: NDArray[Any]


@dataclass(frozen=True)
class Segment:
    """Records of one file: its bytes start to stop, or of a Parquet file its rows."""

    path: str
    format: str
    start: int
    stop: int
    header: tuple[str, ...]
    delimiter: str
    label: str


@dataclass(frozen=True)
class Read:
    """So many labelled rows of segments; pick: those that are meant, in storage order; digests of their columns.

    outline: the number of an object, the table without rows.
    """

    outline: int
    segments: tuple[Segment, ...]
    rows: int
    pick: NDArray[Any]
    missing: tuple[str, ...]
    digests: tuple[bytes, ...]


@dataclass(frozen=True)
class Encode:
    """A unit's rows in storage order, as typed columns or as where to read them, to be encoded and kept as blocks."""

    blocks: int
    unit: Unit
    encoder: int
    precision: Precision
    columns: tuple[Column, ...] | Read


@dataclass(frozen=True)
class Forget:
    """Numbers of objects, arrays and blocks that nobody will ask for again."""

    numbers: tuple[int, ...]


Message = Order | KeepObject | KeepRows | Encode | Forget


@dataclass(frozen=True)
class Done:
    """Subtrees of a sum, numbered among all chosen blocks, or the rows start to stop of a map."""

    nodes: tuple[Node, ...] = ()
    rows: tuple[tuple[int, int, NDArray[Any]], ...] = ()


@dataclass(frozen=True)
class Lacks:
    """What has to be there before the order can be carried out."""

    what: tuple[Lack, ...]


@dataclass(frozen=True)
class Failed:
    """An error of the work itself."""

    error: BaseException


Reply = Done | Lacks | Failed


def encoded(message: Message | Reply) -> bytes:
    """As bytes."""
    return pickle.dumps(message, protocol=5)


def decoded(data: bytes) -> Any:
    """From bytes that came from our own side."""
    return pickle.loads(data)


def rows_in_order(values: NDArray[Any]) -> NDArray[Any]:
    """A copy with the order in memory that its kind of array has: what is computed with it depends on that."""
    return np.array(values, order="K")


def jobs_of(chosen: Sequence[tuple[int, int]]) -> list[Job]:
    """The chosen blocks, as (unit, place in the unit) in storage order, unit by unit."""
    by_unit: dict[int, list[tuple[int, int]]] = {}
    for number, (unit, place) in enumerate(chosen):
        by_unit.setdefault(unit, []).append((place, number))
    return [Job(unit, tuple(blocks)) for unit, blocks in by_unit.items()]
