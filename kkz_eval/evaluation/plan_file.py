"""A plan's YAML file read into a Plan: checked by plan.schema.json and for what the schema can't say, each problem with its line.

Belongs here: reading and checking a plan by itself. Does not belong here: the plan's values and digest (plan.py), whether a panel fits it
(panel.py).
"""

from __future__ import annotations

import difflib
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, cast

import yaml
from jsonschema import Draft202012Validator, ValidationError

from kkz_eval.evaluation.estimators.methods import METHODS, VERDICT_METHODS
from kkz_eval.evaluation.plan import (
    MATCHING_WEIGHT,
    REQUIRED_COLUMNS,
    Checks,
    EstimatorSpec,
    Inference,
    Matching,
    Measured,
    Outcome,
    Plan,
    Units,
)
from kkz_eval.evaluation.problems import PACKAGE, PlanInvalid, Problem
from kkz_eval.model.reasons import reason_of

Path_ = tuple[str | int, ...]


@cache
def plan_schema() -> Mapping[str, Any]:
    """The JSON schema of a plan (draft 2020-12)."""
    source = resources.files(PACKAGE).joinpath("plan.schema.json").read_text(encoding="utf-8")
    return cast(Mapping[str, Any], json.loads(source))


def load_plan(path: Path) -> Plan:
    """The plan in a YAML file. Raises PlanInvalid with every problem that was found, each with its line."""
    source = str(path)
    try:
        content = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise PlanInvalid(source, [Problem("file_missing")]) from None
    except UnicodeDecodeError:
        raise PlanInvalid(source, [Problem("not_utf8")]) from None
    except OSError as error:
        raise PlanInvalid(source, [Problem("file_unreadable", parameters={"reason": reason_of(error)})]) from None
    try:
        node = yaml.compose(content, Loader=yaml.SafeLoader)
        lines, problems = _survey(node)
        data = None if problems and problems[0].code == "yaml_recursive" else yaml.safe_load(content)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark is not None else None
        raise PlanInvalid(source, [Problem("yaml_unreadable", line=line, parameters={"reason": reason_of(error)})]) from None
    except RecursionError:
        raise PlanInvalid(source, [Problem("yaml_too_deep")]) from None
    except ValueError as error:  # a date that does not exist, such as 2012-13-01
        raise PlanInvalid(source, [Problem("yaml_unreadable", parameters={"reason": reason_of(error)})]) from None
    if problems and problems[0].code == "yaml_recursive":
        raise PlanInvalid(source, problems)
    return _plan_from(data, source, lines, problems)


def parse_plan(data: Mapping[str, object], source: str) -> Plan:
    """The plan from parsed YAML or JSON. source: how messages name it. Raises PlanInvalid."""
    return _plan_from(data, source, {}, [])


def _survey(root: yaml.Node | None) -> tuple[dict[Path_, int], list[Problem]]:
    """Line of each path, and the keys that stand twice in their mapping."""
    lines: dict[Path_, int] = {}
    problems: list[Problem] = []
    visited: set[int] = set()

    def visit(node: yaml.Node, path: Path_, above: frozenset[int]) -> None:
        if id(node) in above:
            problems.insert(0, Problem("yaml_recursive", _dotted(path), node.start_mark.line + 1))
            return
        if id(node) in visited:  # an alias: surveyed where it is written out
            return
        visited.add(id(node))
        inside = above | {id(node)}
        if isinstance(node, yaml.MappingNode):
            seen: set[str] = set()
            for key, child in node.value:
                below = (*path, str(key.value))
                if str(key.value) in seen:
                    problems.append(Problem("duplicate_key", _dotted(below), key.start_mark.line + 1))
                seen.add(str(key.value))
                lines[below] = key.start_mark.line + 1
                visit(child, below, inside)
        elif isinstance(node, yaml.SequenceNode):
            for position, child in enumerate(node.value):
                lines[(*path, position)] = child.start_mark.line + 1
                visit(child, (*path, position), inside)

    if root is not None:
        visit(root, (), frozenset())
    return lines, problems


def _dotted(path: Sequence[str | int]) -> str:
    """`outcomes[1].window` of ("outcomes", 1, "window")."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


def _plan_from(data: object, source: str, lines: Mapping[Path_, int], problems: list[Problem]) -> Plan:
    if not isinstance(data, Mapping):
        raise PlanInvalid(source, [*problems, Problem("not_a_mapping")])
    data = _days_as_text(data)
    found = [*problems]
    for path, code, parameters in [*_schema_problems(data), *_meaning_problems(data)]:
        found.append(Problem(code, _dotted(path), lines.get(path), parameters))
    if found:
        found.sort(key=lambda problem: problem.line or 0)
        raise PlanInvalid(source, found)
    return _built(cast(Mapping[str, Any], data))


def _days_as_text(data: Mapping[Any, Any]) -> dict[Any, Any]:
    """The plan with its days as ISO text: YAML makes a date of 2018-12-31 without quotes, JSON knows none."""
    plain = dict(data)
    if isinstance(plain.get("as_of"), date):
        plain["as_of"] = plain["as_of"].isoformat()
    if isinstance(plain.get("sources"), Mapping):
        plain["sources"] = {name: _edition_as_text(entry) for name, entry in plain["sources"].items()}
    return plain


def _edition_as_text(entry: object) -> object:
    edition = entry.get("edition") if isinstance(entry, Mapping) else None
    if isinstance(entry, Mapping) and isinstance(edition, int | date) and not isinstance(edition, bool):
        return {**entry, "edition": str(edition)}
    return entry


_Found = tuple[Path_, str, Mapping[str, object]]


def _schema_problems(data: Mapping[str, object]) -> Iterator[_Found]:
    validator = Draft202012Validator(plan_schema())
    reported: set[Path_] = set()
    for error in validator.iter_errors(cast(Any, data)):
        path: Path_ = tuple(error.absolute_path)
        if error.validator == "additionalProperties":
            yield from _unknown_keys(error, path)
        elif error.validator == "required":
            for key in cast(list[str], error.validator_value):
                if key not in error.instance and (*path, key) not in reported:
                    reported.add((*path, key))
                    yield path, "missing_key", {"key": key}
        elif path not in reported:
            reported.add(path)
            yield path, *_translated(error)


def _unknown_keys(error: ValidationError, path: Path_) -> Iterator[_Found]:
    allowed = list(cast(Mapping[str, Any], error.schema).get("properties", {}))
    for key in cast(Mapping[object, object], error.instance):
        if key in allowed:
            continue
        near = difflib.get_close_matches(str(key), allowed, n=1)
        if near:
            yield (*path, str(key)), "unknown_key_suggest", {"suggestion": near[0]}
        else:
            yield (*path, str(key)), "unknown_key", {"allowed": ", ".join(allowed)}


_LIMITS = {
    "minimum": "too_small",
    "exclusiveMinimum": "not_above",
    "maximum": "too_large",
    "exclusiveMaximum": "not_below",
    "minItems": "too_few",
    "minProperties": "too_few",
    "maxItems": "too_many",
}


def _translated(error: ValidationError) -> tuple[str, Mapping[str, object]]:
    keyword, wanted = str(error.validator), error.validator_value
    value = _shown(error.instance)
    if keyword == "type":
        first = wanted if isinstance(wanted, str) else cast(list[str], wanted)[0]
        return f"wrong_type.{first}", {"value": value}
    if keyword == "enum":
        allowed = [str(option) for option in cast(list[object], wanted) if option is not None]
        near = difflib.get_close_matches(str(error.instance), allowed, n=1)
        parameters: dict[str, object] = {"value": value, "allowed": ", ".join(allowed)}
        return ("not_allowed_suggest", {**parameters, "suggestion": near[0]}) if near else ("not_allowed", parameters)
    if keyword in _LIMITS:
        return _LIMITS[keyword], {"value": value, "limit": wanted}
    if keyword == "minLength":
        return "empty_text", {}
    if keyword == "uniqueItems":
        return "repeated", {}
    return "other", {"reason": keyword}


def _shown(value: object) -> str:
    """A value as the user wrote it, short."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else text[:57] + "…"


def _meaning_problems(data: Mapping[str, object]) -> Iterator[_Found]:
    """What the schema can't say; tolerates values of a wrong type, which the schema reports."""
    yield from _repeated(data.get("outcomes"), "outcomes", "indicator", "duplicate_outcome")
    yield from _repeated(data.get("estimators"), "estimators", "id", "duplicate_estimator")
    for position, outcome in _mappings(data.get("outcomes")):
        window = outcome.get("window")
        if isinstance(window, list | tuple) and len(window) == 2 and all(isinstance(year, int) for year in window):
            first, last = window
            if first > last:
                yield ("outcomes", position, "window"), "window_reversed", {"first": first, "last": last}
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
    yield from _matching_problems(data)
    as_of = data.get("as_of")
    if isinstance(as_of, str) and not _is_day(as_of):
        yield ("as_of",), "not_a_day", {"value": as_of}
    if data.get("variant_of") is not None and data.get("variant_of") == data.get("id"):
        yield ("variant_of",), "variant_of_itself", {"id": data["id"]}
    if data.get("weight") in REQUIRED_COLUMNS:
        yield ("weight",), "weight_is_key", {"column": data["weight"]}
    covariates = data.get("covariates")
    for position, column in enumerate(covariates if isinstance(covariates, list | tuple) else ()):
        if column in REQUIRED_COLUMNS:
            yield ("covariates", position), "covariate_is_key", {"column": column}
    inference = data.get("inference")
    level = inference.get("level") if isinstance(inference, Mapping) else None
    if isinstance(level, float) and math.isnan(level):  # NaN passes every comparison of the schema
        yield ("inference", "level"), "wrong_type.number", {"value": "NaN"}
    if isinstance(inference, Mapping) and inference.get("method") == "multiplier" and inference.get("draws", 0) == 0:
        yield ("inference", "method"), "draws_missing", {}


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
    for key in ("method", "covariates"):
        if key not in matching:
            yield ("matching",), "missing_key", {"key": key}
    if data.get("weight") is not None:
        yield ("weight",), "weight_of_matching", {}
    if matching.get("method") == "entropy_balancing":
        for key in ("caliper", "neighbours", "replacement"):
            if key in matching:
                yield ("matching", key), "only_nearest_neighbour", {"key": key}
    baseline = matching.get("baseline")
    if isinstance(baseline, list | tuple) and len(baseline) == 2 and all(isinstance(year, int) for year in baseline):
        first, last = baseline
        if first > last:
            yield ("matching", "baseline"), "window_reversed", {"first": first, "last": last}
    caliper = matching.get("caliper")
    if isinstance(caliper, float) and not math.isfinite(caliper):
        yield ("matching", "caliper"), "wrong_type.number", {"value": str(caliper)}


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


def _built(data: Mapping[str, Any]) -> Plan:
    """The frozen plan from data that passed the schema."""
    cohorts = data.get("treated_cohorts")
    simple = (
        "id",
        "question",
        "reference",
        "base_period",
        "weight",
        "cluster",
        "title",
        "texts",
        "as_of",
        "variant_of",
        "headline",
        "sensitivity",
    )
    matching = data.get("matching")
    if matching:
        data = {**data, "weight": MATCHING_WEIGHT}
    whole = ("plan_version", "seed", "anticipation", "event_reference")
    return Plan(
        **cast(dict[str, Any], {key: data[key] for key in simple if key in data}),
        **cast(dict[str, Any], {key: int(data[key]) for key in whole if key in data}),
        outcomes=tuple(_outcome(entry) for entry in data["outcomes"]),
        estimators=tuple(_estimator(entry) for entry in data["estimators"]),
        sources={name: entry if isinstance(entry, str) else entry["dataset"] for name, entry in data.get("sources", {}).items()},
        editions={
            name: entry["edition"]
            for name, entry in data.get("sources", {}).items()
            if not isinstance(entry, str) and "edition" in entry
        },
        treated_cohorts=None if cohorts is None else tuple(sorted(int(year) for year in cohorts)),
        covariates=tuple(data.get("covariates", ())),
        inference=_inference(data.get("inference", {})),
        units=Units(**data.get("units", {})),
        coverage_minimum=data.get("coverage", {}).get("minimum"),
        languages=tuple(data.get("languages", ("de",))),
        matching=_matching(matching) if matching else None,
        checks=_checks(data.get("checks", {})),
    )


def _outcome(entry: Mapping[str, Any]) -> Outcome:
    window = entry.get("window")
    return Outcome(**{**entry, "window": None if window is None else (int(window[0]), int(window[1]))})


def _matching(entry: Mapping[str, Any]) -> Matching:
    simple = {key: entry[key] for key in ("method", "metric", "replacement") if key in entry}
    baseline, caliper = entry.get("baseline"), entry.get("caliper")
    return Matching(
        **simple,
        covariates=tuple(dict.fromkeys(Measured(**measured) for measured in entry["covariates"])),
        baseline=None if baseline is None else (int(baseline[0]), int(baseline[1])),
        exact=tuple(entry.get("exact", ())),
        caliper=None if caliper is None else float(caliper),
        neighbours=int(entry.get("neighbours", 1)),
    )


def _checks(entry: Mapping[str, Any]) -> Checks:
    thresholds = {key: float(value) for key, value in entry.items() if key != "treated_clusters"}
    return Checks(**thresholds, treated_clusters=int(entry.get("treated_clusters", Checks.treated_clusters)))


def _estimator(entry: Mapping[str, Any]) -> EstimatorSpec:
    method = METHODS[entry["method"]]
    variant = entry.get("variant", next(iter(method.variants), ""))
    return EstimatorSpec(entry["id"], method.name, variant, tuple(entry.get("aggregations", method.choices)))


def _inference(entry: Mapping[str, Any]) -> Inference:
    return Inference(**{**entry, "level": float(entry.get("level", 0.95)), "draws": int(entry.get("draws", 0))})
