"""Whether the tables that an installation gives fit each other, and those of the package that stay. No reading of files (rows.py).

Belongs here: references between tables that a person edits, each refused with its next step. A key that nobody has would else just be missing in an
estimate, and a unit of the programme whose territory changed would count among those that never took part.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kkz_eval.model.errors import UserError
from kkz_eval.reference.register import Unit, all_kreise, current_key, municipalities, youth_offices
from kkz_eval.reference.rows import given_tables, rows, table_names
from kkz_eval.reference.tables import all_programme_units, programme_units
from kkz_eval.storage.own_tables import require_as_met

_PACKAGE = "kkz_eval.reference"


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
    for unit in (unit for table in (all_kreise(), municipalities(), youth_offices()) for unit in without_end(table)):
        raise UserError("table_without_end", package=_PACKAGE, key=unit.key, name=unit.name)
    joined = {unit.ags for unit in programme_units()} | {unit.kreis_ags5 for unit in programme_units()}
    for former in (unit for unit in all_programme_units() if current_key(unit.ags) != unit.ags):
        today = current_key(former.ags)
        if today not in joined:
            raise UserError("table_heirless", package=_PACKAGE, key=former.ags, name=former.name, today=today)


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
    return frozenset(unit.key for unit in (*all_kreise(), *municipalities(), *youth_offices()))


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
