"""From the inbox to the verdicts: what arrived is kept, read and judged.

Does not belong here: screening, reading, judging (deliveries); what is accepted in the end (snapshot); telling those who delivered
(correspondence).
"""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

from kkz_eval.deliveries.register.accepted import Source
from kkz_eval.deliveries.register.inbox import wait_until_settled
from kkz_eval.deliveries.register.intake import Intake, fingerprint, last_day, take_in, year_spans
from kkz_eval.deliveries.register.judging import TABLES, contract_of, judge_arrival, parse
from kkz_eval.deliveries.register.purging import require_no_open_purge
from kkz_eval.deliveries.register.register import Arrival, keep_register_index
from kkz_eval.line import say
from kkz_eval.line.installation import Installation
from kkz_eval.model.day import BERLIN
from kkz_eval.model.errors import UserError
from kkz_eval.model.verdicts import Verdict
from kkz_eval.reference.tables import units_known_to

PAUSE = timedelta(minutes=30)
"""So long nobody must have handed anything in before a run begins for what was: while it works, nobody can."""

EVERY_YEAR = range(1900, 2101)


def land(installation: Installation, years: Iterable[int]) -> Intake:
    """Take the files of the inbox in, once those that are being written have settled.

    Raises UserError where neither the inbox nor the register holds anything for these years, and while a removal is not at its end.
    """
    require_no_open_purge(installation.steps.store)
    wanted, settings = frozenset(years), installation.settings
    inbox, seconds = str(settings.inbox), settings.settle_seconds

    def say_of(name: str) -> None:
        installation.progress(say("progress.settling", name=name, seconds=seconds))

    unsettled = wait_until_settled(settings.inbox, seconds, say_of)
    store, contracts = installation.steps.store, installation.contracts
    intake = take_in(store, settings.inbox, contracts, wanted, settings.day, settings.limits, unsettled)
    if (last := last_day(intake.register)) > settings.day.isoformat():
        installation.progress(say("progress.clock_behind", today=settings.day, last=date.fromisoformat(last)))
    for notice in intake.notices:
        installation.progress(say(f"notice.{notice.kind}", sentence=notice.sentence))
    if not intake.register.of_years(wanted):
        if not intake.present and not intake.register.arrivals:
            raise UserError("inbox_empty", package=say.package, inbox=inbox)
        known = intake.register.years() | intake.waiting_years
        if not known:
            raise UserError(
                "nothing_claimed",
                package=say.package,
                inbox=inbox,
                present=intake.present,
                known=", ".join(sorted(installation.contracts)),
            )
        raise UserError("years_without_data", package=say.package, years=year_spans(wanted), known=year_spans(known), inbox=inbox)
    kinds = Counter(notice.kind for notice in intake.notices)
    key = "progress.landed" if intake.landed or kinds else "progress.nothing_new"
    counts = {"unused": kinds["unclaimed"], "refused": kinds["refused"]}
    installation.progress(say(key, present=intake.present, landed=len(intake.landed), **counts))
    return intake


def fingerprint_of_inbox(installation: Installation, moment: datetime) -> str | None:
    """What is new in the inbox, or was handed in and is PAUSE old at a moment, as a text that changes with it; None where nothing is."""
    until, now = (f"{moment.astimezone(BERLIN) - before:%Y-%m-%dT%H:%M}" for before in (PAUSE, timedelta()))
    return fingerprint(installation.settings.inbox, installation.register(), until, now)


def parse_arrivals(installation: Installation, years: Iterable[int]) -> tuple[Arrival, ...]:
    """Parse what arrived for these reporting years and has no verdict yet."""
    register = installation.register()
    waiting = [a for a in register.of_years(years) if (a.sha256, a.contract_id) not in register.verdicts]
    for arrival in waiting:
        parse(installation.steps, register, arrival, installation.contracts)
    return tuple(waiting)


def judge_arrivals(installation: Installation, years: Iterable[int]) -> tuple[Source, ...]:
    """Judge what arrived for these reporting years; verdicts that stand are kept."""
    register = installation.register()
    judged, is_there = [], installation.steps.store.listed(*TABLES)
    for arrival in register.of_years(years):
        verdict = judge_arrival(
            installation.steps,
            register,
            arrival,
            installation.contracts,
            units_known_to(contract_of(arrival, installation.contracts).source),
            installation.decisions,
            is_there,
        )
        judged.append(Source(arrival, verdict))
    keep_register_index(installation.steps.store)
    return tuple(judged)


def judge_again(installation: Installation, sha256: str) -> tuple[tuple[Verdict | None, Verdict], ...]:
    """Judge a content anew on purpose, with contract, decisions and programme as they are now: each standing verdict with the new one.

    The new one stands from now on; the same verdict again is kept once. Raises UserError where the content never arrived or was removed.
    """
    register = installation.register()
    newest = {a.contract_id: a for a in register.arrivals if a.sha256 == sha256 and sha256 not in register.tombstones}
    if not newest:
        raise UserError("judge_unknown", package=say.package, value=sha256)
    unjudged = replace(register, verdicts={})
    judged = []
    for contract_id, arrival in newest.items():
        contract = installation.contracts.get(contract_id)
        known = {} if contract is None else units_known_to(contract.source)  # without a contract nothing is judged
        now = judge_arrival(installation.steps, unjudged, arrival, installation.contracts, known, installation.decisions)
        judged.append((register.verdicts.get((sha256, contract_id)), now))
    return tuple(judged)


def as_typed(file: Path) -> str:
    """The path as it can be typed in the current folder, in quotes where it needs them."""
    here = Path.cwd()
    return shlex.quote(str(file.relative_to(here) if file.is_relative_to(here) else file))
