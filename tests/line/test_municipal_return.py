"""What a municipality gets back is its own, counted anew here from the observations; of others there are ranges, and nothing small leaves."""

from __future__ import annotations

import io
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from statistics import quantiles

import pytest
from openpyxl import load_workbook
from returned_world import ARNSBERG, BIELEFELD, DUEREN, MOERS, YEARS, make_world, opened

from kkz_eval.indicators.official_ranges import ALIKE, FEWEST, alike_in_need, spread_of
from kkz_eval.line.municipal_return import returned_of, unit_of
from kkz_eval.line.return_files import Form, file_name, made, workbook_of
from kkz_eval.line.snapshot import Snapshot, current_snapshot
from kkz_eval.model.errors import UserError
from kkz_eval.model.simulated import SIGN
from kkz_eval.model.texts import LANGUAGES
from kkz_eval.reference.tables import kreise, unit_name
from kkz_eval.reporting.document import Document, plain, readable_texts
from kkz_eval.reporting.returned.document import document_of
from kkz_eval.reporting.returned.gaps import questions_of
from kkz_eval.reporting.returned.tables import tables_of
from kkz_eval.reporting.returned.values import IndicatorReturn, Returned
from kkz_eval.stewardship.sight import Sight
from kkz_eval.storage.store import Store
from kkz_eval.storage.writer import writing_alone


@pytest.fixture(scope="module")
def world(made_once: Callable[[str, Callable[[Path], object]], Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy: files are kept in its home."""
    return Path(shutil.copytree(made_once("municipal_return", make_world), tmp_path_factory.mktemp("returned") / "world"))


@pytest.fixture(scope="module")
def snapshot(world: Path) -> Snapshot:
    return current_snapshot(opened(world))


@pytest.fixture(scope="module")
def bielefeld(snapshot: Snapshot) -> Returned:
    return returned_of(snapshot, unit_of(BIELEFELD))


@pytest.fixture(scope="module")
def page(bielefeld: Returned) -> Document:
    return document_of(bielefeld, "de")


def counts(snapshot: Snapshot, dataset: str, measure: str, **codes: str) -> dict[tuple[str, int], float]:
    """The accepted counts of a measure and these codes, by unit and year, read without the catalogue."""
    return {
        (row["unit_id"], row["year"]): row["value"]
        for row in snapshot.accepted(dataset).observations.to_pylist()
        if row["measure"] == measure and dict(row["dimensions"]).items() == codes.items() and row["value"] is not None
    }


def per_hundred(above: Mapping[tuple[str, int], float], below: Mapping[tuple[str, int], float]) -> dict[tuple[str, int], float]:
    return {place: 100 * above[place] / below[place] for place in above.keys() & below.keys()}


def leavers(snapshot: Snapshot, dataset: str) -> dict[tuple[str, int], float]:
    """Leavers without certificate of a hundred, from the two counts."""
    where = {"sex": "insgesamt", "nationality": "insgesamt"}
    parts = (counts(snapshot, dataset, "leavers", certificate=of, **where) for of in ("ohne_abschluss", "insgesamt"))
    return per_hundred(*parts)


def of(returned: Returned, indicator: str) -> IndicatorReturn:
    return next(one for one in returned.indicators if one.indicator == indicator)


def test_own_values_are_those_of_the_delivery_and_of_the_office(snapshot: Snapshot, bielefeld: Returned) -> None:
    found = of(bielefeld, "schulabgaenge_ohne_abschluss")
    for series, key, dataset in (
        (found.delivered, BIELEFELD, "schulabgaenge"),
        (found.official, "05711", "schulabgaenge_amtlich"),
    ):
        expected = {year: value for (unit, year), value in leavers(snapshot, dataset).items() if unit == key}
        assert series is not None
        assert set(expected) == set(YEARS)
        assert {point.year: point.value for point in series.points} == pytest.approx(
            {year: round(value, 2) for year, value in expected.items()}
        )


def test_a_range_is_that_of_the_official_figures_of_all_kreise(snapshot: Snapshot, bielefeld: Returned) -> None:
    official = leavers(snapshot, "schulabgaenge_amtlich")
    found = of(bielefeld, "schulabgaenge_ohne_abschluss")
    assert found.level == "kreis"
    for year in YEARS:
        values = [value for (_, of_year), value in official.items() if of_year == year]
        first, _, third = quantiles(values, n=4, method="inclusive")
        spread = found.ranges_at(year)
        assert spread is not None
        assert spread.all_units is not None
        assert spread.all_units.n == len(values) == 53
        shown = (spread.all_units.low, spread.all_units.first_quartile, spread.all_units.third_quartile, spread.all_units.high)
        assert shown == pytest.approx((min(values), first, third, max(values)), abs=0.005001)


def test_alike_are_those_of_the_same_kind_with_the_nearest_need_before_the_beginning(
    snapshot: Snapshot, bielefeld: Returned
) -> None:
    persons = counts(snapshot, "mindestsicherung_amtlich", "persons", group="persons")
    people = counts(snapshot, "bevoelkerung_amtlich", "persons", age_group="insgesamt", sex="insgesamt", nationality="insgesamt")
    need = per_hundred(persons, people)
    cities = [kreis.ags5 for kreis in kreise() if kreis.kind == "kreisfreie_stadt"]
    mean = {key: sum(need[key, year] for year in range(2007, 2011)) / 4 for key in cities}
    others = sorted((key for key in cities if key != "05711"), key=lambda key: abs(mean[key] - mean["05711"]))[:ALIKE]
    alike = bielefeld.alike
    assert alike is not None
    assert (alike.n, alike.kind, alike.first, alike.last) == (ALIKE, "kreisfrei", 2007, 2010)
    own = (min(mean[key] for key in others), max(mean[key] for key in others), mean["05711"])
    assert (alike.low, alike.high, alike.own) == pytest.approx(own, abs=0.005001)
    official = leavers(snapshot, "schulabgaenge_amtlich")
    values = [official[key, 2014] for key in others]
    first, _, third = quantiles(values, n=4, method="inclusive")
    spread = of(bielefeld, "schulabgaenge_ohne_abschluss").ranges_at(2014)
    assert spread is not None
    assert spread.alike is not None
    assert (spread.alike.first_quartile, spread.alike.third_quartile) == pytest.approx((first, third), abs=0.005001)


def test_a_town_has_no_range_of_kreise_and_the_page_says_why(snapshot: Snapshot) -> None:
    arnsberg = returned_of(snapshot, unit_of(ARNSBERG))
    assert all(one.official is None and not one.ranges for one in arnsberg.indicators)
    assert of(arnsberg, "schulabgaenge_ohne_abschluss").delivered is not None
    text = "\n".join(readable_texts(document_of(arnsberg, "de")))
    assert "Für kreisangehörige Städte gibt die amtliche Statistik hier keinen Bedarf an" in text


def test_what_a_youth_office_delivers_is_that_of_its_municipality(snapshot: Snapshot) -> None:
    cases = counts(
        snapshot, "hilfen_zur_erziehung", "cases", kind_of_support="insgesamt", age_at_start="insgesamt", sex="insgesamt"
    )
    series = of(returned_of(snapshot, unit_of(DUEREN)), "hilfen_beginn_unter_6").delivered
    assert series is not None
    assert {point.year for point in series.points} == {year for unit, year in cases if unit == f"JH{DUEREN}999"}


def test_an_office_is_shown_what_it_delivers_and_nothing_of_others(snapshot: Snapshot) -> None:
    key = f"JH{DUEREN}999"
    part = returned_of(snapshot, unit_of(DUEREN), Sight(frozenset({key})))
    assert part.is_part
    assert {one.delivered.dataset for one in part.indicators if one.delivered is not None} == {"hilfen_zur_erziehung"}
    assert {row.dataset for row in part.datasets} == {"hilfen_zur_erziehung", "ausgaben_jugendhilfe"}
    assert (part.offers, part.goals, part.gaps, part.ties) == (None, (), (), ())
    text = "\n".join(readable_texts(document_of(part, "de")))
    assert "Was andere Stellen Ihrer Kommune liefern" in text
    assert "Angebote und Übergaben" not in text


def test_goals_stand_with_the_value_of_their_year_or_why_there_is_none(snapshot: Snapshot) -> None:
    arnsberg = returned_of(snapshot, unit_of(ARNSBERG))
    rows = [row for row in snapshot.accepted("ziele").observations.to_pylist() if row["unit_id"] == ARNSBERG]
    assert {one.goal for one in arnsberg.goals} == {dict(row["dimensions"])["goal"] for row in rows}
    for one in arnsberg.goals:
        assert (one.value is not None) == (one.state in ("reached", "not_reached"))
        assert one.state != "not_yet" or (one.target_year or 0) > (one.newest_year or 0) >= YEARS[-1] - 1


def test_questions_are_about_its_own_services(snapshot: Snapshot, bielefeld: Returned) -> None:
    assert bielefeld.offers is not None
    low = [
        row.stage
        for row in bielefeld.offers.stages
        if row.stage != "family" and row.reach is not None and row.reach.reached / row.reach.eligible < 0.495
    ]
    asked = {name: plain(said) for name, said in questions_of(bielefeld, "de")}
    assert bool(low) == ("reach" in asked)
    assert asked["reach"].count("von hundert Berechtigten") == len(low)
    assert "Kommunen nennen" not in " ".join(asked.values())  # those of the report are about all


def test_no_other_municipality_is_named(snapshot: Snapshot, page: Document, bielefeld: Returned) -> None:
    breaks = {text for one in bielefeld.indicators for _, texts in one.breaks for text in texts.values()}
    said = "\n".join(readable_texts(page))
    said += "\n".join(str(cell) for table in tables_of(bielefeld, "de") for row in table.rows for cell in row)
    for text in breaks:
        said = said.replace(text, "")
    others = [kreis.name for kreis in kreise() if kreis.ags5 != "05711"]
    assert "Bielefeld" in said
    assert [name for name in others if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", said)] == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("unit", [ARNSBERG, MOERS])
def test_nothing_on_page_or_in_workbook_claims_more_than_it_may(snapshot: Snapshot, unit: str, language: str) -> None:
    returned = returned_of(snapshot, unit_of(unit))
    document = document_of(returned, language)  # which raises where a text does
    tables_of(returned, language)
    assert document.banner is not None
    assert unit_name(unit) in plain(document.title)


def test_who_has_nothing_accepted_is_told_so_and_what_to_deliver(snapshot: Snapshot) -> None:
    moers = returned_of(snapshot, unit_of(MOERS))
    assert moers.is_empty
    assert moers.indicators == ()
    text = "\n".join(readable_texts(document_of(moers, "de")))
    assert "Von Moers ist bisher keine Lieferung angenommen." in text
    for contract in snapshot.contracts.values():
        if contract.source == "municipal":
            assert contract.title_de in text


def hiding(snapshot: Snapshot, smallest_cell: int) -> Snapshot:
    """The same snapshot where contracts hide counts below so much."""
    contracts = {key: replace(contract, smallest_cell=smallest_cell) for key, contract in snapshot.contracts.items()}
    installation = replace(snapshot.installation, contracts=contracts)
    return Snapshot(installation, snapshot.register, snapshot.head, f"{snapshot.name}-{smallest_cell}", snapshot.day)


def test_what_rests_on_a_small_count_is_in_no_file(snapshot: Snapshot) -> None:
    young = counts(snapshot, "geburten_fruehe_hilfen", "mothers_under_20")
    own = {year: count for (unit, year), count in young.items() if unit == ARNSBERG}
    limit = int(sorted(own.values())[len(own) // 2]) + 1
    returned = returned_of(hiding(snapshot, limit), unit_of(ARNSBERG))
    series = of(returned, "muetter_unter_20").delivered
    assert series is not None
    small = {year for year, count in own.items() if count < limit}
    assert small
    assert {point.year for point in series.points if point.is_hidden} == small
    assert all(point.value is None for point in series.points if point.is_hidden)
    text = "\n".join(readable_texts(document_of(returned, "de")))
    (table, *_) = tables_of(returned, "de")
    rows = [row for row in table.rows if row[0] == "Geburten bei Müttern unter 20 Jahren" and row[2] in small]
    assert [(row[4], row[-2]) for row in rows] == [(None, "nicht gezeigt: kleine Anzahl")] * len(small)
    assert f"Anzahlen unter {limit}" in text
    assert "•" in text


def test_a_range_stands_from_a_stated_number_of_units_on() -> None:
    assert spread_of([1.0] * (FEWEST - 1), 2) is None
    assert spread_of([*map(float, range(FEWEST)), float("nan")], 2) is not None
    units = "abcdefghijklm"
    kinds, need = dict.fromkeys(units, "kreis"), {key: float(place) for place, key in enumerate(units)}
    assert alike_in_need("a", need, kinds) == tuple("bcdefghijk")
    assert alike_in_need("f", need, kinds) == tuple("abcdeghijk")
    assert alike_in_need("a", need, {**kinds, **dict.fromkeys("bcd", "kreisfrei")}) == ()
    assert alike_in_need("z", need, kinds) == ()


def test_the_workbook_has_numbers_as_numbers_and_says_on_each_sheet_that_it_is_made_up(snapshot: Snapshot) -> None:
    book = load_workbook(io.BytesIO(made(snapshot, unit_of(ARNSBERG), Form.WORKBOOK, "de")))
    assert book.sheetnames == ["Reihen", "Ziele", "Lücken", "Codebuch"]
    assert all(sheet["A2"].value == SIGN for sheet in book)
    rows = list(book["Reihen"].iter_rows(values_only=True))
    head = next(place for place, row in enumerate(rows) if row[0] == "Kennzahl")
    own = [row for row in rows[head + 1 :] if row[0] == "Schulabgänge ohne Hauptschulabschluss"]
    expected = {year: round(value, 2) for (unit, year), value in leavers(snapshot, "schulabgaenge").items() if unit == ARNSBERG}
    assert {row[2]: row[4] for row in own} == pytest.approx(expected)
    assert {row[-1] for row in rows[head + 1 :]} == {"true"}
    columns = [cell for cell in rows[head] if cell is not None]
    explained = [row[1] for row in book["Codebuch"].iter_rows(values_only=True) if row[0] == "Reihen"]
    assert explained == columns


def test_own_words_stay_texts_and_are_left_out_where_they_claim_an_effect(snapshot: Snapshot) -> None:
    arnsberg = returned_of(snapshot, unit_of(ARNSBERG))
    first, second, *_ = arnsberg.goals
    goals = (replace(first, goal="=HYPERLINK(1)"), replace(second, goal="Das Programm wirkt in Arnsberg"))
    returned = replace(arnsberg, goals=goals)
    text = "\n".join(readable_texts(document_of(returned, "de")))
    assert "wirkt in Arnsberg" not in text
    assert "=HYPERLINK(1)" in text
    sheet = load_workbook(io.BytesIO(workbook_of(returned, "de")))["Ziele"]
    cell = next(cell for (cell, *_) in sheet.iter_rows() if cell.value == "=HYPERLINK(1)")
    assert (cell.data_type, cell.quotePrefix) == ("s", True)


def test_the_same_inputs_give_the_same_bytes_and_are_made_once(world: Path, snapshot: Snapshot) -> None:
    unit = unit_of(MOERS)
    home = snapshot.installation.settings.home
    before = kept(home)
    with writing_alone(home, "a run", print):  # who reads waits for nobody, and keeps nothing beside a writer
        first = made(snapshot, unit, Form.PAGE, "de")
    assert kept(home) == before
    again = made(current_snapshot(opened(world)), unit, Form.PAGE, "de")
    assert again == first
    (key,) = kept(home) - before
    assert made(snapshot, unit, Form.PAGE, "de") == first
    assert kept(home) - before == {key}
    assert file_name(MOERS, Form.WORKBOOK, "de").encode() in first  # the page leads to what lies beside it


def kept(home: Path) -> set[str]:
    return set(Store.at(str(home)).list("derived/municipal_return"))


def test_an_unknown_municipality_is_refused() -> None:
    with pytest.raises(UserError, match="0571"):
        unit_of("0571")
