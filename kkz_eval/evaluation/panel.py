"""The long panel: read strictly, checked, and checked against a plan.

Belongs here: types, keys and the columns that a plan names. Does not belong here: which cells enter an estimate (sample.py), rules
about units, coverage or reference tables: what is in the panel is in the estimate.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from kkz_eval.evaluation.estimators.methods import METHODS
from kkz_eval.evaluation.plan import REQUIRED_COLUMNS, Plan
from kkz_eval.evaluation.problems import PanelInvalid, Problem
from kkz_eval.model import errors
from kkz_eval.reference.adjacency import adjoining

KEY_COLUMNS = ("unit_id", "year", "indicator")
SHOWN_PROBLEMS = 10  # of one kind and column; the rest is counted

_INTEGER = re.compile(r"[+-]?\d{1,6}(\.0+)?")  # "2007.0" is what pandas writes for a column with missing values
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")


def read_panel(path: Path) -> pd.DataFrame:
    """The panel in a .csv (UTF-8, comma, decimal point, empty = missing) or .parquet file.

    Returns unit_id, indicator (text), year (int64), value (float64, NaN = missing), cohort (Int64, NA = never) and all other columns
    as they are (text from CSV). Raises PanelInvalid with row numbers, the header being row 1.
    """
    source, suffix = str(path), path.suffix.lower()
    if suffix not in {".csv", ".parquet"}:
        raise PanelInvalid(source, [Problem("panel_format", parameters={"suffix": path.suffix})])
    if not path.exists():
        raise PanelInvalid(source, [Problem("file_missing")])
    try:
        frame = _read_csv(path, source) if suffix == ".csv" else pq.read_table(path).to_pandas(ignore_metadata=True)
    except UnicodeDecodeError:
        raise PanelInvalid(source, [Problem("not_utf8")]) from None
    except (OSError, csv.Error, pa.ArrowException) as error:
        raise PanelInvalid(source, [Problem("panel_unreadable", parameters={"reason": error})]) from None
    checked = _checked(frame, source, list(frame.columns))
    return checked.assign(**{name: checked[name].astype(object) for name in ("unit_id", "indicator")})


def validate_panel(frame: pd.DataFrame, plan: Plan, source: str = "panel") -> pd.DataFrame:
    """The columns that the plan uses, typed; row labels are positions.

    Returns unit_id, year, indicator, value, cohort, then covariates, weight, dose, baseline values of comparison and audit (float64),
    then strata and the cluster column. Texts are categories in their order, so that a long panel holds each once; columns that have their
    type already share memory with `frame`. Raises PanelInvalid: columns or indicators that the plan names are missing, cells of a wrong
    type, negative weights, strata or baseline values that are not constant per unit.
    """
    checked = _checked(frame, source, [name for name in used_columns(plan) if name in frame.columns])
    problems = [*_plan_columns(frame, plan), *_plan_indicators(checked, plan), *_plan_neighbours(checked, plan)]
    if problems:
        raise PanelInvalid(source, problems)
    for column in numeric_columns(plan):
        cells = checked[column]
        checked[column], found = _numbers(cells)
        problems += found if checked[column].notna().any() or not found else [_all_texts(cells)]
    if plan.weight is not None and not problems:
        problems += _at(
            (checked[plan.weight] < 0).to_numpy(),
            "cell_negative_weight",
            lambda row: {"column": plan.weight, "value": checked[plan.weight].iloc[row]},
        )
    for column in dict.fromkeys([*strata_columns(plan), plan.cluster]):
        if column not in REQUIRED_COLUMNS and column not in numeric_columns(plan):
            checked[column], found = _texts(checked[column])
            problems += found
    if not problems:
        for column in dict.fromkeys([*strata_columns(plan), *_columns_of_units(plan)]):
            problems += _varying_problems(checked, column)
        for column in () if plan.audit is None else plan.audit.columns:
            problems += _at(np.isinf(checked[column].to_numpy(dtype="float64")), "cell_infinite", partial(_named, column))
    if problems:
        raise PanelInvalid(source, problems)
    return checked


def by_outcome(panel: pd.DataFrame, plan: Plan, of_panel: PanelInvalid) -> Mapping[str, pd.DataFrame | PanelInvalid]:
    """The rows of each outcome by its indicator, as `validate_panel` returns them, or what is wrong with them.

    of_panel: what `validate_panel` says of the panel. Raised where it can't be laid on outcomes: columns or outcomes are missing, every
    outcome has a fault, or none has.
    """
    if "indicator" not in panel.columns:
        raise of_panel
    names = panel["indicator"].astype("string").fillna("").to_numpy()
    parts: dict[str, pd.DataFrame | PanelInvalid] = {}
    for outcome in plan.outcomes:
        places = np.flatnonzero(names == outcome.indicator)
        if not len(places):
            raise of_panel
        try:
            parts[outcome.indicator] = validate_panel(panel.iloc[places], replace(plan, outcomes=(outcome,)), of_panel.source)
        except PanelInvalid as own:
            if any(
                problem.line is None and problem.code != errors.UNLISTED for problem in own.problems
            ):  # of a column, not of a row
                raise of_panel from None
            parts[outcome.indicator] = PanelInvalid(
                own.source, [_with_lines_of_file(problem, places) for problem in own.problems]
            )
    faulty = sum(isinstance(part, PanelInvalid) for part in parts.values())
    if faulty in (0, len(parts)):
        raise of_panel
    return parts


def _with_lines_of_file(problem: errors.Problem, places: np.ndarray) -> errors.Problem:
    """A problem of some rows of the panel, with their lines in the file. places: the positions of these rows."""
    lines = {"first": int(places[cast(int, problem.parameters["first"]) - 2]) + 2} if "first" in problem.parameters else {}
    line = None if problem.line is None else int(places[problem.line - 2]) + 2
    return replace(problem, line=line, parameters={**problem.parameters, **lines})


def numeric_columns(plan: Plan) -> list[str]:
    """Panel columns beyond the required ones that the plan needs as numbers, each once."""
    weight = [name for name in (plan.weight, *(other.weight for other in plan.specifications)) if name is not None]
    columns = dict.fromkeys([*plan.covariates, *weight, *_columns_of_methods(plan), *_columns_of_units(plan)])
    return [name for name in columns if name not in REQUIRED_COLUMNS]


def strata_columns(plan: Plan) -> list[str]:
    """Panel columns whose values make strata, of the comparison, the assignments and the specifications, each once."""
    others = (name for other in plan.specifications if other.comparison is not None for name in other.comparison.within)
    return list(dict.fromkeys([*plan.comparison.within, *plan.assigned_within, *others]))


def _columns_of_units(plan: Plan) -> list[str]:
    """Columns of baseline values: what the comparison or a specification holds fixed, and on what assignments may depend."""
    others = (name for other in plan.specifications if other.comparison is not None for name in other.comparison.adjust)
    return list(dict.fromkeys([*plan.comparison.adjust, *([] if plan.audit is None else plan.audit.columns), *others]))


def used_columns(plan: Plan) -> list[str]:
    """All panel columns that the plan uses, each once."""
    return list(dict.fromkeys([*REQUIRED_COLUMNS, *numeric_columns(plan), *strata_columns(plan), plan.cluster]))


def _columns_of_methods(plan: Plan) -> list[str]:
    """Columns that the methods of the plan need, each once."""
    return list(dict.fromkeys(name for estimator in plan.estimators for name in METHODS[estimator.method].columns))


def _read_csv(path: Path, source: str) -> pd.DataFrame:
    """Every cell as text; None where empty."""
    problems: list[Problem] = []
    with path.open(encoding="utf-8-sig", newline="") as handle:
        reader = csv.reader(handle, strict=True)
        header = next(reader, [])
        if not header:
            raise PanelInvalid(source, [Problem("panel_empty")])
        if len(header) == 1 and (other := next((sign for sign in ";\t|" if sign in header[0]), "")):
            raise PanelInvalid(source, [Problem("panel_separator", parameters={"found": "Tab" if other == "\t" else other})])
        repeated = [name for position, name in enumerate(header) if name in header[:position]]
        if repeated:
            raise PanelInvalid(source, [Problem("column_repeated", parameters={"column": name}) for name in repeated])
        rows: list[list[str | None]] = []
        records = list(reader)
        while records and not records[-1]:  # empty lines at the end
            records.pop()
        for number, row in enumerate(records, start=2):
            if len(row) == len(header):
                rows.append([cell if cell != "" else None for cell in row])
            else:
                parameters = {"found": len(row), "expected": len(header)}
                problems.append(Problem("row_length", line=number, parameters=parameters))
    if problems:
        raise PanelInvalid(source, _shortened(problems))
    return pd.DataFrame(rows, columns=header, dtype=object)


def _checked(frame: pd.DataFrame, source: str, names: Sequence[Any]) -> pd.DataFrame:
    """The columns `names` of the frame, those required typed and the key, cohorts and values checked; row labels are positions."""
    columns = ", ".join(str(name) for name in frame.columns)
    missing = [name for name in REQUIRED_COLUMNS if name not in frame.columns]
    if missing:
        raise PanelInvalid(source, [Problem("column_missing", parameters={"column": n, "columns": columns}) for n in missing])
    if not frame.columns.is_unique:
        repeated = frame.columns[frame.columns.duplicated()].unique()
        raise PanelInvalid(source, [Problem("column_repeated", parameters={"column": name}) for name in repeated])
    if frame.empty:
        raise PanelInvalid(source, [Problem("panel_empty")])
    typed: dict[str, pd.Series] = {}
    problems: list[Problem] = []
    converters: dict[str, Callable[[pd.Series], tuple[pd.Series, list[Problem]]]] = {
        "unit_id": _texts,
        "indicator": _texts,
        "year": _integers,
        "cohort": _integers,
        "value": _numbers,
    }
    for column, convert in converters.items():
        typed[column], found = convert(frame[column])
        problems += found
    for column in KEY_COLUMNS:
        problems += _at(typed[column].isna().to_numpy(), "cell_empty", partial(_named, column))
    problems += _at(np.isinf(typed["value"].to_numpy()), "cell_infinite", partial(_named, "value"))
    if problems:
        raise PanelInvalid(source, _without_echo(problems))
    typed["year"] = typed["year"].astype("int64")
    cells = {name: _cells(typed.get(name, frame[name])) for name in names}
    checked = pd.DataFrame(cells, index=pd.RangeIndex(len(frame)), copy=False)
    problems = [*_key_problems(checked), *_cohort_problems(checked)]
    if problems:
        raise PanelInvalid(source, problems)
    return checked


def _cells(column: pd.Series) -> Any:
    """The cells of a column without its row labels, in memory that is shared; objects stay objects."""
    return pd.Index(column, dtype=object) if column.dtype == object else column.array


def _without_echo(problems: Sequence[Problem]) -> list[Problem]:
    """One sentence a cell: a cell that could not be converted is not empty as well."""
    unreadable = {(p.line, p.parameters.get("column")) for p in problems if p.code.startswith("cell_not")}
    not_text = {p.parameters.get("column") for p in problems if p.code == "column_not_text"}
    return [
        p
        for p in problems
        if p.code != "cell_empty"
        or ((p.line, p.parameters.get("column")) not in unreadable and p.parameters.get("column") not in not_text)
    ]


def _shortened(problems: Sequence[Problem]) -> list[Problem]:
    """The first problems, then how many more there are."""
    more = len(problems) - SHOWN_PROBLEMS
    return [*problems[:SHOWN_PROBLEMS], *([Problem(errors.UNLISTED, parameters={"count": more})] if more > 0 else [])]


def _at(mask: np.ndarray, code: str, parameters: Callable[[int], dict[str, object]]) -> list[Problem]:
    """A problem for every row where the mask holds, shortened; rows are counted as in a CSV file with a header."""
    rows = np.flatnonzero(mask)
    shown = [Problem(code, line=int(row) + 2, parameters=parameters(int(row))) for row in rows[:SHOWN_PROBLEMS]]
    more = len(rows) - len(shown)
    return [*shown, *([Problem(errors.UNLISTED, parameters={"count": more})] if more else [])]


def _with_cell(column: pd.Series, row: int) -> dict[str, object]:
    """The column and its cell as people write it: text in quotes, everything else without the name of its type."""
    cell = column.iloc[row]
    return {"column": column.name, "value": repr(cell) if isinstance(cell, str) else str(cell)}


def _named(column: str, row: int) -> dict[str, object]:
    return {"column": column}


def _texts(column: pd.Series) -> tuple[pd.Series, list[Problem]]:
    """Text, or whole numbers written as text, as categories in their order; NA where missing."""
    are_integers = pd.api.types.is_integer_dtype(column)
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(object)
    if not are_integers and not isinstance(column.dtype, pd.StringDtype):
        present = column.dropna()
        if len(present) and pd.api.types.infer_dtype(present) != "string":
            name = str(column.name)
            kind = type(next(value for value in present if not isinstance(value, str))).__name__
            return column.astype(object), [Problem("column_not_text", parameters={"column": name, "type": kind})]
    codes, distinct = pd.factorize(column)  # equal cells share one text: a long panel has few
    written = [str(value) for value in np.asarray(distinct, dtype=object).tolist()]
    texts = sorted(value for value in written if value.strip())
    if texts != written:
        place = {value: code for code, value in enumerate(texts)}
        codes = np.array([*(place.get(value, -1) for value in written), -1])[codes]
    dtype = pd.CategoricalDtype(pd.Index(texts, dtype=object))
    cells = pd.Categorical.from_codes(codes, dtype=dtype, validate=False)
    return pd.Series(cells, index=column.index, name=column.name, copy=False), []


def codes_of(column: pd.Series) -> np.ndarray:
    """(n,) code of each cell of a column of categories, -1 where it is missing."""
    return np.asarray(column.array.codes)


def in_order(frame: pd.DataFrame) -> bool:
    """Whether the rows are sorted by unit and year, no two of them equal in both. frame: unit_id as categories."""
    unit, year = np.diff(codes_of(frame["unit_id"])), np.diff(frame["year"].to_numpy())
    return bool(((unit > 0) | ((unit == 0) & (year > 0))).all())


def _integers(column: pd.Series) -> tuple[pd.Series, list[Problem]]:
    """Int64, NA where missing."""
    if isinstance(column.dtype, np.dtype) and column.dtype == "int64":
        bad = (column > 999_999).to_numpy() | (column < -999_999).to_numpy()
        problems = _at(bad, "cell_not_integer", partial(_with_cell, column))
        return pd.Series(pd.arrays.IntegerArray(column.to_numpy(), bad), index=column.index, copy=False), problems
    values, bad = _converted(column, _INTEGER)
    fraction = np.isfinite(values) & (values != np.floor(values))
    bad |= fraction | (np.abs(values) > 999_999)
    problems = _at(bad, "cell_not_integer", partial(_with_cell, column))
    missing = bad | np.isnan(values)
    return pd.Series(pd.arrays.IntegerArray(np.where(missing, 0, values).astype("int64"), missing), index=column.index), problems


def _all_texts(column: pd.Series) -> Problem:
    """A column of which not one cell is a number: the plan names the wrong one, the panel is right."""
    return Problem("column_of_texts", parameters=_with_cell(column.dropna(), 0))


def _numbers(column: pd.Series) -> tuple[pd.Series, list[Problem]]:
    """float64, NaN where missing."""
    values, bad = _converted(column, _NUMBER)
    problems = _at(bad, "cell_not_number", partial(_with_cell, column))
    return pd.Series(values, index=column.index, copy=False), problems


def _converted(column: pd.Series, pattern: re.Pattern[str]) -> tuple[np.ndarray, np.ndarray]:
    """float64 values, and where a cell is there but not of the form."""
    if pd.api.types.is_bool_dtype(column):
        return np.full(len(column), np.nan), np.ones(len(column), dtype=bool)
    if pd.api.types.is_numeric_dtype(column):
        return column.to_numpy(dtype="float64", na_value=np.nan), np.zeros(len(column), dtype=bool)
    values, bad = np.full(len(column), np.nan), np.zeros(len(column), dtype=bool)
    for row, cell in enumerate(column.to_list()):
        if isinstance(cell, str):
            if pattern.fullmatch(cell):
                values[row] = float(cell)
            else:
                bad[row] = cell != ""
        elif isinstance(cell, int | float | np.integer | np.floating) and not isinstance(cell, bool):
            values[row] = float(cell)
        elif not pd.isna(cell):
            bad[row] = True
    return values, bad


def _key_problems(frame: pd.DataFrame) -> list[Problem]:
    indicator = codes_of(frame["indicator"])
    if (indicator == indicator[0]).all() and in_order(frame):
        return []
    repeated = frame.duplicated(list(KEY_COLUMNS), keep="first").to_numpy()
    if not repeated.any():
        return []
    first = frame.groupby(list(KEY_COLUMNS), sort=False)["value"].transform(lambda group: group.index[0]).astype(int)

    def parameters(row: int) -> dict[str, object]:
        unit, year, indicator = (frame[name].iloc[row] for name in KEY_COLUMNS)
        return {"unit": unit, "year": year, "indicator": indicator, "first": int(first.iloc[row]) + 2}

    return _at(repeated, "duplicate_row", parameters)


def _cohort_problems(frame: pd.DataFrame) -> list[Problem]:
    cohort = frame["cohort"].to_numpy(dtype="float64", na_value=np.nan)
    unit = codes_of(frame["unit_id"])
    first = np.empty(int(unit.max()) + 1, dtype="int32")
    first[unit[::-1]] = np.arange(len(unit) - 1, -1, -1, dtype="int32")  # the last of equal places stays
    of_first = cohort[first][unit]
    differs = ~((cohort == of_first) | (np.isnan(cohort) & np.isnan(of_first)))

    def shown(row: int) -> str:
        return "∅" if np.isnan(cohort[row]) else str(int(cohort[row]))

    def parameters(row: int) -> dict[str, object]:
        name, begin = frame["unit_id"].iloc[row], int(first[unit[row]])
        return {"unit": name, "value": shown(row), "other": shown(begin), "first": begin + 2}

    no_year = _at(cohort <= 0, "cohort_zero", lambda row: {"unit": frame["unit_id"].iloc[row], "value": shown(row)})
    return [*no_year, *_at(differs, "cohort_varies", parameters)]


def _varying_problems(frame: pd.DataFrame, column: str) -> list[Problem]:
    """Rows of a unit with another value than its first one; rows without a value are no fault, they fall out of the estimate."""
    cells, unit = frame[column], codes_of(frame["unit_id"])
    present = np.flatnonzero(cells.notna().to_numpy(dtype=bool))
    first = np.full(int(unit.max()) + 1, -1)
    first[unit[present[::-1]]] = present[::-1]  # the last of equal places stays
    values = codes_of(cells) if isinstance(cells.dtype, pd.CategoricalDtype) else cells.to_numpy(dtype="float64")
    differs = np.zeros(len(frame), dtype=bool)
    differs[present] = values[present] != values[first[unit[present]]]

    def parameters(row: int) -> dict[str, object]:
        begin = int(first[unit[row]])
        found = {"value": str(cells.iloc[row]), "other": str(cells.iloc[begin]), "first": begin + 2}
        return {"column": column, "unit": frame["unit_id"].iloc[row], **found}

    return _at(differs, "unit_value_varies", parameters)


def _plan_columns(frame: pd.DataFrame, plan: Plan) -> Iterator[Problem]:
    named = [("covariates", column) for column in plan.covariates]
    named += [] if plan.weight is None else [("weight", plan.weight)]
    named += [("comparison", column) for column in (*plan.comparison.within, *plan.comparison.adjust)]
    if plan.audit is not None:
        named += [("audit", column) for column in (*(plan.audit.strata or ()), *plan.audit.columns)]
    for other in plan.specifications:
        held = () if other.comparison is None else (*other.comparison.within, *other.comparison.adjust)
        named += [("specifications", column) for column in (*held, *([] if other.weight is None else [other.weight]))]
    named += [("cluster", plan.cluster)]
    named += [("estimators", column) for column in _columns_of_methods(plan)]
    columns = ", ".join(str(name) for name in frame.columns)
    for key, column in named:
        if column not in frame.columns:
            yield Problem("plan_column_missing", parameters={"key": key, "column": column, "columns": columns})


def _plan_indicators(frame: pd.DataFrame, plan: Plan) -> Iterator[Problem]:
    indicators = frame["indicator"].array
    present = [str(indicators.categories[code]) for code in np.flatnonzero(np.bincount(indicators.codes))]
    for outcome in plan.outcomes:
        if outcome.indicator not in present:
            parameters = {"indicator": outcome.indicator, "indicators": ", ".join(present)}
            yield Problem("outcome_missing", parameters=parameters)


def _plan_neighbours(frame: pd.DataFrame, plan: Plan) -> Iterator[Problem]:
    """Neighbours are asked for among units that are no Kreise."""
    asking = [other.id for other in plan.specifications if other.controls != "all"]
    unknown = [str(unit) for unit in frame["unit_id"].unique() if unit not in adjoining()] if asking else []
    if unknown:
        yield Problem("no_neighbours", parameters={"specifications": ", ".join(asking), "unit": unknown[0]})
