from __future__ import annotations

import csv
import io
import json
import threading

import pytest

from labelaudit.checks.baseline import load_baseline
from labelaudit.explanations.explain import explain_row, model_of
from labelaudit.report.explanation_json import render
from labelaudit.review.explainer import TOP
from sample_data import HEADER, sample_rows


@pytest.fixture
def ann(site):
    return site.person()


@pytest.fixture
def issues(site):
    return site.session.suspects.audit.issues["row"].tolist()


def rows(client, query=""):
    found = client.ask(f"/api/rows{query}")
    assert found.status == 200, found.body
    return found.json["rows"]


def test_the_session_tells_what_is_audited_and_who_decides(site, ann, issues):
    found = ann.ask("/api/session").json
    assert (found["label"], found["who"], found["rows"]) == ("label", "ann", 90)
    assert found["columns"] == list(HEADER[:-1])
    assert found["classes"] == ["u", "v", "w"]
    assert found["progress"]["issues"] == len(issues) > 3
    assert found["progress"]["decided"] == 0
    assert found["decisions_file"] == str(site.decisions)


def test_the_queue_is_the_issues_in_the_order_of_the_ranking(site, ann, issues):
    assert rows(ann) == issues
    assert rows(ann, "?scope=all") == site.session.suspects.audit.ranking["row"].tolist()


def test_filters_are_what_they_say(site, ann, issues):
    ranking = site.session.suspects.audit.ranking.set_index("row")
    for name in ("given", "predicted"):
        for label in "uvw":
            expected = [r for r in issues if ranking.loc[r, f"{name}_label"] == label]
            assert rows(ann, f"?{name}={label}") == expected
    assert rows(ann, "?given=nothing") == []
    first, second, third, *rest = issues
    ann.decide(first, "keep")
    ann.decide(second, "drop")
    ann.decide(third, "drop")
    ann.decide(third, "undo")
    assert rows(ann, "?state=decided") == [first, second]
    assert rows(ann, "?state=undecided") == [third, *rest]
    assert rows(ann, "?state=keep") == [first]
    assert rows(ann, "?state=drop") == [second]
    assert rows(ann, "?state=relabel") == []


def test_search_looks_into_every_cell_whatever_its_case(ann):
    data = sample_rows()
    assert sorted(rows(ann, "?scope=all&search=GREEN")) == [i for i, row in enumerate(data, 1) if "green" in row]
    number = data[41][1]
    assert 42 in rows(ann, f"?scope=all&search={number}")
    assert rows(ann, "?scope=all&search=%2342") == [42]  # #42: the row
    assert rows(ann, "?scope=all&search=:42") == [41]  # :42: the line, below the header
    assert rows(ann, "?scope=all&search=.*") == []


@pytest.mark.parametrize("query", ["scope=x", "state=undo", "state=x"])
def test_a_filter_that_is_none_is_refused(ann, query):
    found = ann.ask(f"/api/rows?{query}")
    assert found.status == 422
    assert "expected" in found.json["error"]


def test_a_row_has_its_cells_as_they_stand_in_the_file(site, ann, issues):
    data = sample_rows()
    for row in issues:
        found = ann.ask(f"/api/rows/{row}").json
        assert [cell["value"] for cell in found["cells"]] == data[row - 1][:-1]
        assert found["finding"]["given_label"] == data[row - 1][-1]
        assert found["finding"]["row"] == row
        assert found["history"] == []


@pytest.mark.parametrize("path", ["/api/rows/0", "/api/rows/91", "/api/rows/91/explanation"])
def test_a_row_that_was_not_audited_is_refused(ann, path):
    assert ann.ask(path).status == 422


def test_the_explanation_is_that_of_explain(site, ann, issues):
    site.explainer.wait()
    found = ann.ask(f"/api/rows/{issues[0]}/explanation")
    assert found.status == 200
    expected = render(explain_row(model_of(site.session.suspects.audit), issues[0], top=TOP))
    assert found.json == json.loads(expected)


def test_every_kind_of_decision_is_kept_with_who_and_note(site, ann, issues):
    ranking = site.session.suspects.audit.ranking.set_index("row")
    given, predicted = (ranking.loc[issues[1], f"{name}_label"] for name in ("given", "predicted"))
    sent = [
        ("keep", None, ""),
        ("relabel", predicted, "by its colour"),
        ("drop", None, ""),
        ("unsure", None, "ask ben"),
    ]
    for row, (word, label, note) in zip(issues, sent, strict=False):
        fields = {"note": note} | ({} if label is None else {"label": label})
        found = ann.decide(row, word, **fields)
        assert found.status == 200
        assert found.json["decision"] | {"when": ""} == {
            "decision": word,
            "label": label,
            "note": note,
            "who": "ann",
            "when": "",
        }
    kept = site.session.store.history()
    assert [(d.decision, d.label, d.note, d.who) for d in kept] == [(*each, "ann") for each in sent]
    assert kept[1].given_label == given
    assert [d.key for d in kept] == [site.session.suspects.key(row) for row in issues[:4]]


def test_a_new_label_may_be_given_and_is_then_among_the_classes(ann, issues):
    label = '=cmd|"\u202eé \U0001f600'
    assert ann.decide(issues[0], "relabel", label=label).status == 200
    assert ann.ask("/api/session").json["classes"] == ["u", "v", "w", label]
    assert ann.ask(f"/api/rows/{issues[0]}").json["history"][0]["label"] == label


def test_the_last_decision_wins_and_the_history_stays(site, ann, issues):
    ben = site.person("ben")
    row = issues[0]
    ann.decide(row, "keep")
    ben.decide(row, "drop", note="twice")
    history = ann.ask(f"/api/rows/{row}").json["history"]
    assert [(d["who"], d["decision"]) for d in history] == [("ann", "keep"), ("ben", "drop")]
    assert [(d.who, d.decision) for d in site.session.store.current()] == [("ben", "drop")]
    found = ann.ask("/api/changes?since=1").json
    assert [(c["row"], c["who"], c["decision"]) for c in found["changes"]] == [(row, "ben", "drop")]
    assert found["decisions"] == 2
    assert found["progress"] | {"issues": 0} == {
        **{"issues": 0, "decided_issues": 1, "decided": 1, "keep": 0, "relabel": 0, "drop": 1, "unsure": 0},
        "elsewhere": 0,
    }


def test_undo_takes_back_what_one_has_seen_and_nothing_else(site, ann, issues):
    ben = site.person("ben")
    row = issues[0]
    assert ann.decide(row, "undo").status == 422
    ann.decide(row, "keep")
    ben.decide(row, "drop")
    stale = ann.decide(row, "undo", seen=1)
    assert stale.status == 409
    assert "ben has decided on row" in stale.json["error"]
    assert len(site.session.store.history()) == 2
    assert ann.decide(row, "undo", seen=2).status == 200
    assert site.session.store.current() == []
    assert ann.decide(row, "undo").status == 422


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"\xff",
        b"[" * 5000,
        b'{"row": 1}',
        b'{"decision": "keep"}',
        b'{"row": "1", "decision": "keep"}',
        b'{"row": true, "decision": "keep"}',
        b'{"row": 1.0, "decision": "keep"}',
        b'{"row": 0, "decision": "keep"}',
        b'{"row": -1, "decision": "keep"}',
        b'{"row": 91, "decision": "keep"}',
        b'{"row": 1e9, "decision": "keep"}',
        b'{"row": 100000000000000000000000, "decision": "keep"}',
        b'{"row": 1, "decision": "accept"}',
        b'{"row": 1, "decision": "keep", "label": "u"}',
        b'{"row": 1, "decision": "relabel"}',
        b'{"row": 1, "decision": "relabel", "label": ""}',
        b'{"row": 1, "decision": "relabel", "label": null}',
        b'{"row": 1, "decision": "relabel", "label": "a\\u0000"}',
        b'{"row": 1, "decision": "relabel", "label": "\\ud800"}',
        b'{"row": 1, "decision": "keep", "note": ["x"]}',
        b'{"row": 1, "decision": "keep", "who": "ben"}',
        b'{"row": 1, "decision": "keep", "when": "yesterday"}',
    ],
)
def test_what_is_no_decision_is_refused_and_changes_nothing(site, ann, body):
    found = ann.ask("/api/decisions", "POST", body)
    assert found.status == 422
    assert found.json["error"]
    assert site.session.store.history() == []


def test_the_label_that_the_row_has_is_to_be_kept_instead(site, ann, issues):
    given = site.session.suspects.finding(issues[0]).given_label
    found = ann.decide(issues[0], "relabel", label=given)
    assert (found.status, found.json["error"]) == (422, "that is the label which the row has: keep it instead.")


def test_an_invited_person_decides_under_a_name_of_their_own(site, ann, issues):
    link = ann.tell("/api/links", {"who": " Ben\u00e9 "}).json["link"]
    ben = site.client().enter(link)
    assert ben.ask("/api/session").json["who"] == "Ben\u00e9"
    ben.decide(issues[0], "keep")
    assert site.session.store.history()[0].who == "Ben\u00e9"
    for name in (None, "", "  ", 7, "x" * 101):
        assert ann.tell("/api/links", {"who": name}).status == 422


def test_two_people_at_once_lose_no_decision(serve, audit_of):
    site = serve(audit_of(sample_rows(2000)))
    people = {name: site.person(name) for name in ("ann", "ben")}
    share = {"ann": range(1, 1001), "ben": range(901, 1901)}  # a hundred rows are decided by both
    failed = []

    def work(name):
        for row in share[name]:
            if people[name].decide(row, "keep", note=f"{name} {row}").status != 200:
                failed.append((name, row))

    threads = [threading.Thread(target=work, args=(name,)) for name in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    history = site.session.store.history()
    assert sorted(d.note for d in history) == sorted(f"{name} {row}" for name in share for row in share[name])
    assert len(site.session.store.current()) == 1900
    told = people["ann"].ask("/api/changes?since=0").json["changes"]
    assert [(c["row"], c["note"]) for c in told] == [(int(d.note.split()[1]), d.note) for d in history]


def test_two_servers_on_one_file_see_each_others_decisions(serve, sample_audit):
    audit = sample_audit
    one, two = serve(audit), serve(audit)
    row = int(audit.issues["row"].iloc[0])
    ann, ben = one.person("ann"), two.person("ben")
    ann.decide(row, "keep")
    assert ben.ask("/api/session").json["progress"]["keep"] == 1
    ben.decide(row, "drop")
    assert [d["who"] for d in ann.ask(f"/api/rows/{row}").json["history"]] == ["ann", "ben"]


def test_exports_hold_the_present_decisions(site, ann, issues, tmp_path):
    ann.decide(issues[0], "keep")
    ann.decide(issues[1], "drop", note='"quoted",\nlines')
    ann.decide(issues[2], "drop")
    ann.decide(issues[2], "undo")
    expected = [{k: getattr(d, k) for k in ("fingerprint", "decision", "note")} for d in site.session.store.current()]
    answers = {form: ann.ask(f"/api/export/decisions.{form}") for form in ("json", "csv", "jsonl")}
    for form, answer in answers.items():
        assert answer.headers["content-disposition"] == f'attachment; filename="decisions.{form}"'
    found = answers["json"].json
    assert [{k: d[k] for k in expected[0]} for d in found] == expected
    lines = list(csv.DictReader(io.StringIO(answers["csv"].body.decode(), newline="")))
    assert [{k: d[k] for k in expected[0]} for d in lines] == expected
    (tmp_path / "base.jsonl").write_bytes(answers["jsonl"].body)
    assert [e["decision"] for e in load_baseline(tmp_path / "base.jsonl").values()] == [d["decision"] for d in expected]
    assert ann.ask("/api/export/decisions.xml").status == 404


def test_every_reviewed_answer_is_json_that_hides_no_character(serve, audit_of):
    data = sample_rows()
    data[4] = ["\u202ekey\x07", *data[4][1:]]
    site = serve(audit_of(data))
    body = site.person().ask("/api/rows/5").body
    assert b"\\u202e" in body
    assert b"\\u0007" in body
    assert json.loads(body)["cells"][0]["value"] == "\u202ekey\x07"


def test_an_explanation_that_failed_says_why_and_the_review_goes_on(serve, audit_of, tmp_path, monkeypatch):
    from labelaudit.errors import InputError
    from labelaudit.review import explainer

    def broken():
        raise InputError("train.csv: is gone.")

    found = explainer.Explainer(broken)
    assert found.explanation(1) is None
    found.start()
    assert found.wait(10)
    with pytest.raises(InputError, match=r"there are no explanations: train.csv: is gone"):
        found.explanation(1)
