"""What the audit says of a study's comparison: how often its test would find something without any programme, over the outcomes.

Belongs here: the largest size of each comparison, and its sentence. Does not belong here: sizes (evaluation.examination), the verdict on
an outcome, which takes its own size.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from kkz_eval.evaluation.examination.blind import BLIND, comparisons_of
from kkz_eval.evaluation.examination.chance import names_of
from kkz_eval.evaluation.plan import Comparison, Plan
from kkz_eval.evaluation.verdict.gather import FULL
from kkz_eval.evaluation.verdict.rules import Form, rules
from kkz_eval.evaluation.verdict.sentences import Shown
from kkz_eval.line import say
from kkz_eval.model.texts import Joined, Localised


@dataclass(frozen=True)
class Tried:
    """A comparison as the audit tried it. form: full | blind; size: the largest over outcomes and laws, None where none has one; indicator: the
    outcome of that size; n_unknown: how many of n_rows have none.
    """

    form: str
    comparison: Comparison
    own: bool
    size: float | None
    indicator: str
    n_rows: int
    n_unknown: int

    @property
    def sentence(self) -> Localised:
        """What was tried, how often it errs and what that means; that nothing can be said where nothing can."""
        held = (*self.comparison.within, *self.comparison.adjust)
        what = say("audit.own" if self.own else "audit.other", held=", ".join(held) or say("audit.nothing"))
        found: Localised
        if self.size is None:
            found = say("audit.cannot_tell")
        else:
            (criterion,) = (one for one in rules().domains["confounding"] if one.what == "audit_size")
            cases, allowed = Shown(100 * self.size, 1), Shown(100 * rules().limit(Form.AUDIT, "audit_size"))
            found = say(f"audit.{self.form}.{criterion.level(self.size)}", cases=cases, indicator=self.indicator, allowed=allowed)
        unknown = (
            (say("audit.unknown", unknown=self.n_unknown, rows=self.n_rows),) if self.size is not None and self.n_unknown else ()
        )
        return Joined((say(f"audit.form.{self.form}", what=what), found, *unknown), " ")


def tried(audit: pd.DataFrame, plan: Plan) -> Iterator[Tried]:
    """The plan's own comparison, full and blind, then the named others, which are tried blind only.

    audit: AUDIT_COLUMNS. Outcomes of context are left out: no finding rests on them.
    """
    asked = {outcome.indicator for outcome in plan.outcomes if outcome.role != "context"}
    for form, comparison in ((FULL, plan.comparison), *((BLIND, one) for one in comparisons_of(plan))):
        held = (audit["within"] == names_of(comparison.within)) & (audit["adjust"] == names_of(comparison.adjust))
        rows = audit[held & (audit["form"] == form) & audit["indicator"].isin(asked)]
        told = rows[(rows["status"] == "ok") & rows["size"].notna()]
        worst = next(iter(told.nlargest(1, "size").to_dict("records")), None)
        yield Tried(
            form=form,
            comparison=comparison,
            own=comparison == plan.comparison,
            size=None if worst is None else float(worst["size"]),
            indicator="" if worst is None else str(worst["indicator"]),
            n_rows=len(rows),
            n_unknown=len(rows) - len(told),
        )
