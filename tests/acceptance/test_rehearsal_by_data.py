"""What changes in a programme that goes on, changed by data alone: a year, a dataset, a cohort, the territory, a contract.

One home: a run under the data of 2017, then one under those of 2018, each from the check of a file to board and report. In 2018 Essen and Bocholt join,
the Kreise Soest and Olpe become one, Ahlen comes to another Kreis, and the municipalities begin to deliver their school breakfasts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import date
from html import unescape
from io import StringIO
from pathlib import Path

import pytest
from own_data import Row, copy_of_contracts, installed, own_table
from rehearsed_year import on
from steward_home import leavers
from whole_runs import tree

from kkz_eval.cli import main
from kkz_eval.line.installation import open_installation
from kkz_eval.line.snapshot import current_snapshot
from kkz_eval.line.study import Study, study_of
from kkz_eval.settings import load_settings
from kkz_eval.simulation.layout import official_name
from kkz_eval.simulation.run import simulate

YEARS = (2014, 2018)
LEAVERS, BREAKFASTS = "schulabgaenge", "schulfruehstueck"
DUESSELDORF, ESSEN, BOCHOLT, AHLEN, AHLEN_NEW = "05111000", "05113000", "05554008", "05570004", "05566100"
SOEST, OLPE, SOEST_OLPE = "05974", "05966", "05980"
WHOLE = ("allgemeine Hochschulreife", "Insgesamt")
LEAST = "logicalTypeOptions: {minimum: 0}"
BEFORE, AFTER = date(2018, 4, 3), date(2019, 4, 3)

PLAN = """\
plan_version: 1
id: fortgang
question: q1
seed: 1
title: {{de: "Fortgang", en: "A programme that goes on"}}
texts:
  simulated:
    de: "Alle Zahlen dieses Berichts sind simuliert. Sie sagen nichts über wirkliche Kommunen."
    en: "All numbers in this report are simulated. They say nothing about real municipalities."
languages: [de]
reference: never
treated_cohorts: [{cohorts}]
units: {{level: kreis, partly_treated: leave_out, known_until: {last}}}
coverage: {{minimum: 0.9}}
cluster: unit_id
event_reference: -1
sources: {{schulabgaenge_hochschulreife: schulabgaenge_amtlich}}
outcomes:
  - {{indicator: schulabgaenge_hochschulreife, role: primary, window: [2014, {last}], expected_direction: increase}}
headline: twfe
estimators: [{{id: twfe, method: twfe}}]
inference: {{method: analytic, level: 0.95, draws: 0, small_sample: fixest}}
"""

BREAKFAST = """\
apiVersion: v3.2.0
kind: DataContract
id: schulfruehstueck
name: Frühstück in Grundschulen
version: 1.0.0
status: active
description:
  purpose: Wie viele Kinder in Grundschulen ein Frühstück bekommen.
  usage: Bericht je Kommune; beschreibt die Umsetzung.
  limitations: Gezählt werden Kinder am Stichtag, nicht Mahlzeiten.
customProperties:
  - {property: titleEn, value: Breakfast in primary schools}
  - {property: dataset, value: schulfruehstueck}
  - {property: source, value: municipal}
  - {property: levels, value: [municipality, kreis]}
  - {property: layouts, value: [municipal_text]}
  - {property: supersedes, value: unit_year}
  - {property: acceptance, value: unit}
  - {property: smallestCell, value: 3}
  - {property: attribution, value: Angaben der Kommunen des Programms}
  - {property: licence, value: nicht zur Weitergabe}
  - {property: legalBasis, value: Vereinbarung mit dem Programm; nur zusammengefasste Zahlen.}
  - {property: permittedRecipient, value: Evaluationsstelle des Programms}
  - {property: due, value: +1 03-31}
  - {property: contactRole, value: Schulverwaltung}
schema:
  - name: schulfruehstueck
    logicalType: object
    dataGranularityDescription: Eine Zeile je Kommune und Jahr.
    quality:
      - id: breakfasts_of_pupils
        type: custom
        engine: kkz_eval
        severity: error
        dimension: consistency
        description: Wer frühstückt, ist ein Teil der Kinder in Grundschulen.
        implementation: {kind: part_not_above_whole, part: breakfasts, whole: pupils}
      - id: pupils_jump
        type: custom
        engine: kkz_eval
        severity: warning
        dimension: consistency
        description: Die Zahl der Kinder ändert sich von Jahr zu Jahr selten um mehr als 40 Prozent.
        implementation: {kind: jump, measure: pupils, share: 0.4, least: 50}
    properties:
      - name: unit_id
        businessName: Gemeindeschlüssel
        description: 'Amtlicher Schlüssel, 5 Stellen für einen Kreis, 8 für eine Gemeinde.'
        logicalType: string
        required: true
        customProperties:
          - {property: labelEn, value: Municipality key}
          - {property: descriptionEn, value: 'Official key, 5 digits for a Kreis, 8 for a municipality.'}
          - {property: form, value: ags}
      - name: year
        businessName: Jahr
        description: 'Berichtsjahr.'
        logicalType: integer
        logicalTypeOptions: {minimum: 1990, maximum: 2050}
        required: true
        customProperties:
          - {property: labelEn, value: Year}
          - {property: descriptionEn, value: Reporting year.}
          - {property: form, value: year}
      - name: pupils
        businessName: Grundschulkinder
        description: 'Kinder in Grundschulen am 15. Oktober.'
        logicalType: integer
        semanticType: measure
        logicalTypeOptions: {minimum: 0}
        required: true
        customProperties:
          - {property: labelEn, value: Pupils in primary schools}
          - {property: descriptionEn, value: Children in primary schools on 15 October.}
          - {property: unit, value: Personen}
      - name: breakfasts
        businessName: Kinder mit Frühstück
        description: 'Davon mit einem Frühstück in der Schule.'
        logicalType: integer
        semanticType: measure
        logicalTypeOptions: {minimum: 0}
        required: true
        customProperties:
          - {property: labelEn, value: Children with breakfast}
          - {property: descriptionEn, value: Of these with a breakfast at school.}
          - {property: unit, value: Personen}
"""

INDICATOR = """\
  schulfruehstueck_anteil:
    label: {de: "Kinder mit Frühstück in der Grundschule", en: "Children with breakfast in primary school"}
    unit: {de: "Prozent", en: "per cent"}
    difference_unit: {de: "Prozentpunkte", en: "percentage points"}
    decimals: 1
    desirable: increase
    stage: school_entry
    sources:
      - dataset: schulfruehstueck
        numerator: {measure: breakfasts}
        denominator: {measure: pupils}
        per: 100
"""


@dataclass(frozen=True)
class Rehearsal:
    """One home under the data of two years. said: what the commands printed, by what was asked."""

    folder: Path
    said: dict[str, tuple[int, str]]

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def inbox(self) -> Path:
        return self.folder / "inbox"

    def contracts(self, year: int) -> Path:
        return self.folder / f"data_contracts_{year}"

    def command(self, name: str, *words: str) -> str:
        """What a command prints; it is kept under a name with the exit code."""
        printed = StringIO()
        with redirect_stdout(printed), redirect_stderr(printed):
            code = main([*words])
        self.said[name] = (code, printed.getvalue())
        return printed.getvalue()

    def run(self, name: str) -> None:
        """The yearly run."""
        home, inbox = str(self.home), str(self.inbox)
        self.command(name, "run", "--home", home, "--inbox", inbox, "--years", f"{YEARS[0]}-{YEARS[1]}")

    def study(self) -> Study:
        """What the newest run has estimated."""
        return study_of(current_snapshot(open_installation(load_settings(home=self.home))), "fortgang")

    @property
    def report(self) -> str:
        """The newest report as text."""
        pages = sorted(self.home.glob("reports/fortgang/*/bericht.html"), key=lambda page: page.stat().st_mtime)
        page = re.sub(r"(?s)<style.*?</style>", "", pages[-1].read_text(encoding="utf-8"))
        return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page)))

    def board(self, dataset: str) -> dict[tuple[str, int], list[str]]:
        """What the newest board says of a dataset: words of each name and year, of both units where two bear one name."""
        (newest,) = sorted((self.home / "aktuell").glob("lieferstand.html"))
        link = re.search(r'href="([^"]+/lieferstand.html)"', newest.read_text(encoding="utf-8"))
        page = unescape((newest.parent / link[1] if link else newest).read_text(encoding="utf-8"))
        (table,) = re.findall(rf'<h2 id="{dataset}">.*?<table>(.*?)</table>', page, re.DOTALL)
        years = [int(year) for year in re.findall(r'<th scope="col">(\d{4})</th>', table)]
        found: dict[tuple[str, int], list[str]] = {}
        for name, row in re.findall(r'<tr><th scope="row">(.*?)</th>(.*?)</tr>', table, re.DOTALL):
            for year, text in zip(years, re.findall(r'<td title="(.*?)">', row), strict=True):
                found.setdefault((name, year), []).append(text.split("; ")[0])
        return found


def programme(rows: list[Row]) -> list[Row]:
    """Essen and the town Bocholt join in 2018; Ahlen is in Kreis Steinfurt."""
    new = (
        (ESSEN, "Essen", "2018", "kreisfreie_stadt", "05113", "1.0"),
        (BOCHOLT, "Bocholt", "2018", "kreisangehoerige_stadt", "05554", "0.19"),
        (AHLEN_NEW, "Ahlen", "2017", "kreisangehoerige_stadt", "05566", "0.11"),
    )
    return [*rows, *(dict(zip(rows[0], row, strict=True)) for row in new)]


def kreise(rows: list[Row]) -> list[Row]:
    """Soest and Olpe become one on 1 January 2018."""
    ended = [
        {**row, "valid_until": "2017-12-31", "successor": SOEST_OLPE} if row["ags5"] in (SOEST, OLPE) else row for row in rows
    ]
    name = {"ags5": SOEST_OLPE, "name": "Kreis Soest-Olpe", "kind": "kreis", "valid_from": "2018-01-01"}
    return [*ended, {**dict.fromkeys(rows[0], ""), **name}]


def places(key: str) -> str | None:
    """The key of a municipality or an office after the change, None where it keeps its own."""
    office, digits = key[: len(key) - 8], key[-8:]
    if digits == AHLEN:
        return office + AHLEN_NEW
    return (
        office + SOEST_OLPE + (digits[5:] if digits[:5] == SOEST or digits[5:] == "999" else f"5{digits[6:]}")
        if digits[:5] in (SOEST, OLPE)
        else None
    )


def renamed(rows: list[Row]) -> list[Row]:
    """Municipalities or offices: those with another key end with 2017, and begin under it with 2018; two offices of a Kreis become one."""
    column, made = next(iter(rows[0])), {}
    for row in rows:
        if (new := places(row[column])) is not None and not row["successor"]:
            kept = new[-8:-3]
            made[new] = {**row, column: new, "kreis_ags5": kept, "valid_from": "2018-01-01"}
    ended = [
        {**row, "valid_until": "2017-12-31", "successor": new} if (new := places(row[column])) is not None else row
        for row in rows
    ]
    return [*ended, *made.values()]


def of_2018(table: bytes) -> bytes:
    """An official table with the Kreise of 2018: Soest and Olpe summed under their new key."""
    lines, summed = [], {}
    for line in table.decode("cp1252").split("\r\n"):
        key, _, rest = line.partition(";")
        if key in (SOEST, OLPE):
            what, _, count = rest.rpartition(";")
            summed[what] = summed.get(what, 0) + int(count)
        else:
            lines.append(line)
    new = [f"{SOEST_OLPE};{what};{count}" for what, count in summed.items()]
    at = max(n for n, line in enumerate(lines) if re.match(r"\d{5};", line)) + 1
    return "\r\n".join([*lines[:at], *new, *lines[at:]]).encode("cp1252")


def with_own_data(contracts: Path) -> None:
    """What the installation knows in 2018: who joined, what became of whom, one more dataset and an indicator of it."""
    own_table(contracts, "programme_units.csv", programme)
    own_table(contracts, "kreise.csv", kreise)
    own_table(contracts, "municipalities.csv", renamed)
    own_table(contracts, "youth_offices.csv", renamed)
    (contracts / f"{BREAKFASTS}.odcs.yaml").write_text(BREAKFAST, encoding="utf-8")
    catalogue = contracts / "indicators.yaml"
    head, first, rest = catalogue.read_text(encoding="utf-8").partition("  a_schul_abi:\n")
    catalogue.write_text(head + INDICATOR + first + rest, encoding="utf-8")


@pytest.fixture(scope="module")
def rehearsal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsal]:
    """The home after both runs; this process still serves the installation of 2018."""
    folder = tmp_path_factory.mktemp("fortgang")
    one = Rehearsal(folder, {})
    for year, cohorts in ((2017, "2017"), (2018, "2017, 2018")):
        contracts = copy_of_contracts(one.contracts(year))
        (contracts / "plans" / "fortgang.yaml").write_text(PLAN.format(cohorts=cohorts, last=year), encoding="utf-8")
    with_own_data(one.contracts(2018))
    simulate(folder / "world", 1, years=YEARS)
    one.inbox.mkdir()
    for year in range(YEARS[0], YEARS[1]):
        name = official_name(LEAVERS, year)
        (one.inbox / name).write_bytes((folder / "world" / "deliveries" / name).read_bytes())
    for unit in (DUESSELDORF, AHLEN):
        (one.inbox / f"{LEAVERS}_{unit}.csv").write_bytes(leavers(unit, 2016, 2017))
    later = folder / "later"
    later.mkdir()
    newest = official_name(LEAVERS, 2018)
    (later / newest).write_bytes(of_2018((folder / "world" / "deliveries" / newest).read_bytes()))
    for unit in (DUESSELDORF, AHLEN_NEW, ESSEN, BOCHOLT):
        (later / f"{LEAVERS}_{unit}_2018.csv").write_bytes(leavers(unit, 2018))
    breakfasts = (
        "Gemeindeschlüssel;Jahr;Grundschulkinder;Kinder mit Frühstück\r\n05111000;2018;20100;4020\r\n05113000;2018;19000;1900\r\n"
    )
    (later / f"{BREAKFASTS}_2018.csv").write_bytes(breakfasts.encode("cp1252"))
    new = [str(file) for file in sorted(later.iterdir())]
    with on(BEFORE), installed(one.contracts(2017)):
        one.command("check before", "check", "--json", *new)
        one.run("run before")
    with on(AFTER), installed(one.contracts(2018)):
        one.command("lint", "contracts", "lint")
        one.command("check after", "check", "--json", *new)
        for file in later.iterdir():
            (one.inbox / file.name).write_bytes(file.read_bytes())
        one.run("run after")
        yield one


@pytest.fixture(autouse=True)
def _as_in_2019(rehearsal: Rehearsal, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands of a test find the installation of 2018."""
    monkeypatch.setenv("KKZ_CONTRACTS", str(rehearsal.contracts(2018)))


def checked(said: str) -> dict[str, tuple[str, str]]:
    """The verdict on each file of `check --json`, and the kinds of its findings."""
    found = {}
    for one in json.loads(said):
        tables = one.get("tables") or [{}]
        kinds = sorted({finding["rule"] for table in tables for finding in table.get("findings", ())})
        found[Path(one["file"]).name] = (str(tables[0].get("status", "none")), ", ".join(kinds))
    return found


def test_a_new_year_is_checked_judged_and_reported(rehearsal: Rehearsal) -> None:
    assert [rehearsal.said[name][0] for name in ("run before", "lint", "check after", "run after")] == [0, 0, 0, 0]
    assert set(checked(rehearsal.said["check after"][1]).values()) == {("accepted", "")}
    assert rehearsal.board(LEAVERS)["Düsseldorf", 2018] == ["angenommen"]
    values = rehearsal.study().panel
    assert sorted(values["year"].unique()) == [2014, 2015, 2016, 2017, 2018]
    assert "Zeitraum: 2014 bis 2018" in rehearsal.report


def test_a_new_dataset_has_a_board_a_template_and_its_page(rehearsal: Rehearsal) -> None:
    assert checked(rehearsal.said["check before"][1])[f"{BREAKFASTS}_2018.csv"][0] != "accepted"
    board = rehearsal.board(BREAKFASTS)
    assert (board["Düsseldorf", 2018], board["Essen", 2018], board["Duisburg", 2018]) == (
        ["angenommen"],
        ["angenommen"],
        ["fehlt"],
    )
    assert "Frühstück in Grundschulen" in rehearsal.report
    values = rehearsal.study().snapshot.indicator("schulfruehstueck_anteil", BREAKFASTS).indicators.to_pylist()
    assert {row["unit_id"]: row["value"] for row in values} == {DUESSELDORF: 20.0, ESSEN: 10.0}
    rehearsal.command("pages", "contracts", "docs", "--out", str(rehearsal.folder / "pages"))
    assert "Frühstück in Grundschulen" in (rehearsal.folder / "pages" / "index.html").read_text(encoding="utf-8")


def test_a_new_cohort_owes_from_its_year_on_and_is_compared_as_one_of_that_year(rehearsal: Rehearsal) -> None:
    before, after = (checked(rehearsal.said[name][1]) for name in ("check before", "check after"))
    town = f"{LEAVERS}_{BOCHOLT}_2018.csv"
    assert before[town] == ("rejected", "unit_id.unit_known, year_in_future"), "in April nobody knows who leaves school in summer"
    assert after[town] == ("accepted", "")
    board = rehearsal.board(LEAVERS)
    assert [board["Essen", year] for year in (2017, 2018)] == [["nicht geschuldet"], ["angenommen"]]
    assert [board["Bocholt", year] for year in (2017, 2018)] == [["nicht geschuldet"], ["angenommen"]]
    groups = rehearsal.study().groups.set_index("unit_id")
    assert (groups.loc["05113", "group"], groups.loc["05113", "cohort"]) == ("treated", 2018)
    assert groups.loc["05554", "group"] == "left_out"
    assert groups.loc["05113", "reason"] == "Essen: Das ganze Gebiet nimmt teil (Beitritt 2018)."
    assert groups.loc["05554", "reason"].startswith("Kreis Borken: Nur einzelne Städte nehmen teil (Beitritt 2018).")


def test_two_kreise_that_became_one_are_one_in_every_year(rehearsal: Rehearsal) -> None:
    before, after = (checked(rehearsal.said[name][1]) for name in ("check before", "check after"))
    assert before[official_name(LEAVERS, 2018)][0] == "rejected"
    assert after[official_name(LEAVERS, 2018)] == ("accepted", "")
    study = rehearsal.study()
    groups = study.groups.set_index("unit_id")
    assert len(groups) == 52
    assert groups.loc[SOEST_OLPE, ["name", "group"]].tolist() == ["Kreis Soest-Olpe", "reference"]
    assert not {SOEST, OLPE} & set(groups.index)
    panel = study.panel.set_index(["unit_id", "year"])["value"]
    for year in range(YEARS[0], YEARS[1] + 1):
        table = (rehearsal.folder / "world" / "deliveries" / official_name(LEAVERS, year)).read_bytes().decode("cp1252")
        counts = {
            name: [int(n) for n in re.findall(rf"(?m)^(?:{SOEST}|{OLPE});{year};{name};insgesamt;(\d+)", table)] for name in WHOLE
        }
        part, whole = (sum(counts[name]) for name in WHOLE)
        assert panel[SOEST_OLPE, year] == pytest.approx(100 * part / whole, abs=1e-9)
    assert (
        groups.loc[SOEST_OLPE, "reason"]
        == "Kreis Soest-Olpe: Weder das ganze Gebiet noch eine Stadt darin nimmt am Programm teil."
    )
    assert "Kreis Soest-Olpe" in rehearsal.report
    assert "Kreis Olpe" not in rehearsal.report


def test_a_town_that_came_to_another_kreis_owes_under_the_key_of_the_time(rehearsal: Rehearsal) -> None:
    board = rehearsal.board(LEAVERS)
    assert [board["Ahlen (–2017)", year] for year in (2016, 2017, 2018)] == [["angenommen"], ["angenommen"], ["nicht geschuldet"]]
    assert [board["Ahlen", year] for year in (2016, 2017, 2018)] == [["nicht geschuldet"], ["nicht geschuldet"], ["angenommen"]]
    assert {name for name, year in rehearsal.board(BREAKFASTS) if name.startswith("Ahlen")} == {"Ahlen", "Ahlen (–2017)"}


def test_the_next_edition_says_that_the_territory_is_another(rehearsal: Rehearsal) -> None:
    assert (
        "Die Tabellen der Kreise und Gemeinden oder der Programmkommunen sind andere (Gebietsstand, Beitritte)."
        in rehearsal.report
    )
    assert "Das Programm der Auswertung ist ein anderes." not in rehearsal.report


def test_a_stricter_contract_says_first_what_it_would_turn_and_then_turns_nothing(rehearsal: Rehearsal) -> None:
    old, new = rehearsal.contracts(2018) / f"{LEAVERS}.odcs.yaml", rehearsal.folder / f"{LEAVERS}.odcs.yaml"
    text = old.read_text(encoding="utf-8").replace("version: 1.3.0", "version: 2.0.0")
    assert text.count(LEAST) == 1
    new.write_text(text.replace(LEAST, "logicalTypeOptions: {minimum: 15}"), encoding="utf-8")
    kept = tree(rehearsal.home)
    said = rehearsal.command("dry run", "contracts", "diff", str(old), str(new), "--home", str(rehearsal.home))
    delivered = [f"{LEAVERS}_{DUESSELDORF}.csv", f"{LEAVERS}_{AHLEN}.csv"]
    delivered += [f"{LEAVERS}_{unit}_2018.csv" for unit in (DUESSELDORF, AHLEN_NEW, ESSEN, BOCHOLT)]
    assert [name for name in delivered if name not in said] == []
    assert tree(rehearsal.home) == kept
    new.replace(old)
    standing = rehearsal.study().snapshot.histories
    assert standing[LEAVERS, DUESSELDORF, 2018].state.value == "accepted"
