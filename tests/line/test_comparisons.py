"""What the checks of Dagster compare: which contracts and indicators, and that the sentences carry no claim and no figure."""

from __future__ import annotations

from pathlib import Path

import pytest

from kkz_eval.contracts.load import load_contract
from kkz_eval.indicators.catalogue import load_not_evaluable
from kkz_eval.line.comparisons import additive_measures, against_official, counterparts, sudden_changes
from kkz_eval.line.installation import Installation, open_installation
from kkz_eval.line.snapshot import current_snapshot
from kkz_eval.model.errors import UserError
from kkz_eval.reporting.claims import check_texts
from kkz_eval.settings import load_settings

FOLDER = Path(__file__).parents[2] / "data_contracts"


@pytest.fixture
def line(tmp_path: Path) -> Installation:
    return open_installation(load_settings({"KKZ_CONTRACTS": str(FOLDER), "KKZ_HOME": str(tmp_path / "home")}))


def test_deliveries_have_counterparts_in_official_statistics_but_gaps_are_left_out(line: Installation) -> None:
    found = {contract.dataset: {i.id for i, _ in counterparts(line, contract)} for contract in line.contracts.values()}
    assert "schulabgaenge_ohne_abschluss" in found["schulabgaenge"]
    assert {"betreuungsquote_u3", "betreuungsquote_ue3"} <= found["kindertagesbetreuung"]
    assert {"geburten_log", "arbeitslose_u25_log"} <= found["geburten_fruehe_hilfen"] | found["ausbildung_und_arbeit"]
    assert found["schulabgaenge_amtlich"] == found["netzwerk"] == set()
    assert not any(name.endswith("_luecke") for names in found.values() for name in names)


def test_an_official_source_is_compared_with_the_one_preferred_to_it_at_the_same_level(line: Installation) -> None:
    contracts = {contract.dataset: contract for contract in line.contracts.values()}
    assert ("arbeitslose_log", "arbeitslosigkeit_amtlich") in {(i.id, of) for i, of in counterparts(line, contracts["inkar"])}
    assert [*counterparts(line, contracts["arbeitslosigkeit_amtlich"])] == []
    assert [*counterparts(line, contracts["gisd_gemeinden"])] == []  # of municipalities, beside one of Kreise


def test_counts_of_people_add_up_and_institutions_and_services_do_not(line: Installation) -> None:
    found = {contract.dataset: additive_measures(contract) for contract in line.contracts.values()}
    assert found["bevoelkerung"] == ("persons",)
    assert found["netzwerk"] == found["praeventionsangebote"] == found["hilfen_zur_erziehung"] == ()


def test_without_deliveries_there_is_nothing_to_compare(line: Installation) -> None:
    contract = next(c for c in line.contracts.values() if c.dataset == "schulabgaenge")
    assert against_official(current_snapshot(line), contract).empty
    assert sudden_changes(current_snapshot(line)) == {}


def test_the_tolerance_is_that_of_the_contract_else_five_per_cent(tmp_path: Path, line: Installation) -> None:
    source = (FOLDER / "schulabgaenge.odcs.yaml").read_text(encoding="utf-8")
    plain = "  - {property: dataset, value: schulabgaenge}\n"
    assert plain in source

    def tolerance(value: str) -> float:
        path = tmp_path / "schulabgaenge.odcs.yaml"
        path.write_text(source.replace(plain, plain + f"  - {{property: officialTolerance, value: {value}}}\n"), encoding="utf-8")
        return load_contract(path).terms.official_tolerance

    standing = next(c for c in line.contracts.values() if c.dataset == "schulabgaenge")
    assert standing.terms.official_tolerance == 0.05
    assert tolerance("0.1") == 0.1
    for value in ("2", "-0.1", "viel"):
        with pytest.raises(UserError):
            tolerance(value)


def test_sentences_about_what_cannot_be_evaluated_claim_nothing() -> None:
    rows = load_not_evaluable(FOLDER / "indicators.yaml")
    for language in ("de", "en"):
        check_texts(
            {str(place): f"{row.subject[language]}: {row.because(2012).in_language(language)}" for place, row in enumerate(rows)}
        )
