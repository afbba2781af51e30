"""Where locks of plans are kept: beside the plan file, for version control, and in the store, where nothing is replaced.

Does not belong here: what a lock says (evaluation.lock).
"""

from __future__ import annotations

from pathlib import Path

from kkz_eval.evaluation.lock import Lock, read_lock
from kkz_eval.evaluation.plan import Plan, plain_id
from kkz_eval.model.errors import UserError
from kkz_eval.model.system_errors import reason_of
from kkz_eval.storage.store import Store


def lock_file(plan_file: Path, plan: Plan) -> Path:
    """Where the lock of a plan, or of the plan it is a variant of, lies beside the plan file."""
    return plan_file.parent / f"{plain_id(plan.variant_of or plan.id)}.lock"


def lock_in(file: Path) -> Lock | None:
    """The lock in a file beside a plan; None where there is none.

    Raises UserError where that can't be told or read: a plan that was laid down before would count as one that was not.
    """
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UserError("storage_not_readable", place=str(file), reason=reason_of(error)) from error
    return read_lock(content, str(file))


def kept_locks(store: Store, plan_id: str) -> list[Lock]:
    """The locks of a plan in the store, the oldest first. Raises UserError where one can't be read."""
    return [read_lock(store.get(key), key) for key in store.list(f"locks/{plain_id(plan_id)}")]


def keep_lock(store: Store, lock: Lock) -> None:
    """Add a lock behind those that are in the store, unless it is there."""
    kept = kept_locks(store, lock.id)
    if lock in kept:
        return
    number = len(kept) + 1
    while not store.put_if_absent(f"locks/{plain_id(lock.id)}/{number:04d}.lock", lock.to_bytes()):
        number += 1
