"""The one page before the report: strip, headline, what was compared, a row for each primary outcome. For those who read nothing else.

Every sentence follows by rule from the verdict and its form; outcomes stand in the order of the chain, kinds of verdict in one fixed
order, never by what is wished for. Does not belong here: the parts below the rows (front_parts), how a result is told in persons
(in_children), the bar (figures.range_bar).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from kkz_eval import indicators
from kkz_eval.evaluation.verdict import say as say_of_verdict
from kkz_eval.evaluation.verdict.decide import Verdict
from kkz_eval.evaluation.verdict.evidence import Evidence
from kkz_eval.evaluation.verdict.rules import Code, Form, rules
from kkz_eval.evaluation.verdict.sentences import decimals_apart, verdict_word
from kkz_eval.model.texts import Language
from kkz_eval.reference.unit_groups import unit_words
from kkz_eval.reporting import in_children, numbers, say, wording
from kkz_eval.reporting.document import Figure, Front, Inline, Parts, Quoted, Result, identifier_part, join, phrase, plain
from kkz_eval.reporting.figures.range_bar import RangeBar, draw_range_bar, reach_of
from kkz_eval.reporting.inputs import OutcomeInfo, ReportInputs, in_language
from kkz_eval.reporting.sections.front_parts import front_parts
from kkz_eval.reporting.sections.parts import (
    cautions_of,
    finding_of,
    has_values,
    insert,
    is_simulated,
    label_of,
    of_role,
    rating_of,
    scope_of,
    source_of,
    written_day,
)

NUMBER_WORDS = ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


class Kind(StrEnum):
    """What a verdict comes to for a reader, in the order in which the headline tells them."""

    DIFFERENCE = "difference"
    OPEN = "open"
    NOT_COMPARABLE = "not_comparable"
    NONE = "none"


@dataclass(frozen=True)
class Told:
    """A primary outcome and what may be said of it."""

    outcome: OutcomeInfo
    found: wording.Finding

    @property
    def kind(self) -> Kind:
        """By the verdict; without an estimate there is none."""
        if not self.found.is_estimated:
            return Kind.NONE
        match self.found.verdict.code:
            case Code.DIFFERENCE_DESIRED | Code.DIFFERENCE_UNDESIRED:
                return Kind.DIFFERENCE
            case Code.NOT_DISTINGUISHABLE:
                return Kind.OPEN
            case Code.NOT_COMPARABLE:
                return Kind.NOT_COMPARABLE
            case _:
                return Kind.NONE


def front_of(inputs: ReportInputs, language: Language) -> Front:
    """The page in one language. Raises UserError where a text of the plan is missing in it."""
    told = tuple(Told(outcome, finding_of(inputs, outcome)) for outcome in in_order_of_the_chain(inputs))
    kinds = {kind: tuple(one.outcome for one in told if one.kind is kind) for kind in Kind}
    results = _results(told, inputs, language)
    return Front(
        strip=tuple(_strip(inputs, language)),
        headline=headline([one.kind for one in told], inputs, language),
        compared=_compared(inputs, language),
        results=results,
        parts=front_parts(inputs, {str(kind): outcomes for kind, outcomes in kinds.items()}, language),
        reading=_reading(told, language),
    )


def in_order_of_the_chain(inputs: ReportInputs) -> tuple[OutcomeInfo, ...]:
    """The primary outcomes from birth to work; those at no stage come last, in the order of the plan."""
    stages = {name: position for position, stage in enumerate(inputs.chain) for name in stage.evaluated}
    primary = of_role(inputs, "primary")
    return tuple(sorted(primary, key=lambda outcome: stages.get(outcome.indicator, len(inputs.chain))))


def headline(kinds: list[Kind], inputs: ReportInputs, language: Language) -> Parts:
    """How many verdicts of each kind, in words: "Ein Unterschied, drei offene Fragen"."""
    if not kinds:
        context_only = bool(inputs.outcomes) and all(outcome.role == "context" for outcome in inputs.outcomes)
        return phrase("front.headline.context_only" if context_only else "front.headline.no_primary", language)
    counts = Counter(kinds)
    if counts[Kind.NONE] == len(kinds):
        key = "one_without" if len(kinds) == 1 else "all_without"
        said = _counted(key, len(kinds), language)
    else:
        said = ", ".join(
            _counted(f"{kind}_one" if counts[kind] == 1 else f"{kind}_more", counts[kind], language)
            for kind in Kind
            if counts[kind]
        )
    return (said[0].upper() + said[1:],)


def _counted(key: str, n: int, language: Language) -> str:
    written = 2 <= n < 2 + len(NUMBER_WORDS)
    word = say(f"front.number.{NUMBER_WORDS[n - 2]}").in_language(language) if written else str(n)
    return (
        say(f"front.headline.{key}", n=word).in_language(language)
        if n > 1
        else say(f"front.headline.{key}").in_language(language)
    )


def _strip(inputs: ReportInputs, language: Language) -> Iterator[Parts]:
    """What a reader must know of the paper before reading it."""
    if inputs.simulated:
        yield phrase("front.strip.simulated", language)
    edition = inputs.edition
    if edition is None:
        yield phrase("front.strip.not_kept", language)
    else:
        yield phrase("front.strip.edition", language, n=numbers.count("front.edition", edition.number, language))
        yield (written_day(edition.day.isoformat(), language),)
        yield phrase("front.strip.draft" if inputs.simulated else "front.strip.draft_unless", language)
    if inputs.as_of is not None:
        yield phrase("front.strip.as_of", language, day=written_day(inputs.as_of.isoformat(), language))
    publisher, contact = ("", "") if edition is None else (edition.publisher, edition.contact)
    yield (
        phrase("front.strip.publisher", language, name=Quoted(publisher))
        if publisher
        else phrase("front.strip.no_publisher", language)
    )
    yield phrase("front.strip.contact", language, name=Quoted(contact)) if contact else phrase("front.strip.no_contact", language)


def _compared(inputs: ReportInputs, language: Language) -> Parts:
    """Who with whom, over which years, in one sentence."""
    if not inputs.outcomes:
        return phrase("front.compared.nothing", language)
    sizes = {
        name: numbers.count(f"front.compared.{name}", int((inputs.groups["group"] == name).sum()), language)
        for name in ("treated", "reference")
    }
    primary = of_role(inputs, "primary") or inputs.outcomes
    starts: list[Inline] = []
    for position, cohort in enumerate(sorted(inputs.treated_cohorts), start=1):
        starts += [*([", "] if starts else []), numbers.year(f"front.compared.start-{position}", cohort)]
    reference = inputs.texts.get("reference_group")
    who: Parts = ()
    if reference is not None:
        who = phrase(
            "front.compared.who", language, words=Quoted(in_language(reference, language, "texts.reference_group").rstrip("."))
        )
    sentence = phrase(
        "front.compared.sentence" if starts else "front.compared.without_start",
        language,
        who="\x02",
        units=unit_words(inputs.level, language)["all_units"],
        first=numbers.year("front.compared.first", min(outcome.window[0] for outcome in primary)),
        last=numbers.year("front.compared.last", max(outcome.window[1] for outcome in primary)),
        **sizes,
        **({"starts": "\x01"} if starts else {}),
    )
    return tuple(piece for part in insert(sentence, tuple(starts)) for piece in (who if part == "\x02" else (part,)))


def _results(told: tuple[Told, ...], inputs: ReportInputs, language: Language) -> tuple[Result, ...]:
    """A row for each outcome. All bars that have a smallest difference that matters are drawn in multiples of it, on one axis."""
    reach = reach_of(
        [(one.found.verdict.evidence.interval, one.found.verdict.evidence.smallest_difference) for one in told if _has_bar(one)]
    )
    return tuple(_result(one, reach, inputs, language) for one in told)


def _reading(told: tuple[Told, ...], language: Language) -> Parts:
    """How to read the bars, as far as there are any."""
    smallest = [one.found.verdict.evidence.smallest_difference for one in told if _has_bar(one)]
    if not smallest:
        return ()
    return join(phrase("front.reading", language), phrase("front.reading_ground", language) if any(smallest) else ())


def _has_bar(told: Told) -> bool:
    return told.kind in (Kind.DIFFERENCE, Kind.OPEN) and told.found.verdict.evidence.interval is not None


def _result(told: Told, reach: float, inputs: ReportInputs, language: Language) -> Result:
    outcome, found = told.outcome, told.found
    scope = scope_of("front", inputs, outcome)
    stage = next((stage.stage for stage in inputs.chain if outcome.indicator in stage.evaluated), None)
    level = in_children.level_of(wording.group_means(inputs.panel, inputs.groups, outcome, "treated"))
    rating = rating_of(inputs, outcome, language)
    cautions = cautions_of(inputs, outcome, scope, language) if told.kind in (Kind.DIFFERENCE, Kind.OPEN) else ()
    word = verdict_word(found.verdict) if found.is_estimated else say_of_verdict(f"verdict.{Code.NONE}")
    return Result(
        identifier=scope,
        station=() if stage is None else (Quoted(indicators.say(f"stages.{stage}").in_language(language)),),
        label=(label_of(outcome, language),),
        children=join(_said(told, level, scope, inputs, language), *cautions),
        bar=_bar(told, level, reach, scope, inputs, language) if _has_bar(told) else None,
        verdict=(word.in_language(language),),
        rating=phrase("front.rating", language, rating=rating) if rating else (),
        units=_units(told, scope, inputs, language),
    )


def _said(told: Told, level: in_children.Level | None, scope: str, inputs: ReportInputs, language: Language) -> Parts:
    """The sentence of the verdict, in persons."""
    outcome, found = told.outcome, told.found
    if not has_values(inputs, outcome):
        return phrase("front.no_verdict.no_values", language)
    if not found.is_estimated and (found.verdict.code is not Code.NONE or found.verdict.form is Form.NOT_EXAMINED):
        return phrase("front.no_verdict.missing" if found.row is None else "front.no_verdict.refused", language)
    if told.kind in (Kind.NOT_COMPARABLE, Kind.NONE):
        return _no_verdict(found.verdict, scope, language)
    evidence = found.verdict.evidence
    if evidence.interval is None:
        return phrase("front.open.without_interval", language)
    estimate = evidence.estimate if told.kind is Kind.DIFFERENCE else None
    measure = in_children.measure_of(outcome, level, evidence.interval, estimate, evidence.smallest_difference)
    units = unit_words(inputs.level, language)["units"]
    counted = in_children.of_how_many(measure, outcome, level, units, scope, language)
    if told.kind is Kind.DIFFERENCE and evidence.estimate is not None:
        low, high = evidence.interval
        return join(in_children.difference(measure, outcome, (low, evidence.estimate, high), scope, language), counted)
    why = _why_open(found.verdict, measure, outcome, f"{scope}.why", language)
    return join(in_children.compatible(measure, outcome, evidence.interval, scope, language), why, counted)


def _no_verdict(verdict: Verdict, scope: str, language: Language) -> Parts:
    """Why there is none, in a sentence of common words; no estimate."""
    evidence, table = verdict.evidence, rules()
    shown: dict[str, Inline] = {}
    match verdict.form:
        case Form.AUDIT:
            shown["cases"] = numbers.count(f"{scope}.cases", 100 * (evidence.audit_size or 0.0), language)
        case Form.TOO_EARLY:
            shown["years"] = numbers.count(f"{scope}.years", evidence.exposed_years or 0, language)
            shown["needed"] = numbers.count(f"{scope}.needed", table.limit(verdict.form, "exposed_years"), language)
        case Form.FEW_CELLS:
            share, needed = 100 * (evidence.coverage_share or 0.0), 100 * table.limit(verdict.form, "coverage_share")
            shown["share"] = numbers.measured(f"{scope}.share", share, decimals_apart(share, needed, 0), language)
            shown["needed"] = numbers.count(f"{scope}.needed", needed, language)
        case _:
            pass
    said = phrase(f"front.no_verdict.{verdict.form}", language, **shown)
    if verdict.form is Form.TOO_EARLY and evidence.first_year is not None:
        return join(
            said, phrase("front.no_verdict.first_year", language, year=numbers.year(f"{scope}.from", evidence.first_year))
        )
    return said


def _why_open(verdict: Verdict, measure: in_children.Measure, outcome: OutcomeInfo, scope: str, language: Language) -> Parts:
    evidence = verdict.evidence
    match verdict.form:
        case Form.CONDITION_FAILED:
            return phrase("front.open.unknown" if verdict.missing else f"front.open.{verdict.failed}", language)
        case Form.LARGE_EXCLUDED if evidence.smallest_difference is not None:
            amount = in_children.amount(measure, outcome, evidence.smallest_difference, scope, language)
            return insert(phrase("front.open.large_excluded", language, amount="\x01"), amount)
        case _ if _can_be_told(evidence, measure) and evidence.mde is not None:
            amount = in_children.amount(measure, outcome, evidence.mde, scope, language)
            return insert(phrase("front.open.too_imprecise", language, amount="\x01"), amount)
        case _:
            return phrase("front.open.imprecise", language)


def _can_be_told(evidence: Evidence, measure: in_children.Measure) -> bool:
    return evidence.mde is not None and measure.rounded(evidence.mde) != 0


def _units(told: Told, scope: str, inputs: ReportInputs, language: Language) -> Parts:
    """On how many units the row rests; nothing without an estimate."""
    row = told.found.row
    if row is None or not told.found.is_estimated:
        return ()
    counts = {
        name: numbers.count(f"{scope}.{column}", row[column], language)
        for name, column in (("n", "n_units"), ("treated", "n_treated"), ("control", "n_control"))
    }
    return phrase("front.units", language, units=unit_words(inputs.level, language)["units"], **counts)


def _bar(
    told: Told, level: in_children.Level | None, reach: float, scope: str, inputs: ReportInputs, language: Language
) -> Figure:
    outcome, evidence = told.outcome, told.found.verdict.evidence
    assert evidence.interval is not None
    estimate = evidence.estimate if told.kind is Kind.DIFFERENCE else None
    smallest = evidence.smallest_difference
    measure = in_children.measure_of(outcome, level, evidence.interval, estimate, smallest)
    shown = RangeBar(
        label=in_language(outcome.label, language, outcome.indicator),
        interval=evidence.interval,
        estimate=estimate,
        smallest=smallest,
        reach=reach,
        ends=(
            plain(in_children.end(measure, evidence.interval[0], "low", language)),
            plain(in_children.end(measure, evidence.interval[1], "high", language)),
        ),
        marks=(
            plain(in_children.mark(measure, evidence.interval[0], language)),
            plain(in_children.mark(measure, evidence.interval[1], language)),
        ),
        matters="" if smallest is None else plain(in_children.amount(measure, outcome, smallest, "matters", language)),
        whom=plain(in_children.whom(measure, outcome, language)),
        unit=in_language(outcome.difference_unit, language, outcome.indicator),
        desirable=outcome.desirable,
        simulated=is_simulated(inputs, outcome),
    )
    identifier = f"front.bar-{inputs.outcomes.index(outcome) + 1}-{identifier_part(outcome.indicator)}"
    caption = phrase("front.bar.own_scale", language)
    if smallest is not None:
        amount = in_children.amount(measure, outcome, smallest, identifier, language)
        caption = insert(phrase("front.bar.matters", language, amount="\x01"), amount)
    return replace(draw_range_bar(identifier, shown, caption, language), source=source_of(inputs, [outcome], language))
