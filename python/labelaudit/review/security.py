"""Who may talk to the page's server: this machine's browser that opened the link, and no page of anybody else.

As Jupyter does it: a token in the link, good for one use, is swapped for a cookie that no script can read and no other
site can send. Host names are compared against rebinding of names, Origin against forged requests.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import Headers, MutableHeaders, QueryParams
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LARGEST_BODY = 64 * 1024  # bytes; a decision has some hundred
READING = ("GET", "HEAD")
OWN_SITE = ("same-origin", "none")
QUIET = frozenset({"/api/changes"})  # what the page asks by itself: a page left open does not keep the server running
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


@dataclass
class Gate:
    """The tokens and cookies of one server, each kept as a hash beside the name of the person it was made for."""

    port: int
    clock: Callable[[], float] = time.monotonic
    last_use: float = 0.0
    _tokens: dict[str, str] = field(default_factory=dict)
    _cookies: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.last_use = self.clock()

    @property
    def hosts(self) -> tuple[str, str]:
        """What a browser on this machine calls the server."""
        return f"127.0.0.1:{self.port}", f"localhost:{self.port}"

    @property
    def cookie_name(self) -> str:
        """With the port, as browsers send cookies to every port of a host."""
        return f"labelaudit-{self.port}"

    def link(self, who: str) -> str:
        """A link that lets one browser in, once, to decide as this person."""
        token = secrets.token_urlsafe(32)
        self._tokens[_hash(token)] = who
        return f"http://{self.hosts[0]}/?token={token}"

    def swap(self, token: str) -> str | None:
        """A cookie for a token, which is then used up; None for a wrong one."""
        who = self._tokens.pop(_hash(token), None)
        if who is None:
            return None
        cookie = secrets.token_urlsafe(32)
        self._cookies[_hash(cookie)] = who
        return cookie

    def person(self, headers: Headers) -> str | None:
        """Whose cookie the request carries; None without one of ours."""
        try:
            found = SimpleCookie("; ".join(headers.getlist("cookie"))).get(self.cookie_name)
        except CookieError:
            return None
        return None if found is None else self._cookies.get(_hash(found.value))


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()


class RefusedError(Exception):
    """A request that is not answered, with status and reason."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class Security:
    """The layer around the application that lets only the reviewers' own page through."""

    def __init__(self, app: ASGIApp, gate: Gate) -> None:
        self.app = app
        self.gate = gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request, or refuses it before anything is done."""
        if scope["type"] != "http":
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
            await send(message)

        try:
            await (await self._let_in(scope, receive))(scope, receive, guarded)
        except RefusedError as refusal:
            await PlainTextResponse(f"{refusal}\n", refusal.status)(scope, receive, guarded)

    async def _let_in(self, scope: Scope, receive: Receive) -> ASGIApp:
        """What answers the request; raises RefusedError."""
        headers = Headers(scope=scope)
        host = self._host(headers)
        token = QueryParams(scope["query_string"]).get("token")
        if scope["path"] == "/" and scope["method"] in READING and token is not None:
            return self._swapped(token)
        who = self.gate.person(headers)
        if who is None:
            raise RefusedError(
                403, "Open the link that `labelaudit review` printed; each link works once, in one browser."
            )
        if scope["path"] != "/" and headers.get("sec-fetch-site", "none") not in OWN_SITE:
            raise RefusedError(403, "The request comes from another site.")
        scope["labelaudit.who"] = who
        if scope["path"] not in QUIET:
            self.gate.last_use = self.gate.clock()
        if scope["method"] in READING:
            return self.app
        _refuse_foreign(headers, host)
        return _with_body(self.app, await _body(headers, receive))

    def _host(self, headers: Headers) -> str:
        named = headers.getlist("host")
        if len(named) != 1 or named[0] not in self.gate.hosts:
            raise RefusedError(403, f"The server is known as {' and '.join(self.gate.hosts)} only.")
        return named[0]

    def _swapped(self, token: str) -> Response:
        cookie = self.gate.swap(token)
        if cookie is None:
            raise RefusedError(403, "The link was used already, or is of another run. Start `labelaudit review` again.")
        self.gate.last_use = self.gate.clock()
        response = RedirectResponse("/", 303)
        response.set_cookie(self.gate.cookie_name, cookie, httponly=True, samesite="strict")
        return response


def _refuse_foreign(headers: Headers, host: str) -> None:
    """Raises RefusedError for a change that our own page did not ask for."""
    if headers.getlist("origin") != [f"http://{host}"]:
        raise RefusedError(403, "The Origin is not that of the page.")
    if headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
        raise RefusedError(415, "Expected application/json.")


async def _body(headers: Headers, receive: Receive) -> bytes:
    """The whole body; raises RefusedError for one that is too large, by its stated length or by what comes."""
    length = headers.get("content-length", "0")
    too_large = RefusedError(413, f"Expected at most {LARGEST_BODY:,} bytes.")
    if not length.isdecimal() or int(length) > LARGEST_BODY:
        raise too_large
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            raise RefusedError(400, "The request was cut off.")
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > LARGEST_BODY:
            raise too_large
    return body


def _with_body(app: ASGIApp, body: bytes) -> ASGIApp:
    """The application, with a body that was read already."""

    async def replayed(scope: Scope, receive: Receive, send: Send) -> None:
        waiting = [{"type": "http.request", "body": body, "more_body": False}]

        async def first() -> Message:
            return waiting.pop() if waiting else await receive()

        await app(scope, first, send)

    return replayed
