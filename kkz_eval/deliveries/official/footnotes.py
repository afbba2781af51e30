"""The paragraphs below a table of GENESIS, and which of them speak of the cells above. No meaning of their words.

Free text decides nothing here: a paragraph that names a unit or a year of the table is shown to a person, word for word, with its line.
What it declares invalid takes effect once it stands in the list of breaks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import pyarrow as pa

from kkz_eval.deliveries.official.table import Footnote
from kkz_eval.model.findings import Finding, Severity

_IMPRINT = re.compile(r'"?\s*(?:©|\(C\)|Stand:|created:|Updated:|Dieses Werk|- Namensnennung|_{5})', re.IGNORECASE)
_PREFIX = re.compile(r"^(?:Kreisjugendamt|Jugendamt)\s+(?:des Kreises\s+|der Städteregion\s+)?|^(?:Kreis|Städteregion)\s+")
_SUFFIX = re.compile(r"\s*(?:[,(/].*|-Kreis)?$")
_LONGEST = 400  # characters of a paragraph that are shown


def footnotes_of(text: str, start: int) -> tuple[Footnote, ...]:
    """The paragraphs of text[start:], without imprint, date and licence."""
    found: list[Footnote] = []
    first, words = 0, list[str]()
    row = text.count("\n", 0, start)
    for line in [*text[start:].splitlines(), ""]:
        row += 1
        said = line.strip(' ";\t')
        if said.strip("-_") and not _IMPRINT.match(line):
            first = row if not words else first
            words.append(said)
        elif words:
            found.append(Footnote(first, " ".join(words).replace('""', '"')))
            words = []
    return tuple(found)


def footnote_findings(footnotes: Iterable[Footnote], kept: pa.Table) -> list[Finding]:
    """A warning for each paragraph that names a unit or a year of the rows that a contract keeps (OFFICIAL_SCHEMA)."""
    footnotes = tuple(footnotes)
    if not footnotes or kept.num_rows == 0:
        return []
    names = sorted({_bare(name) for name in _distinct(kept, "region_name")} - {""})
    years = [str(year) for year in _distinct(kept, "year")]
    spoken = re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, [*names, *years]))})(?![\w-])")
    found: list[Finding] = []
    for footnote in footnotes:
        named = list(dict.fromkeys(match.group(0) for match in spoken.finditer(footnote.text)))
        if named:
            kind, words = "official_footnote", footnote.text
            shown = words if len(words) <= _LONGEST else words[: _LONGEST - 1] + "…"
            found.append(Finding(kind, kind, Severity.WARNING, row=footnote.row, value=shown, allowed=", ".join(named)))
    return found


def _distinct(table: pa.Table, name: str) -> Sequence[str]:
    return [value for value in table.column(name).unique().to_pylist() if value is not None]


def _bare(name: str) -> str:
    """The proper name in the label of a region: `Kleve, Kreis` and `Jugendamt Kleve` are Kleve."""
    return _SUFFIX.sub("", _PREFIX.sub("", name.strip())).strip()
