"""What a plan lays down, as pages for a public registry: German, English, and the same as JSON. Written when it is locked, of the lock alone.

So an outsider can see that it was there before the results, and by its digests that it is still the same. It holds no value of any unit.
Does not belong here: the lock (evaluation.lock); where it was published, which is known only later (the plan's `registered`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from kkz_eval.evaluation.design import groups_of, level_of_plan
from kkz_eval.evaluation.headline import deciding
from kkz_eval.evaluation.lock import Lock
from kkz_eval.evaluation.plan import Outcome, Plan
from kkz_eval.evaluation.verdict import say as say_of_verdict
from kkz_eval.evaluation.verdict.rules import Code, Condition, Entry, rules
from kkz_eval.evaluation.verdict.sentences import Shown, code_word
from kkz_eval.line import say
from kkz_eval.line.installation import Installation
from kkz_eval.line.sentences import held_fixed
from kkz_eval.model.texts import LANGUAGES, Joined, Language, Localised, Wording, catalogue
from kkz_eval.reference.unit_groups import Nested, nested_sentence, unit_words

SCHEMA_VERSION = 1
_SIGNS: Mapping[str, str] = {"below": "<", "at_most": "≤", "above": ">", "at_least": "≥", "is": "="}


@dataclass(frozen=True)
class _Part:
    """A headed part of the page. name: in JSON, and of its heading; lines: a sentence each."""

    name: str
    lines: tuple[Localised, ...]


def registry_files(installation: Installation, plan: Plan, lock: Lock) -> Mapping[str, bytes]:
    """The pages by the end of their names: `.de.md`, `.en.md`, `.json`. The same lock and settings give the same bytes."""
    parts = tuple(_parts(installation, plan, lock))
    title = Wording(_in_all_languages(plan.title or {"de": plan.id}))
    files = {f".{language}.md": _markdown(title, parts, language).encode() for language in LANGUAGES}
    texts: dict[str, object] = {
        language: {
            "title": title.in_language(language),
            **{part.name: [line.in_language(language) for line in part.lines] for part in parts},
        }
        for language in LANGUAGES
    }
    settings = installation.settings
    record = {
        "schema_version": SCHEMA_VERSION,
        "plan": plan.id,
        "locked_on": lock.locked_on,
        "reports_before": lock.reports_before,
        "digests": {"plan": lock.plan_digest, "baseline": lock.baseline_digest, "lock": lock.digest},
        "publisher": settings.publisher,
        "contact": settings.publisher_contact,
        **texts,
        "content": dict(lock.plan),
    }
    return {**files, ".json": f"{json.dumps(record, ensure_ascii=False, indent=1)}\n".encode()}


def _markdown(title: Localised, parts: tuple[_Part, ...], language: Language) -> str:
    said = [f"# {title.in_language(language)}"]
    for part in parts:
        said.append(f"## {say(f'registry.heading.{part.name}').in_language(language)}")
        said.append("\n".join(f"- {line.in_language(language)}" for line in part.lines))
    return "\n\n".join(said) + "\n"


def _parts(installation: Installation, plan: Plan, lock: Lock) -> Iterator[_Part]:
    yield _Part("about", tuple(_about(installation, plan, lock)))
    if "question" in plan.texts:
        yield _Part("question", (Wording(_in_all_languages(plan.texts["question"])),))
    for name, roles in (("hypotheses", ("primary",)), ("other_outcomes", ("secondary", "context"))):
        lines = tuple(_outcome(installation, plan, one) for role in roles for one in plan.outcomes if one.role == role)
        yield _Part(name, lines or (say("registry.none"),))
    yield _Part("design", tuple(_design(plan)))
    yield _Part("comparison", tuple(_comparison(installation, plan)))
    yield _Part("inference", tuple(_inference(plan)))
    yield _Part("decision", tuple(decision_lines()))
    yield _Part("known", tuple(_known(plan, lock)))


def _about(installation: Installation, plan: Plan, lock: Lock) -> Iterator[Localised]:
    settings = installation.settings
    by = ", ".join(filter(None, (settings.publisher, settings.publisher_contact)))
    yield say("registry.plan", plan=plan.id, day=lock.locked_on)
    yield say("registry.contact", contact=by) if by else say("registry.no_contact")
    if plan.is_of_model_world:
        yield say("registry.simulated")
    yield say("registry.plan_digest", digest=lock.plan_digest)
    yield say("registry.lock_digest", digest=lock.digest)
    yield say("registry.baseline_digest", digest=lock.baseline_digest, until=lock.until)


def _outcome(installation: Installation, plan: Plan, outcome: Outcome) -> Localised:
    indicator = installation.catalogue[outcome.indicator]
    label, unit, source = Wording(indicator.label), Wording(indicator.difference_unit), plan.sources[outcome.indicator]
    role = say(f"registry.role.{outcome.role}")
    said: list[Localised] = [say("registry.outcome", label=label, indicator=outcome.indicator, role=role, source=source)]
    if outcome.window is not None:
        said.append(say("registry.years", first=outcome.window[0], last=outcome.window[1]))
    if outcome.earliest_plausible_year is not None:
        said.append(say("registry.earliest", year=outcome.earliest_plausible_year))
    if outcome.expected_direction is not None:
        said.append(say(f"registry.direction.{outcome.expected_direction}"))
    if outcome.mechanism:
        said.append(say("registry.mechanism", text=Wording(_in_all_languages(outcome.mechanism))))
    if outcome.smallest_difference is not None:
        smallest = outcome.smallest_difference
        value, reason = Shown(smallest.value, max(indicator.decimals, 2)), Wording(_in_all_languages(smallest.reason))
        said.append(say("registry.smallest", value=value, unit=unit, reason=reason, by=smallest.decided_by))
    controls = ", ".join(plan.controls_of(outcome))
    if controls and outcome.role != "context":
        said.append(say("registry.controls", controls=controls))
    return Joined(tuple(said), " ")


def _design(plan: Plan) -> Iterator[Localised]:
    groups, level = groups_of(plan, LANGUAGES[0]), level_of_plan(plan)
    sizes = groups["group"].value_counts().reindex(["treated", "reference", "later", "left_out"], fill_value=0)
    cohorts = ", ".join(str(int(year)) for year in sorted(set(groups.loc[groups["group"] == "treated", "cohort"])))
    units = Wording({language: unit_words(level, language)["units"] for language in LANGUAGES})
    counts = {str(name): int(size) for name, size in sizes.items()}
    yield say("registry.groups", units=units, cohorts=cohorts, **counts)
    yield say(f"registry.reference.{plan.reference}")
    if plan.units.nested is not None:
        yield nested_sentence(Nested(plan.units.nested), level)
    if "treated_group" in plan.texts:
        yield Wording(_in_all_languages(plan.texts["treated_group"]))
    if "reference_group" in plan.texts:
        yield Wording(_in_all_languages(plan.texts["reference_group"]))
    minimum = 1.0 if plan.coverage_minimum is None else plan.coverage_minimum
    yield say("registry.coverage", minimum=Shown(100 * minimum))


def _comparison(installation: Installation, plan: Plan) -> Iterator[Localised]:
    fixed = held_fixed(plan, installation.catalogue)
    yield from fixed
    if plan.matching is not None:
        covariates = ", ".join(f"{one.indicator} ({one.measure})" for one in plan.matching.covariates)
        yield say("registry.matching", method=plan.matching.method, covariates=covariates)
    elif plan.weight is not None:
        yield say("registry.weight", weight=plan.weight)
    if not fixed and plan.matching is None and plan.weight is None:
        yield say("registry.alike")
    if plan.covariates:
        yield say("registry.covariates", names=", ".join(plan.covariates))
    if plan.specifications:
        yield say("registry.specifications", names=", ".join(one.id for one in plan.specifications))


def _inference(plan: Plan) -> Iterator[Localised]:
    first, inference = deciding(plan), plan.inference
    yield say("registry.deciding", estimator=first.id, method=" ".join(filter(None, (first.method, first.variant))))
    others = ", ".join(one.id for one in plan.estimators if one != first)
    if others:
        yield say("registry.estimators", estimators=others)
    yield say("registry.intervals", level=Shown(100 * inference.level), method=inference.method, cluster=plan.cluster)
    if plan.audit is not None:
        law = say("registry.law_equal") if plan.audit.law is None else say("registry.law", column=plan.audit.law)
        yield say("registry.audit", strata=", ".join(plan.assigned_within) or "–", law=law)
    yield say("registry.seed", seed=plan.seed, draws=inference.draws)


def decision_lines() -> Iterator[Localised]:
    """How a verdict is given: the version of the table, then its rows in their order."""
    yield say("registry.rules", version=rules().version)
    for entry in rules().rows:
        conditions = (
            Joined(tuple(_condition(one) for one in entry.conditions), "; ") if entry.conditions else say("registry.else")
        )
        yield say("registry.row", row=entry.row, verdict=_verdict(entry), form=entry.form.value, conditions=conditions)


def _verdict(entry: Entry) -> Localised:
    return say("registry.difference") if entry.code is Code.DIFFERENCE else code_word(entry.code)


def _condition(condition: Condition) -> Localised:
    """A condition as the table has it, with the words for its quantity where it has any."""
    limit = str(condition.limit).lower() if isinstance(condition.limit, bool) else str(condition.limit)
    held = f"{condition.what} {_SIGNS[condition.comparison]} {limit}"
    if f"what.{condition.what}" not in catalogue(say_of_verdict.package, "de"):
        return Wording(dict.fromkeys(LANGUAGES, held))
    return say("registry.condition", held=held, words=say_of_verdict(f"what.{condition.what}"))


def _known(plan: Plan, lock: Lock) -> Iterator[Localised]:
    yield Wording(_in_all_languages(plan.texts["earlier_version"])) if plan.knew_results else say("registry.nothing_known")
    yield say("registry.reports_before", count=lock.reports_before)
    yield say("registry.baseline_read", until=lock.until)


def _in_all_languages(texts: Mapping[str, str]) -> dict[str, str]:
    """The texts of a plan by language; where one is missing, the other stands for it."""
    return {language: texts.get(language) or next(iter(texts.values())) for language in LANGUAGES}
