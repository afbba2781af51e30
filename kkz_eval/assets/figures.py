"""Figures as Dagster's pages show them: digits that people read, and an empty place where there is no number. No computation."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Integral, Real

import pandas as pd


def shown(value: object) -> str | int | float:
    """A cell of a table: whole numbers as they are, others to three digits, "" for NaN, NA and None, which Dagster would spell out."""
    if isinstance(value, str | bool):
        return value
    if value is None or pd.isna(value):  # type: ignore[call-overload]
        return ""
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real):
        number = float(value)
        return round(number, 3) if abs(number) >= 1 else float(f"{number:.3g}")
    return str(value)


def figures(values: Mapping[str, float]) -> dict[str, str | int | float]:
    """Figures by name, as shown."""
    return {name: shown(value) for name, value in values.items()}
