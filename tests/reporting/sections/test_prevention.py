"""The section on prevention before cure: of how many, nothing small, no ranking, no words that claim more than the report may."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import get_args

import pytest

from kkz_eval.indicators.catalogue import Indicator
from kkz_eval.indicators.described import Attainment, Described, Gap, Goal, Response, Series, Step, TakeUp, TargetGroup, Value
from kkz_eval.model.texts import Language
from kkz_eval.reporting.build import build_document
from kkz_eval.reporting.disclosure import HIDDEN
from kkz_eval.reporting.document import Paragraph, Section, Table, plain
from kkz_eval.reporting.inputs import ReportInputs
from kkz_eval.reporting.sections.prevention import prevention_section

UNITS = {"05958004": "Arnsberg", "05162004": "Dormagen", "05170024": "Moers", "05562014": "Gladbeck"}
ARNSBERG, DORMAGEN, MOERS, GLADBECK = UNITS
VISITS = Indicator(
    "visits",
    {"de": "Willkommensbesuche", "en": "Welcome visits"},
    {"de": "Besuche je 100 Geburten", "en": "visits per 100 births"},
    {"de": "Besuche", "en": "visits"},
    decimals=1,
    desirable="increase",
    stage="birth",
    sources=(),
    breaks=(),
)


def value(unit: str, year: int, numerator: float, denominator: float | None = 400.0) -> Value:
    return Value(unit, year, numerator, denominator, None if denominator is None else 100 * numerator / denominator)


SERIES = Series(
    VISITS,
    UNITS,
    (
        *(value(unit, 2012, made) for unit, made in ((ARNSBERG, 200), (DORMAGEN, 240), (MOERS, 300))),
        *(value(unit, 2019, made) for unit, made in ((ARNSBERG, 260), (DORMAGEN, 200), (MOERS, 300))),
        value(GLADBECK, 2019, 2),
    ),
)


def goal(target: float | None, year: int | None, text: str = "Früh besuchen", indicator: str = "visits") -> Goal:
    return Goal(ARNSBERG, text, indicator, "mindestens", target, year)


CODES = {
    "praeventionsangebote": {"target_group": ("kinder", "alleinerziehende"), "stages": ("kita", "u3")},
    "netzwerk": {"sector": ("kita", "schule")},
    "ziele": {
        **{"direction": ("mindestens",), "indicator": ("visits", "eigene_messgroesse")},
        **{"target_group": ("kinder",), "step": ("wissen",)},
    },
    "befragung": {
        **{"child_age": ("unter_3", "insgesamt"), "group": ("arm", "insgesamt"), "service": ("beratung", "freizeit")},
    },
}
DESCRIBED = Described(
    units=UNITS,
    series=(SERIES,),
    target_groups=(TargetGroup("kinder", 2012, 2, 3, 90.0, 300.0), TargetGroup("alleinerziehende", 2019, 1, 3, 2.0, 300.0)),
    gaps=tuple(Gap((sector, stage), 2019, 1, 3) for sector in ("kita", "schule") for stage in ("kita", "u3")),
    ties=(Gap(("kita", "schule"), 2019, 2, 3),),
    goals=(Attainment(goal(60.0, 2019), value(ARNSBERG, 2019, 260), 2019),),
    logic=(Step(ARNSBERG, "Besuchsdienst", "kinder", "wissen", "visits"),),
    survey=(
        TakeUp(2014, "insgesamt", "insgesamt", "beratung", 2, 200.0, 50.0),
        TakeUp(2014, "insgesamt", "arm", "beratung", 2, 29.0, 10.0),
        TakeUp(2014, "insgesamt", "arm", "freizeit", 2, 40.0, 2.0),
    ),
    measured={"visits": VISITS},
    labels={
        f"{dataset}.{name}.{code}": {"de": f"{code} de", "en": f"{code} en"}
        for dataset, properties in CODES.items()
        for name, codes in properties.items()
        for code in codes
    },
)


def tables(sections: tuple[Section, ...]) -> Iterator[Table]:
    for section in sections:
        yield from (block for block in section.blocks if isinstance(block, Table))
        yield from tables(section.sections)


def shown(inputs: ReportInputs, described: Described, language: Language = "de") -> dict[str, list[list[str]]]:
    """The rows of each table of the section, by the end of its identifier."""
    found = prevention_section(replace(inputs, described=described, smallest_cell=3), language)
    return {
        table.identifier.removeprefix("prevention-"): [[plain(cell) for cell in row] for row in table.rows]
        for table in tables(found)
    }


def test_without_deliveries_there_is_no_section(inputs: ReportInputs) -> None:
    assert prevention_section(inputs, "de") == ()


@pytest.mark.parametrize("language", get_args(Language))
def test_it_stands_in_a_report_that_passes_the_lint_of_claims(inputs: ReportInputs, language: Language) -> None:
    document = build_document(replace(inputs, described=DESCRIBED), language)
    (found,) = (section for section in document.sections[3].sections if section.identifier == "prevention")
    said = " ".join(plain(block.parts) for block in found.blocks if isinstance(block, Paragraph))
    assert ("keine Vergleichsgruppe" if language == "de" else "no comparison group") in said
    assert ("keine Lücke" if language == "de" else "is no gap") in said


def test_the_years_say_of_how_many_and_count_who_has_both(inputs: ReportInputs) -> None:
    (row,) = shown(inputs, DESCRIBED)["years-table"]
    assert row == [
        "Willkommensbesuche: Besuche je 100 Geburten",
        "2012: 60,0 (3 von 4)",
        "2019: 65,0 (3 von 4)",
        "höher bei 1, niedriger bei 1, gleich bei 1 von 3",
    ]


def test_municipalities_stand_by_name_and_small_counts_are_hidden(inputs: ReportInputs) -> None:
    rows = shown(inputs, DESCRIBED)["units-table-1"]
    assert rows == [["Arnsberg", "65,0"], ["Dormagen", "50,0"], ["Gladbeck", HIDDEN], ["Moers", "75,0"]]


def test_what_was_not_delivered_is_said_and_no_zero(inputs: ReportInputs) -> None:
    without = replace(SERIES, values=(*SERIES.values[3:5], value(GLADBECK, 2019, 20, None)))
    rows = shown(inputs, replace(DESCRIBED, series=(without,)))["units-table-1"]
    assert rows == [["Arnsberg", "65,0"], ["Dormagen", "50,0"], ["Gladbeck", "ohne Wert"], ["Moers", "nicht geliefert"]]


def test_a_middle_value_of_two_is_not_shown(inputs: ReportInputs) -> None:
    two = replace(SERIES, values=SERIES.values[3:5])
    assert shown(inputs, replace(DESCRIBED, series=(two,)))["years-table"][0][1] == "2019: zu wenige Werte (2 von 4)"


def test_a_figure_that_nobody_delivered_says_so(inputs: ReportInputs) -> None:
    nobody = replace(SERIES, indicator=replace(VISITS, id="other"), values=())
    rows = shown(inputs, replace(DESCRIBED, series=(SERIES, nobody)))["years-table"]
    assert rows[1][1:] == ["von keiner Kommune geliefert", "–", "–"]


def test_target_groups_have_their_share_and_of_how_many(inputs: ReportInputs) -> None:
    assert shown(inputs, DESCRIBED)["reached-table"] == [
        ["kinder de", "30 (2 von 3 Kommunen, die geliefert haben)", "kein Angebot mit Zahlen"],
        ["alleinerziehende de", "kein Angebot mit Zahlen", f"{HIDDEN} (1 von 3 Kommunen, die geliefert haben)"],
    ]


def test_gaps_are_counted_by_stage_and_sector(inputs: ReportInputs) -> None:
    assert shown(inputs, DESCRIBED)["gaps-table"] == [["kita de", "1 von 3", "1 von 3"], ["u3 de", "1 von 3", "1 von 3"]]
    unknown = tuple(replace(gap, without=0, of=0) for gap in DESCRIBED.gaps)
    assert shown(inputs, replace(DESCRIBED, gaps=unknown))["gaps-table"][0] == ["kita de", "nicht bekannt", "nicht bekannt"]


@pytest.mark.parametrize(
    ("attained", "value_shown", "state"),
    [
        (Attainment(goal(60.0, 2019), value(ARNSBERG, 2019, 260), 2019), "65,0", "Zielwert erreicht"),
        (Attainment(goal(65.0, 2019), value(ARNSBERG, 2019, 259.9), 2019), "65,0", "Zielwert erreicht"),  # as it is shown
        (Attainment(goal(70.0, 2019), value(ARNSBERG, 2019, 260), 2019), "65,0", "Zielwert nicht erreicht"),
        (Attainment(goal(60.0, 2022), None, 2019), "–", "noch nicht erreichbar: Zahlen bis 2019"),
        (Attainment(goal(60.0, 2018), None, 2019), "–", "kein Wert für das Zieljahr"),
        (Attainment(goal(60.0, 2018), None, None), "–", "keine Zahlen zu dieser Kennzahl"),
        (Attainment(goal(None, 2018), value(ARNSBERG, 2018, 260), 2019), "–", "Ziel ohne Zahl oder Jahr"),
        (Attainment(goal(60.0, 2019), value(ARNSBERG, 2019, 2), 2019), "–", "nicht veröffentlicht"),
        (Attainment(goal(60.0, 2019, indicator="eigene_messgroesse"), None, None), "–", "eigene Messgröße, hier nicht gemessen"),
    ],
)
def test_a_goal_stands_beside_the_value_of_its_year(
    inputs: ReportInputs, attained: Attainment, value_shown: str, state: str
) -> None:
    (row,) = shown(inputs, replace(DESCRIBED, goals=(attained,)))["goals-table"]
    assert row[:2] == ["Arnsberg", "Früh besuchen"]
    assert row[4:] == [value_shown, state]


def test_words_of_a_municipality_that_claim_too_much_are_not_repeated(inputs: ReportInputs) -> None:
    claimed = "Das Programm senkt die Armut"
    boastful = replace(
        DESCRIBED,
        goals=(Attainment(goal(60.0, 2022, text=claimed), None, 2019),),
        logic=(Step(ARNSBERG, claimed, "kinder", "wissen", "visits"),),
    )
    found = shown(inputs, boastful)
    assert found["goals-table"][0][1] == found["logic-table"][0][1] == "Wortlaut hier nicht wiedergegeben"
    build_document(replace(inputs, described=boastful), "de")


def test_shares_of_parents_need_enough_answers_and_hide_small_counts(inputs: ReportInputs) -> None:
    assert shown(inputs, DESCRIBED)["survey-group"] == [
        ["beratung de", "zu wenige", "25 (200)"],
        ["freizeit de", HIDDEN, "nicht gefragt"],
    ]
    assert "survey-child_age" not in shown(inputs, DESCRIBED)  # nobody asked by age


def test_who_knows_of_a_service_stands_beside_who_uses_it_where_that_was_asked(inputs: ReportInputs) -> None:
    survey = (
        TakeUp(2014, "insgesamt", "insgesamt", "beratung", 2, 200.0, 50.0, 90.0, 120.0),
        TakeUp(2014, "insgesamt", "insgesamt", "freizeit", 2, 80.0, 40.0, 42.0, 80.0),  # two know of it only
        TakeUp(2014, "insgesamt", "arm", "freizeit", 2, 40.0, 20.0),
    )
    found = shown(inputs, replace(DESCRIBED, survey=survey))
    assert found["survey-aware"] == [["beratung de", "75 (120)"], ["freizeit de", HIDDEN]]
    assert "survey-aware" not in shown(inputs, DESCRIBED)


def test_how_many_of_those_invited_answered_is_said_where_it_is_known(inputs: ReportInputs) -> None:
    def said(answered: float) -> str:
        described = replace(DESCRIBED, response=Response(2, 500.0, answered))
        (found,) = prevention_section(replace(inputs, described=described, smallest_cell=3), "de")
        (survey,) = (part for fold in found.sections for part in fold.sections if part.identifier == "prevention-survey")
        return " ".join(plain(block.parts) for block in survey.blocks if isinstance(block, Paragraph))

    assert "Von 500 Angeschriebenen antworteten 32 von hundert (Zahlen: 2 Kommunen)." in said(160.0)
    assert "Angeschriebenen" not in said(2.0)


def test_no_small_count_of_a_survey_is_found_by_subtraction(inputs: ReportInputs) -> None:
    answers = {"arm": (40.0, 2.0), "nicht_arm": (60.0, 38.0), "insgesamt": (100.0, 40.0)}
    survey = tuple(TakeUp(2014, "insgesamt", group, "freizeit", 2, *counts) for group, counts in answers.items())
    rows = {f"befragung.group.{group}": {"de": group, "en": group} for group in answers}
    found = shown(inputs, replace(DESCRIBED, survey=survey, labels={**DESCRIBED.labels, **rows}))
    assert sorted(found["survey-group"][0][1:]) == ["40 (100)", HIDDEN, HIDDEN]


def test_no_number_of_a_municipality_is_set_in_an_order_of_size(inputs: ReportInputs) -> None:
    for rows in (shown(inputs, DESCRIBED)[name] for name in ("units-table-1", "goals-table", "logic-table")):
        names = [row[0] for row in rows]
        assert names == sorted(names)
    assert not re.search("Platz|Rang", str(shown(inputs, DESCRIBED)))
