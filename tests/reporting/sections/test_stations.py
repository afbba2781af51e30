"""The section on stations: what has not come yet is said, small counts are hidden, nothing is claimed."""

from dataclasses import replace
from typing import get_args

import pandas as pd
import pytest

from kkz_eval.model.texts import Language
from kkz_eval.reporting.build import build_document
from kkz_eval.reporting.disclosure import HIDDEN
from kkz_eval.reporting.document import Section, Table, plain
from kkz_eval.reporting.inputs import STATION_COLUMNS, ReportInputs
from kkz_eval.reporting.sections.stations import stations_section

AGES = {"births": 0, "population_under_3": 1, "care_1": 2, "care_2": 3, "school_entry": 6, "leavers": 16}


def stations(**values: float | str) -> pd.DataFrame:
    """Stations of one unit, born 2012; a word is a state."""
    rows = []
    for name, age in AGES.items():
        given = values.get(name, "missing")
        value, state = (float("nan"), given) if isinstance(given, str) else (given, "known")
        rows.append(("05112000", "Duisburg", 2012, name, 2012 + age, value, state, 2019))
    return pd.DataFrame(rows, columns=list(STATION_COLUMNS))


def section(inputs: ReportInputs, table: pd.DataFrame | None, language: Language) -> Section | None:
    return next(iter(stations_section(replace(inputs, stations=table), language)), None)


def cells(found: Section | None) -> list[str]:
    assert found is not None
    (table,) = (block for block in found.blocks if isinstance(block, Table))
    return [plain(cell) for cell in table.rows[0]]


def test_a_station_not_reached_names_its_year(inputs: ReportInputs) -> None:
    table = stations(births=1228.0, population_under_3=3694.0, school_entry="symbol", leavers="not_reached")
    assert cells(section(inputs, table, "de")) == [
        "Duisburg",
        "1.228",
        "3.694",
        "nicht geliefert",
        "Zeichen statt Zahl",
        "noch nicht erreicht (2028)",
    ]
    assert cells(section(inputs, table, "en"))[-1] == "not reached yet (2028)"


def test_small_counts_are_hidden_and_zero_stays(inputs: ReportInputs) -> None:
    table = stations(births=2.0, population_under_3=0.0, care_2=3.0, leavers="not_reached")
    assert cells(section(replace(inputs, smallest_cell=3), table, "de"))[1:4] == [HIDDEN, "0", "3"]


@pytest.mark.parametrize("language", get_args(Language))
def test_it_says_what_a_pseudo_cohort_is_not(inputs: ReportInputs, language: Language) -> None:
    document = build_document(replace(inputs, stations=stations(births=100.0)), language)
    found = next((found for found in document.sections if found.identifier == "stations"), None)
    assert found is not None
    said = " ".join(plain(block.parts) for block in found.blocks if not isinstance(block, Table) and hasattr(block, "parts"))
    for word in {"de": ("keine Erfolgsquote", "fortzog", "Wirkung"), "en": ("no rate of success", "moved in or out", "effect")}[
        language
    ]:
        assert word in said


@pytest.mark.parametrize("table", [None, stations().iloc[:0]])
def test_without_deliveries_there_is_no_section(inputs: ReportInputs, table: pd.DataFrame | None) -> None:
    assert section(inputs, table, "de") is None


def test_a_station_given_twice_is_refused(inputs: ReportInputs) -> None:
    with pytest.raises(ValueError, match="stations"):
        replace(inputs, stations=pd.concat([stations(), stations()]))
