"""What people read after a run, taken from the pages, letters, lists and tables themselves: one reader for each place. No expectations here.

A reader gives the word that the place has for each unit, dataset and year, as it stands there.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass
from functools import cached_property
from html import unescape
from pathlib import Path
from typing import Any

import dagster as dg
from openpyxl import load_workbook

from kkz_eval.cli import main
from kkz_eval.contracts.load import load_contracts
from kkz_eval.reference.tables import programme_units, unit_label, youth_office_of
from kkz_eval.settings import CHECKOUT

Place = tuple[str, str, int]
"""Unit, dataset and reporting year."""
Words = dict[Place, str]


@dataclass(frozen=True)
class Read:
    """A home after a run, and where the last run says that its pages are. printed: what the run said."""

    home: Path
    printed: str

    @cached_property
    def materialised(self) -> Mapping[str, Mapping[str, Any]]:
        """The metadata on Dagster's page of each asset, from the last run."""
        with dg.DagsterInstance.from_config(str(self.home / "dagster")) as instance:
            (run,) = instance.get_runs(limit=1)
            events = [entry.dagster_event for entry in instance.all_logs(run.run_id)]
        made = [event.step_materialization_data.materialization for event in events if event and event.is_step_materialization]
        return {one.asset_key.to_user_string(): {name: _plain(shown) for name, shown in one.metadata.items()} for one in made}

    @cached_property
    def checked(self) -> Mapping[str, dg.AssetCheckEvaluation]:
        """What each check of the last run found."""
        with dg.DagsterInstance.from_config(str(self.home / "dagster")) as instance:
            (run,) = instance.get_runs(limit=1)
            events = [entry.dagster_event for entry in instance.all_logs(run.run_id)]
        found = [
            event.asset_check_evaluation_data for event in events if event and event.event_type_value == "ASSET_CHECK_EVALUATION"
        ]
        return {one.check_name: one for one in found}

    @cached_property
    def listed(self) -> Mapping[str, Any]:
        """`deliveries list --json`."""
        return dict(json.loads(said_by("deliveries", "list", "--json", "--home", str(self.home))))

    def page(self, asset: str, name: str) -> Path:
        """A page that Dagster links to."""
        return Path(str(self.materialised[asset][name]))


def said_by(*command: str) -> str:
    """What a command prints."""
    said = io.StringIO()
    with redirect_stdout(said):
        main(list(command))
    return said.getvalue()


def board(read: Read) -> tuple[Words, Words]:
    """The board: the word of each place, and the delivery that counts where it says so."""
    page = unescape(read.page("delivery_board", "lieferstand").read_text(encoding="utf-8"))
    words: Words = {}
    counts: Words = {}
    for dataset, table in re.findall(r'<h2 id="(\w+)">.*?<table>(.*?)</table>', page, re.DOTALL):
        years = [int(year) for year in re.findall(r'<th scope="col">(\d{4})</th>', table)]
        for name, row in re.findall(r'<tr><th scope="row">(.*?)</th>(.*?)</tr>', table, re.DOTALL):
            for year, text in zip(years, re.findall(r'<td title="(.*?)">', row), strict=True):
                word, *remarks = text.split("; ")
                words[(UNITS[name], dataset, year)] = re.sub(r" am \d.*", "", word)  # gelöscht am …
                for delivery in (said.removeprefix("es gilt ") for said in remarks if said.startswith("es gilt ")):
                    counts[(UNITS[name], dataset, year)] = delivery
    return words, counts


def late(read: Read) -> tuple[set[Place], set[Place]]:
    """Of which nothing had come by the deadline, according to the board: what is still missing, and what came after it."""
    page = unescape(read.page("delivery_board", "lieferstand").read_text(encoding="utf-8"))
    found: dict[str, set[Place]] = {"; fällig war ": set(), "; erst am ": set()}
    for dataset, table in re.findall(r'<h2 id="(\w+)">.*?<table>(.*?)</table>', page, re.DOTALL):
        years = [int(year) for year in re.findall(r'<th scope="col">(\d{4})</th>', table)]
        for name, row in re.findall(r'<tr><th scope="row">(.*?)</th>(.*?)</tr>', table, re.DOTALL):
            for year, text in zip(years, re.findall(r'<td title="(.*?)">', row), strict=True):
                for said, those in found.items():
                    if said in text:
                        those.add((UNITS[name], dataset, year))
    missing, came = found.values()
    return missing, came


def letters(read: Read) -> tuple[Words, Words]:
    """The replies: the word of each place, and the delivery that counts until a corrected one comes."""
    words: Words = {}
    counts: Words = {}
    for letter in read.page("delivery_board", "lieferstand").parent.glob("antworten/*/antwort.txt"):
        unit, dataset = letter.parent.name, ""
        for line in letter.read_text(encoding="utf-8").splitlines():
            if line.startswith("- "):
                title, rest = next((title, line[len(title) + 4 :]) for title in TITLES if line.startswith(f"- {title}: "))
                dataset = TITLES[title]
                spans, _, said = rest.partition(" (")
                words |= {(unit, dataset, year): said.partition(")")[0] for year in years_in(spans)}
            elif line.startswith("  Bis dahin gilt "):
                delivery, _, spans = line.removeprefix("  Bis dahin gilt ").removesuffix(".").partition(": ")
                counts |= {(unit, dataset, year): delivery for year in years_in(spans)}
    return words, counts


def histories(read: Read) -> tuple[Words, Words]:
    """`deliveries list --history`: the last word of each place, and the delivery that counts where it says so."""
    words: Words = {}
    counts: Words = {}
    for line in said_by("deliveries", "list", "--history", "--home", str(read.home)).splitlines():
        dataset, name, year, said = re.split(r" {2,}", line, maxsplit=3)
        place = (UNITS.get(name, name), dataset, int(year))
        word, _, delivery = said.rpartition(" → ")[2].partition(": ")[2].partition("; es gilt ")
        words[place] = word
        if delivery:
            counts[place] = delivery
    return words, counts


def dagster_status(read: Read) -> tuple[Words, Words]:
    """The table on Dagster's page `delivery_status`: what counts for nothing, and the delivery that counts instead."""
    rows = read.materialised["delivery_status"]["zurueckgewiesen"]
    places = [(UNITS[str(row["kommune"])], str(row["datensatz"]), int(row["jahr"])) for row in rows]
    words = {place: str(row["stand"]) for place, row in zip(places, rows, strict=True)}
    return words, {place: str(row["es_gilt"]) for place, row in zip(places, rows, strict=True) if row["es_gilt"] != "–"}


def report(read: Read) -> Words:
    """The report's table of deliveries that were rejected or are missing."""
    words: Words = {}
    for name, title, spans, word, _ in _rows(report_page(read), "kept-out-table"):
        words |= {(UNITS[name], _dataset(title), year): word for year in years_in(spans)}
    return words


def report_page(read: Read) -> str:
    """The page of the report."""
    (asset,) = (name for name in read.materialised if name.startswith("report_"))
    return unescape(read.page(asset, "bericht").read_text(encoding="utf-8"))


def counts_in_report(read: Read) -> dict[tuple[str, str], int]:
    """The report's count of deliveries by dataset and word."""
    page = report_page(read)
    heads = re.findall(r"<th scope=\"col\"[^>]*>(.*?)</th>", _table(page, "deliveries-table"), re.DOTALL)[1:]
    rows = list(_rows(page, "deliveries-table"))
    return {(_dataset(title), word): int(n) for title, *numbers in rows for word, n in zip(heads, numbers, strict=True) if int(n)}


def notes_in_report(read: Read) -> list[str]:
    """The report's notes on files: state, file, dataset, units and years."""
    return re.findall(
        r"<li>([^<]*\((?:schulabgaenge|ausbildung_und_arbeit)\)[^<]*)</li>", re.sub(r"</?(?:span|p)[^>]*>", "", report_page(read))
    )


def figures_in_report(read: Read) -> dict[str, int]:
    """The report's table of delivered counts: the whole of each municipality in the newest year."""
    return {UNITS[name]: int(total.replace(".", "")) for name, _, *_, total in _rows(report_page(read), "counts-table-1")}


def protocols(read: Read) -> dict[str, tuple[str, list[str], bool]]:
    """The protocol of each file: its word, the sentences on what counts instead and who decides, and whether it asks for a correction."""
    found = {}
    for name, path in read.materialised["verdicts"].items():
        if name.startswith("protokoll "):
            page = unescape(Path(str(path)).read_text(encoding="utf-8"))
            (word,) = re.findall(r"Ergebnis: (.*?)\. ", page)
            sentences = re.findall(r"<p>([^<]*(?:eingegangen am|zweite Stelle)[^<]*)</p>", page)
            found[name.removeprefix("protokoll ")] = (word, sentences, "berichtigen und die Datei noch einmal liefern" in page)
    return found


def marked_copies(read: Read) -> dict[str, tuple[str, str, list[str]]]:
    """The first sheet of the marked copy of each file: its word, what is blocked, and the sentences on what counts instead."""
    found = {}
    for name, path in read.materialised["verdicts"].items():
        if name.startswith("protokoll "):
            sheet = load_workbook(Path(str(path)).with_suffix(".xlsx"), read_only=True).worksheets[0]
            head = [[str(cell) for cell in row if cell] for row in sheet.iter_rows(max_row=16, values_only=True)]
            said = {row[0]: row[-1] for row in head if row}
            holds = [row[-1] for row in head if row and ("eingegangen am" in row[-1] or "zweite Stelle" in row[-1])]
            found[name.removeprefix("protokoll ")] = (said["Ergebnis"].partition(". ")[0], said["Was ist gesperrt?"], holds)
    return found


def _dataset(title: str) -> str:
    """The dataset of a title, which may be marked as simulated."""
    return TITLES[title.partition(" (simuliert")[0]]


def _plain(shown: dg.MetadataValue[Any]) -> Any:
    """A value of Dagster's metadata; a table as its rows."""
    return [row.data for row in shown.records] if isinstance(shown, dg.TableMetadataValue) else shown.value


def _table(page: str, name: str) -> str:
    found = re.search(rf'<table id="{name}"[^>]*>(.*?)</table>', page, re.DOTALL)
    return "" if found is None else found.group(1)


def _rows(page: str, name: str) -> Iterator[list[str]]:
    """The cells of a table of the report, as text."""
    for row in re.findall(r"<tr>(.*?)</tr>", _table(page, name).partition("<tbody>")[2], re.DOTALL):
        yield [re.sub(r"<[^>]*>", "", cell).strip() for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)]


def years_in(spans: str) -> list[int]:
    """2014–2015, 2018 as years."""
    found = []
    for span in spans.replace("\u2060", "").split(", "):
        first, _, last = span.partition("–")
        found += range(int(first), int(last or first) + 1)
    return found


def _known_units() -> dict[str, str]:
    units = programme_units()
    offices = [office for unit in units if (office := youth_office_of(unit)) is not None]
    return {unit_label(unit): unit for unit in [*(unit.ags for unit in units), *offices]}


UNITS = _known_units()
"""Keys by name."""
TITLES = {contract.title_de: contract.dataset for contract in load_contracts(CHECKOUT / "data_contracts").values()}
"""Datasets by title."""
