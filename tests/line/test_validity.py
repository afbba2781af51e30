"""The line opens only what it can follow to the letter."""

from dataclasses import replace
from pathlib import Path

import pytest

from kkz_eval.contracts.load import load_contracts
from kkz_eval.evaluation.plan import (
    Audit,
    Comparison,
    EstimatorSpec,
    Matching,
    Measured,
    Outcome,
    Plan,
    Specification,
    Units,
    plain_id,
)
from kkz_eval.evaluation.plan_file import load_plan
from kkz_eval.indicators.catalogue import load_catalogue
from kkz_eval.line.installation import open_installation
from kkz_eval.line.validity import check_plan
from kkz_eval.model.errors import UserError
from kkz_eval.partitions import span_of_years
from kkz_eval.settings import Settings

FOLDER = Path(__file__).parents[2] / "data_contracts"
CONTRACTS, CATALOGUE = load_contracts(FOLDER), load_catalogue(FOLDER / "indicators.yaml", FOLDER / "breaks.yaml")


@pytest.fixture
def plan() -> Plan:
    return load_plan(FOLDER / "plans" / "kekiz-2012.yaml")


def test_the_plans_of_the_project_are_followed(plan: Plan) -> None:
    check_plan(plan, CATALOGUE, CONTRACTS)


def test_bounds_of_violations_are_followed(plan: Plan) -> None:
    check_plan(replace(plan, sensitivity={"relative_magnitudes": [1], "smoothness": [0]}), CATALOGUE, CONTRACTS)


@pytest.mark.parametrize(
    ("key", "change"),
    [
        ("sensitivity", {"sensitivity": {"placebo": True}}),
        ("covariates", {"covariates": ("q_PBG_bev",)}),
        ("weight", {"weight": "population"}),
        ("cluster", {"cluster": "region"}),
        ("units.nested", {"units": Units(level="kreis", nested="leave_out")}),
        ("comparison.within", {"comparison": Comparison(within=("region",))}),
        ("comparison.adjust", {"comparison": Comparison(adjust=("q_PBG_bev",))}),
        ("comparison.adjust", {"comparison": Comparison(adjust=("q_PBG_bev:2010-2007",))}),
        ("audit", {"audit": Audit(law="q_PBG_bev")}),
        ("audit.strata", {"audit": Audit(strata=("region",))}),
        ("specifications", {"specifications": (Specification("s", comparison=Comparison(adjust=("need",))),)}),
        ("specifications", {"specifications": (Specification("s", weight="people"),)}),
        ("outcomes.scale", {"outcomes": (Outcome("a_schul_oA", scale="log"),)}),
    ],
)
def test_a_key_that_would_be_ignored_is_refused(plan: Plan, key: str, change: dict[str, object]) -> None:
    with pytest.raises(UserError) as error:
        check_plan(replace(plan, **change), CATALOGUE, CONTRACTS)
    assert error.value.code == "plan_key_not_used"
    said = error.value.sentence.in_language("de")
    assert key in said
    strata = any(name in ("within", "strata") for name in key.split("."))
    assert ("kind, government_district" in said) is strata
    assert ("etwa q_PBG_bev:2010" in said) is (
        not strata and key not in ("sensitivity", "cluster", "units.nested", "outcomes.scale")
    )


LOGARITHM = Outcome("arbeitslose_u25_log", window=(2007, 2019), scale="logged")


def with_outcome(plan: Plan, outcome: Outcome, source: str) -> Plan:
    return replace(plan, outcomes=(*plan.outcomes, outcome), sources={**plan.sources, outcome.indicator: source})


def test_an_outcome_whose_values_are_logarithms_says_so_and_no_other_does(plan: Plan) -> None:
    check_plan(with_outcome(plan, LOGARITHM, "arbeitslosigkeit_amtlich"), CATALOGUE, CONTRACTS)
    rate = Outcome("jugendarbeitslosenquote", window=(2009, 2019), scale="logged")
    for outcome, code in ((replace(LOGARITHM, scale="level"), "logarithm_not_said"), (rate, "no_logarithm")):
        with pytest.raises(UserError) as error:
            check_plan(with_outcome(plan, outcome, "arbeitslosigkeit_amtlich"), CATALOGUE, CONTRACTS)
        assert error.value.code == code
        assert outcome.indicator in error.value.sentence.in_language("de")


def test_a_difference_of_two_rates_is_held_against_differences_of_two_rates(plan: Plan) -> None:
    gap = Outcome("a_schul_oA_luecke", window=(2007, 2019))
    said = replace(plan, outcomes=(*plan.outcomes, gap), sources={**plan.sources, gap.indicator: "inkar"})
    with pytest.raises(UserError) as error:
        check_plan(said, CATALOGUE, CONTRACTS)
    assert error.value.code == "gap_without_own_control"
    assert "q_betten_bev, q_bip_ew" in error.value.sentence.in_language("de")
    check_plan(replace(said, outcomes=(*plan.outcomes, replace(gap, negative_controls=()))), CATALOGUE, CONTRACTS)


DOSE = (EstimatorSpec("d", "dose"),)


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("plan_without_nested", {"units": Units(level="youth_office")}),
        ("plan_without_nested", {"units": Units(level="municipality", nested="with_the_wind")}),
        ("plan_cluster_below_treatment", {"units": Units(level="municipality", nested="own_start")}),
        ("plan_dose_of_kreise", {"units": Units("municipality", "dose", 2019, "leave_out"), "estimators": DOSE}),
        ("plan_source_other_level", {"units": Units(level="municipality", nested="leave_out")}),
        ("plan_source_other_level", {"units": Units(level="youth_office", nested="own_start"), "cluster": "kreis"}),
        ("covariate_after_start", {"weight": "q_PBG_bev:2012"}),
        ("plan_dose_only", {"units": Units(partly_treated="dose")}),
        ("plan_without_dose", {"estimators": DOSE}),
        ("covariate_after_start", {"covariates": ("q_PBG_bev:2012",)}),
        ("plan_without_source", {"covariates": ("a_sMin:2011",), "sources": {}}),
        ("covariate_after_start", {"comparison": Comparison(adjust=("q_PBG_bev:2009-2012",))}),
        ("covariate_after_start", {"audit": Audit(others=("q_PBG_bev:2012",))}),
        ("plan_without_source", {"audit": Audit(law="a_sMin:2007-2010"), "sources": {"a_schul_oA": "inkar"}}),
        ("indicator_unknown", {"matching": Matching("nearest_neighbour", (Measured("no_such"),))}),
    ],
)
def test_what_the_data_do_not_carry_is_refused(plan: Plan, code: str, change: dict[str, object]) -> None:
    with pytest.raises(UserError) as error:
        check_plan(replace(plan, **change), CATALOGUE, CONTRACTS)
    assert error.value.code == code
    assert error.value.sentence.in_language("de") != error.value.sentence.in_language("en")


@pytest.mark.parametrize(
    "change",
    [
        {"units": Units(level="kreis", partly_treated="dose", known_until=2019), "estimators": DOSE},
        {"covariates": ("q_PBG_bev:2011",)},
        {"weight": "q_PBG_bev:2011"},
        {"cluster": "kreis"},
        {"comparison": Comparison(("kind",), ("q_PBG_bev:2007-2010",)), "audit": Audit(law="q_PBG_bev:2007-2010")},
        {"matching": Matching("entropy_balancing", (Measured("q_PBG_bev"),)), "weight": "weight"},
    ],
)
def test_what_the_data_carry_is_followed(plan: Plan, change: dict[str, object]) -> None:
    check_plan(replace(plan, **change), CATALOGUE, CONTRACTS)


def test_two_plans_whose_names_look_alike_in_the_interface_are_refused(tmp_path: Path) -> None:
    source = (FOLDER / "plans" / "kekiz-2012.yaml").read_text(encoding="utf-8")
    files = [tmp_path / "a.yaml", tmp_path / "b.yaml"]
    files[0].write_text(source, encoding="utf-8")
    files[1].write_text(source.replace("id: kekiz-2012", "id: kekiz_2012"), encoding="utf-8")
    with pytest.raises(UserError, match="identifier"):
        open_installation(Settings(tmp_path, tmp_path, FOLDER), files)


def test_a_name_leads_nowhere_else() -> None:
    assert plain_id("../../x y") == "x_y"


@pytest.mark.parametrize("value", ["2006-", "²⁰¹⁹", "abc", "2019-2006", "", "20060-2019"])
def test_unreadable_years_are_refused(value: str) -> None:
    with pytest.raises(UserError):
        span_of_years(value, tuple(range(1995, 2027)))
