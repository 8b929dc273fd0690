"""What the published recipe lacks: errors planted before training, and how well each ranking finds them."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labelaudit.assess import Assessment, Settings, assess, rows_of
from labelaudit.blocks import layout_of
from labelaudit.choose import Rows, hard_objective
from labelaudit.encode.encoder import fit_encoder
from labelaudit.encode.rows import encode_blocks
from labelaudit.influence import residuals
from labelaudit.kernels.blas import one_thread
from labelaudit.metrics import average_precision, first, precision
from labelaudit.model.fit import newton
from labelaudit.synthetic import Sample, bayes_posterior, draw, flip_share
from labelaudit.table.table import Column

Array = NDArray[np.float64]

ERROR_RATE = 0.1
TRUSTED_ROWS = 2000
ROW_LOSS_L2 = 1e-6  # practically none: "plain" means the maximum-likelihood fit
TRUSTED_SEED = 2  # tells the trusted rows' stream from those of the audited rows (0) and of their flips (1)

RANKINGS = (
    "Bayes rule",
    "label_score",
    "average_influence",
    "average_influence, trusted",
    "self_influence",
    "self_confidence",
    "row loss",
)


@dataclass(frozen=True)
class Found:
    """How well a ranking finds the planted errors: average precision, and precision among the first k, k planted."""

    average_precision: float
    precision_at_k: float


@dataclass(frozen=True)
class PlantedRun:
    """One data set with planted errors: what each ranking found, what the tool estimated, and how long it took."""

    rows: int
    features: int
    seed: int
    planted: int
    found: dict[str, Found]
    encoding: str
    l2: float
    stated_error_rate: float
    seconds: float


def run_planted(rows: int, features: int, seed: int, *, threads: int = 1) -> PlantedRun:
    """Draws rows, flips ERROR_RATE of the labels, audits them and compares every ranking with the truth."""
    sample = flip_share(draw(rows, features, seed=seed), ERROR_RATE, seed=seed)
    trusted = draw(TRUSTED_ROWS, features, seed=(seed, TRUSTED_SEED))
    with one_thread():
        audited = _rows(sample)
        began = time.perf_counter()
        assessment = assess(audited, Settings(threads=threads))
        seconds = time.perf_counter() - began
        with_trusted = _assess_with(trusted, audited, assessment, threads)
        suspicion = _suspicion(sample, audited, assessment, with_trusted)
    return PlantedRun(
        rows=rows,
        features=features,
        seed=seed,
        planted=int(sample.wrong.sum()),
        found={name: found(sample.wrong, suspicion[name]) for name in RANKINGS},
        encoding=assessment.choice.encoding,
        l2=assessment.choice.l2,
        stated_error_rate=float(1 - assessment.scores.label_score.mean()),
        seconds=seconds,
    )


def found(wrong: NDArray[np.bool_], suspicion: Array) -> Found:
    """Scores a ranking, most suspicious first; rows that tie stay in row order for the precision."""
    return Found(average_precision(wrong, suspicion), precision(wrong, first(suspicion, int(wrong.sum()))))


def _rows(sample: Sample) -> Rows:
    columns = [Column(f"x{i + 1}", "numeric", np.ascontiguousarray(x)) for i, x in enumerate(sample.x.T)]
    return rows_of(columns, sample.given, 2)


def _assess_with(trusted: Sample, audited: Rows, plain: Assessment, threads: int) -> Assessment:
    """The same audit with a trusted reference; encoding and strength are those already chosen."""
    settings = Settings(encoding=plain.choice.encoding, l2=plain.choice.l2, threads=threads)
    return assess(audited, settings, reference=_rows(trusted))


def _suspicion(sample: Sample, audited: Rows, plain: Assessment, with_trusted: Assessment) -> dict[str, Array]:
    """Every ranking as (rows,) numbers, the highest first to be looked at."""
    second = bayes_posterior(sample.x)
    return {
        "Bayes rule": np.where(sample.given == 1, 1 - second, second),
        "label_score": -plain.scores.label_score,
        "average_influence": -plain.scores.average_influence,
        "average_influence, trusted": -with_trusted.scores.average_influence,
        "self_influence": plain.scores.self_influence,
        "self_confidence": -plain.scores.self_confidence,
        "row loss": _row_loss(audited),
    }


def _row_loss(rows: Rows) -> Array:
    """The in-sample error probability, which orders as the log-loss does, of a plain logistic fit, (rows,)."""
    layout = layout_of(rows.fold)
    blocks = encode_blocks(fit_encoder("linear", rows.columns, rows.hashes), rows.columns, layout)
    objective = hard_objective(blocks, rows.given[layout.order], rows.classes, ROW_LOSS_L2)
    fitted = residuals(blocks, objective.targets, newton(objective).theta)
    out: Array = layout.to_table_order(np.abs(fitted.r[:, 0]))
    return out
