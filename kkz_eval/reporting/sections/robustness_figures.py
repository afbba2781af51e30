"""The figures on whether the results stand: all estimates, chance, sensitivity, of the primary outcomes; and what could have been seen.

Of a comparison that doesn't stand the figures say what was computed, and that no verdict rests on it. Figures of secondary outcomes would
fill the page; their numbers stand in the tables beside the report. Does not belong here: the words around (robustness, strength).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import pandas as pd

from kkz_eval.evaluation.estimators.methods import REPORTED_METHODS
from kkz_eval.evaluation.headline import aggregations_that_count, overall_rows
from kkz_eval.model.texts import Language
from kkz_eval.reporting import numbers, say, wording
from kkz_eval.reporting.document import Block, Figure, Listing, Paragraph, Parts, Quoted, Section, join, phrase
from kkz_eval.reporting.figures.chance import Bin, Chance, draw_chance
from kkz_eval.reporting.figures.power import Power, Seen, draw_power
from kkz_eval.reporting.figures.ranges import Range
from kkz_eval.reporting.figures.sensitivity import Bound, LeftOut, Sensitivity, draw_sensitivity
from kkz_eval.reporting.figures.specification_curve import SpecificationCurve, Specified, draw_specification_curve
from kkz_eval.reporting.inputs import OutcomeInfo, ReportInputs, in_language
from kkz_eval.reporting.numbers import format_number
from kkz_eval.reporting.sections.parts import (
    finding_of,
    folded,
    insert,
    is_simulated,
    label_of,
    listed,
    of_role,
    scope_of,
    source_of,
)

_BOUNDS = {"honest_relative_magnitudes": "relative", "honest_smoothness": "smooth"}


def robustness_figures(inputs: ReportInputs, language: Language) -> tuple[Section, ...]:
    """A section with the figures of each primary outcome that has an estimate; () without any figure."""
    sections = []
    for outcome in of_role(inputs, "primary"):
        found = finding_of(inputs, outcome)
        figures = tuple(_figures(inputs, outcome, language)) if found.is_estimated else ()
        if figures:
            scope = f"{scope_of('robustness', inputs, outcome)}.figures"
            note = Paragraph(phrase("robustness_figures.carries_no_verdict", language), "note")
            blocks: tuple[Block, ...] = figures if found.verdict.is_comparable else (note, *figures)
            sections.append(Section(scope, (label_of(outcome, language),), blocks))
    if not sections:
        return ()
    intro = Paragraph(phrase("robustness_figures.intro", language))
    title = phrase("robustness_figures.title", language)
    return (Section("robustness-figures", title, (intro,), tuple(sections), "technical"),)


def power_blocks(inputs: ReportInputs, language: Language) -> tuple[tuple[Block, ...], tuple[Section, ...]]:
    """What differences could have been seen: a sentence on the outcomes whose plan says what matters; folded their figure, and a list of
    the others; () where none is known."""
    seen, said, others, shown = [], list[Parts](), list[Parts](), []
    for outcome in of_role(inputs, "primary", "secondary"):
        evidence = finding_of(inputs, outcome).verdict.evidence
        if evidence.mde is None or not evidence.mde > 0:
            continue
        shown.append(outcome)
        unit = in_language(outcome.difference_unit, language, outcome.indicator)
        scope, label = scope_of("strength.power", inputs, outcome), label_of(outcome, language)
        mde = numbers.measured(f"{scope}.mde", evidence.mde, outcome.decimals, language)
        if evidence.smallest_difference is not None and evidence.smallest_difference > 0:
            seen.append(Seen(label.text, unit, outcome.decimals, evidence.mde, evidence.smallest_difference))
            if outcome.role == "primary":
                matters = numbers.measured(f"{scope}.matters", evidence.smallest_difference, outcome.decimals, language)
                said.append(phrase("power.said", language, label=label, mde=mde, unit=Quoted(unit), matters=matters))
        else:
            others.append(phrase("power.item", language, label=label, mde=mde, unit=Quoted(unit)))
    told = (Paragraph(insert(phrase("power.sentence", language, items="\x01"), listed(said))),) if said else ()
    blocks: list[Block] = []
    if seen:
        power = Power(tuple(seen), any(is_simulated(inputs, outcome) for outcome in shown))
        source = source_of(inputs, shown, language)
        blocks.append(draw_power("power.figure", power, phrase("power.caption", language), language, source))
    if others:
        blocks += [*([Paragraph(phrase("power.others", language))] if seen else []), Listing(tuple(others))]
    return told, folded("power", phrase("power.all", language), blocks)


def specification_figure(inputs: ReportInputs, outcome: OutcomeInfo, language: Language) -> Figure | None:
    """The specification curve of an outcome; None where no estimate has a number."""
    curve = specification_curve_of(inputs, outcome, finding_of(inputs, outcome), language)
    if not any(each.row.ends for each in (*curve.methods, *curve.specifications)):
        return None
    scope, caption, source = _about(inputs, outcome, "specifications", language)
    return draw_specification_curve(scope, curve, caption, language, source)


def chance_figure(inputs: ReportInputs, outcome: OutcomeInfo, language: Language) -> Figure | None:
    """What the estimate of an outcome would have been under other assignments; None where it was not asked for."""
    chance = chance_of(inputs, outcome, finding_of(inputs, outcome), language)
    if chance is None:
        return None
    scope, caption, source = _about(inputs, outcome, "chance", language)
    counted = phrase(
        "robustness_figures.counted" if chance.exact else "robustness_figures.drawn",
        language,
        n=numbers.count(f"{scope}.n", chance.n_assignments, language),
        cases=numbers.measured(f"{scope}.cases", 100 * chance.p, 1, language),
    )
    return draw_chance(scope, chance, join(caption, counted), language, source)


def sensitivity_figure(inputs: ReportInputs, outcome: OutcomeInfo, language: Language) -> Figure | None:
    """Each unit left out, and what trends that differ could do; None where neither was asked for."""
    sensitivity = sensitivity_of(inputs, outcome, finding_of(inputs, outcome), language)
    if sensitivity is None:
        return None
    scope, caption, source = _about(inputs, outcome, "sensitivity", language)
    return draw_sensitivity(scope, sensitivity, caption, language, source)


def _figures(inputs: ReportInputs, outcome: OutcomeInfo, language: Language) -> Iterator[Figure]:
    for figure_of in (specification_figure, chance_figure, sensitivity_figure):
        figure = figure_of(inputs, outcome, language)
        if figure is not None:
            yield figure


def _about(inputs: ReportInputs, outcome: OutcomeInfo, name: str, language: Language) -> tuple[str, Parts, Parts]:
    """Identifier, caption and source of a figure of an outcome."""
    unit = Quoted(in_language(outcome.difference_unit, language, outcome.indicator))
    caption = phrase(f"robustness_figures.{name}", language, label=label_of(outcome, language), unit=unit)
    return f"{scope_of('robustness', inputs, outcome)}.{name}", caption, source_of(inputs, [outcome], language)


def specification_curve_of(
    inputs: ReportInputs, outcome: OutcomeInfo, found: wording.Finding, language: Language
) -> SpecificationCurve:
    """Every method over the years that count, then every specification but those that leave out each unit, in the order of the plan."""
    evidence, told, stands = found.verdict.evidence, _of_the_verdict(found, language), found.verdict.is_comparable
    methods = [] if told is None else [Specified("verdict", told, told.estimate, told.low, told.high)]
    methods += [
        _method(row, decides=stands and told is None and found.row is not None and row.name == found.row.name, language=language)
        for row in _counted(inputs, outcome)
    ]
    rows = _specifications(inputs, outcome)
    each = {one.id for one in inputs.specifications if one.without_each}
    titles = {one.id: in_language(one.title, language, one.id) if one.title else one.id for one in inputs.specifications}
    other_scale = {*(evidence.scales or ()), *(one.id for one in inputs.specifications if one.other_scale)}
    ordered = [name for name in titles if name in rows] + [name for name in rows if name not in titles]
    specifications = [
        _specified(
            name,
            titles.get(name) or say("figures.other_scale").in_language(language),
            rows[name],
            outcome,
            name in other_scale,
            language,
        )
        for name in ordered
        if name.partition(":")[0] not in each
    ]
    return SpecificationCurve(
        in_language(outcome.label, language, outcome.indicator),
        in_language(outcome.difference_unit, language, outcome.indicator),
        outcome.decimals,
        tuple(methods),
        tuple(specifications),
        is_simulated(inputs, outcome),
    )


def _of_the_verdict(found: wording.Finding, language: Language) -> Range | None:
    """The estimate and the range of the verdict, which are those of no method where they were counted over assignments."""
    evidence = found.verdict.evidence
    if evidence.estimate is None or evidence.interval is None:
        return None
    label = say("figures.counted").in_language(language)
    return Range(label, evidence.estimate, *evidence.interval, decides=found.verdict.is_comparable)


def _counted(inputs: ReportInputs, outcome: OutcomeInfo) -> list[pd.Series]:
    """One row of each estimator over the years that count, in the order of the plan."""
    rows = overall_rows(inputs.estimates, outcome.indicator)
    counting = aggregations_that_count(outcome.earliest_plausible_year)
    place = {name: position for position, name in enumerate(inputs.estimators)}
    found = []
    for estimator in sorted(dict.fromkeys(rows["estimator"]), key=lambda name: place.get(str(name), len(place))):
        own = rows[rows["estimator"] == estimator]
        chosen = [own[own["aggregation"] == name] for name in counting]
        chosen.append(own[own["status"] == "refused"])
        found += [part.iloc[0] for part in chosen if len(part)][:1]
    return found


def _method(row: pd.Series, *, decides: bool, language: Language) -> Specified:
    known = row["method"] in REPORTED_METHODS
    label = say(f"methods.{row['method']}").in_language(language) if known else str(row["method"])
    estimate, low, high = (_number(row[name]) for name in ("estimate", "conf_low", "conf_high"))
    if row["status"] != "ok" or estimate is None:
        refused = say("figures.refused").in_language(language)
        return Specified(str(row["estimator"]), Range(label, decides=decides, words=refused), None, None, None)
    return Specified(str(row["estimator"]), Range(label, estimate, low, high, decides=decides), estimate, low, high)


def _specifications(inputs: ReportInputs, outcome: OutcomeInfo) -> Mapping[str, tuple[float | None, float | None]]:
    """The range of each specification by its name."""
    rows = inputs.sensitivity
    rows = rows[(rows["indicator"] == outcome.indicator) & (rows["method"] == "specification")]
    return {
        str(name): (_number(low), _number(high))
        for name, low, high in zip(rows["parameter"], rows["conf_low"], rows["conf_high"], strict=True)
    }


def _specified(
    name: str,
    title: str,
    ends: tuple[float | None, float | None],
    outcome: OutcomeInfo,
    is_other_scale: bool,
    language: Language,
) -> Specified:
    low, high = ends
    if low is None or high is None:
        words = say("figures.refused").in_language(language)
        return Specified(name, Range(title, words=words), None, None, None)
    middle = (low + high) / 2  # the table of specifications holds ranges alone, which are symmetric
    if is_other_scale:
        digits = numbers.decimals_that_show((middle, low, high), outcome.decimals)
        shown = {
            key: format_number(value, digits, language) for key, value in (("estimate", middle), ("low", low), ("high", high))
        }
        unit = say("figures.unit_other_scale").in_language(language)
        words = say("figures.estimate_of_range", **shown).in_language(language)
        label = say("figures.not_on_the_axis", label=title).in_language(language)
        return Specified(name, Range(label, words=words), middle, low, high, unit)
    return Specified(name, Range(title, middle, low, high), middle, low, high)


def chance_of(inputs: ReportInputs, outcome: OutcomeInfo, found: wording.Finding, language: Language) -> Chance | None:
    """The distribution of the estimate of the verdict over assignments; None where it was not asked for."""
    rows = inputs.chance[inputs.chance["indicator"] == outcome.indicator]
    if found.row is None:
        return None
    rows = rows[(rows["estimator"] == found.row["estimator"]) & (rows["aggregation"] == found.row["aggregation"])]
    if rows.empty:
        return None
    first = rows.iloc[0]
    bins = _bins(rows)
    shown = Chance(
        label=in_language(outcome.label, language, outcome.indicator),
        unit=in_language(outcome.difference_unit, language, outcome.indicator),
        decimals=outcome.decimals,
        bins=bins,
        observed=float(first["estimate"]),
        center=float(first["center"]),
        p=0.0,
        n_assignments=int(first["n_assignments"]),
        exact=bool(first["exact"]),
        simulated=is_simulated(inputs, outcome),
    )
    inside = sum(
        one.share for one in bins if not shown.is_as_far(one)
    )  # drawn ones without an estimate count as far out, as in p
    return replace(shown, p=1.0 - inside)


def _bins(rows: pd.DataFrame) -> tuple[Bin, ...]:
    """The bins of the table; one without an end is as wide as its neighbour: it holds hardly anything."""
    ends = [(_number(low), _number(high)) for low, high in zip(rows["low"], rows["high"], strict=True)]
    width = next((high - low for low, high in ends if low is not None and high is not None), 1.0)
    found = []
    for (low, high), share in zip(ends, rows["share"], strict=True):
        if low is not None or high is not None:
            start = low if low is not None else high - width  # type: ignore[operator]
            found.append(Bin(start, high if high is not None else start + width, float(share)))
    return tuple(found)


def sensitivity_of(inputs: ReportInputs, outcome: OutcomeInfo, found: wording.Finding, language: Language) -> Sensitivity | None:
    """Each unit left out, and the ranges that hold if trends differed, for the years of the verdict; None where neither was asked for."""
    each = {one.id for one in inputs.specifications if one.without_each}
    left_out = tuple(
        LeftOut((low + high) / 2, low, high)
        for name, (low, high) in sorted(_specifications(inputs, outcome).items())
        if ":" in name and name.partition(":")[0] in each and low is not None and high is not None
    )
    target = "first" if outcome.earliest_plausible_year is None else "exposed"
    rows = inputs.sensitivity
    rows = rows[(rows["indicator"] == outcome.indicator) & rows["method"].isin(list(_BOUNDS)) & (rows["target"] == target)]
    rows = rows.drop_duplicates(["method", "parameter"])  # of the first event study, where a plan has several
    bounds = tuple(
        sorted(
            (
                Bound(_BOUNDS[str(row["method"])], float(row["parameter"]), _number(row["conf_low"]), _number(row["conf_high"]))
                for row in rows.to_dict("records")
            ),
            key=lambda bound: (bound.kind, bound.size),
        )
    )
    if found.row is None or not (left_out or bounds):
        return None
    own = _method(found.row, decides=found.verdict.is_comparable, language=language).row
    return Sensitivity(
        label=in_language(outcome.label, language, outcome.indicator),
        unit=in_language(outcome.difference_unit, language, outcome.indicator),
        decimals=outcome.decimals,
        decides=own,
        left_out=left_out,
        bounds=bounds,
        target=say(f"figures.target_{target}").in_language(language),
        simulated=is_simulated(inputs, outcome),
    )


def _number(value: object) -> float | None:
    """None for what is missing or without bound: neither has a place on an axis."""
    number = float(value) if isinstance(value, (int, float)) else float("nan")
    return number if abs(number) < float("inf") else None
