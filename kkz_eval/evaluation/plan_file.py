"""A plan's YAML file read into a Plan: checked by plan.schema.json and for what the schema can't say, each problem with its line.

Belongs here: reading and checking a plan by itself. Does not belong here: the plan's values and digest (plan.py), whether a panel fits it
(panel.py).

plans/kekiz-2012.yaml (every key: docs/plan.md):

    plan_version: 1
    id: kekiz-2012
    title: {de: "Programmkommunen ab 2012"}
    reference: never                     # who the treated are compared with
    treated_cohorts: [2012]              # years of joining; all where left out
    units: {level: kreis, partly_treated: leave_out, known_until: 2019}
    sources: {a_schul_oA: inkar}         # the dataset that gives an indicator
    outcomes:
      - {indicator: a_schul_oA, role: primary, window: [2006, 2019], expected_direction: decrease}
    estimators:
      - {id: cs, method: callaway_santanna}
    headline: cs                         # the estimator that the report rests on
    inference: {method: multiplier, level: 0.95, draws: 999}
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

from kkz_eval.evaluation.estimators.methods import METHODS, VERDICT_METHODS
from kkz_eval.evaluation.plan import (
    MATCHING_WEIGHT,
    REQUIRED_COLUMNS,
    Audit,
    Checks,
    Comparison,
    CoTreated,
    CoTreatment,
    EstimatorSpec,
    Inference,
    Matching,
    Measured,
    Outcome,
    Plan,
    Registered,
    SmallestDifference,
    Specification,
    Units,
)
from kkz_eval.evaluation.problems import PACKAGE, PlanInvalid
from kkz_eval.model.edited_files.cursor import root_of
from kkz_eval.model.edited_files.file import EditedFile
from kkz_eval.model.edited_files.places import Way
from kkz_eval.model.edited_files.reading import content_of, parse_edited
from kkz_eval.model.edited_files.schema import report_schema_faults, schema_of
from kkz_eval.model.texts import LANGUAGES, Language

_Found = tuple[Way, str, Mapping[str, object]]


def plan_schema() -> Mapping[str, Any]:
    """The JSON schema of a plan (draft 2020-12)."""
    return schema_of(PACKAGE, "plan.schema.json")


def load_plan(path: Path) -> Plan:
    """The plan in a YAML file. Raises PlanInvalid with every problem that was found, each with its line."""
    return _plan_in(content_of(path, PlanInvalid), str(path))


@lru_cache(maxsize=64)  # whoever opens an installation reads all plans, and nothing but the bytes decides what they say
def _plan_in(data: bytes, source: str) -> Plan:
    return _plan_from(parse_edited(data, source, PlanInvalid))


def parse_plan(data: Mapping[str, object], source: str) -> Plan:
    """The plan from parsed YAML or JSON. source: how messages name it. Raises PlanInvalid."""
    return _plan_from(EditedFile(source, data, PlanInvalid))


def _plan_from(file: EditedFile) -> Plan:
    if not isinstance(file.value, Mapping):
        root_of(file).fail("not_a_mapping")
    data = _days_as_text(file.value)
    report_schema_faults(replace(file, value=data), plan_schema())
    for way, code, parameters in _meaning_problems(data):
        file.report(way, code, parameters, PACKAGE)
    file.settle()
    return _built(cast(Mapping[str, Any], data))


def _days_as_text(data: Mapping[Any, Any]) -> dict[Any, Any]:
    """The plan with its days as ISO text: YAML makes a date of 2018-12-31 without quotes, JSON knows none."""
    plain = dict(data)
    if isinstance(plain.get("as_of"), date):
        plain["as_of"] = plain["as_of"].isoformat()
    registered = plain.get("registered")
    if isinstance(registered, Mapping) and isinstance(registered.get("day"), date):
        plain["registered"] = {**registered, "day": registered["day"].isoformat()}
    if isinstance(plain.get("sources"), Mapping):
        plain["sources"] = {name: _edition_as_text(entry) for name, entry in plain["sources"].items()}
    return plain


def _edition_as_text(entry: object) -> object:
    edition = entry.get("edition") if isinstance(entry, Mapping) else None
    if isinstance(entry, Mapping) and isinstance(edition, int | date) and not isinstance(edition, bool):
        return {**entry, "edition": str(edition)}
    return entry


def _meaning_problems(data: Mapping[str, object]) -> Iterator[_Found]:
    """What the schema can't say; tolerates values of a wrong type, which the schema reports."""
    yield from _repeated(data.get("outcomes"), "outcomes", "indicator", "duplicate_outcome")
    yield from _repeated(data.get("estimators"), "estimators", "id", "duplicate_estimator")
    for position, outcome in _mappings(data.get("outcomes")):
        yield from _reversed(outcome.get("window"), ("outcomes", position, "window"))
    for position, estimator in _mappings(data.get("estimators")):
        name, variant = estimator.get("method"), estimator.get("variant")
        if not isinstance(name, str):
            continue
        variants, choices = (METHODS[name].variants, METHODS[name].choices) if name in METHODS else ((), ())
        if isinstance(variant, str) and not variants:
            yield ("estimators", position, "variant"), "no_variants", {"method": name}
        elif isinstance(variant, str) and variant not in variants:
            parameters = {"method": name, "variant": variant, "allowed": ", ".join(variants)}
            yield ("estimators", position, "variant"), "variant_not_allowed", parameters
        if "aggregations" in estimator and not choices:
            yield ("estimators", position, "aggregations"), "no_aggregations", {"method": name}
    yield from _headline_problems(data)
    yield from _control_problems(data)
    yield from _matching_problems(data)
    yield from _comparison_problems(data)
    yield from _specification_problems(data)
    as_of = data.get("as_of")
    if isinstance(as_of, str) and not _is_day(as_of):
        yield ("as_of",), "not_a_day", {"value": as_of}
    registered = data.get("registered")
    if isinstance(registered, Mapping) and isinstance(registered.get("day"), str) and not _is_day(registered["day"]):
        yield ("registered", "day"), "not_a_day", {"value": registered["day"]}
    if data.get("variant_of") is not None and data.get("variant_of") == data.get("id"):
        yield ("variant_of",), "variant_of_itself", {"id": data["id"]}
    if data.get("weight") in REQUIRED_COLUMNS:
        yield ("weight",), "weight_is_key", {"column": data["weight"]}
    covariates = data.get("covariates")
    for position, column in enumerate(covariates if isinstance(covariates, list | tuple) else ()):
        if column in REQUIRED_COLUMNS:
            yield ("covariates", position), "covariate_is_key", {"column": column}
    inference = data.get("inference")
    if isinstance(inference, Mapping) and inference.get("method") == "multiplier" and inference.get("draws", 0) == 0:
        yield ("inference", "method"), "draws_missing", {}
    if isinstance(inference, Mapping) and inference.get("method") != "randomization":
        for key in ("statistics", "theta"):
            if key in inference:
                yield ("inference", key), "only_randomization", {"key": key}


def _comparison_problems(data: Mapping[str, object]) -> Iterator[_Found]:
    """Columns of the comparison and the audit that are part of the panel's key or result, or would be held fixed and varied at once."""
    for section, keys in (("comparison", ("within", "adjust")), ("audit", ("strata", "law", "others"))):
        said = data.get(section)
        for key in keys if isinstance(said, Mapping) else ():
            named = said.get(key) if isinstance(said, Mapping) else None
            for position, column in enumerate(named if isinstance(named, list | tuple) else ()):
                if column in REQUIRED_COLUMNS:
                    yield (section, key, position), "comparison_is_key", {"column": column}
            if key == "law" and named in REQUIRED_COLUMNS:
                yield (section, key), "comparison_is_key", {"column": named}


def _specification_problems(data: Mapping[str, object]) -> Iterator[_Found]:
    yield from _repeated(data.get("specifications"), "specifications", "id", "duplicate_name")
    yield from _repeated(data.get("co_treatments"), "co_treatments", "id", "duplicate_name")
    known = {name for _, entry in _mappings(data.get("co_treatments")) if isinstance(name := entry.get("id"), str)}
    for position, specification in _mappings(data.get("specifications")):
        yield from _reversed(specification.get("window"), ("specifications", position, "window"))
        without = specification.get("without")
        for place, name in enumerate(without if isinstance(without, list | tuple) else ()):
            if isinstance(name, str) and name not in known:
                parameters = {"name": name, "known": ", ".join(sorted(known)) or "–"}
                yield ("specifications", position, "without", place), "co_treatment_unknown", parameters


def _control_problems(data: Mapping[str, object]) -> Iterator[_Found]:
    roles = {entry.get("indicator"): entry.get("role") for _, entry in _mappings(data.get("outcomes"))}
    known = ", ".join(str(other) for other, role in roles.items() if role == "context") or "–"
    of_outcomes = ((("outcomes", at), entry) for at, entry in _mappings(data.get("outcomes")))
    for at, entry in ((), data), *of_outcomes:
        controls = entry.get("negative_controls")
        for position, name in enumerate(controls if isinstance(controls, list | tuple) else ()):
            if isinstance(name, str) and roles.get(name) != "context":
                yield (*at, "negative_controls", position), "negative_control_unknown", {"name": name, "known": known}


def _headline_problems(data: Mapping[str, object]) -> Iterator[_Found]:
    headline = data.get("headline")
    if not isinstance(headline, str):
        return
    methods = {entry.get("id"): entry.get("method") for _, entry in _mappings(data.get("estimators"))}
    if headline not in methods:
        yield ("headline",), "headline_unknown", {"id": headline, "known": ", ".join(str(name) for name in methods)}
    elif methods[headline] not in VERDICT_METHODS:
        yield (
            ("headline",),
            "headline_without_verdict",
            {"id": headline, "method": methods[headline], "allowed": ", ".join(VERDICT_METHODS)},
        )


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _matching_problems(data: Mapping[str, object]) -> Iterator[_Found]:
    matching = data.get("matching")
    if not isinstance(matching, Mapping) or not matching:  # an empty section was always allowed, and is none
        return
    if data.get("weight") is not None:
        yield ("weight",), "weight_of_matching", {}
    if matching.get("method") == "entropy_balancing":
        for key in ("caliper", "neighbours", "replacement"):
            if key in matching:
                yield ("matching", key), "only_nearest_neighbour", {"key": key}
    yield from _reversed(matching.get("baseline"), ("matching", "baseline"))


def _reversed(years: object, path: Way) -> Iterator[_Found]:
    """First and last year the wrong way round."""
    if isinstance(years, list | tuple) and len(years) == 2 and all(isinstance(year, int) for year in years):
        first, last = years
        if first > last:
            yield path, "window_reversed", {"first": first, "last": last}


def _mappings(entries: object) -> Iterator[tuple[int, Mapping[str, object]]]:
    if isinstance(entries, list | tuple):
        for position, entry in enumerate(entries):
            if isinstance(entry, Mapping):
                yield position, entry


def _repeated(entries: object, section: str, key: str, code: str) -> Iterator[_Found]:
    seen: set[str] = set()
    for position, entry in _mappings(entries):
        name = entry.get(key)
        if isinstance(name, str):
            if name in seen:
                yield (section, position, key), code, {"id": name}
            seen.add(name)


def _spoken(data: Mapping[str, Any]) -> tuple[Language, ...]:
    """The languages in which a plan says all that it says, German where there is none."""
    texts = [data.get("title"), *data.get("texts", {}).values()]
    for outcome in data.get("outcomes", ()):
        texts.append(outcome.get("mechanism"))
    complete = tuple(language for language in LANGUAGES if all(text.get(language) for text in texts if text))
    return complete or ("de",)


def _built(data: Mapping[str, Any]) -> Plan:
    """The frozen plan from data that passed the schema. To the schema 2012.0 is an integer and 1 a number: here each gets its type."""
    as_written = (
        *("id", "question", "reference", "base_period", "weight", "cluster"),
        *("title", "texts", "as_of", "variant_of", "headline", "sensitivity"),
    )
    integers = ("plan_version", "seed", "anticipation", "event_reference")
    cohorts, matching, inference = data.get("treated_cohorts"), data.get("matching"), data.get("inference", {})
    sources = {name: {"dataset": entry} if isinstance(entry, str) else entry for name, entry in data.get("sources", {}).items()}
    if matching:
        data = {**data, "weight": MATCHING_WEIGHT}
    return Plan(
        **cast(dict[str, Any], {key: data[key] for key in as_written if key in data}),
        **cast(dict[str, Any], {key: int(data[key]) for key in integers if key in data}),
        outcomes=tuple(_outcome(entry) for entry in data["outcomes"]),
        estimators=tuple(_estimator(entry) for entry in data["estimators"]),
        sources={name: entry["dataset"] for name, entry in sources.items()},
        editions={name: entry["edition"] for name, entry in sources.items() if "edition" in entry},
        treated_cohorts=None if cohorts is None else tuple(sorted(int(year) for year in cohorts)),
        covariates=tuple(data.get("covariates", ())),
        inference=_inference(inference),
        units=Units(**data.get("units", {})),
        coverage_minimum=data.get("coverage", {}).get("minimum"),
        languages=tuple(data.get("languages", _spoken(data))),
        matching=_matching(matching) if matching else None,
        checks=_checks(data.get("checks", {})),
        comparison=_comparison(data.get("comparison", {})),
        audit=_audit(data["audit"]) if "audit" in data else None,
        specifications=tuple(_specification(entry) for entry in data.get("specifications", ())),
        negative_controls=tuple(data.get("negative_controls", ())),
        registered=Registered(**data["registered"]) if data.get("registered") else None,
        co_treatments=tuple(_co_treatment(entry) for entry in data.get("co_treatments", ())),
    )


def _years(window: Sequence[float] | None) -> tuple[int, int] | None:
    return None if window is None else (int(window[0]), int(window[1]))


def _outcome(entry: Mapping[str, Any]) -> Outcome:
    said: dict[str, Any] = {**entry, "window": _years(entry.get("window"))}
    if "smallest_difference" in entry:
        smallest = entry["smallest_difference"]
        said["smallest_difference"] = SmallestDifference(float(smallest["value"]), smallest["reason"], smallest["decided_by"])
    if "negative_controls" in entry:
        said["negative_controls"] = tuple(entry["negative_controls"])
    return Outcome(**said)


def _inference(entry: Mapping[str, Any]) -> Inference:
    lists = {key: tuple(entry[key]) for key in ("statistics", "theta", "wild") if key in entry}
    numbers = {"level": float(entry.get("level", Inference.level)), "draws": int(entry.get("draws", Inference.draws))}
    return Inference(**{**entry, **numbers, **lists})


def _comparison(entry: Mapping[str, Any]) -> Comparison:
    return Comparison(**{key: tuple(columns) for key, columns in entry.items()})


def _audit(entry: Mapping[str, Any]) -> Audit:
    strata = entry.get("strata")
    return Audit(None if strata is None else tuple(strata), entry.get("law"), tuple(entry.get("others", ())))


def _specification(entry: Mapping[str, Any]) -> Specification:
    reference = entry.get("event_reference")
    changed = {
        "comparison": _comparison(entry["comparison"]) if "comparison" in entry else None,
        "window": _years(entry.get("window")),
        "event_reference": None if reference is None else int(reference),
        "without": tuple(entry.get("without", ())),
    }
    return Specification(**{**entry, **changed})


def _co_treatment(entry: Mapping[str, Any]) -> CoTreatment:
    units = tuple(CoTreated(unit["unit_id"], int(unit["since"])) for unit in entry["units"])
    return CoTreatment(**{**entry, "units": units})


def _estimator(entry: Mapping[str, Any]) -> EstimatorSpec:
    method = METHODS[entry["method"]]
    variant = entry.get("variant", next(iter(method.variants), ""))
    return EstimatorSpec(entry["id"], method.name, variant, tuple(entry.get("aggregations", method.choices)))


def _matching(entry: Mapping[str, Any]) -> Matching:
    caliper = entry.get("caliper")
    return Matching(
        **{key: entry[key] for key in ("method", "metric", "replacement") if key in entry},
        covariates=tuple(dict.fromkeys(Measured(**measured) for measured in entry["covariates"])),
        baseline=_years(entry.get("baseline")),
        exact=tuple(entry.get("exact", ())),
        caliper=None if caliper is None else float(caliper),
        neighbours=int(entry.get("neighbours", 1)),
    )


def _checks(entry: Mapping[str, Any]) -> Checks:
    thresholds = {key: float(value) for key, value in entry.items() if key != "treated_clusters"}
    return Checks(**thresholds, treated_clusters=int(entry.get("treated_clusters", Checks.treated_clusters)))
