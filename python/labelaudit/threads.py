"""Threads whose beginning is waited for, but not for ever: one that finds no memory to begin with tells nobody.

Python's own `Thread.start` and its pool of threads wait for the event that a thread sets when it begins. Where the
thread dies before that, for want of memory, they wait until the process ends. These raise MemoryError.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from contextlib import suppress
from importlib import import_module
from queue import Empty, SimpleQueue
from threading import RLock
from typing import Any, NamedTuple, ParamSpec, TypeVar

T = TypeVar("T")
P = ParamSpec("P")

WAITS, WAIT = 60, 0.5  # a beginning takes a thousandth of it; many short waits, for a stopped process uses up one
IDLE = 0.5  # seconds after which a thread without work looks whether the process is ending
LOST = "a thread found no memory to begin with"


class _Begun(threading.Event):
    def wait(self, timeout: float | None = None) -> bool:
        if timeout is not None:
            return super().wait(timeout)
        for _ in range(WAITS):
            if super().wait(WAIT):
                return True
        raise MemoryError(LOST)


class Thread(threading.Thread):
    """A thread that is to do `work`; `start` raises MemoryError where the system or memory has no place for it."""

    def __init__(self, work: Callable[..., object], *arguments: object) -> None:
        super().__init__(target=work, args=arguments)
        # Python's own attribute, which `start` waits for; test_threads tells if it no longer is
        self._started = _Begun()

    def start(self) -> None:
        """Returns when the thread has begun."""
        try:
            super().start()
        except RuntimeError as error:
            if "can't start new thread" in str(error):
                raise MemoryError(str(error)) from error
            raise


# Held while a package is imported that imports its own parts, as SciPy and scikit-learn do: where one thread begins
# with the package and another with a part of it, both wait for each other, and Python hands out halves of them.
importing = RLock()


def import_ahead(*names: str) -> None:
    """Imports modules, on a thread that is to have the time; whoever needs one that cannot be imported will say so.

    Nobody does where the process ends meanwhile, which no import is to hold up, nor to fail in.
    """
    with suppress(Exception):
        for name in names:
            if threading.main_thread().is_alive():
                with importing:
                    import_module(name)


class _Task(NamedTuple):
    future: Future[Any]
    work: Callable[[], Any]

    def run(self, broken: BaseException | None) -> None:
        if not self.future.set_running_or_notify_cancel():
            return
        try:
            if broken is not None:
                raise broken
            result = self.work()
        except BaseException as error:
            self.future.set_exception(error)
        else:
            self.future.set_result(result)


class Pool(Executor):
    """Up to `count` threads, begun as work comes; each calls `begin` first. As concurrent.futures has it otherwise."""

    def __init__(self, count: int, begin: Callable[[], object]) -> None:
        self._count, self._begin = count, begin
        self._tasks: SimpleQueue[_Task | None] = SimpleQueue()
        self._threads: list[Thread] = []
        self._lock, self._closed = threading.Lock(), False
        self._idle = threading.Semaphore(0)  # threads that wait for work

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Raises MemoryError where a thread cannot begin, RuntimeError after `shutdown`."""
        future: Future[T] = Future()
        with self._lock:
            if self._closed:
                raise RuntimeError("the pool is shut down")
            self._tasks.put(_Task(future, lambda: fn(*args, **kwargs)))
            if not self._idle.acquire(blocking=False) and len(self._threads) < self._count:
                thread = Thread(self._work)
                try:
                    thread.start()
                except BaseException:
                    future.cancel()
                    raise
                self._threads.append(thread)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Lets the threads end when the work is done, or without what has not begun; waits for that unless told not."""
        with self._lock:
            self._closed = True
            while cancel_futures:
                try:
                    task = self._tasks.get_nowait()
                except Empty:
                    break
                if task is not None:
                    task.future.cancel()
            for _ in self._threads:
                self._tasks.put(None)
        if wait:
            for thread in self._threads:
                thread.join()

    def _work(self) -> None:
        broken = None
        try:
            self._begin()
        except BaseException as error:
            broken = error
        while (task := self._next()) is not None:
            task.run(broken)
            del task  # what it holds is to go, while the next is waited for

    def _next(self) -> _Task | None:
        with suppress(Empty):
            return self._tasks.get_nowait()
        self._idle.release()
        while True:
            try:
                return self._tasks.get(timeout=IDLE)
            except Empty:
                if not threading.main_thread().is_alive():  # nobody will shut this down any more
                    return None
