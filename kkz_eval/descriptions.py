"""What Dagster's pages say of assets, checks, jobs and options: German first, English beside it, from one catalogue."""

from __future__ import annotations

from kkz_eval.model.texts import text

_PACKAGE = "kkz_eval.assets"


def described(key: str, **parameters: str) -> str:
    """The description in German, and in English behind it."""
    german = text(key, "de", **{"package": _PACKAGE, **parameters})
    return f"{german}\n\n*English:* {text(key, 'en', **{'package': _PACKAGE, **parameters})}"
