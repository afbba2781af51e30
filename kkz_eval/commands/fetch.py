"""The command `fetch`: one table of a service into the inbox, with its provenance, or a sentence why not.

Belongs here: the order of steps, the account, the file and what stands beside it. Does not belong here: the network, and judging
the table by contracts: the inbox and `kkz-eval check` do that.
"""

from __future__ import annotations

import getpass
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import yaml

from kkz_eval.commands.terminal import telling
from kkz_eval.contracts.load import load_contracts
from kkz_eval.deliveries.official import ffcsv
from kkz_eval.deliveries.official.mapping import claimed
from kkz_eval.deliveries.official.read import read_official
from kkz_eval.deliveries.official.table import OfficialTable
from kkz_eval.deliveries.official.unclaimed import readers_of_statistic
from kkz_eval.deliveries.register.intake import year_spans
from kkz_eval.deliveries.text.records import NotTextError
from kkz_eval.deliveries.workbook.sheets import BrokenWorkbookError
from kkz_eval.fetching import say
from kkz_eval.fetching.answers import table_bytes
from kkz_eval.fetching.request import Limits, ask
from kkz_eval.fetching.web_services import PACKAGE, Order, Service, load_services, order_of, where_it_is
from kkz_eval.model.errors import UserError
from kkz_eval.model.texts import Language
from kkz_eval.settings import Credentials, Settings, load_credentials
from kkz_eval.storage.digests import digest_of_bytes
from kkz_eval.storage.store import Store

_STATISTIC = 5  # digits of the code of a statistic; the code of most tables begins with it

Prompt = Callable[[Service, Language], Credentials | None]


@dataclass(frozen=True)
class Fetched:
    """A table that was fetched. name: of the file in the inbox; written: False where the inbox holds the same bytes already."""

    name: str
    written: bool
    table: OfficialTable


def fetch_as_asked(
    settings: Settings, source: str | None, wanted: tuple[str, str | None, str | None, str], into: Path | None
) -> int:
    """Fetch as a person at the command line asks, who is asked for an account where there is a terminal. Returns and raises as `fetch`.

    source: None where the list of services is to say it; wanted: table, years (None likewise), regions, way of processing, as typed.
    """
    table, years, regions, processing = wanted
    service, span = where_it_is(load_services(settings.contracts / "services.yaml"), table, source, years)
    order = order_of(table, span, regions, processing)
    return fetch(settings, service, order, into, ask_person if sys.stdin.isatty() else None)


def fetch(
    settings: Settings, source: str, order: Order, into: Path | None, prompt: Prompt | None, limits: Limits | None = None
) -> int:
    """Fetch one table and say what came; 0 all that was asked for, 1 something is missing or in the queue, 2 nothing.

    source: key of a service; into: folder, else the inbox; prompt: asks a person for the account, None where nobody is there.
    Raises UserError; nothing has been written then.
    """
    services = load_services(settings.contracts / "services.yaml")
    if source not in services:
        raise UserError("service_unknown", package=PACKAGE, source=source, known=", ".join(services))
    service, folder, language = services[source], into or settings.inbox, settings.language
    if not folder.is_dir():
        raise UserError("folder_missing", package=PACKAGE, folder=str(folder))
    try:
        credentials = _credentials(service, language, prompt)
    except KeyboardInterrupt as interrupt:
        raise UserError("interrupted", package=PACKAGE, exit_code=130) from interrupt
    if order.processing == "job" and not credentials.password:
        raise UserError("token_starts_no_job", package=PACKAGE, service=service.name, variable=source.upper())
    bounds = limits or Limits()
    print(say("asking", service=service.name, table=order.table).in_language(language), file=sys.stderr)
    try:
        answer = ask(service, order, credentials, bounds)
    except KeyboardInterrupt as interrupt:
        raise UserError("interrupted", package=PACKAGE, exit_code=130) from interrupt
    data = table_bytes(answer, service, order, credentials, bounds.size)
    fetched = _keep(data, _checked(data, service, order), service, order, folder)
    return _report(settings, fetched, service, order, folder)


def ask_person(service: Service, language: Language) -> Credentials | None:
    """The account as typed in; the password is not shown. None where nothing was typed or the input ended."""
    print(say("ask_user", service=service.name).in_language(language), end="", file=sys.stderr, flush=True)
    user = sys.stdin.readline().strip()
    if not user:
        return None
    try:
        return Credentials(user, getpass.getpass(say("ask_password").in_language(language)))
    except EOFError:
        return None


def _credentials(service: Service, language: Language, prompt: Prompt | None) -> Credentials:
    credentials = load_credentials(service.id)
    if credentials is None and prompt is not None:
        credentials = prompt(service, language)
    if credentials is None:
        variable = service.id.upper()
        raise UserError("no_credentials", package=PACKAGE, service=service.name, variable=variable, account=service.account)
    return credentials


def _checked(data: bytes, service: Service, order: Order) -> OfficialTable:
    """The table as the reader of official statistics sees it. Raises UserError where it is none, is empty or is another one."""
    try:
        table = read_official(data)
    except (NotTextError, BrokenWorkbookError) as error:
        raise UserError("not_a_table", package=PACKAGE, service=service.name, table=order.table) from error
    if table is None or table.family not in (ffcsv.FAMILY, ffcsv.OLDER):
        raise UserError("not_a_table", package=PACKAGE, service=service.name, table=order.table)
    if table.n_values + table.n_flags == 0:
        raise UserError("table_empty", package=PACKAGE, service=service.name, table=order.table, years=order.years)
    asked = order.table[:_STATISTIC]
    if asked.isdecimal() and table.code[:_STATISTIC].isdecimal() and not table.code.startswith(asked):
        raise UserError("other_statistic", package=PACKAGE, service=service.name, table=order.table, found=table.code)
    return table


def _keep(data: bytes, table: OfficialTable, service: Service, order: Order, folder: Path) -> Fetched:
    """Write the table and, hidden beside it, where it comes from; nothing where the folder holds the same bytes from this table."""
    digest = digest_of_bytes(data)
    for file in sorted(folder.glob(f"{service.id}_{order.table}_*.csv")):
        if file.is_file() and digest_of_bytes(file.read_bytes()) == digest:
            return Fetched(file.name, False, table)
    now = datetime.now(UTC)
    years = f"{table.years[0]}-{table.years[-1]}" if table.years else order.years
    name = f"{service.id}_{order.table}_{years}_{now:%Y%m%dT%H%M%SZ}.csv"
    provenance = {
        "file": name,
        "sha256": digest,
        "bytes": len(data),
        "service": service.name,
        "address": service.address + order.endpoint,
        "parameters": dict(order.parameters),
        "fetched_at": now.isoformat(timespec="seconds"),
        "attribution": service.attribution,
    }
    store = Store.at(str(folder))
    beside = yaml.safe_dump(provenance, allow_unicode=True, sort_keys=False).encode()
    if not (store.put_if_absent(f".{name}.herkunft.yaml", beside) and store.put_if_absent(name, data)):
        raise UserError("file_there", package=PACKAGE, file=str(folder / name))
    return Fetched(name, True, table)


def _report(settings: Settings, fetched: Fetched, service: Service, order: Order, folder: Path) -> int:
    """Print what came and what to do next; the exit code."""
    tell, table, file = telling(settings), fetched.table, str(folder / fetched.name)
    spans = year_spans(table.years) or "–"
    if fetched.written:
        tell(say("written", file=file, values=table.n_values, flags=table.n_flags, years=spans, attribution=service.attribution))
    else:
        tell(say("unchanged", file=file, years=spans))
    missing = sorted(set(range(order.first, order.last + 1)) - set(table.years))
    if missing:
        tell(say("years_missing", years=year_spans(missing), service=service.name))
    if table.findings.num_rows:
        tell(say("findings", count=table.findings.num_rows, file=file))
    contracts = load_contracts(settings.contracts)
    taken = sorted({parsed.contract_id for parsed in claimed(table, contracts)})
    readers = sorted(contract.id for contract in readers_of_statistic(table, contracts))
    if taken:
        tell(say("contract", contracts=", ".join(taken), file=file))
    elif readers:
        tell(say("only_with_header", contracts=", ".join(readers), table=order.table))
    else:
        tell(say("no_contract", code=table.code or order.table))
    return 1 if missing or table.findings.num_rows else 0
