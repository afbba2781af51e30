"""The section on the years before the start: sentences by rule, notes where they are due, refusals with their reason."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kkz_eval.evaluation.omnibus_balance import Omnibus
from kkz_eval.reporting.document import Figure, Listing, Paragraph, plain
from kkz_eval.reporting.sections.comparable import comparable_section
from kkz_eval.reporting.sections.key import key_section

NEED = "Regression zur Mitte"
FIXED = "fällt dabei heraus"
CHANCE = "durch Zufall"


def section_of(inputs, balance, language="de"):
    return comparable_section(replace(inputs, balance=balance), language)


def sentences(section):
    """The sentences on differences, and on those that were not computed."""
    said = [plain(block.parts) for block in section.blocks if isinstance(block, Paragraph)]
    refused = [plain(item) for block in section.blocks if isinstance(block, Listing) for item in block.items]
    return [one for one in said if one.startswith(("Abstand, der", "Kleiner Abstand"))] + refused


def notes(section):
    folded = [block for part in section.sections if part.identifier == "balance-measured" for block in part.blocks]
    return " ".join(plain(block.parts) for block in (*section.blocks[1:], *folded) if isinstance(block, Paragraph))


def only(inputs, indicator, measure, **values):
    balance = inputs.balance
    return balance[(balance["indicator"] == indicator) & (balance["measure"] == measure)].assign(**values)


def test_each_difference_stands_on_its_side_of_the_lines(inputs):
    section = section_of(inputs, inputs.balance)
    (folded,) = (part for part in section.sections if part.identifier == "balance-measured")
    assert sentences(section) == [
        "Abstand, der als zu groß gilt, um durch Anpassung ausgeglichen zu werden (über 0,25): "
        "Schulabgänge ohne Abschluss: Niveau (0,81); Willkommensbesuche: Niveau (−1,34).",
        "Beginn der Hilfe unter 3 Jahren, Verlauf: nicht berechnet. "
        "Vor dem Start liegen Werte nur eines Jahres vor; ein Verlauf braucht zwei.",
    ]
    assert sentences(folded) == [
        "Abstand, der im Modell berücksichtigt werden sollte (über 0,05 bis 0,25): "
        "Ausbildungsplätze je 100 Bewerbungen: Niveau (0,12), Verlauf (−0,25).",
        "Kleiner Abstand (höchstens 0,05): Schulabgänge ohne Abschluss: Verlauf (−0,04); Beginn der Hilfe unter 3 Jahren: Niveau (0,05).",
    ]


@pytest.mark.parametrize(
    ("indicator", "measure", "smd", "expected"),
    [
        ("leavers", "level", 0.26, {NEED, FIXED, CHANCE}),
        ("leavers", "level", -0.25, set()),
        ("leavers", "trend", 0.8, {CHANCE}),
        ("poverty", "level", 0.8, {NEED, FIXED, CHANCE}),
        ("training", "trend", -0.1, set()),
    ],
)
def test_notes_where_groups_are_far_apart(inputs, indicator, measure, smd, expected):
    said = notes(section_of(inputs, only(inputs, indicator, measure, smd=smd)))
    assert {note for note in (NEED, FIXED, CHANCE) if note in said} == expected


def test_a_context_far_apart_in_trend_calls_for_the_note_on_need(inputs):
    said = notes(section_of(inputs, only(inputs, "poverty", "level", smd=0.4).assign(measure="trend")))
    assert NEED in said
    assert FIXED not in said


def test_units_without_a_counterpart_are_said_as_the_check_of_the_plan_says_them(inputs):
    balance = inputs.balance.assign(overlap=1.0)
    balance.loc[(balance["indicator"] == "leavers") & (balance["measure"] == "level"), "overlap"] = 0.5
    said = notes(section_of(inputs, balance))
    assert (
        "der Vergleichsgruppe (in Klammern, wie viel Prozent darin liegen): Schulabgänge ohne Abschluss: Niveau (50). Für diesen Teil"
        in said
    )
    assert "Gegenstück" not in notes(section_of(inputs, balance.assign(overlap=0.9)))


def test_chance_is_no_excuse_in_large_groups(inputs):
    assert CHANCE not in notes(section_of(inputs, only(inputs, "leavers", "level", n_treated=60, n_reference=60)))


def test_what_chance_does_is_a_number_of_the_group_sizes(inputs):
    assert "jeder dritte Abstand durch Zufall über 0,54" in notes(section_of(inputs, inputs.balance))  # sqrt(1/6 + 1/8)


def test_what_is_not_primary_is_counted_with_all_and_shown_where_it_is_folded(inputs):
    section = section_of(inputs, inputs.balance)
    others = next(part for part in section.sections if part.identifier == "balance-others")
    assert others.kind == "technical"
    assert sentences(others) == [
        "Abstand, der als zu groß gilt, um durch Anpassung ausgeglichen zu werden (über 0,25): "
        "Personen in SGB-II-Bedarfsgemeinschaften: Niveau (0,66).",
    ]
    assert "Alle 7 berechneten Abstände: 2 klein (höchstens 0,05), 2 mittel (bis 0,25), 3 zu groß." in notes(section)


def test_figures_and_table_show_the_same_rows(inputs):
    section = section_of(inputs, inputs.balance)
    others, measured = section.sections[:2]
    (figure,) = (block for block in section.blocks if isinstance(block, Figure))
    (rest,) = (block for block in others.blocks if isinstance(block, Figure))
    table = measured.blocks[-1]
    assert [plain(row[3]) for row in table.rows] == ["0,81", "−0,04", "0,12", "−0,25", "0,05", "−1,34", "0,66"]
    assert all(plain(row[3]) in figure.alternative_text + rest.alternative_text for row in table.rows)
    assert [plain(cell) for cell in table.rows[1]] == [
        *("Schulabgänge ohne Abschluss: Verlauf", "−0,30", "−0,29", "−0,04", "6 / 8", "2007–\u20602011 (5 Jahre)"),
    ]


def test_without_a_difference_the_question_is_not_asked(inputs):
    section = section_of(inputs, inputs.balance[inputs.balance["status"] == "refused"])
    assert plain(section.title) == "Ausgangslage der Gruppen"
    assert len(sentences(section)) == 1


def test_without_a_balance_the_section_says_so_and_asks_nothing(inputs):
    section = section_of(inputs, inputs.balance.iloc[:0])
    assert plain(section.title) == "Ausgangslage der Gruppen"
    assert "Ob beide Gruppen gleich begannen, ist deshalb nicht bekannt." in plain(section.blocks[0].parts)


def test_the_key_findings_say_where_groups_were_far_apart(inputs):
    key = key_section(inputs, "de")
    said = [plain(block.parts) for block in key.blocks if block.kind == "finding"]
    assert ["Schon vor dem Start lagen beide Gruppen weit auseinander." in one for one in said] == [True, False, False, True]


TOGETHER = Omnibus(14.23, 6, 0.027, 0.0412, 1_366_365, exact=True, by_law=False, n_units=30, left_out=())


def test_all_differences_together_stand_beside_the_lines_and_decide_nothing(inputs):
    together = replace(inputs, omnibus=TOGETHER)
    assert (
        "gleich wahrscheinlich (1.366.365 geprüft), so entstünden mindestens so große Abstände durch Zufall in 4,1 von hundert Fällen (Test von "
        "Hansen und Bowers: d² = 14,2 bei 6 Freiheitsgraden, p = 0,041; nach der Chi-Quadrat-Näherung p = 0,027). Auch dieser Test entscheidet nichts"
    ) in notes(section_of(together, inputs.balance))
    by_law = replace(inputs, omnibus=replace(TOGETHER, by_law=True))
    assert "as likely as need makes them" in notes(section_of(by_law, inputs.balance, "en"))
    assert "Hansen" not in notes(section_of(inputs, inputs.balance))
