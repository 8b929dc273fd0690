"""From `--cluster ADDRESS | local:N` to a grid of workers that can be relied on, or a refusal."""

from __future__ import annotations

import contextlib
import importlib
import logging
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from labelaudit import __version__, _core
from labelaudit.cluster.current import using
from labelaudit.errors import ClusterError, UsageError

if TYPE_CHECKING:
    from distributed import Client

    from labelaudit.cluster.grid import Grid

LOCAL = re.compile(r"local:([0-9]+)")
ADDRESS = re.compile(r"(?:[a-z0-9+]+://)?[^\s:/]+:[0-9]{1,5}|(?:[a-z0-9+]+://)\[[0-9a-fA-F:]+\]:[0-9]{1,5}")
MOST_LOCAL = 256
TALKATIVE = ("distributed", "asyncio", "tornado")
ANSWER = 10.0  # seconds in which a scheduler has to answer
PACKAGES = ("numpy", "scipy", "sklearn", "pandas")  # what encodes and computes: other versions, other bits


def check_address(cluster: str | None) -> None:
    """Raises UsageError for what is neither local:N nor an address, or where dask.distributed is not installed."""
    if cluster is None:
        return
    local = LOCAL.fullmatch(cluster)
    if local is None and ADDRESS.fullmatch(cluster) is None:
        raise UsageError(
            f"--cluster: expected local:N or the address of a dask scheduler such as tcp://host:8786, got {cluster!r}"
        )
    if local is not None and not 1 <= int(local[1]) <= MOST_LOCAL:
        raise UsageError(f"--cluster: expected 1 to {MOST_LOCAL} local workers, got {cluster!r}")
    try:
        for name in ("distributed", *(["cryptography"] if local is not None else [])):
            importlib.import_module(name)
    except ImportError:
        raise UsageError("--cluster needs dask.distributed: pip install 'labelaudit[dask]'.") from None


def is_local(cluster: str) -> bool:
    """Whether the workers are processes on this machine."""
    return LOCAL.fullmatch(cluster) is not None


@contextlib.contextmanager
def connected(cluster: str | None) -> Iterator[None]:
    """Inside, row blocks are made on this cluster; None: in this process. Raises as `grid_of` does."""
    if cluster is None:
        yield
        return
    with grid_of(cluster) as grid, using(grid):
        yield


@contextlib.contextmanager
def grid_of(cluster: str) -> Iterator[Grid]:
    """The workers of local:N, which are started, or of an address.

    Raises UsageError as `check_address` does, and ClusterError where the cluster cannot be reached or used.
    """
    check_address(cluster)
    from labelaudit.cluster.grid import Grid
    from labelaudit.cluster.packing import Numbers

    with _quietly(), _client(cluster) as client:
        yield Grid(client, Numbers(), _usable(client))


@contextlib.contextmanager
def _client(cluster: str) -> Iterator[Client]:
    local = LOCAL.fullmatch(cluster)
    if local is not None:
        from labelaudit.cluster.local import local_cluster

        with local_cluster(int(local[1])) as client:
            yield client
        return
    from distributed import Client

    try:
        client = Client(cluster, timeout=ANSWER, set_as_default=False, name="labelaudit")
    except (OSError, TimeoutError, ValueError) as error:
        raise ClusterError(f"--cluster: no dask scheduler answers at {cluster}: {error}") from None
    try:
        yield client
    finally:
        with contextlib.suppress(Exception):  # it may be lost
            client.close(timeout=1)


def _usable(client: Client) -> dict[str, int]:
    """The threads of each worker; raises ClusterError where one could not give the same answer as this process."""
    threads: dict[str, int] = client.nthreads()
    if not threads:
        raise ClusterError("--cluster: the scheduler has no workers. Start some with `dask worker ADDRESS`.")
    try:
        client.run_on_scheduler(surroundings, ())
    except Exception as error:
        raise ClusterError(_without("the scheduler", error)) from None
    here = surroundings(PACKAGES)
    for address, there in client.run(surroundings, PACKAGES, on_error="return").items():
        if isinstance(there, BaseException):
            raise ClusterError(_without(f"the worker {address}", there))
        _refuse_other(f"the worker {address}", here, there)
    return threads


def _without(who: str, error: BaseException) -> str:
    if "No module named 'labelaudit" in str(error):
        return f"--cluster: {who} has no labelaudit. Install {__version__} there as well."
    return f"--cluster: {who} cannot take part: {error}"


def _refuse_other(who: str, here: dict[str, Any], there: dict[str, Any]) -> None:
    for name, version in here["versions"].items():
        found = there["versions"].get(name)
        if found != version:
            raise ClusterError(
                f"--cluster: {who} has {name} {found}, this process has {version}. Install the same versions "
                "everywhere: others compute other digits."
            )
    if here["instruction_set"] not in there["instruction_sets"]:
        raise ClusterError(
            f"--cluster: the processor of {who} has no {here['instruction_set']}, which this one computes with: its "
            "sums would have other digits."
        )


def surroundings(packages: tuple[str, ...]) -> dict[str, Any]:
    """What the digits of a result depend on beside the data: versions, and the processor's instructions."""
    versions = {"labelaudit": __version__, **{name: importlib.import_module(name).__version__ for name in packages}}
    return {
        "versions": versions,
        "instruction_set": _core.instruction_set(),
        "instruction_sets": _core.instruction_sets(),
    }


@contextlib.contextmanager
def _quietly() -> Iterator[None]:
    """dask's own talk of lost connections and workers stays out of ours."""
    importlib.import_module("distributed")  # which sets the levels of its loggers
    names = [name for name in logging.root.manager.loggerDict if name.split(".")[0] in TALKATIVE]
    loggers = [logging.getLogger(name) for name in names]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)
