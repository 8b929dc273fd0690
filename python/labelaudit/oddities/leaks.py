"""Columns that alone give the label: made from it, or known only after it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from labelaudit.encode.content import unit_scaled
from labelaudit.oddities.result import Oddity
from labelaudit.table.table import Column
from labelaudit.table.words import as_option, quoted
from labelaudit.threads import importing

Codes = NDArray[np.int64]

BINS = (4, 16, 64, 256)
FEWEST_IN_A_BIN = 5
FEWEST_ROWS = 30  # with fewer, chance does it
MISSED = 0.03  # of what the most frequent label alone would miss: below, the label is given almost perfectly; a guess
WORTH_A_TREE = 0.6  # missed likewise by bins: the bounds between classes fall within some of them
MISSED_GIVEN = 0.4  # the same for the given labels where the probable ones are met: a leak and errors up to a fifth


def leaks(columns: Sequence[Column], given: Codes, probable: Codes, fold: Codes) -> list[Oddity]:
    """The columns whose values alone give the label almost perfectly, out of sample; the best first.

    given and probable hold the class codes of the given and of the most probable label, (rows,), fold the folds.
    Wrong labels disagree with a leak as with everything else, so a column is also held against the probable labels,
    unless it is the only one: these would then be its own. What it misses is told as a share of what the most frequent
    label misses.
    """
    if len(given) < FEWEST_ROWS or len(np.unique(fold)) < 2:
        return []
    found = []
    for column in columns:
        if column.kind in ("text", "embedding"):
            continue
        guess, accuracy = best_guess(column, given, fold)
        missed = _missed(guess, given)
        true = _missed(guess, probable) if len(columns) > 1 and missed <= MISSED_GIVEN else missed
        if min(missed, true) <= MISSED:
            found.append((-accuracy, column.name))
    return [_told(name, -accuracy, given) for accuracy, name in sorted(found)]


def _missed(guess: Codes, labels: Codes) -> float:
    by_majority = 1 - np.bincount(labels).max() / len(labels)
    return float((guess != labels).mean() / by_majority) if by_majority else 1.0


def best_guess(column: Column, given: Codes, fold: Codes) -> tuple[Codes, float]:
    """The label most frequent beside the same value in the other folds, (rows,), and its accuracy.

    Numbers count as the same within bins of equal count; of several widths the best is taken. Where that comes near
    the labels, a decision tree may find better bounds.
    """
    guesses = [_majority(values, given, fold) for values in _binned(column)]
    if column.kind != "categorical" and min(_missed(guess, given) for guess in guesses) <= WORTH_A_TREE:
        guesses.append(_by_tree(column.values, given, fold))
    accuracy = [float((guess == given).mean()) for guess in guesses]
    best = int(np.argmax(accuracy))
    return guesses[best], accuracy[best]


def _binned(column: Column) -> list[Codes]:
    """The column's values as codes from 0, missing ones with a code of their own."""
    if column.kind == "categorical":
        return [column.values + 1]
    missing = np.isnan(column.values)
    present = np.sort(column.values[~missing])
    widths = [b for b in BINS if b * FEWEST_IN_A_BIN <= len(present)] or [1]
    out = []
    for bins in widths:
        edges = np.unique(present[(np.arange(1, bins) * len(present)) // bins])
        out.append(np.where(missing, 0, 1 + np.searchsorted(edges, column.values, side="right")))
    return out


def _majority(values: Codes, given: Codes, fold: Codes) -> Codes:
    """For each row the most frequent label of the rows with its value in other folds, or of all of these rows."""
    shape = int(values.max()) + 1, int(given.max()) + 1
    cells = values * shape[1] + given
    whole = np.bincount(cells, minlength=shape[0] * shape[1]).reshape(shape)
    guess = np.empty_like(given)
    for f in np.unique(fold):
        here = fold == f
        rest = whole - np.bincount(cells[here], minlength=shape[0] * shape[1]).reshape(shape)
        label = np.where(rest.any(1), rest.argmax(1), rest.sum(0).argmax())
        guess[here] = label[values[here]]
    return guess


def _by_tree(values: NDArray[np.float64], given: Codes, fold: Codes) -> Codes:
    """For each row what a decision tree on the other folds says of its value; two leaves a class."""
    with importing:
        from sklearn.tree import DecisionTreeClassifier

    guess = np.empty_like(given)
    leaves = 2 * len(np.unique(given))
    for f in np.unique(fold):
        here = fold == f
        tree = DecisionTreeClassifier(max_leaf_nodes=leaves, min_samples_leaf=FEWEST_IN_A_BIN, random_state=0)
        scaled = unit_scaled(values)[:, None]  # the tree holds float32
        guess[here] = tree.fit(scaled[~here], given[~here]).predict(scaled[here])
    return guess


def _told(name: str, accuracy: float, given: Codes) -> Oddity:
    share = np.bincount(given).max() / len(given)
    return Oddity(
        "leak",
        f"The column {quoted(name)} alone gives {accuracy:.1%} of the labels (the most frequent label: {share:.1%}), "
        "and so labels are judged by it. If it was made from the label, or is known only after it, add "
        f"--drop {as_option(name)}.",
        column=name,
    )
