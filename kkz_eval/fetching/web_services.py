"""The web services and what is asked of them, as values. No network, no files but the list of services.

services.yaml:

    services_version: 1
    services:
      regionalstatistik:                 # the name that `kkz-eval fetch` takes
        name: "Regionaldatenbank Deutschland"
        address: https://www.regionalstatistik.de/genesisws/rest/2020/   # https, ends in a slash
        account: https://www.regionalstatistik.de/genesis/online        # page where people get an account
        attribution: "© Statistische Ämter des Bundes und der Länder"   # as the licence asks for it
        tables:                          # that contracts read or wait for, with the years that the service lists
          12612-93-01-4: {years: 1995-2022}
          12411-03-03-4: {}              # years not known: `--years` names them
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from kkz_eval.model.edited_files.file import FileInvalid
from kkz_eval.model.edited_files.schema import read_by_schema
from kkz_eval.model.errors import UserError

PACKAGE = "kkz_eval.fetching"

_TABLE = re.compile(r"[0-9A-Za-z]+(?:-[0-9A-Za-z]+)*")
_RESULT = re.compile(r"[0-9A-Za-z]+(?:-[0-9A-Za-z]+)*_[0-9]+")
_YEARS = re.compile(r"((?:19|20)[0-9]{2})(?:[-–]((?:19|20)[0-9]{2}))?")
_REGIONS = re.compile(r"(?:([A-Z0-9]+)=)?([0-9]{1,12}\*?(?:,[0-9]{1,12}\*?)*)")
_LONGEST_NAME = 60


class ServicesInvalid(FileInvalid):
    """The list of services can't be used."""

    HEADING, PACKAGE = "services_invalid", PACKAGE


@dataclass(frozen=True)
class Service:
    """A web service: its key, name for people, address that ends in `/`, page for an account, and the attribution its licence asks for.

    tables: the years that it lists of each table that is wanted of it, None where they are not known.
    """

    id: str
    name: str
    address: str
    account: str
    attribution: str
    tables: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Order:
    """What is asked for.

    table: code of a table, or the name under which a job keeps its result; first, last: years; region_variable, region_keys: as the
    service names them, "" for all regions; processing: dialogue (answered at once) | job (put into the queue of the account).
    """

    table: str
    first: int
    last: int
    region_variable: str = ""
    region_keys: str = ""
    processing: str = "dialogue"

    @property
    def is_result(self) -> bool:
        """Whether this is the result of an earlier job."""
        return _RESULT.fullmatch(self.table) is not None

    @property
    def endpoint(self) -> str:
        """The path below the address of the service."""
        return "data/resultfile" if self.is_result else "data/tablefile"

    @property
    def parameters(self) -> Mapping[str, str]:
        """The fields of the form, in German so that labels are those of the contracts; empty rows and letters of quality are kept."""
        common = {"name": self.table, "area": "all", "compress": "false", "format": "ffcsv", "language": "de"}
        if self.is_result:
            return common
        regions = {"regionalvariable": self.region_variable, "regionalkey": self.region_keys}
        return {
            **common,
            "startyear": str(self.first),
            "endyear": str(self.last),
            **{key: value for key, value in regions.items() if value},
            "quality": "on",
            "job": "true" if self.processing == "job" else "false",
        }

    @property
    def years(self) -> str:
        """The years as part of a file name."""
        return str(self.first) if self.first == self.last else f"{self.first}-{self.last}"


def order_of(table: str, years: str, regions: str | None, processing: str) -> Order:
    """The order behind the arguments of the command line. Raises UserError where one of them can't be meant."""
    if len(table) > _LONGEST_NAME or not (_TABLE.fullmatch(table) or _RESULT.fullmatch(table)):
        raise UserError("table_unreadable", package=PACKAGE, table=table[:_LONGEST_NAME])
    span = _YEARS.fullmatch(years)
    if span is None or int(span[1]) > int(span[2] or span[1]):
        raise UserError("years_unreadable", value=years)
    chosen = _REGIONS.fullmatch(regions or "")
    if regions is not None and chosen is None:
        raise UserError("regions_unreadable", package=PACKAGE, regions=regions)
    variable, keys = (chosen[1] or "", chosen[2]) if chosen else ("", "")
    return Order(table, int(span[1]), int(span[2] or span[1]), variable, keys, processing)


def load_services(path: Path) -> dict[str, Service]:
    """The services of a YAML file by key, checked by schema. Raises ServicesInvalid."""
    content = cast(Any, read_by_schema(path, ServicesInvalid, PACKAGE, "services.schema.json").value)
    return {
        key: Service(key, **{**entry, "tables": {code: table.get("years") for code, table in entry.get("tables", {}).items()}})
        for key, entry in content["services"].items()
    }


def where_it_is(services: Mapping[str, Service], table: str, source: str | None, years: str | None) -> tuple[str, str]:
    """The key of the service and the years to ask for: as a person says, else as the services list the table.

    Raises UserError where a person says less than the list knows of that table.
    """
    said = source or next((key for key, service in services.items() if table in service.tables), None)
    service = services.get(said or "")
    span = years or (service.tables.get(table) if service is not None else None)
    if said is None or span is None:
        known = [code for each in services.values() for code in each.tables]
        raise UserError("table_not_listed", package=PACKAGE, table=table[:_LONGEST_NAME], known=", ".join(known) or "–")
    return said, span
