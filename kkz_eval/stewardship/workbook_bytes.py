"""The bytes of a workbook without the time at which it was written: the same cells give the same bytes. No cells."""

from __future__ import annotations

import io
import re
import zipfile

from openpyxl import Workbook

_TIMES = re.compile(rb"(<dcterms:(created|modified)[^>]*>)[^<]*")


def bytes_of(workbook: Workbook) -> bytes:
    """The .xlsx file of a workbook."""
    drawn = io.BytesIO()
    workbook.save(drawn)
    settled = io.BytesIO()
    with zipfile.ZipFile(drawn) as source, zipfile.ZipFile(settled, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as target:
        for entry in source.infolist():
            content = source.read(entry)
            if entry.filename == "docProps/core.xml":
                content = _TIMES.sub(rb"\g<1>2000-01-01T00:00:00Z", content)
            target.writestr(zipfile.ZipInfo(entry.filename, (1980, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return settled.getvalue()
