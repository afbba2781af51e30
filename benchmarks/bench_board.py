"""The board at the desk: how long its page takes the server, as it stands and once somebody has written since. In this process.

Belongs here: a register of as many deliveries as the board has places, and the figures. Does not belong here: what the page says.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from starlette.testclient import TestClient

from benchmarks.figures import Figure, seconds
from kkz_eval.contracts.contract import Contract
from kkz_eval.contracts.load import load_contracts
from kkz_eval.deliveries.register.register import NewArrival, read_register, record_arrivals, record_verdict
from kkz_eval.desk.app import guarded
from kkz_eval.desk.desk import Desk
from kkz_eval.desk.people import everyone_here
from kkz_eval.model.verdicts import Slice, Status, Verdict
from kkz_eval.reference.tables import ProgrammeUnit, programme_units
from kkz_eval.settings import CHECKOUT, Settings
from kkz_eval.stewardship.due_days import delivers_as
from kkz_eval.storage.digests import digest_of
from kkz_eval.storage.seals import sealed
from kkz_eval.storage.store import Store
from kkz_eval.storage.writer import writing_alone

UNITS, DATASETS, YEARS = 40, 12, range(2006, 2020)
_UNTIL_KNOWN = 2.5  # seconds after which a writer is known by the times of its lock
_HOST = "127.0.0.1:1"
_FATES = (Status.ACCEPTED, Status.ACCEPTED, Status.ACCEPTED_WITH_WARNINGS, Status.REJECTED)


def board_figures(units: int = UNITS, datasets: int = DATASETS, years: range = YEARS) -> list[Figure]:
    """The page of a board of so many units, datasets and years: as it stands, and anew. Raises RuntimeError where it is not what was asked for."""
    with tempfile.TemporaryDirectory(prefix="kkz-bench-") as folder:
        settings = Settings(Path(folder) / "home", Path(folder) / "inbox", CHECKOUT / "data_contracts")
        with writing_alone(settings.home, "bench", lambda _: None):
            places = _fill(_Unsynced.at(str(settings.home)), settings.contracts, units, datasets, years)
        client = TestClient(
            guarded(Desk(settings), frozenset({_HOST}), lambda scope: everyone_here()), base_url=f"http://{_HOST}"
        )

        def page() -> None:
            text = client.get("/tafel").text
            if text.count('href="/tafel/') < places:
                raise RuntimeError("the board does not show all its places")

        def anew() -> None:
            with writing_alone(settings.home, "bench", lambda _: None):
                pass
            page()

        page()  # the first one opens the installation
        time.sleep(_UNTIL_KNOWN)
        name = f"desk: board of {units} x {datasets} x {len(years)}"
        return [
            Figure(f"{name}, page", seconds(page), "300 ms", 0.3),
            Figure(f"{name}, page once somebody has written", seconds(anew), "a second", 1.0),
        ]


class _Unsynced(Store):
    """A store that does not wait for the disk: a register is filled in a moment."""

    def put_if_absent(self, key: str, data: bytes) -> bool:
        """As in a store, but for the wait."""
        path = Path(self._path(key))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(sealed(key, data))
        return True


def _fill(store: Store, contracts: Path, units: int, datasets: int, years: range) -> int:
    """A delivery for each place, of every fate in turn; number of the places."""
    chosen = [one for one in load_contracts(contracts).values() if one.source == "municipal" and one.terms.due is not None]
    arrivals, verdicts = [], []
    for number, (contract, unit, year) in enumerate(_places(chosen[:datasets], programme_units()[:units], years)):
        sha256, fate = digest_of([contract.id, unit, year]), _FATES[number % len(_FATES)]
        errors = int(fate == Status.REJECTED)
        arrivals.append(NewArrival(f"{contract.id}_{unit}_{year}.csv", sha256, contract.id, (year,), f"{year + 1}-03-01"))
        part = Slice(unit, year, fate, errors, 0)
        kept = ("derived/parsed/none", "derived/findings/none")
        verdicts.append(Verdict(sha256, contract.id, contract.version, "r", "", *kept, "bench", "", fate, errors, 0, (part,)))
    record_arrivals(store, read_register(store), arrivals, {})
    for verdict in verdicts:
        record_verdict(store, verdict)
    return len(verdicts)


def _places(contracts: list[Contract], units: tuple[ProgrammeUnit, ...], years: range) -> Iterator[tuple[Contract, str, int]]:
    for contract in contracts:
        for unit in sorted({delivers_as(contract, unit) or unit.ags for unit in units}):
            for year in years:
                yield contract, unit, year
