"""A worker's side: what it keeps, and how it carries out orders."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelaudit import _core
from labelaudit.blocks import Block, MatrixBlock, on_threads
from labelaudit.cluster.messages import (
    Done,
    Encode,
    Failed,
    Forget,
    Job,
    KeepObject,
    KeepRows,
    Lacks,
    Message,
    Order,
    Read,
    Reply,
    decoded,
    encoded,
)
from labelaudit.cluster.packing import Lacking, unpacked
from labelaudit.cluster.reading import OtherRowsError, read_again
from labelaudit.kernels.blas import one_thread
from labelaudit.kernels.native import stored
from labelaudit.tree import Node, subtrees, with_end_joined

Part = Callable[[Block], Any]


class Store:
    """What a worker keeps for one coordinator: it goes when the coordinator lets go of it, or is gone itself."""

    def __init__(self, threads: int, instruction_set: str) -> None:
        self.threads, self.instruction_set = threads, instruction_set
        self.objects: dict[int, Any] = {}
        self.rows: dict[int, list[tuple[int, int, NDArray[Any]]]] = {}
        self.blocks: dict[int, dict[int, tuple[MatrixBlock, ...]]] = {}
        self._modules = 0

    def settle(self) -> None:
        """Dense algebra runs on one thread from now on, that of libraries as well that came with new modules.

        It stays so: another thread of this process may be at work. Looking for libraries takes milliseconds.
        """
        if len(sys.modules) != self._modules:
            one_thread()
            self._modules = len(sys.modules)

    def forget(self, number: int) -> None:
        """Drops what has this number."""
        for kept in (self.objects, self.rows, self.blocks):
            kept.pop(number, None)

    def keep_rows(self, number: int, start: int, stop: int, values: NDArray[Any]) -> None:
        """Adds rows of an array."""
        pieces = self.rows.setdefault(number, [])
        pieces[:] = [piece for piece in pieces if piece[:2] != (start, stop)] + [(start, stop, values)]


def open_store(threads: int, instruction_set: str) -> Store:
    """An empty store, as a task's result: so dask drops it where its coordinator is gone."""
    return Store(threads, instruction_set)


def answer(store: Store, before: bytes | None, *messages: bytes) -> bytes:
    """Carries out the messages, in their order, and replies to the last one; errors of the work are replies, too.

    before: the last reply, by which dask knows to carry out one task after the other, whatever threads a worker has.
    """
    _core.use_instruction_set(store.instruction_set)
    reply: Reply = Done()
    for data in messages:
        try:
            reply = _answered(store, decoded(data))
        except Lacking as lacking:
            reply = Lacks((lacking.what,))
        except Exception as error:
            reply = Failed(error)
        if not isinstance(reply, Done):
            break
    return _sent(reply)


def _sent(reply: Reply) -> bytes:
    try:
        return encoded(reply)
    except Exception:  # an error that cannot be pickled
        assert isinstance(reply, Failed)
        return encoded(Failed(RuntimeError(f"{type(reply.error).__name__}: {reply.error}")))


def _answered(store: Store, message: Message) -> Reply:
    if isinstance(message, Order):
        return _carried_out(store, message)
    if isinstance(message, Encode):
        return _encode(store, message)
    if isinstance(message, KeepRows):
        store.keep_rows(message.number, message.start, message.stop, message.values)
    elif isinstance(message, KeepObject):
        store.objects[message.number] = message.value
    elif isinstance(message, Forget):
        for number in message.numbers:
            store.forget(number)
    return Done()


def _encode(store: Store, message: Encode) -> Reply:
    """As `encode_blocks` does, of columns that hold the unit's rows in storage order."""
    columns = message.columns
    if isinstance(columns, Read):
        try:
            columns = read_again(columns, store.objects[columns.outline])
        except OtherRowsError:
            return Lacks((("columns", message.unit.number),))
    encoder, first = store.objects[message.encoder], message.unit.start
    store.settle()

    def block(bounds: tuple[int, int, int]) -> MatrixBlock:
        start, stop, fold = bounds
        x = encoder.encode(columns, np.arange(start - first, stop - first))
        return MatrixBlock(start, stop, fold, stored(x, message.precision))

    made = tuple(on_threads(block, message.unit.bounds, store.threads))
    store.blocks.setdefault(message.blocks, {})[message.unit.number] = made
    return Done()


def _carried_out(store: Store, order: Order) -> Reply:
    there = store.blocks.get(order.blocks, {})
    missing = [job.unit for job in order.jobs if job.unit not in there]
    if missing:
        return Lacks(tuple(("blocks", unit) for unit in missing))
    if order.verb == "ready":
        return Done()
    part, stand_ins = unpacked(order.call, store)
    store.settle()
    try:
        return _summed(store, order, part) if order.verb == "sum" else _mapped(store, order, part)
    except TypeError:
        if not stand_ins:
            raise
        return Lacks(tuple(("whole", number) for number in sorted(stand_ins)))  # a stand-in where an array must be


def _summed(store: Store, order: Order, part: Part) -> Done:
    there = store.blocks[order.blocks]

    def work(job: Job) -> list[Node]:
        blocks = there[job.unit]
        return subtrees(Node(number, 0, part(blocks[place])) for place, number in job.blocks)

    found = on_threads(work, order.jobs, store.threads)
    joined = subtrees(node for nodes in found for node in nodes)
    return Done(nodes=tuple(with_end_joined(joined, order.count)))


def _mapped(store: Store, order: Order, part: Part) -> Done:
    there = store.blocks[order.blocks]

    def work(job: Job) -> tuple[int, int, NDArray[Any]]:
        blocks = there[job.unit]
        values = np.ascontiguousarray(np.concatenate([part(block) for block in blocks]))
        return blocks[0].start, blocks[-1].stop, values

    rows = tuple(on_threads(work, order.jobs, store.threads))
    for start, stop, values in rows:
        store.keep_rows(order.keep_as, start, stop, values)
    return Done(rows=rows)
