"""Unemployment, educational support, population by year of age and GISD: genuine tables, and what damage to them says."""

from __future__ import annotations

import pytest
from contract_values import needs_shared_data, shipped
from official_values import OFFICIAL, official

from kkz_eval.contracts.judgement import judge_file
from kkz_eval.deliveries.reader import Claimed, Unclaimed, read_file
from kkz_eval.deliveries.text.numbers import Style, parse_number
from kkz_eval.model.findings import Finding, iter_findings
from kkz_eval.model.parsed import ParsedTable
from kkz_eval.reference.tables import official_units

CONTRACTS = shipped()
SUPPORT, JOBLESS, AGES = "landesdatenbank_nrw/22517-02i_2024.csv", "genesis/13211-02-05-4_datencsv_de.csv", "12411-09i_2024.csv"
AGES = f"landesdatenbank_nrw/{AGES}"

KIND = "Erziehungsberatung § 28 SGB VIII"
TABLE = "\n".join(
    [
        "Tabelle: 22517-02i",
        "Hilfen nach Art - Jugendämter - Jahr;;;;;;",
        ";;;Art der Hilfe;Art der Hilfe;Art der Hilfe;Art der Hilfe",
        f";;;Insgesamt;Insgesamt;{KIND};{KIND}",
        ";;;" + ";".join(["In Anspruch genommene erzieh. Hilfen", "Begonnene erzieher. Hilfen/Beratungen"] * 2),
        ";;;Anzahl;Anzahl;Anzahl;Anzahl",
        "2023;05113;    Essen, krfr. Stadt;3894;2671;3894;2671",
        "2023;05154;    Kleve, Kreis;(1334);.;-;-",
        "2023;JH05154008;      Jugendamt Emmerich am Rhein;334;91;-;-",
        "__________",
        '"2022:',
        "Nichts zu dieser Tabelle.",
        "",
        "Die Stadt Essen meldete",
        'nichts."',
        "© IT.NRW, Düsseldorf, 2023",
        "Stand: 19.01.2026 / 21:12:47",
        "",
    ]
)


def tables(data: bytes, name: str = "x.csv") -> dict[str, ParsedTable]:
    result = read_file(data, name, CONTRACTS)
    return {table.contract_id: table for table in result.parsed} if isinstance(result, Claimed) else {}


def genuine(name: str) -> bytes:
    return (OFFICIAL / name).read_bytes()


def found(table: ParsedTable, kind: str) -> list[Finding]:
    return [finding for finding in iter_findings(table.findings) if finding.kind == kind]


def record(table: ParsedTable, **wanted: object) -> dict[str, object]:
    (only,) = [row for row in table.table.to_pylist() if all(row[key] == value for key, value in wanted.items())]
    return only


@needs_shared_data
def test_unemployment_has_count_and_rate_of_one_group_in_one_record() -> None:
    (table,) = tables(genuine(JOBLESS)).values()
    assert (table.contract_id, table.table.num_rows, table.years()) == (
        "arbeitslosigkeit_amtlich",
        53 * 6 * 6,
        tuple(range(2015, 2021)),
    )
    young = record(table, unit_id="05111", year=2015, group="15_bis_unter_25")
    assert (young["unemployed"], young["rate"]) == (1505, 5.7)
    assert (young["unemployed__row"], young["rate__row"]) == (young["year__row"],) * 2
    assert (young["unemployed__col"], young["rate__col"]) == (8, 16)
    men, older = (record(table, unit_id="05111", year=2015, group=group) for group in ("maenner", "55_bis_unter_65"))
    assert (men["unemployed"], men["rate"], older["unemployed"], older["rate"]) == (None, 9.0, 5021, None)


@needs_shared_data
def test_a_kreis_total_is_no_youth_office_and_a_city_is_one_under_eight_digits() -> None:
    both = tables(genuine(SUPPORT))
    assert sorted(both) == ["hilfen_zur_erziehung_amtlich", "hilfen_zur_erziehung_jugendaemter"]
    kreise, offices = (set(both[name].values("unit_id").to_pylist()) for name in sorted(both))
    assert (len(kreise), {len(key) for key in kreise}) == (53, {5})
    assert (len(offices), {"05113000", "JH05154008"} <= offices, "05154" in offices) == (186, True, False)
    office = record(both["hilfen_zur_erziehung_jugendaemter"], unit_id="JH05154008", kind_of_support="insgesamt")
    assert (office["current"], office["begun"]) == (334, 91)
    city = record(both["hilfen_zur_erziehung_jugendaemter"], unit_id="05111000", kind_of_support="p28")
    assert (city["current"], city["begun"], city["unit_id__text"]) == (7045, 5037, "05111")
    total = record(both["hilfen_zur_erziehung_amtlich"], unit_id="05154", kind_of_support="insgesamt")
    assert (total["current"], total["begun"]) == (5323, 2349)


@needs_shared_data
def test_population_by_year_of_age_to_26() -> None:
    (table,) = tables(genuine(AGES)).values()
    assert (table.contract_id, table.table.num_rows) == ("bevoelkerung_altersjahre", 53 * 28)
    city = {row["age"]: row["persons"] for row in table.table.to_pylist() if row["unit_id"] == "05111"}
    assert (city["0"], city["20"], city["insgesamt"]) == (5440, 5850, 618685)


@needs_shared_data
def test_gisd_is_taken_at_the_level_of_its_keys() -> None:
    (kreise,) = tables(genuine("gisd/GISD_NRW_Kreis.csv")).values()
    (towns,) = tables(genuine("gisd/GISD_NRW_Gemeindeverband.csv")).values()
    assert (kreise.contract_id, kreise.table.num_rows) == ("gisd", 53 * 24)
    assert (towns.contract_id, towns.table.num_rows) == ("gisd_gemeinden", 396 * 24)
    assert record(kreise, unit_id="05111", year=1998)["gisd_score"] == 0.13696


@needs_shared_data
@pytest.mark.parametrize("name", [SUPPORT, JOBLESS, AGES, "gisd/GISD_NRW_Kreis.csv"])
def test_the_genuine_tables_are_accepted_and_whole(name: str) -> None:
    for contract_id, table in tables(genuine(name)).items():
        assert judge_file(table, CONTRACTS[contract_id], official_units()).n_errors == 0
        assert {finding.kind for finding in iter_findings(table.findings)} <= {"official_footnote"}


@needs_shared_data
@pytest.mark.parametrize(
    ("name", "line", "contract_id", "named"),
    [
        (SUPPORT, b"2024;JH05154008;", "hilfen_zur_erziehung_jugendaemter", "Emmerich am Rhein (JH05154008): 2024"),
        (SUPPORT, b"2024;05113;", "hilfen_zur_erziehung_jugendaemter", "Essen (05113000): 2024"),
        (JOBLESS, b"2019;05978;", "arbeitslosigkeit_amtlich", "Unna (05978): 2019"),
        (AGES, b"31.12.2024;05334;", "bevoelkerung_altersjahre", "Aachen (05334): 2024"),
    ],
)
def test_a_line_that_fell_out_is_named(name: str, line: bytes, contract_id: str, named: str) -> None:
    lines = genuine(name).splitlines(keepends=True)
    kept = [one for one in lines if not one.startswith(line)]
    assert len(kept) == len(lines) - 1
    (finding,) = found(tables(b"".join(kept))[contract_id], "official_units_missing")
    assert named in str(finding.value)
    assert str(finding.allowed).startswith("1/")


@needs_shared_data
def test_the_footnotes_that_speak_of_the_table_are_shown_with_their_line() -> None:
    table = tables(genuine(SUPPORT))["hilfen_zur_erziehung_amtlich"]
    notes = {finding.row: finding for finding in found(table, "official_footnote")}
    assert "keine validen" in str(notes[243].value)
    assert notes[243].allowed == "2024, Essen"
    assert (notes[255].allowed, notes[262].allowed) == ("Siegen-Wittgenstein", "Olpe")


def test_a_footnote_of_other_years_and_the_imprint_say_nothing() -> None:
    (note,) = found(tables(TABLE.encode())["hilfen_zur_erziehung_jugendaemter"], "official_footnote")
    assert (note.row, note.value, note.allowed) == (14, "Die Stadt Essen meldete nichts.", "Essen")


def test_a_table_of_some_units_lists_what_is_missing_and_keeps_their_symbols() -> None:
    both = tables(TABLE.encode())
    (missing,) = found(both["hilfen_zur_erziehung_amtlich"], "official_units_missing")
    assert (missing.allowed, str(missing.value).endswith("…: 2023")) == ("51/53", True)
    kleve = record(both["hilfen_zur_erziehung_amtlich"], unit_id="05154", kind_of_support="insgesamt")
    assert (kleve["current"], kleve["current__flag"], kleve["begun"], kleve["begun__flag"]) == (1334, "()", None, ".")


def damaged(kind: str) -> str:
    line = "2023;05154;    Kleve, Kreis;(1334);.;-;-\n"
    return {
        "truncated": TABLE[: TABLE.index("2023;05154") + 20],
        "shifted header": TABLE.replace(";;;Insgesamt", ";;;;Insgesamt"),
        "a year twice": TABLE.replace(line, line + line),
        "two units under one key": TABLE.replace(line, line + "2023;05154;    Wesel, Kreis;(1);1;1;1\n"),
        "footnote in the middle": TABLE.replace(line, "Die Daten sind vorläufig.\n" + line),
    }[kind]


@pytest.mark.parametrize(
    ("kind", "finding", "row"),
    [
        ("truncated", "official_no_footer", 8),
        ("shifted header", "official_header", 4),
        ("a year twice", "official_twice", 9),
        ("two units under one key", "official_two_units", 9),
        ("footnote in the middle", "reader_line_ignored", 8),
    ],
)
def test_damage_is_a_finding_with_its_address_and_no_wrong_number(kind: str, finding: str, row: int) -> None:
    result = read_file(damaged(kind).encode(), "x.csv", CONTRACTS)
    every = [one for table in result.parsed for one in iter_findings(table.findings)] if isinstance(result, Claimed) else []
    every += list(iter_findings(result.findings)) if isinstance(result, Unclaimed) and result.findings is not None else []
    assert row in {one.row for one in every if one.kind == finding}
    right = {"05113": {3894, 2671}, "05113000": {3894, 2671}, "05154": {1334}, "JH05154008": {334, 91}}
    for table in result.parsed if isinstance(result, Claimed) else ():
        for one in table.table.to_pylist():
            assert {one["current"], one["begun"]} - {None} <= right[one["unit_id"]]


def test_another_table_of_the_statistic_is_not_taken() -> None:
    assert tables(TABLE.replace("22517-02i", "22517-01i").encode()) == {}


QUALITY = "\n".join(
    [
        "GENESIS-Tabelle: 21111-99-01-4",
        "Abgehende (Anzahl);;;;;;",
        ";;;Abschluss;;Abschluss;",
        ";;;Insgesamt;;ohne;",
        "2022;05978;Unna, Kreis;100;e;-;",
        "2023;05978;Unna, Kreis;101;p;.;r",
        "__________",
        "Stand: 13.03.2025 / 16:40:08",
        "",
    ]
)


@pytest.mark.parametrize("beside", ["", "Abschluss", "Q"])
def test_a_column_of_quality_beside_each_column_of_values(beside: str) -> None:
    text = QUALITY.replace("Abschluss;;Abschluss;\n", f"Abschluss;{beside};Abschluss;{beside}\n")
    table = official(text)
    assert table.findings.num_rows == 0
    rows = table.table.select(["column", "year", "value", "flag", "quality"]).to_pylist()
    assert [tuple(row.values()) for row in rows] == [
        (4, 2022, 100.0, None, "e"), (4, 2023, 101.0, None, "p"), (6, 2022, None, "-", None), (6, 2023, None, ".", "r"),
    ]  # fmt: skip


@pytest.mark.parametrize(("old", "new"), [(";101;p;", ";101;7;"), (";e;", ";;"), (";e;", ";neu;")])
def test_a_column_without_a_header_that_is_none_of_quality_is_refused(old: str, new: str) -> None:
    text = QUALITY.replace(old, new)
    text = text.replace(";p;", ";;").replace(";r\n", ";\n") if new == ";;" else text
    table = official(text)
    assert table.n_values == 0
    assert [(f.kind, f.row) for f in iter_findings(table.findings) if f.kind == "official_header_shifted"] == [
        ("official_header_shifted", 3)
    ]


@pytest.mark.parametrize(
    ("text", "value", "flag"),
    [
        ("5p", 5.0, "p"), ("(5)", 5.0, "()"), ("(5)p", 5.0, "() p"), ("(5 r)", 5.0, "() r"), (". r", None, ". r"), ("/p", None, "/ p"),
        ("x s", None, "x s"), ("-5 e", -5.0, "e"),
    ],
)  # fmt: skip
def test_a_symbol_and_a_letter_of_quality_are_both_kept(text: str, value: float | None, flag: str) -> None:
    read = parse_number(text, Style.COMMA)
    assert (read.value, read.flag, read.problem) == (value, flag, None)


@pytest.mark.parametrize("text", ["xp", "p", "5pp", "5 q"])
def test_letters_that_are_no_quality_are_no_number(text: str) -> None:
    assert parse_number(text, Style.COMMA).problem == "reader_number"
