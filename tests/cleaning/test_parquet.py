"""The cleaned copy of a Parquet file: its labels changed, all else as it was; undo gives the bytes back."""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import labelaudit
from labelaudit.audits.result import Audit
from labelaudit.cleaning import parquet_change, parquet_writer
from labelaudit.cleaning.original import cells_of, read_original
from labelaudit.decisions.decision import Decision
from labelaudit.decisions.exchange import json_lines
from labelaudit.errors import InputError, UsageError
from labelaudit.fingerprints import fingerprints, occurrences
from labelaudit.table.reader import read_table
from parquets import DRAWN, as_parquet, drawn, pa, pq
from sample_data import HEADER, QUICK, sample_rows

SEEDS = range(40)
NESTED = {
    "list": pa.list_(pa.float64()),
    "struct": pa.struct([("a", pa.int32()), ("b", pa.list_(pa.string()))]),
    "map": pa.map_(pa.string(), pa.float64()),
    "bytes": pa.binary(),
    "fixed": pa.binary(3),
}
LABELS: dict[str, tuple[Any, list[Any]]] = {
    "text": (pa.string(), ["a", "b", "c d"]),
    "large": (pa.large_string(), ["a", "b", "é"]),
    "words": (pa.dictionary(pa.int8(), pa.string(), ordered=True), ["b", "a", "c"]),
    "numbers": (pa.int16(), [1, 2, 3]),
    "floats": (pa.float32(), [0.5, 1.0, 1.5]),
    "flags": (pa.bool_(), [True, False, True]),
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def table_of(seed: int) -> Any:
    """Every kind of column and of nesting, with key-value metadata, a field that takes no null, a drawn label type."""
    draw = random.Random(seed)
    table = drawn(seed, 50).drop_columns(["y", "id"])
    for name, kind in NESTED.items():
        values = {
            "list": [None, [], [1.5, float("nan"), None]],
            "struct": [None, {"a": 1, "b": ["x", None]}, {"a": None, "b": None}],
            "map": [None, [], [("k", 0.5), ("l", float("nan"))]],
            "bytes": [None, b"", b"\0\xff"],
            "fixed": [None, b"abc", b"\0\0\0"],
        }[name]
        table = table.append_column(name, pa.array(draw.choices(values, k=50), kind))
    kind, words = LABELS[draw.choice(list(LABELS))]
    if pa.types.is_dictionary(kind):
        codes = pa.array(draw.choices(range(3), k=50), kind.index_type)
        labels = pa.DictionaryArray.from_arrays(codes, pa.array(words), ordered=True)
    else:
        labels = pa.array(draw.choices([*words, None], k=50), kind)
    table = table.add_column(draw.randrange(5), pa.field("the label", kind, metadata={"unit": "none"}), labels)
    table = table.append_column(pa.field("id", pa.int64(), nullable=False), pa.array(range(50)))
    return table.replace_schema_metadata({"made by": "a test", "ü": "\u6f22"})


def options_of(seed: int) -> dict[str, Any]:
    """A writer's options, as different writers have them."""
    draw = random.Random(seed)
    return {
        "row_group_size": draw.choice([7, 20, 50]),
        "compression": draw.choice(["snappy", "zstd", "none", "gzip", {"the label": "zstd", "id": "gzip"}]),
        "use_dictionary": draw.choice([True, False, ["word", "the label"]]),
        "write_statistics": draw.choice([True, False]),
        "version": draw.choice(["2.6", "2.4", "1.0"]),
        "data_page_version": draw.choice(["1.0", "2.0"]),
        "store_schema": draw.choice([True, False]),
        "use_compliant_nested_type": draw.choice([True, False]),
        "store_decimal_as_integer": draw.choice([True, False]),
    }


def written(seed: int) -> tuple[Audit, Any]:
    """data.parquet, as much of an audit of it as applying needs, and the table as it is read."""
    table, options = table_of(seed), options_of(seed)
    if options["version"] == "1.0":  # which has no type for these
        table = table.drop_columns(["half"])
    Path("data.parquet").write_bytes(as_parquet(table, **options))
    return audit_of("data.parquet"), pq.read_table("data.parquet")


def audit_of(path: str) -> Audit:
    source = vars(read_table([path], label="the label").sources[0])
    cells = cells_of(read_original(Audit(None, {"sources": [source]}, None), path))  # type: ignore[arg-type]
    classes = sorted({*cells["the label"]} - {""})
    summary = {"label": "the label", "classes": [{"name": name} for name in classes]}
    ranking = pd.DataFrame({"row": [], "is_label_issue": pd.Series([], dtype=bool), "predicted_label": []})
    return Audit(ranking, {"sources": [source], "summary": summary}, None)  # type: ignore[arg-type]


def keys(audit: Audit) -> list[tuple[str, int]]:
    found = fingerprints(cells_of(read_original(audit, "data.parquet")))
    return list(zip(found.tolist(), occurrences(found).tolist(), strict=True))


def pages(path: str) -> list[list[Any]]:
    """What the footer says of the file, less what a new label may change."""
    about = pq.ParquetFile(path)
    columns = [about.metadata.row_group(0).column(i) for i in range(about.metadata.num_columns)]
    return [
        [(c.path_in_schema, c.physical_type, c.compression, c.is_stats_set, c.has_dictionary_page) for c in columns],
        [about.schema.column(i) for i in range(len(about.schema))],
        [about.metadata.row_group(i).num_rows for i in range(about.num_row_groups)],
        [about.schema_arrow, about.schema_arrow.metadata, about.metadata.format_version],
        [{k: v for k, v in (about.metadata.metadata or {}).items() if k != b"ARROW:schema"}],
    ]


def rows(table: Any) -> list[str]:
    """The rows as Python writes them, NaN like NaN."""
    return [repr(row) for row in table.to_pylist()]


@pytest.mark.parametrize("seed", SEEDS)
def test_no_decision_changes_no_byte(folder: Path, seed: int) -> None:
    audit, _ = written(seed)
    labelaudit.apply(audit, "data.parquet", "clean.parquet", undo="u.json")
    assert Path("clean.parquet").read_bytes() == Path("data.parquet").read_bytes()
    labelaudit.undo("clean.parquet", "u.json", "back.parquet")
    assert Path("back.parquet").read_bytes() == Path("data.parquet").read_bytes()


@pytest.mark.parametrize("seed", SEEDS)
def test_decisions_change_their_cells_alone_and_undo_takes_them_back(folder: Path, seed: int) -> None:
    audit, before = written(seed)
    draw = random.Random(-1 - seed)
    classes = {str(int(v) if v == 1.0 and not isinstance(v, bool) else v): v for v in before["the label"].to_pylist()}
    classes.pop("None", None)
    labels, drops, decided = {}, set(), []
    for i, key in enumerate(keys(audit)):
        word = draw.choice(["keep", "relabel", "drop", "unsure", None, None])
        label = draw.choice(list(classes)) if word == "relabel" else None
        if label is not None:
            labels[i] = classes[label]
        if word == "drop":
            drops.add(i)
        if word is not None:
            decided.append(Decision(*key, word, label))
    Path("d.jsonl").write_text(json_lines(decided), encoding="utf-8")
    expected = [
        {**row, **({"the label": labels[i]} if i in labels else {})} for i, row in enumerate(before.to_pylist())
    ]
    done = labelaudit.apply(audit, "data.parquet", "clean.parquet", decisions=["d.jsonl"], undo="u.json")
    after = pq.read_table("clean.parquet")
    assert (done.relabelled, done.dropped) == (len(labels), len(drops))
    assert rows(after) == [repr(row) for i, row in enumerate(expected) if i not in drops]
    assert after.schema.equals(before.schema, check_metadata=True)
    old, new = pages("data.parquet"), pages("clean.parquet")
    assert [new[i] for i in (1, 3, 4)] == [old[i] for i in (1, 3, 4)]
    assert [c[:4] for c in new[0]] == [c[:4] for c in old[0]]
    size = old[2][0]
    kept = [sum(j not in drops for j in range(i, min(i + size, 50))) for i in range(0, 50, size)]
    assert new[2] == [n for n in kept if n]
    labelaudit.undo("clean.parquet", "u.json", "back.parquet")
    assert Path("back.parquet").read_bytes() == Path("data.parquet").read_bytes()


@pytest.mark.parametrize("seed", SEEDS[:15])
def test_a_flag_adds_a_last_column_and_changes_nothing_else(folder: Path, seed: int) -> None:
    audit, before = written(seed)
    Path("d.jsonl").write_text(json_lines([Decision(*keys(audit)[3], "drop")]))
    done = labelaudit.apply(audit, "data.parquet", "clean.parquet", decisions=["d.jsonl"], flag=True, undo="u.json")
    after = pq.read_table("clean.parquet")
    assert done.flagged == 1
    assert after["label_issue"].to_pylist() == [i == 3 for i in range(50)]
    assert rows(after.drop_columns(["label_issue"])) == rows(before)
    assert after.drop_columns(["label_issue"]).schema.equals(before.schema, check_metadata=True)
    old, new = pages("data.parquet"), pages("clean.parquet")
    assert (new[0][:-1], new[1][:-1], new[2], new[4]) == (old[0], old[1], old[2], old[4])
    assert new[0][-1][2] == next(c[2] for c in old[0] if c[0] == "the label")
    labelaudit.undo("clean.parquet", "u.json", "back.parquet")
    assert Path("back.parquet").read_bytes() == Path("data.parquet").read_bytes()
    again = audit_of("clean.parquet")
    with pytest.raises(InputError, match='has a column "label_issue" already'):
        labelaudit.apply(again, "clean.parquet", "flagged.parquet", flag=True)


def test_the_tables_are_of_every_kind() -> None:
    found = [table_of(seed).schema for seed in SEEDS]
    assert {str(schema.field("the label").type) for schema in found} == {str(kind) for kind, _ in LABELS.values()}
    assert {*DRAWN, *NESTED} <= set(found[0].names)
    for name in ("version", "store_schema", "use_compliant_nested_type", "data_page_version", "write_statistics"):
        assert len({str(options_of(seed)[name]) for seed in SEEDS}) > 1


@pytest.fixture
def audited(folder: Path) -> Callable[..., None]:
    """sample_rows as train.parquet, their audit in saved, and a way to decide on a row."""
    frame = pd.DataFrame(sample_rows(), columns=HEADER).astype({"a": float, "b": float})
    frame.to_parquet("train.parquet", index=False, row_group_size=20)
    labelaudit.audit("train.parquet", "label", id="key", **QUICK).save("saved")
    found = fingerprints(cells_of(read_original(labelaudit.load("saved"), "train.parquet")))

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
