"""What configuration makes of the options."""

from __future__ import annotations

import json

import pytest


@pytest.fixture
def in_force(call, folder, monkeypatch):
    """The options in force for a command: value and source."""

    def listed(command: str = "audit", *arguments: str) -> dict[str, tuple[object, str]]:
        code, out, err = call("config", command, "-f", "json", *arguments)
        assert (code, err) == (0, "")
        return {s["option"]: (s["value"], s["source"]) for s in json.loads(out)["settings"]}

    return listed


@pytest.fixture
def refused(call, folder):
    """What `audit` says of a labelaudit.toml that it refuses."""

    def said(text: str) -> str:
        (folder / "labelaudit.toml").write_text(text)
        code, out, err = call("audit", "train.csv")
        assert (code, out) == (2, "")
        return err

    return said
