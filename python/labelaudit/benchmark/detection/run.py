"""The runs: each table, each kind of error, each seed; labelaudit and its peers on the same labels."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from labelaudit.audits.options import AuditOptions
from labelaudit.audits.run import audit_data
from labelaudit.benchmark.detection import cleanlab_peer
from labelaudit.benchmark.detection.data import Data, prepare, read
from labelaudit.benchmark.detection.manifest import Entry
from labelaudit.benchmark.detection.peers import PEERS, Peers, self_confidence
from labelaudit.benchmark.detection.results import OURS, Detection, LeftOut, Run
from labelaudit.errors import InputError, UsageError
from labelaudit.kernels.blas import one_thread
from labelaudit.metrics import average_precision, brier_skill
from labelaudit.planting import KINDS, ErrorKind, plant

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]
Codes = NDArray[np.int64]
Flags = NDArray[np.bool_]
Tick = Callable[[str], None]
Kind = Literal["uniform", "asymmetric", "instance", "real"]

REAL = "real"
ALL_KINDS: tuple[Kind, ...] = get_args(Kind)
ROWS, CLASSES, RATE, SEEDS = 2500, 10, 0.1, 3


@dataclass(frozen=True)
class Protocol:
    """What is planted and measured. Tables with real errors are run once, with kind `real`; the others never so.

    rate is of the planted errors; of each table at most `rows` rows take part, and tables with more than `classes`
    classes do not. Raises UsageError for a kind that there is not or a rate outside 0 to 1/2.
    """

    kinds: tuple[str, ...] = ALL_KINDS
    rate: float = RATE
    seeds: tuple[int, ...] = tuple(range(SEEDS))
    rows: int = ROWS
    classes: int = CLASSES

    def __post_init__(self) -> None:
        for kind in self.kinds:
            if kind not in ALL_KINDS:
                raise UsageError(f"--kinds: expected some of {','.join(ALL_KINDS)}, got {kind!r}.")
        if not self.kinds:
            raise UsageError(f"--kinds: expected some of {','.join(ALL_KINDS)}, got none.")
        if not 0 < self.rate <= 0.5:
            raise UsageError(f"--rate: expected a share above 0, up to 0.5, got {self.rate}.")

    def trials(self, entry: Entry) -> tuple[tuple[str, int], ...]:
        """The kinds and seeds to run on a table, in order."""
        if entry.gold is not None:
            return ((REAL, 0),) if REAL in self.kinds else ()
        return tuple((kind, seed) for kind in self.kinds if kind != REAL for seed in self.seeds)

    def runs(self, entries: Sequence[Entry]) -> int:
        """How often `tick` is called at most."""
        return sum(len(self.trials(entry)) for entry in entries)


def run_detection(
    entries: Sequence[Entry], protocol: Protocol, *, threads: int = 1, tick: Tick = lambda what: None
) -> Detection:
    """Runs every table; `tick` is told what each run is as it begins. No figure but the seconds depends on threads.

    Raises InputError for a table that cannot be read or audited, UsageError where nothing is left to run.
    """
    results: list[Run | LeftOut] = []
    with one_thread():
        for entry in entries:
            if protocol.trials(entry):
                results += _on_table(entry, protocol, threads, tick)
    runs = tuple(r for r in results if isinstance(r, Run))
    left_out = tuple(r for r in results if isinstance(r, LeftOut))
    if not runs:
        why = f"{left_out[0].name}: {left_out[0].reason}" if left_out else "no table has errors of these --kinds"
        raise UsageError(f"there is nothing to run ({why}).")
    return Detection(protocol.rate, protocol.rows, runs, left_out, cleanlab_peer.version())


def _on_table(entry: Entry, protocol: Protocol, threads: int, tick: Tick) -> Iterator[Run | LeftOut]:
    if entry.classes is not None and entry.classes > protocol.classes:
        yield LeftOut(entry.name, _too_many(entry.classes, protocol.classes))
        return
    frame = read(entry)
    count = frame[entry.label].nunique()
    if entry.classes is None and count > protocol.classes:
        yield LeftOut(entry.name, _too_many(count, protocol.classes))
        return
    data = prepare(entry, frame, protocol.rows)
    peers = Peers(data, threads)
    for kind, seed in protocol.trials(entry):
        tick(f"{entry.name}, {kind}" + ("" if kind == REAL else f", seed {seed}"))
        codes, wrong = _labels(peers, kind, protocol.rate, seed)
        if len(np.unique(codes)) < len(data.classes):
            yield LeftOut(entry.name, f"{kind}, seed {seed}: no label of one class is left")
        elif not wrong.any() or wrong.all():
            yield LeftOut(
                entry.name, f"{kind}, seed {seed}: {'no label' if not wrong.any() else 'every label'} is wrong"
            )
        else:
            yield _run(peers, kind, seed, codes, wrong, threads)


def _too_many(count: int, most: int) -> str:
    return f"{count} classes, at most {most} take part (--classes)"


def _labels(peers: Peers, kind: str, rate: float, seed: int) -> tuple[Codes, Flags]:
    """The codes to audit and which of them are wrong."""
    data = peers.data
    if data.wrong is not None:
        return data.codes, data.wrong
    planted: ErrorKind = next(k for k in KINDS if k == kind)
    ambiguity = peers.ambiguity if planted == "instance" else None
    codes = plant(data.codes, len(data.classes), planted, rate, seed, ambiguity)
    return codes, codes != data.codes


def _run(peers: Peers, kind: str, seed: int, codes: Codes, wrong: Flags, threads: int) -> Run:
    data, began = peers.data, time.perf_counter()
    ranking = _audited(data, codes, threads)
    seconds = time.perf_counter() - began
    order = ranking["row"].to_numpy(dtype=np.int64) - 1
    wrong_by_rank = wrong[order]
    found = {name: average_precision(wrong_by_rank, suspicion) for name, suspicion in _suspicion(ranking).items()}
    filters = {}
    for peer in PEERS:
        probabilities = peers.out_of_fold(peer, codes)
        found[peer] = average_precision(wrong, 1 - self_confidence(probabilities, codes))
        if cleanlab_peer.version() is not None:
            filters[peer] = cleanlab_peer.filtered(codes, probabilities, wrong, order)
    return Run(
        name=data.name,
        kind=kind,
        seed=seed,
        rows=len(codes),
        classes=len(data.classes),
        errors=int(wrong.sum()),
        average_precision=found,
        stated_rate=float(1 - ranking["label_score"].mean()),
        brier_skill=brier_skill(ranking["label_score"].to_numpy(), wrong_by_rank),
        issues=int(ranking["is_label_issue"].sum()),
        issues_right=int(wrong_by_rank[ranking["is_label_issue"].to_numpy()].sum()),
        cleanlab=filters,
        seconds=seconds,
    )


def _audited(data: Data, codes: Codes, threads: int) -> pd.DataFrame:
    """The ranking by default settings, worst first; raises InputError, with the table's name."""
    options = AuditOptions.of({"label": data.label, "text": data.text, "threads": threads})
    try:
        return audit_data(data.frame(codes), options).ranking
    except InputError as error:
        raise InputError(f'table "{data.name}": {error}') from error


def _suspicion(ranking: pd.DataFrame) -> dict[str, Array]:
    """Each ranking as (rows,) numbers in the order of the ranking, the highest first to be looked at.

    label_score stands for the order that the audit prints, in which ties are broken. A row that has no influence (the
    only one of its class) comes last.
    """
    values = {
        "label_score": -ranking["rank"],
        "average_influence": -ranking["average_influence"],
        "self_influence": ranking["self_influence"],
        "self_confidence": -ranking["self_confidence"],
    }
    lowest = np.finfo(np.float64).min
    return {name: np.nan_to_num(values[name].to_numpy(dtype=np.float64), nan=lowest) for name in OURS}
