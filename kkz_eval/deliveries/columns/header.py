"""Finding the header of a contract in a table: headers by name, label or synonym, codes by label or synonym. No conversion."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeVar

from kkz_eval.contracts.admitted import EURO
from kkz_eval.contracts.contract import Code, Contract, Property
from kkz_eval.contracts.synonyms import normal_form
from kkz_eval.deliveries.text.as_meant import as_meant
from kkz_eval.deliveries.text.titles import original_of

_T = TypeVar("_T")


@lru_cache(maxsize=8192)
def fold(text: str) -> str:
    """A text without case, umlauts, spaces, punctuation and marks of footnotes, for comparing what people write: `Schul-Jahr¹ ` → `schuljahr`."""
    return normal_form(as_meant(text))


@dataclass(frozen=True)
class Title:
    """A text in the two forms in which names are compared."""

    exact: str
    folded: str


@lru_cache(maxsize=1024)  # the cells of the first records are asked for under every contract
def title_of(text: str) -> Title:
    """The two forms of a text."""
    return Title(as_meant(text).strip().casefold(), fold(text))


@dataclass(frozen=True)
class Names:
    """A look-up of names that people write: exact (case and spaces at the ends aside) before folded; ambiguous ones know nobody."""

    exact: Mapping[str, str]
    folded: Mapping[str, str]

    def find(self, text: str) -> str | None:
        """What `text` names, or None."""
        return self.find_title(title_of(text))

    def find_title(self, title: Title) -> str | None:
        """What a title names, or None."""
        return self.exact.get(title.exact) or self.folded.get(title.folded)


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
    return _kept(contract.properties, _property_names)


def _property_names(properties: tuple[Property, ...]) -> Names:
    return names((p.name, _with_unit(p, (p.name, p.label_de, p.label_en, *p.synonyms))) for p in properties)


def _with_unit(of: Property, spellings: Sequence[str]) -> tuple[str, ...]:
    """Names of a property, for an amount of money those with its unit behind them too: `Ausgaben in €`, `Ausgaben (EUR)`."""
    units = EURO if of.unit in EURO else ()
    return (*spellings, *(form for name in spellings for unit in units for form in (f"{name} in {unit}", f"{name} ({unit})")))


def _kept(of: tuple[_T, ...], make: Callable[[tuple[_T, ...]], Names]) -> Names:
    known = _NAMES.get((make, id(of)))
    if known is None or known[0] is not of:
        if len(_NAMES) >= _MOST_KEPT:
            _NAMES.clear()
        known = _NAMES[make, id(of)] = (of, make(of))
    return known[1]


# Names by identity of the tuple they were made from, which is kept with them so that no other object takes its place.
_NAMES: dict[tuple[object, int], tuple[object, Names]] = {}
_MOST_KEPT = 1024


def code_names(of: Property) -> Names:
    """Which code of a property a text names. A code itself always names itself."""
    return _kept(of.codes, _code_names)


def _code_names(codes: tuple[Code, ...]) -> Names:
    own = {code.code.casefold(): code.code for code in codes}
    known = names((code.code, (code.code, code.label_de, code.label_en, *code.synonyms)) for code in codes)
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
class Repeated:
    """Columns of one meaning: of a property in a long table; in a wide one of a measure for the same codes and year."""

    name: str
    columns: tuple[int, ...]


@dataclass(frozen=True)
class HeaderMatch:
    """The header of a contract in a table.

    row: index of its last record; columns: property to index of its first column; repeated: where several columns say the same;
    width: number of columns up to the last one with a header; depth: number of records of the header;
    pivots: columns whose titles name codes, () in a long table; unknown: index of columns among them that name nothing;
    untitled: index of columns without a title; subtitles: column to the lowest part of its title, where a part above it names the property;
    n_titles: number of columns with a title, 0 where that is not known.
    """

    contract: Contract
    row: int
    columns: Mapping[str, int]
    repeated: tuple[Repeated, ...]
    width: int
    depth: int = 1
    pivots: tuple[Pivot, ...] = ()
    unknown: tuple[int, ...] = ()
    untitled: frozenset[int] = frozenset()
    subtitles: Mapping[int, str] = field(default_factory=dict)
    n_titles: int = 0

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
        """Whether the contract claims the table: all required columns, or half of them and half of the table's, and not keys alone.

        Any table may have a year and a column called value: what names little of a table speaks of another one.
        """
        required = [p for p in self.contract.properties if p.required]
        beyond_keys = any(p.name in self.names for p in self.contract.properties if p.role != "key")
        half = 2 * len(self.missing) <= len(required) and 2 * len(self.columns) >= self.n_titles
        return self.complete or (beyond_keys and half)


MOST_DEPTH = 3  # records of a header


@dataclass(frozen=True)
class Block:
    """One to three records that may be a header, in the forms in which names are compared.

    row: index of the last of them; parts: by column, its titles: the whole from top to bottom, then the parts from the lowest up;
    n_digits: number of cells of the last record that are digits only; width: number of columns up to the last filled one.
    exact, folded: all titles in the two forms.
    """

    row: int
    depth: int
    parts: tuple[tuple[Title, ...], ...]
    n_digits: int
    width: int
    exact: frozenset[str]
    folded: frozenset[str]

    def may_name_two(self, lookup: Names) -> bool:
        """Whether two titles may be known: a cheap question that most records and contracts answer with no."""
        return sum(map(lookup.exact.__contains__, self.exact)) + sum(map(lookup.folded.__contains__, self.folded)) >= 2


def header_blocks(rows: Sequence[Sequence[str]]) -> tuple[Block, ...]:
    """All that may be a header among the first records of a table: single records first."""
    single = [len([cell for cell in cells if cell.strip()]) >= 2 for cells in rows]
    several = [fits and not any(_KEY.fullmatch(cell.strip()) for cell in cells) for fits, cells in zip(single, rows, strict=True)]
    return tuple(
        _block(rows[index : index + depth], index)
        for depth in range(1, MOST_DEPTH + 1)
        for index in range(len(rows) - depth + 1)
        if (single[index] if depth == 1 else all(several[index : index + depth]))
    )


_SUM_OF = re.compile(r"(?:summe von|sum of)\s+", re.IGNORECASE)  # the title that a pivot table gives the sums of a column
_FOOTNOTE_MARK = re.compile(r"\s*(?:(?<![0-9])[0-9]\)|\([0-9]\)|\[[0-9]\])\s*$")  # `Anzahl 1)`
_KEY = re.compile(r"0?5[0-9]{3}(?:[0-9]{3})?")  # of a unit: a record of data, no part of a header


def _block(block: Sequence[Sequence[str]], index: int) -> Block:
    width = filled_width(block)
    columns: list[tuple[Title, ...]] = []
    for column in range(width):
        parts = [cells[column] for cells in block if column < len(cells) and cells[column].strip()]
        if len(parts) == 1 and (summed := _SUM_OF.match(parts[0].strip())) is not None:
            parts = [parts[0][summed.end() :]]
        parts = [_FOOTNOTE_MARK.sub("", part) or part for part in parts]
        columns.append(tuple(map(title_of, [" ".join(parts), *reversed(parts)] if len(parts) > 1 else parts)))
    n_digits = sum(cell.strip().isdigit() for cell in block[-1])
    titles = [title for parts in columns for title in parts]
    exact, folded = frozenset(title.exact for title in titles), frozenset(title.folded for title in titles)
    return Block(index + len(block) - 1, len(block), tuple(columns), n_digits, width, exact, folded)


def match_header(blocks: Sequence[Block], contract: Contract) -> HeaderMatch | None:
    """The first record with the most properties of the contract; None where no record names two.

    blocks: of the first records of a table. A header may stand in up to three records, where a single one names fewer properties.
    """
    lookup = property_names(contract)
    best: HeaderMatch | None = None
    for block in blocks:
        if not block.may_name_two(lookup):
            continue
        found: dict[str, list[int]] = {}
        subtitles: dict[int, str] = {}
        for column, titles in enumerate(block.parts):
            place = next((place for place, title in enumerate(titles) if lookup.find_title(title) is not None), None)
            if place is not None:
                found.setdefault(lookup.find_title(titles[place]) or "", []).append(column)
                if place > 1:  # not by the whole, nor by the lowest part
                    subtitles[column] = titles[1].exact
        if len(found) < 2 or block.n_digits > len(found):  # more digits than names: a record that has some of the words
            continue
        if best is None or len(found) > len(best.columns):
            best = HeaderMatch(
                contract,
                block.row,
                {name: columns[0] for name, columns in found.items()},
                _repeated(block, found, contract),
                block.width,
                block.depth,
                untitled=frozenset(column for column, titles in enumerate(block.parts) if not titles),
                subtitles=subtitles,
                n_titles=sum(map(bool, block.parts)),
            )
    return best


def _repeated(block: Block, found: Mapping[str, Sequence[int]], contract: Contract) -> tuple[Repeated, ...]:
    """Several columns of one property: by any of its names; of a measure also by several, or by one with a word for a second version."""
    lookup = property_names(contract)
    columns = {name: list(own) for name, own in found.items()}
    named = {column for own in found.values() for column in own}
    others = [(column, titles[0]) for column, titles in enumerate(block.parts) if titles and column not in named]
    for of in (p for p in contract.properties if p.role == "measure" and p.name in found and others):
        made_of = "|".join(filter(None, (fold(name) for name in (of.label_de, of.label_en, *of.synonyms))))
        for column, title in others:
            original = original_of(title.exact)
            if re.fullmatch(f"(?:{made_of}|der|von)+", title.folded) or (
                original is not None and lookup.find(original) == of.name
            ):
                columns[of.name].append(column)
    return tuple(Repeated(name, tuple(sorted(own))) for name, own in columns.items() if len(own) > 1)


def filled_width(block: Sequence[Sequence[str]]) -> int:
    """Number of columns up to the last one that is filled in one of some records."""
    return max((column for cells in block for column, cell in enumerate(cells) if cell.strip()), default=-1) + 1


def column_titles(rows: Sequence[Sequence[str]]) -> tuple[tuple[int, str], ...]:
    """(column, 0-based, and cell) of what a person would take for the header of an unknown table.

    It is the first of the records with the most cells of words, among those of two cells and more where one of them has a word.
    """
    filled = [tuple((column, cell.strip()) for column, cell in enumerate(cells) if cell.strip()) for cells in rows]
    words = [sum(any(map(str.isalpha, cell)) for _, cell in cells) for cells in filled]
    best = max(range(len(filled)), key=lambda place: (len(filled[place]) > 1 and words[place] > 0, words[place]), default=None)
    return () if best is None else filled[best]
