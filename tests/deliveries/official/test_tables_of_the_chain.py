"""Births, mean population and unemployment: what is said of a table that isn't the one asked for, or no longer as it came."""

from __future__ import annotations

import io
import re
from collections.abc import Callable

import pytest
from contract_values import SHARED_DATA, needs_shared_data, shipped
from openpyxl import Workbook

from kkz_eval.contracts.judgement import judge_file
from kkz_eval.deliveries.reader import Claimed, Unclaimed, read_file
from kkz_eval.model.findings import Severity, iter_findings
from kkz_eval.model.parsed import ParsedTable
from kkz_eval.model.verdicts import Status
from kkz_eval.reference.tables import units_known_to

CONTRACTS = shipped()
FOLDER = SHARED_DATA / "regionalstatistik"
STOCK, MEAN, BIRTHS = "12411-01-01-4_1995-2015.csv", "12411-05-01-4_1995-2015.csv", "12612-01-01-4_1995-2015.csv"
BIRTHS_BY_AGE, JOBLESS = "12612-02-01-4_2015.csv", "13211-02-05-4_2001-2016.csv"

pytestmark = needs_shared_data


def genuine(name: str) -> str:
    """The lines of a genuine table that are of this Land, with its heading and its foot."""
    lines = (FOLDER / name).read_text(encoding="utf-8").split("\n")
    other = re.compile(r"(?:\d{4};)?(?:DG|0[1-46-9]|1[0-6])\d*;")
    return "\n".join(line for line in lines if not other.match(line))


def read(text: str, name: str = "tabelle.csv") -> Claimed | Unclaimed:
    result = read_file(text.encode(), name, CONTRACTS)
    assert isinstance(result, Claimed | Unclaimed)
    return result


def taken(text: str) -> ParsedTable:
    result = read(text)
    assert isinstance(result, Claimed)
    (table,) = result.parsed
    return table


def judged(text: str) -> tuple[ParsedTable, Status, list[tuple[str, str]]]:
    """The table, its status, and of its findings kind and value; footnotes aside."""
    table = taken(text)
    verdict = judge_file(table, CONTRACTS[table.contract_id], units_known_to("official"))
    said = [(one.kind, one.value or "") for one in iter_findings(table.findings) if one.kind != "official_footnote"]
    return table, verdict.status, said


@pytest.mark.parametrize(
    ("name", "contract", "records", "kinds"),
    [
        (STOCK, "bevoelkerung_amtlich", 3 * 1148, []),
        (MEAN, "bevoelkerung_mittel_amtlich", 3 * 1147, ["official_unit_ended_zero"]),
        (BIRTHS, "geburten_amtlich", 3 * 1148, []),
        (BIRTHS_BY_AGE, "geburten_amtlich", 53 * 7 * 6, []),
        (JOBLESS, "arbeitslosigkeit_amtlich", 872 * 6, []),
    ],
)
def test_each_genuine_table_is_accepted_under_its_contract(name: str, contract: str, records: int, kinds: list[str]) -> None:
    table, status, said = judged(genuine(name))
    assert (table.contract_id, [kind for kind, _ in said]) == (contract, kinds)
    assert status is not Status.REJECTED
    assert table.table.num_rows == records


def refused(text: str) -> str:
    result = read(text)
    assert isinstance(result, Unclaimed)
    assert result.reason_code == "official_unfit"
    return result.in_language("de")


@pytest.mark.parametrize(
    ("name", "number", "other", "asks_for", "lacks"),
    [
        (STOCK, "12411-01-01-4", "12411-05-01-4", "bevoelkerung_mittel_amtlich", "Durchschnittliche Jahresbevölkerung"),
        (MEAN, "12411-05-01-4", "12411-01-01-4", "bevoelkerung_amtlich", "Bevölkerungsstand"),
    ],
)
def test_mean_and_31_december_are_never_taken_for_each_other(
    name: str, number: str, other: str, asks_for: str, lacks: str
) -> None:
    said = refused(genuine(name).replace(number, other))
    assert f"der Vertrag {asks_for} braucht" in said
    assert re.search(rf"enthält keinen der Werte, die er verlangt \([^)]*{lacks}", said)


def test_a_mean_of_a_day_is_an_error() -> None:
    text = re.sub(r"^(\d{4});", r"31.12.\1;", genuine(MEAN), flags=re.MULTILINE)
    _, status, said = judged(text)
    assert status is Status.REJECTED
    assert said[0][0] == "official_other_time"
    assert said[0][1].startswith("31.12.2015, 31.12.2014, ")


def one_cell(text: str, line: str, place: int, value: str) -> str:
    """The text with another value in a cell of the line that begins so."""
    lines = text.split("\n")
    (at,) = [number for number, content in enumerate(lines) if content.startswith(line)]
    cells = lines[at].split(";")
    cells[place] = value
    lines[at] = ";".join(cells)
    return "\n".join(lines)


def without_line(text: str, line: str) -> str:
    return "\n".join(content for content in text.split("\n") if not content.startswith(line))


@pytest.mark.parametrize(
    ("name", "spoil", "kind", "value"),
    [
        (BIRTHS, lambda text: one_cell(text, "2013;05978;", 3, "8,2"), "official_decimals", "8,2"),
        (BIRTHS, lambda text: one_cell(text, "2013;05978;", 3, "3,000"), "official_decimals", "3,000"),
        (BIRTHS, lambda text: text.replace("Lebendgeborene (Anzahl)", "Lebendgeborene (Promille)"), "official_unit", "Promille"),
        (JOBLESS, lambda text: text.replace("Prozent;Prozent\n", "Prozent;Anzahl\n", 1), "official_unit", "Anzahl"),
        (JOBLESS, lambda text: text.replace(";;;Anzahl;", ";;;Prozent;", 1), "official_unit", "Prozent"),
        (BIRTHS, lambda text: one_cell(text, "2013;05978;", 3, ""), "official_blank", "05978"),
    ],
)
def test_rates_among_counts_and_blanks_are_errors(name: str, spoil: Callable[[str], str], kind: str, value: str) -> None:
    whole = genuine(name)
    assert spoil(whole) != whole
    _, status, said = judged(spoil(whole))
    assert status is Status.REJECTED
    assert (kind, value) in said


def test_a_rate_above_all_persons_is_an_error() -> None:
    table = taken(one_cell(genuine(JOBLESS), "2016;05978;", 15, "312"))
    verdict = judge_file(table, CONTRACTS[table.contract_id], units_known_to("official"))
    (found,) = [one for one in iter_findings(verdict.findings) if one.severity == Severity.ERROR]
    assert (found.rule, found.unit_id, found.year, found.value) == ("rate.range", "05978", 2016, "312")


def test_rates_as_fractions_of_one_are_errors() -> None:
    def as_fraction(found: re.Match[str]) -> str:
        return f"{float(found.group().replace(',', '.')) / 100:.3f}".replace(".", ",")

    table = taken(re.sub(r"\b\d+,\d\b", as_fraction, genuine(JOBLESS)))
    verdict = judge_file(table, CONTRACTS[table.contract_id], units_known_to("official"))
    assert verdict.status is Status.REJECTED
    found = {(one.rule, one.field) for one in iter_findings(verdict.findings) if one.severity == Severity.ERROR}
    assert found == {("rate_in_per_cent", "rate")}


def test_births_per_inhabitant_are_no_births() -> None:
    said = refused(genuine(BIRTHS).replace("Lebendgeborene (Anzahl)", "Lebendgeborene je 1.000 Einwohner (Anzahl)"))
    assert "der Vertrag geburten_amtlich braucht 12612-01-01-4" in said


@pytest.mark.parametrize("name", [MEAN, BIRTHS, JOBLESS])
def test_a_kreis_that_lacks_a_year_is_named(name: str) -> None:
    _, status, said = judged(without_line(genuine(name), "2013;05978;"))
    assert ("official_units_missing", "Kreis Unna (05978): 2013") in said
    assert status is not Status.REJECTED


def test_a_sum_that_does_not_hold_is_named() -> None:
    table = taken(one_cell(genuine(BIRTHS), "2013;05978;", 3, "9999"))
    verdict = judge_file(table, CONTRACTS[table.contract_id], units_known_to("official"))
    found = [one for one in iter_findings(verdict.findings) if one.rule == "sexes_sum"]
    assert [(one.unit_id, one.year) for one in found] == [("05978", 2013)]


FLAT = (
    "statistics_code;statistics_label;time_code;time_label;time;1_variable_code;1_variable_label;1_variable_attribute_code;"
    "1_variable_attribute_label;2_variable_code;2_variable_label;2_variable_attribute_code;2_variable_attribute_label;value;value_unit;"
    "value_variable_code;value_variable_label\n"
    "{statistic};Statistik;{time};KREISE;Kreise und kreisfreie Städte;05978;Unna, Kreis;GES;Geschlecht;GESM;männlich;{value};Anzahl;{measure}\n"
    "{statistic};Statistik;{time};KREISE;Kreise und kreisfreie Städte;05978;Unna, Kreis;GES;Geschlecht;;Insgesamt;9;Anzahl;{measure}\n"
)
YEAR, DAY = "JAHR;Jahr;2015", "STAG;Stichtag;2015-12-31"


@pytest.mark.parametrize(
    ("statistic", "time", "measure", "contract", "column"),
    [
        ("12411", YEAR, "BEVX;Durchschnittliche Jahresbevölkerung", "bevoelkerung_mittel_amtlich", "persons"),
        ("12411", DAY, "BEVSTD;Bevölkerungsstand", "bevoelkerung_amtlich", "persons"),
        ("12612", YEAR, "BEV001;Lebendgeborene", "geburten_amtlich", "births"),
    ],
)
def test_flat_files_of_a_service_are_told_apart_by_what_they_measure(
    statistic: str, time: str, measure: str, contract: str, column: str
) -> None:
    table = taken(FLAT.format(statistic=statistic, time=time, measure=measure, value=5))
    assert (table.contract_id, table.values(column).to_pylist()) == (contract, [5, 9])


@pytest.mark.parametrize("time", [DAY, "MONAT;Monat;2015-06"])
def test_a_flat_mean_of_a_day_or_month_is_no_value(time: str) -> None:
    table = taken(FLAT.format(statistic="12411", time=time, measure="BEVX;Durchschnittliche Jahresbevölkerung", value=5))
    assert [one.kind for one in iter_findings(table.findings)][:1] == ["official_other_time"]
    assert table.values("persons").null_count == table.table.num_rows


BY_GROUP = (
    FLAT.splitlines()[0] + "\n"
    "12612;Statistik;JAHR;Jahr;2015;KREISE;Kreise und kreisfreie Städte;05978;Unna, Kreis;{variable};A;{of_mother};700;Anzahl;BEV001;Lebendgeborene\n"
    "12612;Statistik;JAHR;Jahr;2015;KREISE;Kreise und kreisfreie Städte;05978;Unna, Kreis;{variable};;Insgesamt;900;Anzahl;BEV001;Lebendgeborene\n"
)


@pytest.mark.parametrize(
    ("variable", "member", "taken_as"),
    [
        ("NAT;Nationalität", "Deutsche", [("insgesamt", "deutsch", 700), ("insgesamt", "insgesamt", 900)]),
        ("STAMT;Staatsangehörigkeit der Mutter", "Deutsche", [("insgesamt", "insgesamt", 900)]),
        ("ALTMT1;Altersgruppe der Mutter", "unter 20 Jahre", [("unter_20", "insgesamt", 700), ("insgesamt", "insgesamt", 900)]),
        ("ALTVT1;Altersgruppe des Vaters", "unter 20 Jahre", [("insgesamt", "insgesamt", 900)]),
    ],
)
def test_what_is_said_of_one_parent_is_none_of_the_other_nor_of_the_child(
    variable: str, member: str, taken_as: list[tuple[str, str, int]]
) -> None:
    table = taken(BY_GROUP.format(variable=variable, of_mother=member))
    columns = (table.values(name).to_pylist() for name in ("age_of_mother", "nationality", "births"))
    assert list(zip(*columns, strict=True)) == taken_as


def as_workbook(text: str) -> bytes:
    book, data = Workbook(), io.BytesIO()
    for line in text.split("\n"):
        book.worksheets[0].append([cell.strip('"') for cell in line.split(";")])
    book.save(data)
    return data.getvalue()


@pytest.mark.parametrize("saved", [as_workbook, lambda text: b"Von der Koordinierung;;;;;\n" + text.encode()])
def test_a_table_that_another_program_saved_is_told_by_its_code_and_asked_for_anew(saved: Callable[[str], bytes]) -> None:
    result = read_file(saved(genuine(BIRTHS)), "tabelle", CONTRACTS)
    assert isinstance(result, Unclaimed)
    assert result.reason_code == "official_saved"
    assert "12612-01-01-4" in result.in_language("de")


def test_names_without_keys_are_what_a_table_is_refused_for() -> None:
    said = refused(re.sub(r"^(\d{4});\d*;", r"\1;", genuine(BIRTHS), flags=re.MULTILINE).replace("\n;;;", "\n;;"))
    assert "Keine Zeile der Datei hat einen amtlichen Schlüssel" in said


def test_a_flat_file_of_municipalities_is_sent_to_the_table_of_municipalities() -> None:
    """It names its statistic alone, which is that of the Kreise, too."""
    flat = FLAT.format(statistic="12612", time=YEAR, measure="BEV001;Lebendgeborene", value=5)
    result = read(flat.replace("KREISE;Kreise und kreisfreie Städte;05978;Unna, Kreis", "GEMEIN;Gemeinden;05562014;Gladbeck"))
    assert isinstance(result, Unclaimed)
    assert "12612-01-01-5" in result.in_language("de")
