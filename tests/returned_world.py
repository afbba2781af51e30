"""What tests of returns share: eight years of official tables of the model world, and what three municipalities sent."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from kkz_eval.line.installation import Installation, open_installation
from kkz_eval.line.intake import judge_arrivals, land
from kkz_eval.settings import Settings
from kkz_eval.simulation.run import simulate

CONTRACTS = Path(__file__).parents[1] / "data_contracts"
YEARS = range(2007, 2015)
BIELEFELD, ARNSBERG, DUEREN, MOERS = (
    "05711000",
    "05958004",
    "05358",
    "05170024",
)  # a city, a town, a Kreis; and a town that sent nothing
SENT = (BIELEFELD, ARNSBERG, DUEREN)
OFFICIAL = ("schulabgaenge_amtlich", "mindestsicherung_amtlich", "bevoelkerung_amtlich")
DELIVERED = ("schulabgaenge", "geburten_fruehe_hilfen", "hilfen_zur_erziehung", "praeventionsangebote", "netzwerk", "ziele")


def make_world(folder: Path) -> None:
    """Official tables of all, and what three municipalities sent, judged in `home`."""
    simulate(folder, 1, years=(YEARS[0], YEARS[-1]))
    for file in (folder / "deliveries").iterdir():
        own = file.name.startswith(DELIVERED) and any(f"_{key}" in file.name or f"_JH{key}" in file.name for key in SENT)
        if not own and not file.name.startswith(OFFICIAL):
            file.unlink()
    line = opened(folder)
    land(line, YEARS)
    judge_arrivals(line, YEARS)


def opened(folder: Path) -> Installation:
    return open_installation(settings_in(folder), [CONTRACTS / "plans" / "modellwelt.yaml"])


def settings_in(folder: Path) -> Settings:
    """The settings of such a world."""
    return Settings(home=folder / "home", inbox=folder / "deliveries", contracts=CONTRACTS, day=date(2026, 1, 5))
