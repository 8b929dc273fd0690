"""What tests of apply need: rows and files of the folder at hand, and decisions written down."""

from __future__ import annotations

import csv
from pathlib import Path

from labelaudit.decisions.exchange import json_lines
from labelaudit.decisions.store import DecisionStore

DECISIONS = "saved/decisions.sqlite"


def rows(path="train.csv"):
    with Path(path).open(newline="") as file:
        return list(csv.reader(file))[1:]


def store(*decisions, path=DECISIONS):
    with DecisionStore(path) as opened:
        opened.append(decisions)


def lines(*decisions, path="d.jsonl"):
    Path(path).write_text(json_lines(decisions))
    return path


def files():
    return {p: p.read_bytes() for p in Path().rglob("*") if p.is_file()}
