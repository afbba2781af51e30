"""What reading a file can come to: claimed by contracts, claimed by none, unreadable, or records of persons. No reading."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pyarrow as pa

from kkz_eval.model.parsed import ParsedTable
from kkz_eval.model.texts import Language, Localised, text

_PACKAGE = "kkz_eval.deliveries"


@dataclass(frozen=True)
class Claimed:
    """The file serves contracts; parsed: one table per contract, normally one."""

    parsed: tuple[ParsedTable, ...]


@dataclass(frozen=True)
class Unclaimed:
    """The file can be read, but no contract claims it, or several do equally.

    reason_code: no_contract | ambiguous | labels | editions | official | official_unfit; parameters fill the sentence; findings: FINDINGS_SCHEMA, of
    official statistics that were read all the same.
    """

    reason_code: str
    parameters: Mapping[str, str | Localised] = field(default_factory=dict)
    findings: pa.Table | None = field(default=None, compare=False)

    def sentence(self, language: Language = "de") -> str:
        """What is wrong, and the next step."""
        return text(f"unclaimed.{self.reason_code}", language, package=_PACKAGE, **self.parameters)


@dataclass(frozen=True)
class Unreadable:
    """No table can be made of the file.

    reason_code: of its name or place: name_not_utf8 | name_control | name_too_long | link_outside | link_broken | no_file |
    file_not_readable | file_too_large | file_changing; of reading it: reading_time | reading_memory | reading_crashed | program_fault; of its bytes: empty | markup | page | compressed | nul | control | undecodable | mixed | cell_too_long | no_table | archive |
    truncated_workbook | broken_workbook | protected_workbook | oversized_workbook.
    """

    reason_code: str
    parameters: Mapping[str, str | Localised] = field(default_factory=dict)

    def sentence(self, language: Language = "de") -> str:
        """What is wrong, and the next step."""
        return text(f"unreadable.{self.reason_code}", language, package=_PACKAGE, **self.parameters)


@dataclass(frozen=True)
class PersonRecords:
    """The file has columns of records of persons and must not land; columns: their headers (never a value)."""

    columns: tuple[str, ...]
    parameters: Mapping[str, str] = field(default_factory=dict)

    def sentence(self, language: Language = "de") -> str:
        """What is wrong, and the next step."""
        return text("persons.columns", language, package=_PACKAGE, columns=", ".join(self.columns), **self.parameters)


ReadResult = Claimed | Unclaimed | Unreadable | PersonRecords
