"""The one typeface of page, figures and PDF: Source Sans Pro, in two weights, with figures of one width.

Belongs here: where its files are, which characters it has, the part of it that a page carries. Does not belong here: sizes and colours.
The files come with a package from the registry (SIL Open Font License); nothing is looked for on the machine.
"""

from __future__ import annotations

import atexit
import base64
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from html import unescape
from importlib import resources
from io import BytesIO
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

FAMILY = "Source Sans Pro"
FAMILIES = f"{FAMILY}, sans-serif"
"""For style sheets and drawings: what a reader has who opens a drawing alone comes after ours."""


@dataclass(frozen=True)
class Face:
    """A weight (as in style sheets) and its file."""

    weight: int
    file: str


FACES = (Face(400, "SourceSansPro-Regular.ttf"), Face(600, "SourceSansPro-Semibold.ttf"))

_STAND_INS: Mapping[str, str] = {
    "\u2011": "\u2060-\u2060",  # a hyphen that does not break
    "\t": " ",
    "\r": " ",
}
_ALWAYS = frozenset(map(chr, range(32, 127))) | frozenset("\u00a0äöüÄÖÜßé§„“”‘’‚–−…·•±≈×©→²")
"""Characters that every part of the typeface has, so that page and pictures in both languages mostly take the same one: cutting it is dear."""
_WITHOUT_A_SHAPE = frozenset("\n\u00ad\u200b\u2060")  # line end, places to break and not to break: drawn by no typeface


@cache
def folder() -> Path:
    """A folder with these files alone, for programs that take folders: beside them in the package lie the same faces in another
    format, and which of two a program takes hangs on the order of the file system. Removed when the process ends."""
    own = Path(tempfile.mkdtemp(prefix="kkz-typeface-"))
    atexit.register(shutil.rmtree, own, ignore_errors=True)
    for face in FACES:
        (own / face.file).write_bytes(_content(face))
    return own


def in_the_typeface(text: str) -> str:
    """A text with each character that the typeface lacks written as its code point ("[U+6F22]"), so that it is seen and not lost.

    For paper: a page on a screen falls back to a typeface of the reader, a PDF that is kept for ever must not.
    """
    known = characters()
    if known.issuperset(text):
        return text
    return "".join(one if one in known else _STAND_INS.get(one, f"[U+{ord(one):04X}]") for one in text)


@cache
def characters() -> frozenset[str]:
    """All characters that every face has a shape for, and those that need none."""
    maps = [_font(face).getBestCmap() for face in FACES]
    return frozenset(map(chr, set(maps[0]).intersection(*maps[1:]))) - _STAND_INS.keys() | _WITHOUT_A_SHAPE


@cache
def advances(weight: int) -> Mapping[str, float]:
    """Width of each character in parts of the size of the type."""
    font = _font(next(face for face in FACES if face.weight == weight))
    shapes, units = font["hmtx"], font["head"].unitsPerEm
    return {chr(code): shapes[name][0] / units for code, name in font.getBestCmap().items()}


def style_sheet(page: str) -> str:
    """`@font-face` rules with the part of the typeface that the characters of a page need and a few more, inside the rules themselves.

    page: HTML; more characters than are shown do no harm. Equal sets of characters give equal bytes.
    """
    used = (_ALWAYS.union(unescape(page)) & characters()) - _WITHOUT_A_SHAPE
    return "\n".join(
        f'@font-face {{ font-family: "{FAMILY}"; font-weight: {face.weight}; font-style: normal; '
        f"src: url(data:font/woff2;base64,{base64.b64encode(_part(face, used)).decode()}) format('woff2'); }}"
        for face in FACES
    )


def whole(weight: int) -> bytes:
    """A face with all its characters, as TrueType, for pages that share it. Raises KeyError for a weight that there is none of."""
    return _content({face.weight: face for face in FACES}[weight])


@lru_cache(maxsize=64)
def _part(face: Face, used: frozenset[str]) -> bytes:
    """The face with these characters alone, as WOFF2."""
    options = Options()
    options.flavor = "woff2"
    options.layout_features = ["kern", "mark", "mkmk", "ccmp", "locl"]  # figures of one width are the default of the typeface
    options.hinting = False
    font = _font(face)
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=sorted(map(ord, used)))
    subsetter.subset(font)
    font.flavor = "woff2"
    out = BytesIO()
    font.save(out)
    return out.getvalue()


def _font(face: Face) -> TTFont:
    return TTFont(BytesIO(_content(face)), recalcTimestamp=False, lazy=True)  # most of its tables are of no use here


@cache
def _content(face: Face) -> bytes:
    return resources.files("font_source_sans_pro").joinpath("files").joinpath(face.file).read_bytes()
