"""The section on the years before the start: how far apart the groups were, figure, sentences and table. The design is in `design`."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Any

from kkz_eval.model.texts import Language
from kkz_eval.reporting import claims, numbers, say, wording
from kkz_eval.reporting.document import Block, Column, Inline, Listing, Paragraph, Parts, Section, Table, join, phrase
from kkz_eval.reporting.figures.balance import Balance, Distance, draw_balance
from kkz_eval.reporting.inputs import OutcomeInfo, ReportInputs, in_language
from kkz_eval.reporting.sections import design
from kkz_eval.reporting.sections.parts import insert, is_simulated, label_of, source_of


def comparable_section(inputs: ReportInputs, language: Language) -> Section:
    """The section on the years before the start; where the inputs have no balance, that it is not known. Its question needs its figure."""
    if inputs.balance.empty:
        blocks_of_none = (Paragraph(phrase("balance.none", language)),)
        return Section(
            "balance", phrase("sections.balance_unknown", language), blocks_of_none, design.design_sections(inputs, language)
        )
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
                label=label_of(outcome, language),
                measure=say(f"measures.{row['measure']}").in_language(language),
                reason=say(f"balance_reasons.{row['reason']}").in_language(language),
            )
            for row, outcome in refused
        )
        blocks.append(Listing(items))
    title = phrase("sections.balance" if shown else "sections.balance_unknown", language)
    return Section("balance", title, tuple(blocks), design.design_sections(inputs, language))


def _balance_shown(
    inputs: ReportInputs, shown: list[tuple[dict[Hashable, Any], OutcomeInfo]], language: Language
) -> Iterator[Block]:
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
    yield draw_balance(claims.BALANCE_FIGURE, figure, phrase("balance.caption", language), language, source)
    yield Listing(tuple(_balance_sentences(shown, language)))
    yield from _without_counterpart(inputs, shown, language)
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
    yield Paragraph(join(*notes, _together(inputs, language)))
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
                measure = say(f"measures.{row['measure']}").in_language(language)
                said = phrase("balance.item", language, label=label_of(outcome, language), measure=measure, smd=smd)
                items += [*(["; "] if items else []), *said]
        if items:
            lines = {
                "near": numbers.measured(f"balance.{side}.near", wording.SMALL_DISTANCE, 2, language),
                "far": numbers.measured(f"balance.{side}.far", wording.LARGE_DISTANCE, 2, language),
            }
            yield insert(phrase(f"balance.{side}", language, items="\x01", **lines), tuple(items))


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
    inputs: ReportInputs, shown: list[tuple[dict[Hashable, Any], OutcomeInfo]], language: Language
) -> Iterator[Block]:
    """Where fewer of the programme group than the plan demands lie within the range of the reference group: what its check says, too."""
    items: list[Inline] = []
    for position, (row, outcome) in enumerate(shown, start=1):
        share = float(row.get("overlap", float("nan")))
        if share < inputs.checks.overlap:
            measure = say(f"measures.{row['measure']}").in_language(language)
            within = numbers.measured(f"balance.within-{position}", 100 * share, 0, language)
            said = phrase("balance.within", language, label=label_of(outcome, language), measure=measure, share=within)
            items += [*(["; "] if items else []), *said]
    if items:
        yield Paragraph(insert(phrase("balance.apart", language, items="\x01"), tuple(items)))


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
