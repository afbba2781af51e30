"""One edition per comparison: a revision between editions, mixed over units or years, would look like an effect. No choice of edition.

The rule, for the units and years that an effect is estimated from:
1. Within a year all units have one edition. Otherwise the revision is a difference between units, and between the groups: refused.
2. Over the years editions may follow each other only where no edition has all the units and years that the mix has. Where one has
   them and a name, it alone is to be used: refused. Where none has, there is no other figure: the mix is kept, and said in the result; treated
   and reference units change the edition in the same year, so that what the revision did alike to both cancels.
Numerators and denominators are looked at each by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from kkz_eval.indicators.catalogue import Indicator
from kkz_eval.model.errors import UserError

_TEXTS = "kkz_eval.indicators"


@dataclass(frozen=True)
class Mix:
    """Editions of the values of a part of an indicator. part: numerator | denominator | …; years: by edition; crossed: (year, editions)
    where units of one year differ; cells: (unit_id, year) that have a value.
    """

    part: str
    years: tuple[tuple[str, tuple[int, ...]], ...]
    crossed: tuple[tuple[int, tuple[str, ...]], ...]
    cells: frozenset[tuple[str, int]]
    indicator: str = ""


def mix_of(parts: Mapping[str, pa.Table], units: frozenset[str], years: tuple[int, int] | None) -> Mix | None:
    """The first part whose values come from several editions; None where each has one.

    parts: as indicators.rates.observations_for gives them; units: those compared; years: first and last, None for all.
    """
    for name, table in parts.items():
        rows = _rows(table, units, years)
        if len({edition for _, _, edition in rows}) > 1:
            by_edition: dict[str, set[int]] = {}
            by_year: dict[int, set[str]] = {}
            for _, year, edition in rows:
                by_edition.setdefault(edition, set()).add(year)
                by_year.setdefault(year, set()).add(edition)
            return Mix(
                name,
                tuple((edition, tuple(sorted(found))) for edition, found in sorted(by_edition.items())),
                tuple((year, tuple(sorted(found))) for year, found in sorted(by_year.items()) if len(found) > 1),
                frozenset((unit, year) for unit, year, _ in rows),
            )
    return None


def require_comparable(
    indicator: Indicator,
    mixed: Mix,
    by_edition: Mapping[str, Mapping[str, pa.Table]],
    units: frozenset[str],
    years: tuple[int, int] | None,
) -> Mix:
    """The mix, with its indicator, where it may stand. by_edition: the parts of each edition alone.

    Raises UserError where units of a year differ in their edition, or one edition has all that the mix has.
    """
    covering = [
        edition
        for edition, parts in by_edition.items()
        if edition and mixed.cells <= {(unit, year) for unit, year, _ in _rows(parts[mixed.part], units, years)}
    ]
    complete = ", ".join(covering) or "–"
    if mixed.crossed:
        year, editions = mixed.crossed[0]
        raise UserError(
            "editions_between_units",
            package=_TEXTS,
            indicator=indicator.id,
            year=year,
            editions=", ".join(shown(edition) for edition in editions),
            complete=complete,
        )
    if covering:
        named = ", ".join(shown(edition) for edition, _ in mixed.years)
        raise UserError("editions_between_years", package=_TEXTS, indicator=indicator.id, editions=named, complete=complete)
    return Mix(mixed.part, mixed.years, mixed.crossed, mixed.cells, indicator.id)


def shown(edition: str) -> str:
    """An edition as sentences name it; `–` for figures whose file names none."""
    return edition or "–"


def _rows(table: pa.Table, units: frozenset[str], years: tuple[int, int] | None) -> list[tuple[str, int, str]]:
    """(unit_id, year, edition) of the values of these units and years; symbols and empty cells have none."""
    known = table.filter(pc.is_valid(table.column("value")))
    columns = [known.column(name).to_pylist() for name in ("unit_id", "year", "edition")]
    return [
        (unit, year, edition)
        for unit, year, edition in zip(*columns, strict=True)
        if unit in units and (years is None or years[0] <= year <= years[1])
    ]
