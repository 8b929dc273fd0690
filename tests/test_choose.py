from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from labelaudit import choose as choose_module
from labelaudit.assess import assess, rows_of
from labelaudit.choose import (
    VOTE_TEMPER,
    Choice,
    Rows,
    Trial,
    Vote,
    choose,
    elected,
    hard_objective,
    l2_grid,
    ridge_for,
)
from labelaudit.encode.encoder import TRIED, Encoding, fit_encoder
from labelaudit.table.table import Column
from problems import DATA, blocks_of


def ring(rows: int = 240) -> Rows:
    """Two classes that no line parts: within and without a circle."""
    x = np.random.default_rng(0).normal(size=(rows, 2))
    given = ((x**2).sum(1) > 1.4).astype(np.int64)
    return rows_of([Column("a", "numeric", x[:, 0]), Column("b", "numeric", x[:, 1])], given, 2)


def line(rows: int = 240) -> Rows:
    """Two classes that a line parts, but for noise."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=(rows, 3))
    given = (x.sum(1) + rng.logistic(size=rows) > 0).astype(np.int64)
    return rows_of([Column(name, "numeric", x[:, i]) for i, name in enumerate("abc")], given, 2)


def test_the_encoding_follows_the_data() -> None:
    assert choose(ring()).encoding != "linear"
    assert choose(line()).encoding == "linear"


def test_votes_follow_the_explained_loss() -> None:
    choice = choose(ring())
    explained = {t.encoding: t for t in choice.trials if np.isfinite(t.explained_loss)}
    assert set(explained) == set(TRIED)
    assert all(np.isfinite(t.loss) for t in choice.trials)
    assert sum(v.weight for v in choice.votes) == pytest.approx(1)
    strongest = max(choice.votes, key=lambda v: v.weight)
    assert explained[strongest.encoding].explained_loss == min(t.explained_loss for t in explained.values())
    assert (choice.encoding, choice.l2) in {(v.encoding, v.l2) for v in choice.votes}
    for trial in explained.values():
        assert trial.loss == min(t.loss for t in choice.trials if t.encoding == trial.encoding)


def trial(encoding: Encoding, parameters: int, explained: float) -> Trial:
    return Trial(encoding, 0.01, parameters, explained, explained)


def test_votes_are_weighed_by_evidence_and_the_simplest_of_the_strong_is_the_model() -> None:
    trials = [trial("linear", 3, 0.501), trial("kernel", 50, 0.5), trial("spline", 9, 0.9)]
    best, votes = elected(trials, 1000)
    assert [v.encoding for v in votes] == ["linear", "kernel"]
    assert votes[0].weight / votes[1].weight == pytest.approx(math.exp(-1000 * 0.001 / VOTE_TEMPER))
    assert best.encoding == "linear"
    alone, votes = elected([trial("linear", 3, 0.6), trial("kernel", 50, 0.5)], 1000)
    assert alone.encoding == "kernel"
    assert votes == (Vote("kernel", 0.01, 1.0),)


def test_one_encoding_votes_on_many_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choose_module, "SAMPLE_ROWS", 100)
    choice = choose(line(400))
    assert choice.votes == (Vote(choice.encoding, choice.l2, 1.0),)


def test_beside_the_summed_loss_the_penalty_is_that_of_the_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choose_module, "SAMPLE_ROWS", 100)
    choice = choose(line(400), encoding="linear")
    best = min(choice.trials, key=lambda t: t.loss)
    assert choice.l2 == pytest.approx(best.l2 / 4)
    assert choose(line(400), encoding="linear", l2=0.02).l2 == 0.02


def test_what_is_asked_for_is_not_tried() -> None:
    assert choose(line(), encoding="kernel", l2=0.3) == Choice("kernel", 0.3, (Vote("kernel", 0.3, 1.0),), ())
    only = choose(line(), encoding="spline")
    assert only.encoding == "spline"
    assert {t.encoding for t in only.trials} == {"spline"}
    strength = choose(line(), l2=0.02)
    assert {t.l2 for t in strength.trials} == {0.02} == {strength.l2}


def test_splines_without_a_column_that_bends_are_not_tried_twice() -> None:
    rng = np.random.default_rng(2)
    flags = [Column(n, "boolean", rng.integers(0, 2, size=80).astype(np.float64)) for n in "ab"]
    choice = choose(rows_of(flags, rng.integers(0, 2, size=80), 2))
    assert "spline" not in {t.encoding for t in choice.trials}


def test_an_encoding_with_too_many_parameters_is_noted_and_not_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choose_module, "LARGEST_TRIED", 20)
    trials = {t.encoding: t for t in choose(ring()).trials}
    assert trials["kernel"].note == "over 20 parameters"
    assert trials["kernel"].parameters > 20
    assert choose(ring(), encoding="kernel").encoding == "kernel"


@pytest.mark.parametrize("rows", [ring(), line()], ids=["ring", "line"])
def test_strengths_are_tried_until_the_loss_rises(rows: Rows) -> None:
    found = choose(rows)
    for encoding in TRIED:
        path = [(t.l2, t.loss) for t in found.trials if t.encoding == encoding]
        assert tuple(l2 for l2, _ in path) == l2_grid(2)[: len(path)]
        rises = [after > before for (_, before), (_, after) in pairwise(path)]
        assert not any(rises[:-1])
        assert len(path) == len(l2_grid(2)) or rises[-1]
        best = min(loss for _, loss in path)
        encoder = fit_encoder(encoding, rows.columns, rows.hashes)
        for weaker in l2_grid(2)[len(path) :]:
            (untried,) = choose_module._trials(rows, encoder, (weaker,), "auto", 1)
            assert untried.loss > best


def test_the_only_encoding_that_is_tried_takes_all_threads_and_has_the_same_bits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(choose_module, "LARGEST_TRIED", 1)
    assert len({repr(choose(ring(), threads=threads)) for threads in (1, 2, 3)}) == 1


def test_a_sample_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """And a column that is missing throughout the sample does no harm."""
    monkeypatch.setattr(choose_module, "SAMPLE_ROWS", 100)
    rows = line(400)
    drawn = choose_module.sample(rows.hashes, 100)
    values = np.full(400, np.nan)
    values[np.setdiff1d(np.arange(400), drawn)[:10]] = 1.0
    sparse = replace(rows, columns=(*rows.columns, Column("sparse", "numeric", values)))
    choice = choose(sparse)
    assert all(np.isfinite(t.loss) for t in choice.trials)


def test_taken_rows_keep_what_they_are() -> None:
    rows = line(50)
    some = rows.take(np.array([4, 0, 33]))
    assert some.given.tolist() == rows.given[[4, 0, 33]].tolist()
    assert some.hashes.tolist() == rows.hashes[[4, 0, 33]].tolist()
    assert some.fold.tolist() == rows.fold[[4, 0, 33]].tolist()
    assert some.columns[1].values.tolist() == rows.columns[1].values[[4, 0, 33]].tolist()
    assert [c.name for c in some.columns] == ["a", "b", "c"]


def test_the_constant_is_not_penalised() -> None:
    assert ridge_for(4, 0.5).tolist() == [0.5, 0.5, 0.5, 0.0]
    assert l2_grid(3) == (1e-1, 1e-2, 1e-3)
    assert l2_grid(2) == (5e-2, 5e-3, 5e-4)


def test_one_logit_with_half_the_strength_is_two_logits() -> None:
    """Two classes by softmax with one logit each have the same optimum, so the grids match."""
    from labelaudit.kernels import native
    from labelaudit.model.fit import newton
    from labelaudit.model.targets import class_probabilities

    data = DATA["breast_cancer"]()
    blocks = blocks_of(data.x)
    one = newton(hard_objective(blocks, data.given, 2, 0.01), tolerance=1e-11)
    two_classes = choose_module.Objective(
        blocks,
        lambda start, stop: np.eye(2)[data.given[start:stop]],
        np.ones(blocks.rows),
        ridge_for(blocks.cols, 0.02),
        2,
    )
    two = newton(two_classes, tolerance=1e-11)
    p_one = class_probabilities(native.probabilities(native.forward(data.x, one.theta)))
    p_two = native.probabilities(native.forward(data.x, two.theta))
    assert np.abs(p_one - p_two).max() <= 1e-8


@pytest.mark.parametrize("seed", range(3))
def test_errors_in_one_direction_do_not_pass_for_shape(seed: int) -> None:
    """A flexible encoding can learn that a fifth of one class bears the other's label; the simple one explains it."""
    rng = np.random.default_rng(seed)
    true = (rng.random(1500) < 0.5).astype(np.int64)
    x = rng.normal(size=(1500, 2))
    x[:, 0] += 3 * true
    wrong = (true == 0) & (rng.random(1500) < 0.2)
    columns = (Column("x", "numeric", x[:, 0]), Column("y", "numeric", x[:, 1]))
    result = assess(rows_of(columns, np.where(wrong, 1, true), 2))
    assert result.choice.encoding == "linear"
    stated = 1 - result.scores.label_score
    assert stated.mean() == pytest.approx(wrong.mean(), abs=0.4 * wrong.mean())
    assert wrong[np.argsort(-stated)[: wrong.sum()]].mean() > 0.8
