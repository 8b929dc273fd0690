"""`labelaudit plan`: text, JSON, exit codes."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import labelaudit
from labelaudit.cli import group
from sample_data import csv_text, sample_rows


def test_it_says_what_an_audit_will_need(call):
    code, out, err = call("plan", "train.csv", "--label", "label", "--drop", "key", "--threads", "2")
    assert (code, err) == (0, "")
    assert max(map(len, out.splitlines())) <= 80
    names = [line.split()[0] for line in out.splitlines() if line[:1].strip()]
    assert names == ["Rows", "Classes", "Columns", "Encoded", "Left", "Memory", "Disk", "Time"]
    assert "Rows      90\n" in out
    assert 'Classes   3 in "label"\n' in out
    assert "Columns   2 numeric, 1 categorical\n" in out
    assert "Left out  key: dropped on request" in out
    assert "none: everything fits into memory" in out
    assert re.search(r"Time      [\d.]+ s on 2 threads \([\d.]+ s of one\)\n", out)


def test_json_holds_the_same(call):
    code, out, _ = call("plan", "train.csv", "--label", "label", "-f", "json", "--memory-limit", "1MB")
    plan = json.loads(out)
    assert code == 0
    assert (plan["format"], plan["rows"], plan["classes"], plan["exact"]) == ("labelaudit plan", 90, 3, True)
    assert plan["limit"] == {"memory_bytes": 10**6, "given": True, "folder": str(Path.cwd())}
    assert plan["storage"] == "disk"
    of_python = labelaudit.plan("train.csv", "label", memory_limit="1MB").as_record()
    times = {"seconds", "processor_seconds", "stages", "limit"}
    assert {k: v for k, v in plan.items() if k not in times} == {k: v for k, v in of_python.items() if k not in times}


def test_every_field_is_documented(call):
    plan = json.loads(call("plan", "train.csv", "--label", "label", "--drop", "key", "-f", "json")[1])
    text = (Path(__file__).parents[2] / "docs" / "formats.md").read_text(encoding="utf-8").split("## plan -f json")[1]
    words = set(re.findall(r"`(\w+)`", text.split("\n## ")[0]))
    assert {*plan, *plan["limit"], *plan["columns"][0], *plan["left_out"][0]} <= words


def test_beyond_the_limit_it_names_disk_and_folder(call):
    out = call("plan", "train.csv", "--label", "label", "--memory-limit", "1MB", "--cache-dir", "/some/where")[1]
    assert re.search(r"Disk      .* at the most, in\s+/some/where, instead of that memory", out)
    assert "(1.0 MB allowed)" in out


def test_it_writes_a_file_and_replaces_no_data(call):
    words = ("plan", "train.csv", "--label", "label", "-f", "json")
    assert call(*words, "-o", "plan.json") == (0, "", "")
    assert json.loads(Path("plan.json").read_text())["rows"] == 90
    code, _, err = call(*words, "-o", "train.csv")
    assert code == 2
    assert "would replace the data file" in err


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["train.csv", "--label", "lable"], 3, 'no label column "lable"'),
        (["none.csv", "--label", "label"], 3, "no such file"),
        (["train.csv", "--label", "label", "--drop", "none"], 2, "none"),
        (["train.csv", "--label", "label", "--memory-limit", "much"], 2, "expected auto or a size such as 500MB"),
        (["train.csv", "--label", "label", "-o", "none/plan.json"], 4, "none/plan.json"),
        (["one.csv", "--label", "label"], 3, "one.csv"),
    ],
)
def test_a_refusal_has_the_audits_exit_code(call, arguments, code, words):
    Path("one.csv").write_text("a,label\n1,x\n2,x\n")
    found, out, err = call("plan", *arguments)
    assert (found, out) == (code, "")
    assert words in err


def test_a_name_that_no_terminal_should_see_is_escaped(call):
    Path("odd.csv").write_text(csv_text(sample_rows(), ("key", "a\x1b[2J", "b", "colour", "label\u202e")))
    out = call("plan", "odd.csv", "--label", "label\u202e", "--id", "key")[1]
    assert "\\u202e" in out
    assert "\u202e" not in out
    out = call("plan", "odd.csv", "--label", "label\u202e", "-f", "json")[1]
    assert "\x1b" not in out
    assert "\u202e" not in out


def test_it_takes_the_audits_options():
    import click

    context = click.Context(group)
    audit, plan = ({w for o in group.get_command(context, name).params for w in o.opts} for name in ("audit", "plan"))
    assert audit - plan == {"--cluster", "--top", "--top-only"}  # encoded rows elsewhere are not planned for
    assert plan - audit == {"-f", "--format", "-o", "--output"}
