"""Population, day care and SGB II households: what the contracts accept and refuse, in files as people write them."""

from __future__ import annotations

from pathlib import Path

import pytest

from kkz_eval.contracts.contract import Contract
from kkz_eval.contracts.lint import lint
from kkz_eval.contracts.load import load_contracts
from kkz_eval.contracts.masks import judge
from kkz_eval.deliveries.reader import Claimed, read_file
from kkz_eval.model.findings import Finding, Severity, iter_findings
from kkz_eval.reference.tables import known_units

FOLDER = Path(__file__).parents[2] / "data_contracts"
DATASETS = ("bevoelkerung", "kindertagesbetreuung", "mindestsicherung")
AGES = ("unter 3 Jahre", "3 bis unter 6", "6–14", "15 bis unter 18", "18 bis unter 21 Jahre", "ab 21")
POPULATION = "AGS;Jahr;Altersgruppe;Geschlecht;Einwohner\n" + "".join(
    f"05911000;2016;{age};{sex};{count * people}\n"
    for age, people in (*((age, 1000) for age in AGES), ("Gesamt", 6000))
    for sex, count in (("m", 1), ("w", 1), ("insgesamt", 2))
)
CARE = "AGS;Jahr;Alter;Betreuungsform;Anzahl\n" + "".join(
    f"05911000;2016;{age};{form};{children * count}\n"
    for age, children in (
        *(("unter 1", 10), ("1 bis unter 2", 100), ("2 bis unter 3 Jahre", 200), ("U3", 310)),
        *(("3 bis unter 6", 900), ("Insgesamt", 1210)),
    )
    for form, count in (("Kita", 3), ("Tagespflege", 1), ("zusammen", 4))
)
WELFARE = "Gemeindeschlüssel;Berichtsjahr;Gruppe;Anzahl\n05911000;2016;Personen;40000\n05911000;2016;Kinder unter 15;11000\n"
FILES = {"bevoelkerung": POPULATION, "kindertagesbetreuung": CARE, "mindestsicherung": WELFARE}
TITLES = {"bevoelkerung": "12411-09i", "kindertagesbetreuung": "22541-01i", "mindestsicherung": "22811-01i"}
CONTRACTS = load_contracts(FOLDER)


def findings(content: str, contract_id: str) -> list[Finding]:
    result = read_file(content.encode("cp1252"), "file.csv", CONTRACTS)
    assert isinstance(result, Claimed), result
    (parsed,) = result.parsed
    assert parsed.contract_id == contract_id
    return list(iter_findings(judge(parsed, CONTRACTS[contract_id], known_units())))


def official(dataset: str) -> str:
    """The same numbers as a table of the statistical office: with its title, and the key of a Kreis."""
    return f"Tabelle: {TITLES[dataset]}\n" + FILES[dataset].replace("05911000", "05911")


@pytest.mark.parametrize("dataset", DATASETS)
@pytest.mark.parametrize("suffix", ["", "_amtlich"])
def test_the_contract_lints_in_both_languages(dataset: str, suffix: str) -> None:
    path = FOLDER / f"{dataset}{suffix}.odcs.yaml"
    assert lint(path) == ()


@pytest.mark.parametrize("dataset", DATASETS)
def test_both_contracts_have_the_same_columns_and_say_who_answers_for_them(dataset: str) -> None:
    municipal, office = CONTRACTS[dataset], CONTRACTS[f"{dataset}_amtlich"]

    def columns(contract: Contract) -> list[tuple[object, ...]]:
        return [(p.name, p.logical_type, p.role, p.required, p.default, p.codes) for p in contract.properties]

    assert columns(municipal) == columns(office)
    assert (municipal.source, municipal.acceptance, municipal.smallest_cell) == ("municipal", "unit", 3)
    assert municipal.levels == ("municipality", "kreis")
    assert (office.source, office.acceptance, office.levels) == ("official", "file", ("kreis",))
    assert office.attribution == "© IT.NRW, Landesdatenbank NRW"
    assert office.title_marker == TITLES[dataset][:5]
    for contract_id in (dataset, f"{dataset}_amtlich"):
        said = (FOLDER / f"{contract_id}.odcs.yaml").read_text(encoding="utf-8")
        assert all(f"property: {name}" in said for name in ("legalBasis", "permittedRecipient", "contactRole"))
        assert CONTRACTS[contract_id].terms.deadline


def besides_units(found: list[Finding]) -> list[Finding]:
    """What is found besides that a table of one Kreis lacks the others."""
    return [finding for finding in found if finding.kind != "official_units_missing"]


def test_no_two_official_tables_share_a_number() -> None:
    markers = [contract.title_marker for contract in CONTRACTS.values() if contract.title_marker]
    assert len(set(markers)) == len(markers) == 5


@pytest.mark.parametrize("dataset", DATASETS)
def test_a_good_delivery_has_no_finding(dataset: str) -> None:
    assert findings(FILES[dataset], dataset) == []


@pytest.mark.parametrize("dataset", DATASETS)
def test_the_title_makes_it_the_official_table(dataset: str) -> None:
    assert besides_units(findings(official(dataset), f"{dataset}_amtlich")) == []


@pytest.mark.parametrize(
    ("dataset", "old", "new", "rules"),
    [
        ("bevoelkerung", ";w;1000", ";w;1001", {"ages_sum", "sexes_sum"}),
        ("bevoelkerung", "unter 3 Jahre;insgesamt;2000", "unter 3 Jahre;insgesamt;.", set()),
        ("bevoelkerung", "05911000;2016;ab 21;m;1000\n", "", {"ages_complete"}),
        ("bevoelkerung", "Gesamt;m;6000", "Gesamt;m;900", {"ages_sum", "sexes_sum", "age_not_above_total"}),
        ("bevoelkerung", "ab 21;m;1000", "ab 65;m;1000", {"age_group.in_codes"}),
        ("bevoelkerung", "2016;ab 21;m;1000", "2016;ab 21;m;-1000", {"persons.range"}),
        ("bevoelkerung", "05911000;2016;ab 21;m", "05911999;2016;ab 21;m", {"unit_id.unit_known"}),
        ("kindertagesbetreuung", "unter 1;zusammen;40", "unter 1;zusammen;41", {"under_3_sum", "forms_sum"}),
        ("kindertagesbetreuung", "U3;Kita;930", "U3;Kita;931", {"under_3_sum", "ages_sum", "forms_sum"}),
        ("kindertagesbetreuung", "05911000;2016;U3;Kita;930\n", "", {"ages_complete"}),
        ("kindertagesbetreuung", "U3;Kita;930", "U3;Kita;9310", {"under_3_sum", "ages_sum", "forms_sum", "age_not_above_total"}),
        ("mindestsicherung", "Kinder unter 15;11000", "Kinder unter 15;41000", {"children_not_above_persons"}),
        ("mindestsicherung", "05911000;2016;Kinder unter 15;11000\n", "", {"groups_complete"}),
        ("mindestsicherung", "Personen;40000", "Personen;*", set()),
    ],
)  # fmt: skip
def test_each_rule_finds_its_fault(dataset: str, old: str, new: str, rules: set[str]) -> None:
    changed = FILES[dataset].replace(old, new, 1)
    assert changed != FILES[dataset]
    found = findings(changed, dataset)
    assert rules <= {finding.rule for finding in found}
    assert bool(found) == bool(rules)


@pytest.mark.parametrize("dataset", DATASETS)
def test_a_row_twice_is_refused(dataset: str) -> None:
    last = FILES[dataset].splitlines(keepends=True)[-1]
    assert "key.unique_key" in {finding.rule for finding in findings(FILES[dataset] + last, dataset)}


def test_rounding_of_an_official_table_is_no_finding_and_more_only_warns() -> None:
    table = official("kindertagesbetreuung")
    assert besides_units(findings(table.replace("unter 1;Kita;30", "unter 1;Kita;32"), "kindertagesbetreuung_amtlich")) == []
    worse = findings(table.replace("unter 1;Kita;30", "unter 1;Kita;60"), "kindertagesbetreuung_amtlich")
    assert {finding.severity for finding in worse} == {Severity.WARNING}


def test_age_at_entry_and_hours_may_be_delivered_and_are_checked() -> None:
    header, *lines = CARE.splitlines()
    total = [f"{line};insgesamt;insgesamt" for line in lines]
    bands = []
    for line in lines:
        *place, count = line.split(";")
        share = int(count) // 2
        for entry, children in (("unter 1", share), ("1 bis unter 2", int(count) - share), ("2 bis unter 3", 0), ("ab 3", 0)):
            bands.append(f"{';'.join(place)};{children};{entry};insgesamt")
    whole = "\n".join([f"{header};Eintrittsalter;Betreuungsumfang", *total, *bands]) + "\n"
    assert findings(whole, "kindertagesbetreuung") == []
    wrong = whole.replace(f"{lines[0].rsplit(';', 1)[0]};15;unter 1;", f"{lines[0].rsplit(';', 1)[0]};17;unter 1;")
    assert wrong != whole
    assert {finding.rule for finding in findings(wrong, "kindertagesbetreuung")} >= {"entry_ages_sum"}


def test_each_file_is_claimed_by_one_contract_only() -> None:
    for dataset in DATASETS:
        alone = {name: contract for name, contract in CONTRACTS.items() if not name.startswith(dataset)}
        result = read_file(FILES[dataset].encode("cp1252"), "file.csv", alone)
        claimed = {p.contract_id for p in result.parsed if p.findings.num_rows == 0} if isinstance(result, Claimed) else set()
        assert claimed == set(), "without its own contract the file must not pass as another dataset"
