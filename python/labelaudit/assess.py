"""The method from typed columns to scores: choose an encoding, fit, weigh the labels, measure influence.

It knows rows, never files; every result is in the order of the rows it was given.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from labelaudit import storage
from labelaudit.blocks import CHUNK_ROWS, Layout, RowBlocks, layout_of, on_threads
from labelaudit.choose import SAMPLE_ROWS, Choice, Rows, choose, hard_objective
from labelaudit.cluster.current import in_use
from labelaudit.device import Device, place, resolve
from labelaudit.encode.content import duplicates, folds, row_hashes, sample
from labelaudit.encode.encoder import Encoder, Encoding, feature_columns, fit_encoder
from labelaudit.encode.groups import folds_of_groups, joined
from labelaudit.encode.rows import encode_blocks, thinned, verify
from labelaudit.evidence import out_of_sample, remembered
from labelaudit.influence import mean_gradient, residuals
from labelaudit.kernels.native import Precision
from labelaudit.model.fit import Fit, Optimizer, Solver, solver_for
from labelaudit.model.optimize import minimise
from labelaudit.model.targets import MANY_CLASSES, HardTargets
from labelaudit.score import Credibility, Evidence, Scores, Voter, credibility, credibility_by, own_influence, score
from labelaudit.table.table import Column

Array = NDArray[np.float64]
Tick = Callable[[str], None]


@dataclass(frozen=True)
class Settings:
    """How to assess; the defaults are the tool's."""

    encoding: Encoding | Literal["auto"] = "auto"
    l2: float | Literal["auto"] = "auto"
    solver: Literal["auto", "direct", "cg"] = "auto"
    optimizer: Optimizer = "newton"
    device: Device = "auto"
    precision: Precision = "float64"
    threads: int = 1
    seed: int = 0


@dataclass(frozen=True)
class Assessment:
    """Everything that was found out about the rows, in their order."""

    scores: Scores
    credibility: Credibility
    choice: Choice
    encoder: Encoder
    fit: Fit
    solver: Solver
    device: str


def rows_of(
    columns: Sequence[Column],
    given: NDArray[np.int64],
    classes: int,
    group: NDArray[np.int64] | None = None,
    threads: int = 1,
) -> Rows:
    """The rows of these columns and class codes 0 .. classes - 1, with folds by content.

    With group (rows,), rows of the same number are kept in one fold and left out together; a negative one is alone.
    """
    features = feature_columns(columns)
    hashes = row_hashes(features, len(given), threads)
    same = duplicates(hashes)
    if group is None:
        return Rows(features, given, classes, hashes, folds(hashes, given, same=same), same)
    together = joined(hashes, group)
    return Rows(features, given, classes, hashes, folds_of_groups(hashes, given, together), same, together=together)


def assess(
    rows: Rows,
    settings: Settings = Settings(),
    *,
    reference: Rows | None = None,
    pred_probs: Array | None = None,
    tick: Tick = lambda stage: None,
) -> Assessment:
    """Scores every row. `reference` holds rows whose labels are trusted; `tick` is told each stage as it begins.

    pred_probs (rows, classes): another model's out-of-sample probabilities, the evidence instead of this one's.
    """
    device = "cpu" if in_use() else resolve(settings.device)
    tick("choosing the encoding")
    choice = choose(rows, encoding=settings.encoding, l2=settings.l2, solver=settings.solver, threads=settings.threads)
    layout = layout_of(rows.fold)
    given, same = rows.given[layout.order], rows.alike(layout)
    there = None if reference is None else layout_of(reference.fold)
    voters: dict[Encoding, tuple[Encoder, Voter]] = {}
    for vote in choice.votes if pred_probs is None else (choice.alone,):
        tick(f"fitting the model ({vote.encoding}, l2 {vote.l2:g})")
        encoder = fit_encoder(vote.encoding, rows.columns, rows.hashes, rows.fitted, settings.threads)
        objective = hard_objective(_blocks(encoder, rows, layout, settings, device), given, rows.classes, vote.l2)
        solver = solver_for(objective.parameters, settings.solver, outputs=objective.outputs)
        fit = minimise(objective, settings.optimizer, solver=solver, seed=settings.seed)
        curvature = remembered(objective, fit.theta, solver)
        if pred_probs is None:
            p = out_of_sample(objective, fit.theta, solver, same, curvature)
        else:
            p = pred_probs[layout.order]
        trusted = None
        if reference is not None and there is not None:
            trusted = _blocks(encoder, reference, there, settings, device)
        voters[vote.encoding] = encoder, Voter(objective, fit, p, vote.weight, solver, trusted, curvature)
    true = None if reference is None or there is None else reference.given[there.order]
    drawn = sample(rows.hashes[layout.order], SAMPLE_ROWS) if rows.classes > 2 else np.arange(len(given))
    evidence = Evidence(given, same, drawn, true)
    encoder, model = voters[choice.encoding]
    # of few rows, where the Hessian is wanted for nothing else, while the labels are weighed
    aside = model.solver == "cg" and len(given) <= CHUNK_ROWS and device == "cpu" and in_use() is None
    own = storage.beside(lambda: own_influence(model), settings.threads) if aside else None
    if pred_probs is None:
        belief = credibility(evidence, [voter for _, voter in voters.values()], tick)
    else:
        belief = credibility_by(model.p, evidence)
    tick("measuring influence")
    gradient = None
    if model.trusted is not None and true is not None:
        rows_there = residuals(model.trusted, HardTargets(true, rows.classes), model.fit.theta)
        gradient = mean_gradient(rows_there, np.ones(len(true)))
    scores = score(model, given, belief.belief, gradient, own and own())
    for _, voter in voters.values():
        verify(voter.objective.blocks)
        if voter.trusted is not None:
            verify(voter.trusted)
    scores, right = _in_order(scores, belief.belief, layout, settings.threads)
    return Assessment(
        scores,
        replace(belief, belief=right),
        choice,
        encoder,
        model.fit,
        model.solver,
        device,
    )


def _blocks(encoder: Encoder, rows: Rows, layout: Layout, settings: Settings, device: str) -> RowBlocks:
    how: dict[str, Any] = {"threads": settings.threads, "precision": settings.precision}
    grid = in_use()
    if grid is not None:
        from labelaudit.cluster.blocks import encode_on_cluster

        return encode_on_cluster(grid, encoder, rows.columns, layout, **how)
    packed = rows.classes == 2 and device == "cpu"  # several classes go through products of dense matrices
    blocks = encode_blocks(encoder, rows.columns, layout, packed=packed, **how)
    if device == "cuda":
        return place(blocks, device)
    return thinned(blocks) if rows.classes > MANY_CLASSES else blocks


def _in_order(scores: Scores, belief: Array, layout: Layout, threads: int) -> tuple[Scores, Array]:
    """Scores and belief in the order of the table."""
    *ordered, right = on_threads(layout.to_table_order, [*vars(scores).values(), belief], threads)
    return Scores(**dict(zip(vars(scores), ordered, strict=True))), right


def probabilities_of(assessment: Assessment, columns: Sequence[Column], rows: NDArray[np.int64]) -> Array:
    """The fitted model's probabilities (rows, classes) for other rows of the same columns."""
    from labelaudit.kernels import native
    from labelaudit.model.targets import class_probabilities

    x = assessment.encoder.encode(feature_columns(columns), rows)
    return class_probabilities(native.probabilities(native.forward(x, assessment.fit.theta)))
