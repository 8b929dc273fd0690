"""A file's own encoding, to go from its bytes to UTF-8 text and back without loss."""

from __future__ import annotations

import codecs
import contextlib
from dataclasses import dataclass

from labelaudit.errors import InputError

UTF8 = ("utf-8", "utf-8-sig")  # such text is never decoded: its mark is part of it
MARKED = {
    "utf-16": ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"), (b"", "utf-16-le")),
    "utf-32": ((codecs.BOM_UTF32_LE, "utf-32-le"), (codecs.BOM_UTF32_BE, "utf-32-be"), (b"", "utf-32-le")),
}


@dataclass(frozen=True)
class Charset:
    """A codec, and the mark that stands before the text."""

    codec: str
    mark: bytes = b""

    def encode(self, text: bytes) -> bytes:
        """UTF-8 text in this charset; raises UnicodeEncodeError for a character that it does not have."""
        return text if self.codec in UTF8 else self.mark + text.decode().encode(self.codec)

    def decode(self, content: bytes) -> bytes:
        """The text as UTF-8."""
        if self.codec in UTF8:
            return content
        return content[len(self.mark) :].decode(self.codec).encode()


def charset_of(content: bytes, text: bytes, codec: str, name: str) -> Charset:
    """The charset that makes exactly this content of this UTF-8 text.

    Raises InputError if the codec does not: bytes that nobody wants changed would then be written differently.
    """
    for mark, exact in (*MARKED.get(codec, ()), (b"", codec)):
        found = Charset(exact, mark)
        with contextlib.suppress(UnicodeError):
            if content.startswith(mark) and found.encode(text) == content:
                return found
    raise InputError(
        f"{name}: its text in {codec}, decoded and encoded again, gives other bytes, so that no copy can keep them. "
        "Convert the file to UTF-8, and audit that one."
    )


def encoded(text: bytes, charset: Charset) -> bytes:
    """The text in the file's charset; raises InputError for a label that it cannot hold."""
    try:
        content = charset.encode(text)
    except UnicodeEncodeError as error:
        bad = error.object[error.start : error.end]
        raise InputError(
            f"a new label has the character {bad!r}, which {charset.codec} cannot write. Choose another label, or "
            "convert the file to UTF-8 and audit that one."
        ) from None
    if charset.decode(content) != text:
        raise InputError(f"the new labels do not come back from {charset.codec} as they are. Choose others.")
    return content
