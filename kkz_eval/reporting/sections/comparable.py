"""The section on the years before the start: how far apart the groups were, figure and sentences, folded the table. The design is in `design`."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from itertools import groupby
from typing import Any

from kkz_eval.model.texts import Language
from kkz_eval.reporting import claims, numbers, say, wording
from kkz_eval.reporting.document import (
    Block,
    Column,
    Figure,
    Inline,
    Listing,
    Number,
    Paragraph,
    Parts,
    Section,
    Table,
    join,
    phrase,
)
from kkz_eval.reporting.figures.balance import Balance, Distance, draw_balance
from kkz_eval.reporting.inputs import OutcomeInfo, ReportInputs, in_language
from kkz_eval.reporting.sections import design
from kkz_eval.reporting.sections.parts import folded, insert, is_simulated, label_of, listed, source_of
from kkz_eval.reporting.sections.who import map_blocks


def comparable_section(inputs: ReportInputs, language: Language) -> Section:
    """The section on the years before the start; where the inputs have no balance, that it is not known. Its question needs its figure."""
    if inputs.balance.empty:
        blocks_of_none = (Paragraph(phrase("balance.none", language)), *map_blocks(inputs, language))
        return Section(
            "balance", phrase("sections.balance_unknown", language), blocks_of_none, design.design_sections(inputs, language)
        )
    outcomes = {outcome.indicator: outcome for outcome in inputs.outcomes}
    rows = [row for row in inputs.balance.to_dict("records") if row["indicator"] in outcomes]
    shown = [(row, outcomes[str(row["indicator"])]) for row in rows if row["status"] == "ok"]
    blocks: list[Block] = [
        Paragraph(phrase("balance.intro", language)),
        *map_blocks(inputs, language),
    ]  # the map beside the distances
    first = [(row, outcome) for row, outcome in shown if outcome.role == "primary"] or shown
    if shown:
        blocks += _balance_shown(inputs, shown, first, language)
    refused = [(row, outcomes[str(row["indicator"])]) for row in rows if row["status"] != "ok"]
    if refused:
        items = tuple(
            phrase(
                "balance.refused",
                language,
                label=label_of(outcome, language),
                measure=say(f"measures.{row['measure']}").in_language(language),
                reason=say(f"balance_reasons.{row['reason']}").in_language(language),
            )
            for row, outcome in refused
        )
        blocks.append(Listing(items))
    title = phrase("sections.balance" if shown else "sections.balance_unknown", language)
    others = [(row, outcome) for row, outcome in shown if (row, outcome) not in first]
    rest = folded(
        "balance-others",
        phrase("changed.others", language),
        _drawn_and_said("balance.others", inputs, others, tuple(wording.Distance), language),
    )
    measured = folded(
        "balance-measured", phrase("balance.table_title", language), _measured(inputs, shown, first, language) if shown else ()
    )
    return Section("balance", title, tuple(blocks), (*rest, *measured, *design.design_sections(inputs, language)))


def _balance_shown(
    inputs: ReportInputs,
    shown: list[tuple[dict[Hashable, Any], OutcomeInfo]],
    first: list[tuple[dict[Hashable, Any], OutcomeInfo]],
    language: Language,
) -> Iterator[Block]:
    """first: those of shown whose differences are drawn and named here; the others are counted, and are folded."""
    yield from _drawn_and_said(claims.BALANCE, inputs, first, (wording.Distance.LARGE,), language)
    yield Paragraph(_counted(shown, language))
    if any(row["measure"] == "level" for row, _ in _large(shown)):
        yield Paragraph(phrase("balance.fixed", language))


def _large(shown: list[tuple[dict[Hashable, Any], OutcomeInfo]]) -> list[tuple[dict[Hashable, Any], OutcomeInfo]]:
    """Those that are held to be too large to be levelled out."""
    return [(row, outcome) for row, outcome in shown if wording.distance(row["smd"]) is wording.Distance.LARGE]


def _measured(
    inputs: ReportInputs,
    shown: list[tuple[dict[Hashable, Any], OutcomeInfo]],
    first: list[tuple[dict[Hashable, Any], OutcomeInfo]],
    language: Language,
) -> Iterator[Block]:
    """How to read the lines, what large differences may come from, the smaller ones of those drawn on the open page, and all in a table."""
    yield _how_to_read(inputs, shown, language)
    if any(row["measure"] == "level" or outcome.role == "context" for row, outcome in _large(shown)):
        yield Paragraph(phrase("balance.need", language))
    smaller = (wording.Distance.SMALL, wording.Distance.ADJUST)
    yield from map(Paragraph, _balance_sentences(claims.BALANCE, first, smaller, language))
    yield _balance_table(shown, language)


def _how_to_read(inputs: ReportInputs, shown: list[tuple[dict[Hashable, Any], OutcomeInfo]], language: Language) -> Paragraph:
    """Whose the lines are, what chance alone does, and all differences in one test."""
    chance = max((wording.by_chance(row["n_treated"], row["n_reference"]) for row, _ in _large(shown)), default=0.0)
    size = numbers.measured("balance.by_chance", chance, 2, language)
    by_chance = phrase("balance.chance", language, size=size) if chance > wording.LARGE_DISTANCE else ()
    return Paragraph(join(phrase("balance.source", language), by_chance, _together(inputs, language)))


def _drawn_and_said(
    scope: str,
    inputs: ReportInputs,
    shown: list[tuple[dict[Hashable, Any], OutcomeInfo]],
    named: tuple[wording.Distance, ...],
    language: Language,
) -> Iterator[Block]:
    """The figure of some differences, and the sentences on those that lie on one of the sides named; nothing where there are none.

    scope: beginning of all identifiers.
    """
    if not shown:
        return
    yield _balance_figure(scope, inputs, shown, language)
    yield from map(Paragraph, _balance_sentences(scope, shown, named, language))
    yield from _without_counterpart(scope, inputs, shown, language)


def balance_figure(inputs: ReportInputs, language: Language) -> Figure | None:
    """The differences of all outcomes before the start; None where none is known."""
    outcomes = {outcome.indicator: outcome for outcome in inputs.outcomes}
    rows = [row for row in inputs.balance.to_dict("records") if row["indicator"] in outcomes and row["status"] == "ok"]
    shown = [(row, outcomes[str(row["indicator"])]) for row in rows]
    return _balance_figure(claims.BALANCE, inputs, shown, language) if shown else None


def _balance_figure(
    scope: str, inputs: ReportInputs, shown: list[tuple[dict[Hashable, Any], OutcomeInfo]], language: Language
) -> Figure:
    figure = Balance(
        tuple(
            Distance(
                in_language(outcome.label, language, outcome.indicator),
                say(f"measures.{row['measure']}").in_language(language),
                float(row["smd"]),
            )
            for row, outcome in shown
        ),
        (wording.SMALL_DISTANCE, wording.LARGE_DISTANCE),
        any(is_simulated(inputs, outcome) for _, outcome in shown),
    )
    source = source_of(inputs, [outcome for _, outcome in shown], language)
    return draw_balance(f"{scope}.figure", figure, phrase("balance.caption", language), language, source)


def _counted(shown: list[tuple[dict[Hashable, Any], OutcomeInfo]], language: Language) -> Parts:
    """On which side of the lines all differences lie, those that are folded among them."""
    sides = [wording.distance(row["smd"]) for row, _ in shown]
    counts = {side.value: numbers.count(f"balance.counted.{side}", sides.count(side), language) for side in wording.Distance}
    lines = {
        "near": numbers.measured("balance.counted.near", wording.SMALL_DISTANCE, 2, language),
        "far": numbers.measured("balance.counted.far", wording.LARGE_DISTANCE, 2, language),
    }
    of = numbers.count("balance.counted.of", len(shown), language)
    return phrase("balance.counted", language, of=of, **counts, **lines)


def _balance_sentences(
    scope: str,
    shown: list[tuple[dict[Hashable, Any], OutcomeInfo]],
    sides: tuple[wording.Distance, ...],
    language: Language,
) -> Iterator[Parts]:
    """One sentence for each of these sides of the lines on which there is a difference, the largest first."""
    for side in reversed(sides):
        found = [
            (outcome, row["measure"], numbers.measured(f"{scope}.said-{position}", row["smd"], 2, language))
            for position, (row, outcome) in enumerate(shown, start=1)
            if wording.distance(row["smd"]) is side
        ]
        if found:
            lines = {
                "near": numbers.measured(f"{scope}.{side}.near", wording.SMALL_DISTANCE, 2, language),
                "far": numbers.measured(f"{scope}.{side}.far", wording.LARGE_DISTANCE, 2, language),
            }
            yield insert(phrase(f"balance.{side}", language, items="\x01", **lines), _by_outcome(found, language))


def _together(inputs: ReportInputs, language: Language) -> Parts:
    """All differences in one test, beside the lines; neither decides anything."""
    found = inputs.omnibus
    if found is None:
        return ()
    said = phrase(
        "balance.together_by_law" if found.by_law else "balance.together",
        language,
        statistic=numbers.measured("balance.together.statistic", found.statistic, 1, language),
        df=numbers.count("balance.together.df", found.df, language),
        cases=numbers.measured("balance.together.cases", 100 * found.p, 1, language),
        p=numbers.p_value("balance.together.p", found.p, language),
        n=numbers.count("balance.together.n", found.n_assignments, language),
        approximate=numbers.p_value("balance.together.approximate", found.p_approximate, language),
    )
    return join(said, phrase("balance.together_decides_nothing", language))


def _without_counterpart(
    scope: str, inputs: ReportInputs, shown: list[tuple[dict[Hashable, Any], OutcomeInfo]], language: Language
) -> Iterator[Block]:
    """Where fewer of the programme group than the plan demands lie within the range of the reference group: what its check says, too."""
    found = [
        (outcome, row["measure"], numbers.measured(f"{scope}.within-{position}", 100 * float(row["overlap"]), 0, language))
        for position, (row, outcome) in enumerate(shown, start=1)
        if row.get("overlap", float("nan")) < inputs.checks.overlap
    ]
    if found:
        yield Paragraph(insert(phrase("balance.apart", language, items="\x01"), _by_outcome(found, language)))


def _by_outcome(found: list[tuple[OutcomeInfo, str, Number]], language: Language) -> Parts:
    """Measures with a number each, outcome by outcome; rows of an outcome follow each other."""
    said = []
    for _, rows in groupby(found, key=lambda row: row[0].indicator):
        outcomes, measures, measured = zip(*rows, strict=True)
        told: list[Inline] = []
        for measure, number in zip(measures, measured, strict=True):
            name = say(f"measures.{measure}").in_language(language)
            told += [*([", "] if told else []), *phrase("balance.measure", language, measure=name, value=number)]
        item = phrase("balance.item", language, label=label_of(outcomes[0], language), measures="\x01")
        said.append(insert(item, tuple(told)))
    return listed(said)


def _balance_table(shown: list[tuple[dict[Hashable, Any], OutcomeInfo]], language: Language) -> Table:
    rows = []
    for position, (row, outcome) in enumerate(shown, start=1):
        scope = f"balance.row-{position}"
        digits = outcome.decimals + (row["measure"] == "trend")
        first, last = (numbers.year(f"{scope}.{name}", row[name]) for name in ("first_year", "last_year"))
        n_years = numbers.count(f"{scope}.n_years", row["n_years"], language)
        label, measure = label_of(outcome, language), say(f"measures.{row['measure']}").in_language(language)
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
        Column(say("balance.outcome").in_language(language)),
        *(
            Column(say(key).in_language(language), "number")
            for key in ("balance.treated", "balance.reference", "balance.smd", "difference.n_by_group")
        ),
        Column(say("balance.years").in_language(language)),
    )
    return Table("balance.table", phrase("balance.table_caption", language), columns, tuple(rows))
