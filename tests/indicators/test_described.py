"""What is described of deliveries: which years are shown, of how many each figure is, and that what nobody says is no gap."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from kkz_eval.contracts.load import load_contracts
from kkz_eval.indicators.catalogue import load_catalogue
from kkz_eval.indicators.described import (
    Gap,
    Goal,
    Response,
    TakeUp,
    TargetGroup,
    fullest_years,
    gaps,
    goals,
    impact_logic,
    missing_ties,
    only_delivered,
    response,
    take_up,
    target_groups,
)
from kkz_eval.indicators.records import records_of
from kkz_eval.model.tables import OBSERVATIONS

FOLDER = Path(__file__).parents[2] / "data_contracts"
ARNSBERG, DORMAGEN, MOERS = "05958004", "05162004", "05170024"


def observed(rows: list[tuple[str, int, dict[str, str], str, float | None]]) -> pa.Table:
    """Observations from unit, year, codes, measure and value."""
    empty = dict.fromkeys(OBSERVATIONS.schema.names)
    made = [
        {**empty, "unit_id": unit, "year": year, "dimensions": sorted(codes.items()), "measure": measure, "value": value}
        for unit, year, codes, measure, value in rows
    ]
    return pa.Table.from_pylist(made, schema=pa.schema([field.with_nullable(True) for field in OBSERVATIONS.schema]))


def test_only_what_no_official_dataset_gives_is_described() -> None:
    contracts = load_contracts(FOLDER)
    catalogue = load_catalogue(FOLDER / "indicators.yaml", FOLDER / "breaks.yaml")
    municipal = {contract.dataset for contract in contracts.values() if contract.source == "municipal"}
    in_order = [indicator.id for indicator in only_delivered(catalogue, municipal)]
    assert in_order[0] == "willkommensbesuche_je_100_geburten"  # from birth to work
    found = set(in_order)
    assert {"willkommensbesuche_je_100_geburten", "praeventiver_ausgabenanteil", "hilfen_beginn_unter_6"} <= found
    assert not {"betreuungsquote_u3", "schulabgaenge_ohne_abschluss"} & found  # official statistics give them too


def test_rows_are_put_together_again_as_they_were_delivered_and_a_symbol_stays_missing() -> None:
    codes = {"service": "Elterncafé", "target_group": "kinder"}
    table = observed(
        [(ARNSBERG, 2016, codes, "reached", 5.0), (ARNSBERG, 2016, codes, "eligible", None), (MOERS, 2016, codes, "reached", 7.0)]
    )
    records = records_of(table, [ARNSBERG], ("service", "target_group"), ("eligible", "reached"))
    assert records.drop(columns="eligible").to_dict("records") == [{"unit_id": ARNSBERG, "year": 2016, **codes, "reached": 5.0}]
    assert records["eligible"].isna().all()


@pytest.mark.parametrize(
    ("units_by_year", "years"),
    [
        ({}, ()),
        ({2016: 3}, (2016,)),
        ({2012: 18, 2015: 18, 2019: 18}, (2012, 2019)),
        ({2012: 1, 2013: 9, 2019: 18, 2020: 2}, (2013, 2019)),  # neither one early delivery nor one that came first of a new year
        ({2012: 18, 2019: 9}, (2012,)),
    ],
)
def test_the_years_shown_are_those_that_many_delivered(units_by_year: dict[int, int], years: tuple[int, ...]) -> None:
    places = [(f"unit {number}", year) for year, n in units_by_year.items() for number in range(n)]
    assert fullest_years(places) == years


def services(*rows: tuple[str, int, str, str, str, str, float | None, float | None]) -> pd.DataFrame:
    columns = ["unit_id", "year", "target_group", "stages", "provider_sector", "joint_with", "eligible", "reached"]
    return pd.DataFrame(rows, columns=columns)


def test_reached_of_eligible_counts_services_with_both_figures_and_says_of_how_many() -> None:
    found = target_groups(
        services(
            (ARNSBERG, 2016, "kinder", "kita", "kita", "keine", 100, 40),
            (ARNSBERG, 2016, "kinder", "u3", "kita", "keine", 100, None),  # a symbol is no zero
            (MOERS, 2016, "kinder", "kita", "kita", "keine", 300, 60),
            (DORMAGEN, 2016, "fachkraefte", "kita", "kita", "keine", 10, 4),
        )
    )
    assert found == (TargetGroup("fachkraefte", 2016, 1, 3, 4, 10), TargetGroup("kinder", 2016, 2, 3, 100, 400))


def test_a_gap_is_what_a_municipality_says_it_has_not_and_not_what_it_does_not_say() -> None:
    table = services(
        (ARNSBERG, 2016, "kinder", "u3;kita", "kita", "jugendamt;schule", 1, 1),
        (MOERS, 2016, "kinder", "kita", "schule", "keine", 1, 1),
        (DORMAGEN, 2016, "kinder", "kita", "jugendamt", "ohne_angabe", 1, 1),
    )
    found = {gap.between: (gap.without, gap.of) for gap in gaps(table, ["kita", "jugendamt", "schule"], ["u3", "kita", "geburt"])}
    assert found["kita", "kita"] == (1, 2)  # Moers has none, of Dormagen nobody knows
    assert found["jugendamt", "kita"] == (1, 3)  # who is responsible is known, though partners are not
    assert found["schule", "u3"] == (2, 3)  # a partner takes part; without any service at the stage all is known
    assert found["kita", "geburt"] == (3, 3)
    assert gaps(table[:0], ["kita"], ["u3"]) == ()


def test_a_tie_counts_from_whichever_side_it_was_counted_and_a_symbol_is_not_known() -> None:
    columns = ["unit_id", "year", "sector", "partner_sector", "with_agreement", "with_joint_service", "with_handover"]
    none, unknown = (0.0, 0.0, 0.0), (0.0, None, 0.0)
    figures = {
        (ARNSBERG, "kita", "schule"): none, (ARNSBERG, "schule", "kita"): (0.0, 0.0, 1.0),
        (MOERS, "kita", "schule"): none, (MOERS, "schule", "kita"): none,
        (DORMAGEN, "kita", "schule"): none, (DORMAGEN, "schule", "kita"): unknown,
    }  # fmt: skip
    network = pd.DataFrame([(unit, 2016, *pair, *ties) for (unit, *pair), ties in figures.items()], columns=columns)
    assert missing_ties(network, ["kita", "schule"]) == (Gap(("kita", "schule"), 2016, 1, 2),)


def goal_rows() -> pd.DataFrame:
    first = {"unit_id": MOERS, "year": 2014, "goal": "Früher", "indicator": "x", "direction": "mindestens"}
    numbered = {**first, "target_value": 70.0, "target_year": 2018.0, "target_group": "kinder", "step": "wissen"}
    without = {**numbered, "goal": "Sicherer", "target_value": None, "target_year": None, "service": "Kurs"}
    return pd.DataFrame([{**numbered, "service": "Besuche"}, {**numbered, "service": "Lotsen"}, without])


def test_a_goal_with_several_services_is_one_goal_and_several_steps() -> None:
    found = goals(goal_rows())
    assert found == (
        Goal(MOERS, "Früher", "x", "mindestens", 70.0, 2018),
        Goal(MOERS, "Sicherer", "x", "mindestens", None, None),
    )
    assert [step.service for step in impact_logic(goal_rows())] == ["Besuche", "Lotsen", "Kurs"]


@pytest.mark.parametrize(("direction", "value"), list(product(("mindestens", "hoechstens"), (69.9, 70.0, 70.1))))
def test_a_goal_is_reached_at_its_value_and_beyond(direction: str, value: float) -> None:
    goal = Goal(MOERS, "Früher", "x", direction, 70.0, 2018)
    assert goal.is_reached_by(value) == (value == 70.0 or (value > 70.0) == (direction == "mindestens"))


def test_a_goal_without_a_number_is_asked_nothing() -> None:
    with pytest.raises(ValueError, match="without a number"):
        Goal(MOERS, "Früher", "x", "mindestens", None, 2018).is_reached_by(1.0)


def test_take_up_adds_those_who_asked_with_both_figures() -> None:
    codes = {"child_age": "insgesamt", "group": "arm", "service": "beratung"}
    survey = pd.DataFrame(
        [
            {"unit_id": MOERS, "year": 2014, **codes, "respondents": 100.0, "users": 20.0, "aware": 70.0},
            {"unit_id": ARNSBERG, "year": 2014, **codes, "respondents": 60.0, "users": 30.0, "aware": None},
            {"unit_id": DORMAGEN, "year": 2014, **codes, "respondents": 40.0, "users": None, "aware": 20.0},
            {"unit_id": MOERS, "year": 2018, **codes, "respondents": 90.0, "users": 25.0, "aware": 60.0},
        ]
    )
    assert take_up(survey) == (TakeUp(2014, "insgesamt", "arm", "beratung", 2, 160.0, 50.0, 70.0, 100.0),)
    assert take_up(survey[:0]) == ()


def test_the_response_adds_those_who_say_how_many_they_invited_each_once() -> None:
    everybody = {"child_age": "insgesamt", "group": "insgesamt"}
    survey = pd.DataFrame(
        [
            *({"unit_id": MOERS, "year": 2014, **everybody, "respondents": n, "invited": 300.0} for n in (100.0, 90.0)),
            {"unit_id": ARNSBERG, "year": 2014, **everybody, "respondents": 60.0, "invited": 200.0},
            {"unit_id": DORMAGEN, "year": 2014, **everybody, "respondents": 40.0, "invited": None},
            {"unit_id": ARNSBERG, "year": 2014, "child_age": "insgesamt", "group": "arm", "respondents": 20.0, "invited": 200.0},
        ]
    )
    assert response(survey) == Response(2, 500.0, 160.0)
    assert response(survey[:0]) is None
