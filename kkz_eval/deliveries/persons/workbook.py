"""All that a workbook holds in words, screened for persons: cells of every sheet, comments, properties, names, lists, headers, caches.

Of the container, any part that may carry text is looked into; creators and last editors are no reason, nor are the authors of comments.
Formats: ECMA-376 part 1 (SpreadsheetML) and part 2 (core properties), ODF 1.3 part 3; .xls by its strings alone.
Does not belong here: what tells of a person (screening.py, signs.py), whether a container may be opened (container.py).
"""

from __future__ import annotations

import html
import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from itertools import zip_longest

from kkz_eval.deliveries.persons.screening import may_be_title, suspects_in_rows, suspects_in_strings
from kkz_eval.deliveries.persons.signs import Sign, may_hold_signs, one_text
from kkz_eval.deliveries.persons.suspects import Suspect
from kkz_eval.deliveries.persons.titles import may_have_titles
from kkz_eval.deliveries.results import PersonPlace, PropertyName, SheetLabel
from kkz_eval.deliveries.workbook.parts import Parts, XmlError
from kkz_eval.deliveries.workbook.sheets import COMPOUND, ZIP, BrokenWorkbookError, Sheet, Value
from kkz_eval.model.identifiers import column_letters

_END_OF_DIRECTORY = 22  # bytes of an archive's last record without its comment (APPNOTE.TXT 4.3.16)
_PIECE = 1 << 24  # bytes of a part that are looked at in one go


def persons_in_workbook(data: bytes, workbook: Sequence[Sheet]) -> tuple[PersonPlace, ...]:
    """Where a workbook tells of persons; () where nothing does. Raises BrokenWorkbookError (embedded_files).

    workbook: all sheets of the data, hidden ones too.
    """
    labels = {sheet.name: _label(sheet.name, number) for number, sheet in enumerate(workbook, 1)}
    found = [place for sheet in workbook for place in places(suspects_in_rows(sheet.rows), labels[sheet.name])]
    for sheet in workbook:  # the name of a sheet stands for itself: no second one need tell the same
        found += [_place(one, "name", None, None) for one in suspects_in_strings([sheet.name])]
    cells = {cell.strip() for sheet in workbook for row in sheet.rows for cell in row if isinstance(cell, str)}
    if not data.startswith(ZIP):
        if re.search(_EMBEDDED_IN_BINARY, data):
            raise BrokenWorkbookError("embedded_files")
        return tuple(found) or tuple(_in_binary(data, "binary", cells))
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = Parts(archive)
            if any(_is_foreign(name) or _holds_file(parts, name) for name in parts.named if not name.endswith("/")):
                raise BrokenWorkbookError("embedded_files")
            found += _in_binary(_beside_parts(archive, data), "other")
            sheet_of = _sheets_of_parts(parts, labels)
            for name in parts.named:
                found += _in_part(parts, name, sheet_of.get(name), cells)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, XmlError) as error:
        raise BrokenWorkbookError("broken_workbook") from error  # a part that can't be unpacked can't be looked into
    return tuple(dict.fromkeys(found))


def places(found: Iterable[Suspect], sheet: SheetLabel | None = None) -> Iterator[PersonPlace]:
    """What was found in a table, as places that a sentence can name."""
    for one in found:
        about: dict[str, str | SheetLabel] = {} if sheet is None else {"sheet": sheet}
        if one.column is None:
            yield PersonPlace(one.sign, "row" if sheet is None else "sheet_row", {**about, "row": str(one.row)})
        else:
            letters = column_letters(one.column + 1)
            yield PersonPlace(one.sign, "column" if sheet is None else "sheet_column", {**about, "column": letters}, one.title)


def _label(name: str, number: int) -> SheetLabel:
    """How a sheet is called in a sentence: by its number where its name tells of a person or may be a value."""
    return SheetLabel(name if may_be_title(name) else "", number)


# ---- parts of a container ----

# Names of parts are in the form of plain_name: small letters, one kind of slash.
_READABLE = (
    r".*\.(?:xml|rels|vml|rdf|png|jpe?g|gif|bmp|tiff?|emf|wmf|svg|svm|wdp|ico)$|mimetype$|configurations2/|thumbnails/|layout-cache$"
    r"|objectreplacements/|.*(?:_xmlsignatures|ctrlprops)/|.*\.(?:bin|dat)$"
)
_EMBEDDED = r"(?:.*/)?(?:embeddings|model)/"
_EMBEDDED_IN_BINARY = rb"M\0B\0D\0(?:[0-9A-F]\0){8}"  # the storage of an object in an .xls ([MS-XLS] 2.1.7.11)
_BINARY = r".*\.(?:bin|dat|emf|wmf|svm)$|objectreplacements/"  # a drawing keeps its texts as they are
_PICTURE = r".*\.(?:png|jpe?g|gif|bmp|tiff?|wdp|ico)$"
_OBJECT = r"(?:.*/)?object [^/]*/content\.xml$"  # within an .ods: a chart, or a document of its own
_DOCUMENT = rb"<office:(?:spreadsheet|text|presentation|drawing)\b"
_TEXT = r".*\.(?:xml|rels|vml|rdf|svg)$"
_NO_TEXT = r"\[content_types\]\.xml$|_rels/\.rels$|(?:.*/)?theme/|.*calcchain\.xml$|.*/persons/|meta-inf/|settings\.xml$|configurations2/"
_KINDS = (  # the first that a part's name has; the kind is the key below `persons.where.` in the catalogue
    (r"docprops/|meta\.xml$", "property"),
    (r"drawings?\d*(?:/|\.xml|\.vml)|diagrams/", "drawing"),
    (r"comments?(?:/|\d*\.xml)", "comment"),
    (r"charts?(?:sheets)?/|object ", "chart"),
    (r"pivot|slicer|timeline", "pivot"),
    (r"externallinks?/", "link"),
    (r"querytables?/|connections", "connection"),
    (r"worksheets/_rels/", "hyperlink"),
    (r"worksheets/|^styles\.xml", "frame"),
    (r"sharedstrings|^content\.xml", "unused"),
    (r"workbook\.xml", "name"),
)
_AMONG_CELLS = frozenset(("unused",))  # kinds of parts that hold the texts of the cells too
_AUTHORS = (  # who made a file or a comment travels along with it and is no reason to refuse it
    r"(?s)<(?P<tag>(?:\w+:)?(?:creator|lastModifiedBy|initial-creator|printed-by|Company|Manager|authors))\b[^>]*>.*?</(?P=tag)>"
    r"|\b(?:userName|lastModifiedBy|creator)=\"[^\"]*\""
)


def _is_foreign(name: str) -> bool:
    """Whether a part is a file of its own, which nobody sees in the sheets and nothing here can look into."""
    return re.match(_EMBEDDED, name) is not None or re.match(_READABLE, name) is None


def _holds_file(parts: Parts, name: str) -> bool:
    """Whether a part is such a file under the name of a picture, of XML or of settings, or as an object of an .ods.

    Compound files are usual among the binary parts: macros and controls, whose texts are looked at.
    """
    if re.match(_OBJECT, name) and any(re.search(_DOCUMENT, content) for content in parts.all_of(name)):
        return True
    files = (ZIP,) if re.match(_BINARY, name) else (ZIP, COMPOUND)
    return any(beginning.startswith(files) for beginning in parts.beginnings(name, len(COMPOUND)))


def _in_part(parts: Parts, name: str, sheet: SheetLabel | None, cells: set[str]) -> Iterator[PersonPlace]:
    if re.match(_BINARY, name):
        for data in parts.all_of(name):
            yield from _in_binary(data, "other")
    if re.match(_PICTURE, name):
        for data in parts.all_of(name):
            yield from _in_binary(data, "other", narrow=_NARROW_IN_PICTURE, wide=_WIDE_IN_PICTURE)
    if re.match(_NO_TEXT, name) or not re.match(_TEXT, name):
        return
    kind = next((kind for words, kind in _KINDS if re.search(words, name)), "other")
    of_sheet = kind == "frame" and sheet is not None
    for piece in map(_around_cells, parts.all_of(name)) if of_sheet else _pieces(parts, name):
        text = _decoded(piece)
        together = one_text(text)
        if not (may_hold_signs(together) or may_have_titles(together)):  # marks and all
            continue
        told = re.sub(_AUTHORS, "", text)
        of_tables = [
            _place(one, kind, sheet, table.named.get(one.row))
            for table in _tables(kind, text if kind == "comment" else told)
            for one in suspects_in_rows(table.rows)
        ]
        yield from of_tables
        if kind != "comment" and not of_tables:
            strings = [string for string in _strings(told) if kind not in _AMONG_CELLS or string not in cells]
            for one in suspects_in_strings(strings):
                yield _place(one, kind, sheet, None)
            for one in suspects_in_strings(_spelled_out(strings)):
                if one.sign in _SURE_IN_NAMES:
                    yield _place(one, kind, sheet, None)


def _place(one: Suspect, kind: str, sheet: SheetLabel | None, named: str | PropertyName | None) -> PersonPlace:
    about: dict[str, str | SheetLabel | PropertyName] = {}
    if named is not None:
        about["part"] = named
    if sheet is not None:
        about["sheet"] = sheet
    return PersonPlace(one.sign, "_".join([kind, *(["named"] if named else []), *(["of_sheet"] if sheet else [])]), about)


def _pieces(parts: Parts, name: str) -> Iterator[bytes]:
    """A part, unpacked, in pieces that end with a mark."""
    for chunks in parts.chunks(name):
        unfinished = b""
        for chunk in chunks:
            unfinished += chunk
            end = unfinished.rfind(b">") + 1
            if end > 0 and len(unfinished) >= _PIECE:
                yield unfinished[:end]
                unfinished = unfinished[end:]
        if unfinished:
            yield unfinished


def _decoded(piece: bytes) -> str:
    wide = piece[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in piece[:64]
    return piece.decode("utf-16" if wide else "utf-8", "replace")


def _around_cells(piece: bytes) -> bytes:
    """What stands before and after the cells of a sheet (lists, messages, headers and footers of pages), and the texts in its formulas."""
    start, end = piece.find(b"<sheetData"), piece.rfind(b"</sheetData>")
    if start < 0 or end < 0:
        return piece
    formulas = re.findall(_FORMULA, piece[start:end]) if b"f>" in piece else []
    texts = dict.fromkeys(text for formula in formulas for text in re.findall(_TEXT_IN_FORMULA, formula.replace(b"&quot;", b'"')))
    return piece[:start] + b"".join(b"<f>%b</f>" % text for text in texts) + piece[end:]


def _sheets_of_parts(parts: Parts, labels: Mapping[str, SheetLabel]) -> dict[str, SheetLabel]:
    """To which sheet a part belongs: the sheet's own, and those that its relations name."""
    if parts.workbook is None:
        return {}
    of_ids = {relation.identifier: relation.target for relation in parts.related(parts.workbook)}
    found: dict[str, SheetLabel] = {}
    for tag in re.findall(r"<(?:\w+:)?sheet\b[^>]*>", _decoded(parts.read(parts.workbook))):
        part, label = of_ids.get(_attribute(tag, "id")), labels.get(html.unescape(_attribute(tag, "name")))
        if part is None or label is None:
            continue
        folder, file = posixpath.split(part)
        found |= {part: label, posixpath.join(folder, "_rels", f"{file}.rels"): label}
        found |= {relation.target: label for relation in parts.related(part)}
    return found


def _attribute(tag: str, name: str) -> str:
    found = re.search(rf"[\s:]{name}\s*=\s*(?:\"([^\"]*)\"|'([^']*)')", tag)
    return "" if found is None else found[1] or found[2] or ""


# ---- what a part says ----

# Marks inside a text: what stands before and after them is one text.
_INSIDE = r"</?(?:\w+:)?(?:t|r|rPr|rPh|b|i|u|sz|color|rFont|family|scheme|charset|vertAlign|span|font|a|s|strong|em|latin|solidFill|srgbClr)(?:\s[^>]*)?/?>"
_MARK = r"<!--|-->|<!\[CDATA\[|\]\]>|<[^>]*>"  # what a comment or a literal stretch of XML holds stays
_CODE = r"&amp;(?:[LCRBIUESXY]|&quot;[^&]*&quot;|K[0-9A-F]{6}|[0-9]{1,3})"  # of headers and footers (ECMA-376 part 1, 18.3.1.39)
_FORMULA = rb"<(?:\w+:)?f\b[^>]*>([^<]*)</"
_TEXT_IN_FORMULA = rb'"([^"]{3,})"'
_ATTRIBUTE = r"=\s*(?:\"([^\"<>]{3,})\"|'([^'<>]{3,})')"


def _strings(text: str) -> list[str]:
    """The different texts of a part: between its marks, and in their attributes."""
    between = re.split(r"\n|" + _CODE, re.sub(_MARK, "\n", re.sub(_INSIDE, "", text)))
    told = (
        html.unescape(string).strip() for string in (*between, *(one or other for one, other in re.findall(_ATTRIBUTE, text)))
    )
    return list(dict.fromkeys(string for string in told if string))


_SURE_IN_NAMES = frozenset(
    (Sign.BIRTH, Sign.ABOUT)
)  # a name and a day in the name of a file may be the sender's and that of sending


def _spelled_out(strings: Iterable[str]) -> list[str]:
    """Names of files, links and ranges as a person reads them: `Akte_geb.%2012.03.2015` has two spaces."""
    named = (text.replace("_", " ") for text in strings if "_" in text or "%" in text)
    return list(dict.fromkeys(re.sub(r"(?:%[0-9A-Fa-f]{2})+", _of_percents, text) for text in named))


def _of_percents(found: re.Match[str]) -> str:
    return bytes.fromhex(found[0].replace("%", "")).decode("utf-8", "replace")


def _plain(text: str) -> str:
    """A text without its marks."""
    return html.unescape(re.sub(_MARK, "\n", re.sub(_INSIDE, "", text))).strip()


@dataclass(frozen=True)
class _Table:
    """What a part holds in the form of a table. named: how the text of a row is called, by the row, 1-based."""

    rows: list[list[Value]]
    named: Mapping[int, str | PropertyName] = field(default_factory=dict)


def _tables(kind: str, text: str) -> Iterator[_Table]:
    if kind in ("comment", "unused"):
        yield _comments(text)
    elif kind == "property":
        yield _properties(text)
        yield _own_properties(text)
    elif kind == "pivot":
        fields = [
            [_attribute(opening, "name"), *map(html.unescape, re.findall(r'\sv="([^"]*)"', items))]
            for opening, items in re.findall(r"(?s)<(cacheField\b[^>]*)>(.*?)(?=<cacheField\b|$)", text)
        ]
        yield _Table([list(cells) for cells in zip_longest(*fields, fillvalue="")])
        yield _Table([list(map(html.unescape, re.findall(r'\sv="([^"]*)"', row))) for row in text.split("</r>")])
    elif kind == "link":
        yield _Table([list(map(_plain, re.findall(r"(?s)<v>(.*?)</v>", row))) for row in text.split("</row>")])
    elif kind == "chart":
        for cache in re.findall(r"(?s)<(?:\w+:)?strCache\b.*?</(?:\w+:)?strCache>", text):
            yield _Table([[_plain(value)] for value in re.findall(r"(?s)<(?:\w+:)?v>(.*?)</(?:\w+:)?v>", cache)])
        rows = text.split("</table:table-row>")[:-1]  # of an .ods, which keeps the values of a chart as a table
        yield _Table([list(map(_plain, re.findall(r"(?s)<text:p>(.*?)</text:p>", row))) for row in rows])
    elif kind == "other":
        yield from _records(text)


_LEAST_RECORDS = 3


def _records(text: str) -> Iterator[_Table]:
    """XML of any kind as tables: what elements or attributes are called are titles, those that follow each other one record.

    Of one or two records the titles alone are given: who wrote a document and when stands there too.
    """
    leaves: list[dict[str, str]] = [{}]
    for name, value in re.findall(r"<(?:\w+:)?([\w.-]+)(?:\s[^<>]*)?>([^<>]+)</", text):
        if name in leaves[-1]:
            leaves.append({})
        leaves[-1][name] = html.unescape(value).strip()
    attributes = [
        {name: html.unescape(value) for name, value in re.findall(r"\s(?:\w+:)?([\w.-]+)\s*=\s*[\"']([^\"'<>]*)", opening)}
        for opening in re.findall(r"<\w[^<>]*", text)
    ]
    for records in (leaves, attributes):
        filled = [record for record in records if len(record) > 1]
        titles = list(dict.fromkeys(name for record in filled for name in record))
        rows: list[list[Value]] = [[*titles]]
        if len(filled) >= _LEAST_RECORDS:
            rows += [[record.get(title, "") for title in titles] for record in filled]
        yield _Table(rows)


_COMMENT = r"(?s)<(?P<tag>(?:\w+:)?(?:comment|threadedComment|annotation))\b(?P<about>[^>]*)>(?P<said>.*?)</(?P=tag)>"


def _comments(text: str) -> _Table:
    """The comments of a sheet. Each begins with the name of its author, where a spreadsheet program put it there."""
    authors = {_plain(author) for author in re.findall(r"(?s)<(?:\w+:)?author>(.*?)</(?:\w+:)?author>", text)} - {""}
    rows: list[list[Value]] = []
    named: dict[int, str | PropertyName] = {}
    for match in re.finditer(_COMMENT, text):
        said = _plain(re.sub(_AUTHORS, "", match["said"]))
        author = next((author for author in authors if said.startswith(f"{author}:")), "")
        rows.append([said[len(author) :]])
        cell = _attribute(match["about"], "ref")
        if re.fullmatch(r"[A-Z]{1,3}\d{1,7}", cell):
            named[len(rows)] = cell
    return _Table(rows, named)


_PROPERTIES = ("title", "subject", "description", "keywords", "category", "contentStatus")


def _properties(text: str) -> _Table:
    rows: list[list[Value]] = []
    named: dict[int, str | PropertyName] = {}
    together = re.sub(r"</(?:\w+:)?keyword>\s*<(?:\w+:)?keyword>", " ", text)  # an .ods has one for each word
    for name, said in re.findall(r"(?s)<(?:\w+:)?(\w+)(?:\s[^>]*)?>([^<]+)</", together):
        rows.append([html.unescape(said).strip()])
        if name in _PROPERTIES:
            named[len(rows)] = PropertyName(name)
    return _Table(rows, named)


def _own_properties(text: str) -> _Table:
    """The properties that somebody has added, a row each, so that who made the file and when are no record."""
    found = re.findall(r"(?s)<(?:\w+:)?(?:property|user-defined)\b([^>]*)>(.*?)</(?:\w+:)?(?:property|user-defined)>", text)
    return _Table([[html.unescape(_attribute(about, "name")), _plain(said)] for about, said in found])


# ---- workbooks in one binary file ----

_NARROW = rb"[\x20-\x7e\xa0-\xff]{5,}"
_WIDE = rb"(?:[\x20-\x7e\xa0-\xff]\x00|[\x00-\xff]\x01){5,}"
_NARROW_IN_PICTURE = rb"[\x20-\x3b\x3d\x3f-\x7e]{12,}"  # what is said of it, without marks of XML; its points seldom look so
_WIDE_IN_PICTURE = rb"(?:[\x20-\x3b\x3d\x3f-\x7e\xc0-\xff]\x00){12,}"


def _beside_parts(archive: zipfile.ZipFile, data: bytes) -> bytes:
    """The names of parts, what the archive says of them and of itself, and the bytes behind it, which no program reads."""
    end = data.rfind(b"PK\x05\x06") + _END_OF_DIRECTORY + len(archive.comment)
    about = (line for part in archive.infolist() for line in (part.filename.encode(), part.comment))
    return b"\n".join([*about, archive.comment, data[end:]])


def _in_binary(
    data: bytes, where: str, cells: AbstractSet[str] = frozenset(), narrow: bytes = _NARROW, wide: bytes = _WIDE
) -> Iterator[PersonPlace]:
    """What any text in bytes but those of cells tells: an .xls has texts of one or two bytes a letter ([MS-XLS] 2.5.293).

    narrow, wide: patterns of the texts of one byte a letter, and of two.
    """
    of_one = (found.decode("latin-1") for found in re.findall(narrow, data))
    of_two = (found.decode("utf-16-le", "replace") for found in re.findall(wide, data))
    strings = [text for text in dict.fromkeys([*of_one, *of_two]) if text.strip() not in cells]
    spelled = (one for one in suspects_in_strings(_spelled_out(strings)) if one.sign in _SURE_IN_NAMES)
    for one in (*suspects_in_strings(strings), *spelled):
        yield PersonPlace(one.sign, where, {})
