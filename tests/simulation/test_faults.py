"""Planted faults: every kind is found at its cell by its rule, and clean deliveries in all writings have no finding."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest

from kkz_eval.contracts.judgement import judge_file
from kkz_eval.contracts.load import load_contracts
from kkz_eval.contracts.rule_kinds import KINDS
from kkz_eval.deliveries.reader import Claimed, PersonRecords, Unclaimed, read_file
from kkz_eval.model.errors import UserError
from kkz_eval.model.findings import Finding, iter_findings
from kkz_eval.reference.tables import known_units
from kkz_eval.simulation.faults import FAULT_KINDS, MOST_FAULTS
from kkz_eval.simulation.grid import MADE_UP, Grid, GridColumn, Writing, grid_bytes, laid_out, number
from kkz_eval.simulation.municipal_services import SERVICE_DATASETS
from kkz_eval.simulation.run import Order, SimulationSummary, simulate

CONTRACTS = load_contracts(Path(__file__).parents[2] / "data_contracts")
N = 4


@pytest.fixture(scope="module")
def spoiled(tmp_path_factory: pytest.TempPathFactory) -> SimulationSummary:
    order = Order(forms="mixed", faults=N, contracts=CONTRACTS)
    return simulate(tmp_path_factory.mktemp("world") / "out", 3, years=(2014, 2017), order=order)


@pytest.fixture(scope="module")
def listed(spoiled: SimulationSummary) -> dict[str, dict[str, str]]:
    assert spoiled.faults is not None
    with spoiled.faults.open(encoding="utf-8", newline="") as file:
        return {row["file"]: row for row in csv.DictReader(file)}


def reads_workbooks(result: object) -> bool:
    return not (isinstance(result, Unclaimed) and result.reason_code == "save_as_text")


def findings(path: Path) -> list[Finding] | None:
    """What is found in a delivery; None where the reader asks for text instead of a workbook."""
    result = read_file(path.read_bytes(), path.name, CONTRACTS)
    if not reads_workbooks(result):
        return None
    assert isinstance(result, Claimed), (path.name, result)
    (parsed,) = result.parsed
    assert path.name.startswith(f"{parsed.contract_id}_")
    return list(iter_findings(judge_file(parsed, CONTRACTS[parsed.contract_id], known_units()).findings))


def test_every_kind_of_rule_has_its_fault() -> None:
    assert set(KINDS) <= set(FAULT_KINDS)


def test_so_many_faults_of_every_kind_are_listed_each_in_a_file_of_its_own(listed: dict[str, dict[str, str]]) -> None:
    assert len(listed) == N * len(FAULT_KINDS)
    reader = Counter(row["rule"] for row in listed.values() if row["rule"].startswith("reader_"))
    assert all(count >= 1 for count in reader.values())


def test_each_planted_fault_is_found_at_its_cell_by_its_rule(
    spoiled: SimulationSummary, listed: dict[str, dict[str, str]]
) -> None:
    looked_at = 0
    for path in spoiled.deliveries:
        row = listed.get(path.name)
        if row is None:
            continue
        if row["rule"] == "person_records":
            result = read_file(path.read_bytes(), path.name, CONTRACTS)
            assert isinstance(result, PersonRecords)
            looked_at += 1
            continue
        found = findings(path)
        if found is None:
            continue
        looked_at += 1
        hits = [one for one in found if one.rule == row["rule"] and one.cell == row["cell"]]
        assert hits, (row, [(one.rule, one.cell) for one in found])
        for language in ("de", "en"):
            assert hits[0].message().in_language(language)
            assert hits[0].fix().in_language(language)
    assert looked_at > 0.8 * len(listed)


def test_deliveries_without_a_planted_fault_have_no_finding(
    spoiled: SimulationSummary, listed: dict[str, dict[str, str]]
) -> None:
    clean = [path for path in spoiled.deliveries if path.name not in listed]
    judged = {path.name: findings(path) for path in clean}
    assert {name: found for name, found in judged.items() if found} == {}
    assert len([found for found in judged.values() if found is not None]) >= 200


def test_the_same_order_gives_the_same_bytes(spoiled: SimulationSummary, tmp_path: Path) -> None:
    again = simulate(tmp_path / "out", 3, years=(2014, 2017), order=Order(forms="mixed", faults=N, contracts=CONTRACTS))
    assert [path.name for path in again.deliveries] == [path.name for path in spoiled.deliveries]
    for one, other in zip(again.deliveries, spoiled.deliveries, strict=True):
        assert one.read_bytes() == other.read_bytes(), one.name
    assert again.faults is not None
    assert spoiled.faults is not None
    assert again.faults.read_bytes() == spoiled.faults.read_bytes()


def test_the_deliveries_are_written_in_all_variants(spoiled: SimulationSummary) -> None:
    contents = {path.name: path.read_bytes() for path in spoiled.deliveries}
    for dataset in SERVICE_DATASETS:
        own = [content for name, content in contents.items() if name.startswith(f"{dataset}_")]
        if len(own) < 30:  # few municipalities have any, so not every way of writing is among them
            continue
        starts = [content[:3] for content in own]
        assert any(start == b"\xef\xbb\xbf" for start in starts), "UTF-8 with its mark"
        assert any(start.startswith(b"\xff\xfe") for start in starts), "UTF-16"
        assert any(start.startswith(b"PK") for start in starts), "a workbook"
        texts = [content for content in own if not content.startswith((b"PK", b"\xff\xfe"))]
        for delimiter in (b";", b",", b"\t"):
            assert any(content.count(delimiter) > 5 * content.count(b"\n") // 2 for content in texts), delimiter
        assert any(content.startswith(b"Meldung") for content in texts), "title lines"
        assert any(b"Quelle: eigene" in content for content in texts), "footnotes"


@pytest.mark.parametrize("n", [-1, MOST_FAULTS + 1])
def test_a_number_of_faults_that_cannot_be_planted_is_refused(n: int, tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        simulate(tmp_path / "out", 1, None, (2014, 2014), order=Order(faults=n, contracts=CONTRACTS))
    assert f"0–{MOST_FAULTS}" in caught.value.sentence.in_language("de")
    assert not (tmp_path / "out").exists()


def test_too_few_deliveries_for_the_faults_are_a_sentence_and_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:  # before 2012 nobody delivers what these faults need
        simulate(tmp_path / "out", 1, None, (2008, 2009), order=Order(faults=1, contracts=CONTRACTS))
    assert caught.value.code == "faults_too_many"
    assert not (tmp_path / "out").exists()


# ---- how programs write ----

GRID = Grid(
    "x",
    "05111000",
    (
        GridColumn("unit_id", ("AGS", "GKZ"), "key"),
        GridColumn("year", ("Schuljahr",), "school_year"),
        GridColumn("kind", ("Art",), "label"),
        GridColumn("value", ("Betrag",), "number"),
    ),
    (("05111000", 2016, "U3; Kita", 1234567.5), ("05111000", 2016, "Kita", -1234)),
)


@pytest.mark.parametrize(
    ("writing", "text"),
    [
        (Writing(), 'AGS;Schuljahr;Art;Betrag\r\n05111000;2015/16;"U3; Kita";1234567,50\r\n05111000;2015/16;Kita;-1234\r\n\r\n'),
        (
            Writing("utf-8", ",", ".", ",", True, "long", spelling=1),
            'GKZ,Schuljahr,Art,Betrag\r\n5111000,2015/2016,U3; Kita,"1,234,567.50"\r\n5111000,2015/2016,Kita,"-1,234"\r\n\r\n',
        ),
        (
            Writing("utf-8", titles=("Titel",), footnotes=("Ende",)),
            'Titel\r\nAGS;Schuljahr;Art;Betrag\r\n05111000;2015/16;"U3; Kita";1234567,50\r\n05111000;2015/16;Kita;-1234\r\n\r\nEnde\r\n',
        ),
    ],
)
def test_a_writing_gives_this_text(writing: Writing, text: str) -> None:
    assert grid_bytes(GRID, writing).decode(writing.encoding) == f"{text}{MADE_UP}\r\n"


def test_numbers_get_their_signs() -> None:
    assert number(999, Writing(thousands=".")) == "999"
    assert number(1000, Writing(thousands=".")) == "1.000"
    assert number(0.5, Writing()) == "0,50"
    assert number("k.A.", Writing(thousands=".")) == "k.A."


def test_a_page_knows_where_its_records_are() -> None:
    page = laid_out(GRID, Writing(titles=("a", "b")))
    assert (page.header, page.first, page.n_records) == (2, 3, 2)
    assert laid_out(GRID, Writing(form="workbook")).first == 2
