"""A generation on its way: which year is its station, and what stands in place of a figure."""

from pathlib import Path

import pandas as pd

from kkz_eval.indicators.catalogue import Station, load_catalogue
from kkz_eval.indicators.generation import Standing, StationSeries, followed, generations

FOLDER = Path(__file__).parents[2] / "data_contracts"
LEAVERS = load_catalogue(FOLDER / "indicators.yaml", FOLDER / "breaks.yaml")["a_schul_oA"]
LABEL = {"de": "Abgang", "en": "Leaving"}
COLUMNS = ["unit_id", "year", "value", "numerator", "denominator"]
TODAY = 2026


def series(age: int, *years: int) -> StationSeries:
    """A station that one unit has figures of in these years; none where no series shows it."""
    values = pd.DataFrame([("05111", year, 5.0, None, None) for year in years], columns=COLUMNS)
    return StationSeries(Station(LABEL, age), LEAVERS if years else None, values)


def test_a_year_of_birth_passes_a_station_at_its_age() -> None:
    assert series(16, 2015, 2016).standing(2000, TODAY) == (Standing.KNOWN, 2016)


def test_without_a_figure_it_says_whether_the_series_or_the_time_is_why() -> None:
    leaving = series(16, 2012, 2013, 2015)
    assert leaving.standing(1995, TODAY) == (Standing.BEFORE, 2012)
    assert leaving.standing(1998, TODAY) == (Standing.MISSING, 2014)
    assert leaving.standing(2008, TODAY) == (Standing.AFTER, 2015)
    assert leaving.standing(2012, TODAY) == (Standing.NOT_REACHED, 2028)


def test_a_station_that_nothing_shows_is_not_reached_before_its_year_and_unknown_after_it() -> None:
    assert series(10).standing(2012, TODAY) == (Standing.NO_SERIES, 2022)
    assert series(20).standing(2012, TODAY) == (Standing.NOT_REACHED, 2032)


def test_years_of_birth_are_shown_as_far_as_there_are_figures() -> None:
    both = (series(2, *range(2006, 2021)), series(16, *range(2012, 2023)))
    assert generations(both, 2012, TODAY) == (1996, 2000, 2004, 2008, 2012, 2016)
    assert generations(both[:1], 2012, TODAY) == (2004, 2008, 2012, 2016)
    assert generations((series(10),), 2012, TODAY) == ()


def test_unit_by_unit_those_of_the_start_are_followed_and_the_youngest_with_most_stations() -> None:
    stations = (series(2, *range(2006, 2021)), series(5, *range(2006, 2021)), series(16, *range(2012, 2023)))
    assert followed(stations, 2012, TODAY) == (2004, 2012)
    assert followed(stations[:1], 2012, TODAY) == (2012, 2016)
    assert followed((), 2012, TODAY) == ()


def test_the_rows_of_some_units_in_a_year() -> None:
    assert series(16, 2015, 2016).of_units(["05111", "05112"], 2016)["value"].tolist() == [5.0]
    assert series(16, 2015).of_units(["05112"], 2015).empty
