"""Official tables as other editions write them: one time for all, older wording, other levels and columns, and advice that helps."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence

import pytest
from contract_values import CASES, SHARED_DATA, shipped

from kkz_eval.contracts.contract import Contract
from kkz_eval.contracts.judgement import judge_file
from kkz_eval.deliveries.columns.parsed_table import LEFT_OUT
from kkz_eval.deliveries.official.times import bare_time
from kkz_eval.deliveries.reader import Claimed, Unclaimed, read_file
from kkz_eval.model.findings import iter_findings
from kkz_eval.model.parsed import ParsedTable
from kkz_eval.reference.tables import kreise, units_known_to

GENUINE = SHARED_DATA.parent / "cases" / "genuine"
CONTRACTS: Mapping[str, Contract] = shipped()
MISSING = "official_units_missing"
needs_genuine = pytest.mark.skipif(not GENUINE.exists(), reason="genuine files are not at hand (KKZ_SHARED)")


def read(text: str, name: str = "tabelle.csv") -> ParsedTable:
    result = read_file(text.encode(), name, CONTRACTS)
    assert isinstance(result, Claimed), result
    (table,) = result.parsed
    return table


def refused(text: str) -> str:
    result = read_file(text.encode(), "tabelle.csv", CONTRACTS)
    assert isinstance(result, Unclaimed), result
    assert "{" not in result.in_language("en")
    return result.in_language("de")


def case(name: str) -> str:
    data = (CASES / name).read_bytes()
    return (data.decode() if name == "L1.csv" else data.decode("cp1252")).replace("\r\n", "\n")


def found(table: ParsedTable) -> list[tuple[str, str | None]]:
    return [(finding.kind, finding.allowed) for finding in iter_findings(table.findings)]


POPULATION = """GENESIS-Tabelle: 12411-01-01-4
Bevölkerungsstand: Bevölkerung nach Geschlecht;;;;
{title}
Bevölkerungsstand (Anzahl);;;;
{header};;Insgesamt;männlich;weiblich
{body}
__________
Stand: 10.10.2017 / 10:00:00
"""


def population(title: str = "- Stichtag 31.12. -;;;;", header: str = "", leave: Sequence[str] = ()) -> str:
    lines = [f"{k.ags5};      {k.name};{n + 200};{n + 90};110" for n, k in enumerate(kreise()) if k.ags5 not in leave]
    return POPULATION.format(title=title, header=header and header + "\n", body="\n".join(lines))


def is_whole(table: ParsedTable) -> bool:
    """Whether all figures of all Kreise stand under 2015."""
    columns = (table.values(name).to_pylist() for name in ("unit_id", "year", "sex", "persons"))
    said = {(unit, sex): number for unit, year, sex, number in zip(*columns, strict=True) if year == 2015}
    expected = {}
    for n, kreis in enumerate(kreise()):
        expected |= {(kreis.ags5, "insgesamt"): n + 200, (kreis.ags5, "maennlich"): n + 90, (kreis.ags5, "weiblich"): 110}
    return said == expected and table.table.num_rows == len(expected)


@pytest.mark.parametrize(
    ("title", "header"),
    [
        ("- Stichtag 31.12. -;;;;", ";;31.12.2015;31.12.2015;31.12.2015"),
        ("- Stichtag 31.12. -;;;;", ";;Stichtag 31.12.2015;Stichtag 31.12.2015;Stichtag 31.12.2015"),
        ("- Stichtag 31.12. -;;;;", ";;Stichtag: 31.12.2015;;"),
        ("- Stichtag 31.12. -;;;;", ";;2015-12-31;2015-12-31;2015-12-31"),
        ("- Stichtag 31.12. -;;;;", ";;Stichtag;Stichtag;Stichtag\n;;31.12.2015;31.12.2015;31.12.2015"),
        ("- Stichtag 31.12.2015 -;;;;", ""),
        ("Stichtag: 31.12.2015;;;;", ""),
        ("Stichtag:;31.12.2015;;;", ""),
        ("Zeitraum: 31.12.2015;;;;", ""),
        ("Kreise - Stichtag 31.12.2015;;;;", ""),
        ("Bevölkerung am 31.12.2015;;;;", ""),
    ],
)
def test_one_time_for_the_whole_table_is_its_time(title: str, header: str) -> None:
    table = read(population(title, header))
    assert is_whole(table)
    assert table.findings.num_rows == 0


@pytest.mark.parametrize(
    "title", ["Gebietsstand 31.12.2015;;;;", "Gebietsstand am 31.12.2015;;;;", "(ab 2015);;;;", "Stand: 31.12.2015;;;;"]
)
def test_a_day_of_something_else_is_no_time_and_that_is_said_once(title: str) -> None:
    sentence = refused(population(title))
    assert "nennt keine Zeit" in sentence
    assert "12411-01-01-4" in sentence


def test_two_times_in_the_titles_are_none() -> None:
    assert "nennt keine Zeit" in refused(population("Stichtag 31.12.2015;;;;\nStichtag 31.12.2014;;;;"))


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("Schuljahr 2014/15", "2014/15"),
        ("Jahr: 2015", "2015"),
        ("Berichtszeitraum 2015", "2015"),
        ("- Stichtag 31.12.2015 -", "31.12.2015"),
        ("Stichtag am 31.12.2015", "31.12.2015"),
        ("31.12.2015", "31.12.2015"),
        ("Gebietsstand 31.12.2015", None),
        ("Jahr", None),
        ("Zensus 2011", None),
    ],
)
def test_a_time_beside_its_name(text: str, time: str | None) -> None:
    assert bare_time(text) == time


def test_units_that_fell_out_are_named() -> None:
    table = read(population(header=";;31.12.2015;31.12.2015;31.12.2015", leave=["05154"]))
    assert found(table) == [(MISSING, "1/53")]


@pytest.mark.parametrize(
    "wording",
    [
        "Absolvierende/Abgehende",
        "Absolventen/Abgänger",
        "Absolventen und Abgänger",
        "Absolvierende und Abgehende",
        "Schulentlassene",
        "absolventen / abgänger",
    ],
)
def test_the_measure_may_be_called_as_older_editions_do(wording: str) -> None:
    table = read(case("J1.csv").replace("Absolventen/Abgänger", wording))
    assert (table.contract_id, table.table.num_rows) == ("schulabgaenge_amtlich", 3 * 6 * 2)
    assert found(table) == [(MISSING, "50/53")]
    assert table.values("leavers").to_pylist()[:2] == [1000, 1000]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("mit Mittlerem Abschluss", "mit Realschulabschluss"),
        ("dar. schulischer Teil", "darunter: schulischer Teil"),
        ("ohne Hauptschulabschluss", "Absolventen/Abgänger ohne Hauptschulabschluss"),
        (";weiblich", ";dar. weiblich"),
    ],
)
def test_members_may_be_called_as_older_editions_do(old: str, new: str) -> None:
    text = case("J1.csv")
    assert old in text
    changed = read(text.replace(old, new))
    columns = ("unit_id", "certificate", "sex", "leavers")
    assert changed.table.select(columns).equals(read(text).table.select(columns))
    assert found(changed) == [(MISSING, "50/53")]


NATIONAL = """Tabelle: 12411-03-03-4
Bevölkerung nach Nationalität - Stichtag 31.12. -;;;;
Fortschreibung des Bevölkerungsstandes;;;;
Bevölkerungsstand (Anzahl);;;;
;;;Insgesamt;Deutsche;{foreign}
31.12.2015;05111;Düsseldorf, Kreisfreie Stadt;100;80;20
__________
Stand: 10.10.2017 / 10:00:00
"""


@pytest.mark.parametrize(
    "foreign", ["Ausländer(innen)", "Ausländer/innen", "Ausländer/-innen", "Nichtdeutsche", "ausländische Bevölkerung"]
)
def test_nationality_may_be_called_as_older_editions_do(foreign: str) -> None:
    table = read(NATIONAL.format(foreign=foreign))
    said = dict(zip(table.values("nationality").to_pylist(), table.values("persons").to_pylist(), strict=True))
    assert said == {"insgesamt": 100, "deutsch": 80, "nichtdeutsch": 20}


def test_foreign_women_are_not_all_foreigners() -> None:
    table = read(NATIONAL.format(foreign="Ausländerinnen"))
    assert set(table.values("nationality").to_pylist()) == {"insgesamt", "deutsch"}
    assert ("official_member", None) in found(table)


def test_a_table_of_municipalities_gives_its_kreise_and_passes_over_the_rest() -> None:
    table = read(case("M1.csv"))
    assert sorted(set(table.values("unit_id").to_pylist())) == ["05111", "05154", "05158"]
    assert found(table) == [(MISSING, "50/53")]
    assert table.table.schema.metadata[LEFT_OUT] == b"12"


@pytest.mark.parametrize("beside", ["gisd_5,gisd_10,gisd_k", "gisd_10,population,bula"])
def test_columns_beside_the_index_are_named_once(beside: str) -> None:
    text = case("L1.csv").replace("gisd_5,gisd_10,gisd_k", beside).replace(",3,5,2\n", ",3,5,Nordrhein\n")
    table = read(text)
    assert (table.contract_id, table.table.num_rows) == ("gisd", 8)
    named = [(f.severity, f.value) for f in iter_findings(table.findings) if f.kind == "official_columns_left_out"]
    assert named == [("warning", ", ".join(f"„{column}“" for column in beside.split(",")))]
    assert {kind for kind, _ in found(table)} == {MISSING, "official_columns_left_out"}


def test_an_older_edition_of_the_index_has_other_titles() -> None:
    text = "Jahr;Kreiskennziffer;Kreisname;GISD_Score;GISD_5\n2014;5111;Düsseldorf;0,51;3\n2014;05112;Duisburg;0,61;3\n"
    table = read(text)
    assert table.values("gisd_score").to_pylist() == [0.51, 0.61]
    assert table.values("unit_id").to_pylist() == ["05111", "05112"]


def test_equal_columns_with_equal_values_are_read_once_and_named() -> None:
    result = read_file((CASES / "X1.csv").read_bytes(), "X1.csv", CONTRACTS)
    assert isinstance(result, Unclaimed)
    assert result.findings is not None
    (finding,) = (f for f in iter_findings(result.findings) if f.kind != MISSING)
    assert (finding.kind, finding.severity) == ("official_column_repeated", "warning")
    assert "„Gesamtregelleistung nach dem SGB II“" in finding.message().in_language("de")


def test_another_table_says_which_one_is_needed() -> None:
    text = case("J1.csv").replace("21111-02-06-4", "21111-02-03-4").replace("Absolventen/Abgänger (Anzahl)", "Klassen (Anzahl)")
    sentence = refused(text)
    assert "Tabelle 21111-02-03-4" in sentence
    assert "braucht 21111-02-06-4 (" in sentence
    sentence = refused(case("X1.csv"))
    assert "Tabelle 22811-05i; aus dieser Statistik wird gebraucht: 22811-01i (" in sentence
    assert " oder 22811-02-02-4 (" in sentence
    assert "(Vertrag mindestsicherungsquote_amtlich, sgbii_amtlich)" in sentence


def test_the_right_table_at_another_level_says_which_level_is_needed() -> None:
    lines = [line for line in case("J1.csv").split("\n") if not line.startswith("2015;")]
    lines.insert(9, "2015;05;Nordrhein-Westfalen;" + ";".join(["7"] * 14))
    sentence = refused("\n".join(lines))
    assert "Kreise und kreisfreie Städte" in sentence
    assert "sie nennt: Länder" in sentence


def records_of(name: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO((GENUINE / name).read_bytes().decode("cp1252")), delimiter=";"))


@needs_genuine
def test_the_genuine_table_of_one_day_has_its_values_by_the_csv_module_alone() -> None:
    name = "12411-01-01-4_2015.csv"
    expected = {
        (cells[0], sex): int(cells[column])
        for cells in records_of(name)
        if cells and cells[0].startswith("05") and len(cells[0]) == 5 and cells[2] != "-"
        for column, sex in ((2, "insgesamt"), (3, "maennlich"), (4, "weiblich"))
    }
    result = read_file((GENUINE / name).read_bytes(), name, CONTRACTS)
    assert isinstance(result, Claimed)
    (table,) = result.parsed
    columns = (table.values(of).to_pylist() for of in ("unit_id", "sex", "persons"))
    assert {(unit, sex): number for unit, sex, number in zip(*columns, strict=True)} == expected
    assert set(table.values("year").to_pylist()) == {2015}
    assert len(expected) == 53 * 3
    assert judge_file(table, CONTRACTS[table.contract_id], units_known_to("official")).n_errors == 0


@needs_genuine
def test_the_genuine_table_with_older_wording_has_its_values_by_the_csv_module_alone() -> None:
    name = "21111-02-06-4_2015.csv"
    codes = (
        "insgesamt",
        "ohne_abschluss",
        "hauptschulabschluss",
        "mittlerer_abschluss",
        None,
        "fachhochschulreife",
        "hochschulreife",
    )
    expected = {
        (int(cells[0]), unit, code, sex): int(cells[3 + 2 * place + beside]) if cells[3 + 2 * place + beside].isdigit() else None
        for cells in records_of(name)
        if len(cells) == 17
        for unit in ["05313" if cells[1] == "05334002" and int(cells[0]) < 2009 else cells[1]]
        if unit.startswith("05") and len(unit) == 5
        for place, code in enumerate(codes)
        if code is not None
        for beside, sex in enumerate(("insgesamt", "weiblich"))
    }
    result = read_file((GENUINE / name).read_bytes(), name, CONTRACTS)
    assert isinstance(result, Claimed)
    (table,) = result.parsed
    columns = (table.values(of).to_pylist() for of in ("year", "unit_id", "certificate", "sex", "leavers"))
    said = {key[:4]: key[4] for key in zip(*columns, strict=True)}
    assert len(said) == 13_776
    assert {key: number for key, number in expected.items() if number is not None} == {
        k: n for k, n in said.items() if n is not None
    }
    assert {finding.kind for finding in iter_findings(table.findings)} == {"official_footnote"}


def test_one_cause_in_many_lines_is_one_finding_with_their_number() -> None:
    text = population(header=";;31.12.2015;;").replace("\n05", "\n99").replace("\n99111;", "\n05111;")
    keys = [finding for finding in iter_findings(read(text).findings) if finding.kind == "official_key"]
    assert [(finding.row, finding.value) for finding in keys] == [(8, "99112, 99113, 99114, … (52)")]


def test_few_findings_of_a_kind_stand_one_by_one() -> None:
    text = population(header=";;31.12.2015;;").replace("05111;", "99111;").replace("05112;", "99112;")
    keys = [finding.value for finding in iter_findings(read(text).findings) if finding.kind == "official_key"]
    assert keys == ["99111", "99112"]


@needs_genuine
def test_the_genuine_edition_of_2018_has_as_many_kreise_as_years() -> None:
    name = "INKAR2018_B_SchulabgaengerohneAbschluss.xls"
    result = read_file((GENUINE / name).read_bytes(), name, CONTRACTS)
    assert isinstance(result, Claimed)
    (table,) = result.parsed
    assert (table.edition, table.table.num_rows, table.findings.num_rows) == ("2018", 53 * 21, 0)
    assert table.values("value").null_count == 0


def test_a_table_that_lacks_one_of_two_measures_is_refused_once_and_names_it() -> None:
    text = """GENESIS-Tabelle: 13211-02-05-4
Arbeitslose nach ausgewählten Personengruppen;;;;
Arbeitsmarktstatistik der Bundesagentur für Arbeit;;;;
;;;Arbeitslose;Arbeitslose;{rate}
;;;;15 bis unter 25 Jahre;
;;;Anzahl;Anzahl;Prozent
2016;05111;Düsseldorf, Kreisfreie Stadt;100;20;6,5
__________
Stand: 10.10.2017 / 10:00:00
"""
    table = read(text.format(rate="Arbeitslosenquote bezogen auf alle zivilen Erwerbspersonen"))
    assert table.values("rate").to_pylist() == [6.5, None]
    assert "Arbeitslosenquote bez. auf alle zivile Erwerbsp." in refused(text.format(rate="Quote"))


WEGWEISER = """Kommune;GKZ;ARS;Bundesland;2019 Kinderarmut (%)
Ahlen;05570004;055700004004;Nordrhein-Westfalen;10,5
Werne;05978040;059780040040;Nordrhein-Westfalen;k.A.

Quelle: Wegweiser Kommune
"""


def test_a_table_that_no_contract_takes_says_what_it_lacks_too() -> None:
    result = read_file(WEGWEISER.encode("utf-8-sig"), "wegweiser.csv", CONTRACTS)
    assert isinstance(result, Unclaimed)
    assert result.findings is not None
    (finding,) = iter_findings(result.findings)
    assert (finding.kind, finding.severity, finding.allowed) == ("official_small_units_missing", "warning", "394/396")
    assert "ab 5.000 Einwohnern" in finding.message().in_language("de")


def test_a_city_among_the_kreise_makes_no_table_of_municipalities() -> None:
    text = population(header=";;31.12.2015;;").replace("12411-01-01-4", "12711-01-01-4")
    text = text.replace("\n__________", "\n05334002;      Aachen, kreisfreie Stadt;1;1;1\n__________")
    result = read_file(text.encode(), "tabelle.csv", CONTRACTS)
    assert isinstance(result, Unclaimed)
    assert result.findings is not None
    assert result.findings.num_rows == 0
