"""What a plan covers of the chain: in the plan, at hand, delivered only, or not evaluable, each told once."""

from collections.abc import Collection, Mapping
from pathlib import Path
from types import MappingProxyType

from kkz_eval.contracts.load import load_contracts
from kkz_eval.indicators.catalogue import load_catalogue, load_not_evaluable, stages
from kkz_eval.indicators.chain import StageCoverage, chain_coverage

FOLDER = Path(__file__).parents[2] / "data_contracts"
CATALOGUE = load_catalogue(FOLDER / "indicators.yaml", FOLDER / "breaks.yaml")
REASONS = load_not_evaluable(FOLDER / "indicators.yaml")
CONTRACTS = {contract.dataset: contract for contract in load_contracts(FOLDER).values()}

AWAITED = {name for row in REASONS for name in row.indicators}
YEARS = range(2000, 2020)  # of every series that nobody waits for
CHILDREN = "children in SGB II per 100 children"


def covered(
    *evaluated: str,
    accepted: tuple[str, ...] = ("inkar",),
    level: str = "kreis",
    start: int | None = 2012,
    years: Mapping[str, Collection[int]] = MappingProxyType({}),
    today: int = 2026,
) -> dict[str, StageCoverage]:
    """years: of some indicators; of the others YEARS, where a dataset of the plan's level is accepted and no table is awaited."""
    contracts = [CONTRACTS[name] for name in accepted]
    of_level = {c.dataset for c in contracts if c.source == "official" and level in c.levels}
    at_hand = {i.id for i in CATALOGUE.values() if i.id not in AWAITED and any(set(s.datasets) <= of_level for s in i.sources)}
    found = chain_coverage(
        CATALOGUE,
        REASONS,
        evaluated=evaluated,
        official={c.dataset: c.levels for c in contracts if c.source == "official"},
        municipal={c.dataset: {"de": c.title_de, "en": c.title_en} for c in contracts if c.source == "municipal"},
        level=level,
        start=start,
        years={**dict.fromkeys(at_hand, YEARS), **years},
        today=today,
    )
    assert [row.stage for row in found] == list(stages())
    return {row.stage: row for row in found}


def labels(row: StageCoverage) -> list[str]:
    return [further.label["en"] for further in row.further]


def test_an_indicator_is_evaluated_or_at_hand_never_both() -> None:
    found = covered("a_schul_oA", "q_auspl")
    assert found["secondary"].evaluated == ("a_schul_oA",)
    assert "School leavers without certificate" not in labels(found["secondary"])
    assert "School leavers with the Abitur" in labels(found["secondary"])
    assert (found["transition"].evaluated, labels(found["transition"])) == (("q_auspl",), ["Apprentices"])


def test_without_accepted_figures_nothing_is_at_hand() -> None:
    found = covered(accepted=())
    assert not any(row.further or row.delivered or row.evaluated for row in found.values())
    assert sum(len(row.reasons) for row in found.values()) == len(REASONS)


def test_a_denominator_that_is_missing_keeps_a_rate_from_being_at_hand() -> None:
    assert covered(accepted=("hilfen_zur_erziehung_amtlich",))["family"].further == ()


def test_the_same_subject_from_another_source_is_not_told_again() -> None:
    found = covered("schulabgaenge_ohne_abschluss", accepted=("inkar", "schulabgaenge_amtlich"))
    assert "School leavers without certificate" not in labels(found["secondary"])


def test_a_subject_that_is_not_evaluable_is_told_with_its_reason_only() -> None:
    context = covered("a_schul_oA")["context"]
    assert "Children under 15 in SGB II households" not in labels(context)
    assert CHILDREN in [row.subject["en"] for row in context.reasons]


def test_a_reason_is_left_out_where_the_plan_evaluates_its_subject() -> None:
    context = covered("q_newfBGu15_bev", start=2017)["context"]
    assert context.evaluated == ("q_newfBGu15_bev",)
    assert CHILDREN not in [row.subject["en"] for row in context.reasons]


def test_a_reason_that_what_is_accepted_refutes_is_left_out_and_its_indicator_is_at_hand() -> None:
    name = "q_newfBGu15_bev"
    label = "Children under 15 in SGB II households"
    with_years = covered("a_schul_oA", years={name: range(2010, 2020)})["context"]
    assert CHILDREN not in [row.subject["en"] for row in with_years.reasons]
    assert label in labels(with_years)
    with_one = covered("a_schul_oA", years={name: range(2011, 2020)})["context"]
    (reason,) = [row for row in with_one.reasons if row.subject["en"] == CHILDREN]
    assert reason.cause == "too_short"
    assert "at hand only 2011–2019, so with but one year before the start in 2012" in reason.because.in_language("en")
    assert label not in labels(with_one)


def test_a_dataset_that_came_without_the_years_of_an_indicator_does_not_put_it_at_hand() -> None:
    births = covered(accepted=("inkar", "bevoelkerung_amtlich"), today=2030)  # by sex alone: no age group has a figure
    assert "Children under 3" not in labels(births["context"])
    assert any("population by age" in row.subject["en"] for row in births["context"].reasons)


def test_those_reached_from_birth_on_are_born_in_the_year_of_the_plan_s_start() -> None:
    said = {start: covered("a_schul_oA", start=start)["secondary"].reasons[0].because.in_language("en") for start in (2012, 2017)}
    assert said == {year: f"not yet reached: those born in {year} will be that far about {year + 16}" for year in (2012, 2017)}


def test_a_station_that_was_reached_is_not_called_unreached() -> None:
    def causes(today: int) -> list[str]:
        return [row.cause for row in covered("a_schul_oA", today=today)["secondary"].reasons]

    assert (causes(2026), causes(2029)) == (["not_yet_reached"], [])


def test_a_series_that_does_not_reach_across_the_start_is_too_short_and_not_at_hand() -> None:
    name, label = "a_sMin", "Recipients of minimum social security"

    def of(years: Collection[int], start: int | None = 2012) -> list[str] | str:
        context = covered("a_schul_oA", start=start, years={name: years})["context"]
        said = [row.because.in_language("en") for row in context.reasons if row.subject["en"] == label]
        assert (label in labels(context)) == (not said)
        return "".join(said)

    assert of(range(2010, 2013)) == of(range(2011, 2022), start=None) == ""
    assert of(range(2011, 2022)) == "too short: at hand only 2011–2021, so with but one year before the start in 2012"
    assert of([2023]) == "too short: at hand only 2023, so without a year before the start in 2012"
    assert of(range(2005, 2012)).startswith("too short: at hand only 2005–2011, so without a year from 2012 on")


def test_a_subject_of_two_sources_is_told_once_by_the_longer_one() -> None:
    one_year = {"schulabgaenge_hochschulreife": [2023]}
    found = covered("q_auspl", accepted=("inkar", "schulabgaenge_amtlich"), years=one_year)["secondary"]
    assert labels(found).count("School leavers with the Abitur") == 1
    assert "School leavers with the Abitur" not in [row.subject["en"] for row in found.reasons]


def test_figures_of_other_units_are_marked() -> None:
    found = covered("arbeitslose_je_100", accepted=("inkar", "inkar_gemeinden"), level="municipality")
    assert {further.other_level for further in found["secondary"].further} == {True}
    assert {further.label["en"]: further.other_level for further in found["context"].further}[
        "Municipal share of income tax"
    ] is False


def test_deliveries_stand_at_each_stage_that_they_describe() -> None:
    found = covered(accepted=("kindertagesbetreuung", "schuleingangsuntersuchung", "netzwerk"))
    at = {stage: [title["en"] for title in row.delivered] for stage, row in found.items() if row.delivered}
    assert at == {
        "under_3": ["Children in day care"],
        "kita": ["Children in day care"],
        "school_entry": ["School entry examination by finding"],
    }
