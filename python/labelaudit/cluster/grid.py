"""The coordinator's side of a cluster: its workers, what each is asked, and what happens when one is lost."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from labelaudit import _core
from labelaudit.cluster.messages import Forget, KeepObject, Message, Reply, decoded, encoded
from labelaudit.cluster.store import answer, open_store
from labelaudit.errors import ClusterError

if TYPE_CHECKING:
    from distributed import Client, Future

    from labelaudit.cluster.origin import Origin
    from labelaudit.cluster.packing import Numbers

PATIENCE = 0.5  # seconds after which a worker that has not replied is looked for
LARGE = 1 << 20  # bytes of a message from which on it does not go with the task


@dataclass
class Worker:
    """A worker with its store, and the bytes of what it was sent and has replied."""

    address: str
    threads: int
    store: Future
    to_forget: deque[int] = field(default_factory=deque)
    objects: set[int] = field(default_factory=set)  # that it was sent
    last: Future | None = None  # what it was asked last: each task waits for the one before it
    sent: int = 0
    received: int = 0


class Grid:
    """The workers of a cluster, as they were when it was connected to, less those that were lost."""

    def __init__(self, client: Client, numbers: Numbers, threads: dict[str, int]) -> None:
        self.numbers = numbers
        self.origins: dict[int, tuple[Any, Origin]] = {}  # of feature columns, by their id()
        self._client = client
        self.workers = {address: self._worker(address, count) for address, count in sorted(threads.items())}

    def _worker(self, address: str, threads: int) -> Worker:
        how = {"workers": [address], "allow_other_workers": False, "pure": False}
        return Worker(address, threads, self._client.submit(open_store, threads, _core.instruction_set(), **how))

    @property
    def threads(self) -> int:
        """Of all workers."""
        return sum(worker.threads for worker in self.workers.values())

    def owners(self, count: int) -> list[str]:
        """Who takes each of `count` things: neighbours go to one worker, each by its threads."""
        each = [worker.address for worker in self.workers.values() for _ in range(worker.threads)]
        return [each[i * len(each) // count] for i in range(count)]

    def has(self, address: str, number: int) -> bool:
        """Whether the worker was sent this object."""
        return address in self.workers and number in self.workers[address].objects

    def ask(self, address: str, messages: Sequence[Message]) -> Future | None:
        """Has the worker answer the messages; None where it is lost."""
        worker = self.workers.get(address)
        if worker is None:
            return None
        self._hand_out_given_up()
        forget = tuple(worker.to_forget.popleft() for _ in range(len(worker.to_forget)))
        all_messages = [*([Forget(forget)] if forget else []), *messages]
        data = [encoded(message) for message in all_messages]
        worker.sent += sum(map(len, data))
        worker.objects.update(m.number for m in messages if isinstance(m, KeepObject))
        try:
            parts = [self._placed(address, d) if len(d) > LARGE else d for d in data]
            how = {"workers": [address], "allow_other_workers": False, "pure": False}
            worker.last = self._client.submit(answer, worker.store, worker.last, *parts, **how)
        except Exception as error:  # whatever dask makes of a worker that has gone
            self._refuse_unless_lost(address, error)
            return None
        return worker.last

    def _placed(self, address: str, data: bytes) -> Future:
        (future,) = self._client.scatter([data], workers=[address], hash=False)
        return future

    def _hand_out_given_up(self) -> None:
        while self.numbers.given_up:
            number = self.numbers.given_up.popleft()
            for worker in self.workers.values():
                worker.to_forget.append(number)

    def reply(self, address: str, future: Future | None) -> Reply | None:
        """What the worker replies; None where it is lost. Raises ClusterError where the cluster is."""
        if future is None or address not in self.workers:
            return None
        while True:
            try:
                data = future.result(timeout=PATIENCE)
                break
            except (TimeoutError, UnboundLocalError):  # dask's own name for a result that its timeout has cancelled
                if self._is_lost(address):
                    return None
            except Exception as error:  # whatever dask makes of a worker that has gone
                self._refuse_unless_lost(address, error)
                return None
        self.workers[address].received += len(data)
        reply: Reply = decoded(data)
        return reply

    def _refuse_unless_lost(self, address: str, error: Exception) -> None:
        if not self._is_lost(address):
            raise ClusterError(f"the worker {address} cannot go on: {type(error).__name__}: {error}") from error

    def _is_lost(self, address: str) -> bool:
        """Whether the worker has gone; then it is no longer counted on."""
        there = there_are(self._client)
        if address in there:
            if there[address] == "paused":
                raise ClusterError(
                    f"the worker {address} is at its limit of memory and takes no work. Give the workers more memory, "
                    "or take more of them."
                )
            return False
        self.workers.pop(address, None)
        if not self.workers:
            raise ClusterError("no worker of the cluster is left. Nothing was written.")
        return True


def there_are(client: Client) -> dict[str, str]:
    """The workers that the scheduler knows, by address, with their status; raises ClusterError where it is lost."""
    lost = ClusterError("the scheduler of the cluster is lost. Nothing was written; start it and audit again.")
    if client.status != "running":
        raise lost
    try:
        info: dict[str, Any] = client.scheduler_info(n_workers=-1)
    except Exception as error:  # dask raises many kinds when connections fail
        raise lost from error
    return {address: str(worker.get("status")) for address, worker in info["workers"].items()}
