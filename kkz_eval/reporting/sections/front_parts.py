"""The parts below the rows of the one page: what arrives, where it is stuck, what comes next, what may be said, what changed.

What arrives and where it is stuck describes what was delivered; next steps follow by rule (next_steps). Kinds of verdict come from front.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from kkz_eval import indicators
from kkz_eval.evaluation.verdict.rules import Form
from kkz_eval.indicators.offers import ACROSS, Offers
from kkz_eval.model.texts import Language
from kkz_eval.model.verdicts import OFFICIAL, State
from kkz_eval.reporting import numbers
from kkz_eval.reporting.document import Block, Inline, Listing, Paragraph, Parts, Quoted, Section, join, phrase
from kkz_eval.reporting.inputs import OutcomeInfo, ReportInputs
from kkz_eval.reporting.sections.chain import reach_percent
from kkz_eval.reporting.sections.edition import since_last
from kkz_eval.reporting.sections.next_steps import NOT_COUNTED, Found, found_in, rule, said_of, what_of
from kkz_eval.reporting.sections.parts import cautions_of, finding_of, insert, listed, rating_of, scope_of

Kinds = Mapping[str, tuple[OutcomeInfo, ...]]
"""The primary outcomes by the kind of their verdict: difference | open | not_comparable | none."""


def front_parts(inputs: ReportInputs, kinds: Kinds, language: Language) -> tuple[Section, ...]:
    """The five parts, in the order of document.Front."""
    blocks = {
        "arrives": _arrives(inputs, language),
        "stuck": _stuck(inputs, kinds, language),
        "next": _next(inputs, language),
        "say": _say(inputs, kinds, language),
        "changed": _changed(inputs, language),
    }
    return tuple(Section(f"front.{name}", phrase(f"front.{name}.title", language), said) for name, said in blocks.items())


def _arrives(inputs: ReportInputs, language: Language) -> tuple[Block, ...]:
    offers = inputs.offers
    if offers is None or (offers.services is None and offers.network is None):
        return (Paragraph(phrase("front.arrives.nothing", language)),)
    items = tuple(said for said in (_reach(offers, inputs, language), _handover(offers, language)) if said)
    blocks: list[Block] = [Paragraph(phrase("front.arrives.described", language), "note")]
    return (*blocks, Listing(items)) if items else (*blocks, Paragraph(phrase("front.arrives.no_figures", language)))


def _reach(offers: Offers, inputs: ReportInputs, language: Language) -> Parts:
    """Reached per hundred eligible, stage by stage, each with of how many municipalities its figures are."""
    if offers.services is None:
        return phrase("front.arrives.no_services", language)
    told: list[Parts] = []
    for row in offers.stages:
        percent = reach_percent(row.reach, inputs.smallest_cell)
        if row.stage == ACROSS or row.reach is None or percent is None:
            continue
        shown = numbers.count(f"front.reach.{row.stage}", percent, language)
        n = numbers.count(f"front.reach.{row.stage}.units", row.reach.units, language)
        told.append(phrase("front.arrives.reach_at", language, stage=_stage(row.stage, language), percent=shown, n=n))
    if not told:
        return ()
    delivered = _delivered(offers.services.units, offers.owed, offers.services.year, "front.services", language)
    return insert(phrase("front.arrives.reach", language, items="\x01", **delivered), listed(told))


def _handover(offers: Offers, language: Language) -> Parts:
    """Where the handover is regulated, stage by stage, of those that say it."""
    if offers.network is None:
        return phrase("front.arrives.no_network", language)
    told: list[Parts] = []
    for row in offers.stages:
        if row.tied is None or not row.tied.of:
            continue
        yes, of = (
            numbers.count(f"front.tied.{row.stage}.{n}", v, language) for n, v in (("yes", row.tied.yes), ("of", row.tied.of))
        )
        told.append(phrase("front.arrives.tied_at", language, stage=_stage(row.stage, language), yes=yes, of=of))
    if not told:
        return ()
    delivered = _delivered(offers.network.units, offers.owed, offers.network.year, "front.network", language)
    return insert(phrase("front.arrives.tied", language, items="\x01", **delivered), listed(told))


def _delivered(units: int, owed: int, year: int, scope: str, language: Language) -> dict[str, Inline]:
    return {
        "n": numbers.count(f"{scope}.n", units, language),
        "owed": numbers.count(f"{scope}.owed", owed, language),
        "year": numbers.year(f"{scope}.year", year),
    }


def _stuck(inputs: ReportInputs, kinds: Kinds, language: Language) -> tuple[Block, ...]:
    """In practice, in the data, in the comparison: always all three, so that nothing looks fine because nobody looked."""
    found = {step.trigger: one for step, one in found_in(inputs, rule())}
    comparison = _in_the_comparison(inputs, kinds, found.get("too_blurred"), language)
    items = (_in_practice(inputs, found, language), _in_the_data(inputs, language), comparison)
    return (Listing(items),)


def _in_practice(inputs: ReportInputs, found: Mapping[str, Found], language: Language) -> Parts:
    offers = inputs.offers
    if offers is None or (offers.services is None and offers.network is None):
        return phrase("front.stuck.practice_unknown", language)
    told: list[Parts] = []
    for trigger in ("low_reach", "handover_gap", "no_service"):
        if trigger not in found:
            continue
        one, scope = found[trigger], f"front.stuck.{trigger}"
        counts: dict[str, Inline] = {
            name: numbers.count(f"{scope}.{name}", value, language)
            for name, value in (("n", one.n), ("of", one.of), ("percent", one.percent))
            if value is not None
        }
        said = phrase(f"front.stuck.{trigger}", language, what="\x01", **counts)
        told.append(insert(said, what_of(one, inputs, language)))
    return join(phrase("front.stuck.practice", language), *told) if told else phrase("front.stuck.practice_none", language)


def _in_the_data(inputs: ReportInputs, language: Language) -> Parts:
    rows = inputs.deliveries
    owed = rows if rows.empty else rows[~rows["status"].isin([*OFFICIAL, State.NOT_OWED])]
    if owed.empty:
        return phrase("front.stuck.data_unknown", language)
    n = int(owed["status"].isin(list(NOT_COUNTED)).sum())
    of = numbers.count("front.stuck.data.of", len(owed), language)
    if not n:
        return phrase("front.stuck.data_none", language, of=of)
    units = owed.loc[owed["status"].isin(list(NOT_COUNTED)), "unit_id"].nunique()
    shown = {
        "n": numbers.count("front.stuck.data.n", n, language),
        "units": numbers.count("front.stuck.data.units", units, language),
    }
    return phrase("front.stuck.data", language, of=of, **shown)


def _in_the_comparison(inputs: ReportInputs, kinds: Kinds, blurred: Found | None, language: Language) -> Parts:
    said = [
        insert(phrase(f"front.stuck.{kind}", language, labels="\x01"), what_of(Found(outcomes=kinds[kind]), inputs, language))
        for kind in ("not_comparable", "none")
        if kinds[kind]
    ]
    if blurred is not None:
        said.append(insert(phrase("front.stuck.too_blurred", language, what="\x01"), what_of(blurred, inputs, language)))
    told = () if blurred is None else blurred.outcomes
    unsharp = tuple(one for one in kinds["open"] if one not in told and _is_too_imprecise(inputs, one))  # as their rows say
    if unsharp:
        said.append(
            insert(phrase("front.stuck.unsharp", language, what="\x01"), what_of(Found(outcomes=unsharp), inputs, language))
        )
    if said:
        return join(phrase("front.stuck.comparison", language), *said)
    return phrase("front.stuck.comparison_none" if any(kinds.values()) else "front.stuck.comparison_unknown", language)


def _is_too_imprecise(inputs: ReportInputs, outcome: OutcomeInfo) -> bool:
    return finding_of(inputs, outcome).verdict.form is Form.TOO_IMPRECISE


def _next(inputs: ReportInputs, language: Language) -> tuple[Block, ...]:
    steps = found_in(inputs, rule())[: rule().at_most]
    if not steps:
        return (Paragraph(phrase("front.next.none", language)),)
    items = tuple(said_of(step, found, f"front.next.{step.id}", inputs, language) for step, found in steps)
    return (Listing(items), Paragraph(phrase("front.next.by_rule", language), "note"))


def _say(inputs: ReportInputs, kinds: Kinds, language: Language) -> tuple[Block, ...]:
    may = list(_differences(inputs, kinds["difference"], language))
    may_not: list[Parts] = [phrase("front.say.not_simulated", language)] if inputs.simulated else []
    if kinds["difference"]:
        may_not.append(phrase("front.say.not_difference", language))
    for kind in ("open", "not_comparable", "none"):
        if kinds[kind]:
            may.append(
                insert(
                    phrase(f"front.say.{kind}", language, labels="\x01"), what_of(Found(outcomes=kinds[kind]), inputs, language)
                )
            )
    if kinds["open"]:
        may_not.append(phrase("front.say.not_open", language))
    if kinds["not_comparable"] or kinds["none"]:
        may_not.append(phrase("front.say.not_a_number", language))
    may_not.append(phrase("front.say.never", language))
    told = (Paragraph(phrase("front.say.may", language)), Listing(tuple(may))) if may else ()
    return (*told, Paragraph(phrase("front.say.may_not", language)), Listing(tuple(may_not)))


def _differences(inputs: ReportInputs, outcomes: Sequence[OutcomeInfo], language: Language) -> Iterator[Parts]:
    """What may be quoted of differences, those of which the same is known in one sentence: its direction, risk of bias and cautions."""
    alike: dict[tuple[str, str, tuple[Parts, ...]], tuple[OutcomeInfo, ...]] = {}
    for outcome in outcomes:
        cautions = cautions_of(inputs, outcome, scope_of("front.say", inputs, outcome), language)
        known = (_side(inputs, outcome), rating_of(inputs, outcome, language), cautions)
        alike[known] = (*alike.get(known, ()), outcome)
    for side in ("more", "fewer"):
        for (direction, rating, cautions), named in alike.items():
            if direction == side:
                said = phrase(f"front.say.{side}", language, labels="\x01", rating=rating)
                yield join(insert(said, what_of(Found(outcomes=named), inputs, language)), *cautions)


def _side(inputs: ReportInputs, outcome: OutcomeInfo) -> str:
    return "more" if (finding_of(inputs, outcome).verdict.evidence.estimate or 0.0) > 0 else "fewer"


def _changed(inputs: ReportInputs, language: Language) -> tuple[Block, ...]:
    edition = inputs.edition
    if edition is None:
        return (Paragraph(phrase("front.changed.not_kept", language)),)
    return tuple(Paragraph(said) for said in since_last(edition, "front.changed", language))


def _stage(stage: str, language: Language) -> Quoted:
    return Quoted(indicators.say(f"stages.{stage}").in_language(language))
