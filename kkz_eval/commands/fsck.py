"""The commands `fsck` and `deliveries judge`: what is kept against its digests, and a verdict given anew; what they print, and their exit codes.

Does not belong here: what is wrong with an object (line.soundness), judging (line.intake).
"""

from __future__ import annotations

import json
from collections import Counter

from kkz_eval.commands import say
from kkz_eval.commands.terminal import telling_beside
from kkz_eval.contracts.load import load_contracts
from kkz_eval.line.alone import held
from kkz_eval.line.installation import open_installation
from kkz_eval.line.intake import judge_again
from kkz_eval.line.soundness import Fault, Kind, Looked, look, repair
from kkz_eval.model.verdicts import State
from kkz_eval.settings import Settings
from kkz_eval.storage.store import Store
from kkz_eval.storage.writer import other_writer, require_home, writing_alone


def check_home(settings: Settings, form: str) -> int:
    """Print what is damaged, missing or left over in a home, each with its remedy; 0 nothing, 1 something.

    form: table | json. Raises UserError where there is no home, or its contracts are not valid.
    """
    require_home(settings.home)
    writer = other_writer(settings.home)
    if writer is not None:
        telling_beside(settings)(say("fsck.while_written", writer=writer))
    looked = look(Store.at(settings.store), load_contracts(settings.contracts))
    _print(settings, form, looked, ())
    return 1 if looked.faults else 0


def repair_home(settings: Settings, form: str) -> int:
    """The same, and remove what is derived and will be made again; 0 nothing is left to do by hand, 1 something."""
    require_home(settings.home)
    store, contracts = Store.at(settings.store), load_contracts(settings.contracts)
    with writing_alone(settings.home, "kkz-eval fsck --repair", telling_beside(settings)):
        looked = look(store, contracts)
        removed = repair(store, looked.faults)
    _print(settings, form, looked, removed)
    return 1 if len(removed) < len(looked.faults) else 0


def judge_content(settings: Settings, sha256: str) -> int:
    """Judge a content anew on purpose and print the verdict before and now; 0 no error, 1 errors."""
    require_home(settings.home)
    with held(open_installation(settings), "kkz-eval deliveries judge", telling_beside(settings)) as alone:
        judged = judge_again(alone, sha256.strip().lower())
    for before, now in judged:
        states = {"before": (State.PENDING if before is None else before.state).said, "now": now.state.said}
        print(say("fsck.judged", contract=now.contract_id, errors=now.n_errors, **states).in_language(settings.language))
    return 1 if any(now.n_errors for _, now in judged) else 0


def _print(settings: Settings, form: str, looked: Looked, removed: tuple[Fault, ...]) -> None:
    language = settings.language
    if form == "json":
        rows = [
            {
                "kind": fault.kind.value,
                "key": fault.key,
                "what": fault.what.in_language(language),
                "remedy": fault.remedy.in_language(language),
                "removed": fault in removed,
            }
            for fault in looked.faults
        ]
        print(json.dumps({"objects": looked.objects, "faults": rows}, ensure_ascii=False, indent=1))
        return
    for fault in looked.faults:
        kind = say(f"fsck.{fault.kind}").in_language(language)
        end = say("fsck.removed").in_language(language) if fault in removed else ""
        print(
            " ".join(
                filter(None, (f"{kind}: {fault.key}.", fault.what.in_language(language), fault.remedy.in_language(language), end))
            )
        )
    count = Counter(fault.kind for fault in looked.faults)
    numbers = {kind.value: count[kind] for kind in Kind}
    print(
        say(
            "fsck.found" if looked.faults else "fsck.clean", home=str(settings.home), objects=looked.objects, **numbers
        ).in_language(language)
    )
