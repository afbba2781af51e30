"""One cause, one finding: what follows from a number that the contract does not admit, or from a file without records, is not said again."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from contract_values import shipped
from municipal_tables import as_text, as_workbook, read

from kkz_eval.contracts.judgement import judge_file
from kkz_eval.model.findings import iter_findings
from kkz_eval.model.verdicts import Status
from kkz_eval.reference.tables import units_known_to

AGES = ("unter 3", "3 bis unter 6", "6 bis unter 15", "15 bis unter 18", "18 bis unter 21", "ab 21")
HEADER = ("AGS", "Jahr", "Altersgruppe", "Geschlecht", "Anzahl")
Lines = list[tuple[object, ...]]


def population(changed: Mapping[tuple[str, str], object], *below: tuple[object, ...]) -> Lines:
    """The population of a town, 10 of each age and sex, with some numbers changed."""
    lines: Lines = [HEADER]
    for sex, of_sex in (("m", 1), ("w", 1), ("insgesamt", 2)):
        for age, of_age in (*((age, 1) for age in AGES), ("insgesamt", 6)):
            lines.append(("05911000", 2016, age, sex, changed.get((age, sex), 10 * of_sex * of_age)))
    return [*lines, *below]


def judged(data: bytes) -> list[tuple[str, str]]:
    """(rule, cell) of the errors and hints of a file."""
    table = read(data)
    contract = shipped()[table.contract_id]
    judgement = judge_file(table, contract, units_known_to(contract.source))
    assert judgement.status == (Status.REJECTED if judgement.n_errors else Status.ACCEPTED)
    return [(finding.rule, finding.cell.rpartition("!")[2]) for finding in iter_findings(judgement.findings)]


@pytest.mark.parametrize("write", [as_text, as_workbook])
@pytest.mark.parametrize(
    ("place", "cell"),
    [
        (("unter 3", "m"), "E2"),  # a part of two sums
        (("ab 21", "insgesamt"), "E21"),  # a sum that is a part
        (("insgesamt", "w"), "E15"),
        (("insgesamt", "insgesamt"), "E22"),  # the sum of all, above which no part may be
    ],
)
def test_a_negative_count_is_one_finding_wherever_it_stands(write: object, place: tuple[str, str], cell: str) -> None:
    assert callable(write)
    assert judged(write(*population({}))) == []
    for number in (-5, -1, -1000):
        assert judged(write(*population({place: number}))) == [("persons.range", cell)]


def test_each_negative_count_is_named_and_other_sums_are_still_compared() -> None:
    two = {("unter 3", "m"): -5, ("unter 3", "w"): -5}
    assert judged(as_text(*population(two))) == [("persons.range", "E2"), ("persons.range", "E9")]
    other = {("unter 3", "m"): -5, ("insgesamt", "w"): 61}
    said = judged(as_text(*population(other)))
    assert ("persons.range", "E2") in said
    assert ("ages_sum", "E15") in said


def test_a_sum_that_is_wrong_for_another_reason_stays_a_finding() -> None:
    assert [rule for rule, _ in judged(as_text(*population({("unter 3", "m"): 9})))] == ["ages_sum", "sexes_sum"]


def test_a_line_of_totals_is_not_held_against_a_number_that_is_told() -> None:
    records = [("05911000", 2016, "unter 3", "m", -5), ("05913000", 2016, "unter 3", "m", 10)]
    total = ("Summe", 2016, "unter 3", "m", 15)
    kinds = [finding.kind for finding in iter_findings(read(as_text(HEADER, *records, total)).findings)]
    assert "reader_total_differs" not in kinds
    records[0] = ("05911000", 2016, "unter 3", "m", 6)
    kinds = [finding.kind for finding in iter_findings(read(as_text(HEADER, *records, total)).findings)]
    assert "reader_total_differs" in kinds


@pytest.mark.parametrize("write", [as_text, as_workbook])
@pytest.mark.parametrize("below", [(), ((),), (("Quelle: eigene Zählung",),), ((None, None, None, None, None),)])
def test_a_file_without_records_is_told_once(write: object, below: tuple[tuple[object, ...], ...]) -> None:
    assert callable(write)
    assert [rule for rule, _ in judged(write(("Bevölkerung",), HEADER, *below))] == ["reader_no_rows"]
