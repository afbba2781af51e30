"""One verdict has one word, wherever a person reads it, and the numbers hold what the words say and nothing else."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import date
from html import unescape
from pathlib import Path

import dagster as dg
import pytest
from openpyxl import load_workbook
from steward_home import leavers, run
from whole_runs import ALL_YEARS, CONTRACTS

from kkz_eval.commands.deliveries import list_arrivals, list_arrivals_json, list_histories
from kkz_eval.definitions import build_defs
from kkz_eval.line.correspondence import Board, make_board, write_marked_copies, write_protocols
from kkz_eval.line.installation import Installation
from kkz_eval.line.snapshot import current_snapshot
from kkz_eval.line.weighed import weighed
from kkz_eval.model.verdicts import State
from kkz_eval.settings import Settings
from kkz_eval.stewardship.due_days import german_day

DUESSELDORF, DUISBURG, MUENSTER, BIELEFELD, DORTMUND = "05111000", "05112000", "05515000", "05711000", "05913000"
REJECTED, PARTLY, EARLIER, ACCEPTED, SUPERSEDED, CONFLICT = (
    *("zurückgewiesen", "teilweise zurückgewiesen", "zurückgewiesen, eine frühere gilt weiter"),
    *("angenommen", "abgelöst", "widersprüchlich, keine gilt"),
)


@dataclass(frozen=True)
class Home:
    """A home after two scans of its inbox, and what people read of it."""

    settings: Settings
    line: Installation
    board: Board
    page: str
    day: str

    def letter(self, unit: str) -> str:
        """The reply to a municipality."""
        return self.line.steps.store.get(f"{self.board.folders[unit]}/antwort.txt").decode()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Düsseldorf is rejected, Duisburg in one of two years, Münster's second delivery (the first holds); Bielefeld sent two right ones, and
    Dortmund two at once that contradict each other."""
    folder = tmp_path_factory.mktemp("verdicts")
    settings = Settings(home=folder / "home", inbox=folder / "inbox", contracts=CONTRACTS)
    settings.inbox.mkdir()
    for name, unit in (("muenster.csv", MUENSTER), ("bielefeld.csv", BIELEFELD)):
        (settings.inbox / name).write_bytes(leavers(unit, 2014))
    run(settings)
    (settings.inbox / "duesseldorf.csv").write_bytes(leavers(DUESSELDORF, 2014, changed={19: "1"}))
    (settings.inbox / "duisburg.csv").write_bytes(leavers(DUISBURG, 2014, 2015, changed={37: "1"}))
    (settings.inbox / "muenster.csv").write_bytes(leavers(MUENSTER, 2014, changed={19: "1"}))
    (settings.inbox / "bielefeld.csv").write_bytes(leavers(BIELEFELD, 2014, changed={5: "21", 7: "61", 17: "151", 19: "451"}))
    (settings.inbox / "dortmund_1.csv").write_bytes(leavers(DORTMUND, 2014))
    (settings.inbox / "dortmund_2.csv").write_bytes(leavers(DORTMUND, 2014, changed={5: "21", 7: "61", 17: "151", 19: "451"}))
    line, _ = run(settings)
    board = make_board(current_snapshot(line, date(2015, 6, 1)))
    day = line.register().arrivals[0].day
    return Home(settings, line, board, unescape(line.steps.store.get(board.page).decode()), day)


def german(day: str) -> str:
    return german_day(date.fromisoformat(day))


def test_what_the_words_exclude_is_in_no_number(home: Home) -> None:
    rows = current_snapshot(home.line).accepted("schulabgaenge").observations.to_pylist()
    assert {(row["unit_id"], row["year"]) for row in rows} == {(DUISBURG, 2014), (MUENSTER, 2014), (BIELEFELD, 2014)}
    totals = {row["unit_id"]: row["value"] for row in rows if {"insgesamt"} == {code for _, code in row["dimensions"]}}
    assert totals == {DUISBURG: 450.0, MUENSTER: 450.0, BIELEFELD: 451.0}
    register = home.line.register()
    held = {(register.last_name_of(row["delivery_sha256"]), row["known_from"]) for row in rows}
    names = {arrival.number: arrival.name for arrival in register.arrivals}
    assert {(names[number], number <= 2) for _, number in held} == {
        ("duisburg.csv", False),
        ("muenster.csv", True),
        ("bielefeld.csv", False),
    }


def test_the_list_says_it(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    list_arrivals(home.settings)
    printed = capsys.readouterr()
    lines = printed.out.splitlines()
    assert [line.split(":")[0] for line in printed.err.splitlines()] == ["Zurückgewiesen", "Widersprüchlich"]  # what to do next
    said = [re.split(r"  +", line.strip(), maxsplit=3)[3] for line in lines]
    day, late = german(home.day), "Nach der Frist eingegangen:"
    contradicted = "Eine andere Datei desselben Eingangs widerspricht dieser; keine von beiden gilt"
    assert said == [
        f"{SUPERSEDED:<28}  bielefeld.csv  Dafür gilt die Lieferung bielefeld.csv (Nr. 3), eingegangen am {day}: Bielefeld 2014. {late} Bielefeld 2014.",
        f"{ACCEPTED:<28}  muenster.csv  {late} Münster 2014.",
        f"{ACCEPTED:<28}  bielefeld.csv",
        f"{CONFLICT:<28}  dortmund_1.csv  {contradicted}: Dortmund 2014. {late} Dortmund 2014.",
        f"{CONFLICT:<28}  dortmund_2.csv  {contradicted}: Dortmund 2014.",
        f"{REJECTED + ' (1/1)':<28}  duesseldorf.csv  {late} Düsseldorf 2014.",
        f"{PARTLY + ' (1/2)':<28}  duisburg.csv  {late} Duisburg 2014–2015.",
        f"{EARLIER} (1/1)  muenster.csv  Es gilt weiter die frühere Lieferung muenster.csv (Nr. 2), eingegangen am {day}: Münster 2014.",
    ]
    list_histories(home.settings)
    histories = capsys.readouterr().out
    assert re.search(
        rf"Münster +2014  2: {ACCEPTED} → 8: {EARLIER}; es gilt muenster.csv \(Nr. 2\), eingegangen am {day}\n", histories
    )
    assert re.search(rf"Dortmund +2014  4: {ACCEPTED} → 5: {CONFLICT}\n", histories)
    assert re.search(rf"Duisburg +2015  7: {REJECTED}\n", histories)


def test_programs_read_the_same_states_beside_what_they_always_read(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    list_arrivals_json(home.settings)
    content = json.loads(capsys.readouterr().out)
    of_duisburg = next(row for row in content["arrivals"] if row["name"] == "duisburg.csv")
    assert (of_duisburg["status"], of_duisburg["state"]) == ("accepted_with_warnings", "partly_rejected")
    of_muenster = next(row for row in content["units"] if row["unit"] == MUENSTER)
    assert [entry["status"] for entry in of_muenster["history"]] == ["accepted", "rejected"]
    assert (of_muenster["state"], of_muenster["holds"]) == (
        "earlier_holds",
        {"arrival": 2, "name": "muenster.csv", "day": home.day},
    )
    assert next(row for row in content["units"] if row["unit"] == DUESSELDORF)["holds"] is None


def test_the_board_says_it(home: Home) -> None:
    assert home.board.states[State.REJECTED] == 2
    assert home.board.states[State.EARLIER_HOLDS] == 1
    assert home.board.states[State.ACCEPTED] == 2
    assert home.board.states[State.CONFLICT] == 1
    day = german(home.day)
    late = f"erst am {day} eingegangen, fällig war der 31. März 2015"
    assert f'title="{CONFLICT}; {late}"' in home.page
    assert f'title="{EARLIER}; es gilt muenster.csv (Nr. 2), eingegangen am {day}; {late}"' in home.page
    assert home.page.count(f'title="{REJECTED}; erst am {day}') == 2
    assert f"<li>Münster 2014: {EARLIER}; es gilt muenster.csv (Nr. 2), eingegangen am {german(home.day)}.</li>" in home.page


def test_the_letters_say_it(home: Home) -> None:
    assert f"2014 ({REJECTED}), Datei duesseldorf.csv." in home.letter(DUESSELDORF)
    assert "angenommen" not in home.letter(DUESSELDORF)
    assert f"2014 ({ACCEPTED})" in home.letter(DUISBURG)
    assert f"2015 ({REJECTED}), Datei duisburg.csv." in home.letter(DUISBURG)
    assert f"2014 ({EARLIER}), Datei muenster.csv." in home.letter(MUENSTER)
    assert f"Bis dahin gilt muenster.csv (Nr. 2), eingegangen am {german(home.day)}: 2014." in home.letter(MUENSTER)
    assert f"2014 ({ACCEPTED})" in home.letter(BIELEFELD)
    assert f"2014 ({CONFLICT}), Datei dortmund_2.csv und eine weitere." in home.letter(DORTMUND)


@pytest.mark.parametrize(
    ("name", "word", "standing"),
    [
        ("duesseldorf.csv", REJECTED, None),
        ("duisburg.csv", PARTLY, None),
        (
            "muenster.csv",
            EARLIER,
            "Es gilt weiter die frühere Lieferung muenster.csv (Nr. 2), eingegangen am {day}: Münster 2014.",
        ),
    ],
)
def test_protocol_and_marked_copy_say_it(home: Home, name: str, word: str, standing: str | None) -> None:
    store, snapshot = home.line.steps.store, current_snapshot(home.line)
    rows = weighed(snapshot, ALL_YEARS)
    page = unescape(store.get(write_protocols(snapshot, rows)[name]).decode())
    sheet = load_workbook(Path(store.address_of(write_marked_copies(snapshot, rows)[name]))).worksheets[0]
    head = [str(row[2].value) for row in sheet.iter_rows(max_row=16)]
    assert f"Ergebnis: {word}. " in page
    assert any(line.startswith(f"{word}. ") for line in head)
    if standing is None:
        assert "eingegangen am" not in page
    else:
        said = standing.format(day=german(home.day))
        assert f"<p>{said}</p>" in page
        assert said in head


def test_the_page_in_dagster_says_it(home: Home) -> None:
    defs = build_defs(home.line, jobs=[dg.define_asset_job("one_asset", selection="delivery_status")])
    with dg.DagsterInstance.ephemeral() as instance:
        result = defs.resolve_job_def("one_asset").execute_in_process(instance=instance)
    (event,) = result.asset_materializations_for_node("delivery_status")
    rows = {(row.data["kommune"], row.data["jahr"]): row.data for row in event.metadata["zurueckgewiesen"].value.records}  # type: ignore[union-attr]
    assert {key: (row["stand"], row["es_gilt"]) for key, row in rows.items()} == {
        ("Düsseldorf", 2014): (REJECTED, "–"),
        ("Duisburg", 2015): (REJECTED, "–"),
        ("Dortmund", 2014): (CONFLICT, "–"),
        ("Münster", 2014): (EARLIER, f"muenster.csv (Nr. 2), eingegangen am {german(home.day)}"),
    }
    sentence = str(event.metadata["stand"].value)
    assert sentence.startswith(f"2 {REJECTED}; 1 {EARLIER}; 1 {CONFLICT} (Kommune und Jahr).")


def test_no_catalogue_has_a_word_of_its_own_for_a_verdict() -> None:
    import kkz_eval

    words = {state.said.in_language(language) for state in State for language in ("de", "en")}
    package = Path(kkz_eval.__file__).parent
    for file in package.rglob("texts/*.yaml"):
        if file.parent == package / "model" / "texts":
            continue
        values = re.findall(r'^ *[a-z_]+: "(.*)"$', file.read_text(encoding="utf-8"), re.MULTILINE)
        assert not words & set(values), file
