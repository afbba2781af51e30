"""The part on deliveries: how many of each kind, and folded those of each dataset and which were rejected or are missing. No judgement of a delivery (deliveries)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from kkz_eval.model.texts import Language
from kkz_eval.model.verdicts import COUNTING, OFFICIAL, State
from kkz_eval.reporting import numbers, say
from kkz_eval.reporting.document import (
    Code,
    Column,
    Inline,
    Paragraph,
    Parts,
    Quoted,
    Section,
    Table,
    identifier_part,
    join,
    phrase,
)
from kkz_eval.reporting.inputs import LocalText, in_language
from kkz_eval.reporting.sections.parts import folded, insert, listed

ALWAYS_SHOWN = (State.ACCEPTED, State.WARNINGS, State.REJECTED, State.MISSING)


def deliveries_section(deliveries: pd.DataFrame, titles: Mapping[str, LocalText], language: Language) -> Section:
    """How many of each status; folded the count by dataset, and a row for each unit, dataset and status with its years as spans.

    titles: by dataset.
    """
    tally = deliveries.groupby(["dataset", "status"]).size()
    states = [state for state in State if state in ALWAYS_SHOWN or state in set(deliveries["status"])]
    datasets = sorted({str(dataset) for dataset in deliveries["dataset"]})
    overview = Table(
        "deliveries-table",
        phrase("data.deliveries_caption", language),
        (
            Column(say("data.dataset").in_language(language)),
            *(Column(state.said.in_language(language), "number") for state in states),
        ),
        tuple(
            (
                (_named(dataset, titles, language),),
                *(
                    (
                        numbers.count(
                            f"deliveries.{position}-{identifier_part(dataset)}.{state}",
                            int(tally.get((dataset, state), 0)),
                            language,
                        ),
                    )
                    for state in states
                ),
            )
            for position, dataset in enumerate(datasets, start=1)
        ),
    )
    kept_out = deliveries[~deliveries["status"].isin([*COUNTING, *OFFICIAL])]
    kept_out = kept_out.sort_values(["dataset", "unit_name", "unit_id", "year"])
    counted = _counted(deliveries, states, language)
    by_dataset = folded("deliveries-by-dataset", phrase("data.deliveries_title", language), (overview,))
    if kept_out.empty:
        said = Paragraph(join(counted, phrase("data.no_refused", language)))
        return Section("deliveries", phrase("data.deliveries", language), (said,), by_dataset)
    rows = tuple(
        (
            (Quoted(str(unit_name)),),
            (_named(str(dataset), titles, language),),
            spans(f"kept_out.{position}", [int(year) for year in part["year"]]),
            (State(str(status)).said.in_language(language),),
            (say("studied.not_stated").in_language(language),)
            if status in (State.MISSING, State.PURGED) or part["n_errors"].isna().any()
            else (numbers.count(f"kept_out.{position}.n_errors", _n_errors(part), language),),
        )
        for position, ((dataset, unit_name, _, status), part) in enumerate(
            kept_out.groupby(["dataset", "unit_name", "unit_id", "status"], sort=True, dropna=False), start=1
        )
    )
    columns = (
        *(Column(say(f"data.{name}").in_language(language)) for name in ("unit_name", "dataset", "years", "status")),
        Column(say("data.n_errors").in_language(language), "number"),
    )
    named = Table("kept-out-table", phrase("data.refused_caption", language), columns, rows)
    kept_out_ones = folded("kept-out", phrase("data.refused_title", language), (named,))
    return Section("deliveries", phrase("data.deliveries", language), (Paragraph(counted),), (*by_dataset, *kept_out_ones))


def _counted(deliveries: pd.DataFrame, states: Sequence[State], language: Language) -> Parts:
    """All deliveries, and how many of each status."""
    tally = deliveries["status"].value_counts()
    each: list[Parts] = [
        (state.said.in_language(language), " ", numbers.count(f"deliveries.all.{state}", int(tally.get(state, 0)), language))
        for state in states
    ]
    n = numbers.count("deliveries.all", len(deliveries), language)
    return insert(phrase("data.deliveries_counted", language, n=n, states="\x01"), listed(each))


def _n_errors(places: pd.DataFrame) -> int:
    """The errors of some places of one unit: those of each, and once those of each of their deliveries."""
    return int(places["n_errors"].sum() + places.drop_duplicates("delivery")["n_errors_of_file"].sum())


def _named(dataset: str, titles: Mapping[str, LocalText], language: Language) -> Inline:
    return Quoted(in_language(titles[dataset], language, dataset)) if dataset in titles else Code(dataset)


def spans(scope: str, years: Iterable[int]) -> Parts:
    """Years in order, those that follow each other as a span that stays on one line: 2007–2009, 2012."""
    runs: list[list[int]] = []
    for year in sorted(set(years)):
        if runs and year == runs[-1][-1] + 1:
            runs[-1].append(year)
        else:
            runs.append([year])
    shown: list[Inline] = []
    for position, run in enumerate(runs, start=1):
        shown += [*([", "] if shown else []), numbers.year(f"{scope}.from-{position}", run[0])]
        if len(run) > 1:
            shown += ["–\u2060", numbers.year(f"{scope}.to-{position}", run[-1])]
    return tuple(shown)
