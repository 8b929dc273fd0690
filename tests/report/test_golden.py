from __future__ import annotations

import pytest

from handmade import handmade
from labelaudit.report import csv, json, text

MANY = [f"class {i}" for i in range(12)]
CONFLICT = [
    {"row": 2, "file": "train.csv", "line": 3, "given_label": "cat"},
    {"row": 5, "file": "train.csv", "line": 6, "given_label": "a label longer than sixteen cells"},
]
ODDITIES = {
    "conflicts": {
        "groups": 7,
        "rows": 40,
        "listed_groups": 6,
        "list": [{"of_rows": 2 + 9 * (i == 1), "labels": {}, "rows": CONFLICT} for i in range(6)],
    },
    "oddities": [
        {
            "kind": "leak",
            "column": f"c{i}",
            "classes": [],
            "sentence": f'The column "c{i}" alone gives most of the labels, {i}.',
        }
        for i in range(13)
    ],
}
AUDITS = {
    "oddities": handmade(
        more=ODDITIES,
        groups={"column": "patient", "groups": 3, "largest": 1, "rows_without": 1, "left_out_together": 4},
    ),
    "usual": handmade(),
    "files": handmade(files=["north.csv", "north.csv", "south.csv", "south.csv"], rank_by="average_influence"),
    "reference": handmade(reference_rows=30, average_influence_over="trusted rows"),
    "no_issues": handmade(issues=0),
    "many_classes": handmade(
        noise={
            "rate": 0.01,
            "interval": [0.002, 0.05],
            "without_reference": None,
            "classes": MANY,
            "matrix": None,
            "pairs": [{"given": MANY[i], "true": MANY[i - 1], "rows": 0.5 + i} for i in range(11, 0, -1)],
        }
    ),
}


@pytest.mark.parametrize("name", AUDITS)
def test_text_is_as_it_was(golden, name):
    golden(f"{name}.txt", text.render(AUDITS[name]))


def test_json_is_as_it_was(golden):
    golden("usual.json", json.render(AUDITS["usual"]))


def test_csv_is_as_it_was(golden):
    golden("files.csv", csv.render(AUDITS["files"]))


def test_csv_for_a_spreadsheet_is_as_it_was(golden):
    golden("spreadsheet.csv", csv.render(AUDITS["usual"], spreadsheet=True))
