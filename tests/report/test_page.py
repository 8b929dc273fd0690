from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

import numpy as np
import pytest

import labelaudit.report
from handmade import handmade
from labelaudit.report import html
from labelaudit.report.page_table import MOST_BYTES
from labelaudit.report.words import printable, shortened
from pages import large_view, parsed, unpacked_points, unpacked_table, view
from report.hostile import FILES, HOSTILE, assert_safe

VENDOR = Path(labelaudit.report.__file__).parent / "vendor"
WHITE = re.compile(r"\s+")


def hostile_view(text: str, path: str = "train.csv"):
    """A view whose labels, id column, ids, columns, cells, file, reasons and oddities hold the text."""
    row = {"row": 2, "file": path, "line": 3, "given_label": text}
    more = {
        "conflicts": {"groups": 1, "rows": 2, "list": [{"of_rows": 2, "labels": {}, "rows": [row, row]}]},
        "oddities": [
            {"kind": "leak", "column": text, "classes": [], "sentence": f"The column {printable(text)} leaks."}
        ],
    }
    audit = handmade((text, text + "2", text + "3"), ids={text: [text, text, "", "x"]}, more=more, label=text)
    audit.record["sources"] = [{"path": path, "sha256": "0" * 64}]
    audit.record["options"]["label"] = text
    audit.record["left_out"]["columns"] = [{"name": text, "reason": f"because of {text}"}]
    audit.summary["columns"] = [{"name": text, "kind": "numeric"}, {"name": text + "4", "kind": "categorical"}]
    return view(audit, names=(text, text + "4"), cell=text)


@pytest.mark.parametrize("text", [*HOSTILE, "</script><img src=x onerror=alert(1)>", "{{ 7 * 7 }}{% if x %}"])
def test_no_text_of_the_data_becomes_markup(text):
    page, plain = html.render(hostile_view(text)), html.render(hostile_view("plain"))
    assert parsed(page).tags == parsed(plain).tags
    assert parsed(page).scripts == parsed(plain).scripts
    assert parsed(page).styles == parsed(plain).styles
    assert_safe(page)
    shown = WHITE.sub(" ", parsed(page).text)
    for cells in (40, 60):
        assert shown.count(WHITE.sub(" ", shortened(text, cells))) >= 2


@pytest.mark.parametrize("path", FILES)
def test_file_names_are_shown_as_text(path):
    page = html.render(hostile_view("plain", path))
    assert parsed(page).tags == parsed(html.render(hostile_view("plain"))).tags
    assert printable(path) in parsed(page).text
    assert_safe(page)


@pytest.mark.parametrize("text", HOSTILE)
def test_the_table_holds_the_texts_safe_to_show(text):
    table = unpacked_table(html.render(hostile_view(text)))
    assert table["given label"] == [shortened(text + end, 60) for end in ("3", "", "2", "")]
    assert table[shortened(text + "4", 60)] == [shortened(text, 60), shortened(text, 60), None, "blue"]


def test_the_table_holds_the_ranking_and_the_columns_of_the_data():
    table = unpacked_table(html.render(view()))
    assert table["row"] == [7, 2, 5, 1]
    assert table["line"] == [12, 3, 6, 2]
    assert table["code"] == ["007", "=1+1", "", "x,y"]
    assert table["label score"] == [0.0, 0.0625, 0.5, 0.9375]
    assert table["influence"] == [None, -1.5, 0.00195, 12.2]
    assert table["suspect"] == ["suspect", "suspect", "", ""]
    assert table["size"] == [1, 0.123457, None, "true"]
    assert table["colour"] == ["red", "red", None, "blue"]
    quiet = "its label is the most probable"
    harm = "held out, its label gets 3%; misleads the model"
    assert table["why"] == ["only row of its class", harm, quiet, quiet]


def test_the_points_stand_where_the_rows_do():
    shown = large_view(5000)
    points = unpacked_points(html.render(shown))
    ranking = shown.audit.ranking
    assert np.abs(points["score"] - ranking["label_score"]).max() < 1 / 65535
    influence = ranking["average_influence"].to_numpy()
    # half a step of asinh: the range of about 5, times the slope of sinh, at most (|value| + linear)
    assert (np.abs(points["influence"] - influence) < 1e-4 * (np.abs(influence) + 1)).all()
    low, high = np.quantile(shown.projection.across, (0.0005, 0.9995))
    assert np.abs(points["x"] - np.clip(shown.projection.across, low, high)).max() < (high - low) / 65535
    assert (points["kind"] == ranking["is_label_issue"]).all()
    assert [f"class {i}" for i in points["given"]] == ranking["given_label"].tolist()


def test_a_row_without_influence_is_known_as_such():
    assert unpacked_points(html.render(view()))["kind"].tolist() == [3, 1, 0, 0]


@pytest.mark.parametrize("text", [False, True])
def test_a_page_of_100000_rows_stays_under_3_mb(text):
    assert len(html.render(large_view(text=text)).encode()) < 3_000_000


def test_texts_are_cut_where_the_table_would_grow_too_large():
    page = html.render(large_view(10_000, text=True))
    assert 5 < max(map(len, unpacked_table(page)["column 0"])) < 60
    assert len(parsed(page).islands["table-data"]) <= MOST_BYTES


def test_the_policy_allows_this_page_s_own_scripts_and_styles_alone():
    found = parsed(html.render(view()))
    rules = dict(part.strip().split(" ", 1) for part in found.policy.split(";"))
    assert rules.pop("default-src") == "'none'"
    for name, texts in (("script-src", found.scripts), ("style-src", found.styles)):
        hashes = [base64.b64encode(hashlib.sha256(t.encode()).digest()).decode() for t in texts]
        assert len(hashes) > 0
        assert rules.pop(name) == " ".join(f"'sha256-{h}'" for h in hashes)
    assert rules == {"base-uri": "'none'", "form-action": "'none'"}


def test_the_page_refers_to_nothing_outside_itself():
    found = parsed(html.render(view()))
    for tag, attributes in found.tags:
        assert tag not in ("link", "img", "iframe", "object", "embed", "base", "audio", "video", "source")
        for name, value in attributes:
            assert not name.startswith("on")
            assert name not in ("src", "style", "action", "srcset", "formaction", "background")
            assert name != "href" or value.startswith("#")
    for style in found.styles:
        assert "@import" not in style
        assert set(re.findall(r"url\((.*?)\)", style)) <= {"#hatch"}
    ids = [dict(attributes)["id"] for _, attributes in found.tags if "id" in dict(attributes)]
    assert len(ids) == len(set(ids))
    links = {value[1:] for tag, attributes in found.tags if tag == "a" for name, value in attributes if name == "href"}
    assert links <= set(ids)


def test_the_same_view_gives_the_same_bytes():
    assert html.render(view()) == html.render(view())


def test_without_the_data_the_page_says_so():
    shown = view()
    bare = type(shown)(shown.audit, shown.drawn, shown.listed, missing="data.csv: the audited data is not there.")
    page = html.render(bare)
    assert parsed(page).text.count("data.csv: the audited data is not there.") == 2
    assert "plot-projection" not in str(parsed(page).tags)
    assert "colour" not in unpacked_table(page)


def test_many_classes_and_columns_stay_bounded():
    names = [f"class {i}" for i in range(300)]
    noise = {
        **{"rate": 0.01, "interval": [0.0, 0.02], "without_reference": None, "classes": names},
        "matrix": (np.eye(300) * 0.9 + 0.1 / 300).tolist(),
    }
    columns = [{"name": f"column {i}", "kind": "numeric"} for i in range(5000)]
    page = html.render(view(handmade(noise=noise, columns=columns)))
    assert len(page) < 600_000
    assert "Of 300 classes the 16 that go wrong most often." in WHITE.sub(" ", parsed(page).text)


def test_every_option_that_was_set_is_shown():
    audit = handmade()
    audit.record["options"] |= {"seed": 0, "strict": False, "drop": ["a", "b"], "group": None}
    text = WHITE.sub(" ", parsed(html.render(view(audit))).text)
    assert "seed 0" in text
    assert "drop a, b" in text
    assert "strict" not in text.split("Options")[1].split("Licences")[0]


@pytest.mark.parametrize(
    ("name", "digest"), re.findall(r"\| `(\S+)` \|.*\| `([0-9a-f]{64})` \|", (VENDOR / "README.md").read_text())
)
def test_vendored_files_are_those_of_the_packages(name, digest):
    assert hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() == digest


def test_every_vendored_file_has_its_checksum():
    listed = set(re.findall(r"^\| `(\S+)` \|", (VENDOR / "README.md").read_text(), re.MULTILINE))
    assert listed == {p.name for p in VENDOR.iterdir()} - {"README.md"}
