"""An audit has the same bits for any number of threads, any run, hash seed, time zone and locale."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import labelaudit
from labelaudit.audits.saving import ranking_csv
from labelaudit.blocks import CHUNK_ROWS
from labelaudit.encode import encoder
from labelaudit.model import chord
from labelaudit.table import parts
from sample_data import QUICK, csv_text, sample_rows

# threads, hash seed, time zone, locale; each differs from the first, and two are the same
SURROUNDINGS = (
    (1, "0", "UTC", "C"),
    (2, "1", "Asia/Kolkata", "C.UTF-8"),
    (2, "1", "Asia/Kolkata", "C.UTF-8"),
    (4, "4294967295", "America/St_Johns", "de_DE.UTF-8"),
    (8, "7", "Pacific/Kiritimati", "tr_TR.UTF-8"),
)


def record(folder: Path) -> dict[str, object]:
    """The saved audit less its time, which its own hash leaves out too."""
    read: dict[str, object] = json.loads((folder / "audit.json").read_bytes())
    del read["created"]
    return read


@pytest.fixture(scope="module")
def audits(tmp_path_factory):
    """The folder of an audit for each of the surroundings, every choice left to the tool, each in its own process."""
    folder = tmp_path_factory.mktemp("bits")
    (folder / "train.csv").write_text(csv_text(sample_rows(150)))
    command = [sys.executable, "-m", "labelaudit", "audit", "train.csv", "--label", "label", "--id", "key", "-q"]
    out = []
    for i, (threads, seed, zone, locale) in enumerate(SURROUNDINGS):
        out.append(folder / f"run{i}")
        environment = {**os.environ, "PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": locale}
        options = ["--threads", str(threads), "--out", out[-1].name]
        subprocess.run([*command, *options], cwd=folder, env=environment, check=True, capture_output=True)
    return out


@pytest.mark.parametrize("name", ["ranking.csv", "model.npz"])
def test_surroundings_change_no_bit(audits, name):
    assert len({(audit / name).read_bytes() for audit in audits}) == 1


def test_surroundings_change_nothing_in_the_record(audits):
    first, *others = map(record, audits)
    for other in others:
        assert other == first


@pytest.mark.parametrize("name", [name for *_, name in SURROUNDINGS if "." in name])
def test_the_locale_was_there(name):
    done = subprocess.run(["locale", "-a"], capture_output=True, text=True, check=False)
    if name.replace("UTF-8", "utf8") not in done.stdout.split():
        pytest.skip(f"{name} is not installed: the audit above ran in C instead")


@pytest.mark.parametrize("group", [None, "key"])
def test_threads_change_no_bit_of_several_chunks(write, group):
    path = write(csv_text(sample_rows(CHUNK_ROWS + 1000)))
    audits = (labelaudit.audit(path, "label", id="key", group=group, threads=n, **QUICK) for n in (1, 2, 4))
    found = {ranking_csv(audit.ranking) for audit in audits}
    assert len(found) == 1


def test_threads_change_no_bit_where_rows_are_many(write, monkeypatch):
    """What is done only for many rows: reading in parts, fitting encoders on some, chord steps."""
    monkeypatch.setattr(parts, "PART_BYTES", 1 << 14)
    monkeypatch.setattr(encoder, "FITTED_ROWS", 1000)
    monkeypatch.setattr(chord, "MANY_BLOCKS", 5)
    path = write(csv_text(sample_rows(CHUNK_ROWS + 1000)))
    options = {**QUICK, "encoding": "spline"}
    audits = (labelaudit.audit(path, "label", id="key", threads=n, **options) for n in (1, 2, 4))
    assert len({ranking_csv(audit.ranking) for audit in audits}) == 1


@pytest.mark.parametrize("encoding", ["linear", "spline"])
def test_packed_rows_change_no_bit(write, monkeypatch, encoding):
    """Two classes and a category of many levels, of which the places of the ones are kept, or the whole columns."""
    towns = "\n".join(
        f"{row},town {i * i % 17}" for i, row in enumerate(csv_text(sample_rows(400, 2)).splitlines()[1:])
    )
    path = write(f"{csv_text(sample_rows(1)).splitlines()[0]},town\n{towns}\n")
    packs = encoder.Encoder.packs
    made = []
    monkeypatch.setattr(encoder.Encoder, "packs", property(lambda self: made.append(packs.fget(self)) or made[-1]))
    rankings = [ranking_csv(labelaudit.audit(path, "label", id="key", encoding=encoding, l2=0.01).ranking)]
    assert True in made
    monkeypatch.setattr(encoder.Encoder, "packs", property(lambda self: False))
    rankings.append(ranking_csv(labelaudit.audit(path, "label", id="key", encoding=encoding, l2=0.01).ranking))
    assert rankings[0] == rankings[1]
