"""Files that somebody edited or that a disk spoilt: read right, or refused with an error of ours, never another one."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import labelaudit
from labelaudit.checks.baseline import load_baseline
from labelaudit.cli import group
from labelaudit.cli.exits import run
from labelaudit.decisions.decision import Decision
from labelaudit.decisions.exchange import as_csv, as_json, json_lines, read_decisions
from labelaudit.decisions.store import DecisionStore
from labelaudit.errors import LabelauditError
from sample_data import QUICK, csv_text, sample_rows

DECISIONS = [Decision(f"{i:032x}", 1 + i % 3, "relabel", "n, é", "o", "a note", "ann") for i in range(5)]
DECISIONS += [Decision(f"{i:032x}", 1, "drop") for i in range(5, 9)]
ACCEPTED = "".join(
    json.dumps({"fingerprint": d.fingerprint, "occurrence": d.occurrence, "label": "é", "decision": "accepted"}) + "\n"
    for d in DECISIONS
)
TOML = 'top = 5\nmissing = ["?", "é"]\n\n[audit]\nl2 = 0.5\nid = "key"\nthreads = 2\nstrict = true\n'

MANY = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
FEWER = settings(MANY, max_examples=60)
junk = st.one_of(st.binary(max_size=40), st.text(max_size=20).map(str.encode))
leaf = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.just("accepted"))
anything = st.recursive(leaf, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner))


# where in the content, how many bytes, and what stands there instead: None is the same twice
spans = st.tuples(
    st.floats(0, 1),
    st.sampled_from([0, 1, 2, 8, 64, 10**9]),
    st.one_of(st.none(), junk, st.integers(0, 255).map(lambda byte: bytes([byte]))),
)


def spoilt(content: bytes) -> st.SearchStrategy[bytes]:
    """The content with up to three spans of it replaced, cut or doubled; or anything."""

    def edited(edits: list[tuple[float, int, bytes | None]]) -> bytes:
        made = content
        for place, length, new in edits:
            start = int(place * len(made))
            old = made[start : start + length]
            made = made[:start] + (old * 2 if new is None else new) + made[start + length :]
        return made

    return st.one_of(junk, *[st.lists(spans, max_size=3).map(edited)] * 4)


@st.composite
def respelt(draw: st.DrawFn, content: bytes) -> bytes:
    """A JSON document in which a value somewhere is another one, or is not there."""
    record = json.loads(content)
    at: Any = record
    while True:
        keys = list(at) if isinstance(at, dict) else list(range(len(at)))
        if not keys:
            break
        key = draw(st.sampled_from(keys))
        if isinstance(at[key], (dict, list)) and draw(st.booleans()):
            at = at[key]
        elif draw(st.booleans()):
            at[key] = draw(anything)
            break
        else:
            del at[key]
            break
    return json.dumps(record).encode()


def lines_of(content: bytes) -> list[Any]:
    return [json.loads(line) for line in content.removeprefix(b"\xef\xbb\xbf").split(b"\n") if line.strip()]


@pytest.mark.parametrize("form", [json_lines, as_csv, as_json])
@MANY
@given(data=st.data())
def test_decisions(tmp_path: Path, form: Callable[..., str], data: st.DataObject) -> None:
    content = data.draw(spoilt(form(DECISIONS).encode()))
    path = tmp_path / "decisions"
    path.write_bytes(content)
    with contextlib.suppress(LabelauditError):
        read = read_decisions(path)
        assert [(d.key, d.decision) for d in read] == [
            ((line["fingerprint"], line["occurrence"]), line["decision"].replace("accepted", "keep"))
            for line in lines_of(content)
        ]


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("store") / "d.sqlite"
    with DecisionStore(path) as store:
        store.append(DECISIONS)
    return path.read_bytes()


@MANY
@given(data=st.data())
def test_a_database_of_decisions(tmp_path: Path, database: bytes, data: st.DataObject) -> None:
    """SQLite keeps no checksums: a spoilt text is another text. What is read are decisions, and can be added to."""
    content = data.draw(spoilt(database))
    path = Path(tempfile.mkdtemp(dir=tmp_path)) / "d.sqlite"
    path.write_bytes(content)
    with contextlib.suppress(LabelauditError):
        assert all(isinstance(d, Decision) for d in read_decisions(path))
    with contextlib.suppress(LabelauditError), DecisionStore(path) as store:
        before = len(store.history())
        store.append(DECISIONS[0])
        assert len(store.history()) == before + 1


@MANY
@given(content=spoilt(ACCEPTED.encode()))
def test_a_baseline(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "baseline.jsonl"
    path.write_bytes(content)
    with contextlib.suppress(LabelauditError):
        found = load_baseline(path)
        assert found == {(line["fingerprint"], line["occurrence"]): line for line in lines_of(content)}


@MANY
@given(content=spoilt(TOML.encode()))
def test_a_file_of_configuration(tmp_path: Path, capfd: Any, content: bytes) -> None:
    path = tmp_path / "labelaudit.toml"
    path.write_bytes(content)
    code = run(group, ["config", "audit", "--config", str(path), "-f", "json"])
    out, err = capfd.readouterr()
    assert (code, err) == (0, "") or (code == 2 and err.startswith(("labelaudit: ", "Usage: "))), err
    if content == TOML.encode():
        values = {entry["option"]: entry["value"] for entry in json.loads(out)["settings"]}
        assert (values["top"], values["missing"], values["l2"], values["strict"]) == (5, ["?", "é"], 0.5, True)


@pytest.mark.parametrize("name", ["TOP", "MISSING", "AUDIT_L2", "STRICT", "OUT", "MAX_FDR", "AUDIT_ENCODING"])
@FEWER
@given(text=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30))
def test_a_variable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: Any, name: str, text: str) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(f"LABELAUDIT_{name}", text)
    code = run(group, ["config", "audit", "-f", "json"])
    _, err = capfd.readouterr()
    assert (code, err) == (0, "") or (code == 2 and f"LABELAUDIT_{name}" in err), err


@pytest.fixture(scope="module", params=["csv", "parquet"])
def cleaned(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The working folder holds a file, its cleaned copy and the undo file."""
    folder = tmp_path_factory.mktemp(request.param)
    with contextlib.chdir(folder):
        Path("train.csv").write_text(csv_text(sample_rows()))
        if request.param == "parquet":
            pd = pytest.importorskip("pandas")
            pytest.importorskip("pyarrow")
            pd.read_csv("train.csv").to_parquet("train.parquet", row_group_size=50)
        labelaudit.audit(f"train.{request.param}", "label", id="key", **QUICK).save("saved")
        labelaudit.apply(
            "saved", f"train.{request.param}", f"clean.{request.param}", accept_suggestions=True, undo="undo.json"
        )
    here = Path.cwd()
    os.chdir(folder)
    yield request.param
    os.chdir(here)


@pytest.mark.parametrize("spoil", [spoilt, respelt])
@MANY
@given(data=st.data())
def test_an_undo_file(cleaned: str, spoil: Callable[[bytes], st.SearchStrategy[bytes]], data: st.DataObject) -> None:
    Path("spoilt.json").write_bytes(data.draw(spoil(Path("undo.json").read_bytes())))
    back = Path(f"back.{cleaned}")
    back.unlink(missing_ok=True)
    try:
        labelaudit.undo(f"clean.{cleaned}", "spoilt.json", back)
    except LabelauditError:
        assert not back.exists()
    else:
        assert back.read_bytes() == Path(f"train.{cleaned}").read_bytes()
