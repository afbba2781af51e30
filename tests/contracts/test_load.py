"""Loading contracts: what the files say, errors as sentences, speed, and what is not imported."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from pathlib import Path

import pytest

from kkz_eval.contracts.contract import Contract
from kkz_eval.contracts.load import USUAL_SYMBOLS, ContractError, load_contract, load_contracts
from kkz_eval.contracts.synonyms import normal_form, property_names
from kkz_eval.model.errors import UserError

ROOT = Path(__file__).parents[2]
CONTRACTS = ROOT / "data_contracts"
SHARED = ROOT.parent / os.environ.get("KKZ_SHARED", "shared")
INKAR = SHARED / "data" / "official" / "inkar"


def column_of(contract: Contract, header: str) -> str | None:
    """The property that a header names."""
    names = {normal_form(name): p.name for p in contract.properties for name in property_names(p)}
    return names.get(normal_form(header))


def test_the_contracts_are_there(contracts: dict[str, Contract]) -> None:
    both = ("bevoelkerung", "kindertagesbetreuung", "mindestsicherung", "schulabgaenge")
    municipal = (
        *("geburten_fruehe_hilfen", "schuleingangsuntersuchung", "uebergang_grundschule", "hilfen_zur_erziehung"),
        *("ausbildung_und_arbeit", "praeventionsangebote", "netzwerk", "ausgaben_jugendhilfe"),
        *("ziele", "befragung"),
    )
    official = (
        *("arbeitslosigkeit_amtlich", "bevoelkerung_altersjahre", "hilfen_zur_erziehung_amtlich"),
        *("hilfen_zur_erziehung_jugendaemter", "gisd", "gisd_gemeinden"),
        *("bevoelkerung_mittel_amtlich", "geburten_amtlich", "geburten_gemeinden_amtlich", "schuleingang_lzg"),
        *("sgbii_amtlich", "mindestsicherungsquote_amtlich", "tageseinrichtungen_amtlich", "abgaenge_berufliche_schulen_amtlich"),
    )
    assert list(contracts) == sorted(
        ["inkar", "inkar_gemeinden", *both, *(f"{dataset}_amtlich" for dataset in both), *municipal, *official]
    )


def test_inkar_is_superseded_cell_by_cell_with_the_workbook_first(contracts: dict[str, Contract]) -> None:
    inkar = contracts["inkar"]
    assert inkar.layouts == ("inkar_workbook", "inkar_long", "inkar_editions")
    assert (inkar.supersedes, inkar.acceptance, inkar.measure_from) == ("observation", "file", "indicator")
    assert (inkar.levels, inkar.source, inkar.licence) == (("kreis",), "official", "dl-de/by-2-0")
    assert inkar.attribution == "© BBSR Bonn, INKAR"
    assert len(inkar.property_named("indicator").codes) == 39


def test_municipal_deliveries_are_accepted_unit_by_unit(contracts: dict[str, Contract]) -> None:
    municipal = contracts["schulabgaenge"]
    assert (municipal.supersedes, municipal.acceptance, municipal.smallest_cell) == ("unit_year", "unit", 3)
    assert municipal.levels == ("municipality", "kreis")
    nationality = municipal.property_named("nationality")
    assert not nationality.required
    assert nationality.default == "insgesamt"


def test_the_official_table_differs_from_the_delivery_by_its_title(contracts: dict[str, Contract]) -> None:
    official, municipal = contracts["schulabgaenge_amtlich"], contracts["schulabgaenge"]
    assert (official.title_marker, municipal.title_marker) == ("21111", None)
    assert official.acceptance == "file"
    assert [(p.name, p.logical_type, p.role) for p in official.properties] == [
        (p.name, p.logical_type, p.role) for p in municipal.properties
    ]
    own = {rule.rule_id: rule.severity for rule in official.rules if "sum" in rule.rule_id}
    assert set(own.values()) == {"warning"}


@pytest.mark.parametrize(
    ("header", "columns"),
    [
        ("bereich,kreis_ags5,name,jahr,kuerzel,wert", [None, "unit_id", None, "year", "indicator", "value"]),
        (
            "Bereich,ID,Kuerzel,Indikator,Raumbezug,Kennziffer,Name,Zeitbezug,Wert",
            [None, None, "indicator", None, None, "unit_id", None, "year", "value"],
        ),
    ],
)
def test_both_long_headers_of_inkar_are_known(header: str, columns: list[str | None], contracts: dict[str, Contract]) -> None:
    assert [column_of(contracts["inkar"], name) for name in header.split(",")] == columns


@pytest.mark.parametrize(
    ("header", "column"),
    [
        ("AGS", "unit_id"), ("Gemeindeschlüssel", "unit_id"), ("Kreisschlüssel", "unit_id"), ("Jahr", "year"),
        ("Schuljahr", "year"), ("Abschlussart", "certificate"), ("Geschlecht", "sex"),
        ("Staatsangehörigkeit", "nationality"), ("ANZAHL ", "leavers"), ("Schulabgaenge", "leavers"), ("Bemerkung", None),
    ],
)  # fmt: skip
def test_headers_of_municipalities_are_known(header: str, column: str | None, contracts: dict[str, Contract]) -> None:
    assert column_of(contracts["schulabgaenge"], header) == column


@pytest.mark.skipif(not INKAR.is_dir(), reason="the genuine INKAR files are not at hand")
def test_every_indicator_of_the_genuine_panel_has_its_german_name(contracts: dict[str, Contract]) -> None:
    with (INKAR / "inkr_nrw_kreise_panel_long.csv").open(encoding="utf-8-sig") as panel:
        used = {row["kuerzel"] for row in csv.DictReader(panel)}
    with (INKAR / "inkr_indicator_metadata.csv").open(encoding="utf-8-sig") as metadata:
        names = {(row["kuerzel"], row["kurzname"].strip()) for row in csv.DictReader(metadata)}
    codes = contracts["inkar"].property_named("indicator").codes
    assert {code.code for code in codes} == used | {"arbeitslose", "beschaeftigtenquote"}
    assert all((code.code, code.label_de) in names for code in codes if code.code in used)


def test_the_digest_depends_on_what_is_said_and_not_on_how(tmp_path: Path, contracts: dict[str, Contract]) -> None:
    source = (CONTRACTS / "inkar.odcs.yaml").read_text(encoding="utf-8")
    path = tmp_path / "inkar.odcs.yaml"
    path.write_text("# a comment\n" + source, encoding="utf-8")
    assert load_contract(path).digest == contracts["inkar"].digest
    path.write_text(source.replace("logicalTypeOptions: {minimum: 0}", "logicalTypeOptions: {minimum: 1}"), encoding="utf-8")
    assert load_contract(path).digest != contracts["inkar"].digest


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("kind: DataContract", "kind: DataContract: x", "Zeile"),
        ("version: 3.0.0\n", "", "version"),
        ("property: acceptance, value: file", "property: acceptance, value: maybe", "file, unit"),
        ("property: acceptance, value", "property: aceptance, value", "acceptance"),
        ("property: measureFrom, value: indicator", "property: measureFrom, value: value", "measureFrom"),
        ("logicalType: number", "logicalType: date", "string, integer, number"),
        ("{minimum: 0}", "{exclusiveMinimum: 0}", "exclusiveMinimum"),
        ("      - name: year\n", "      - name: jahr\n", "unit_id und year"),
        ("labelEn, value: Indicator code", "labelEn, value: ''", "nicht leer"),
        ("labelEn, value: Indicator code", "labelEn, value: 05", "nicht 05"),
        ("version: 3.0.0\n", "version: 3.0.0\nversion: 3.0.0\n", "zuerst in Zeile"),
        ("logicalType: number", "logicalType: nummer", "Gemeint ist wohl „number“"),
        ("labelEn, value: Indicator code", "labelDe, value: Indicator code", "labelEn"),
    ],
)
def test_a_wrong_contract_is_a_sentence_with_file_and_place(old: str, new: str, said: str, tmp_path: Path) -> None:
    source = (CONTRACTS / "inkar.odcs.yaml").read_text(encoding="utf-8")
    assert old in source
    path = tmp_path / "inkar.odcs.yaml"
    path.write_text(source.replace(old, new), encoding="utf-8")
    with pytest.raises(ContractError) as raised:
        load_contract(path)
    assert "inkar.odcs.yaml" in raised.value.sentence.in_language("de")
    assert said in raised.value.sentence.in_language("de")


def test_all_that_is_wrong_with_a_contract_is_said_with_its_line(tmp_path: Path) -> None:
    source = (CONTRACTS / "schulabgaenge.odcs.yaml").read_text(encoding="utf-8")
    for old, new in (
        ("property: acceptance, value", "property: aceptance, value"),
        ("logicalType: integer\n", "logicalType: 3\n"),
        ("            label: weiblich\n", ""),
        ("engine: kkz_eval", "engine: soda"),
    ):
        assert old in source
        source = source.replace(old, new, 1)
    path = tmp_path / "schulabgaenge.odcs.yaml"
    path.write_text(source, encoding="utf-8")
    with pytest.raises(ContractError) as raised:
        load_contract(path)
    lines = source.splitlines()
    for problem, said in zip(
        raised.value.problems,
        ("customProperties:", "aceptance", "engine: soda", "logicalType: 3", "value: weiblich"),
        strict=True,
    ):
        assert problem.line is not None
        assert said in lines[problem.line - 1]


def test_every_rule_that_is_wrong_is_said_where_it_stands(tmp_path: Path) -> None:
    source = (CONTRACTS / "schulabgaenge.odcs.yaml").read_text(encoding="utf-8")
    wrong = source.replace("dimension: sex, total: insgesamt", "dimension: sex, total: alle, part: x").replace(
        "id: sexes_complete", "id: certificates_complete"
    )
    path = tmp_path / "schulabgaenge.odcs.yaml"
    path.write_text(wrong, encoding="utf-8")
    with pytest.raises(ContractError) as raised:
        load_contract(path)
    said = raised.value.sentence.in_language("de")
    assert "„part“" in said
    assert "den Code alle gibt es in der Spalte sex nicht" in said
    assert "certificates_complete steht zweimal" in said
    assert all(problem.line for problem in raised.value.problems)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        *((written, f"{written} ist keine Zahl") for written in (".nan", ".inf", "-.inf", "1.0e+999", "9" * 400)),
        *((written, "tolerance") for written in ("NaN", "Infinity", "1e999", "'.nan'", '"1"', "true", "[1]")),
    ],
)
def test_the_tolerance_of_a_rule_is_a_number_that_something_can_exceed(written: str, said: str, tmp_path: Path) -> None:
    source = (CONTRACTS / "bevoelkerung_altersjahre.odcs.yaml").read_text(encoding="utf-8")
    path = tmp_path / "bevoelkerung_altersjahre.odcs.yaml"
    path.write_text(source.replace("tolerance: 2}", f"tolerance: {written}}}"), encoding="utf-8")
    with pytest.raises(ContractError) as raised:
        load_contract(path)
    assert said.replace("9" * 400, "9" * 57 + "…") in raised.value.sentence.in_language("de")


def test_a_folder_without_contracts_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no contract"):
        load_contracts(tmp_path)
    with pytest.raises(UserError, match="no folder"):
        load_contracts(tmp_path / "nowhere")


def test_two_files_with_one_id_are_refused(tmp_path: Path) -> None:
    for name in ("a", "b"):
        source = (CONTRACTS / "inkar.odcs.yaml").read_text(encoding="utf-8")
        (tmp_path / f"{name}.odcs.yaml").write_text(source, encoding="utf-8")
    with pytest.raises(ContractError, match="already holds"):
        load_contracts(tmp_path)


def test_the_check_path_imports_neither_pandas_nor_great_expectations_nor_pydantic() -> None:
    program = (
        "import sys, kkz_eval.contracts.judgement, kkz_eval.contracts.load as load, pathlib;"
        f"load.load_contracts(pathlib.Path({str(CONTRACTS)!r}));"
        "print([m for m in ('pandas', 'great_expectations', 'pydantic', 'jsonschema', 'dagster') if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("said", "admitted"),
    [
        ("", USUAL_SYMBOLS),
        ("          - {property: symbols, value: ['-', .]}\n", ("-", ".")),
        ("          - {property: symbols, value: []}\n", ()),
        ("          - {property: emptyAdmitted, value: true}\n", ()),
        ("          - {property: emptyAdmitted, value: true}\n          - {property: symbols, value: usual}\n", USUAL_SYMBOLS),
    ],
)
def test_a_measure_admits_the_usual_symbols_unless_its_contract_says_otherwise(
    said: str, admitted: tuple[str, ...], tmp_path: Path
) -> None:
    source = (CONTRACTS / "mindestsicherung.odcs.yaml").read_text(encoding="utf-8")
    before = "          - {property: unit, value: Personen}\n"
    assert source.count(before) == 1
    path = tmp_path / "mindestsicherung.odcs.yaml"
    path.write_text(source.replace(before, before + said), encoding="utf-8")
    contract = load_contract(path)
    of_measures = {p.name for p in contract.properties if p.role == "measure"}
    symbols = {str(r.parameters["column"]): r.parameters["symbols"] for r in contract.rules if r.kind == "symbol_admitted"}
    assert symbols == {p.name: admitted if p.name in of_measures else () for p in contract.properties}


def test_no_contract_writes_out_the_usual_symbols() -> None:
    assert not [path.name for path in CONTRACTS.glob("*.odcs.yaml") if "'k.a.', '...'" in path.read_text(encoding="utf-8")]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("due, value: 09-30", "30. September des Berichtsjahres"),
        ("due, value: +1 03-01", "1. März des Jahres nach dem Berichtsjahr"),
        ("due, value: +2 03-01", "1. März des 2. Jahres nach dem Berichtsjahr"),
        ("due, value: +1 03-31}\n  - {property: deadline, value: 'zum {day} des Folgejahres'", "zum 31. März des Folgejahres"),
        ("deadline, value: im Winter", "im Winter"),
    ],
)
def test_the_words_of_a_deadline_are_made_from_its_day(said: str, words: str, tmp_path: Path) -> None:
    source = (CONTRACTS / "netzwerk.odcs.yaml").read_text(encoding="utf-8")
    before = "due, value: +1 03-31"
    assert source.count(before) == 1
    assert "property: deadline" not in source
    path = tmp_path / "netzwerk.odcs.yaml"
    path.write_text(source.replace(before, said), encoding="utf-8")
    assert load_contract(path).terms.deadline == words


def test_no_contract_with_a_day_says_it_in_words_too(contracts: dict[str, Contract]) -> None:
    for contract_id, contract in contracts.items():
        said = (CONTRACTS / f"{contract_id}.odcs.yaml").read_text(encoding="utf-8")
        assert contract.terms.due is None or contract.terms.due.german_day not in said.split("\nschema:")[0]
