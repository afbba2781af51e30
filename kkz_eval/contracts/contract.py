"""The contract as frozen values: what `load.py` makes of an ODCS file and what readers and rules use. No file access."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import pyarrow as pa

from kkz_eval.model.parsed import parsed_schema
from kkz_eval.model.texts import Wording

CODE_SEPARATOR = ";"  # between the codes of a cell that holds a list of them


@dataclass(frozen=True)
class Code:
    """One admissible value of a code list: `code` is what is stored, labels and synonyms are what people write."""

    code: str
    label_de: str
    label_en: str
    synonyms: tuple[str, ...] = ()


@dataclass(frozen=True)
class Property:
    """A column of the contract.

    logical_type: string | integer | number. role: key (unit_id, year) | dimension | measure.
    form: how the text is read: plain | ags (of a municipality or Kreis, or JH key of a youth office) | year | school_year (2015/16 or
    2015, reported under the year in which it ends) | code | codes (several codes in one cell, `U3; Kita`; stored in the order of
    the code list, joined by CODE_SEPARATOR). in_key: whether a dimension is part of what a row speaks of; one that is not only
    describes it.
    """

    name: str
    logical_type: str
    role: str
    label_de: str
    label_en: str
    description_de: str = ""
    description_en: str = ""
    form: str = "plain"
    required: bool = True
    unit: str = ""
    synonyms: tuple[str, ...] = ()
    codes: tuple[Code, ...] = ()
    default: str | None = None  # code that holds where an optional column is absent
    in_key: bool = True


@dataclass(frozen=True)
class Rule:
    """A neutral rule: one kind with parameters, compiled to masks and to Great Expectations.

    rule_id: unique in the contract; kind: see rules.py; severity: error | warning; parameters by kind.
    """

    rule_id: str
    kind: str
    severity: str
    parameters: Mapping[str, object] = field(default_factory=dict)


MONTHS = (
    *("Januar", "Februar", "März", "April", "Mai", "Juni", "Juli"),
    *("August", "September", "Oktober", "November", "Dezember"),
)


@dataclass(frozen=True)
class Deadline:
    """The last day of delivery: month and day of the year that lies `years_after` the reporting year."""

    years_after: int
    month: int
    day: int

    @property
    def german_day(self) -> str:
        """The day without its year: 30. September."""
        return f"{self.day}. {MONTHS[self.month - 1]}"


YEAR_ENDS, SCHOOL_YEAR_ENDS = "12-31", "07-31"  # MM-DD; the latter by § 7 Abs. 1 SchulG NRW
OFFICIAL_TOLERANCE = 0.05
OFFICIAL_TIMES = ("year", "school_year")  # what the time of an official source may be besides a day
NO_UNIT = "none"  # in `units` of an official source: the table names no unit, its label or the contract says it
EDITION_FORM = "edition"  # of the dimension that says the edition of a figure; its default means that of the file


@dataclass(frozen=True)
class Terms:
    """What a contract says to people, and what no judgement depends on. In German, as the contract has it.

    deadline: in words; due: the day that these are made from, None where there is none; rule_descriptions: by rule_id. official_tolerance: share of
    the official value by which a delivered indicator may differ before a steward is warned. tables_needed: the tables of official
    statistics that the contract reads, number first, the best of them in front. official_datasets: those of official statistics that hold the
    figures of a municipal contract under the same names: they are shown to be confirmed, and nobody is reminded of them. examples: by
    column, what its cell may say, where a contract shows one.
    """

    purpose: str = ""
    limitations: str = ""
    granularity: str = ""
    legal_basis: str = ""
    permitted_recipient: str = ""
    deadline: str = ""
    due: Deadline | None = None
    contact_role: str = ""
    rule_descriptions: Mapping[str, str] = field(default_factory=dict)
    official_tolerance: float = OFFICIAL_TOLERANCE
    tables_needed: tuple[str, ...] = ()
    official_datasets: tuple[str, ...] = ()
    examples: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class EarlierTime:
    """The time that was taken until a year, that year among them, before the reference day moved."""

    until: int
    time: str


@dataclass(frozen=True)
class OfficialSource:
    """Where the figures of a contract stand in tables of official statistics, as these name things.

    tables: how the code of the table or statistic begins; measure: property that takes the values; named: codes and labels of the
    measure; time: the only time that is taken: MM-DD of a day (12-31), year or school_year; earlier: another one until some year;
    variables: property to codes and labels of its variable, a variable without any being known by its members; members:
    property to name of a member to its code, beside the code list; also_said: property to name of a member to the codes of other
    properties that it names too (`weiblich` in a row of age groups); left_out: property to members that are not taken; absent:
    property to the code that holds where the table lacks the variable; whole: members that restrict nothing (the name of the
    statistic in a header row), so that a variable with these alone needs no place; units: those in which a value is taken (Anzahl,
    Prozent), NO_UNIT among them where the family names none; () stands for the unit of the property.
    """

    tables: tuple[str, ...]
    measure: str
    named: tuple[str, ...]
    time: str
    variables: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    members: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    left_out: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    absent: Mapping[str, str] = field(default_factory=dict)
    whole: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    earlier: EarlierTime | None = None
    also_said: Mapping[str, Mapping[str, Mapping[str, str]]] = field(default_factory=dict)

    def time_in(self, year: int) -> str:
        """The only time that is taken of a year."""
        return self.earlier.time if self.earlier is not None and year <= self.earlier.until else self.time


@dataclass(frozen=True)
class Contract:
    """One dataset's contract.

    source: municipal | official. level: of its units, several joined by the contract.
    layouts: names of the readers that may claim a file, in order of precedence (first wins between two accepted files).
    supersedes: unit_year (a new delivery replaces all rows of its units and years) | observation (cell by cell, by layout precedence, then arrival).
    acceptance: file (one error rejects the file) | unit (it rejects its unit and year only).
    measure_from: name of the dimension whose code names the measure (INKAR: indicator), None where each measure property is one.
    title_marker: text in the title line above the header ("Tabelle: 21111-…") by which an official table is told apart from a delivery
    with the same columns; None where the columns alone decide. official: tables of official statistics that the layout `official` reads.
    complete_from: MM-DD, the day of the reporting year on which its figures can be whole; "" for the end of the year or school year.
    smallest_cell: counts below it never leave the warehouse. digest: of all that reading and judging depends on.
    plausibility: rules that look at other files or years (plausibility.py); they only warn, and no verdict depends on them.
    """

    id: str
    version: str
    dataset: str
    title_de: str
    title_en: str
    source: str
    levels: tuple[str, ...]
    properties: tuple[Property, ...]
    rules: tuple[Rule, ...]
    layouts: tuple[str, ...]
    supersedes: str
    acceptance: str
    smallest_cell: int
    attribution: str
    licence: str
    measure_from: str | None
    digest: str
    title_marker: str | None = None
    plausibility: tuple[Rule, ...] = ()
    terms: Terms = field(default_factory=Terms)
    official: tuple[OfficialSource, ...] = ()
    complete_from: str = ""

    @property
    def year_complete_from(self) -> str:
        """MM-DD, from which on the figures of a reporting year can be whole: as the contract says, or its end, or the last reference day in it."""
        end = SCHOOL_YEAR_ENDS if self.property_named("year").form == "school_year" else YEAR_ENDS
        counted = max((end if each.time in OFFICIAL_TIMES else each.time for each in self.official), default=end)
        return self.complete_from or counted

    def last_year_complete(self, today: date) -> int:
        """The last reporting year whose figures can be whole on a day."""
        return today.year if f"{today:%m-%d}" >= self.year_complete_from else today.year - 1

    @property
    def title(self) -> Wording:
        """What the dataset is called."""
        return Wording({"de": self.title_de, "en": self.title_en})

    def property_named(self, name: str) -> Property:
        """The property of that name. Raises KeyError."""
        for candidate in self.properties:
            if candidate.name == name:
                return candidate
        raise KeyError(name)

    @property
    def edition_property(self) -> Property | None:
        """The dimension that says the edition of each figure; None where a file is of one edition."""
        return next((p for p in self.properties if p.role == "dimension" and p.form == EDITION_FORM), None)

    @property
    def schema(self) -> pa.Schema:
        """Schema of the parsed table (model/parsed.py)."""
        return parsed_schema([(p.name, p.logical_type) for p in self.properties])
