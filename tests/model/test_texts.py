"""Both languages say the same things, and a delivered value can't change a sentence."""

import ast
import errno
import re
from functools import cache
from pathlib import Path

import pytest
import yaml

import kkz_eval
from kkz_eval.model.texts import COUNTS, LANGUAGES, AtTheBeginning, Catalogue, Joined, Sentence, Wording, catalogue, grouped
from kkz_eval.reporting.numbers import format_number

ROOT = Path(kkz_eval.__file__).parent
PACKAGES = sorted(
    ".".join(("kkz_eval", *folder.relative_to(ROOT).parts[:-1])) for folder in ROOT.rglob("texts") if folder.is_dir()
)


def test_every_catalogue_is_looked_at():
    assert {"kkz_eval.line", "kkz_eval.model", "kkz_eval.indicators", "kkz_eval.reporting"} <= set(PACKAGES)


@pytest.mark.parametrize("package", PACKAGES)
def test_both_languages_have_the_same_keys_and_parameters(package):
    german, english = catalogue(package, "de"), catalogue(package, "en")
    assert german.keys() == english.keys()
    for key in german:
        assert set(re.findall(r"\{([a-z]\w*)\}", german[key])) == set(re.findall(r"\{([a-z]\w*)\}", english[key])), key


def _repeated(node: yaml.Node, above: str = "") -> list[str]:
    if not isinstance(node, yaml.MappingNode):
        return []
    keys = [f"{above}{key.value}" for key, _ in node.value]
    below = [found for key, value in node.value for found in _repeated(value, f"{above}{key.value}.")]
    return [key for place, key in enumerate(keys) if key in keys[:place]] + below


@pytest.mark.parametrize("package", PACKAGES)
@pytest.mark.parametrize("language", ["de", "en"])
def test_no_key_stands_twice_so_that_no_sentence_takes_the_place_of_another(package, language):
    file = ROOT.joinpath(*package.split(".")[1:], "texts", f"{language}.yaml")
    assert _repeated(yaml.compose(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)) == []


def test_a_value_with_braces_stays_as_it_is():
    sentence = Sentence("kkz_eval.deliveries", "errors.inbox_missing", {"inbox": "{inbox} {0.__class__}"})
    assert "{inbox} {0.__class__}" in sentence.in_language("de")


def test_a_missing_parameter_is_an_error():
    with pytest.raises(KeyError):
        Sentence("kkz_eval.deliveries", "errors.inbox_missing").in_language("de")


@pytest.mark.parametrize("package", PACKAGES)
@pytest.mark.parametrize("language", ["de", "en"])
def test_every_parameter_of_every_text_is_filled_in(package, language):
    for key, template in catalogue(package, language).items():
        names = re.findall(r"\{([a-z]\w*)\}", template)
        filled = Sentence(package, key, dict.fromkeys(names, "·")).in_language(language)
        assert not re.search(r"\{[a-z]\w*\}", filled), key


def test_a_sentence_within_a_sentence_speaks_its_language():
    said = Sentence(
        "kkz_eval.line",
        "notices.of_file",
        {"what": "x", "name": "a.csv", "dataset": "d", "parts": Joined(("Ahlen 2012", whole()))},
    )
    assert said.in_language("de").endswith("Ahlen 2012; die ganze Datei")
    assert said.in_language("en").endswith("Ahlen 2012; the whole file")


def whole() -> Sentence:
    return Catalogue("kkz_eval.line")("notices.whole_file")


def test_what_begins_a_sentence_has_a_capital():
    assert AtTheBeginning(whole()).in_language("de") == "Die ganze Datei"
    assert AtTheBeginning(Wording({"de": ""})).in_language("de") == ""


@cache
def vocabulary() -> frozenset[str]:
    """All that a key may be made of: constants and names of the code, words of templates, names in the data beside it."""
    words = set(errno.errorcode.values())
    for file in ROOT.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                words |= {node.value, node.value.strip("._")}
            elif isinstance(node, ast.Name):
                words.add(node.id)
            elif isinstance(node, ast.arg | ast.keyword) and node.arg:
                words.add(node.arg)
    for file in (
        *ROOT.rglob("*.j2"),
        *ROOT.rglob("*.json"),
        *(ROOT / "contracts").rglob("examples.yaml"),
        ROOT / "reporting" / "claims.yaml",
    ):
        words |= set(re.findall(r"[a-z][a-z_.]*[a-z]", file.read_text(encoding="utf-8")))
    words |= {name.lower() for name in words if name.isupper()} | {word.replace("-", "_") for word in words}
    return frozenset(words)


def is_made_of_words(key: str) -> bool:
    """Whether a key is a word, or a word and what is made of words behind a dot or an underscore."""
    words = vocabulary()
    ends = [match.start() for match in re.finditer(r"[._]", key)]
    return key in words or any(key[:end] in words and is_made_of_words(key[end + 1 :]) for end in reversed(ends))


@pytest.mark.parametrize("package", PACKAGES)
def test_every_text_is_said_somewhere(package):
    assert [key for key in catalogue(package, "de") if not is_made_of_words(key)] == []


@pytest.mark.parametrize("package", PACKAGES)
def test_every_key_that_is_said_is_in_the_catalogue(package):
    missing = []
    for file in ROOT.rglob("*.py"):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        imported = {
            alias.asname or alias.name
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and node.module == package
            for alias in node.names
            if alias.name == "say"
        }
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
            if (
                call.func.id in imported
                and isinstance(call.args[0], ast.Constant)
                and call.args[0].value not in catalogue(package, "de")
            ):
                missing.append((file.name, call.args[0].value))
    assert missing == []


@pytest.mark.parametrize("count", [0, 999, 1000, 12345, 1234567])
@pytest.mark.parametrize("language", LANGUAGES)
def test_counts_in_sentences_and_numbers_in_reports_are_written_alike(count, language):
    assert grouped(count, language) == format_number(count, 0, language)


def test_a_count_has_its_thousands_apart_and_a_year_has_not():
    say = Catalogue("kkz_eval.desk")
    assert say("todo.title", count=12345).in_language("de") == "12.345 zu tun"
    assert say("todo.title", count=12345).in_language("en").startswith("12,345")
    assert say("place.title", dataset="d", unit="u", year=2012).in_language("de") == "d: u, 2012"
    assert say("deliver.receipt", number=12345).in_language("de") == "Quittung Nr. 12345"


def test_every_name_of_a_count_is_one_that_texts_have():
    used = {name for package in PACKAGES for text in catalogue(package, "de").values() for name in re.findall(r"\{(\w+)\}", text)}
    assert used >= COUNTS
