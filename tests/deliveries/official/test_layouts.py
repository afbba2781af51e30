"""The same figures written in each layout and read back unchanged, in every encoding the layout comes in."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from official_values import kinds

from kkz_eval.deliveries.official.assemble import assemble
from kkz_eval.deliveries.official.inkar_export import read as read_export
from kkz_eval.deliveries.official.read import read_official
from kkz_eval.deliveries.official.table import OfficialTable
from kkz_eval.deliveries.workbook.sheets import Sheet, Value, text_of

UNITS = {"05111": "Düsseldorf, Stadt", "05562": "Recklinghausen", "05978": 'Unna, "Kreis"', "05354": "Aachen, Kreis"}
SEXES = {"GESM": "männlich", "GESW": "weiblich", "": "Insgesamt"}
SYMBOLS = ("-", ".", "/", "x", "...", "*")
Figure = tuple[str, str, str, str]  # unit, time, measure, sex


@dataclass(frozen=True)
class Figures:
    """values: number or symbol, for every unit, year, measure and sex."""

    units: tuple[str, ...]
    years: tuple[str, ...]
    measures: tuple[str, ...]
    sexes: tuple[str, ...]
    values: Mapping[Figure, float | str]


@st.composite
def figures(draw: st.DrawFn) -> Figures:
    units = tuple(sorted(draw(st.sets(st.sampled_from(sorted(UNITS)), min_size=1))))
    years = tuple(sorted(draw(st.sets(st.sampled_from(["2015", "2016", "2022"]), min_size=1))))
    measures = draw(st.sampled_from([("BEVSTD",), ("BEVSTD", "QUOTE"), ("LSNW01", "LSNW02", "EKF002")]))
    sexes = draw(st.sampled_from([("GESM", "GESW"), ("GESM", "GESW", ""), ("GESW", "")]))
    number = st.one_of(st.integers(-(10**6), 10**9).map(float), st.decimals(-1000, 10**6, places=2, allow_nan=False).map(float))
    value = st.one_of(number, number, st.sampled_from(SYMBOLS))
    keys = [(u, y, m, s) for u in units for y in years for m in measures for s in sexes]
    return Figures(units, years, measures, sexes, {key: draw(value) for key in keys})


def german(value: float | str) -> str:
    return value if isinstance(value, str) else english(value).replace(".", ",")


def english(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:.0f}" if value.is_integer() else repr(value)


def as_text(rows: list[list[str]], delimiter: str = ";") -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return out.getvalue()


def flat(f: Figures, number: Callable[[float | str], str], total: str, stag: str) -> str:
    parts = ("code", "label", "attribute_code", "attribute_label")
    header = ["statistics_code", "statistics_label", "time_code", "time_label", "time"]
    header += [f"{place}_variable_{part}" for place in (1, 2) for part in parts]
    rows = [[*header, "value", "value_unit", "value_variable_code", "value_variable_label"]]
    for (unit, year, measure, sex), value in f.values.items():
        label = total if sex == "" else SEXES[sex]
        rows.append(
            [
                *("12411", "Bestand", "JAHR", stag, year, "KREISE", "Kreise", unit, UNITS[unit], "GES", "Geschlecht", sex, label),
                *(number(value), "Anzahl", measure, f"Wert {measure}"),
            ]
        )
    return as_text(rows)


def older(f: Figures) -> str:
    header = ["Statistik_Code", "Statistik_Label", "Zeit_Code", "Zeit_Label", "Zeit"]
    header += [
        f"{n}_{part}" for n in (1, 2) for part in ("Merkmal_Code", "Merkmal_Label", "Auspraegung_Code", "Auspraegung_Label")
    ]
    rows = [[*header, *(f"{measure}__Wert_{measure}__Anzahl" for measure in f.measures)]]
    for unit in f.units:
        for year in f.years:
            for sex in f.sexes:
                values = [german(f.values[unit, year, measure, sex]) for measure in f.measures]
                start = ["12411", "Bestand", "JAHR", "Jahr", year, "KREISE", "Kreise", unit, UNITS[unit]]
                rows.append([*start, "GES", "Geschlecht", sex, SEXES[sex], *values])
    return as_text(rows)


def shown(f: Figures) -> str:
    columns = [(measure, sex) for measure in f.measures for sex in f.sexes]
    rows = [["GENESIS-Tabelle: 12411-99-01-4"], ["Bestand nach Geschlecht", *[""] * (len(columns) + 2)]]
    rows.append(["", "", "", *(measure for measure, _ in columns)])
    rows.append(["", "", "", *["Geschlecht"] * len(columns)])
    rows.append(["", "", "", *(SEXES[sex] for _, sex in columns)])
    rows.append(["", "", "", *["Anzahl"] * len(columns)])
    for year in f.years:
        for unit in f.units:
            values = [german(f.values[unit, year, measure, sex]) for measure, sex in columns]
            rows.append([year, unit, "    " + UNITS[unit], *values])
    return as_text(rows) + '__________\n"zu ""gesamte Tabelle"":\nHinweis"\nStand: 13.03.2025 / 16:40:08\n'


def cube(f: Figures) -> str:
    lines = [
        "* Quader",
        "K;DQ;FACH-SCHL",
        "D;12411KJ001",
        "K;DQA;NAME;RHF-BSR;RHF-ACHSE",
        "D;KREISE;1;1",
        "D;GES;2;2",
        "K;DQZ;NAME",
    ]
    lines += ["D;JAHR", "K;DQI;NAME;ME-NAME", *(f"D;{measure};ANZAHL" for measure in f.measures)]
    lines.append("K;QEI;FACH-SCHL;FACH-SCHL;ZI-WERT" + ";WERT;QUALITAET;GESPERRT;WERT-VERFAELSCHT" * len(f.measures))
    for unit in f.units:
        for sex in f.sexes:
            for year in f.years:
                cells = "".join(f";{english(f.values[unit, year, measure, sex])};;;0" for measure in f.measures)
                lines.append(f"D;{unit};{sex};{year}{cells}")
    return "\n".join([*lines, ""])


def long(f: Figures) -> str:
    rows = [["bereich", "kreis_ags5", "name", "jahr", "kuerzel", "wert"]]
    rows += [["b", u, UNITS[u], y, f"{m}_{s}", english(v)] for (u, y, m, s), v in f.values.items()]
    return as_text(rows, ",")


def bulk(f: Figures) -> str:
    rows = [["Bereich", "ID", "Kuerzel", "Indikator", "Raumbezug", "Kennziffer", "Name", "Zeitbezug", "Wert"]]
    rows += [["b", "1", f"{m}_{s}", f"{m}_{s}", "Kreise", u, UNITS[u], y, german(v)] for (u, y, m, s), v in f.values.items()]
    return as_text(rows)


def panel(f: Figures) -> str:
    columns = [(m, s) for m in f.measures for s in f.sexes]
    rows = [["ags", "name", "jahr", *(f"{m}_{s}".lower() for m, s in columns)]]
    rows += [[u, UNITS[u], y, *(english(f.values[u, y, m, s]) for m, s in columns)] for u in f.units for y in f.years]
    return as_text(rows, ",")


def communes(f: Figures) -> str:
    columns = [(y, m, s) for y in f.years for m in f.measures for s in f.sexes]
    rows = [["Kommune", "GKZ", "ARS", "Bundesland", *(f"{y} {m}_{s} (%)" for y, m, s in columns)]]
    rows += [[UNITS[u], u, u, "NRW", *(german(f.values[u, y, m, s]) for y, m, s in columns)] for u in f.units]
    return as_text([*rows, [""] * (len(columns) + 4), ["Quelle", *[""] * (len(columns) + 3)]])


def read_back(table: OfficialTable) -> dict[Figure, float | str | None]:
    """Figure to number or symbol, measure and sex as the layout names them."""
    found: dict[Figure, float | str | None] = {}
    for r in table.table.to_pylist():
        members = {variable: member["code"] or member["label"] for variable, member in r["dimensions"]}
        sex = next((members[name] for name in ("GES", "Geschlecht") if name in members), "")
        value = r["value"] if r["value"] is not None else r["flag"]
        assert (r["value"] is None) != (r["flag"] is None)
        key = (r["unit_id"], r["time"], r["measure"], sex)
        assert key not in found
        found[key] = value
        assert r["region_name"] in UNITS.values() or table.family == "cube"  # a cube has keys only
        assert r["level"] == "kreis"
        assert str(r["year"]) == r["time"]
    return found


def by_code(key: Figure) -> Figure:
    return (*key[:3], key[3] or "Insgesamt")


def by_label(key: Figure) -> Figure:
    return (*key[:3], SEXES[key[3]])


def in_name(key: Figure) -> Figure:
    return (key[0], key[1], f"{key[2]}_{key[3]}", "")


def in_small_name(key: Figure) -> Figure:
    return (key[0], key[1], f"{key[2]}_{key[3]}".lower(), "")


def by_total(key: Figure) -> Figure:
    return (*key[:3], key[3] or "Total")


def by_bare_code(key: Figure) -> Figure:
    return key


LAYOUTS: dict[str, tuple[Callable[[Figures], str], Callable[[Figure], Figure], str]] = {
    "ffcsv, German": (lambda f: flat(f, german, "Insgesamt", "Jahr"), by_code, "utf-8-sig"),
    "ffcsv, English": (lambda f: flat(f, english, "Total", "Year"), by_total, "utf-8-sig"),
    "ffcsv, older": (older, by_code, "latin-1"),
    "datencsv": (shown, by_label, "cp1252"),
    "datencsv, UTF-8": (shown, by_label, "utf-8"),
    "cube": (cube, by_bare_code, "cp1252"),
    "INKAR long": (long, in_name, "utf-8"),
    "INKAR bulk": (bulk, in_name, "utf-8"),
    "panel": (panel, in_small_name, "utf-8"),
    "Wegweiser Kommune": (communes, in_name, "utf-8-sig"),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@settings(max_examples=30, deadline=None)
@given(f=figures(), ends=st.sampled_from(["\n", "\r\n"]))
def test_what_is_written_is_read_back(layout: str, f: Figures, ends: str) -> None:
    write, name, encoding = LAYOUTS[layout]
    table = read_official(write(f).replace("\n", ends).encode(encoding))
    assert table is not None
    assert kinds(table) == []
    assert read_back(table) == {name(key): value for key, value in f.values.items()}


@settings(max_examples=30, deadline=None)
@given(f=figures())
def test_the_workbook_of_inkar_is_read_back(f: Figures) -> None:
    columns = [(m, s, y) for m in f.measures for s in f.sexes for y in f.years]
    rows: list[list[object]] = [["Kennziffer", "Raumeinheit", "Aggregat", *(f"{m}_{s}" for m, s, _ in columns)]]
    rows.append(["", "", "", *(y for *_, y in columns)])
    rows += [[u, UNITS[u], "Kreise", *(f.values[u, y, m, s] for m, s, y in columns)] for u in f.units]
    source = Sheet("Quellangabe", [["INKAR. Ausgabe 2024. Hrsg."]])
    (records,) = read_export([Sheet("Daten", rows), source])  # type: ignore[arg-type]
    table = assemble(records)
    assert table.edition == "2024"
    assert kinds(table) == []
    assert read_back(table) == {in_name(key): value for key, value in f.values.items()}


def table_of(*lines: str) -> OfficialTable:
    text = "\n".join([*lines, "__________", "Hinweis", "Stand: 13.03.2025 / 16:40:08", ""])
    table = read_official(text.encode("cp1252"))
    assert table is not None
    return table


def brief(table: OfficialTable) -> list[tuple[object, ...]]:
    """Unit, time, measure, members and value, in the order of the table."""
    return [
        (r["unit_id"], r["time"], r["measure"], {v: m["label"] for v, m in r["dimensions"]}, r["value"], r["unit"])
        for r in table.table.to_pylist()
    ]


def test_years_across_columns() -> None:
    table = table_of(
        "Tabelle: 22811-01i",
        "Quote - Gemeinden;;;",
        "Quote (Prozent);;;",
        ";;Jahr;Jahr",
        ";;2022;2023",
        "05978;Unna, Kreis;9,5;10,5",
    )
    assert kinds(table) == []
    assert brief(table) == [("05978", "2022", "Quote", {}, 9.5, "Prozent"), ("05978", "2023", "Quote", {}, 10.5, "Prozent")]


def test_leading_columns_with_labels() -> None:
    table = table_of(
        "Tabelle: 12411-01",
        "Bestand;;;;",
        "Stichtag;Schlüssel;Kreise;Geschlecht;Bestand",
        ";;;;Anzahl",
        "31.12.2020;05978;Unna;männlich;190",
        "31.12.2020;05978;Unna;weiblich;-",
    )
    assert kinds(table) == []
    assert brief(table) == [
        ("05978", "31.12.2020", "Bestand", {"Geschlecht": "männlich"}, 190, "Anzahl"),
        ("05978", "31.12.2020", "Bestand", {"Geschlecht": "weiblich"}, None, "Anzahl"),
    ]


def test_a_school_year_in_front() -> None:
    table = table_of("Tabelle: 21111-01", "Abgehende (Anzahl);;;", ";;;Insgesamt", "2022/23;05978;Unna;190")
    assert table.table["year"].to_pylist() == [2023]
    assert table.table["time_kind"].to_pylist() == ["school_year"]


def test_a_table_without_region_says_so() -> None:
    table = table_of(
        "Tabelle: 12411-01", "Bestand;;", ";Bestand;Bestand", ";männlich;weiblich", ";Anzahl;Anzahl", "2020;1;2", "2021;3;4"
    )
    assert kinds(table) == ["official_no_region"]
    assert [row[4] for row in brief(table)] == [1, 3, 2, 4]


def test_two_measures_inside_and_a_variable_outside() -> None:
    table = table_of(
        "Tabelle: 22517-02i",
        "Hilfen;;;;",
        ";;;Art der Hilfe;Art der Hilfe;Art der Hilfe;Art der Hilfe",
        ";;;Insgesamt;Insgesamt;§ 27;§ 27",
        ";;;Laufend;Begonnen;Laufend;Begonnen",
        ";;;Anzahl;Anzahl;Anzahl;Anzahl",
        "2024;JH05978999;Kreisjugendamt Unna;4;3;2;1",
    )
    assert kinds(table) == []
    assert [(row[2], row[3]) for row in brief(table)] == [
        ("Laufend", {"Art der Hilfe": "Insgesamt"}),
        ("Begonnen", {"Art der Hilfe": "Insgesamt"}),
        ("Laufend", {"Art der Hilfe": "§ 27"}),
        ("Begonnen", {"Art der Hilfe": "§ 27"}),
    ]


def test_the_older_flat_file_in_english() -> None:
    text = (
        "Statistics_Code;Statistics_Label;Time_Code;Time_Label;Time;1_Variable_Code;1_Variable_Label;1_Variable_Attribute_Code;"
        "1_Variable_Attribute_Label;QUOTE__Share__percent\n12411;Stock;JAHR;Year;2020;KREISE;Districts;05978;Unna;1.234\n"
    )
    table = read_official(text.encode("latin-1"))
    assert table is not None
    assert table.family == "ffcsv_older"
    assert brief(table) == [("05978", "2020", "QUOTE", {}, 1.234, "percent")]


def test_years_across_columns_without_a_label() -> None:
    table = table_of(
        "Tabelle: 12411-01iz",
        "Bevölkerung;;;;;",
        "Bevölkerungsstand (Anzahl);;;;;",
        ";;31.12.2020;31.12.2020;31.12.2021;31.12.2021",
        ";;männlich;weiblich;männlich;weiblich",
        "05978;    Unna;1;2;3;4",
    )
    assert kinds(table) == []
    assert [(r["year"], r["measure"], [m["label"] for _, m in r["dimensions"]], r["value"]) for r in table.table.to_pylist()] == [
        (2020, "Bevölkerungsstand", ["männlich"], 1),
        (2020, "Bevölkerungsstand", ["weiblich"], 2),
        (2021, "Bevölkerungsstand", ["männlich"], 3),
        (2021, "Bevölkerungsstand", ["weiblich"], 4),
    ]


def test_years_above_the_measure_are_no_measure() -> None:
    table = table_of(
        "Tabelle: 12411-01iz",
        "Bevölkerung;;;",
        ";;31.12.2020;31.12.2021",
        ";;Bevölkerungsstand;Bevölkerungsstand",
        ";;Anzahl;Anzahl",
        "05978;    Unna;1;2",
    )
    assert kinds(table) == []
    assert [(r["year"], r["measure"], r["unit"], r["value"]) for r in table.table.to_pylist()] == [
        (2020, "Bevölkerungsstand", "Anzahl", 1),
        (2021, "Bevölkerungsstand", "Anzahl", 2),
    ]


def test_years_in_the_header_of_records_with_a_time_are_members() -> None:
    """Two times, one in the record and one above it: the record's is the time, and neither is lost."""
    table = table_of("Tabelle: 12612-01i", "Geborene (Anzahl);;;;", ";;;2019;2020", "2021;05978;    Unna;1;2")
    assert [(r["year"], [m["label"] for _, m in r["dimensions"]], r["value"]) for r in table.table.to_pylist()] == [
        (2021, ["2019"], 1),
        (2021, ["2020"], 2),
    ]


@pytest.mark.parametrize(
    ("cells", "texts"),
    [
        ([1.5, 2, 1e-7, 1e21], ["1.5", "2", "1e-07", "1e+21"]),
        ([1.5, "", 3.0], ["1.5", "", "3"]),
        ([1.5, "x", ""], ["1.5", "x", ""]),
        ([1.5, True, ""], ["1.5", "True", ""]),
        ([0.1 + 0.2, -0.0, 12345678901234.0], ["0.30000000000000004", "0", "12345678901234"]),
        ([1, 30_000_000_000, -7], ["1", "30000000000", "-7"]),
        ([1, 2.0, 0.00015], ["1", "2", "0.00015"]),
    ],
)
def test_cells_of_a_workbook_are_written_as_one_by_one(cells: list[Value], texts: list[str]) -> None:
    labels = ["Kennziffer", "Raumeinheit", "Aggregat", *(["Quote"] * len(cells))]
    years = ["", "", "", *range(2001, 2001 + len(cells))]
    sheet = Sheet("Daten", [labels, years, ["05111", "Düsseldorf", "Kreise", *cells]])
    (records,) = read_export([sheet])
    table = assemble(records).table
    assert [text or "" for text in table["value_delivered"].to_pylist()] == texts == [text_of(cell) or "" for cell in cells]
    assert table["value"].to_pylist() == [float(c) if type(c) in (int, float) else None for c in cells]
