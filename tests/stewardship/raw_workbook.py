"""Workbooks written part by part, as no library would write them: with everything that may travel along, or without what is usual."""

import io
import zipfile
from collections.abc import Mapping

MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
R = f'xmlns:r="{OFFICE}"'
TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"
CANARY = "GEHEIM"
"""Stands in everything that must stay behind."""

AWAY = f"http://{CANARY}.example/"
HEADER = ("Gemeindeschlüssel", "Schuljahr", "Abschluss", "Geschlecht", "Anzahl")


def packed(parts: Mapping[str, str | bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def relationships(*targets: tuple[str, str]) -> str:
    """Of (last part of the type, target); a target with a scheme leads outside."""
    lines = [
        f'<Relationship Id="rId{number}" Type="{OFFICE}/{kind}" Target="{target}"{" TargetMode=" + chr(34) + "External" + chr(34) if ":" in target else ""}/>'
        for number, (kind, target) in enumerate(targets, start=1)
    ]
    return f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{"".join(lines)}</Relationships>'


def content_types(**parts: str) -> str:
    """Of part (with __ for / and _ for the dot before its ending) to content type, those of every workbook included."""
    lines = "".join(f'<Override PartName="{name}" ContentType="{kind}"/>' for name, kind in parts.items())
    return (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/><Default Extension="bin" ContentType="application/octet-stream"/>'
        '<Default Extension="vml" ContentType="application/vnd.openxmlformats-officedocument.vmlDrawing"/>'
        f'<Default Extension="png" ContentType="image/png"/>{lines}</Types>'
    )


def text_cell(address: str, text: str, style: int = 0) -> str:
    return f'<c r="{address}" s="{style}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'


def row(number: int, *cells: str, more: str = "") -> str:
    return f'<row r="{number}"{more}>{"".join(cells)}</row>'


def header_row() -> str:
    return row(1, *(text_cell(f"{letter}1", title) for letter, title in zip("ABCDE", HEADER, strict=True)))


def record_row(number: int, count: str) -> str:
    texts = ("05162024", "2006", "Insgesamt", "insgesamt")
    cells = [text_cell(f"{letter}{number}", said) for letter, said in zip("ABCD", texts, strict=True)]
    return row(number, *cells, count)


def sheet(rows: str, before: str = "", after: str = "") -> str:
    return f"<worksheet {MAIN} {R}>{before}<sheetData>{rows}</sheetData>{after}</worksheet>"


def plain_parts(rows: str | None = None, sheet_path: str = "xl/worksheets/sheet1.xml") -> dict[str, str | bytes]:
    """The least that a workbook needs: no styles, no shared texts, no theme, no properties, no calcPr."""
    if rows is None:
        rows = header_row() + record_row(2, '<c r="E2"><v>7</v></c>')
    return {
        "[Content_Types].xml": content_types(
            **{"/xl/workbook.xml": f"{TYPES}.sheet.main+xml", f"/{sheet_path}": f"{TYPES}.worksheet+xml"}
        ),
        "_rels/.rels": relationships(("officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": f'<workbook {MAIN} {R}><sheets><sheet name="Daten" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": relationships(("worksheet", sheet_path.removeprefix("xl/"))),
        sheet_path: sheet(rows),
    }


STYLES = (
    f'<styleSheet {MAIN}><numFmts count="1"><numFmt numFmtId="164" formatCode="#,##0&quot; T€&quot;"/></numFmts>'
    '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><strike/><sz val="11"/><name val="Arial"/></font></fonts>'
    '<fills count="3"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
    '<fill><patternFill patternType="solid"><fgColor rgb="FF00FF00"/></patternFill></fill></fills>'
    "<borders count='1'><border><left/><right/><top/><bottom/><diagonal/></border></borders>"
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="3"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="164" fontId="1" fillId="2" borderId="0" xfId="0" applyNumberFormat="1" applyFont="1" applyFill="1"/>'
    '<xf numFmtId="14" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs>'
    f'<cellStyles count="1"><cellStyle name="{CANARY}" xfId="0" builtinId="0"/></cellStyles>'
    f'<dxfs count="1"><dxf><numFmt numFmtId="165" formatCode="&quot;{CANARY}&quot;"/></dxf></dxfs></styleSheet>'
)


def nasty_parts() -> dict[str, str | bytes]:
    """A workbook with everything that may travel along, each with the canary."""
    core = (
        '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/">'
        + "".join(f"<dc:{name}>{CANARY}</dc:{name}>" for name in ("creator", "title", "subject", "description"))
        + f"<cp:lastModifiedBy>{CANARY}</cp:lastModifiedBy><cp:keywords>{CANARY}</cp:keywords></cp:coreProperties>"
    )
    app = (
        '<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties">'
        f"<Company>{CANARY}</Company><Manager>{CANARY}</Manager><HyperlinkBase>{AWAY}</HyperlinkBase></Properties>"
    )
    custom = (
        '<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/custom-properties" '
        'xmlns:vt="http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes">'
        f'<property fmtid="{{D5CDD505-2E9C-101B-9397-08002B2CF9AE}}" pid="2" name="{CANARY}"><vt:lpwstr>{CANARY}</vt:lpwstr></property></Properties>'
    )
    workbook = (
        f'<workbook {MAIN} {R}><fileSharing userName="{CANARY}"/><workbookPr codeName="{CANARY}"/>'
        f'<workbookProtection lockStructure="1"/><sheets><sheet name="Daten" sheetId="1" r:id="rId1"/>'
        '<sheet name="Notizen" sheetId="2" state="veryHidden" r:id="rId2"/></sheets>'
        '<externalReferences><externalReference r:id="rId3"/></externalReferences>'
        f'<definedNames><definedName name="{CANARY}">[1]Blatt!$A$1</definedName>'
        f'<definedName name="_xlnm.Auto_Open" hidden="1">Daten!$A$1</definedName>'
        '<definedName name="_xlnm._FilterDatabase" localSheetId="0" hidden="1">Daten!$A$1:$E$4</definedName></definedNames>'
        f'<pivotCaches><pivotCache cacheId="1" r:id="rId5"/></pivotCaches><webPublishing codePage="1252" title="{CANARY}"/></workbook>'
    )
    formulas = "".join(
        row(number, f'<c r="G{number}" t="str"><f>{formula}</f><v>Ergebnis {number}</v></c>')
        for number, formula in enumerate(
            (
                f"cmd|'/C {CANARY}'!A0",
                f'HYPERLINK("{AWAY}","x")',
                f'WEBSERVICE("{AWAY}")',
                f"[1]Blatt!A1&amp;&quot;{CANARY}&quot;",
                f'IMPORTDATA("{AWAY}")',
            ),
            start=10,
        )
    )
    rows = (
        header_row()
        + record_row(2, '<c r="E2" s="1"><v>7</v></c>')
        + record_row(3, '<c r="E3"><f>SUM(E2:E2)</f><v>8</v></c>')
        + record_row(4, '<c r="E4"><f>SUM(E2:E2)</f></c>')
        + row(5, text_cell("A5", "05162024"), '<c r="B5" s="2"><v>38718</v></c>', more=' ht="30" customHeight="1" hidden="1"')
        + row(
            6, *(text_cell(f"{letter}6", said) for letter, said in zip("ABCDE", ("=1+1", "+1", "-1", "@A1", "\t=1"), strict=True))
        )
        + row(7, '<c r="A7" t="e"><v>#N/A</v></c>', '<c r="B7" t="b"><v>1</v></c>')
        + row(
            8,
            '<c r="A8" t="inlineStr"><is><r><t>12</t></r><r><rPr><vertAlign val="superscript"/><rFont val="GEHEIM"/></rPr><t>1</t></r></is></c>',
        )
        + formulas
    )
    before = (
        f'<sheetPr codeName="{CANARY}"><tabColor rgb="FFFF0000"/></sheetPr>'
        '<sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" state="frozen"/></sheetView></sheetViews>'
        '<cols><col min="1" max="1" width="22.5" customWidth="1"/><col min="3" max="4" width="9" hidden="1"/></cols>'
    )
    after = (
        f'<sheetProtection sheet="1" password="CC3D"/><protectedRanges><protectedRange name="{CANARY}" sqref="A1"/></protectedRanges>'
        f'<scenarios><scenario name="{CANARY}" user="{CANARY}" comment="{CANARY}" count="1"><inputCells r="A1" val="{CANARY}"/></scenario></scenarios>'
        '<autoFilter ref="A1:E4"/><mergeCells count="1"><mergeCell ref="A20:B21"/></mergeCells>'
        '<conditionalFormatting sqref="E2:E9"><cfRule type="expression" dxfId="0" priority="1">'
        f'<formula>WEBSERVICE("{AWAY}")=1</formula></cfRule></conditionalFormatting>'
        f'<dataValidations count="1"><dataValidation type="list" sqref="D2:D9" promptTitle="{CANARY}" prompt="{CANARY}">'
        f"<formula1>[1]{CANARY}!$A$1:$A$9</formula1></dataValidation></dataValidations>"
        f'<hyperlinks><hyperlink ref="A2" r:id="rId1" tooltip="{CANARY}"/></hyperlinks>'
        f"<headerFooter><oddHeader>&amp;C{CANARY}</oddHeader></headerFooter>"
        '<drawing r:id="rId2"/><legacyDrawing r:id="rId4"/><tableParts count="1"><tablePart r:id="rId6"/></tableParts>'
        f'<extLst><ext uri="{{CCE6A557-97BC-4b89-ADB6-D9C93CAAB3DF}}"><x>{CANARY}</x></ext></extLst>'
    )
    comments = (
        f"<comments {MAIN}><authors><author>{CANARY}</author></authors><commentList>"
        f'<comment ref="E2" authorId="0"><text><t>{CANARY}</t></text></comment></commentList></comments>'
    )
    picture = b"\x89PNG\r\n\x1a\n" + CANARY.encode()
    return {
        "[Content_Types].xml": content_types(
            **{
                "/xl/workbook.xml": "application/vnd.ms-excel.sheet.macroEnabled.main+xml",
                "/xl/worksheets/sheet1.xml": f"{TYPES}.worksheet+xml",
                "/xl/worksheets/sheet2.xml": f"{TYPES}.worksheet+xml",
                "/xl/styles.xml": f"{TYPES}.styles+xml",
                "/xl/comments1.xml": f"{TYPES}.comments+xml",
                "/xl/connections.xml": f"{TYPES}.connections+xml",
                "/xl/vbaProject.bin": "application/vnd.ms-office.vbaProject",
                "/xl/externalLinks/externalLink1.xml": f"{TYPES}.externalLink+xml",
                "/xl/persons/person.xml": "application/vnd.ms-excel.person+xml",
                "/xl/threadedComments/threadedComment1.xml": "application/vnd.ms-excel.threadedcomments+xml",
                "/docProps/custom.xml": "application/vnd.openxmlformats-officedocument.custom-properties+xml",
                "/docProps/core.xml": "application/vnd.openxmlformats-package.core-properties+xml",
                "/docProps/app.xml": "application/vnd.openxmlformats-officedocument.extended-properties+xml",
            }
        ),
        "_rels/.rels": relationships(
            ("officeDocument", "xl/workbook.xml"),
            ("metadata/core-properties", "docProps/core.xml"),
            ("extended-properties", "docProps/app.xml"),
            ("custom-properties", "docProps/custom.xml"),
        ),
        "docProps/core.xml": core,
        "docProps/app.xml": app,
        "docProps/custom.xml": custom,
        "customXml/item1.xml": f"<x>{CANARY}</x>",
        "customUI/customUI14.xml": f'<customUI onLoad="{CANARY}"/>',
        "xl/workbook.xml": workbook,
        "xl/_rels/workbook.xml.rels": relationships(
            ("worksheet", "worksheets/sheet1.xml"),
            ("worksheet", "worksheets/sheet2.xml"),
            ("externalLink", "externalLinks/externalLink1.xml"),
            ("styles", "styles.xml"),
            ("pivotCacheDefinition", "pivotCache/pivotCacheDefinition1.xml"),
            ("connections", "connections.xml"),
            ("vbaProject", "vbaProject.bin"),
            ("person", "persons/person.xml"),
        ),
        "xl/styles.xml": STYLES,
        "xl/worksheets/sheet1.xml": sheet(rows, before, after),
        "xl/worksheets/_rels/sheet1.xml.rels": relationships(
            ("hyperlink", AWAY),
            ("drawing", "../drawings/drawing1.xml"),
            ("comments", "../comments1.xml"),
            ("vmlDrawing", "../drawings/vmlDrawing1.vml"),
            ("printerSettings", "../printerSettings/printerSettings1.bin"),
            ("table", "../tables/table1.xml"),
            ("threadedComment", "../threadedComments/threadedComment1.xml"),
            ("oleObject", "../embeddings/oleObject1.bin"),
            ("queryTable", "../queryTables/queryTable1.xml"),
        ),
        "xl/worksheets/sheet2.xml": sheet(row(1, text_cell("A1", "bleibt"))),
        "xl/comments1.xml": comments,
        "xl/drawings/vmlDrawing1.vml": f"<xml>{CANARY}</xml>",
        "xl/drawings/drawing1.xml": (
            '<xdr:wsDr xmlns:xdr="http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing" '
            f'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><xdr:x>{CANARY}</xdr:x></xdr:wsDr>'
        ),
        "xl/drawings/_rels/drawing1.xml.rels": relationships(("image", "../media/image1.png"), ("image", AWAY)),
        "xl/media/image1.png": picture,
        "xl/printerSettings/printerSettings1.bin": CANARY.encode(),
        "xl/tables/table1.xml": (
            f'<table {MAIN} id="1" name="{CANARY}" displayName="{CANARY}" ref="A1:E4"><tableColumns count="5">'
            + "".join(f'<tableColumn id="{n}" name="{title}"/>' for n, title in enumerate(HEADER, start=1))
            + "</tableColumns></table>"
        ),
        "xl/threadedComments/threadedComment1.xml": f"<ThreadedComments><x>{CANARY}</x></ThreadedComments>",
        "xl/persons/person.xml": f'<personList><person displayName="{CANARY}"/></personList>',
        "xl/embeddings/oleObject1.bin": CANARY.encode(),
        "xl/queryTables/queryTable1.xml": f'<queryTable {MAIN} name="{CANARY}" connectionId="1"/>',
        "xl/connections.xml": f'<connections {MAIN}><connection id="1" name="{CANARY}" type="4"><webPr url="{AWAY}"/></connection></connections>',
        "xl/vbaProject.bin": CANARY.encode(),
        "xl/externalLinks/externalLink1.xml": f'<externalLink {MAIN}><externalBook {R} r:id="rId1"/></externalLink>',
        "xl/externalLinks/_rels/externalLink1.xml.rels": relationships(("externalLinkPath", f"file://{CANARY}/x.xlsx")),
        "xl/pivotCache/pivotCacheDefinition1.xml": (
            f'<pivotCacheDefinition {MAIN} refreshedBy="{CANARY}"><cacheSource type="worksheet"/></pivotCacheDefinition>'
        ),
    }
