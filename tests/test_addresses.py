"""What stands at an address is read as a file is; nothing is fetched that nobody named."""

from __future__ import annotations

import gzip
import io
import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("fsspec", reason="fsspec is not installed")

pytest.importorskip("pyarrow", reason="pyarrow is not installed")

import fsspec
import pandas as pd
from fsspec.implementations.memory import MemoryFile, MemoryFileSystem

import labelaudit
from labelaudit import addresses, sizes
from labelaudit.addresses import Address, is_address, path_of, shown
from labelaudit.audits.planning import excerpt
from labelaudit.audits.saving import ranking_csv
from labelaudit.cli import group
from labelaudit.cli.exits import run
from labelaudit.errors import InputError, UsageError
from labelaudit.table import read_table
from sample_data import QUICK, csv_text, sample_rows

Write = Callable[..., str]
TEXT = csv_text(sample_rows(150))
RAW = {
    "plain": TEXT.encode(),
    "gzip": gzip.compress(TEXT.encode()),
    "latin-1": TEXT.replace("colour", "côlour").encode("latin-1"),
    "parquet": pd.read_csv(io.StringIO(TEXT)).to_parquet(),
}


@pytest.fixture(autouse=True)
def _no_memory_left() -> Iterator[None]:
    yield
    MemoryFileSystem.store.clear()
    MemoryFileSystem.pseudo_dirs[:] = [""]


def put(raw: bytes, name: str = "train.csv") -> str:
    """The address of these bytes."""
    with fsspec.open(f"memory://data/{name}", "wb") as file:
        file.write(raw)
    return f"memory://data/{name}"


def audited(data: Any, **options: Any) -> labelaudit.Audit:
    return labelaudit.audit(data, "label", id="key", **{**QUICK, **options})


@pytest.mark.parametrize("kind", RAW)
@pytest.mark.parametrize("scheme", ["memory", "file"])
@pytest.mark.parametrize("on_disk", [False, True])
def test_an_audit_is_that_of_the_file(
    write: Write, monkeypatch: pytest.MonkeyPatch, kind: str, scheme: str, on_disk: bool
) -> None:
    monkeypatch.setattr(sizes, "MEMORY_FILE_SYSTEMS", set())
    path = write(RAW[kind])
    options = {"charset": "latin-1"} if kind == "latin-1" else {}
    address = put(RAW[kind]) if scheme == "memory" else f"file://{Path(path).absolute()}"
    usual = audited(path, **options)
    found = audited(address, **options, **({"memory_limit": 1} if on_disk else {}))
    assert ranking_csv(found.ranking) == ranking_csv(usual.ranking)
    (source,), (expected,) = found.record["sources"], usual.record["sources"]
    assert source == {**expected, "path": address}


@pytest.mark.parametrize("kind", RAW)
def test_the_plan_is_that_of_the_file(write: Write, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    monkeypatch.setattr(excerpt, "WHOLE_BYTES", 1 << 11)
    monkeypatch.setattr(excerpt, "HEAD_BYTES", 1 << 10)
    monkeypatch.setattr(excerpt, "PIECE_BYTES", 1 << 9)
    options = {"id": "key", **({"charset": "latin-1"} if kind == "latin-1" else {})}
    plans = [labelaudit.plan(given, "label", **options).as_record() for given in (write(RAW[kind]), put(RAW[kind]))]
    for plan in plans:
        for name in ("files", "limit", "seconds", "processor_seconds", "stages"):  # where it is, and what was measured
            plan.pop(name, None)
    assert plans[0] == plans[1]
    assert plans[0]["rows"] > 0


def test_several_and_trusted_rows(write: Write) -> None:
    path, other = write(RAW["plain"]), put(RAW["plain"])
    usual = audited([path, path], reference=path)
    for data, reference in (([other, path], other), ([path, other], path), ([other, other], other)):
        found = audited(data, reference=reference)
        assert ranking_csv(found.ranking).replace(other, path) == ranking_csv(usual.ranking)


@pytest.mark.parametrize("raw", [b"", b"a,label\n1\n", b"PK\x03\x04", b"\xff\xfea\0", RAW["gzip"][:-9], b"PAR1rest"])
def test_refusals_are_those_of_the_file(write: Write, raw: bytes) -> None:
    said = []
    for given in (write(raw), put(raw)):
        with pytest.raises(InputError) as refused:
            read_table([given], label="label")
        said.append(str(refused.value).replace(given, "DATA"))
    assert said[0] == said[1]


def test_bytes_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    address, counts = put(RAW["plain"]), []
    read = addresses.Stream.readinto

    def counted(self: addresses.Stream, room: Any) -> int:
        counts.append(read(self, room))
        return counts[-1]

    monkeypatch.setattr(addresses.Stream, "readinto", counted)
    audited(address)
    assert sum(counts) == len(RAW["plain"])


FAULTS = {
    "memory://data/none.csv": "nothing is there",
    "file:///": "is a directory",
    "nowhere://data/train.csv": "no such file, and no address that fsspec knows",
    "s3://bucket/train.csv": r"another package \(Install s3fs",
    "https://name:secret@127.0.0.1:9/x.csv?sig=secret": r"^https://127.0.0.1:9/x.csv: reading such an address needs",
}


@pytest.mark.parametrize("address", FAULTS)
def test_what_cannot_be_read_is_refused(
    write: Write, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setitem(sys.modules, "s3fs", None)
    monkeypatch.setitem(sys.modules, "aiohttp", None)
    with pytest.raises(InputError, match=FAULTS[address]) as refused:
        read_table([address], label="label")
    assert "secret" not in str(refused.value)
    write(TEXT)  # and a folder to be in
    for command in ("audit", "check", "plan"):
        assert run(group, [command, address, "--label", "label"]) == 3
        out, err = capfd.readouterr()
        assert out == ""
        assert err.count("\n") == 1
        assert "Traceback" not in err
    assert [file.name for file in Path().iterdir()] == ["train.csv"]


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (PermissionError("403 Forbidden"), r"may not be read \(403 Forbidden\)"),
        (RuntimeError("the token is old"), r"cannot be read \(RuntimeError: the token is old\)"),
        (TimeoutError(), r"cannot be read \(TimeoutError: TimeoutError\)"),
    ],
)
@pytest.mark.parametrize("place", ["open", "cat_file", "size", "read"])
@pytest.mark.parametrize("kind", ["plain", "parquet"])
def test_errors_of_any_kind_and_place_are_refusals(
    monkeypatch: pytest.MonkeyPatch, error: Exception, said: str, place: str, kind: str
) -> None:
    address = put(RAW[kind])

    def fail(*arguments: Any, **options: Any) -> None:
        raise error

    monkeypatch.setattr(MemoryFile if place == "read" else MemoryFileSystem, place, fail)
    with pytest.raises(InputError, match=f"^{address}: {said}"):
        audited(address)


def test_a_file_that_is_cut_while_it_is_read_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in ("plain", "parquet"):
        address = put(RAW[kind])
        monkeypatch.setattr(MemoryFileSystem, "size", lambda self, path: len(RAW["plain"]) + len(RAW["parquet"]))
        with pytest.raises(InputError, match="changed while it was read"):
            read_table([address], label="label")


def test_without_fsspec_it_is_named(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    write(TEXT)
    monkeypatch.setitem(sys.modules, "fsspec.core", None)
    monkeypatch.setitem(sys.modules, "fsspec", None)
    with pytest.raises(InputError, match=r'no such file. An address .* pip install "labelaudit\[remote\]"'):
        audited("s3://bucket/train.csv")
    audited("train.csv")


NO_ADDRESSES = [
    "train.csv",
    "-",
    "",
    "C:\\train.csv",
    "C://train.csv",
    "a:b",
    "/x://y",
    "1a://b",
    "://x",
    "s3:/x",
    None,
    3,
]


@pytest.mark.parametrize("given", NO_ADDRESSES)
def test_other_names_are_no_addresses(given: Any) -> None:
    assert not is_address(given)


@pytest.mark.parametrize("given", ["s3://b/x", "http://h", "zip://a.csv::s3://b/x.zip", "GS://b/x"])
def test_addresses(given: str) -> None:
    assert is_address(given)


@pytest.mark.skipif(os.name == "nt", reason="no such names there")
def test_a_file_of_that_name_is_the_file(write: Write) -> None:
    write("")
    Path("memory:/data").mkdir(parents=True)
    address = put(RAW["plain"])
    assert is_address(address)
    Path(address).write_text("a,label\n1,x\n2,y\n3,x\n4,y\n")
    assert not is_address(address)
    assert len(read_table([address], label="label")) == 4


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("s3://bucket/a b.csv", "s3://bucket/a b.csv"),
        ("https://me:word@host/x.csv?X-Sig=1#y", "https://host/x.csv"),
        ("ftp://me@host:21/x@y.csv", "ftp://host:21/x@y.csv"),
        ("me@host?x", "me@host?x"),
    ],
)
def test_what_may_be_secret_is_not_shown(given: str, name: str) -> None:
    assert shown(given) == name


def test_nothing_secret_is_written(write: Write) -> None:
    address = put(RAW["plain"]).replace("//", "//me:word@") + "?signed=secret"
    MemoryFileSystem.store["/me:word@data/train.csv?signed=secret"] = MemoryFileSystem.store["/data/train.csv"]
    write(TEXT)
    assert run(group, ["audit", address, "--label", "label", "--id", "key", "--reference", address, "-q"]) == 0
    written = b"".join(file.read_bytes() for file in Path("labelaudit-report").iterdir())
    assert b"memory://data/train.csv" in written
    assert b"word@" not in written
    assert b"secret" not in written


def saved(write: Write, address: str) -> labelaudit.Audit:
    write(TEXT)
    assert run(group, ["audit", address, "--label", "label", "--id", "key", "--encoding", "linear", "-q"]) == 0
    return labelaudit.load("labelaudit-report")


def test_an_audit_of_an_address_asks_nobody_again(
    write: Write, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    address = put(RAW["plain"])
    audit = saved(write, address)
    assert labelaudit.explain(audit, 3, data=address) == labelaudit.explain(audit, 3, data="train.csv")
    report = ["report", "labelaudit-report", "-f", "sarif"]
    outputs = []
    for given in (address, "train.csv"):
        assert run(group, [*report, "--data", given]) == 0
        outputs.append(capfd.readouterr().out)
    assert outputs[0] == outputs[1]
    assert "runs" in json.loads(outputs[0])

    def fetched(name: str) -> None:
        raise AssertionError(name)

    monkeypatch.setattr(addresses, "_fsspec", fetched)
    for words in (report, ["explain", "labelaudit-report", "3"]):
        assert run(group, words) == 3
        assert f"the audit is of {address}: name that address" in capfd.readouterr().err
    assert run(group, ["report", "labelaudit-report", "-f", "html", "-o", "page.html"]) == 0  # without the data
    labelaudit.explain(audit, 3, data="train.csv")
    with pytest.raises(UsageError, match="DATA is an address"):
        labelaudit.apply(audit, address, "clean.csv", accept_suggestions=True)
    labelaudit.apply(audit, "train.csv", "clean.csv", accept_suggestions=True)


def test_other_bytes_at_the_address_are_refused(write: Write) -> None:
    address = put(RAW["plain"])
    audit = saved(write, address)
    put(RAW["plain"].replace(b"red", b"rad"))
    with pytest.raises(InputError, match="is not the data that was audited"):
        labelaudit.explain(audit, 3, data=address)
    assert run(group, ["report", "labelaudit-report", "-f", "sarif", "--data", address]) == 3


def test_a_check_of_an_address(write: Write, capfd: pytest.CaptureFixture[str]) -> None:
    address, found = put(RAW["plain"]), []
    for given in (write(TEXT), address):
        words = ["check", given, "--label", "label", "--id", "key", "--encoding", "linear", "--diff-base", given]
        assert run(group, [*words, "-f", "json"]) == 0
        check = json.loads(capfd.readouterr().out)
        found.append({name: check[name] for name in ("issues", "summary") if name in check})
    assert found[0] == found[1]


def test_a_file_of_this_machine_is_not_overwritten(write: Write, capfd: pytest.CaptureFixture[str]) -> None:
    write(TEXT)
    Path("there").mkdir()
    data = Path("there", "ranking.csv").absolute()
    data.write_text(TEXT)
    data.chmod(0o600)
    words = [f"file://{data}", "--label", "label", "--id", "key", "--encoding", "linear", "--l2", "0.01"]
    assert run(group, ["audit", *words, "--out", "there"]) == 2
    assert run(group, ["check", *words, "-f", "csv", "-o", str(data)]) == 2
    assert "would replace the data file" in capfd.readouterr().err
    assert data.read_text() == TEXT
    assert run(group, ["audit", *words, "--out", "found", "-q"]) == 0
    assert Path("found", "ranking.csv").stat().st_mode & 0o777 == 0o600  # no wider than the data
    assert path_of(f"file://{data}") == data


def test_a_configured_reference_may_be_an_address(write: Write) -> None:
    write(TEXT)
    Path(".git").mkdir()
    Path("labelaudit.toml").write_text(f'reference = "{put(RAW["plain"])}"\n')
    Path("below").mkdir()
    os.chdir("below")
    assert run(group, ["audit", "../train.csv", "--label", "label", "--id", "key", "--encoding", "linear", "-q"]) == 0
    assert labelaudit.load("labelaudit-report").record["reference"]["sources"][0]["path"] == "memory://data/train.csv"


def test_some_bytes_of_an_address() -> None:
    found = Address(put(b"0123456789"), "name")
    assert [found.take(*where) for where in ((0, 3), (4, 100), (10, 2), (12, 2))] == [b"012", b"456789", b"", b""]
    with found.open() as stream:
        assert stream.read(4) == b"0123"
        assert stream.seek(-2, os.SEEK_END) == stream.tell() == 8
        assert stream.read(9) == b"89"
        assert stream.read(9) == b""
    assert stream.closed
