"""Contracts built by hand, for the tests of readers."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from kkz_eval.contracts.contract import Code, Contract, Property
from kkz_eval.contracts.load import load_contracts

ROOT = Path(__file__).parents[2]
CASES = ROOT / "tests" / "cases" / "deliveries"
CONTRACT_FOLDER = ROOT / "data_contracts"


@cache
def shipped() -> Mapping[str, Contract]:
    """The contracts of data_contracts/, by id, loaded once."""
    return load_contracts(CONTRACT_FOLDER)


SHARED_DATA = ROOT / os.environ.get("KKZ_SHARED", "../shared") / "data"
INKAR_FOLDER = SHARED_DATA / "official" / "inkar"

needs_shared_data = pytest.mark.skipif(not INKAR_FOLDER.exists(), reason="genuine files are not at hand (KKZ_SHARED)")

UNIT = Property("unit_id", "string", "key", "AGS", "AGS", form="ags", synonyms=("Gemeindeschlüssel", "Kennziffer", "kreis_ags5"))
YEAR = Property("year", "integer", "key", "Jahr", "Year", form="year", synonyms=("Berichtsjahr",))

_INDICATORS = {
    "a_schul_oA": "Schulabgänger ohne Abschluss",
    "a_schul_oA_m": "Männliche Schulabgänger ohne Abschluss",
    "a_schul_oA_w": "Weibliche Schulabgänger ohne Abschluss",
    "a_schul_haupt": "Schulabgänger mit Hauptschulabschluss",
    "a_schul_abi": "Schulabgänger mit allgemeiner Hochschulreife",
    "q_auspl": "Ausbildungsplätze",
    "a_azubi": "Auszubildende",
    "q_azubi_1525": "Auszubildende je 100 Einwohner 15 bis 25 Jahre",
    "q_sch": "Schüler",
    "a_sch_a": "Ausländische Schüler",
    "q_sch_a618": "Ausländische Schüler je 100 Ausländer 6 bis 18 Jahre",
    "q_bs": "Berufsschüler",
    "q_newfBGu15_bev": "Kinderarmut",
    "q_PBG_bev": "Personen in Bedarfsgemeinschaften",
    "a_BGKind": "Bedarfsgemeinschaften mit Kindern",
    "a_BG5um": "Große Bedarfsgemeinschaften",
    "a_ewfBG": "Erwerbsfähige Leistungsberechtigte",
    "a_ewfBG_allein": "Alleinerziehende erwerbsfähige Leistungsberechtigte",
    "a_ewfBG_u25_": "Junge erwerbsfähige Leistungsberechtigte",
    "q_SGBII": "SGB II - Quote",
    "a_sMin": "Empfänger von Mindestsicherungen",
    "q_asyl_bev": "Asylbewerber",
    "a_HHwg": "Wohngeldhaushalte",
    "d_Unterkunft_Lstg": "Leistungen für Unterkunft (Höhe)",
    "a_betr0003_bev0003": "Betreuungsquote Kleinkinder",
    "a_betr0306_bev0306": "Betreuungsquote Vorschulkinder",
    "a_gbetr0003_bev0003": "Ganztags-Betreuungsquote Kleinkinder",
    "a_gbetr0306_bev0306": "Ganztags-Betreuungsquote Vorschulkinder",
    "q_kb_Pers": "Pädagogisches Personal in Tageseinrichtungen",
    "a_kb_aus": "Kinder ausländischer Herkunft in Tageseinrichtungen",
    "a_kb_IgEinr": "Integrative Kindertageseinrichtungen",
    "q_kinderarzt_kinder": "Kinderärzte",
    "q_betten_bev": "Krankenhausbetten",
    "q_bev_fl": "Einwohnerdichte",
    "q_bip_ew": "Bruttoinlandsprodukt je Einwohner",
    "q_bip_et": "Bruttoinlandsprodukt je Erwerbstätigen",
    "a_bws_2sektor": "Anteil Bruttowertschöpfung Sekundärer Sektor",
}

INKAR = Contract(
    id="inkar",
    version="1.0.0",
    dataset="inkar",
    title_de="INKAR",
    title_en="INKAR",
    source="official",
    levels=("kreis",),
    properties=(
        UNIT,
        Property("name", "string", "dimension", "Name", "Name", required=False, synonyms=("Raumeinheit",)),
        YEAR,
        Property(
            "indicator",
            "string",
            "dimension",
            "Kürzel",
            "Code",
            form="code",
            synonyms=("kuerzel",),
            codes=tuple(Code(code, label, label) for code, label in _INDICATORS.items()),
        ),
        Property("value", "number", "measure", "Wert", "Value"),
    ),
    rules=(),
    layouts=("inkar_workbook", "inkar_long"),
    supersedes="observation",
    acceptance="file",
    smallest_cell=0,
    attribution="BBSR",
    licence="dl-de/by-2-0",
    measure_from="indicator",
    digest="inkar-1",
)

SCHOOL_LEAVERS = Contract(
    id="schulabgaenge",
    version="1.0.0",
    dataset="schulabgaenge",
    title_de="Schulabgänge",
    title_en="School leavers",
    source="municipal",
    levels=("municipality",),
    properties=(
        UNIT,
        replace(YEAR, form="school_year", label_de="Schuljahr", synonyms=("Jahr", "Abgangsjahr")),
        Property(
            "sex",
            "string",
            "dimension",
            "Geschlecht",
            "Sex",
            form="code",
            required=False,
            codes=(
                Code("m", "männlich", "male"),
                Code("w", "weiblich", "female", ("Mädchen",)),
                Code("total", "insgesamt", "total", ("zusammen",)),
            ),
            default="total",
        ),
        Property("leavers", "integer", "measure", "Schulabgänge insgesamt", "School leavers", synonyms=("Abgänge",)),
        Property(
            "share_without",
            "number",
            "measure",
            "Anteil ohne Abschluss",
            "Share without certificate",
            unit="%",
            synonyms=("Anteil o. A.",),
        ),
    ),
    rules=(),
    layouts=("municipal_text",),
    supersedes="unit_year",
    acceptance="unit",
    smallest_cell=3,
    attribution="",
    licence="",
    measure_from=None,
    digest="schulabgaenge-1",
)

CONTRACTS: Mapping[str, Contract] = {contract.id: contract for contract in (INKAR, SCHOOL_LEAVERS)}
