"""How an evaluation works, as readers are told: complete, in both languages, and claiming no more than a report."""

from __future__ import annotations

import re

import pytest

from kkz_eval.evaluation.estimators.methods import REPORTED_METHODS
from kkz_eval.evaluation.statistical_checks import DESIGN_CHECKS, EFFECT_CHECKS
from kkz_eval.evaluation.verdict.rules import DOMAINS, rules
from kkz_eval.line import methods_explained as explained
from kkz_eval.model.texts import LANGUAGES, Language
from kkz_eval.reporting import claims

PARTS = (explained.methods, explained.verdicts, explained.domains, explained.statistical_checks)


def test_every_method_domain_and_check_is_explained() -> None:
    assert len(explained.methods()) == len(REPORTED_METHODS)
    assert len(explained.domains()) == len(DOMAINS)
    assert len(explained.statistical_checks()) == len((*DESIGN_CHECKS, *EFFECT_CHECKS))
    assert len(explained.table_of_the_verdict()) == len(rules().rows) + 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_that_is_explained_claims_too_much(language: Language) -> None:
    found = [text for part in PARTS for one in part() for text in (one.means, *one.more)]
    said = [text.in_language(language) for text in (*found, *explained.limits())]
    assert [hit for sentence in said for hit in claims.find(sentence)] == []
    assert not any(re.search(r"\{[a-z_]+\}", sentence) for sentence in said)
    assert len(set(said)) > 40


def test_what_a_check_says_is_at_the_limit_that_a_plan_has_by_default() -> None:
    (balance, *_) = explained.statistical_checks()
    assert balance.more[0].in_language("de").startswith("Beide Gruppen lagen vor dem Beginn in keiner Größe weiter als 0,25 ")
