"""Every command reads Parquet; the same table as CSV and as Parquet is ranked the same, to the bit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer, load_iris, load_wine

import labelaudit
from labelaudit.errors import InputError
from parquets import as_csv, as_parquet, drawn
from sample_data import HEADER, QUICK, csv_text, sample_rows


def bundled(load: Callable[..., object]) -> pd.DataFrame:
    frame = load(as_frame=True).frame  # type: ignore[attr-defined]
    return frame.assign(target=(frame["target"] + (frame.index % 13 == 0)) % frame["target"].nunique())


BUNDLED = {"wine": load_wine, "iris": load_iris, "breast_cancer": load_breast_cancer}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def sample(folder: Path) -> Path:
    """sample_rows as train.csv and train.parquet."""
    rows = sample_rows()
    rows[7] = [*rows[7][:-1], ""]
    Path("train.csv").write_text(csv_text(rows))
    frame = pd.DataFrame(rows, columns=HEADER).astype({"a": float, "b": float})
    frame.to_parquet("train.parquet", index=False, row_group_size=20)
    return folder


def assert_same_ranking(found: labelaudit.Audit, expected: labelaudit.Audit) -> None:
    pd.testing.assert_frame_equal(
        found.ranking.drop(columns="line"), expected.ranking.drop(columns="line"), check_exact=True
    )
    assert found.ranking["line"].isna().all()
    for name in ("sources", "created", "labelaudit", "left_out", "oddities", "conflicts", "options"):
        assert name in found.record
    assert found.summary == expected.summary


@pytest.mark.parametrize("name", list(BUNDLED))
def test_bundled_tables_are_ranked_the_same(folder: Path, name: str) -> None:
    frame = bundled(BUNDLED[name])
    frame.to_csv("train.csv", index=False)
    frame.to_parquet("train.parquet", index=False, row_group_size=50)
    options = {"l2": 0.01, "encoding": "kernel" if name == "iris" else "linear"}
    csv, parquet = (labelaudit.audit(file, "target", **options) for file in ("train.csv", "train.parquet"))
    assert_same_ranking(parquet, csv)


@pytest.mark.parametrize("seed", range(3))
def test_generated_tables_are_ranked_the_same(folder: Path, seed: int) -> None:
    table = drawn(seed, 120)
    Path("train.csv").write_bytes(as_csv(table))
    Path("train.parquet").write_bytes(as_parquet(table, row_group_size=17))
    csv, parquet = (labelaudit.audit(file, "y", id="id", **QUICK) for file in ("train.csv", "train.parquet"))
    assert_same_ranking(parquet, csv)
    assert parquet.record["left_out"]["rows"][0]["line"] is None


def test_a_reference_may_be_parquet(sample: Path) -> None:
    pd.DataFrame(sample_rows(30, wrong=0, seed=1), columns=HEADER).astype({"a": float, "b": float}).to_parquet("t.pq")
    pd.read_parquet("t.pq").to_csv("t.csv", index=False)
    csv = labelaudit.audit("train.csv", "label", id="key", reference="t.csv", **QUICK)
    parquet = labelaudit.audit("train.parquet", "label", id="key", reference="t.pq", **QUICK)
    assert_same_ranking(parquet, csv)
    assert parquet.record["reference"]["sources"][0]["format"] == "parquet"


def test_a_check_knows_rows_by_content(sample: Path) -> None:
    options = {"id": "key", **QUICK}
    first = labelaudit.check("train.parquet", "label", baseline="b.jsonl", update_baseline=True, **options)
    assert first.passed
    assert len(first.known) > 0
    frame = pd.read_parquet("train.parquet").sample(frac=1, random_state=0)[::-1]
    frame[frame.columns[::-1]].to_parquet("other.parquet", index=False, compression="zstd", row_group_size=7)
    again = labelaudit.check("other.parquet", "label", baseline="b.jsonl", **options)
    assert {issue.fingerprint for issue in again.known} == {issue.fingerprint for issue in first.known}
    changed = frame.assign(label=[*("u" if label != "u" else "v" for label in frame["label"][:3]), *frame["label"][3:]])
    changed.to_parquet("new.parquet", index=False)
    diff = labelaudit.check("new.parquet", "label", diff_base="other.parquet", **options)
    assert diff.rows == 3
    Path("old.csv").write_text(csv_text(sample_rows()))
    with pytest.raises(InputError, match="cannot be read together"):
        labelaudit.check("new.parquet", "label", diff_base="old.csv", **options)
    with pytest.raises(InputError, match="cannot be read together"):
        labelaudit.check("old.csv", "label", diff_base="new.parquet", **options)


def test_a_review_shows_parquets_cells_and_keys(sample: Path) -> None:
    from labelaudit.checks.compare import Content
    from labelaudit.review.suspects import read_suspects
    from labelaudit.table.reader import read_fingerprints

    audit = labelaudit.audit("train.parquet", "label", id="key", **QUICK)
    suspects = read_suspects(audit)
    content = Content.of(read_fingerprints(["train.parquet"], label="label"))
    assert suspects.key(9) == (content.fingerprints[8], content.occurrences[8])
    assert suspects.row_of(suspects.key(9)) == 9
    frame = pd.read_parquet("train.parquet")
    assert suspects.cells_of(3) == {name: str(frame[name].iloc[2]) for name in ("key", "a", "b", "colour")}
    frame.iloc[1:].to_parquet("train.parquet", index=False)
    with pytest.raises(InputError, match="its SHA-256 differs"):
        read_suspects(audit)


def test_a_saved_audit_is_explained_from_parquet_that_moved(sample: Path) -> None:
    labelaudit.audit("train.parquet", "label", id="key", **QUICK).save("saved")
    Path("train.parquet").rename("moved.bin")
    audit = labelaudit.load("saved")
    explained = labelaudit.explain(audit, 1, data="moved.bin")
    Path("moved.bin").rename("train.parquet")
    assert explained == labelaudit.explain(audit, 1)
