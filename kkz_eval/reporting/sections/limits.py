"""The section on what the report does not show, and how often such a comparison errs."""

from __future__ import annotations

from kkz_eval.evaluation.verdict.study import study_of_comparisons
from kkz_eval.model.texts import Language
from kkz_eval.reporting import numbers
from kkz_eval.reporting.document import Listing, Paragraph, Parts, Section, join, phrase
from kkz_eval.reporting.inputs import ReportInputs

LIMITS = ("trends", "interval", "means", "transfer", "selection", "exposure")


def limits_section(inputs: ReportInputs, language: Language) -> Section:
    """What no figure of this report can tell; where worlds with a known truth were compared likewise, what was found there."""
    items = tuple(phrase(f"limits.{limit}", language) for limit in LIMITS)
    errs = () if inputs.studied_as is None else (Paragraph(join(_errs(inputs.studied_as, language), _audited(inputs, language))),)
    return Section("limits", phrase("sections.limits", language), (Listing(items), *errs))


def _errs(comparison: str, language: Language) -> Parts:
    """How often the comparison of the plan finds a difference where there is none. comparison: of study.py."""
    study = study_of_comparisons()
    sizes = {name: study.largest_size(name) for name in ("two_way", "kind", "need")}
    low, high = study.law_sizes()
    percents = {**sizes, "low": low, "high": high}
    shown = {name: numbers.measured(f"study.{name}", 100 * share, 0, language) for name, share in percents.items()}
    worlds = phrase("study.worlds", language, worlds=numbers.count("study.worlds", study.worlds, language))
    return join(worlds, phrase(f"study.{comparison}", language, **shown))


def _audited(inputs: ReportInputs, language: Language) -> Parts:
    """How often it does so on the series of this report, which the verdicts name one by one; nothing where none was tried."""
    sizes = [verdict.evidence.audit_size for verdict in inputs.verdicts.values() if verdict.evidence.role != "context"]
    known = [size for size in sizes if size is not None]
    if not known:
        return ()
    return phrase("study.audited", language, largest=numbers.measured("study.audited", 100 * max(known), 1, language))
