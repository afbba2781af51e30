"""What a page may load and run: the content security policies. Not the other headers (refusals)."""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256

NEVER_FRAMED = "frame-ancestors 'none'; form-action 'self'"
"""What is said to pages that have a policy of their own besides: browsers keep to both."""

_OWN = f"default-src 'none'; base-uri 'none'; {NEVER_FRAMED}; img-src 'self' data:; font-src 'self' data:; connect-src 'self'"
FOR_PAGES = f"{_OWN}; style-src 'self'; script-src 'self'"
"""For the pages of the desk: nothing from elsewhere, no script and no style within a page."""

_SCRIPT = re.compile(rb"<script\b([^>]*)>(.*?)</script", re.DOTALL | re.IGNORECASE)
_SOURCE = re.compile(rb"\bsrc\s*=", re.IGNORECASE)


def for_kept_page(page: bytes) -> str:
    """The policy for a page that carries all it needs, as reports do: its styles, and just those scripts that stand in it.

    page: the bytes of the HTML. Attributes with scripts do not run, nor does anything that another part of the page makes. Figures carry styles
    as attributes, for which there is no hash.
    """
    scripts = [inside for attributes, inside in _SCRIPT.findall(page) if not _SOURCE.search(attributes)]
    hashes = {f"'sha256-{b64encode(sha256(_as_read(script)).digest()).decode()}'" for script in scripts}
    admitted = " ".join(sorted(hashes)) or "'none'"
    return f"{_OWN}; style-src 'self' 'unsafe-inline'; script-src {admitted}"


def _as_read(script: bytes) -> bytes:
    """A script as a browser has it: with one sign at the end of each line."""
    return script.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
