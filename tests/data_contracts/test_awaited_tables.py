"""Tables that are asked for and not at hand: on the day one comes it is read, judged, an indicator, and no longer called missing."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from openpyxl import load_workbook

from kkz_eval.contracts.contract import Contract
from kkz_eval.contracts.example import example_columns, example_rows
from kkz_eval.contracts.judgement import judge_file
from kkz_eval.contracts.lint import lint
from kkz_eval.contracts.load import load_contracts
from kkz_eval.contracts.pages import asked_of_offices, dataset_page, index_page
from kkz_eval.contracts.template_book import data_sheet, template_bytes
from kkz_eval.deliveries.reader import Claimed, Unclaimed, read_file
from kkz_eval.fetching.web_services import load_services
from kkz_eval.indicators.chain import StageCoverage
from kkz_eval.line.along_the_chain import chain_of
from kkz_eval.line.installation import Installation, open_installation
from kkz_eval.line.snapshot import Snapshot, current_snapshot
from kkz_eval.line.study import Study
from kkz_eval.model.findings import Finding, iter_findings
from kkz_eval.model.verdicts import Status
from kkz_eval.reference.tables import kreise, official_units
from kkz_eval.settings import load_settings

FOLDER = Path(__file__).parents[2] / "data_contracts"
CONTRACTS = load_contracts(FOLDER)
TABLES = FOLDER.parent / os.environ.get("KKZ_SHARED", "../shared") / "data" / "regionalstatistik"
UNITS = sorted(kreis.ags5 for kreis in kreise())
KREISE = ("05111", "05570")
FINDINGS = [code.label_de for code in CONTRACTS["schuleingang_lzg"].property_named("finding").codes]
HEAD = "Kreisschlüssel;Schuljahr;Befund;Untersuchte Kinder;Kinder mit Befund"


def school_entry(first: int, last: int, examined: int = 1000, title: str = "Schuleingangsuntersuchung, LZG.NRW") -> bytes:
    """What LZG.NRW may send, made up: every finding of two Kreise, school years by the year in which they end."""
    rows = [
        f"{kreis};{year - 1}/{year % 100:02d};{finding};{examined};{100 + 10 * place + year - first}"
        for year in range(first, last + 1)
        for kreis in KREISE
        for place, finding in enumerate(FINDINGS)
    ]
    return "\r\n".join([title, HEAD, *rows, ""]).encode("utf-8-sig")


def judged(data: bytes, name: str = "tabelle.csv") -> tuple[Contract, bool, list[Finding]]:
    """The contract that claims a table, whether it is accepted, and what is found besides that all other Kreise are missing."""
    result = read_file(data, name, CONTRACTS)
    assert isinstance(result, Claimed), result
    (parsed,) = result.parsed
    contract = CONTRACTS[parsed.contract_id]
    judgement = judge_file(parsed, contract, official_units())
    found = list(iter_findings(judgement.findings))
    assert [finding.kind for finding in found].count("official_units_missing") == 1
    return contract, judgement.status != Status.REJECTED, [f for f in found if f.kind != "official_units_missing"]


@pytest.fixture
def nothing(tmp_path: Path) -> Snapshot:
    """What an installation accepts into which nothing was delivered."""
    return current_snapshot(_line(tmp_path))


def _line(folder: Path) -> Installation:
    return open_installation(load_settings({"KKZ_CONTRACTS": str(FOLDER), "KKZ_HOME": str(folder / "home")}))


def values(snapshot: Snapshot, indicator: str, dataset: str) -> dict[tuple[str, int], float | None]:
    rows = snapshot.indicator(indicator, dataset).indicators.to_pylist()
    return {(row["unit_id"], row["year"]): row["value"] for row in rows}


def stage(snapshot: Snapshot, name: str) -> StageCoverage:
    """What a report by the plan of 2012 says of a stage."""
    study = Study(snapshot, snapshot.installation.plans["kekiz-2012"])
    return {row.stage: row for row in chain_of(study)}[name]


def reasons(snapshot: Snapshot, name: str) -> dict[str, str]:
    return {row.subject["de"]: row.because.in_language("de") for row in stage(snapshot, name).reasons}


# ---- findings before school, by LZG.NRW ----


def test_a_table_of_lzg_is_told_from_a_delivery_by_its_title() -> None:
    assert lint(FOLDER / "schuleingang_lzg.odcs.yaml") == ()
    contract, accepted, found = judged(school_entry(2011, 2012))
    assert (contract.id, accepted, found) == ("schuleingang_lzg", True, [])
    delivery = read_file(school_entry(2011, 2012).split(b"\r\n", 1)[1], "tabelle.csv", CONTRACTS)
    assert isinstance(delivery, Claimed)
    assert [parsed.contract_id for parsed in delivery.parsed] == ["schuleingangsuntersuchung"]


@pytest.mark.parametrize("title", ["", "Quelle: Landeszentrum Gesundheit"])
def test_a_table_of_all_kreise_without_the_word_is_no_delivery_of_theirs(title: str) -> None:
    """With both sexes it has all that the contract of the municipalities demands."""
    rows = [
        f"{unit};2016;{finding};{sex};{count};{count // 10}"
        for unit in UNITS
        for finding in FINDINGS
        for sex, count in (("männlich", 600), ("weiblich", 400), ("insgesamt", 1000))
    ]
    head = HEAD.replace("Befund;", "Befund;Geschlecht;", 1)
    result = read_file("\n".join([title, head, *rows, ""]).encode(), "tabelle.csv", CONTRACTS)
    assert isinstance(result, Unclaimed)
    assert "schuleingang_lzg" in result.in_language("de")
    assert "„LZG.NRW“" in result.in_language("de")
    of_few = [row for row in rows if row.startswith(("05111", "05570"))]
    assert isinstance(read_file("\n".join([head, *of_few, ""]).encode(), "tabelle.csv", CONTRACTS), Claimed)


@pytest.mark.parametrize("title", ["Kreis", "Stadt", "Gebiet", "Kreis/kreisfreie Stadt", "Kreise und kreisfreie Städte", "Name"])
@pytest.mark.parametrize(("name", "is_right"), [("Düsseldorf, Stadt", True), ("Kreis Warendorf", False)])
def test_keys_and_names_that_have_slipped_are_refused_whatever_the_column_of_names_is_called(
    title: str, name: str, is_right: bool
) -> None:
    with_names = (
        school_entry(2014, 2014).decode().replace(";Schuljahr;", f";{title};Schuljahr;").replace("05111;", f"05111;{name};")
    )
    with_names = with_names.replace("05570;", "05570;Warendorf;" if is_right else "05570;Düsseldorf;")
    _, accepted, found = judged(with_names.encode())
    assert accepted is is_right
    assert [one.kind for one in found] == ([] if is_right else ["official_other_name", "official_other_name"])


def test_more_children_with_a_finding_than_examined_are_refused() -> None:
    _, accepted, found = judged(school_entry(2011, 2012, examined=120))
    assert not accepted
    assert {finding.rule for finding in found} == {"finding_of_examined"}


def test_the_template_for_lzg_comes_back_accepted() -> None:
    (contract,) = asked_of_offices(CONTRACTS)
    assert contract.id == "schuleingang_lzg"
    book = load_workbook(io.BytesIO(template_bytes(contract)))
    for row, cells in enumerate(example_rows(contract), start=2):
        for column, (of, cell) in enumerate(zip(example_columns(contract), cells, strict=True), start=1):
            book[data_sheet(contract)].cell(row=row, column=column).value = float(cell) if of.role == "measure" else cell
    saved = io.BytesIO()
    book.save(saved)
    claimed, accepted, found = judged(saved.getvalue(), "vorlage.xlsx")
    assert (claimed.id, accepted, found) == (contract.id, True, [])


def test_the_pages_say_whom_the_table_is_asked_of() -> None:
    asked = asked_of_offices(CONTRACTS)
    page = index_page((), asked)
    assert "Worum andere Stellen gebeten werden" in page
    assert 'href="vorlage_schuleingang_lzg.xlsx"' in page
    assert "<dd>LZG.NRW, Gesundheitsberichterstattung</dd>" in dataset_page(asked[0])


def test_the_share_with_a_finding_is_that_of_the_table(nothing: Snapshot) -> None:
    there = nothing.with_accepted(school_entry(2010, 2012), "lzg.csv")
    place = FINDINGS.index("Deutschkenntnisse")
    expected = {(kreis, year): (100 + 10 * place + year - 2010) / 1000 * 100 for kreis in KREISE for year in (2010, 2011, 2012)}
    assert values(there, "schuleingang_deutsch", "schuleingang_lzg") == pytest.approx(expected, rel=1e-12)


def test_findings_are_called_missing_until_two_years_before_the_start_are_there(nothing: Snapshot) -> None:
    subject = "Befunde der Schuleingangsuntersuchung"
    assert reasons(nothing, "school_entry")[subject].startswith("liegt bei LZG.NRW, nicht beschafft;")
    late = nothing.with_accepted(school_entry(2011, 2016), "lzg.csv")
    assert "nicht beschafft; vorhanden nur 2011–2016;" in reasons(late, "school_entry")[subject]
    assert stage(late, "school_entry").further == ()
    there = nothing.with_accepted(school_entry(2010, 2016), "lzg.csv")
    assert subject not in reasons(there, "school_entry")
    assert "Geringe Deutschkenntnisse" in [row.label["de"] for row in stage(there, "school_entry").further]


# ---- population by age ----

GROUPS = ("unter 3 Jahre", "3 bis unter 6 Jahre", "6 bis unter 10 Jahre", "Insgesamt")


def population(*years: int) -> bytes:
    """Table 12411-02-03-4 as the service writes it, made up: two Kreise, few age groups, the total and each sex."""
    lines = [
        "GENESIS-Tabelle: 12411-02-03-4",
        "Bevölkerung nach Geschlecht und Altersgruppen (17);;;;;;",
        "- Stichtag 31.12. - regionale Tiefe: Kreise und krfr. Städte;;;;;;",
        "Fortschreibung des Bevölkerungsstandes;;;;;;",
        "Bevölkerungsstand (Anzahl);;;;;;",
        ";;;;Insgesamt;männlich;weiblich",
    ]
    for year in years:
        for kreis, name in (("05111", "Düsseldorf, Kreisfreie Stadt"), ("05570", "Warendorf, Kreis")):
            for place, group in enumerate(GROUPS):
                count = 1000 if group == "Insgesamt" else 30 + place + year - 2000
                lines.append(f"31.12.{year};{kreis};      {name};{group};{2 * count};{count};{count}")
    return "\r\n".join([*lines, "__________", "Stand: 10.10.2026 / 10:53:53", ""]).encode("cp1252")


def test_population_by_age_of_many_years_is_read_by_the_contract_for_population(nothing: Snapshot) -> None:
    contract, accepted, _ = judged(population(2009, 2010, 2011))
    assert (contract.id, accepted) == ("bevoelkerung_amtlich", True)
    there = nothing.with_accepted(population(2009, 2010, 2011), "alter.csv")
    expected = {(kreis, year): float(30 + year - 2000) for kreis in KREISE for year in (2009, 2010, 2011)}
    assert values(there, "kinder_unter_3_je_1000", "bevoelkerung_amtlich") == pytest.approx(expected, rel=1e-12)


def test_population_by_age_is_called_missing_until_it_has_two_years_before_the_start(nothing: Snapshot) -> None:
    subject = "Bevölkerung nach Alter, also Quoten je Kind"
    single = nothing.with_accepted(population(2015, 2024), "alter.csv")
    assert "nicht beschafft: Tabelle 12411-02-03-4 für Kreise; vorhanden nur 2015, 2024" in reasons(single, "context")[subject]
    there = nothing.with_accepted(population(2010, 2011, 2015), "alter.csv")
    assert subject not in reasons(there, "context")


# ---- births by age of the mother ----

AGES = ("unter 20 Jahre", "20 bis unter 25 Jahre", "40 Jahre und mehr", "Insgesamt")
DUESSELDORF, WARENDORF, AHLEN = ("05111", "Düsseldorf"), ("05570", "Warendorf, Kreis"), ("05570004", "Ahlen, Stadt")


def births(year: int, place: int) -> tuple[int, ...]:
    """Made-up births of a unit by age of the mother, in the order of AGES."""
    counts = (20 + year - 2000 + place, 100, 30)
    return (*counts, sum(counts))


def by_row(table: str, units: tuple[tuple[str, str], ...], years: range) -> bytes:
    """Ages below each other, each sex beside the total."""
    lines = [f"GENESIS-Tabelle: {table}", "Geburten: Lebendgeborene nach Geschlecht und Alter der Mütter - Jahressumme -;;;;;;"]
    lines += ["Statistik der Geburten;;;;;;", "Lebendgeborene (Anzahl);;;;;;", ";;;;Insgesamt;männlich;weiblich"]
    for year in years:
        for place, (key, name) in enumerate(units):
            for age, count in zip(AGES, births(year, place), strict=True):
                lines.append(f"{year};{key};      {name};{age};{count};{count - count // 2};{count // 2}")
    return "\r\n".join([*lines, "__________", "Stand: 10.10.2026 / 10:53:53", ""]).encode("cp1252")


def by_column(table: str, units: tuple[tuple[str, str], ...], years: range) -> bytes:
    """Ages beside each other, without sexes."""
    lines = [f"GENESIS-Tabelle: {table}", "Geburten: Lebendgeborene nach Altersgruppen der Mütter - Jahressumme -;;;;;;"]
    lines += ["Statistik der Geburten;;;;;;", "Lebendgeborene (Anzahl);;;;;;", ";;;" + ";".join(AGES)]
    for year in years:
        for place, (key, name) in enumerate(units):
            lines.append(f"{year};{key};      {name};" + ";".join(map(str, births(year, place))))
    return "\r\n".join([*lines, "__________", "Stand: 10.10.2026 / 10:53:53", ""]).encode("cp1252")


def flat(table: str, units: tuple[tuple[str, str], ...], years: range) -> bytes:
    """As `kkz-eval fetch` asks for it."""
    head = (
        "statistics_code;statistics_label;time_code;time_label;time;1_variable_code;1_variable_label;1_variable_attribute_code;"
        "1_variable_attribute_label;2_variable_code;2_variable_label;2_variable_attribute_code;2_variable_attribute_label;"
        "value;value_unit;value_variable_code;value_variable_label"
    )
    lines = [
        f"12612;Statistik der Geburten;JAHR;Jahr;{year};KREISE;Kreise und kreisfreie Städte;{key};{name};"
        f"ALTMUT;Altersgruppen der Mütter;{'' if age == 'Insgesamt' else f'ALT{AGES.index(age)}'};{age};{count};Anzahl;GEB01;Lebendgeborene"
        for year in years
        for place, (key, name) in enumerate(units)
        for age, count in zip(AGES, births(year, place), strict=True)
    ]
    return "\r\n".join([head, *lines, ""]).encode("utf-8-sig")


def shares(units: tuple[tuple[str, str], ...], years: range) -> dict[tuple[str, int], float]:
    return {
        (key, year): births(year, place)[0] / births(year, place)[-1] * 100
        for year in years
        for place, (key, _) in enumerate(units)
    }


@pytest.mark.parametrize("layout", [by_row, by_column, flat])
def test_births_by_age_of_the_mother_give_the_share_to_young_ones(
    nothing: Snapshot, layout: Callable[[str, tuple[tuple[str, str], ...], range], bytes]
) -> None:
    units, years = (DUESSELDORF, WARENDORF), range(2009, 2013)
    data = layout("12612-93-01-4", units, years)
    contract, accepted, _ = judged(data)
    assert (contract.id, accepted) == ("geburten_amtlich", True)
    there = nothing.with_accepted(data, "geburten.csv")
    assert values(there, "muetter_unter_20", "geburten_amtlich") == pytest.approx(shares(units, years), rel=1e-12)


def test_births_of_municipalities_are_read_apart_from_those_of_kreise(nothing: Snapshot) -> None:
    units, years = (DUESSELDORF, AHLEN), range(2009, 2013)
    data = by_row("12612-01-01-5", units, years)
    result = read_file(data, "gemeinden.csv", CONTRACTS)
    assert isinstance(result, Claimed)
    assert [parsed.contract_id for parsed in result.parsed] == ["geburten_gemeinden_amtlich"]
    there = nothing.with_accepted(data, "gemeinden.csv")
    assert values(there, "muetter_unter_20", "geburten_gemeinden_amtlich") == pytest.approx(shares(units, years), rel=1e-12)


def test_births_by_age_are_called_missing_until_two_years_before_the_start_are_there(nothing: Snapshot) -> None:
    subject = "Geburten nach Alter der Mutter"
    single = nothing.with_accepted(by_row("12612-02-01-4", (DUESSELDORF, WARENDORF), range(2015, 2016)), "geburten.csv")
    assert reasons(single, "birth")[subject].endswith("2008 bis 2022; vorhanden nur 2015")
    there = nothing.with_accepted(by_row("12612-93-01-4", (DUESSELDORF, WARENDORF), range(1995, 2016)), "geburten.csv")
    assert subject not in reasons(there, "birth")
    assert "Geburten bei Müttern unter 20 Jahren" in [row.label["de"] for row in stage(there, "birth").further]


# ---- what genuine files give of it ----


def genuine(path: Path, key: int, label: int, value: int) -> dict[tuple[str, str], float]:
    """Values by key and member of a genuine table, by the csv module alone. key, label, value: its columns."""
    with path.open(encoding="utf-8-sig" if path.parent == TABLES else "latin-1", newline="") as file:
        rows = [row for row in csv.reader(file, delimiter=";") if len(row) > value and row[key] in UNITS]
    return {(row[key], row[label].strip()): float(row[value]) for row in rows if row[value] != "-"}


@pytest.mark.skipif(not TABLES.is_dir(), reason="genuine files are not at hand (KKZ_SHARED)")
@pytest.mark.parametrize(
    ("path", "indicator", "dataset", "part", "total", "per"),
    [
        (TABLES / "12612-02-01-4_2015.csv", "muetter_unter_20", "geburten_amtlich", AGES[0], "Insgesamt", 100),
        (
            TABLES.parent / "official" / "genesis" / "12411-03-03-4_datencsv_en_NRW_slice.csv",
            *("kinder_unter_3_je_1000", "bevoelkerung_amtlich", GROUPS[0], "Total", 1000),
        ),
    ],
)
def test_every_share_of_the_one_year_that_is_there_is_that_of_the_file(
    nothing: Snapshot, path: Path, indicator: str, dataset: str, part: str, total: str, per: int
) -> None:
    read = genuine(path, 1, 3, 4)
    expected = {unit: read[unit, part] / read[unit, total] * per for unit in UNITS}
    there = values(nothing.with_accepted(path.read_bytes(), path.name), indicator, dataset)
    assert {unit: there[unit, year] for unit, year in there} == pytest.approx(expected, rel=1e-12)


# ---- fetching ----


def test_fetch_knows_no_table_that_no_contract_names() -> None:
    needed = {text.split()[0] for contract in CONTRACTS.values() for text in contract.terms.tables_needed}
    for service in load_services(FOLDER / "services.yaml").values():
        assert set(service.tables) <= needed
