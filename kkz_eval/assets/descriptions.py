"""What Dagster's pages say of assets, checks, jobs and options: German first, English beside it, from one catalogue."""

from __future__ import annotations

from collections.abc import Mapping

from kkz_eval.model.texts import LANGUAGES, text

_PACKAGE = "kkz_eval.assets"


def described(key: str, **parameters: Mapping[str, str]) -> str:
    """The description in German, and in English behind it. parameters: a text by language."""
    german, english = (
        text(key, language, **{"package": _PACKAGE, **{name: texts.get(language, "") for name, texts in parameters.items()}})
        for language in LANGUAGES
    )
    return f"{german}\n\nEnglish: {english}"
