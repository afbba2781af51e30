"""What municipalities get: the example is right by its own contract, the pages are accessible, the blank workbook comes back accepted."""

from __future__ import annotations

import csv
import io
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from openpyxl import load_workbook

from kkz_eval.contracts.contract import Contract
from kkz_eval.contracts.example import example_columns, example_rows
from kkz_eval.contracts.judgement import judge_file
from kkz_eval.contracts.load import load_contracts
from kkz_eval.contracts.pages import dataset_page, delivered_by_municipalities, index_page, page_name, template_name
from kkz_eval.contracts.template_book import DATA, EXPLANATIONS, LISTS, template_bytes
from kkz_eval.deliveries.reader import Claimed, read_file
from kkz_eval.model.verdicts import Status
from kkz_eval.reference.tables import known_units

CONTRACTS = load_contracts(Path(__file__).parents[2] / "data_contracts")
MUNICIPAL = delivered_by_municipalities(CONTRACTS)
IDS = [contract.id for contract in MUNICIPAL]


def accepted(contract: Contract, rows: list[list[str]]) -> None:
    """The rows as a text file are claimed by this contract only, and without a finding."""
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=";").writerows(rows)
    judged_clean(contract, text.getvalue().encode("utf-8-sig"), "delivery.csv")


def judged_clean(contract: Contract, data: bytes, name: str) -> None:
    result = read_file(data, name, CONTRACTS)
    assert isinstance(result, Claimed), result
    (parsed,) = result.parsed
    assert parsed.contract_id == contract.id
    judgement = judge_file(parsed, contract, known_units())
    assert judgement.findings.to_pylist() == []
    assert judgement.status == Status.ACCEPTED


def filled(contract: Contract) -> bytes:
    """The blank workbook with the rows of the example typed in."""
    book = load_workbook(io.BytesIO(template_bytes(contract)))
    for row, cells in enumerate(example_rows(contract), start=2):
        for column, (of, cell) in enumerate(zip(example_columns(contract), cells, strict=True), start=1):
            is_number = of.role == "measure" or of.form == "year"
            book[DATA].cell(row=row, column=column).value = float(cell.replace(",", ".")) if is_number else cell
    saved = io.BytesIO()
    book.save(saved)
    return saved.getvalue()


def test_there_is_a_page_for_each_of_the_fourteen_datasets() -> None:
    assert len(MUNICIPAL) == 14
    page = index_page(MUNICIPAL)
    for contract in MUNICIPAL:
        assert f'href="{page_name(contract)}"' in page
        assert f'href="{template_name(contract)}"' in page
    assert {contract.id for contract in MUNICIPAL if contract.terms.due is None} == {"befragung", "ziele"}  # nobody owes them


@pytest.mark.parametrize("contract", MUNICIPAL, ids=IDS)
def test_the_example_is_right_by_its_own_contract(contract: Contract) -> None:
    accepted(contract, [[of.label_de for of in example_columns(contract)], *map(list, example_rows(contract))])


@pytest.mark.parametrize("contract", MUNICIPAL, ids=IDS)
def test_a_filled_template_is_accepted(contract: Contract) -> None:
    book = load_workbook(io.BytesIO(filled(contract)), read_only=True)
    rows = [
        ["" if cell is None else str(cell).removesuffix(".0") for cell in row] for row in book[DATA].iter_rows(values_only=True)
    ]
    accepted(contract, [row for row in rows if any(row)])


@pytest.mark.parametrize("contract", MUNICIPAL, ids=IDS)
def test_a_filled_template_is_accepted_as_the_workbook_it_is(contract: Contract) -> None:
    data = filled(contract)
    if getattr(read_file(data, "delivery.xlsx", CONTRACTS), "reason_code", "") == "save_as_text":
        pytest.skip("workbooks of municipalities are asked for as text")
    judged_clean(contract, data, "delivery.xlsx")


@pytest.mark.parametrize("contract", MUNICIPAL, ids=IDS)
def test_the_template_offers_the_codes_and_explains_every_column(contract: Contract) -> None:
    book = load_workbook(io.BytesIO(template_bytes(contract)))
    assert book.sheetnames == [EXPLANATIONS, DATA, LISTS]
    assert book[LISTS].sheet_state == "hidden"
    columns = example_columns(contract)
    assert [cell.value for cell in book[DATA][1]] == [of.label_de for of in columns]
    lists = {column[0].value: [cell.value for cell in column[1:] if cell.value] for column in book[LISTS].iter_cols()}
    offered = [validation for validation in book[DATA].data_validations.dataValidation if validation.type == "list"]
    assert len(offered) == sum(of.form == "code" for of in columns)
    for position, of in enumerate(columns, start=1):
        if of.form == "code":
            assert lists[position] == [code.label_de for code in of.codes]
    explained = {row[0].value for row in book[EXPLANATIONS].iter_rows()}
    assert {of.label_de for of in contract.properties} <= explained


def test_the_same_contract_gives_the_same_bytes() -> None:
    assert template_bytes(MUNICIPAL[0]) == template_bytes(MUNICIPAL[0])
    assert dataset_page(MUNICIPAL[0]) == dataset_page(MUNICIPAL[0])


class _Outline(HTMLParser):
    """Headings, open elements, and references of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.headings: list[int] = []
        self.open: list[str] = []
        self.ids: set[str] = set()
        self.labelled: set[str] = set()
        self.scripts = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag not in ("meta", "br"):
            self.open.append(tag)
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        self.scripts += tag in ("script", "link", "img", "iframe")
        self.ids.add(given.get("id") or "")
        self.labelled.add(given.get("aria-labelledby") or "")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize(
    "page", [index_page(MUNICIPAL), *(dataset_page(contract) for contract in MUNICIPAL)], ids=["index", *IDS]
)
def test_a_page_is_self_contained_and_well_formed(page: str) -> None:
    outline = _Outline()
    outline.feed(page)
    assert outline.open == []
    assert outline.headings[0] == 1
    assert all(after <= before + 1 for before, after in zip(outline.headings, outline.headings[1:], strict=False))
    assert outline.scripts == 0
    assert outline.labelled <= outline.ids
    assert 'lang="de"' in page
    assert 'lang="en"' in page
    assert "http" not in page


@pytest.mark.parametrize("contract", MUNICIPAL, ids=IDS)
def test_a_page_says_all_that_the_contract_says(contract: Contract) -> None:
    page = re.sub(r"&#3[49];", "'", dataset_page(contract).replace("&amp;", "&"))
    terms = contract.terms
    for said in (
        terms.purpose,
        terms.granularity,
        terms.deadline,
        terms.contact_role,
        terms.permitted_recipient,
        terms.legal_basis,
    ):
        assert said
        assert said in page
    for of in contract.properties:
        assert of.label_de in page
        assert of.label_en in page
        assert all(code.label_de in page for code in of.codes)
    for rule_id, said in terms.rule_descriptions.items():
        assert said, rule_id
        assert said.replace('"', "'") in page
