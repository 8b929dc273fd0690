"""The whole loop on a real table, by keyboard in a real browser: audit, review, apply, check, and a new error."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import labelaudit
from browser import opened_browser
from labelaudit.cli import group
from labelaudit.cli.exits import run
from labelaudit.decisions.store import NAME

ADULT = Path(__file__).parents[3] / "shared" / "data" / "tabular" / "adult_4k.csv"
pytestmark = pytest.mark.skipif(not ADULT.exists(), reason="the shared tables are not beside the checkout")
PLANTED, REVIEWED = 200, 50


def planted(lines):
    """The lines of the file with labels (the last cell) changed to the other one in PLANTED of them."""
    rng = np.random.default_rng(0)
    wrong = set((rng.choice(len(lines) - 1, PLANTED, replace=False) + 1).tolist())
    labels = sorted({line.rsplit(",", 1)[1] for line in lines[1:]})
    return [flipped(line, labels) if i in wrong else line for i, line in enumerate(lines)], wrong


def flipped(line, labels):
    cells, label = line.rsplit(",", 1)
    return f"{cells},{labels[1 - labels.index(label)]}"


def check(*options):
    return run(group, ["check", "clean.csv", "--label", "income", "-q", *options])


def test_the_loop_on_adult_by_keyboard(serve, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    right = ADULT.read_text().splitlines()
    assert right[0].endswith(",income")
    lines, wrong = planted(right)
    Path("data.csv").write_text("\n".join(lines) + "\n")
    audit = labelaudit.audit("data.csv", "income")
    audit.save("report")
    suspects = audit.issues["row"].tolist()[:REVIEWED]
    assert len(suspects) == REVIEWED
    with opened_browser() as page:
        site = serve(audit, Path("report") / NAME)
        page.open(site.gate.link("ann"))
        page.until("document.querySelector('#probabilities table') !== null")
        for row in suspects:  # one who knows: relabel what was planted, keep the rest
            place = page.run("document.getElementById('place').textContent")
            page.press(*(["r", "Enter"] if row in wrong else ["k"]))
            page.until(f"document.getElementById('place').textContent !== {place!r}")
        assert page.complaints() == []
    applied = labelaudit.apply("report", "data.csv", "clean.csv")
    mended = [row for row in suspects if row in wrong]
    assert applied.relabelled == len(mended) > REVIEWED / 2
    expected = [right[i] if i in mended else line for i, line in enumerate(lines)]
    assert Path("clean.csv").read_text().splitlines() == expected
    assert check("--baseline", "base.jsonl", "--update-baseline") == 0
    assert check("--baseline", "base.jsonl") == 0
    ranking = labelaudit.audit("clean.csv", "income").ranking
    surest = int(ranking.sort_values("self_confidence")["row"].iloc[-1])
    labels = sorted({line.rsplit(",", 1)[1] for line in right[1:]})
    expected[surest] = flipped(expected[surest], labels)
    Path("clean.csv").write_text("\n".join(expected) + "\n")
    capfd.readouterr()
    assert check("--baseline", "base.jsonl", "-f", "jsonl") == 1
    named = [line for line in capfd.readouterr().out.splitlines() if line]
    assert any(f'"row": {surest},' in line for line in named)
    assert len(named) <= 6
