"""Whether a file says that its figures are made up: the sign of the simulation, in a text or in the texts of a workbook."""

from __future__ import annotations

import io
import zipfile

from kkz_eval.deliveries.workbook.parts import ODS_CONTENT, Parts
from kkz_eval.deliveries.workbook.sheets import ZIP
from kkz_eval.model.simulated import SIGN

_WRITTEN = tuple(SIGN.encode(encoding) for encoding in ("ascii", "utf-16-le", "utf-16-be"))
_TEXTS = (
    "xl/sharedstrings.xml",
    "xl/worksheets/",
    ODS_CONTENT,
)  # where programs keep the texts of cells: of all sheets, or in each


def says_simulated(data: bytes) -> bool:
    """Whether a file that was read, so that it may be opened, says that its figures are made up."""
    if not data.startswith(ZIP):
        return any(sign in data for sign in _WRITTEN)
    parts = Parts(zipfile.ZipFile(io.BytesIO(data)))
    return any(_WRITTEN[0] in parts.read(name) for name in parts.named if name.startswith(_TEXTS))
