"""What the sections share: the words of an outcome and of a code, identifiers of numbers, the finding. No section of its own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from functools import lru_cache

from kkz_eval.evaluation.verdict.rules import Code
from kkz_eval.evaluation.verdict.sentences import level_word
from kkz_eval.indicators.described import Described
from kkz_eval.model.texts import Language
from kkz_eval.reporting import numbers, wording
from kkz_eval.reporting.document import Block, Inline, Parts, Quoted, Section, identifier_part, join, phrase
from kkz_eval.reporting.inputs import OutcomeInfo, ReportInputs, in_language


def scope_of(section: str, inputs: ReportInputs, outcome: OutcomeInfo) -> str:
    """Where the numbers of an outcome stand: the first part of their identifiers, one for each outcome and section."""
    return f"{section}.{inputs.outcomes.index(outcome) + 1}-{identifier_part(outcome.indicator)}"


def finding_of(inputs: ReportInputs, outcome: OutcomeInfo) -> wording.Finding:
    """What may be said of an outcome of the report, by its verdict."""
    return _finding_of(inputs, inputs.outcomes.index(outcome))


@lru_cache(maxsize=128)  # each section and figure asks for it, in both languages
def _finding_of(inputs: ReportInputs, place: int) -> wording.Finding:
    return wording.finding_of(
        inputs.outcomes[place],
        verdicts=inputs.verdicts,
        estimates=inputs.estimates,
        tests=inputs.tests,
        panel=inputs.panel,
        groups=inputs.groups,
        treated_cohorts=inputs.treated_cohorts,
        headline=inputs.headline,
        messages=inputs.messages,
    )


def rating_of(inputs: ReportInputs, outcome: OutcomeInfo, language: Language) -> str:
    """The risk that the picture of an outcome is distorted, in a word; "" where there is no verdict to rate."""
    found = finding_of(inputs, outcome)
    if not found.is_estimated or found.verdict.code is Code.NONE:
        return ""
    return level_word(found.verdict.rating).in_language(language)


def cautions_of(inputs: ReportInputs, outcome: OutcomeInfo, scope: str, language: Language) -> tuple[Parts, ...]:
    """What a check knows beside the verdict: that it hangs on the method, that the groups were far apart before."""
    said: list[Parts] = []
    if wording.depends(finding_of(inputs, outcome), outcome, inputs.estimates, inputs.checks.agreement, scope, language):
        said.append(phrase("front.depends", language))
    if wording.before(inputs.balance, outcome, scope, language):
        said.append(phrase("front.apart", language))
    return tuple(said)


def folded(identifier: str, title: Parts, blocks: Iterable[Block], sections: Iterable[Section] = ()) -> tuple[Section, ...]:
    """A technical section, whose title stands for itself; () where there is nothing in it."""
    found = Section(identifier, title, tuple(blocks), tuple(sections), "technical")
    return (found,) if found.blocks or found.sections else ()


def is_simulated(inputs: ReportInputs, outcome: OutcomeInfo) -> bool:
    """Whether the figures of an outcome are made up; where its source is not named, whether any of the report are."""
    return next((source.simulated for source in inputs.sources if source.dataset == outcome.source), inputs.simulated)


def source_of(inputs: ReportInputs, outcomes: Iterable[OutcomeInfo], language: Language) -> Parts:
    """Where the figures of outcomes come from: each attribution that their licences ask for once, by it the list of sources has their titles.

    What has none goes by its title; made-up figures are credited to nobody.
    """
    named, made_up = dict[str, None](), dict[str, None]()
    sources = {source.dataset: source for source in inputs.sources}
    for outcome in outcomes:
        source = sources.get(outcome.source)
        title = outcome.source if source is None else in_language(source.named, language, source.dataset)
        if is_simulated(inputs, outcome):
            made_up[title] = None
        elif source is None or not source.attribution:
            named[title] = None
        else:
            named[source.attribution] = None
    said = [("figures.source_computed", named), ("figures.source_simulated", made_up)]
    return join(*(phrase(key, language, sources=Quoted("; ".join(titles))) for key, titles in said if titles))


def has_values(inputs: ReportInputs, outcome: OutcomeInfo) -> bool:
    """Whether there is any figure of an outcome."""
    return bool(inputs.panel.loc[inputs.panel["indicator"] == outcome.indicator, "value"].notna().any())


def of_role(inputs: ReportInputs, *roles: str) -> tuple[OutcomeInfo, ...]:
    """The outcomes of these roles, in the order of the roles."""
    return tuple(outcome for role in roles for outcome in inputs.outcomes if outcome.role == role)


def label_of(outcome: OutcomeInfo, language: Language) -> Quoted:
    """The name of an outcome. Raises UserError where it is missing in the language."""
    return Quoted(in_language(outcome.label, language, outcome.indicator))


def code_label(found: Described, key: str, language: Language) -> Quoted:
    """The words of a contract for a code, named as in found.labels. Raises KeyError for a code that no contract has."""
    return Quoted(in_language(found.labels[key], language, key))


def insert(sentence: Parts, inserted: Parts) -> Parts:
    """A sentence with words in the place that stands for them (\x01)."""
    return tuple(piece for part in sentence for piece in (inserted if part == "\x01" else (part,)))


def listed(items: Sequence[Parts]) -> Parts:
    """Some words one after the other, with a semicolon between."""
    said: list[Inline] = []
    for item in items:
        said += [*(["; "] if said else []), *item]
    return tuple(said)


def written_day(iso: str, language: Language) -> str:
    """An ISO day as it is written in the language."""
    return numbers.day(date.fromisoformat(iso), language)
