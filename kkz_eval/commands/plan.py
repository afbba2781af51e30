"""The commands `plan check`, `plan lock` and `plan show`: what they print, and their exit codes.

Does not belong here: studies and locks (line, evaluation.lock).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from kkz_eval.commands import say
from kkz_eval.commands.terminal import telling
from kkz_eval.deliveries.register.inbox import files_if_inbox
from kkz_eval.evaluation.baseline import COMPARED, baseline_cells, covariate_columns, first_start
from kkz_eval.evaluation.design import coverage_of, groups_of, level_of_plan, panel_of
from kkz_eval.evaluation.lock import Lock, Standing, conformity, lock_of_plan, published
from kkz_eval.evaluation.plan import Comparison, Outcome, Plan, plan_digest, report_folder
from kkz_eval.evaluation.problems import Figure
from kkz_eval.line.alone import held
from kkz_eval.line.installation import Installation, open_installation
from kkz_eval.line.intake import EVERY_YEAR, judge_arrivals, land, parse_arrivals
from kkz_eval.line.locks import keep_lock, lock_file
from kkz_eval.line.registry_page import registry_files
from kkz_eval.line.snapshot import current_snapshot
from kkz_eval.line.study import Study, conformity_of, study_of
from kkz_eval.line.weighed import tell_what_was_judged, weighed
from kkz_eval.model.errors import UserError
from kkz_eval.model.system_errors import reason_of
from kkz_eval.model.texts import Joined, Language, Localised, Sentence
from kkz_eval.reference.unit_groups import Nested, nested_sentence, unit_words
from kkz_eval.settings import Settings
from kkz_eval.storage.store import put_file_if_absent, replace_file


def check_plan_file(settings: Settings, file: Path, *, inbox: Path | None = None) -> int:
    """Print that a plan is valid, and how much of each outcome's window the accepted data cover. Returns 0: what is missing may still come.

    inbox: taken in first, as by `plan lock`; None for what is accepted already. Raises UserError where the plan is not valid.
    """
    language = settings.language
    installation = open_installation(settings, [file])
    (plan,) = installation.plans.values()
    print(say("cli.plan_valid", plan=plan.id, outcomes=str(len(plan.outcomes))).in_language(language))
    if inbox is not None:
        with held(installation, "kkz-eval plan check", telling(settings)) as alone:
            take_in(alone)
    if not settings.home.is_dir() or not installation.register().arrivals:
        print(say("plan.not_looked_at", home=str(settings.home)).in_language(language))
        return 0
    print(say("plan.covered", home=str(settings.home)).in_language(language))
    study = study_of(current_snapshot(installation), plan.id)
    for outcome in plan.outcomes:
        print(covered(study, outcome).in_language(language))
    for said in _columns_with_gaps(study):
        print(said.in_language(language))
    return 0


def _columns_with_gaps(study: Study) -> Iterator[Localised]:
    """Columns that the plan makes of years before the start and that units of both groups lack."""
    groups = study.groups.set_index("unit_id")["group"]
    units = groups.index[groups.isin(COMPARED)]
    made = covariate_columns(study.baseline, study.plan)
    for name in baseline_cells(study.plan):
        present = int(made[name].reindex(units).notna().sum())
        if present < len(units):
            yield say("plan.column_lacking", column=name, present=present, units=len(units))


def covered(study: Study, outcome: Outcome) -> Localised:
    """How many cells of an outcome's window have a value, by group, and which years lack any or some."""
    plan, groups = study.plan, study.groups
    panel = panel_of(outcome, study.indicator(outcome.indicator).indicators, groups)
    by_group = {row.group: row for row in coverage_of(panel, groups)}
    if not any(row.present for row in by_group.values()):
        return say("plan.covered_none", indicator=outcome.indicator, source=plan.sources[outcome.indicator])
    absent = Counter(year for row in by_group.values() for _, year in row.missing)
    units = {unit for group in ("treated", "reference") for unit in groups.loc[groups["group"] == group, "unit_id"]}
    without_any = [year for year, count in sorted(absent.items()) if count == len(units)]
    partly = [(year, count) for year, count in sorted(absent.items()) if count < len(units)]
    sentences: list[Localised] = [
        say(
            "plan.covered_cells",
            indicator=outcome.indicator,
            present=sum(row.present for row in by_group.values()),
            demanded=sum(row.demanded for row in by_group.values()),
            first=int(panel["year"].min()),
            last=int(panel["year"].max()),
            **{f"{group}_{part}": getattr(row, part) for group, row in by_group.items() for part in ("present", "demanded")},
        )
    ]
    if without_any:
        sentences.append(say("plan.years_without", years=", ".join(map(str, without_any))))
    if partly:
        gaps = tuple(say("plan.year_partly", year=year, count=count) for year, count in partly)
        sentences.append(say("plan.years_partly", years=Joined(gaps, ", ")))
    return Joined(tuple(sentences), " ")


def take_in(installation: Installation) -> tuple[str, ...]:
    """Take in and judge what lies in the inbox, nothing where there is none; the names of files that could not be read, which was said."""
    if not files_if_inbox(installation.settings.inbox):
        return ()
    intake = land(installation, EVERY_YEAR)
    parse_arrivals(installation, EVERY_YEAR)
    judge_arrivals(installation, EVERY_YEAR)
    snapshot = current_snapshot(installation)
    tell_what_was_judged(snapshot, weighed(snapshot, EVERY_YEAR))
    return intake.unread


def lock_plan(settings: Settings, file: Path) -> int:
    """Take in what lies in the inbox, and lock the plan on its baseline; nothing is estimated. Returns 0.

    Raises UserError where the plan is a variant, its baseline has no value, a file of the inbox could not be read, or it is locked and differs.
    """
    installation = open_installation(settings, [file], telling(settings))
    (plan,) = installation.plans.values()
    if plan.variant_of is not None:
        raise UserError("variant_not_locked", package=say.package, plan=plan.id, locked=plan.variant_of)
    with held(installation, "kkz-eval plan lock", telling(settings)) as alone:
        return _lock(alone, plan, file)


def _lock(installation: Installation, plan: Plan, file: Path) -> int:
    settings = installation.settings
    unread = take_in(installation)
    baseline = study_of(current_snapshot(installation), plan.id).baseline
    place, store = lock_file(file, plan), installation.steps.store
    if plan.id in installation.locks:
        lock = installation.locks[plan.id]
        if conformity(plan, lock, baseline).standing is not Standing.FOLLOWED:
            raise UserError("plan_locked_already", package=say.package, plan=plan.id, file=str(place), date=lock.locked_on)
    elif unread:
        raise UserError("lock_with_unread", package=say.package, plan=plan.id, inbox=str(settings.inbox), files=", ".join(unread))
    else:
        reports = {key.split("/")[2] for key in store.list(report_folder(plan.id)) if key.endswith(".html")}
        lock = lock_of_plan(plan, baseline, settings.day.isoformat(), len(reports))
        put_file_if_absent(place.absolute(), lock.to_bytes())
    keep_lock(store, lock)
    pages = [place.with_suffix(f".registry{end}") for end in _write_registry_files(installation, plan, lock, place)]
    parameters = {"plan": plan.id, "file": str(place), "cells": len(baseline.values), "until": lock.until}
    print(say("plan.locked", **parameters).in_language(settings.language))
    print(say("plan.registry", files=", ".join(map(str, pages))).in_language(settings.language))
    print(conformity_of(installation, plan, baseline).headline.in_language(settings.language))
    return 0


def _write_registry_files(installation: Installation, plan: Plan, lock: Lock, place: Path) -> Iterable[str]:
    """The pages for a public registry beside the lock, as they are now; the ends of their names."""
    files = registry_files(installation, plan, lock)
    for end, content in files.items():
        page = place.with_suffix(f".registry{end}").absolute()
        try:
            replace_file(page, content)
        except OSError as error:
            raise UserError("storage_not_writable", place=str(page.parent), reason=reason_of(error)) from error
    return files


def show_plan(settings: Settings, file: Path) -> int:
    """Print a plan as a person reads it, with how it stands to its lock. Returns 0. Raises UserError where the plan is not valid."""
    installation = open_installation(settings, [file])
    (plan,) = installation.plans.values()
    print("\n".join(_shown(installation, plan, settings.language)))
    baseline = study_of(current_snapshot(installation), plan.id).baseline
    if baseline.values.empty:
        print(say("plan.no_data", home=str(settings.home)).in_language(settings.language))
    standing = conformity_of(installation, plan, None if baseline.values.empty else baseline)
    found = published(plan, standing.lock)
    told = (*standing.sentences, *((found,) if found is not None else ()))
    print("\n".join(said.in_language(settings.language) for said in told))
    return 0


def _shown(installation: Installation, plan: Plan, language: Language) -> Iterator[str]:
    yield f"{plan.title.get(language) or plan.id} ({plan.id})"
    if plan.texts.get("question", {}).get(language):
        yield say("plan.question", text=plan.texts["question"][language]).in_language(language)
    groups = groups_of(plan, language)
    sizes = groups["group"].value_counts().reindex(["treated", "reference", "later", "left_out"], fill_value=0)
    cohorts = sorted({int(year) for year in groups.loc[groups["group"] == "treated", "cohort"]})
    counts = {str(name): int(size) for name, size in sizes.items()}
    units = unit_words(level_of_plan(plan), language)["units"]
    yield say("plan.groups", units=units, cohorts=", ".join(map(str, cohorts)), **counts).in_language(language)
    if plan.units.nested is not None:
        yield nested_sentence(Nested(plan.units.nested), level_of_plan(plan)).in_language(language)
    yield say(f"plan.reference.{plan.reference}", units=units).in_language(language)
    yield say("plan.baseline", start=first_start(groups, plan)).in_language(language)
    if plan.matching is None and plan.weight is not None:
        yield say("plan.weight", weight=plan.weight).in_language(language)
    else:
        yield _matching(plan, units).in_language(language)
    yield say("plan.outcomes").in_language(language)
    for outcome in plan.outcomes:
        yield from _outcome(installation, plan, outcome, language)
    if plan.covariates:
        yield say("plan.covariates", covariates=", ".join(plan.covariates)).in_language(language)
    yield from (said.in_language(language) for said in _comparison(plan))
    named = (f"{spec.id} ({' '.join(part for part in (spec.method, spec.variant) if part)})" for spec in plan.estimators)
    yield say("plan.estimators", estimators=", ".join(named)).in_language(language)
    level = Figure(100 * plan.inference.level)
    yield say("plan.inference", level=level, method=plan.inference.method, cluster=plan.cluster).in_language(language)
    minimum = 1.0 if plan.coverage_minimum is None else plan.coverage_minimum
    yield say("plan.coverage", minimum=Figure(100 * minimum)).in_language(language)
    thresholds = {name: Figure(getattr(plan.checks, name)) for name in plan.checks.__dataclass_fields__}
    yield say("plan.checks", **thresholds).in_language(language)
    yield say("plan.digest", digest=plan_digest(plan)).in_language(language)


def _comparison(plan: Plan) -> Iterator[Sentence]:
    """What is held fixed, by which chance it is judged, and how else it is asked."""
    audit, other = plan.audit, plan.specifications
    for key, named in (("within", plan.comparison.within), ("adjusted", plan.comparison.adjust)):
        if named:
            yield say(f"plan.{key}", columns=", ".join(named))
    if audit is not None:
        law = say("plan.law_equal") if audit.law is None else say("plan.law", column=audit.law)
        yield say("plan.audit", strata=", ".join(plan.assigned_within) or "–", law=law)
    if other:
        yield say("plan.specifications", names=", ".join(each.id for each in other))


def _matching(plan: Plan, units: str) -> Sentence:
    matching = plan.matching
    if matching is None:
        alike = plan.weight is None and plan.comparison == Comparison()
        return say(f"plan.matching.{'none' if alike else 'unequal'}")
    exact = say("plan.matching.exact", strata=", ".join(matching.exact)) if matching.exact else ""
    covariates = ", ".join(f"{measured.indicator} {measured.measure}" for measured in matching.covariates)
    if matching.method == "entropy_balancing":
        return say("plan.matching.entropy_balancing", covariates=covariates, exact=exact)
    caliper = "no_caliper" if matching.caliper is None else "caliper"
    return say(
        "plan.matching.nearest_neighbour",
        units=units,
        covariates=covariates,
        exact=exact,
        neighbours=matching.neighbours,
        metric=matching.metric,
        replacement=say(f"plan.matching.{'again' if matching.replacement else 'once'}"),
        caliper=say(f"plan.matching.{caliper}", caliper=Figure(matching.caliper or 0.0)),
    )


def _outcome(installation: Installation, plan: Plan, outcome: Outcome, language: Language) -> Iterator[str]:
    yield say(
        "plan.outcome",
        label=installation.catalogue[outcome.indicator].label[language],
        indicator=outcome.indicator,
        role=say(f"plan.role.{outcome.role}").in_language(language),
        source=plan.sources[outcome.indicator],
        years="–".join(map(str, outcome.window)) if outcome.window else say("plan.all_years").in_language(language),
    ).in_language(language)
    if outcome.earliest_plausible_year is not None:
        yield say("plan.earliest", year=outcome.earliest_plausible_year).in_language(language)
    if outcome.age_at_exposure is not None:
        yield say("plan.age", age=outcome.age_at_exposure).in_language(language)
    if outcome.expected_direction is not None:
        yield say(f"plan.direction.{outcome.expected_direction}").in_language(language)
    if outcome.mechanism.get(language):
        yield say("plan.mechanism", text=outcome.mechanism[language]).in_language(language)
