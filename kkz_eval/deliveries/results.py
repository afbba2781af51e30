"""What reading a file can come to: claimed by contracts, claimed by none, unreadable, or records of persons. No reading."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pyarrow as pa

from kkz_eval.deliveries import say
from kkz_eval.model.parsed import ParsedTable
from kkz_eval.model.texts import Language, Localised

_PACKAGE = "kkz_eval.deliveries"
_SHOWN = 6  # places that a sentence lists


@dataclass(frozen=True)
class Claimed:
    """The file serves contracts; parsed: one table per contract, normally one."""

    parsed: tuple[ParsedTable, ...]


@dataclass(frozen=True)
class Unclaimed(Localised):
    """The file can be read, but no contract claims it, or several do equally.

    reason_code: no_contract | ambiguous | labels | editions | official | official_unfit | official_saved | office_unmarked |
    official_other; parameters fill the sentence; findings: FINDINGS_SCHEMA, of
    official statistics that were read all the same.
    """

    reason_code: str
    parameters: Mapping[str, str | Localised] = field(default_factory=dict)
    findings: pa.Table | None = field(default=None, compare=False)

    def in_language(self, language: Language) -> str:
        """What is wrong, and the next step."""
        return say(f"unclaimed.{self.reason_code}", **self.parameters).in_language(language)


@dataclass(frozen=True)
class Unreadable(Localised):
    """No table can be made of the file.

    reason_code: of its name or place: name_not_utf8 | name_control | name_too_long | link_outside | link_broken | no_file |
    file_not_readable | file_too_large | file_changing; of reading it: reading_time | reading_memory | reading_crashed | program_fault; of its bytes: empty | markup | page | compressed | nul | control | undecodable | mixed | mac_roman | dos | doubled | cell_too_long | no_table | archive |
    truncated_workbook | binary_workbook | broken_workbook | protected_workbook | oversized_workbook | embedded_files.
    """

    reason_code: str
    parameters: Mapping[str, str | Localised] = field(default_factory=dict)

    def in_language(self, language: Language) -> str:
        """What is wrong, and the next step."""
        return say(f"unreadable.{self.reason_code}", **self.parameters).in_language(language)


@dataclass(frozen=True)
class ColumnAt(Localised):
    """A column by its place, where its title may not be shown. letters: as a spreadsheet program calls it."""

    letters: str

    def in_language(self, language: Language) -> str:
        """The word for a column and its letters."""
        return say("persons.where.column", column=self.letters).in_language(language)


@dataclass(frozen=True)
class ColumnNames(Localised):
    """Columns in a sentence, by their titles or places."""

    columns: tuple[str | ColumnAt, ...]

    def in_language(self, language: Language) -> str:
        """All of them, with commas."""
        return ", ".join(column if isinstance(column, str) else column.in_language(language) for column in self.columns)


@dataclass(frozen=True)
class SheetLabel(Localised):
    """How a sheet is called in a sentence: by its name, "" where that may not be shown, else by its number, 1-based."""

    name: str
    number: int

    def in_language(self, language: Language) -> str:
        """The name or the number."""
        if self.name:
            return say("persons.sheet.named", sheet=self.name).in_language(language)
        return say("persons.sheet.numbered", number=self.number).in_language(language)


@dataclass(frozen=True)
class PropertyName(Localised):
    """A property of a workbook by the name that a spreadsheet program shows. code: the element of the core properties."""

    code: str

    def in_language(self, language: Language) -> str:
        """The name."""
        return say(f"persons.property.{self.code}").in_language(language)


@dataclass(frozen=True)
class PersonPlace(Localised):
    """A place of a file that tells of persons, and what it is that tells.

    sign: key below `persons.sign.`; where: key below `persons.where.`, filled with about; title: of the column, where it may be shown.
    """

    sign: str
    where: str
    about: Mapping[str, str | Localised] = field(default_factory=dict, hash=False)
    title: str = ""

    def in_language(self, language: Language) -> str:
        """The place."""
        return say(f"persons.where.{self.where}", **self.about).in_language(language)

    def sign_in_language(self, language: Language) -> str:
        """What tells of persons there, never a value."""
        return say(f"persons.sign.{self.sign}{'_shown' if self.title else ''}", title=self.title).in_language(language)


@dataclass(frozen=True)
class PersonRecords(Localised):
    """The file tells of single persons and must not land; places: where (never a value)."""

    places: tuple[PersonPlace, ...]
    parameters: Mapping[str, str] = field(default_factory=dict)

    def in_language(self, language: Language) -> str:
        """What is wrong, and the next step."""
        signs: dict[str, list[str]] = {}
        for place in self.places:
            signs.setdefault(place.in_language(language), []).append(place.sign_in_language(language))
        shown = [f"{place} ({', '.join(dict.fromkeys(found))})" for place, found in signs.items()]
        more = ["…"] if len(shown) > _SHOWN else []
        return say("persons.found", places="; ".join([*shown[:_SHOWN], *more]), **self.parameters).in_language(language)


ReadResult = Claimed | Unclaimed | Unreadable | PersonRecords
