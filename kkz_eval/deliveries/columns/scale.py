"""Words beside a table against the unit of its contract: a number is not what it seems where they say another. No reading, no grammar.

Municipal and official tables are held to the same: what is said fits a measure, or is a finding at the cell that says it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from kkz_eval.contracts.contract import Property
from kkz_eval.deliveries.columns.header import fold
from kkz_eval.deliveries.text.wording.statement import Kind, Statement
from kkz_eval.deliveries.text.wording.statements import statements, unit_statements
from kkz_eval.model.findings import Finding, Severity

PROVISIONAL = "reader_provisional"
_KINDS = {
    Kind.SCALE: "reader_scale",
    Kind.SHARE: "reader_share",
    Kind.RATE: "reader_rate",
    Kind.CURRENCY: "reader_currency",
    Kind.FIGURE: "reader_figure",
    Kind.COUNT: "reader_count",
    Kind.UNCLEAR: "reader_unit_unclear",
    Kind.ROUNDED: "reader_rounded",
    Kind.PROVISIONAL: PROVISIONAL,
}
_ORDER = tuple(Kind)
_OF_ONE_COLUMN = frozenset(
    (Kind.SHARE, Kind.RATE, Kind.CURRENCY, Kind.FIGURE, Kind.COUNT)
)  # may be said of another column of the table
_SHORTEST_NAME = 6  # letters; a shorter name of a measure may be part of any word
_LISTED = re.compile(r"\s(?:und|sowie|and)\s|[&+/]", re.IGNORECASE)


@dataclass(frozen=True)
class Said:
    """A text beside the numbers, and where it stands. row, column: 1-based, None for the name of a sheet.

    about: the measures that it may speak of; is_unit: whether it stands where units stand, so that `1000` is one; is_note: whether it
    stands below the table or beside its records, where a noun (Quote, Index) explains something and heads nothing; is_repeated: whether more than one
    record has the text, so that it speaks of others than that of its row; is_title: whether it is the title of a column that may hold the
    measure, as no title names that.
    """

    row: int | None
    column: int | None
    text: str
    about: tuple[Property, ...]
    is_unit: bool = False
    is_note: bool = False
    is_repeated: bool = False
    is_title: bool = False


def says_scale(text: str) -> bool:
    """Whether a unit (the text of a number format, say) speaks of thousands, of millions, or of a scale that is not understood."""
    return any(said.kind in (Kind.SCALE, Kind.UNCLEAR) for said in (*statements(text), *unit_statements(text)))


def scale_findings(said: Iterable[Said], sheet: str | None, others: Sequence[str] = ()) -> list[Finding]:
    """A finding at each text that says of the numbers what their contract does not.

    others: titles of the columns that the contract does not take; a share or a rate above the table may be theirs.
    """
    found = ((one, misfit(one, others)) for one in said)
    return [_finding(one, wrong, sheet) for one, wrong in found if wrong is not None]


def _finding(one: Said, wrong: Statement, sheet: str | None) -> Finding:
    """A warning where a text says no more than that numbers are rounded or not final, else an error."""
    kind = _KINDS[wrong.kind]
    severity = Severity.WARNING if wrong.kind in (Kind.ROUNDED, Kind.PROVISIONAL) else Severity.ERROR
    field = one.about[0].name if len(one.about) == 1 else None
    return Finding(kind, kind, severity, sheet, one.row, one.column, field, value=one.text.strip(), allowed=units(one.about))


def misfit(one: Said, others: Sequence[str] = ()) -> Statement | None:
    """What a text says that fits none of the measures it may speak of; the gravest, None where all of it fits."""
    found = unit_statements(one.text) if one.is_unit else statements(one.text)
    if not found or not one.about:
        return None
    about = _named(one.text, one.about)
    wrong = [said for said in found if not (one.is_note and said.is_heading) and not any(fits(said, of) for of in about)]
    if wrong and not one.is_unit and not one.is_title:
        elsewhere = {kind for title in others for kind in _kinds_of_title(title)}
        wrong = [said for said in wrong if not (_may_be_of_another(said, about) and said.kind in elsewhere)]
        wrong = [said for said in wrong if not (said.kind in _OF_ONE_COLUMN and _is_one_of_several(one.text, about))]
    return min(wrong, key=lambda said: _ORDER.index(said.kind), default=None)


def fits(said: Statement, of: Property) -> bool:
    """Whether a statement is what the contract says of a measure: by its unit, or by its names where the unit says nothing of the kind."""
    unit = unit_statements(of.unit) if of.unit else ()
    own = [one for one in unit if one.kind == said.kind] or _said_by_names(of)
    if said.is_denied:
        return not any(_same(said, one) for one in own)
    if any(_same(said, one) for one in own):
        return True
    if said.kind == Kind.COUNT:
        return all(one.kind != Kind.SHARE for one in unit)
    if said.kind == Kind.CURRENCY:
        return not of.unit
    return said.kind in (Kind.SHARE, Kind.RATE, Kind.FIGURE) and not of.unit and of.logical_type == "number"


def units(about: Iterable[Property]) -> str:
    """The units of measures as the contract writes them, for a sentence; the name of one that has none."""
    return ", ".join(dict.fromkeys(of.unit or of.label_de for of in about))


@lru_cache(maxsize=512)
def _said_by_names(of: Property) -> tuple[Statement, ...]:
    """What its names say; of its description rates and kinds of figure only, which may be too long for a name."""
    names = (said for name in (of.label_de, of.label_en, *of.synonyms) for said in statements(name))
    described = (said for text in (of.description_de, of.description_en) for said in statements(text))
    return (*names, *(said for said in described if said.kind in (Kind.RATE, Kind.FIGURE)))


def _same(said: Statement, own: Statement) -> bool:
    if said.kind != own.kind or (said.of and own.of and said.of != own.of):
        return False
    return said.size is None or own.size is None or said.size == own.size


def _named(text: str, about: tuple[Property, ...]) -> tuple[Property, ...]:
    """The measures that a text names; all of them where it names none."""
    if len(about) == 1:
        return about
    written = fold(text)
    named = tuple(of for of in about if any(name in written for name in _names(of)))
    return named or about


@lru_cache(maxsize=512)
def _names(of: Property) -> tuple[str, ...]:
    folded = (fold(name) for name in (of.label_de, of.label_en, *of.synonyms))
    return tuple(name for name in folded if len(name) >= _SHORTEST_NAME)


def _kinds_of_title(title: str) -> set[Kind]:
    return {said.kind for said in (*statements(title), *unit_statements(title))}


def _may_be_of_another(said: Statement, about: Sequence[Property]) -> bool:
    """Whether a statement may speak of a column that the contract doesn't take: thousands of Euro can't be persons."""
    of_money = any(one.kind == Kind.CURRENCY for of in about for one in unit_statements(of.unit))
    return said.kind in _OF_ONE_COLUMN or (said.kind == Kind.SCALE and said.of != "" and not of_money)


def _is_one_of_several(text: str, about: Sequence[Property]) -> bool:
    """Whether a text lists what fits beside what doesn't: Anzahl und Anteil in Prozent; not: Anzahl der Kinder und Jugendlichen in Prozent."""
    parts = [statements(" ".join(part.split()[:2])) for part in _LISTED.split(text)]
    heads = [part for part in parts if part]
    return len(heads) > 1 and any(any(fits(said, of) for of in about) for part in heads for said in part)
