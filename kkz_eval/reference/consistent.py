"""Whether the tables that an installation gives fit each other, and those of the package that stay. No reading of files (rows.py).

Belongs here: references between tables that a person edits, each refused with its next step. A key that nobody has would else just be missing in an
estimate, and a unit of the programme whose territory changed would count among those that never took part.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from kkz_eval.model.errors import UserError
from kkz_eval.reference.named import names_another_area
from kkz_eval.reference.register import Unit, all_kreise, current_key, municipalities, youth_offices
from kkz_eval.reference.rows import given_tables, rows, table_names
from kkz_eval.reference.tables import Kind, all_programme_units, programme_units
from kkz_eval.storage.own_tables import require_as_met

_PACKAGE = "kkz_eval.reference"
_A_DAY = timedelta(days=1)


def check_given_tables() -> None:
    """Raises UserError for the first thing that does not fit, and where the tables are others than those that this process works with; nothing where
    the installation gives no table."""
    require_as_met()
    if not given_tables():
        return
    for name in table_names():
        rows(name)
    for table, key, meant in _references():
        if meant not in _known():
            raise UserError("table_reference", package=_PACKAGE, table=table, key=key, meant=meant)
    for fault in (*_ends(), *_heirs(), *_lives(), *_places(), *_programme()):
        raise fault


def _ends() -> Iterator[UserError]:
    """Successors without an end."""
    for table in (all_kreise(), municipalities(), youth_offices()):
        for unit in without_end(table):
            yield _fault("table_without_end", unit)


def _heirs() -> Iterator[UserError]:
    """Units of the programme that are no more, where nothing is said of what became of them."""
    now = programme_units()
    joined = {unit.ags for unit in now} | {unit.kreis_ags5 for unit in now}
    life = {unit.key: unit for unit in _units()}
    for former in (unit for unit in all_programme_units() if life[unit.ags].valid_until is not None):
        today = current_key(former.ags)
        if today != former.ags and today not in joined:
            yield UserError("table_heirless", package=_PACKAGE, key=former.ags, name=former.name, today=today)
        last = life[former.ags].valid_until
        if today == former.ags and last is not None and last + _A_DAY not in {life[unit.ags].valid_from for unit in now}:
            yield UserError("table_divided", package=_PACKAGE, key=former.ags, name=former.name, last=last.isoformat())


def _lives() -> Iterator[UserError]:
    """Days and successors that can't be."""
    life = {unit.key: unit for unit in _units()}
    for unit in _units():
        if unit.valid_from is not None and unit.valid_until is not None and unit.valid_until < unit.valid_from:
            yield _fault("table_days", unit, first=unit.valid_from.isoformat(), last=unit.valid_until.isoformat())
        if unit.successor is None or unit.valid_until is None:
            continue
        heir, alike = life[unit.successor], len(unit.successor) == len(unit.key) or len(unit.key) > 5 < len(unit.successor)
        if not (alike and heir.exists(unit.valid_until + _A_DAY)):
            yield _fault("table_successor", unit, last=unit.valid_until.isoformat(), successor=unit.successor)


def _places() -> Iterator[UserError]:
    """Municipalities and offices that lie where their key does not say, or are there while their Kreis is not; Kreise without any place."""
    kreise = {kreis.key: kreis for kreis in all_kreise()}
    for unit in (*municipalities(), *youth_offices()):
        kreis = kreise.get(unit.kreis_ags5)
        if kreis is None or unit.key.removeprefix("JH")[:5] != kreis.key:
            yield _fault("table_kreis", unit, kreis=unit.kreis_ags5)
        elif not _within(unit, kreis):
            yield _fault("table_outlives", unit, kreis=f"{kreis.name} ({kreis.key})")
    for kreis in all_kreise():
        if not any(town.kreis_ags5 == kreis.key for town in municipalities()):
            yield _fault("table_empty", kreis)


def _programme() -> Iterator[UserError]:
    """Units of the programme that are not what their key is, and a start that is not that of those they were before."""
    kinds = {row["ags5"]: row["kind"] for row in rows("kreise.csv")}
    starts = {unit.ags: unit.cohort for unit in all_programme_units()}
    for unit in all_programme_units():
        kind = kinds[unit.kreis_ags5]
        city = kind == Kind.KREISFREIE_STADT
        town = len(unit.ags) == 8 and not city
        meant = Kind.KREISANGEHOERIGE_STADT if town else Kind(kind)
        whole = unit.ags == unit.kreis_ags5 + ("000" if city else "")
        if unit.ags[:5] != unit.kreis_ags5 or unit.kind is not meant or town in (whole, unit.share_of_kreis_population == 1):
            yield UserError(
                "table_kind", package=_PACKAGE, key=unit.ags, name=unit.name, kind=meant, whole="1.0" if not town else "< 1"
            )
        if names_another_area(unit.ags, unit.name):
            yield UserError("table_name", package=_PACKAGE, key=unit.ags, name=unit.name)
        before = [former.key for former in _units() if former.successor == unit.ags]
        if before and all(key in starts for key in before) and unit.cohort != min(starts[key] for key in before):
            first = min(starts[key] for key in before)
            yield UserError("table_start", package=_PACKAGE, key=unit.ags, name=unit.name, start=unit.cohort, first=first)


def _within(unit: Unit, kreis: Unit) -> bool:
    begins = kreis.valid_from is None or (unit.valid_from is not None and kreis.valid_from <= unit.valid_from)
    return begins and (kreis.valid_until is None or (unit.valid_until is not None and unit.valid_until <= kreis.valid_until))


def _fault(fault: str, unit: Unit, **said: str) -> UserError:
    return UserError(fault, package=_PACKAGE, exit_code=2, key=unit.key, name=unit.name, **said)


def _units() -> tuple[Unit, ...]:
    return (*all_kreise(), *municipalities(), *youth_offices())


def without_end(units: Sequence[Unit]) -> Iterator[Unit]:
    """The units of a table that were taken over without a last day, or from whose successors one comes to no unit that is there today."""
    successors = {unit.key: unit.successor for unit in units if unit.successor is not None}
    for unit in (unit for unit in units if unit.key in successors):
        met, key = set[str](), unit.key
        while key in successors and key not in met:
            met.add(key)
            key = successors[key]
        if unit.valid_until is None or key in met:
            yield unit


def _known() -> frozenset[str]:
    return frozenset(unit.key for unit in _units())


def _references() -> Iterator[tuple[str, str, str]]:
    """(table, key of the row, key that it refers to)."""
    for name, units in (("kreise", all_kreise()), ("municipalities", municipalities()), ("youth_offices", youth_offices())):
        for unit in units:
            yield f"{name}.csv", unit.key, unit.kreis_ags5
            if unit.successor is not None:
                yield f"{name}.csv", unit.key, unit.successor
    for joined in all_programme_units():
        yield "programme_units.csv", joined.ags, joined.kreis_ags5
        yield "programme_units.csv", joined.ags, joined.ags
    for row in rows("adjacency.csv"):
        yield from (("adjacency.csv", row["kreis_ags5"], key) for key in row.values())
    for row in rows("tiles.csv"):
        yield "tiles.csv", row["ags5"], row["ags5"]
