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
from typing import TYPE_CHECKING, Any

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
    their own, and without a supervisor: whoever is lost is not replaced. All speak TLS with a key that is made for
    the occasion, so that nobody else on this machine can give them work.
    """
    import dask
    from distributed import Client, LocalCluster
    from distributed.security import Security

    security = Security.temporary()
    how: dict[str, Any] = {"protocol": "tls://", "security": security, "dashboard_address": f"{HOST}:0"}
    with (
        tempfile.TemporaryDirectory(prefix="labelaudit-cluster-") as folder,
        dask.config.set({"distributed.scheduler.http.routes": []}),  # nobody is to look at it
        LocalCluster(n_workers=0, host=HOST, scheduler_kwargs=UNSEEN, **how) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        workers = [_worker(cluster.scheduler_address, security, Path(folder), i) for i in range(count)]
        try:
            _await(client, workers, Path(folder))
            yield client
        finally:
            _end(workers)


def _worker(address: str, security: Any, folder: Path, number: int) -> subprocess.Popen[bytes]:
    how = ["--no-nanny", "--nthreads", "1", "--memory-limit", "0", "--no-dashboard", "--death-timeout", "60"]
    how += ["--local-directory", os.fspath(folder), "--host", HOST]
    for option, content in (
        ("ca-file", security.tls_ca_file),
        ("cert", security.tls_worker_cert),
        ("key", security.tls_worker_key),
    ):
        file = folder / f"{option}.pem"  # in a folder that nobody else may read
        file.write_text(content)
        how += [f"--tls-{option}", os.fspath(file)]
    command = [sys.executable, "-m", WORKER, address, *how]
    environment = os.environ | ONE_THREAD
    with _said(folder, number).open("wb") as said:
        streams: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": said, "stderr": said}
        return subprocess.Popen(command, start_new_session=True, env=environment, **streams)


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
