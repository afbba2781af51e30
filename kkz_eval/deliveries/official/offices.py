"""The lines of a table as those of youth offices: the city that is its own Kreis stands there under the key of the Kreis.

A Kreis of towns is no youth office: its line is the sum of several, and stays a Kreis.
"""

from __future__ import annotations

from functools import cache

import pyarrow as pa
import pyarrow.compute as pc

from kkz_eval.deliveries.official.table import WORD
from kkz_eval.reference.register import youth_offices


def at_offices(table: pa.Table) -> pa.Table:
    """A long table (OFFICIAL_SCHEMA) in which a kreisfreie Stadt (05113) has the unit_id (05113000) and level of its youth office."""
    cities, offices = _cities()
    units = table.column("unit_id").cast(pa.string())
    levels = table.column("level").cast(pa.string())
    city = pc.and_(pc.equal(levels, "kreis"), pc.is_in(units, cities)).fill_null(False)
    found = offices.take(pc.index_in(units, cities))
    for name, values in (
        ("unit_id", pc.if_else(city, found, units)),
        ("level", pc.if_else(city, pa.scalar("youth_office"), levels)),
    ):
        place = table.schema.get_field_index(name)
        table = table.set_column(place, table.schema.field(place), values.cast(WORD))
    return table


@cache
def _cities() -> tuple[pa.Array, pa.Array]:
    """Keys of the cities of 5 digits, and those of their youth offices."""
    keys = [unit.key for unit in youth_offices() if unit.key.isdigit()]
    return pa.array([key[:5] for key in keys]), pa.array(keys)
