"""A cluster on this machine: a scheduler in this process, and workers that are processes of their own."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from labelaudit.errors import ClusterError

if TYPE_CHECKING:
    from distributed import Client

WORKER = "distributed.cli.dask_worker"
BEGINNING = 120.0  # seconds that workers may take to begin
ENDING = 5.0  # and to end
HOST = "127.0.0.1"
UNSEEN = {"dashboard": False}
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


@contextlib.contextmanager
def local_cluster(count: int) -> Iterator[Client]:
    """A client of so many workers of one thread each, which end with it, however this process ends.

    The processes are plain ones, which import nothing of the program that asks for them; with no limit of memory of
    their own, and without a supervisor: whoever is lost is not replaced.
    """
    import dask
    from distributed import Client, LocalCluster

    with (
        tempfile.TemporaryDirectory(prefix="labelaudit-cluster-") as folder,
        dask.config.set({"distributed.scheduler.http.routes": []}),  # nobody is to look at it
        LocalCluster(n_workers=0, host=HOST, dashboard_address=f"{HOST}:0", scheduler_kwargs=UNSEEN) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        workers = [_worker(cluster.scheduler_address, Path(folder), i) for i in range(count)]
        try:
            _await(client, workers, Path(folder))
            yield client
        finally:
            _end(workers)


def _worker(address: str, folder: Path, number: int) -> subprocess.Popen[bytes]:
    how = ["--no-nanny", "--nthreads", "1", "--memory-limit", "0", "--no-dashboard", "--death-timeout", "60"]
    command = [
        sys.executable,
        "-m",
        WORKER,
        address,
        *how,
        "--local-directory",
        os.fspath(folder),
    ]
    with _said(folder, number).open("wb") as said:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            start_new_session=True,
            env=os.environ | ONE_THREAD,
        )


def _said(folder: Path, number: int) -> Path:
    return folder / f"{number}.txt"


def _await(client: Client, workers: list[subprocess.Popen[bytes]], folder: Path) -> None:
    until = time.monotonic() + BEGINNING
    while len(client.nthreads()) < len(workers):
        for number, worker in enumerate(workers):
            if worker.poll() is not None:
                *_, last = ["", *_said(folder, number).read_text(errors="replace").strip().splitlines()]
                raise ClusterError(f"--cluster: a worker ended with exit code {worker.returncode}: {last}")
        if time.monotonic() > until:
            raise ClusterError(f"--cluster: {len(workers)} workers did not begin within {BEGINNING:g} s")
        time.sleep(0.05)


def _end(workers: list[subprocess.Popen[bytes]]) -> None:
    for worker in workers:
        worker.terminate()
    for worker in workers:
        try:
            worker.wait(ENDING)
        except subprocess.TimeoutExpired:
            worker.kill()
            worker.wait()
