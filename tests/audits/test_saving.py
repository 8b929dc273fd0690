from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import labelaudit
from labelaudit.errors import InputError, OutputError
from sample_data import QUICK, csv_text, sample_rows

FILES = ["audit.json", "model.npz", "ranking.csv"]


def contents(folder):
    return {p.name: p.read_bytes() for p in Path(folder).iterdir()}


def assert_same(a, b):
    pd.testing.assert_frame_equal(a.ranking, b.ranking, check_exact=True)
    assert a.record == b.record
    assert a.model.classes == b.model.classes
    assert np.array_equal(a.model.theta, b.model.theta)
    assert a.model.encoder.names == b.model.encoder.names


def test_a_loaded_audit_is_the_saved_one(audited, tmp_path):
    assert audited.save(tmp_path) == tmp_path
    assert_same(labelaudit.load(tmp_path), audited)
    assert_same(labelaudit.load(tmp_path / "audit.json"), audited)


def test_hostile_cells_come_back_as_they_were(write):
    rows = sample_rows(classes=2)
    hostile = ["NA", "", "1.0", "\r", "a\nb", '"', " ", "null", "\x1b[31m", "-0", "\ufeff", "1e400", "é"]
    for i, row in enumerate(rows):
        row[0] = hostile[i % len(hostile)]
        row[-1] = "nan" if row[-1] == "u" else "'"
    frame = pd.DataFrame(rows, columns=["self", "a", "b", "colour", "label"])
    audit = labelaudit.audit(frame, "label", id="self", **QUICK)
    assert_same(labelaudit.load(audit.save("report")), audit)


def test_an_audit_of_a_row_alone_and_several_files_comes_back(write):
    rows = sample_rows()
    rows[50][-1] = "alone"
    paths = [write(csv_text(rows[:50]), "one.csv"), write(csv_text(rows[50:]), "two.csv")]
    audit = labelaudit.audit(paths, "label", id="key", **QUICK)
    assert_same(labelaudit.load(audit.save("report")), audit)


def test_a_folder_holds_the_three_files_and_their_hashes(audited, tmp_path):
    audited.save(tmp_path / "new" / "report")
    found = contents(tmp_path / "new" / "report")
    assert sorted(found) == FILES
    record = json.loads(found["audit.json"])
    assert record["files"] == {n: hashlib.sha256(found[n]).hexdigest() for n in ("ranking.csv", "model.npz")}
    assert record["sources"][0]["sha256"] == hashlib.sha256(Path(record["sources"][0]["path"]).read_bytes()).hexdigest()
    assert {"summary", "options", "sources", "left_out", "reasons", "created", "labelaudit"} <= set(record)


def test_saving_twice_gives_the_same_bytes(audited, tmp_path):
    for name in ("one", "two"):
        audited.save(tmp_path / name)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


@pytest.mark.parametrize("name", ["ranking.csv", "model.npz"])
def test_a_changed_or_missing_part_is_refused(audited, tmp_path, name):
    path = audited.save(tmp_path) / name
    content = path.read_bytes()
    path.write_bytes(content[:-2] + b"0\n")
    with pytest.raises(InputError, match=f"{name}: was changed since the audit wrote it"):
        labelaudit.load(tmp_path)
    path.unlink()
    with pytest.raises(InputError, match=f"{name}: cannot be read: No such file"):
        labelaudit.load(tmp_path)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda text: text.replace('"max_fdr": 0.2', '"max_fdr": 0.9'), "was changed since"),
        (lambda text: text.replace('"rows": 150', '"rows": 151'), "was changed since"),
        (lambda text: text.replace('"reasons"', '"reason"'), "was changed since"),
        (lambda text: text[:-10], "is no JSON"),
        (lambda text: "[" * 100_000, "is no JSON"),
        (lambda text: "\x00", "is no JSON"),
        (lambda text: "[]", "is no audit of labelaudit"),
        (lambda text: '{"format": "other"}', "is no audit of labelaudit"),
        (lambda text: text.replace('"format_version": 1', '"format_version": 99'), "has format version 99"),
    ],
)
def test_a_changed_record_is_refused(audited, tmp_path, change, words):
    path = audited.save(tmp_path) / "audit.json"
    before = path.read_text()
    path.write_text(change(before))
    assert path.read_text() != before
    with pytest.raises(InputError, match=rf"audit\.json: {words}"):
        labelaudit.load(tmp_path)


def test_what_is_no_audit_is_refused(tmp_path):
    with pytest.raises(InputError, match="nowhere: cannot be read: No such file"):
        labelaudit.load(tmp_path / "nowhere")
    with pytest.raises(InputError, match=r"audit\.json: cannot be read: No such file"):
        labelaudit.load(tmp_path)


def test_a_record_under_another_name_is_read_as_that_file(audited, tmp_path):
    audited.save(tmp_path)
    (tmp_path / "audit.json").rename(tmp_path / "renamed.json")
    (tmp_path / "audit.json").write_text("broken")
    assert labelaudit.load(tmp_path / "renamed.json").summary == audited.summary


@pytest.mark.parametrize("nth", [1, 2, 3])
def test_a_failed_save_leaves_the_old_files_and_no_other(audited, write, monkeypatch, nth):
    labelaudit.audit(write(csv_text(sample_rows(60))), "label", id="key", **QUICK).save("report")
    before = contents("report")
    real, calls = os.fsync, []

    def failing(handle):
        calls.append(handle)
        if len(calls) == nth:
            raise OSError(28, "No space left on device")
        real(handle)

    monkeypatch.setattr(os, "fsync", failing)
    with pytest.raises(OutputError, match=r"report/.*: cannot be written: No space left on device"):
        audited.save("report")
    assert contents("report") == before


def test_an_interrupted_save_leaves_the_old_files_and_no_other(audited, write, monkeypatch):
    labelaudit.audit(write(csv_text(sample_rows(60))), "label", id="key", **QUICK).save("report")
    before = contents("report")

    def interrupted(handle):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        audited.save("report")
    assert contents("report") == before


def test_a_save_that_stops_between_two_files_leaves_the_old_audit(audited, write, monkeypatch):
    old = labelaudit.audit(write(csv_text(sample_rows(60))), "label", id="key", **QUICK)
    before = contents(old.save("report"))
    real, names = Path.replace, []

    def failing(path, target):
        names.append(target.name)
        if target.name == "audit.json":
            raise OSError(5, "Input/output error")
        return real(path, target)

    monkeypatch.setattr(Path, "replace", failing)
    with pytest.raises(OutputError, match=r"audit\.json: cannot be written: Input/output error"):
        audited.save("report")
    assert names[:3] == ["ranking.csv", "model.npz", "audit.json"]
    assert contents("report") == before
    assert_same(labelaudit.load("report"), old)


def test_a_device_is_never_replaced_by_a_file_of_the_audit(audited, tmp_path):
    (tmp_path / "ranking.csv").symlink_to("/dev/null")
    with pytest.raises(OutputError, match="device or a pipe"):
        audited.save(tmp_path)
    assert Path("/dev/null").is_char_device()
    assert [p.name for p in tmp_path.iterdir()] == ["ranking.csv"]


def test_a_file_in_the_folders_place_is_an_output_error(audited, tmp_path):
    (tmp_path / "report").write_text("mine")
    with pytest.raises(OutputError, match="report: cannot be written"):
        audited.save(tmp_path / "report")
    assert (tmp_path / "report").read_text() == "mine"


def test_the_model_needs_no_pickle(audited, tmp_path):
    path = audited.save(tmp_path) / "model.npz"
    with np.load(path, allow_pickle=False) as archive:
        assert all(archive[name].dtype != object for name in archive.files)
        assert np.array_equal(archive["theta"], audited.model.theta)


def test_what_utf_8_cannot_hold_is_written_as_an_escape(write):
    frame = pd.DataFrame(sample_rows(), columns=["key", "a", "b", "colour", "label"])
    frame["label"] = frame["label"].astype(object).replace("u", "\ud800")
    folder = labelaudit.audit(frame, "label", id="key", **QUICK).save("report")
    assert "\\ud800" in (folder / "ranking.csv").read_bytes().decode("utf-8")
    assert labelaudit.load(folder).summary["classes"][2]["name"] == "\ud800"


def test_a_page_of_an_older_audit_does_not_stay(audited, tmp_path):
    page = labelaudit.render(audited, "html")
    folder = audited.save(tmp_path / "report", page=page)
    assert sorted(contents(folder)) == [*FILES, "report.html"]
    assert (folder / "report.html").read_text(encoding="utf-8") == page
    audited.save(folder)
    assert sorted(contents(folder)) == FILES


def test_another_s_report_html_stays(audited, tmp_path):
    (tmp_path / "report.html").write_text("<h1>mine</h1>")
    audited.save(tmp_path)
    assert (tmp_path / "report.html").read_text() == "<h1>mine</h1>"
