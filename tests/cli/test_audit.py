from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import numpy as np
import pytest

import labelaudit
from labelaudit.encode.encoder import TRIED
from labelaudit.errors import UsageError
from sample_data import HEADER, QUICK_OPTIONS, csv_text, ranking_rows, sample_rows

AUDIT = ("audit", "train.csv", "--label", "label", "--id", "key", *QUICK_OPTIONS)


def files():
    return {str(p): p.read_bytes() for p in sorted(Path().rglob("*")) if p.is_file()}


def test_it_prints_the_first_rows_and_writes_four_files(call):
    code, out, err = call(*AUDIT, "--top", "5")
    assert code == 0
    assert out.startswith('90 rows, 3 classes in "label": ')
    assert "The first 5 rows by label_score" in out
    assert (
        err == "Written: labelaudit-report/ranking.csv, labelaudit-report/audit.json, labelaudit-report/report.html\n"
    )
    written = sorted(p.name for p in Path("labelaudit-report").iterdir())
    assert written == ["audit.json", "model.npz", "ranking.csv", "report.html"]


def test_it_writes_what_the_library_writes(call):
    assert call(*AUDIT, "--out", "one", "--rank-by", "self_influence", "--max-fdr", "0.4")[0] == 0
    audit = labelaudit.audit(
        "train.csv", "label", id="key", encoding="linear", l2=0.01, rank_by="self_influence", max_fdr=0.4
    )
    audit.save("two")
    assert Path("one/ranking.csv").read_bytes() == Path("two/ranking.csv").read_bytes()
    records = [json.loads(Path(f"{name}/audit.json").read_text()) for name in ("one", "two")]
    assert records[0] | {"created": ""} == records[1] | {"created": ""}


def test_every_option_reaches_the_audit(call):
    rows = [[*row, "1", "?", "x y"] for row in sample_rows()]
    text = "preamble\n" + csv_text(rows, ("key", "a", "b", "colour", "label", "gone", "code", "note"))
    Path("odd.csv").write_bytes(text.replace(",", ";").encode("utf-16"))
    assert call(*AUDIT, "-q", "--out", "plain")[0] == 0
    options = ["--id", "key", "--drop", "gone", "--categorical", "colour", "--numeric", "a", "--text", "note"]
    options += ["--missing", "?", "--skip", "1", "--delimiter", ";", "--charset", "utf-16", "--solver", "direct"]
    options += [
        "--optimizer",
        "newton",
        "--device",
        "cpu",
        "--precision",
        "float64",
        "--threads",
        "2",
        "--seed",
        "5",
        "--strict",
    ]
    code, _, err = call("audit", "odd.csv", "--label", "label", *options, *QUICK_OPTIONS, "--out", "odd")
    assert (code, err) == (0, "Written: odd/ranking.csv, odd/audit.json, odd/report.html\n")
    record = json.loads(Path("odd/audit.json").read_text())["options"]
    assert {record[n] for n in ("seed", "skip", "delimiter", "charset", "strict")} >= {5, 1, ";", "utf-16"}
    assert (record["missing"], record["drop"], record["text"]) == (["?"], ["gone"], ["note"])
    scores = [[r["label_score"] for r in ranking_rows(Path(f"{n}/ranking.csv").read_text())] for n in ("plain", "odd")]
    assert scores[0] == scores[1]


def test_a_reference_reaches_the_audit(call):
    Path("trusted.csv").write_text(csv_text(sample_rows(30, wrong=0.0, seed=3)))
    code, out, _ = call(*AUDIT, "--reference", "trusted.csv")
    assert code == 0
    assert "averaged over 30 trusted rows" in out


def test_a_dash_is_standard_input(call, monkeypatch):
    content = Path("train.csv").read_bytes()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    assert call("audit", "-", *AUDIT[2:], "-q", "--out", "piped")[0] == 0
    assert call(*AUDIT, "-q", "--out", "named")[0] == 0
    assert Path("piped/ranking.csv").read_bytes() == Path("named/ranking.csv").read_bytes()


def test_quiet_prints_no_table(call):
    code, out, err = call(*AUDIT, "-q")
    assert (code, out) == (0, "")
    assert err == ""


def test_verbose_names_every_stage_with_its_time_and_every_trial(call):
    code, _, err = call("audit", "train.csv", "--label", "label", "--id", "key", "-v", "--top", "0")
    lines = [line for line in err.splitlines() if " s  " in line]
    assert code == 0
    told = " ".join(lines)
    for stage in (
        "reading",
        "choosing the encoding",
        "fitting the model",
        "weighing the labels",
        "measuring influence",
    ):
        assert stage in told
    trials = json.loads(Path("labelaudit-report", "audit.json").read_bytes())["summary"]["fit"]["trials"]
    assert {trial["encoding"] for trial in trials} == set(TRIED)
    assert err.count("tried ") == len(trials)


def test_a_terminal_gets_a_bar_and_a_pipe_gets_none(folder):
    import os
    import pty
    import subprocess

    leader, follower = pty.openpty()
    command = [sys.executable, "-m", "labelaudit", *AUDIT, "--top", "0"]
    with subprocess.Popen(
        command, stderr=follower, stdout=subprocess.DEVNULL, env={**os.environ, "TERM": "xterm"}
    ) as p:
        os.close(follower)
        seen = b""
        try:
            while part := os.read(leader, 4096):
                seen += part
        except OSError:  # Linux: the other side was closed
            pass
    os.close(leader)
    assert p.returncode == 0
    assert b"\x1b[" in seen
    assert b"Written: " in seen


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["nothing.csv", "--label", "label"], 3, "nothing.csv: no such file"),
        (["train.csv", "--label", "lable"], 3, 'Did you mean "label"?'),
        (["train.csv", "--label", "key"], 3, "the label is different in every row"),
        (["broken.csv", "--label", "label"], 3, "broken.csv:2"),
        ([".", "--label", "label"], 3, "is a directory"),
        (["train.csv", "--label", "label", "--reference", "nothing.csv"], 3, "nothing.csv: no such file"),
        (["train.csv"], 2, "Missing option '--label'"),
        (["--label", "label"], 2, "Missing argument 'DATA...'"),
        (["train.csv", "--label", "label", "--id", "nothing"], 2, "nothing"),
        (["train.csv", "--label", "label", "--l2", "much"], 2, "expected auto or a finite number, got 'much'"),
        (["train.csv", "--label", "label", "--l2", "-1"], 2, "--l2: expected auto or a number from 0 to 1e+06"),
        (["train.csv", "--label", "label", "--l2", "nan"], 2, "--l2': expected auto or a finite number, got 'nan'"),
        (["train.csv", "--label", "label", "--max-fdr", "2"], 2, "--max-fdr: expected a share from 0 to 1"),
        (["train.csv", "--label", "label", "--threads", "0"], 2, "--threads"),
        (["train.csv", "--label", "label", "--seed", "-1"], 2, "--seed: expected 0 or more"),
        (["train.csv", "--label", "label", "--charset", "martian"], 2, "no charset 'martian'"),
        (["train.csv", "--label", "label", "--out", "train.csv"], 4, "train.csv: cannot be written to: it is not a"),
        (["train.csv", "--label", "label", "--out", "train.csv/in/it"], 4, "train.csv: cannot be written to"),
        (["train.csv", "--label", "label", "--out", "x" * 300, *QUICK_OPTIONS], 4, "File name too long"),
    ],
)
def test_a_refusal_says_why_and_writes_nothing(call, arguments, code, words):
    Path("broken.csv").write_text("a,label\n1\n")
    before = files()
    found, out, err = call("audit", *arguments)
    assert (found, out) == (code, "")
    assert words in err
    assert "Traceback" not in err
    assert files() == before
    assert not Path("labelaudit-report").exists()


def test_a_fit_that_stops_short_is_exit_6_under_strict(call):
    code, out, err = call(*AUDIT, "--optimizer", "adamw", "--strict")
    assert (code, out) == (6, "")
    assert err.startswith("labelaudit: the fit did not converge")
    assert not Path("labelaudit-report").exists()
    code, out, _ = call(*AUDIT, "--optimizer", "adamw")
    assert code == 0
    assert "Warning: the fit did not converge" in out


@pytest.mark.parametrize("name", ["ranking.csv", "audit.json", "model.npz"])
def test_a_folder_whose_file_is_the_data_is_refused(call, name):
    Path("data").mkdir()
    Path("train.csv").rename(Path("data") / name)
    Path("link.csv").symlink_to(Path("data") / name)
    Path("train.csv").write_text(csv_text(sample_rows()))
    before = files()
    for arguments in ([f"data/{name}"], ["link.csv"], ["train.csv", "--reference", f"data/{name}"]):
        code, _, err = call("audit", *arguments, "--label", "label", "--out", "data")
        assert code == 2
        assert f"data/{name} would replace the data file" in err
        assert files() == before


def test_debug_shows_the_traceback(call):
    assert "Traceback" not in call("audit", "nothing.csv", "--label", "label")[2]
    code, _, err = call("audit", "nothing.csv", "--label", "label", "--debug")
    assert code == 3
    assert "Traceback" in err
    assert err.splitlines()[-1] == "labelaudit: nothing.csv: no such file."


def test_a_file_name_that_is_no_text_is_audited(call):
    name = b"\xff.csv".decode("utf-8", "surrogateescape")
    Path("train.csv").rename(name)
    code, _, _ = call("audit", name, *AUDIT[2:])
    assert code == 0
    assert labelaudit.load("labelaudit-report").record["sources"][0]["path"] == name


def test_a_hostile_file_name_does_not_act_on_the_terminal(call):
    code, _, err = call("audit", "\x1b[31mred\n.csv", "--label", "label")
    assert code == 3
    assert "\x1b" not in err
    assert "\\x1b[31mred" in err


def test_groups_are_told_and_recorded(call, folder):
    rows = [[*row, f"p{i // 3}"] for i, row in enumerate(sample_rows())]
    (folder / "grouped.csv").write_text(csv_text(rows, (*HEADER, "patient")))
    arguments = ("audit", "grouped.csv", "--label", "label", "--id", "key", "--group", "patient", *QUICK_OPTIONS)
    code, out, _ = call(*arguments)
    assert code == 0
    assert 'out-of-sample by groups of "patient" (30 groups' in " ".join(out.split())
    record = json.loads((folder / "labelaudit-report" / "audit.json").read_text())
    assert (record["options"]["group"], record["summary"]["groups"]["groups"]) == ("patient", 30)
    assert call("explain", "labelaudit-report", "5")[0] == 0


def test_groups_that_cannot_be_told_apart_are_wrong_usage(call, folder):
    rows = [[*row, "ward 7"] for row in sample_rows()]
    (folder / "grouped.csv").write_text(csv_text(rows, (*HEADER, "ward")))
    code, out, err = call("audit", "grouped.csv", "--label", "label", "--group", "ward", *QUICK_OPTIONS)
    assert (code, out) == (2, "")
    assert '--group "ward": every row has the same value' in err
    assert not (folder / "labelaudit-report").exists()


def test_more_classes_than_a_matrix_is_kept_for_are_audited_and_reported(call, folder):
    rng = np.random.default_rng(0)
    names = [f"class {i}" for i in range(60)]
    lines = ["a,b,label"]
    for i in range(360):
        at = i % 60
        given = names[at] if i % 9 else names[(at + 1) % 60]
        lines.append(f"{at % 8 + 0.1 * rng.normal():.3f},{at // 8 + 0.1 * rng.normal():.3f},{given}")
    (folder / "many.csv").write_text("\n".join(lines) + "\n")
    code, out, err = call("audit", "many.csv", "--label", "label", *QUICK_OPTIONS)
    assert code == 0, err
    assert "Most frequent errors, in expected rows: class" in out
    page = (folder / "labelaudit-report" / "report.html").read_text()
    assert "The most frequent errors of 60 classes" in page
    assert call("report", "labelaudit-report", "-f", "json")[0] == 0


def test_top_only_keeps_the_first_lines_and_every_other_figure(call):
    assert call(*AUDIT, "--out", "whole")[0] == 0
    code, out, _ = call(*AUDIT, "--out", "some", "--top-only", "7", "--top", "3")
    assert code == 0
    assert out.startswith('90 rows, 3 classes in "label": ')
    lines = [Path(f"{name}/ranking.csv").read_bytes().splitlines(keepends=True) for name in ("whole", "some")]
    assert lines[1] == lines[0][:8]
    whole, some = labelaudit.load("whole"), labelaudit.load("some")
    assert some.summary == whole.summary
    assert some.record["top_only"] == 7
    assert "top_only" not in whole.record
    assert whole.first(90) is whole
    assert [r["row"] for r in json.loads(labelaudit.render(some, "json"))["ranking"]] == whole.ranking["row"][
        :7
    ].tolist()
    for command in (("explain", "some", "3"), ("report", "some", "-f", "sarif")):
        code, _, err = call(*command)
        assert code in (2, 3)
        assert "the audit holds only the first 7 rows of its ranking: audit again without --top-only." in err
    with pytest.raises(UsageError, match="1 row or more"):
        whole.first(0)


def test_top_only_beyond_the_rows_is_all_of_them(call):
    assert call(*AUDIT, "--out", "whole")[0] == 0
    assert call(*AUDIT, "--out", "more", "--top-only", "1000")[0] == 0
    assert "top_only" not in labelaudit.load("more").record
