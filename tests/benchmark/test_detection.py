from __future__ import annotations

import importlib.util
import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.preprocessing import StandardScaler

import labelaudit
from labelaudit.benchmark.detection import Protocol, read_manifest, render, run_detection, to_json
from labelaudit.benchmark.detection.data import prepare, read
from labelaudit.benchmark.detection.peers import PEERS, Peers
from labelaudit.benchmark.detection.plot import save_plot
from labelaudit.benchmark.detection.results import NEAR, OURS, RANKINGS, Cell
from labelaudit.errors import InputError, UsageError
from labelaudit.planting import plant
from labelled_tables import SHOWN

PROTOCOL = Protocol(seeds=(0,), rows=SHOWN)
FEATURES = ["a", "b", "c", "soil"]
needs_cleanlab = pytest.mark.skipif(importlib.util.find_spec("cleanlab") is None, reason="cleanlab is an extra")


@pytest.fixture(scope="module")
def detection(tables):
    ticks: list[str] = []
    entries = read_manifest(tables)
    results = run_detection(entries, PROTOCOL, tick=ticks.append)
    assert len(ticks) == PROTOCOL.runs(entries) == 4
    return results


@pytest.fixture(scope="module")
def taking_part(tables):
    """The rows of blobs.csv that take part and their codes, worked out anew: labelled, drawn, of no rare class."""
    frame = pd.read_csv(tables / "tables" / "blobs.csv").dropna(subset="kind").sample(SHOWN, random_state=0)
    frame = frame[frame.kind != "lone"].reset_index(drop=True)
    return frame, frame.kind.map({"east": 0, "north": 1, "west": 2}).to_numpy()


def run_of(detection, kind):
    (run,) = (r for r in detection.runs if r.kind == kind)
    return run


def out_of_fold(model, x, codes):
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    return cross_val_predict(model, x, codes, cv=folds, method="predict_proba")


def trees_features(frame):
    numbers = frame[["a", "b", "c"]].fillna(-999).to_numpy()
    return np.c_[numbers, np.unique(frame.soil, return_inverse=True)[1]]


def linear_features(frame):
    numbers = frame[["a", "b", "c"]]
    return np.c_[StandardScaler().fit_transform(numbers.fillna(numbers.median())), pd.get_dummies(frame.soil)]


@pytest.mark.parametrize("kind", ["uniform", "asymmetric", "instance"])
def test_the_planted_rows_and_the_peers_are_those_of_the_protocol(detection, taking_part, kind):
    frame, codes = taking_part
    clean = RandomForestClassifier(200, min_samples_leaf=3, random_state=1)
    given = plant(codes, 3, kind, 0.1, 0, out_of_fold(clean, trees_features(frame), codes))
    wrong, run = given != codes, run_of(detection, kind)
    assert (run.rows, run.classes, run.errors) == (len(frame), 3, wrong.sum())
    forms = {
        "logistic": (LogisticRegression(max_iter=500), linear_features(frame)),
        "boosting": (HistGradientBoostingClassifier(random_state=0), trees_features(frame)),
        "forest": (RandomForestClassifier(200, random_state=0), trees_features(frame)),
    }
    for peer, (model, x) in forms.items():
        p = out_of_fold(model, x, given)[np.arange(len(given)), given]
        # the linear model stops at its own tolerance, from columns in another order
        assert run.average_precision[peer] == pytest.approx(average_precision_score(wrong, 1 - p), abs=1e-3)


def test_our_figures_are_those_of_an_audit_of_the_same_file(detection, taking_part, tmp_path):
    frame, codes = taking_part
    given = plant(codes, 3, "uniform", 0.1, 0)
    labels = np.array(["east", "north", "west"])[given]
    frame[FEATURES].assign(kind=labels).to_csv(tmp_path / "d.csv", index=False)
    ranking = labelaudit.audit(tmp_path / "d.csv", "kind").ranking
    wrong, run = (given != codes)[ranking.row - 1], run_of(detection, "uniform")
    by = {"label_score": -ranking["rank"], "self_influence": ranking.self_influence}
    by |= {name: -ranking[name] for name in ("average_influence", "self_confidence")}
    assert set(by) == set(OURS)
    for name, suspicion in by.items():
        assert run.average_precision[name] == pytest.approx(average_precision_score(wrong, suspicion), abs=1e-12)
    assert run.stated_rate == pytest.approx(1 - ranking.label_score.mean(), rel=1e-12)
    assert (run.issues, run.issues_right) == (ranking.is_label_issue.sum(), wrong[ranking.is_label_issue].sum())


def test_real_errors_are_the_rows_whose_labels_differ(detection, tables):
    frame = pd.read_csv(tables / "verified.csv").dropna(subset="gold")
    run = run_of(detection, "real")
    assert (run.name, run.rows, run.errors) == ("verified", len(frame), (frame.given != frame.gold).sum())
    assert run.average_precision["label_score"] > 3 * run.errors / run.rows


@needs_cleanlab
def test_cleanlabs_ranking_is_the_recipe_and_its_filter_is_counted(detection):
    for run in detection.runs:
        for peer, filtered in run.cleanlab.items():
            assert filtered.average_precision == pytest.approx(run.average_precision[peer], abs=1e-12)
            assert 0 <= max(filtered.right, filtered.ours) <= min(filtered.flagged, run.errors)
    assert detection.cleanlab
    assert "flagged by its default filter" in render(detection)


def test_without_cleanlab_everything_else_is_measured(detection, tables, monkeypatch):
    monkeypatch.setattr("labelaudit.benchmark.detection.cleanlab_peer.version", lambda: None)
    alone = run_detection(read_manifest(tables, ["verified"]), PROTOCOL)
    assert alone.runs[0].average_precision == run_of(detection, "real").average_precision
    assert alone.runs[0].cleanlab == {}
    assert "cleanlab is not installed" in render(alone)
    assert json.loads(to_json(alone))["cleanlab"] is None


def test_figures_do_not_depend_on_threads(detection, tables):
    protocol = replace(PROTOCOL, kinds=("instance",))
    again = run_detection(read_manifest(tables), protocol, threads=3).runs[0]
    assert replace(again, seconds=0.0) == replace(run_of(detection, "instance"), seconds=0.0)


def test_planted_and_real_errors_are_not_averaged_together(detection):
    kinds = ("uniform", "asymmetric", "instance")
    for name in RANKINGS:
        planted = np.mean([run_of(detection, kind).average_precision[name] for kind in kinds])
        assert detection.planted[name] == pytest.approx(planted, rel=1e-12)
        assert detection.mean("real")[name] == run_of(detection, "real").average_precision[name]


def test_a_table_is_lost_below_the_best_peers_mean_by_more_than_the_margin(detection):
    run = run_of(detection, "uniform")

    def scored(score, **peers):
        figures = {**dict.fromkeys(RANKINGS, 0.0), "label_score": score, **peers}
        return replace(run, average_precision=figures)

    first, second = scored(0.5, forest=0.9), scored(0.5, boosting=0.6)
    cell = Cell("one", "uniform", (first, second))
    assert (cell.best_peer, cell.mean["forest"], cell.lost) == ("forest", 0.45, False)
    assert not Cell("one", "uniform", (scored(0.5, forest=0.5 + NEAR),)).lost
    assert Cell("one", "uniform", (scored(0.5, forest=0.51 + NEAR),)).lost


def test_the_text_fits_80_columns_and_holds_the_figures_of_the_json(detection):
    text, document = render(detection), json.loads(to_json(detection))
    assert max(map(len, text.splitlines())) <= 80
    for cell in document["tables"]:
        figures = "  ".join(f"{cell['means'][name]:.3f}" for name in document["rankings"])
        block = text[text.index(f"\n{cell['kind']}  ") :]
        (line,) = [row for row in block.split("\n\n")[0].splitlines() if row.startswith(cell["name"])]
        assert line.replace("*", "").split()[1:] == figures.split()
        assert ("*" in line) == cell["lost"]
    for name in document["rankings"]:
        (line,) = [row for row in text.splitlines() if row.startswith(f"{name} ")]
        means = [*(document["means"][k] for k in detection.kinds[:-1]), document["mean_of_planted"]]
        shown = [f"{mean[name]:.3f}" for mean in (*means, document["means"]["real"])]
        assert line.removeprefix(name).removeprefix(" (peer)").split() == shown


def test_the_json_holds_every_run_exactly(detection):
    runs = json.loads(to_json(detection))["runs"]
    assert [r["average_precision"] for r in runs] == [r.average_precision for r in detection.runs]
    assert [(r["name"], r["kind"], r["seed"]) for r in runs] == [(r.name, r.kind, r.seed) for r in detection.runs]


def test_the_plot_is_png_and_svg_and_the_same_bytes_twice(detection, tmp_path):
    pytest.importorskip("matplotlib", reason="plots are an extra")
    paths = save_plot(detection, tmp_path)
    assert [p.name for p in paths] == ["detection.png", "detection.svg"]
    png, svg = (p.read_bytes() for p in paths)
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    assert b"</svg>" in svg
    assert [p.read_bytes() for p in save_plot(detection, tmp_path)] == [png, svg]


def test_what_does_not_take_part_is_listed_with_its_reason(tables, detection):
    few = run_detection(read_manifest(tables), replace(PROTOCOL, kinds=("real",), classes=2))
    assert few.left_out == ()  # no kind of error is planted, so nothing of that table was wanted
    with pytest.raises(UsageError, match=r"nothing to run \(blobs: 3 classes, at most 2 take part"):
        run_detection(read_manifest(tables, ["blobs"]), replace(PROTOCOL, classes=2))
    with pytest.raises(UsageError, match=r"nothing to run \(verified: 2 classes, at most 1 take part"):
        run_detection(read_manifest(tables, ["verified"]), replace(PROTOCOL, classes=1))  # counted: not stated
    with pytest.raises(UsageError, match="no table has errors of these --kinds"):
        run_detection(read_manifest(tables, ["blobs"]), replace(PROTOCOL, kinds=("real",)))


def test_a_run_that_leaves_a_class_without_labels_is_left_out(tmp_path):
    frame = pd.DataFrame({"x": np.arange(40.0), "y": ["a", "b"] * 20})
    frame.to_csv(tmp_path / "t.csv", index=False)
    (tmp_path / "manifest.csv").write_text("name,file,label\nt,t.csv,y\n")
    both = Protocol(kinds=("asymmetric", "uniform"), rate=0.5, seeds=(0,))
    results = run_detection(read_manifest(tmp_path), both)
    assert [o.reason for o in results.left_out] == ["asymmetric, seed 0: no label of one class is left"]
    assert "Left out:\nt: asymmetric, seed 0: no label" in render(results)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"kinds": ("foo",)}, "--kinds: expected some of uniform,asymmetric,instance,real, got 'foo'"),
        ({"kinds": ()}, "got none"),
        ({"rate": 0.0}, "--rate"),
        ({"rate": 0.6}, "--rate"),
    ],
)
def test_a_protocol_that_cannot_be_is_wrong_usage(options, words):
    with pytest.raises(UsageError, match=words):
        Protocol(**options)


def test_a_table_that_cannot_be_audited_is_refused_by_name(tmp_path):
    pd.DataFrame({"x": 1.0, "y": ["a", "b"] * 20}).to_csv(tmp_path / "t.csv", index=False)
    (tmp_path / "manifest.csv").write_text("name,file,label\nconstant,t.csv,y\n")
    with pytest.raises(InputError, match='table "constant": '):
        run_detection(read_manifest(tmp_path), Protocol(kinds=("uniform",), seeds=(0,)))


def test_text_reaches_the_peers_where_errors_are_real(tmp_path):
    words = np.array(["red apple", "green pear"] * 60, dtype=object)
    frame = pd.DataFrame({"note": words, "given": ["a", "b"] * 60, "gold": ["a", "b"] * 60})
    frame.to_csv(tmp_path / "t.csv", index=False)
    (tmp_path / "manifest.csv").write_text("name,file,label,gold,text_cols\nt,t.csv,given,gold,note\n")
    (entry,) = read_manifest(tmp_path)
    data = prepare(entry, read(entry), 500)
    peers = Peers(data)
    assert (data.text, peers.wide.shape) == (("note",), (120, 6))  # four words, two pairs of words
    assert all(peers.out_of_fold(peer, data.codes).argmax(1).tolist() == data.codes.tolist() for peer in PEERS)
