"""The given labels as codes of classes, and the labels that no audit can work on."""

from __future__ import annotations

import numpy as np

from labelaudit.errors import InputError
from labelaudit.table.distinct import Distinct
from labelaudit.table.kinds import Places
from labelaudit.table.rowwise import BoolArray, picked
from labelaudit.table.table import IntArray
from labelaudit.table.words import counted, listed, quoted

MOST_CLASSES = 10_000  # a guess: the noise matrix alone takes 0.8 GB then


def given_labels(labels: Distinct, labelled: BoolArray | None) -> tuple[tuple[str, ...], IntArray]:
    """The sorted classes and the code of each labelled row's label, taken exactly; None: all rows are labelled."""
    classes = tuple(sorted(word for word in labels.words.tolist() if word))
    codes, _ = labels.coded(classes)
    return classes, picked(codes, labelled)


def check_classes(label: str, classes: tuple[str, ...], given: IntArray, source: str) -> None:
    """Raise InputError unless at least two classes have two rows each, and there are no more than MOST_CLASSES."""
    where = f"{source}, label column {quoted(label)}" if source else f"label column {quoted(label)}"
    sizes = np.bincount(given, minlength=len(classes))
    if len(classes) == 0:
        raise InputError(f"{where}: every cell is empty, so no row has a label.")
    if len(classes) == 1:
        raise InputError(f"{where}: every label is {quoted(classes[0])}; an audit needs at least two classes.")
    if len(classes) == len(given) > 2:
        raise InputError(
            f"{where}: the label is different in every row ({counted(len(given), 'row')}, among them"
            f" {listed(classes[:3])}). Is this an id or a quantity? Name the label column with --label."
        )
    if len(classes) > MOST_CLASSES:
        raise InputError(
            f"{where}: {len(classes):,} different labels in {counted(len(given), 'row')} (among them "
            f"{listed(classes[:3])}); an audit takes up to {MOST_CLASSES:,} classes. Is this an id or a quantity? Name "
            "the label column with --label."
        )
    if np.count_nonzero(sizes >= 2) < 2:
        raise InputError(
            f"{where}: an audit needs at least two classes with two rows each; the {len(classes):,} classes have"
            f" {', '.join(str(size) for size in sorted(sizes.tolist(), reverse=True)[:5])}"
            f"{', ...' if len(sizes) > 5 else ''} rows."
        )


def codes_of_known(
    labels: Distinct, labelled: BoolArray | None, known: tuple[str, ...], label: str, places: Places
) -> IntArray:
    """Codes of a reference's labels into the audited classes; raises InputError at the first label that is not known.

    `labelled`: the rows that have a label; None: all.
    """
    codes, _ = labels.coded(known)
    if not {word for word in labels.words.tolist() if word} <= set(known):
        row = int(np.argmax(codes < 0 if labelled is None else (codes < 0) & labelled))
        raise InputError(
            f"{places.at(row)}, column {quoted(label)}: the class {quoted(labels.words[labels.codes[row]])} is not in "
            f"the audited data, whose classes are {listed(known)}. Correct the label, or remove the row."
        )
    return picked(codes, labelled)
