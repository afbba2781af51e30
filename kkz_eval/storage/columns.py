"""Thousands of records that say the same few words, small: each text once, and columns of numbers.

Read again, equal texts are one value in memory. Belongs here: the form. Does not belong here: what the records are, where they are kept (index).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeGuard

Columns = Mapping[str, Sequence[Any]]
"""By name, all of one length; each of texts alone or of numbers alone."""


def packed(tables: Mapping[str, Columns]) -> dict[str, Any]:
    """Tables as JSON values: all texts in one list, and in their place where they stand in it."""
    words: dict[str, int] = {}
    columns = {
        table: {
            name: {"words": [words.setdefault(text, len(words)) for text in column]} if _is_text(column) else list(column)
            for name, column in of.items()
        }
        for table, of in tables.items()
    }
    return {"words": list(words), "columns": columns}


def unpacked(kept: Mapping[str, Any]) -> dict[str, dict[str, list[Any]]]:
    """The tables that were packed."""
    word = kept["words"].__getitem__
    return {
        table: {name: list(map(word, column["words"])) if isinstance(column, dict) else column for name, column in of.items()}
        for table, of in kept["columns"].items()
    }


def _is_text(column: Sequence[Any]) -> TypeGuard[Iterable[str]]:
    return bool(column) and isinstance(column[0], str)
