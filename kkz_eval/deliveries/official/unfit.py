"""Why a contract that uses a table of official statistics can't read it as it is, in words. No mapping, no reading."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kkz_eval.contracts.contract import Contract, OfficialSource
from kkz_eval.deliveries.official.table import OfficialTable
from kkz_eval.model.findings import Finding, Severity, iter_findings
from kkz_eval.model.texts import Language, Localised, text

_PACKAGE = "kkz_eval.deliveries"
_SHOWN = 6  # names that a sentence lists


@dataclass(frozen=True)
class Unfit(Localised):
    """What is in the way. reason: no_measure | no_place | no_variable | no_level | finding; names: what it is about.

    levels: those the contract takes, where none of the table's (names) is among them; finding: of the reader.
    """

    reason: str
    names: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    finding: Finding | None = None

    def in_language(self, language: Language) -> str:
        """The reason as a sentence."""
        if self.finding is not None:
            return f"{self.finding.message(language)} {self.finding.fix(language)}"
        names = _of_levels(self.names, language) if self.reason == "no_level" else list(self.names)
        shown = ", ".join([*names[:_SHOWN], *(["…"] if len(names) > _SHOWN else [])]) or "–"
        wanted = ", ".join(_of_levels(self.levels, language))
        return text(f"unfit.{self.reason}", language, package=_PACKAGE, names=shown, levels=wanted)


def _of_levels(levels: Sequence[str], language: Language) -> list[str]:
    return [text(f"level.{level}", language, package=_PACKAGE) for level in levels]


@dataclass(frozen=True)
class TablesNeeded(Localised):
    """The tables of official statistics that a contract reads, as it names them."""

    tables: tuple[str, ...]

    def in_language(self, language: Language) -> str:
        """The tables as one phrase."""
        between = text("unfit.or", language, package=_PACKAGE)
        return f" {between} ".join(self.tables) or "–"


@dataclass(frozen=True)
class FamilyName(Localised):
    """What a file of official or other published statistics is, by the family that read it."""

    family: str

    def in_language(self, language: Language) -> str:
        """The name with its article."""
        return text(f"family.{self.family}", language, package=_PACKAGE)


def user_of(table: OfficialTable, contracts: Mapping[str, Contract]) -> tuple[Contract, OfficialSource] | None:
    """The contract whose mapping names the table by the longest beginning of its code, and that mapping; None where none does."""
    code = table.code or table.family
    named = [
        (len(prefix), contract, source)
        for contract in contracts.values()
        for source in contract.official
        for prefix in source.tables
        if code.startswith(prefix)
    ]
    if not named:
        return None
    _, contract, source = max(named, key=lambda found: found[0])
    return contract, source


def reader_of_statistic(table: OfficialTable, contracts: Mapping[str, Contract]) -> Contract | None:
    """The contract that reads another table of the same statistic, told by the number in its title; None where none does."""
    code = table.code or table.family
    fitting = (c for c in contracts.values() if c.title_marker is not None and c.terms.tables_needed)
    return next((contract for contract in fitting if code.startswith(contract.title_marker or "")), None)


def found_by_the_reader(table: OfficialTable) -> Unfit | None:
    """The first error that the reader found in a table without any value or any time; None where it has both, or no error."""
    if table.n_values and table.years:
        return None
    errors = (finding for finding in iter_findings(table.findings) if finding.severity == Severity.ERROR)
    first = next(errors, None)
    return None if first is None else Unfit("finding", finding=first)
