"""What contracts make of tables of official statistics: the genuine tables under the project's own contracts, and refusals."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from contract_values import CONTRACT_FOLDER, needs_shared_data, shipped
from official_values import NEW_GERMAN, OFFICIAL, TABLE, TEXTS, official

from kkz_eval.contracts.contract import Contract
from kkz_eval.contracts.judgement import judge_file
from kkz_eval.contracts.load import ContractError, contract_of, read_document
from kkz_eval.deliveries.official.mapping import claimed
from kkz_eval.deliveries.reader import Claimed, Unclaimed, read_file
from kkz_eval.model.findings import iter_findings
from kkz_eval.model.parsed import ParsedTable
from kkz_eval.reference.tables import known_units

CONTRACTS: Mapping[str, Contract] = shipped()


def parsed(name: str) -> ParsedTable:
    result = read_file((OFFICIAL / name).read_bytes(), name, CONTRACTS)
    assert isinstance(result, Claimed)
    (table,) = result.parsed
    assert table.layout == "official"
    return table


def record(table: ParsedTable, **wanted: object) -> dict[str, object]:
    (found,) = [r for r in table.table.to_pylist() if all(r[key] == value for key, value in wanted.items())]
    return found


@needs_shared_data
def test_population_by_age_from_the_table_with_header_rows() -> None:
    table = parsed("genesis/12411-03-03-4_datencsv_en_NRW_slice.csv")
    assert table.contract_id == "bevoelkerung_amtlich"
    assert table.edition == "2025-12-16"
    assert table.table.num_rows == 53 * 4 * 3 * 3
    found = record(table, unit_id="05111", age_group="unter_3", sex="weiblich", nationality="deutsch")
    assert (found["persons"], found["persons__row"], found["persons__col"]) == (6471, 53, 10)
    total = record(table, unit_id="05978", age_group="insgesamt", sex="insgesamt", nationality="insgesamt")
    assert total["persons"] == 393784


@needs_shared_data
@pytest.mark.parametrize(
    ("name", "rows"),
    [("genesis/12411-01-01-4_de_flat.csv", 159), ("landesdatenbank_nrw/12411-15i_2024.csv", 53)],
)
def test_population_from_other_tables_of_the_statistic(name: str, rows: int) -> None:
    table = parsed(name)
    assert table.contract_id == "bevoelkerung_amtlich"
    assert table.table.num_rows == rows
    found = record(table, unit_id="05111", sex="insgesamt", age_group="insgesamt", nationality="insgesamt")
    assert found["persons"] == 618685


@needs_shared_data
def test_leavers_without_certificate() -> None:
    table = parsed("genesis/21111-02-06-4_datencsv_de_2023.csv")
    assert table.contract_id == "schulabgaenge_amtlich"
    assert table.table.num_rows == 53 * 6 * 2
    found = record(table, unit_id="05978", certificate="ohne_abschluss", sex="insgesamt")
    assert (found["leavers"], found["year"], found["nationality"]) == (275, 2023, "insgesamt")
    symbol = record(table, unit_id="05111", certificate="fachhochschulreife", sex="weiblich")
    assert (symbol["leavers"], symbol["leavers__flag"], symbol["leavers__text"]) == (None, "-", "-")


@needs_shared_data
@pytest.mark.parametrize(
    "name",
    [
        "genesis/12411-01-01-4_de_flat.csv",
        "genesis/12411-03-03-4_datencsv_en_NRW_slice.csv",
        "genesis/21111-02-06-4_datencsv_de_2023.csv",
        "landesdatenbank_nrw/12411-15i_2024.csv",
    ],
)
def test_genuine_tables_are_accepted(name: str) -> None:
    table = parsed(name)
    judgement = judge_file(table, CONTRACTS[table.contract_id], known_units())
    assert judgement.n_errors == 0
    assert {f.kind for f in iter_findings(judgement.findings)} <= {"codes_complete_of_units"}


@needs_shared_data
def test_a_table_that_says_something_else_is_not_claimed() -> None:
    name = "genesis/22541-01-01-4_datencsv_de_2002.csv"  # of another day and way of counting than the table that is read
    result = read_file((OFFICIAL / name).read_bytes(), name, CONTRACTS)
    assert isinstance(result, Unclaimed)
    assert result.reason_code == "official_other"


def test_a_flat_table_by_sex_serves_the_population() -> None:
    (table,) = claimed(official(NEW_GERMAN.replace("12,5", "190000")), CONTRACTS)
    assert table.table.select(["unit_id", "sex", "persons", "persons__flag"]).to_pylist() == [
        {"unit_id": "05111", "sex": "maennlich", "persons": 299070, "persons__flag": "e"},
        {"unit_id": "05111", "sex": "insgesamt", "persons": None, "persons__flag": "-"},
        {"unit_id": "05978", "sex": "maennlich", "persons": 190000, "persons__flag": "p"},
        {"unit_id": "05978", "sex": "insgesamt", "persons": None, "persons__flag": "/ r"},
    ]


def test_a_longer_dash_in_an_official_table_is_the_sign_for_nothing() -> None:
    text = NEW_GERMAN.replace("12,5", "190000")
    (table,), (other,) = (claimed(official(each), CONTRACTS) for each in (text, text.replace(";-;", ";–;")))
    assert "–" in other.texts("persons").to_pylist()
    assert other.flags("persons").to_pylist() == table.flags("persons").to_pylist()


def test_decimals_where_the_contract_counts_are_a_finding() -> None:
    (table,) = claimed(official(NEW_GERMAN), CONTRACTS)
    ((finding),) = [f for f in iter_findings(table.findings) if f.kind == "official_decimals"]
    assert (finding.row, finding.column, finding.unit_id, finding.value) == (4, 14, "05978", "12,5")
    assert table.values("persons").to_pylist()[2] is None


MARITAL = NEW_GERMAN.replace("GES;Geschlecht;GESM;männlich", "FAM;Familienstand;LED;ledig").replace(
    "GES;Geschlecht;;Insgesamt", "FAM;Familienstand;VER;verheiratet"
)


def test_a_variable_without_a_place_is_never_left_aside() -> None:
    assert claimed(official(MARITAL), CONTRACTS) == ()


def test_of_a_variable_without_a_place_the_total_is_taken_and_that_is_said() -> None:
    text = MARITAL.replace("VER;verheiratet", ";Insgesamt").replace("12,5", "1")
    (table,) = claimed(official(text), CONTRACTS)
    assert table.table.select(["unit_id", "sex", "persons__flag"]).to_pylist() == [
        {"unit_id": "05111", "sex": "insgesamt", "persons__flag": "-"},
        {"unit_id": "05978", "sex": "insgesamt", "persons__flag": "/ r"},
    ]
    ((finding),) = [f for f in iter_findings(table.findings) if f.kind == "official_variable_left_out"]
    assert (finding.severity, finding.value, finding.allowed) == ("warning", "ledig", "Insgesamt")


def test_another_statistic_is_not_claimed() -> None:
    assert claimed(official(NEW_GERMAN.replace("12411;", "12421;")), CONTRACTS) == ()


def test_another_measure_is_not_claimed() -> None:
    assert claimed(official(TABLE), CONTRACTS) == ()


def test_a_member_that_no_code_knows_is_named_and_not_taken() -> None:
    (table,) = claimed(official(NEW_GERMAN.replace("12,5", "1").replace("GESM;männlich", "GESD;divers")), CONTRACTS)
    ((finding),) = [f for f in iter_findings(table.findings) if f.kind == "official_member"]
    assert (finding.row, finding.field, finding.value) == (2, "sex", "divers")
    assert set(table.values("sex").to_pylist()) == {"insgesamt"}


def test_a_line_kept_for_a_unit_that_is_no_more_is_left_out() -> None:
    gone = NEW_GERMAN.replace("05978;Unna, Kreis", "05354;Aachen, Kreis").replace("12,5", "-").replace(";/;", ";-;")
    (table,) = claimed(official(gone), CONTRACTS)
    assert set(table.values("unit_id").to_pylist()) == {"05111"}
    assert table.table.schema.metadata[b"records_left_out"] == b"2"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("measure: persons\n        named", "measure: sex\n        named"),
        ("absent: {sex: insgesamt", "absent: {sex: alle"),
        ("davon männlich: maennlich", "davon männlich: mann"),
        ("whole:", "wohl:"),
        ("variables:\n          sex:", "variables:\n          gender:"),
    ],
)
def test_a_mapping_that_does_not_fit_its_contract_is_refused(tmp_path: Path, old: str, new: str) -> None:
    text = (CONTRACT_FOLDER / "bevoelkerung_amtlich.odcs.yaml").read_text(encoding="utf-8")
    assert old in text
    file = tmp_path / "bevoelkerung_amtlich.odcs.yaml"
    file.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(ContractError):
        contract_of(read_document(file))


def test_a_row_twice_is_said_once_and_consistently() -> None:
    lines = NEW_GERMAN.replace("12,5", "190000").split("\n")
    text = "\n".join([*lines[:3], lines[1].replace("299070", "299071"), *lines[3:]])
    (table,) = claimed(official(text), CONTRACTS)
    judged = judge_file(table, CONTRACTS["bevoelkerung_amtlich"], known_units())
    errors = [f for f in iter_findings(judged.findings) if f.severity == "error"]
    assert [(f.kind, f.row, f.allowed) for f in errors] == [("official_twice", 4, "2")]
    assert "Keiner der Werte wurde übernommen" in errors[0].message().in_language("de")
    found = record(table, unit_id="05111", sex="maennlich")
    assert (found["persons"], found["persons__text"], found["persons__row"]) == (None, "299070", 2)


SCHOOLS = TABLE.replace("Abgehende (Anzahl)", "Absolvierende/Abgehende (Anzahl)")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (TABLE, "Absolvierende/Abgehende, ABS001"),  # another measure
        (SCHOOLS.replace(";;;Abschluss;Abschluss", ";;Abschluss;Abschluss"), "Eine Kopfzeile hat 4 Spalten"),
        (SCHOOLS.replace(";;;Abschluss", ";;;;Abschluss").replace(";Abschluss\n", "\n").replace(";;;Insg", ";;;;Insg"), "Kopf"),
        (MARITAL, "ledig"),
        ("\n".join(SCHOOLS.split("\n")[:6]), "Semikolon"),
    ],
)
def test_a_table_that_a_contract_uses_says_why_it_cannot_be_read(text: str, said: str) -> None:
    result = read_file(text.encode(), "tabelle.csv", CONTRACTS)
    assert isinstance(result, Unclaimed)
    assert result.reason_code == "official_unfit"
    sentence = result.in_language("de")
    assert said in sentence
    assert "Kein Vertrag nutzt" not in sentence
    assert ("bevoelkerung_amtlich" if text.startswith("statistics") else "schulabgaenge_amtlich") in sentence
    assert "needs 12411-03-03-4" in result.in_language("en") or "needs 21111-02-06-4" in result.in_language("en")


@pytest.mark.parametrize("family", ["wegweiser", "panel", "editions", "inkar_bulk"])
def test_a_file_is_named_after_who_made_it(family: str) -> None:
    result = read_file(TEXTS[family].encode(), "datei.csv", CONTRACTS)
    sentences = [result.in_language("de")] if isinstance(result, Unclaimed) else []
    assert not any(word in sentence for sentence in sentences for word in ("panel", "editions", "inkar_", "amtliche Statistik"))


def test_many_units_without_a_group_are_one_hint_and_name_their_row() -> None:
    (table,) = claimed(official(NEW_GERMAN.replace("12,5", "190000").replace("GESM;männlich", "GESW;weiblich")), CONTRACTS)
    judged = judge_file(table, CONTRACTS["bevoelkerung_amtlich"], known_units())
    hints = {f.rule: f for f in iter_findings(judged.findings) if f.rule.endswith("_complete")}
    assert [f.rule for f in iter_findings(judged.findings) if f.rule.endswith("_complete")] == list(hints)
    sentence = hints["sexes_complete"].message().in_language("de")
    assert "2: Düsseldorf (05111), " in sentence
    assert "männlich" in sentence
    assert {s.n_warnings > 0 for s in judged.slices} == {True}
    assert judged.n_warnings == sum(f.severity == "warning" for f in iter_findings(judged.findings))
