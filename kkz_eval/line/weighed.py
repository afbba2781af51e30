"""What the deliveries of some years are worth beside each other, counted and named as `kkz-eval deliveries list` lists them.

Does not belong here: judging (intake), when one delivery counts instead of another (stewardship.history).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from kkz_eval.deliveries.register.register import Arrival
from kkz_eval.line import say
from kkz_eval.line.intake import as_typed
from kkz_eval.line.snapshot import Snapshot
from kkz_eval.model.texts import AtTheBeginning, Joined
from kkz_eval.model.verdicts import VERDICT_STATES, State, Verdict
from kkz_eval.stewardship.history import DeliveryState, delivery_state


@dataclass(frozen=True)
class Weighed:
    """A judged delivery and what it is worth beside the others."""

    arrival: Arrival
    verdict: Verdict
    worth: DeliveryState


def weighed(snapshot: Snapshot, years: Iterable[int]) -> tuple[Weighed, ...]:
    """The judged deliveries of these reporting years, in order of arrival."""
    register, rows = snapshot.register, []
    for arrival in register.of_years(years):
        contract = snapshot.contracts.get(arrival.contract_id)
        verdict = register.verdicts.get((arrival.sha256, arrival.contract_id))
        if contract is not None and verdict is not None:
            rows.append(Weighed(arrival, verdict, delivery_state(verdict, contract, snapshot.histories)))
    return tuple(rows)


def counted(rows: Iterable[Weighed]) -> Mapping[State, int]:
    """How many deliveries are in each state: those that a verdict can come to, always, and any other that one is in."""
    count = Counter(row.worth.state for row in rows)
    return {state: count[state] for state in State if state in VERDICT_STATES or count[state]}


def tell_what_was_judged(snapshot: Snapshot, rows: Sequence[Weighed]) -> None:
    """Name the files with errors that no later delivery has taken the place of, then count all."""
    tell, register = snapshot.installation.progress, snapshot.register
    for row in rows:
        name = row.arrival.name
        is_open = row.verdict.n_errors and row.worth.state != State.SUPERSEDED
        if is_open and row.arrival in register.last_under(name):  # else the file in the inbox is another by now
            state, file = AtTheBeginning(row.worth.state.said), as_typed(snapshot.installation.settings.inbox / name)
            key = "progress.waiting" if row.worth.state == State.DECIDED else "progress.rejected"
            tell(say(key, state=state, name=name, errors=row.verdict.n_errors, file=file))
    shown = [(state, count) for state, count in counted(rows).items() if count or state != State.WAIVED]
    said = tuple(say("progress.count", count=count, state=state.said) for state, count in shown)
    tell(say("progress.judged", counts=Joined(said, "; ")))  # the words of some states have a comma
