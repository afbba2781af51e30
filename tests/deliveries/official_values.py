"""Small files of official statistics in every layout, and how to look a value up, for the tests of the official readers."""

from __future__ import annotations

import pyarrow.compute as pc
from contract_values import SHARED_DATA

from kkz_eval.deliveries.official.read import read_official
from kkz_eval.deliveries.official.table import OfficialTable

OFFICIAL = SHARED_DATA / "official"

NEW_HEADER = (
    "statistics_code;statistics_label;time_code;time_label;time;1_variable_code;1_variable_label;1_variable_attribute_code;"
    "1_variable_attribute_label;2_variable_code;2_variable_label;2_variable_attribute_code;2_variable_attribute_label;value;"
    "value_unit;value_variable_code;value_variable_label;value_q"
)
NEW_GERMAN = "\n".join(
    [
        NEW_HEADER,
        "12411;Fortschreibung;STAG;Stichtag;2024-12-31;KREISE;Kreise;05111;Düsseldorf;GES;Geschlecht;GESM;männlich;299070;Anzahl;BEVSTD;Bestand;e",
        "12411;Fortschreibung;STAG;Stichtag;2024-12-31;KREISE;Kreise;05111;Düsseldorf;GES;Geschlecht;;Insgesamt;-;Anzahl;BEVSTD;Bestand;",
        "12411;Fortschreibung;STAG;Stichtag;2024-12-31;KREISE;Kreise;05978;Unna, Kreis;GES;Geschlecht;GESM;männlich;12,5;Anzahl;BEVSTD;Bestand;p",
        "12411;Fortschreibung;STAG;Stichtag;2024-12-31;KREISE;Kreise;05978;Unna, Kreis;GES;Geschlecht;;Insgesamt;/;Anzahl;BEVSTD;Bestand;r",
        "",
    ]
)
OLDER_GERMAN = "\r\n".join(
    [
        "Statistik_Code;Statistik_Label;Zeit_Code;Zeit_Label;Zeit;1_Merkmal_Code;1_Merkmal_Label;1_Auspraegung_Code;1_Auspraegung_Label;"
        "2_Merkmal_Code;2_Merkmal_Label;2_Auspraegung_Code;2_Auspraegung_Label;BEVSTD__Bevoelkerungsstand__Anzahl;QUOTE__Anteil__Prozent",
        "12411;Fortschreibung;STAG;Stichtag;31.12.2022;GEMEIN;Gemeinden;05562014;Gladbeck;GES;Geschlecht;GESM;männlich;37000;49,5",
        "12411;Fortschreibung;STAG;Stichtag;31.12.2022;GEMEIN;Gemeinden;05562014;Gladbeck;GES;Geschlecht;GESW;weiblich;38000;(50,5)",
        "12411;Fortschreibung;STAG;Stichtag;31.12.2022;GEMEIN;Gemeinden;05999998;Außerhalb;GES;Geschlecht;GESM;männlich;...;x",
        "12411;Fortschreibung;STAG;Stichtag;31.12.2022;GEMEIN;Gemeinden;05999998;Außerhalb;GES;Geschlecht;GESW;weiblich;*;.",
        "",
    ]
)
TABLE = "\n".join(
    [
        "GENESIS-Tabelle: 21111-99-01-4",
        "Abgehende nach Abschluss;;;;",
        "Statistik der Schulen;;;;",
        "Abgehende (Anzahl);;;;",
        ";;;Abschluss;Abschluss",
        ";;;Insgesamt;ohne",
        "2022;05;Nordrhein-Westfalen;200;20",
        "2022;05978;    Unna, Kreis;100;-",
        "2023;05;Nordrhein-Westfalen;210;21",
        "2023;05978;    Unna, Kreis;.;11r",
        "__________",
        '"zu ""gesamte Tabelle"":',
        'Hinweis; mit Semikolon und 2023;05;1"',
        "Stand: 13.03.2025 / 16:40:08",
        "",
    ]
)
CUBE = "\n".join(
    [
        "* Ein Quader",
        "K;DQ;FACH-SCHL;GHH-ART;GHM-WERTE-JN",
        "D;12411KJ001;N;N",
        "K;DQA;NAME;RHF-BSR;RHF-ACHSE",
        "D;KREISE;1;1",
        "D;GES;2;2",
        "K;DQZ;NAME;ZI-RHF-BSR;ZI-RHF-ACHSE",
        "D;STAG;3;3",
        "K;DQI;NAME;ME-NAME;DST;TYP;NKM-STELLEN",
        "D;BEVSTD;ANZAHL;FEST;GANZ;0",
        "D;QUOTE;PROZENT;FEST;DEZI;1",
        "K;QEI;FACH-SCHL;FACH-SCHL;ZI-WERT;WERT;QUALITAET;GESPERRT;WERT-VERFAELSCHT;WERT;QUALITAET;GESPERRT;WERT-VERFAELSCHT",
        "D;05111;GESM;31.12.2020;299070;e;;0;48.5;p;;0",
        "D;05111;GESW;31.12.2020;319615;e;;0;51.5;p;;0",
        "D;05978;GESM;31.12.2020;7;e;.;0;-;;;0",
        "D;05978;GESW;31.12.2020;190000;r;;1;.;;;0",
        "",
    ]
)
LONG = 'bereich,kreis_ags5,name,jahr,kuerzel,wert\nbildung,5111,"Düsseldorf, Stadt",1995,a_schul_oA,6.82\nbildung,5978,Unna,1995,a_schul_oA,7.5\n'
BULK = (
    "Bereich;ID;Kuerzel;Indikator;Raumbezug;Kennziffer;Name;Zeitbezug;Wert\n"
    "Bildung;5;a_schul_oA;Ohne Abschluss;Kreise;05111;Düsseldorf;2015;6,82\nBildung;5;a_schul_oA;Ohne Abschluss;Kreise;05978;Unna;2015;7,5\n"
)
PANEL = "ags,name,jahr,arbeitslose,quote\n05562014,Gladbeck,2011,4470.0,9.3\n05562014,Gladbeck,2012,,8.5\n"
EDITIONS = "ags,jahr,2017,2018,2024\n05562,2013,5.1,5.1032,5.1\n05562,2015,,6.9015,6.9\n"
GISD = 'gvb_id,gvb_name,year,gisd_score\n055620014,"Gladbeck, Stadt",2010,0.63076\n73405008,Zweibrücken-Land,2010,0.5\n'
WEGWEISER = "\n".join(
    [
        "Kommune;GKZ;ARS;Bundesland;2019 Kinderarmut (%);2019 Kaufkraft (Euro/Haushalt)",
        "Gladbeck;05562014;055620014014;Nordrhein-Westfalen;30,6;45.973",
        "Zweibrücken-Land;07340908;073405008000;Rheinland-Pfalz;k.A.;54.273",
        ";;;;;",
        '"k.A. = keine Angaben',
        'weitere Zeile";;;;;',
        "",
    ]
)
TEXTS = {
    "ffcsv": NEW_GERMAN,
    "ffcsv_older": OLDER_GERMAN,
    "datencsv": TABLE,
    "cube": CUBE,
    "inkar_long": LONG,
    "inkar_bulk": BULK,
    "panel": PANEL,
    "editions": EDITIONS,
    "gisd": GISD,
    "wegweiser": WEGWEISER,
}


def official(text: str, encoding: str = "utf-8") -> OfficialTable:
    """The table of a text; fails where no family knows it."""
    table = read_official(text.encode(encoding))
    assert table is not None
    return table


def genuine(name: str) -> OfficialTable:
    """The table of a genuine file, read in place."""
    table = read_official((OFFICIAL / name).read_bytes())
    assert table is not None
    return table


def kinds(table: OfficialTable) -> list[str]:
    """The kinds of its findings, in order."""
    return list(table.findings.column("kind").to_pylist())


def at(table: OfficialTable, row: int, column: int) -> dict[str, object]:
    """The one record of the table whose address is that cell."""
    found = table.table.filter((pc.field("row") == row) & (pc.field("column") == column)).to_pylist()
    assert len(found) == 1
    return found[0]


def labels(record: dict[str, object]) -> dict[str, str]:
    """The labels of a record's members by variable."""
    members = record["dimensions"]
    assert isinstance(members, list)
    return {variable: member["label"] for variable, member in members}
