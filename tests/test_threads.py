"""The project's own threads and pool of threads."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from concurrent.futures import CancelledError, Future, wait

import pytest

from labelaudit import threads
from labelaudit.threads import LOST, Pool, Thread

LOST_THREADS = """
import sys, threading
import numpy as np, pandas as pd
import labelaudit, labelaudit.threads

def lost(self):
    raise MemoryError

rows = np.random.default_rng(0).normal(size=(20_000, 3))  # of several blocks, for several threads
data = pd.DataFrame(rows, columns=list("xyz")).assign(label=np.where(rows.sum(1) > 0, "a", "b"))
labelaudit.threads.WAITS = 2
threading.Thread._bootstrap = lost
try:
    labelaudit.audit(data, "label", threads=2, encoding="linear", l2=0.01)
except MemoryError as error:
    sys.stdout.write(str(error))
"""
LEFT_OPEN = """
from labelaudit.threads import Pool
pool = Pool(2, int)
pool.submit(int).result()
raise SystemExit(3)
"""
IMPORTS = """
import sys, threading, time
import numpy as np
from labelaudit.encode.kernel import KernelMap
from labelaudit.threads import import_ahead

inside = threading.Event()

class Slowly:
    def find_spec(self, name, path=None, target=None):
        if name == "scipy.spatial._geometric_slerp" and not inside.is_set():
            inside.set()
            time.sleep(0.5)

sys.meta_path.insert(0, Slowly())
ahead = threading.Thread(target=import_ahead, args=("scipy.interpolate",))
ahead.start()
inside.wait()
KernelMap.laplace(np.eye(4), np.arange(4), np.ones(4), 4)
ahead.join()
assert "scipy.interpolate" in sys.modules
"""


def test_what_is_imported_ahead_may_be_imported_meanwhile() -> None:
    """SciPy's spatial imports its distance, which somebody else begins with: Python would hand out half of it."""
    done = subprocess.run([sys.executable, "-c", IMPORTS], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


def test_a_lost_thread_is_an_error_of_the_audit() -> None:
    done = subprocess.run([sys.executable, "-c", LOST_THREADS], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (0, LOST), done.stderr


def test_a_lost_thread_is_an_error_where_it_is_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    """If Python's threads come to wait for another event, this waits for ever."""
    monkeypatch.setattr(threads, "WAITS", 1)
    monkeypatch.setattr(threading.Thread, "_bootstrap", lambda self: None)
    with pytest.raises(MemoryError, match=LOST):
        Thread(int).start()
    with pytest.raises(MemoryError, match=LOST), Pool(2, int) as pool:
        pool.submit(int)


def test_a_system_without_threads_is_an_error_of_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object, **named: object) -> None:
        raise RuntimeError("can't start new thread")

    for name in ("_start_new_thread", "_start_joinable_thread"):  # of Python up to 3.12, and since
        monkeypatch.setattr(threading, name, refuse, raising=False)
    with pytest.raises(MemoryError, match="can't start new thread"):
        Thread(int).start()


def test_a_thread_begins_once() -> None:
    thread = Thread(int)
    thread.start()
    thread.join()
    with pytest.raises(RuntimeError, match="once"):
        thread.start()


@pytest.mark.parametrize("count", [1, 2, 5])
def test_results_are_in_the_order_of_the_tasks(count: int) -> None:
    def slow(i: int) -> int:
        time.sleep(0.002 * (i % 3))
        return i * i

    with Pool(count, int) as pool:
        assert list(pool.map(slow, range(40))) == [i * i for i in range(40)]
        assert pool.submit(pow, 2, exp=5).result() == 32


def test_several_tasks_run_at_once_and_no_more_than_asked_for() -> None:
    together, most, lock = 0, 0, threading.Lock()
    meeting = threading.Barrier(3, timeout=30)

    def met() -> None:
        nonlocal together, most
        with lock:
            together += 1
            most = max(most, together)
        meeting.wait()
        with lock:
            together -= 1

    with Pool(3, int) as pool:
        wait([pool.submit(met) for _ in range(9)])
    assert most == 3


@pytest.mark.parametrize("error", [ValueError("odd"), MemoryError(), KeyboardInterrupt()], ids=repr)
def test_an_error_is_the_callers(error: BaseException) -> None:
    def fail() -> None:
        raise error

    with Pool(2, int) as pool:
        failed, fine = pool.submit(fail), pool.submit(int)
        assert failed.exception() is error
        assert fine.result() == 0


def test_where_no_thread_can_be_prepared_every_task_says_why() -> None:
    def fail() -> None:
        raise ValueError("odd")

    with Pool(2, fail) as pool:
        for future in [pool.submit(int) for _ in range(4)]:
            assert isinstance(future.exception(), ValueError)


def test_what_has_not_begun_can_be_cancelled() -> None:
    go, begun = threading.Event(), threading.Event()

    def hold() -> str:
        begun.set()
        go.wait()
        return "done"

    pool = Pool(1, int)
    first, second = pool.submit(hold), pool.submit(int)
    begun.wait()
    pool.shutdown(wait=False, cancel_futures=True)
    go.set()
    assert first.result() == "done"
    with pytest.raises(CancelledError):
        second.result()
    with pytest.raises(RuntimeError, match="shut down"):
        pool.submit(int)


def test_work_goes_on_behind_a_pool_that_is_not_waited_for() -> None:
    pool = Pool(1, int)
    futures: list[Future[int]] = [pool.submit(int, str(i)) for i in range(5)]
    pool.shutdown(wait=False)
    assert [f.result(timeout=30) for f in futures] == list(range(5))


def test_a_pool_that_nobody_shuts_down_does_not_hold_the_process() -> None:
    done = subprocess.run([sys.executable, "-c", LEFT_OPEN], capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (3, b"")
