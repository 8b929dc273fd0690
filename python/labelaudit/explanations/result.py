"""What an explanation of one row holds; its fields, by these names, are those of `explain -f json`."""

from __future__ import annotations

from dataclasses import dataclass

from labelaudit.audits.result import Finding

Value = str | bool | int | float | None  # of a cell; None where it is missing, dates in ISO 8601


@dataclass(frozen=True)
class ClassProbability:
    """What the fitted model says of one class: of the row in sample, and by a model that has not seen the row.

    without_row leaves out the row's exact duplicates as well, in an audit by groups its whole group. It is None for a
    row that was not fitted.
    """

    label: str
    with_row: float
    without_row: float | None


@dataclass(frozen=True)
class Agreement:
    """A column in which another row agrees with the explained one, and that row's value.

    Categories are equal; numbers and dates are equal, or closer than a tenth of the range that the middle 80 % of the
    column's values span; both missing agree.
    """

    column: str
    value: Value


@dataclass(frozen=True)
class Neighbour:
    """Another row, and the influence g_other^T H^-1 g_row of its label on this one's.

    Negative opposes: with more weight on that row, the model believes this row's label less. What it weighs is its
    influence times its own label_score. agrees holds the columns that agree, those that push this row most first;
    of_columns counts the columns that were compared.
    """

    row: int
    file: str | None
    line: int | None
    ids: dict[str, str]
    given_label: str
    label_score: float
    influence: float
    same_features: bool
    agrees: tuple[Agreement, ...]
    of_columns: int


@dataclass(frozen=True)
class Side:
    """The rows on one side of a label: how many there are, what they weigh together, and those that weigh most.

    Both sides and the row's own self_influence times its label_score sum to the row's average influence over all rows
    weighted by label_score, times the sum of the weights.
    """

    rows: int
    weight: float
    strongest: tuple[Neighbour, ...]


@dataclass(frozen=True)
class Push:
    """How one column pushes this row.

    contribution: the logit of the given label less that of against_label, by the model without the row, less what it
    is on average with this column's value taken from other rows; positive speaks for the given label.
    perturbation_influence: the same for the row's average influence over all rows weighted by label_score; negative
    makes its label harm. usual_given and usual_against: median or most frequent value of the rows of the two labels.
    """

    column: str
    kind: str
    value: Value
    usual_given: Value
    usual_against: Value
    contribution: float
    perturbation_influence: float


@dataclass(frozen=True)
class Explanation:
    """Why one row has its verdict.

    finding: its line of the ranking, which has `of_rows` lines. against_label: the label that the given one is
    measured against: the predicted label where it is another, else the most probable other class. probabilities: of
    every fitted class, in the model's order. duplicates: other rows with exactly the same features, by label.
    opposing, supporting and columns (strongest first) are empty for a row that was not fitted, the only one of its
    class. logit_difference is that of given against against_label by the model without the row,
    average_logit_difference its mean over the rows that values were taken from. notes: what to bear in mind. sentence:
    all of it in plain words. group_rows: in an audit by groups, how many rows are left out as its group, the row itself
    among them.
    """

    finding: Finding
    of_rows: int
    against_label: str
    probabilities: tuple[ClassProbability, ...]
    duplicates: dict[str, int]
    opposing: Side
    supporting: Side
    columns: tuple[Push, ...]
    logit_difference: float | None
    average_logit_difference: float | None
    notes: tuple[str, ...]
    sentence: str
    group_rows: int | None = None


NOBODY = Side(0, 0.0, ())


def worded(value: Value) -> str:
    """A value as a sentence or a table shows it: numbers with four digits, whole ones in full."""
    if value is None:
        return "(missing)"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.4g}"
    return str(value)
