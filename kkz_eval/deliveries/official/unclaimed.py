"""What is said of an official table that no contract takes: what is in the way, which tables a contract needs, which units the table lacks.

No mapping, no reading, no values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pyarrow as pa
import pyarrow.compute as pc

from kkz_eval.contracts.contract import Contract
from kkz_eval.deliveries import say
from kkz_eval.deliveries.columns.completeness import missing_units
from kkz_eval.deliveries.official import wegweiser
from kkz_eval.deliveries.official.table import OfficialTable
from kkz_eval.deliveries.official.units import at_offices, of_this_land
from kkz_eval.model.findings import Finding, Severity, concat_findings, findings_table, iter_findings
from kkz_eval.model.texts import Joined, Language, Localised

_PACKAGE = "kkz_eval.deliveries"
_SHOWN = 6  # names that a sentence lists
_FEW = 10  # units of a level that has less than a tenth of the largest stand there for a reason of their own
_SMALL = "official_small_units_missing"  # of a source that lists none below a number of residents


@dataclass(frozen=True)
class Unfit(Localised):
    """What is in the way. reason: no_measure | no_place | no_variable | no_level | no_keys | finding; names: what it is about.

    levels: those the contract takes, where none of the table's (names) is among them; finding: of the reader.
    """

    reason: str
    names: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    finding: Finding | None = None

    def in_language(self, language: Language) -> str:
        """The reason as a sentence."""
        if self.finding is not None:
            return Joined((self.finding.message(), self.finding.fix()), " ").in_language(language)
        names = _of_levels(self.names, language) if self.reason == "no_level" else list(self.names)
        shown = ", ".join([*names[:_SHOWN], *(["…"] if len(names) > _SHOWN else [])]) or "–"
        wanted = ", ".join(_of_levels(self.levels, language))
        return say(f"unfit.{self.reason}", names=shown, levels=wanted).in_language(language)


def _of_levels(levels: Sequence[str], language: Language) -> list[str]:
    return [say(f"level.{level}").in_language(language) for level in levels]


@dataclass(frozen=True)
class TablesNeeded(Localised):
    """The tables of official statistics that a contract reads, as it names them."""

    tables: tuple[str, ...]

    def in_language(self, language: Language) -> str:
        """The tables as one phrase."""
        between = say("unfit.or").in_language(language)
        return f" {between} ".join(self.tables) or "–"


@dataclass(frozen=True)
class FamilyName(Localised):
    """What a file of official or other published statistics is, by the family that read it."""

    family: str

    def in_language(self, language: Language) -> str:
        """The name with its article."""
        return say(f"family.{self.family}").in_language(language)


def named_by(table: OfficialTable, contracts: Mapping[str, Contract]) -> list[Contract]:
    """The contracts whose mappings name the table by the longest beginning of its code, in their order; [] where none does."""
    lengths = {contract.id: _beginning(table, contract) for contract in contracts.values()}
    longest = max(lengths.values(), default=0)
    return [contract for contract in contracts.values() if longest and lengths[contract.id] == longest]


def _beginning(table: OfficialTable, contract: Contract) -> int:
    """How many characters of the code of a table a contract names, 0 for none."""
    code = table.code or table.family
    fitting = (len(prefix) for source in contract.official for prefix in source.tables if code.startswith(prefix))
    return max(fitting, default=0)


def readers_of_statistic(table: OfficialTable, contracts: Mapping[str, Contract]) -> tuple[Contract, ...]:
    """The contracts that read other tables of the same statistic; () where none does.

    They are those that map tables of official statistics, which can be downloaded as they are; where there are none, one that looks
    for the number of the statistic in the title.
    """
    statistic = (table.code or table.family).split("-")[0]
    needing = [contract for contract in contracts.values() if contract.terms.tables_needed]
    mapping = [c for c in needing if any(prefix.split("-")[0] == statistic for o in c.official for prefix in o.tables)]
    titled = [c for c in needing if c.title_marker is not None and statistic.startswith(c.title_marker)]
    return tuple(mapping or titled[:1])


def found_by_the_reader(table: OfficialTable) -> Unfit | None:
    """The first error that the reader found in a table without any value or any time; None where it has both, or no error."""
    if table.n_values and table.years:
        return None
    errors = (finding for finding in iter_findings(table.findings) if finding.severity == Severity.ERROR)
    first = next(errors, None)
    return None if first is None else Unfit("finding", finding=first)


def with_missing_units(official: OfficialTable) -> OfficialTable:
    """The table with a warning for the units in North Rhine-Westphalia that its levels lack, where it lists any."""
    lines = official.table.filter(of_this_land(official.table.column("unit_id")))
    if lines.num_rows == 0:
        return official
    if "youth_office" in official.levels:
        lines = at_offices(lines)
    lines = lines.filter(pc.is_in(lines.column("level").cast(pa.string()), pa.array(_main_levels(lines), pa.string())))
    found = [_named(finding, official.family) for finding in missing_units(lines)]
    return replace(official, findings=concat_findings([official.findings, findings_table(found)])) if found else official


def _main_levels(lines: pa.Table) -> list[str]:
    """The levels that the table is of: not those of single units beside many others, as the city of Aachen among the Kreise."""
    distinct = lines.group_by(["level", "unit_id"]).aggregate([]).column("level").cast(pa.string()).value_counts()
    counts = {str(row["values"]): int(row["counts"]) for row in distinct.to_pylist()}
    return [level for level, count in counts.items() if count * _FEW >= max(counts.values())]


def _named(finding: Finding, family: str) -> Finding:
    return replace(finding, rule=_SMALL, kind=_SMALL) if family == wegweiser.FAMILY else finding
