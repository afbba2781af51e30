"""The fate of a file and of its units and years."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest

from kkz_eval.contracts.contract import Contract
from kkz_eval.contracts.judgement import judge_file
from kkz_eval.contracts.masks import judge
from kkz_eval.contracts.rules import rules_digest
from kkz_eval.model.findings import FINDINGS_SCHEMA, Called, Finding, findings_table, iter_findings
from kkz_eval.model.verdicts import Status


def rejected(slices: tuple[object, ...]) -> list[tuple[str, int]]:
    return [(s.unit_id, s.year) for s in slices if s.status is Status.REJECTED]  # type: ignore[attr-defined]


def test_a_clean_file_is_accepted_with_all_its_units_and_years(build: SimpleNamespace, contracts: dict[str, Contract]) -> None:
    contract = contracts["schulabgaenge"]
    judgement = judge_file(build.parsed_of(contract, build.clean_rows(contract)), contract, build.KNOWN_UNITS)
    assert (judgement.status, judgement.n_errors, judgement.n_warnings) == (Status.ACCEPTED, 0, 0)
    assert [(s.unit_id, s.year, s.status) for s in judgement.slices] == [
        (unit, year, Status.ACCEPTED) for unit in ("05111000", "05112000") for year in (2015, 2016)
    ]


def test_an_error_rejects_its_unit_and_year_only(build: SimpleNamespace, contracts: dict[str, Contract]) -> None:
    contract = contracts["schulabgaenge"]
    rows = build.clean_rows(contract)
    rows[0] = rows[0] | {"leavers": build.BLANK}
    judgement = judge_file(build.parsed_of(contract, rows), contract, build.KNOWN_UNITS)
    assert rejected(judgement.slices) == [("05111000", 2015)]
    assert judgement.status is Status.ACCEPTED_WITH_WARNINGS
    assert judgement.n_errors == 1


def test_an_error_rejects_the_whole_official_file(build: SimpleNamespace, contracts: dict[str, Contract]) -> None:
    contract = contracts["inkar"]
    rows = build.clean_rows(contract)
    rows[0] = rows[0] | {"value": build.filled(-1.5)}
    judgement = judge_file(build.parsed_of(contract, rows), contract, build.KNOWN_UNITS)
    assert judgement.status is Status.REJECTED
    assert len(rejected(judgement.slices)) == 4


def test_an_error_without_unit_and_year_rejects_the_whole_file(build: SimpleNamespace, contracts: dict[str, Contract]) -> None:
    contract = contracts["schulabgaenge"]
    rows = build.clean_rows(contract)
    rows.append(rows[0] | {"unit_id": build.Cell(None, "Köln")})
    reader = findings_table(
        [Finding("reader_ags", "reader_ags", "error", row=len(rows) + 1, column=1, field="unit_id", year=2015)]
    )
    judgement = judge_file(build.parsed_of(contract, rows, reader), contract, build.KNOWN_UNITS)
    assert judgement.status is Status.REJECTED
    assert len(rejected(judgement.slices)) == 4


def test_a_warning_rejects_nothing(build: SimpleNamespace, contracts: dict[str, Contract]) -> None:
    contract = contracts["schulabgaenge_amtlich"]
    rows = build.clean_rows(contract)
    rows[0] = rows[0] | {"leavers": build.filled(20)}
    judgement = judge_file(build.parsed_of(contract, rows), contract, build.KNOWN_UNITS)
    assert judgement.status is Status.ACCEPTED_WITH_WARNINGS
    assert [s.status for s in judgement.slices] == [Status.ACCEPTED_WITH_WARNINGS, *[Status.ACCEPTED] * 3]
    assert (judgement.n_errors, judgement.slices[0].n_warnings) == (0, judgement.n_warnings)


def test_sums_of_the_official_table_may_differ_by_the_rounding_to_three(
    build: SimpleNamespace, contracts: dict[str, Contract]
) -> None:
    contract = contracts["schulabgaenge_amtlich"]
    rows = build.clean_rows(contract)
    value = rows[0]["leavers"].value
    for difference, n_findings in ((3, 0), (4, 2), (7, 3)):
        changed = [rows[0] | {"leavers": build.filled(value - difference)}, *rows[1:]]
        findings = judge(build.parsed_of(contract, changed), contract, build.KNOWN_UNITS)
        assert findings.num_rows == n_findings, difference


def test_a_missing_column_is_said_once_by_the_reader_and_not_again_in_each_row(
    build: SimpleNamespace, contracts: dict[str, Contract]
) -> None:
    contract = contracts["schulabgaenge"]
    rows = [{name: cell for name, cell in row.items() if name != "leavers"} for row in build.clean_rows(contract)]
    reader = findings_table([Finding("reader_column_missing", "reader_column_missing", "error", field="leavers")])
    assert judge(build.parsed_of(contract, rows, reader), contract, build.KNOWN_UNITS).num_rows == 1
    silent = judge(build.parsed_of(contract, rows), contract, build.KNOWN_UNITS)
    assert set(silent.column("rule").to_pylist()) == {"leavers.not_null"}
    assert silent.num_rows == len(rows)


def test_the_optional_column_may_be_absent_but_not_half_empty(build: SimpleNamespace, contracts: dict[str, Contract]) -> None:
    contract = contracts["schulabgaenge"]
    total = [row for row in build.clean_rows(contract) if row["nationality"].value == "insgesamt"]
    absent = [{name: cell for name, cell in row.items() if name != "nationality"} for row in total]
    assert judge(build.parsed_of(contract, absent), contract, build.KNOWN_UNITS).num_rows == 0
    half = [total[0] | {"nationality": build.BLANK}, *total[1:]]
    findings = judge(build.parsed_of(contract, half), contract, build.KNOWN_UNITS)
    assert findings.column("rule").to_pylist() == ["nationality.not_null"]


def test_an_empty_file_is_rejected_with_a_reason(build: SimpleNamespace, contracts: dict[str, Contract]) -> None:
    contract = contracts["inkar"]
    judgement = judge_file(build.parsed_of(contract, []), contract, build.KNOWN_UNITS)
    assert (judgement.status, judgement.slices) == (Status.REJECTED, ())
    assert [finding.kind for finding in iter_findings(judgement.findings)] == ["no_rows"]


def test_findings_show_the_cell_the_text_as_delivered_and_what_is_admitted(
    build: SimpleNamespace, contracts: dict[str, Contract]
) -> None:
    contract = contracts["schulabgaenge"]
    rows = build.clean_rows(contract)
    rows[3] = rows[3] | {"sex": build.Cell(None, "divers?")}
    judged = judge(build.parsed_of(contract, rows), contract, build.KNOWN_UNITS)
    assert judged.schema == FINDINGS_SCHEMA
    (finding,) = iter_findings(judged)
    assert (finding.cell, finding.value, finding.allowed) == ("D5", "divers?", "männlich | weiblich | insgesamt")
    assert (finding.unit_id, finding.year) == ("05111000", 2015)
    assert finding.message(Called("Geschlecht")).in_language("de") == "Geschlecht: „divers?“ in D5 steht nicht in der Liste."


def test_a_doubled_row_names_the_cell_that_it_repeats(build: SimpleNamespace, contracts: dict[str, Contract]) -> None:
    contract = contracts["inkar"]
    rows = build.clean_rows(contract)
    (finding,) = iter_findings(judge(build.parsed_of(contract, [*rows, rows[2]]), contract, build.KNOWN_UNITS))
    assert (finding.cell, finding.allowed) == (f"D{len(rows) + 2}", "D4")


def test_a_missing_code_is_named(build: SimpleNamespace, contracts: dict[str, Contract]) -> None:
    contract = contracts["schulabgaenge"]
    rows = [row for row in build.clean_rows(contract) if row["sex"].value != "weiblich" or row["year"].value == 2016]
    findings = list(iter_findings(judge(build.parsed_of(contract, rows), contract, build.KNOWN_UNITS)))
    assert [(f.rule, f.unit_id, f.year, f.value) for f in findings] == [
        ("sexes_complete", unit, 2015, "weiblich") for unit in ("05111000", "05112000")
    ]


def test_the_digest_of_the_rules_follows_contract_and_register(build: SimpleNamespace, contracts: dict[str, Contract]) -> None:
    inkar = contracts["inkar"]
    digest = rules_digest(inkar, build.KNOWN_UNITS)
    assert digest == rules_digest(inkar, {**build.KNOWN_UNITS, "municipality": frozenset()})
    assert digest != rules_digest(inkar, {**build.KNOWN_UNITS, "kreis": frozenset({"05111"})})
    assert digest != rules_digest(replace(inkar, digest="other"), build.KNOWN_UNITS)


@pytest.mark.parametrize("spelling", ["k.A.", "k. A.", "K.A.", "–", "/"])
def test_symbols_are_compared_without_case_and_spaces(
    spelling: str, build: SimpleNamespace, contracts: dict[str, Contract]
) -> None:
    contract = contracts["schulabgaenge"]
    rows = build.clean_rows(contract)
    rows[0] = rows[0] | {"leavers": build.symbol(spelling)}
    assert judge(build.parsed_of(contract, rows), contract, build.KNOWN_UNITS).num_rows == 0
