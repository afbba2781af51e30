"""Rules across datasets and years: pass, fail and edge on accepted observations; and which contracts of this kind are refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

from kkz_eval.contracts.contract import Contract, Rule
from kkz_eval.contracts.load import load_contract, load_contracts
from kkz_eval.contracts.plausibility import CONTEXT_KINDS, Doubt, context_problems, doubts, other_datasets
from kkz_eval.model.tables import OBSERVATIONS
from kkz_eval.reference.inhabitants import LAND, TOWN_IN_A_KREIS, WHOLE_KREIS

CONTRACTS = load_contracts(Path(__file__).parents[2] / "data_contracts")
CARE = CONTRACTS["kindertagesbetreuung"]
ALL = {"age_group": "unter_3", "form_of_care": "insgesamt", "age_at_entry": "insgesamt", "daily_hours": "insgesamt"}
POPULATION = {"age_group": "unter_3", "sex": "insgesamt"}


def observed(
    dataset: str, measure: str, dimensions: dict[str, str], values: dict[int, float | None], unit: str = "05911000"
) -> pa.Table:
    """Observations of one unit, one a year, in row 10 and following of a file."""
    rows = [
        {
            "observation_id": f"{dataset}{measure}{sorted(dimensions.items())}{unit}{year}",
            "unit_id": unit,
            "level": "municipality",
            "year": year,
            "dataset": dataset,
            "measure": measure,
            "dimensions": sorted(dimensions.items()),
            "value": value,
            "value_delivered": "." if value is None else str(value),
            "unit": "Kinder",
            "flag": None,
            "edition": "",
            "known_from": 1,
            "delivery_sha256": f"sha of {dataset}",
            "sheet": None,
            "row": row,
            "column": 5,
            "correction_id": None,
        }
        for row, (year, value) in enumerate(values.items(), start=10)
    ]
    return pa.Table.from_pylist(rows, schema=OBSERVATIONS.schema)


def only(contract: Contract, rule_id: str) -> Contract:
    return replace(contract, plausibility=tuple(rule for rule in contract.plausibility if rule.rule_id == rule_id))


def above(children: dict[int, float | None], population: dict[int, float | None]) -> tuple[Doubt, ...]:
    own = observed("kindertagesbetreuung", "children", ALL, children)
    others = {"bevoelkerung": observed("bevoelkerung", "persons", POPULATION, population)}
    return doubts(only(CARE, "under_3_not_above_population"), own, others)


def test_as_many_children_as_people_is_no_doubt_and_one_more_is() -> None:
    assert above({2015: 100, 2016: 100}, {2015: 100, 2016: 99})[0].finding.year == 2016
    assert above({2015: 100}, {2015: 100}) == ()


def test_a_doubt_has_the_cell_the_bound_and_the_file() -> None:
    (doubt,) = above({2015: 50, 2016: 100}, {2016: 99})
    finding = doubt.finding
    assert (doubt.delivery_sha256, finding.cell, finding.value, finding.allowed) == (
        "sha of kindertagesbetreuung",
        "E11",
        "100",
        "≤ 99",
    )
    assert (finding.rule, finding.severity, finding.unit_id) == ("under_3_not_above_population", "warning", "05911000")
    for language in ("de", "en"):
        assert "≤ 99" in finding.message().in_language(language)
        assert finding.fix().in_language(language)


@pytest.mark.parametrize("population", [{}, {2015: 10}, {2016: None}])
def test_without_the_other_value_nothing_is_judged(population: dict[int, float | None]) -> None:
    assert above({2016: 100}, population) == ()


def test_without_the_other_dataset_nothing_is_judged() -> None:
    own = observed("kindertagesbetreuung", "children", ALL, {2016: 10**4})
    assert doubts(only(CARE, "under_3_not_above_population"), own, {}) == ()


def test_where_several_values_of_the_other_are_meant_nothing_is_judged() -> None:
    once = observed("bevoelkerung", "persons", POPULATION, {2016: 10})
    own = observed("kindertagesbetreuung", "children", ALL, {2016: 100})
    assert len(doubts(CARE, own, {"bevoelkerung": once})) == 1
    assert doubts(CARE, own, {"bevoelkerung": pa.concat_tables([once, once])}) == ()


def test_a_factor_eases_the_bound() -> None:
    contract = only(CONTRACTS["ausbildung_und_arbeit"], "applicants_not_above_population")
    people = observed("bevoelkerung", "persons", {"age_group": "18_bis_unter_21", "sex": "insgesamt"}, {2016: 100})

    def found(applicants: float) -> int:
        own = observed("ausbildung_und_arbeit", "applicants", {"sex": "insgesamt"}, {2016: applicants})
        return len(doubts(contract, own, {"bevoelkerung": people}))

    assert (found(300), found(301)) == (0, 1)


def crowds(births: float | None, unit: str) -> list[str | None]:
    contract = CONTRACTS["geburten_fruehe_hilfen"]
    own = observed("geburten_fruehe_hilfen", "births", {}, {2016: births}, unit)
    found = doubts(contract, own, {})
    assert {doubt.finding.kind for doubt in found} <= {"not_above_inhabitants"}
    return [doubt.finding.allowed for doubt in found]


@pytest.mark.parametrize(
    ("unit", "most"),
    [
        ("05366012", TOWN_IN_A_KREIS),
        ("05711", WHOLE_KREIS),
        ("JH05366999", WHOLE_KREIS),
        ("05999999", LAND),  # of no unit that is known
    ],
)
def test_a_first_count_without_any_other_is_held_against_the_most_inhabitants(unit: str, most: int) -> None:
    bound = int(1.5 * most)
    assert crowds(bound, unit) == crowds(None, unit) == []
    assert crowds(bound + 1, unit) == crowds(99_999_999, unit) == [f"≤ {bound}"]


def test_every_count_of_every_contract_has_a_bound() -> None:
    for contract in CONTRACTS.values():
        bounded = {
            rule.parameters.get("column") for rule in contract.rules if "maximum" in rule.parameters and rule.kind == "range"
        }
        bounded |= {rule.parameters["measure"] for rule in contract.plausibility if rule.kind == "not_above_inhabitants"}
        counts = {of.name for of in contract.properties if of.role == "measure" and of.logical_type == "integer"}
        assert counts <= bounded, contract.id


def jumps(values: dict[int, float | None]) -> list[tuple[int | None, str | None]]:
    contract = only(CONTRACTS["mindestsicherung"], "persons_jump")  # 30 per cent, at least 60
    found = doubts(contract, observed("mindestsicherung", "persons", {"group": "persons"}, values), {})
    return [(doubt.finding.year, doubt.finding.allowed) for doubt in found]


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ({2015: 1000, 2016: 1300}, []),
        ({2015: 1000, 2016: 1301}, [(2016, "700–1300 (2015: 1000)")]),
        ({2015: 1000, 2016: 699}, [(2016, "700–1300 (2015: 1000)")]),
        ({2015: 10, 2016: 70}, []),
        ({2015: 10, 2016: 71}, [(2016, "0–70 (2015: 10)")]),
        ({2014: 1000, 2016: 5000}, []),
        ({2015: None, 2016: 5000}, []),
        ({2015: 1000}, []),
    ],
)
def test_a_jump_is_measured_against_the_year_before(
    values: dict[int, float | None], found: list[tuple[int | None, str | None]]
) -> None:
    assert jumps(values) == found


def test_jumps_compare_like_with_like() -> None:
    contract = only(CONTRACTS["netzwerk"], "institutions_jump")
    tables = [
        observed("netzwerk", "institutions", {"sector": sector, "partner_sector": "kita"}, {2015 + number: value})
        for number, (sector, value) in enumerate([("kita", 10.0), ("schule", 100.0)])
    ]
    assert doubts(contract, pa.concat_tables(tables), {}) == ()


def test_every_municipal_contract_watches_its_years_and_the_datasets_it_names_exist() -> None:
    municipal = [contract for contract in CONTRACTS.values() if contract.source == "municipal"]
    assert len(municipal) == 14
    for contract in municipal:
        assert any(rule.kind == "jump" for rule in contract.plausibility), contract.id
        for rule in contract.plausibility:
            assert rule.kind == "not_above_inhabitants" or contract.terms.rule_descriptions[rule.rule_id]
            if rule.kind == "not_above_other":
                other = CONTRACTS[str(rule.parameters["other"])]
                assert other.property_named(str(rule.parameters["other_measure"])).role == "measure"
                where = rule.parameters["other_where"]
                assert isinstance(where, dict)
                for name, code in where.items():
                    assert code in {known.code for known in other.property_named(name).codes}
    assert other_datasets(CARE) == ("bevoelkerung",)


def test_no_verdict_depends_on_a_rule_across_files(tmp_path: Path) -> None:
    source = (Path(__file__).parents[2] / "data_contracts" / "mindestsicherung.odcs.yaml").read_text(encoding="utf-8")
    path = tmp_path / "mindestsicherung.odcs.yaml"
    path.write_text(source.replace("share: 0.3", "share: 0.9"), encoding="utf-8")
    changed = load_contract(path)
    assert changed.plausibility != CONTRACTS["mindestsicherung"].plausibility
    assert changed.digest == CONTRACTS["mindestsicherung"].digest
    assert not {rule.kind for contract in CONTRACTS.values() for rule in contract.rules} & set(CONTEXT_KINDS)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"severity": "error"}, "rule_context_severity"),
        ({"measure": "people"}, "rule_column_unknown"),
        ({"share": "viel"}, "rule_parameter_value"),
        ({"share": True}, "rule_parameter_value"),
        ({"share": None}, "rule_parameter_missing"),
        ({"where": {"gruppe": "persons"}}, "rule_column_unknown"),
        ({"where": {"group": "alle"}}, "rule_code_unknown"),
        ({"factor": 2}, "rule_parameter_unknown"),
    ],
)
def test_a_wrong_rule_across_years_is_a_sentence(changed: dict[str, object], code: str) -> None:
    contract = CONTRACTS["mindestsicherung"]
    severity = str(changed.pop("severity", "warning"))
    parameters = {"measure": "persons", "share": 0.3, "least": 60, **changed}
    (problem,) = context_problems(Rule("x", "jump", severity, parameters), contract.properties)
    assert problem.code == code
    assert problem.sentence.in_language("de")
    assert problem.sentence.in_language("en")
