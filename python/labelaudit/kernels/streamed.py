"""The matrix functions in torch for blocks that stay in the processor's memory and are copied to a GPU for each use.

For rows that do not fit the GPU. The host's copies are page-locked, so that a copy to the GPU runs on a stream of its
own while the block before is worked on. On torch's CPU device the same code copies within memory, to exercise it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from labelaudit.kernels import torch as resident

Array = NDArray[np.float64]


class Feed:
    """Blocks on their way to a device: the last few that were used are there, and the next one is being copied.

    hosts: the blocks in storage order, page-locked where the device is a GPU. slots: how many are kept on the device,
    some for each thread that works on them: its own, the next, and room for the others to run ahead.
    """

    def __init__(self, hosts: Sequence[torch.Tensor], device: str, slots: int) -> None:
        self.hosts = tuple(hosts)
        self._device = torch.device(device)
        self._slots = max(2, slots)
        self._there: OrderedDict[int, tuple[torch.Tensor, Any]] = OrderedDict()  # with the event that ends its copy
        self._lock = Lock()
        self._stream: Any = None
        if self._device.type == "cuda":
            self._stream = torch.cuda.Stream(self._device)  # type: ignore[no-untyped-call]

    def block(self, index: int) -> torch.Tensor:
        """A block on the device, ready for the current stream; the copy of the next one is started."""
        with self._lock:
            tensor, copied = self._started(index)
            self._started((index + 1) % len(self.hosts))
        if copied is not None:
            stream = torch.cuda.current_stream(self._device)
            stream.wait_event(copied)
            tensor.record_stream(stream)  # its memory is not given to another before this stream is done with it
        return tensor

    def _started(self, index: int) -> tuple[torch.Tensor, Any]:
        if index not in self._there:
            while len(self._there) >= self._slots:
                self._there.popitem(last=False)
            self._there[index] = self._copied(self.hosts[index])
        self._there.move_to_end(index)
        return self._there[index]

    def _copied(self, host: torch.Tensor) -> tuple[torch.Tensor, Any]:
        if self._stream is None:
            return host.clone(), None
        with torch.cuda.stream(self._stream):
            return host.to(self._device, non_blocking=True), self._stream.record_event()


@dataclass(frozen=True)
class Streamed:
    """One block of a feed: what stands for its rows."""

    feed: Feed
    index: int

    @property
    def host(self) -> torch.Tensor:
        """The rows (rows, cols) in the processor's memory."""
        return self.feed.hosts[self.index]


Rows = Streamed | torch.Tensor  # a tensor: rows that were taken out of a block


def _there(x: Rows) -> torch.Tensor:
    return x.feed.block(x.index) if isinstance(x, Streamed) else x


def forward(x: Rows, theta: Array) -> Array:
    """x theta: theta (cols, outputs), returns (rows, outputs)."""
    return resident.forward(_there(x), theta)


def backward(x: Rows, r: Array) -> Array:
    """x^T r: r (rows, outputs), returns (cols, outputs)."""
    return resident.backward(_there(x), r)


def squares(x: Rows, w: Array) -> Array:
    """(x * x)^T w, the diagonals of grams: w (rows, outputs), returns (cols, outputs)."""
    return resident.squares(_there(x), w)


def gram(x: Rows, w: Array) -> Array:
    """x^T diag(w[:, p]) x for every pair p, upper triangles: w (rows, pairs), returns (pairs, cols, cols)."""
    return resident.gram(_there(x), w)


def quadratic(x: Rows, m: Array) -> Array:
    """x_i^T m_p x_i for every row i and pair p: m (pairs, cols, cols), returns (rows, pairs)."""
    return resident.quadratic(_there(x), m)


def loss_and_gradient(x: Rows, theta: Array, t: Array, w: Array) -> tuple[float, Array]:
    """The sum of w times the rows' losses at theta (cols, outputs), and its gradient: t (rows, outputs), w (rows,)."""
    return resident.loss_and_gradient(_there(x), theta, t, w)


def take(x: Rows, rows: NDArray[np.int64]) -> torch.Tensor:
    """Some of the rows, by position, on the device."""
    return resident.take(_there(x), rows)


def to_numpy(x: Rows) -> Array:
    """The rows as float64."""
    return resident.to_numpy(x.host if isinstance(x, Streamed) else x)
