"""A cluster on this machine: a scheduler in this process, and workers that are processes of their own."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

from labelaudit.errors import ClusterError

if TYPE_CHECKING:
    from distributed import Client

WORKER = "distributed.cli.dask_worker"
BEGINNING = 120.0  # seconds that workers may take to begin
ENDING = 5.0  # and to end
HOST = "127.0.0.1"
UNSEEN = {"dashboard": False}
TLS = "DASK_DISTRIBUTED__COMM__TLS__"  # how dask finds its settings in the environment
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
        dask.config.set({"distributed.scheduler.http.routes": []}),  # nobody is to look at it
        LocalCluster(n_workers=0, host=HOST, scheduler_kwargs=UNSEEN, **how) as cluster,
        Client(cluster, set_as_default=False) as client,
        contextlib.ExitStack() as ending,
    ):
        workers: list[Process] = []
        ending.callback(_end, workers)
        for _ in range(count):
            said = ending.enter_context(tempfile.TemporaryFile())
            workers.append(Process(_begun(cluster.scheduler_address, security, said), said))
        _await(client, workers)
        yield client


@dataclass(frozen=True)
class Process:
    """A worker's process, and what it has said."""

    process: subprocess.Popen[bytes]
    said: IO[bytes]

    def last_words(self) -> str:
        """The last line."""
        self.said.seek(0)
        return self.said.read().decode(errors="replace").strip().rpartition("\n")[2]


def _begun(address: str, security: Any, said: IO[bytes]) -> subprocess.Popen[bytes]:
    options = ["--no-nanny", "--nthreads", "1", "--memory-limit", "0", "--no-dashboard", "--death-timeout", "60"]
    command = [sys.executable, "-m", WORKER, address, "--host", HOST, *options]
    # the key goes by the environment, which nobody else may read, so that no file of it is left however all ends
    key = {f"{TLS}CA_FILE": security.tls_ca_file, "DASK_DISTRIBUTED__COMM__REQUIRE_ENCRYPTION": "True"}
    key |= {f"{TLS}WORKER__KEY": security.tls_worker_key, f"{TLS}WORKER__CERT": security.tls_worker_cert}
    streams: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": said, "stderr": said}
    return subprocess.Popen(command, start_new_session=True, env=os.environ | ONE_THREAD | key, **streams)


def _await(client: Client, workers: Sequence[Process]) -> None:
    until = time.monotonic() + BEGINNING
    while len(client.nthreads()) < len(workers):
        for worker in workers:
            code = worker.process.poll()
            if code is not None:
                raise ClusterError(f"--cluster: a worker ended with exit code {code}: {worker.last_words()}")
        if time.monotonic() > until:
            raise ClusterError(f"--cluster: {len(workers)} workers did not begin within {BEGINNING:g} s")
        time.sleep(0.05)


def _end(workers: Sequence[Process]) -> None:
    for worker in workers:
        worker.process.terminate()
    for worker in workers:
        try:
            worker.process.wait(ENDING)
        except subprocess.TimeoutExpired:
            worker.process.kill()
            worker.process.wait()
