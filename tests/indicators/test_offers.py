"""What municipalities delivered along the chain: each count with of how many, and nothing read from silence."""

from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa

from kkz_eval.contracts.load import load_contracts
from kkz_eval.indicators.catalogue import stages
from kkz_eval.indicators.offers import (
    ACROSS,
    NETWORK,
    SERVICES,
    STAGE_OF_CODE,
    TIES,
    Answers,
    Delivered,
    Reach,
    StageOffers,
    offers_of,
)
from kkz_eval.model.tables import OBSERVATIONS

FOLDER = Path(__file__).parents[2] / "data_contracts"
CONTRACTS = {contract.dataset: contract for contract in load_contracts(FOLDER).values()}
DUISBURG, HAMM, UNNA = "05112000", "05915000", "05978"
UNITS = (DUISBURG, HAMM, UNNA)


def table(rows: list[tuple[str, int, str, Mapping[str, str], float | None]]) -> pa.Table:
    """OBSERVATIONS of (unit, year, measure, dimensions, value)."""
    columns: dict[str, list[object]] = {name: [None] * len(rows) for name in OBSERVATIONS.schema.names}
    columns |= {"observation_id": [str(n) for n in range(len(rows))], "known_from": [1] * len(rows)}
    for name in ("level", "dataset", "unit", "edition", "delivery_sha256"):
        columns[name] = [""] * len(rows)
    for position, name in enumerate(("unit_id", "year", "measure")):
        columns[name] = [row[position] for row in rows]
    columns["dimensions"] = [list(row[3].items()) for row in rows]
    columns["value"] = [row[4] for row in rows]
    columns["flag"] = [None if row[4] is not None else "." for row in rows]
    return pa.table(columns, schema=OBSERVATIONS.schema)


def service(
    unit: str,
    name: str,
    codes: str,
    reached: float | None = 5.0,
    to: str = "keine",
    target: str = "alle_familien",
    year: int = 2018,
) -> list[tuple[str, int, str, Mapping[str, str], float | None]]:
    where = {"service": name, "stages": codes, "handover_to": to, "target_group": target}
    return [(unit, year, measure, where, value) for measure, value in (("eligible", 20.0), ("places", 9.0), ("reached", reached))]


def tie(
    unit: str, sector: str, partner: str, handing_on: float | None, year: int = 2018
) -> tuple[str, int, str, Mapping[str, str], float | None]:
    return (unit, year, "with_handover", {"sector": sector, "partner_sector": partner}, handing_on)


def by_stage(services: list, network: list = ()) -> dict[str, StageOffers]:
    return {row.stage: row for row in offers_of(table(list(services)), table(list(network)), UNITS).stages}


def test_a_service_stands_at_each_of_its_stages_and_counts_once_for_a_unit() -> None:
    found = by_stage(
        [*service(DUISBURG, "Lotsen", "geburt;u3"), *service(DUISBURG, "Café", "u3"), *service(HAMM, "Café", "kita")]
    )
    assert (found["birth"].offered, found["birth"].services) == (Answers(1, 2), 1)
    assert (found["under_3"].offered, found["under_3"].services) == (Answers(1, 2), 2)
    assert found["primary"].offered == Answers(0, 2)
    assert (found[ACROSS].offered, found[ACROSS].services) == (Answers(1, 2), 1)


def test_a_service_for_several_target_groups_is_one_service() -> None:
    found = by_stage([*service(DUISBURG, "Café", "u3"), *service(DUISBURG, "Café", "u3", target="alleinerziehende")])
    assert (found["under_3"].services, found["under_3"].reach) == (1, Reach(10.0, 40.0, 1))


def test_services_for_professionals_are_not_counted_but_their_unit_delivered() -> None:
    found = by_stage([*service(DUISBURG, "Fachtag", "kita", target="fachkraefte"), *service(HAMM, "Café", "kita")])
    assert (found["kita"].offered, found["kita"].services) == (Answers(1, 2), 1)


def test_a_symbol_is_no_figure_and_takes_no_service_away() -> None:
    found = by_stage([*service(DUISBURG, "Café", "u3", reached=None), *service(HAMM, "Café", "u3", reached=4.0)])
    assert (found["under_3"].offered, found["under_3"].reach) == (Answers(2, 2), Reach(4.0, 20.0, 1))
    assert by_stage(service(DUISBURG, "Café", "u3", reached=None))["under_3"].reach is None


def test_whoever_does_not_state_the_handover_is_in_no_count_of_it() -> None:
    found = by_stage(
        [
            *service(DUISBURG, "Lotsen", "geburt;u3", to="u3"),
            *service(HAMM, "Lotsen", "geburt", to="keine"),
            *service(UNNA, "Lotsen", "geburt", to="ohne_angabe"),
        ]
    )
    assert found["birth"].handed_on == Answers(1, 2)
    assert found["under_3"].handed_on == Answers(0, 1)  # to where it stands is not on
    assert found[ACROSS].handed_on == Answers(0, 1)
    assert found["transition"].handed_on is None


def test_a_tie_is_seen_from_either_side_and_a_symbol_says_nothing() -> None:
    found = by_stage(
        [],
        [
            tie(DUISBURG, "kita", "schule", 0.0),
            tie(DUISBURG, "schule", "kita", 2.0),
            tie(HAMM, "kita", "schule", 0.0),
            tie(UNNA, "kita", "schule", None),
            tie(HAMM, "schule", "schule", 1.0),
        ],
    )
    assert (found["kita"].tied, found["primary"].tied, found["birth"].tied) == (Answers(1, 2), Answers(1, 1), Answers(0, 0))
    assert found["kita"].offered == Answers(0, 0)  # no services delivered: nobody said no


def test_the_year_is_the_one_that_most_delivered_and_the_newest_of_several() -> None:
    services = [row for unit, year in ((DUISBURG, 2017), (HAMM, 2017), (DUISBURG, 2018), (HAMM, 2018), (UNNA, 2019)) for row in service(unit, "Café", "u3", year=year)]  # fmt: skip
    found = offers_of(table(services), table([]), UNITS)
    assert (found.services, found.network, found.owed) == (Delivered(2018, 2), None, 3)


def test_other_units_than_those_asked_about_are_left_out() -> None:
    assert (
        offers_of(table(service("05113000", "Café", "u3")), table([tie("05113000", "kita", "schule", 1.0)]), UNITS).stages == ()
    )


def test_stages_and_sectors_are_those_of_contracts_and_catalogue() -> None:
    services, network = CONTRACTS[SERVICES], CONTRACTS[NETWORK]
    codes = {one.name: {code.code for code in one.codes} for one in (*services.properties, *network.properties)}
    assert set(STAGE_OF_CODE) == codes["stages"]
    assert set(STAGE_OF_CODE) | {"keine", "ohne_angabe"} == codes["handover_to"]
    assert {sector for pair in TIES.values() for sector in pair} <= codes["sector"]
    assert "fachkraefte" in codes["target_group"]
    order = list(STAGE_OF_CODE.values())
    assert [*order, ACROSS] == list(stages())[: len(order) + 1]
    assert list(TIES) == order[:-1]
