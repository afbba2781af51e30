"""The words of a verdict: its sentence by form, the sentence of each domain, the rating. Numbers stay numbers in them.

A page that wants every number to be traceable takes the `Shown` parameters out of a sentence and makes its own of them.
Does not belong here: deciding (decide.py), pages (reporting).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from babel.numbers import format_decimal

from kkz_eval.evaluation.examination.placebos import IN_SPACE, IN_TIME
from kkz_eval.evaluation.verdict import say
from kkz_eval.evaluation.verdict.decide import Domain, Judged, Verdict
from kkz_eval.evaluation.verdict.evidence import Evidence, NegativeControl, against
from kkz_eval.evaluation.verdict.rules import Code, Form, Level, Rules
from kkz_eval.model.texts import AtTheBeginning, Joined, Language, Localised, Sentence

MAX_EXTRA_DECIMALS = 4
_MINUS = "−"


_OF_RATIOS = 2
"""Digits of "so many times", alike in the verdict and in the reasons of the rating."""


@dataclass(frozen=True)
class Shown(Localised):
    """A number in a sentence, with that many digits after the decimal sign."""

    value: float
    decimals: int = 0

    def in_language(self, language: Language) -> str:
        """The digits, with a true minus sign."""
        pattern = "#,##0" + ("." + "0" * self.decimals if self.decimals else "")
        return str(format_decimal(self.value, format=pattern, locale=language)).replace("-", _MINUS)


@dataclass(frozen=True)
class ShownYear(Shown):
    """A year: no separator of thousands."""

    def in_language(self, language: Language) -> str:
        """The digits."""
        return str(int(self.value))


@dataclass(frozen=True)
class ShownP(Shown):
    """A p value behind the letter p: "= 0,012", or "< 0,001"."""

    def in_language(self, language: Language) -> str:
        """The digits with their sign of comparison."""
        small = self.value < 0.001
        return f"{'<' if small else '='} {Shown(0.001 if small else self.value, 3).in_language(language)}"


def verdict_word(verdict: Verdict) -> Sentence:
    """The verdict in a few words."""
    return code_word(verdict.code)


def code_word(code: Code) -> Sentence:
    """The code of a verdict in a few words."""
    return say(f"verdict.{code}")


def why_word(written_form: str) -> Sentence | None:
    """Why there is no difference to tell, in a few words; None where one is told, or the indicator is none of the programme's results.

    written_form: as of Verdict.written_form.
    """
    form, _, failed = written_form.partition(":")
    if form in (Form.DIFFERENCE, Form.CONTEXT):
        return None
    return say(f"why.{failed or Form(form)}")


def verdict_sentence(verdict: Verdict, rules: Rules, unit: Localised, decimals: int) -> Localised:
    """What may be said of the outcome, in one or two sentences. unit, decimals: of a difference of the outcome."""
    return Joined(tuple(_said(verdict, rules, unit, decimals)), " ")


def range_sentence(verdict: Verdict, unit: Localised, decimals: int) -> Sentence:
    """Of an outcome of which it is open whether there is a difference, what the data fit."""
    if verdict.evidence.interval is None:
        return say("said.without_interval")
    digits = _decimals_of_range(verdict, decimals)
    low, high = (Shown(end, digits) for end in verdict.evidence.interval)
    return say("said.compatible", low=low, high=high, unit=unit)


def rating_sentence(verdict: Verdict) -> Sentence:
    """The rating, and which domains give it."""
    deciding = Joined(tuple(domain_word(domain) for domain in verdict.domains if domain.level is verdict.rating), ", ")
    return say("said.rating", rating=level_word(verdict.rating), domains=deciding)


def domain_sentence(domain: Domain, verdict: Verdict) -> Localised:
    """What a domain is rated by, a sentence for each quantity."""
    told = (judged for judged in domain.judged if judged.value is not False)  # that an audit can tell is said by its size
    return Joined(tuple(_judged(judged, verdict) for judged in told), " ")


def domain_word(domain: Domain) -> Sentence:
    """The name of a domain."""
    return say(f"domain.{domain.name}")


def level_word(level: Level) -> Sentence:
    """The name of a level."""
    return say(f"level.{level}")


def decimals_apart(value: float, limit: float, decimals: int) -> int:
    """The fewest digits, from `decimals` on, with which a number on one side of a limit is not written like the limit."""
    most = decimals + MAX_EXTRA_DECIMALS
    return next((digits for digits in range(decimals, most) if round(value, digits) != round(limit, digits)), most)


def _said(verdict: Verdict, rules: Rules, unit: Localised, decimals: int) -> Iterator[Sentence]:
    evidence, form = verdict.evidence, verdict.form
    match form:
        case Form.NOT_EXAMINED:
            missing = say("said.not_examined", what=say(f"what.{verdict.missing}"))
            yield missing if evidence.cause is None else say("said.not_examined_because", cause=evidence.cause)
        case Form.TOO_EARLY:
            years = Shown(_known(evidence.exposed_years))
            yield say("said.too_early", years=years, needed=Shown(rules.limit(form, "exposed_years")))
            if evidence.first_year is not None:
                yield say("said.first_year", year=ShownYear(evidence.first_year))
        case Form.FEW_CELLS:
            share, needed = 100 * _known(evidence.coverage_share), 100 * rules.limit(form, "coverage_share")
            yield say("said.few_cells", share=Shown(share, decimals_apart(share, needed, 1)), needed=Shown(needed))
        case Form.REFUSED_FEW_ASSIGNMENTS:
            smallest = ShownP(min(_known(evidence.smallest_p) * max(_known(evidence.n_primaries), 1), 1.0))
            yield say("said.refused_few_assignments", smallest=smallest, needed=Shown(rules.limit(form, "smallest_family_p"), 2))
        case Form.AUDIT:
            cases, allowed = 100 * _known(evidence.audit_size), 100 * rules.limit(form, "audit_size")
            yield say("said.audit", cases=Shown(cases, decimals_apart(cases, allowed, 1)), allowed=Shown(allowed))
        case Form.SLOPE:
            ratio = _known(evidence.slope_bias) / evidence.mde if evidence.mde else float("inf")
            yield say("said.slope", ratio=Shown(ratio, _OF_RATIOS), p=ShownP(_known(evidence.slope_p)))
        case Form.NEGATIVE_CONTROL:
            control = _vetoing(verdict, rules)
            size, p = Shown(_known(control.size_ratio), _OF_RATIOS), ShownP(_known(control.holm_p))
            yield say("said.negative_control", where=_where(control, evidence), ratio=size, p=p)
        case Form.DIFFERENCE:
            low, high = (Shown(end, decimals) for end in _known_interval(verdict))
            estimate = Shown(_known(evidence.estimate), decimals)
            yield say(
                "said.difference", verdict=AtTheBeginning(verdict_word(verdict)), estimate=estimate, unit=unit, low=low, high=high
            )
        case Form.CONDITION_FAILED:
            yield _condition_failed(verdict, rules)
            yield range_sentence(verdict, unit, decimals)
        case Form.LARGE_EXCLUDED:
            matters = Shown(_known(evidence.smallest_difference), _decimals_of_range(verdict, decimals))
            yield say("said.large_excluded", smallest=matters, unit=unit)
            yield range_sentence(verdict, unit, decimals)
        case Form.TOO_IMPRECISE:
            if evidence.mde is None:
                yield say("said.too_imprecise_unmeasured")
            else:
                yield say("said.too_imprecise", mde=Shown(evidence.mde, decimals), unit=unit)
            yield range_sentence(verdict, unit, decimals)
        case _:
            yield say(f"said.{form}")


def _condition_failed(verdict: Verdict, rules: Rules) -> Sentence:
    evidence, p = verdict.evidence, ShownP(_known(verdict.evidence.p_raw))
    if verdict.missing:
        return say("said.condition_unknown", p=p, what=say(f"what.{verdict.missing}"))
    parameters: dict[str, object] = {}
    match verdict.failed:
        case "family":
            parameters["p"] = ShownP(_known(evidence.p_adjusted))
        case "specifications":
            names = against(evidence.specifications, evidence.estimate) or ()
            # of a specification that leaves out each unit in turn, no unit is named
            asked = dict.fromkeys(name.partition(":")[0] for name in names)
            parameters["names"] = Joined(tuple(evidence.titles.get(name, name) for name in asked), ", ")
        case "breakdown":
            breakdown, needed = _known(evidence.breakdown), rules.limit(Form.DIFFERENCE, "breakdown")
            parameters["breakdown"] = Shown(breakdown, decimals_apart(breakdown, needed, 2))
            parameters["needed"] = Shown(needed, 1)
    return say("said.condition_failed", p=p, condition=say(f"condition.{verdict.failed}", **parameters))


def _decimals_of_range(verdict: Verdict, decimals: int) -> int:
    """Digits of a range: of one that stays below what matters, so many that it is not written as reaching it."""
    if verdict.form is not Form.LARGE_EXCLUDED:
        return decimals
    far = max(map(abs, _known_interval(verdict)))
    return decimals_apart(far, _known(verdict.evidence.smallest_difference), decimals)


def _vetoing(verdict: Verdict, rules: Rules) -> NegativeControl:
    """The first negative control on which the row rests."""
    entry = next(entry for entry in rules.rows if entry.form is Form.NEGATIVE_CONTROL)
    return next(control for control in verdict.evidence.negative_controls or () if entry.holds_of(control))


def _where(control: NegativeControl, evidence: Evidence) -> Localised:
    """Where a difference was found that cannot be the programme's."""
    if control.name in (IN_TIME, IN_SPACE):
        return say(f"where.{control.name}")
    return say("where.negative_control", name=evidence.titles.get(control.name, control.name))


def _judged(judged: Judged, verdict: Verdict) -> Sentence:
    if judged.value is None:
        return say("judged.unknown", what=say(f"what.{judged.what}"))
    evidence = verdict.evidence
    match judged.what:
        case "break_state":
            return say(f"judged.break_{judged.value}", value=Shown(evidence.n_breaks or 0))
        case "audit_cannot_tell":
            return say("judged.audit_cannot_tell")
        case "lock_state":
            return say(f"judged.lock_{judged.value}", value=Shown(evidence.n_deviations or 0))
        case "audit_size" | "share_compared" | "missing_share":
            return say(f"judged.{judged.what}", value=Shown(100 * float(judged.value), 1))
        case "years_before" | "co_treatments_against":
            return say(f"judged.{judged.what}", value=Shown(float(judged.value)))
        case _:
            return say(f"judged.{judged.what}", value=Shown(float(judged.value), _OF_RATIOS))


def _known(value: float | None) -> float:
    """A number that the form presupposes."""
    assert value is not None
    return value


def _known_interval(verdict: Verdict) -> tuple[float, float]:
    assert verdict.evidence.interval is not None
    return verdict.evidence.interval
