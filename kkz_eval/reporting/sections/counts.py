"""The part with counts by unit and year, small ones hidden. The rule of hiding is in `disclosure`."""

from __future__ import annotations

import pandas as pd

from kkz_eval.model.texts import Language
from kkz_eval.reporting import disclosure, numbers, say
from kkz_eval.reporting.document import Column, Paragraph, Parts, Quoted, Section, Table, phrase


def counts_section(counts: pd.DataFrame, smallest_cell: int, language: Language) -> Section:
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
    return Section("counts", phrase("data.counts", language), (*tables, Paragraph(hidden, "note")), kind="technical")


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
            else (say("studied.not_stated").in_language(language),)
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
        *(Column(say(f"data.{name}").in_language(language)) for name in ("unit_name", "year")),
        *(Column(str(name), "number") for name in names),
        Column(say("data.total").in_language(language), "number"),
    )
    return Table(f"counts-table-{position}", (Quoted(whole),), columns, tuple(rows))
