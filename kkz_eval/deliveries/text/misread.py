"""Texts that are valid in the encoding they were read in and mean other letters: `mŠnnlich`, `m„nnlich`, `mÃ¤nnlich`. No decoding.

Excel for Mac saves CSV in Mac OS Roman, old programs in code page 850 or 437; nearly every byte is valid in Windows-1252 as well. What
tells them apart is where a sign stands: no German word has „ or Š between small letters.
"""

from __future__ import annotations

import re

_LOOKED_AT = 2_000_000  # characters; a file whose umlauts begin later has none in its titles either
_SUSPECT = re.compile("[ŠšŸ†€Ž„”™Ãá§]")
_UMLAUT = re.compile("(?<=[A-Za-z])[äöüßÄÖÜ]|[äöüÄÖÜ](?=[A-Za-z])")

# The signs that ä ö ü, Ä Ü of another encoding become in Windows-1252, where a German word may have the umlaut and not the sign.
_MAC = re.compile(
    "(?<=[A-Za-z])[ŠŸ](?=[a-z])|(?<=[a-z])§(?=[a-z])|(?<![A-Za-z])[ŠŸ](?=[a-z]{2})|(?<=[A-Z])[€†](?=[A-Z])|(?<![A-Za-z])[†](?=[a-z])|(?<![A-Za-z0-9])€(?=[a-z]{3})"
)
_MAC_O = re.compile("(?<=[A-Za-z])š(?=[a-z])")  # a letter of other languages too: it tells only in a text that can't be UTF-8
_DOS_SZ = re.compile("(?<=[a-z])á(?=[a-z])")  # likewise
_DOS_UE = re.compile(b"(?<=[A-Za-z])[\x81\x84\x94](?=[a-z])|(?<![A-Za-z])\x81(?=[a-z]{2})")  # byte 81 is nothing in Windows-1252
_DOS = re.compile("(?<=[A-Za-z])[„”](?=[a-z])|(?<=[A-Z])[Ž™](?=[A-Z])|(?<![A-Za-z])™(?=[a-z]{2})")
_DOUBLED = re.compile(
    "Ã[\u00a4\u00b6\u00bc\u201e\u2013\u0153\u0178\u009f\u0084\u0096\u009c]"
)  # ä ö ü Ä Ö Ü ß of UTF-8, read as Windows-1252


def misread(text: str, encoding: str) -> str | None:
    """How a text was misread: mac_roman | dos (code page 850 or 437) | doubled (UTF-8 encoded twice); None where nothing tells.

    encoding: in which it was read. A text with more umlauts than such signs is what it seems.
    """
    if text.isascii():
        return None
    looked_at = text[:_LOOKED_AT]
    if _SUSPECT.search(looked_at) is None:
        return None
    if encoding != "cp1252" and _DOUBLED.search(looked_at):
        return "doubled"
    n_mac = len(_MAC.findall(looked_at)) + (len(_MAC_O.findall(looked_at)) if encoding == "cp1252" else 0)
    n_dos = len(_DOS.findall(looked_at)) + (len(_DOS_SZ.findall(looked_at)) if encoding == "cp1252" else 0)
    if max(n_mac, n_dos) <= len(_UMLAUT.findall(looked_at)):
        return None
    return "mac_roman" if n_mac >= n_dos else "dos"


def is_dos(data: bytes) -> bool:
    """Whether bytes that no encoding admits have the umlauts of code page 850 or 437 inside their words."""
    return _DOS_UE.search(data[:_LOOKED_AT]) is not None
