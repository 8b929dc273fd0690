"""What a copy of a Parquet file says, keeps of other writers' files, and refuses."""

from __future__ import annotations

import base64
import json
import random
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import labelaudit
from labelaudit.cleaning import parquet_change, parquet_writer
from labelaudit.cleaning.original import fingerprints_of, read_original
from labelaudit.decisions.decision import Decision
from labelaudit.decisions.exchange import json_lines
from labelaudit.errors import InputError, UsageError
from parquet_copies import audit_of, keys, rows
from parquets import as_parquet, pa, pq
from sample_data import HEADER, QUICK, sample_rows


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def audited(folder: Path) -> Callable[..., None]:
    """sample_rows as train.parquet, their audit in saved, and a way to decide on a row."""
    frame = pd.DataFrame(sample_rows(), columns=HEADER).astype({"a": float, "b": float})
    frame.to_parquet("train.parquet", index=False, row_group_size=20)
    labelaudit.audit("train.parquet", "label", id="key", **QUICK).save("saved")
    found = fingerprints_of(read_original(labelaudit.load("saved"), "train.parquet"))

    def decide(*decided: tuple[Any, ...]) -> None:
        decisions = [Decision(str(found[row]), 1, *rest) for row, *rest in decided]
        Path("d.jsonl").write_text(json_lines(decisions))

    return decide


def test_suggestions_are_applied_as_to_the_csv(audited: Any) -> None:
    audit = labelaudit.load("saved")
    done = labelaudit.apply("saved", "train.parquet", "clean.parquet", accept_suggestions=True)
    wanted = dict(zip(audit.issues["row"] - 1, audit.issues["predicted_label"], strict=True))
    before = pd.read_parquet("train.parquet")
    expected = before.assign(label=[wanted.get(i, label) for i, label in enumerate(before["label"])])
    pd.testing.assert_frame_equal(pd.read_parquet("clean.parquet"), expected)
    assert done.relabelled == len(wanted) > 0


def test_a_dry_run_says_in_words_what_would_change(audited: Any) -> None:
    audited((0, "relabel", "w"), (3, "drop"), (4, "keep"))
    labels = pd.read_parquet("train.parquet")["label"]
    before = {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()}
    done = labelaudit.apply("saved", "train.parquet", "clean.parquet", decisions=["d.jsonl"], dry_run=True)
    assert done.diff.decode() == (
        f'--- train.parquet\n+++ clean.parquet\nrow 1: "{labels[0]}" becomes "w"\nrow 4: "{labels[3]}" is dropped\n'
    )
    assert (done.relabelled, done.dropped) == (1, 1)
    flagged = labelaudit.apply("saved", "train.parquet", decisions=["d.jsonl"], dry_run=True, flag=True).diff.decode()
    assert f'new column "label_issue": true in 2 of 90 rows\nrow 1: "{labels[0]}" is flagged\n' in flagged
    audited((4, "keep"))
    assert labelaudit.apply("saved", "train.parquet", decisions=["d.jsonl"], dry_run=True).diff == b""
    before[Path("d.jsonl")] = Path("d.jsonl").read_bytes()
    assert {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()} == before


def test_labels_outside_the_classes_are_refused_unless_they_are_meant(audited: Any) -> None:
    audited((0, "relabel", "new"))
    with pytest.raises(InputError, match="1 new label not among the audited classes"):
        labelaudit.apply("saved", "train.parquet", "clean.parquet", decisions=["d.jsonl"])
    assert not Path("clean.parquet").exists()
    labelaudit.apply("saved", "train.parquet", "clean.parquet", decisions=["d.jsonl"], new_labels=True)
    assert pd.read_parquet("clean.parquet")["label"][0] == "new"


@pytest.mark.parametrize(("kind", "words"), [(pa.int8(), "300"), (pa.int64(), "07"), (pa.bool_(), "maybe"), (
    pa.float32(), "0.1"), (pa.decimal128(5, 2), "1.5")])  # fmt: skip
def test_a_new_label_that_the_type_does_not_hold_is_refused(folder: Path, kind: Any, words: str) -> None:
    labels = pa.array([0, 0, 1, 1], pa.int8()).cast(kind)
    Path("data.parquet").write_bytes(as_parquet(pa.table({"x": [1, 2, 3, 4], "the label": labels})))
    audit = audit_of("data.parquet")
    Path("d.jsonl").write_text(json_lines([Decision(*keys(audit)[0], "relabel", words)]))
    with pytest.raises(InputError, match=f'the new label "{words}" is no value of the column "the label", whose type'):
        labelaudit.apply(audit, "data.parquet", "clean.parquet", decisions=["d.jsonl"], new_labels=True)
    assert not Path("clean.parquet").exists()


def test_a_new_label_is_written_in_the_columns_type(folder: Path) -> None:
    labels = pa.array([0, 0, 1, 1], pa.uint8())
    Path("data.parquet").write_bytes(as_parquet(pa.table({"x": [1, 2, 3, 4], "the label": labels})))
    audit = audit_of("data.parquet")
    Path("d.jsonl").write_text(json_lines([Decision(*keys(audit)[0], "relabel", "200")]))
    labelaudit.apply(audit, "data.parquet", "clean.parquet", decisions=["d.jsonl"], new_labels=True)
    assert pq.read_table("clean.parquet")["the label"].to_pylist() == [200, 0, 1, 1]


def test_a_dictionary_may_grow_and_may_name_a_word_twice(folder: Path) -> None:
    labels = pa.DictionaryArray.from_arrays(pa.array([0, 1, 2, 2], pa.int8()), pa.array(["a", "a", "b", "unused"]))
    Path("data.parquet").write_bytes(as_parquet(pa.table({"x": [1, 2, 3, 4], "the label": labels})))
    audit = audit_of("data.parquet")
    Path("d.jsonl").write_text(
        json_lines([Decision(*keys(audit)[0], "relabel", "b"), Decision(*keys(audit)[3], "relabel", "new")])
    )
    labelaudit.apply(audit, "data.parquet", "clean.parquet", decisions=["d.jsonl"], new_labels=True)
    assert pq.read_table("clean.parquet")["the label"].to_pylist() == ["b", "a", "b", "new"]
    again = parquet_change._relabelled(labels, {0: pa.scalar("b"), 3: pa.scalar("new")})
    assert again.to_pylist() == ["b", "a", "b", "new"]
    assert again.dictionary.to_pylist() == ["a", "a", "b", "unused", "new"]


@pytest.mark.parametrize("name", ["clean.csv", "clean.parquet.gz", "CLEAN.TSV", "clean.zst"])
def test_a_name_that_says_something_else_is_refused(audited: Any, name: str) -> None:
    with pytest.raises(UsageError, match="the copy of a Parquet file is a Parquet file"):
        labelaudit.apply("saved", "train.parquet", name)
    assert not Path(name).exists()


def test_another_file_is_refused(audited: Any) -> None:
    pd.read_parquet("train.parquet").iloc[1:].to_parquet("other.parquet", index=False)
    with pytest.raises(InputError, match="its SHA-256 differs"):
        labelaudit.apply("saved", "other.parquet", "clean.parquet")
    with pytest.raises(UsageError, match="never written to"):
        labelaudit.apply("saved", "train.parquet", "train.parquet")


def test_old_writers_moments_are_kept(folder: Path) -> None:
    moments = pa.array([1, 2, 3, 4], pa.timestamp("ns"))
    table = pa.table({"x": moments, "the label": ["a", "a", "b", "b"]})
    Path("data.parquet").write_bytes(as_parquet(table, use_deprecated_int96_timestamps=True))
    audit = audit_of("data.parquet")
    Path("d.jsonl").write_text(json_lines([Decision(*keys(audit)[0], "relabel", "b")]))
    labelaudit.apply(audit, "data.parquet", "clean.parquet", decisions=["d.jsonl"])
    assert pq.ParquetFile("clean.parquet").schema.column(0).physical_type == "INT96"
    assert pq.read_table("clean.parquet")["x"].to_pylist() == moments.to_pylist()


# six rows by DuckDB 2.0.1, which says that signed integers are, stores decimals wide, and calls nanoseconds version 1.0
BY_DUCKDB = (
    "c-oCrzi-n(6n^K})e)JJqP~+)^56km0Yz1Vs3?+$f;x7nGDksiZK)BaNQ88*st%|^j2+6qz{JML&R@We#LURVd*=&j99P0R-+S-N`TOquP!69D"
    "`UqHJ*+ZY4HCzL50KgYupSj~$+p^ZR*0Ywr{w`?UN_5NP)#7$7zE_JkYq3TbJJ>lu2TgqWb?5pgR#)J=xYb>R56cJl{(O_4JZL-!m|}V(5zb-E"
    "Th`>^UKj$*Ut;F1!<&@0a>mN)r`mB_S83`QRdqeHKC_^s%N+>r=Ch+$dG>O8bX>e1W1F&xoj^?D2Y~AsA^CaSrraL&hP<<o8$;lnOv?}V!?fy="
    "L1xo<^MJ5kh53Ztd3Rhy<v1(K7(n?t)WZZqbTxt|5hP4~6tohV26EoAK+c<>pxc0MY=91t%gISH;d(`w8^Yg$R&piMpi}SZ3c?EiacWhOQgAg_"
    "!AK6&Ao<ct-nT-&Wi=`bPl0lpaAxh%d@w8W7&)LWJsd45%oYk4Zt}w@*cn@RR$&EiQuy^x!8cV~^vDQ})F}Dvrh&);F{bJmyPUr|_mrPVGSKbr"
    ")BNneh)#>Q)5)8Y==AZ{_EtaYX0u6|N4xpc-G2W`@of8{9`a<~Sa42UhxAAB7k!a(w*"
)


def test_another_writers_file_keeps_its_types(folder: Path) -> None:
    Path("data.parquet").write_bytes(zlib.decompress(base64.b85decode(BY_DUCKDB)))
    audit, before = audit_of("data.parquet"), pq.read_table("data.parquet")
    Path("d.jsonl").write_text(json_lines([Decision(*keys(audit)[0], "relabel", "b")]))
    labelaudit.apply(audit, "data.parquet", "clean.parquet", decisions=["d.jsonl"], undo="u.json")
    after = pq.read_table("clean.parquet")
    assert after.schema.equals(before.schema, check_metadata=True)
    assert after["the label"].to_pylist() == ["b", *before["the label"].to_pylist()[1:]]
    assert rows(after.drop_columns(["the label"])) == rows(before.drop_columns(["the label"]))
    labelaudit.undo("clean.parquet", "u.json", "back.parquet")
    assert Path("back.parquet").read_bytes() == Path("data.parquet").read_bytes()


def test_notes_beside_a_schema_that_arrow_did_not_store_are_kept(folder: Path) -> None:
    table = pa.table({"x": [1, 2, 3, 4], "the label": ["a", "a", "b", "b"]})
    with pq.ParquetWriter("data.parquet", table.schema, store_schema=False) as writer:
        writer.write_table(table)
        writer.add_key_value_metadata({"made by": "another"})
    audit = audit_of("data.parquet")
    Path("d.jsonl").write_text(json_lines([Decision(*keys(audit)[0], "relabel", "b")]))
    labelaudit.apply(audit, "data.parquet", "clean.parquet", decisions=["d.jsonl"])
    assert pq.read_metadata("clean.parquet").metadata == {b"made by": b"another"}


@pytest.mark.parametrize("damage", ["value", "type", "rows"])
def test_a_copy_that_does_not_read_back_is_not_put_in_place(
    audited: Any, monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    audited((0, "relabel", "w"))

    def damaged(change: Any) -> Any:
        for table in parquet_change.changed_tables(change):
            if damage == "rows":
                yield table.slice(1)
            else:
                column = pa.array([0.0] * len(table), table.schema.field("a").type)
                yield table.set_column(1, "a", column)

    def write(change: Any, file: Any) -> None:
        schema = parquet_change.changed_schema(change)
        if damage == "type":
            schema = schema.with_metadata(None)
        with pq.ParquetWriter(file, schema) as writer:
            for table in parquet_change.changed_tables(change) if damage == "type" else damaged(change):
                writer.write_table(table.cast(schema))

    monkeypatch.setattr("labelaudit.cleaning.parquet_copy.write_changed", write)
    with pytest.raises(InputError, match="no copy can be trusted"):
        labelaudit.apply("saved", "train.parquet", "clean.parquet", decisions=["d.jsonl"], undo="u.json")
    assert not Path("clean.parquet").exists()
    assert not Path("u.json").exists()


def test_a_type_that_pyarrow_does_not_write_is_refused(audited: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet_writer, "_first_other", lambda found, expected: 1)
    with pytest.raises(InputError, match=r'column "a": pyarrow reads its type \(DOUBLE, None\) but does not write it'):
        labelaudit.apply("saved", "train.parquet", "clean.parquet", dry_run=True)


def test_undo_holds_only_what_the_copy_has_not(folder: Path) -> None:
    rng = random.Random(0)
    table = pa.table({"x": [rng.random() for _ in range(20_000)], "the label": ["a", "b"] * 10_000})
    Path("data.parquet").write_bytes(as_parquet(table, row_group_size=5_000))
    audit = audit_of("data.parquet")
    Path("d.jsonl").write_text(json_lines([Decision(*keys(audit)[0], "relabel", "b")]))
    labelaudit.apply(audit, "data.parquet", "clean.parquet", decisions=["d.jsonl"], undo="u.json")
    assert Path("u.json").stat().st_size < Path("data.parquet").stat().st_size / 10
    labelaudit.undo("clean.parquet", "u.json", "back")
    assert Path("back").read_bytes() == Path("data.parquet").read_bytes()


@pytest.mark.parametrize("pieces", [[], [[0, 10**9]], [[5, 2]], ["no base64!"], [base64.b64encode(b"x").decode()], 7, [
    [1, 2, 3]], [None], [["a", "b"]]])  # fmt: skip
def test_an_undo_file_that_was_changed_is_refused(audited: Any, pieces: Any) -> None:
    audited((0, "relabel", "w"))
    labelaudit.apply("saved", "train.parquet", "clean.parquet", decisions=["d.jsonl"], undo="u.json")
    record = json.loads(Path("u.json").read_text())
    Path("u.json").write_text(json.dumps({**record, "pieces": pieces}))
    with pytest.raises(InputError, match="is damaged"):
        labelaudit.undo("clean.parquet", "u.json", "back.parquet")
    Path("u.json").write_text(json.dumps(record))
    Path("clean.parquet").write_bytes(Path("train.parquet").read_bytes())
    with pytest.raises(InputError, match="its SHA-256 differs"):
        labelaudit.undo("clean.parquet", "u.json", "back.parquet")
    assert not Path("back.parquet").exists()
