from __future__ import annotations

import contextlib
import http.client
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import labelaudit
from labelaudit.audits.result import Audit
from labelaudit.decisions.store import DecisionStore
from labelaudit.explanations.explain import model_of
from labelaudit.review.app import create_app
from labelaudit.review.explainer import Explainer
from labelaudit.review.security import Gate
from labelaudit.review.serve import listening, server_of
from labelaudit.review.session import Session
from labelaudit.review.suspects import read_suspects
from sample_data import QUICK, csv_text, sample_rows


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Client:
    """A browser as far as the server can tell: it keeps a cookie, and says where a request comes from."""

    port: int
    cookie: str | None = None

    def ask(
        self, path: str, method: str = "GET", body: bytes | None = None, headers: dict[str, str | None] | None = None
    ) -> Answer:
        """One request; a header that is None is left out."""
        own = {"Host": f"127.0.0.1:{self.port}", **({} if self.cookie is None else {"Cookie": self.cookie})}
        if method != "GET":
            own |= {"Origin": f"http://127.0.0.1:{self.port}", "Content-Type": "application/json"}
        sent = {name: value for name, value in {**own, **(headers or {})}.items() if value is not None}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.putrequest(method, path, skip_host=True)
            for name, value in sent.items():
                connection.putheader(name, value)
            if body is not None and "Transfer-Encoding" not in sent and "Content-Length" not in sent:
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            found = connection.getresponse()
            return Answer(found.status, {k.lower(): v for k, v in found.getheaders()}, found.read())
        finally:
            connection.close()

    def tell(self, path: str, value: Any, **options: Any) -> Answer:
        return self.ask(path, "POST", json.dumps(value).encode(), **options)

    def decide(self, row: int, decision: str, **fields: Any) -> Answer:
        return self.tell("/api/decisions", {"row": row, "decision": decision, **fields})

    def enter(self, link: str) -> Client:
        """Follows the link, and keeps the cookie."""
        found = self.ask(link.split(str(self.port), 1)[1])
        assert found.status == 303, found
        self.cookie = found.headers["set-cookie"].split(";")[0]
        return self


@dataclass
class Site:
    """A server that runs, with what is behind it."""

    session: Session
    gate: Gate
    explainer: Explainer

    @property
    def port(self) -> int:
        return self.gate.port

    @property
    def decisions(self) -> Path:
        return self.session.store.path

    def client(self) -> Client:
        """A browser that nobody let in."""
        return Client(self.port)

    def person(self, name: str = "ann") -> Client:
        """A browser that somebody was let in with."""
        return self.client().enter(self.gate.link(name))


@contextlib.contextmanager
def serving(audit: Audit, decisions: Path) -> Iterator[Site]:
    """Serves the review of an audit in a thread."""
    with DecisionStore(decisions) as store, listening() as sock:
        gate = Gate(sock.getsockname()[1])
        session = Session(read_suspects(audit), store)
        explainer = Explainer(lambda: model_of(audit))
        explainer.start()
        server = server_of(create_app(session, explainer, gate))
        thread = threading.Thread(target=server.run, args=([sock],))
        thread.start()
        try:
            yield Site(session, gate, explainer)
        finally:
            server.should_exit = True
            thread.join()
            explainer.wait()


@pytest.fixture(scope="session")
def sample_audit(tmp_path_factory: pytest.TempPathFactory) -> Audit:
    """An audit of sample rows."""
    path = tmp_path_factory.mktemp("data") / "train.csv"
    path.write_text(csv_text(sample_rows()))
    return labelaudit.audit(path, "label", id="key", **QUICK)


@pytest.fixture
def audit_of(tmp_path: Path) -> Callable[[list[list[str]]], Audit]:
    """An audit of rows in train.csv of the test's folder."""

    def of(rows: list[list[str]]) -> Audit:
        path = tmp_path / "train.csv"
        path.write_text(csv_text(rows))
        return labelaudit.audit(path, "label", id="key", **QUICK)

    return of


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Site]]:
    """Serves the review of an audit, until the test is over."""
    with contextlib.ExitStack() as sites:
        yield lambda audit, path=None: sites.enter_context(serving(audit, path or tmp_path / "decisions.sqlite"))


@pytest.fixture
def site(serve: Callable[..., Site], sample_audit: Audit) -> Site:
    """A server with the review of sample rows."""
    return serve(sample_audit)


@pytest.fixture(scope="session")
def quiet_site(sample_audit: Audit, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The same, for tests in which nothing is decided."""
    with serving(sample_audit, tmp_path_factory.mktemp("quiet") / "decisions.sqlite") as site:
        yield site
