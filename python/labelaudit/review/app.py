"""The routes: the page's files, and what the page asks and tells."""

from __future__ import annotations

import json
from dataclasses import asdict
from importlib.resources import files
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from labelaudit.decisions.decision import Decision
from labelaudit.decisions.exchange import WRITERS
from labelaudit.errors import LabelauditError, OutputError, UsageError
from labelaudit.jsontext import dumps, finite
from labelaudit.review.explainer import Explainer
from labelaudit.review.security import Gate, Security
from labelaudit.review.session import ConflictError, Filter, Session

MOST_ROWS = 10_000  # row numbers in one answer: more than anybody steps through
FIELDS = {"row": int, "decision": str, "label": str, "note": str, "seen": int}  # of a decision that is posted
SCRIPTS = ("api", "decide", "relabel", "review", "row", "show", "state")
STATIC = {
    "index.html": "text/html",
    "review.css": "text/css",
    "icon.svg": "image/svg+xml",
    **dict.fromkeys((f"{name}.js" for name in SCRIPTS), "text/javascript"),
}


def create_app(session: Session, explainer: Explainer, gate: Gate) -> Starlette:
    """The application behind its security layer."""
    api = Api(session, explainer, gate)
    routes = [
        Route("/", page("index.html")),
        *(Route(f"/static/{name}", page(name)) for name in STATIC if name != "index.html"),
        Route("/api/session", api.session),
        Route("/api/rows", api.rows),
        Route("/api/rows/{row:int}", api.row),
        Route("/api/rows/{row:int}/explanation", api.explanation),
        Route("/api/changes", api.changes),
        Route("/api/decisions", api.decide, methods=["POST"]),
        Route("/api/links", api.link, methods=["POST"]),
        Route("/api/export/decisions.{form}", api.export),
    ]
    handlers: dict[Any, Any] = {LabelauditError: _error, ConflictError: _error, HTTPException: _http_error}
    return Starlette(routes=routes, middleware=[Middleware(Security, gate=gate)], exception_handlers=handlers)


def page(name: str) -> Any:
    """The endpoint of a file of the package."""
    content = (files("labelaudit.review") / "static" / name).read_bytes()

    def endpoint(request: Request) -> Response:
        return Response(content, media_type=STATIC[name])

    return endpoint


class Api:
    """What the page asks, as endpoints; each answers with JSON."""

    def __init__(self, session: Session, explainer: Explainer, gate: Gate) -> None:
        self._session = session
        self._explainer = explainer
        self._gate = gate

    def session(self, request: Request) -> Response:
        """The audit, the classes, who is deciding, and how far all have come."""
        audit = self._session.suspects.audit
        return _json(
            {
                "label": audit.summary["label"],
                "sources": [source["path"] for source in audit.record["sources"]],
                "rows": len(audit.ranking),
                "columns": self._session.suspects.columns,
                "classes": self._session.classes(),
                "who": _who(request),
                "decisions_file": str(self._session.store.path),
                "decisions": self._session.since(0)[1],
                "progress": self._session.progress(),
            }
        )

    def rows(self, request: Request) -> Response:
        """The rows that fit a filter, by number; `total` counts those beyond the first 10,000 too."""
        asked = request.query_params
        known = {name: asked[name] for name in ("scope", "state", "given", "predicted", "search") if name in asked}
        rows = self._session.queue(Filter(**known))  # type: ignore[arg-type]
        return _json({"rows": rows[:MOST_ROWS].tolist(), "total": len(rows)})

    def row(self, request: Request) -> Response:
        """A row: its line of the ranking, its cells, and what was decided on it."""
        row = request.path_params["row"]
        suspects = self._session.suspects
        finding = finite(asdict(suspects.finding(row)))
        history = [_told(d) for d in self._session.history(row)]
        cells = [{"column": name, "value": cell} for name, cell in suspects.cells_of(row).items()]
        return _json({"finding": finding, "cells": cells, "history": history})

    def explanation(self, request: Request) -> Response:
        """The explanation of a row as `explain -f json` has it; 202 while the model is still being read."""
        row = request.path_params["row"]
        self._session.suspects.finding(row)
        found = self._explainer.explanation(row)
        if found is None:
            return _json({"loading": True}, 202)
        return Response(found, media_type="application/json")

    def changes(self, request: Request) -> Response:
        """What was decided after the first `since` decisions, by whomever."""
        since = request.query_params.get("since", "0")
        if not since.isdecimal():
            raise UsageError(f"since: expected a whole number, got {since!r}.")
        found, number = self._session.since(int(since))
        changes = [{"row": row, **_told(decision)} for row, decision in found]
        return _json({"changes": changes, "decisions": number, "progress": self._session.progress()})

    async def decide(self, request: Request) -> Response:
        """Appends a decision; 409 where `seen` tells that somebody else was quicker."""
        given = _fields(await request.body())
        row, word = given.pop("row"), given.pop("decision")
        decision = await run_in_threadpool(self._session.decide, row, word, who=_who(request), **given)
        history = await run_in_threadpool(self._session.history, row)
        progress = await run_in_threadpool(self._session.progress)
        return _json({"decision": _told(decision), "history": [_told(d) for d in history], "progress": progress})

    async def link(self, request: Request) -> Response:
        """A link for another browser or person."""
        who = _object(await request.body()).get("who")
        if not isinstance(who, str) or not who.strip() or len(who) > 100:
            raise UsageError("who: expected a name of 1 to 100 characters.")
        return _json({"link": self._gate.link(who.strip())})

    def export(self, request: Request) -> Response:
        """The present decisions as a file to keep."""
        form = f".{request.path_params['form']}"
        if form not in WRITERS:
            raise HTTPException(404)
        content = WRITERS[form](self._session.store.current()).encode()
        name = {"Content-Disposition": f'attachment; filename="decisions{form}"'}
        return Response(content, media_type="application/octet-stream", headers=name)


def _who(request: Request) -> str:
    who: str = request.scope["labelaudit.who"]
    return who


def _told(decision: Decision) -> dict[str, Any]:
    return {name: getattr(decision, name) for name in ("decision", "label", "note", "who", "when")}


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"the request is no JSON: {error}.") from None
    if not isinstance(found, dict):
        raise UsageError("expected an object.")
    return found


def _fields(body: bytes) -> dict[str, Any]:
    found = _object(body)
    for name, value in found.items():
        if name not in FIELDS:
            raise UsageError(f"a decision has no field {name!r}.")
        if type(value) is not FIELDS[name]:
            raise UsageError(f"{name}: expected {FIELDS[name].__name__}, got {value!r}.")
    for name in ("row", "decision"):
        if name not in found:
            raise UsageError(f"there is no field {name!r}.")
    return found


def _json(value: Any, status: int = 200) -> Response:
    return Response(dumps(value), status, media_type="application/json")


def _error(request: Request, error: Exception) -> Response:
    status = {UsageError: 422, ConflictError: 409, OutputError: 503}.get(type(error), 500)
    return _json({"error": str(error)}, status)


def _http_error(request: Request, error: HTTPException) -> Response:
    return _json({"error": error.detail}, error.status_code)
