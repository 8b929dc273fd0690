"""Arrays that stand beside the data, and what is refused about them."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from labelaudit.errors import InputError
from labelaudit.table.embeddings import with_embeddings
from labelaudit.table.frame import table_from_frame
from labelaudit.table.pred_probs import read_pred_probs

LABELS = ["b", "a", "", "b", "1.0", "a", "1.0", "b"]
CLASSES = ("1.0", "a", "b")


@pytest.fixture
def table():
    """Eight rows, the third without a label."""
    return table_from_frame(pd.DataFrame({"x": range(8), "y": LABELS}), label="y")


def probabilities():
    return np.random.default_rng(0).dirichlet(np.ones(3), 8)


def test_embeddings_follow_the_rows_that_have_a_label(table):
    values = np.arange(16, dtype=np.float32).reshape(8, 2)
    found, source = with_embeddings(table, values)
    assert [c.name for c in found.columns] == ["x", "embedding"]
    assert np.array_equal(found.columns[1].values, np.delete(values, 2, axis=0))
    assert (source.sha256, source.shape) == (None, (8, 2))


def test_embeddings_alone_leave_the_other_columns_out_with_a_reason(table):
    found, _ = with_embeddings(table, np.ones((8, 2)), alone=True)
    assert [c.name for c in found.columns] == ["embedding"]
    assert ("x", "only embeddings are used") in [(c.name, c.reason) for c in found.left_out_columns]


def test_a_column_of_the_same_name_is_another_one():
    table = table_from_frame(pd.DataFrame({"embedding": range(4), "y": list("abab")}), label="y")
    assert [c.name for c in with_embeddings(table, np.ones((4, 1)))[0].columns] == ["embedding", "embedding_"]


def test_big_endian_numbers_are_numbers(table, tmp_path):
    values = np.arange(16, dtype=">f4").reshape(8, 2)
    np.save(tmp_path / "e.npy", values)
    found, source = with_embeddings(table, tmp_path / "e.npy")
    assert np.array_equal(found.columns[1].values, np.delete(values, 2, axis=0))
    assert len(source.sha256) == 64


INFINITE = np.ones((8, 2))
INFINITE[6, 1] = np.inf


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (np.ones((7, 2)), "has 7 rows, the data has 8 (those without a label included)"),
        (np.ones(8), "expected two dimensions"),
        (np.ones((8, 0)), "expected two dimensions"),
        (np.ones((8, 2), dtype=np.int64), "holds int64; expected float16, float32, float64"),
        (INFINITE, "row 7, number 2 is inf"),
        ([[1.0]] * 8, "expected a NumPy array"),
    ],
)
def test_embeddings_that_do_not_fit_are_refused(table, values, words):
    with pytest.raises(InputError, match=re.escape(words)):
        with_embeddings(table, values)


def test_files_that_are_no_arrays_are_refused(table, tmp_path):
    (tmp_path / "text.npy").write_text("1,2\n")
    np.save(tmp_path / "objects.npy", np.array([{}], dtype=object), allow_pickle=True)
    np.savez(tmp_path / "two.npz", a=np.ones(1))
    np.save(tmp_path / "cut.npy", np.ones((8, 2)))
    (tmp_path / "cut.npy").write_bytes((tmp_path / "cut.npy").read_bytes()[:-5])
    for name, words in {
        "gone.npy": "no such file",
        "text.npy": "is not a NumPy file",
        "objects.npy": "holds Python objects",
        "two.npz": "is an archive",
        "cut.npy": "is not a whole NumPy file",
    }.items():
        with pytest.raises(InputError, match=re.escape(f"{name}: {words}")):
            with_embeddings(table, tmp_path / name)


def test_probabilities_are_matched_by_name_in_every_form(table, tmp_path):
    p = probabilities()
    frame = pd.DataFrame(p, columns=list(CLASSES))[["b", "1.0", "a"]]
    frame.to_csv(tmp_path / "p.csv", index=False)
    np.savez(tmp_path / "p.npz", pred_probs=frame.to_numpy(), classes=np.array(frame.columns, dtype=str))
    np.save(tmp_path / "p.npy", np.array([tuple(row) for row in frame.to_numpy()], dtype=[(c, "f8") for c in frame]))
    expected = np.delete(p, 2, axis=0)
    for given in (frame, tmp_path / "p.csv", tmp_path / "p.npz", tmp_path / "p.npy"):
        assert np.allclose(read_pred_probs(given, table)[0], expected, atol=1e-15, rtol=1e-15)


def test_rounded_probabilities_are_brought_to_the_sum_1(table):
    frame = pd.DataFrame(probabilities().round(3), columns=list(CLASSES))
    assert np.allclose(read_pred_probs(frame, table)[0].sum(1), 1)


def broken(change):
    frame = pd.DataFrame(probabilities(), columns=list(CLASSES))
    return change(frame)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda f: f.rename(columns={"a": "A"}), 'the column "A" is no class of the label "y". Did you mean "a"?'),
        (lambda f: f.rename(columns={"1.0": "1"}), 'the column "1" is no class'),
        (lambda f: f.drop(columns="a"), 'there is no column for the class "a"'),
        (lambda f: f.assign(row=0), 'the column "row" is no class'),
        (lambda f: f.iloc[:7], "has 7 rows, the data has 8"),
        (lambda f: f.assign(b=np.where(f.index == 4, 1.2, f.b)), 'row 5, class "b": 1.2 is no probability'),
        (lambda f: f.assign(b=np.where(f.index == 4, np.nan, f.b)), 'row 5, class "b": nan is no probability'),
        (lambda f: f / 2, "row 1 sums to 0.5"),
        (lambda f: f.assign(a="x"), 'column "a": expected probabilities'),
        (lambda f: f.to_numpy(), "expected a DataFrame"),
    ],
)
def test_what_is_no_probability_of_these_classes_is_refused(table, change, words):
    with pytest.raises(InputError, match=re.escape(words)):
        read_pred_probs(broken(change), table)


def test_files_without_names_are_refused_with_the_cure(table, tmp_path):
    np.save(tmp_path / "p.npy", probabilities())
    np.savez(tmp_path / "q.npz", probs=probabilities())
    np.savez(tmp_path / "r.npz", pred_probs=probabilities(), classes=np.array(["a", "b"]))
    (tmp_path / "twice.csv").write_text("a,b,a\n1,0,0\n")
    (tmp_path / "ragged.csv").write_text("a,b,1.0\n1,0\n")
    for name, words in {
        "p.npy": "numpy.savez(FILE, pred_probs=p, classes=names)",
        "q.npz": 'has no array "pred_probs"',
        "r.npz": "expected numbers of shape (rows, 2)",
        "twice.csv": 'the class "a" stands there twice',
        "ragged.csv": "expected 3 fields as in the header, got 2",
    }.items():
        with pytest.raises(InputError, match=re.escape(words)):
            read_pred_probs(tmp_path / name, table)
