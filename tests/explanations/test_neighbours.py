from __future__ import annotations

import numpy as np
import pytest

import oracle
from labelaudit.explanations.explain import explain_row
from labelaudit.explanations.neighbours import sides, strongest
from labelaudit.influence import pairwise_influence

CASES = [(2, "linear", "direct"), (3, "spline", "direct"), (2, "kernel", "direct"), (3, "linear", "cg")]

every_case = pytest.mark.parametrize("case", CASES, ids=lambda c: "-".join(map(str, c)))


@every_case
def test_one_solve_gives_what_the_matrix_of_pairs_holds(models, case):
    model = models(*case)
    n = len(model.fitted)
    pairs = np.empty((n, n))
    for where, values in pairwise_influence(model.residuals, model.residuals, model.curvature):
        pairs[:, where] = values
    pairs = pairs[np.ix_(model.stored, model.stored)]
    some = range(0, n, 9 if case[2] == "cg" else 1)
    assert oracle.error(np.stack([model.pairwise(i) for i in some]), pairs[some]) <= (
        1e-10 if case[2] == "direct" else 1e-7
    )


@every_case
def test_the_sides_sum_to_the_average_influence_of_the_ranking(models, case):
    model = models(*case)
    ranking = model.audit.ranking.sort_values("row")
    weights = ranking["label_score"].to_numpy()
    average = ranking["average_influence"].to_numpy() * weights.sum()
    own = ranking["self_influence"].to_numpy() * weights
    for i in range(0, len(model.fitted), 9 if case[2] == "cg" else 1):
        opposing, supporting = sides(model, i, 3, [])
        assert opposing.weight + supporting.weight + own[i] == pytest.approx(average[i], rel=1e-6, abs=1e-6)


@every_case
def test_the_strongest_rows_are_those_of_a_sort(models, case):
    model = models(*case)
    by_row = {int(r): n for n, r in enumerate(model.table.row[model.fitted])}
    for i in range(0, len(model.fitted), 5):
        weight = model.pairwise(i) * model.score
        weight[i] = 0.0
        for side, sign in zip(sides(model, i, 7, []), (-1, 1), strict=True):
            order = [int(j) for j in np.argsort(-sign * weight, kind="stable")[:7] if sign * weight[j] > 1e-9]
            found = [by_row[n.row] for n in side.strongest]
            assert found[: len(order)] == order
            assert all(sign * n.influence > 0 for n in side.strongest)
            assert [n.label_score for n in side.strongest] == [model.score[j] for j in found]
            assert i not in found


def test_the_selection_takes_the_first_of_equals_and_no_more_than_asked():
    size = np.array([1.0, 3.0, -5.0, 3.0, 0.0, 2.0, 3.0])
    assert strongest(size, 2).tolist() == [1, 3]
    assert strongest(size, 4).tolist() == [1, 3, 6, 5]
    assert strongest(size, 99).tolist() == [1, 3, 6, 5, 0]
    assert strongest(size, 0).tolist() == []


def test_a_duplicate_with_another_label_opposes_and_agrees_in_every_column(models):
    model = models(2, "linear")
    pair = next((i, len(model.fitted) - 5 + i) for i in range(5) if model.rows.given[i] != model.rows.given[-5 + i])
    rows = model.table.row[model.fitted][list(pair)].tolist()
    found = explain_row(model, rows[0], top=99)
    twin = next(n for n in found.opposing.strongest if n.row == rows[1])
    assert twin.same_features
    assert len(twin.agrees) == twin.of_columns == 3
    assert found.duplicates == {twin.given_label: 1}
    assert "it and its exact duplicate (with another label)" in found.sentence
    assert sum(n.same_features for side in (found.opposing, found.supporting) for n in side.strongest) == 1


def test_columns_that_agree_stand_in_the_order_of_their_push(models):
    found = explain_row(models(3, "linear"), 4, top=20)
    order = [c.column for c in found.columns]
    for n in found.supporting.strongest:
        names = [a.column for a in n.agrees]
        assert names == [c for c in order if c in names]
