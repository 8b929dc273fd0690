"""A headless Chromium driven by the DevTools protocol: as much of it as the tests of our pages need."""

from __future__ import annotations

import base64
import contextlib
import json
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")
CODES = {"Enter": 13, "Escape": 27, "ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40}
SECONDS = 30  # until what is waited for must have come; a guess at the slowest machine


class Browser:
    """One page in a browser of its own."""

    def __init__(self, socket: Any) -> None:
        self._socket = socket
        self._events: list[dict[str, Any]] = []
        self._number = 0
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.command(f"{domain}.enable")

    def command(self, method: str, **values: Any) -> dict[str, Any]:
        """The result of a command of the protocol."""
        self._number += 1
        self._socket.send(json.dumps({"id": self._number, "method": method, "params": values}))
        while True:
            told = json.loads(self._socket.recv(timeout=SECONDS))
            if told.get("id") == self._number:
                assert "error" not in told, told
                return dict(told["result"])
            self._events.append(told)

    def run(self, script: str) -> Any:
        """The value of an expression in the page."""
        told = self.command("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in told, told
        return told["result"].get("value")

    def until(self, script: str) -> None:
        """Waits until the expression is true."""
        _awaited(lambda: self.run(script), script)

    def open(self, url: str) -> None:
        """Goes to a page."""
        self.command("Page.navigate", url=url)

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
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 500
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.command("Emulation.setEmulatedMedia", features=[scheme])

    def picture(self) -> bytes:
        """What the window shows, as PNG."""
        return base64.b64decode(self.command("Page.captureScreenshot", format="png")["data"])

    def requests(self) -> list[str]:
        """Every address that was asked for."""
        self.run("0")
        return [e["params"]["request"]["url"] for e in self._events if e["method"] == "Network.requestWillBeSent"]

    def complaints(self) -> list[dict[str, Any]]:
        """What the console holds."""
        self.run("0")
        kinds = ("Log.entryAdded", "Runtime.exceptionThrown", "Runtime.consoleAPICalled")
        return [e for e in self._events if e["method"] in kinds]


@contextlib.contextmanager
def browser_in(folder: Path) -> Iterator[Browser]:
    """A browser that keeps its files in this folder; skips the test where none is installed."""
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        pytest.skip(f"no browser: none of {', '.join(NAMES)} is installed")
    from websockets.sync.client import connect

    options = ["--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0", "--no-first-run"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen([program, *options, f"--user-data-dir={folder}", "about:blank"], **quiet) as process:
        try:
            with connect(_address(folder / "DevToolsActivePort"), max_size=None) as socket:
                yield Browser(socket)
        finally:
            process.terminate()


def _address(file: Path) -> str:
    """Where the browser's page listens, by the file that it writes when it is ready."""
    port = _awaited(lambda: file.read_text().split("\n")[0] if file.exists() else "")
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/json") as answer:
        return next(str(each["webSocketDebuggerUrl"]) for each in json.load(answer) if each["type"] == "page")


def _awaited(get: Callable[[], Any], what: str = "the browser") -> Any:
    end = time.monotonic() + SECONDS
    while not (found := get()):
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.02)
    return found
