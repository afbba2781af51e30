"""The contract as frozen values: what `load.py` makes of an ODCS file and what readers and rules use. No file access."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pyarrow as pa

from kkz_eval.model.parsed import parsed_schema


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
    form: how the text is read: plain | ags | year | school_year (2015/16 or 2015, reported under the year in which it ends) | code.
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


@dataclass(frozen=True)
class Rule:
    """A neutral rule: one kind with parameters, compiled to masks and to Great Expectations.

    rule_id: unique in the contract; kind: see rules.py; severity: error | warning; parameters by kind.
    """

    rule_id: str
    kind: str
    severity: str
    parameters: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Contract:
    """One dataset's contract.

    source: municipal | official. level: of its units, several joined by the contract.
    layouts: names of the readers that may claim a file, in order of precedence (first wins between two accepted files).
    supersedes: unit_year (a new delivery replaces all rows of its units and years) | observation (cell by cell, by layout precedence, then arrival).
    acceptance: file (one error rejects the file) | unit (it rejects its unit and year only).
    measure_from: name of the dimension whose code names the measure (INKAR: indicator), None where each measure property is one.
    title_marker: text in the title line above the header ("Tabelle: 21111-…") by which an official table is told apart from a delivery
    with the same columns; None where the columns alone decide.
    deadline, contact_role: until when and by whom it is delivered, in words; "" where the contract does not say.
    smallest_cell: counts below it never leave the warehouse. digest: of all that reading and judging depends on.
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
    deadline: str = ""
    contact_role: str = ""

    def property_named(self, name: str) -> Property:
        """The property of that name. Raises KeyError."""
        for candidate in self.properties:
            if candidate.name == name:
                return candidate
        raise KeyError(name)

    @property
    def schema(self) -> pa.Schema:
        """Schema of the parsed table (model/parsed.py)."""
        return parsed_schema([(p.name, p.logical_type) for p in self.properties])
