"""Every kind of finding has its page; a wrong example gets the finding of its page, and a right one does not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kkz_eval.contracts.load import load_contracts
from kkz_eval.contracts.rule_pages import PACKAGE, RuleExample, rule_examples, rule_page, rule_page_of, rules_index
from kkz_eval.line.rule_examples import finding_of, findings_of
from kkz_eval.model.findings import rule_page_name
from kkz_eval.model.texts import catalogue

EXAMPLES = rule_examples(load_contracts(Path(__file__).parents[2] / "data_contracts"))
READ = [example for example in EXAMPLES if example.contract is not None]


def kinds_of(package: str, before: str) -> set[str]:
    return {key.split(".")[1] for key in catalogue(package, "de") if key.startswith(before)}


def test_every_kind_of_finding_has_its_page_and_no_page_is_of_none() -> None:
    kinds = kinds_of("kkz_eval.model", "findings.")
    assert kinds == {example.kind for example in EXAMPLES} == kinds_of(PACKAGE, "kinds.")


def test_most_that_a_delivery_can_get_is_shown_by_an_example_that_is_read() -> None:
    assert len(READ) >= 45


@pytest.mark.parametrize("example", READ, ids=lambda example: example.kind)
def test_the_wrong_example_gets_the_finding_and_the_right_one_gets_nothing(example: RuleExample) -> None:
    assert example.kind in {finding.kind for finding in findings_of(example, example.wrong)}
    assert findings_of(example, example.right) == []


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.kind)
def test_a_page_says_what_is_wrong_what_to_do_and_what_is_accepted(example: RuleExample) -> None:
    finding = finding_of(example)
    page = rule_page(example, finding)
    assert page.count("<h2") == 6
    assert page.count("<table>") == 2
    assert 'class="wrong"' in page or 'class="right"' in page
    assert "„“" not in page
    assert "(leer)" not in finding.message().in_language("de")
    assert not re.search(r"\{[a-z_]+\}", page.split("</style>")[1])


def test_the_index_leads_to_each_page() -> None:
    page = rules_index(EXAMPLES)
    assert all(f'href="{example.kind}.html"' in page for example in EXAMPLES)
    assert rule_page_name("reader_scale") == "regeln/reader_scale.html"


def test_an_example_shows_the_row_that_the_finding_names() -> None:
    (example,) = (example for example in EXAMPLES if example.kind == "parts_sum_to_total")
    page = rule_page(example, finding_of(example))
    assert page.count("<td>insgesamt</td><td>120</td>") == 2  # the total, in the wrong and in the right example


def test_of_the_examples_the_cells_that_differ_are_marked_and_no_others() -> None:
    """Of a line that the other example does not have, all."""
    examples = {example.kind: example for example in EXAMPLES}
    number = rule_page_of(examples["reader_number"], finding_of(examples["reader_number"]))
    assert [cell for line in number.wrong for differs, cell in line if differs] == ["viele"]
    assert [cell for line in number.right for differs, cell in line if differs] == ["60"]
    for example in examples.values():
        page = rule_page_of(example, finding_of(example))
        assert any(differs for line in (*page.wrong, *page.right) for differs, _ in line), example.kind
