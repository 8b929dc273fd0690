"""Texts that mean something somewhere: in a terminal, XML, HTML, Markdown, JSON, a URI or a workflow command."""

from __future__ import annotations

from handmade import checked, handmade
from labelaudit.checks.result import Check, Limits
from labelaudit.jsontext import is_unsafe

HOSTILE = (
    "\x1b[31mred\x1b[0m\x07\x00\x08\x7f\x9b",
    "\u202egnp.exe\u2066\u200f\u2028\u2029\ufffe\ue000\U000e0001",
    "line\r\nbreak\n::error::owned",
    '"><script>alert(1)</script><!-- ]]> <![CDATA[ &amp; \' x="y" -->',
    "a|b\\|c`d``e*_[x](http://evil)<b>@all #1 ~~~",
    "::warning file=x,line=1::%0A%25,a:b",
    "{0} [link](1) \\[x\\] {{}}",
    "</testcase><testcase name='x'/>",
    "x" * 500,
    " ",
)
FILES = ("a b,c:d%0A.csv", "<x>&\"'|`.csv", "\u202egnp\n\x1b.csv", "ü/\udcff.csv")


def hostile_check(text: str, path: str = "train.csv", limits: Limits | None = None) -> Check:
    """Two issues whose labels, ids and id column hold the text."""
    audit = handmade((text, text + "2", text + "3"), ids={text: [text, text, "", "x"]})
    return checked(audit, sources=[path], limits=limits or Limits(max_issues=0))


def assert_safe(output: str) -> None:
    """Nothing in the output acts on a terminal, and it can be written as UTF-8."""
    assert not [c for c in output if c != "\n" and is_unsafe(c)]
    output.encode()
