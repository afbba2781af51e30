"""The catalogue for readers: each indicator in words, where plans use it, and its official series, which names no unit."""

from __future__ import annotations

import re
import statistics
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from five_years import YEARS

from kkz_eval.indicators.official_ranges import FEWEST
from kkz_eval.line.indicator_entries import IndicatorEntry, found_by, indicator_entries, official_series
from kkz_eval.line.installation import Installation, open_installation
from kkz_eval.line.series_figure import lettered, series_figure
from kkz_eval.line.snapshot import Snapshot, current_snapshot
from kkz_eval.model.texts import LANGUAGES
from kkz_eval.settings import Settings

CONTRACTS = Path(__file__).parents[2] / "data_contracts"
LEAVERS = "schulabgaenge_ohne_abschluss"


@pytest.fixture(scope="module")
def entries(tmp_path_factory: pytest.TempPathFactory) -> tuple[IndicatorEntry, ...]:
    home = tmp_path_factory.mktemp("home")
    return indicator_entries(open_installation(Settings(home=home, inbox=home / "inbox", contracts=CONTRACTS)))


@pytest.fixture
def snapshot(own: Installation) -> Snapshot:
    return current_snapshot(own)


def entry_of(entries: tuple[IndicatorEntry, ...], name: str) -> IndicatorEntry:
    found = found_by(entries, name)
    assert found is not None
    return found


def test_every_indicator_is_told_in_words_of_its_contracts(entries: tuple[IndicatorEntry, ...]) -> None:
    for entry in entries:
        assert entry.sources
        assert len(entry.sources) == len(entry.indicator.sources)
        said = [line.in_language(language) for source in entry.sources for line in source.how for language in LANGUAGES]
        assert not [line for line in said if re.search(r"[a-z]_[a-z]|\{", line)], entry.indicator.id


def test_a_rate_names_what_is_counted_and_of_which_dataset_the_denominator_is(entries: tuple[IndicatorEntry, ...]) -> None:
    how = [line.in_language("de") for line in entry_of(entries, "betreuungsquote_u3").sources[0].how]
    assert how == [
        "Gezählt werden: Kinder in Betreuung.",
        "Geteilt durch: Bevölkerung (Altersgruppe: unter 3 Jahre; aus „Bevölkerung nach Alter und Geschlecht, amtliche Statistik“).",
        "Mal 100.",
    ]


def test_a_gap_names_the_denominator_of_the_dataset_that_is_read(entries: tuple[IndicatorEntry, ...]) -> None:
    (first, second) = entry_of(entries, "regelleistungsquote_luecke").sources[0].how
    assert "geteilt durch Bevölkerung (ohne Geschlecht: weiblich" in first.in_language("de")
    assert "geteilt durch Bevölkerung (Geschlecht: weiblich" in second.in_language("de")


def test_a_plan_is_named_with_what_it_takes_an_indicator_for(entries: tuple[IndicatorEntry, ...]) -> None:
    roles = {(use.plan_id, use.role) for use in entry_of(entries, "a_schul_oA").uses}
    assert {("kekiz-2012", "primary"), ("kekiz-2012-kette", "primary")} <= roles
    context = [use.role for use in entry_of(entries, "q_bip_ew").uses if use.plan_id == "kekiz-2012"]
    assert context == ["negative_control", "covariate"]


def test_stages_follow_each_other_from_birth_to_work(entries: tuple[IndicatorEntry, ...]) -> None:
    stages = list(dict.fromkeys(entry.indicator.stage for entry in entries))
    assert (stages[0], stages[-1]) == ("birth", "context")
    assert len(stages) == len(set(stages))


def test_a_series_has_the_quarters_of_all_kreise_and_the_rate_of_all_together(snapshot: Snapshot) -> None:
    (series,) = official_series(snapshot, entry_of(indicator_entries(snapshot.installation), LEAVERS))
    counts: dict[int, dict[str, dict[str, float]]] = defaultdict(lambda: defaultdict(dict))
    for row in snapshot.accepted("schulabgaenge_amtlich").observations.to_pylist():
        of = dict(row["dimensions"])
        if of["sex"] == "insgesamt" and of["nationality"] == "insgesamt" and len(row["unit_id"]) == 5:
            counts[row["year"]][row["unit_id"]][of["certificate"]] = row["value"]
    assert [one.year for one in series.years] == list(YEARS)
    for one in series.years:
        parts = [(found["ohne_abschluss"], found["insgesamt"]) for found in counts[one.year].values()]
        rates = [100 * part / whole for part, whole in parts]
        assert one.n == len(rates) == 53
        low, middle, high = statistics.quantiles(rates, n=4, method="inclusive")
        assert (one.low, one.middle, one.high) == pytest.approx((low, middle, high))
        assert one.whole == pytest.approx(100 * sum(part for part, _ in parts) / sum(whole for _, whole in parts))
    assert series.simulated
    assert "simuliert" in series.title.in_language("de")


def test_an_indicator_without_accepted_figures_has_no_series(snapshot: Snapshot) -> None:
    assert official_series(snapshot, entry_of(indicator_entries(snapshot.installation), "gisd_score")) == ()


def test_what_only_municipalities_deliver_has_no_series(snapshot: Snapshot) -> None:
    assert official_series(snapshot, entry_of(indicator_entries(snapshot.installation), "praeventiver_ausgabenanteil")) == ()


def test_of_too_few_units_nothing_is_told(own: Installation) -> None:
    class Few(Snapshot):
        def indicator(self, *arguments, **others):
            found = super().indicator(*arguments, **others)
            units = sorted(set(found.indicators.column("unit_id").to_pylist()))[: FEWEST - 1]
            keep = np.isin(found.indicators.column("unit_id").to_pylist(), units)
            return replace(found, indicators=found.indicators.filter(keep))

    now = current_snapshot(own)
    few = Few(now.installation, now.register, now.head, now.name, now.day)
    (series,) = official_series(few, entry_of(indicator_entries(own), LEAVERS))
    assert {(one.n, one.low, one.middle, one.high, one.whole) for one in series.years} == {(FEWEST - 1, None, None, None, None)}
    assert series_figure(series, "de") is None


def test_the_figure_tells_first_and_last_year_and_its_breaks_in_words(snapshot: Snapshot) -> None:
    (series,) = official_series(snapshot, entry_of(indicator_entries(snapshot.installation), LEAVERS))
    figure = series_figure(series, "de")
    assert figure is not None
    assert "Simulierte Daten." in figure.alternative_text
    assert re.search(r"2010: Median \d+,\d+, mittlere Hälfte \d+,\d+ bis \d+,\d+\.", figure.alternative_text)
    assert "Senkrechte Linie bei 2013: Doppelter Abiturjahrgang" in figure.alternative_text
    assert [letter for letter, _ in lettered(series)] == ["A"]
    assert ' style="' not in figure.svg_wide + figure.svg_narrow  # the desk's pages admit no style within
