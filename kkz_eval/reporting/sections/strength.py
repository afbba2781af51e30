"""The section on how far the comparison of each outcome can be trusted: seven domains with number and reason. Not the verdict itself."""

from __future__ import annotations

from collections.abc import Sequence

from kkz_eval.evaluation.verdict.decide import Verdict
from kkz_eval.evaluation.verdict.sentences import domain_sentence, domain_word, level_word, rating_sentence
from kkz_eval.model.texts import AtTheBeginning, Language
from kkz_eval.reporting import numbers, say
from kkz_eval.reporting.document import Column, Paragraph, Parts, Section, Table, phrase
from kkz_eval.reporting.inputs import OutcomeInfo, ReportInputs
from kkz_eval.reporting.sections.parts import finding_of, folded, label_of, of_role, scope_of
from kkz_eval.reporting.sections.robustness_figures import power_blocks
from kkz_eval.reporting.traceable import parts_of


def strength_section(inputs: ReportInputs, language: Language) -> Section:
    """A table for each outcome that has estimates; where none has, that there is nothing to rate."""
    found = [(outcome, finding_of(inputs, outcome)) for outcome in of_role(inputs, "primary", "secondary")]
    rated = [(outcome, one.verdict) for outcome, one in found if one.is_estimated]
    if not rated:
        nothing = (Paragraph(phrase("strength.nothing", language)),)
        return Section("strength", phrase("sections.strength", language), nothing)
    version = numbers.count("strength.version", rated[0][1].rules_version, language)
    primary = [(outcome, verdict) for outcome, verdict in rated if outcome.role == "primary"] or rated
    seen, seen_besides = power_blocks(inputs, language)
    blocks = (Paragraph(phrase("strength.intro", language, version=version)), _overview(primary, language), *seen)
    reasons = tuple(_outcome(inputs, outcome, verdict, language) for outcome, verdict in rated)
    folds = folded("strength-reasons", phrase("strength.reasons", language), (), reasons)
    return Section("strength", phrase("sections.strength", language), blocks, (*seen_besides, *folds))


def _overview(rated: Sequence[tuple[OutcomeInfo, Verdict]], language: Language) -> Table:
    """A row for each outcome: the rating, and the level of each of the seven domains."""
    domains = [AtTheBeginning(domain_word(domain)).in_language(language) for domain in rated[0][1].domains]
    columns = (
        Column(say("balance.outcome").in_language(language)),
        Column(say("strength.rating").in_language(language)),
        *(Column(name) for name in domains),
    )
    rows: list[tuple[Parts, ...]] = []
    for outcome, verdict in rated:
        levels = (level_word(level).in_language(language) for level in (verdict.rating, *(one.level for one in verdict.domains)))
        cells: tuple[Parts, ...] = tuple((level,) for level in levels)
        rows.append(((label_of(outcome, language),), *cells))
    return Table("strength-table", phrase("strength.overview", language), columns, tuple(rows))


def _outcome(inputs: ReportInputs, outcome: OutcomeInfo, verdict: Verdict, language: Language) -> Section:
    scope, label = scope_of("strength", inputs, outcome), label_of(outcome, language)
    rows: list[tuple[Parts, ...]] = []
    for domain in verdict.domains:
        said = parts_of(domain_sentence(domain, verdict), f"{scope}.{domain.name}", language)
        name = (AtTheBeginning(domain_word(domain)).in_language(language),)
        rows.append((name, parts_of(level_word(domain.level), scope, language), said))
    columns = tuple(Column(say(f"strength.{name}").in_language(language)) for name in ("domain", "level", "reason"))
    table = Table(f"{scope}.table", phrase("strength.caption", language, label=label), columns, tuple(rows))
    rating = Paragraph(parts_of(rating_sentence(verdict), f"{scope}.rating", language))
    return Section(scope, (label,), (rating, table))
