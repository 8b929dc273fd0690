from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import labelaudit
from labelaudit.audits.inputs import read_inputs
from labelaudit.audits.options import AuditOptions
from labelaudit.errors import InputError, UsageError
from labelaudit.views import view as views
from labelaudit.views.view import view_of, view_of_saved
from sample_data import QUICK, csv_text, sample_rows


@pytest.fixture
def data(tmp_path):
    path = tmp_path / "train.csv"
    path.write_text(csv_text(sample_rows()))
    return path


def audited(data, **options):
    return labelaudit.audit(data, label="label", id="key", **(QUICK | options))


def test_the_cells_are_those_of_the_rows_in_the_order_of_the_ranking(data):
    audit = audited(data)
    found = view_of_saved(audit)
    rows = sample_rows()
    order = [row - 1 for row in audit.ranking["row"]]
    assert [c.name for c in found.columns] == ["a", "b", "colour"]
    assert list(found.columns[0].cells) == [float(rows[i][1]) for i in order]
    assert list(found.columns[2].cells) == [rows[i][3] for i in order]
    assert (found.missing, found.listed, found.columns_in_all) == (None, 90, 3)


def test_the_table_at_hand_gives_what_the_data_read_again_does(data):
    audit = audited(data)
    options = AuditOptions.of(audit.record["options"])
    at_hand, again = view_of(audit, read_inputs([data], options).table), view_of_saved(audit)
    assert at_hand.columns == again.columns
    assert np.array_equal(at_hand.projection.across, again.projection.across)
    assert np.array_equal(at_hand.projection.up, again.projection.up)


@pytest.mark.parametrize("what", ["gone", "changed"])
def test_without_the_data_there_is_a_view_that_says_so(data, what):
    audit = audited(data)
    data.unlink() if what == "gone" else data.write_text(data.read_text().replace("red", "blue"))
    found = view_of_saved(audit)
    assert (found.columns, found.projection) == ((), None)
    assert str(data) in found.missing
    with pytest.raises(InputError, match=r"not the data that was audited|cannot be read|[Nn]o such file"):
        view_of_saved(audit, [data])


def test_the_data_may_have_moved(data):
    audit = audited(data)
    moved = data.rename(data.with_name("moved.csv"))
    assert len(view_of_saved(audit, [moved]).columns) == 3
    assert Path(moved).exists()


def test_of_many_rows_the_first_and_every_so_many_others_are_drawn(data, monkeypatch):
    for name, value in (("MOST_LISTED", 10), ("MOST_POINTS", 40), ("MOST_COLUMNS", 2)):
        monkeypatch.setattr(views, name, value)
    found = view_of_saved(audited(data))
    assert len(found.drawn) == len(found.projection.up) == 40
    assert (np.diff(found.drawn) > 0).all()
    assert found.drawn[:10].tolist() == list(range(10))
    assert found.drawn[-1] == 89
    assert (len(found.columns), found.columns_in_all, found.listed, len(found.columns[0].cells)) == (2, 3, 10, 10)


def test_rows_that_were_not_fitted_have_a_place_too(data):
    data.write_text(data.read_text() + "90,0.5,0.5,red,alone\n")
    found = view_of_saved(audited(data))
    assert len(found.projection.across) == 91
    assert np.isfinite(found.projection.across).all()


def test_a_frame_is_given_again(data):
    import pandas as pd

    frame = pd.read_csv(data, dtype={"key": str})
    audit = audited(frame)
    assert "colour" in labelaudit.render(audit, "html", data=frame)
    assert "the audit is of a DataFrame" in labelaudit.render(audit, "html")


@pytest.mark.parametrize("form", ["text", "csv", "json"])
def test_an_audit_is_rendered_in_its_own_formats(data, form):
    from importlib import import_module

    audit = audited(data)
    assert labelaudit.render(audit, form) == import_module(f"labelaudit.report.{form}").render(audit)


def test_an_audit_has_no_format_of_a_check(data):
    with pytest.raises(UsageError, match=r"no format 'sarif'; formats: text, csv, json, html\."):
        labelaudit.render(audited(data), "sarif")
