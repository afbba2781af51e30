"""The records of a delivered text as rows of cells, as they stand in the file. No workbook, no findings."""

from __future__ import annotations

from collections.abc import Sequence

from kkz_eval.contracts.contract import Contract
from kkz_eval.deliveries.municipal import table as municipal
from kkz_eval.deliveries.text.records import DELIMITERS, Decoded, declared_delimiter, decode, head, split


def text_rows(data: bytes, contracts: Sequence[Contract], most: int) -> list[list[str]] | None:
    """The records of a text file by the delimiter under which a contract knows its header; else the one that gives most cells.

    contracts: that judged it; most: None where it has more delimiters and lines than that, so that it is not worth splitting: some
    delimiters may stand inside cells.
    """
    declared, decoded = declared_delimiter(decode(data))
    delimiters = (declared,) if declared is not None else DELIMITERS
    delimiter = max(delimiters, key=lambda delimiter: _known(decoded, delimiter, contracts))
    if decoded.text.count(delimiter) + decoded.text.count("\n") > most:
        return None
    return split(decoded, delimiter).rows


def _known(decoded: Decoded, delimiter: str, contracts: Sequence[Contract]) -> tuple[bool, bool, int, int]:
    rows = head(decoded, delimiter)
    found = municipal.claims(rows, {contract.id: contract for contract in contracts})
    return (*(found[0].rank if found else (False, False, 0)), sum(map(len, rows)))
