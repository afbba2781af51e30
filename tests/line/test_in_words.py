"""What the estimators say of columns and keys is shown in the words of the catalogue."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from kkz_eval.evaluation.plan import EstimatorSpec, Plan
from kkz_eval.evaluation.results import result_of
from kkz_eval.evaluation.statistical_checks import StatisticalCheck
from kkz_eval.indicators.catalogue import Indicator, load_catalogue
from kkz_eval.line.in_words import InWords, checked_in_words, with_words
from kkz_eval.model.texts import Language, Sentence, Wording


@pytest.fixture(scope="module")
def catalogue() -> dict[str, Indicator]:
    contracts = Path(__file__).parents[2] / "data_contracts"
    return dict(load_catalogue(contracts / "indicators.yaml", contracts / "breaks.yaml"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Konstant gehalten: q_PBG_bev:2007-2010.", "Konstant gehalten: „{0}“ im Mittel der Jahre 2007 bis 2010."),
        ("q_PBG_bev:2007 (kollinear)", "„{0}“ im Jahr 2007 (kollinear)"),
        ("Die Spalte „q_PBG_bev“ fehlt.", "Die Spalte „{0}“ fehlt."),
        ("xq_PBG_bev, q_PBG_bevx, q_PBG_bev-x", "xq_PBG_bev, q_PBG_bevx, q_PBG_bev-x"),
        ("bleiben außen vor (05111000, 05162004)", "bleiben außen vor (Düsseldorf, 05162004)"),
    ],
)
def test_keys_are_put_in_words_and_nothing_else_is(catalogue: dict[str, Indicator], text: str, words: str) -> None:
    label = catalogue["q_PBG_bev"].label["de"]
    assert InWords(Wording({"de": text}), catalogue, ("05111000",)).in_language("de") == words.format(label)


@pytest.mark.parametrize(("language", "method"), [("de", "Ereignisstudie"), ("en", "Event study")])
def test_a_check_names_outcome_and_estimator(catalogue: dict[str, Indicator], language: Language, method: str) -> None:
    plan = replace(Plan("p", (), ()), estimators=(EstimatorSpec("es", "event_study"), EstimatorSpec("own", "own_method")))
    found = {"geburten_je_1000 (es)": 0.02, "geburten_je_1000 (own)": 0.01, "sgbii_quote": 0.5}
    check = StatisticalCheck("pre_trends", False, "seen", 0.05, found, ("geburten_je_1000",), found)
    said = checked_in_words(check.sentence, plan, catalogue).in_language(language)
    assert f"({method.lower()})" in said.lower()
    assert "(own)" in said
    assert catalogue["geburten_je_1000"].label[language] in said
    assert catalogue["sgbii_quote"].label[language] in said
    assert not re.search(r"[a-z]_[a-z]|\(es\)", said)


def test_messages_of_a_result_are_in_words_in_every_language_and_its_tables_as_they_were(catalogue: dict[str, Indicator]) -> None:
    said = Sentence("kkz_eval.evaluation", "refused.collinear", {"term": "q_PBG_bev:2007-2010"})
    found = result_of("de", estimates=[{"indicator": "a", "estimator": "e", "status": "refused", "message": said}])
    shown = with_words(found, catalogue, [])
    row = shown.estimates.iloc[0]
    assert shown.estimates.equals(found.estimates)
    assert (
        shown.message(row)
        .in_language("de")
        .startswith(f"„{catalogue['q_PBG_bev'].label['de']}“ im Mittel der Jahre 2007 bis 2010 ")
    )
    assert catalogue["q_PBG_bev"].label["en"] in shown.message(row).in_language("en")
    assert with_words(replace(found, messages=found.messages.iloc[:0]), catalogue, []).messages.empty
