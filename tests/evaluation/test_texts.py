"""Both catalogues say the same things with the same parameters, and every code in the sources has its sentence."""

from __future__ import annotations

import re
from pathlib import Path

from kkz_eval.model.texts import catalogue

PACKAGE = "kkz_eval.evaluation"
SOURCES = Path(__file__).parents[2] / "kkz_eval" / "evaluation"


def test_catalogues_have_the_same_keys_and_parameters() -> None:
    german, english = catalogue(PACKAGE, "de"), catalogue(PACKAGE, "en")
    assert german.keys() == english.keys()
    for key, sentence in german.items():
        wanted = set(re.findall(r"\{([a-z_]+)\}", sentence))
        assert wanted == set(re.findall(r"\{([a-z_]+)\}", english[key])), key


def test_every_code_in_the_sources_has_a_sentence() -> None:
    sources = "\n".join(path.read_text(encoding="utf-8") for path in sorted(SOURCES.rglob("*.py")))
    keys = catalogue(PACKAGE, "de").keys()
    for code in re.findall(r'Problem\("([a-z_.]+)"', sources):
        assert f"problems.{code}" in keys
    for code in re.findall(r'Refused\(\s*"([a-z_]+)"', sources):
        assert f"refused.{code}" in keys
    for code in re.findall(r'Note\("((?:notes|refused)\.[a-z_]+)"', sources):
        assert code in keys
