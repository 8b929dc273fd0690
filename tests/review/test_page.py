"""The page in a real browser, by keyboard."""

from __future__ import annotations

import pytest

from accessibility import faults
from browser import opened_browser
from sample_data import sample_rows

READY = "document.querySelector('#probabilities table') !== null"
HOSTILE = '<img src=x onerror=alert(1)>"\u202e</script>' + "wide" * 50


@pytest.fixture
def browser():
    with opened_browser() as found:
        yield found


@pytest.fixture
def page(browser, serve, audit_of):
    """The page with 60 suspects or more, opened by its link; one row has a cell and a label that would like to run."""
    rows = sample_rows(400, wrong=0.15)
    for i in (7, 70, 77):
        rows[i][3], rows[i][4] = HOSTILE, HOSTILE
    browser.site = serve(audit_of(rows))
    browser.open(browser.site.gate.link("ann"))
    browser.until(READY)
    return browser


def place(page):
    return page.run("document.getElementById('place').textContent")


def press(page, *keys):
    """The keys, and then the next row."""
    before = place(page)
    page.press(*keys)
    page.until(f"document.getElementById('place').textContent !== {before!r}")


def queue(page):
    return page.run("fetch('/api/rows').then((r) => r.json()).then((r) => r.rows)")


def test_fifty_suspects_are_reviewed_by_keyboard_alone(page):
    suspects = queue(page)
    assert len(suspects) >= 50
    keys = {"keep": "k", "relabel": "r", "drop": "d", "unsure": "u"}
    words = [list(keys)[i % 4] for i in range(50)]
    for word in words:
        press(page, keys[word], *(["Enter"] if word == "relabel" else []))
    history = page.site.session.store.history()
    assert [d.decision for d in history] == words
    assert [d.key for d in history] == [page.site.session.suspects.key(row) for row in suspects[:50]]
    ranking = page.site.session.suspects.audit.ranking.set_index("row")
    for row, decision in zip(suspects, history, strict=False):
        assert decision.label == (ranking.loc[row, "predicted_label"] if decision.decision == "relabel" else None)
    assert page.run("document.getElementById('counts').textContent").startswith(f"50 of {len(suspects)} suspects")
    press(page, "z")
    assert [d.decision for d in page.site.session.store.history()][-1] == "undo"
    assert len(page.site.session.store.current()) == 49
    assert page.complaints() == []
    origin = f"http://127.0.0.1:{page.site.port}/"
    assert all(url.startswith(origin) for url in page.requests())
    assert page.run("location.href") == origin


def test_keys_step_search_note_and_help(page):
    first, second, *_ = queue(page)
    assert place(page).startswith(f"Row {first} ")
    press(page, "ArrowRight")
    assert place(page).startswith(f"Row {second} ")
    press(page, "ArrowLeft")
    assert place(page).startswith(f"Row {first} ")
    page.press("?")
    assert page.run("document.getElementById('help').open")
    page.press("k", "Escape")
    assert not page.run("document.getElementById('help').open")
    assert page.site.session.store.history() == []  # a key in a dialog is none of the page's
    page.press("n", *"ask kurt", "Escape")
    assert page.run("document.getElementById('note').value") == "ask kurt"
    press(page, "u")
    assert page.site.session.store.current()[0].note == "ask kurt"
    press(page, "/", *f"#{first}", "Enter")
    assert place(page).startswith(f"Row {first} ")
    assert page.run("document.getElementById('note').value") == "ask kurt"


def test_a_row_is_relabelled_to_another_or_a_new_class(page):
    first, *_ = queue(page)
    finding = page.site.session.suspects.finding(first)
    other = next(label for label in "uvw" if label not in (finding.given_label, finding.predicted_label))
    press(page, "r", other, "Enter")
    press(page, "r", *"brand new", "Enter")
    assert [d.label for d in page.site.session.store.history()] == [other, "brand new"]
    page.press("r", "Escape")
    assert len(page.site.session.store.history()) == 2


def test_what_others_decide_is_shown_and_not_undone(page):
    first, *_ = queue(page)
    ben = page.site.person("ben")
    press(page, "k")
    ben.decide(first, "drop", note="seen twice")
    page.press("z")
    page.until("document.getElementById('message').textContent.startsWith('ben has decided')")
    assert [d.decision for d in page.site.session.store.current()] == ["drop"]
    press(page, "ArrowLeft")
    assert "drop by ben: seen twice" in page.run("document.getElementById('history').textContent").replace("\u201c", "")


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("dark", [False, True])
def test_hostile_texts_are_only_texts_and_break_no_layout(page, width, dark):
    page.size(width, dark=dark)
    page.run("document.getElementById('scope').value = 'all'")
    page.press("/", *"onerror", "Enter")
    page.until("document.getElementById('cells').textContent.includes('<img src=x onerror=alert(1)>')")
    page.until(READY)
    assert page.run("document.querySelectorAll('img').length") == 0
    assert "\\u{202e}" in page.run("document.getElementById('labels').textContent")
    assert page.overflow() <= 0
    ground, ink = page.run(
        "['backgroundColor', 'color'].map((n) => Number(getComputedStyle(document.body)[n].match(/\\d+/)[0]))"
    )
    assert (ground < ink) == dark
    assert page.complaints() == []
    assert len(page.picture()) > 10_000


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("dark", [False, True])
def test_the_page_and_its_dialogs_have_no_serious_fault_of_accessibility(page, width, dark):
    page.size(width, dark=dark)
    ben = page.site.person("ben")
    for _ in range(9):  # a history that scrolls
        ben.decide(queue(page)[1], "unsure", note="seen twice")
    press(page, "k")
    page.until(READY)
    assert "ben" in page.run("document.getElementById('history').textContent")
    assert faults(page) == []
    for keys in (["?"], ["r"]):
        page.press(*keys)
        page.until("document.querySelector('dialog[open]') !== null")
        assert faults(page) == []
        page.press("Escape")
    page.run("document.getElementById('invite').click()")
    assert faults(page) == []
