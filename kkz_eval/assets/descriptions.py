"""What Dagster's pages say of assets, checks, jobs and options: German first, English beside it, from one catalogue."""

from __future__ import annotations

from kkz_eval.assets import say
from kkz_eval.model.texts import Localised, german_and_english


def described(key: str, **parameters: Localised) -> str:
    """The description in German, and in English behind it."""
    return german_and_english(say(key, **parameters))
