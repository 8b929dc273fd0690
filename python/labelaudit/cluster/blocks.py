"""Row blocks on a cluster's workers, with the two verbs of all row blocks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from math import log2
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from labelaudit._core import CsrMatrix
from labelaudit.blocks import Block, Layout, RowBlocks
from labelaudit.cluster.grid import Grid
from labelaudit.cluster.messages import (
    Bounds,
    Done,
    Encode,
    Failed,
    Job,
    KeepObject,
    KeepRows,
    Lack,
    Lacks,
    Message,
    Order,
    There,
    Unit,
    Verb,
    jobs_of,
    rows_in_order,
)
from labelaudit.cluster.origin import Origin
from labelaudit.cluster.packing import packed
from labelaudit.encode.encoder import Encoder
from labelaudit.encode.text import TfIdf
from labelaudit.kernels.native import Precision
from labelaudit.table.table import Column, Table
from labelaudit.tree import Sum, whole

PARCEL_BYTES = 32 * 2**20  # of rows that are sent at a time
MAP_ROWS = 1 << 20  # about as many come back at a time
UNITS = 4  # a thread, at the least: what a lost worker had is shared among the others


@dataclass(frozen=True)
class Rows:
    """Rows to be encoded where their blocks will be."""

    encoder: Encoder
    columns: Sequence[Column]
    layout: Layout
    precision: Precision
    origin: Origin | None = None
    outline: Table | None = None  # the origin's


@dataclass(frozen=True, eq=False)
class ClusterBlocks(RowBlocks):
    """Row blocks whose rows are on the workers; parts of sums and maps are sent there, see `packing`.

    A sum's subtrees come back, and the fixed tree joins them: the bits are those of one process.
    """

    grid: Grid = field(kw_only=True)
    source: Rows = field(kw_only=True)
    units: tuple[Unit, ...] = field(kw_only=True)
    owner: list[str] = field(kw_only=True)  # the address of each unit's worker
    place: tuple[tuple[int, int], ...] = field(kw_only=True)  # each block's unit, and its place there
    to_send: set[int] = field(default_factory=set, kw_only=True)  # units that workers cannot read by themselves

    def for_passes(self, outputs: int) -> RowBlocks:
        """These rows, which the workers know: every pass is theirs."""
        return self

    def sum(
        self,
        part: Callable[[Block], Sum],
        *,
        keep: Callable[[Block], bool] | None = None,
        at_once: Callable[[Sequence[Block]], Sum | None] | None = None,
    ) -> Sum:
        """The sum over blocks of a tuple of arrays, in the fixed tree; `keep` leaves out whole blocks.

        Workers take block by block: at_once serves blocks that are at hand.
        """
        chosen = [place for block, place in zip(self.blocks, self.place, strict=True) if keep is None or keep(block)]
        if not chosen:
            raise ValueError("a sum over no blocks has no shape")
        done = self._done("sum", jobs_of(chosen), self._packed(part))
        return whole(sorted((node for d in done for node in d.nodes), key=lambda node: node.start))

    def map(self, part: Callable[[Block], NDArray[Any]]) -> NDArray[Any]:
        """Row-aligned results of every block, joined in storage order; they stay on the workers as well."""
        joined: list[NDArray[Any]] = []
        number = self.grid.numbers.new()
        try:
            for done in self._done("map", jobs_of(self.place), self._packed(part), number):
                for start, stop, values in done.rows:
                    if not joined:
                        joined.append(np.empty((self.rows, *values.shape[1:]), values.dtype))
                    joined[0][start:stop] = values
        except BaseException:
            self.grid.numbers.given_up.append(number)
            raise
        self.grid.numbers.number(joined[0], number)
        return joined[0]

    def make(self) -> None:
        """Has the rows encoded; raises InputError for what cannot be stored, as `encode_blocks` does."""
        for _ in self._done("ready", [Job(unit.number, ()) for unit in self.units]):
            pass

    def _packed(self, part: Callable[[Block], Any]) -> bytes:
        return packed(part, self.grid.numbers, {self.rows})

    def _done(self, verb: Verb, jobs: Sequence[Job], call: bytes = b"", keep_as: int = -1) -> Iterator[Done]:
        """What the workers reply to the jobs, in any order; what they lack is sent, and what is lost is done anew."""
        number = self.grid.numbers.number(self)
        pending, count = {job.unit: job for job in jobs}, sum(len(job.blocks) for job in jobs)
        while pending:
            failed: list[tuple[int, BaseException]] = []
            lacking: list[tuple[str, Lack, tuple[int, ...]]] = []
            orders = [
                (address, some, self.grid.ask(address, [Order(verb, number, tuple(some), call, keep_as, count)]))
                for address, some in self._shared_out(verb, list(pending.values()))
            ]
            for address, some, future in orders:
                reply = self.grid.reply(address, future)
                units = tuple(job.unit for job in some)
                if reply is None:
                    self._move(address)
                elif isinstance(reply, Failed):
                    failed.append((units[0], reply.error))
                elif isinstance(reply, Done):
                    for unit in units:
                        del pending[unit]
                    yield reply
                else:
                    lacking += [(address, what, units) for what in reply.what]
            if failed:
                raise min(failed, key=lambda each: each[0])[1]
            self._supply(lacking)

    def _shared_out(self, verb: Verb, jobs: Sequence[Job]) -> list[tuple[str, list[Job]]]:
        """Jobs by their worker: all of a worker at once, but for a map, whose results are large, some at a time."""
        shares: dict[str, list[Job]] = {}
        for job in jobs:
            shares.setdefault(self.owner[job.unit], []).append(job)
        if verb != "map":
            return list(shares.items())
        units = max(1, MAP_ROWS * len(self.units) // self.rows)
        return [(a, some[i : i + units]) for a, some in shares.items() for i in range(0, len(some), units)]

    def _move(self, lost: str) -> None:
        """Units of a worker that is lost go to the others."""
        units = [unit for unit, address in enumerate(self.owner) if address == lost]
        for unit, address in zip(units, self.grid.owners(len(units)), strict=True):
            self.owner[unit] = address

    def _supply(self, lacking: Sequence[tuple[str, Lack, tuple[int, ...]]]) -> None:
        """Sends what is lacking, to all workers at a time, two parcels each at the most."""
        queues: dict[str, dict[tuple[Lack, tuple[int, ...]], None]] = {}
        for address, what, units in lacking:
            queues.setdefault(address, {}).update(dict.fromkeys(self._parcels(what, units)))
        on_the_way: list[tuple[str, Any]] = []
        for wave in zip_longest(*([(address, *parcel) for parcel in some] for address, some in queues.items())):
            sent = [(each[0], self.grid.ask(each[0], self._messages(*each))) for each in wave if each is not None]
            self._received(on_the_way)  # while the workers unpack what has just been sent
            on_the_way = sent
        self._received(on_the_way)

    def _received(self, parcels: Sequence[tuple[str, Any]]) -> None:
        """Waits until the workers have these, and notes what they could not read; raises what failed."""
        for address, future in parcels:
            reply = self.grid.reply(address, future)
            if reply is None:
                self._move(address)
            elif isinstance(reply, Failed):
                raise reply.error
            elif isinstance(reply, Lacks):
                self.to_send.update(number for kind, number in reply.what if kind == "columns")

    def _parcels(self, what: Lack, units: tuple[int, ...]) -> list[tuple[Lack, tuple[int, ...]]]:
        """What is sent at once: rows of as many units as make PARCEL_BYTES, or one thing."""
        kind, number = what
        thing = self.grid.numbers.thing(number) if kind == "rows" else None
        if thing is None or len(thing) != self.rows:
            return [(("whole", number) if kind == "rows" else what, ())]
        count = max(1, PARCEL_BYTES * len(self.units) // thing.nbytes)
        return [(what, units[i : i + count]) for i in range(0, len(units), count)]

    def _messages(self, address: str, what: Lack, units: tuple[int, ...]) -> list[Message]:
        """What makes up for something that is lacking."""
        kind, number = what
        if kind == "blocks":
            return self._encode(address, self.units[number])
        thing = self.grid.numbers.thing(number)
        if kind == "rows":
            bounds = [(self.units[unit].start, self.units[unit].stop) for unit in units]
            return [KeepRows(number, a, b, rows_in_order(thing[a:b])) for a, b in bounds]
        return [KeepObject(number, _outline(thing) if isinstance(thing, RowBlocks) else thing)]

    def _encode(self, address: str, unit: Unit) -> list[Message]:
        """The rows of a unit, or where to read them, with what the worker has not seen of what that takes."""
        source, numbers, messages = self.source, self.grid.numbers, list[Message]()

        def known(thing: Any) -> int:
            number = numbers.number(thing)
            if not self.grid.has(address, number):
                messages.append(KeepObject(number, thing))
            return number

        rows = source.layout.order[unit.start : unit.stop]
        columns: Any = tuple(Column(c.name, c.kind, c.values[rows]) for c in source.columns)
        if source.origin is not None and source.outline is not None and unit.number not in self.to_send:
            columns = source.origin.read(known(source.outline), rows, columns)
        encode = Encode(numbers.number(self), unit, known(source.encoder), source.precision, columns)
        return [*messages, encode]


def _outline(blocks: RowBlocks) -> RowBlocks:
    """What a part may ask of the blocks beside its own: their bounds and sizes."""
    bounds = tuple(There(block.start, block.stop, block.fold) for block in blocks.blocks)
    return RowBlocks(cast("tuple[Block, ...]", bounds), blocks.rows, blocks.cols, blocks.threads)


def encode_on_cluster(
    grid: Grid, encoder: Encoder, columns: Sequence[Column], layout: Layout, *, threads: int, precision: Precision
) -> ClusterBlocks:
    """Every row, encoded, as `encode_blocks` does, on the workers; `threads` are the coordinator's own."""
    size = unit_size(len(layout.bounds), grid.threads)
    units = tuple(_units(layout.bounds, size))
    _, origin = grid.origins.get(id(columns), (None, None))
    source = Rows(encoder, columns, layout, precision, origin, None if origin is None else origin.outline())

    x = _no_rows() if any(isinstance(e, TfIdf) for e in encoder.columns) else None
    there = cast("tuple[Block, ...]", tuple(There(*bounds, x) for bounds in layout.bounds))
    place = tuple((i // size, i % size) for i in range(len(there)))
    blocks = ClusterBlocks(
        *(there, layout.rows, len(encoder.names), threads),
        grid=grid,
        source=source,
        units=units,
        owner=grid.owners(len(units)),
        place=place,
    )
    blocks.make()
    return blocks


def unit_size(blocks: int, threads: int) -> int:
    """The blocks of a unit: a power of two, so that units are subtrees, of which a thread gets UNITS or some more."""
    return 1 << max(0, int(log2(max(1.0, blocks / (UNITS * threads)))))


def _no_rows() -> CsrMatrix:
    return CsrMatrix(np.zeros(1, dtype=np.int64), np.zeros(0, dtype=np.int32), np.zeros(0), 1)


def _units(bounds: Sequence[Bounds], size: int) -> Iterator[Unit]:
    for number, first in enumerate(range(0, len(bounds), size)):
        some = tuple(bounds[first : first + size])
        yield Unit(number, some[0][0], some[-1][1], some)
