"""Encodings and L2 strengths, chosen by the out-of-sample loss of the given labels; several encodings may vote."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from labelaudit import storage
from labelaudit.blocks import Layout, RowBlocks, layout_of, on_threads
from labelaudit.encode.content import Duplicates, Hashes, duplicates, sample
from labelaudit.encode.encoder import TRIED, Encoder, Encoding, Fitted, fit_encoder
from labelaudit.encode.rows import encode_blocks, thinned, verify
from labelaudit.evidence import Alike, out_of_sample
from labelaudit.model.fit import newton, solver_for
from labelaudit.model.objective import Objective
from labelaudit.model.targets import MANY_CLASSES, HardTargets, outputs_for
from labelaudit.noise.models import explained_loss
from labelaudit.table.table import Column

Array = NDArray[np.float64]

# Tried in this order until the loss rises; for softmax with one logit a class: one logit for two classes means half.
L2_GRID = (1e-1, 1e-2, 1e-3)
SAMPLE_ROWS = 10_000
MOST_WORK = 1e7  # rows times parameters, up to which strengths for many classes are tried: a second or two each
UNTRIED = "the middle strength, untried: too many classes"
LARGEST_TRIED = 1300  # parameters; an encoding with more is not tried on its own, only when asked for
SELECTION_TOLERANCE = 1e-6  # of the gradient: the fits are compared, not kept
VOTE_TEMPER = 10.0  # nats of explained loss, over all rows, that make a vote e times weaker; a guess
SMALLEST_VOTE = 0.05


@dataclass(frozen=True)
class Trial:
    """One encoding with one strength: mean out-of-sample losses of the given labels in nats, or why there are none.

    loss is the model's own; explained_loss, of each encoding's best strength, that under one rate of label errors.
    """

    encoding: Encoding
    l2: float
    parameters: int
    loss: float
    explained_loss: float = float("nan")
    note: str = ""


@dataclass(frozen=True)
class Vote:
    """An encoding whose out-of-sample probabilities count with this weight; weights sum to 1."""

    encoding: Encoding
    l2: float
    weight: float


@dataclass(frozen=True)
class Choice:
    """The encoding of the model, those that vote on the labels (it is one of them), and every trial as a record."""

    encoding: Encoding
    l2: float
    votes: tuple[Vote, ...]
    trials: tuple[Trial, ...]

    @property
    def alone(self) -> Vote:
        """The model's encoding as the only vote."""
        return Vote(self.encoding, self.l2, 1.0)


def ridge_for(cols: int, l2: float) -> Array:
    """L2 on every encoded column but the constant, which stands last."""
    ridge = np.full(cols, l2)
    ridge[-1] = 0.0
    return ridge


def l2_grid(classes: int) -> tuple[float, ...]:
    """The strengths that are tried."""
    return tuple(l2 / 2 for l2 in L2_GRID) if classes == 2 else L2_GRID


@dataclass(frozen=True)
class Rows:
    """The audited rows as the methods see them: feature columns, class codes, content hashes, folds and duplicates."""

    columns: tuple[Column, ...]
    given: NDArray[np.int64]
    classes: int
    hashes: Hashes
    fold: NDArray[np.int64]
    same: Duplicates
    fitted: Fitted = field(default_factory=dict, compare=False)  # the encoders of these rows, each fitted once
    together: NDArray[np.int64] | None = None  # rows with the same number are left out together, as folds keep them

    def alike(self, layout: Layout) -> Alike:
        """What is left out with each row, in storage order."""
        of = np.arange(layout.rows) if self.same.all_differ else self.same.of[layout.order]
        return Alike(of, self.same.count, by_fold=self.together is not None)

    def take(self, rows: NDArray[np.int64]) -> Rows:
        """Some of the rows."""
        columns = tuple(Column(c.name, c.kind, c.values[rows], c.levels) for c in self.columns)
        fitted = self.fitted if np.array_equal(rows, np.arange(len(self.given))) else {}
        together = None if self.together is None else self.together[rows]
        hashes = self.hashes[rows]
        same = duplicates(hashes)
        return Rows(columns, self.given[rows], self.classes, hashes, self.fold[rows], same, fitted, together)


def choose(
    rows: Rows,
    *,
    encoding: Encoding | Literal["auto"] = "auto",
    l2: float | Literal["auto"] = "auto",
    solver: Literal["auto", "direct", "cg"] = "auto",
    threads: int = 1,
) -> Choice:
    """The encoding of the model and those that vote, on at most SAMPLE_ROWS rows drawn by content.

    On more rows than that the probabilities differ little between encodings that do well: one votes alone. Its strength
    is then the chosen one times the share of the drawn rows: beside the summed loss the penalty stays what it was.
    """
    if encoding != "auto" and l2 != "auto":
        return Choice(encoding, l2, (Vote(encoding, l2, 1.0),), ())
    encodings = TRIED if encoding == "auto" else (encoding,)
    grid = l2_grid(rows.classes) if l2 == "auto" else (l2,)
    drawn = rows.take(sample(rows.hashes, SAMPLE_ROWS))

    def fitted(name: Encoding) -> Encoder:
        return fit_encoder(name, drawn.columns, drawn.hashes, drawn.fitted)

    encoders = list(on_threads(fitted, encodings, threads))
    encoders = [e for i, e in enumerate(encoders) if not any(_same(e, other) for other in encoders[:i])]

    def parameters_of(encoder: Encoder) -> int:
        return len(encoder.names) * outputs_for(rows.classes)

    large = {e.encoding for e in encoders[1:] if parameters_of(e) > LARGEST_TRIED}
    each = threads if len(large) + 1 == len(encoders) else 1

    def tried(encoder: Encoder) -> list[Trial]:
        parameters = parameters_of(encoder)
        if rows.classes > MANY_CLASSES and len(drawn.given) * parameters > MOST_WORK and encoder is encoders[0]:
            return [Trial(encoder.encoding, grid[len(grid) // 2], parameters, float("nan"), 0.0, UNTRIED)]
        if encoder.encoding in large:
            note = f"over {LARGEST_TRIED} parameters"
            return [Trial(encoder.encoding, float("nan"), parameters, float("inf"), note=note)]
        return _trials(drawn, encoder, grid, solver, each)

    longest_first = sorted(range(len(encoders)), key=lambda i: -len(encoders[i].names))
    found_of = dict(zip(longest_first, on_threads(tried, [encoders[i] for i in longest_first], threads), strict=True))
    trials = [trial for i in range(len(encoders)) for trial in found_of[i]]
    best, votes = elected([t for t in trials if np.isfinite(t.explained_loss)], len(drawn.given))
    found = Choice(best.encoding, best.l2, votes, tuple(trials))
    if len(rows.given) <= SAMPLE_ROWS:
        return found
    found = found if l2 != "auto" else replace(found, l2=found.l2 * len(drawn.given) / len(rows.given))
    return replace(found, votes=(found.alone,))


def elected(trials: Sequence[Trial], rows: int) -> tuple[Trial, tuple[Vote, ...]]:
    """The model's trial, and the votes: by explained loss, of which a difference is evidence in nats over all rows.

    Label errors bend the probability of a label from p to e + (1 - 2 e) p: a flexible encoding can follow that bend,
    and its plain loss is then lower for taking noise for shape. The model's encoding is the one with the fewest
    parameters whose vote is at least half of the strongest.
    """
    loss = np.array([t.explained_loss for t in trials])
    weights = np.exp(-rows * (loss - loss.min()) / VOTE_TEMPER)
    weights[weights < SMALLEST_VOTE * weights.sum()] = 0.0
    weights /= weights.sum()
    strong = [t for t, w in zip(trials, weights, strict=True) if w >= weights.max() / 2]
    votes = tuple(Vote(t.encoding, t.l2, float(w)) for t, w in zip(trials, weights, strict=True) if w > 0)
    return min(strong, key=lambda t: t.parameters), votes


def _same(encoder: Encoder, other: Encoder) -> bool:
    """Without a numeric column that bends, splines are the linear encoding over again."""
    return encoder.encoding == "spline" and other.encoding == "linear" and encoder.columns == encoder.base


def _trials(
    rows: Rows, encoder: Encoder, grid: Sequence[float], solver: Literal["auto", "direct", "cg"], threads: int
) -> list[Trial]:
    layout = layout_of(rows.fold)
    blocks = encode_blocks(encoder, rows.columns, layout, threads=threads)
    blocks = thinned(blocks) if rows.classes > MANY_CLASSES else blocks
    given, same = rows.given[layout.order], rows.alike(layout)
    objectives = (hard_objective(blocks, given, rows.classes, l2) for l2 in grid)
    parameters = blocks.cols * outputs_for(rows.classes)
    found: list[tuple[Trial, Array]] = []
    for l2, p in zip(grid, _left_out(objectives, solver, same, threads), strict=False):
        loss = -float(np.log(np.maximum(p[np.arange(len(p)), given], 1e-12)).mean())
        found.append((Trial(encoder.encoding, l2, parameters, loss), p))
        if len(found) > 1 and loss > found[-2][0].loss:
            break  # and the weaker ones, which take longest to fit, would lose more
    verify(blocks)
    best, p = min(found, key=lambda trial: trial[0].loss)
    return [replace(t, explained_loss=explained_loss(p, given)) if t is best else t for t, _ in found]


def _left_out(
    objectives: Iterable[Objective], solver: Literal["auto", "direct", "cg"], same: Alike, threads: int
) -> Iterator[Array]:
    """Out-of-sample probabilities of each; on several threads the next is fitted meanwhile."""
    theta, waiting = None, None
    with storage.threads(1) as beside:
        for objective in objectives:
            kind = solver_for(objective.parameters, solver, outputs=objective.outputs)
            fit = newton(objective, start=theta, solver=kind, tolerance=SELECTION_TOLERANCE, chords=SELECTION_TOLERANCE)
            theta = fit.theta
            work = partial(out_of_sample, objective, theta, kind, same)
            if threads == 1:
                yield work()
                continue
            begun = beside.submit(work)
            if waiting is not None:
                yield waiting.result()
            waiting = begun
        if waiting is not None:
            yield waiting.result()


def hard_objective(blocks: RowBlocks, given: NDArray[np.int64], classes: int, l2: float) -> Objective:
    """The objective of the given labels, unit weights; given in storage order."""
    return Objective(
        blocks, HardTargets(given, classes), np.ones(blocks.rows), ridge_for(blocks.cols, l2), outputs_for(classes)
    )
