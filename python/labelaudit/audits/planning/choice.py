"""Which encodings an audit will probably choose, from a few of its rows.

They are tried as the audit tries its sample, on the rows and on half of them: the loss of unseen rows falls with their
number, to first order by a share of 1 / rows, which tells it for as many as the audit will draw.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from labelaudit.assess import Settings, rows_of
from labelaudit.audits.planning.shape import Shape
from labelaudit.audits.run import fitted_rows, take
from labelaudit.blocks import layout_of
from labelaudit.choose import LARGEST_TRIED, SAMPLE_ROWS, Rows, Trial, elected, hard_objective
from labelaudit.encode.content import sample
from labelaudit.encode.encoder import TRIED, Encoder, Encoding, fit_encoder
from labelaudit.encode.rows import encode_blocks
from labelaudit.errors import LabelauditError
from labelaudit.evidence import out_of_sample
from labelaudit.kernels.blas import one_thread
from labelaudit.model.fit import newton, solver_for
from labelaudit.noise.models import explained_loss
from labelaudit.table.table import Table

# Of one logit a class: those that are seldom far from the best, of the three that an audit tries. A kernel's features
# of few columns vary little, and may want less.
STRENGTHS: dict[Encoding, tuple[float, ...]] = {
    "linear": (1e-3,),
    "kernel": (1e-2, 1e-3),
    "spline+kernel": (1e-1, 1e-2),
}
USUAL = (1e-2,)
TOLERANCE = 1e-4  # of the gradient: a guess at a loss needs no more
WORK = 8e8  # multiplications of one Hessian of every trial together: some 0.5 s for all
FEWEST = 300  # rows
NOISE = 0.15  # nats by which losses of single rows differ between encodings; a guess


def tried(shape: Shape, settings: Settings) -> dict[Encoding, int]:
    """The encodings that the audit will try, with their columns: all that are not too wide, the first in any case."""
    names = TRIED if settings.encoding == "auto" else (settings.encoding,)
    if settings.encoding != "auto" and settings.l2 != "auto":
        return {}
    kept = [n for i, n in enumerate(names) if not i or shape.encoded[n] * shape.outputs <= LARGEST_TRIED]
    same = "spline" in kept and shape.encoded["spline"] == shape.encoded.get("linear")
    return {n: shape.encoded[n] for n in kept if not (same and n == "spline")}


def votes(table: Table, shape: Shape, settings: Settings, one_votes: bool) -> dict[Encoding, float]:
    """The encodings that will probably vote, with their weights; of texts and embeddings, which take long, a guess."""
    encodings = tried(shape, settings)
    if len(encodings) <= 1:
        return {settings.encoding if settings.encoding != "auto" else "linear": 1.0}
    if any(column.kind in ("text", "embedding") for column in table.columns):
        return {"linear": 1.0}
    try:
        with one_thread():
            trials = _extrapolated(_some(table, shape, encodings), shape, encodings)
        best, found = elected(trials, min(shape.rows, SAMPLE_ROWS))
    except (LabelauditError, ValueError):  # too few rows of a class in the sample to try anything
        return {"linear": 1.0}
    if shape.rows > SAMPLE_ROWS or one_votes:
        return {best.encoding: 1.0}
    return {vote.encoding: vote.weight for vote in found}


def _some(table: Table, shape: Shape, encodings: dict[Encoding, int]) -> Rows:
    work = sum(cols**2 for cols in encodings.values()) * shape.pairs
    fitted, code = fitted_rows(table)
    classes = int((code >= 0).sum())
    rows = rows_of(take(table.columns, fitted), code[table.given[fitted]], classes)
    drawn = rows.take(sample(rows.hashes, int(min(SAMPLE_ROWS, max(FEWEST, WORK / work)))))
    return _of_present(drawn)


def _of_present(rows: Rows) -> Rows:
    """The rows with the classes numbered that they have."""
    present, given = np.unique(rows.given, return_inverse=True)
    return Rows(rows.columns, given, len(present), rows.hashes, rows.fold, rows.same)


def _extrapolated(rows: Rows, shape: Shape, encodings: dict[Encoding, int]) -> list[Trial]:
    """Trials with the losses that as many rows as the audit draws would have.

    Where these are more than twice the rows at hand, encodings that gain less than noise are left out.
    """
    count, wanted = len(rows.given), min(shape.rows, SAMPLE_ROWS)
    losses, noise = _losses(rows, encodings), -np.inf
    if count < wanted / 2:
        half = _losses(_of_present(rows.take(sample(rows.hashes, count // 2, salt=1))), encodings)
        share = 1 - count / wanted  # of a fall that doubling the rows brings, the rest of it
        losses = {name: loss - share * max(0.0, half[name] - loss) for name, loss in losses.items()}
        noise = NOISE * (1 / count - 1 / wanted) ** 0.5
    kept: list[Trial] = []
    for name in sorted(losses, key=lambda name: encodings[name]):
        if all(losses[name] < trial.explained_loss - noise for trial in kept):
            kept.append(Trial(name, USUAL[0], encodings[name] * shape.outputs, losses[name], losses[name]))
    return kept


def _losses(rows: Rows, encodings: Iterable[Encoding]) -> dict[Encoding, float]:
    return {name: _loss(rows, fit_encoder(name, rows.columns, rows.hashes, rows.fitted)) for name in encodings}


def _loss(rows: Rows, encoder: Encoder) -> float:
    """The explained loss of rows that the model has not seen."""
    layout = layout_of(rows.fold)
    blocks = encode_blocks(encoder, rows.columns, layout)
    given, theta, losses = rows.given[layout.order], None, []
    for strength in STRENGTHS.get(encoder.encoding, USUAL):
        objective = hard_objective(blocks, given, rows.classes, strength / (2 if rows.classes == 2 else 1))
        theta = newton(objective, start=theta, tolerance=TOLERANCE, chords=True).theta
        unseen = out_of_sample(
            objective, theta, solver_for(objective.parameters, outputs=objective.outputs), rows.alike(layout)
        )
        losses.append(explained_loss(unseen, given))
    return min(losses)
