from __future__ import annotations

import csv
import http.client
import io
import json
import re
import signal
import sys
from pathlib import Path

import pytest

from labelaudit.decisions.decision import Decision
from labelaudit.decisions.store import DecisionStore
from sample_data import csv_text, sample_rows

AUDIT = ("audit", "train.csv", "--label", "label", "--id", "key", "--encoding", "linear", "--l2", "0.01", "-q")


@pytest.fixture
def saved(call):
    assert call(*AUDIT, "--out", "saved")[0] == 0


@pytest.fixture
def decisions(saved):
    """Two decisions, one of them taken back, beside the audit."""
    with DecisionStore("saved/decisions.sqlite") as store:
        store.append(Decision("0f" * 16, 1, "keep", None, "u", "gr\u00fcn, really", "ann"))
        store.append([Decision("1f" * 16, 1, "drop"), Decision("1f" * 16, 1, "undo")])


def ask(link, path, cookie=None, body=None):
    port = int(re.search(r":(\d+)/", link)[1])
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    headers = {} if cookie is None else {"Cookie": cookie}
    if body is not None:
        headers |= {"Content-Type": "application/json", "Origin": f"http://127.0.0.1:{port}"}
    try:
        connection.request("GET" if body is None else "POST", path, body, headers)
        found = connection.getresponse()
        return found.status, found.getheader("set-cookie", "").split(";")[0], found.read()
    finally:
        connection.close()


def begun(spawn, *arguments, **options):
    process = spawn("review", "saved", "--no-browser", *arguments, **options)
    line = process.stderr.readline().decode()
    assert line.startswith("Review at http://127.0.0.1:"), line + process.stderr.read().decode()
    return process, line.split()[2]


@pytest.mark.parametrize(("end", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_review_from_link_to_file(spawn, saved, end, code):
    before = Path("train.csv").read_bytes()
    process, link = begun(spawn, "--who", "ann")
    status, cookie, _ = ask(link, "/?" + link.split("?")[1])
    assert status == 303
    row = json.loads(ask(link, "/api/rows", cookie)[2])["rows"][0]
    body = json.dumps({"row": row, "decision": "drop"})
    assert ask(link, "/api/decisions", cookie, body)[0] == 200
    process.send_signal(end)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (code, b"")
    assert b"1 decision in saved/decisions.sqlite" in err
    assert b"Traceback" not in err
    with DecisionStore("saved/decisions.sqlite", create=False) as store:
        assert [(d.who, d.decision) for d in store.current()] == [("ann", "drop")]
    assert Path("train.csv").read_bytes() == before


def test_a_review_that_is_killed_has_lost_nothing_it_acknowledged(spawn, saved):
    process, link = begun(spawn, "--decisions", "other.sqlite")
    cookie = ask(link, "/?" + link.split("?")[1])[1]
    rows = json.loads(ask(link, "/api/rows", cookie)[2])["rows"][:5]
    for row in rows:
        assert ask(link, "/api/decisions", cookie, json.dumps({"row": row, "decision": "keep"}))[0] == 200
    process.kill()
    process.communicate(timeout=30)
    with DecisionStore("other.sqlite", create=False) as store:
        assert len(store.current()) == len(rows)
    assert not Path("saved/decisions.sqlite").exists()


def test_it_ends_when_nobody_uses_it(spawn, saved):
    process, _ = begun(spawn, "--idle", "0.001")
    _, err = process.communicate(timeout=30)
    assert process.returncode == 0
    assert b"Unused for 0.001 minutes: ended." in err


def test_exports_are_written_by_their_suffix_and_nothing_is_served(call, decisions):
    for suffix in ("jsonl", "csv", "json"):
        code, out, err = call("review", "saved", "--export", f"out.{suffix}")
        assert (code, out, err) == (0, "", f"1 decision written to out.{suffix}\n")
    only = {"fingerprint": "0f" * 16, "occurrence": 1, "label": "u", "decision": "keep"}
    assert json.loads(Path("out.jsonl").read_text()) == only
    assert json.loads(Path("out.json").read_text())[0]["note"] == "gr\u00fcn, really"
    lines = list(csv.DictReader(io.StringIO(Path("out.csv").read_text())))
    assert [(line["who"], line["note"]) for line in lines] == [("ann", "gr\u00fcn, really")]


def test_an_export_needs_no_data(call, decisions):
    Path("train.csv").unlink()
    assert call("review", "saved/audit.json", "--export", "out.csv")[0] == 0


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["saved", "--export", "out.txt"], 2, "out.txt: expected a name that ends in .jsonl, .csv, .json."),
        (["saved", "--export", "train.csv"], 2, "train.csv is the data that was audited"),
        (["saved", "--export", "saved/audit.json"], 2, "would replace saved/audit.json"),
        (["saved", "--export", "saved/ranking.csv"], 2, "would replace saved/ranking.csv"),
        (["saved", "--export", "no/out.csv"], 4, "no/out.csv: cannot be written"),
        (["saved", "--export", "out.csv", "--decisions", "no.sqlite"], 3, "no.sqlite: no such file of decisions"),
        (
            ["saved", "--export", "out.csv", "--decisions", "other.csv"],
            3,
            "is no file of decisions that labelaudit wrote",
        ),
        (["saved", "--decisions", "train.csv"], 2, "train.csv is the data that was audited"),
        (["saved", "--decisions", "other.csv"], 3, "other.csv: is no file of decisions that labelaudit wrote"),
        (["saved", "--decisions", "saved/ranking.csv"], 2, "would replace saved/ranking.csv"),
        (["saved", "--data", "other.csv"], 3, "other.csv: is not the data that was audited: its SHA-256 differs"),
        (["saved", "--data", "none.csv"], 3, "none.csv"),
        (["none"], 3, "none: cannot be read"),
        (["saved", "--port", "70000"], 2, "70000"),
        (["saved", "--idle", "-1"], 2, "-1"),
        (["saved", "--who", "\udcff"], 2, "half a character"),
        ([], 2, "Missing argument"),
    ],
)
def test_what_cannot_be_is_refused(call, decisions, arguments, code, words):
    Path("other.csv").write_text(csv_text(sample_rows(seed=1)))
    before = {path: path.read_bytes() for path in Path().rglob("*.csv")}
    found, out, err = call("review", "--no-browser", *arguments)
    assert (found, out) == (code, "")
    assert words in err
    assert {path: path.read_bytes() for path in Path().rglob("*.csv")} == before


def test_data_that_changed_is_refused_before_anything_is_served(call, saved):
    with Path("train.csv").open("a") as file:
        file.write("x,1,2,red,u\n")
    code, _, err = call("review", "saved", "--no-browser")
    assert code == 3
    assert "train.csv: is not the data that was audited" in err
    assert not Path("saved/decisions.sqlite").exists()


def test_data_elsewhere_is_found_with_data(spawn, saved):
    Path("train.csv").rename("moved.csv")
    process, link = begun(spawn, "--data", "moved.csv")
    assert ask(link, "/?" + link.split("?")[1])[0] == 303
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)


def test_an_audit_of_a_frame_has_no_file_to_review(call, folder):
    import pandas as pd

    import labelaudit
    from sample_data import QUICK

    labelaudit.audit(pd.read_csv("train.csv"), "label", id="key", **QUICK).save("saved")
    code, _, err = call("review", "saved", "--no-browser", "--data", "train.csv")
    assert code == 3
    assert "Save the data and audit the file" in err


@pytest.mark.parametrize("package", ["starlette", "uvicorn"])
def test_without_the_extra_it_says_what_to_install(call, saved, monkeypatch, package):
    monkeypatch.setitem(sys.modules, package, None)
    code, _, err = call("review", "saved", "--no-browser")
    assert (code, err) == (2, "labelaudit: review needs starlette and uvicorn: pip install 'labelaudit[review]'.\n")
