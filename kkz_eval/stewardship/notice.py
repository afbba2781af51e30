"""A notice to a municipality that something waits: what sort of thing, of which dataset and years, until when, and where it is seen. Nothing else.

No value, no name of a file, no name of a person: a notice may pass through anybody's mailbox. German, like the letters; what it leads to is behind a
login. Does not belong here: sending it (fetching.mail).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kkz_eval.contracts.contract import Contract
from kkz_eval.reference.tables import unit_label
from kkz_eval.stewardship import say
from kkz_eval.stewardship.due_days import german_day
from kkz_eval.stewardship.to_do import Kind, ToDo

_german = say.in_language("de")
_NOT_ASKED = frozenset({Kind.TO_APPROVE, Kind.NOT_EXPECTED})
"""What somebody else has to do, or nobody has to."""


@dataclass(frozen=True)
class Notice:
    """A text to copy or to send."""

    subject: str
    text: str


def notice(
    unit_id: str, tasks: Sequence[ToDo], contracts: Mapping[str, Contract], address: str, simulated: bool
) -> Notice | None:
    """The notice to a municipality; None where nothing waits for it that it owes: of the rest its letter says that nobody expects it.

    tasks: those of this unit; contracts: by id; address: of the page with the tasks; simulated: whether the deliveries are made up.
    """
    titles = {contract.dataset: contract.title_de for contract in contracts.values()}
    lines = []
    for one in tasks:
        if one.unit_id == unit_id and one.kind not in _NOT_ASKED:
            about = {"kind": one.kind.said, "dataset": titles[one.dataset], "years": one.years_named}
            until = "" if one.until is None else _german("notice.until", day=german_day(one.until))
            lines.append(_german("notice.line", **about, until=until))
    if not lines:
        return None
    head = [_german("simulated.letter")] if simulated else []
    parts = [
        *head,
        _german("reply.greeting"),
        "\n".join([_german("notice.waits"), *dict.fromkeys(lines)]),
        _german("notice.where", address=address),
    ]
    return Notice(_german("notice.subject", unit=unit_label(unit_id)), "\n\n".join([*parts, _german("reply.closing")]) + "\n")
