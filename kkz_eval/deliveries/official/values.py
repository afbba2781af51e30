"""Columns of official numbers at once: numbers.py with what official files hold in masses (thousands, symbols) done in one go."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from kkz_eval.deliveries.text.numbers import NumberColumn, Style, parse_numbers, style_of

_GROUPED = {
    Style.COMMA: r"^-?[1-9][0-9]{0,2}(\.[0-9]{3})+(,[0-9]+)?$",
    Style.POINT: r"^-?[1-9][0-9]{0,2}(,[0-9]{3})+(\.[0-9]+)?$",
}
_GROUP = {Style.COMMA: ".", Style.POINT: ","}
_DEFINITE = {Style.COMMA: r"^-?[0-9]+,([0-9]{1,2}|[0-9]{4,})$", Style.POINT: r"^-?[0-9]+\.([0-9]{1,2}|[0-9]{4,})$"}


def style_shown_by(texts: pa.Array) -> Style | None:
    """The style that the numbers of a file show, as numbers.style_of says it; None where none shows one."""
    commas, points = texts.filter(pc.match_substring(texts, ",")), texts.filter(pc.match_substring(texts, "."))
    if not len(commas) and not len(points):
        return None
    for own, other, style in ((commas, points, Style.COMMA), (points, commas, Style.POINT)):
        if len(own) and not _any(other, r"[0-9][.,][0-9]"):
            for part in (own.slice(0, 200), own):
                if _any(part, _DEFINITE[style]):
                    return style
    return style_of([commas, points.filter(pc.invert(pc.match_substring(points, ",")))])


def _any(texts: pa.Array, pattern: str) -> bool:
    return len(texts) > 0 and bool(pc.any(pc.match_substring_regex(texts, pattern)).as_py())


def numbers_of(texts: pa.Array, style: Style | None) -> NumberColumn:
    """The same as numbers.parse_numbers, with thousands taken out beforehand where the style says what groups them."""
    if style is not None:
        grouping = pc.match_substring(texts, _GROUP[style])
        some = texts.filter(grouping)
        if _any(some, _GROUPED[style]):
            plain = pc.replace_substring(some, _GROUP[style], "")
            whole = pc.if_else(pc.match_substring_regex(some, _GROUPED[style]), plain, some)
            texts = pc.replace_with_mask(texts, grouping, whole)
    return parse_numbers(texts, style)
