"""Words beside a table that say its numbers are thousands or millions: a number is then not what it seems. No rule of a contract."""

from __future__ import annotations

import re
from collections.abc import Iterable

from kkz_eval.model.findings import Finding, Severity

_WORD = r"(?:tausend\b|tsd\b|tds\b|million(?:en)?\b|mio\b|mill\b|mrd\b|milliarden\b|thousands?\b|millions?\b)"
_FIGURE = r"1(?:[.\s\u00a0\u202f\u2009'’]?000){1,2}\b"
_SCALE = re.compile(
    rf"(?:\bin\s*(?:{_WORD}|{_FIGURE}))"  # Angaben in Tausend, Bevölkerung in 1.000
    rf"|(?:(?:^|[,;:(\[–-])\s*{_WORD})"  # Ausgaben, Tsd. Euro
    rf"|(?:(?:^|[(\[])\s*{_FIGURE}\s*(?:€|eur|euro|personen|$|[)\]]))"  # (1.000 Euro)
    r"|(?:\b(?:teur|t€|t\s?eur)(?!\w))",
    re.IGNORECASE,
)


def says_scale(text: str) -> bool:
    """Whether a text says that numbers are thousands or millions."""
    return _SCALE.search(text) is not None


def scale_findings(cells: Iterable[tuple[int, int, str]], sheet: str | None) -> list[Finding]:
    """An error at each text that says the numbers are thousands or millions. cells: (row, column, text), 1-based, without records."""
    kind = "reader_scale"
    return [
        Finding(kind, kind, Severity.ERROR, sheet, row, column, value=text.strip())
        for row, column, text in cells
        if says_scale(text)
    ]
