"""Figures: axes from the data, alternative texts from the plotted data, the same bytes every time."""

from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree as ET

import pandas as pd
import pytest

from kkz_eval.evaluation.verdict.rules import Code
from kkz_eval.reporting.figures import balance, canvas, chain, event_study, trend
from kkz_eval.reporting.figures.balance import Balance, Distance
from kkz_eval.reporting.figures.canvas import NARROW, WIDE
from kkz_eval.reporting.figures.chain import Chain, Link, OutcomeOnChain
from kkz_eval.reporting.figures.event_study import Event, EventStudy
from kkz_eval.reporting.figures.trend import Line, Mark, Trend
from kkz_eval.reporting.sections.changed import trend_of
from kkz_eval.reporting.sections.difference import event_study_of
from kkz_eval.reporting.sections.parts import finding_of

TREND = Trend(
    label="Quote",
    unit="Prozent",
    decimals=1,
    years=tuple(range(2007, 2017)),
    lines=(
        Line("Programm", "Pro-\ngramm", (6.0, 6.1, None, 6.3, 6.0, 5.5, 5.2, 5.0, 4.8, 4.46)),
        Line("Vergleich", "Ver-\ngleich", (5.0, 5.1, 5.2, 5.3, 5.2, 5.1, 5.0, 5.0, 4.9, 4.85)),
    ),
    starts=(Mark(2012, "Programmstart", ""),),
    breaks=(Mark(2013, "Doppeljahrgang", "A"),),
)
STUDY = EventStudy("Quote", "Punkte", 1, (Event(-2, 0.1, -0.5, 0.7), Event(-1, 0, None, None), Event(0, -1.25, -2.5, 0.0)), -1)
BALANCE = Balance(
    (Distance("Quote", "Niveau", 0.71), Distance("Quote", "Verlauf", -1.2), Distance("Plätze", "Niveau", -0.004)), (0.05, 0.25)
)
CHAIN = Chain(
    (
        Link("Geburt", 25, "25 von 100 Berechtigten", (), "nicht im Plan"),
        Link("Schule", None, "keine Lieferung", tuple(OutcomeOnChain(code, f"Quote: {code}") for code in chain._SIGNS), "–"),
        Link("Beruf", 0, "0 von 100 Berechtigten", (OutcomeOnChain(Code.NONE, "Plätze: kein Urteil"),), "–"),
    )
)
PAGES = pytest.mark.parametrize("page", [WIDE, NARROW])


def words(svg):
    return ["".join(node.itertext()) for node in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


def domains(chart):
    found = {}
    for layer in chart.to_dict()["layer"]:
        for channel in ("x", "y"):
            scale = layer["encoding"].get(channel, {}).get("scale")
            if scale:
                found.setdefault(channel, set()).add(tuple(scale["domain"]))
    return found


@PAGES
def test_year_axis_is_exactly_the_window(page):
    assert domains(trend.trend_chart(TREND, page, "de"))["x"] == {(2007, 2016)}


@PAGES
def test_years_are_whole_and_without_separators(page):
    shown = words(canvas.to_svg(trend.trend_chart(TREND, page, "de"), "de"))
    years = [int(word) for word in shown if re.fullmatch(r"\d{4}", word)]
    assert years == sorted(years)
    assert years[0] == 2007
    assert set(years) <= set(TREND.years)
    assert len(years) >= 4


@PAGES
def test_value_axis_follows_the_data(page):
    (domain,) = domains(trend.trend_chart(TREND, page, "de"))["y"]
    assert domain == pytest.approx((4.46 - 0.08 * 1.84, 6.3 + 0.08 * 1.84))


@PAGES
def test_event_axes_hold_all_intervals_and_zero(page):
    found = domains(event_study.event_study_chart(STUDY, page, "de"))
    assert found["x"] == {(-2.5, 0.5)}
    (domain,) = found["y"]
    assert domain[0] < -2.5
    assert domain[1] > 0.7


def test_axis_labels_have_a_decimal_comma_in_german_only():
    german, english = (words(canvas.to_svg(trend.trend_chart(TREND, WIDE, language), language)) for language in ("de", "en"))
    assert "5,5" in german
    assert "5.5" not in german
    assert "5.5" in english


def test_lines_are_labelled_directly_and_marks_named():
    shown = words(canvas.to_svg(trend.trend_chart(TREND, WIDE, "de"), "de"))
    assert {"Programm", "Vergleich", "Programmstart", "A · Doppeljahrgang"} <= set(shown)


def test_a_long_label_is_shortened_to_the_plot():
    changed = replace(TREND, breaks=(Mark(2012, "Sehr lange Beschreibung eines Bruchs der Zeitreihe im Jahr danach", "A"),))
    (shown,) = (word for word in words(canvas.to_svg(trend.trend_chart(changed, WIDE, "de"), "de")) if word.startswith("A ·"))
    assert shown.endswith("…")
    assert len(shown) * canvas.PIXELS_PER_LETTER <= WIDE.width * 4 / 9 + WIDE.label_room  # right of the mark there is more room


def test_a_gap_in_the_data_is_a_gap_in_the_line():
    svg = canvas.to_svg(trend.trend_chart(TREND, WIDE, "de"), "de")
    paths = re.findall(rf'd="(M[^"]*)" stroke="{canvas.TREATED_COLOUR}" stroke-width="2.5"', svg)
    assert [path.count("M") for path in paths] == [2]


def test_svg_refers_to_nothing_and_carries_no_identifier():
    for chart in (trend.trend_chart(TREND, WIDE, "de"), event_study.event_study_chart(STUDY, WIDE, "de")):
        svg = canvas.to_svg(chart, "de")
        assert re.findall(r"https?://[^\"]*", svg) == ["http://www.w3.org/2000/svg"]
        assert not re.search(r"\b(id|href|aria-label|role)=|<script|<image|url\(", svg)


@pytest.mark.parametrize(
    ("chart", "shown"),
    [
        (trend.trend_chart, TREND),
        (event_study.event_study_chart, STUDY),
        (balance.balance_chart, BALANCE),
        (chain.chain_chart, CHAIN),
    ],
)
def test_made_up_figures_are_said_to_be_that_within_every_picture_and_no_others(chart, shown):
    for simulated in (True, False):
        svg = canvas.to_svg(chart(replace(shown, simulated=simulated), WIDE, "de"), "de")
        assert ("simuliert" in words(svg)) == simulated


def test_the_data_of_a_figure_are_what_is_drawn_in_full_precision():
    assert trend.trend_data(TREND, "de").rows[2] == (2009, "Programm", None, "")
    assert trend.trend_data(TREND, "de").rows[9] == (2016, "Programm", 4.46, "")
    assert [row[3] for row in trend.trend_data(TREND, "de").rows if row[3]] == ["Programmstart", "Doppeljahrgang"] * 2
    assert event_study.event_study_data(STUDY, "de").rows == ((-2, 0.1, -0.5, 0.7), (-1, 0, None, None), (0, -1.25, -2.5, 0.0))
    assert balance.balance_data(BALANCE, "de").rows[2] == ("Plätze", "Niveau", -0.004)
    assert chain.chain_data(CHAIN, "de").rows[0] == ("Geburt", 25, "25 von 100 Berechtigten", None, "nicht im Plan")


@pytest.mark.parametrize("language", ["de", "en"])
def test_every_column_of_the_data_says_what_it_means(language):
    for data in (
        trend.trend_data(TREND, language),
        event_study.event_study_data(STUDY, language),
        balance.balance_data(BALANCE, language),
        chain.chain_data(CHAIN, language),
    ):
        assert all(len(variable.meaning) > 3 for variable in data.variables)
        assert len({variable.name for variable in data.variables}) == len(data.variables)
    assert trend.trend_data(TREND, language).variables[2].unit == "Prozent"


@pytest.mark.parametrize(
    ("chart", "shown"),
    [
        (trend.trend_chart, TREND),
        (event_study.event_study_chart, STUDY),
        (balance.balance_chart, BALANCE),
        (chain.chain_chart, CHAIN),
    ],
)
def test_charts_keep_to_the_grammar_that_draws_them(chart, shown):
    """Drawing itself does not check it, to save time."""
    for page in (WIDE, NARROW):
        chart(shown, page, "de").to_dict(validate=True)


def test_the_same_figure_has_the_same_bytes():
    assert trend.draw_trend("f", TREND, (), "de") == trend.draw_trend("f", TREND, (), "de")
    assert event_study.draw_event_study("f", STUDY, (), "de") == event_study.draw_event_study("f", STUDY, (), "de")


def test_names_can_not_break_out_of_the_svg():
    changed = replace(TREND, breaks=(Mark(2008, "</text><script>alert(1)</script>", "A"),))
    svg = canvas.to_svg(trend.trend_chart(changed, WIDE, "de"), "de")
    assert "<script" not in svg
    ET.fromstring(svg)


def test_alternative_text_of_a_trend_holds_each_plotted_value_and_no_other():
    said = trend.trend_alternative_text(TREND, "de")
    for line in TREND.lines:
        part = said.split(f"{line.name}: ")[1].split(". ")[0].rstrip(".")
        values = {int(year): float(value.replace(",", ".")) for year, value in re.findall(r"(\d{4}): ([\d,]+)", part)}
        assert values == {
            year: round(value, 1) for year, value in zip(TREND.years, line.values, strict=True) if value is not None
        }
    assert "Senkrechte Linie bei 2013: Doppeljahrgang." in said


def test_alternative_text_of_an_event_study_is_exact():
    assert event_study.event_study_alternative_text(STUDY, "de") == (
        "Punktdiagramm: Quote, Unterschied (Punkte) nach Jahren seit dem Start. Jahr −2: 0,1 (vereinbar: −0,5 bis 0,7); "
        "Jahr −1: Bezugsjahr, Unterschied null; Jahr 0: −1,2 (vereinbar: −2,5 bis 0,0)."
    )


def test_trend_shows_the_unweighted_means(inputs):
    outcome = inputs.outcomes[0]
    trend = trend_of(inputs, outcome, "de")
    units = inputs.groups.loc[inputs.groups["group"] == "treated", "unit_id"]
    rows = inputs.panel[(inputs.panel["indicator"] == "leavers") & inputs.panel["unit_id"].isin(units)]
    assert trend.lines[0].values == pytest.approx([rows.loc[rows["year"] == year, "value"].mean() for year in trend.years])


def test_a_break_of_the_first_year_is_not_drawn_where_no_year_before_is_shown(inputs):
    outcome = inputs.outcomes[0]
    first, last = outcome.window
    broken = replace(
        outcome, breaks=tuple((year, {"de": str(year), "en": str(year)}) for year in (first, first + 1, last, last + 1))
    )
    assert [mark.year for mark in trend_of(inputs, broken, "de").breaks] == [first + 1, last]


def test_reference_year_is_the_one_left_out(inputs):
    study, method = event_study_of(inputs, inputs.outcomes[0], "de")
    assert study.reference == -1
    assert [event.event_time for event in study.events] == list(range(-5, 5))
    assert method == "Ereignisstudie"


def test_varying_base_has_no_reference_year(inputs, row):
    rows = [
        row("leavers", aggregation="dynamic", event_time=t, estimate=0.1, std_error=0.1, conf_low=-0.1, conf_high=0.3)
        for t in (-2, -1, 0)
    ]
    study, _ = event_study_of(replace(inputs, estimates=pd.DataFrame(rows)), inputs.outcomes[0], "de")
    assert study.reference is None


@pytest.mark.parametrize(
    ("domain", "expected", "digits"),
    [((0.0, 10.0), (0, 2, 4, 6, 8, 10), 0), ((-0.013, 0.021), (-0.01, 0, 0.01, 0.02), 2), ((4.3, 6.4), (4.5, 5, 5.5, 6), 1)],
)
def test_ticks_are_round_and_inside(domain, expected, digits):
    assert canvas.ticks(domain) == (pytest.approx(expected), digits)


def test_nothing_to_draw_is_an_error():
    empty = Line("x", "x", (None,) * 10)
    with pytest.raises(ValueError, match="nothing to draw"):
        trend.trend_chart(replace(TREND, lines=(empty, empty)), WIDE, "de")


@PAGES
def test_balance_axis_has_zero_in_the_middle_and_holds_every_difference(page):
    assert domains(balance.balance_chart(BALANCE, page, "de"))["x"] == {(-1.5, 1.5)}
    assert domains(balance.balance_chart(Balance(BALANCE.distances[2:], BALANCE.lines), page, "de"))["x"] == {(-0.5, 0.5)}


@PAGES
def test_balance_is_labelled_directly(page):
    shown = words(canvas.to_svg(balance.balance_chart(BALANCE, page, "de"), "de"))
    assert [word for word in shown if word in {"Quote", "Plätze"}] == ["Quote", "Plätze"]
    assert [word for word in shown if word in {"Niveau", "Verlauf"}] == ["Niveau", "Verlauf", "Niveau"]
    assert {"±0,05", "±0,25", "0,71", "−1,20", "0,00"} <= set(shown)


@PAGES
def test_balance_lines_stand_on_both_sides_of_zero(page):
    chart = balance.balance_chart(BALANCE, page, "de").to_dict()
    values = [row["smd"] for data in chart["datasets"].values() for row in data if set(row) == {"smd"}]
    assert sorted(values) == [-0.25, -0.05, 0.0, 0.05, 0.25]


def test_text_for_the_balance_names_every_difference_and_line():
    assert balance.balance_alternative_text(BALANCE, "de") == (
        "Punktdiagramm: standardisierte Differenzen zwischen Programm- und Vergleichsgruppe vor dem Start. "
        "Quote, Niveau: 0,71; Quote, Verlauf: −1,20; Plätze, Niveau: 0,00. Senkrechte Linien bei null, ±0,05 und ±0,25."
    )


def test_a_balance_of_nothing_is_not_drawn():
    with pytest.raises(ValueError, match="nothing to draw"):
        balance.balance_chart(Balance((), (0.05, 0.25)), WIDE, "de")


def test_the_event_study_and_the_test_before_the_start_are_of_one_estimator(inputs):
    leavers = inputs.outcomes[0]
    own = inputs.estimates[(inputs.estimates["indicator"] == "leavers") & (inputs.estimates["aggregation"] == "dynamic")]
    assert set(own["estimator"]) == {"es"}
    told = finding_of(inputs, leavers).pre_trend
    assert told is not None
    assert told.estimator == "cs"
    tested = own.assign(estimator="cs", method="callaway_santanna", estimate=own["estimate"] + 1)
    study, method = event_study_of(
        replace(inputs, estimates=pd.concat([inputs.estimates, tested], ignore_index=True)), leavers, "de"
    )
    assert method == "Callaway/Sant’Anna"
    assert {event.estimate for event in study.events if event.conf_low is not None} == set(tested["estimate"])


@PAGES
def test_the_bar_of_the_chain_is_as_long_as_its_share_and_without_a_figure_there_is_none(page):
    chart = chain.chain_chart(CHAIN, page, "de").to_dict()
    bars = [bar for bar in chart["layer"] if bar["mark"]["type"] == "rect"]
    tracks, shares = ([row["x2"] - row["x"] for row in chart["datasets"][bar["data"]["name"]]] for bar in bars)
    assert len(tracks) == 2  # of three stages two have a figure; 0 is one
    assert shares == [pytest.approx(tracks[0] / 4), 0]


@PAGES
def test_the_chain_says_every_stage_its_reach_and_each_verdict_in_words(page):
    said = " ".join(words(canvas.to_svg(chain.chain_chart(CHAIN, page, "de"), "de")))
    alternative = chain.chain_alternative_text(CHAIN, "de")
    for link in CHAIN.links:
        outcomes = [outcome.words for outcome in link.outcomes] or [link.without]
        for told in (link.name, link.reach_words, *outcomes):
            assert told.replace(" ", "") in said.replace(" ", "")
            assert told in alternative


def test_verdicts_on_the_chain_are_told_apart_without_colour():
    assert set(chain._SIGNS) == set(Code) - {Code.DIFFERENCE}
    assert len(set(chain._SIGNS.values())) == len(chain._SIGNS)


def test_a_chain_without_a_stage_is_refused():
    with pytest.raises(ValueError, match="nothing to draw"):
        chain.chain_chart(Chain(()), WIDE, "de")
