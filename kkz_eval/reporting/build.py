"""From inputs to the document and the page: which sections a report has and what stands in them. No wording, no drawing."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Any

import pandas as pd

from kkz_eval.model.texts import Language, text
from kkz_eval.reporting import claims, design, disclosure, numbers, wording
from kkz_eval.reporting.document import (
    Code,
    Column,
    Document,
    Figure,
    Inline,
    Listing,
    Paragraph,
    Parts,
    Quoted,
    Section,
    Table,
    identifier_part,
    join,
    phrase,
)
from kkz_eval.reporting.figures import (
    Balance,
    Distance,
    Event,
    EventStudy,
    Line,
    Mark,
    Trend,
    draw_balance,
    draw_event_study,
    draw_trend,
)
from kkz_eval.reporting.inputs import DELIVERY_STATUSES, PACKAGE, OutcomeInfo, ReportInputs, in_language
from kkz_eval.reporting.render_html import render_html

Block = Paragraph | Listing | Table | Figure


def build_document(inputs: ReportInputs, language: Language) -> Document:
    """The report in one language.

    Raises UserError where a text is missing in the language or a text of the plan claims too much; ForbiddenClaimError
    where the finished document does.
    """
    names = tuple(sorted({str(name) for name in inputs.groups["name"]}))
    claims.check_texts(dict(_given_texts(inputs, language)), names)
    simulated = inputs.texts.get("simulated")
    document = Document(
        language=language,
        title=(Quoted(in_language(inputs.title, language, "title")),),
        subtitle=phrase("document.subtitle", language, plan=Code(inputs.plan_id)),
        banner=None
        if simulated is None
        else Paragraph(
            join(phrase("document.simulated", language), (Quoted(in_language(simulated, language, "simulated")),)), "banner"
        ),
        sections=(
            _key(inputs, language),
            _studied(inputs, language),
            *_balance(inputs, language),
            _changed(inputs, language),
            _difference(inputs, language),
            _limits(language),
            _data(inputs, language),
        ),
    )
    claims.check_document(document, names)
    return document


def render(document: Document) -> str:
    """The document as one self-contained HTML page."""
    return render_html(document)


def _given_texts(inputs: ReportInputs, language: Language) -> Iterator[tuple[str, str]]:
    yield "title", in_language(inputs.title, language, "title")
    for key, local in sorted(inputs.texts.items()):
        yield f"texts.{key}", in_language(local, language, f"texts.{key}")
    for outcome in inputs.outcomes:
        where = f"outcomes.{outcome.indicator}"
        for name, local in (("label", outcome.label), ("unit", outcome.unit), ("difference_unit", outcome.difference_unit)):
            yield f"{where}.{name}", in_language(local, language, f"{where}.{name}")
        if outcome.mechanism is not None:
            yield f"{where}.mechanism", in_language(outcome.mechanism, language, f"{where}.mechanism")
        for year, local in outcome.breaks:
            yield f"{where}.breaks.{year}", in_language(local, language, f"{where}.breaks.{year}")
    for source in inputs.sources:
        yield f"sources.{source.dataset}.title", in_language(source.title, language, f"sources.{source.dataset}.title")
    for position, said in enumerate(inputs.conformity, start=1):
        yield f"conformity.{position}", in_language(said, language, f"conformity.{position}")
    for position, said in enumerate(inputs.not_evaluable, start=1):
        yield f"not_evaluable.{position}", in_language(said, language, f"not_evaluable.{position}")
    for position, notice in enumerate(inputs.notices, start=1):
        yield f"notices.{position}", in_language(notice, language, f"notices.{position}")


def _say(key: str, language: Language) -> str:
    return text(key, language, package=PACKAGE)


def _scope(section: str, inputs: ReportInputs, outcome: OutcomeInfo) -> str:
    return f"{section}.{inputs.outcomes.index(outcome) + 1}-{identifier_part(outcome.indicator)}"


def _verdict(inputs: ReportInputs, outcome: OutcomeInfo) -> wording.Verdict:
    return wording.verdict(
        outcome,
        estimates=inputs.estimates,
        tests=inputs.tests,
        panel=inputs.panel,
        groups=inputs.groups,
        treated_cohorts=inputs.treated_cohorts,
    )


def _of_role(inputs: ReportInputs, *roles: str) -> tuple[OutcomeInfo, ...]:
    return tuple(outcome for role in roles for outcome in inputs.outcomes if outcome.role == role)


def _label(outcome: OutcomeInfo, language: Language) -> Quoted:
    return Quoted(in_language(outcome.label, language, outcome.indicator))


# Das Wichtigste


def _key(inputs: ReportInputs, language: Language) -> Section:
    blocks: list[Block] = []
    levels: set[float] = set()
    for outcome in _of_role(inputs, "primary"):
        found = _verdict(inputs, outcome)
        scope = _scope("key", inputs, outcome)
        said = join(
            wording.finding(found, outcome, scope, language, inputs.level),
            wording.elsewhere(found, outcome, inputs.estimates, scope, language),
            wording.before(inputs.balance, outcome, scope, language),
        )
        blocks.append(Paragraph(said, "finding"))
        if found.row is not None and found.kind is not wording.Kind.REFUSED and not pd.isna(found.row["conf_level"]):
            levels.add(float(found.row["conf_level"]))
    if not blocks:
        blocks.append(Paragraph(phrase("key.none", language)))
    for position, level in enumerate(sorted(levels), start=1):
        shown = numbers.measured(f"key.level-{position}", level * 100, 0 if (level * 100) % 1 < 1e-9 else 1, language)
        blocks.append(Paragraph(phrase("key.level", language, level=shown), "note"))
    return Section("key", phrase("sections.key", language), (*blocks, *design.lock_headline(inputs, language)))


# Was wurde untersucht?


def _studied(inputs: ReportInputs, language: Language) -> Section:
    blocks: list[Block] = []
    if "question" in inputs.texts:
        blocks.append(Paragraph((Quoted(in_language(inputs.texts["question"], language, "texts.question")),), "lead"))
    if inputs.outcomes:
        starts: list[Inline] = []
        for position, cohort in enumerate(sorted(inputs.treated_cohorts), start=1):
            starts += [*([", "] if starts else []), numbers.year(f"studied.start-{position}", cohort)]
        first, last = (
            min(outcome.window[0] for outcome in inputs.outcomes),
            max(outcome.window[1] for outcome in inputs.outcomes),
        )
        sentence = phrase(
            "studied.period",
            language,
            first=numbers.year("studied.first_year", first),
            last=numbers.year("studied.last_year", last),
            starts="\x01",
        )
        blocks.append(Paragraph(_insert(sentence, tuple(starts) or (_say("studied.not_stated", language),))))
        if inputs.unit_rule is not None:
            blocks.append(Paragraph((Quoted(in_language(inputs.unit_rule, language, "units.nested")),)))
        blocks.append(_outcome_table(inputs, language))
        mechanisms = tuple(
            phrase(
                "studied.mechanism",
                language,
                label=_label(outcome, language),
                mechanism=Quoted(in_language(outcome.mechanism, language, outcome.indicator)),
            )
            for outcome in inputs.outcomes
            if outcome.mechanism is not None
        )
        if mechanisms:
            blocks += [Paragraph(phrase("studied.mechanisms", language)), Listing(mechanisms)]
    subsections = tuple(
        _group(inputs, group, language) for group in ("treated", "reference", "later", "left_out") if len(_units(inputs, group))
    )
    return Section("studied", phrase("sections.studied", language), tuple(blocks), subsections)


def _insert(sentence: Parts, inserted: Parts) -> Parts:
    return tuple(piece for part in sentence for piece in (inserted if part == "\x01" else (part,)))


def _outcome_table(inputs: ReportInputs, language: Language) -> Table:
    headings = ("outcome", "role", "window", "exposed_from", "expected")
    none = (_say("studied.not_stated", language),)
    rows = []
    for outcome in inputs.outcomes:
        scope = _scope("studied", inputs, outcome)
        earliest = outcome.earliest_plausible_year
        rows.append(
            (
                phrase(
                    "studied.outcome_unit",
                    language,
                    label=_label(outcome, language),
                    unit=Quoted(in_language(outcome.unit, language, outcome.indicator)),
                ),
                (_say(f"roles.{outcome.role}", language),),
                phrase(
                    "studied.years",
                    language,
                    first=numbers.year(f"{scope}.first", outcome.window[0]),
                    last=numbers.year(f"{scope}.last", outcome.window[1]),
                ),
                none if earliest is None else (numbers.year(f"{scope}.earliest", earliest),),
                none if outcome.expected_direction is None else (_say(f"directions.{outcome.expected_direction}", language),),
            )
        )
    return Table(
        "outcomes-table",
        phrase("studied.outcomes_caption", language),
        tuple(Column(_say(f"studied.{heading}", language)) for heading in headings),
        tuple(rows),
    )


def _units(inputs: ReportInputs, group: str) -> pd.DataFrame:
    return inputs.groups[inputs.groups["group"] == group].sort_values(["name", "unit_id"])


def _group(inputs: ReportInputs, group: str, language: Language) -> Section:
    units = _units(inputs, group)
    scope = f"group-{group}"
    items: list[Parts] = []
    for unit_id, name, cohort, reason in zip(units["unit_id"], units["name"], units["cohort"], units["reason"], strict=True):
        shown = Quoted(str(name))
        if group == "left_out":
            said = (
                Quoted(reason.removeprefix(f"{name}: "))
                if isinstance(reason, str) and reason
                else _say("studied.no_reason", language)
            )
            items.append(phrase("studied.left_out_reason", language, name=shown, reason=said))
        elif group == "later" and not pd.isna(cohort):
            started = numbers.year(f"{scope}.{identifier_part(str(unit_id))}.cohort", cohort)
            items.append(phrase("studied.later_cohort", language, name=shown, year=started))
        else:
            items.append((shown,))
    described = inputs.texts.get(f"{group}_group")
    return Section(
        scope,
        phrase(f"studied.{group}", language, n=numbers.count(f"{scope}.n", len(units), language)),
        (
            *([] if described is None else [Paragraph((Quoted(in_language(described, language, f"texts.{group}_group")),))]),
            Listing(tuple(items), "plain" if group == "left_out" else "columns"),
        ),
    )


# Waren die Gruppen vergleichbar?


def _balance(inputs: ReportInputs, language: Language) -> tuple[Section, ...]:
    """The section on the years before the start; none where the inputs have no balance. Its question needs its figure."""
    if inputs.balance.empty:
        return ()
    outcomes = {outcome.indicator: outcome for outcome in inputs.outcomes}
    rows = [row for row in inputs.balance.to_dict("records") if row["indicator"] in outcomes]
    shown = [(row, outcomes[str(row["indicator"])]) for row in rows if row["status"] == "ok"]
    blocks: list[Block] = [Paragraph(phrase("balance.intro", language))]
    if shown:
        blocks += _balance_shown(inputs, shown, language)
    refused = [(row, outcomes[str(row["indicator"])]) for row in rows if row["status"] != "ok"]
    if refused:
        items = tuple(
            phrase(
                "balance.refused",
                language,
                label=_label(outcome, language),
                measure=_say(f"measures.{row['measure']}", language),
                reason=_say(f"balance_reasons.{row['reason']}", language),
            )
            for row, outcome in refused
        )
        blocks.append(Listing(items))
    title = phrase("sections.balance" if shown else "sections.balance_unknown", language)
    return (Section("balance", title, tuple(blocks), design.design_sections(inputs, language)),)


def _balance_shown(
    inputs: ReportInputs, shown: list[tuple[dict[Hashable, Any], OutcomeInfo]], language: Language
) -> Iterator[Block]:
    figure = Balance(
        tuple(
            Distance(
                in_language(outcome.label, language, outcome.indicator),
                _say(f"measures.{row['measure']}", language),
                float(row["smd"]),
            )
            for row, outcome in shown
        ),
        (wording.SMALL_DISTANCE, wording.LARGE_DISTANCE),
    )
    yield draw_balance(claims.BALANCE_FIGURE, figure, phrase("balance.caption", language), language)
    yield Listing(tuple(_balance_sentences(shown, language)))
    sides = [(row, outcome, wording.distance(row["smd"])) for row, outcome in shown]
    large = [(row, outcome) for row, outcome, side in sides if side is wording.Distance.LARGE]
    far_level = any(row["measure"] == "level" for row, _ in large)
    chance = max((wording.by_chance(row["n_treated"], row["n_reference"]) for row, _ in large), default=0.0)
    shown_chance = numbers.measured("balance.by_chance", chance, 2, language)
    notes = [
        phrase("balance.source", language),
        phrase("balance.chance", language, size=shown_chance) if chance > wording.LARGE_DISTANCE else (),
        phrase("balance.fixed", language) if far_level else (),
    ]
    yield Paragraph(join(*notes))
    if far_level or any(outcome.role == "context" for _, outcome in large):
        yield Paragraph(phrase("balance.need", language))
    yield _balance_table(shown, language)


def _balance_sentences(shown: list[tuple[dict[Hashable, Any], OutcomeInfo]], language: Language) -> Iterator[Parts]:
    """One sentence for each side of the lines on which there is a difference, the largest first."""
    for side in reversed(wording.Distance):
        items: list[Inline] = []
        for position, (row, outcome) in enumerate(shown, start=1):
            if wording.distance(row["smd"]) is side:
                smd = numbers.measured(f"balance.said-{position}", row["smd"], 2, language)
                measure = _say(f"measures.{row['measure']}", language)
                said = phrase("balance.item", language, label=_label(outcome, language), measure=measure, smd=smd)
                items += [*(["; "] if items else []), *said]
        if items:
            lines = {
                "near": numbers.measured(f"balance.{side}.near", wording.SMALL_DISTANCE, 2, language),
                "far": numbers.measured(f"balance.{side}.far", wording.LARGE_DISTANCE, 2, language),
            }
            yield _insert(phrase(f"balance.{side}", language, items="\x01", **lines), tuple(items))


def _balance_table(shown: list[tuple[dict[Hashable, Any], OutcomeInfo]], language: Language) -> Table:
    rows = []
    for position, (row, outcome) in enumerate(shown, start=1):
        scope = f"balance.row-{position}"
        digits = outcome.decimals + (row["measure"] == "trend")
        first, last = (numbers.year(f"{scope}.{name}", row[name]) for name in ("first_year", "last_year"))
        n_years = numbers.count(f"{scope}.n_years", row["n_years"], language)
        label, measure = _label(outcome, language), _say(f"measures.{row['measure']}", language)
        rows.append(
            (
                phrase("balance.row", language, label=label, measure=measure),
                *(
                    (numbers.measured(f"{scope}.{name}", row[name], digits, language),)
                    for name in ("mean_treated", "mean_reference")
                ),
                (numbers.measured(f"{scope}.smd", row["smd"], 2, language),),
                (
                    numbers.count(f"{scope}.n_treated", row["n_treated"], language),
                    " / ",
                    numbers.count(f"{scope}.n_reference", row["n_reference"], language),
                ),
                phrase("balance.baseline", language, first=first, last=last, n=n_years)
                if first.value != last.value
                else phrase("balance.baseline_one", language, year=first, n=n_years),
            )
        )
    columns = (
        Column(_say("balance.outcome", language)),
        *(
            Column(_say(key, language), "number")
            for key in ("balance.treated", "balance.reference", "balance.smd", "difference.n_by_group")
        ),
        Column(_say("balance.years", language)),
    )
    return Table("balance.table", phrase("balance.table_caption", language), columns, tuple(rows))


# Was hat sich verändert?


def _changed(inputs: ReportInputs, language: Language) -> Section:
    outcomes = _of_role(inputs, "primary", "secondary", "context")
    return Section(
        "changed",
        phrase("sections.changed", language),
        (Paragraph(phrase("changed.intro", language)),),
        tuple(_changed_outcome(inputs, outcome, language) for outcome in outcomes),
    )


def _changed_outcome(inputs: ReportInputs, outcome: OutcomeInfo, language: Language) -> Section:
    scope = _scope("changed", inputs, outcome)
    label = _label(outcome, language)
    blocks: list[Block] = []
    if outcome.role == "context":
        blocks.append(Paragraph(phrase("changed.context", language), "context"))
    trend = trend_of(inputs, outcome, language)
    if all(value is None for line in trend.lines for value in line.values):
        blocks.append(Paragraph(phrase("changed.no_values", language, label=label)))
        return Section(scope, (label,), tuple(blocks))
    titles = {source.dataset: in_language(source.title, language, source.dataset) for source in inputs.sources}
    caption = phrase(
        "changed.caption",
        language,
        label=label,
        unit=Quoted(trend.unit),
        source=Quoted(titles.get(outcome.source, outcome.source)),
    )
    blocks.append(draw_trend(f"{scope}.figure", trend, caption, language))
    if trend.breaks:
        items = tuple(
            phrase(
                "changed.break",
                language,
                letter=mark.letter,
                year=numbers.year(f"{scope}.break-{mark.letter}", mark.year),
                label=Quoted(mark.label),
            )
            for mark in trend.breaks
        )
        blocks += [Paragraph(phrase("changed.breaks", language), "note"), Listing(items)]
    return Section(scope, (label,), tuple(blocks))


def trend_of(inputs: ReportInputs, outcome: OutcomeInfo, language: Language) -> Trend:
    """What the trend figure of an outcome shows: unweighted means by group and year of the window, starts and breaks in it."""
    first, last = outcome.window
    lines = [
        Line(
            _say(f"figures.{group}", language),
            _say(f"figures.{group}_broken", language),
            tuple(
                None if pd.isna(value) else float(value)
                for value in wording.group_means(inputs.panel, inputs.groups, outcome, group)
            ),
        )
        for group in ("treated", "reference")
    ]
    inside = [
        (year, in_language(local, language, outcome.indicator))
        for year, local in sorted(outcome.breaks, key=lambda item: item[0])
        if first <= year <= last
    ]
    return Trend(
        label=in_language(outcome.label, language, outcome.indicator),
        unit=in_language(outcome.unit, language, outcome.indicator),
        decimals=outcome.decimals,
        years=tuple(range(first, last + 1)),
        lines=(lines[0], lines[1]),
        starts=tuple(
            Mark(cohort, _say("figures.start_year", language), "")
            for cohort in sorted(inputs.treated_cohorts)
            if first <= cohort <= last
        ),
        breaks=tuple(Mark(year, label, _letter(position)) for position, (year, label) in enumerate(inside)),
    )


def _letter(position: int) -> str:
    return chr(ord("A") + position) if position < 26 else _letter(position // 26 - 1) + _letter(position % 26)


# Wie groß ist der Unterschied?


def _difference(inputs: ReportInputs, language: Language) -> Section:
    outcomes = _of_role(inputs, "primary", "secondary")
    intro = phrase("difference.intro" if outcomes else "difference.none", language)
    return Section(
        "difference",
        phrase("sections.difference", language),
        (Paragraph(intro), *_methods_explained(inputs, outcomes, language)),
        tuple(_difference_outcome(inputs, outcome, language) for outcome in outcomes),
    )


def _methods_explained(inputs: ReportInputs, outcomes: tuple[OutcomeInfo, ...], language: Language) -> tuple[Block, ...]:
    """What the methods of the estimates shown do, in a sentence each."""
    indicators = [outcome.indicator for outcome in outcomes]
    used = set(inputs.estimates.loc[inputs.estimates["indicator"].isin(indicators), "method"])
    items = tuple(
        phrase(
            "difference.explanation",
            language,
            method=_say(f"methods.{method}", language),
            said=_say(f"explained.{method}", language),
        )
        for method in wording.METHODS
        if method in used
    )
    return (Paragraph(phrase("difference.explained", language)), Listing(items)) if items else ()


def _difference_outcome(inputs: ReportInputs, outcome: OutcomeInfo, language: Language) -> Section:
    scope = _scope("difference", inputs, outcome)
    found = _verdict(inputs, outcome)
    label = _label(outcome, language)
    sentence = join(
        wording.finding(found, outcome, scope, language, inputs.level), wording.pre_trend_note(found, scope, language)
    )
    blocks: list[Block] = [Paragraph(sentence)]
    chosen = event_study_of(inputs, outcome, language)
    if chosen is not None:
        study, method = chosen
        reference = "difference.with_reference" if study.reference is not None else "difference.without_reference"
        caption = join(
            phrase("difference.caption", language, label=label, unit=Quoted(study.unit), method=method),
            phrase(reference, language),
        )
        blocks.append(draw_event_study(f"{scope}.figure", study, caption, language))
    table = _estimates_table(inputs, outcome, found, scope, language)
    if table.rows:
        blocks.append(table)
    return Section(scope, (label,), tuple(blocks))


AGGREGATIONS = ("coefficient", "simple", "dynamic", "group", "calendar", "exposed")
EVENT_METHODS = ("event_study", *wording.HEADLINE_METHODS)


def event_study_of(inputs: ReportInputs, outcome: OutcomeInfo, language: Language) -> tuple[EventStudy, Inline] | None:
    """What the event-study figure of an outcome shows and by which method; None where no estimator has estimates by event time.

    A row with no uncertainty at 0 is the reference; without one, −1 is, where the event times leave it out. With neither
    (varying base) each year before the start has its own reference. Other rows without an interval are not drawn.
    """
    rows = inputs.estimates
    rows = rows[
        (rows["indicator"] == outcome.indicator)
        & (rows["aggregation"] == "dynamic")
        & (rows["status"] == "ok")
        & rows["event_time"].notna()
        & rows["estimate"].notna()
    ]
    for method in EVENT_METHODS:
        of_method = rows[rows["method"] == method]
        if of_method.empty:
            continue
        used = of_method[of_method["estimator"] == of_method["estimator"].iloc[0]].sort_values("event_time")
        fixed = used[(used["estimate"] == 0) & (used["std_error"].isna() | (used["std_error"] == 0))]
        with_interval = used.drop(fixed.index).dropna(subset=["conf_low", "conf_high"])
        if with_interval.empty:
            continue
        events = [
            Event(int(row["event_time"]), float(row["estimate"]), float(row["conf_low"]), float(row["conf_high"]))
            for row in with_interval.to_dict("records")
        ]
        times = {event.event_time for event in events}
        reference = int(fixed["event_time"].iloc[0]) if len(fixed) else -1 if -1 not in times and min(times) < 0 else None
        if reference is not None:
            events.append(Event(reference, 0.0, None, None))
        study = EventStudy(
            label=in_language(outcome.label, language, outcome.indicator),
            unit=in_language(outcome.difference_unit, language, outcome.indicator),
            decimals=outcome.decimals,
            events=tuple(sorted(events, key=lambda event: event.event_time)),
            reference=reference,
        )
        return study, _method(used.iloc[0], language)
    return None


def _method(row: pd.Series, language: Language) -> Inline:
    return _say(f"methods.{row['method']}", language) if row["method"] in wording.METHODS else Code(str(row["method"]))


def _estimates_table(inputs: ReportInputs, outcome: OutcomeInfo, found: wording.Verdict, scope: str, language: Language) -> Table:
    headings = ("estimate", "interval", "std_error", "n_by_group", "n_clusters")
    estimates = wording.overall_rows(inputs.estimates, outcome.indicator)
    decides = estimates.index == (None if found.row is None else found.row.name)
    rows = []
    for position, (index, row) in enumerate(pd.concat([estimates[decides], estimates[~decides]]).iterrows(), start=1):
        name: Parts = (_method(row, language),)
        if (estimates["method"] == row["method"]).sum() > (estimates["estimator"] == row["estimator"]).sum():
            name = (*name, " (", Code(str(row["estimator"])), ")")
        if found.row is not None and index == found.row.name:
            name = _insert(phrase("difference.decides", language, method="\x01"), name)
        if row["status"] != "ok":
            reason = row["message"]
            said = Quoted(str(reason)) if isinstance(reason, str) and reason else _say("wording.no_reason", language)
            name = (*name, ": ", *phrase("difference.refused", language, reason=said))
        cells = _estimate_cells(row, outcome, f"{scope}.row-{position}", language)
        rows.append((name, _years_counted(row, outcome, f"{scope}.row-{position}", language), *cells))
    caption = phrase(
        "difference.table_caption",
        language,
        label=_label(outcome, language),
        unit=Quoted(in_language(outcome.difference_unit, language, outcome.indicator)),
    )
    return Table(
        f"{scope}.table",
        caption,
        (
            Column(_say("difference.estimator", language)),
            Column(_say("difference.counted", language)),
            *(Column(_say(f"difference.{heading}", language), "number") for heading in headings),
        ),
        tuple(rows),
    )


def _years_counted(row: pd.Series, outcome: OutcomeInfo, scope: str, language: Language) -> Parts:
    """Over which years an estimate is taken."""
    if row["aggregation"] == "exposed" and outcome.earliest_plausible_year is not None:
        return phrase("difference.from_year", language, year=numbers.year(f"{scope}.from", outcome.earliest_plausible_year))
    known = row["aggregation"] in AGGREGATIONS
    return (_say(f"aggregations.{row['aggregation']}", language) if known else Code(str(row["aggregation"])),)


def _estimate_cells(row: pd.Series, outcome: OutcomeInfo, scope: str, language: Language) -> tuple[Parts, ...]:
    none: Parts = (_say("studied.not_stated", language),)

    def shown(column: str, decimals: int) -> Parts:
        return none if pd.isna(row[column]) else (numbers.measured(f"{scope}.{column}", row[column], decimals, language),)

    digits = outcome.decimals
    if row["status"] != "ok":
        start: tuple[Parts, ...] = (none, none, none)
    else:
        interval = none
        if not (pd.isna(row["conf_low"]) or pd.isna(row["conf_high"])):
            interval = phrase("difference.range", language, low=shown("conf_low", digits)[0], high=shown("conf_high", digits)[0])
        start = (shown("estimate", digits), interval, shown("std_error", digits + 1))
    by_group = (*shown("n_treated", 0), " / ", *shown("n_control", 0))
    return (*start, by_group, shown("n_clusters", 0))


# Was dieser Bericht nicht zeigt

LIMITS = ("trends", "interval", "means", "transfer", "selection", "exposure")


def _limits(language: Language) -> Section:
    items = tuple(phrase(f"limits.{limit}", language) for limit in LIMITS)
    return Section("limits", phrase("sections.limits", language), (Listing(items),))


# Daten und Nachvollziehbarkeit


def _data(inputs: ReportInputs, language: Language) -> Section:
    sections = [_sources(inputs, language)]
    if len(inputs.deliveries):
        sections.append(_deliveries(inputs.deliveries, language))
    if inputs.notices:
        items = tuple((Quoted(in_language(notice, language, "notices")),) for notice in inputs.notices)
        sections.append(Section("notices", phrase("data.notices", language), (Listing(items),)))
    if inputs.not_evaluable:
        items = tuple((Quoted(in_language(said, language, "not_evaluable")),) for said in inputs.not_evaluable)
        sections.append(Section("not_evaluable", phrase("data.not_evaluable", language), (Listing(items),)))
    if inputs.counts is not None and len(inputs.counts):
        sections.append(_counts(inputs.counts, inputs.smallest_cell, language))
    sections += design.lock_section(inputs, language)
    sections.append(_origin(inputs, language))
    return Section("data", phrase("sections.data", language), (), tuple(sections))


def _sources(inputs: ReportInputs, language: Language) -> Section:
    items: list[Parts] = []
    for source in inputs.sources:
        edition = phrase("data.edition", language, edition=Quoted(source.edition)) if source.edition else ()
        licence = phrase("data.licence", language, licence=Quoted(source.licence)) if source.licence else ()
        title = (Quoted(in_language(source.title, language, source.dataset)), ".")
        attribution = (Quoted(source.attribution.rstrip(".")), ".") if source.attribution else ()
        items.append(join(title, edition, attribution, licence))
    blocks: list[Block] = [Listing(tuple(items))] if items else []
    columns = tuple(Column(_say(f"data.{name}", language)) for name in ("file", "sha256"))
    for position, source in enumerate(inputs.sources, start=1):
        if source.files:
            used = Quoted(in_language(source.title, language, source.dataset))
            rows = tuple(((Code(name),), (Code(digest),)) for name, digest in source.files)
            blocks.append(Table(f"files-{position}", phrase("data.files_caption", language, title=used), columns, rows))
    return Section("sources", phrase("data.sources", language), tuple(blocks))


def _deliveries(deliveries: pd.DataFrame, language: Language) -> Section:
    tally = deliveries.groupby(["dataset", "status"]).size()
    datasets = sorted({str(dataset) for dataset in deliveries["dataset"]})
    overview = Table(
        "deliveries-table",
        phrase("data.deliveries_caption", language),
        (
            Column(_say("data.dataset", language)),
            *(Column(_say(f"statuses.{status}", language), "number") for status in DELIVERY_STATUSES),
        ),
        tuple(
            (
                (Code(dataset),),
                *(
                    (
                        numbers.count(
                            f"deliveries.{position}-{identifier_part(dataset)}.{status}",
                            int(tally.get((dataset, status), 0)),
                            language,
                        ),
                    )
                    for status in DELIVERY_STATUSES
                ),
            )
            for position, dataset in enumerate(datasets, start=1)
        ),
    )
    kept_out = deliveries[deliveries["status"].isin(["rejected", "missing"])]
    kept_out = kept_out.sort_values(["dataset", "unit_name", "unit_id", "year"])
    if kept_out.empty:
        return Section(
            "deliveries", phrase("data.deliveries", language), (overview, Paragraph(phrase("data.no_refused", language)))
        )
    rows = tuple(
        (
            (Quoted(str(row["unit_name"])),),
            (Code(str(row["dataset"])),),
            (numbers.year(f"kept_out.{position}.year", row["year"]),),
            (_say(f"statuses.{row['status']}", language),),
            (_say("studied.not_stated", language),)
            if row["status"] == "missing" or pd.isna(row["n_errors"])
            else (numbers.count(f"kept_out.{position}.n_errors", row["n_errors"], language),),
        )
        for position, row in enumerate(kept_out.to_dict("records"), start=1)
    )
    columns = (
        *(Column(_say(f"data.{name}", language)) for name in ("unit_name", "dataset", "year", "status")),
        Column(_say("data.n_errors", language), "number"),
    )
    named = Table("kept-out-table", phrase("data.refused_caption", language), columns, rows)
    return Section("deliveries", phrase("data.deliveries", language), (overview, named))


def _counts(counts: pd.DataFrame, smallest_cell: int, language: Language) -> Section:
    """One table per whole (school leavers, children under 3 …): its parts and its total, small counts hidden."""
    ordered = counts.sort_values(["unit_name", "unit_id", "year"], kind="stable").reset_index(drop=True)
    released = disclosure.suppress(ordered, ("count",), smallest_cell, ("unit_id", "year", "whole"), "total").values
    tables = tuple(
        _counts_table(position, whole, ordered[ordered["whole"] == whole], released, language)
        for position, whole in enumerate(dict.fromkeys(counts["whole"]), start=1)
    )
    hidden = phrase(
        "data.hidden",
        language,
        mark=disclosure.HIDDEN,
        smallest=numbers.count("counts.smallest_cell", smallest_cell, language),
    )
    return Section("counts", phrase("data.counts", language), (*tables, Paragraph(hidden, "note")))


def _counts_table(position: int, whole: str, counts: pd.DataFrame, released: pd.DataFrame, language: Language) -> Table:
    """released: what may leave, with the index of counts."""
    names = list(dict.fromkeys(counts["part"]))

    def cell(identifier: str, value: float) -> Parts:
        return (disclosure.HIDDEN,) if pd.isna(value) else (numbers.count(identifier, value, language),)

    rows: list[tuple[Parts, ...]] = []
    for number, (_, row) in enumerate(counts.groupby(["unit_name", "unit_id", "year"], sort=False), start=1):
        position_of = dict(zip(row["part"], row.index, strict=True))
        identifier = f"counts.{position}.{number}"
        parts: list[Parts] = [
            cell(f"{identifier}.{column}", released["count"].loc[position_of[name]])
            if name in position_of
            else (_say("studied.not_stated", language),)
            for column, name in enumerate(names, start=1)
        ]
        rows.append(
            (
                (Quoted(str(row["unit_name"].iloc[0])),),
                (numbers.year(f"{identifier}.year", row["year"].iloc[0]),),
                *parts,
                cell(f"{identifier}.total", released["total"].loc[row.index[0]]),
            )
        )
    columns = (
        *(Column(_say(f"data.{name}", language)) for name in ("unit_name", "year")),
        *(Column(str(name), "number") for name in names),
        Column(_say("data.total", language), "number"),
    )
    return Table(f"counts-table-{position}", (Quoted(whole),), columns, tuple(rows))


def _origin(inputs: ReportInputs, language: Language) -> Section:
    blocks: list[Block] = [Paragraph(phrase("data.origin_intro", language))]
    for name, column, entries in (("digests", "digest", inputs.digests), ("versions", "version", inputs.versions)):
        if entries:
            rows = tuple(
                ((_say(f"data.{key}", language) if key in ("plan", "code") else Code(key),), (Code(value),))
                for key, value in entries.items()
            )
            columns = (Column(_say("data.item", language)), Column(_say(f"data.{column}", language)))
            blocks.append(Table(f"{name}-table", phrase(f"data.{name}_caption", language), columns, rows))
    return Section("origin", phrase("data.origin", language), tuple(blocks))
