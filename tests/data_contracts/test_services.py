"""The eight datasets that only municipalities deliver: lists of codes, keys of youth offices, sums in a row, and who claims what."""

from __future__ import annotations

from pathlib import Path

import pytest

from kkz_eval.contracts.contract import CODE_SEPARATOR
from kkz_eval.contracts.example import example_columns, example_rows
from kkz_eval.contracts.judgement import judge_file
from kkz_eval.contracts.lint import lint
from kkz_eval.contracts.load import ContractError, load_contract, load_contracts
from kkz_eval.deliveries.reader import Claimed, read_file
from kkz_eval.model.findings import Finding, iter_findings
from kkz_eval.model.parsed import ParsedTable
from kkz_eval.reference.tables import known_units

FOLDER = Path(__file__).parents[2] / "data_contracts"
CONTRACTS = load_contracts(FOLDER)
SERVICES = (
    "AGS;Jahr;Angebot;Zielgruppe;Stationen;Angebotsart;Träger;Gemeinsam mit;Übergabe an;Berechtigte;Plätze;Erreichte\n"
    '05162024;2016;Elterncafé;alle;"Kita; U3";Treff;JA;"Schule, Kita";Schuleintritt;400;80;75\n'
)
SUPPORT = "Jugendamt;Jahr;Hilfeart;Alter bei Beginn;Anzahl\n" + "".join(
    f"JH05162024;2016;{kind};{age};{cases * people}\n"
    for kind, cases in (*((f"§ {number}", 1) for number in (27, 28, 29, 30, 31, 32, 33, 34, 35)), ("§ 35a", 1), ("insgesamt", 10), ("§ 42", 3), ("§ 8a", 7))
    for age, people in (("U3", 1), ("3 bis unter 6", 1), ("6–9", 1), ("10–13", 1), ("14–17", 1), ("ab 18", 1), ("insgesamt", 6))
)  # fmt: skip
BIRTHS = (
    "Gemeindeschlüssel;Jahr;Geburten;Mütter unter 20;Untergewicht;Besuche angeboten;Besuche durchgeführt;"
    "bis 4 Wochen;5 bis 8 Wochen;über 8 Wochen\n05162024;2016;1400;30;90;1300;800;300;400;100\n"
)


def parsed(content: str) -> ParsedTable:
    result = read_file(content.encode("utf-8"), "file.csv", CONTRACTS)
    assert isinstance(result, Claimed), result
    (table,) = result.parsed
    return table


def findings(content: str, contract_id: str) -> list[Finding]:
    table = parsed(content)
    assert table.contract_id == contract_id
    return list(iter_findings(judge_file(table, CONTRACTS[contract_id], known_units()).findings))


@pytest.mark.parametrize(
    ("content", "contract_id"),
    [(SERVICES, "praeventionsangebote"), (SUPPORT, "hilfen_zur_erziehung"), (BIRTHS, "geburten_fruehe_hilfen")],
)
def test_a_good_delivery_has_no_finding(content: str, contract_id: str) -> None:
    assert findings(content, contract_id) == []


@pytest.mark.parametrize(
    ("written", "codes"),
    [
        ('"U3; Kita"', "u3;kita"),
        ('"Kita, unter 3"', "u3;kita"),
        ("Kita|U3", "u3;kita"),
        ("Kita + U3", "u3;kita"),
        ('"U3;Kita;u3;"', "u3;kita"),
        ("Grundschule", "grundschule"),
    ],
)
def test_several_codes_in_a_cell_are_kept_in_the_order_of_the_list(written: str, codes: str) -> None:
    table = parsed(SERVICES.replace('"Kita; U3"', written))
    assert table.values("stages").to_pylist() == [codes]
    assert table.texts("stages").to_pylist() == [written.strip('"')]
    assert CODE_SEPARATOR == ";"


@pytest.mark.parametrize(
    ("old", "new", "rules"),
    [
        ('"Kita; U3"', '"Kita; Kindheit"', {"stages.in_code_list"}),
        ('"Kita; U3"', '"; "', {"stages.in_code_list"}),
        ('"Kita; U3"', "", {"stages.not_null"}),
        ('"Kita; U3"', "-", {"stages.symbol_admitted"}),
        ('"Schule, Kita"', '"keine, Kita"', {"joint_none_alone"}),
        ('"Schule, Kita"', '"ohne Angabe, Kita"', {"joint_unknown_alone"}),
        ('"Schule, Kita"', "keine", set()),
        ("400;80;75", "74;80;75", {"reached_of_eligible"}),
        ("400;80;75", "75;80;75", set()),
        ("Elterncafé", "=SUMME(A1)", {"service.pattern"}),
        (";alle;", ";niemand;", {"target_group.in_codes"}),
    ],
)
def test_each_rule_about_services_finds_its_fault(old: str, new: str, rules: set[str]) -> None:
    assert old in SERVICES
    assert {finding.rule for finding in findings(SERVICES.replace(old, new), "praeventionsangebote")} == rules


def test_a_service_for_two_target_groups_has_two_rows_and_the_same_group_twice_is_refused() -> None:
    row = SERVICES.splitlines()[1]
    assert findings(SERVICES + row.replace(";alle;", ";Alleinerziehende;") + "\n", "praeventionsangebote") == []
    described_otherwise = row.replace('"Kita; U3"', "Kita") + "\n"
    assert {f.rule for f in findings(SERVICES + described_otherwise, "praeventionsangebote")} == {"key.unique_key"}


def test_optional_columns_may_be_absent_and_then_say_so() -> None:
    short = SERVICES.replace("Gemeinsam mit;Übergabe an;", "").replace('"Schule, Kita";Schuleintritt;', "")
    assert findings(short, "praeventionsangebote") == []
    assert parsed(short).values("joint_with").to_pylist() == ["ohne_angabe"]


@pytest.mark.parametrize("key", ["JH05162024", "jh05162024", "JH 05162024"])
def test_keys_of_youth_offices_are_read(key: str) -> None:
    assert findings(SUPPORT.replace("JH05162024", key), "hilfen_zur_erziehung") == []


def test_a_city_is_its_own_youth_office_and_a_kreis_is_not() -> None:
    assert findings(SUPPORT.replace("JH05162024", "05111000"), "hilfen_zur_erziehung") == []
    for key in ("05162024", "05162", "JH05999999"):
        found = findings(SUPPORT.replace("JH05162024", key), "hilfen_zur_erziehung")
        assert {finding.rule for finding in found} == {"unit_id.unit_known"}
        assert "JH" in found[0].fix().in_language("de")


def test_protection_is_no_part_of_the_support_in_total() -> None:
    assert findings(SUPPORT.replace(";§ 42;U3;3\n", ";§ 42;U3;4\n").replace(";§ 42;insgesamt;18\n", ";§ 42;insgesamt;19\n"), "hilfen_zur_erziehung") == []  # fmt: skip
    assert {f.rule for f in findings(SUPPORT.replace(";§ 27;U3;1\n", ";§ 27;U3;2\n"), "hilfen_zur_erziehung")} == {
        "kinds_sum",
        "ages_sum",
    }


@pytest.mark.parametrize(
    ("old", "new", "rules"),
    [
        (";300;400;100", ";300;400;101", {"weeks_sum"}),
        (";300;400;100", ";300;400;.", set()),
        (";300;400;100", ";300;400;", set()),
        (";1300;800;", ";700;800;", {"made_of_offered"}),
        (";1400;30;", ";1400;1401;", {"young_mothers_of_births"}),
        (";1300;800;", ";1500;800;", {"offered_of_births"}),
    ],
)
def test_each_rule_within_the_row_of_births_finds_its_fault(old: str, new: str, rules: set[str]) -> None:
    found = findings(BIRTHS.replace(old, new), "geburten_fruehe_hilfen")
    assert {finding.rule for finding in found} == rules


MUNICIPAL = [contract for contract in CONTRACTS.values() if contract.source == "municipal"]


@pytest.mark.parametrize("contract", MUNICIPAL, ids=lambda contract: contract.id)
def test_no_other_contract_takes_the_file_for_its_own(contract: object) -> None:
    assert contract in MUNICIPAL
    own = next(known for known in MUNICIPAL if known == contract)
    rows = [[of.label_de for of in example_columns(own)], *example_rows(own)]
    data = "".join(";".join(f'"{cell}"' for cell in row) + "\n" for row in rows).encode("utf-8")
    alone = {name: other for name, other in CONTRACTS.items() if other.dataset.removesuffix("_amtlich") != own.dataset}
    result = read_file(data, "file.csv", alone)
    claimed = (
        {table.contract_id for table in result.parsed if not table.findings.num_rows} if isinstance(result, Claimed) else set()
    )
    assert claimed == set(), "without its own contract the file must not pass as another dataset"


@pytest.mark.parametrize("contract", MUNICIPAL, ids=lambda contract: contract.id)
def test_a_municipal_contract_says_all_that_people_must_know(contract: object) -> None:
    own = next(known for known in MUNICIPAL if known == contract)
    terms = own.terms
    assert all((terms.purpose, terms.limitations, terms.granularity, terms.legal_basis, terms.permitted_recipient))
    assert all((terms.deadline, terms.contact_role))
    assert terms.due is not None or terms.deadline.startswith("freiwillig")
    assert own.acceptance == "unit"
    assert all(of.description_de and of.description_en and of.label_en for of in own.properties)
    assert all(of.unit for of in own.properties if of.role == "measure")
    assert all(
        of.default in {code.code for code in of.codes} for of in own.properties if of.role == "dimension" and not of.required
    )


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("value: [U3, unter 3, Krippe]", "value: ['U3; Krippe']", ";"),
        ("value: [U3, unter 3, Krippe]", "value: ['U3, Krippe']", ","),
        ("column: joint_with, code: keine", "column: joint_with, code: niemand", "niemand"),
        ("column: joint_with, code: keine", "column: kind, code: andere", "codes"),
        ("kind: code_stands_alone, column: joint_with, code: keine", "kind: codes_complete, dimension: stages", "mehrere Codes"),
        ("value: +1 03-31", "value: 03-32", "MM-DD"),
        ("value: +1 03-31", "value: 31.03.", "MM-DD"),
        ("property: inKey, value: false", "property: inKey, value: nein", "inKey"),
    ],
)
def test_a_wrong_contract_of_services_is_a_sentence(old: str, new: str, said: str, tmp_path: Path) -> None:
    source = (FOLDER / "praeventionsangebote.odcs.yaml").read_text(encoding="utf-8")
    assert old in source
    path = tmp_path / "praeventionsangebote.odcs.yaml"
    path.write_text(source.replace(old, new, 1), encoding="utf-8")
    problems = lint(path)
    assert any(said in problem.sentence.in_language("de") for problem in problems), [
        problem.sentence.in_language("de") for problem in problems
    ]


def test_a_deadline_without_a_day_is_refused_when_loading(tmp_path: Path) -> None:
    path = tmp_path / "netzwerk.odcs.yaml"
    source = (FOLDER / "netzwerk.odcs.yaml").read_text(encoding="utf-8")
    path.write_text(source.replace("+1 03-31", "02-29"), encoding="utf-8")
    with pytest.raises(ContractError, match="02-29"):
        load_contract(path)
