"""Damages of whole files, and all damages together."""

from __future__ import annotations

import bz2
import gzip
import lzma
import random
from collections.abc import Iterator
from dataclasses import replace

from pollution.cell_damages import Damage, damaged, of_a_cell, of_a_record, of_every_cell
from pollution.tables import Written

MARK = "\ufeff"


def damages(file: Written, draw: random.Random) -> Iterator[Damage]:
    """All damages of a file; cells, rows and places are drawn."""
    for _ in range(7):
        yield from of_a_cell(file, draw)
        yield from of_a_record(file, draw)
    yield from cuts(file, draw)
    yield from of_marks_and_line_ends(file, draw)
    yield from of_encodings(file, draw)
    yield from of_headers_and_footers(file, draw)
    yield from of_every_cell(file)
    yield from of_compression(file, draw)


def cuts(file: Written, draw: random.Random) -> Iterator[Damage]:
    data = file.text.encode()
    for _ in range(25):
        at = draw.randint(len(file.text) // 4, len(data) - 1)
        kind = "cut at a line end" if data[at - 1 : at] == b"\n" else "cut"
        last = data[:at].count(b"\n") + 1
        yield Damage(kind, data[:at], range(max(1, last - 3), last + 1))
        end = min(len(data), at + draw.randint(1, 300))
        yield Damage(
            "lost block", data[: at - 200] + data[end:], range(max(1, data[: at - 200].count(b"\n") - 3), last + 9)
        )
        yield Damage("lost start", data[len(data) - at :], None)
    for i in (3, 60, 129):
        yield damaged("cut at a line end", replace(file, records=file.records[:i]).text)
        yield damaged("lost line", replace(file, records=(*file.records[:i], *file.records[i + 1 :])).text)
        yield damaged("doubled line", replace(file, records=(*file.records[:i], *file.records[i - 1 :])).text)


def of_marks_and_line_ends(file: Written, draw: random.Random) -> Iterator[Damage]:
    text = file.text
    yield damaged("mark", MARK + text)
    yield damaged("two marks", MARK + MARK + text, range(1, 2))
    yield Damage("mark of UTF-16", b"\xff\xfe" + text.encode())
    for i in (1, 40, 129):
        before = replace(file, records=file.records[:i]).text
        yield damaged("mark at a line", before + MARK + text[len(before) :], file.lines(i))
    for end in ("\r", "\n\r", "\r\r\n", "\x85", "\u2028", "\x0b", "\x0c", "\x1e", "\0", " ", ""):
        yield damaged(f"line ends {end!r}", replace(file, end=end).text, range(1, 4))
    for end in ("\n", "\r\n", "\n\n", "\r\n\r\n", " \n", "\t\n", file.delimiter + "\n"):
        yield damaged(f"line ends {end!r}", replace(file, end=end).text, range(1, 4))
    yield damaged("backslash at line ends", replace(file, end="\\\n").text)
    yield damaged("all line feeds to CRLF", text.replace("\r\n", "\n").replace("\n", "\r\n"))
    yield damaged("all line feeds to spaces", text.replace("\n", " "), range(1, 4))
    for mark in {",", ";", "\t", "|", ":", " ", "^", "\x1f", "\x01", "，", ", ", ",,"} - {file.delimiter}:
        yield damaged("other delimiters", replace(file, delimiter=mark).text, range(1, 4))
    for i in (0, 1, 77):  # from this record on
        before, after = replace(file, records=file.records[:i]), replace(file, records=file.records[i:])
        for mark in ";|" if file.delimiter == "," else ",|":
            yield damaged(
                "other delimiters from a line on", before.text + replace(after, delimiter=mark).text, file.lines(i)
            )


def of_encodings(file: Written, draw: random.Random) -> Iterator[Damage]:
    text = file.text
    for name in (
        "latin-1",
        "cp1252",
        "cp437",
        "cp037",
        "shift_jis",
        "gb18030",
        "koi8-r",
        "mac-roman",
        "iso2022_jp",
        "iso2022_kr",
    ):
        data = text.encode(name, "replace")
        yield Damage(
            "lost letters" if data.isascii() and b"\x1b" not in data else f"encoding {name}", data, bad_lines(data)
        )
    for name in ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-7", "hz"):
        yield Damage(f"encoding {name}", text.encode(name, "replace"))
    yield damaged("encoded twice", text.encode().decode("latin-1"))
    for wrapped in (
        f"<html><pre>\n{text}</pre></html>\n",
        f"<?xml version='1.0'?>\n{text}",
        f'{{"data": "\n{text}"}}',
        f"{{\n{text}}}\n",
    ):
        yield damaged("wrapped in a document", wrapped)
    yield Damage("lost characters", text.encode().decode("ascii", "replace").encode())
    yield damaged("lost letters", text.encode("ascii", "replace").decode())
    for i in (1, 50, 130):
        before = replace(file, records=file.records[:i]).text
        data = before.encode() + text[len(before) :].encode("cp1252", "replace")
        yield Damage("another encoding from a line on", data, bad_lines(data))
        yield Damage(
            "UTF-16 from a line on", before.encode() + text[len(before) :].encode("utf-16-le"), file.lines(i, i + 1)
        )
    for _ in range(8):
        at = draw.randint(1, len(text) - 1)
        data = bytearray(text.encode())
        at = draw.randint(0, len(data) - 1)
        data[at] |= 0x80
        yield Damage("flipped bit", bytes(data), bad_lines(bytes(data)))


def bad_lines(data: bytes) -> range | None:
    """The line of the first byte that is not UTF-8."""
    try:
        data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return range(max(1, line - 1), line + 1)
    return None


def of_headers_and_footers(file: Written, draw: random.Random) -> Iterator[Damage]:
    mark, end, text = file.delimiter, file.end, file.text
    header, width = mark.join(file.records[0]), len(file.records[0])
    titles = [
        "Report",
        "# by me",
        "",
        "sep=" + mark,
        "a" + mark + "b",
        mark * (width - 1),
        "one title" + mark * (width - 1),
    ]
    for title in titles:
        for count in (1, 3):
            yield damaged("preamble", (title + end) * count + text, range(1, count + 3))
    for foot in (
        "-- end",
        "(130 rows affected)",
        "\x1a",
        "EOF",
        "Total" + mark * (width - 1),
        "Total" + mark + "5",
        "```",
    ):
        yield damaged("footer", text + foot + end, range(file.lines(0, 999).stop, file.lines(0, 999).stop + 1))
        yield damaged(
            "footer", text + end + foot + end, range(file.lines(0, 999).stop + 1, file.lines(0, 999).stop + 2)
        )
    for i in (1, 2, 65, len(file.records)):
        before = replace(file, records=file.records[:i]).text
        at = range(file.lines(0, i - 1).stop, file.lines(0, i - 1).stop + 1)
        yield damaged("header again", before + header + end + text[len(before) :], at)
        yield damaged("file again with its mark", before + MARK + header + end + text[len(before) :], at)
        units = mark.join(["cm"] * width)
        yield damaged("second header", before + units + end + text[len(before) :], at)
        yield damaged("second header", before + header.upper() + end + text[len(before) :], at)
    rest = text[len(header + end) :]
    names = list(file.records[0])
    yield damaged("lost header", rest, range(1, 2))
    for kind, changed in {
        "header one short": names[1:],
        "header one short at the end": names[:-1],
        "header one long": [*names, "more"],
        "header of an index": ["", *names],
        "header without a name": ["", *names[1:]],
        "header with one name twice": [names[-1], *names[1:]],
        "header of other names": [f"v{i}" for i in range(width)],
        "header in single quotes": [f"'{name}'" for name in names],
    }.items():
        yield damaged(kind, mark.join(changed) + end + rest, range(1, 3))
    yield damaged("file twice", text + text, range(file.lines(0, 999).stop, file.lines(0, 999).stop + 1))
    yield damaged("rows twice", text + rest)
    for before, after in (("# table\n", "# end\n"), ("```csv\n", "```\n")):
        yield damaged("wrapped", before + text + after, range(1, 3))
    index = "".join(f"{i}{mark}{line}" for i, line in enumerate(text.splitlines(keepends=True)))
    yield damaged("numbered lines", index, None)
    yield damaged("markdown", "".join(f"| {' | '.join(cells)} |\n" for cells in file.records), range(1, 3))
    yield damaged("quoted mail", "".join("> " + line for line in text.splitlines(keepends=True)), range(1, 3))


def of_compression(file: Written, draw: random.Random) -> Iterator[Damage]:
    for name, pack in (("gzip", gzip.compress), ("bzip2", bz2.compress), ("xz", lzma.compress)):
        packed = pack(file.text.encode())
        yield Damage(f"{name}", packed)
        yield Damage(f"{name} and more", packed + b"more")
        yield Damage(f"{name} twice", packed + packed, range(file.lines(0, 999).stop, file.lines(0, 999).stop + 1))
        for _ in range(6):
            at = draw.randint(12, len(packed) - 2)
            yield Damage(f"{name} cut", packed[:at])
            yield Damage(f"{name} flipped", packed[:at] + bytes([packed[at] ^ 0x10]) + packed[at + 1 :])
