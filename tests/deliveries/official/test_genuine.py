"""Every genuine file of official statistics: how much is in it, cells looked up in the file by eye, and sums over regions."""

from __future__ import annotations

import csv
import io

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from contract_values import CONTRACTS, needs_shared_data
from official_values import OFFICIAL, at, genuine, kinds, labels
from python_calamine import CalamineWorkbook

from kkz_eval.deliveries.official.table import OFFICIAL_SCHEMA
from kkz_eval.deliveries.reader import Unclaimed, read_file

pytestmark = needs_shared_data

ALL = tuple(sorted(path.relative_to(OFFICIAL).as_posix() for path in OFFICIAL.glob("*/*"))) if OFFICIAL.is_dir() else ()

# file: family, code, edition, cells, numbers, symbols, units, years
FILES = {
    "genesis/1000A-0000_de_flat_NRW_slice.csv": ("ffcsv", "1000A", "", 396, 396, 0, 396, (2022, 2022)),
    "genesis/11111-02-01-4_de_flat.csv": ("ffcsv", "11111", "", 489, 398, 91, 489, (2024, 2024)),
    "genesis/12411-01-01-4_de_flat.csv": ("ffcsv", "12411", "", 1467, 1245, 222, 489, (2024, 2024)),
    "genesis/12411-03-03-4_datencsv_en_NRW_slice.csv": ("datencsv", "12411-03-03-4", "2025-12-16", 12078, 11880, 198, 61, (2024, 2024)),
    "genesis/13211-02-05-4_datencsv_de.csv": ("datencsv", "13211-02-05-4", "2021-08-17", 41964, 33262, 8702, 538, (2015, 2020)),
    "genesis/21111-02-06-4_datencsv_de_2023.csv": ("datencsv", "21111-02-06-4", "2025-03-13", 7532, 5361, 2171, 538, (2023, 2023)),
    "genesis/22541-01-01-4_datencsv_de_2002.csv": ("datencsv", "22541-01-01-4", "2026-03-23", 5918, 4912, 1006, 538, (2002, 2002)),
    "genesis/73111-01-01-4_de_flat.csv": ("ffcsv", "73111", "", 1467, 1209, 258, 489, (2021, 2021)),
    "gisd/GISD_NRW_Gemeindeverband.csv": ("gisd", "", "", 9504, 9504, 0, 396, (1998, 2021)),
    "gisd/GISD_NRW_Kreis.csv": ("gisd", "", "", 1272, 1272, 0, 53, (1998, 2021)),
    "inkar/INKAR2024_A_ArbeitslosigkeitKreis.xls": ("inkar_export", "", "2024", 10800, 10800, 0, 400, (1995, 2021)),
    "inkar/INKAR2024_A_BeschaeftigtenquoteKreis.xls": ("inkar_export", "", "2024", 10000, 10000, 0, 400, (1997, 2021)),
    "inkar/INKAR2024_B_SchulabgaengerohneAbschluss.xls": ("inkar_export", "", "2024", 10800, 10782, 0, 400, (1995, 2021)),
    "inkar/inkr_nrw_kreise_panel_long.csv": ("inkar_long", "", "", 35821, 35821, 0, 53, (1995, 2022)),
    "inkar/nrw_gemeinden_panel_1995-2021.csv": ("panel", "", "", 42768, 36030, 0, 396, (1995, 2021)),
    "inkar/nrw_kreise_arbeitsmarkt_einkommen_1995-2021.csv": ("panel", "", "", 8586, 7738, 0, 53, (1995, 2021)),
    "inkar/schulabgaenger_ohne_abschluss_by_INKAR_edition.csv": ("editions", "", "", 4293, 3603, 0, 53, (1995, 2021)),
    "landesdatenbank_nrw/12411-09i_2024.csv": ("datencsv", "12411-09i", "2026-02-16", 5612, 5428, 184, 61, (2024, 2024)),
    "landesdatenbank_nrw/12411-15i_2024.csv": ("datencsv", "12411-15i", "2026-01-19", 1332, 1299, 33, 444, (2024, 2024)),
    "landesdatenbank_nrw/22517-02i_2024.csv": ("datencsv", "22517-02i", "2026-01-19", 5104, 4477, 627, 232, (2024, 2024)),
    "landesdatenbank_nrw/22811-01i_2023.csv": ("datencsv", "22811-01i", "2025-12-18", 434, 431, 3, 434, (2023, 2023)),
    "wegweiser/wegweiser_kommune_soziale_lage_2019_alle_gemeinden.csv": ("wegweiser", "", "", 50320, 47452, 2868, 2960, (2019, 2019)),
}  # fmt: skip


def test_every_file_at_hand_is_looked_at() -> None:
    assert set(ALL) == {*FILES, "inkar/inkr_indicator_metadata.csv"}


@pytest.mark.parametrize("name", FILES)
def test_each_file_is_read_whole(name: str) -> None:
    family, code, edition, cells, numbers, symbols, units, (first, last) = FILES[name]
    table = genuine(name)
    assert (table.family, table.code, table.edition) == (family, code, edition)
    assert table.table.schema == OFFICIAL_SCHEMA
    assert (table.table.num_rows, table.n_values, table.n_flags) == (cells, numbers, symbols)
    assert len(table.table["unit_id"].unique()) == units
    assert (table.years[0], table.years[-1]) == (first, last)
    assert table.table["level"].null_count == table.table["year"].null_count == 0
    assert kinds(table) == (["official_symbol"] * 6 if name.startswith("inkar/nrw_gemeinden") else [])


@pytest.mark.parametrize("name", [name for name in FILES if name.endswith(".csv")])
def test_each_address_points_to_the_very_cell(name: str) -> None:
    data = (OFFICIAL / name).read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252")
    table = genuine(name).table
    records = list(csv.reader(io.StringIO(text, newline=""), delimiter="," if "inkar" in name or "gisd" in name else ";"))
    cells = [records[r - 1][c - 1] for r, c in zip(table["row"].to_pylist(), table["column"].to_pylist(), strict=True)]
    assert [text or "" for text in table["value_delivered"].to_pylist()] == cells
    assert all(
        key in records[row - 1] for key, row in zip(table["region_key"].to_pylist(), table["row"].to_pylist(), strict=True)
    )


@pytest.mark.parametrize("name", [name for name in FILES if name.endswith(".xls")])
def test_each_cell_of_a_workbook_is_there(name: str) -> None:
    rows = CalamineWorkbook.from_path(str(OFFICIAL / name)).get_sheet_by_name("Daten").to_python(skip_empty_area=False)
    table = genuine(name).table
    for row, column, value, text in zip(
        *(table[c].to_pylist() for c in ("row", "column", "value", "value_delivered")), strict=True
    ):
        cell = rows[row - 1][column - 1]
        assert value == (None if cell == "" else float(cell))
        assert text == (None if cell == "" else str(int(cell)) if float(cell).is_integer() else str(cell))


# file, row, column, unit, level, year, measure, members, value, flag: as the file shows them
CELLS = [
    ("genesis/1000A-0000_de_flat_NRW_slice.csv", 397, 10, "05562014", "municipality", 2022, "PRS018", {}, 75515, None),
    ("genesis/11111-02-01-4_de_flat.csv", 2, 10, "09178", "kreis", 2024, "GEM001", {}, 24, None),
    ("genesis/12411-01-01-4_de_flat.csv", 1377, 14, "05111", "kreis", 2024, "BEVSTD", {"GES": "Insgesamt"}, 618685, None),
    ("genesis/12411-01-01-4_de_flat.csv", 45, 14, "05111", "kreis", 2024, "BEVSTD", {"GES": "männlich"}, 299070, None),
    (
        *("genesis/12411-03-03-4_datencsv_en_NRW_slice.csv", 53, 10, "05111", "kreis", 2024, "Bevölkerungsstand"),
        *({"column_4": "unter 3 Jahre", "header_1": "Deutsche", "header_2": "weiblich"}, 6471, None),
    ),
    ("genesis/13211-02-05-4_datencsv_de.csv", 624, 4, "05112", "kreis", 2019, "Arbeitslose", {}, 27831, None),
    (
        *("genesis/13211-02-05-4_datencsv_de.csv", 1757, 15, "05978", "kreis", 2017),
        *("Arbeitslosenquote bez. auf alle zivile Erwerbsp.", {"header_2": "Ausländer"}, None, "."),
    ),
    (
        *("genesis/13211-02-05-4_datencsv_de.csv", 83, 11, "05", "land", 2020),
        *("Arbeitslosenquote bez. abh. zivile Erwerbspers.", {}, 8.2, None),
    ),
    (
        *("genesis/21111-02-06-4_datencsv_de_2023.csv", 144, 6, "05978", "kreis", 2023, "Absolvierende/Abgehende"),
        {
            "Absolvierende/Abgehende allgemeinbildender Schulen nach dem Abschluss": "ohne Hauptschulabschluss",
            "header_3": "Insgesamt",
        },
        *(275, None),
    ),
    (
        *("genesis/21111-02-06-4_datencsv_de_2023.csv", 86, 15, "05111", "kreis", 2023, "Absolvierende/Abgehende"),
        {
            "Absolvierende/Abgehende allgemeinbildender Schulen nach dem Abschluss": "mit Fachhochschulreife",
            "header_3": "weiblich",
        },
        *(None, "-"),
    ),
    (
        *("genesis/22541-01-01-4_datencsv_de_2002.csv", 119, 10, "05562", "kreis", 2002, "Verfügbare Plätze"),
        *({"Tageseinrichtungen für Kinder": "Plätze für Krippenkinder"}, 425, None),
    ),
    ("genesis/73111-01-01-4_de_flat.csv", 1158, 10, "05515", "kreis", 2021, "LSNW02", {}, 1667640, None),
    ("genesis/73111-01-01-4_de_flat.csv", 2, 10, "14178", "kreis", 2021, "LSNW01", {}, None, "-"),
    ("gisd/GISD_NRW_Gemeindeverband.csv", 4790, 4, "05562014", "municipality", 2010, "gisd_score", {}, 0.63076, None),
    ("gisd/GISD_NRW_Kreis.csv", 759, 4, "05562", "kreis", 2011, "gisd_score", {}, 0.62914, None),
    (
        "inkar/INKAR2024_A_ArbeitslosigkeitKreis.xls",
        3,
        4,
        "01001",
        "kreis",
        1995,
        "Arbeitslose",
        {"Aggregat": "Kreise"},
        4691,
        None,
    ),
    (
        *("inkar/INKAR2024_B_SchulabgaengerohneAbschluss.xls", 4, 5, "01002", "kreis", 1996, "Schulabgänger ohne Abschluss"),
        *({"Aggregat": "Kreise"}, 9.3, None),
    ),
    ("inkar/inkr_nrw_kreise_panel_long.csv", 889, 6, "05562", "kreis", 2015, "a_schul_oA", {"bereich": "bildung"}, 6.9, None),
    ("inkar/nrw_gemeinden_panel_1995-2021.csv", 5391, 4, "05562014", "municipality", 2011, "arbeitslose", {}, 4470, None),
    (
        "inkar/nrw_gemeinden_panel_1995-2021.csv",
        455,
        7,
        "05154028",
        "municipality",
        2016,
        "arbeitslose_je_100_erwerbsf",
        {},
        None,
        None,
    ),
    (
        "inkar/nrw_kreise_arbeitsmarkt_einkommen_1995-2021.csv",
        1427,
        7,
        "05978",
        "kreis",
        2016,
        "haushaltseinkommen",
        {},
        1684.42,
        None,
    ),
    (
        "inkar/schulabgaenger_ohne_abschluss_by_INKAR_edition.csv",
        859,
        4,
        "05562",
        "kreis",
        2015,
        None,
        {},
        6.9015304649148135,
        None,
    ),
    (
        *(
            "landesdatenbank_nrw/12411-09i_2024.csv",
            69,
            5,
            "05978",
            "kreis",
            2024,
            "Bevölkerungsstand (Basis Zensus 2022 und früher)",
        ),
        *({"Altersjahre (unter 1 bis 90 Jahre und mehr)": "unter 1 Jahr"}, 3198, None),
    ),
    (
        *(
            "landesdatenbank_nrw/12411-15i_2024.csv",
            20,
            5,
            "05154008",
            "municipality",
            2024,
            "Bodenfläche (Katasterfläche) in qkm",
        ),
        *({"header_1": "Flächenerhebung nach Art der tatsächlichen Nutzung"}, 80.4, None),
    ),
    (
        *("landesdatenbank_nrw/22517-02i_2024.csv", 148, 13, "JH05562014", "youth_office", 2024),
        *("Begonnene erzieher. Hilfen/Beratungen", {"Art der Hilfe": "Einzelbetreuung § 30 SGB VIII"}, 128, None),
    ),
    (
        *("landesdatenbank_nrw/22517-02i_2024.csv", 148, 10, "JH05562014", "youth_office", 2024),
        *("In Anspruch genommene erzieh. Hilfen", {"Art der Hilfe": "Soziale Gruppenarbeit § 29 SGB VIII"}, None, "-"),
    ),
    (
        "landesdatenbank_nrw/22811-01i_2023.csv",
        227,
        3,
        "05562014",
        "municipality",
        2023,
        "Mindestsicherungsquote",
        {},
        17.6,
        None,
    ),
    ("landesdatenbank_nrw/22811-01i_2023.csv", 30, 3, "05154040", "municipality", 2023, "Mindestsicherungsquote", {}, None, "."),
    ("landesdatenbank_nrw/22811-01i_2023.csv", 441, 3, "05999998", "outside", 2023, "Mindestsicherungsquote", {}, None, "x"),
    (
        *(
            "wegweiser/wegweiser_kommune_soziale_lage_2019_alle_gemeinden.csv",
            912,
            11,
            "05562014",
            "municipality",
            2019,
            "Kaufkraft",
        ),
        *({}, 45973, None),
    ),
    (
        *("wegweiser/wegweiser_kommune_soziale_lage_2019_alle_gemeinden.csv", 4, 16, "06439001", "municipality", 2019),
        *(
            "Arbeitslose an den ausländischen SvB",
            {},
        ),
        *(None, "k.A."),
    ),
]


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: f"{cell[0].split('/')[1][:12]}:{cell[1]}:{cell[2]}")
def test_cells_read_in_the_file_by_eye(cell: tuple[object, ...]) -> None:
    name, row, column, unit, level, year, measure, members, value, flag = cell
    record = at(genuine(str(name)), int(str(row)), int(str(column)))
    assert (record["unit_id"], record["level"], record["year"], record["measure"]) == (unit, level, year, measure)
    assert labels(record) == members
    assert (record["value"], record["flag"]) == (value, flag)


def totals(table: pa.Table, level: str, parent: int) -> dict[str, float]:
    """Sum of the values of a level, by the first `parent` digits of the unit."""
    rows = [r for r in table.to_pylist() if r["level"] == level and r["value"] is not None]
    sums: dict[str, float] = {}
    for r in rows:
        sums[r["unit_id"][:parent]] = sums.get(r["unit_id"][:parent], 0.0) + r["value"]
    return sums


@pytest.mark.parametrize("measure", ["Bevölkerungsstand (Basis Zensus 2022 und früher)", "Bodenfläche (Katasterfläche) in qkm"])
def test_municipalities_sum_to_their_kreis_and_kreise_to_the_land(measure: str) -> None:
    table = genuine("landesdatenbank_nrw/12411-15i_2024.csv").table
    table = table.filter(pc.equal(table["measure"].cast(pa.string()), measure))
    kreise = totals(table, "kreis", 5)
    towns = totals(table, "municipality", 5)
    assert len(kreise) == 53
    assert len(towns) == 31
    assert all(np.isclose(towns[kreis], kreise[kreis], atol=0.05) for kreis in towns)
    assert np.isclose(sum(kreise.values()), totals(table, "land", 2)["05"], atol=0.3)


def test_kreise_of_both_encodings_and_both_layouts_agree() -> None:
    flat = genuine("genesis/12411-01-01-4_de_flat.csv").table.to_pylist()
    by_age = genuine("genesis/12411-03-03-4_datencsv_en_NRW_slice.csv").table.to_pylist()
    single = genuine("landesdatenbank_nrw/12411-09i_2024.csv").table.to_pylist()
    population = {r["unit_id"]: r["value"] for r in flat if labels(r) == {"GES": "Insgesamt"} and r["level"] == "kreis"}
    all_ages = {"column_4": "Total", "header_1": "Total", "header_2": "Total"}
    kreise = {r["unit_id"]: r["value"] for r in by_age if labels(r) == all_ages and r["level"] == "kreis"}
    ages = {r["unit_id"]: r["value"] for r in single if list(labels(r).values()) == ["Insgesamt"] and r["level"] == "kreis"}
    assert len(kreise) == 54  # Kreis Aachen, dissolved in 2009, stands there with "-"
    assert kreise["05354"] is None
    assert all(population[unit] == value for unit, value in kreise.items())
    assert ages.pop("05313") is None  # Stadt Aachen, dissolved in 2009
    assert all(kreise[unit] == value for unit, value in ages.items())


def test_single_years_of_age_sum_to_the_total() -> None:
    table = genuine("landesdatenbank_nrw/12411-09i_2024.csv").table.to_pylist()
    total = {r["unit_id"]: r["value"] for r in table if list(labels(r).values()) == ["Insgesamt"]}
    parts: dict[str, float] = {}
    for r in table:
        if list(labels(r).values()) != ["Insgesamt"] and r["value"] is not None:
            parts[r["unit_id"]] = parts.get(r["unit_id"], 0.0) + r["value"]
    assert parts == {unit: value for unit, value in total.items() if value is not None}


def test_youth_offices_sum_to_their_kreis() -> None:
    table = genuine("landesdatenbank_nrw/22517-02i_2024.csv").table
    rows = [r for r in table.to_pylist() if r["column"] == 4]
    offices: dict[str, float] = {}
    for r in rows:
        if r["level"] == "youth_office" and r["value"] is not None:
            offices[r["unit_id"][2:7]] = offices.get(r["unit_id"][2:7], 0.0) + r["value"]
    kreise = {r["unit_id"]: r["value"] for r in rows if r["level"] == "kreis" and r["unit_id"] in offices}
    assert kreise == offices
    assert sum(r["level"] == "youth_office" for r in rows) == 171


def test_the_list_of_indicators_holds_no_value() -> None:
    table = genuine("inkar/inkr_indicator_metadata.csv")
    assert kinds(table) == ["official_descriptions"]
    assert table.n_values == 0


@pytest.mark.parametrize("name", ["genesis/73111-01-01-4_de_flat.csv", "landesdatenbank_nrw/22517-02i_2024.csv"])
def test_a_file_that_no_contract_uses_is_named_with_what_was_read(name: str) -> None:
    result = read_file((OFFICIAL / name).read_bytes(), name, CONTRACTS)
    assert isinstance(result, Unclaimed)
    assert result.reason_code == "official"
    assert f"{FILES[name][4]} Werte" in result.in_language("de")
    assert f"{FILES[name][4]} values" in result.in_language("en")
