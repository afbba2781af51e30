"""What people say at the desk of what was delivered: decisions about findings, and questions with their answers at a cell. Append-only.

A decision is the row of a marked copy that was never sent: whoever reads those reads these too (stewardship.requests). Both lie below the
content that they are about, so that they go with it where it is purged. Does not belong here: who may say it (the desk), what follows from it.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from typing import Any

from kkz_eval.deliveries.municipal.returned import DecisionRow
from kkz_eval.deliveries.register.register import SpokenOf
from kkz_eval.model.errors import UserError
from kkz_eval.storage.store import Store

SCHEMA_VERSION = 1
DECIDED, ASKED = "register/decided", "register/asked"
NO_CONTENT = "none"
"""In the place of a digest: of a question about what has not come."""


@dataclass(frozen=True)
class DeskDecision:
    """A decision about one finding of a content.

    original: SHA-256 of the content; row: as it would stand in a marked copy, its `number` that of the decision; new: the value that is to hold,
    of a correction, else None; role: of whoever decided; person: as the desk knows them, to be told apart from who approves; day: ISO.
    """

    original: str
    row: DecisionRow
    new: float | None
    role: str
    person: str
    day: str


@dataclass(frozen=True)
class Remark:
    """A question at a cell, or the answer to one.

    contract_id, unit_id, year: of the cell; about: SHA-256 of the content that counted as the newest there when it was asked, NO_CONTENT for none;
    role: who says it; day: ISO; answers: number of the question, 0 for a question; number: its own, from 1 among those about the same.
    """

    contract_id: str
    unit_id: str
    year: int
    about: str
    text: str
    role: str
    day: str
    answers: int = 0
    number: int = 0

    @property
    def place(self) -> tuple[str, str, int]:
        """The cell: contract, unit and year."""
        return self.contract_id, self.unit_id, self.year


def record_decision(store: Store, decision: DeskDecision) -> None:
    """Keep a decision behind the earlier ones about its content; the same one twice is kept once."""
    row = asdict(decision)
    row["row"].pop("number")  # that of the object
    _append(store, f"{DECIDED}/{decision.original}", {"decision": row})


def desk_decisions(store: Store) -> tuple[DeskDecision, ...]:
    """All decisions of the desk, by content, the last one about each finding: who decides again takes back what was said before."""
    standing: dict[tuple[str, str, str, str], DeskDecision] = {}
    for key in store.list(DECIDED):
        row = _load(store, key)["decision"]
        row["row"] = DecisionRow(number=str(_number(key)), **row["row"])
        decision = DeskDecision(**row)
        finding = (decision.original, decision.row.rule, decision.row.cell, decision.row.value)
        standing.pop(finding, None)  # the new one comes behind all that were said meanwhile
        standing[finding] = decision
    return tuple(standing.values())


def record_remark(store: Store, remark: Remark) -> None:
    """Keep a question or an answer behind the earlier ones of its content; the same one twice is kept once."""
    row = asdict(remark)
    row.pop("number")  # that of the object
    _append(store, _asked_about(remark.about, *remark.place), {"remark": row})


def remarks(store: Store) -> tuple[Remark, ...]:
    """All questions and answers, by content, in the order in which they were said."""
    return tuple(Remark(**_load(store, key)["remark"], number=_number(key)) for key in store.list(ASKED))


def still_open(said: Iterable[Remark]) -> tuple[Remark, ...]:
    """The questions among these that have no answer."""
    known = tuple(said)
    answered = {(one.place, one.about, one.answers) for one in known if one.answers}
    return tuple(one for one in known if not one.answers and (one.place, one.about, one.number) not in answered)


def keys_noted_about(store: Store, contents: Collection[str], spoke_of: SpokenOf) -> list[str]:
    """All that was said of these contents; and what was asked where they had not come yet: an answer may quote them.

    spoke_of: contract, unit and years that the contents spoke of.
    """
    folders = [f"{folder}/{sha256}" for sha256 in contents for folder in (DECIDED, ASKED)]
    folders += [_asked_about(NO_CONTENT, contract_id, unit, year) for contract_id, unit, years in spoke_of for year in years]
    return [key for folder in folders for key in store.list(folder)]


def content_of_note(key: str) -> str:
    """Which content an object of these is about, by its key; "" for none, and for any other object."""
    parts = key.split("/")
    is_note = len(parts) == 4 and "/".join(parts[:2]) in (DECIDED, ASKED)
    return parts[2] if is_note and not parts[2].startswith(NO_CONTENT) else ""


def _asked_about(about: str, contract_id: str, unit_id: str, year: int) -> str:
    """The folder of the questions about a content, or about a cell for which none has come."""
    return f"{ASKED}/{about}" if about != NO_CONTENT else f"{ASKED}/{NO_CONTENT}-{contract_id}-{unit_id}-{year}"


def _append(store: Store, folder: str, content: dict[str, object]) -> None:
    data = json.dumps({"schema_version": SCHEMA_VERSION, **content}, sort_keys=True, ensure_ascii=False, indent=1).encode()
    while True:
        kept = store.list(folder)
        if kept and store.get(kept[-1]) == data:
            return
        if store.put_if_absent(f"{folder}/{(_number(kept[-1]) if kept else 0) + 1:06d}.json", data):
            return


def _number(key: str) -> int:
    return int(key.rpartition("/")[2].removesuffix(".json"))


def _load(store: Store, key: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(store.get(key))
    if content["schema_version"] > SCHEMA_VERSION:
        raise UserError("table_unknown_version", table=key, found=f"v{content['schema_version']}", known=SCHEMA_VERSION)
    return content
