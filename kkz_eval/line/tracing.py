"""From a number of a report to the cells of the deliveries that it rests on.

Belongs here: which outcome a number speaks of, which rows of the results hold it, which cells the outcome's values came from. Does not belong
here: finding the report (kept_reports), printing (commands/trace.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd
import pyarrow as pa

from kkz_eval.evaluation.plan import Outcome, Plan
from kkz_eval.evaluation.results import RESULT_TABLES, EffectsResult
from kkz_eval.line.kept_reports import NumberOnPage
from kkz_eval.line.study import Study
from kkz_eval.model.identifiers import cell_address
from kkz_eval.reference.tables import unit_name
from kkz_eval.reporting.document import identifier_part

_OF_OUTCOME = re.compile(r"[^.]+\.(?P<place>\d+)-(?P<indicator>[^.]+)")
_SAME = 1e-9  # of the larger: the page carries full precision, but shows sizes without their sign
CELL_COLUMNS = (
    *("indicator", "unit_id", "unit", "year", "value", "part", "measure", "delivered", "symbol"),
    *("dataset", "edition", "file", "sha256", "cell", "correction"),
)


@dataclass(frozen=True)
class InResults:
    """Where a number stands in the tables of the results. row: what names it."""

    table: str
    column: str
    row: str


@dataclass(frozen=True)
class Trace:
    """What a number rests on.

    section: of the report; outcome: that it speaks of, None where it speaks of none; results: where it stands in the tables of the results,
    () for what is computed from them for the page; cells: CELL_COLUMNS, a row for each delivered cell behind the values of the outcome.
    """

    number: NumberOnPage
    section: str
    outcome: Outcome | None
    results: tuple[InResults, ...]
    cells: pd.DataFrame


def trace_of(study: Study, number: NumberOnPage) -> Trace:
    """The way back of a number on a page of the study's report. Raises UserError as the study does."""
    section, outcome = number.identifier.partition(".")[0], outcome_of(study.plan, number.identifier)
    if outcome is None:
        return Trace(number, section, None, (), pd.DataFrame(columns=list(CELL_COLUMNS)))
    found = tuple(_in_results(study.effects, outcome.indicator, number.value))
    return Trace(number, section, outcome, found, cells_behind(study, outcome))


def outcome_of(plan: Plan, identifier: str) -> Outcome | None:
    """The outcome that a number of this identifier speaks of; None where it speaks of none."""
    match = _OF_OUTCOME.match(identifier)
    place = int(match["place"]) if match else 0
    if match is None or not 0 < place <= len(plan.outcomes):
        return None
    outcome = plan.outcomes[place - 1]
    return outcome if identifier_part(outcome.indicator) == match["indicator"] else None


def _in_results(effects: EffectsResult, indicator: str, value: float) -> Iterator[InResults]:
    """The cells of the tables that are the number, but for its sign."""
    for table, columns in RESULT_TABLES.items():
        frame = getattr(effects, table)
        rows = frame[frame["indicator"] == indicator]
        texts = [name for name, kind in columns.items() if kind == "string" and name not in ("message", "indicator")]
        texts = [name for name in texts if not name.endswith("_digest")]
        for column in (name for name, kind in columns.items() if kind == "number"):
            near = (rows[column].abs() - abs(value)).abs() <= _SAME * max(abs(value), 1e-300)
            for row in rows[near].itertuples():
                yield InResults(table, column, " ".join(str(getattr(row, name)) for name in texts if getattr(row, name)))


def cells_behind(study: Study, outcome: Outcome) -> pd.DataFrame:
    """CELL_COLUMNS: each delivered cell that a value of the outcome's panel came from, by unit, year and part."""
    values = study.indicator(outcome.indicator)
    panel = study.panel[(study.panel["indicator"] == outcome.indicator) & study.panel["value"].notna()]
    wanted = set(zip(panel["unit_id"], panel["year"], strict=True))
    indicators: pd.DataFrame = values.indicators.select(["indicator_id", "unit_id", "year", "value"]).to_pandas()
    kept = indicators[[place in wanted for place in zip(indicators["unit_id"], indicators["year"], strict=True)]]
    edges: pd.DataFrame = values.edges.to_pandas()
    joined = kept.merge(edges, on="indicator_id").merge(_observations(study, outcome.indicator), on="observation_id")
    names = {arrival.sha256: arrival.name for arrival in study.snapshot.register.arrivals}
    joined = joined.assign(
        indicator=outcome.indicator,
        unit=joined["unit_id"].map(unit_name),
        file=joined["delivery_sha256"].map(names),
        cell=[
            cell_address(_text(sheet), _whole(row), _whole(column))
            for sheet, row, column in zip(joined["sheet"], joined["row"], joined["column"], strict=True)
        ],
    )
    joined = joined.rename(
        columns={
            "delivery_sha256": "sha256",
            "value_delivered": "delivered",
            "flag": "symbol",
            "correction_id": "correction",
        }
    )
    return joined[list(CELL_COLUMNS)].sort_values(["unit_id", "year", "measure", "part", "cell"], ignore_index=True)


def _observations(study: Study, indicator: str) -> pd.DataFrame:
    """The observations that an indicator reads, with their addresses. part: the dimensions that set a figure apart."""
    asked, dataset = study.asked(indicator), study.plan.sources[indicator]
    tables = study.snapshot.observations_of_indicator(indicator, dataset, asked).values()
    read = pa.concat_tables(list(tables)).select(
        [
            *("observation_id", "dataset", "measure", "dimensions", "value_delivered", "flag", "edition", "delivery_sha256"),
            *("sheet", "row", "column", "correction_id"),
        ]
    )
    parts = [", ".join(f"{name}={code}" for name, code in dimensions) for dimensions in read.column("dimensions").to_pylist()]
    observed: pd.DataFrame = read.drop_columns(["dimensions"]).to_pandas()
    return observed.assign(part=parts)


def _whole(value: object) -> int | None:
    return None if pd.isna(value) else int(value)  # type: ignore[call-overload]


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
