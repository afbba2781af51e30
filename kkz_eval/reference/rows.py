"""Reading the small tables of this package, and those that an installation gives in their place. No meaning of a row.

A table of an installation is a file of the same name and columns in `reference` beside its contracts, and is taken as a whole. One process serves
one installation and works with its tables as it met them first (storage.own_tables).
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Mapping
from datetime import date
from importlib import resources
from pathlib import Path
from types import MappingProxyType

from kkz_eval.model.errors import UserError
from kkz_eval.storage.own_tables import own_table, own_table_files, tables_met

_PACKAGE = "kkz_eval.reference"
_SEVERAL = ("kreis_ags5", "co_treatment")  # of which a table has several rows, told apart by the next column
_KINDS = ("kreisfreie_stadt", "kreis", "staedteregion", "kreisangehoerige_stadt")


def rows(file_name: str) -> list[dict[str, str]]:
    """Rows of a table of the installation, else of this package, without the lines of attribution.

    Raises UserError for a table of the installation that can't be read, lacks a column, or has a cell that is none of its column.
    """
    given = tables_met().get(file_name)
    return _own(file_name) if given is None else _given(own_table(file_name), given)


def given_tables() -> tuple[Path, ...]:
    """The tables that the installation gives. Raises UserError for a file beside them that takes no table's place."""
    files = own_table_files()
    for file in files:
        if file.name not in table_names():
            raise UserError("table_unknown", package=_PACKAGE, file=str(file), known=", ".join(table_names()))
    return files


def table_names() -> tuple[str, ...]:
    """The tables that an installation may give."""
    files = (file.name for file in resources.files(_PACKAGE).iterdir())
    return tuple(sorted(name for name in files if name.endswith(".csv") and name != "given_names.csv"))


def _own(file_name: str) -> list[dict[str, str]]:
    source = resources.files(_PACKAGE).joinpath(file_name).read_text(encoding="utf-8")
    return list(csv.DictReader(line for line in source.splitlines() if not line.startswith("#")))


def _given(file: Path, content: bytes) -> list[dict[str, str]]:
    try:
        lines = content.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise UserError("table_unreadable", package=_PACKAGE, file=str(file), reason="UTF-8") from error
    numbered = [(number, line) for number, line in enumerate(lines, 1) if line.strip() and not line.startswith("#")]
    wanted = list(_own(file.name)[0])
    try:
        read = [next(csv.reader([line])) for _, line in numbered]
    except csv.Error as error:
        raise UserError("table_unreadable", package=_PACKAGE, file=str(file), reason=str(error)) from error
    if not read or sorted(read[0]) != sorted(wanted):
        found = ",".join(read[0]) if read else ""
        raise UserError("table_columns", package=_PACKAGE, file=str(file), wanted=",".join(wanted), found=found)
    found_rows, seen = [], set()
    for (number, _), cells in zip(numbered[1:], read[1:], strict=True):
        row = dict(zip(read[0], cells, strict=False))
        wrong = [name for name in wanted if not _is_one(name, row.get(name))]
        key = tuple(row[name] for name in wanted[:2]) if wanted[0] in _SEVERAL else row.get(wanted[0])
        if wrong or len(cells) != len(wanted) or key in seen:
            column = wrong[0] if wrong else wanted[0]
            raise UserError(
                "table_cell", package=_PACKAGE, file=str(file), line=number, column=column, value=row.get(column) or ""
            )
        seen.add(key)
        found_rows.append(row)
    return found_rows


def _is_one(column: str, value: str | None) -> bool:
    """Whether a text is a value of a column of these tables."""
    return value is not None and _FORMS.get(column, _words)(value)


def _pattern(pattern: str) -> Callable[[str], bool]:
    return lambda value: re.fullmatch(pattern, value, re.ASCII) is not None


def _words(value: str) -> bool:
    return value.isprintable() and value == value.strip() != ""


def _day(value: str) -> bool:
    try:
        return not value or date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


_KREIS, _NUMBER, _YEAR = _pattern("[0-9]{5}"), _pattern("[0-9]+"), _pattern("(19|20)[0-9]{2}")
_FORMS: Mapping[str, Callable[[str], bool]] = MappingProxyType(
    {
        "ags5": _KREIS,
        "kreis_ags5": _KREIS,
        "adjoining_ags5": _KREIS,
        "ags": _pattern("[0-9]{5}|[0-9]{8}"),
        "key": _pattern("(JH)?[0-9]{8}"),
        "successor": _pattern("|[0-9]{5}|(JH)?[0-9]{8}"),
        "office": _pattern("|JH[0-9]{8}"),
        "valid_from": _day,
        "valid_until": _day,
        "kind": lambda value: value in _KINDS,
        "cohort": _YEAR,
        "first_year": _YEAR,
        "share_of_kreis_population": _pattern(r"0?\.[0-9]+|1(\.0+)?"),
        "stage": _NUMBER,
        "column": _NUMBER,
        "row": _NUMBER,
    }
)
