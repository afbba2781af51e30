"""Keys of regional units, and addresses of cells. No file access, no register of existing units."""

from __future__ import annotations

import re

_AGS = re.compile(r"05(\d{3}|\d{6})")


def is_ags(text: str) -> bool:
    """Whether `text` has the form of a key of North Rhine-Westphalia: 5 digits (Kreis) or 8 (municipality)."""
    return _AGS.fullmatch(text) is not None


def column_letters(column: int) -> str:
    """The letters a spreadsheet shows above a column.

    column: 1-based position. Raises ValueError below 1.
    """
    if column < 1:
        raise ValueError(f"columns are counted from 1, got {column}")
    letters = ""
    while column:
        column, place_of_letter = divmod(column - 1, 26)
        letters = chr(ord("A") + place_of_letter) + letters
    return letters


def column_number(letters: str) -> int:
    """The 1-based position of a column from its letters: A is 1, AA is 27. Raises ValueError for anything else."""
    number = 0
    for letter in letters.upper():
        if not "A" <= letter <= "Z":
            raise ValueError(f"a column is named by letters, got {letters!r}")
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def cell_address(sheet: str | None, row: int | None, column: int | None) -> str:
    """The address as a spreadsheet program shows it: `Daten!B17`, `B17` without a sheet, `Zeile 17`, or "".

    row, column: 1-based, as in the file that was delivered; None where the finding has no row or column.
    """
    if row is None and column is None:
        place = ""
    elif column is None:
        place = f"{row}:{row}"
    elif row is None:
        place = f"{column_letters(column)}:{column_letters(column)}"
    else:
        place = f"{column_letters(column)}{row}"
    if sheet and place:
        return f"{sheet}!{place}"
    return place or (sheet or "")
