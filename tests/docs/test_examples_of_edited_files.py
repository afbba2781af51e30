"""The example of a file that stands atop the module that reads it is such a file: the reader takes it as it is."""

from __future__ import annotations

import textwrap
from datetime import date
from pathlib import Path
from types import ModuleType

from kkz_eval.contracts import load
from kkz_eval.contracts.lint import lint
from kkz_eval.contracts.load import load_contracts
from kkz_eval.deliveries.reader import Claimed, read_file
from kkz_eval.deliveries.register import decisions
from kkz_eval.desk import people_file
from kkz_eval.evaluation import lock, plan_file
from kkz_eval.fetching import web_services as services
from kkz_eval.indicators import catalogue
from kkz_eval.model.edited_files.cursor import root_of
from kkz_eval.model.edited_files.reading import parse_edited
from kkz_eval.simulation import effects

CONTRACTS = Path(__file__).parents[2] / "data_contracts"


def _examples(module: ModuleType) -> list[str]:
    """The indented parts of a module's docstring."""
    parts: list[list[str]] = [[]]
    for line in (module.__doc__ or "").splitlines():
        if line.startswith("    "):
            parts[-1].append(line)
        elif line.strip() and parts[-1]:
            parts.append([])
    return [textwrap.dedent("\n".join(part)) for part in parts if part]


def _written(folder: Path, name: str, content: str) -> Path:
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(content, encoding="utf-8")
    return path


def test_contract(tmp_path: Path) -> None:
    (example,) = _examples(load)
    path = _written(tmp_path, "spielplaetze.odcs.yaml", example)
    assert lint(path) == ()
    content = "Gemeindeschlüssel;Jahr;Art;Plätze\n05111000;2016;Bolzplatz;12\n05111000;2016;insgesamt;40\n"
    read = read_file(content.encode(), "plaetze.csv", load_contracts(path.parent))
    assert isinstance(read, Claimed)
    assert [table.values("places").to_pylist() for table in read.parsed] == [[12, 40]]


def test_plan(tmp_path: Path) -> None:
    (example,) = _examples(plan_file)
    assert plan_file.load_plan(_written(tmp_path, "p.yaml", example)).headline == "cs"


def test_catalogue_and_breaks(tmp_path: Path) -> None:
    of_catalogue, of_breaks = _examples(catalogue)
    indicators = _written(tmp_path, "indicators.yaml", of_catalogue)
    (indicator,) = catalogue.load_catalogue(indicators, _written(tmp_path, "breaks.yaml", of_breaks)).values()
    assert [found.year for found in indicator.breaks] == [2011]
    assert len(catalogue.load_not_evaluable(indicators)) == 1
    assert len(catalogue.load_stations(indicators)) == 1


def test_services(tmp_path: Path) -> None:
    (example,) = _examples(services)
    assert set(services.load_services(_written(tmp_path, "services.yaml", example))) == {"regionalstatistik"}


def test_waiver_and_correction(tmp_path: Path) -> None:
    waiver, of_correction = _examples(decisions)
    common = "".join(line for line in waiver.splitlines(keepends=True) if line.split(":")[0] in decisions._COMMON)
    name = "schulabgaenge-05315000-2013-c4"
    _written(tmp_path, "waivers/schulabgaenge-05315000-2012-b17.yaml", waiver)
    _written(tmp_path, f"corrections/{name}.yaml", common.replace("schulabgaenge-05315000-2012-b17", name) + of_correction)
    found = decisions.load_decisions(tmp_path, load_contracts(CONTRACTS), date(2026, 1, 1))
    assert (len(found.waivers), len(found.corrections)) == (1, 1)


def test_effects() -> None:
    (example,) = _examples(effects)
    assert effects.parse_effects(example.encode(), "effects.yaml").entries[0].growth == -0.2


def test_lock() -> None:
    (example,) = _examples(lock)
    assert tuple(root_of(parse_edited(example.encode(), "x.lock")).mapping()) == lock._KEYS


def test_people_of_the_desk() -> None:
    (example,) = _examples(people_file)
    people = people_file.read_people(example.encode(), "people.yaml", ["hilfen_zur_erziehung"])
    assert people["jugendamt-05513000"].datasets == {"hilfen_zur_erziehung"}
