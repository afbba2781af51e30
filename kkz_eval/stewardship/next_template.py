"""The template of a municipality: its own records, the values left empty, last year's beside them, and in place what official statistics say.

Nothing of last year is carried over as a value. A figure of official statistics is there to be confirmed, and is marked as that. How the
workbook looks is in contracts/template_book.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import product

from kkz_eval.contracts.contract import CODE_SEPARATOR, Contract, Property
from kkz_eval.contracts.template_book import Row, Template, about, bytes_of_template
from kkz_eval.model.simulated import SIGN
from kkz_eval.model.verdicts import State
from kkz_eval.reference.tables import unit_label
from kkz_eval.stewardship import say
from kkz_eval.stewardship.due_days import deadline_of, german_day

_german = say.in_language("de")  # whoever gets it reads German

Observation = Mapping[str, object]
_Codes = tuple[tuple[str, str], ...]
_Record = tuple[int, _Codes]
"""Year and codes of a row."""


@dataclass(frozen=True)
class ToConfirm:
    """Figures of official statistics that a municipality confirms. figures: observations by year; origin: where they are from, in German."""

    figures: Mapping[int, Sequence[Observation]]
    origin: str


NOTHING_TO_CONFIRM = ToConfirm({}, "")


@dataclass(frozen=True)
class Asked:
    """Who is asked for what, and when. year: that is to be delivered, None where only official figures are to be confirmed; contact: whom to
    ask, "" where nobody is named; today: by which a deadline has passed or not."""

    unit_id: str
    year: int | None
    contact: str
    today: date


def next_template(
    contract: Contract,
    asked: Asked,
    last: Sequence[Observation],
    to_confirm: ToConfirm = NOTHING_TO_CONFIRM,
    simulated: bool = False,
) -> bytes:
    """The bytes of an .xlsx file with one row per record of the last year, and per record of each year that official statistics fill.

    last: observations of the last year that the unit delivered (year, measure, dimensions, value_delivered, and where they stood), none of a
    unit that delivered nothing yet; simulated: whether any of them is made up. Filled in, it is read as a delivery: the columns beside the values have headers that no contract knows.
    """
    measures = [p for p in contract.properties if p.role == "measure"]
    before = _records(_as_delivered(contract, last), "value_delivered")
    official = {
        (of, codes): values for of, figures in to_confirm.figures.items() for codes, values in _records(figures, "value").items()
    }
    records = _rows(contract, asked.year, before, to_confirm.figures)
    present = {name for _, codes in records for name, _ in codes}
    keys = [p for p in contract.properties if p.role != "measure" and (p.role == "key" or p.required or p.name in present)]
    rows = []
    for year, codes in records:
        known = official.get((year, codes), {})
        last_year = before.get(codes, {}) if year == asked.year else {}
        beside = [str(last_year.get(measure.name) or "") for measure in measures] if before else []
        if official:
            beside.append(State.TO_CONFIRM.said.in_language("de") if known else "")
        rows.append(
            Row(
                {of.name: _key_text(contract, of, asked.unit_id, year, dict(codes)) for of in keys},
                {"year": str(year), **dict(codes)},
                {name: float(str(value)) for name, value in known.items()},
                beside,
            )
        )
    headers = [_last_year_title(contract, p, max(int(str(row["year"])) for row in last)) for p in measures] if before else []
    if official:
        headers.append(_german("template.origin"))
    years = ", ".join(_year_text(contract, year) for year in sorted({year for year, _ in records}))
    title = _german("template.title", dataset=contract.title_de, unit=unit_label(asked.unit_id), year=years)
    title = _german("simulated.template", title=title) if simulated else title
    lines = about(contract, _until(contract, asked), asked.contact, _how(before, to_confirm))
    if simulated:  # with its sign, so that the figures are not taken for real ones where they come back
        lines.insert(0, (SIGN, _german("simulated.file")))
    return bytes_of_template(Template(contract, title, [*keys, *measures], lines, rows, headers))


def _rows(
    contract: Contract, year: int | None, before: Mapping[_Codes, object], figures: Mapping[int, Sequence[Observation]]
) -> list[_Record]:
    """The rows of the template, by year: of the next one those of last year; of a year that is to be confirmed, and of the next one where
    nothing was delivered yet, all that the contract asks for."""
    rows: dict[_Record, None] = {}
    for of_year in sorted({*figures, *([] if year is None else [year])}):
        own = before if of_year == year else {}
        wanted = [*own, *(_every_record(contract) if of_year in figures or not own else ())]
        rows.update(dict.fromkeys((of_year, codes) for codes in (*wanted, *_records(figures.get(of_year, ()), "value"))))
    return list(rows)


def _every_record(contract: Contract) -> list[_Codes]:
    """Every combination of the codes that a contract asks for, in its order; of a column that may be absent the code that holds then.

    Where people name things themselves nobody can say which, and there is one row to begin with.
    """
    dimensions = [of for of in contract.properties if of.role == "dimension" and of.in_key]
    if any(of.required and not of.codes for of in dimensions):
        return [()]
    asked = [
        (of.name, [code.code for code in of.codes] if of.required else [of.default])
        for of in dimensions
        if of.required or of.default is not None
    ]
    return [
        tuple(sorted(zip((name for name, _ in asked), map(str, codes), strict=True)))
        for codes in product(*(codes for _, codes in asked))
    ]


def _as_delivered(contract: Contract, last: Sequence[Observation]) -> list[Observation]:
    """Observations as they stood in the one table that they are all from, else in the order of the contract."""
    if len({(row["delivery_sha256"], row["sheet"]) for row in last}) == 1 and all(row["row"] is not None for row in last):
        return sorted(last, key=lambda row: (int(str(row["row"])), int(str(row["column"] or 0))))
    order = {of.name: [code.code for code in of.codes] for of in contract.properties if of.role == "dimension"}

    def place(row: Observation) -> list[tuple[int, str]]:
        codes = dict(_codes_of(row))
        given = [(name, codes.get(name, "")) for name in order]
        return [(order[name].index(code) if code in order[name] else len(order[name]), code) for name, code in given]

    return sorted(last, key=place)


def _records(observations: Sequence[Observation], what: str) -> dict[_Codes, dict[str, object]]:
    """Values by dimensions, in the order given. what: value | value_delivered."""
    found: dict[_Codes, dict[str, object]] = {}
    for row in observations:
        found.setdefault(_codes_of(row), {})[str(row["measure"])] = row[what]
    return found


def _codes_of(row: Observation) -> _Codes:
    dimensions = row["dimensions"]
    assert isinstance(dimensions, list)
    return tuple(sorted((str(name), str(code)) for name, code in dimensions))


def _last_year_title(contract: Contract, of: Property, year: int) -> str:
    return _german("template.last_year", label=of.label_de, year=_year_text(contract, year))


def _key_text(contract: Contract, of: Property, unit_id: str, year: int, dimensions: Mapping[str, str]) -> str:
    if of.name == "unit_id":
        return unit_id
    if of.name == "year":
        return _year_text(contract, year)
    labels = {one.code: one.label_de for one in of.codes}
    code = dimensions.get(of.name, "")
    parts = code.split(CODE_SEPARATOR) if of.form == "codes" else [code]
    return f"{CODE_SEPARATOR} ".join(labels.get(part, part) for part in parts)


def _year_text(contract: Contract, year: int) -> str:
    if contract.property_named("year").form == "school_year":
        return f"{year - 1}/{year % 100:02d}"
    return str(year)


def _until(contract: Contract, asked: Asked) -> str:
    day = None if asked.year is None else deadline_of(contract.terms.due, asked.year)
    if day is None:
        return contract.terms.deadline
    return german_day(day) if day >= asked.today else _german("template.was_due", day=german_day(day))


def _how(before: Mapping[_Codes, object], to_confirm: ToConfirm) -> str:
    said = [_german("template.how")]
    if before:
        said.append(_german("template.compare"))
    if to_confirm.figures:
        said.append(_german("template.confirm", origin=to_confirm.origin))
    return " ".join([*said, _german("template.hand_in")])
