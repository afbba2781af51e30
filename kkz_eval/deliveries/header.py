"""Finding the header of a contract in a table: headers by name, label or synonym, codes by label or synonym. No conversion."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from kkz_eval.contracts.contract import Contract, Property

_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})
_NOT_WORD = re.compile(r"[^0-9a-z]+")


def fold(text: str) -> str:
    """A text without case, umlauts, spaces and punctuation, for comparing what people write: `Schul-Jahr ` → `schuljahr`."""
    composed = unicodedata.normalize("NFC", text).casefold().translate(_UMLAUTS)
    plain = unicodedata.normalize("NFKD", composed)
    return _NOT_WORD.sub("", plain)


@dataclass(frozen=True)
class Names:
    """A look-up of names that people write: exact (case and spaces at the ends aside) before folded; ambiguous ones know nobody."""

    exact: Mapping[str, str]
    folded: Mapping[str, str]

    def find(self, text: str) -> str | None:
        """What `text` names, or None."""
        return self.exact.get(text.strip().casefold()) or self.folded.get(fold(text))


def names(entries: Iterable[tuple[str, Sequence[str]]]) -> Names:
    """The look-up of (what is named, its names)."""
    exact: dict[str, set[str]] = {}
    folded: dict[str, set[str]] = {}
    for target, spellings in entries:
        for spelling in spellings:
            if spelling:
                exact.setdefault(spelling.strip().casefold(), set()).add(target)
                folded.setdefault(fold(spelling), set()).add(target)
    folded.pop("", None)
    return Names(_unambiguous(exact), _unambiguous(folded))


def _unambiguous(targets: Mapping[str, set[str]]) -> dict[str, str]:
    return {spelling: next(iter(found)) for spelling, found in targets.items() if len(found) == 1}


def property_names(contract: Contract) -> Names:
    """Which property a header names."""
    return names((p.name, (p.name, p.label_de, p.label_en, *p.synonyms)) for p in contract.properties)


def code_names(of: Property) -> Names:
    """Which code of a property a text names. A code itself always names itself."""
    own = {code.code.casefold(): code.code for code in of.codes}
    known = names((code.code, (code.code, code.label_de, code.label_en, *code.synonyms)) for code in of.codes)
    return Names({**known.exact, **own}, known.folded)


@dataclass(frozen=True)
class Pivot:
    """A column of a wide table: its title says of which codes (or year) its numbers are.

    column: its index; measure: property that it holds; sets: property to (index of the row, text) of the part of the title that names it.
    """

    column: int
    measure: str
    sets: Mapping[str, tuple[int, str]]


@dataclass(frozen=True)
class HeaderMatch:
    """The header of a contract in a table.

    row: index of its last record; columns: property to index of its first column; repeated: property to all its columns, where
    it has several; width: number of columns up to the last one with a header; depth: number of records of the header;
    pivots: columns whose titles name codes, () in a long table; unknown: index of columns among them that name nothing.
    """

    contract: Contract
    row: int
    columns: Mapping[str, int]
    repeated: Mapping[str, tuple[int, ...]]
    width: int
    depth: int = 1
    pivots: tuple[Pivot, ...] = ()
    unknown: tuple[int, ...] = ()

    @property
    def names(self) -> frozenset[str]:
        """The properties that the header names, in a column of their own or in the titles of others."""
        named = {name for pivot in self.pivots for name in (pivot.measure, *pivot.sets)}
        return frozenset((*self.columns, *named))

    @property
    def missing(self) -> tuple[Property, ...]:
        """Required properties that the header does not name."""
        return tuple(p for p in self.contract.properties if p.required and p.name not in self.names)

    @property
    def measured(self) -> tuple[int, ...]:
        """Index of the columns that hold numbers."""
        own = [self.columns[p.name] for p in self.contract.properties if p.role == "measure" and p.name in self.columns]
        return (*own, *(pivot.column for pivot in self.pivots))

    @property
    def needed(self) -> int:
        """Number of cells that a record has at least."""
        return max((*self.columns.values(), *(pivot.column for pivot in self.pivots))) + 1

    @property
    def complete(self) -> bool:
        """Whether every required property has a column."""
        return not self.missing

    @property
    def claims(self) -> bool:
        """Whether the contract claims the table: all required columns, or half of them and not keys alone (any table may have those)."""
        required = [p for p in self.contract.properties if p.required]
        beyond_keys = any(p.name in self.names for p in self.contract.properties if p.role != "key")
        return self.complete or (beyond_keys and 2 * len(self.missing) <= len(required))


def match_header(rows: Sequence[Sequence[str]], contract: Contract) -> HeaderMatch | None:
    """The first record with the most properties of the contract; None where no record names two.

    rows: the first records of a table. A header may stand in up to three records, where a single one names fewer properties.
    """
    lookup = property_names(contract)
    best: HeaderMatch | None = None
    for depth in range(1, MOST_DEPTH + 1):
        for index in range(len(rows) - depth + 1):
            block = rows[index : index + depth]
            if depth > 1 and not all(_may_be_header(cells) for cells in block):
                continue
            found = _named_columns(block, lookup)
            if len(found) >= 2 and (best is None or len(found) > len(best.columns)):
                best = HeaderMatch(
                    contract,
                    index + depth - 1,
                    {name: columns[0] for name, columns in found.items()},
                    {name: tuple(columns) for name, columns in found.items() if len(columns) > 1},
                    width=filled_width(block),
                    depth=depth,
                )
    return best


MOST_DEPTH = 3  # records of a header
_KEY = re.compile(r"0?5[0-9]{3}(?:[0-9]{3})?")


def _may_be_header(cells: Sequence[str]) -> bool:
    """Whether a record may be part of a header of several: two cells at least, and no key of a unit."""
    filled = [cell.strip() for cell in cells if cell.strip()]
    return len(filled) >= 2 and not any(_KEY.fullmatch(cell) for cell in filled)


def filled_width(block: Sequence[Sequence[str]]) -> int:
    """Number of columns up to the last one that is filled in one of some records."""
    return max((column for cells in block for column, cell in enumerate(cells) if cell.strip()), default=-1) + 1


def _named_columns(block: Sequence[Sequence[str]], lookup: Names) -> dict[str, list[int]]:
    """Property to its columns: by the whole title from top to bottom, else by the lowest part that names one."""
    found: dict[str, list[int]] = {}
    for column in range(max(map(len, block))):
        parts = [cells[column] for cells in block if column < len(cells) and cells[column]]
        titles = [" ".join(parts), *reversed(parts)] if len(parts) > 1 else parts
        name = next((name for title in titles if (name := lookup.find(title)) is not None), None)
        if name is not None:
            found.setdefault(name, []).append(column)
    return found


def column_titles(rows: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """What a person would take for the header of an unknown table: the first of the records with the most cells of words."""
    filled = [tuple(cell.strip() for cell in cells if cell.strip()) for cells in rows]
    return max(filled, key=lambda cells: sum(any(map(str.isalpha, cell)) for cell in cells), default=())
