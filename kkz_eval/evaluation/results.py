"""The results of the engine as tables: columns, order, printing, writing.

Belongs here: the form of the results. Does not belong here: how they come about (effects.py), words about them (reporting).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from kkz_eval.evaluation import say
from kkz_eval.evaluation.problems import PACKAGE
from kkz_eval.model.errors import UserError
from kkz_eval.model.system_errors import reason_of
from kkz_eval.model.texts import LANGUAGES, Language, Localised, Wording
from kkz_eval.storage.store import replace_file

ESTIMATE_COLUMNS: Mapping[str, str] = {
    "question": "string",
    "indicator": "string",
    "estimator": "string",
    "method": "string",
    "variant": "string",
    "aggregation": "string",
    "term": "string",
    "cohort": "integer",
    "year": "integer",
    "event_time": "integer",
    "estimate": "number",
    "std_error": "number",
    "conf_low": "number",
    "conf_high": "number",
    "conf_level": "number",
    "band_low": "number",
    "band_high": "number",
    "p_value": "number",
    "p_method": "string",
    "reference": "string",
    "n_units": "integer",
    "n_treated": "integer",
    "n_control": "integer",
    "n_cells": "integer",
    "n_clusters": "integer",
    "n_treated_clusters": "integer",
    "status": "string",
    "message": "string",
    "inputs_digest": "string",
    "plan_digest": "string",
    "code_digest": "string",
}
ESTIMATE_ORDER = (
    "question", "indicator", "estimator", "method", "variant", "aggregation", "term", "cohort", "year", "event_time",
)  # fmt: skip
WEIGHT_COLUMNS: Mapping[str, str] = {
    "indicator": "string",
    "estimator": "string",
    "kind": "string",
    "key": "string",
    "weight": "number",
    "estimate": "number",
}
TEST_COLUMNS: Mapping[str, str] = {
    "indicator": "string",
    "estimator": "string",
    "test": "string",
    "statistic": "number",
    "df": "string",
    "p_value": "number",
}
SENSITIVITY_COLUMNS: Mapping[str, str] = {
    "indicator": "string",
    "estimator": "string",
    "method": "string",
    "parameter": "string",
    "target": "string",
    "conf_low": "number",
    "conf_high": "number",
}
_INFERENCE_OF = {"question": "string", "indicator": "string", "estimator": "string"}
INFERENCE_COLUMNS: Mapping[str, str] = {
    **_INFERENCE_OF,
    "aggregation": "string",
    "method": "string",
    "statistic": "string",
    "within": "string",
    "adjust": "string",
    "theta": "string",
    "theta_value": "number",
    "n_assignments": "integer",
    "exact": "flag",
    "estimate": "number",
    "center": "number",
    "p_value": "number",
    "p_adjusted": "number",
    "adjustment": "string",
    "conf_low": "number",
    "conf_high": "number",
    "conf_level": "number",
    "mc_error": "number",
    "status": "string",
    "message": "string",
}
AUDIT_COLUMNS: Mapping[str, str] = {
    **_INFERENCE_OF,
    "form": "string",
    "within": "string",
    "adjust": "string",
    "law": "string",
    "theta": "string",
    "theta_value": "number",
    "size": "number",
    "level": "number",
    "mean_estimate": "number",
    "n_assignments": "integer",
    "exact": "flag",
    "status": "string",
    "message": "string",
}
POWER_COLUMNS: Mapping[str, str] = {
    **_INFERENCE_OF,
    "within": "string",
    "theta": "string",
    "permutation_sd": "number",
    "mde": "number",
    "level": "number",
    "power": "number",
}
CHANCE_COLUMNS: Mapping[str, str] = {
    **_INFERENCE_OF,
    "aggregation": "string",
    "within": "string",
    "adjust": "string",
    "theta": "string",
    "low": "number",
    "high": "number",
    "share": "number",
    "estimate": "number",
    "center": "number",
    "n_assignments": "integer",
    "exact": "flag",
}
VERDICT_COLUMNS: Mapping[str, str] = {
    "question": "string",
    "indicator": "string",
    "verdict": "string",
    "form": "string",
    "row": "integer",
    "rating": "string",
    "confounding": "string",
    "selection": "string",
    "classification": "string",
    "deviations": "string",
    "missing": "string",
    "measurement": "string",
    "reported_result": "string",
    "message": "string",
}
MESSAGE_COLUMNS: Mapping[str, str] = {"indicator": "string", "message": "string", **dict.fromkeys(LANGUAGES, "string")}
"""Each message of an outcome once, as it stands in the other tables (in the first language of the plan), and in every language."""
RESULT_TABLES: Mapping[str, Mapping[str, str]] = {
    "estimates": ESTIMATE_COLUMNS,
    "weights": WEIGHT_COLUMNS,
    "tests": TEST_COLUMNS,
    "sensitivity": SENSITIVITY_COLUMNS,
    "inference": INFERENCE_COLUMNS,
    "audit": AUDIT_COLUMNS,
    "power": POWER_COLUMNS,
    "chance": CHANCE_COLUMNS,
    "verdicts": VERDICT_COLUMNS,
    "messages": MESSAGE_COLUMNS,
}
"""Columns of each table of the results by its name, which is that of its field and its file."""
ARROW_TYPES = {"string": pa.string(), "integer": pa.int64(), "number": pa.float64(), "flag": pa.bool_()}


def result_frame(rows: Iterable[Mapping[str, object]], columns: Mapping[str, str], order: Iterable[str] = ()) -> pd.DataFrame:
    """A typed frame with exactly these columns, sorted by `order` (all columns if empty); "" and NA where a row says nothing."""
    entries = list(rows)
    if not entries:
        return _empty(tuple(columns.items())).copy()
    keys = list(order) or list(columns)
    entries.sort(
        key=lambda entry: [_sortable(entry.get(name), columns[name]) for name in keys]
    )  # faster than categories of pandas
    return _typed(entries, columns)


@cache
def _empty(columns: tuple[tuple[str, str], ...]) -> pd.DataFrame:
    return _typed([], dict(columns))


def _typed(entries: Sequence[Mapping[str, object]], columns: Mapping[str, str]) -> pd.DataFrame:
    data: dict[str, Any] = {}
    for name, kind in columns.items():
        cells: list[Any] = [entry.get(name) for entry in entries]
        if kind == "string":
            data[name] = pd.Index(["" if cell is None else cell for cell in cells], dtype=object)  # stays text of Python
        elif kind == "integer":
            missing = np.array([cell is None for cell in cells], dtype=bool)
            data[name] = pd.arrays.IntegerArray(np.array([cell or 0 for cell in cells], dtype="int64"), missing)
        elif kind == "flag":
            data[name] = pd.array(cells, dtype="boolean")
        else:
            data[name] = np.array([np.nan if cell is None else cell for cell in cells], dtype="float64")
    return pd.DataFrame(data, index=pd.RangeIndex(len(entries)), copy=False)


def _sortable(cell: Any, kind: str) -> str | tuple[bool, float]:
    """A cell as a key that puts missing ones first."""
    if kind == "string":
        return "" if cell is None else str(cell)
    return (False, 0) if pd.isna(cell) else (True, cell)


@dataclass(frozen=True)
class EstimateTable:
    """Estimates as a table for people; `print(EstimateTable(frame))`. frame: columns ESTIMATE_COLUMNS.

    Uniform bands have a column where there are any; below, what was left out, once for each outcome and estimator.
    """

    frame: pd.DataFrame
    language: Language = "de"

    def __str__(self) -> str:
        if self.frame.empty:
            return self._word("empty")
        level = f"{100 * float(self.frame['conf_level'].iloc[0]):g} %"
        header = [self._word(name) for name in ("indicator", "estimator", "term", "event_time", "estimate", "std_error")]
        banded = bool(self.frame["band_low"].notna().any())
        header += [self._word("interval", level=level), *([self._word("band", level=level)] if banded else [])]
        header += [self._word(name) for name in ("p_value", "units", "cells", "clusters")]
        lines, messages, previous = [header], [], ""
        for row in self.frame.to_dict("records"):
            cells = [_range(row["conf_low"], row["conf_high"])]
            lines.append(self._line(row, [*cells, *([_range(row["band_low"], row["band_high"])] if banded else [])]))
            about = f"{row['indicator']}, {row['estimator']}: {row['message']}"
            if row["message"] and about != previous:
                messages.append(about)
                previous = about
        widths = [max(len(line[place]) for line in lines) for place in range(len(header))]
        right = range(3, len(header))
        shown = [
            "  ".join(
                cell.rjust(width) if place in right else cell.ljust(width)
                for place, (cell, width) in enumerate(zip(line, widths, strict=True))
            ).rstrip()
            for line in lines
        ]
        return "\n".join([shown[0], "─" * max(len(line) for line in shown), *shown[1:], *([""] if messages else []), *messages])

    def _word(self, key: str, **parameters: object) -> str:
        return say(f"table.{key}", **parameters).in_language(self.language)

    def _line(self, row: Mapping[Hashable, Any], ranges: list[str]) -> list[str]:
        term = str(row["term"]) if row["aggregation"] in {"coefficient", "dynamic"} else f"{row['term']} ({row['aggregation']})"
        place = ", ".join(part for part in (_integer(row["cohort"]), _integer(row["year"])) if part)
        term = f"{term} {place}".strip()
        line = [str(row["indicator"]), str(row["estimator"]), term, _integer(row["event_time"])]
        counts = [
            f"{_integer(row['n_units'])} ({_integer(row['n_treated'])}/{_integer(row['n_control'])})",
            _integer(row["n_cells"]),
            f"{_integer(row['n_clusters'])} ({_integer(row['n_treated_clusters'])})",
        ]
        if row["status"] != "ok":
            return [*line, self._word("refused"), "", *ranges, "", *counts]
        return [*line, _number(row["estimate"]), _number(row["std_error"]), *ranges, _probability(row["p_value"]), *counts]


def _range(low: object, high: object) -> str:
    return "" if pd.isna(low) else f"[{_number(low)}, {_number(high)}]"  # type: ignore[call-overload]


def _probability(value: object) -> str:
    """Three decimals; never 0."""
    shown = _number(value, ".3f")
    return "<0.001" if shown == "0.000" else shown


def _integer(value: object) -> str:
    return "" if pd.isna(value) else str(value)  # type: ignore[call-overload]


def _number(value: object, form: str = ".5g") -> str:
    return "" if pd.isna(value) else format(float(value), form)  # type: ignore[call-overload, arg-type]


@dataclass(frozen=True)
class EffectsResult:
    """What the engine found: a frame for each of RESULT_TABLES, with its columns, sorted."""

    estimates: pd.DataFrame
    weights: pd.DataFrame
    tests: pd.DataFrame
    sensitivity: pd.DataFrame
    inference: pd.DataFrame
    audit: pd.DataFrame
    power: pd.DataFrame
    chance: pd.DataFrame
    verdicts: pd.DataFrame
    messages: pd.DataFrame

    def message(self, row: pd.Series) -> Localised:
        """What a row of any of the tables says, in every language."""
        return message_of(self.messages, row)

    def __str__(self) -> str:
        return str(EstimateTable(self.estimates))


def message_of(messages: pd.DataFrame, row: pd.Series) -> Localised:
    """What a row of results says, in every language; as it stands where no other is known of it. messages: MESSAGE_COLUMNS."""
    known = messages[(messages["indicator"] == row["indicator"]) & (messages["message"] == row["message"])]
    found = [{language: str(one[language]) for language in LANGUAGES} for one in known.to_dict("records")]
    return Wording(found[0] if found else dict.fromkeys(LANGUAGES, str(row["message"])))


def result_of(language: Language = "de", /, **tables: Iterable[Mapping[str, object]]) -> EffectsResult:
    """The result with these rows by the names of RESULT_TABLES, sorted; a table that is not named is empty.

    A message that is Localised stands in its table in this language, and among the messages in all of them.
    """
    said: dict[tuple[object, str], Mapping[str, object]] = {}

    def in_words(row: Mapping[str, object]) -> Mapping[str, object]:
        message, about = row.get("message"), row.get("indicator")
        if not isinstance(message, Localised):
            return row
        text = message.in_language(language)
        if text:
            languages: dict[str, object] = {each: message.in_language(each) for each in LANGUAGES}
            said.setdefault((about, text), {"indicator": about, "message": text} | languages)
        return {**row, "message": text}

    rows = {name: [in_words(row) for row in some] for name, some in tables.items()}
    rows["messages"] = [*rows.get("messages", ()), *said.values()]
    return EffectsResult(
        **{name: result_frame(rows.get(name, ()), columns, result_order(name)) for name, columns in RESULT_TABLES.items()}
    )


def result_order(table: str) -> tuple[str, ...]:
    """The columns by which a table is sorted; empty for all, from the first on."""
    return ESTIMATE_ORDER if table == "estimates" else ()


def join_results(results: Iterable[EffectsResult]) -> EffectsResult:
    """One result from those of several outcomes, sorted again."""
    parts = list(results)
    if len(parts) == 1:  # sorted already
        return parts[0]
    return result_of(
        **{
            name: [
                {key: None if pd.isna(cell) else cell for key, cell in record.items()}
                for part in parts
                for record in getattr(part, name).to_dict("records")
            ]
            for name in RESULT_TABLES
        }
    )


def only_outcomes(result: EffectsResult, indicators: Collection[str]) -> EffectsResult:
    """The rows of these outcomes."""
    kept = {name: getattr(result, name) for name in RESULT_TABLES}
    return EffectsResult(
        **{name: frame[frame["indicator"].isin(set(indicators))].reset_index(drop=True) for name, frame in kept.items()}
    )


def results_files(result: EffectsResult) -> dict[str, bytes]:
    """The result files by name: full double precision, the same bytes for the same result."""
    tables = {f"{name}.csv": _csv_bytes(getattr(result, name), columns) for name, columns in RESULT_TABLES.items()}
    return {**tables, "estimates.parquet": _parquet_bytes(result.estimates, ESTIMATE_COLUMNS)}


def write_results(result: EffectsResult, out_dir: Path) -> None:
    """estimates.parquet, and a .csv for each of RESULT_TABLES: full double precision, the same bytes for the same result.

    Each file is written under a temporary name and then put in place. Raises UserError where the folder cannot be written to.
    """
    try:
        out_dir.mkdir(parents=True, exist_ok=True)
        for name, content in results_files(result).items():
            replace_file(out_dir / name, content)
    except OSError as error:
        raise UserError("not_writable", package=PACKAGE, folder=out_dir, reason=reason_of(error)) from error


def _csv_bytes(frame: pd.DataFrame, columns: Mapping[str, str]) -> bytes:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(columns)
    for row in frame[list(columns)].itertuples(index=False):
        writer.writerow([_cell(value, kind) for value, kind in zip(row, columns.values(), strict=True)])
    return buffer.getvalue().encode("utf-8")


def _cell(value: object, kind: str) -> str:
    if kind == "string":
        return str(value)
    if pd.isna(value):  # type: ignore[call-overload]
        return ""
    if kind == "flag":
        return "true" if value else "false"
    return str(int(value)) if kind == "integer" else repr(float(value))  # type: ignore[call-overload, arg-type]


def _parquet_bytes(frame: pd.DataFrame, columns: Mapping[str, str]) -> bytes:
    arrays = []
    for name, kind in columns.items():
        cells = [None if pd.isna(cell) else cell for cell in frame[name]]
        arrays.append(pa.array(cells, type=ARROW_TYPES[kind]))
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table(arrays, names=list(columns)), sink)
    return bytes(sink.getvalue().to_pybytes())
