"""Audits with embeddings and with another model's probabilities."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import labelaudit
from labelaudit.errors import InputError, UsageError
from sample_data import QUICK, csv_text, sample_rows

SCORES = ["label_score", "average_influence", "self_influence", "self_confidence", "leverage"]


def drawn(rows=120, seed=0):
    """Two classes in four numbers of variance 1, a tenth of the labels wrong."""
    rng = np.random.default_rng(seed)
    true = np.arange(rows) % 2
    x = rng.normal(size=(rows, 4)) + 2.5 * true[:, None] * [1, -1, 0, 0]
    x = (x - x.mean(0)) / x.std(0)
    wrong = rng.random(rows) < 0.1
    return x, np.array(["no", "yes"], dtype=object)[true ^ wrong], wrong


def scores(audit):
    return audit.ranking.sort_values("row")[SCORES].to_numpy()


X, GIVEN, WRONG = drawn()
LABELS = pd.DataFrame({"label": GIVEN})


@pytest.fixture(scope="module")
def alone():
    return labelaudit.audit(LABELS, "label", embeddings=X, **QUICK)


def test_embeddings_of_variance_1_are_columns_of_numbers(alone):
    columns = pd.DataFrame(X, columns=list("abcd")).assign(label=GIVEN)
    assert np.allclose(scores(alone), scores(labelaudit.audit(columns, "label", **QUICK)), rtol=1e-8, atol=1e-10)
    assert alone.summary["columns"] == [{"name": "embedding", "kind": "embedding", "dimensions": 4}]


def test_turned_embeddings_have_the_same_scores(alone):
    turn, _ = np.linalg.qr(np.random.default_rng(3).normal(size=(4, 4)))
    turned = labelaudit.audit(LABELS, "label", embeddings=X @ turn, **QUICK)
    assert np.allclose(scores(alone), scores(turned), rtol=1e-8, atol=1e-10)


def test_shuffled_rows_have_shuffled_scores(alone):
    order = np.random.default_rng(4).permutation(len(X))
    shuffled = labelaudit.audit(LABELS.iloc[order], "label", embeddings=X[order], **QUICK)
    assert np.allclose(scores(alone)[order], scores(shuffled), rtol=1e-9, atol=1e-12)


def test_every_choice_left_to_the_tool_finds_the_errors():
    audit = labelaudit.audit(LABELS, "label", embeddings=X.astype(np.float32))
    first = audit.ranking["row"].to_numpy()[: WRONG.sum()] - 1
    assert WRONG[first].mean() > 0.5 > 3 * WRONG.mean()


def test_files_are_read_recorded_and_explained(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "train.csv").write_text(csv_text(sample_rows()))
    np.save("e.npy", np.random.default_rng(0).normal(size=(90, 3)).astype(np.float16))
    audit = labelaudit.audit("train.csv", "label", id="key", embeddings="e.npy", **QUICK)
    assert audit.record["arrays"]["embeddings"]["dtype"] == "float16"
    kept = labelaudit.load(audit.save("out"))
    found = labelaudit.explain(kept, 5)
    assert {c.column for c in found.columns} == {"a", "b", "colour", "embedding"}
    changed = np.load("e.npy")
    changed[0, 0] += 1
    np.save("e.npy", changed)
    with pytest.raises(InputError, match=r"e\.npy: is not the data that was audited"):
        labelaudit.explain(kept, 5)


def test_an_audit_of_an_array_is_explained_with_the_array(alone):
    with pytest.raises(InputError, match="give it with embeddings="):
        labelaudit.explain(alone, 5, data=LABELS)
    assert labelaudit.explain(alone, 5, data=LABELS, embeddings=X).columns[0].column == "embedding"
    with pytest.raises(InputError, match="other values"):
        labelaudit.explain(alone, 5, data=LABELS, embeddings=X + np.eye(len(X), 4))


def test_trusted_rows_have_embeddings_too():
    more, true, wrong = drawn(60, seed=9)
    trusted = pd.DataFrame({"label": np.where(wrong, np.where(true == "no", "yes", "no"), true)})
    audit = labelaudit.audit(LABELS, "label", embeddings=X, reference=trusted, reference_embeddings=more, **QUICK)
    assert audit.summary["reference_rows"] == 60
    with pytest.raises(UsageError, match="--reference-embeddings"):
        labelaudit.audit(LABELS, "label", embeddings=X, reference=trusted, **QUICK)
    with pytest.raises(InputError, match="has 3 numbers a row"):
        labelaudit.audit(LABELS, "label", embeddings=X, reference=trusted, reference_embeddings=more[:, :3], **QUICK)


def posterior():
    """Out-of-sample by making: of the drawn classes, not of the labels."""
    z = 2.0 * (X[:, 0] - X[:, 1])
    p = 1 / (1 + np.exp(-z))
    return pd.DataFrame({"yes": p, "no": 1 - p})


def test_probabilities_of_another_model_are_the_evidence():
    p = posterior()
    frame = pd.DataFrame(X, columns=list("abcd")).assign(label=GIVEN)
    own, given = (labelaudit.audit(frame, "label", pred_probs=q, **QUICK) for q in (None, p))
    ranking = given.ranking.sort_values("row")
    assert np.allclose(ranking["self_confidence"], np.where(GIVEN == "yes", p["yes"], p["no"]))
    assert given.summary["evidence"] == "pred_probs"
    # what is of the model alone stays
    same = ["self_influence", "leverage"]
    assert np.array_equal(ranking[same], own.ranking.sort_values("row")[same])
    # among rows of one label, the order by label_score is that of the probabilities
    for label in ("no", "yes"):
        rows = ranking[ranking["given_label"] == label]
        assert (rows["label_score"].rank() == rows["self_confidence"].rank()).all()
    assert WRONG[given.ranking["row"].to_numpy()[: WRONG.sum()] - 1].mean() > 0.5


def test_probabilities_that_know_every_label_are_warned_of():
    from labelaudit.report import text

    frame = pd.DataFrame(X, columns=list("abcd")).assign(label=GIVEN)
    known = pd.DataFrame({"no": np.where(GIVEN == "no", 0.9, 0.1), "yes": np.where(GIVEN == "no", 0.1, 0.9)})
    words = "prefer the given label in every row"
    said = [
        " ".join(text.render(labelaudit.audit(frame, "label", pred_probs=p, **QUICK)).split())
        for p in (known, posterior())
    ]
    assert words in said[0]
    assert words not in said[1]


def test_a_class_of_one_row_takes_its_probability_along():
    given = GIVEN.copy()
    given[7] = "once"
    p = posterior()
    p["once"] = 0.0
    p.loc[3] = [0.0, 0.0, 1.0]
    frame = pd.DataFrame(X, columns=list("abcd")).assign(label=given)
    ranking = labelaudit.audit(frame, "label", pred_probs=p, **QUICK).ranking.set_index("row")
    assert ranking.loc[8, "label_score"] == 0
    assert ranking.loc[4, "self_confidence"] == pytest.approx(0.5)
    assert ranking.loc[5, "self_confidence"] == pytest.approx(p.loc[4, given[4]])


def test_the_command_line_takes_files(tmp_path, monkeypatch):
    from labelaudit.cli import group
    from labelaudit.cli.exits import run

    monkeypatch.chdir(tmp_path)
    (tmp_path / "train.csv").write_text(csv_text(sample_rows(classes=2)))
    rows = [row[-1] for row in sample_rows(classes=2)]
    pd.DataFrame({"u": [0.8 if v == "u" else 0.3 for v in rows], "v": [0.2 if v == "u" else 0.7 for v in rows]}).to_csv(
        "p.csv", index=False
    )
    np.save("e.npy", np.random.default_rng(0).normal(size=(90, 3)))
    quick = ["--encoding", "linear", "--l2", "0.01", "-q", "--id", "key"]
    beside = ["--embeddings", "e.npy", "--only-embeddings", "--pred-probs", "p.csv"]
    assert run(group, ["audit", "train.csv", "--label", "label", *quick, *beside]) == 0
    record = labelaudit.load("labelaudit-report").record
    assert set(record["arrays"]) == {"embeddings", "pred_probs"}
    assert run(group, ["audit", "train.csv", "--label", "label", *quick, "--only-embeddings"]) == 2
    assert run(group, ["audit", "train.csv", "--label", "label", *quick, "--embeddings", "gone.npy"]) == 3
