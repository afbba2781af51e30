"""The sentence of a finding stays one clear sentence, whatever was delivered."""

import pytest

from kkz_eval.model.findings import Called, Finding
from kkz_eval.model.texts import catalogue


@pytest.mark.parametrize("language", ["de", "en"])
def test_a_cell_of_no_property_is_named_by_its_address(language):
    finding = Finding("reader_number", "reader_number", "error", row=4, column=14, value="12x")
    assert "N4" in finding.message().in_language(language)
    assert "„“" not in finding.message().in_language(language)


def test_the_label_of_the_reader_comes_first_then_the_property():
    finding = Finding("reader_number", "reader_number", "error", row=4, column=14, field="persons", value="12x")
    assert "„Personen“" in finding.message(Called("Personen")).in_language("de")
    assert "„persons“" in finding.message().in_language("de")


def test_a_footnote_in_a_cell_does_not_break_the_sentence():
    finding = Finding(
        "reader_number", "reader_number", "error", row=4, column=14, value="Die Ergebnisse \r\n  ab 2016\nsind " * 40
    )
    message = finding.message().in_language("de")
    assert message.startswith("„Die Ergebnisse ab 2016 sind Die Ergebnisse")
    assert "\n" not in message
    assert "…“" in message
    assert len(message) < 550


def test_a_whole_row_is_named_in_words() -> None:
    finding = Finding("r", "codes_complete", "warning", row=23, unit_id="05111", year=2016, value="weiblich", allowed="x")
    assert "(Gruppe ab Zeile 23)" in finding.message().in_language("de")
    assert "row 23" in finding.message().in_language("en")
    assert "23:23" not in finding.message().in_language("de")


def _kinds() -> list[str]:
    return sorted({key.split(".")[1] for key in catalogue("kkz_eval.model", "de") if key.startswith("findings.")})


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("kind", _kinds())
def test_a_finding_with_nothing_in_it_is_still_a_sentence_and_says_what_is_allowed(kind, language):
    finding = Finding(kind, kind, "error")
    for said in (finding.message().in_language(language), finding.fix().in_language(language)):
        assert "„“" not in said
        assert '""' not in said
        assert "“”" not in said
        assert "()" not in said
        assert "  " not in said
    assert finding.allowed_shown(language)


def test_the_column_is_called_as_in_the_file():
    finding = Finding("reader_number", "reader_number", "error", row=4, column=14, field="persons", value="12x", title="Anzahl")
    assert "„Anzahl“" in finding.message(Called("Personen")).in_language("de")
