"""The section on what the report does not show."""

from __future__ import annotations

from kkz_eval.model.texts import Language
from kkz_eval.reporting.document import Listing, Section, phrase

LIMITS = ("trends", "interval", "means", "transfer", "selection", "exposure")


def limits_section(language: Language) -> Section:
    """What no figure of this report can tell."""
    items = tuple(phrase(f"limits.{limit}", language) for limit in LIMITS)
    return Section("limits", phrase("sections.limits", language), (Listing(items),))
