"""Every command reads Parquet."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from sample_data import HEADER, QUICK_OPTIONS, sample_rows

pytest.importorskip("pyarrow", reason="pyarrow, of the extra parquet, is not installed")


@pytest.fixture
def sample(folder: Path) -> None:
    frame = pd.DataFrame(sample_rows(), columns=HEADER).astype({"a": float, "b": float})
    frame.to_parquet("train.parquet", index=False, row_group_size=20)


def test_every_command_reads_parquet(sample: None, call: Callable[..., tuple[int, str, str]]) -> None:
    own = ("--label", "label", "--id", "key", *QUICK_OPTIONS)
    assert call("audit", "train.parquet", *own, "--out", "saved", "--expect-rows", "90")[0] == 0
    record = json.loads(Path("saved/audit.json").read_text())
    assert record["sources"][0]["format"] == "parquet"
    assert call("explain", "saved", "1")[0] == 0
    code, _, err = call("explain", "saved", "--line", "5")
    assert code == 2
    assert "Parquet, which has no lines. Name the row by its number." in err
    assert call("report", "saved", "-f", "html", "-o", "page.html")[0] == 0
    code, out, _ = call("report", "saved", "-f", "sarif")
    assert code == 0
    places = [r["locations"][0]["physicalLocation"] for r in json.loads(out)["runs"][0]["results"]]
    assert places
    assert all(place == {"artifactLocation": {"uri": "train.parquet"}} for place in places)
    assert call("check", "train.parquet", *own)[0] == 1
    assert call("validate", "train.parquet", *own, "--kind", "uniform", "--repeats", "1")[0] == 0
    code, _, err = call("audit", "train.parquet", *own, "--out", "saved", "--delimiter", ";")
    assert code == 2
    assert "--delimiter is for CSV" in err
    code, _, err = call("audit", "train.parquet", "train.csv", *own)
    assert code == 3
    assert "cannot be read together" in err


def test_apply_and_undo_go_there_and_back(sample: None, call: Callable[..., tuple[int, str, str]]) -> None:
    call("audit", "train.parquet", "--label", "label", "--id", "key", *QUICK_OPTIONS, "--out", "saved")
    options = ("--accept-suggestions", "-o", "clean.parquet", "--undo", "u.json")
    code, out, err = call("apply", "saved", "train.parquet", *options, "--dry-run")
    assert code == 0
    assert out.startswith("--- train.parquet\n+++ clean.parquet\nrow ")
    changed = out.count(" becomes ")
    assert f"{changed} rows relabelled, 0 dropped; nothing was written" in err
    assert not Path("clean.parquet").exists()
    assert call("apply", "saved", "train.parquet", *options)[0] == 0
    before, after = (pd.read_parquet(name)["label"] for name in ("train.parquet", "clean.parquet"))
    assert (before != after).sum() == changed > 0
    assert call("undo", "clean.parquet", "u.json", "-o", "back.parquet")[0] == 0
    assert Path("back.parquet").read_bytes() == Path("train.parquet").read_bytes()
    code, _, err = call("apply", "saved", "train.parquet", "--accept-suggestions", "-o", "nowhere/clean.parquet")
    assert code == 4
    assert "nowhere/clean.parquet: cannot be written" in err


def test_a_ranking_is_rendered_as_parquet_to_a_file_alone(
    sample: None, call: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    call("audit", "train.parquet", "--label", "label", "--id", "key", *QUICK_OPTIONS, "--out", "saved")
    assert call("report", "saved", "-f", "parquet", "-o", "r.parquet", "--top", "7") == (0, "", "")
    found = pd.read_parquet("r.parquet")
    expected = pd.read_csv("saved/ranking.csv", dtype={"key": str}).head(7)
    assert found["key"].tolist() == expected["key"].tolist()
    assert found["label_score"].tolist() == expected["label_score"].tolist()
    assert call("report", "saved", "-f", "parquet")[::2] == (
        2, "labelaudit: -f parquet is not text: name the file to write with -o.\n",
    )  # fmt: skip
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    code, _, err = call("report", "saved", "-f", "parquet", "-o", "r.parquet")
    assert code == 2
    assert "install labelaudit[parquet]" in err
