"""What may stand in a workbook that leaves the house: its parts, their kinds, their links and every element in them."""

import io
import re
import zipfile
from xml.etree import ElementTree

_PARTS = (
    r"\[Content_Types\]\.xml|_rels/\.rels|docProps/(app|core)\.xml|xl/(workbook|styles)\.xml|xl/theme/theme1\.xml"
    r"|xl/_rels/workbook\.xml\.rels|xl/worksheets/sheet\d+\.xml|xl/worksheets/_rels/sheet\d+\.xml\.rels"
    r"|xl/comments/comment\d+\.xml|xl/drawings/commentsDrawing\d+\.vml"
)
_LINKS = {"officeDocument", "core-properties", "extended-properties", "worksheet", "styles", "theme", "comments", "vmlDrawing"}
_KINDS = {
    *("application/xml", "application/vnd.openxmlformats-officedocument.vmlDrawing"),
    *(f"application/vnd.openxmlformats-package.{kind}+xml" for kind in ("relationships", "core-properties")),
    *(f"application/vnd.openxmlformats-officedocument.{kind}+xml" for kind in ("theme", "extended-properties")),
    *(
        f"application/vnd.openxmlformats-officedocument.spreadsheetml.{kind}+xml"
        for kind in ("sheet.main", "worksheet", "styles", "comments")
    ),
}
_IN_SHEET = {
    *("worksheet", "sheetPr", "outlinePr", "pageSetUpPr", "dimension", "sheetViews", "sheetView", "pane", "selection"),
    *("sheetFormatPr", "cols", "col", "sheetData", "row", "c", "f", "v", "is", "t", "r", "mergeCells", "mergeCell"),
    *("rPr", "b", "i", "strike", "color", "sz", "u", "vertAlign", "family", "charset", "scheme", "outline", "shadow"),
    *("dataValidations", "dataValidation", "formula1", "hyperlinks", "hyperlink", "pageMargins", "pageSetup", "legacyDrawing"),
    *("headerFooter", *(f"{which}{place}" for which in ("odd", "even", "first") for place in ("Header", "Footer"))),
}
_IN_WORKBOOK = {
    *("workbook", "workbookPr", "workbookProtection", "bookViews", "workbookView", "sheets", "sheet", "definedNames"),
    *("definedName", "calcPr"),
}
_IN_STYLES = {
    *("styleSheet", "numFmts", "numFmt", "fonts", "font", "name", "family", "color", "sz", "scheme", "b", "i", "u", "strike"),
    *("charset", "vertAlign", "fills", "fill", "patternFill", "gradientFill", "stop", "fgColor", "bgColor", "borders", "border"),
    *("left", "right", "top", "bottom", "diagonal", "start", "end", "vertical", "horizontal", "cellStyleXfs", "cellXfs", "xf"),
    *("alignment", "protection", "cellStyles", "cellStyle", "dxfs", "tableStyles", "colors", "indexedColors", "rgbColor"),
}
_IN_COMMENTS = {"comments", "authors", "author", "commentList", "comment", "text", "t", "r"}
_OWN_LISTS = re.compile(r'"[^"|\[(]*"|Listen!\$[A-Z]+\$\d+:\$[A-Z]+\$\d+|0')


_PART = r"[A-Z]+\d+(:[A-Z]+\d+)?"
_PARTS_OF_SUM = rf"\({_PART}(,{_PART})*\)"
_THERE = rf"SUMPRODUCT\(--\(LEN\({_PART}\)>0\)\)"
_OWN_SUM = re.compile(
    rf"IF\(COUNT{_PARTS_OF_SUM}=\d+,(SUM{_PARTS_OF_SUM}|ROUND\(SUM{_PARTS_OF_SUM},6\))"
    rf',IF\(({_THERE}\+)*{_THERE}=\d+,"Summe eintragen",""\)\)'
)


def require_nothing_else(content: bytes, author: str = "Fehlerprotokoll") -> dict[str, str]:
    """The parts of a workbook as texts, by name, once each was looked through. author: of its comments."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = {name: archive.read(name).decode() for name in archive.namelist()}
        assert not archive.comment
    for name, text in parts.items():
        assert re.fullmatch(_PARTS, name), name
        assert "<!DOCTYPE" not in text
        root = ElementTree.fromstring(text)
        held = {_local(of.tag) for of in root.iter()}
        if name.endswith(".rels"):
            assert {of.get("Type", "").rpartition("/")[2] for of in root} <= _LINKS, name
            assert not [of for of in root if of.get("TargetMode") or ":" in of.get("Target", "")]
        elif name.startswith("xl/worksheets/"):
            assert held <= _IN_SHEET, held - _IN_SHEET
            _require_plain_sheet(root)
        elif name == "xl/workbook.xml":
            assert held <= _IN_WORKBOOK, held - _IN_WORKBOOK
            assert {of.get("name") for of in root.iter() if _local(of.tag) == "definedName"} <= {
                *("_xlnm.Print_Titles", "_xlnm.Print_Area"),
            }
        elif name == "xl/styles.xml":
            assert held <= _IN_STYLES, held - _IN_STYLES
        elif name.startswith("xl/comments/"):
            assert held <= _IN_COMMENTS, held - _IN_COMMENTS
            assert {of.text for of in root.iter() if _local(of.tag) == "author"} == {author}
        elif name == "[Content_Types].xml":
            assert {of.get("ContentType") for of in root} <= _KINDS
    core = ElementTree.fromstring(parts["docProps/core.xml"])
    assert {_local(of.tag) for of in core} <= {"creator", "created", "modified", "title"}
    assert {of.text for of in core if _local(of.tag) == "creator"} == {"kkz-eval"}
    app = ElementTree.fromstring(parts["docProps/app.xml"])
    assert {_local(of.tag) for of in app} == {"Application", "AppVersion"}
    return parts


def _require_plain_sheet(root: ElementTree.Element) -> None:
    for of in root.iter():
        if _local(of.tag) == "hyperlink":
            assert "location" in of.attrib
            assert not [name for name in of.attrib if _local(name) == "id"]
        if _local(of.tag) == "formula1":
            assert _OWN_LISTS.fullmatch(of.text or ""), of.text
        if _local(of.tag) == "f":
            assert _OWN_SUM.fullmatch(of.text or ""), of.text
        if _local(of.tag).endswith(("Header", "Footer")):
            assert of.text in (None, "&R&P / &N"), of.text


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]
