"""How an evaluation works, for readers: methods, verdicts, what a rating looks at, and the statistical checks, in the words that reports use.

Belongs here: the texts of estimators, verdict and checks brought together. Does not belong here: their words (evaluation, reporting), pages.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from kkz_eval.evaluation import say as say_of_evaluation
from kkz_eval.evaluation.estimators.methods import REPORTED_METHODS
from kkz_eval.evaluation.plan import Checks
from kkz_eval.evaluation.problems import Figure
from kkz_eval.evaluation.verdict import say as say_of_verdict
from kkz_eval.evaluation.verdict.rules import DOMAINS, Code, Criterion, rules
from kkz_eval.evaluation.verdict.sentences import code_word
from kkz_eval.line import say
from kkz_eval.line.registry_page import decision_lines
from kkz_eval.model.texts import Localised
from kkz_eval.reporting import say as say_of_report

LIMITS = ("trends", "interval", "means", "transfer", "selection", "exposure")
"""What every report says that it does not show, as keys of its texts."""

_VERDICTS = (Code.DIFFERENCE_DESIRED, Code.DIFFERENCE_UNDESIRED, Code.NOT_DISTINGUISHABLE, Code.NOT_COMPARABLE, Code.NONE)
_THRESHOLDS = {
    "balance": "smd",
    "overlap": "overlap",
    "pre_trends": "pre_trend",
    "treated_clusters": "treated_clusters",
    "agreement": "agreement",
}


@dataclass(frozen=True)
class Explained:
    """Something with a name, and what it means. more: further sentences."""

    name: Localised
    means: Localised
    more: tuple[Localised, ...] = ()


def methods() -> tuple[Explained, ...]:
    """The methods whose estimates reports show, and what each does."""
    return tuple(Explained(say_of_report(f"methods.{name}"), say_of_report(f"explained.{name}")) for name in REPORTED_METHODS)


def verdicts() -> tuple[Explained, ...]:
    """The verdicts that there are, and what each lets be said."""
    return tuple(Explained(code_word(code), say(f"verdict_means.{code}")) for code in _VERDICTS)


def table_of_the_verdict() -> tuple[Localised, ...]:
    """The rows by which a verdict is given, the first that applies decides."""
    return tuple(decision_lines())


def domains() -> tuple[Explained, ...]:
    """The domains in which a comparison may be biased, and what is looked at in each."""
    found = rules().domains
    return tuple(
        Explained(
            say_of_verdict(f"domain.{name}"),
            say(f"domain_asks.{name}"),
            _looked_at(found[name]),
        )
        for name in DOMAINS
    )


def _looked_at(criteria: Iterable[Criterion]) -> tuple[Localised, ...]:
    """What the criteria of a domain look at, each thing once: of the audit two quantities have the same words."""
    said = (say_of_verdict(f"what.{criterion.what}") for criterion in criteria)
    return tuple({sentence.in_language("de"): sentence for sentence in said}.values())


def statistical_checks() -> tuple[Explained, ...]:
    """The checks of a plan, what each asks, and what is said where it is met at the limit that a plan has by default."""
    limits = Checks()
    return tuple(
        Explained(
            say(f"check_asks.{name}.name"),
            say(f"check_asks.{name}.asks"),
            (say_of_evaluation(f"checks.{name}.met", limit=Figure(getattr(limits, of_plan))),),
        )
        for name, of_plan in _THRESHOLDS.items()
    )


def limits() -> tuple[Localised, ...]:
    """What no report shows."""
    return tuple(say_of_report(f"limits.{name}") for name in LIMITS)
