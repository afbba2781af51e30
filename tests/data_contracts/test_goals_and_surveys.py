"""What municipalities send because they want to: their own goals with the impact logic of services, and surveys of parents."""

from __future__ import annotations

from pathlib import Path

import pytest

from kkz_eval.contracts.judgement import judge_file
from kkz_eval.contracts.load import load_contracts
from kkz_eval.deliveries.reader import Claimed, read_file
from kkz_eval.indicators.catalogue import load_catalogue
from kkz_eval.model.findings import Finding, iter_findings
from kkz_eval.model.parsed import ParsedTable
from kkz_eval.model.texts import LANGUAGES
from kkz_eval.reference.tables import known_units

FOLDER = Path(__file__).parents[2] / "data_contracts"
CONTRACTS = load_contracts(FOLDER)
OWN = "eigene_messgroesse"
GOALS = (
    "AGS;Jahr;Ziel;Kennzahl;Richtung;Zielwert;Zieljahr;Angebot;Zielgruppe;Schritt\n"
    "05162024;2014;Mehr Familien früh besuchen;Willkommensbesuche;mindestens;70,5;2018;Familienhebammen;alle;wird angenommen\n"
    "05162024;2014;Eltern fühlen sich sicherer;eigene;höchstens;k. A.;2020;kein einzelnes Angebot;Alleinerziehende;Handeln\n"
)
GROUPS = ("arm", "nicht arm", "mit Migrationshintergrund", "ohne Migrationshintergrund", "alle")
SURVEY = "AGS;Jahr;Alter des Kindes;Gruppe;Angebot;Befragte;Nutzende;kennen;Angeschrieben\n" + "".join(
    f"05162024;2014;{age};{group};Willkommensbesuch;{people * (2 if group == 'alle' else 1)};"
    f"{users * (2 if group == 'alle' else 1)};{'' if group == 'alle' else users};{people * 6 if group == 'alle' else ''}\n"
    for age, people, users in (("3 Jahre", 60, 40), ("6 Jahre", 50, 20), ("Gesamt", 110, 60))
    for group in GROUPS
)


def parsed(content: str) -> ParsedTable:
    result = read_file(content.encode("utf-8"), "file.csv", CONTRACTS)
    assert isinstance(result, Claimed), result
    (table,) = result.parsed
    return table


def findings(content: str, contract_id: str) -> list[Finding]:
    table = parsed(content)
    assert table.contract_id == contract_id
    return list(iter_findings(judge_file(table, CONTRACTS[contract_id], known_units()).findings))


@pytest.mark.parametrize(("content", "contract_id"), [(GOALS, "ziele"), (SURVEY, "befragung")])
def test_a_good_delivery_has_no_finding(content: str, contract_id: str) -> None:
    assert findings(content, contract_id) == []


def test_a_goal_without_a_number_keeps_its_sign_and_is_no_zero() -> None:
    table = parsed(GOALS)
    assert table.values("target_value").to_pylist() == [70.5, None]
    assert table.values("target_year").to_pylist() == [2018, 2020]
    assert table.values("indicator").to_pylist() == ["willkommensbesuche_je_100_geburten", OWN]
    assert table.values("direction").to_pylist() == ["mindestens", "hoechstens"]


@pytest.mark.parametrize(
    ("old", "new", "rules"),
    [
        (";Willkommensbesuche;mindestens", ";Glück;mindestens", {"indicator.in_codes"}),
        (";mindestens;", ";ungefähr;", {"direction.in_codes"}),
        (";70,5;", ";;", {"target_value.not_null"}),
        (";70,5;", ";0,7;", {"share_or_percent"}),
        (";70,5;", ";-5;", {"share_or_percent", "target_value.range"}),  # so much less is no value to be reached
        (";70,5;", ";170;", set()),  # visits per hundred births may be more than a hundred
        (";Willkommensbesuche;mindestens;70,5;", ";Betreuungsquote U3;mindestens;170;", {"shares_at_most_100"}),
        (";70,5;2018;", ";70,5;18;", {"target_year.range"}),
        (";wird angenommen", ";Wunder", {"step.in_codes"}),
        ("Mehr Familien früh besuchen", "=SUMME(A1)", {"goal.pattern"}),
        ("Mehr Familien früh besuchen", "Frau Beispiel besucht mehr Familien", {"goal.pattern"}),
        ("Mehr Familien früh besuchen", "Mehr Frauen und ihre Familien besuchen", set()),
        (";Familienhebammen;", ";Besuche durch Herrn Beispiel;", {"service.pattern"}),
        ("Eltern fühlen sich sicherer;eigene;höchstens;k. A.;2020;kein einzelnes Angebot", "Mehr Familien früh besuchen;eigene;höchstens;5;2020;Familienhebammen", {"key.unique_key"}),
    ],
)  # fmt: skip
def test_each_rule_about_goals_finds_its_fault(old: str, new: str, rules: set[str]) -> None:
    assert old in GOALS
    assert {finding.rule for finding in findings(GOALS.replace(old, new), "ziele")} == rules


@pytest.mark.parametrize(
    ("old", "new", "rules"),
    [
        (";arm;Willkommensbesuch;60;40;40;", ";arm;Willkommensbesuch;60;61;40;", {"users_of_respondents"}),
        (";arm;Willkommensbesuch;60;40;40;", ";arm;Willkommensbesuch;60;40;61;", {"aware_of_respondents"}),
        (";arm;Willkommensbesuch;60;40;40;", ";arm;Willkommensbesuch;130;40;40;", {"age_not_above_total", "group_not_above_total"}),
        (";arm;Willkommensbesuch;60;40;40;", ";arm;Willkommensbesuch;k. A.;k. A.;;", set()),
        (";120;80;;360", ";120;80;;100", {"respondents_of_invited"}),
        ("05162024;2014;3 Jahre;arm;Willkommensbesuch;60;40;40;\n", "", {"groups_complete"}),
    ],
)  # fmt: skip
def test_each_rule_about_surveys_finds_its_fault(old: str, new: str, rules: set[str]) -> None:
    assert old in SURVEY
    assert {finding.rule for finding in findings(SURVEY.replace(old, new), "befragung")} == rules


def test_the_columns_of_a_survey_that_few_know_may_be_absent() -> None:
    short = "\n".join(";".join(line.split(";")[:7]) for line in SURVEY.splitlines()) + "\n"
    assert findings(short, "befragung") == []


def test_a_goal_is_measured_by_what_the_catalogue_knows_under_the_same_words_and_in_its_unit() -> None:
    catalogue = load_catalogue(FOLDER / "indicators.yaml", FOLDER / "breaks.yaml")
    named = {code.code: code for code in CONTRACTS["ziele"].property_named("indicator").codes if code.code != OWN}
    assert set(named) <= set(catalogue)
    assert {name: (code.label_de, code.label_en) for name, code in named.items()} == {
        name: tuple(f"{catalogue[name].label[language]}: {catalogue[name].unit[language]}" for language in LANGUAGES)
        for name in named
    }
