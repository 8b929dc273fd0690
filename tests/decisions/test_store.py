from __future__ import annotations

import errno
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from labelaudit.decisions.decision import Decision
from labelaudit.decisions.store import APPLICATION_ID, DecisionStore
from labelaudit.errors import InputError, OutputError, UsageError

WRITER = """
import sys
from labelaudit.decisions.decision import Decision
from labelaudit.decisions.store import DecisionStore
path, who, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
print("ready", flush=True)
sys.stdin.readline()
with DecisionStore(path) as store:
    for i in range(1, count + 1):
        store.append(Decision("0" * 32, i, "relabel", "a", "b", who=who))
        print(i, flush=True)  # acknowledged
"""


def writer(path, who, count):
    """A process that is ready to make the file and append decisions, and does so at a line of its input."""
    command = [sys.executable, "-c", WRITER, path, who, str(count)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"ready\n"
    return process


def ended(process):
    process.wait(60)
    process.stdin.close()
    process.stdout.close()
    return process.returncode


def row(i):
    return f"{i:032x}"


def test_what_is_appended_comes_back_in_order_with_its_time(tmp_path):
    first = Decision(row(1), 2, "relabel", "new \r\n\0 é", "old", "a note", "ann")
    more = [Decision(row(2), 1, "drop"), Decision(row(1), 2, "keep", when="2020-01-01T00:00:00+00:00")]
    with DecisionStore(tmp_path / "d.sqlite") as store:
        store.append(first)
        store.append(more)
    with DecisionStore(tmp_path / "d.sqlite", create=False) as store:
        history = store.history()
    assert [(d.key, d.decision, d.label, d.given_label, d.note, d.who) for d in history] == [
        (d.key, d.decision, d.label, d.given_label, d.note, d.who) for d in (first, *more)
    ]
    assert history[2].when == "2020-01-01T00:00:00+00:00"
    age = datetime.now(UTC) - datetime.fromisoformat(history[0].when)
    assert timedelta(0) <= age + timedelta(milliseconds=1) < timedelta(minutes=5)


def test_the_last_decision_on_a_row_is_the_present_one(tmp_path):
    with DecisionStore(tmp_path / "d.sqlite") as store:
        for word in ("keep", "drop", "undo", "unsure"):
            store.append([Decision(row(2), 1, word), Decision(row(1), 1, "keep"), Decision(row(1), 2, "undo")])
        assert [(d.key, d.decision) for d in store.current()] == [((row(1), 1), "keep"), ((row(2), 1), "unsure")]
        store.append(Decision(row(1), 1, "undo"))
        assert [d.key for d in store.current()] == [(row(2), 1)]
        assert len(store.history()) == 13


def test_several_are_appended_or_none(tmp_path):
    with DecisionStore(tmp_path / "d.sqlite") as store:
        good = Decision(row(1), 1, "keep")
        bad = Decision(row(1), 2, "keep")
        object.__setattr__(bad, "who", None)  # the database refuses it, after the first was taken
        with pytest.raises(OutputError, match="NOT NULL"):
            store.append([good, bad])
        assert store.history() == []
        store.append(good)
        assert len(store.history()) == 1


def test_two_writers_at_once_lose_nothing(tmp_path):
    path = str(tmp_path / "d.sqlite")
    processes = [writer(path, who, 200) for who in ("ann", "bob")]  # both may make the file
    for process in processes:
        process.stdin.write(b"\n")
        process.stdin.flush()
    assert [ended(process) for process in processes] == [0, 0]
    with DecisionStore(path, create=False) as store:
        history = store.history()
    for who in ("ann", "bob"):
        assert [d.occurrence for d in history if d.who == who] == list(range(1, 201))


def test_a_file_that_another_makes_while_it_is_looked_at_is_no_foreign_one(tmp_path, monkeypatch):
    path = tmp_path / "d.sqlite"
    other = threading.Thread(target=lambda: DecisionStore(path).close())
    connect = sqlite3.connect

    class Watched(sqlite3.Connection):
        def execute(self, sql, *values):
            if sql == "PRAGMA user_version" and other.ident is None:
                other.start()
                other.join(1)  # it may have to wait for this look to end
            return super().execute(sql, *values)

    def watched(*arguments, **options):
        return connect(*arguments, **options, **({} if other.ident else {"factory": Watched}))

    monkeypatch.setattr(sqlite3, "connect", watched)
    with DecisionStore(path) as store:
        other.join()
        store.append(Decision(row(1), 1, "keep"))
        assert len(store.history()) == 1


def test_threads_share_a_store(tmp_path):
    with DecisionStore(tmp_path / "d.sqlite") as store:
        each = [threading.Thread(target=_append_ten, args=(store, i)) for i in range(8)]
        for thread in each:
            thread.start()
        for thread in each:
            thread.join()
        assert sorted(d.occurrence for d in store.history()) == list(range(1, 81))


def _append_ten(store, which):
    for i in range(10):
        store.append(Decision(row(0), 10 * which + i + 1, "keep"))


def test_killed_at_any_time_no_acknowledged_decision_is_lost(tmp_path):
    path, draw, acknowledged = str(tmp_path / "d.sqlite"), random.Random(0), 0
    for run in range(20):
        process = writer(path, f"run {run}", 10**6)
        process.stdin.write(b"\n")
        process.stdin.flush()
        threading.Timer(draw.uniform(0, 0.05), process.kill).start()  # perhaps while it makes the file
        count = len(process.stdout.read().split(b"\n")) - 1  # whole lines only
        ended(process)
        with DecisionStore(path) as store:
            kept = [d.occurrence for d in store.history() if d.who == f"run {run}"]
        assert kept == list(range(1, len(kept) + 1))
        assert len(kept) >= count
        acknowledged += count
    assert acknowledged > 100


def test_a_file_whose_maker_was_killed_is_made_whole(tmp_path):
    for name, prepare in (("empty", lambda db: None), ("header", lambda db: db.execute("PRAGMA journal_mode = WAL"))):
        db = sqlite3.connect(tmp_path / name)
        prepare(db)
        db.close()
        with DecisionStore(tmp_path / name) as store:
            store.append(Decision(row(1), 1, "keep"))
            assert len(store.current()) == 1


@pytest.mark.parametrize("create", [True, False])
@pytest.mark.parametrize("kind", ["text", "other database", "newer", "damaged"])
def test_another_file_is_refused_and_left_alone(tmp_path, kind, create):
    path = tmp_path / "d.sqlite"
    if kind == "text":
        path.write_text("rank,row\n" * 1000)
    elif kind == "damaged":
        with DecisionStore(path) as store:
            store.append([Decision(row(i), 1, "keep", note="x" * 100) for i in range(200)])
        raw = path.read_bytes()
        path.write_bytes(raw[:4096] + b"\xff" * (len(raw) - 4096))
    else:
        db = sqlite3.connect(path)
        db.execute("CREATE TABLE theirs (x)")
        if kind == "newer":
            db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            db.execute("PRAGMA user_version = 2")
        db.close()
    before = path.read_bytes()
    words = {"newer": "newer labelaudit", "damaged": "is damaged"}.get(kind, "is no file of decisions")
    with pytest.raises(InputError, match=words), DecisionStore(path, create=create) as store:
        store.history()
    assert path.read_bytes() == before


@pytest.mark.parametrize("create", [True, False])
def test_a_schema_that_is_no_text_is_damage(tmp_path, create):
    path = tmp_path / "d.sqlite"
    DecisionStore(path).close()
    content = path.read_bytes()
    assert content.count(b"CREATE TABLE decisions (") == 1
    path.write_bytes(content.replace(b"CREATE TABLE decisions (", b"CREATE TABLE decisions \xff"))
    with pytest.raises(InputError, match="damaged"):
        DecisionStore(path, create=create)


def test_a_missing_file_is_made_or_refused(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        DecisionStore(tmp_path / "d.sqlite", create=False)
    assert not (tmp_path / "d.sqlite").exists()
    with pytest.raises(OutputError, match="cannot be opened"):
        DecisionStore(tmp_path / "no" / "d.sqlite")


def test_a_store_that_is_closed_leaves_one_file(tmp_path):
    with DecisionStore(tmp_path / "d?#%20é.sqlite") as store:
        store.append(Decision(row(1), 1, "keep"))
    with DecisionStore(tmp_path / "d?#%20é.sqlite", create=False) as store:
        store.current()
    assert os.listdir(tmp_path) == ["d?#%20é.sqlite"]  # noqa: PTH208


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        (("x" * 32, 1, "keep"), "fingerprint"),
        ((row(1)[1:], 1, "keep"), "fingerprint"),
        ((row(1), 0, "keep"), "occurrence"),
        ((row(1), True, "keep"), "occurrence"),
        ((row(1), 2**63, "keep"), "occurrence"),
        ((row(1), 1, "delete"), "a decision is keep"),
        ((row(1), 1, "relabel"), "needs a new label"),
        ((row(1), 1, "relabel", ""), "needs a new label"),
        ((row(1), 1, "keep", "a"), "needs a new label"),
        ((row(1), 1, "relabel", 5), "expected a text"),
        ((row(1), 1, "relabel", "\ud800"), "half a character"),
    ],
)
def test_what_is_no_decision_is_refused(fields, words):
    with pytest.raises(UsageError, match=words):
        Decision(*fields)


def test_a_file_in_a_folder_that_may_not_be_written_to_can_be_read():
    with tempfile.TemporaryDirectory() as name:  # pytest's own folder is closed to other users than root
        _read_as_nobody(Path(name))


def _read_as_nobody(folder):
    with DecisionStore(folder / "d.sqlite") as store:
        store.append(Decision(row(1), 1, "keep"))
    (folder / "d.sqlite").chmod(0o444)
    folder.chmod(0o555)
    code = (
        "import os, sys\nfrom labelaudit.decisions.store import DecisionStore\nif os.getuid() == 0: os.setuid(65534)\n"
        "print(len(DecisionStore('d.sqlite', create=False).current()))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False)
    folder.chmod(0o700)
    assert (done.stdout, done.stderr) == ("1\n", "")


def test_a_system_that_tells_no_sizes_is_an_error_that_names_the_file(tmp_path, monkeypatch):
    path = tmp_path / "d.sqlite"
    sizes = Path.stat

    def unreadable(self, **how):
        if self.name.startswith("d.sqlite"):
            raise OSError(errno.EIO, os.strerror(errno.EIO), str(self))
        return sizes(self, **how)

    with DecisionStore(path) as store:
        store.append(Decision("0" * 32, 1, "keep"))
        with monkeypatch.context() as patch:
            patch.setattr(Path, "stat", unreadable)
            for work in (lambda: store.append(Decision("0" * 32, 2, "keep")), store.history):
                with pytest.raises(OutputError, match=r"d\.sqlite: cannot be opened or written: Input/output error"):
                    work()
            for create in (True, False):
                with pytest.raises(OutputError, match="Input/output error"):
                    DecisionStore(path, create=create)
        assert [d.occurrence for d in store.history()] == [1]
