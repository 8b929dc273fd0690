from __future__ import annotations

import re
from importlib.resources import files

import pytest

from labelaudit.review.app import SCRIPTS, STATIC
from labelaudit.review.security import LARGEST_BODY

PATHS = ("/", "/static/review.js", "/api/session", "/api/rows", "/api/rows/1", "/api/changes", "/nothing")
KEEP = {"row": 1, "decision": "keep"}


@pytest.fixture
def site(quiet_site):
    """Nothing is written by whatever is refused."""
    yield quiet_site
    assert quiet_site.session.store.history() == []


@pytest.fixture
def ann(site):
    return site.person()


def test_a_link_works_once_and_leaves_a_cookie_but_no_token(site):
    link = site.gate.link("ann")
    path = link.split(str(site.port), 1)[1]
    first = site.client().ask(path)
    assert (first.status, first.headers["location"]) == (303, "/")
    cookie = first.headers["set-cookie"]
    assert re.search(r"; HttpOnly(;|$)", cookie)
    assert re.search(r"; SameSite=strict(;|$)", cookie)
    assert "Max-Age" not in cookie
    assert path.split("=")[1] not in cookie
    again = site.client().ask(path)
    assert again.status == 403
    assert "set-cookie" not in again.headers


@pytest.mark.parametrize("path", PATHS)
def test_nothing_is_told_without_the_cookie(site, path):
    assert site.client().ask(path).status == 403
    assert site.client().ask(path, headers={"Cookie": f"{site.gate.cookie_name}=guess"}).status == 403
    assert site.client().ask(path, headers={"Cookie": 'x="\\'}).status == 403


@pytest.mark.parametrize("token", ["", "guess", "%00", "x" * 5000])
def test_a_wrong_token_lets_nobody_in(site, token):
    found = site.client().ask(f"/?token={token}")
    assert found.status == 403
    assert "set-cookie" not in found.headers


def test_a_token_is_taken_at_the_door_only(site, ann):
    path = site.gate.link("ben").split(str(site.port), 1)[1]
    assert site.client().ask(f"/api/session{path[1:]}").status == 403
    assert site.client().tell(path, {}).status == 403
    assert site.client().ask(path).status == 303


def test_the_cookie_is_of_one_server(site, serve, sample_audit):
    one, two = site, serve(sample_audit)
    cookie = one.person().cookie
    assert one.client().ask("/", headers={"Cookie": cookie}).status == 200
    assert two.client().ask("/", headers={"Cookie": cookie}).status == 403
    renamed = cookie.replace(one.gate.cookie_name, two.gate.cookie_name)
    assert two.client().ask("/", headers={"Cookie": renamed}).status == 403


@pytest.mark.parametrize(
    "host",
    ["evil.example", "127.0.0.1", "localhost", "127.0.0.1:1", "[::1]:{port}", "127.0.0.1.evil.example:{port}", ""],
)
@pytest.mark.parametrize("path", ["/", "/api/rows"])
def test_a_foreign_host_is_refused(site, ann, path, host):
    headers = {"Host": host.format(port=site.port)}
    assert ann.ask(path, headers=headers).status == 403
    link = site.gate.link("ann").split(str(site.port), 1)[1]
    assert site.client().ask(link, headers=headers).status == 403
    assert site.client().ask(link).status == 303  # and the link is not used up
    assert ann.tell("/api/decisions", KEEP, headers=headers).status == 403


def test_the_server_has_both_names_of_this_machine(site, ann):
    name = f"localhost:{site.port}"
    assert ann.ask("/", headers={"Host": name}).status == 200
    crossed = ann.tell("/api/decisions", KEEP, headers={"Host": name})
    assert crossed.status == 403  # the page is of the other name


@pytest.mark.parametrize(
    "origin",
    [None, "null", "http://evil.example", "https://127.0.0.1:{port}", "http://127.0.0.1", "http://localhost:{port}"],
)
def test_a_foreign_origin_changes_nothing(site, ann, origin):
    origin = origin and origin.format(port=site.port)
    for path in ("/api/decisions", "/api/links"):
        assert ann.tell(path, KEEP, headers={"Origin": origin}).status == 403


@pytest.mark.parametrize("where", ["cross-site", "same-site"])
def test_what_another_site_asks_for_is_refused(site, ann, where):
    headers = {"Sec-Fetch-Site": where}
    assert ann.tell("/api/decisions", KEEP, headers=headers).status == 403
    assert ann.ask("/api/rows/1", headers=headers).status == 403
    assert ann.ask("/static/review.js", headers=headers).status == 403
    assert ann.ask("/", headers=headers).status == 200  # a link that somebody follows


@pytest.mark.parametrize("kind", [None, "", "text/plain", "application/x-www-form-urlencoded", "application/jsonp"])
def test_another_content_type_is_refused(ann, kind):
    assert ann.tell("/api/decisions", KEEP, headers={"Content-Type": kind}).status == 415


def test_a_body_that_is_too_large_is_refused_by_its_stated_length(ann):
    body = b'{"row": 1, "decision": "keep", "note": "' + b"x" * LARGEST_BODY + b'"}'
    assert ann.ask("/api/decisions", "POST", body).status == 413


def test_a_body_that_is_too_large_is_refused_as_it_comes(ann):
    chunk = b"400\r\n" + b" " * 1024 + b"\r\n"
    body = chunk * (LARGEST_BODY // 1024 + 1) + b"0\r\n\r\n"
    assert ann.ask("/api/decisions", "POST", body, {"Transfer-Encoding": "chunked"}).status == 413


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
def test_other_methods_are_refused(ann, method):
    found = ann.ask("/api/decisions", method, b"{}")
    assert found.status == 405
    foreign = ann.ask("/api/decisions", method, b"{}", {"Origin": "http://evil.example"})
    assert foreign.status == 403
    assert not [name for name in foreign.headers if name.startswith("access-control")]


@pytest.mark.parametrize("path", [*PATHS, "/api/rows/99999", "/api/rows?state=x"])
@pytest.mark.parametrize("inside", [True, False])
def test_every_answer_has_the_headers_that_protect_the_page(site, ann, path, inside):
    headers = (ann if inside else site.client()).ask(path).headers
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-frame-options"] == "DENY"
    policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
    assert policy.pop("default-src") == "'none'"
    assert {policy.pop(f"{kind}-src") for kind in ("script", "style", "img", "connect")} == {"'self'"}
    assert set(policy.values()) == {"'none'"}
    assert not [name for name in headers if name.startswith("access-control")]
    assert "server" not in headers


def test_the_page_has_no_script_or_style_of_its_own(ann):
    page = ann.ask("/").body.decode()
    assert re.findall(r"<script[^>]*>(.*?)</script>", page, re.DOTALL) == [""]
    assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", page)
    assert set(re.findall(r'(?:src|href)="([^"]*)"', page)) == {
        *("/static/icon.svg", "/static/review.css", "/static/review.js"),
        *(f"/api/export/decisions.{form}" for form in ("csv", "json", "jsonl")),
    }


def test_every_static_file_is_served_and_no_other(ann):
    own = files("labelaudit.review") / "static"
    assert {entry.name for entry in own.iterdir()} == set(STATIC)
    for name in set(STATIC) - {"index.html"}:
        found = ann.ask(f"/static/{name}")
        assert (found.status, found.body) == (200, (own / name).read_bytes())
    assert ann.ask("/static/other.js").status == 404


def test_scripts_set_no_markup(ann):
    for name in SCRIPTS:
        script = ann.ask(f"/static/{name}.js").body.decode()
        assert not re.search(r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|DOMParser", script)
        assert not re.search(r"https?://", script)


def test_only_what_a_person_does_counts_as_use(site, ann, monkeypatch):
    monkeypatch.setattr(site.gate, "clock", lambda: 7.0)
    ann.ask("/api/changes")
    assert site.gate.last_use != 7.0
    site.client().ask("/")
    assert site.gate.last_use != 7.0
    ann.ask("/api/rows")
    assert site.gate.last_use == 7.0
