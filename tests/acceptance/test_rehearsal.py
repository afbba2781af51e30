"""The rehearsal of a year: 40 municipalities deliver, some of them wrong, late or not at all, and every place says the same of each.

The table below says of whom what is to be read on two days; rehearsed_year.py acts it out with the commands that people give,
what_people_read.py reads the places.
"""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import Collection, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from io import StringIO
from pathlib import Path

import pandas as pd
import pytest
import what_people_read as places
from packed import views
from rehearsed_year import (
    ACCEPTED,
    AFTER_THE_DEADLINE,
    BEFORE_JOINING,
    CORRECTED,
    DECIDED,
    IN_MAY,
    IN_TIME,
    LATE,
    LEAVERS,
    MARK,
    NOTHING,
    PARTLY,
    POPULATION,
    PURGED,
    REJECTED,
    SINCE_2017,
    WORK,
    YEARS,
    World,
    after_the_deadline,
    before_the_deadline,
    in_may,
    joined,
    on,
)
from what_people_read import Place, Read, Words
from whole_runs import CONTRACTS

from kkz_eval.contracts.load import load_contracts
from kkz_eval.line.installation import open_installation
from kkz_eval.line.snapshot import Snapshot, current_snapshot
from kkz_eval.reference.tables import kreise
from kkz_eval.settings import Settings
from kkz_eval.simulation.layout import delivery_name
from kkz_eval.stewardship.due_days import deadline_of, german_day, is_past

ALL = range(YEARS[0], YEARS[1] + 1)
accepted, rejected, earlier, decided = (
    *("angenommen", "zurückgewiesen", "zurückgewiesen, eine frühere gilt weiter", "unverändert, mit Entscheidungen"),
)
purged, missing, not_owed = "gelöscht", "fehlt", "nicht geschuldet"
to_confirm, awaited = "aus amtlicher Statistik, bitte bestätigen", "kommt aus amtlicher Statistik, liegt noch nicht vor"
FIRST, SECOND, THIRD = IN_TIME, AFTER_THE_DEADLINE, IN_MAY
"""The day on which the delivery that counts arrived."""
NONE = None
"""No delivery counts."""

EXPECTED = (
    # school leavers of         what happened              years             10 April 2019        6 May 2019
    (ACCEPTED,                "all is well",             ALL,              (accepted, FIRST),   (accepted, FIRST)),
    (REJECTED,                "a word for a count",      ALL,              (rejected, NONE),    (rejected, NONE)),
    (PARTLY,                  "one wrong total",         [2016],           (rejected, NONE),    (rejected, NONE)),
    (PARTLY,                  "the other years",         [2014, 2015, 2017, 2018], (accepted, FIRST), (accepted, FIRST)),
    (CORRECTED,               "spoilt, then right",      [2018],           (earlier, FIRST),    (accepted, THIRD)),
    (CORRECTED,               "the other years",         range(2014, 2018), (accepted, SECOND), (accepted, THIRD)),
    (LATE,                    "came on 6 May",           ALL,              (missing, NONE),     (accepted, THIRD)),
    (DECIDED,                 "sent back with reasons",  [2018],           (decided, NONE),     (decided, NONE)),
    (DECIDED,                 "the other years",         range(2014, 2018), (accepted, SECOND), (accepted, SECOND)),
    (PURGED,                  "purged at its wish",      ALL,              (purged, NONE),      (purged, NONE)),
    (SINCE_2017,              "joined in 2017",          [2017, 2018],     (accepted, FIRST),   (accepted, FIRST)),
    (SINCE_2017,              "before it joined",        range(2014, 2017), (not_owed, NONE),   (not_owed, NONE)),
    (BEFORE_JOINING,          "wrong before it joined",  [2015],           (rejected, NONE),    (rejected, NONE)),
    (BEFORE_JOINING,          "the other years",         [2014, 2016, 2017, 2018], (accepted, FIRST), (accepted, FIRST)),
    (NOTHING[0],              "nothing, owed since 2012", ALL,             (missing, NONE),     (missing, NONE)),
    (NOTHING[1],              "nothing, owed since 2017", [2017, 2018],    (missing, NONE),     (missing, NONE)),
    (NOTHING[1],              "before it joined",        range(2014, 2017), (not_owed, NONE),   (not_owed, NONE)),
)  # fmt: skip
"""All others delivered all years in time and right, and all but NOTHING did so with training and work."""


@dataclass(frozen=True)
class Moment:
    """A day on which everything is read. column: of EXPECTED."""

    day: date
    world: World
    read: Read
    column: int

    @cached_property
    def expected(self) -> dict[Place, tuple[str, date | None]]:
        """The word of each unit, dataset and year that a municipality delivers, and the day of the delivery that counts."""
        told: dict[Place, tuple[str, date | None]] = {}
        for unit, since in joined().items():
            for year in ALL:
                nothing = (missing if year >= since else not_owed, NONE)
                told[(unit, LEAVERS, year)] = (accepted, FIRST)
                told[(unit, WORK, year)] = nothing if unit in NOTHING else (accepted, FIRST)
        for unit, _, years, *said in EXPECTED:
            told |= {(unit, LEAVERS, year): said[self.column] for year in years}
        return told

    @cached_property
    def words(self) -> Words:
        """The word of each."""
        return {place: word for place, (word, _) in self.expected.items()}

    @cached_property
    def holds(self) -> dict[Place, str]:
        """The delivery that counts for each of which one does, as it is named to people."""
        named = {place: (self.file_of(place), day) for place, (_, day) in self.expected.items() if day is not None}
        number = {(arrival.name, arrival.arrived_on): arrival.number for arrival in self.snapshot.register.arrivals}
        return {
            place: f"{name} (Nr. {number[name, day]}), eingegangen am {german_day(day)}"
            for place, (name, day) in named.items()
            if day is not None
        }

    @property
    def said_to_hold(self) -> dict[Place, str]:
        """The same where it is not the newest delivery, so that people have to be told."""
        return {place: delivery for place, delivery in self.holds.items() if self.words[place] == earlier}

    def file_of(self, place: Place) -> str:
        """The newest file of a place."""
        unit, dataset, _ = place
        return (
            "zurueck.xlsx" if (unit, dataset) == (DECIDED, LEAVERS) else next(self.world.inbox.glob(f"{dataset}_{unit}_*")).name
        )

    @cached_property
    def snapshot(self) -> Snapshot:
        """What is accepted."""
        settings = Settings(self.world.home, self.world.inbox, CONTRACTS, day=self.day)
        return current_snapshot(open_installation(settings, [self.world.folder / "plan.yaml"]))


def where(words: Mapping[Place, str], *wanted: str) -> Words:
    """The places with one of these words."""
    return {place: word for place, word in words.items() if word in wanted}


def of(datasets: Collection[str], words: Mapping[Place, str]) -> Words:
    """What is said of some datasets."""
    return {place: word for place, word in words.items() if place[1] in datasets}


@pytest.fixture(scope="module", params=[0, 1], ids=["after the deadline", "in May"])
def moment(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Moment:
    """After the second run, and after the third."""
    acts = ((before_the_deadline, IN_TIME), (after_the_deadline, AFTER_THE_DEADLINE), (in_may, IN_MAY))[: request.param + 2]
    folder = tmp_path_factory.getbasetemp() / f"rehearsal-{request.param}"
    before = tmp_path_factory.getbasetemp() / "rehearsal-0"
    if request.param and before.exists():
        shutil.copytree(before, folder)
        acts = acts[-1:]
    printed = StringIO()
    for act, _ in acts:
        printed = StringIO()
        with redirect_stdout(printed):
            act(folder)
    return Moment(acts[-1][1], World(folder), Read(folder / "home", printed.getvalue()), request.param)


@pytest.fixture(autouse=True)
def _today(moment: Moment) -> object:
    with on(moment.day):
        yield


def test_board_and_letters_say_of_each_what_happened(moment: Moment) -> None:
    on_board, counts = places.board(moment.read)
    assert of((LEAVERS, WORK), on_board) == moment.words
    assert counts == moment.said_to_hold
    in_letters, counts = places.letters(moment.read)
    assert in_letters == {place: word for place, word in on_board.items() if word != not_owed}
    assert counts == moment.said_to_hold


def test_nobody_owes_a_year_before_joining_nor_what_official_statistics_have(moment: Moment) -> None:
    words, _ = places.board(moment.read)
    since, with_figures = joined(), {kreis.ags5 for kreis in kreise()}
    for (unit, dataset, year), word in words.items():
        if (unit, dataset) in {(ags, name) for ags in since for name in (LEAVERS, WORK)} or unit not in since:
            continue
        if year < since[unit]:
            assert word == not_owed, (unit, dataset, year)
        elif dataset == "bevoelkerung":
            is_whole_kreis = unit in with_figures or unit.removesuffix("000") in with_figures
            assert word == (to_confirm if year == YEARS[1] and is_whole_kreis else awaited), (unit, year)
        elif dataset == "mindestsicherung":
            assert word == awaited
        else:
            assert word == missing, (unit, dataset, year)
    owed = where(places.letters(moment.read)[0], missing, to_confirm, awaited)
    assert {(unit, year) for unit, _, year in owed if unit in since and year < since[unit]} == set()


def test_the_board_says_of_what_nothing_had_come_by_its_deadline(moment: Moment) -> None:
    contracts = {contract.dataset: contract for contract in load_contracts(CONTRACTS).values()}
    words, _ = places.board(moment.read)
    still, came = places.late(moment.read)
    overdue = {
        place for place in where(words, missing) if is_past(deadline_of(contracts[place[1]].terms.due, place[2]), moment.day)
    }
    assert still == overdue
    assert moment.read.materialised["delivery_board"]["fehlt_nach_der_frist"] == len(still)
    newest = (LATE, LEAVERS, YEARS[1])
    assert (newest in still, newest in came) == ((True, False) if moment.column == 0 else (False, True))
    if moment.column == 1:
        (listed,) = (row for row in moment.read.listed["arrivals"] if row["name"] == moment.file_of(newest))
        assert listed["late"].startswith("Nach der Frist eingegangen: ")


def test_the_list_of_deliveries_says_the_same(moment: Moment) -> None:
    delivered = {place: word for place, word in moment.words.items() if word not in (purged, missing, not_owed)}
    words, counts = places.histories(moment.read)
    assert of((LEAVERS, WORK), words) == delivered
    assert counts == moment.said_to_hold
    units = [row for row in moment.read.listed["units"] if row["dataset"] in (LEAVERS, WORK)]
    assert {(row["unit"], row["dataset"], row["year"]): row["said"] for row in units} == delivered
    held = {(row["unit"], row["dataset"], row["year"]): row["holds"] for row in units if row["holds"]}
    named = {
        place: f"{one['name']} (Nr. {one['arrival']}), eingegangen am {german_day(date.fromisoformat(one['day']))}"
        for place, one in held.items()
    }
    assert named == moment.holds


def test_dagster_says_the_same(moment: Moment) -> None:
    words, counts = places.dagster_status(moment.read)
    assert words == where(moment.words, rejected, earlier, decided)
    assert counts == moment.said_to_hold
    (sentence, _) = moment.read.materialised["delivery_status"]["stand"].split(" (Kommune und Jahr). ")
    assert sentence == "; ".join(
        f"{n} {word}" for word in (rejected, earlier, decided) if (n := Counter(moment.words.values())[word])
    )
    for row in moment.read.materialised["delivery_status"]["uebersicht"]:
        if (dataset := row["datensatz"]) in (LEAVERS, WORK):
            in_table = Counter(of((dataset,), moment.words).values())
            assert {word: n for word, n in row.items() if word != "datensatz" and n} == {
                word: n for word, n in in_table.items() if word not in (purged, missing, not_owed)
            }
    on_board = Counter(places.board(moment.read)[0].values())
    shown = moment.read.materialised["delivery_board"]
    assert {word: shown[word] for word in on_board} == on_board


def test_the_report_says_the_same(moment: Moment) -> None:
    assert places.report(moment.read) == where(moment.words, rejected, earlier, decided, missing, purged)
    counted = Counter((dataset, word) for (_, dataset, _), word in moment.words.items() if word != not_owed)
    assert places.counts_in_report(moment.read) == counted
    notes = places.notes_in_report(moment.read)
    states = {note.partition(":")[0] for note in notes if not note.startswith("Dafür gilt")}
    assert {state[0].lower() + state[1:] for state in states} == set(where(moment.words, rejected, earlier, decided).values())
    told = [note for note in notes if note.startswith("Dafür gilt")]
    named = [re.split(rf" \((?:{LEAVERS}|{WORK})\)", note.partition("Lieferung ")[2])[0] for note in told]
    assert named == list(moment.said_to_hold.values())


def test_protocols_and_marked_copies_say_what_the_list_says_of_their_file(moment: Moment) -> None:
    listed = {row["name"]: row for row in moment.read.listed["arrivals"] if row["sha256"] in _with_findings(moment)}
    in_protocols, in_copies = places.protocols(moment.read), places.marked_copies(moment.read)
    assert in_protocols.keys() == listed.keys()
    for name, row in listed.items():
        word = re.sub(r" \(\d+/\d+\)$", "", row["said"])
        said, sentences, is_asked_for = in_protocols[name]
        assert (said, " ".join(sentences)) == (word, row["standing"])
        assert is_asked_for == any(
            word in (rejected, earlier) and moment.file_of(place) == name for place, word in moment.words.items()
        )
        said, blocked, sentences = in_copies[name]
        assert (said, " ".join(sentences)) == (word, row["standing"])
        open_parts = where(moment.words, rejected, earlier, decided)
        for unit, dataset, year in (place for place in open_parts if moment.file_of(place) == name):
            assert dataset == LEAVERS
            label = next(label for label, key in places.UNITS.items() if key == unit)
            assert f"{label} {year}" in blocked or blocked.startswith("Die ganze Lieferung."), (name, blocked)


def _with_findings(moment: Moment) -> set[str]:
    """Digests of the deliveries with findings."""
    return {sha256 for (sha256, _), verdict in moment.snapshot.register.verdicts.items() if verdict.has_findings}


def test_headlines_count_what_the_list_shows(moment: Moment) -> None:
    words = [re.sub(r" \(\d+/\d+\)$", "", row["said"]) for row in moment.read.listed["arrivals"] if row["state"] != "purged"]
    count = Counter(words)
    (headline,) = re.findall(r"^Geprüft: (.*)\.$", moment.read.printed, re.MULTILINE)
    always = ("angenommen", "angenommen mit Hinweisen", "teilweise zurückgewiesen", "zurückgewiesen", "abgelöst")
    assert {said.partition(" ")[2]: int(said.partition(" ")[0]) for said in headline.split("; ")} == {
        word: count[word] for word in (*always, *count)
    }
    shown = moment.read.materialised["verdicts"]
    assert {word: shown[word] for word in count} == count
    named = re.findall(r"^((?:Teilweise z|Z)urückgewiesen): ", moment.read.printed, re.MULTILINE)
    assert Counter(word.lower() for word in named) == {word: n for word, n in count.items() if "zurückgewiesen" in word}


def test_a_check_complains_of_no_file_that_another_took_the_place_of(moment: Moment) -> None:
    found = moment.read.checked[f"contract_{LEAVERS}"]
    named = [line.partition(": ")[0] for line in str(found.description).splitlines()]
    still_wrong = {moment.file_of(place) for place in where(moment.words, rejected, earlier, decided)}
    assert sorted(named) == sorted(still_wrong)
    assert moment.read.checked[f"contract_{WORK}"].passed


def test_the_numbers_hold_what_the_words_say_and_nothing_else(moment: Moment) -> None:
    arrivals = {arrival.sha256: arrival for arrival in moment.snapshot.register.arrivals}
    held: dict[Place, set[str]] = {}
    for dataset in (LEAVERS, WORK):
        for row in moment.snapshot.accepted(dataset).observations.to_pylist():
            held.setdefault((row["unit_id"], dataset, row["year"]), set()).add(row["delivery_sha256"])
    named = {
        place: f"{arrivals[sha256].name} (Nr. {arrivals[sha256].number}), eingegangen am {german_day(date.fromisoformat(arrivals[sha256].day))}"
        for place, (sha256,) in held.items()
    }
    assert named == moment.holds
    of_leavers = {(unit, year) for unit, dataset, year in moment.holds if dataset == LEAVERS}
    rows = moment.snapshot.indicator("schulabgaenge_hochschulreife", LEAVERS).indicators.to_pylist()
    assert {(row["unit_id"], row["year"]) for row in rows if row["value"] is not None} == of_leavers
    figures = places.figures_in_report(moment.read)
    assert figures.keys() == {unit for unit, year in of_leavers if year == YEARS[1]}
    assert figures == {row["unit_id"]: row["denominator"] for row in rows if row["year"] == YEARS[1]}
    kept = _leavers(moment.world.folder / "kept_back" / "right", CORRECTED)
    assert figures[CORRECTED] == kept + (moment.day == IN_MAY)  # the right one of May has a pupil more


def _leavers(file: Path, unit: str) -> int:
    """All school leavers of the last year in a delivery."""
    wanted = f"{YEARS[1] - 1}/{YEARS[1] % 100};Insgesamt;insgesamt;"
    (row,) = (row for row in file.read_bytes().decode("cp1252").splitlines() if wanted in row)
    assert row.partition(";")[0].zfill(8) == unit
    return int(row.rpartition(";")[2])


def test_estimates_rest_on_all_official_figures_and_on_no_delivery_of_a_municipality(moment: Moment) -> None:
    page = moment.read.page("report_probejahr", "bericht")
    (row,) = pd.read_csv(page.parent / "estimates.csv").to_dict("records")
    assert row["status"] == "ok"
    assert row["n_cells"] == row["n_units"] * len(ALL)
    units = moment.read.materialised["design_probejahr"]
    assert (row["n_treated"], row["n_control"]) == (units["programmgruppe"], units["vergleichsgruppe"])
    before = sorted(moment.world.home.glob("reports/probejahr/*/estimates.csv"))
    assert len({tuple(pd.read_csv(file)[["estimate", "std_error", "n_cells"]].iloc[0]) for file in before}) == 1


def test_the_purged_delivery_is_said_to_be_purged_or_not_listed_and_nothing_of_it_remains(moment: Moment) -> None:
    sha256 = (moment.world.folder / "purged").read_text(encoding="utf-8")
    name = delivery_name(LEAVERS, PURGED)
    (row,) = (row for row in moment.read.listed["arrivals"] if row["sha256"] == sha256)
    assert (row["state"], row["said"]) == ("purged", "gelöscht am 15. März 2019 (Auf Wunsch der Stadt)")
    assert (PURGED, LEAVERS, 2018) not in places.histories(moment.read)[0]
    for text in (places.report_page(moment.read), moment.read.printed, str(moment.read.materialised)):
        assert name not in text
    counts = re.compile(rb"(?<![0-9A-Za-z+/.])(?:%s)(?:\.0)?(?![0-9A-Za-z+/])" % b"|".join(_marked_counts(moment.world)))
    digest = sha256.encode()
    for file in (path for path in moment.world.home.rglob("*") if path.is_file()):
        key = file.relative_to(moment.world.home).as_posix()
        for view in views(file.read_bytes()):
            assert digest not in view or key.startswith(("register/tombstones/", "register/batches/", "snapshots/")), key
            if not key.startswith(("dagster/", "register/")):
                assert not counts.search(view), key


def _marked_counts(world: World) -> list[bytes]:
    """The counts of the purged delivery that are found nowhere else."""
    content = (world.folder / "kept_back" / "purged").read_bytes()
    found = [count for count in re.findall(rb";([0-9]+)\r", content) if int(count) > MARK]
    assert found
    return found


def test_population_is_to_be_confirmed_from_the_official_table_alone(moment: Moment) -> None:
    words, _ = places.board(moment.read)
    shown = {place for place, word in words.items() if word == to_confirm}
    assert {(dataset, year) for _, dataset, year in shown} == {(POPULATION, YEARS[1])}
