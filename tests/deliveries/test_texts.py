"""Catalogues: the same keys in both languages, and a sentence and a remedy for every kind of finding of the readers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import kkz_eval.deliveries
from kkz_eval.model.texts import catalogue

SOURCES = sorted(Path(kkz_eval.deliveries.__file__).parent.rglob("*.py"))


def test_both_languages_have_the_same_keys_and_parameters() -> None:
    german, english = (catalogue("kkz_eval.deliveries", language) for language in ("de", "en"))
    assert german.keys() == english.keys()
    for key, sentence in german.items():
        assert set(re.findall(r"\{\w+\}", sentence)) == set(re.findall(r"\{\w+\}", english[key])), key


@pytest.mark.parametrize("language", ["de", "en"])
def test_every_kind_of_finding_has_its_sentence_and_remedy(language: str) -> None:
    kinds = {kind for source in SOURCES for kind in re.findall(r'"(reader_\w+)"', source.read_text(encoding="utf-8"))}
    texts = catalogue("kkz_eval.model", language)  # type: ignore[arg-type]
    assert len(kinds) >= 25
    assert {f"findings.{kind}.{part}" for kind in kinds for part in ("message", "fix")} <= texts.keys()
