"""What the tests of the board at the desk share: a home with a right and a faulty delivery of school leavers, that may be changed. No expectations."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import yaml
from steward_home import leavers

from kkz_eval.line.at_the_desk import Moment, moment_of, story_of
from kkz_eval.line.installation import open_installation
from kkz_eval.line.intake import judge_arrivals, land, parse_arrivals
from kkz_eval.model.texts import Localised
from kkz_eval.settings import Settings
from kkz_eval.stewardship.clicks import Approver, Named, Teller, name_of
from kkz_eval.stewardship.history import Place
from kkz_eval.storage.writer import writing_alone

CONTRACTS = Path(__file__).parents[2] / "data_contracts"
DUESSELDORF, DORMAGEN = "05111000", "05162004"  # both have owed their leavers since 2012
FAULTY: Place = ("schulabgaenge", DUESSELDORF, 2012)
RIGHT: Place = ("schulabgaenge", DORMAGEN, 2012)
MISSING: Place = ("schulabgaenge", DUESSELDORF, 2013)
DAY = date(2026, 11, 29)
YEARS = range(1990, 2030)


def quiet(_: Localised) -> None:
    """Tells nobody."""


CLERK = Teller("Schulverwaltungsamt", "clerk")
STEWARD = Teller("Datenstelle", "steward")
SECOND = Approver("Genehmigung", "approver")


def make_home(folder: Path) -> None:
    """Düsseldorf: a total in row 19 that its parts do not make, and a letter in row 5. Dormagen: a right delivery of the same years."""
    contracts = folder / "contracts"
    contracts.mkdir(parents=True)
    (folder / "inbox").mkdir()
    for name in (
        "schulabgaenge",
        "schulabgaenge_amtlich",
        "kindertagesbetreuung",
    ):  # few: opening them is most of what these tests take
        shutil.copy(CONTRACTS / f"{name}.odcs.yaml", contracts)
    catalogue = yaml.safe_load((CONTRACTS / "indicators.yaml").read_text(encoding="utf-8"))
    catalogue["indicators"] = {name: catalogue["indicators"][name] for name in ("schulabgaenge_ohne_abschluss",)}
    station = {**catalogue["stations"][0], "indicators": list(catalogue["indicators"])}
    catalogue |= {"not_evaluable": [], "stations": [station]}
    (contracts / "indicators.yaml").write_text(yaml.safe_dump(catalogue), encoding="utf-8")
    (contracts / "breaks.yaml").write_text("breaks_version: 1\nbreaks: []\n", encoding="utf-8")
    settings = settings_in(folder)
    deliver(settings, "duesseldorf.csv", leavers(DUESSELDORF, 2012, changed={19: "460"}))
    deliver(settings, "dormagen.csv", leavers(DORMAGEN, 2012, 2013))


def settings_in(folder: Path, day: date = DAY) -> Settings:
    """The settings of such a home."""
    return Settings(home=folder / "home", inbox=folder / "inbox", contracts=folder / "contracts", day=day)


def deliver(settings: Settings, name: str, data: bytes) -> None:
    """Take a file in and judge it, as a run does, alone in the home."""
    (settings.inbox / name).write_bytes(data)
    run(settings)


def run(settings: Settings) -> None:
    """From the inbox to the verdicts, as a run does, alone in the home."""
    with writing_alone(settings.home, "kkz-eval run", quiet):
        installation = open_installation(settings)
        land(installation, YEARS)
        parse_arrivals(installation, YEARS)
        judge_arrivals(installation, YEARS)


def own_home(made_once: Callable[[str, Callable[[Path], object]], Path], tmp_path: Path) -> Settings:
    """Such a home that may be changed."""
    return settings_in(Path(shutil.copytree(made_once("faulty_home", make_home), tmp_path / "world")))


def findings_at(settings: Settings, cell: str, place: Place = FAULTY) -> list[Named]:
    """The findings in a cell of the newest delivery of a place."""
    story = story_of(moment_of(settings), place)
    assert story.cell.history is not None
    sha256 = story.cell.history.newest.sha256
    return [name_of(one, sha256) for one in story.findings or () if one.cell.rpartition("!")[2] == cell]


def state_of(moment: Moment, place: Place) -> str:
    """The state of a place of the board."""
    return moment.cells[place].state.value
