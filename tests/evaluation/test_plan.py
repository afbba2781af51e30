"""A plan that is right is read with its defaults; one that is wrong gives a sentence for everything that is wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from kkz_eval.evaluation.plan import (
    Audit,
    Checks,
    Comparison,
    CoTreated,
    CoTreatment,
    EstimatorSpec,
    Inference,
    Matching,
    Measured,
    SmallestDifference,
    Specification,
    plain_plan,
    plan_digest,
    specified,
)
from kkz_eval.evaluation.plan_file import load_plan, parse_plan, plan_schema
from kkz_eval.evaluation.problems import PlanInvalid

MINIMAL = {"plan_version": 1, "id": "p", "outcomes": [{"indicator": "y"}], "estimators": [{"id": "twfe", "method": "twfe"}]}
FULL = """
plan_version: 1
id: kkz
question: q1
outcomes:
  - indicator: a_schul_oA
    role: primary
    window: [2007, 2019]
    age_at_exposure: 12
    earliest_plausible_year: 2016
    mechanism: {de: "Frühe Hilfe", en: "Early help"}
    expected_direction: decrease
reference: not_yet
treated_cohorts: [2017, 2012]
estimators: [{id: twfe, method: twfe}, {id: cs, method: callaway_santanna}, {id: sd, method: sdid, variant: reference}]
inference: {level: 0.9}
title: {de: Titel, en: Title}
texts: {question: {de: Frage}, treated_group: {de: Beteiligte, en: Treated}}
units: {level: kreis, partly_treated: leave_out, known_until: 2019}
sources: {a_schul_oA: inkar}
coverage: {minimum: 0.95}
languages: [de, en]
matching: {method: nearest_neighbour, covariates: [{indicator: a_schul_oA}, {indicator: a_schul_oA, measure: trend}], exact: [kind], caliper: 0.2}
checks: {smd: 0.1}
variant_of: other
sensitivity: {}
"""


def _problems(data: dict[str, object]) -> list[tuple[str, str]]:
    with pytest.raises(PlanInvalid) as caught:
        parse_plan(data, "p.yaml")
    assert caught.value.exit_code == 2
    return [(problem.path, problem.code) for problem in caught.value.problems]


def _invalid(path: Path, content: str) -> PlanInvalid:
    path.write_text(content, encoding="utf-8")
    with pytest.raises(PlanInvalid) as caught:
        load_plan(path)
    return caught.value


def test_defaults_are_those_of_the_interface() -> None:
    plan = parse_plan(MINIMAL, "p.yaml")
    assert (plan.reference, plan.anticipation, plan.base_period, plan.event_reference) == ("never", 0, "varying", -1)
    assert (plan.covariates, plan.weight, plan.cluster, plan.treated_cohorts) == ((), None, "unit_id", None)
    assert plan.inference == Inference("analytic", 0.95, 0, "fixest")
    assert (plan.question, plan.seed, plan.languages) == ("q1", 1, ("de", "en"))
    assert (plan.outcomes[0].role, plan.outcomes[0].window) == ("secondary", None)


@pytest.mark.parametrize(
    ("title", "languages"),
    [({"de": "Titel", "en": "Title"}, ("de", "en")), ({"de": "Titel"}, ("de",)), ({"en": "Title"}, ("en",))],
)
def test_a_plan_that_names_no_language_speaks_those_in_which_all_of_it_is_written(
    title: dict[str, str], languages: tuple[str, ...]
) -> None:
    assert parse_plan({**MINIMAL, "title": title}, "p.yaml").languages == languages


def test_a_full_programme_plan_is_read(tmp_path: Path) -> None:
    path = tmp_path / "kkz.yaml"
    path.write_text(FULL, encoding="utf-8")
    plan = load_plan(path)
    assert plan.outcome("a_schul_oA").window == (2007, 2019)
    assert plan.treated_cohorts == (2012, 2017)
    assert plan.estimators[1] == EstimatorSpec(
        "cs", "callaway_santanna", "dr", ("group_time", "simple", "dynamic", "group", "calendar")
    )
    assert plan.estimators[2].variant == "reference"
    assert (plan.units.level, plan.units.known_until, plan.coverage_minimum) == ("kreis", 2019, 0.95)
    assert plan.texts["treated_group"] == {"de": "Beteiligte", "en": "Treated"}
    assert plan.matching == Matching(
        "nearest_neighbour", (Measured("a_schul_oA", "level"), Measured("a_schul_oA", "trend")), exact=("kind",), caliper=0.2
    )
    assert (plan.weight, plan.variant_of) == ("weight", "other")
    assert plan.checks == Checks(smd=0.1)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"matching": {"covariates": [{"indicator": "y"}]}}, ("matching", "missing_key")),
        ({"matching": {"method": "entropy_balancing", "covariates": []}}, ("matching.covariates", "too_few")),
        (
            {"matching": {"method": "entropy_balancing", "covariates": [{"indicator": "y"}], "caliper": 1}},
            ("matching.caliper", "only_nearest_neighbour"),
        ),
        (
            {"matching": {"method": "entropy_balancing", "covariates": [{"indicator": "y"}], "baseline": [2011, 2007]}},
            ("matching.baseline", "window_reversed"),
        ),
        (
            {"matching": {"method": "nearest_neighbour", "covariates": [{"indicator": "y"}]}, "weight": "w"},
            ("weight", "weight_of_matching"),
        ),
        (
            {"matching": {"method": "nearest_neighbour", "covariates": [{"indicator": "y"}], "replacement": "yes"}},
            ("matching.replacement", "wrong_type.boolean"),
        ),
        (
            {"matching": {"method": "nearest_neighbour", "covariates": [{"indicator": "y"}], "caliper": float("inf")}},
            ("matching.caliper", "wrong_type.number"),
        ),
        ({"checks": {"smd": 0}}, ("checks.smd", "not_above")),
        ({"variant_of": "p"}, ("variant_of", "variant_of_itself")),
    ],
)
def test_a_faulty_matching_check_or_variant_is_told(change: dict[str, object], problem: tuple[str, str]) -> None:
    assert _problems({**MINIMAL, **change}) == [problem]


def test_an_empty_matching_is_none() -> None:
    plan = parse_plan({**MINIMAL, "matching": {}}, "p.yaml")
    assert (plan.matching, plan.weight) == (None, None)


def test_schema_is_valid_and_closed_everywhere() -> None:
    Draft202012Validator.check_schema(plan_schema())

    def visit(node: object, name: str) -> None:
        if isinstance(node, dict):
            if node.get("type") == "object" and name != "sensitivity":
                assert "additionalProperties" in node, name
            for key, child in node.items():
                visit(child, key)
        elif isinstance(node, list):
            for child in node:
                visit(child, name)

    visit(plan_schema(), "plan")


def test_everything_wrong_is_told_at_once_with_path_and_suggestion() -> None:
    problems = _problems(
        {
            **MINIMAL,
            "refrence": "never",
            "anticipation": 1.5,
            "outcomes": [{"indicator": "y", "windw": [1, 2]}, {"indicator": "y", "window": [2007, 2003], "role": "primry"}],
            "estimators": [{"id": "a", "method": "twf"}, {"id": "a", "method": "twfe", "variant": "dr"}],
            "inference": {"level": 1},
        }
    )
    assert sorted(problems) == [
        ("anticipation", "wrong_type.integer"),
        ("estimators[0].method", "not_allowed_suggest"),
        ("estimators[1].id", "duplicate_estimator"),
        ("estimators[1].variant", "no_variants"),
        ("inference.level", "not_below"),
        ("outcomes[0].windw", "unknown_key_suggest"),
        ("outcomes[1].indicator", "duplicate_outcome"),
        ("outcomes[1].role", "not_allowed_suggest"),
        ("outcomes[1].window", "window_reversed"),
        ("refrence", "unknown_key_suggest"),
    ]


@pytest.mark.parametrize(
    ("change", "path", "code"),
    [
        ({"plan_version": 2}, "plan_version", "not_allowed"),
        ({"plan_version": True}, "plan_version", "wrong_type.integer"),
        ({"outcomes": []}, "outcomes", "too_few"),
        ({"outcomes": [{"indicator": "y", "window": [2003]}]}, "outcomes[0].window", "too_few"),
        ({"outcomes": [{"indicator": "y", "window": [1, 2, 3]}]}, "outcomes[0].window", "too_many"),
        ({"outcomes": [{"indicator": ""}]}, "outcomes[0].indicator", "empty_text"),
        ({"outcomes": [{"role": "primary"}]}, "outcomes[0]", "missing_key"),
        ({"covariates": ["x", "x"]}, "covariates", "repeated"),
        ({"covariates": ["value"]}, "covariates[0]", "covariate_is_key"),
        ({"weight": "cohort"}, "weight", "weight_is_key"),
        ({"weight": 3}, "weight", "wrong_type.string"),
        ({"seed": -1}, "seed", "too_small"),
        ({"coverage": {"minimum": 95}}, "coverage.minimum", "too_large"),
        ({"inference": {"level": float("nan")}}, "inference.level", "wrong_type.number"),
        ({"inference": {"level": 0}}, "inference.level", "not_above"),
        ({"title": {"fr": "x"}}, "title.fr", "unknown_key"),
        (
            {"estimators": [{"id": "c", "method": "callaway_santanna", "variant": "reg"}]},
            "estimators[0].variant",
            "variant_not_allowed",
        ),
        (
            {"estimators": [{"id": "t", "method": "twfe", "aggregations": ["simple"]}]},
            "estimators[0].aggregations",
            "no_aggregations",
        ),
        ({2012: "x"}, "2012", "unknown_key"),
    ],
)
def test_each_fault_has_its_sentence(change: dict[str, object], path: str, code: str) -> None:
    assert _problems({**MINIMAL, **change}) == [(path, code)]


def test_a_missing_section_is_named() -> None:
    assert _problems({"plan_version": 1, "id": "p", "outcomes": [{"indicator": "y"}]}) == [("", "missing_key")]


def test_sentences_are_german_and_english_with_the_line(tmp_path: Path) -> None:
    content = (
        "plan_version: 1\nid: p\noutcomes:\n  - indicator: y\n    windw: [2003, 2007]\nestimators: [{id: t, method: twfe}]\n"
    )
    error = _invalid(tmp_path / "p.yaml", content)
    assert (
        "outcomes[0].windw (Zeile 5): Diesen Schlüssel gibt es nicht. Gemeint ist wohl „window“."
        in error.sentence.in_language("de")
    )
    assert 'outcomes[0].windw (line 5): There is no such key. You probably mean "window".' in error.sentence.in_language("en")


@pytest.mark.parametrize(
    ("content", "code", "line"),
    [
        ("a: [1,\nb: 2", "yaml_unclosed", 2),
        ("", "not_a_mapping", None),
        ("- 1", "not_a_mapping", None),
        ("a: &x [*x]", "yaml_recursive", 1),
        ("a: 2012-13-41", "yaml_unreadable", 1),
        ("{" * 3000, "yaml_too_deep", 1),
        ("---\na: 1\n---\nb: 2", "yaml_unreadable", 3),
    ],
)
def test_yaml_that_is_no_plan(tmp_path: Path, content: str, code: str, line: int | None) -> None:
    error = _invalid(tmp_path / "p.yaml", content)
    assert [(problem.code, problem.line) for problem in error.problems] == [(code, line)]


def test_a_key_that_stands_twice(tmp_path: Path) -> None:
    error = _invalid(tmp_path / "p.yaml", json.dumps(MINIMAL)[:-1] + ',\n"id": "q"}')
    assert [(problem.path, problem.code, problem.line) for problem in error.problems] == [("id", "duplicate_key", 2)]


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "latin.yaml").write_bytes("id: ü".encode("latin-1"))
    for name, code in [("none.yaml", "file_missing"), ("latin.yaml", "not_utf8"), ("", "file_unreadable")]:
        with pytest.raises(PlanInvalid) as caught:
            load_plan(tmp_path / name)
        assert caught.value.problems[0].code == code


def test_digest_is_of_what_the_plan_says() -> None:
    digest = plan_digest(parse_plan(MINIMAL, "a"))
    assert plan_digest(parse_plan({**MINIMAL, "reference": "never", "inference": {}}, "b")) == digest
    assert plan_digest(parse_plan({**MINIMAL, "reference": "not_yet"}, "a")) != digest
    assert len(digest) == 64


def test_a_source_may_name_its_edition_and_a_plan_its_day(tmp_path: Path) -> None:
    file = tmp_path / "p.yaml"
    sources = "sources: {y: {dataset: inkar, edition: 2018}, z: inkar, x: {dataset: inkar}}"
    file.write_text(f"{json.dumps(MINIMAL)[:-1]}, 'as_of': 2018-12-31, {sources}}}", encoding="utf-8")
    plan = load_plan(file)
    assert (plan.sources, plan.editions, plan.as_of) == ({"y": "inkar", "z": "inkar", "x": "inkar"}, {"y": "2018"}, "2018-12-31")


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"as_of": "31.12.2018"}, ("as_of", "not_a_day")),
        ({"as_of": "2018-02-30"}, ("as_of", "not_a_day")),
        ({"as_of": 2018}, ("as_of", "wrong_type.string")),
        ({"sources": {"y": {"edition": "2018"}}}, ("sources.y", "missing_key")),
        ({"sources": {"y": {"dataset": "inkar", "editon": "2018"}}}, ("sources.y.editon", "unknown_key_suggest")),
    ],
)
def test_a_faulty_day_or_edition_is_told(change: dict[str, object], problem: tuple[str, str]) -> None:
    assert _problems({**MINIMAL, **change}) == [problem]


def test_a_day_and_an_edition_are_part_of_the_digest_and_their_absence_is_not() -> None:
    plain = parse_plan({**MINIMAL, "sources": {"y": "inkar"}}, "p")
    written_out = parse_plan({**MINIMAL, "sources": {"y": {"dataset": "inkar"}}, "as_of": None}, "p")
    dated = parse_plan({**MINIMAL, "sources": {"y": "inkar"}, "as_of": "2018-12-31"}, "p")
    named = parse_plan({**MINIMAL, "sources": {"y": {"dataset": "inkar", "edition": "2018"}}}, "p")
    assert plan_digest(plain) == plan_digest(written_out)
    assert len({plan_digest(plain), plan_digest(dated), plan_digest(named)}) == 3


def test_a_plan_that_uses_no_later_key_keeps_its_digest() -> None:
    plan = parse_plan({**MINIMAL, "headline": None, "inference": {"quantiles": "normal"}}, "p")
    plain = plain_plan(plan)
    assert not {"headline", "as_of", "editions"} & plain.keys()
    assert (plain["inference"].keys(), plain["units"].keys()) == (
        {"method", "level", "draws", "small_sample"},
        {"level", "partly_treated", "known_until"},
    )
    assert plan_digest(plan) == plan_digest(parse_plan(MINIMAL, "p"))
    assert plan_digest(parse_plan({**MINIMAL, "inference": {"quantiles": "t"}}, "p")) != plan_digest(plan)


@pytest.mark.parametrize("written", [".nan", ".inf", "-.Inf", "1.0e+999", "9" * 400, "NaN", "Infinity", "1e999", "'.inf'"])
@pytest.mark.parametrize(
    ("old", "key"), [("caliper: 0.2", "caliper"), ("level: 0.9}", "level"), ("smd: 0.1", "smd"), ("minimum: 0.95", "minimum")]
)
def test_what_is_no_finite_number_is_none_of_a_plan(old: str, key: str, written: str, tmp_path: Path) -> None:
    assert FULL.count(old) == 1
    content = FULL.replace(old.rstrip("}"), f"{key}: {written}")
    [problem] = _invalid(tmp_path / "p.yaml", content).problems
    assert problem.path.endswith(f".{key}")
    assert problem.line == next(n for n, line in enumerate(content.splitlines(), 1) if f"{key}: {written}" in line)
    assert problem.code == ("not_finite" if written[0] in ".-19" and written != "1e999" else "wrong_type.number")


COMPARED: dict[str, Any] = {
    "comparison": {"within": ["kind"], "adjust": ["need"]},
    "audit": {"law": "need", "others": ["density"]},
    "inference": {"method": "randomization", "theta": ["zero", "hat"], "draws": 9999, "wild": ["webb"]},
    "specifications": [
        {"id": "two_way", "comparison": {}},
        {"id": "to_2016", "window": [2007, 2016], "reference": "not_yet"},
        {"id": "bordering", "controls": "not_adjacent", "event_reference": -2, "weight": "people", "scale": "log"},
        {"id": "others", "without": ["pact"], "without_each": "treated"},
    ],
    "co_treatments": [{"id": "pact", "title": {"de": "Pakt"}, "units": [{"unit_id": "05111", "since": 2012}]}],
    "outcomes": [
        {
            "indicator": "y",
            "scale": "log",
            "smallest_difference": {"value": 1, "reason": {"de": "Ein Kind"}, "decided_by": "Fachbeirat"},
        }
    ],
}


def test_a_plan_says_what_is_held_fixed_and_by_which_chance_it_is_judged() -> None:
    plan = parse_plan({**MINIMAL, **COMPARED}, "p")
    assert plan.comparison == Comparison(("kind",), ("need",))
    assert plan.audit == Audit(None, "need", ("density",))
    assert plan.assigned_within == ("kind",)
    inference = plan.inference
    assert (inference.statistics, inference.theta, inference.wild) == (("coefficient", "studentised"), ("zero", "hat"), ("webb",))
    assert plan.specifications == (
        Specification("two_way", comparison=Comparison()),
        Specification("to_2016", window=(2007, 2016), reference="not_yet"),
        Specification("bordering", controls="not_adjacent", event_reference=-2, weight="people", scale="log"),
        Specification("others", without=("pact",), without_each="treated"),
    )
    assert plan.co_treatments == (CoTreatment("pact", (CoTreated("05111", 2012),), {"de": "Pakt"}),)
    assert plan.outcomes[0].scale == "log"
    assert plan.outcomes[0].smallest_difference == SmallestDifference(1.0, {"de": "Ein Kind"}, "Fachbeirat")


def test_a_specification_asks_the_same_question_otherwise() -> None:
    plan = parse_plan({**MINIMAL, **COMPARED}, "p")
    two_way, to_2016, bordering, _ = (specified(plan, specification) for specification in plan.specifications)
    assert two_way.comparison == Comparison()
    assert (to_2016.comparison, to_2016.outcomes[0].window, to_2016.reference) == (plan.comparison, (2007, 2016), "not_yet")
    assert (bordering.event_reference, bordering.weight, bordering.outcomes[0].scale) == (-2, "people", "log")
    assert specified(plan, Specification("same")) == plan


def test_strata_of_assignments_are_those_of_the_comparison_unless_the_audit_names_others() -> None:
    within = {"comparison": {"within": ["kind"]}}
    assert parse_plan({**MINIMAL, **within}, "p").assigned_within == ("kind",)
    assert parse_plan({**MINIMAL, **within, "audit": {}}, "p").assigned_within == ("kind",)
    assert parse_plan({**MINIMAL, **within, "audit": {"strata": []}}, "p").assigned_within == ()
    assert parse_plan({**MINIMAL, "audit": {"strata": ["kind"]}}, "p").assigned_within == ("kind",)


@pytest.mark.parametrize("key", sorted(COMPARED))
def test_each_part_of_the_comparison_changes_the_digest_and_its_absence_does_not(key: str) -> None:
    co_treatments = {"co_treatments": COMPARED["co_treatments"]} if key == "specifications" else {}  # which these name
    plan = parse_plan({**MINIMAL, **co_treatments, key: COMPARED[key]}, "p")
    assert plan_digest(plan) != plan_digest(parse_plan(MINIMAL, "p"))
    stated = {**MINIMAL, "comparison": {}, "specifications": [], "co_treatments": [], "inference": {"wild": []}}
    stated["outcomes"] = [{"indicator": "y", "scale": "level"}]
    assert plan_digest(parse_plan(stated, "p")) == plan_digest(parse_plan(MINIMAL, "p"))


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"comparison": {"within": ["unit_id"]}}, ("comparison.within[0]", "comparison_is_key")),
        ({"comparison": {"adjust": ["value"]}}, ("comparison.adjust[0]", "comparison_is_key")),
        ({"comparison": {"adjust": "need"}}, ("comparison.adjust", "wrong_type.array")),
        ({"audit": {"law": "cohort"}}, ("audit.law", "comparison_is_key")),
        ({"audit": {"others": ["need", "need"]}}, ("audit.others", "repeated")),
        ({"inference": {"theta": ["zero"]}}, ("inference.theta", "only_randomization")),
        ({"inference": {"method": "randomization", "statistics": []}}, ("inference.statistics", "too_few")),
        ({"specifications": [{"id": "a"}, {"id": "a"}]}, ("specifications[1].id", "duplicate_name")),
        ({"specifications": [{"id": "a", "without": ["pact"]}]}, ("specifications[0].without[0]", "co_treatment_unknown")),
        ({"specifications": [{"id": "a", "window": [2016, 2007]}]}, ("specifications[0].window", "window_reversed")),
        ({"negative_controls": ["y"]}, ("negative_controls[0]", "negative_control_unknown")),
        (
            {"outcomes": [{"indicator": "y", "negative_controls": ["beds"]}]},
            ("outcomes[0].negative_controls[0]", "negative_control_unknown"),
        ),
        (
            {"co_treatments": [{"id": "a", "units": [{"unit_id": 5111, "since": 2012}]}]},
            ("co_treatments[0].units[0].unit_id", "wrong_type.string"),
        ),
        (
            {"outcomes": [{"indicator": "y", "smallest_difference": {"value": 1, "reason": {"de": "x"}}}]},
            ("outcomes[0].smallest_difference", "missing_key"),
        ),
    ],
)
def test_a_faulty_comparison_is_told(change: dict[str, object], problem: tuple[str, str]) -> None:
    assert _problems({**MINIMAL, **change}) == [problem]
