"""The entrance to official statistics: a text or workbook to one long table by its structure, or nothing. No contracts."""

from __future__ import annotations

import csv
import io

from kkz_eval.deliveries.official import datencsv, ffcsv
from kkz_eval.deliveries.official.assemble import assemble
from kkz_eval.deliveries.official.grid import Grid
from kkz_eval.deliveries.official.table import OfficialTable
from kkz_eval.deliveries.text_table import Decoded, decode


def read_text(decoded: Decoded) -> OfficialTable | None:
    """The long table of a text of official statistics; None where no family knows it. Raises NotTextError (cell_too_long)."""
    grid = grid_of(decoded)
    return None if grid is None else assemble(grid)


def grid_of(decoded: Decoded) -> Grid | None:
    """The grid of a text of official statistics; None where no family knows it."""
    if datencsv.recognises(decoded.text):
        return datencsv.read(decoded)
    header, start = _first_record(decoded.text, ffcsv.DELIMITER)
    if ffcsv.recognises(header):
        return ffcsv.read(decoded, header, start)
    return None


def _first_record(text: str, delimiter: str) -> tuple[list[str], int]:
    """(cells of the first line, index of the next line)."""
    end = text.find("\n")
    start = len(text) if end < 0 else end + 1
    return next(csv.reader(io.StringIO(text[:start], newline=""), delimiter=delimiter), [""]), start


def read_official(data: bytes) -> OfficialTable | None:
    """The long table of a file; None where no family knows it. Raises NotTextError, BrokenWorkbookError."""
    return read_text(decode(data))
