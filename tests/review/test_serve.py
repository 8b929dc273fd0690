from __future__ import annotations

import socket

import pytest

from labelaudit.errors import UsageError
from labelaudit.review.app import create_app
from labelaudit.review.security import Gate
from labelaudit.review.serve import LOCAL, listening, serve


def test_only_this_machine_reaches_the_socket():
    with listening() as sock:
        assert sock.getsockname()[0] == LOCAL == "127.0.0.1"
        assert sock.getsockname()[1] > 0


def test_a_port_in_use_is_refused():
    with listening() as sock, pytest.raises(UsageError, match=r"port \d+ cannot be had: Address already in use"):
        listening(sock.getsockname()[1])


def test_a_server_that_nobody_uses_ends(site):
    with listening() as sock:
        gate = Gate(sock.getsockname()[1])
        app = create_app(site.session, site.explainer, gate)
        assert serve(app, gate, sock, idle_minutes=0.001)
    with pytest.raises(OSError, match="refused"):
        socket.create_connection((LOCAL, gate.port)).close()
