from __future__ import annotations

import json as standard

import pytest

import labelaudit
from handmade import SCORES, handmade
from labelaudit.audits.saving import encoded
from labelaudit.report import json
from sample_data import QUICK, csv_text, sample_rows


def no_constant(name):
    raise AssertionError(f"{name} is no JSON")


def parsed(audit, **options):
    return standard.loads(json.render(audit, **options), parse_constant=no_constant)


def test_it_parses_back_to_the_record_and_the_findings():
    audit = handmade()
    found = parsed(audit)
    assert {name: found[name] for name in audit.record} == audit.record
    assert [f["row"] for f in found["ranking"]] == [7, 2, 5, 1]
    assert found["ranking"][0]["ids"] == {"code": "007"}
    assert [f["label_score"] for f in found["ranking"]] == SCORES["label_score"]
    assert found["ranking"][0]["average_influence"] is None
    assert found["ranking"][0]["file"] is None
    assert found["ranking"][1]["is_label_issue"] is True
    assert len(parsed(audit, top=1)["ranking"]) == 1


@pytest.mark.parametrize("cell", ['"', "\\", "</script>", "\u2028", "\x00", "\ud800", "NaN", "é\u202e"], ids=ascii)
def test_hostile_cells_parse_back(cell):
    found = standard.loads(encoded(json.render(handmade((cell, "b", "c"), ids={cell: [cell] * 4}))))
    assert found["ranking"][1]["given_label"] == cell
    assert found["ranking"][1]["ids"] == {cell: cell}


def test_a_real_audit_parses_back(tmp_path):
    (tmp_path / "train.csv").write_text(csv_text(sample_rows()))
    audit = labelaudit.audit(tmp_path / "train.csv", "label", id="key", **QUICK)
    found = parsed(audit)
    assert len(found["ranking"]) == 90
    assert [f["leverage"] for f in found["ranking"]] == audit.ranking["leverage"].tolist()
