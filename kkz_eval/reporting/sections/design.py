"""What the report says of the design: who serves as whose reference, balance after weighting, regression to the mean, the lock.

Does not belong here: numbers (evaluation), the order of the report (build).
"""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from kkz_eval.model.texts import Language
from kkz_eval.reference.unit_groups import unit_words
from kkz_eval.reporting import numbers, say
from kkz_eval.reporting.document import Block, Column, Inline, Listing, Paragraph, Parts, Quoted, Section, Table, join, phrase
from kkz_eval.reporting.inputs import DesignInfo, OutcomeInfo, ReportInputs, in_language
from kkz_eval.reporting.sections.parts import folded

MOST_SHARES = 6  # of a synthetic reference that are named; its file has all


def lock_headline(inputs: ReportInputs, language: Language) -> tuple[Paragraph, ...]:
    """Whether the results follow a locked plan, in a sentence; nothing where the inputs do not say."""
    return tuple(Paragraph((Quoted(said.in_language(language)),), "note") for said in inputs.conformity[:1])


def lock_section(inputs: ReportInputs, language: Language) -> tuple[Section, ...]:
    """Whether the results follow a locked plan, and every deviation."""
    if not inputs.conformity:
        return ()
    headline, *deviations = ((Quoted(said.in_language(language)),) for said in inputs.conformity)
    blocks: list[Block] = [Paragraph(headline)]
    if inputs.published is not None:
        blocks.append(Paragraph((Quoted(inputs.published.in_language(language)),)))
    if deviations:
        blocks.append(Listing(tuple(deviations)))
    return (Section("lock", phrase("design.lock", language), tuple(blocks)),)


def design_sections(inputs: ReportInputs, language: Language) -> tuple[Section, ...]:
    """The reference units of each unit of the programme, and what levels alone let expect; none where the inputs have no design."""
    design = inputs.design
    if design is None:
        return ()
    labels = {outcome.indicator: outcome for outcome in inputs.outcomes}
    sections = [
        *folded("references", phrase("design.title", language), _reference_blocks(design, labels, inputs.level, language))
    ]
    expected = tuple(_expected(design.regression, labels, language))
    if expected:
        blocks = (Paragraph(phrase("design.regression_intro", language, units=_units(inputs.level, language))), Listing(expected))
        sections += folded("regression", phrase("design.regression", language), blocks)
    return tuple(sections)


def _reference_blocks(design: DesignInfo, labels: dict[str, OutcomeInfo], level: str, language: Language) -> Iterator[Block]:
    total = numbers.count("design.n_reference", design.n_reference, language)
    effective = numbers.measured("design.ess", design.ess, 1, language)
    weighted = design.method in ("entropy_balancing", "nearest_neighbour")
    units = _units(level, language)
    counted = phrase("design.effective", language, units=units, n=total, ess=effective) if weighted else ()
    fixed = phrase("design.weights_fixed", language) if weighted else ()
    yield Paragraph(join(_method(design, units, language), counted, fixed))
    if len(design.unused):
        yield Listing(
            tuple(
                phrase("design.unused", language, name=Quoted(str(name)), reason=Quoted(reason.in_language(language)))
                for name, reason in design.unused
            )
        )
    if weighted:
        yield _after_table(design.balance, labels, language)
    if len(design.references):
        unused = () if design.references["matched"].any() else phrase("design.names_unused", language)
        yield Paragraph(join(phrase("design.names_intro", language, units=units), unused))
        yield _names_table(design, level, language)


def _after_table(balance: pd.DataFrame, labels: dict[str, OutcomeInfo], language: Language) -> Table:
    rows = []
    for position, row in enumerate(balance[balance["smd_after"].notna()].to_dict("records"), start=1):
        known = labels.get(str(row["indicator"]))
        label = str(row["indicator"]) if known is None else in_language(known.label, language, known.indicator)
        measure = say(f"measures.{row['measure']}").in_language(language)
        cells = tuple(
            (numbers.measured(f"design.after-{position}.{name}", row[name], 2, language),) for name in ("smd", "smd_after")
        )
        rows.append((phrase("balance.row", language, label=Quoted(label), measure=measure), *cells))
    columns = (_column("balance.outcome", language), _column("design.before", language), _column("design.after", language))
    return Table("design.after", phrase("design.after_caption", language), columns, tuple(rows))


def _names_table(design: DesignInfo, level: str, language: Language) -> Table:
    rows = []
    for position, (name, part) in enumerate(design.references.groupby("unit_name", sort=True), start=1):
        near = [
            phrase(
                "design.matched" if row["matched"] else "design.near",
                language,
                name=Quoted(str(row["reference_name"])),
                distance=numbers.measured(f"design.unit-{position}.distance-{row['rank']}", row["distance"], 2, language),
            )
            for row in part.sort_values("rank").to_dict("records")
        ]
        mixed = design.synthetic[design.synthetic["unit_name"] == name].sort_values(
            ["share", "reference_name"], ascending=[False, True]
        )
        shares = [
            phrase(
                "design.share",
                language,
                name=Quoted(str(row["reference_name"])),
                share=numbers.measured(f"design.unit-{position}.share-{place}", 100 * row["share"], 0, language),
            )
            for place, row in enumerate(mixed.head(MOST_SHARES).to_dict("records"), start=1)
        ]
        if len(mixed) > MOST_SHARES:
            more = numbers.count(f"design.unit-{position}.more", len(mixed) - MOST_SHARES, language)
            shares.append(phrase("design.more_shares", language, n=more))
        apart = numbers.measured(f"design.unit-{position}.apart", mixed["distance"].iloc[0], 2, language) if len(mixed) else "–"
        rows.append(((Quoted(str(name)),), _listed(near), _listed(shares), (apart,)))
    columns = (
        Column(unit_words(level, language)["unit"], "text"),
        *(_column(key, language) for key in ("design.nearest", "design.synthetic")),
        Column(say("design.apart").in_language(language), "number"),
    )
    return Table("design.names", phrase("design.names_caption", language, units=_units(level, language)), columns, tuple(rows))


def _expected(regression: pd.DataFrame, labels: dict[str, OutcomeInfo], language: Language) -> Iterator[Parts]:
    for position, row in enumerate(regression[regression["status"] == "ok"].to_dict("records"), start=1):
        outcome = labels[str(row["indicator"])]
        scope = f"design.regression-{position}"
        weighted = pd.notna(row["expected_after"])
        after = (
            {"after": numbers.measured(f"{scope}.after", row["expected_after"], outcome.decimals, language)} if weighted else {}
        )
        yield phrase(
            "design.expected_weighted" if weighted else "design.expected",
            language,
            label=Quoted(in_language(outcome.label, language, outcome.indicator)),
            correlation=numbers.measured(f"{scope}.correlation", row["correlation"], 2, language),
            expected=numbers.measured(f"{scope}.expected", row["expected"], outcome.decimals, language),
            unit=Quoted(in_language(outcome.difference_unit, language, outcome.indicator)),
            **after,
        )


def _method(design: DesignInfo, units: str, language: Language) -> Parts:
    """How the units of the reference group count."""
    if design.method == "weight":
        return phrase("design.weight", language, units=units, weight=Quoted(design.weight))
    return phrase(f"design.{design.method}", language, units=units)


def _units(level: str, language: Language) -> str:
    return unit_words(level, language)["units"]


def _listed(items: list[Parts]) -> Parts:
    listed: list[Inline] = []
    for item in items:
        listed += [*(["; "] if listed else []), *item]
    return tuple(listed) or ("–",)


def _column(key: str, language: Language) -> Column:
    return Column(say(key).in_language(language), "number" if key in {"design.before", "design.after"} else "text")
