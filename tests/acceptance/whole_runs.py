"""What the whole-run tests share: a small model world, the line from the inbox to the report, changes to delivered files.

Dagster is the point of some of these tests only; the others walk the same line without it. No expectations here.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

import pandas as pd

from kkz_eval.line.installation import Installation, open_installation
from kkz_eval.line.intake import judge_arrivals, land, parse_arrivals
from kkz_eval.line.report import make_edition
from kkz_eval.line.snapshot import current_snapshot
from kkz_eval.line.study import Study
from kkz_eval.model.texts import Localised
from kkz_eval.settings import Settings
from kkz_eval.simulation.layout import delivery_name, official_name
from kkz_eval.simulation.run import simulate

ROOT = Path(__file__).parents[2]
CONTRACTS = ROOT / "data_contracts"
SHARED_DATA = ROOT / os.environ.get("KKZ_SHARED", "../shared") / "data"
PLAN_ID = "modellwelt"
SMALL_YEARS, SHORTEST_YEARS = (2010, 2014), (2010, 2012)
SMALL_DATASET = "schulabgaenge"
NOT_IN_SMALL_PLAN = (
    *("betreuungsquote", "sgbii_quote", "arbeitslosenquote", "geburten_je_1000"),
    *("id: sdid", "specifications:", "id: two_way", "id: kind_alone"),
)
ALL_YEARS = range(1995, 2027)

DUESSELDORF, KREFELD, AHLEN = "05111000", "05114000", "05570004"
OFFICIAL_2012 = official_name("schulabgaenge", 2012)


def small_world(folder: Path, years: tuple[int, int] = SMALL_YEARS) -> Path:
    """Some years of the model world in `folder`, with a plan `plan.yaml` over these years; the inbox is `deliveries`.

    School leavers alone, delivered and official, and the three outcomes that come of them, by three estimators, for time: every file, year,
    outcome and estimator costs a run its share. test_model_world.py runs with all datasets, outcomes, estimators and specifications.
    """
    simulate(folder, 1, years=years)
    for file in (folder / "deliveries").iterdir():
        if not file.name.startswith(SMALL_DATASET):
            file.unlink()
    lines = (CONTRACTS / "plans" / f"{PLAN_ID}.yaml").read_text(encoding="utf-8").splitlines()
    kept = [
        line.replace("[2006, 2019]", str(list(years))).replace("languages: [de, en]", "languages: [de]")
        for line in lines
        if not any(name in line for name in NOT_IN_SMALL_PLAN)
    ]
    (folder / "plan.yaml").write_text("\n".join(kept) + "\n", encoding="utf-8")
    return folder


def copy_of(world: Path, to: Path) -> Path:
    """A world of one's own, to be changed."""
    return Path(shutil.copytree(world, to))


def as_if_new(finished: Path, to: Path) -> Path:
    """A finished world of one's own, with nothing taken in yet; what was computed from a content is found and not computed again."""
    world = copy_of(finished, to)
    for folder in ("landing", "register", "reports"):
        shutil.rmtree(world / "home" / folder)
    return world


def settings_of(world: Path) -> Settings:
    """Settings with the home beside the world's inbox."""
    return Settings(home=world / "home", inbox=world / "deliveries", contracts=CONTRACTS)


def open_world(world: Path, said: list[str] | None = None) -> Installation:
    """The line of a world, with a new journal; `said` collects the progress."""

    def progress(sentence: Localised) -> None:
        if said is not None:
            said.append(sentence.in_language("de"))

    return open_installation(settings_of(world), [world / "plan.yaml"], progress)


def take_in_and_judge(line: Installation, years: Iterable[int] = ALL_YEARS) -> None:
    """From the inbox to the verdicts."""
    wanted = list(years)
    land(line, wanted)
    parse_arrivals(line, wanted)
    judge_arrivals(line, wanted)


def whole_run(line: Installation) -> Path:
    """From the inbox to the report; the path of its page."""
    take_in_and_judge(line)
    (plan,) = line.plans.values()
    return Path(line.steps.store.address_of(make_edition(Study(current_snapshot(line), plan)).page))


def estimates_beside(page: Path) -> pd.DataFrame:
    """The estimates kept beside a report."""
    return pd.read_csv(page.parent / "estimates.csv")


def coefficients(page: Path) -> dict[str, float]:
    """The two-way fixed effects coefficient of each indicator."""
    rows = estimates_beside(page).query("aggregation == 'coefficient' and estimator == 'twfe'")
    return dict(zip(rows["indicator"], rows["estimate"], strict=True))


def delivery(world: Path, unit_id: str) -> Path:
    """The delivery of a municipality in the inbox of a world."""
    return world / "deliveries" / delivery_name("schulabgaenge", unit_id)


def change(file: Path, cell: Callable[[list[str]], str | None]) -> None:
    """Rewrite cells of a delivered table, keeping its encoding and line ends.

    cell: gets the fields of a row (key, year, certificate, sex, count) and returns the new count, None to leave it.
    """
    data = file.read_bytes()
    encoding = "utf-8-sig" if data.startswith(b"\xef\xbb\xbf") else "cp1252"
    lines = data.decode(encoding).split("\r\n")
    for i, text in enumerate(lines):
        fields = text.split(";")
        new = cell(fields) if len(fields) == 5 else None
        if new is not None:
            lines[i] = ";".join([*fields[:4], new])
    file.write_bytes("\r\n".join(lines).encode(encoding))


def add(key: str, period: str, counts: dict[str, int]) -> Callable[[list[str]], str | None]:
    """Add to the counts of boys, and so to the totals, of a unit and year; counts: what to add, by certificate."""
    total = sum(counts.values())

    def cell(fields: list[str]) -> str | None:
        if fields[0].zfill(len(key)) != key or fields[1] != period or fields[3] == "weiblich":
            return None
        more = total if fields[2] == "Insgesamt" else counts.get(fields[2], 0)
        return str(int(fields[4]) + more)

    return cell


def put(key: str, period: str, certificate: str, sex: str, value: str) -> Callable[[list[str]], str | None]:
    """Put a text into one cell."""

    def cell(fields: list[str]) -> str | None:
        here = fields[0].zfill(len(key)) == key and fields[1:4] == [period, certificate, sex]
        return value if here else None

    return cell


def tree(folder: Path, without: str = "") -> dict[str, bytes]:
    """All files below a folder but those below `without`, by relative path."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    names = {path.relative_to(folder).as_posix(): path for path in files}
    return {name: path.read_bytes() for name, path in names.items() if not without or not name.startswith(f"{without}/")}
