"""The check of one file as a value: what each contract says of it, with findings of one cause as one. Nothing is landed, nothing is kept.

The command `check` and the desk show the same value. Does not belong here: in which process and within which limits a file is read
(commands, deliveries.register.reading_process); the delivered cells (checked_sheet); pages and terminals.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from kkz_eval.contracts.alike import Alike, alike
from kkz_eval.contracts.called import Labels, labels_of
from kkz_eval.contracts.contract import Contract
from kkz_eval.contracts.judgement import Judgement
from kkz_eval.contracts.summary import Summary, summary_of
from kkz_eval.deliveries.municipal.returned import Decision, Returned, read_returned
from kkz_eval.deliveries.reader import Claimed, PersonRecords, Unclaimed, Unreadable, read_file
from kkz_eval.deliveries.register.decided import judge_decided
from kkz_eval.deliveries.register.decisions import Decisions
from kkz_eval.deliveries.register.named_units import others_than_named
from kkz_eval.model.parsed import ROW, SHEET, ParsedTable
from kkz_eval.model.texts import Language, Sentence
from kkz_eval.model.verdicts import State, state_of
from kkz_eval.reference.tables import units_known_to


@dataclass(frozen=True)
class CheckedTable:
    """What one contract says of a file.

    judgement: of all it read; findings: of one cause as one, so many as were asked for; units: keys of all that the file speaks about,
    whether or not a year could be read; first_rows: by sheet the row in which its first record stands.
    """

    contract: Contract
    judgement: Judgement
    findings: tuple[Alike, ...]
    units: frozenset[str]
    first_rows: Mapping[str | None, int]

    @cached_property
    def summary(self) -> Summary:
        """How many years hold, and what is to be corrected."""
        return summary_of(self.judgement.slices, self.judgement.findings)

    @property
    def state(self) -> State:
        """What people read of the file as a whole."""
        return state_of(self.judgement.status, self.judgement.slices)

    def labels(self, language: Language) -> Labels:
        """What people call what its findings are about."""
        return labels_of([self.contract], language)


@dataclass(frozen=True)
class Checked:
    """A file that contracts read. tables: by contract, at least one; returned: what it says as a marked copy that came back."""

    name: str
    tables: tuple[CheckedTable, ...]
    returned: Returned | None

    @property
    def is_clean(self) -> bool:
        """Whether nothing was found; what a waiver says is right does not count."""
        return all(table.judgement.n_errors == table.judgement.n_warnings == 0 for table in self.tables)

    @property
    def other_unit(self) -> Sentence | None:
        """That the name of the file says another unit than the file."""
        return others_than_named(self.name, (unit for table in self.tables for unit in table.units))

    @property
    def n_decided(self) -> Mapping[Decision, int]:
        """How many findings of a marked copy are corrected, and of how many the value is right."""
        count = Counter(row.decision for row in (self.returned.rows if self.returned is not None else ()))
        return {kind: count[kind] for kind in (Decision.CORRECTED, Decision.RIGHT)}


NotChecked = Unclaimed | Unreadable | PersonRecords
"""A file of which no contract can say anything: nothing of it is shown but the sentence that this value is."""


def checked(
    data: bytes, name: str, contracts: Mapping[str, Contract], decisions: Decisions, today: date | None, most: int
) -> Checked | NotChecked:
    """What the contracts say of a file; records of persons are looked for before anything else.

    name: of the file, for the sentences; contracts: by id; decisions: in force about units and years, those of this file too; today: by which
    years lie in the future; most: entries of the list of findings of a table.
    """
    result = read_file(data, name, contracts, today)
    if not isinstance(result, Claimed):
        return result
    tables = tuple(_checked(table, contracts[table.contract_id], decisions, most) for table in result.parsed)
    return Checked(name, tables, read_returned(data))


def _checked(parsed: ParsedTable, contract: Contract, decisions: Decisions, most: int) -> CheckedTable:
    judgement = judge_decided(parsed, contract, units_known_to(contract.source), decisions).judgement
    units = parsed.values("unit_id").drop_null().unique().to_pylist()
    return CheckedTable(contract, judgement, tuple(alike(judgement.findings, most)), frozenset(units), _first_rows(parsed))


def _first_rows(parsed: ParsedTable) -> dict[str | None, int]:
    rows = [name + ROW for name in parsed.property_names()]
    first = parsed.table.select([SHEET, *rows]).group_by(SHEET).aggregate([(row, "min") for row in rows])
    found = {}
    for row in first.to_pylist():
        sheet = row.pop(SHEET)
        known = [place for place in row.values() if place is not None]
        if known:
            found[sheet] = min(known)
    return found
