"""INKAR: the genuine files cell by cell, the bulk layout, exports with several indicators, truncation."""

from __future__ import annotations

import csv
import io
import subprocess
import sys
from dataclasses import replace

import pyarrow.compute as pc
import pytest
from contract_values import CONTRACTS, INKAR_FOLDER, SCHOOL_LEAVERS, needs_shared_data, shipped
from python_calamine import CalamineWorkbook

from kkz_eval.deliveries.columns.parsed_table import LEFT_OUT
from kkz_eval.deliveries.official.claims import of_workbook
from kkz_eval.deliveries.reader import Claimed, Unclaimed, Unreadable, read_file
from kkz_eval.deliveries.workbook.sheets import Sheet
from kkz_eval.model.findings import iter_findings
from kkz_eval.model.parsed import ParsedTable

LONG = "inkr_nrw_kreise_panel_long.csv"
EXPORT = "INKAR2024_B_SchulabgaengerohneAbschluss.xls"


MISSING = "official_units_missing"
GENUINE_GAPS = [
    (
        "2/55",
        "a_schul_oA, a_schul_oA_m, a_schul_oA_w, a_schul_haupt, a_schul_abi: Aachen (05313), Kreis Aachen (05354): 2001",
    ),
    ("2/53", "q_asyl_bev: Köln (05315): 2015; Kreis Steinfurt (05566): 2018"),
]


def claimed(data: bytes, name: str) -> ParsedTable:
    result = read_file(data, name, CONTRACTS)
    assert isinstance(result, Claimed), result
    (table,) = result.parsed
    return table


@needs_shared_data
def test_the_long_file_is_read_whole() -> None:
    data = (INKAR_FOLDER / LONG).read_bytes()
    table = claimed(data, LONG)
    assert table.table.num_rows == 35_821
    assert pc.count_distinct(table.values("unit_id")).as_py() == 53
    assert pc.count_distinct(table.values("indicator")).as_py() == 37
    assert table.years() == tuple(range(1995, 2023))
    assert [(f.kind, f.severity, f.allowed, f.value) for f in iter_findings(table.findings)] == [
        (MISSING, "warning", share, value) for share, value in GENUINE_GAPS
    ]
    assert table.values("value").null_count == 0


@needs_shared_data
def test_addresses_of_the_long_file_point_to_the_very_cell() -> None:
    data = (INKAR_FOLDER / LONG).read_bytes()
    table = claimed(data, LONG)
    records = list(csv.reader(io.StringIO(data.decode())))
    for name in ("unit_id", "name", "year", "indicator", "value"):
        rows, columns = table.table[name + "__row"].to_pylist(), table.table[name + "__col"].to_pylist()
        assert table.texts(name).to_pylist() == [records[r - 1][c - 1] for r, c in zip(rows, columns, strict=True)]
    assert table.values("value").to_pylist() == [float(record[5]) for record in records[1:]]


@needs_shared_data
def test_the_export_equals_the_long_file_and_points_to_the_very_cell() -> None:
    export = claimed((INKAR_FOLDER / EXPORT).read_bytes(), EXPORT)
    assert (export.layout, export.edition, export.findings.num_rows) == ("inkar_workbook", "2024", 0)
    assert export.table.num_rows == 53 * 27
    assert set(export.table["__sheet"].to_pylist()) == {"Daten"}
    long = claimed((INKAR_FOLDER / LONG).read_bytes(), LONG)
    keys = ("unit_id", "year", "indicator", "value")
    values = {row[:3]: row[3] for row in zip(*(long.values(key).to_pylist() for key in keys), strict=True)}
    exported = {row[:3]: row[3] for row in zip(*(export.values(key).to_pylist() for key in keys), strict=True)}
    assert [key for key, value in exported.items() if value is None] == [("05334", 2001, "a_schul_oA")]
    common = {key for key, value in exported.items() if value is not None and key in values}
    assert len(common) == 1_430
    assert all(values[key] == exported[key] for key in common)
    sheet = CalamineWorkbook.from_path(INKAR_FOLDER / EXPORT).get_sheet_by_name("Daten").to_python(skip_empty_area=False)
    for name in ("unit_id", "name", "year", "indicator", "value"):
        rows, columns = export.table[name + "__row"].to_pylist(), export.table[name + "__col"].to_pylist()
        cells = [sheet[r - 1][c - 1] for r, c in zip(rows, columns, strict=True)]
        assert export.texts(name).to_pylist() == [None if cell == "" else str(cell) for cell in cells]


@needs_shared_data
@pytest.mark.parametrize(
    "name",
    [
        "inkr_indicator_metadata.csv",
        "schulabgaenger_ohne_abschluss_by_INKAR_edition.csv",
        "nrw_gemeinden_panel_1995-2021.csv",
        "nrw_kreise_arbeitsmarkt_einkommen_1995-2021.csv",
        "INKAR2024_A_ArbeitslosigkeitKreis.xls",
    ],
)
def test_other_genuine_files_are_not_claimed(name: str) -> None:
    result = read_file((INKAR_FOLDER / name).read_bytes(), name, CONTRACTS)
    assert isinstance(result, Unclaimed)
    assert name in result.in_language("de")


@needs_shared_data
def test_a_truncated_export_is_unreadable_at_every_cut() -> None:
    data = (INKAR_FOLDER / EXPORT).read_bytes()
    cuts = [*range(100, len(data), len(data) // 30), 131_000, len(data) - 512]
    for cut in cuts:
        result = read_file(data[:cut], EXPORT, CONTRACTS)
        assert isinstance(result, Unreadable), cut
        assert result.reason_code == "truncated_workbook"


@needs_shared_data
def test_a_truncated_long_file_says_so() -> None:
    lines = (INKAR_FOLDER / LONG).read_bytes().splitlines(keepends=True)[:40]
    whole = b"".join(lines)
    for lost in range(8, len(lines[-1])):
        kinds = {finding.kind for finding in iter_findings(claimed(whole[:-lost], LONG).findings)}
        assert {"reader_short_row", "reader_cut_off"} & kinds, whole[-lost:]


@needs_shared_data
def test_of_a_long_file_cut_inside_its_last_number_that_number_is_withheld() -> None:
    data = (INKAR_FOLDER / LONG).read_bytes()
    table, whole = claimed(data[:-2], LONG), claimed(data, LONG)
    (found,) = (f for f in iter_findings(table.findings) if f.kind == "official_open_end")
    assert (found.cell, found.value, found.severity, found.unit_id, found.year) == ("F35822", "29.3", "error", "05978", 2021)
    assert (table.values("value")[-1].as_py(), table.texts("value")[-1].as_py()) == (None, "29.3")
    assert table.values("value")[:-1] == whole.values("value")[:-1]


@pytest.mark.parametrize("delimiter", [",", ";"])
@pytest.mark.parametrize("name", ["D", '"D, Stadt"'])
def test_only_a_last_line_without_its_break_loses_its_value(delimiter: str, name: str) -> None:
    lines = [["bereich", "kreis_ags5", "name", "jahr", "kuerzel", "wert"]]
    lines += [["b", "05111", name, year, "q_sch", "12"] for year in ("2018", "2019")]
    text = "\r\n".join(delimiter.join(line) for line in lines)
    open_end, blank_line = claimed(text.encode(), "x.csv"), claimed(f"{text}\r\n\r\n".encode(), "x.csv")
    assert open_end.values("value").to_pylist() == [12.0, None]
    assert [f.cell for f in iter_findings(open_end.findings) if f.kind == "official_open_end"] == ["F3"]
    assert blank_line.values("value").to_pylist() == [12.0, 12.0]
    assert {f.kind for f in iter_findings(blank_line.findings)} == {MISSING}


def test_a_last_line_of_another_level_withholds_nothing() -> None:
    table = claimed(BULK.rstrip("\n").encode(), "inkar.csv")
    assert table.values("value").to_pylist() == [6.82, 1234.0]
    assert {finding.kind for finding in iter_findings(table.findings)} == {MISSING}


@needs_shared_data
def test_a_long_file_cut_at_a_line_names_the_kreise_that_its_last_measure_lacks() -> None:
    lines = (INKAR_FOLDER / LONG).read_bytes().splitlines(keepends=True)[: 1 + 35_821 // 2 + 7]
    *_, last = iter_findings(claimed(b"".join(lines), LONG).findings)
    assert (last.kind, last.severity, last.allowed) == (MISSING, "warning", "7/55")
    assert str(last.value).startswith("a_BGKind: Hochsauerlandkreis (05958), ")
    assert str(last.value).endswith("Kreis Unna (05978): 2007–2022; Ennepe-Ruhr-Kreis (05954): 2021–2022")


@needs_shared_data
def test_a_line_that_fell_out_of_the_long_file_is_named_by_measure_and_year() -> None:
    lines = (INKAR_FOLDER / LONG).read_bytes().splitlines(keepends=True)
    kept = [line for line in lines if not (line.startswith(b"bildung,05111,") and b",2010,q_sch," in line)]
    assert len(kept) == len(lines) - 1
    found = [(f.allowed, f.value) for f in iter_findings(claimed(b"".join(kept), LONG).findings)]
    assert set(found) == {*GENUINE_GAPS, ("1/55", "q_sch: Düsseldorf (05111): 2010")}


BULK = """\ufeffBereich;ID;Kuerzel;Indikator;Raumbezug;Kennziffer;Name;Zeitbezug;Wert
Bildung;1;a_schul_oA;Schulabgänger ohne Abschluss;Kreise;05111;Düsseldorf, Stadt;2019;6,82
Bildung;1;a_schul_oA;Schulabgänger ohne Abschluss;Kreise;5112;Duisburg, Stadt;2019;1.234
Bildung;1;a_schul_oA;Schulabgänger ohne Abschluss;Kreise;01001;Flensburg, Stadt;2019;7,5
Bildung;1;a_schul_oA;Schulabgänger ohne Abschluss;Raumordnungsregionen;0501;Aachen;2019;7,5
Bildung;2;q_fremd;Fremder Indikator;Kreise;05111;Düsseldorf, Stadt;2019;7,5
"""


def test_the_bulk_file_is_cut_down_to_what_the_contract_speaks_about() -> None:
    table = claimed(BULK.encode(), "inkar.csv")
    assert table.values("unit_id").to_pylist() == ["05111", "05112"]
    assert table.values("value").to_pylist() == [6.82, 1234.0]
    assert table.values("name").to_pylist() == ["Düsseldorf, Stadt", "Duisburg, Stadt"]
    assert table.table["value__row"].to_pylist() == [2, 3]
    assert table.table["value__col"].to_pylist() == [9, 9]
    assert table.table.schema.metadata[LEFT_OUT] == b"3"
    assert [(finding.kind, finding.allowed) for finding in iter_findings(table.findings)] == [(MISSING, "51/53")]


def test_an_unknown_code_in_the_long_file_stays_for_the_rules_to_judge() -> None:
    table = claimed(b"bereich,kreis_ags5,name,jahr,kuerzel,wert\nb,05111,D,2019,fremd,1.234\nb,5x,D,2019,q_sch,1\n", "x.csv")
    assert table.values("indicator").to_pylist() == [None, "q_sch"]
    assert table.texts("indicator").to_pylist() == ["fremd", "q_sch"]
    assert table.values("value").to_pylist() == [1.234, 1.0]
    assert [(f.kind, f.cell) for f in iter_findings(table.findings) if f.kind != MISSING] == [("reader_ags", "B3")]


def test_a_long_file_with_semicolons_and_decimal_commas_is_read() -> None:
    table = claimed("bereich;kreis_ags5;name;jahr;kuerzel;wert\nb;05111;D;2019;q_sch;1,5\n".encode("utf-8-sig"), "x.csv")
    assert table.values("value").to_pylist() == [1.5]


RECORD = "bildung und erziehung,05111,D,2019,q_sch,1.5"


@pytest.mark.parametrize(
    ("line", "kind", "value"),
    [
        ("bildung und erziehung,05112,D", "reader_short_row", "bildung und erziehung"),
        ("bildung und erz", "reader_short_row", "bildung und erz"),
        ("bildung und erziehung,05112,Duisburg, Stadt,2019,q_sch,1.5", "reader_long_row", "1.5"),
        ('"bildung und erziehung,05112,D,2019,q_sch,1.5', "reader_cut_off", None),
    ],
)
def test_a_record_of_another_width_is_not_read_and_an_error(line: str, kind: str, value: str | None) -> None:
    table = claimed(f"bereich,kreis_ags5,name,jahr,kuerzel,wert\n{RECORD}\n{line}\n".encode(), "x.csv")
    assert table.values("unit_id").to_pylist() == ["05111"]
    found = [(f.kind, f.severity, f.row, f.value) for f in iter_findings(table.findings) if f.kind != MISSING]
    assert found == [(kind, "error", 3, value)]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("between", ["", ",,,,,"])
def test_lines_without_any_cell_are_no_records_whatever_ends_them(end: str, between: str) -> None:
    lines = ["bereich,kreis_ags5,name,jahr,kuerzel,wert", RECORD, between, RECORD.replace("05111", "05112"), ""]
    table = claimed(end.join(lines).encode(), "x.csv")
    assert table.values("value").to_pylist() == [1.5, 1.5]
    assert table.table["value__row"].to_pylist() == [2, 4]
    assert {f.kind for f in iter_findings(table.findings)} == {MISSING}


def _export(labels: list[object]) -> list[Sheet]:
    daten = Sheet(
        "Daten",
        [
            ["Kennziffer", "Raumeinheit", "Aggregat", *labels],
            ["", "", "", "2018", 2019, "2018"],
            [5111, "Düsseldorf, Stadt", "Kreise", 6.5, "", 12],
            ["05112", "Duisburg, Stadt", "Kreise", "7,25", "-", "viele"],
            ["01001", "Flensburg, Stadt", "Kreise", 1, 2, 3],
            ["05", "Nordrhein-Westfalen", "Länder", 1, 2, 3],
        ],
    )
    return [daten, Sheet("Quellangabe", [["INKAR. Ausgabe 2022. Bonn"]])]


def test_an_export_may_hold_several_indicators_and_merged_labels() -> None:
    result = of_workbook(_export(["Schulabgänger ohne Abschluss", "", "Schüler"]), "inkar.xlsx", CONTRACTS)
    assert isinstance(result, Claimed)
    (table,) = result.parsed
    assert table.edition == "2022"
    assert table.values("unit_id").to_pylist() == ["05111"] * 3 + ["05112"] * 3
    assert table.texts("unit_id").to_pylist() == ["5111"] * 3 + ["05112"] * 3
    assert table.values("indicator").to_pylist() == ["a_schul_oA", "a_schul_oA", "q_sch"] * 2
    assert table.values("year").to_pylist() == [2018, 2019, 2018] * 2
    assert table.values("value").to_pylist() == [6.5, None, 12.0, 7.25, None, None]
    assert table.texts("value").to_pylist() == ["6.5", None, "12", "7,25", "-", "viele"]
    assert table.flags("value").to_pylist() == [None, None, None, None, "-", None]
    (finding,) = (f for f in iter_findings(table.findings) if f.kind != MISSING)
    assert (finding.kind, finding.cell, finding.unit_id, finding.year) == ("reader_number", "Daten!F4", "05112", 2018)


def test_an_unknown_label_is_a_warning_beside_a_known_one() -> None:
    result = of_workbook(_export(["Schüler", "Schüler", "Fremdes"]), "inkar.xlsx", CONTRACTS)
    assert isinstance(result, Claimed)
    (finding,) = (f for f in iter_findings(result.parsed[0].findings) if f.kind != MISSING)
    assert (finding.kind, finding.cell, finding.value, finding.severity) == (
        "reader_unknown_label",
        "Daten!F1",
        "Fremdes",
        "warning",
    )
    assert result.parsed[0].table.num_rows == 4


def test_a_key_beside_the_name_of_another_unit_is_an_error_in_both_layouts() -> None:
    text = "bereich,kreis_ags5,name,jahr,kuerzel,wert\nb,05111,Duisburg,2019,q_sch,1.5\nb,05112,Duisburg,2019,q_sch,2.5\n"
    found, missing = iter_findings(claimed(text.encode(), "x.csv").findings)
    assert (missing.kind, missing.allowed) == (MISSING, "51/53")
    assert (found.kind, found.cell, found.value, found.allowed, found.severity) == (
        "official_other_name",
        "B2",
        "05111",
        "Duisburg",
        "error",
    )
    daten, source = _export(["Schüler", "", ""])
    body = [[row[0], "Bonn", *row[2:]] for row in daten.rows[2:]]
    result = of_workbook([replace(daten, rows=[*daten.rows[:2], *body]), source], "inkar.xlsx", CONTRACTS)
    assert isinstance(result, Claimed)
    assert [f.cell for f in iter_findings(result.parsed[0].findings) if f.kind == "official_other_name"] == [
        "Daten!A3",
        "Daten!A4",
    ]


def test_an_export_without_any_known_label_is_not_claimed() -> None:
    result = of_workbook(_export(["Fremdes", "", ""]), "inkar.xlsx", CONTRACTS)
    assert isinstance(result, Unclaimed)
    assert "„Fremdes“" in result.in_language("de")


def test_without_the_layout_no_contract_claims_the_long_file() -> None:
    result = read_file(BULK.encode(), "inkar.csv", {"schulabgaenge": SCHOOL_LEAVERS})
    assert isinstance(result, Unclaimed)


def test_reading_needs_no_pandas() -> None:
    code = "import sys, kkz_eval.deliveries.reader; sys.exit('pandas' in sys.modules or 'great_expectations' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    "header",
    [
        "bereich,kreis_ags5,name,jahr,kuerzl,wert",
        "bereich,kreis_ags5,name,jahr,indikator,wert",
        "Bereich,ID,Kuerzl,Indikator,Raumbezug,Kennziffer,Name,Zeitbezug,Wert",
    ],
)
def test_a_mistyped_header_of_inkar_falls_to_no_other_contract(header: str) -> None:
    contracts = shipped()
    row = 'bildung,5111,"Düsseldorf, Stadt",1995,a_schul_oA,6.82' + ",1" * (header.count(",") - 5)
    result = read_file(f"{header}\n{row}\n".encode(), "inkar.csv", contracts)
    assert isinstance(result, Unclaimed)
    assert header.split(",")[4 if "kuerzl," in header or "indikator" in header else 2] in result.in_language("de")
