"""A headless Chromium that tests talk to over a pipe (the DevTools protocol); without one they are skipped."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import select
import shutil
import subprocess
import time
from collections.abc import Iterator
from tempfile import TemporaryDirectory
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")
CODES = {"Tab": 9, "Enter": 13, "Escape": 27, "ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40}
SECONDS = 60  # until what is waited for must have come; a guess at the slowest machine
OPTIONS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run")
NO_NETWORK = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"


class Page:
    """One page in a browser of its own; it keeps what was asked for and complained of since it was last opened."""

    def __init__(self, reading: int, writing: int) -> None:
        self._reading, self._writing, self._rest, self._number = reading, writing, b"", 0
        self._session: dict[str, str] = {}
        self._complaints: list[str] = []
        self._requests: list[str] = []
        target = self.command("Target.createTarget", url="about:blank")["targetId"]
        answer = self.command("Target.attachToTarget", targetId=target, flatten=True)
        self._session = {"sessionId": answer["sessionId"]}
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.command(f"{domain}.enable")

    def command(self, method: str, **values: Any) -> dict[str, Any]:
        """The result of a command of the protocol."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": values, **self._session}
        os.write(self._writing, json.dumps(message).encode() + b"\0")
        while True:
            told = self._next()
            if told.get("id") == self._number:
                assert "error" not in told, told
                return dict(told["result"])
            self._keep(told)

    def open(self, url: str) -> None:
        """Goes to a page."""
        self._complaints.clear()
        self._requests.clear()
        self.command("Page.navigate", url=url)

    def run(self, script: str) -> Any:
        """The value of an expression; promises are waited for."""
        told = self.command("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in told, told
        return told["result"].get("value")

    def until(self, script: str) -> None:
        """Waits until the expression is true."""
        end = time.monotonic() + SECONDS
        while not self.run(script):
            assert time.monotonic() < end, f"waited in vain for {script}; complaints: {self._complaints}"
            time.sleep(0.02)

    def press(self, *keys: str) -> None:
        """Keys one after the other, as a keyboard sends them."""
        for key in keys:
            text = {"Enter": "\r"}.get(key, key if len(key) == 1 else "")
            values = {"key": key, "windowsVirtualKeyCode": CODES.get(key, 0)}
            self.command("Input.dispatchKeyEvent", type="keyDown", **values, **({"text": text} if text else {}))
            self.command("Input.dispatchKeyEvent", type="keyUp", **values)

    def size(self, width: int, height: int = 900, *, dark: bool = False) -> None:
        """The window, and whether its colours are dark."""
        self.command(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.command("Emulation.setEmulatedMedia", features=[scheme])

    def overflow(self) -> int:
        """By how many pixels the page is wider than its window."""
        wide = self.run("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        return int(wide)

    def picture(self) -> bytes:
        """What the window shows, as PNG."""
        return base64.b64decode(self.command("Page.captureScreenshot", format="png")["data"])

    def requests(self) -> list[str]:
        """Every address that was asked for."""
        self.run("0")
        return list(self._requests)

    def complaints(self) -> list[str]:
        """What the console and the log hold, exceptions, and dialogs."""
        self.run("0")
        return list(self._complaints)

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            assert select.select([self._reading], [], [], SECONDS)[0], "the browser does not answer"
            part = os.read(self._reading, 1 << 20)
            assert part, "the browser has gone"
            self._rest += part
        message, self._rest = self._rest.split(b"\0", 1)
        return dict(json.loads(message))

    def _keep(self, told: dict[str, Any]) -> None:
        method, what = told.get("method"), told.get("params", {})
        if method == "Network.requestWillBeSent":
            self._requests.append(what["request"]["url"])
        elif method == "Runtime.exceptionThrown":
            self._complaints.append(f"exception: {what['exceptionDetails']}")
        elif method == "Runtime.consoleAPICalled":
            self._complaints.append(f"{what['type']}: {[a.get('value') for a in what['args']]}")
        elif method == "Log.entryAdded":
            self._complaints.append(f"{what['entry']['level']}: {what['entry']['text']}")
        elif method == "Page.javascriptDialogOpening":
            self._complaints.append(f"dialog: {what['message']}")


@contextlib.contextmanager
def opened_browser() -> Iterator[Page]:
    """A page in a browser that reaches no other machine."""
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        pytest.skip(f"no browser: none of {', '.join(NAMES)} is installed")
    to_browser, writing = os.pipe()
    reading, from_browser = os.pipe()
    with TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        # the shell moves the pipes to where the browser expects them; it ends when they are closed
        start = f'exec "$0" "$@" 3<&{to_browser} 4>&{from_browser}'
        options = [*OPTIONS, NO_NETWORK, "--remote-debugging-pipe", f"--user-data-dir={profile}"]
        # a sanitizer that is preloaded for the extension is not the browser's
        own = {name: value for name, value in os.environ.items() if name != "LD_PRELOAD"}
        quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "env": own}
        process = subprocess.Popen(
            ["bash", "-c", start, program, *options], pass_fds=(to_browser, from_browser), **quiet
        )
        os.close(to_browser)
        os.close(from_browser)
        try:
            yield Page(reading, writing)
        finally:
            os.close(writing)
            os.close(reading)
            process.terminate()
            process.wait(SECONDS)
