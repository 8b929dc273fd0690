"""Parts of sums and maps as bytes: functions by value, and arrays of rows by a number.

A part is a closure over arrays as long as the table. What it needs of these are the rows of its block: so an array is
sent once, each worker gets the rows of its own blocks when they are first asked for, and from then on a number stands
for it. On a worker a `StandIn` answers for the rows that are there.
"""

from __future__ import annotations

import io
import pickle
import weakref
from collections import deque
from collections.abc import Callable
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any

import cloudpickle
import numpy as np
from numpy.typing import NDArray

from labelaudit.blocks import RowBlocks
from labelaudit.cluster.messages import Lack

if TYPE_CHECKING:
    from labelaudit.cluster.store import Store

SMALL_ROWS = 1 << 14  # bytes; a smaller array of rows goes with the part
SMALL = 1 << 20  # bytes of any other array


class Numbers:
    """The coordinator's objects that workers know by a number; a number is given up with its object."""

    def __init__(self) -> None:
        self._next = count()
        self._of: dict[int, int] = {}  # by id(), which is good for as long as the object lives
        self._objects: dict[int, weakref.ref[Any]] = {}
        self.given_up: deque[int] = deque()

    def new(self) -> int:
        """A number for something that will be there."""
        return next(self._next)

    def number(self, thing: Any, number: int | None = None) -> int:
        """The thing's number; an array must not change any more, and can not."""
        known = self._of.get(id(thing))
        if known is not None:
            return known
        number = self.new() if number is None else number
        if isinstance(thing, np.ndarray):
            thing.flags.writeable = False
        self._of[id(thing)] = number
        self._objects[number] = weakref.ref(thing, partial(self._gone, id(thing), number))
        return number

    def thing(self, number: int) -> Any:
        """What has this number."""
        return self._objects[number]()

    def _gone(self, key: int, number: int, _: Any) -> None:
        del self._of[key], self._objects[number]
        self.given_up.append(number)


class _Packer(cloudpickle.Pickler):  # type: ignore[misc]
    def __init__(self, file: io.BytesIO, numbers: Numbers, lengths: set[int]) -> None:
        super().__init__(file, protocol=5)
        self._numbers, self._lengths = numbers, lengths

    def persistent_id(self, thing: Any) -> Any:
        if isinstance(thing, RowBlocks):
            return "object", self._numbers.number(thing)
        if type(thing) is np.ndarray and thing.ndim and not thing.dtype.hasobject:
            least = SMALL_ROWS if len(thing) in self._lengths else SMALL
            if thing.nbytes >= least:
                return "array", self._numbers.number(thing), thing.shape
        return None


def packed(part: Callable[..., Any], numbers: Numbers, lengths: set[int]) -> bytes:
    """The part as bytes; arrays with one of these lengths, and other large ones, by their numbers."""
    file = io.BytesIO()
    _Packer(file, numbers, lengths).dump(part)
    return file.getvalue()


class Lacking(Exception):  # noqa: N818 - no error: it says what to send
    """Something that is not on the worker is asked for."""

    def __init__(self, what: Lack) -> None:
        super().__init__(what)
        self.what = what


class StandIn:
    """An array of which some rows are on the worker: a slice of these is an array, all else asks for the whole."""

    __array_priority__ = 1000.0

    def __init__(self, store: Store, number: int, shape: tuple[int, ...]) -> None:
        self._store, self._number, self.shape = store, number, shape

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, index: Any) -> NDArray[Any]:
        first, *others = index if isinstance(index, tuple) else (index,)
        if not isinstance(first, slice) or first.step is not None or first.start is None or first.stop is None:
            raise Lacking(("whole", self._number))
        for start, stop, values in self._store.rows.get(self._number, ()):
            if start <= first.start and first.stop <= stop:
                out: NDArray[Any] = values[(slice(first.start - start, first.stop - start), *others)]
                return out
        raise Lacking(("rows", self._number))

    def _whole(self, *others: Any, **named: Any) -> Any:
        raise Lacking(("whole", self._number))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and not name.startswith("__array"):
            raise AttributeError(name)
        raise Lacking(("whole", self._number))

    __array__ = __array_ufunc__ = __array_function__ = __iter__ = __matmul__ = __rmatmul__ = _whole
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = __neg__ = _whole


class _Unpacker(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, store: Store) -> None:
        super().__init__(file)
        self._store = store
        self.stand_ins: set[int] = set()

    def persistent_load(self, pid: Any) -> Any:
        kind, number, *shape = pid
        if number in self._store.objects:
            return self._store.objects[number]
        if kind == "object":
            raise Lacking(("object", number))
        self.stand_ins.add(number)
        return StandIn(self._store, number, *shape)


def unpacked(data: bytes, store: Store) -> tuple[Callable[..., Any], set[int]]:
    """The part on a worker, and the numbers of the arrays that it has stand-ins of."""
    unpacker = _Unpacker(io.BytesIO(data), store)
    return unpacker.load(), unpacker.stand_ins
