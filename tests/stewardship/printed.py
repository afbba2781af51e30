"""How large letters are on the pages that LibreOffice makes of a workbook, for tests of what people print. No expectations here."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

needs_printer = pytest.mark.skipif(
    not (shutil.which("soffice") and shutil.which("pdftohtml")), reason="needs LibreOffice and poppler to print"
)


def printed_sizes(workbook: Path, pages: int) -> list[float]:
    """The sizes of the letters of the first pages, points."""
    profile = f"-env:UserInstallation={(workbook.parent / 'profile').as_uri()}"
    convert = ["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", str(workbook.parent), str(workbook)]
    subprocess.run(convert, check=True, capture_output=True, timeout=120)
    measure = ["pdftohtml", "-xml", "-i", "-l", str(pages), "-zoom", "3", "-stdout", str(workbook.with_suffix(".pdf"))]
    printed = subprocess.run(measure, check=True, capture_output=True, text=True, timeout=60).stdout
    assert printed.count("<page ") == pages
    return [int(size) / 3 for size in re.findall(r'<fontspec id="\d+" size="(\d+)"', printed)]
