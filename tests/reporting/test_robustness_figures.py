"""Figures on whether results stand: every estimate in the order of the plan, axes from the data, no verdict where there is none."""

from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree as ET

import pandas as pd
import pytest

from kkz_eval.evaluation.verdict.rules import Code
from kkz_eval.reporting import claims
from kkz_eval.reporting.document import Figure, Listing, plain
from kkz_eval.reporting.figures import canvas
from kkz_eval.reporting.figures.canvas import NARROW, WIDE
from kkz_eval.reporting.figures.chance import Bin, Chance, chance_alternative_text, chance_chart, chance_data
from kkz_eval.reporting.figures.power import Power, Seen, draw_power, power_alternative_text, power_chart, power_data
from kkz_eval.reporting.figures.ranges import Heading, Range, ranges_chart
from kkz_eval.reporting.figures.sensitivity import sensitivity_alternative_text, sensitivity_chart, sensitivity_data
from kkz_eval.reporting.figures.specification_curve import (
    specification_curve_alternative_text,
    specification_curve_chart,
    specification_curve_data,
)
from kkz_eval.reporting.sections.parts import finding_of
from kkz_eval.reporting.sections.robustness_figures import (
    chance_of,
    power_blocks,
    robustness_figures,
    sensitivity_of,
    specification_curve_of,
)

PAGES = pytest.mark.parametrize("page", [WIDE, NARROW])
CHANCE = Chance(
    "Quote",
    "Punkte",
    2,
    (Bin(-3, -2, 0.01), Bin(-2, -1, 0.19), Bin(-1, 0, 0.3), Bin(0, 1, 0.3), Bin(1, 2, 0.19), Bin(2, 3, 0.01)),
    observed=-2.0,
    center=0.0,
    p=0.02,
    n_assignments=100,
    exact=True,
)
POWER = Power((Seen("Quote", "Punkte", 1, 2.5, 1.0), Seen("Plätze", "Stück", 0, 30.0, 40.0)))


def shown_of(inputs, made, position=0, language="de", **changes):
    changed = replace(inputs, **changes)
    outcome = changed.outcomes[position]
    return made(changed, outcome, finding_of(changed, outcome), language)


def words(svg):
    return ["".join(node.itertext()) for node in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


def domain_of(chart, channel="x"):
    scales = [layer["encoding"].get(channel, {}).get("scale") for layer in chart.to_dict(validate=True)["layer"]]
    (domain,) = {tuple(scale["domain"]) for scale in scales if scale and "domain" in scale}
    return domain


def test_the_curve_has_every_estimate_in_the_order_of_the_plan(inputs):
    curve = shown_of(inputs, specification_curve_of)
    assert [each.key for each in curve.methods] == ["verdict", "twfe", "cs"]
    assert [each.key for each in curve.specifications] == ["two_way", "log", "neighbours"]
    assert [each.row.decides for each in curve.methods] == [True, False, False]


def test_a_refused_estimate_and_one_on_another_scale_are_told_in_words(inputs):
    refused, other, against = shown_of(inputs, specification_curve_of).specifications
    assert refused.row == Range("Alle mit allen", words="verweigert")
    assert other.row.ends == ()
    assert other.row.words == "−0,2 (−0,3 bis −0,1)"
    assert "andere Skala" in other.row.label
    assert against.row.ends == pytest.approx((-0.4, 0.3, 1.0))


def test_where_no_verdict_rests_on_it_no_estimate_decides(inputs):
    outcome = inputs.outcomes[2]
    assert finding_of(inputs, outcome).verdict.code is Code.NOT_COMPARABLE
    curve = shown_of(inputs, specification_curve_of, 2)
    assert not any(each.row.decides for each in curve.methods)
    assert "maßgeblich" not in specification_curve_alternative_text(curve, "de")
    (section,) = robustness_figures(inputs, "de")
    (own,) = (part for part in section.sections if part.title[0].text.startswith("Beginn der Hilfe"))
    assert "Ein Urteil tragen diese Zahlen nicht" in plain(own.blocks[0].parts)
    assert section.kind == "technical"


@PAGES
def test_the_axis_of_the_curve_holds_every_range_and_zero_and_no_more_than_a_margin(inputs, page):
    curve = shown_of(inputs, specification_curve_of)
    low, high = domain_of(specification_curve_chart(curve, page, "de"))
    assert (low, high) == pytest.approx((-2.02 - 0.08 * 3.02, 1.0 + 0.08 * 3.02))


@PAGES
def test_the_curve_is_labelled_directly(inputs, page):
    curve = shown_of(inputs, specification_curve_of)
    said = " ".join(words(canvas.to_svg(specification_curve_chart(curve, page, "de"), "de")))
    for each in (*curve.methods, *curve.specifications):
        assert each.row.label.replace(" ", "") in said.replace(" ", "")
    assert "verweigert" in said


def test_the_data_of_the_curve_are_in_full_precision(inputs):
    data = specification_curve_data(shown_of(inputs, specification_curve_of), "de")
    rows = {row[1]: row[3:] for row in data.rows}
    assert rows["verdict"] == (1, -1.24, -2.02, -0.46, "Prozentpunkte")
    assert rows["two_way"] == (0, None, None, None, "Prozentpunkte")
    assert rows["log"][4] == "andere Skala als die Kennzahl"


def test_the_alternative_text_of_the_curve_tells_every_estimate(inputs):
    said = specification_curve_alternative_text(shown_of(inputs, specification_curve_of), "de")
    assert "Aus allen Zuordnungen ausgezählt (maßgeblich): −1,2 (−2,0 bis −0,5)" in said
    assert "Alle mit allen: verweigert" in said
    assert "Ohne Nachbarn: 0,3 (−0,4 bis 1,0)" in said


def test_no_place_is_named_where_each_is_left_out(inputs):
    sensitivity = shown_of(inputs, sensitivity_of)
    assert len(sensitivity.left_out) == 14
    said = sensitivity_alternative_text(sensitivity, "de")
    assert "14 Schätzungen" in said
    assert "058" not in said
    assert not any("058" in str(cell) for row in sensitivity_data(sensitivity, "de").rows for cell in row)


def test_bounds_are_those_of_the_years_of_the_verdict_and_one_without_end_has_no_place_on_the_axis(inputs):
    sensitivity = shown_of(inputs, sensitivity_of)
    assert [(bound.kind, bound.size, bound.low) for bound in sensitivity.bounds] == [
        ("relative", 0.5, -2.5),
        ("relative", 1.0, -3.5),
        ("relative", 2.0, None),
        ("smooth", 0.0, -1.9),
    ]
    low, high = domain_of(sensitivity_chart(sensitivity, WIDE, "de"))
    assert low > -4
    assert high < 1.5
    assert "kein Bereich" in words(canvas.to_svg(sensitivity_chart(sensitivity, WIDE, "de"), "de"))


def test_the_distribution_is_that_of_the_row_of_the_verdict(inputs):
    chance = shown_of(inputs, chance_of)
    assert (chance.observed, chance.center, chance.n_assignments) == (-1.24, 0.06, 3003)
    assert chance.p == pytest.approx(0.006)
    assert chance.bins[-1].high > chance.bins[-1].low
    other = inputs.chance.assign(estimator="twfe")
    assert shown_of(inputs, chance_of, chance=other) is None


@PAGES
def test_the_axis_of_chance_holds_every_bar_and_the_real_estimate(page):
    assert domain_of(chance_chart(CHANCE, page, "de")) == pytest.approx((-3.18, 3.18))
    far = replace(CHANCE, observed=-7.0)
    assert domain_of(chance_chart(far, page, "de"))[0] == pytest.approx(-7.3)


def test_bars_as_far_out_as_the_real_estimate_are_told_from_the_others():
    assert [CHANCE.is_as_far(one) for one in CHANCE.bins] == [True, False, False, False, False, True]
    assert sum(row[2] for row in chance_data(CHANCE, "de").rows if row[3]) == pytest.approx(CHANCE.p)
    svg = canvas.to_svg(chance_chart(CHANCE, WIDE, "de"), "de")
    assert len(re.findall(f'fill="{canvas.TREATED_COLOUR}"', svg)) == 2
    assert "wirklich: −2,00" in words(svg)


def test_equal_shares_have_equal_areas():
    uneven = replace(CHANCE, bins=(Bin(-2, -1, 0.5), Bin(-1, 1, 0.5)))
    layers = chance_chart(uneven, WIDE, "de").to_dict()
    rows = [row for data in layers["datasets"].values() for row in data if set(row) == {"x", "x2", "y", "y2"}]
    assert [(row["x2"] - row["x"]) * (row["y2"] - row["y"]) for row in rows] == pytest.approx([0.5, 0.5])


def test_the_alternative_text_of_chance_is_exact():
    assert chance_alternative_text(CHANCE, "de") == (
        "Verteilung: Quote, Unterschied (Punkte) unter allen Zuordnungen des Programms, von −3,00 bis 3,00, um die Mitte 0,00. "
        "Der wirkliche Unterschied ist −2,00; 2,0 von hundert Zuordnungen liegen mindestens so weit von der Mitte."
    )


@PAGES
def test_the_axis_of_power_begins_at_nothing_and_holds_every_bar_and_the_line(page):
    assert domain_of(power_chart(POWER, page, "de")) == pytest.approx((0.0, 2.625))
    assert domain_of(power_chart(Power(POWER.seen[1:]), page, "de")) == pytest.approx((0.0, 1.5))


def test_the_bars_of_power_are_multiples_of_what_matters():
    assert [row[2:] for row in power_data(POWER, "de").rows] == [(2.5, 1.0, 2.5), (30.0, 40.0, 0.75)]
    assert power_alternative_text(POWER, "de").endswith(
        "Quote: zu sehen ab 2,5 Punkte; von Belang ab 1,0; Plätze: zu sehen ab 30 Stück; von Belang ab 40."
    )


def test_an_outcome_without_what_matters_stands_in_a_list_beside_the_figure(inputs, verdict):
    verdicts = {**inputs.verdicts, "leavers": verdict(smallest_difference=0.5)}
    (said,), (section,) = power_blocks(replace(inputs, verdicts=verdicts), "de")
    figure, _, listing = section.blocks
    assert plain(said.parts).startswith("In vier von fünf Fällen wäre zu sehen gewesen: Schulabgänge ohne Abschluss ab 1,1 ")
    assert "(von Belang ab 0,5)" in plain(said.parts)
    assert isinstance(figure, Figure)
    assert [row[0] for row in figure.data.rows] == ["Schulabgänge ohne Abschluss"]
    assert isinstance(listing, Listing)
    assert len(listing.items) == 2
    assert section.kind == "technical"
    assert power_blocks(inputs, "de")[0] == ()  # nobody says what matters: no axis that all could share


@pytest.mark.parametrize("made_up", [True, False])
def test_made_up_figures_say_so_in_the_picture(inputs, made_up):
    shown = [
        chance_chart(replace(CHANCE, simulated=made_up), WIDE, "de"),
        power_chart(replace(POWER, simulated=made_up), WIDE, "de"),
        ranges_chart([Heading("x", (Range("y", 1.0, 0.0, 2.0),))], "Punkte", 1, WIDE, made_up, "de"),
    ]
    assert [("simuliert" in words(canvas.to_svg(chart, "de"))) for chart in shown] == [made_up] * 3


@pytest.mark.parametrize("language", ["de", "en"])
def test_every_figure_has_data_a_source_and_words_that_claim_nothing(inputs, language):
    (section,) = robustness_figures(inputs, language)
    figures = [block for part in section.sections for block in part.blocks if isinstance(block, Figure)]
    assert len({figure.identifier for figure in figures}) == len(figures) == 6
    for figure in figures:
        assert figure.data is not None
        assert figure.source
        assert all(len(variable.meaning) > 3 for variable in figure.data.variables)
        said = [figure.alternative_text, plain(figure.caption), *words(figure.svg_wide), *words(figure.svg_narrow)]
        assert [hit for text in said for hit in claims.find(text)] == []


def test_nothing_to_draw_draws_nothing(inputs):
    bare = replace(
        inputs, sensitivity=inputs.sensitivity[:0], chance=inputs.chance[:0], estimates=inputs.estimates.assign(status="refused")
    )
    assert robustness_figures(bare, "de") == ()
    with pytest.raises(ValueError, match="nothing to draw"):
        ranges_chart([Heading("x", (Range("y", words="verweigert"),))], "Punkte", 1, WIDE, False, "de")
    with pytest.raises(ValueError, match="nothing to draw"):
        draw_power("p", Power(()), (), "de")


def test_the_same_figures_have_the_same_bytes(inputs):
    assert robustness_figures(inputs, "de") == robustness_figures(inputs, "de")
    assert pd.isna(inputs.chance["high"]).any()
