"""SGB II, day care and vocational schools: genuine tables, what the header rows mean, and what damage to them says."""

from __future__ import annotations

from pathlib import Path

import pytest
from contract_values import CONTRACT_FOLDER, SHARED_DATA, needs_shared_data, shipped

from kkz_eval.contracts.judgement import judge_file
from kkz_eval.contracts.load import ContractError, contract_of, read_document
from kkz_eval.deliveries.reader import Claimed, Unclaimed, read_file
from kkz_eval.model.findings import Finding, iter_findings
from kkz_eval.model.parsed import ParsedTable
from kkz_eval.reference.tables import official_units

CONTRACTS = shipped()
REGIONAL = SHARED_DATA / "regionalstatistik"
BENEFITS, DAY_CARE, VOCATIONAL, CHILDREN = (
    REGIONAL / f"{name}.csv"
    for name in (
        "22811-02-02-4_2010-2016", "22541-01-04-4_2007-2016", "21121-02-02-4_2006-2015", "22543-01-01-4_2007-2010",
    )
)  # fmt: skip

ABOVE = "dar.: Regelleistungsberechtigte nach dem SGB II"
FIT = "erwerbsf. Leistungsberech. (Arbeitslosengeld II)"
END = ["__________", '"zu ""Tabelle"":', 'nichts"', "Stand: 10.10.2017 / 14:42:58", ""]
SGB_II = "\n".join(
    [
        "GENESIS-Tabelle: 22811-02-02-4",
        "Regelleistungsberechtigte nach dem SGB II- Stichtag 31.12. -;;;;;;;",
        f";;;Personen in Bedarfsgemeinschaften nach dem SGB II;{ABOVE};{ABOVE};{ABOVE};{ABOVE}",
        f";;;;insgesamt;insgesamt;insgesamt;{FIT}",
        ";;;;Insgesamt;Ausländer(innen);weiblich;unter 25 Jahre",
        ";;;Anzahl;Anzahl;Anzahl;Anzahl;Anzahl",
        "31.12.2012;05111;      Düsseldorf, Kreisfreie Stadt;63862;60359;23000;30000;7000",
        "31.12.2011;05111;      Düsseldorf, Kreisfreie Stadt;65201;61481;.;31000;7100",
        *END,
    ]
)
INSTITUTIONS = "Tageseinrichtungen für Kinder"
PLACES = "\n".join(
    [
        "GENESIS-Tabelle: 22541-01-04-4",
        "Tageseinrichtungen für Kinder - Stichtage -;;;;;;;;;",
        f";;;{INSTITUTIONS};{INSTITUTIONS};Einrichtungen mit integrativer Kinderbetreuung;Genehmigte Plätze;Tätige Personen;Tätige Personen",
        ";;;;unter 3 Jahre;;;Tätige Personen in Tageseinrichtungen für Kinder;Tätige Personen in Tageseinrichtungen für Kinder",
        ";;;;;;;Tätige Personen insgesamt;pädagogisches Personal (ab 2011)",
        ";;;Anzahl;Anzahl;Anzahl;Anzahl;Anzahl;Anzahl",
        "01.03.2009;05111;      Düsseldorf, Kreisfreie Stadt;300;5;30;20000;3500;-",
        "15.03.2008;05111;      Düsseldorf, Kreisfreie Stadt;299;-;29;19900;3400;-",
        *END,
    ]
)
OF_SCHOOLS = "Absolventen/Abgänger (berufllich)"
LEAVERS = "\n".join(
    [
        "GENESIS-Tabelle: 21121-02-02-4",
        "Abgänger - Schuljahr -;;;;;;;",
        f";;;{OF_SCHOOLS};{OF_SCHOOLS};{OF_SCHOOLS};{OF_SCHOOLS};nachrichtl.: Teil der Fachhochschulreife",
        ";;;Geschlecht;Geschlecht;davon mit;davon mit;Geschlecht",
        ";;;Insgesamt;weiblich;mit Hauptschulabschluss;mit Hauptschulabschluss;Insgesamt",
        ";;;;;Geschlecht;Geschlecht;",
        ";;;;;Insgesamt;weiblich;",
        ";;;Anzahl;Anzahl;Anzahl;Anzahl;Anzahl",
        "2015;05111;      Düsseldorf, Kreisfreie Stadt;100;60;30;10;5",
        *END,
    ]
)


def read(text: str | bytes) -> ParsedTable:
    """The one table that a contract takes."""
    result = read_file(text.encode() if isinstance(text, str) else text, "tabelle.csv", CONTRACTS)
    assert isinstance(result, Claimed), result
    (table,) = result.parsed
    return table


def every(table: ParsedTable) -> list[Finding]:
    """What was found in reading and judging."""
    return list(iter_findings(judge_file(table, CONTRACTS[table.contract_id], official_units()).findings))


def found(table: ParsedTable) -> list[Finding]:
    """What was found in a small table, but that it lacks Kreise and groups."""
    return [f for f in every(table) if f.kind != "official_units_missing" and not f.kind.startswith("codes_complete")]


def figures(table: ParsedTable, measure: str, **wanted: object) -> list[object]:
    """The values of a measure of the records that say this, in the order of the file."""
    return [row[measure] for row in table.table.to_pylist() if all(row[key] == value for key, value in wanted.items())]


TOTAL = {"entitlement": "insgesamt", "age_group": "insgesamt", "sex": "insgesamt", "nationality": "insgesamt"}


def test_women_and_foreigners_in_the_row_of_ages_are_sums_over_all_ages() -> None:
    table = read(SGB_II)
    assert table.contract_id == "sgbii_amtlich"
    assert figures(table, "persons", **TOTAL) == [63862, 65201]
    assert figures(table, "entitled", **TOTAL) == [60359, 61481]
    assert figures(table, "entitled", **TOTAL | {"sex": "weiblich"}) == [30000, 31000]
    assert figures(table, "entitled", **TOTAL | {"nationality": "nichtdeutsch"}) == [23000, None]
    assert figures(table, "entitled", entitlement="erwerbsfaehig", age_group="unter_25") == [7000, 7100]
    assert table.table.num_rows == 8  # the two totals of a year, persons and beneficiaries, are one record


def test_the_reference_day_moved_in_2009_and_each_year_has_its_own() -> None:
    table = read(PLACES)
    total = {"kind_of_institution": "insgesamt", "staff_group": "insgesamt"}
    assert found(table) == []
    assert [figures(table, name, **total) for name in ("institutions", "integrative", "places", "staff")] == [
        [300, 299], [30, 29], [20000, 19900], [3500, 3400],
    ]  # fmt: skip
    assert figures(table, "institutions", kind_of_institution="unter_3") == [5, None]


def test_the_line_of_a_town_is_the_kreisfreie_stadt_until_the_day_on_which_that_ended() -> None:
    town = PLACES.replace("05111;      Düsseldorf, Kreisfreie Stadt", "05334002;      Aachen, krfr. Stadt")
    table = read(town)
    assert set(table.values("unit_id").to_pylist()) == {"05313"}
    assert figures(table, "places", staff_group="insgesamt", kind_of_institution="insgesamt") == [20000, 19900]
    result = read_file(town.replace(".2009", ".2010").encode(), "tabelle.csv", CONTRACTS)
    assert isinstance(result, Claimed)
    assert result.parsed[0].years() == (2008,)


@pytest.mark.parametrize(
    ("text", "old", "new", "wanted"),
    [
        (SGB_II, "31.12.2012", "30.06.2012", "31.12.2012"),
        (SGB_II, "31.12.2012", "2012", "31.12.2012"),
        (PLACES, "01.03.2009", "15.03.2009", "01.03.2009"),
        (PLACES, "15.03.2008", "01.03.2008", "15.03.2008"),
        (PLACES, "01.03.2009", "31.12.2009", "01.03.2009"),
    ],
)
def test_another_reference_day_is_refused_with_the_right_one(text: str, old: str, new: str, wanted: str) -> None:
    table = read(text.replace(old, new))
    assert {(f.kind, f.severity, f.value, f.allowed) for f in found(table)} == {("official_other_time", "error", new, wanted)}
    assert table.years() == ((2011,) if text is SGB_II else (2008,) if "2009" in old else (2009,))


@pytest.mark.parametrize(
    ("text", "old", "new", "kind"),
    [
        (SGB_II, ";;;Anzahl;Anzahl;Anzahl;", ";;;Anzahl;Anzahl;Prozent;", "official_unit"),
        (SGB_II, ";;;Anzahl;Anzahl;Anzahl;", ";;;Anzahl;Anzahl;Tsd.;", "official_unit"),
        (SGB_II, ";23000;", ";38,1;", "official_decimals"),
        (
            PLACES,
            ";;;Anzahl;Anzahl;Anzahl;Anzahl;Anzahl;Anzahl",
            ";;;Anzahl;Anzahl;Anzahl;Anzahl;Prozent;Anzahl",
            "official_unit",
        ),
        (PLACES, ";3500;", ";17,5;", "official_decimals"),
    ],
)
def test_a_rate_among_numbers_is_an_error_and_no_value(text: str, old: str, new: str, kind: str) -> None:
    table = read(text.replace(old, new))
    assert kind in {finding.kind for finding in found(table) if finding.severity == "error"}
    right = set(figures(read(text), "entitled" if text is SGB_II else "staff")) | {None}
    taken = set(figures(table, "entitled" if text is SGB_II else "staff"))
    assert taken <= right
    assert not taken & ({23000} if text is SGB_II else {3500})


def test_a_cell_that_is_empty_is_named() -> None:
    assert found(read(PLACES.replace(";20000;", ";;")))


def test_women_beside_all_and_women_of_a_certificate_are_told_apart() -> None:
    table = read(LEAVERS)
    said = {(row["certificate"], row["sex"]): row["leavers"] for row in table.table.to_pylist()}
    assert said == {
        ("insgesamt", "insgesamt"): 100, ("insgesamt", "weiblich"): 60,
        ("hauptschulabschluss", "insgesamt"): 30, ("hauptschulabschluss", "weiblich"): 10,
    }  # fmt: skip


def test_a_member_that_says_what_another_row_says_too_is_a_record_twice() -> None:
    table = read(LEAVERS.replace(";;;;;Geschlecht;Geschlecht;", ";;;Geschlecht;Geschlecht;Geschlecht;Geschlecht;").replace(
        ";;;;;Insgesamt;weiblich;", ";;;weiblich;weiblich;Insgesamt;weiblich;"
    ))  # fmt: skip
    assert "key.unique_key" in {finding.rule for finding in found(table)}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("until: 2008, time: '03-15'", "until: 2008, time: '02-30'"),
        ("until: 2008", "until: zweitausendacht"),
        ("until: 2008, ", ""),
    ],
)
def test_an_earlier_time_is_one_that_exists_until_a_year(tmp_path: Path, old: str, new: str) -> None:
    text = (CONTRACT_FOLDER / "tageseinrichtungen_amtlich.odcs.yaml").read_text(encoding="utf-8")
    file = tmp_path / "tageseinrichtungen_amtlich.odcs.yaml"
    file.write_text(text.replace(old, new), encoding="utf-8")
    assert old in text
    with pytest.raises(ContractError):
        contract_of(read_document(file))


def test_what_a_member_also_says_is_of_a_property_and_its_codes(tmp_path: Path) -> None:
    text = (CONTRACT_FOLDER / "sgbii_amtlich.odcs.yaml").read_text(encoding="utf-8")
    file = tmp_path / "sgbii_amtlich.odcs.yaml"
    for wrong in ("{sex: frauen}", "{geschlecht: weiblich}"):
        file.write_text(text.replace("weiblich: {sex: weiblich}", f"weiblich: {wrong}"), encoding="utf-8")
        with pytest.raises(ContractError):
            contract_of(read_document(file))


@needs_shared_data
@pytest.mark.parametrize(
    ("path", "contract_id", "years"),
    [
        (BENEFITS, "sgbii_amtlich", (2010, 2016)),
        (DAY_CARE, "tageseinrichtungen_amtlich", (2007, 2016)),
        (VOCATIONAL, "abgaenge_berufliche_schulen_amtlich", (2006, 2015)),
        (CHILDREN, "kindertagesbetreuung_amtlich", (2007, 2010)),
    ],
)
def test_the_genuine_tables_are_taken_whole_and_without_an_error(path: Path, contract_id: str, years: tuple[int, int]) -> None:
    table = read(path.read_bytes())
    assert (table.contract_id, table.years()[0], table.years()[-1]) == (contract_id, *years)
    kinds = {(finding.kind, finding.severity) for finding in every(table)}
    ages = {("codes_complete_of_units", "warning")} if path is CHILDREN else set()  # single years of age: not in this table
    assert kinds == {("official_footnote", "warning")} | ages


@needs_shared_data
def test_cells_of_the_genuine_tables_as_the_files_show_them() -> None:
    benefits = read(BENEFITS.read_bytes())
    duisburg = {"unit_id": "05112", "year": 2010}
    assert figures(benefits, "persons", **duisburg, **TOTAL) == [72032]
    assert figures(benefits, "entitled", **duisburg, age_group="unter_15") == [17686]
    assert figures(benefits, "entitled", **duisburg, nationality="nichtdeutsch") == [19051]
    care = read(DAY_CARE.read_bytes())
    assert figures(care, "staff", **duisburg, staff_group="insgesamt", kind_of_institution="insgesamt") == [2017]
    assert figures(care, "staff", **duisburg, staff_group="paedagogisch_bis_2010") == [1718]
    assert figures(care, "staff__flag", **duisburg, staff_group="paedagogisch_ab_2011") == ["-"]
    children = read(CHILDREN.read_bytes())
    assert figures(children, "children", **duisburg, age_group="unter_3", form_of_care="kindertagespflege") == [288]
    assert set(figures(children, "age_group")) == {"unter_3", "3_bis_unter_6"}


@needs_shared_data
@pytest.mark.parametrize(
    ("path", "line", "named"),
    [
        (BENEFITS, b"31.12.2011;05978;", "Unna (05978): 2011"),
        (DAY_CARE, b"15.03.2008;05978;", "Unna (05978): 2008"),
        (VOCATIONAL, b"2012;05978;", "Unna (05978): 2012"),
    ],
)
def test_a_kreis_that_lacks_a_year_is_named(path: Path, line: bytes, named: str) -> None:
    lines = path.read_bytes().splitlines(keepends=True)
    kept = [one for one in lines if not one.startswith(line)]
    assert len(kept) == len(lines) - 1
    (finding,) = [f for f in iter_findings(read(b"".join(kept)).findings) if f.kind == "official_units_missing"]
    assert named in str(finding.value)


@needs_shared_data
def test_the_rate_of_minimum_social_security_is_none_of_sgb_ii() -> None:
    table = read((SHARED_DATA / "official" / "landesdatenbank_nrw" / "22811-01i_2023.csv").read_bytes())
    assert (table.contract_id, figures(table, "rate", unit_id="05111")) == ("mindestsicherungsquote_amtlich", [11.5])
    assert every(table) == []


@needs_shared_data
def test_the_table_of_2002_is_told_from_the_one_that_is_read() -> None:
    path = SHARED_DATA / "official" / "genesis" / "22541-01-01-4_datencsv_de_2002.csv"
    result = read_file(path.read_bytes(), path.name, CONTRACTS)
    assert isinstance(result, Unclaimed)
    said = result.in_language("de")
    assert "Tabelle 22541-01-01-4; aus dieser Statistik wird gebraucht: 22541-01-04-4 (" in said
    assert "(Vertrag tageseinrichtungen_amtlich)" in said
    assert "nur einer Kopfzeile" not in said
