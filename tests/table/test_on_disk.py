"""A table whose large arrays live in files is the same, to the bit, and its text is in no one's memory."""

from __future__ import annotations

import bz2
import codecs
import gzip
import lzma
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dialects import CHARSETS, drawn
from labelaudit import storage
from labelaudit.errors import InputError, LabelauditError, OutputError
from labelaudit.storage import on_disk
from labelaudit.table import parts, read_table
from labelaudit.table.charsets import decoded
from labelaudit.table.source import open_text
from same_tables import bits
from sanitized import SANITIZED

Write = Callable[..., str]
PACKERS = {"": bytes, "gzip": gzip.compress, "bzip2": bz2.compress, "xz": lzma.compress}
STATUS = Path("/proc/self/status")


@pytest.fixture
def all_on_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "SMALLEST", 1)


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "PART_BYTES", 64)
    monkeypatch.setattr(parts, "PART_ROWS", 3)


def outcome(paths: list[str], **options: Any) -> Any:
    try:
        return bits(read_table(paths, **options))
    except LabelauditError as error:
        return str(error)


@pytest.mark.parametrize("seed", range(120))
def test_every_dialect(write: Write, all_on_disk: None, small_parts: None, seed: int) -> None:
    file = drawn(seed)
    path = write(file.raw, "data.csv" + file.suffix)
    options = {"label": file.label, "delimiter": file.delimiter, "charset": file.charset[0]}
    options["skip"] = file.preamble.count("\n")
    in_memory = outcome([path], **options)
    with on_disk(Path()):
        for threads in (1, 3):
            assert outcome([path], **options, threads=threads) == in_memory


def every_kind() -> str:
    draw = np.random.default_rng(0)
    rows = [
        f"{i},{draw.normal():.6f},{i % 7 or ''},{i % 3 == 0 or ''},2020-01-{1 + i % 28:02},{'abc'[i % 3]},"
        f"some words of text {i},{2**63 + i},{'-0' if i % 5 else '0.5'},{i % 11},,7,"
        f"{('yes', 'no', '')[i % 3 % (1 + i % 4)]}"
        for i in range(400)
    ]
    return "id,real,whole,flag,day,word,remark,huge,sign,group,empty,same,label\n" + "\n".join(rows) + "\n"


def options_for_every_kind() -> dict[str, Any]:
    return {"label": "label", "ids": ["id"], "group": "group", "text": ["remark"]}


@pytest.mark.parametrize("packer", PACKERS)
@pytest.mark.parametrize("files", [1, 2])
def test_every_kind(write: Write, all_on_disk: None, small_parts: None, packer: str, files: int) -> None:
    paths = [write(PACKERS[packer](every_kind().encode()), f"{i}.csv") for i in range(files)]
    in_memory = outcome(paths, **options_for_every_kind())
    assert not isinstance(in_memory, str)
    with on_disk(Path()):
        assert outcome(paths, **options_for_every_kind(), threads=2) == in_memory


def test_a_reference(write: Write, all_on_disk: None, small_parts: None) -> None:
    path = write(every_kind())
    table = read_table([path], **options_for_every_kind())
    in_memory = outcome([path], label="label", expect=table)
    with on_disk(Path()):
        assert outcome([path], label="label", expect=table) == in_memory


@pytest.mark.parametrize(("packer", "trusted"), [("gzip", False), ("bzip2", True), ("xz", False)])
def test_refusals(write: Write, all_on_disk: None, packer: str, trusted: bool) -> None:
    packed = PACKERS[packer]((every_kind() * 3).encode())
    damaged = packed[:60] + bytes([packed[60] ^ 255]) + packed[61:]
    for raw in (b"", packed[:-9], damaged, packed + b"rest", packed + b"\0" * 5000 + packed, packed * 2):
        path = write(raw)
        in_memory = outcome([path], label="label", trust_size=trusted)
        with on_disk(Path()):
            assert outcome([path], label="label", trust_size=trusted) == in_memory


@pytest.mark.parametrize("codec", sorted({codecs.lookup(name).name for name, *_ in CHARSETS} | {"utf-7", "gb18030"}))
@pytest.mark.parametrize("pieces", [1, 3, 7, 1000])
def test_a_charset_is_decoded_alike_in_pieces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, codec: str, pieces: int
) -> None:
    monkeypatch.setattr("labelaudit.table.intake.PIECE", pieces)
    good = "x,é,y\n1,ü,2\n".encode(codec, "replace") * 3
    for data in (good, good[:-1], good + b"\xff\x81", b"\x80\xff" + good, good[:7] + b"\xed\xa0\x80" + good[7:]):
        found = []
        for folder in (None, tmp_path):
            with on_disk(folder):
                try:
                    found.append(b"".join(decoded(data, codec, "data.csv")))
                except (InputError, UnicodeEncodeError) as error:
                    found.append(str(error))
        assert found[0] == found[1]


def test_the_text_is_a_nameless_copy(write: Write) -> None:
    path = write(every_kind())
    with on_disk(Path()):
        text = open_text(path)
        assert list(Path().iterdir()) == [Path(path)]
    Path(path).write_text("")  # were the file itself mapped, reading would end the process now
    assert not isinstance(text.body, bytes)
    assert text.data.decode() == every_kind()


def test_a_folder_that_is_not_there_is_an_error(write: Write) -> None:
    path = write(every_kind())
    with on_disk(Path("none")), pytest.raises(OutputError, match="--cache-dir"):
        read_table([path], label="label")


def peak_of(read: Callable[[], object]) -> int:
    """MiB of memory that no file stands for, at most, beyond what there was before."""

    def anonymous() -> int:
        return (
            next(int(line.split()[1]) for line in STATUS.read_text().splitlines() if line.startswith("RssAnon")) >> 10
        )

    before, seen, done = anonymous(), [], threading.Event()

    def watch() -> None:
        while not done.wait(0.002):
            seen.append(anonymous())

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        read()
    finally:
        done.set()
        watcher.join()
    return max(seen) - before


@pytest.mark.skipif(SANITIZED, reason="a sanitizer keeps what is freed, and has memory of its own beside")
@pytest.mark.skipif(not STATUS.exists() or "RssAnon" not in STATUS.read_text(), reason="the system does not tell")
def test_memory_does_not_grow_with_the_file(write: Write) -> None:
    draw = np.random.default_rng(0)
    lines = ["".join(f"{x:.5f}," for x in row) for row in draw.normal(size=(20_000, 20))]
    block = "".join(f"{line}{'abc'[i % 3]},{'yn'[i % 2]}\n" for i, line in enumerate(lines))
    header = ",".join([*(f"x{i}" for i in range(20)), "word", "label"]) + "\n"
    write(header + block * 20)  # 70 MB, 400,000 rows: 74 MB of arrays
    with on_disk(Path()):
        read_table(["train.csv"], label="label")  # what is imported and allocated once
        assert peak_of(lambda: read_table(["train.csv"], label="label")) < 48
