"""Files of the test cases with faults put in by chance: bytes, lengths, parts of archives, tags and numbers of XML, lines and cells of text.

The same seed gives the same file. Belongs here: making them. Does not belong here: what comes of reading them.
"""

from __future__ import annotations

import io
import random
import re
import zipfile
import zlib
from collections.abc import Callable, Sequence

_TAG = re.compile(rb"<[^<>]{1,200}>")
_NUMBER = re.compile(rb"[0-9]+")
_ATTRIBUTE = re.compile(rb' ([\w:]+)="([^"]*)"')
_NUMBERS = (b"0", b"-1", b"1", b"65536", b"1048577", b"2147483648", b"4294967295", b"99999999999999999999", b"1e308", b"NaN")
_TEXTS = (
    b"",
    b"\x00",
    b"\xff\xfe",
    b"A1:XFD1048576",
    b"XFD1048576",
    b"&#0;",
    b"&lol;",
    b"\xc3\x28",
    b"9" * 400,
    b"inlineStr",
    b"s",
    b"e",
)

Mutation = Callable[[bytes, random.Random], bytes]


def _span(data: bytes, chance: random.Random, longest: int = 64) -> tuple[int, int]:
    start = chance.randrange(len(data) + 1)
    return start, min(len(data), start + chance.randrange(1, longest))


def flip(data: bytes, chance: random.Random) -> bytes:
    """Some bytes are others."""
    out = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 8, 64))):
        if out:
            out[chance.randrange(len(out))] = chance.choice((0, 0xFF, 0x7F, 0x80, chance.randrange(256)))
    return bytes(out)


def cut(data: bytes, chance: random.Random) -> bytes:
    """The end is missing."""
    return data[: chance.randrange(len(data) + 1)]


def drop(data: bytes, chance: random.Random) -> bytes:
    """A piece is missing."""
    start, end = _span(data, chance, 512)
    return data[:start] + data[end:]


def repeat(data: bytes, chance: random.Random) -> bytes:
    """A piece is there again and again."""
    start, end = _span(data, chance)
    return data[:end] + data[start:end] * chance.choice((1, 2, 100, 3000)) + data[end:]


def number(data: bytes, chance: random.Random) -> bytes:
    """A number is one that nobody reckons with."""
    found = list(_NUMBER.finditer(data))
    if not found:
        return data
    place = chance.choice(found)
    return data[: place.start()] + chance.choice(_NUMBERS) + data[place.end() :]


def text(data: bytes, chance: random.Random) -> bytes:
    """Something stands where it should not."""
    start, _ = _span(data, chance)
    return data[:start] + chance.choice(_TEXTS) + data[start:]


def tag(data: bytes, chance: random.Random) -> bytes:
    """A tag is missing, there twice, or where another was."""
    found = list(_TAG.finditer(data))
    if len(found) < 2:
        return data
    first, second = sorted(chance.sample(found, 2), key=lambda match: match.start())
    before, between, after = data[: first.start()], data[first.end() : second.start()], data[second.end() :]
    made = chance.choice((b"", first.group() * 2, second.group(), first.group() * 500))
    return before + made + between + chance.choice((second.group(), first.group(), b"")) + after


def attribute(data: bytes, chance: random.Random) -> bytes:
    """An attribute says something else."""
    found = list(_ATTRIBUTE.finditer(data))
    if not found:
        return data
    place = chance.choice(found)
    value = chance.choice((*_NUMBERS, *_TEXTS)).replace(b'"', b"")
    return data[: place.start(2)] + value + data[place.end(2) :]


def line(data: bytes, chance: random.Random) -> bytes:
    """Lines in another order, doubled, joined or with other separators."""
    lines = data.split(b"\n")
    at, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    kind = chance.randrange(5)
    if kind == 0:
        lines[at], lines[other] = lines[other], lines[at]
    elif kind == 1:
        lines.insert(other, lines[at])
    elif kind == 2:
        lines[at] = lines[at].replace(b";", chance.choice((b",", b"\t", b"|", b'";"', b";;", b"")))
    elif kind == 3:
        lines[at] = b'"' + lines[at]
    else:
        lines[at] = lines[at] * chance.choice((2, 50))
    return b"\n".join(lines)


def part(data: bytes, chance: random.Random) -> bytes:
    """A part of an archive is changed, missing, there twice or under another name; any other file as `flip`."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = [(entry.filename, archive.read(entry)) for entry in archive.infolist()]
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, RuntimeError):
        return flip(data, chance)
    if not parts:
        return data
    at = chance.randrange(len(parts))
    name, content = parts[at]
    kind = chance.randrange(8)
    if kind == 0:
        del parts[at]
    elif kind == 1:
        parts[at] = (chance.choice((name.upper(), f"../{name}", f"/{name}", name[:-1], "content.xml")), content)
    elif kind == 2:
        parts[at] = (name, chance.choice([other for _, other in parts]))
    else:
        for _ in range(chance.choice((1, 1, 2, 5))):
            content = chance.choice(IN_XML)(content, chance)
        parts[at] = (name, content)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for entry, changed in parts:
            archive.writestr(entry, changed)
    return out.getvalue()


IN_XML: Sequence[Mutation] = (tag, attribute, attribute, number, text, flip, drop, repeat, cut)
IN_BYTES: Sequence[Mutation] = (flip, cut, drop, repeat, text)
IN_TEXT: Sequence[Mutation] = (line, line, number, text, flip, drop, repeat, cut)


def mutated(data: bytes, seed: int) -> bytes:
    """A file with a few faults. Archives are mostly changed within their parts, compound files in their bytes, texts in their lines."""
    chance = random.Random(seed)
    if data.startswith(b"PK"):
        kinds: Sequence[Mutation] = (part, part, part, part, *IN_BYTES)
    else:
        kinds = IN_BYTES if data.startswith(b"\xd0\xcf") else IN_TEXT
    for _ in range(chance.choice((1, 1, 2, 4))):
        data = chance.choice(kinds)(data, chance)
    return data
