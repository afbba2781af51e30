"""Digests of what an estimate depends on: the cells used and the code. The plan's digest is in plan.py."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pandas as pd

from kkz_eval.evaluation.problems import PACKAGE
from kkz_eval.storage import digests


def inputs_digest(rows: pd.DataFrame) -> str:
    """sha256 of the rows of an outcome in its window, column by column; equal for equal cells, whatever the file they came from.

    rows: as outcome_slice returns them, sorted.
    """
    digest = hashlib.sha256()
    for name in rows.columns:
        digest.update(f"\n{name}\n".encode())
        if pd.api.types.is_numeric_dtype(rows[name]):
            numbers = rows[name].to_numpy(dtype="<f8", na_value=np.nan)
            digest.update(np.where(np.isnan(numbers), np.nan, numbers).tobytes())  # one pattern of bits for all that is missing
        else:
            cells = rows[name].to_numpy(dtype=object, copy=True)
            cells[rows[name].isna().to_numpy()] = None
            digest.update(json.dumps(cells.tolist()).encode())
    return digest.hexdigest()


def code_digest() -> str:
    """sha256 of the sources of kkz_eval.evaluation: code, texts and schema."""
    return digests.code_digest(PACKAGE)
