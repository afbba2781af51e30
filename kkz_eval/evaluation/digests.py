"""Digests of what an estimate depends on: the cells used and the code. The plan's digest is in plan.py."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pandas as pd

from kkz_eval.evaluation.panel import codes_of
from kkz_eval.evaluation.problems import PACKAGE
from kkz_eval.storage import digests

PIECE = 100_000  # cells of text put together at a time


def inputs_digest(rows: pd.DataFrame) -> str:
    """sha256 of the rows of an outcome in its window, column by column; equal for equal cells, whatever the file they came from.

    rows: as outcome_slice returns them, sorted. Numbers as float64, texts as a JSON list; each text is written as JSON once only.
    """
    digest = hashlib.sha256()
    for name in rows.columns:
        digest.update(f"\n{name}\n".encode())
        column = rows[name]
        if pd.api.types.is_numeric_dtype(column):
            numbers = column.to_numpy(dtype="<f8", na_value=np.nan)
            missing = np.isnan(numbers)
            if missing.any():  # one pattern of bits for all that is missing
                numbers = np.where(missing, np.nan, numbers)
            digest.update(np.ascontiguousarray(numbers).data)
            continue
        if isinstance(column.dtype, pd.CategoricalDtype):
            codes, distinct = codes_of(column), column.array.categories
        else:
            codes, distinct = pd.factorize(column)
        written = np.array([*map(json.JSONEncoder().encode, distinct), "null"], dtype=object)
        digest.update(b"[")
        for begin in range(0, len(codes), PIECE):
            digest.update((", " if begin else "").encode() + ", ".join(written[codes[begin : begin + PIECE]].tolist()).encode())
        digest.update(b"]")
    return digest.hexdigest()


def code_digest() -> str:
    """sha256 of what estimates are computed by: the program, and the tables of territory and programme that an installation gives."""
    return digests.code_digest(*_MAKERS)


def program_digest() -> str:
    """sha256 of the sources that estimates rest on: code, texts and schema; all estimators by name, as no import leads to them (methods.py)."""
    return digests.source_digest(*_MAKERS)


_MAKERS = (f"{PACKAGE}.effects", f"{PACKAGE}.estimators")
