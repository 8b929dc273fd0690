"""An explanation in plain words: one sentence, true of every row, of clauses that each restate fields of it."""

from __future__ import annotations

import re
from collections import Counter

from labelaudit.explanations.result import ClassProbability, Explanation, Push, Side, worded

LONGEST = 40  # characters of a text from the data
PLAIN = re.compile(r"[^\W\d_][\w-]*")  # a label that reads as a word of the sentence
SAME = 0.0005  # probabilities that differ by less print alike
LEAST_PUSH = 0.1  # of the strongest column: below, it is not worth a word
MOST_COLUMNS = 2


def sentence_of(e: Explanation) -> str:
    """The sentence; labels and values from the data are shortened, and not yet safe to print."""
    if e.logit_difference is None:
        return _alone(e)
    clauses = [_model(e), _verdict(e), _rows(e), _columns(e)]
    return "; ".join(c for c in clauses if c) + "."


def _alone(e: Explanation) -> str:
    best = max(e.probabilities, key=lambda p: p.with_row)
    return (
        f"{_subject(e)} is the only row labelled {_label(e.finding.given_label)}, so that no other row can speak for "
        f"or against that label; of the labels that the model knows, it gives {_label(best.label)} "
        f"{_percent(best.with_row)}."
    )


def _subject(e: Explanation) -> str:
    f = e.finding
    places = [*([_cut(f.file)] if f.file is not None else []), *([f"line {f.line}"] if f.line is not None else [])]
    return f"Row {f.row}" + (f" ({', '.join(places)})" if places else "")


def _model(e: Explanation) -> str:
    top, given = _top(e), _of(e, e.finding.given_label)
    said = f"{_subject(e)} is labelled {_label(given.label)}"
    model = f"without {_itself(e)} the model gives"
    if top.label == given.label:
        return f"{said}, and {model} {_label(given.label)} {_percent(_without(given))}"
    first, second = _without(top), _without(given)
    if first - second < SAME:
        return f"{said}, but {model} {_label(top.label)} and {_label(given.label)} about the same, {_percent(second)}"
    digits = 0 if f"{first:.0%}" != f"{second:.0%}" else 1
    return (
        f"{said}, but {model} {_label(top.label)} {_percent(first, digits)} and {_label(given.label)} "
        f"{_percent(second, digits)}"
    )


def _itself(e: Explanation) -> str:
    if e.group_rows is not None and e.group_rows > 1:
        return "it and the other row of its group" if e.group_rows == 2 else f"its group of {e.group_rows:,} rows"
    count = sum(e.duplicates.values())
    if not count:
        return "it"
    others = sum(n for label, n in e.duplicates.items() if label != e.finding.given_label)
    labelled = "" if not others else " (with another label)" if others == count else f" ({others} with another label)"
    return f"it and its {f'{count} exact duplicates' if count > 1 else 'exact duplicate'}{labelled}"


def _verdict(e: Explanation) -> str:
    f, top = e.finding, _top(e).label
    given, predicted = _label(f.given_label), _label(f.predicted_label)
    weighed = "yet, weighing how labels go wrong here,"
    if f.predicted_label != f.given_label:
        same = f"so {predicted} is the most probable label"
        verdict = same if top == f.predicted_label else f"{weighed} {predicted} is the most probable label"
    elif top != f.given_label:
        verdict = f"{weighed} {given} is the most probable label"
    else:
        verdict = "the label looks right" if f.label_score >= 0.5 else "no other label is more probable"
    return f"{verdict} (label_score {f.label_score:.3f}, {'flagged' if f.is_label_issue else 'not flagged'})"


def is_doubted(e: Explanation) -> bool:
    """Whether the model without the row, or the verdict, names another label than the given one."""
    return {_top(e).label, e.finding.predicted_label} != {e.finding.given_label}


def _rows(e: Explanation) -> str:
    given = e.finding.given_label
    return _against(e.opposing, given, e.against_label) if is_doubted(e) else _for(e.supporting, given)


def _against(side: Side, given: str, other: str) -> str:
    if not side.rows:
        return "no row weighs against its label"
    counts = Counter(n.given_label for n in side.strongest)
    label = min(counts, key=lambda name: (-counts[name], name != other, name), default=other)
    also = " as well" if label == given else ""  # rows of other features, with which the model is to agree
    return _share("against its label", counts[label], side, f"labelled {_label(label)}{also}")


def _for(side: Side, given: str) -> str:
    if not side.rows:
        return "no other row weighs for its label"
    return _share("for its label", sum(n.given_label == given for n in side.strongest), side, "labelled so as well")


def _share(word: str, count: int, side: Side, what: str) -> str:
    most = len(side.strongest)
    if most == 0:
        return ""
    if most == 1:
        return f"the row that weighs most {word} is {'' if count else 'not '}{what}"
    share = ("both" if most == 2 else f"all {most}") if count == most else f"{count or 'none'} of the {most}"
    return f"{share} rows that weigh most {word} {'is' if count == 1 else 'are'} {what}"


def _columns(e: Explanation) -> str:
    sign, favoured, other = 1, e.finding.given_label, e.against_label
    if is_doubted(e):
        sign, favoured, other = -1, other, favoured
    largest = max((abs(p.contribution) for p in e.columns), default=0.0)
    speaking = [p for p in e.columns if sign * p.contribution > LEAST_PUSH * largest][:MOST_COLUMNS]
    if not speaking:
        return f"no column speaks for {_label(favoured)}" if largest else ""
    verb = "speaks" if len(speaking) == 1 else "speak"
    against = f" against {_label(other)}" if len(e.probabilities) > 2 else ""
    return f"{' and '.join(map(_cell, speaking))} {verb} most for {_label(favoured)}{against}"


def _cell(push: Push) -> str:
    name = _cut(push.column)
    if push.kind == "embedding":
        return f"the {name}"
    return f"{name} missing" if push.value is None else f"{name} = {_cut(worded(push.value))}"


def _top(e: Explanation) -> ClassProbability:
    return max(e.probabilities, key=lambda p: (_without(p), p.label == e.finding.given_label))


def _of(e: Explanation, label: str) -> ClassProbability:
    return next(p for p in e.probabilities if p.label == label)


def _without(p: ClassProbability) -> float:
    return p.with_row if p.without_row is None else p.without_row


def _label(text: str) -> str:
    return _cut(text) if PLAIN.fullmatch(text) else f'"{_cut(text)}"'


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _percent(p: float, digits: int = 0) -> str:
    if p >= 0.995 and not digits:
        return "over 99%"
    return "under 1%" if p < 0.005 and not digits else f"{p:.{digits}%}"
