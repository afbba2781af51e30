"""The sentence on top of a judgement, and findings of one cause shown as one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kkz_eval.contracts.alike import alike
from kkz_eval.contracts.summary import counted, summary_of
from kkz_eval.model.findings import Called, Finding, Severity, findings_table
from kkz_eval.model.texts import LANGUAGES
from kkz_eval.model.verdicts import Slice, Status

GOOD, BAD = Status.ACCEPTED, Status.REJECTED


def slices(*fates: Status, unit: str = "05111000") -> list[Slice]:
    return [Slice(unit, 2006 + place, fate, 0, 0, 0) for place, fate in enumerate(fates)]


def finding(row: int | None = 2, column: int | None = 4, value: str = "x", severity: Severity = Severity.ERROR) -> Finding:
    return Finding("reader_number", "reader_number", severity, None, row, column, "persons", "05111000", 2016, value, "1234")


@pytest.mark.parametrize(
    ("fates", "found", "german", "english"),
    [
        (
            slices(*[GOOD] * 13, BAD),
            [finding(2), finding(3), finding(3)],  # two findings in one cell are one cell to correct
            "13 Jahre gelten, 1 nicht; 2 Zellen zu berichtigen.",
            "13 years are valid, 1 not; 2 cells to correct.",
        ),
        (slices(GOOD), [], "1 Jahr gilt; nichts zu berichtigen.", "1 year is valid; nothing to correct."),
        (
            slices(GOOD, BAD),
            [finding()],
            "1 Jahr gilt, 1 nicht; 1 Zelle zu berichtigen.",
            "1 year is valid, 1 not; 1 cell to correct.",
        ),
        (
            slices(BAD),
            [finding(None, None)],
            "Das einzige Jahr gilt nicht; 1 Fehler ohne eigene Zelle zu beheben.",
            "The only year is not valid; 1 error without a cell of its own to mend.",
        ),
        (
            slices(BAD, BAD),
            [finding(), finding(5, None)],
            "Keines der 2 Jahre gilt; 1 Zelle zu berichtigen und 1 Fehler ohne eigene Zelle zu beheben.",
            "None of the 2 years is valid; 1 cell to correct and 1 error without a cell of its own to mend.",
        ),
        ([], [finding()], "Kein Jahr ist lesbar; 1 Zelle zu berichtigen.", "No year is readable; 1 cell to correct."),
        (
            [*slices(GOOD, GOOD), *slices(GOOD, unit="05112000")],
            [finding(severity=Severity.WARNING)],
            "2 Einheiten – 3 Jahre gelten; nichts zu berichtigen; 1 Hinweis.",
            "2 units – 3 years are valid; nothing to correct; 1 hint.",
        ),
    ],
)
def test_the_summary_counts_years_and_cells(fates: list[Slice], found: list[Finding], german: str, english: str) -> None:
    summary = summary_of(fates, findings_table(found))
    assert (summary.sentence.in_language("de"), summary.sentence.in_language("en")) == (german, english)


def test_four_hundred_equal_errors_are_one_with_a_count() -> None:
    (one,) = alike(findings_table([finding(row) for row in range(2, 402)]), 1000)
    assert one.count == 400
    assert one.cells[0] == "D2"
    said = one.message(Called("Personen")).in_language("de")
    assert "399 weitere Zellen: D3, D4, D5, D6, D7, …" in said
    assert len(said) < 300


def test_two_equal_errors_stay_two_and_others_stay_themselves() -> None:
    shown = alike(findings_table([finding(2), finding(3), finding(4, value="y"), finding(5, severity=Severity.WARNING)]), 1000)
    assert [one.count for one in shown] == [1, 1, 1, 1]
    assert "weitere" not in shown[0].message(Called()).in_language("de")


def test_what_differs_among_equal_errors_is_not_said_of_all() -> None:
    rows = [finding(2), finding(3), replace(finding(4), unit_id="05112000", year=2017)]
    (one,) = alike(findings_table(rows), 1000)
    assert (one.unit_id, one.year, one.count) == (None, None, 3)


def test_of_very_many_causes_each_rule_is_shown_and_their_cells_stay_few() -> None:
    many = [finding(row, value=str(row % 50)) for row in range(2, 502)]
    shown = alike(findings_table([*many, replace(finding(2), rule="other")]), 10)
    assert [one.finding.rule for one in shown] == [*["reader_number"] * 9, "other"]
    assert [one.count for one in shown] == [*[10] * 9, 1]
    assert {len(one.cells) for one in shown} == {6, 1}
    assert alike(findings_table([]), 10) == []


@pytest.mark.parametrize(
    ("count", "german", "english"),
    [(0, "0 Hinweise", "0 hints"), (1, "1 Hinweis", "1 hint"), (2, "2 Hinweise", "2 hints")],
)
def test_one_has_its_own_word(count: int, german: str, english: str) -> None:
    assert [counted("hints", count).in_language(language) for language in LANGUAGES] == [german, english]
