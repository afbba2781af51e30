"""The command `report picture`: a figure of a report as PNG, for programs that take no SVG. Made when asked for; no report keeps one.

Belongs here: the file it comes from and the one it goes to, sentences, exit codes. Does not belong here: drawing (reporting.figures).
"""

from __future__ import annotations

from pathlib import Path

from kkz_eval.commands import say
from kkz_eval.model.errors import UserError
from kkz_eval.model.system_errors import reason_of
from kkz_eval.reporting.figures.canvas import to_png
from kkz_eval.settings import Settings
from kkz_eval.storage.store import put_file_if_absent

NARROWEST, WIDEST = 100, 8_000
"""Pixels of a picture: a thumbnail, and a poster."""


def write_picture(settings: Settings, file: Path, out: Path | None, width: int) -> int:
    """Write a picture of a report (.svg) as PNG, beside it where no other place is named, and print where; always 0.

    Raises UserError for what is no picture of a report, a width that no picture has, and a file that is there already.
    """
    if not NARROWEST <= width <= WIDEST:
        raise UserError("picture_width", package=say.package, narrowest=NARROWEST, widest=WIDEST)
    place = file.with_suffix(".png") if out is None else out
    try:
        png = to_png(file.read_text(encoding="utf-8"), width)
    except OSError as error:
        raise UserError("picture_not_readable", package=say.package, file=str(file), reason=reason_of(error)) from error
    except ValueError as error:
        raise UserError("picture_of_no_report", package=say.package, file=str(file)) from error
    if not put_file_if_absent(place, png):
        raise UserError("picture_there", package=say.package, file=str(place))
    print(say("picture.written", file=str(place), width=width).in_language(settings.language))
    return 0
