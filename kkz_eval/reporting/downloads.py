"""Downloads beside a page: a CSV behind every figure and table, a picture of every figure, and one codebook. No layout, no wording.

All of it is made from the finished document: what is hidden there is in no download either. One rule of form for each language, so that a
spreadsheet of its readers opens a file as it is: German with semicolon and decimal comma, English with comma and point, both UTF-8 with its
mark. Does not belong here: tables of the evaluation (evaluation.results), how a link looks (the template).
"""

from __future__ import annotations

import base64
import math
import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from kkz_eval.model.cells_for_spreadsheets import left_alone
from kkz_eval.model.simulated import COLUMN, IN_ROWS
from kkz_eval.model.texts import Language
from kkz_eval.reporting import say, typeface
from kkz_eval.reporting.document import (
    Cell,
    Data,
    Document,
    Figure,
    Number,
    Parts,
    Table,
    Variable,
    downloadable,
    identifier_part,
    plain,
)

CODEBOOK = "codebook.csv"
LARGEST_EMBEDDED = 16_000
"""Bytes of a CSV that the page itself carries."""
ALL_EMBEDDED = 90_000
"""Bytes of all CSV that a page carries, so that it can still be sent."""

_FORMS: Mapping[Language, tuple[str, str]] = {"de": (";", ","), "en": (",", ".")}  # between cells, and before decimals
_BREAKS = re.compile("[\u00ad\u200b\u2060]")
_CODEBOOK = ("file", "variable", "meaning", "unit", "source")
_LINE = 15  # height of a line below a picture, in pixels
_LETTER = 5.6  # width of a letter of it, rather too much than too little


@dataclass(frozen=True)
class Download:
    """What lies beside one figure or table, by names relative to the page. None: there is none.

    columns: of the CSV, but the sign of simulated rows; csv_address: what a link leads to, the file or its content; rows: of the CSV.
    """

    csv: str | None
    csv_address: str | None
    svg: str | None
    rows: int
    columns: tuple[Variable, ...]


@dataclass(frozen=True)
class Downloads:
    """All files beside a page, and which of them belong to the figure or table with an identifier. codebook: None where there is no file."""

    files: Mapping[str, bytes]
    of: Mapping[str, Download]
    codebook: str | None


NO_DOWNLOADS = Downloads({}, {}, None)
"""Beside a page that is shown alone."""


def downloads_of(document: Document) -> Downloads:
    """The downloads of a document, in reading order. Equal documents give equal bytes."""
    language, simulated = document.language, document.simulated
    folder = say("downloads.folder").in_language(language)
    files: dict[str, bytes] = {}
    of: dict[str, Download] = {}
    described: list[tuple[Cell, ...]] = []
    embedded = 0
    items = tuple(downloadable(document))
    faces = _faces(items)
    for item in items:
        name = _free_name(item.identifier, files)
        data = item.data if isinstance(item, Figure) else data_of_table(item, language)
        csv = svg = address = None
        if data is not None:
            csv = address = f"{folder}/{name}.csv"
            files[csv] = csv_of(data, language, simulated)
            described += _described(f"{name}.csv", item, data, language)
            if len(files[csv]) <= min(LARGEST_EMBEDDED, ALL_EMBEDDED - embedded):
                embedded += len(files[csv])
                address = f"data:text/csv;charset=utf-8;base64,{base64.b64encode(files[csv]).decode()}"
        if isinstance(item, Figure):
            svg = f"{folder}/{name}.svg"
            files[svg] = standalone(item, faces, simulated, language).encode()
        rows, columns = (0, ()) if data is None else (len(data.rows), data.variables)
        of[item.identifier] = Download(csv, address, svg, rows, columns)
    codebook = f"{folder}/{CODEBOOK}" if described else None
    if codebook is not None:
        files[codebook] = _codebook(described, simulated, language)
    return Downloads(files, of, codebook)


def csv_of(data: Data, language: Language, simulated: bool) -> bytes:
    """A table as a spreadsheet of that language opens it: numbers with all their digits, missing ones empty, no text that would be computed
    or taken for a day.

    Made-up figures say so in each row, in the column that all tables have for it.
    """
    between, point = _FORMS[language]
    names, rows = tuple(variable.name for variable in data.variables), data.rows
    if simulated:
        names, rows = (*names, COLUMN), tuple((*row, IN_ROWS) for row in rows)
    lines = (between.join(_written(cell, point) for cell in row) for row in (names, *rows))
    return "".join(f"{line}\r\n" for line in lines).encode("utf-8-sig")


def data_of_table(table: Table, language: Language) -> Data:
    """A table as shown, column by column; behind a column with numbers one for each number of a cell, in full precision.

    What is not a number there, such as the sign of a hidden count, has no value.
    """
    names = _Names()
    columns: list[tuple[Variable, Sequence[Cell]]] = []
    for place, column in enumerate(table.columns):
        cells = [row[place] for row in table.rows]
        heading = _in_one_line(column.heading) or str(place + 1)
        shown = Variable(names.free(heading), say("downloads.as_shown", heading=heading).in_language(language))
        values = _values_of(cells)
        if len(values) == 1 and all(
            cell in ((), (_spelled(cell),)) for cell in cells
        ):  # years, for instance: the text is the number
            columns.append((shown, values[0]))
            continue
        columns.append((shown, [_in_one_line(plain(cell)) for cell in cells]))
        key = "value" if len(values) == 1 else "value_of_several"
        for n, numbers in enumerate(values, start=1):
            name = say(f"downloads.{key}", heading=heading, n=n).in_language(language)
            meaning = say(f"downloads.{key}_meaning", heading=heading, n=n).in_language(language)
            columns.append((Variable(names.free(name), meaning), numbers))
    rows = tuple(tuple(cells[row] for _, cells in columns) for row in range(len(table.rows)))
    return Data(tuple(variable for variable, _ in columns), rows)


def _values_of(cells: Sequence[Parts]) -> list[list[Cell]]:
    """The numbers in the cells of a column, as columns: the same number of each cell in one of them.

    Which is the same is told by the end of its identifier, where the ends tell all apart; else by its place in the cell.
    """
    numbers = [[part for part in cell if isinstance(part, Number)] for cell in cells]
    most = max(map(len, numbers), default=0)
    for parts in (1, 2):
        ends = [[".".join(number.identifier.split(".")[-parts:]) for number in of_cell] for of_cell in numbers]
        found = list(
            dict.fromkeys(end for of_cell in sorted(ends, key=len, reverse=True) for end in of_cell)
        )  # as the fullest cell has them
        if len(found) == most and all(len(set(of_cell)) == len(of_cell) for of_cell in ends):
            by_end = [{end: one.value for end, one in zip(*both, strict=True)} for both in zip(ends, numbers, strict=True)]
            return [[of_cell.get(end) for of_cell in by_end] for end in found]
    return [[of_cell[n].value if n < len(of_cell) else None for of_cell in numbers] for n in range(most)]


def _spelled(cell: Parts) -> Number | None:
    """The number that a cell is, where its text has all the digits and nothing else."""
    match cell:
        case (Number(value=value, text=shown) as number,) if (
            math.isfinite(value) and shown == f"{value:.0f}" and value == int(value)
        ):
            return number
    return None


def _in_one_line(text: str) -> str:
    """A text of the page without the signs that only tell it where a line may break."""
    return _BREAKS.sub("", text).replace("\u00a0", " ").replace("\u202f", " ")


def standalone(figure: Figure, faces: str, simulated: bool, language: Language) -> str:
    """The wide picture as a file of its own: with what stands for it, where its figures come from and, where so, that they are made up.

    faces: rules with the typeface that its words are measured by, "" for none. Raises ValueError for what is no picture of a known size.
    """
    opening = re.match(r"<svg\b[^>]*>", figure.svg_wide)
    if opening is None:
        raise ValueError(f"the picture of {figure.identifier} is no SVG")
    width, height = _size(opening.group(0), figure.identifier)
    word = say("figures.simulated").in_language(language)
    said = [word] if simulated and f">{word}<" not in figure.svg_wide else []
    said += [plain(figure.source)] if figure.source else []
    lines = textwrap.wrap(" · ".join(said), max(20, int(width / _LETTER)))
    total = height + _LINE * len(lines) + (6 if lines else 0)
    below = "".join(
        f'<text x="4" y="{height + _LINE * (n + 1) - 3:g}" font-family="{typeface.FAMILIES}" font-size="11px" fill="#22303c">{escape(line)}</text>'
        for n, line in enumerate(lines)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" lang="{language}" width="{width:g}" height="{total:g}"'
        f' viewBox="0 0 {width:g} {total:g}"><title>{escape(plain(figure.caption))}</title>'
        f"<desc>{escape(figure.alternative_text)}</desc><style>{faces}</style>"
        f'<rect width="{width:g}" height="{total:g}" fill="white"/><g{_looks(opening.group(0))}>{figure.svg_wide[opening.end() : -len("</svg>")]}</g>{below}</svg>\n'
    )


def _faces(items: Sequence[Figure | Table]) -> str:
    """The rules with the typeface for all pictures of a document, "" where it has none: one serves them all."""
    pictures = [item for item in items if isinstance(item, Figure)]
    words = "".join(f"{one.svg_wide}{plain(one.source)}" for one in pictures)
    return typeface.style_sheet(words) if pictures else ""


def _size(opening: str, identifier: str) -> tuple[float, float]:
    """Width and height of a picture in its own units. Raises ValueError where it does not say them, or they don't begin at 0."""
    box = re.search(r'\bviewBox="0[ ,]+0[ ,]+([\d.]+)[ ,]+([\d.]+)"', opening)
    if box is None:
        raise ValueError(f"the picture of {identifier} has no viewBox that begins at 0")
    return float(box.group(1)), float(box.group(2))


def _looks(opening: str) -> str:
    """The attributes of a picture's root that its parts inherit their looks from."""
    return "".join(re.findall(r' (?:font-[a-z]+|fill|stroke[a-z-]*|text-anchor|style)="[^"]*"', opening))


def _described(name: str, item: Figure | Table, data: Data, language: Language) -> Iterator[tuple[Cell, ...]]:
    """The rows of the codebook for one CSV: the file itself, then its columns."""
    source = plain(item.source) if isinstance(item, Figure) else ""
    source = source or say("downloads.own_source", section=say("sections.data")).in_language(language)
    yield name, "", plain(item.caption), "", source
    for variable in data.variables:
        yield name, variable.name, variable.meaning, variable.unit, source


def _codebook(described: Sequence[tuple[Cell, ...]], simulated: bool, language: Language) -> bytes:
    own = [(CODEBOOK, name, say(f"downloads.codebook.{name}").in_language(language), "", "") for name in _CODEBOOK]
    sign = (CODEBOOK, COLUMN, say("downloads.codebook.simulated").in_language(language), "", "")
    form = ("*.csv", "", say("downloads.form").in_language(language), "", "")
    rows: tuple[tuple[Cell, ...], ...] = (form, *own, *([sign] if simulated else []), *described)
    return csv_of(Data(tuple(Variable(name, "") for name in _CODEBOOK), rows), language, simulated)


def _written(cell: Cell, point: str) -> str:
    """A cell: text always between quotes, so that no program splits it elsewhere; one that would be misread behind an apostrophe."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        return '"' + left_alone(cell).replace('"', '""') + '"'
    if not math.isfinite(cell):
        return ""
    return str(int(cell)) if cell == int(cell) and abs(cell) < 2**53 else repr(float(cell)).replace(".", point)


def _free_name(identifier: str, taken: Iterable[str]) -> str:
    """A name for the files of a figure or table that none has yet, on systems that know no capitals either."""
    stems = {file.rpartition("/")[2].rpartition(".")[0].casefold() for file in taken} | {CODEBOOK.rpartition(".")[0]}
    name, n = identifier_part(identifier), 1
    while (name if n == 1 else f"{name}-{n}").casefold() in stems:
        n += 1
    return name if n == 1 else f"{name}-{n}"


class _Names:
    """Names of columns, each given once."""

    def __init__(self) -> None:
        self._given: set[str] = {COLUMN}

    def free(self, name: str) -> str:
        """The name, or the name with the first number that makes it a new one."""
        n, free = 1, name
        while free in self._given:
            n += 1
            free = f"{name} {n}"
        self._given.add(free)
        return free
