"""A finding for each cell that could not be read, with the rule it broke and its cause where the text tells it. No conversion."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from kkz_eval.contracts.admitted import admitted, example_of, number_of, symbols_of
from kkz_eval.contracts.contract import Contract, Property
from kkz_eval.deliveries.columns.readings import DAY_IN_YEAR, date_of
from kkz_eval.deliveries.columns.typed import TypedColumn, encoded_texts
from kkz_eval.deliveries.text.as_meant import as_meant, odd_signs
from kkz_eval.deliveries.text.cells import Cells
from kkz_eval.deliveries.text.missing_words import NO_SYMBOL, Meaning, meaning_of, symbols_for
from kkz_eval.deliveries.text.numbers import UNREADABLE, Style
from kkz_eval.model.findings import FINDINGS_SCHEMA, Severity, repeated
from kkz_eval.model.spreadsheet_dates import typed_decimal, typed_school_year
from kkz_eval.model.symbols import joined

_SHORTENED = re.compile(r"[0-9]+(?:[.,][0-9]+)?E[+-]?[0-9]+", re.IGNORECASE)  # 1,5E+05
_NO_NUMBER = ("reader_number", "reader_ambiguous_number", "reader_integer")
_NOTED = frozenset({"reader_serial_date", DAY_IN_YEAR})  # what could be read, but is worth a look


@dataclass(frozen=True)
class Keys:
    """Unit (string) and year (int32) of each record, for the findings in it."""

    units: pa.Array
    years: pa.Array


def unread_cells(
    contract: Contract,
    cells: Mapping[str, Cells],
    typed_columns: Mapping[str, TypedColumn],
    keys: Keys,
    sheet: str | None,
    style: Style | None,
) -> list[pa.Table]:
    """A finding for each cell that could not be read, or only by a convention of spreadsheet programs; a table per property."""
    found: list[pa.Table] = []
    for of in contract.properties:
        problems = typed_columns[of.name].problems if of.name in typed_columns else pa.nulls(0)
        if of.form == "year" and problems.null_count < len(problems):
            problems = _without_reference_days(contract, problems, cells[of.name].texts)
        if problems.null_count == len(problems):
            continue
        at = pa.array(np.flatnonzero(problems.is_valid().to_numpy(zero_copy_only=False)))
        n, texts = len(at), pc.cast(cells[of.name].texts.take(at), pa.string())
        rules, kinds, allowed = _causes(contract, of, problems.take(at), texts, style)
        noted = pc.is_in(kinds, value_set=pa.array(sorted(_NOTED), pa.string()))
        severity = pc.if_else(noted, pa.scalar(str(Severity.WARNING)), pa.scalar(str(Severity.ERROR)))
        columns = {
            "rule": rules,
            "kind": kinds,
            "severity": repeated(severity[0].as_py(), n) if len(pc.unique(severity)) == 1 else severity,
            "sheet": repeated(sheet, n),
            "row": cells[of.name].rows.take(at),
            "column": cells[of.name].columns.take(at),
            "field": repeated(of.name, n),
            "unit_id": keys.units.take(at),
            "year": keys.years.take(at),
            "value": texts,
            "allowed": allowed,
            "title": repeated(None, n),
        }
        found.append(pa.table([columns[name] for name in FINDINGS_SCHEMA.names], schema=FINDINGS_SCHEMA))
    return found


def _without_reference_days(contract: Contract, problems: pa.Array, texts: pa.Array) -> pa.Array:
    """The problems of years but of those days on which, or after which, the contract counts its year."""
    written = encoded_texts(texts)
    days = [date_of(as_meant(text)) for text in written.dictionary.to_pylist()]
    counted = pa.array([day is not None and contract.last_year_complete(day) == day.year for day in days], pa.bool_())
    is_right = pc.and_(counted.take(written.indices), pc.equal(problems, DAY_IN_YEAR)).fill_null(False)
    return pc.if_else(is_right, pa.scalar(None, pa.string()), problems)


def _causes(
    contract: Contract, of: Property, problems: pa.Array, texts: pa.Array, style: Style | None
) -> tuple[pa.Array, pa.Array, pa.Array]:
    """(rule, kind, what is allowed) of each cell that could not be read: the rule it broke, and its cause where the text tells it."""
    written, spoken = texts.dictionary_encode(), problems.dictionary_encode()
    pairs = spoken.indices.to_numpy().astype(np.int64) * len(written.dictionary) + written.indices.to_numpy()
    different, which = np.unique(pairs, return_inverse=True)
    at_problem, at_text = np.divmod(different, len(written.dictionary))
    said = zip(spoken.dictionary.take(at_problem).to_pylist(), written.dictionary.take(at_text).to_pylist(), strict=True)
    found = zip(*(_cause(contract, of, problem, text, style) for problem, text in said), strict=True)
    rules, kinds, allowed = (_spread(pa.array(of_pairs, pa.string()), which) for of_pairs in found)
    return rules, kinds, allowed


def _spread(of_pairs: pa.Array, which: npt.NDArray[np.intp]) -> pa.Array | pa.ChunkedArray:
    """What is said of each cell, from what is said of each different one."""
    if len(pc.unique(of_pairs)) == 1:
        return repeated(of_pairs[0].as_py(), len(which))
    return of_pairs.take(pa.array(which))


def _cause(contract: Contract, of: Property, problem: str, text: str, style: Style | None) -> tuple[str, str, str]:
    odd = odd_signs(as_meant(text))
    if odd:
        return problem, "reader_odd_sign", ", ".join(odd)
    if problem == "reader_school_year_as_date":
        return "reader_school_year", problem, typed_school_year(text) or ""
    if problem in ("reader_key_as_number", "reader_key_and_name"):
        return "reader_ags", problem, example_of(of)
    if problem in _NO_NUMBER:
        return (problem, *_cause_of_no_number(contract, of, problem, text, style))
    return problem, problem, example_of(of)


def _cause_of_no_number(contract: Contract, of: Property, problem: str, text: str, style: Style | None) -> tuple[str, str]:
    """(kind, what is allowed): a word that stands for a missing number, a date that was a number, or simply no number."""
    decimal = "." if style is Style.POINT else ","
    number = number_of(of, decimal)
    if problem != UNREADABLE:
        return problem, number
    if _SHORTENED.fullmatch(text.strip()):
        return "reader_shortened_number", number
    meaning = None if contract.source == "official" else meaning_of(text)
    if meaning is Meaning.NARROW:
        return meaning, number
    if meaning is not None:
        fit = symbols_for(meaning, symbols_of(contract, of))
        return (str(meaning), joined(fit)) if fit else (NO_SYMBOL, number)
    typed = typed_decimal(text) if of.logical_type == "number" else None
    return (problem, admitted(contract, of, decimal)) if typed is None else ("reader_number_as_date", typed)
