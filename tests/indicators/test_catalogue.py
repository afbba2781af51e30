"""The catalogue: denominators from another dataset, and the refusal to mix origins."""

from __future__ import annotations

from pathlib import Path

import pytest

from kkz_eval.contracts.load import load_contracts
from kkz_eval.indicators.catalogue import (
    BreaksInvalid,
    CatalogueInvalid,
    Indicator,
    Selection,
    check_origins,
    load_catalogue,
    load_not_evaluable,
    load_stations,
    stages,
)
from kkz_eval.line.installation import open_installation
from kkz_eval.model.errors import UserError
from kkz_eval.model.texts import catalogue
from kkz_eval.settings import load_settings

FOLDER = Path(__file__).parents[2] / "data_contracts"
ORIGINS = {"care": "official", "people": "official", "people_delivered": "municipal"}
ENTRY = """
catalogue_version: 1
indicators:
  quota:
    label: {{de: x, en: x}}
    unit: {{de: x, en: x}}
    difference_unit: {{de: x, en: x}}
    decimals: 2
    stage: under_3
    sources:
      - dataset: care
        numerator: {{measure: children{above}}}
        denominator: {{measure: persons{below}}}
        per: 100
"""


def read(tmp_path: Path, above: str = "", below: str = "") -> dict[str, Indicator]:
    (tmp_path / "indicators.yaml").write_text(ENTRY.format(above=above, below=below), encoding="utf-8")
    (tmp_path / "breaks.yaml").write_text("breaks_version: 1\nbreaks: []\n", encoding="utf-8")
    return load_catalogue(tmp_path / "indicators.yaml", tmp_path / "breaks.yaml")


def test_a_denominator_names_its_dataset(tmp_path: Path) -> None:
    source = read(tmp_path, below=", dataset: people")["quota"].source("care")
    assert source.datasets == ("care", "people")
    check_origins(read(tmp_path, below=", dataset: people"), ORIGINS)


def test_without_one_it_is_that_of_the_source(tmp_path: Path) -> None:
    loaded = read(tmp_path)
    assert loaded["quota"].source("care").datasets == ("care",)
    check_origins(loaded, {})


def test_a_numerator_can_name_none(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        read(tmp_path, above=", dataset: people")
    assert caught.value.code == "catalogue_invalid"


@pytest.mark.parametrize(
    ("below", "code", "shown"),
    [
        (", dataset: people_delivered", "source_mixed", ("quota", "care", "people_delivered")),
        (", dataset: peple", "dataset_unknown", ("quota", "peple", "people_delivered")),
    ],
)
def test_a_mix_of_origins_and_an_unknown_dataset_are_refused(
    tmp_path: Path, below: str, code: str, shown: tuple[str, ...]
) -> None:
    with pytest.raises(UserError) as caught:
        check_origins(read(tmp_path, below=below), ORIGINS)
    assert caught.value.code == code
    for language in ("de", "en"):
        assert all(word in caught.value.sentence.in_language(language) for word in shown)


COUNTED = ENTRY[: ENTRY.index("        numerator")].format()


def counted(tmp_path: Path, source: str) -> Indicator:
    (tmp_path / "indicators.yaml").write_text(COUNTED + source, encoding="utf-8")
    (tmp_path / "breaks.yaml").write_text("breaks_version: 1\nbreaks: []\n", encoding="utf-8")
    return load_catalogue(tmp_path / "indicators.yaml", tmp_path / "breaks.yaml")["quota"]


def test_a_count_without_a_denominator_enters_by_its_logarithm(tmp_path: Path) -> None:
    (source,) = counted(
        tmp_path, "        log_of: {measure: births, where: {sex: insgesamt}}\n        first_year: 1995\n"
    ).sources
    assert (source.numerator, source.denominator) == (Selection("births", (("sex", "insgesamt"),)), None)
    assert (source.logarithm, source.per, source.first_year) == (True, 100.0, 1995)


@pytest.mark.parametrize(
    "beside", ["per: 100", "given: {measure: rate}", "denominator: {measure: persons}", "minus: {given: {measure: rate}}"]
)
def test_a_logarithm_is_of_a_count_alone(tmp_path: Path, beside: str) -> None:
    with pytest.raises(UserError) as caught:
        counted(tmp_path, f"        log_of: {{measure: births}}\n        {beside}\n")
    assert caught.value.code == "catalogue_invalid"
    assert "indicators.quota.sources[0]" in caught.value.sentence.in_language("de")


def test_an_installation_with_a_mix_does_not_open(tmp_path: Path) -> None:
    for path in FOLDER.glob("*.yaml"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    content = (FOLDER / "indicators.yaml").read_text(encoding="utf-8")
    mixed = content.replace("dataset: bevoelkerung_amtlich\n", "dataset: bevoelkerung\n", 1)
    assert mixed != content
    (tmp_path / "indicators.yaml").write_text(mixed, encoding="utf-8")
    settings = load_settings({"KKZ_CONTRACTS": str(tmp_path), "KKZ_HOME": str(tmp_path / "home")})
    with pytest.raises(UserError) as caught:
        open_installation(settings, [])
    assert caught.value.code == "source_mixed"


def _pairs(selection: Selection) -> list[tuple[str, str]]:
    """The codes that are summed, each with its dimension."""
    if selection.summed is None:
        return []
    dimension, codes = selection.summed
    return [(dimension, code) for code in codes]


def test_every_selection_of_the_project_names_columns_and_codes_of_its_contract() -> None:
    contracts = {contract.dataset: contract for contract in load_contracts(FOLDER).values()}
    for indicator in load_catalogue(FOLDER / "indicators.yaml", FOLDER / "breaks.yaml").values():
        for source in indicator.sources:
            selections = [(source.dataset, source.numerator)]
            if source.denominator is not None:
                selections.append((source.datasets[-1], source.denominator))
            if source.minus is not None:
                selections.append((source.dataset, source.minus.numerator))
                if source.minus.denominator is not None:
                    selections.append((source.datasets[-1], source.minus.denominator))
            for dataset, selection in selections:
                contract = contracts[dataset]
                if contract.measure_from is not None:
                    assert selection.measure in {c.code for c in contract.property_named(contract.measure_from).codes}
                    continue
                assert contract.property_named(selection.measure).role == "measure"
                dimensions = {p.name: {c.code for c in p.codes} for p in contract.properties if p.role == "dimension"}
                named = [*selection.where, *_pairs(selection)]
                assert {name for name, _ in named} == set(dimensions), (indicator.id, dataset)
                assert all(code in dimensions[name] for name, code in [*named, *selection.less])
                assert selection.level is None or selection.level in contract.levels


def test_both_languages_have_the_same_sentences() -> None:
    assert set(catalogue("kkz_eval.indicators", "de")) == set(catalogue("kkz_eval.indicators", "en"))


def project() -> dict[str, Indicator]:
    return load_catalogue(FOLDER / "indicators.yaml", FOLDER / "breaks.yaml")


def test_every_stage_has_an_indicator_or_a_reason_why_it_has_none() -> None:
    reasons = load_not_evaluable(FOLDER / "indicators.yaml")
    assert {i.stage for i in project().values()} | {row.stage for row in reasons} == set(stages())
    delivered = {contract.dataset for contract in load_contracts(FOLDER).values() if contract.source == "municipal"}
    for row in reasons:
        of_stage = {
            i.id for i in project().values() if row.stage in (i.stage, "context")
        }  # what is context hinders other stages too
        assert set(row.indicators) <= of_stage
        assert set(row.datasets) <= delivered


def test_a_reason_about_an_unknown_indicator_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "indicators.yaml"
    reason = "not_evaluable: [{stage: birth, subject: {de: x, en: x}, cause: {too_few: {units: 7}}, indicators: [quote]}]\n"
    file.write_text(ENTRY.format(above="", below="") + reason, encoding="utf-8")
    with pytest.raises(UserError) as raised:
        load_not_evaluable(file)
    assert "not_evaluable[0].indicators" in raised.value.sentence.in_language("de")


@pytest.mark.parametrize(
    "cause",
    [
        "{}",
        "{weather: {}}",
        "{too_few: {units: 7}, not_measured: {among: official_tables}}",  # one cause, or nobody knows which to mend
        "{not_measured: {among: nowhere}}",
        "{held_and_not_obtained: {}}",
        "{held_and_not_obtained: {by: IT.NRW, tables: [{code: 12345-01, level: kreis, first: 1995}]}}",
        "{too_short: {}}",
        "{too_short: {begins: 2016, ends: 2014}}",
        "{too_short: {breaks: []}}",
        "{too_few: {units: 0}}",
        "{not_yet_reached: {}}",
    ],
)
def test_a_cause_that_can_not_be_said_is_refused(tmp_path: Path, cause: str) -> None:
    file = tmp_path / "indicators.yaml"
    reason = f"not_evaluable: [{{stage: birth, subject: {{de: x, en: x}}, cause: {cause}}}]\n"
    file.write_text(ENTRY.format(above="", below="") + reason, encoding="utf-8")
    with pytest.raises(UserError) as raised:
        load_not_evaluable(file)
    assert "not_evaluable[0].cause" in raised.value.sentence.in_language("de")


def test_a_count_is_of_its_station_s_age_unless_it_names_its_own(tmp_path: Path) -> None:
    file = tmp_path / "indicators.yaml"
    counts = "[{name: a, measure: m, datasets: {municipal: d}}, {name: b, measure: m, datasets: {municipal: d}, age: 1, birth_years: 1}]"
    stations = f"stations: [{{age: 2, birth_years: 3, label: {{de: x, en: x}}, counts: {counts}}}]\n"
    file.write_text(ENTRY.format(above="", below="") + stations, encoding="utf-8")
    (station,) = load_stations(file)
    assert [(count.name, count.age, count.birth_years) for count in station.counts] == [("a", 2, 3), ("b", 1, 1)]


def test_a_station_of_an_unknown_indicator_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "indicators.yaml"
    station = "stations: [{age: 2, label: {de: x, en: x}, indicators: [quote]}]\n"
    file.write_text(ENTRY.format(above="", below="") + station, encoding="utf-8")
    with pytest.raises(UserError) as raised:
        load_stations(file)
    assert "stations[0].indicators" in raised.value.sentence.in_language("de")


def test_a_catalogue_without_stations_has_none_and_the_project_goes_from_birth_to_work(tmp_path: Path) -> None:
    file = tmp_path / "indicators.yaml"
    file.write_text(ENTRY.format(above="", below=""), encoding="utf-8")
    assert load_stations(file) == ()
    stations = load_stations(FOLDER / "indicators.yaml")
    ages = [station.age for station in stations]
    assert ages == sorted(ages)
    assert (ages[0], ages[-1]) == (0, 20)
    assert [station.age for station in stations if not station.indicators] == [10]
    official = {contract.dataset for contract in load_contracts(FOLDER).values() if contract.source == "official"}
    for name in (name for station in stations for name in station.indicators):
        assert any(set(source.datasets) <= official for source in project()[name].sources), name


def test_the_programme_stations_are_in_the_catalogue() -> None:
    named = {"a_betr0003_bev0003", "a_betr0306_bev0306", "a_schul_oA", "a_schul_oA_luecke", "q_newfBGu15_bev", "q_auspl"}
    assert named <= set(project())


@pytest.mark.parametrize(
    ("indicator", "years"),
    [
        ("a_schul_oA", {2013, 2020, 2021}),
        ("a_betr0003_bev0003", {2006, 2009, 2011, 2013, 2020, 2022}),
        ("a_betr0306_bev0306", {2006, 2008, 2009, 2011, 2015, 2017, 2020, 2022}),
        ("q_PBG_bev", {2011, 2016, 2020, 2022}),
        ("a_sMin", {2011, 2015, 2016, 2020, 2022}),
        ("q_azubi_1525", {2011, 2014, 2017, 2020, 2022}),
        ("sgbii_quote", {2005, 2009, 2011, 2016, 2020, 2022}),
        ("geburten_je_1000", {2000, 2009, 2011, 2016, 2022}),
        ("geburten_log", {2009}),
        ("jugendarbeitslosenquote", {2005, 2009, 2014, 2017, 2020}),
        ("arbeitslose_u25_log", {2005, 2009, 2020}),
    ],
)
def test_indicators_carry_the_known_breaks(indicator: str, years: set[int]) -> None:
    assert {b.year for b in project()[indicator].breaks} == years


def test_a_break_by_dataset_is_one_of_every_indicator_that_has_it_as_source() -> None:
    for indicator in project().values():
        if "schulabgaenge_amtlich" in {source.dataset for source in indicator.sources}:
            assert {2009, 2013, 2021} <= {b.year for b in indicator.breaks}


def test_a_series_that_begins_after_the_programme_is_no_outcome(tmp_path: Path) -> None:
    plan = (FOLDER / "plans" / "kekiz-2012.yaml").read_text(encoding="utf-8")
    late = plan.replace("q_PBG_bev", "q_newfBGu15_bev")
    (tmp_path / "late.yaml").write_text(late, encoding="utf-8")
    settings = load_settings({"KKZ_CONTRACTS": str(FOLDER), "KKZ_HOME": str(tmp_path / "home")})
    with pytest.raises(UserError) as caught:
        open_installation(settings, [tmp_path / "late.yaml"])
    assert caught.value.code == "baseline_missing"
    assert "2016" in caught.value.sentence.in_language("de")


def test_everything_wrong_in_the_list_of_breaks_is_said_at_once(tmp_path: Path) -> None:
    (tmp_path / "breaks.yaml").write_text(
        "breaks_version: 1\nbreaks:\n  - year: '2011'\n    kind: lawe\n    indicators: [quote]\n"
        "    text: {de: x}\n    source: x\n  - {year: 2012, kind: law, text: {de: x, en: x}, source: x}\n",
        encoding="utf-8",
    )
    with pytest.raises(BreaksInvalid) as caught:
        load_catalogue(FOLDER / "indicators.yaml", tmp_path / "breaks.yaml")
    assert [(problem.path, problem.code, problem.line) for problem in caught.value.problems] == [
        ("breaks[0].year", "wrong_type.integer", 3),
        ("breaks[0].kind", "not_allowed_suggest", 4),
        ("breaks[0].text", "missing_key", 6),
        ("breaks[1]", "choose", 8),
    ]


def test_a_break_of_an_unknown_indicator_names_the_near_one(tmp_path: Path) -> None:
    (tmp_path / "breaks.yaml").write_text(
        "breaks_version: 1\nbreaks: [{year: 2011, kind: law, indicators: [q_auspel], text: {de: x, en: x}, source: x}]\n",
        encoding="utf-8",
    )
    with pytest.raises(BreaksInvalid, match=r"breaks\[0\]\.indicators\[0\].*q_auspl"):
        load_catalogue(FOLDER / "indicators.yaml", tmp_path / "breaks.yaml")


def test_those_of_whom_a_share_is_are_counted_in_an_official_dataset_that_is_named(tmp_path: Path) -> None:
    def read_with(dataset: str) -> dict[str, Indicator]:
        source = (FOLDER / "indicators.yaml").read_text(encoding="utf-8")
        path = tmp_path / "indicators.yaml"
        path.write_text(source.replace("counted: [{dataset: schulabgaenge_amtlich, ", f"counted: [{{{dataset}"), encoding="utf-8")
        return load_catalogue(path, FOLDER / "breaks.yaml")

    origins = {contract.dataset: contract.source for contract in load_contracts(FOLDER).values()}
    check_origins(read_with("dataset: schulabgaenge_amtlich, "), origins)
    for other in ("schulabgaenge", "no_such"):  # what municipalities deliver counts nobody elsewhere
        with pytest.raises(UserError, match=other):
            check_origins(read_with(f"dataset: {other}, "), origins)
    with pytest.raises(CatalogueInvalid):
        read_with("")


def test_a_share_is_per_as_many_as_its_source_counts_it() -> None:
    for indicator in load_catalogue(FOLDER / "indicators.yaml", FOLDER / "breaks.yaml").values():
        if indicator.among is not None:
            assert not indicator.is_gap
            assert {source.per for source in indicator.sources if source.denominator is not None} <= {indicator.among.per}
            assert not any(source.logarithm for source in indicator.sources)
