"""Documents whose steps are run in their order: Python, commands and files, beside what they are said to print."""

from __future__ import annotations

import contextlib
import io
import re
import shlex
import subprocess
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

Call = Callable[[list[str]], tuple[int, str]]  # a command's exit code and all that it printed


def steps(text: str) -> Iterator[tuple[str, str]]:
    """The blocks of code: language and content."""
    yield from re.findall(r"^```(\w+)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def printed(text: str, call: Call) -> Iterator[tuple[str, str, str]]:
    """Runs a document in the working folder; of every step what it is, what it printed, and what the document says."""
    names: dict[str, object] = {"__name__": "document"}
    blocks = [*steps(text), ("end", "")]
    for (language, content), (following, said) in pairwise(blocks):
        if language == "python":
            stdout = io.StringIO()
            with contextlib.redirect_stdout(stdout):
                exec(compile(content, "document", "exec"), names)
            yield content, stdout.getvalue(), said if following == "text" else ""
        elif language == "toml":
            Path(content.splitlines()[0].removeprefix("# ")).write_text(content)
        elif language == "console":
            yield from _console(content, call)


def _console(content: str, call: Call) -> Iterator[tuple[str, str, str]]:
    code = 0
    for part in re.split(r"^\$ ", content, flags=re.MULTILINE)[1:]:
        line, _, said = part.partition("\n")
        words = shlex.split(line, comments=True)
        if words == ["echo", "$?"]:
            yield line, f"{code}\n", said
            continue
        if words[0] == "labelaudit":
            code, out = call(words[1:])
        else:
            done = subprocess.run(words, capture_output=True, check=False)
            code, out = done.returncode, (done.stdout + done.stderr).decode()
        yield line, out, said


def agrees(out: str, said: str) -> bool:
    """Whether the output is what is said; a line `...` stands for any lines."""
    parts = [re.escape(part) for part in re.split(r"^\.\.\.\n", said, flags=re.MULTILINE)]
    return re.fullmatch("(?:.*\n)*?".join(parts), out) is not None
