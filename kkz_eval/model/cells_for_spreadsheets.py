"""Text in a CSV that people open in a spreadsheet: what such a program would compute or take for a day, it leaves alone.

For files made for people. Tables that programs read back (the results of the engine, the panel of a package) hold every cell as it is.
"""

from __future__ import annotations

import re

_MISREAD = re.compile(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20]\s*\S|[\t\r\n]|\d+\.\d+\.\d{1,2}$")
"""What begins like a formula, and a version that looks like a day (2.4.6). A sign alone is text to all of them: it often stands for a gap."""


def left_alone(text: str) -> str:
    """The text, behind an apostrophe where a spreadsheet would make something else of it."""
    return f"'{text}" if _MISREAD.match(text) else text
