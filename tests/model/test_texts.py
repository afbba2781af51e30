"""Both languages say the same things, and a delivered value can't change a sentence."""

import re
from pathlib import Path

import pytest

import kkz_eval
from kkz_eval.model.texts import catalogue, text

ROOT = Path(kkz_eval.__file__).parent
PACKAGES = sorted(
    ".".join(("kkz_eval", *folder.relative_to(ROOT).parts[:-1])) for folder in ROOT.rglob("texts") if folder.is_dir()
)


def test_every_catalogue_is_looked_at():
    assert {"kkz_eval", "kkz_eval.model", "kkz_eval.indicators", "kkz_eval.reporting"} <= set(PACKAGES)


@pytest.mark.parametrize("package", PACKAGES)
def test_both_languages_have_the_same_keys_and_parameters(package):
    german, english = catalogue(package, "de"), catalogue(package, "en")
    assert german.keys() == english.keys()
    for key in german:
        assert set(re.findall(r"\{([a-z]\w*)\}", german[key])) == set(re.findall(r"\{([a-z]\w*)\}", english[key])), key


def test_a_value_with_braces_stays_as_it_is():
    sentence = text("errors.inbox_missing", "de", inbox="{inbox} {0.__class__}")
    assert "{inbox} {0.__class__}" in sentence


def test_a_missing_parameter_is_an_error():
    with pytest.raises(KeyError):
        text("errors.inbox_missing", "de")


@pytest.mark.parametrize("package", PACKAGES)
@pytest.mark.parametrize("language", ["de", "en"])
def test_every_parameter_of_every_text_is_filled_in(package, language):
    for key, template in catalogue(package, language).items():
        names = re.findall(r"\{([a-z]\w*)\}", template)
        filled = text(key, language, package=package, **dict.fromkeys(names, "·"))
        assert not re.search(r"\{[a-z]\w*\}", filled), key
